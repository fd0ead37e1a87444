"""What a click does, and what is said when it cannot be done."""

import pytest

from harness.wait import wait_for


@pytest.fixture
def shown(home, service, observer, standin, agent):
    """Two messages of "work" are on the screen, number 1; `seen` is what OpenCommand= wrote."""
    standin.account("work", Protocol="imap", User="bob@example.org", State="online")
    agent.configure(f"OpenCommand=sh -c 'printf \"%%s\\\\n\" \"$@\" \"$XDG_ACTIVATION_TOKEN\" "
                    f"\"$DESKTOP_STARTUP_ID\" > {home}/new; mv {home}/new {home}/seen' show %i %a %f %m 100%%")
    agent.more = {"XDG_DATA_DIRS": home}  # no programs of this machine
    agent.start()
    standin.mail("One", message_id="<one@example.org>")
    agent.wait_line("work: shown, 1 new")
    standin.mail("Two", message_id="<two@example.org>")
    agent.wait_line("work: shown, 2 new")
    observer.wait(2)
    return home / "seen"


def wait_seen(path):
    return wait_for(lambda: path.exists() and path.read_text(encoding="utf-8").split("\n"), path, look_every=0.05)


def labels(notification):
    return dict(zip(notification.actions[::2], notification.actions[1::2]))


def test_actions_of_one_and_of_several(shown, observer):
    one, two = observer.notifications
    assert labels(one) == {"default": "Open", "mark-read": "Mark as read", "snooze-600": "Again in 10 minutes",
                           "snooze-3600": "Again in 1 hour"}
    assert labels(two)["mark-read"] == "Mark all as read"


def test_open_gets_id_account_address_and_token(shown, standin, observer, agent):
    observer.click("default", token="token-7")
    agent.wait_line("clicked: default")
    assert wait_seen(shown) == [f"imap://{standin.last}", "work", "ada@example.org", "two@example.org", "100%",
                                "token-7", "token-7", ""]
    observer.wait_closed(1)  # what was opened is not news any more
    standin.mail("Three")
    assert observer.wait(3).body == "Three"


@pytest.mark.parametrize("hostile", ["--help", "-x <a@b>", "a b", "x\ty"])
def test_open_no_word_of_a_sender_is_an_option(hostile, shown, standin, observer, agent):
    standin.mail("Three", message_id=hostile, from_address=hostile)
    agent.wait_line("work: shown, 3 new")
    observer.click("default")
    assert wait_seen(shown)[2:4] == ["", ""]


def test_open_that_fails_is_said_and_loses_nothing(shown, standin, observer, agent):
    agent.configure("OpenCommand=sh -c 'echo no display >&2; exit 1'")
    agent.wait_line("configuration read")
    before = len(observer.notifications)
    observer.click("default")
    observer.dismiss()  # as services do with what was clicked
    again = observer.wait_summary("2 new messages", before)
    again = wait_for(lambda: next((one for one in observer.notifications[before:] if "no display" in one.body), None),
                     lambda: f"the error, there are {observer.notifications}")
    assert again.body.split("\n")[-1] == "Could not be opened: no display"
    assert again.summary == "2 new messages"


def test_open_without_any_mail_program_is_said(shown, observer, agent):
    agent.configure("Sound=yes")
    agent.wait_line("configuration read")
    before = len(observer.notifications)
    observer.click("default")
    wait_for(lambda: any("no mail program" in one.body for one in observer.notifications[before:]), "the error")


@pytest.mark.parametrize("outcome", ["seen", "gone"])
def test_mark_is_asked_for_at_once_and_leaves_the_screen(outcome, shown, standin, observer, agent):
    observer.click("mark-read")
    marking = standin.wait_marking()
    assert (marking.account, marking.ids) == ("work", ["imap://1001", "imap://1002"])
    observer.wait_closed(1)  # before the server has answered
    marking.answer(outcome)
    standin.mail("Three")
    assert observer.wait(3).body == "Three"
    agent.wait_cursor(standin.last)


def test_mark_that_is_refused_is_undone_and_said(shown, standin, observer, agent):
    observer.click("mark-read")
    marking = standin.wait_marking()
    observer.wait_closed(1)
    marking.fail("Refused", "the mailbox is read-only & locked")
    back = observer.wait(3)
    assert back.summary == "2 new messages"
    assert back.body.split("\n")[-1] == "Could not be marked as read: the mailbox is read-only &amp; locked"
    assert "mark-read" in labels(back)


def test_mark_that_is_refused_in_part(shown, standin, observer, agent):
    observer.click("mark-read")
    standin.wait_marking().answer("seen", n0="refused")
    back = wait_for(lambda: next((one for one in observer.notifications[2:] if one.body.startswith("One\n")), None),
                    lambda: f"the first mail, there are {observer.notifications}")
    assert back.body.split("\n")[-1] == "Could not be marked as read: the server refused it"


@pytest.mark.parametrize("error", ["ReadOnly", "NotSupported"])
def test_mark_in_an_account_that_is_read_only_is_not_offered_again(error, shown, standin, observer, agent):
    observer.click("mark-read")
    standin.wait_marking().fail(error, "it is configured so")
    back = wait_for(lambda: next((one for one in observer.notifications[2:] if "configured so" in one.body), None),
                    "the error")
    assert "mark-read" not in labels(back)


def test_mark_without_the_daemon_is_said(shown, standin, observer, agent):
    standin.vanish()
    agent.wait_line("daemon: away, was live")
    observer.click("mark-read")
    wait_for(lambda: any("the daemon is not running" in one.body for one in observer.notifications[2:]), "the error")


def test_mark_is_not_offered_for_pop3(service, standin, observer, agent):
    standin.account("work", Protocol="pop3", User="bob@example.org", State="online")
    agent.start()
    standin.mail("One")
    assert "mark-read" not in labels(observer.wait())


def test_snooze_takes_it_away_also_over_a_restart(shown, standin, observer, agent):
    observer.click("snooze-3600")
    observer.wait_closed(1)
    agent.stop()
    agent.start()
    standin.mail("Three")
    assert observer.wait(3).body == "Three"  # the others wait
    assert len(agent.state()["Account work"]["Snoozed"].split()) == 2


def test_snooze_that_ended_while_the_agent_was_down_comes_back(shown, standin, observer, agent):
    observer.click("snooze-600")
    observer.wait_closed(1)
    agent.stop()
    text = agent.state_file.read_text(encoding="utf-8")
    until = agent.state()["Account work"]["SnoozedUntil"]
    agent.state_file.write_text(text.replace(until, "1000000"), encoding="utf-8")
    agent.start()
    assert observer.wait(3).summary == "2 new messages"


def test_snoozed_mail_that_is_read_elsewhere_does_not_come_back(shown, standin, observer, agent):
    observer.click("snooze-600")
    observer.wait_closed(1)
    standin.retire(of=1001)
    standin.retire(of=1002)
    agent.wait_cursor(standin.last)
    assert "Snoozed" not in agent.state()["Account work"]


def test_click_after_a_restart_of_the_agent(shown, standin, observer, agent):
    agent.wait_kept(standin.last)
    agent.start_after_kill(observer)
    observer.click("default", token="token-8")
    assert wait_seen(shown)[-3:-1] == ["token-8", "token-8"]


def test_token_is_for_the_notification_it_came_with(shown, standin, observer, agent):
    agent.wait_kept(standin.last)
    agent.start_after_kill(observer)
    observer.emit("ActivationToken", "us", 2, "token-9")
    observer.click("default")
    assert wait_seen(shown)[-3:-1] == ["", ""]
