"""Fixtures: a machine with a real systemd, with Posthorn installed in it."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness.optional import need  # noqa: E402
from machine import SANITIZERS, Machine, missing  # noqa: E402
from machine_dovecot import MachineDovecot  # noqa: E402

# A port that nothing listens on: the account is offline, which is enough for the service.
ACCOUNT = """\
[Account]
Protocol=imap
Host=127.0.0.1
Port={port}
Security=none
User=ada
PasswordCredential=work
"""

DROP_IN = SANITIZERS + """\
Environment=UBSAN_OPTIONS=halt_on_error=1:exitcode=99
LoadCredential=work:/etc/credstore/work
"""

USERS = """\
u ada 3001 "member of the group" /home/ada /bin/sh
u bob 3002 "an ordinary user" /home/bob /bin/sh
m ada posthorn
"""


@pytest.fixture
def empty_machine(directory):
    """Booted, without Posthorn."""
    reason = missing()
    need(reason and f"a machine of its own needs root, overlayfs and cgroup v2; here: {reason}")
    booted = Machine(directory / "machine")
    try:
        yield booted.up()
    finally:
        booted.down()


@pytest.fixture
def machine(empty_machine):
    """With Posthorn installed, enabled and not started, one account, and two users: ada in the
    group posthorn, bob not."""
    empty_machine.install()
    empty_machine.write("/etc/sysusers.d/users.conf", USERS)
    empty_machine.run("systemd-sysusers", "users.conf")
    for user in ("ada", "bob"):
        empty_machine.run("install", "-d", "-o", user, "-g", user, "-m", "0700", f"/home/{user}")
    empty_machine.write("/etc/credstore/work", "correct-horse\n", 0o600)
    empty_machine.write("/etc/posthorn/accounts.d/work.conf", ACCOUNT.format(port=9))
    empty_machine.write("/etc/systemd/system/posthornd.service.d/test.conf", DROP_IN)
    # What services tell it then stands in the journal, word by word.
    empty_machine.run("systemctl", "log-level", "debug")
    empty_machine.run("systemctl", "daemon-reload")
    empty_machine.run("systemctl", "enable", "posthornd.service")
    return empty_machine


@pytest.fixture
def server(machine, directory, certificate):
    """A Dovecot for the programs of the machine."""
    dovecot = MachineDovecot(machine, directory / "dovecot", certificate).start()
    yield dovecot
    dovecot.kill()


@pytest.fixture
def session(machine):
    """A session of ada: a service manager and a bus of her own, and the mark of a desktop."""
    machine.write("/etc/systemd/user/desktop.target",
                  "[Unit]\nBindsTo=graphical-session.target\nBefore=graphical-session.target\n")
    for unit in ("posthornd", "posthorn-notify"):
        machine.write(f"/etc/systemd/user/{unit}.service.d/test.conf", SANITIZERS)
    machine.run("systemctl", "start", f"user@{machine.uid('ada')}.service")
    return machine
