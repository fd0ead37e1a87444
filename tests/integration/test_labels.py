"""One message in several mailboxes, as on Gmail, is one event: at once, later, over a restart."""

import pytest
from harness.odd_server import ENVELOPE, OddServer


class Labelled:
    """A message; `uids`: its UID in each mailbox that it is in."""

    def __init__(self, gmail_id, subject):
        self.gmail_id, self.subject, self.uids, self.flags = gmail_id, subject, {}, set()


class Gmail(OddServer):
    """Mailboxes are labels on messages. A link sees one of them; IDLE tells of that one."""

    capabilities = "IMAP4rev1 IDLE ID SASL-IR AUTH=PLAIN X-GM-EXT-1 ESEARCH"
    fetch_id = "X-GM-MSGID"

    def __init__(self):
        super().__init__()
        self.letters = []
        self.next_uid = {"INBOX": 1, "[Gmail]/All Mail": 1, "Work": 1}
        self.refused = 0

    def held(self, mailbox):
        return sorted((letter for letter in self.letters if mailbox in letter.uids),
                      key=lambda letter: letter.uids[mailbox])

    @staticmethod
    def unquoted(rest):
        return rest[1:].partition('"')[0] if rest.startswith('"') else rest.partition(" ")[0]

    def on_id(self, link, tag, _rest):
        link.send('* ID ("name" "GImap" "vendor" "Google, Inc.")', f"{tag} OK Success")

    def on_status(self, link, tag, rest):
        name = self.unquoted(rest)
        held = self.held(name)
        unseen = sum("\\Seen" not in letter.flags for letter in held)
        link.send(f'* STATUS "{name}" (MESSAGES {len(held)} UIDNEXT {self.next_uid[name]} UIDVALIDITY 7 '
                  f"UNSEEN {unseen})", f"{tag} OK Success")

    def on_examine(self, link, tag, rest):
        link.mailbox = self.unquoted(rest)
        link.told, link.expunged = len(self.held(link.mailbox)), []
        link.send("* FLAGS (\\Seen)", f"* {link.told} EXISTS", "* OK [UIDVALIDITY 7] valid",
                  f"* OK [UIDNEXT {self.next_uid[link.mailbox]}] next", f"{tag} OK [READ-ONLY] Success")

    def on_search(self, link, tag, _rest):
        unseen = sum("\\Seen" not in letter.flags for letter in self.held(link.mailbox))
        link.send(f"* ESEARCH (TAG \"{tag}\") UID COUNT {unseen}", f"{tag} OK Success")

    def wanted(self, sets, uid, top):
        for part in sets.split(","):
            first, _, last = part.partition(":")
            ends = [top if end == "*" else int(end) for end in (first, last or first)]
            if min(ends) <= uid <= max(ends):
                return True
        return False

    def on_fetch(self, link, tag, rest):
        sets, _, items = rest.partition(" ")
        held = self.held(link.mailbox)
        top = held[-1].uids[link.mailbox] if held else 0
        for number, letter in enumerate(held, 1):
            uid = letter.uids[link.mailbox]
            if not self.wanted(sets, uid, top):
                continue
            said = f"* {number} FETCH (UID {uid} FLAGS ({' '.join(letter.flags)})"
            if "ENVELOPE" in items:
                assert self.fetch_id in items
                said += f" RFC822.SIZE 300 ENVELOPE {self.envelope(letter)} {self.identity(letter)}"
            link.send(said + ")")
        link.send(f"{tag} OK Success")

    def envelope(self, letter):
        return ENVELOPE.format(subject=f'"{letter.subject}"', uid=letter.gmail_id)

    def identity(self, letter):
        labels = " ".join(f'"{name}"' for name in letter.uids if name != "[Gmail]/All Mail")
        return f"X-GM-MSGID {letter.gmail_id} X-GM-THRID 77 X-GM-LABELS ({labels})"

    def tell(self, link):
        mailbox = getattr(link, "mailbox", None)
        while mailbox and link.expunged:
            link.send(f"* {link.expunged.pop(0)} EXPUNGE")
        if mailbox and link.told != len(self.held(mailbox)):
            link.told = len(self.held(mailbox))
            link.send(f"* {link.told} EXISTS")

    def label(self, letter, *names):
        with self.lock:
            for name in names:
                letter.uids[name] = self.next_uid[name]
                self.next_uid[name] += 1
            for link in list(self.links):
                if link.idle:
                    self.tell(link)

    def unlabel(self, letter, name):
        with self.lock:
            number = self.held(name).index(letter) + 1
            del letter.uids[name]
            for link in list(self.links):
                if getattr(link, "mailbox", None) == name:
                    link.told -= 1
                    link.expunged.append(number)
                if link.idle:
                    self.tell(link)

    def deliver(self, subject, *names):
        letter = Labelled(1278455344230334865 + len(self.letters), subject)
        self.letters.append(letter)
        self.label(letter, *names, "[Gmail]/All Mail")
        return letter


class ObjectIds(Gmail):
    """The same with RFC 8474."""

    capabilities = "IMAP4rev1 IDLE ID SASL-IR AUTH=PLAIN OBJECTID ESEARCH"
    fetch_id = "EMAILID THREADID"

    def on_id(self, link, tag, _rest):
        link.send("* ID NIL", f"{tag} OK done")

    def identity(self, letter):
        return f"EMAILID (M{letter.gmail_id}) THREADID NIL"


WATCH = ["INBOX", "Work", "[Gmail]/All Mail"]


@pytest.fixture(params=[Gmail, ObjectIds])
def labels(request, daemon, client):
    server = request.param()
    server.deliver("Old", "INBOX")
    daemon.write_account("work", Port=server.port, Security="none", User="u", mailboxes=WATCH)
    daemon.start()
    client.wait_account("work", State="online")
    yield server
    server.close()


def look(client, **properties):
    """Until all mailboxes were visited: their counts are known then."""
    client.manager("CheckNow", "(as)", [])
    client.wait_account("work", **properties)


def test_in_three_mailboxes_is_one_event(labels, client):
    labels.deliver("Hello", "INBOX", "Work")
    assert client.wait_new_mail()[0]["mailbox"] == "INBOX"
    look(client, Unseen=5, Total=5)
    labels.deliver("Next", "Work")
    look(client, Unseen=7, Total=7)
    found = client.wait_new_mail(2)
    assert [(mail["subject"], mail["mailbox"]) for mail in found] == [("Hello", "INBOX"), ("Next", "Work")]
    assert len(client.new_events()) == 2
    if labels.fetch_id == "X-GM-MSGID":
        assert found[0]["email_id"] == "1278455344230334866"
        assert found[0]["thread_id"] == "77"
        assert found[0]["labels"] == ["INBOX", "Work"]


def test_over_a_restart(labels, daemon, client):
    hello = labels.deliver("Hello", "INBOX")
    client.wait_new_mail()
    daemon.kill()
    labels.label(hello, "Work")
    labels.deliver("Missed", "Work")
    daemon.start()
    client.wait_account("work", State="online", Total=7)
    subjects = [(mail["subject"], mail["mailbox"]) for mail in client.new_events()]
    assert subjects == [("Hello", "INBOX"), ("Missed", "Work")]


def test_retired_once_and_by_the_name_it_was_announced_with(labels, client):
    hello = labels.deliver("Hello", "INBOX", "Work")
    mail = client.wait_new_mail()[0]
    look(client, Total=5)
    # a copy that nobody heard of may go without a word
    labels.unlabel(hello, "Work")
    look(client, Total=4)
    labels.unlabel(hello, "INBOX")
    gone = client.wait_signal("MailRetired").arguments[2]
    assert gone["id"] == mail["id"]
    assert gone["reason"] == "gone"
    look(client, Total=3)
    assert [event["type"] for event in client.read_events()] == ["new", "retired"]


def test_two_of_the_same_in_one_mailbox_are_two(labels, client):
    first = labels.deliver("Twin", "INBOX")
    client.wait_new_mail()
    twin = Labelled(first.gmail_id, "Twin")
    labels.letters.append(twin)
    labels.label(twin, "INBOX")
    assert [mail["subject"] for mail in client.wait_new_mail(2)] == ["Twin", "Twin"]
