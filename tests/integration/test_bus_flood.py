"""D-Bus clients that mean no good, or know no better: calls by the ten thousand, answers that nobody reads,
messages as large as the bus lets through, descriptors. The daemon answers, stays small, and goes on."""

import os
import socket
import struct

import pytest
from harness.client import ACCOUNT, MANAGER, OBJECT_MANAGER, PROPERTIES, ROOT, Client
from harness.messages import message
from harness.raw_bus import RawBus
from harness.wait import wait_for

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"
UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"
MIB = 1024 * 1024


@pytest.fixture
def crowd(daemon, client, server, user, bus):
    """The daemon with one account, and connections of others. What a sanitizer keeps of freed memory is left out
    of what is measured."""
    daemon.more = {**daemon.more, "ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    crowd = Crowd(daemon, client, server, user, bus)
    yield crowd
    crowd.close()


class Crowd:
    def __init__(self, daemon, client, server, user, bus):
        self.daemon, self.client, self.server, self.user, self.address = daemon, client, server, user, bus.address
        self.raw = []
        self.before = daemon.peak_kib()

    def one(self):
        self.raw.append(RawBus(self.address))
        return self.raw[-1]

    def grown(self):
        """By how much its memory was larger at most than at the beginning."""
        return (self.daemon.peak_kib() - self.before) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def deliver(self, subject):
        """Mail that comes meanwhile is told of."""
        self.server.deliver(message(subject), self.user)
        self.client.wait_signal("NewMail", lambda signal: signal.arguments[2]["subject"] == subject)

    def close(self):
        for raw in self.raw:
            raw.close()


KINDS = {
    "ReadEvents": (ROOT, MANAGER, "ReadEvents", "(tu)", 0, 0),
    "ListAccounts": (ROOT, MANAGER, "ListAccounts", "(uu)", 0, 0),
    "CheckNow": (ROOT, MANAGER, "CheckNow", "(as)", ["work"]),
    "Subscribe": (ROOT, MANAGER, "Subscribe"),
    "GetAll": (ROOT, PROPERTIES, "GetAll", "(s)", MANAGER),
    "GetManagedObjects": (ROOT, OBJECT_MANAGER, "GetManagedObjects"),
    "Introspect": (ROOT, INTROSPECTABLE, "Introspect"),
    "GetMetrics": (ROOT, MANAGER.replace("Manager", "Metrics"), "GetMetrics"),
    "MarkSeen": (ROOT + "/account/work", ACCOUNT, "MarkSeen", "(as)", []),
    "Nothing": (ROOT, MANAGER, "Nothing"),
}


def test_d03_ten_thousand_calls_in_one_write(crowd):
    """A thousand of each kind."""
    raw = crowd.one()
    calls = [raw.call(*call) for _ in range(1000) for call in KINDS.values()]
    raw.write(*calls)
    crowd.deliver("Among ten thousand calls")
    errors = raw.wait(*calls)
    assert len(errors) == 10000
    for kind, error in zip(KINDS, errors):
        assert error == (UNKNOWN_METHOD if kind == "Nothing" else ""), kind
    assert crowd.grown() < 16 * MIB


def test_d08_callers_that_never_read(crowd):
    """Their answers fill the bus; others are told what they are to be told, and the daemon is as small as before."""
    crowd.deliver("Before")
    for kind in ("ReadEvents", "GetManagedObjects", "Introspect", "GetMetrics"):
        raw = crowd.one()
        raw.write_and_leave(*(raw.call(*KINDS[kind]) for _ in range(3000)))
    crowd.deliver("While answers wait")
    other = Client(crowd.address)
    assert other.property("AccountsOnline") == 1
    other.close()
    assert crowd.grown() < 16 * MIB


def test_callers_that_vanish(crowd):
    """With calls that nobody waits for any more, and with half a message."""
    for number in range(30):
        raw = crowd.one()
        raw.write_and_leave(*(raw.call(*call) for _ in range(20) for call in KINDS.values()))
        if number % 2:
            raw.socket.sendall(raw.call(*KINDS["ReadEvents"])[1][:-3])
        raw.close()
    crowd.deliver("Nobody waits")
    assert crowd.client.account("work")["State"] == "online"
    assert crowd.grown() < 16 * MIB


def strings():
    yield "\ufffe"
    yield "\uffff"
    yield "\U0010ffff"
    yield "%s%n%999999d"
    yield "\x01\x1b]0;x\x07\r\n\x7f"
    yield "../../etc/passwd"
    yield ""
    yield "x" * 2 * MIB


def test_d01_every_string_argument(crowd):
    """Each is answered by an error of the contract, and nothing comes of it."""
    account = ROOT + "/account/work"
    no_account, no_message = (f"org.posthorn.Posthorn1.Error.NoSuch{what}" for what in ("Account", "Message"))
    unknown = "org.freedesktop.DBus.Error.Unknown"
    raw = crowd.one()
    for text in strings():
        for call, expected in (
                ((ROOT, MANAGER, "CheckNow", "(as)", [text]), [no_account]),
                ((ROOT, MANAGER, "CheckNow", "(as)", ["work", text]), [no_account]),
                ((account, ACCOUNT, "MarkSeen", "(as)", [text]), [no_message]),
                ((ROOT, PROPERTIES, "Get", "(ss)", MANAGER, text), [unknown + "Property"]),
                ((ROOT, PROPERTIES, "Get", "(ss)", text, "Unseen"), [unknown + "Interface", ""]),
                ((ROOT, PROPERTIES, "GetAll", "(s)", text), [unknown + "Interface", ""]),
                ((account, PROPERTIES, "Get", "(ss)", ACCOUNT, text), [unknown + "Property"])):
            sent = raw.call(*call)
            raw.write(sent)
            error, = raw.wait(sent)
            assert error in expected and (error or text == ""), (call[2], text[:20], error)
    crowd.deliver("As ever")


@pytest.mark.parametrize("text", [b"\xff\xfe\xfd", b"a\0b", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"])
def test_d01_what_is_no_text(crowd, text):
    """The bus ends the connection of whoever sends it: the daemon never sees it."""
    raw = crowd.one()
    placeholder = b"X" * len(text)
    _, blob = raw.call(ROOT, MANAGER, "CheckNow", "(as)", [placeholder.decode()])
    assert blob.count(placeholder) == 1
    raw.write((0, blob.replace(placeholder, text)))
    assert raw.is_closed()
    assert crowd.client.account("work")["State"] == "online"


def test_messages_at_the_size_limits(crowd):
    """As many strings, and as long ones, as fit into what the bus takes; each is read, refused and forgotten."""
    raw = crowd.one()
    large = ["x" * (8 * MIB)] * 3
    many = ["x"] * 20000
    accounts = ["work"] * 20000
    for ids, method, expected in (
            (large, "CheckNow", "NoSuchAccount"), (large, "MarkSeen", "NoSuchMessage"),
            (many, "CheckNow", "NoSuchAccount"), (many, "MarkSeen", "LimitsExceeded"),
            (accounts, "CheckNow", "LimitsExceeded")):
        where = (ROOT, MANAGER) if method == "CheckNow" else (ROOT + "/account/work", ACCOUNT)
        call = raw.call(*where, method, "(as)", ids)
        raw.write(call)
        assert raw.wait(call)[0].endswith(expected), (method, len(ids))
    crowd.deliver("Behind large ones")
    # One of them at a time, and a copy while it is read.
    assert crowd.grown() < 3 * 24 * MIB


def test_message_that_is_longer_than_it_says(crowd):
    """And one whose arguments are others than it says: for the bus to refuse, or for the daemon."""
    raw = crowd.one()
    _, blob = raw.call(ROOT, MANAGER, "CheckNow", "(as)", ["work"])
    body, = struct.unpack_from("<I", blob, 4)
    raw.write((0, blob[:4] + struct.pack("<I", 1 << 30) + blob[8:]))
    assert raw.is_closed() and body > 0
    raw = crowd.one()
    wrong = raw.call(ROOT, MANAGER, "CheckNow", "(aa{sv})", [])
    raw.write(wrong)
    assert raw.wait(wrong) == [INVALID_ARGS]


def test_descriptors_are_closed(crowd):
    """No method takes one; those that come are closed, also when more come than there is room for."""
    before = crowd.descriptors()
    raw = crowd.one()
    here, there = socket.socketpair()
    calls = [raw.call_with_descriptors(ROOT, MANAGER, "CheckNow", [here.fileno()] * 16) for _ in range(200)]
    assert set(raw.wait(*calls)) == {INVALID_ARGS}
    wait_for(lambda: crowd.descriptors() <= before, lambda: f"{crowd.descriptors()} descriptors, not {before}")
    here.close()
    there.close()
    crowd.deliver("Without any")
