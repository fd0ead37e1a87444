"""POP3: each poll a short session, nothing touched, growth announced, what is fetched away retired."""

import os
import poplib
import re
import time

import pytest
from harness.dovecot import Dovecot
from harness.messages import message
from harness.proxy import Proxy
from harness.wait import wait_for

PASSWORD = "correct-horse"


@pytest.fixture
def relay(server):
    proxy = Proxy(server.pop3)
    yield proxy
    proxy.close()


def polls(relay):
    """The commands of each session, without the secret."""
    found = {}
    for chunk in relay.since(0):
        if chunk.side == "C":
            found.setdefault(chunk.connection, b"")
            found[chunk.connection] += chunk.data
    lines = [text.split(b"\r\n")[:-1] for _, text in sorted(found.items())]
    return [[b"AUTH" if line.startswith(b"AUTH ") else line for line in session] for session in lines]


def wait_polls(relay, count):
    """Until so many sessions have said QUIT."""
    wait_for(lambda: sum(b"QUIT" in session for session in polls(relay)) >= count,
             lambda: f"{count} polls; there were {polls(relay)}")


def wait_seen(client, total, **more):
    return client.wait_account("work", State="online", Total=total, **more)


@pytest.fixture
def polled(daemon, client, relay, user):
    daemon.write_account("work", Protocol="pop3", Port=relay.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    return daemon


def check(client):
    client.manager("CheckNow", "(as)", ["work"])


def test_c_06_another_interval_holds_at_once(polled, client, relay):
    """Nothing is asked of the server for it, and the account stays the one that it was."""
    assert client.account("work")["RetryAt"] < (time.time() + 10 * 60) * 1e6
    text = polled.account_file("work").read_text(encoding="utf-8")
    polled.account_file("work").write_text(text + "Interval=12h\n", encoding="utf-8")
    polled.reload()
    wait_for(lambda: client.account("work")["RetryAt"] > (time.time() + 5 * 3600) * 1e6, "the new plan")
    polled.account_file("work").write_text(text + "Interval=1min\n", encoding="utf-8")
    polled.reload()
    wait_for(lambda: client.account("work")["RetryAt"] < (time.time() + 2 * 60) * 1e6, "the new plan")
    assert relay.connections == 1 and not client.named("InterfacesRemoved")


def test_growth_is_announced_once(polled, client, server, user):
    server.deliver(message("Engine and Co.", message_id="first@example.test"), user)
    check(client)
    mail = client.wait_new_mail()[0]
    assert mail["subject"] == "Engine and Co."
    assert mail["from_name"] == "Ada Lovelace"
    assert mail["from_address"] == "ada@example.test"
    assert mail["message_id"].strip("<>") == "first@example.test"
    assert mail["mailbox"] == "INBOX"
    assert mail["date"] == 1793613600 * 1000000
    assert re.fullmatch(f"pop://{user}@localhost/[0-9a-f]{{16}}", mail["id"])
    account = wait_seen(client, 1, Unseen=1)
    assert (account["Protocol"], account["Strategy"]) == ("pop3", "poll")
    assert account["LastContact"] > 0
    assert account["RetryAt"] > account["LastContact"]

    server.deliver_many([message(f"More {number}") for number in range(7)], user)
    check(client)
    mails = client.wait_new_mail(8)
    assert [mail["subject"] for mail in mails[1:]] == [f"More {number}" for number in range(7)]
    assert len({mail["id"] for mail in mails}) == 8
    wait_seen(client, 8, Unseen=8)
    assert len(client.named("NewMail")) == 8


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_every_security(daemon, client, server, authority, user, security):
    port = server.pop3s if security == "tls" else server.pop3
    daemon.write_account("work", Protocol="pop3", Port=port, Security=security, User=user, CAFile=authority.ca)
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("Over " + security), user)
    check(client)
    assert client.wait_new_mail()[0]["subject"] == "Over " + security


def test_user_and_pass(daemon, client, server, relay, user):
    daemon.write_account("work", Protocol="pop3", Port=relay.port, Security="none", User=user, Auth="login")
    daemon.start()
    client.wait_account("work", State="online")
    assert polls(relay)[0][1:3] == [b"USER " + user.encode(), b"PASS correct-horse"]


def test_an_unchanged_mailbox_costs_login_stat_and_quit(polled, client, relay):
    check(client)
    wait_polls(relay, 2)
    assert polls(relay)[1] == [b"AUTH", b"STAT", b"QUIT"]


def test_first_poll_announces_nothing_old(daemon, client, server, relay, user):
    server.deliver_many([message(f"Old {number}") for number in range(5)], user)
    daemon.write_account("work", Protocol="pop3", Port=relay.port, Security="none", User=user)
    daemon.start()
    wait_seen(client, 5, Unseen=0)
    server.deliver(message("New"), user)
    check(client)
    assert client.wait_new_mail()[0]["subject"] == "New"
    assert len(client.new_events()) == 1
    wait_polls(relay, 2)
    assert polls(relay)[1] == [b"AUTH", b"STAT", b"UIDL 5", b"UIDL 6", b"TOP 6 0", b"QUIT"]


def test_mail_while_stopped_is_announced_once(polled, client, server, user):
    server.deliver(message("Before"), user)
    check(client)
    client.wait_new_mail()
    wait_seen(client, 1)
    polled.stop()
    server.deliver_many([message("While away 1"), message("While away 2")], user)
    polled.start()
    assert [mail["subject"] for mail in client.wait_new_mail(3)] == ["Before", "While away 1", "While away 2"]
    wait_seen(client, 3, Unseen=3)
    assert len(client.new_events()) == 3


def test_nothing_is_changed(polled, client, server, relay, user):
    server.deliver_many([message("One"), message("Two")], user)
    check(client)
    client.wait_new_mail(2)
    before = server.snapshot(user)
    check(client)
    wait_polls(relay, 3)
    server.deliver(message("Three", body="The body of the third"), user)
    check(client)
    client.wait_new_mail(3)
    wait_polls(relay, 4)

    files, flags = server.snapshot(user)
    assert {name: files[name] for name in before[0]} == before[0]
    assert len(files) == 3 and "\\Seen" not in flags and "\\Deleted" not in flags
    known = (b"CAPA", b"AUTH", b"STAT", b"UIDL", b"TOP", b"QUIT")
    for session in polls(relay):
        assert session[-1] == b"QUIT"
        assert all(line.split()[0] in known for line in session), session
    assert b"The body of the third" not in relay.sent("S")


def test_what_another_client_deletes_is_retired(polled, client, server, user):
    server.deliver_many([message("Stays"), message("Goes")], user)
    check(client)
    mails = client.wait_new_mail(2)
    wait_seen(client, 2, Unseen=2)
    other = poplib.POP3("127.0.0.1", server.pop3)
    other.user(user)
    other.pass_(PASSWORD)
    other.dele(2)
    other.quit()
    check(client)
    signal = client.wait_signal("MailRetired")
    assert signal.signature == "(toa{sv})"
    assert signal.arguments[1] == client.account_path("work")
    retired = signal.arguments[2]
    assert (retired["id"], retired["reason"]) == (mails[1]["id"], "gone")
    wait_seen(client, 1, Unseen=1)
    logged = [event for event in client.read_events() if event["type"] == "retired"]
    assert [event["id"] for event in logged] == [mails[1]["id"]]


def test_a_wrong_password_is_failed_and_a_right_one_heals(daemon, client, directory, certificate, user):
    other = Dovecot(directory / "mail", certificate, passwords={user: "right"}).start()
    try:
        daemon.write_account("work", Protocol="pop3", Port=other.pop3, Security="none", User=user, password="wrong")
        daemon.start()
        account = client.wait_account("work", State="failed", Reason="auth-failed")
        assert account["RetryAt"] > 0
        daemon.write_account("work", Protocol="pop3", Port=other.pop3, Security="none", User=user, password="right")
        daemon.reload()
        client.wait_account("work", State="online")
    finally:
        other.stop()


def test_ten_thousand_messages(daemon, client, server, relay, user):
    """A silent baseline of all, then the poll of one new one: little, and soon over."""
    folder = server.home / "mail" / user / "Maildir" / "new"
    server.deliver(message("To have a mailbox"), user)
    owner = folder.stat()
    for number in range(9999):
        path = folder / f"1700000000.M{number:06}P1.test"
        path.write_bytes(message(f"Old {number}").replace(b"\r\n", b"\n"))
        os.chown(path, owner.st_uid, owner.st_gid)
    daemon.write_account("work", Protocol="pop3", Port=relay.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online", Total=10000, Unseen=0, deadline=120)
    mark = len(relay.sent("S"))
    check(client)
    wait_polls(relay, 2)
    assert len(relay.sent("S")) - mark < 300
    mark = len(relay.sent("S"))
    server.deliver(message("The one"), user)
    check(client)
    assert client.wait_new_mail()[0]["subject"] == "The one"
    wait_polls(relay, 3)
    assert len(relay.sent("S")) - mark < 1500
    assert polls(relay)[2] == [b"AUTH", b"STAT", b"UIDL 10000", b"UIDL 10001", b"TOP 10001 0", b"QUIT"]
    assert len(client.named("NewMail")) == 1
