"""What happens to an account while its daemon dies again and again, and what must come of it: mail
that came while it was down, mail that comes while it runs, messages that somebody else reads and
removes, messages that are to be marked. Each run is one death and one ordinary start behind it."""

import signal

from gi.repository import Gio, GLib

from .client import ACCOUNT, NAME
from .fault import launch_to_die
from .mailbox import OtherProgram
from .messages import message
from .wait import poke, wait_for

KINDS = {"NewMail": "new", "MailRetired": "retired"}


class Place:
    """A message by mailbox and UID."""

    def __init__(self, subject, mailbox, uid):
        self.subject, self.mailbox, self.uid = subject, mailbox, uid
        self.fate = None  # the reason of its retirement


class Play:
    """`has_flags`: not over POP3, where nothing can be read, nor marked. `power`: what was signalled may be lost, and is then told again
    under another seq."""

    def __init__(self, daemon, client, server, user, *, mailboxes=("INBOX",), has_flags=True, power=False):
        self.daemon, self.client, self.server, self.user = daemon, client, server, user
        self.mailboxes, self.has_flags, self.power = mailboxes, has_flags, power
        self.other = OtherProgram(server, user, mailboxes)
        self.places = []
        self.settled = set()  # subjects that a power cut cannot take back any more
        self.unmarked = []  # asked for, without an answer
        self.path = None
        self.known = {}  # {subject: id} of what was signalled
        self.ended = set()  # ids of what was signalled as retired
        self._n_read = 0  # signals

    # --- what others do --------------------------------------------------------------------------

    def deliver(self, subject):
        """One into each mailbox."""
        for mailbox in self.mailboxes:
            text = f"{subject} {mailbox}"
            self.places.append(Place(text, mailbox, self._append(text, mailbox)))

    def _append(self, text, mailbox):
        # Each one larger than the one before: a POP3 server tells count and size, and who takes one away
        # and brings another of that size goes unnoticed for an hour.
        return self.other.append(message(text, body="x" * len(self.places)), mailbox)

    def waiting(self, mailbox):
        """The oldest one that was told of and whose fate is open. What a power cut took back is told again
        if it is still there, and still unread."""
        known = self.settled if self.power else self.known
        return next(place for place in self.places if place.mailbox == mailbox and place.fate is None
                    and place not in self.unmarked and place.subject in known)

    def decide(self, number):
        """In each mailbox one message is read, or removed."""
        for mailbox in self.mailboxes:
            number += 1
            place = self.waiting(mailbox)
            if self.has_flags and number % 2:
                self.other.flag(place.uid, mailbox)
                place.fate = "seen"
            else:
                self.other.expunge(place.uid, mailbox)
                place.fate = "gone"

    # --- what is asked of the daemon, which may die of it ----------------------------------------

    def call(self, path, interface, method, parameters, answered):
        def on_answer(bus, result):
            try:
                answered(bus.call_finish(result).unpack()[0])
            except (GLib.Error, IndexError):
                pass
            poke()

        self.client.bus.call(NAME, path, interface, method, parameters, None, Gio.DBusCallFlags.NO_AUTO_START,
                             20000, None, on_answer)

    def check_now(self):
        self.call(self.path, ACCOUNT, "CheckNow", None, lambda answer: None)

    def mark(self):
        place = self.waiting(self.mailboxes[-1])
        identity = self.known[place.subject]
        self.unmarked.append(place)

        def answered(outcome):
            if outcome.get(identity) == "seen":
                place.fate = "seen"

        self.call(self.path, ACCOUNT, "MarkSeen", GLib.Variant("(as)", ([identity],)), answered)

    # --- what came of it -------------------------------------------------------------------------

    def read(self):
        """Takes in the signals that came since it was last called."""
        news = self.client.signals[self._n_read:]
        self._n_read += len(news)
        for told in news:
            mail = told.arguments[2] if told.name in KINDS else {}
            if told.name == "NewMail":
                assert self.known.setdefault(mail["subject"], mail["id"]) == mail["id"], told
            elif told.name == "MailRetired":
                self.ended.add(mail["id"])

    def missing(self):
        """What was not told of yet: messages, and the ends of those that were read or removed."""
        self.read()
        return [(place.subject, place.fate) for place in self.places
                if place.subject not in self.known
                or (place.fate and self.known[place.subject] not in self.ended)]

    def is_told(self):
        return not self.missing()

    def check(self):
        """The log has each message once, in order, and each end of one; every signal is in the log under
        its seq, and every event was signalled."""
        events = self.client.read_events()
        seqs = [event["seq"] for event in events]
        assert seqs == sorted(set(seqs))
        told = [event for event in events if event["type"] == "new"]
        for mailbox in self.mailboxes:
            assert [event["subject"] for event in told if event["mailbox"] == mailbox] == \
                [place.subject for place in self.places if place.mailbox == mailbox]
        known = {event["subject"]: event["id"] for event in told}
        assert len(set(known.values())) == len(told) == len(self.places)
        ends = {event["id"]: event["reason"] for event in events if event["type"] == "retired"}
        assert ends == {known[place.subject]: place.fate for place in self.places if place.fate}
        assert len(told) + len(ends) == len(events), "an end was told twice, or a reset"
        self._check_signals({event["seq"]: (event["type"], event["id"]) for event in events})

    def _check_signals(self, logged):
        signalled = {}
        for told in self.client.signals:
            if told.name in KINDS:
                what = KINDS[told.name], told.arguments[2]["id"]
                assert signalled.setdefault(told.arguments[0], what) == what, "one seq for two events"
        for seq, what in signalled.items():
            if self.power:
                assert what in logged.values()
            else:
                assert logged.get(seq) == what
        assert set(logged) <= set(signalled), "stored, but never signalled"

    # --- the runs --------------------------------------------------------------------------------

    def begin(self, **keys):
        self.daemon.write_account("work", Security="none", mailboxes=self.mailboxes, **keys)
        self.daemon.start()
        self.client.wait_account("work", State="online")
        self.path = self.client.account_path("work")
        strategy = self.client.account("work")["Strategy"]
        for number in range(4):
            self.deliver(f"First {number}")
        self.check_now()
        self.wait_told("the first ones")
        self.settle()
        return strategy

    def settle(self):
        """An orderly end leaves nothing to be lost."""
        self.daemon.stop()
        self.settled = {place.subject for place in self.places}

    def wait_told(self, when):
        wait_for(self.is_told, lambda: f"{self.missing()} {when}:\n{self.daemon.log()[-8000:]}")

    def die_at(self, point, seed):
        """True if the run came to its end before: to an orderly stop, which is part of it."""
        self.deliver(f"Down {point}")
        self.decide(point)
        launch_to_die(self.daemon, point, power=seed)
        process = self.daemon.process
        # What is signalled again comes before there is a connection to mark anything over.
        self.wait_end(process, lambda: self.is_told() and self.is_online())
        self.deliver(f"Up {point}")
        self.decide(point + 1)
        if self.has_flags and process.is_running():
            self.mark()
        self.check_now()
        self.wait_end(process, lambda: self.is_told() and self.is_marked())
        process.signal(signal.SIGTERM)
        status = process.wait()
        assert status in (0, -signal.SIGKILL), self.daemon.log()
        self.daemon.kill()
        return status == 0

    def wait_end(self, process, is_done):
        wait_for(lambda: not process.is_running() or is_done(),
                 lambda: f"its end or its signals, {self.missing()}:\n{self.daemon.log()[-8000:]}")

    def wait_alone(self):
        """The server has done what it was told last, and noticed the death."""
        wait_for(lambda: self.server.doveadm("who", "-1", self.user).count(" imap ") <= 1, "the end of the connection",
                 look_every=0.05)

    def is_online(self):
        account = self.client.account("work")
        return account and account["State"] == "online"

    def is_marked(self):
        return all(place.fate for place in self.unmarked)

    def recover(self, point):
        """The ordinary start: what the server says is what was told in the end."""
        if self.unmarked:
            self.wait_alone()
        for place in self.unmarked:
            read = place.uid in self.other.seen(place.mailbox)
            assert read or not place.fate, "marked, it said"
            place.fate = "seen" if read else None
        self.unmarked.clear()
        self.daemon.start()
        self.deliver(f"After {point}")
        self.client.wait_account("work", State="online")
        self.check_now()
        self.wait_told(f"after a death at {point}")
        self.check()
        if self.power:
            self.settle()
        else:
            self.daemon.kill()

    def run(self, points, *, seed=None):
        """Returns the number of the first point that was not reached any more, or None."""
        for point in points:
            survived = self.die_at(point, None if seed is None else seed + point)
            self.recover(point)
            if survived:
                return point
        return None

    def end(self):
        self.daemon.start()
        self.client.wait_account("work", State="online")
        self.check()
        self.other.close()
