"""Messages that were announced, and were then read or removed with another program."""

import random

import pytest
from harness.dovecot import Dovecot
from harness.messages import message
from harness.proxy import Proxy
from harness.wait import wait_for
from test_quiet import wait_idle

# What the server says it can; None: all that it can.
RUNGS = {
    "all": None,
    "idle": "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE UIDPLUS ESEARCH",
    "poll": "IMAP4rev1 SASL-IR LITERAL+ ID",
}


@pytest.fixture(scope="module", params=RUNGS)
def rung_server(request, session_directory, certificate):
    """A Dovecot that offers less than it could, so that the daemon has to do with other means."""
    words = RUNGS[request.param]
    extra = f"imap_capability = {words}" if words else ""
    dovecot = Dovecot(session_directory / f"rung-{request.param}", certificate, extra=extra)
    dovecot.start()
    yield dovecot
    dovecot.kill()


def begin(daemon, client, server, user, mailboxes=("INBOX",)):
    for mailbox in mailboxes[1:]:
        server.create(mailbox, user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=mailboxes)
    daemon.start()
    return client.wait_account("work", State="online")["Strategy"]


def look(client, server, mailbox="INBOX"):
    """Where nobody pushes, somebody has to ask."""
    strategy = client.account("work")["Strategy"]
    if strategy == "poll" or (mailbox != "INBOX" and strategy != "notify"):
        client.manager("CheckNow", "(as)", ["work"])


def announce(client, server, user, count, mailbox="INBOX"):
    """So many new messages, announced: {uid: id}."""
    seen = len(client.named("NewMail"))
    for number in range(count):
        server.save(message(f"Number {number}"), mailbox, user)
    look(client, server, mailbox)
    mails = client.wait_new_mail(seen + count)[seen:]
    return {mail["uid"]: mail["id"] for mail in mails}


def change(server, user, uids, mailbox="INBOX"):
    """All that can happen to a message; what must come of it, by uid."""
    read, deleted, expunged, moved, flagged = uids
    server.flag(read, mailbox=mailbox, user=user)
    server.flag(deleted, "\\Deleted", mailbox, user)
    server.expunge(expunged, mailbox, user)
    server.move(moved, "Elsewhere", mailbox, user)
    server.flag(flagged, "\\Flagged", mailbox, user)
    return {read: "seen", deleted: "gone", expunged: "gone", moved: "gone"}


@pytest.mark.parametrize("mailbox", ["INBOX", "Work"])
def test_while_we_look(daemon, client, rung_server, user, mailbox):
    rung_server.create("Elsewhere", user)
    begin(daemon, client, rung_server, user, ["INBOX", "Work"])
    ids = announce(client, rung_server, user, 5, mailbox)
    fates = change(rung_server, user, sorted(ids), mailbox)
    look(client, rung_server, mailbox)
    expected = {ids[uid]: fate for uid, fate in fates.items()}
    client.wait_retired(expected)
    assert client.retired() == expected
    client.wait_account("work", Unseen=rung_server.unseen("INBOX", user) + rung_server.unseen("Work", user))


@pytest.mark.parametrize("mailbox", ["INBOX", "Work"])
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_while_we_are_down(daemon, client, rung_server, user, mailbox, how):
    rung_server.create("Elsewhere", user)
    begin(daemon, client, rung_server, user, ["INBOX", "Work"])
    ids = announce(client, rung_server, user, 5, mailbox)
    getattr(daemon, how)()
    fates = change(rung_server, user, sorted(ids), mailbox)
    daemon.start()
    expected = {ids[uid]: fate for uid, fate in fates.items()}
    client.wait_retired(expected)
    # The flagged one is still waited for, over one more start, and the others are not told of again.
    daemon.restart()
    client.wait_account("work", State="online")
    rung_server.flag(sorted(ids)[-1], mailbox=mailbox, user=user)
    look(client, rung_server, mailbox)
    expected[ids[sorted(ids)[-1]]] = "seen"
    client.wait_retired(expected)
    assert client.retired() == expected
    assert len(client.new_events()) == 5


def test_unread_again_is_no_news(daemon, client, rung_server, user):
    begin(daemon, client, rung_server, user)
    (uid, identity), = announce(client, rung_server, user, 1).items()
    for add in (True, False, True):
        rung_server.flag(uid, user=user, add=add)
        look(client, rung_server)
        client.wait_account("work", Unseen=0 if add else 1)
    client.wait_retired({identity: "seen"})
    announce(client, rung_server, user, 1)
    assert len(client.new_events()) == 2 and client.retired() == {identity: "seen"}


def test_what_was_never_announced_is_not_retired(daemon, client, rung_server, user):
    """Old messages, and those that were read before anybody could be told."""
    for number in range(3):
        rung_server.save(message(f"Old {number}"), "INBOX", user)
    begin(daemon, client, rung_server, user)
    rung_server.flag(1, user=user)
    rung_server.expunge(2, user=user)
    look(client, rung_server)
    client.wait_account("work", Unseen=1, Total=2)
    (uid, identity), = announce(client, rung_server, user, 1).items()
    rung_server.expunge(uid, user=user)
    look(client, rung_server)
    client.wait_retired({identity: "gone"})
    assert client.retired() == {identity: "gone"}


def test_watch_shows_them(daemon, client, server, user):
    begin(daemon, client, server, user)
    (uid, identity), = announce(client, server, user, 1).items()
    server.flag(uid, user=user)
    client.wait_retired({identity: "seen"})
    lines = daemon.cli("watch", "--since", "0", "--no-follow", "--type", "retired").stdout.decode().splitlines()
    assert len(lines) == 1 and "seen" in lines[0] and identity in lines[0], lines


def test_numbered_anew(daemon, client, own_server, user):
    """The UIDs mean other messages now: nothing is retired, then or later."""
    begin(daemon, client, own_server, user, ["INBOX", "Work"])
    announce(client, own_server, user, 3, "Work")
    daemon.stop()
    own_server.doveadm("mailbox", "delete", "-u", user, "Work")
    own_server.create("Work", user)
    for number in range(3):
        own_server.save(message(f"Anew {number}"), "Work", user)
    daemon.start()
    client.wait_signal("MailboxReset")
    own_server.flag(1, mailbox="Work", user=user)
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", Unseen=2, Total=3)
    assert client.retired() == {}


def news(client, mailbox):
    """The UIDs of what was announced there and not retired."""
    told = client.retired()
    return {event["uid"] for event in client.new_events() if event["mailbox"] == mailbox and event["id"] not in told}


class Reader:
    """Another client, who does things by chance."""

    def __init__(self, server, user, dice):
        self.server, self.user, self.dice = server, user, dice

    def uids(self, mailbox):
        text = self.server.doveadm("search", "-u", self.user, "mailbox", mailbox, "all")
        return [line.split()[1] for line in text.splitlines()]

    def act(self, mailbox):
        uids = self.uids(mailbox)
        what = self.dice.choice(["save", "save", "read", "read", "unread", "flag", "expunge"])
        if what == "save" or not uids:
            self.server.save(message("By chance"), mailbox, self.user)
            return
        uid = self.dice.choice(uids)
        if what == "expunge":
            self.server.expunge(uid, mailbox, self.user)
        else:
            flag = "\\Flagged" if what == "flag" else "\\Seen"
            self.server.flag(uid, flag, mailbox, self.user, add=what != "unread")


def test_unseen_is_what_the_server_says(daemon, client, rung_server, user):
    """After each few changes by another client, whatever they are; the seed is shown."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    reader = Reader(rung_server, user, random.Random(seed))
    mailboxes = ["INBOX", "Work"]
    begin(daemon, client, rung_server, user, mailboxes)
    for _ in range(12):
        for _ in range(reader.dice.randrange(1, 6)):
            reader.act(reader.dice.choice(mailboxes))
        look(client, rung_server, "Work")
        client.wait_account("work", Unseen=sum(rung_server.unseen(mailbox, user) for mailbox in mailboxes),
                            Total=sum(len(reader.uids(mailbox)) for mailbox in mailboxes))
    # What is still news is what is there and unread; the counts may be right before that is told.
    for mailbox in mailboxes:
        text = rung_server.doveadm("search", "-u", user, "mailbox", mailbox, "unseen")
        unseen = {int(line.split()[1]) for line in text.splitlines()}
        wait_for(lambda: news(client, mailbox) <= unseen, lambda: f"{news(client, mailbox)} in {unseen} of {mailbox}")


@pytest.mark.parametrize("rung_server", ["idle"], indirect=True)
def test_a_burst_is_one_question(daemon, client, rung_server, user):
    """However many are read at once: the client leaves IDLE once, for the question and the count."""
    proxy = Proxy(rung_server.imap)
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    ids = announce(client, rung_server, user, 20)
    wait_idle(proxy)
    mark = proxy.mark()
    rung_server.flag("1:20", user=user)
    client.wait_retired({identity: "seen" for identity in ids.values()})
    client.wait_account("work", Unseen=0)
    wait_idle(proxy, mark)
    words = [line.split(b" (")[0] for line in proxy.commands(mark)]
    assert words == [b"DONE", b"UID FETCH 1:20", b"UID SEARCH RETURN", b"IDLE"], words
    proxy.close()
