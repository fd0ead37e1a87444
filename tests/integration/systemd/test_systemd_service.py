"""posthornd as a system service, by the service manager and the bus that it is made for."""

import base64
import os
import pathlib

from harness.posthorn import program
from harness.process import run

UNIT = "posthornd.service"
NAME = "org.posthorn.Posthorn1"
ROOT = "/org/posthorn/Posthorn1"
MANAGER = NAME + ".Manager"
ACCOUNT_TWO = "[Account]\nHost=127.0.0.1\nPort=9\nSecurity=none\nUser=bob\nPasswordCredential=work\n"

# An IMAP server of one client, in the machine: says what it was told, and nothing more than login needs.
SERVER = """
import socket
listener = socket.create_server(("127.0.0.1", 1143))
print("listening", flush=True)
connection = listener.accept()[0]
connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\\r\\n")
for line in connection.makefile("rb"):
    print(line.decode().rstrip(), flush=True)
    connection.sendall(line.split()[0] + b" OK done\\r\\n" if line.split() else b"")
"""


def start(machine):
    machine.run("systemctl", "start", UNIT)


def main_pid(machine):
    return int(machine.property(UNIT, "MainPID"))


def outer_pid(machine, pid):
    """The pid that a process of the machine has outside of it."""
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            words = next((line.split() for line in status.read_text(encoding="utf-8").splitlines()
                          if line.startswith("NSpid:")), [])
        except OSError:
            continue
        same = os.stat(f"/proc/{machine.init}/ns/pid").st_ino
        if words[-1:] == [str(pid)] and len(words) > 2 \
                and os.stat(f"{status.parent}/ns/pid").st_ino == same:
            return int(status.parent.name)
    raise AssertionError(f"no process {pid} in the machine")


def told(machine, after=0):
    """What the service told its manager, in order."""
    words = []
    for message in machine.journal.messages(UNIT, after):
        if "Got notification message" in message:
            words += message[message.index("(") + 1:message.rindex(")")].split(", ")
    return words


def ask(machine, user, *words, check=True):
    return machine.run("busctl", "--system", "--timeout=10", *words, user=user, check=check)


def last_sequence(machine, user, check=True):
    return ask(machine, user, "get-property", NAME, ROOT, MANAGER, "LastSequence", check=check)


def test_k03_service_starts_and_says_how_it_is(machine):
    start(machine)
    assert machine.property(UNIT, "ActiveState") == "active"
    assert machine.property(UNIT, "Type") == "notify"
    # It has said READY, and then it says how the account is.
    machine.journal.wait("READY=1", UNIT)
    machine.wait_property(UNIT, "StatusText", "1 account: 0 online (work: connect-failed)")
    # The name is on the system bus, and is the service's.
    owner = ask(machine, None, "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "GetConnectionUnixProcessID", "s", NAME).stdout
    assert owner == f"u {main_pid(machine)}\n"
    assert machine.property(UNIT, "User") == "posthorn"


def test_k03_reload_says_so_and_reads_the_new_account(machine):
    start(machine)
    machine.wait_property(UNIT, "StatusText", "1 account: 0 online (work: connect-failed)")
    pid, mark = main_pid(machine), machine.journal.mark()
    machine.write("/etc/posthorn/accounts.d/second.conf", ACCOUNT_TWO)
    machine.run("systemctl", "reload", UNIT)
    machine.journal.wait("reading the configuration again", UNIT, mark)
    machine.journal.wait("READY=1", UNIT, mark)
    words = told(machine, mark)
    reloading, ready = words.index("RELOADING=1"), words.index("READY=1")
    assert reloading < ready
    assert any(word.startswith("MONOTONIC_USEC=") for word in words[reloading:ready])
    machine.wait_property(UNIT, "StatusText",
                          "2 accounts: 0 online (second: connect-failed, work: connect-failed)")
    assert main_pid(machine) == pid


def test_k03_watchdog_restarts_one_that_hangs(machine):
    machine.write(f"/etc/systemd/system/{UNIT}.d/watchdog.conf", "[Service]\nWatchdogSec=4s\nRestartSec=0\n")
    machine.run("systemctl", "daemon-reload")
    start(machine)
    pid, mark = main_pid(machine), machine.journal.mark()
    machine.journal.wait("WATCHDOG=1", UNIT)  # a well one says so
    machine.run("kill", "-STOP", str(pid))
    machine.journal.wait("Watchdog timeout", UNIT, mark)
    machine.journal.wait("READY=1", UNIT, mark)
    machine.wait_property(UNIT, "ActiveState", "active")
    assert machine.property(UNIT, "NRestarts") == "1"
    assert main_pid(machine) != pid
    assert last_sequence(machine, None).stdout.startswith("t ")


def blind(pid):
    """Makes a daemon that is well otherwise miss all deadlines of its sessions, as a bug would: what
    sets its timer does nothing any more."""
    done = run(["gdb", "-nx", "-batch", program("posthornd"), "-ex", "set sysroot /", "-ex", f"attach {pid}",
                "-ex", "frame function run_loop", "-ex", "set var d->manager->clock->timer = 0",
                "-ex", "print d->manager->clock->timer"])
    assert b"= (sd_event_source *) 0x0" in done.stdout, done  # a command of its that fails is no failure of gdb


def test_watchdog_restarts_one_that_is_blind(machine):
    """Its loop turns, it answers on the bus, but its sessions' deadlines do not ring: the next attempt of an
    account that it has just heard of, due within seconds, never comes."""
    machine.write(f"/etc/systemd/system/{UNIT}.d/watchdog.conf", "[Service]\nWatchdogSec=10s\nRestartSec=0\n")  # a debugger may be slow
    machine.run("systemctl", "daemon-reload")
    start(machine)
    outer = outer_pid(machine, main_pid(machine))
    pid, mark = main_pid(machine), machine.journal.mark()
    machine.wait_property(UNIT, "StatusText", "1 account: 0 online (work: connect-failed)")
    machine.journal.wait("WATCHDOG=1", UNIT, mark)  # a well one says so
    blind(outer)
    machine.write("/etc/posthorn/accounts.d/second.conf", ACCOUNT_TWO)
    machine.run("kill", "-HUP", str(pid))
    machine.journal.wait("the watchdog is not fed", UNIT, mark)
    machine.journal.wait("Watchdog timeout", UNIT, mark)
    machine.journal.wait("READY=1", UNIT, mark)
    machine.wait_property(UNIT, "ActiveState", "active")
    assert machine.property(UNIT, "NRestarts") == "1"
    assert main_pid(machine) != pid


def test_k03_stop_is_clean_and_in_time(machine):
    start(machine)
    mark = machine.journal.mark()
    machine.run("systemctl", "stop", UNIT)
    # Beyond the limit it would have been killed, and this were "timeout".
    assert machine.property(UNIT, "Result") == "success"
    assert machine.property(UNIT, "ExecMainCode") == "1"  # CLD_EXITED
    assert machine.property(UNIT, "ExecMainStatus") == "0"
    assert machine.property(UNIT, "ActiveState") == "inactive"
    machine.journal.wait("STOPPING=1", UNIT, mark)


def test_directories_and_their_modes(machine):
    start(machine)
    found = machine.run("stat", "-c", "%a %U %G %n", "/var/lib/posthorn", "/run/posthorn", "/etc/posthorn",
                        "/etc/posthorn/accounts.d", "/var/lib/posthorn/posthorn.db").stdout.splitlines()
    assert found == [
        "700 posthorn posthorn /var/lib/posthorn",
        "700 posthorn posthorn /run/posthorn",
        "700 posthorn root /etc/posthorn",
        "700 posthorn root /etc/posthorn/accounts.d",
        "600 posthorn posthorn /var/lib/posthorn/posthorn.db",
    ]
    # Nothing else, such as a database that anybody may read.
    names = machine.run("find", "/var/lib/posthorn", "-type", "f", "!", "-perm", "0600").stdout
    assert names == ""


def test_sandbox_holds(machine):
    """From within the service's namespaces: what it cannot do even if somebody else were in it."""
    start(machine)
    shown = machine.run("systemctl", "show", UNIT, "--property",
                        "CapabilityBoundingSet,NoNewPrivileges,ProtectSystem,PrivateUsers,MemoryDenyWriteExecute").stdout
    assert "CapabilityBoundingSet=\n" in shown
    status = (machine.root / f"proc/{main_pid(machine)}/status").read_text(encoding="ascii")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"
    mounts = (machine.root / f"proc/{main_pid(machine)}/mounts").read_text(encoding="utf-8").splitlines()
    options = {line.split()[1]: line.split()[3].split(",") for line in mounts}
    assert "ro" in options["/"]
    assert "rw" in options["/var/lib/posthorn"]


def test_d30_policy_refuses_who_is_not_in_the_group(machine):
    start(machine)
    assert last_sequence(machine, "ada").stdout.startswith("t ")
    assert ask(machine, "ada", "call", NAME, ROOT, MANAGER, "ListAccounts", "uu", "0", "10").stdout
    calls = [
        ("get-property", NAME, ROOT, MANAGER, "LastSequence"),
        ("call", NAME, ROOT, MANAGER, "ListAccounts", "uu", "0", "10"),
        ("call", NAME, ROOT, MANAGER, "ReadEvents", "tu", "0", "10"),
        ("call", NAME, ROOT, MANAGER, "Reload"),
        ("call", NAME, ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"),
        ("call", NAME, ROOT, "org.freedesktop.DBus.Introspectable", "Introspect"),
    ]
    for call in calls:
        refused = ask(machine, "bob", *call, check=False)
        assert refused.returncode != 0 and "ccess denied" in refused.stderr, f"{call}: {refused}"
    # Nor does he get to see what others are told.
    monitor = machine.run("busctl", "--system", "monitor", NAME, user="bob", check=False)
    assert monitor.returncode != 0 and "ccess denied" in monitor.stderr
    # And nobody but the service may have the name.
    machine.run("systemctl", "stop", UNIT)
    for user in ("ada", "bob"):
        own = ask(machine, user, "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                  "RequestName", "su", NAME, "4", check=False)
        assert own.returncode != 0 and "denied" in own.stderr, own


def test_bus_starts_it_for_members_and_when_enabled(machine):
    refused = last_sequence(machine, "bob", check=False)
    assert refused.returncode != 0
    assert machine.property(UNIT, "ActiveState") == "inactive"
    assert last_sequence(machine, "ada").stdout.startswith("t ")
    assert machine.property(UNIT, "ActiveState") == "active"
    # Disabled is disabled: no question starts it.
    machine.run("systemctl", "disable", "--now", UNIT)
    assert last_sequence(machine, "ada", check=False).returncode != 0
    assert machine.property(UNIT, "ActiveState") == "inactive"


def test_k08_credential_reaches_the_server(machine):
    server = machine.process("python3", "-c", SERVER)
    server.wait_for_line("listening")
    machine.write("/etc/posthorn/accounts.d/work.conf",
                  "[Account]\nHost=127.0.0.1\nPort=1143\nSecurity=none\nUser=ada\nPasswordCredential=work\n")
    start(machine)
    line = server.wait_for_line("AUTHENTICATE PLAIN ")
    assert base64.b64decode(line.split()[-1]) == b"\0ada\0correct-horse"
    server.kill()
    assert not [text for text in machine.journal.messages() if "correct-horse" in text]


def test_service_survives_the_bus(machine):
    """`systemctl restart dbus`, as an upgrade of it may do: it comes back by itself."""
    start(machine)
    pid, mark = main_pid(machine), machine.journal.mark()
    machine.run("systemctl", "kill", "--signal=SIGKILL", "dbus.service")
    machine.journal.wait("on the bus", UNIT, mark)
    assert last_sequence(machine, None).stdout.startswith("t ")
    assert main_pid(machine) == pid
