"""Much at once, and a mailbox that is no longer the one it was."""

import re

from harness.messages import message
from harness.wait import wait_for


def test_backlog_comes_in_windows_and_in_order(watched, client, server, user, proxy):
    server.deliver(message("The last seen"), user)
    client.wait_new_mail()
    watched.stop()
    subjects = [f"Backlog {number}" for number in range(1200)]
    server.place([message(subject) for subject in subjects], user)
    mark = proxy.mark()
    watched.start()
    mails = client.wait_new_mail(1201, deadline=120)[1:]
    assert [mail["subject"] for mail in mails] == subjects
    assert [event["subject"] for event in client.new_events()] == ["The last seen", *subjects]
    # No single FETCH asks for more than 500.
    for command in proxy.commands(mark):
        asked = re.match(rb"UID FETCH (\S+) ", command, re.IGNORECASE)
        if asked:
            for part in asked.group(1).split(b","):
                first, _, last = part.partition(b":")
                assert last != b"*" or int(first) > 1200, command
                assert not last or last == b"*" or int(last) - int(first) < 500, command


def test_read_events_pages(watched, client, server, user):
    server.deliver_many([message(f"Number {number}") for number in range(25)], user)
    client.wait_new_mail(25)
    after, pages = 0, []
    while True:
        events, last = client.manager("ReadEvents", "(tu)", after, 10)
        if not events:
            break
        pages.append(len(events))
        assert all(event["seq"] > after for event in events)
        assert last == events[-1]["seq"]
        after = last
    assert pages == [10, 10, 5]
    assert after == client.property("LastSequence")


def reset_of(client, mailbox):
    return client.wait_signal("MailboxReset", lambda signal: signal.arguments[2].get("mailbox") == mailbox)


def test_mailbox_numbered_anew_while_stopped(watched, client, server, user):
    """Another UIDVALIDITY: one reset event, and no flood of what is in the new mailbox."""
    server.deliver_many([message("Old 1"), message("Old 2")], user)
    client.wait_new_mail(2)
    watched.stop()
    old = server.status(user=user)["uidvalidity"]
    server.doveadm("mailbox", "update", "--uid-validity", str(old + 1000), "-u", user, "INBOX")
    assert server.status(user=user)["uidvalidity"] == old + 1000
    watched.start()
    reset = reset_of(client, "INBOX").arguments
    assert reset[1] == client.account_path("work")
    assert reset[2]["reason"] == "uidvalidity"
    server.deliver(message("After the reset"), user)
    assert client.wait_new_mail(3)[2]["subject"] == "After the reset"
    assert len(client.named("MailboxReset")) == 1
    kinds = [event["type"] for event in client.read_events()]
    assert kinds == ["new", "new", "reset", "new"]


def test_mailbox_made_anew_while_watched(daemon, client, server, user):
    """Deleted under the daemon's eyes, which says so; made again, with messages in it."""
    server.create("Work", user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=["Work"])
    daemon.start()
    client.wait_account("work", State="online")
    server.save(message("Old"), "Work", user)
    client.wait_new_mail()
    server.doveadm("mailbox", "delete", "-u", user, "Work")
    client.wait_account("work", Reason="no-mailbox")
    server.create("Work", user)
    for number in range(3):
        server.save(message(f"In the new one {number}"), "Work", user)
    client.manager("CheckNow", "(as)", ["work"])
    reset_of(client, "Work")
    client.wait_account("work", State="online", Total=3)
    server.save(message("After the reset"), "Work", user)
    assert client.wait_new_mail(2)[1]["subject"] == "After the reset"
    assert [event["type"] for event in client.read_events()] == ["new", "reset", "new"]


def test_lost_state_is_a_silent_new_beginning(watched, client, server, user):
    server.deliver_many([message("Old 1"), message("Old 2")], user)
    client.wait_new_mail(2)
    watched.stop()
    for path in watched.state.iterdir():
        path.unlink()
    watched.start()
    client.wait_account("work", State="online", Total=2)
    server.deliver(message("New"), user)
    assert client.wait_new_mail(3)[2]["subject"] == "New"
    assert len(client.new_events()) == 1


def test_damaged_state_is_set_aside(watched, client, server, user):
    server.deliver(message("Old"), user)
    client.wait_new_mail()
    watched.stop()
    database = watched.state / "posthorn.db"
    for path in watched.state.iterdir():
        if path != database:
            path.unlink()
    database.write_bytes(b"This is no database. " * 500)
    watched.start()
    client.wait_account("work", State="online")
    server.deliver(message("New"), user)
    assert client.wait_new_mail(2)[1]["subject"] == "New"
    aside = [path for path in watched.state.iterdir() if path.read_bytes().startswith(b"This is no database.")]
    assert [event["reason"] for event in client.read_events() if event["type"] == "reset"] == ["state-lost"]
    assert len(aside) == 1 and aside[0] != database
    assert str(aside[0].name) in watched.log()


def test_vanished_message_is_no_obstacle(daemon, client, server, user, proxy):
    """A message is expunged between EXISTS and UID FETCH: Dovecot then answers with an empty one in
    its place. That is no message; what comes behind it is announced, with all its words."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Strategy="idle")
    daemon.start()
    client.wait_account("work", State="online")
    proxy.stall()
    server.deliver(message("Gone before it was seen"), user)
    wait_for(lambda: b" EXISTS" in proxy.chunks[-1].data, "EXISTS in the proxy")
    server.doveadm("expunge", "-u", user, "mailbox", "INBOX", "ALL")
    server.deliver(message("Still here"), user)
    proxy.flow()
    assert client.wait_new_mail()[0]["subject"] == "Still here"
    assert [event["subject"] for event in client.new_events()] == ["Still here"]


def test_inbox_is_spelt_anew(daemon, client, server, user):
    """As somebody edits the configuration: it is the same mailbox, and each message is told once."""
    for number, spelling in enumerate(["inbox", "INBOX", "Inbox", "INBOX", "inbox"]):
        daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=[spelling])
        if number > 0:
            server.deliver(message(f"Number {number}"), user)
        daemon.start()
        client.wait_account("work", State="online", Total=number)
        daemon.stop()
    daemon.start()
    client.wait_account("work", State="online")
    assert [event["subject"] for event in client.new_events()] == [f"Number {number}" for number in range(1, 5)]
    assert {event["mailbox"] for event in client.new_events()} == {"INBOX"}
