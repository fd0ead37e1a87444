"""The agent behind the real posthornd and a real Dovecot."""

import pytest
from harness.messages import message


def test_mail_is_shown(watched, server, user, make_dunst, agent):
    dunst = make_dunst()
    agent.start()
    server.deliver(message("Lunch & <dinner>?"), user)
    _, summary, drawn = dunst.wait()
    assert drawn == f"{summary}\nLunch & <dinner>?"


@pytest.mark.parametrize("count", [500, 5000])
def test_n07_sync_is_one_notification(watched, server, user, service, observer, agent, count):
    """It counts on, in its place, and sounds once."""
    agent.start()
    watched.stop()
    agent.wait_line("daemon: away, was live")
    server.place([message(f"Number {number}") for number in range(count)], user)
    watched.start()
    shown = observer.wait_summary(f"{count} new messages", deadline=120)
    assert shown.body.split("\n")[0].endswith(f": Number {count - 1}")
    assert {one.replaces_id for one in observer.notifications} <= {0, 1}
    observer.check_sounds()


def test_nothing_lost_and_nothing_twice_over_restarts(watched, server, user, service, observer, agent):
    agent.start()
    server.deliver(message("One"), user)
    agent.wait_line("work: shown, 1 new")
    agent.stop()
    server.deliver(message("Two"), user)
    watched.restart()
    agent.start()
    second = observer.wait(2)
    assert (second.summary, second.replaces_id) == ("2 new messages", 1)
    watched.restart()
    server.deliver(message("Three"), user)
    third = observer.wait(3)
    assert (third.summary, third.replaces_id) == ("3 new messages", 1)
    assert third.body.split("\n")[0].endswith(": Three")
