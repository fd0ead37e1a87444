"""What was read elsewhere leaves the screen; what somebody dismissed does not come back."""

from harness.messages import message


def test_n06_read_elsewhere_closes(service, observer, standin, agent):
    agent.start()
    seq = standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.retire(of=seq)
    observer.wait_closed(1)
    agent.wait_cursor(standin.last)
    assert len(observer.notifications) == 1


def test_one_of_several_leaves_the_others(service, observer, standin, agent):
    agent.start()
    first, second, _ = standin.mail("One"), standin.mail("Two"), standin.mail("Three")
    observer.wait_summary("3 new messages")
    agent.wait_line("work: shown, 3 new")
    before = len(observer.notifications)
    standin.retire(of=second, reason="gone")
    shown = observer.wait(before + 1)
    assert (shown.summary, shown.body) == ("2 new messages", "Ada Lovelace: Three\nAda Lovelace: One")
    assert shown.replaces_id == 1 and shown.hints["urgency"] == 0 and shown.hints["suppress-sound"] is True
    agent.wait_line("work: shown, 2 new")
    standin.retire(of=first)
    assert observer.wait(before + 2).summary == "Ada Lovelace"  # one is left, and is shown as one
    assert observer.closed == []


def test_a_message_that_comes_back_into_the_newest_three(service, observer, standin, agent):
    agent.start()
    seqs = [standin.mail(f"Number {number}") for number in range(5)]
    observer.wait_summary("5 new messages")
    agent.wait_line("work: shown, 5 new")
    standin.retire(of=seqs[4])
    shown = observer.wait_summary("4 new messages")
    assert shown.body.split("\n") == [f"Ada Lovelace: Number {number}" for number in (3, 2, 1)]


def show_backlog(count, observer, standin, agent):
    """The events, which came while the agent was away, and are one notification."""
    agent.start()
    agent.wait_cursor(standin.last)
    agent.stop()
    events = [standin.append(subject=f"Number {number}") for number in range(count)]
    agent.start()
    observer.wait_summary(f"{count} new messages")
    agent.wait_line(f"work: shown, {count} new")
    return events


def test_backlog_that_is_read_elsewhere_goes_away_whole(service, observer, standin, agent):
    """More than the agent knows by name; with a restart in the middle."""
    events = show_backlog(700, observer, standin, agent)
    for event in events[:350]:
        standin.retire(id=event["id"])
    observer.wait_summary("350 new messages")
    agent.wait_cursor(standin.last)
    agent.stop()
    agent.start()
    for event in events[350:]:
        standin.retire(id=event["id"])
    observer.wait_closed(1)
    agent.wait_cursor(standin.last)


def test_what_was_taken_away_is_not_taken_away_again(service, observer, standin, agent):
    """Of those that are only counted a restart knows no ids."""
    events = show_backlog(503, observer, standin, agent)
    standin.retire(id=events[0]["id"])
    observer.wait_summary("502 new messages")
    agent.wait_line("work: shown, 502 new")
    agent.stop()
    agent.start()
    before = len(observer.notifications)
    standin.mail("One")
    assert observer.wait(before + 1).summary == "503 new messages"


def test_dismissed_after_a_restart_of_the_agent_is_forgotten(service, observer, standin, agent):
    agent.start()
    agent.wait_kept(standin.mail("One"))
    agent.start_after_kill(observer)
    observer.dismiss()
    agent.wait_line("work: closed")
    standin.mail("Two")
    assert observer.wait(2).body == "Two"


def test_read_while_the_agent_was_down_closes(service, observer, standin, agent):
    agent.start()
    seq = standin.mail("One")
    agent.wait_kept(seq)
    agent.kill()
    standin.append(type="retired", reason="seen", id=f"imap://{seq}")
    agent.start()
    observer.wait_closed(1)
    agent.wait_cursor(standin.last)
    assert len(observer.notifications) == 1


def test_read_before_it_was_shown_is_not_shown(service, observer, standin, agent):
    """While the agent was down it came and was read."""
    agent.start()
    agent.wait_cursor(standin.last)
    agent.stop()
    event = standin.append(subject="One")
    standin.append(type="retired", reason="seen", id=event["id"])
    agent.start()
    standin.mail("Two")
    assert observer.wait().body == "Two"
    assert len(observer.notifications) == 1


def test_dismissed_stays_away_over_restarts_of_the_daemon(service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    observer.dismiss()
    agent.wait_line("work: closed")
    standin.vanish()
    agent.wait_line("daemon: away, was live")
    standin.appear()
    agent.wait_line("daemon: live", 2)
    agent.kill()
    agent.start()
    standin.mail("Two")
    assert observer.wait(2).body == "Two"
    assert len(observer.notifications) == 2


def test_gnome_shell_forgets_who_leaves_the_bus(service, observer, standin, agent):
    """It destroys his notifications: what nobody dismissed is there again, without a banner or a sound."""
    observer.redefine("GetServerInformation", "", "ssss", 'ret = ("gnome-shell", "GNOME", "43.9", "1.2")')
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.mail("Else", "home")
    agent.wait_line("home: shown, 1 new")
    observer.dismiss(2)
    agent.wait_line("home: closed")
    agent.stop()
    agent.start()
    again = observer.wait(3)
    assert again.body == "One" and again.hints["urgency"] == 0 and again.hints["suppress-sound"] is True
    agent.wait_line("work: shown, 1 new")
    standin.mail("Else again", "home")
    assert observer.wait(4).body == "Else again\nhome"
    assert len(observer.notifications) == 4


def test_n06_read_on_another_device(watched, server, user, service, observer, agent):
    """The real daemon and a real server."""
    agent.start()
    server.deliver(message("One"), user)
    agent.wait_line("work: shown, 1 new")
    server.doveadm("flags", "add", "-u", user, "\\Seen", "mailbox", "INBOX", "ALL")
    observer.wait_closed(1)


def test_mark_as_read_on_the_server(watched, server, user, service, observer, agent):
    agent.start()
    server.deliver(message("One"), user)
    agent.wait_line("work: shown, 1 new")
    observer.click("mark-read")
    observer.wait_closed(1)
    agent.wait_line("work: marked as read")
    flags = server.doveadm("-f", "tab", "fetch", "-u", user, "flags", "mailbox", "INBOX", "ALL")
    assert "\\Seen" in flags
