"""Connections=: more than one where the server pushes for one mailbox each, fewer where it refuses;
and what is remembered of a server."""

import contextlib
import sqlite3

import pytest
from harness.odd_server import Message, OddServer
from harness.wait import wait_for

NAMES = ["INBOX", "Lists", "Work", "Drafts"]


class Boxes(OddServer):
    """Several mailboxes; pushes in the one that is open; lets so many in at once."""
    limit = 100
    refusal = "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded"

    def __init__(self):
        super().__init__()
        self.boxes = {name: [] for name in NAMES}

    def on_authenticate(self, link, tag, rest):
        if sum(getattr(other, "is_in", False) for other in self.links) >= self.limit:
            link.send(f"{tag} {self.refusal}")
            return
        link.is_in = True
        super().on_authenticate(link, tag, rest)

    def on_status(self, link, tag, rest):
        name = rest.split(" ")[0].strip('"')
        n = len(self.boxes[name])
        link.send(f"* STATUS {name} (MESSAGES {n} UIDNEXT {n + 1} UIDVALIDITY 7 UNSEEN {n})", f"{tag} OK done")

    def on_examine(self, link, tag, rest):
        link.box = rest.split(" ")[0].strip('"')
        self.messages = self.boxes[link.box]
        link.told = len(self.messages)
        link.send(*self.examined(), f"{tag} OK [READ-ONLY] open")

    def on_search(self, link, tag, rest):
        self.messages = self.boxes[link.box]
        super().on_search(link, tag, rest)

    def on_fetch(self, link, tag, rest):
        self.messages = self.boxes[link.box]
        super().on_fetch(link, tag, rest)

    def deliver_to(self, name, subject):
        with self.lock:
            self.boxes[name].append(Message(len(self.boxes[name]) + 1, subject))
            for link in list(self.links):
                if link.idle and link.box == name:
                    link.send(f"* {len(self.boxes[name])} EXISTS")

    def idling(self):
        """The mailboxes that are open in an IDLE."""
        return sorted(link.box for link in list(self.links) if link.idle)


class NoRoom(Boxes):
    limit = 2


class NoWord(NoRoom):
    """A limit that is called a wrong password."""
    refusal = "NO [AUTHENTICATIONFAILED] Authentication failed."


@pytest.fixture
def begin(daemon, client):
    servers = []

    def start(kind, **keys):
        servers.append(kind())
        daemon.write_account("work", Port=servers[0].port, Security="none", mailboxes=NAMES, **keys)
        daemon.start()
        return servers[0]
    yield start
    for server in servers:
        server.close()


def facts(daemon):
    """After the daemon has ended: {(about, kind): value}"""
    with contextlib.closing(sqlite3.connect(daemon.state / "posthorn.db")) as database:
        return {(about, kind): value for about, kind, value in database.execute("SELECT about, kind, value FROM fact")}


def test_each_named_mailbox_has_its_own(begin, client):
    """In the order of Watch=; what is beyond the number stays with the first one."""
    server = begin(Boxes, Connections=3)
    wait_for(lambda: server.idling() == ["INBOX", "Lists", "Work"], lambda: f"idling: {server.idling()}")
    client.wait_account("work", State="online", Strategy="idle")
    for name in NAMES[:3]:
        server.deliver_to(name, f"Pushed in {name}")
    mails = client.wait_new_mail(3)
    assert {mail["subject"]: mail["mailbox"] for mail in mails} == {f"Pushed in {name}": name for name in NAMES[:3]}
    server.deliver_to("Drafts", "Found in Drafts")
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail(4)[3]["mailbox"] == "Drafts"
    assert len(client.new_events()) == 4 and server.logins == 3


def test_one_by_default(begin, client):
    server = begin(Boxes)
    client.wait_account("work", State="online")
    wait_for(lambda: server.idling() == ["INBOX"], lambda: f"idling: {server.idling()}")
    assert len(server.links) == 1


@pytest.mark.parametrize("kind", [NoRoom, NoWord])
def test_a_limit_is_learned(begin, daemon, client, kind):
    """One less than was refused; the mailbox goes back to the first connection, nobody is asked again,
    nothing is lost, and no password is called wrong."""
    server = begin(kind, Connections=4)
    client.wait_account("work", State="degraded", Reason="limit", Strategy="idle")
    assert "2 instead of the 4" in client.account("work")["ReasonText"]
    wait_for(lambda: server.idling() == ["INBOX", "Lists"], lambda: f"idling: {server.idling()}")
    assert server.logins == 3
    for name in NAMES:
        server.deliver_to(name, f"New in {name}")
    client.manager("CheckNow", "(as)", ["work"])
    mails = client.wait_new_mail(4)
    assert {mail["subject"]: mail["mailbox"] for mail in mails} == {f"New in {name}": name for name in NAMES}
    daemon.stop()
    assert [value for (_, kind), value in facts(daemon).items() if kind == 2] == [2]
    wait_for(lambda: not server.links, "the connections gone")
    daemon.start()
    client.wait_account("work", State="degraded", Reason="limit")
    wait_for(lambda: server.idling() == ["INBOX", "Lists"], lambda: f"idling: {server.idling()}")
    assert server.logins == 5 and len(client.new_events()) == 4


def test_a_lost_connection_gives_its_mailbox_back(begin, client):
    server = begin(Boxes, Connections=2)
    wait_for(lambda: server.idling() == ["INBOX", "Lists"], lambda: f"idling: {server.idling()}")
    next(link for link in list(server.links) if link.box == "Lists").close()
    wait_for(lambda: len(server.links) == 1, "one connection")
    server.deliver_to("Lists", "While it was away")
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail()[0]["mailbox"] == "Lists"
    assert client.account("work")["State"] == "online" and len(client.new_events()) == 1


class Dismissive(OddServer):
    """Ends every IDLE for its age."""

    def on_idle(self, link, tag, _rest):
        link.send("+ idling", "* BYE Disconnected for inactivity.")
        link.close()


def test_a_dismissal_is_remembered(begin, daemon, client):
    begin(Dismissive)
    client.wait_account("work", State="offline", Reason="server-closed")
    daemon.stop()
    assert facts(daemon) == {("localhost 127.0.0.0/24", 1): 240000000}
