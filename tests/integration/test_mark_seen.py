"""MarkSeen: the one change that Posthorn makes on a server, because somebody asks for it."""

import re

import pytest
from gi.repository import GLib, Gio
from harness.client import ACCOUNT
from harness.messages import message
from harness.odd_server import OddServer
from harness.wait import wait_for
from test_quiet import wait_idle

ERROR = "org.posthorn.Posthorn1.Error."


def mark(client, *ids, account="work"):
    return client.call(client.account_path(account), ACCOUNT, "MarkSeen", "(as)", list(ids))[0]


def error_of(client, *ids, account="work"):
    return client.error_name(client.account_path(account), ACCOUNT, "MarkSeen", "(as)", list(ids))


def announce(client, server, user, count, mailbox="INBOX"):
    seen = len(client.named("NewMail"))
    for number in range(count):
        server.save(message(f"Number {number}"), mailbox, user)
    client.manager("CheckNow", "(as)", [])
    return [mail["id"] for mail in client.wait_new_mail(seen + count)[seen:]]


def changes(server, user):
    """{(mailbox, uid): flags}, and the texts of all messages, whatever their files are called."""
    text = server.doveadm("-f", "tab", "fetch", "-u", user, "mailbox uid flags", "ALL")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    flags = {(mailbox, uid): set(words.split()) - {"\\Recent"} for mailbox, uid, words in rows}
    return flags, sorted(server.snapshot(user)[0].values())


def test_one_message_and_nothing_else(watched, client, server, user, proxy):
    ids = announce(client, server, user, 3)
    wait_idle(proxy)
    flags, texts = changes(server, user)
    mark_place = proxy.mark()
    assert mark(client, ids[1]) == {ids[1]: "seen"}
    client.wait_retired({ids[1]: "seen"})
    client.wait_account("work", Unseen=2, Total=3)
    wait_idle(proxy, mark_place)
    assert changes(server, user) == ({**flags, ("INBOX", "2"): {"\\Seen"}}, texts)
    assert proxy.connections == 1
    writes = [line for line in proxy.commands() if re.match(rb"(SELECT|UID STORE)", line)]
    assert [re.sub(rb" \(QRESYNC .*", b"", line) for line in writes] == [
        b"SELECT INBOX", b"UID STORE 2 +FLAGS.SILENT (\\Seen)"]
    # The mailbox is open for reading alone again, and its news come as before.
    opened = [line.split(b" ", 1)[0] for line in proxy.commands() if re.match(rb"(SELECT|EXAMINE)", line)]
    assert opened[-1] == b"EXAMINE"
    seen = len(client.named("NewMail"))
    server.deliver(message("Afterwards"), user)
    assert client.wait_new_mail(seen + 1)[-1]["subject"] == "Afterwards"


def test_of_several_mailboxes_with_what_is_gone(daemon, client, server, user, proxy):
    server.create("Work", user)
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, mailboxes=["INBOX", "Work"])
    daemon.start()
    client.wait_account("work", State="online")
    home, away = announce(client, server, user, 2), announce(client, server, user, 2, "Work")
    wait_idle(proxy)
    server.expunge(1, "Work", user)
    assert mark(client, *home, *away) == {home[0]: "seen", home[1]: "seen", away[0]: "gone", away[1]: "seen"}
    client.wait_retired({home[0]: "seen", home[1]: "seen", away[0]: "gone", away[1]: "seen"})
    client.wait_account("work", Unseen=0, Total=3)
    # Once more: what is seen is seen, and nobody is told again.
    assert mark(client, *home, *home) == {home[0]: "seen", home[1]: "seen"}
    assert len(client.named("MailRetired")) == 4 and len(client.retired()) == 4
    assert mark(client) == {}


def test_mail_that_comes_meanwhile(watched, client, server, user):
    """Deliveries and marks go on beside each other: each message is announced once, each mark is done."""
    ids = announce(client, server, user, 1)
    for number in range(6):
        server.deliver(message(f"Meanwhile {number}"), user)
        assert mark(client, ids[-1]) == {ids[-1]: "seen"}
        server.deliver(message(f"And then {number}"), user)
        ids = [mail["id"] for mail in client.wait_new_mail(1 + 2 * (number + 1))]
    assert len(client.new_events()) == 13
    client.wait_account("work", Unseen=7, Total=13)
    assert server.unseen("INBOX", user) == 7 and len(client.retired()) == 6


def test_what_is_refused(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.write_account("quiet", Port=server.imap, Security="none", User=user, ReadOnly="yes")
    daemon.write_account("pop", Port=server.pop3, Security="none", User=user, Protocol="pop3")
    daemon.write_account("away", Port=1, Security="none", User=user)
    daemon.start()
    for account in ("work", "quiet", "pop"):
        client.wait_account(account, State="online")
    server.deliver(message("Mine"), user)
    identity = client.wait_signal("NewMail", lambda signal: signal.arguments[2]["account"] == "work").arguments[2]["id"]
    before = changes(server, user)
    for bad in ("", "INBOX/1", identity + "0", identity.replace(user, "somebody"),
                identity.replace("INBOX", "Elsewhere"), re.sub("UIDVALIDITY=.", "UIDVALIDITY=", identity),
                re.sub("UID=[0-9]+$", "UID=1:*", identity)):
        assert bad == identity + "0" or error_of(client, bad) == ERROR + "NoSuchMessage", bad
    assert error_of(client, identity, "nonsense") == ERROR + "NoSuchMessage"
    assert error_of(client, identity, account="quiet") == ERROR + "ReadOnly"
    assert error_of(client, identity, account="pop") == ERROR + "NotSupported"
    assert error_of(client, identity, account="away") == ERROR + "Offline"
    assert error_of(client, *[identity] * 501) == "org.freedesktop.DBus.Error.LimitsExceeded"
    assert mark(client, identity + "0") == {identity + "0": "gone"}
    assert changes(server, user) == before
    # The configuration may change its mind, without a new connection.
    daemon.write_account("quiet", Port=server.imap, Security="none", User=user, ReadOnly="no")
    daemon.reload()
    assert mark(client, identity, account="quiet") == {identity: "seen"}


class ReadOnlyServer(OddServer):
    """Its mailboxes are there to be read."""

    def on_select(self, link, tag, _rest):
        link.told = len(self.messages)
        link.send(*self.examined(), f"{tag} OK [READ-ONLY] This is an archive.")


class DyingServer(ReadOnlyServer):
    """It is gone when somebody wants to write."""

    def on_select(self, link, tag, rest):
        link.close()


@pytest.mark.parametrize("kind, name", [(ReadOnlyServer, "Refused"), (DyingServer, "Offline"), (OddServer, "Refused")])
def test_servers_that_do_not(daemon, client, kind, name):
    server = kind()
    daemon.write_account("work", Port=server.port, Security="none", User="odd")
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver("News")
    identity = client.wait_new_mail()[0]["id"]
    assert error_of(client, identity) == ERROR + name
    client.wait_account("work", State="online")
    server.deliver("More")
    assert client.wait_new_mail(2)[1]["subject"] == "More"
    daemon.stop()
    server.close()


def test_the_daemon_ends_while_somebody_waits(watched, client, server, user, proxy):
    ids = announce(client, server, user, 1)
    wait_idle(proxy)
    proxy.stall()
    answers = []

    def on_answer(bus, result):
        try:
            answers.append(bus.call_finish(result).unpack())
        except GLib.Error as error:
            answers.append(Gio.DBusError.get_remote_error(error))
    client.bus.call("org.posthorn.Posthorn1", client.account_path("work"), ACCOUNT, "MarkSeen",
                    GLib.Variant("(as)", (ids,)), None, Gio.DBusCallFlags.NONE, 20000, None, on_answer)
    client.owner()
    watched.stop()
    proxy.flow()
    wait_for(lambda: answers, "an answer")
    assert answers[0] in (ERROR + "Offline", "org.freedesktop.DBus.Error.NoReply"), answers
