"""Servers with one habit each that no Dovecot has: nothing is lost, nothing is doubled, and the
state says what is the matter."""

import time

import pytest
from harness.odd_server import OddServer
from harness.wait import wait_for

GMAIL = ("IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE "
         "CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584 SASL-IR "
         "AUTH=PLAIN")


class Gmail(OddServer):
    """NIL where a header is not there, and flags for labels."""
    capabilities = GMAIL

    def examined(self):
        return ["* FLAGS (\\Answered \\Flagged $NotPhishing)", "* OK [PERMANENTFLAGS (\\Answered \\*)] Flags permitted.",
                f"* OK [UIDVALIDITY {self.uidvalidity}] UIDs valid.", f"* {len(self.messages)} EXISTS", "* 0 RECENT",
                f"* OK [UIDNEXT {self.uidnext()}] Predicted next UID.", "* OK [HIGHESTMODSEQ 1234567]"]

    def envelope(self, message):
        return f'(NIL "{message.subject}" NIL NIL NIL NIL NIL NIL NIL NIL)'

    def on_search(self, link, tag, _rest):
        link.send(f'* ESEARCH (TAG "{tag}") UID COUNT {len(self.messages)}', f"{tag} OK SEARCH completed (Success)")


class Exchange(OddServer):
    """No list with the login; EXISTS before the +, every time."""
    capabilities = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"

    def greeting(self):
        return "* OK The Microsoft Exchange IMAP4 service is ready. [TABPADAAUgAwADEAQwBBADAAMQAwADEA]"

    def on_authenticate(self, link, tag, _rest):
        link.send(f"{tag} OK AUTHENTICATE completed.")

    def on_idle(self, link, tag, _rest):
        link.told = len(self.messages)
        link.send(f"* {len(self.messages)} EXISTS", "+ IDLE accepted, awaiting DONE command.")
        link.idle = tag


class WithoutUidnext(OddServer):
    def examined(self):
        return [line for line in super().examined() if "UIDNEXT" not in line]


class WithoutUidnextAnywhere(WithoutUidnext):
    def status(self):
        return f"* STATUS INBOX (MESSAGES {len(self.messages)} UIDVALIDITY {self.uidvalidity})"


class WithoutStatus(OddServer):
    def on_status(self, link, tag, _rest):
        link.send(f"{tag} NO not now")


class LowerCase(OddServer):
    def greeting(self):
        return super().greeting().lower()

    def examined(self):
        return [line.lower() for line in super().examined()]

    def news(self, link):
        return [line.lower() for line in super().news(link)]

    def fetched(self, number, message):
        text = super().fetched(number, message)
        before, subject, after = text[0].partition(message.subject)
        return [before.lower() + subject + after.lower(), *text[1:]]


class Spaces(OddServer):
    """A blank more wherever somebody once saw one."""

    def status(self):
        return super().status().replace("(", " ( ").replace(")", " ) ") + "  "

    def examined(self):
        return [line + " " for line in super().examined()]

    def news(self, link):
        return [f"*  {len(self.messages)}  EXISTS  "]

    def fetched(self, number, message):
        first, *rest = super().fetched(number, message)
        return [first.replace("FETCH (UID", "FETCH  ( UID").replace("FLAGS (", "FLAGS  ( "), *rest]


class LongLines(OddServer):
    """Keywords, a subject and an address list without end."""

    def examined(self):
        return ["* FLAGS (" + " ".join(f"keyword{n}" for n in range(20000)) + ")", *super().examined()]

    def envelope(self, message):
        return super().envelope(message).replace(" NIL NIL NIL NIL NIL NIL ", " NIL NIL (" + '("" NIL "someone" '
                                                 '"example.test")' * 5000 + ") NIL NIL NIL ")


class Literals(OddServer):
    """Every string as a literal, the empty one and the mailbox's name as well."""

    def status(self):
        return b"* STATUS {5}\r\n" + super().status().replace("* STATUS ", "").encode("ascii") + b"\r\n"

    def envelope(self, message):
        return (f"({{0}}\r\n {{{len(message.subject)}}}\r\n{message.subject} "
                '(({0}\r\n NIL {3}\r\nada {12}\r\nexample.test)) NIL NIL NIL NIL NIL NIL {7}\r\n<1@x.y>)')


class SplitFetch(OddServer):
    """Several answers for one message; the flags again without a UID."""

    def fetched(self, number, message):
        return [f"* {number} FETCH (FLAGS (\\Recent))", *super().fetched(number, message),
                f"* {number} FETCH (UID {message.uid} RFC822.SIZE 300)",
                f"* {number} FETCH (FLAGS (\\Recent) UID {message.uid})"]


class RepeatedExists(OddServer):
    def news(self, _link):
        return [f"* {len(self.messages)} EXISTS", "* 1 RECENT"] * 3 + [f"* {len(self.messages)} EXISTS"]

    def on_fetch(self, link, tag, rest):
        link.send(f"* {len(self.messages)} EXISTS")
        super().on_fetch(link, tag, rest)
        link.send(f"* {len(self.messages)} EXISTS")


class EndsIdle(OddServer):
    """The tagged OK of IDLE without DONE, right after the news."""

    def tell(self, link):
        super().tell(link)
        if link.idle:
            link.send(f"{link.idle} OK IDLE terminated")
            link.idle = "ended"

    def one(self, link, line):
        if link.idle == "ended":
            link.idle = None
            if line.upper() == "DONE":
                link.send("* BAD DONE without IDLE")
                return
        super().one(link, line)

    def on_idle(self, link, tag, _rest):
        link.send("+ idling")
        link.idle = tag
        if link.told != len(self.messages):
            self.tell(link)


class ByteByByte(OddServer):
    def write(self, sock, data):
        for n in range(len(data)):
            sock.sendall(data[n:n + 1])


class WithoutIdle(OddServer):
    """Tells of news in NOOP alone."""
    capabilities = "IMAP4rev1"


class Chatty(OddServer):
    """Answers nobody asked for between all the others."""

    def news(self, link):
        return ["* OK Still here", "* FLAGS (\\Seen)", "* LIST () \"/\" Other", "* XUNKNOWN {3}", b"abc\r\n",
                "* STATUS Other (MESSAGES 900 UIDNEXT 901)", *super().news(link)]

    def fetched(self, number, message):
        old = f"* 1 FETCH (UID {self.messages[0].uid} FLAGS (\\Seen \\Flagged))"
        return [old, "* OK [PARSE] something was odd", *super().fetched(number, message), "* SEARCH 1 2 3"]


HABITS = [Gmail, Exchange, WithoutUidnext, WithoutUidnextAnywhere, WithoutStatus, LowerCase, Spaces, LongLines, Literals,
          SplitFetch, RepeatedExists, EndsIdle, ByteByByte, WithoutIdle, Chatty]


@pytest.fixture
def odd(request):
    server = request.param()
    yield server
    server.close()


def watch(daemon, client, server):
    daemon.write_account("work", Port=server.port, Security="none")
    daemon.start()
    client.wait_account("work", State="online")


def deliver(client, server, subject, count):
    server.deliver(subject)
    if "IDLE" not in server.capabilities:
        client.manager("CheckNow", "(as)", ["work"])
    return client.wait_new_mail(count)[-1]


@pytest.mark.parametrize("odd", HABITS, indirect=True, ids=lambda habit: habit.__name__)
def test_habit_costs_no_mail(daemon, client, odd):
    """Silence about old mail, then one event each: in the session, behind its back, and after."""
    odd.deliver("Old")
    watch(daemon, client, odd)
    client.wait_account("work", Total=1)
    for number in range(1, 4):
        mail = deliver(client, odd, f"Number {number}", number)
        assert (mail["subject"], mail["uid"]) == (f"Number {number}", number + 1)
    daemon.stop()
    odd.deliver("While away")
    daemon.start()
    assert client.wait_new_mail(4)[3]["subject"] == "While away"
    assert deliver(client, odd, "Last", 5)["subject"] == "Last"
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", State="online", Reason="", Total=6)
    assert [event["subject"] for event in client.new_events()] == \
        ["Number 1", "Number 2", "Number 3", "While away", "Last"]
    assert len(client.read_events()) == 5, client.read_events()


# --- servers that end it ---------------------------------------------------------------------------

class Ending(OddServer):
    """Answers `answer` to the command `at`, and hangs up."""
    at, answer = "", ""
    is_ending = True

    def one(self, link, line):
        if self.is_ending and self.at in line.upper():
            if self.at == " AUTHENTICATE":
                self.note_login()
            if self.answer:
                link.send(self.answer.replace("TAG", line.partition(" ")[0]))
            link.close()
            return
        super().one(link, line)


@pytest.mark.parametrize("at", ["AUTHENTICATE", "EXAMINE", "UID FETCH", "IDLE"])
def test_hanging_up_at_each_step(daemon, client, at):
    """It comes back by itself, not in a hurry, and has lost nothing."""
    server = Ending()
    server.at, server.is_ending = " " + at, False
    watch(daemon, client, server)
    server.is_ending = True
    before = server.logins
    server.deliver("In between")
    for link in list(server.links):
        link.close()
    client.wait_signal("PropertiesChanged", lambda signal: signal.arguments[1].get("Reason") == "connection-lost"
                       and signal.arguments[1].get("State") == "offline")
    wait_for(lambda: server.logins > before, "a second login")
    server.is_ending = False
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail(deadline=60)[0]["subject"] == "In between"
    client.wait_account("work", State="online", deadline=60)
    assert len(client.read_events()) == 1
    assert server.logins < 10
    server.close()


@pytest.mark.parametrize("at, answer, state, reason", [
    ("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "failed", "auth-failed"),
    ("AUTHENTICATE", "TAG NO AUTHENTICATE failed.", "failed", "auth-failed"),
    ("AUTHENTICATE", "TAG NO [UNAVAILABLE] Temporary authentication failure.", "offline", "unavailable"),
    ("AUTHENTICATE", "TAG NO [ALERT] Too many simultaneous connections. (Failure)", "offline", "limit"),
    ("AUTHENTICATE", "TAG NO [ALERT] Account exceeded command or bandwidth limits. (Failure)", "offline", "throttled"),
    ("AUTHENTICATE", "* BYE Session expired, please login again.", "offline", "server-closed"),
    ("EXAMINE", "TAG BAD User is authenticated but not connected.", "offline", "limit"),
    ("EXAMINE", "TAG BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", "offline", "throttled"),
    ("EXAMINE", "TAG NO [NONEXISTENT] Unknown Mailbox: INBOX (Failure)", "failed", "no-mailbox"),
    ("IDLE", "* BYE Connection is closed. 13", "offline", "server-closed"),
    ("IDLE", "* BYE [UNAVAILABLE] System going down", "offline", "unavailable"),
    ("IDLE", "NOTAG OK what", "failed", "unexpected-tag"),
])
def test_what_an_ending_is_called(daemon, client, at, answer, state, reason):
    server = Ending()
    server.at, server.answer = " " + at, answer
    daemon.write_account("work", Port=server.port, Security="none")
    daemon.start()
    account = client.wait_account("work", State=state, Reason=reason)
    assert account["ReasonText"]
    assert account["RetryAt"] > account["LastContact"]
    # Who tries again in a second may have done so by now.
    is_soon = account["RetryAt"] < (time.time() + 10) * 1e6
    assert server.logins == 1 or is_soon and not server.has_hurried_logins()
    server.close()
