"""Who may read what: Privacy=, a locked screen, names that are addresses in disguise."""

import sys
from contextlib import closing

import pytest
from gi.repository import GLib
from tray import Tray, TrayStandIn

from harness.process import Process, environment
from harness.wait import wait_for

MOCK = "org.freedesktop.DBus.Mock"
LOGIND = "org.freedesktop.login1"
SESSION = LOGIND + ".Session"
SESSION_PATH = "/org/freedesktop/login1/session/auto"


@pytest.fixture
def start_mock(home, bus, observer):
    """start_mock(name, path, interface): an empty object of that name on the bus."""
    made = []

    def start(name, path, interface):
        made.append(Process([sys.executable, "-m", "dbusmock", "--session", name, path, interface],
                            environment(home, DBUS_SESSION_BUS_ADDRESS=bus.address), name=name))
        wait_for(lambda: observer.has_owner(name), name, look_every=0.05)
        return made[-1]
    yield start
    for process in made:
        process.kill()


def call_mock(observer, name, path, method, signature, *arguments):
    return observer.call(name, path, MOCK, method, GLib.Variant(signature, arguments))


SAVERS = [("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
          ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver")]


class Saver:
    def __init__(self, start_mock, observer, name, path):
        self.observer, self.name, self.path = observer, name, path
        self.process = start_mock(name, path, name)

    def answers(self, is_active):
        call_mock(self.observer, self.name, self.path, "AddMethod", "(sssss)", self.name, "GetActive", "", "b",
                  f"ret = {is_active}")

    def tells(self, is_active):
        call_mock(self.observer, self.name, self.path, "EmitSignal", "(sssav)", self.name, "ActiveChanged", "b",
                  [GLib.Variant("b", is_active)])


class Logind:
    """Its session of ours, on the bus that the agent takes for the system's."""

    def __init__(self, start_mock, observer, is_locked):
        self.observer = observer
        start_mock(LOGIND, "/org/freedesktop/login1", LOGIND + ".Manager")
        call_mock(observer, LOGIND, "/org/freedesktop/login1", "AddMethod", "(sssss)", LOGIND + ".Manager",
                  "GetSession", "s", "o", f'ret = dbus.ObjectPath("{SESSION_PATH}")')
        call_mock(observer, LOGIND, "/org/freedesktop/login1", "AddObject", "(ssa{sv}a(ssss))", SESSION_PATH, SESSION,
                  {"LockedHint": GLib.Variant("b", is_locked)}, [])

    def tells(self, is_locked):
        call_mock(self.observer, LOGIND, SESSION_PATH, "UpdateProperties", "(sa{sv})", SESSION,
                  {"LockedHint": GLib.Variant("b", is_locked)})


@pytest.mark.parametrize("privacy, one, two", [
    ("full", ("Ada Lovelace", "One"), ("2 new messages", "Ada Lovelace: Two\nAda Lovelace: One")),
    ("sender", ("Ada Lovelace", "New message"), ("2 new messages", "Ada Lovelace\nAda Lovelace")),
    ("count", ("1 new message", ""), ("2 new messages", "")),
])
def test_privacy(privacy, one, two, service, observer, standin, agent):
    agent.configure(f"Privacy={privacy}")
    agent.start()
    standin.mail("One")
    shown = observer.wait()
    assert (shown.summary, shown.body) == one
    agent.wait_line("work: shown, 1 new")
    standin.mail("Two")
    shown = observer.wait(2)
    assert (shown.summary, shown.body) == two


def test_privacy_of_one_account(service, observer, standin, agent):
    standin.accounts = {"work": "Work", "home": "Home"}
    agent.configure("Privacy=count", account="work")
    agent.start()
    standin.mail("Secret")
    standin.mail("Open", "home")
    observer.wait(2)
    assert {(one.summary, one.body) for one in observer.notifications} == {
        ("1 new message – Work", ""), ("Ada Lovelace", "Open\nHome")}


def test_privacy_that_changes_holds_for_what_is_on_the_screen(service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    agent.configure("Privacy=count")
    shown = observer.wait(2)
    assert (shown.summary, shown.body, shown.replaces_id) == ("1 new message", "", 1)


@pytest.mark.parametrize("name, path", SAVERS)
def test_n11_screen_saver(name, path, start_mock, service, observer, standin, agent):
    """What is on the screen when it is locked is covered; what comes is a number; then all is back."""
    saver = Saver(start_mock, observer, name, path)
    saver.answers(False)
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    saver.tells(True)
    shown = observer.wait(2)
    assert (shown.summary, shown.body, shown.replaces_id) == ("1 new message", "", 1)
    agent.wait_line("work: shown, 1 new", 2)
    standin.mail("Two")
    shown = observer.wait(3)
    assert (shown.summary, shown.body) == ("2 new messages", "")
    agent.wait_line("work: shown, 2 new")
    saver.tells(False)
    shown = observer.wait(4)
    assert shown.body == "Ada Lovelace: Two\nAda Lovelace: One"
    assert shown.hints["urgency"] == 0 and "sound-name" not in shown.hints


@pytest.mark.parametrize("name, path", SAVERS)
def test_n11_screen_that_was_locked_before(name, path, start_mock, service, observer, standin, agent):
    saver = Saver(start_mock, observer, name, path)
    saver.answers(True)
    agent.start()
    agent.wait_line("screen: locked")
    standin.mail("One")
    assert observer.wait().summary == "1 new message"
    agent.wait_line("work: shown, 1 new")
    saver.process.kill()  # one that crashed holds nothing locked
    assert observer.wait(2).summary == "Ada Lovelace"


def test_n11_logind(start_mock, service, observer, standin, agent):
    logind = Logind(start_mock, observer, is_locked=True)
    agent.start()
    agent.wait_line("screen: locked")
    standin.mail("One")
    assert observer.wait().summary == "1 new message"
    agent.wait_line("work: shown, 1 new")
    logind.tells(False)
    assert observer.wait(2).summary == "Ada Lovelace"
    agent.wait_line("work: shown, 1 new", 2)
    logind.tells(True)
    assert observer.wait(3).summary == "1 new message"


def test_locked_screen_shows_no_words_of_a_server(start_mock, service, observer, standin, agent):
    saver = Saver(start_mock, observer, *SAVERS[0])
    saver.answers(True)
    agent.start()
    agent.wait_line("screen: locked")
    standin.account("work", State="failed", Reason="auth-failed", ReasonText="ada@example.org is not welcome")
    shown = observer.wait()
    assert shown.summary == "work: the login was refused"
    assert "ada@" not in shown.body
    agent.wait_line("work: trouble shown")
    saver.tells(False)
    shown = observer.wait(2)
    assert "ada@example.org is not welcome" in shown.body
    assert (shown.replaces_id, shown.hints["urgency"]) == (1, 0)


def test_locked_screen_has_no_mail_in_the_menu(start_mock, bus, observer, agent):
    work = {"Name": "Work", "State": "online", "Protocol": "imap"}
    saver = Saver(start_mock, observer, *SAVERS[0])
    saver.answers(True)
    with closing(Tray(bus.address)) as tray, closing(TrayStandIn(bus.address, work=work)) as daemon:
        daemon.append(subject="Secret")
        agent.start()
        agent.wait_line("screen: locked")
        deeds = ["Check now", "Pause for an hour", "Pause"]
        tray.wait_labels("Work", None, *deeds)
        saver.tells(False)
        tray.wait_labels("Work", None, "Ada Lovelace: Secret", None, *deeds)
        saver.tells(True)
        tray.wait_labels("Work", None, *deeds)


@pytest.mark.parametrize("name", ["boss@example.com", "Boss <boss@example.com>", "boss＠example.com",
                                  "boss﹫example.com"])
def test_name_that_is_an_address_in_disguise_is_not_shown(name, service, observer, standin, agent):
    agent.start()
    standin.mail("Pay at once", from_name=name, from_address="mallory@example.net")
    assert observer.wait().summary == "mallory@example.net"
