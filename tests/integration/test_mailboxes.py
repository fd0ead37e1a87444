"""Several mailboxes of one account, over one connection."""

from harness.messages import message

NAMES = ["INBOX", "Work", "Entwürfe"]


def begin(daemon, client, server, user, port):
    for name in NAMES[1:]:
        server.create(name, user)
        server.save(message(b"Old in " + name.encode()), name, user)
    daemon.write_account("work", Port=port, Security="none", User=user, mailboxes=[*NAMES, "Nowhere"])
    daemon.start()
    client.wait_account("work", State="degraded", Reason="no-mailbox",
                        ReasonText="A watched mailbox cannot be opened: Nowhere")


def subjects(client):
    return {mail["subject"]: mail["mailbox"] for mail in client.wait_new_mail(3)}


def test_mail_in_each_mailbox_is_announced_once(daemon, client, server, user):
    """What was there is old; what comes is found by the check, in the mailbox it came to; a mailbox
    that does not exist hinders none of the others."""
    begin(daemon, client, server, user, server.imap)
    for name in NAMES:
        server.save(message(b"New in " + name.encode()), name, user)
    client.manager("CheckNow", "(as)", [])
    assert subjects(client) == {f"New in {name}": name for name in NAMES}
    client.wait_account("work", Unseen=5, Total=5)
    for mail in client.new_events():
        assert mail["uid"] == server.status(mail["mailbox"], user)["uidnext"] - 1


def test_mail_that_came_while_stopped(daemon, client, server, user):
    begin(daemon, client, server, user, server.imap)
    daemon.stop()
    for name in NAMES:
        server.save(message(b"New in " + name.encode()), name, user)
    daemon.start()
    assert subjects(client) == {f"New in {name}": name for name in NAMES}
    assert len(client.new_events()) == 3


def test_one_connection_for_all(daemon, client, server, user, proxy):
    """The others are asked and visited by the connection that is there, and nothing is changed."""
    begin(daemon, client, server, user, proxy.port)
    server.save(message("New"), "Work", user)
    before = server.snapshot(user)
    client.manager("CheckNow", "(as)", [])
    assert client.wait_new_mail()[0]["mailbox"] == "Work"
    assert proxy.connections == 1
    said = b"".join(chunk.data for chunk in proxy.chunks if chunk.side == "C")
    assert b"EXAMINE Work" in said
    assert b" SELECT " not in said and b"STORE" not in said
    assert server.snapshot(user) == before
