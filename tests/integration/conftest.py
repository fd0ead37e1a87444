"""Fixtures: one Dovecot for the whole run with a user for each test, and a bus and a posthornd of
its own for each. A missing program or peer is an error here, never a skip."""

import itertools
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import networks, system_bus  # noqa: E402
from harness.bus import Bus  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.dovecot import Dovecot  # noqa: E402
from harness.keyring import KeyRing, ScriptedKeyRing  # noqa: E402
from harness.online_accounts import OnlineAccounts  # noqa: E402
from harness.optional import need  # noqa: E402
from harness.posthorn import Daemon  # noqa: E402
from harness.proxy import Proxy  # noqa: E402

_numbers = itertools.count(1)


def pytest_configure():
    # `kill` must end a run as Ctrl-C does: with every fixture torn down. Not by what SIGINT does now, which
    # is nothing behind a shell's `&`: what is ignored here is ignored by all that we start, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the daemon and the server said."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Daemon):
                report.sections.append((f"log of {name}", value.log()[-12000:]))
            elif isinstance(value, Dovecot):
                report.sections.append((f"log of {name}", value.log()))


def _temporary():
    # Short (names of Unix sockets have 108 bytes) and open to the user that the server drops to.
    path = pathlib.Path(tempfile.mkdtemp(prefix="posthorn-"))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def session_directory():
    path = _temporary()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def directory():
    path = _temporary()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def authority(session_directory):
    return Authority(session_directory / "ca")


@pytest.fixture(scope="session")
def certificate(authority):
    return authority.certificate("server")


@pytest.fixture(scope="session")
def server(session_directory, certificate):
    """The Dovecot that all share; do not stop it."""
    dovecot = Dovecot(session_directory / "mail", certificate).start()
    yield dovecot
    dovecot.kill()


@pytest.fixture
def own_server(directory, certificate):
    """A Dovecot for one test, to stop and to break."""
    dovecot = Dovecot(directory / "mail", certificate).start()
    yield dovecot
    dovecot.kill()


@pytest.fixture
def user():
    """A mail user that no other test has."""
    return f"user{next(_numbers)}"


@pytest.fixture
def bus(directory):
    private = Bus(directory / "bus").start()
    yield private
    private.stop()


@pytest.fixture
def client(bus):
    gio = Client(bus.address)
    yield gio
    gio.close()


@pytest.fixture
def keyring(directory, bus, client):
    """A real one, unlocked and empty."""
    ring = KeyRing(directory / "keyring", bus, client).start()
    yield ring
    ring.stop()


@pytest.fixture
def scripted_keyring(bus):
    ring = ScriptedKeyRing(bus)
    yield ring
    ring.stop()


@pytest.fixture
def online_accounts(bus):
    service = OnlineAccounts(bus)
    yield service
    service.stop()


@pytest.fixture
def daemon(directory, bus):
    """Not started, without accounts. Its end is part of the test: status 0, sanitizers silent."""
    posthornd = Daemon(directory / "posthorn", bus.address)
    yield posthornd
    posthornd.stop()


@pytest.fixture
def proxy(server):
    """In front of the shared server's plain port."""
    relay = Proxy(server.imap)
    yield relay
    relay.close()


@pytest.fixture
def wire():
    """A client's and a server's network of their own, with a wire between them that can be cut."""
    need(networks.missing())
    pair = networks.Wire()
    yield pair
    pair.close()


@pytest.fixture
def watched(daemon, client, server, user, proxy):
    """The ordinary case: account "work" of `user`, online, in the clear through `proxy`."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    return daemon


@pytest.fixture
def machine(directory, server, user):
    need(system_bus.missing())
    bus = system_bus.SystemBus(directory / "bus").start()
    daemon = system_bus.SystemDaemon(directory / "posthorn", bus)
    found = None
    try:
        found = system_bus.Machine(bus, daemon, server, user)
        found.root.manager("Subscribe")
        yield found
    finally:
        for client in found.clients if found else ():
            client.close()
        daemon.stop()
        bus.stop()


os.environ.setdefault("GIO_USE_VFS", "local")
