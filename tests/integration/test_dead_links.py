"""Links and servers that are dead without a word: noticed by the deadline of a question, all of them at
once so that the suite waits for it only once."""

import ctypes
import os
import pathlib
import re
import signal
import socket
import time

import pytest

from harness.networks import SERVER
from harness.odd_server import OddServer
from harness.process import Process, environment
from harness.wait import wait_for

PIDFD_GETFD = 438
TCP_USER_TIMEOUT = 18
HERE = pathlib.Path(__file__).resolve().parent


class Far(OddServer):
    address = SERVER


class Deaf(OddServer):
    """When it `is_deaf` it goes on pushing, but has no ear for DONE or anything else."""
    is_deaf = False

    def one(self, link, line):
        if not self.is_deaf:
            super().one(link, line)


@pytest.fixture
def stopped(wire, directory):
    process = Process([*wire.client.wrapper, "/usr/bin/python3", "-B", "-m", "harness.odd_process"],
                      environment(directory), cwd=HERE, name="stopped")
    wait_for(lambda: process.output("out"), "a port")
    yield process
    process.kill()


def mute(wire):
    """Accepts connections, and says nothing: no greeting, no handshake."""
    return wire.client.make(lambda: socket.create_server(("127.0.0.1", 0)))


def own_sockets(pid, peer):
    """The sockets of a process that are connected to `peer`."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            if not os.readlink(entry.path).startswith("socket:"):
                continue
            with socket.socket(fileno=libc.syscall(PIDFD_GETFD, process, int(entry.name), 0)) as sock:
                try:
                    found = sock.getpeername() == peer
                except OSError:
                    continue
                if found:
                    yield sock
    finally:
        os.close(process)


def test_kernel_watches_the_line_as_promised(wire, daemon, client):
    """A dead host is noticed after 100 + 3 * 15 s without, and 60 s with something under way: the kernel's
    part, which is not waited for here."""
    server = wire.server.make(Far)
    daemon.write_account("work", Host=SERVER, Port=server.port, Security="none", AllowCleartext="yes")
    daemon.launch(wrapper=wire.client.wrapper)
    daemon.wait_ready()
    client.wait_account("work", State="online")
    tcp, found = socket.IPPROTO_TCP, []
    for sock in own_sockets(daemon.process.pid, (SERVER, server.port)):
        found.append([sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                      sock.getsockopt(tcp, socket.TCP_KEEPIDLE), sock.getsockopt(tcp, socket.TCP_KEEPINTVL),
                      sock.getsockopt(tcp, socket.TCP_KEEPCNT), sock.getsockopt(tcp, TCP_USER_TIMEOUT)])
    assert found == [[1, 100, 15, 3, 60000]]


def status(daemon):
    return daemon.cli("status", check=False).stdout.decode()


def test_dead_without_a_word(wire, stopped, daemon, client, record_property):
    """A line that drops all packets, a server that is stopped, one that is deaf, one that never says a word:
    each account says so, comes back, and tells the mail that came meanwhile once."""
    far, deaf, silent = wire.server.make(Far), wire.client.make(Deaf), mute(wire)
    clear = {"Security": "none", "AllowCleartext": "yes", "Strategy": "idle"}
    daemon.write_account("far", Host=SERVER, Port=far.port, **clear)
    daemon.write_account("deaf", Host="127.0.0.1", Port=deaf.port, **clear)
    daemon.write_account("stopped", Host="127.0.0.1", Port=stopped.output("out")[0], **clear)
    daemon.launch(wrapper=wire.client.wrapper)
    daemon.wait_ready()
    dead = ("far", "deaf", "stopped")
    for name in dead:
        client.wait_account(name, State="online")

    begin = time.monotonic()
    wire.drop()
    stopped.signal(signal.SIGSTOP)
    deaf.is_deaf = True
    far.deliver("While the line was dead")
    deaf.deliver("While it was deaf")
    stopped.signal(signal.SIGUSR1)
    daemon.write_account("mute", Host="127.0.0.1", Port=silent.getsockname()[1])
    daemon.reload()
    client.manager("CheckNow", "(as)", dead)
    heard_last = time.time() + 5  # and it is known 15 s later
    # One right behind the other: who was heard of when he tried again says so, too.
    accounts = {name: client.wait_account(name, State="offline", Reason="timed-out", deadline=45)
                for name in (*dead, "mute")}
    record_property("noticed after", f"{time.monotonic() - begin:.1f} s")
    for name, account in accounts.items():
        assert account["RetryAt"] > 0
        assert account["LastContact"] / 1e6 < heard_last
        assert (account["LastContact"] > 0) == (name in dead)
        text = re.escape(account["ReasonText"])
        wait_for(lambda: re.search(rf"^{name} +offline .*\n    {text}; next try ", status(daemon), re.MULTILINE),  # noqa: B023
                 lambda: status(daemon), deadline=45, look_every=0.05)

    wire.flow()
    stopped.signal(signal.SIGCONT)
    deaf.is_deaf = False
    begin = time.monotonic()
    client.manager("CheckNow", "(as)", dead)
    for name in dead:
        client.wait_account(name, State="online", deadline=60)
    record_property("online again after", f"{time.monotonic() - begin:.1f} s")
    told = sorted((mail["account"], mail["subject"]) for mail in client.wait_new_mail(3))
    assert told == [("deaf", "While it was deaf"), ("far", "While the line was dead"),
                    ("stopped", "While it was stopped")]
    assert len(client.new_events()) == 3
    silent.close()
