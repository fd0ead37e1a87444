"""Networks come and go under the daemon, which hears of it by the kernel alone. On a wire of its own."""

import time

from harness.networks import CLIENT, SERVER
from harness.odd_server import OddServer
from harness.wait import wait_for

CHANGED = "the network has changed"


class Server(OddServer):
    """At the other end of the wire. Keeps all that it is told."""
    address = SERVER

    def __init__(self):
        self.commands = []
        super().__init__()

    def one(self, link, line):
        self.commands.append(line)
        super().one(link, line)


def watch(daemon, client, wire):
    server = wire.server.make(Server)
    daemon.write_account("work", Host=SERVER, Port=server.port, Security="none", AllowCleartext="yes")
    daemon.launch(wrapper=wire.client.wrapper)
    daemon.wait_ready()
    client.wait_account("work", State="online")
    return server


def changes(daemon):
    return daemon.log().count(CHANGED)


def since(begin):
    return f"{time.monotonic() - begin:.2f} s"


def test_another_address(wire, daemon, client, record_property):
    """The old connection can say nothing any more; the new network is used at once."""
    server = watch(daemon, client, wire)
    begin = time.monotonic()
    wire.client.ip("address", "del", f"{CLIENT}/24", "dev", "wire")
    wire.client.ip("address", "add", "192.0.2.9/24", "dev", "wire")
    wire.client.ip("route", "add", "default", "via", "192.0.2.254")
    wait_for(lambda: server.logins == 2, "another login", look_every=0.02)
    client.wait_account("work", State="online")
    record_property("online again after", since(begin))
    # It was not asked first, which would have lasted for seconds.
    log = daemon.log()
    assert "the network of this machine has changed" in log and "reason=timed-out" not in log, log
    server.deliver("On the new network")
    assert client.wait_new_mail()[0]["subject"] == "On the new network"


def test_a_living_connection_stays(wire, daemon, client):
    """A change that leaves the connection alone costs it one question and no login."""
    server = watch(daemon, client, wire)
    mark = len(server.commands)
    wire.client.ip("address", "add", "198.51.100.1/24", "dev", "wire")
    wait_for(lambda: any(line.endswith("NOOP") for line in server.commands[mark:]), "NOOP")
    assert server.commands[mark] == "DONE"
    wait_for(lambda: server.commands[-1].endswith("IDLE"), "IDLE again")
    server.deliver("Still here")
    assert client.wait_new_mail()[0]["subject"] == "Still here"
    assert server.logins == 1
    assert client.account("work")["State"] == "online"


def test_what_changes_nothing_costs_nothing(wire, daemon, client):
    """An interface without an address of the outside, as containers have them, and a lease that is renewed."""
    server = watch(daemon, client, wire)
    mark = len(server.commands)
    wire.client.ip("link", "add", "inner", "type", "veth", "peer", "name", "outer")
    wire.client.ip("link", "set", "inner", "up")
    wire.client.ip("link", "set", "outer", "up")
    wire.client.ip("address", "change", f"{CLIENT}/24", "dev", "wire", "valid_lft", "3600", "preferred_lft", "1800")
    wire.client.ip("route", "add", "203.0.113.0/24", "via", "192.0.2.254")
    # What comes behind all that is heard, and is the first.
    wire.client.ip("address", "add", "198.51.100.1/24", "dev", "wire")
    wait_for(lambda: any(line.endswith("NOOP") for line in server.commands[mark:]), "NOOP")
    wait_for(lambda: changes(daemon), "word of it")
    assert changes(daemon) == 1


def test_cable_out_and_in(wire, daemon, client, record_property):
    """The address stays, so that the connection is asked; then it is known to be dead, and mail that came
    meanwhile is told once when the cable is back."""
    server = watch(daemon, client, wire)
    begin = time.monotonic()
    wire.middle.ip("link", "set", "client", "down")
    account = client.wait_account("work", State="offline")
    record_property("dead after", since(begin))
    assert account["Reason"] in ("timed-out", "connect-failed"), account
    server.deliver("While the cable was out")
    begin = time.monotonic()
    wire.middle.ip("link", "set", "client", "up")
    client.wait_account("work", State="online")
    record_property("online again after", since(begin))
    assert client.wait_new_mail()[0]["subject"] == "While the cable was out"
    assert len(client.new_events()) == 1
    assert server.logins == 2


def test_twenty_flaps(wire, daemon, client, record_property):
    """At most three logins in the first minute, however often the address comes and goes; nothing is lost or
    told twice."""
    begin = time.monotonic()
    server = watch(daemon, client, wire)
    for number in range(20):
        told = changes(daemon)
        wire.client.ip("address", "del", f"{CLIENT}/24", "dev", "wire")
        if number % 2:
            # Long enough for the daemon to notice: a flap that it sees only the end of is none.
            wait_for(lambda: changes(daemon) > told, "word of the change", look_every=0.02)
        wire.client.ip("address", "add", f"{CLIENT}/24", "dev", "wire")
        wire.client.ip("route", "replace", "default", "via", "192.0.2.254")
    server.deliver("After all that")
    wait_for(lambda: changes(daemon) > 10, "word of the last change")
    record_property("logins", server.logins)
    assert server.logins <= 3 + (time.monotonic() - begin) // 60
    assert client.wait_new_mail(deadline=90)[0]["subject"] == "After all that"
    assert len(client.new_events()) == 1
