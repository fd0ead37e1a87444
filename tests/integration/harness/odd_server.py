"""An IMAP server in a hundred lines, to be spoiled: what a real one will do and Dovecot will not.

OddServer behaves. A test overrides one method of it, and with that one habit."""

import socket
import threading
import time

from .dovecot import free_ports
from .wait import poke

ENVELOPE = ('("Mon, 02 Nov 2026 10:00:00 +0000" {subject} (("Ada Lovelace" NIL "ada" "example.test")) NIL NIL '
            'NIL NIL NIL NIL "<{uid}@example.test>")')


class Message:
    def __init__(self, uid, subject, flags=()):
        self.uid, self.subject, self.flags = uid, subject, flags


class Link:
    """One connection. `idle`: the tag of the IDLE that runs."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.lines = sock.makefile("rb")
        self.idle = None
        self.told = 0
        self.pushes = False

    def send(self, *lines):
        """Text as latin-1, each with a line end; bytes as they are. All in one write."""
        data = b"".join(line if isinstance(line, bytes) else line.encode("latin-1") + b"\r\n" for line in lines)
        try:
            self.server.write(self.sock, data)
        except OSError:
            pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class OddServer:
    capabilities = "IMAP4rev1 IDLE SASL-IR AUTH=PLAIN"
    uidvalidity = 7
    address = "127.0.0.1"
    port = 0  # a free one

    def __init__(self):
        self.port = self.port or free_ports(1)[0]
        self.messages = []
        self.links = []
        self.logins = 0
        self.login_times = []  # monotonic seconds
        self.lock = threading.RLock()
        self._listener = socket.create_server((self.address, self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in list(self.links):
            link.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(Link(self, sock),), daemon=True).start()

    def _serve(self, link):
        self.links.append(link)
        try:
            link.send(self.greeting())
            for line in link.lines:
                with self.lock:
                    self.one(link, line.decode("latin-1").rstrip("\r\n"))
                poke()
        except OSError:
            pass
        finally:
            self.links.remove(link)
            link.lines.close()
            link.sock.close()
            poke()

    def one(self, link, line):
        """A line of the client."""
        if " AUTHENTICATE " in line.upper() or " LOGIN " in line.upper():
            self.note_login()
        if link.idle:
            tag, link.idle = link.idle, None
            link.send(f"{tag} OK done" if line.upper() == "DONE" else f"{tag} BAD not DONE")
            return
        tag, _, rest = line.partition(" ")
        word, _, rest = rest.partition(" ")
        if word.upper() == "UID":
            word, _, rest = rest.partition(" ")
        getattr(self, "on_" + word.lower(), self.on_unknown)(link, tag, rest)

    def note_login(self):
        self.logins += 1
        self.login_times.append(time.monotonic())

    def has_hurried_logins(self):
        """True if one came sooner behind the one before than any attempt does that follows a failure."""
        return any(after - before < 0.99 for before, after in zip(self.login_times, self.login_times[1:]))

    # --- what may be spoiled ----------------------------------------------------------------------

    def write(self, sock, data):
        sock.sendall(data)

    def greeting(self):
        return f"* OK [CAPABILITY {self.capabilities}] ready"

    def on_unknown(self, link, tag, _rest):
        link.send(f"{tag} BAD what?")

    def on_capability(self, link, tag, _rest):
        link.send(f"* CAPABILITY {self.capabilities}", f"{tag} OK done")

    def on_authenticate(self, link, tag, _rest):
        link.send(f"{tag} OK [CAPABILITY {self.capabilities}] in")

    on_login = on_authenticate

    def on_noop(self, link, tag, _rest):
        self.tell(link)
        link.send(f"{tag} OK done")

    def on_id(self, link, tag, _rest):
        link.send("* ID NIL", f"{tag} OK done")

    def on_logout(self, link, tag, _rest):
        link.send("* BYE bye", f"{tag} OK done")
        link.close()

    def status(self):
        unseen = sum("\\Seen" not in message.flags for message in self.messages)
        return (f"* STATUS INBOX (MESSAGES {len(self.messages)} UIDNEXT {self.uidnext()} "
                f"UIDVALIDITY {self.uidvalidity} UNSEEN {unseen})")

    def uidnext(self):
        return self.messages[-1].uid + 1 if self.messages else 1

    def on_status(self, link, tag, _rest):
        link.send(self.status(), f"{tag} OK done")

    def examined(self):
        return ["* FLAGS (\\Seen)", "* OK [PERMANENTFLAGS ()] none", f"* {len(self.messages)} EXISTS", "* 0 RECENT",
                f"* OK [UIDVALIDITY {self.uidvalidity}] valid", f"* OK [UIDNEXT {self.uidnext()}] next"]

    def on_examine(self, link, tag, _rest):
        link.told = len(self.messages)
        link.send(*self.examined(), f"{tag} OK [READ-ONLY] done")

    def on_notify(self, link, tag, rest):
        link.pushes = rest.startswith("SET")
        link.send(f"{tag} OK done")

    def on_search(self, link, tag, _rest):
        found = [str(message.uid) for message in self.messages if "\\Seen" not in message.flags]
        link.send("* SEARCH " + " ".join(found), f"{tag} OK done")

    def on_fetch(self, link, tag, rest):
        first, _, last = rest.partition(" ")[0].partition(":")
        top = self.messages[-1].uid if self.messages else 0
        first = top if first == "*" else int(first)
        last = top if last in ("*", "") else int(last)
        low, high = min(first, last), max(first, last)
        answer = []
        for number, message in enumerate(self.messages, 1):
            if low <= message.uid <= high:
                answer += self.fetched(number, message)
        link.send(*answer, f"{tag} OK done")

    def envelope(self, message):
        return ENVELOPE.format(subject=f'"{message.subject}"', uid=message.uid)

    def fetched(self, number, message):
        """The untagged answers for one message."""
        return [f"* {number} FETCH (UID {message.uid} FLAGS ({' '.join(message.flags)}) INTERNALDATE "
                f'"23-Nov-2026 02:00:00 +0000" RFC822.SIZE 300 ENVELOPE {self.envelope(message)} '
                "BODY[HEADER.FIELDS (LIST-ID AUTO-SUBMITTED PRECEDENCE)] {2}", "", ")"]

    def on_idle(self, link, tag, _rest):
        link.send("+ idling")
        link.idle = tag
        self.tell(link)

    def tell(self, link):
        if link.told != len(self.messages):
            link.told = len(self.messages)
            link.send(*self.news(link))

    def news(self, link):
        return [f"* {len(self.messages)} EXISTS", "* 1 RECENT", *self.pushed(link)]

    def pushed(self, link):
        """What NOTIFY makes of a new message."""
        return self.fetched(len(self.messages), self.messages[-1]) if link.pushes else []

    # --- what the test does -----------------------------------------------------------------------

    def deliver(self, subject, flags=()):
        with self.lock:
            self.messages.append(Message(self.uidnext(), subject, flags))
            for link in list(self.links):
                if link.idle:
                    self.tell(link)


class TlsServer(OddServer):
    """An IMAP server over TLS that writes down how each connection was secured."""

    def __init__(self, context):
        self.context = context
        self.secured = []
        super().__init__()

    def _serve(self, link):
        try:
            secure = self.context.wrap_socket(link.sock, server_side=True)
        except OSError:
            link.lines.close()
            link.sock.close()
            return
        link.lines.close()
        # Asked now: a closed connection knows nothing any more.
        self.secured.append((secure.session_reused, secure.selected_alpn_protocol(), secure.getpeercert()))
        poke()
        super()._serve(Link(self, secure))
