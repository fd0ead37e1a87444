"""N-01 and N-02 with real services: what they say they can do is what the table says, and what they draw
is the text and nothing else. With POSTHORN_PICTURES=DIRECTORY the pictures are kept there, see
notify/pictures/README.md."""

import os
import pathlib

import pytest
from desktop import CAPABILITIES, SERVICE, SERVICE_PATH
from screens import SERVICES

from harness.wait import wait_for


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def real(request, home, bus, observer):
    service = request.param(home, bus.address, observer)
    yield service.wait_service()
    service.stop()


def picture(real):
    real.wait_still()
    directory = os.environ.get("POSTHORN_PICTURES")
    if directory:
        real.save(pathlib.Path(directory) / f"{real.name}.png")


def test_n01_capabilities_are_as_the_table_has_them(real, observer):
    has = observer.call(SERVICE, SERVICE_PATH, SERVICE, "GetCapabilities")[0]
    assert sorted(has) == sorted(CAPABILITIES[real.name].split())


def test_shown_opened_and_withdrawn(real, home, standin, agent):
    """One message, several, and trouble; a click opens; what is read elsewhere leaves the screen."""
    agent.configure(f"Snooze=no\nOpenCommand=sh -c 'echo %a > {home}/new; mv {home}/new {home}/opened'")
    standin.accounts = {"work": "Work", "home": "Home"}
    standin.account("work", Protocol="imap", State="online")
    standin.account("home", Protocol="imap", State="online")
    agent.start()
    one = standin.mail("Größere Änderung: <b>R&D</b> & <i>so on</i>", from_name="Ada <b>Lovelace</b>")
    agent.wait_line("work: shown, 1 new")
    others = [standin.mail(subject, "home", from_name=name) for name, subject in [
        ("Charles Babbage", "The mill and the store"), ("Почта", "Посылка ждёт на почте"),
        ("George Boole", "Laws of thought"), ("Mary Somerville", "Connexion of the sciences")]]
    agent.wait_line("home: shown, 4 new")
    standin.account("home", State="failed", Reason="auth-failed",
                    ReasonText="[AUTHENTICATIONFAILED] Authentication failed.")
    agent.wait_line("home: trouble shown")
    picture(real)
    for number in others:
        standin.retire("home", of=number)
    standin.account("home", State="online", Reason="")
    agent.wait_line("home: withdrawn")
    agent.wait_line("home: trouble withdrawn")
    real.wait_still()
    opened = home / "opened"

    def open_it():
        if not opened.exists():
            real.open()  # a click may meet one that is just leaving
        return opened.exists()
    wait_for(open_it, lambda: f"a click on {one}:\n{agent.process.text()}", look_every=1)
    assert opened.read_text(encoding="ascii") == "work\n"
    wait_for(real.is_blank, "a blank screen", look_every=0.2)
