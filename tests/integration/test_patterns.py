"""Mailboxes that the configuration does not name: patterns, special uses, mailboxes of others, and what
becomes of them while the daemon watches."""

from harness.client import ACCOUNT
from harness.messages import message


def begin(daemon, client, port, user, *watch, **state):
    daemon.write_account("work", Port=port, Security="none", User=user, mailboxes=watch)
    daemon.start()
    client.wait_account("work", **(state or {"State": "online"}))


def mailboxes(client):
    listed = client.call(client.account_path("work"), ACCOUNT, "ListMailboxes")[0]
    return {mailbox["name"]: mailbox for mailbox in listed}


def test_all_that_there_is(daemon, client, server, user, proxy):
    """30 mailboxes over one connection; what was sent is listed and not watched."""
    for i in range(28):
        server.create(f"Box/{i}", user)
    begin(daemon, client, proxy.port, user, "*")
    found = mailboxes(client)
    assert found["Sent"] == {"name": "Sent", "watched": False, "state": "here", "special_use": "\\Sent"}
    assert found["INBOX"]["watched"] and found["INBOX"]["total"] == 0
    assert all(found[f"Box/{i}"]["watched"] for i in range(28))
    server.save(message(b"New"), "Box/17", user)
    client.manager("CheckNow", "(as)", [])
    assert client.wait_new_mail()[0]["mailbox"] == "Box/17"
    client.wait_account("work", Unseen=1, Total=1)
    assert mailboxes(client)["Box/17"]["unseen"] == 1
    assert proxy.connections == 1


def test_created_renamed_deleted(daemon, client, server, user):
    server.create("Old", user)
    server.save(message(b"Before"), "Old", user)
    begin(daemon, client, server.imap, user, "*")
    server.doveadm("mailbox", "rename", "-u", user, "Old", "New")
    server.save(message(b"After"), "New", user)
    client.manager("CheckNow", "(as)", [])
    mail = client.wait_new_mail()[0]
    assert (mail["mailbox"], mail["subject"]) == ("New", "After")
    assert "Old" not in mailboxes(client)
    server.doveadm("mailbox", "delete", "-u", user, "New")
    client.manager("CheckNow", "(as)", [])
    client.wait_account("work", Total=0, State="online")
    assert len(client.new_events()) == 1


def test_named_mailbox_goes_and_comes_back(daemon, client, server, user):
    server.create("Work", user)
    begin(daemon, client, server.imap, user, "INBOX", "Work")
    server.doveadm("mailbox", "rename", "-u", user, "Work", "Away")
    client.manager("CheckNow", "(as)", [])
    client.wait_account("work", State="degraded", Reason="no-mailbox")
    server.deliver(message(b"For INBOX"), user)
    assert client.wait_new_mail()[0]["mailbox"] == "INBOX"
    server.save(message(b"Meanwhile"), "Away", user)
    server.doveadm("mailbox", "rename", "-u", user, "Away", "Work")
    client.manager("CheckNow", "(as)", [])
    client.wait_account("work", State="online", Reason="")
    assert client.wait_new_mail(2)[1]["subject"] == "Meanwhile"
