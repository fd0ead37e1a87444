"""In the user's language: of every text that the agent shows there is a translation."""

import pytest
from desktop import Mock
from tray import Tray, TrayStandIn

from harness import language
from harness.language import BEGIN, END, untranslated
from harness.posthorn import program
from harness.process import environment, run
from harness.wait import wait_for


@pytest.fixture
def pseudo(directory):
    return language.pseudo(directory)


@pytest.fixture
def daemon(bus):
    standin = TrayStandIn(bus.address, work={"Name": "Work", "State": "online", "Protocol": "imap", "Unseen": 2},
                          home={"Name": "Home", "State": "online", "Protocol": "imap", "Unseen": 0})
    yield standin
    standin.close()


@pytest.fixture
def tray(bus):
    host = Tray(bus.address)
    yield host
    host.close()


OTHERS = ("Ada Lovelace", "Notes", "More", "Work", "Home", "Lists/maths", "wrong password")


def test_no_word_of_a_notification_is_missed(service, observer, daemon, agent, pseudo):
    agent.more = pseudo
    agent.configure("TroubleDelay=0\nOpenCommand=/bin/false")
    agent.start()
    daemon.mail("Notes")
    shown = [observer.wait(1)]
    daemon.mail("More", mailbox="Lists/maths")
    shown.append(observer.wait(2))
    daemon.mail(None, from_name=None, from_address=None)
    shown.append(observer.wait(3))
    daemon.set("home", State="failed", Reason="auth-failed", ReasonText="wrong password")
    shown.append(observer.wait(4))
    daemon.set("work", State="offline", Reason="connect-failed", ReasonText="")
    shown.append(observer.wait(5))
    assert shown[1].summary == f"{BEGIN}2 new messages – Work{END}"
    for one in shown:
        labels = one.actions[1::2]
        assert labels
        for text in (one.summary, one.body, *labels):
            assert untranslated(text, *OTHERS) == [], one


def test_no_word_of_the_tray_is_missed(tray, daemon, agent, pseudo):
    daemon.append(subject="Notes")
    agent.more = pseudo
    agent.start()
    tray.wait_title(f"{BEGIN}2 unread messages{END}")

    def words(level):
        for label, _enabled, _number, children in level:
            yield label or ""
            yield from words(children)

    def everything():
        properties = tray.properties()
        return [properties["Title"], *properties["ToolTip"][2:], *words(tray.layout())]
    for state, home in (("connecting", "Home – connecting"), ("offline", "Home – offline"),
                        ("failed", "Home – does not work"), ("paused", "Home – paused")):
        daemon.set("home", State=state)
        wait_for(lambda: tray.labels()[0] == f"{BEGIN}{home}{END}", home, look_every=0.05)  # noqa: B023
        assert [text for text in everything() if untranslated(text, *OTHERS)] == []
    daemon.vanish()
    tray.wait_title(f"{BEGIN}The mail monitor is not running{END}")
    assert [text for text in everything() if untranslated(text)] == []


@pytest.mark.parametrize("unseen, title", [
    (1, "1 непрочитанное письмо"), (3, "3 непрочитанных письма"), (11, "11 непрочитанных писем"),
    (21, "21 непрочитанное письмо"), (0, "0 непрочитанных писем")])
def test_russian_plurals(tray, daemon, agent, unseen, title):
    daemon.properties["work"]["Unseen"] = unseen
    agent.more = language.russian()
    agent.start()
    tray.wait_title(title)


def test_russian_notification(observer, home, bus, daemon, agent):
    agent.more = language.russian()
    service = Mock(home, bus.address, "body actions").start()
    agent.start()
    daemon.mail("Notes")
    shown = observer.wait()
    assert shown.body == "Notes\nWork"
    assert shown.actions[1::2] == ["Открыть", "Отметить прочитанным", "Снова через 10 минут", "Снова через 1 час"]
    daemon.mail("More")
    assert observer.wait(2).summary == "2 новых письма – Work"
    service.stop()


def test_text_from_right_to_left_stays_in_its_place(service, observer, daemon, agent):
    """First strong isolate, pop directional isolate (UAX 9) around what the sender wrote."""
    agent.start()
    daemon.mail("שלום", from_name="מרים")
    daemon.mail("Notes")
    observer.wait_summary("2 new messages – Work")
    body = observer.notifications[-1].body
    assert body == "Ada Lovelace: Notes\n\u2068מרים\u2069: \u2068שלום\u2069"


def test_help_is_translated(home, pseudo):
    done = run([program("posthorn-notify"), "--help"], env=environment(home, **pseudo))
    text = done.stdout.decode()
    assert f"{BEGIN}Show the version{END}" in text and f"{BEGIN}Mail notifications of Posthorn{END}" in text
