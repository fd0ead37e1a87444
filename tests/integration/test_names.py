"""Host names of servers: name servers that are silent, fail, or say something else than before, and addresses
behind which nobody is. On a wire of its own, with a name server at its other end."""

import time

import pytest

from harness.name_server import SERVER_FAILURE, NameServer
from harness.networks import SERVER
from harness.odd_server import OddServer
from harness.wait import wait_for

CLEAR = {"Security": "none", "AllowCleartext": "yes"}
OTHER = "192.0.2.3"
# In the client's network, and nobody has them.
NOBODY = "2001:db8::9"


@pytest.fixture
def names(wire):
    server = wire.server.make(lambda: NameServer(SERVER))
    yield server
    server.close()


@pytest.fixture
def serve(wire):
    started = []

    def make(address=SERVER, port=0):
        kind = type("Server", (OddServer,), {"address": address, "port": port})
        started.append(wire.server.make(kind))
        return started[-1]
    yield make
    for server in started:
        server.close()


def launch(daemon, wire, directory):
    """With a resolv.conf of its own."""
    path = directory / "resolv.conf"
    path.write_text(f"nameserver {SERVER}\n")
    here = ("unshare", "--mount", "--", "sh", "-c", f'mount --bind {path} /etc/resolv.conf && exec "$@"', "sh")
    daemon.launch(wrapper=(*wire.client.wrapper, *here))
    daemon.wait_ready()


def test_names_that_are_not_known(wire, names, serve, daemon, client, directory, record_property):
    """Nobody waits for the name of another, each says what is wrong, and comes when its name does."""
    server = serve()
    names.names = {"well.test": [SERVER], "silent.test": None, "broken.test": SERVER_FAILURE, "empty.test": []}
    said = {
        "nobody": "The server's name cannot be resolved: no such host name",
        "empty": "The server's name cannot be resolved: the host name has no address",
        "broken": "The server's name cannot be resolved: no name server could be reached, or none could answer",
        "silent": "The server's name cannot be resolved: the name servers do not answer",
    }
    for name in ("well", *said):
        daemon.write_account(name, Host=name + ".test", Port=server.port, **CLEAR)
    begin = time.monotonic()
    launch(daemon, wire, directory)
    client.wait_account("well", State="online")
    for name, text in said.items():
        account = client.wait_account(name, State="offline", Reason="dns-failed")
        assert account["ReasonText"] == text
        assert account["RetryAt"] > 0
        assert account["LastContact"] == 0
    record_property("silence is given up after", f"{time.monotonic() - begin:.1f} s")

    names.names = {name + ".test": [SERVER] for name in said}
    client.manager("CheckNow", "(as)", list(said))
    for name in said:
        client.wait_account(name, State="online")
    assert server.logins == 1 + len(said)


def test_a_name_that_moves(wire, names, serve, daemon, client, directory):
    """It is asked for with each attempt: the old address is not clung to."""
    old = serve()
    wire.server.ip("address", "add", f"{OTHER}/24", "dev", "wire")
    names.names = {"mail.test": [SERVER]}
    daemon.write_account("work", Host="mail.test", Port=old.port, **CLEAR)
    launch(daemon, wire, directory)
    client.wait_account("work", State="online")
    moved = serve(OTHER, old.port)
    names.names = {"mail.test": [OTHER]}
    for link in list(old.links):
        link.close()
    wait_for(lambda: moved.logins == 1, "a login at the new address")
    client.wait_account("work", State="online")
    moved.deliver("At the new address")
    assert client.wait_new_mail()[0]["subject"] == "At the new address"


@pytest.mark.parametrize("addresses", [[NOBODY, SERVER], ["192.0.2.29", NOBODY, SERVER], ["2001:db8::2", SERVER]])
def test_broken_ipv6(wire, names, serve, daemon, client, directory, record_property, addresses):
    """A machine with an IPv6 address and no way to the server by it, and one whose server listens by IPv4 alone."""
    wire.client.ip("address", "add", "2001:db8::1/64", "dev", "wire", "nodad")
    wire.server.ip("address", "add", "2001:db8::2/64", "dev", "wire", "nodad")
    server = serve()
    names.names = {"mail.test": addresses}
    daemon.write_account("work", Host="mail.test", Port=server.port, **CLEAR)
    begin = time.monotonic()
    launch(daemon, wire, directory)
    client.wait_account("work", State="online", Reason="")
    record_property("online after", f"{time.monotonic() - begin:.2f} s")
    assert server.logins == 1
