"""StartUnit= with the service managers that it is made for: of a user, and of the system behind
polkit."""

import shutil

import pytest
from harness.messages import message
from harness.posthorn import SOURCE
from harness.wait import wait_for
from service_side import ServiceSide

EXAMPLES = SOURCE / "config"
ACCOUNT = """\
[Account]
Host=127.0.0.1
Port={port}
Security=none
User=ada
PasswordCommand=echo correct-horse
{rest}
[Trigger]
StartUnit={unit}
Debounce=0
"""
MBSYNC = """\
IMAPAccount work
Host 127.0.0.1
Port {port}
User ada
Pass correct-horse
SSLType None
AuthMechs LOGIN

IMAPStore far
Account work

MaildirStore near
Path ~/Mail/
Inbox ~/Mail/INBOX

Channel work
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
"""
NOTMUCH = """\
[database]
path=/home/ada/Mail
[user]
name=Ada
primary_email=ada@example.test
[new]
tags=new
"""
# Notes the instance, as one word.
NOTE = """\
[Service]
Type=oneshot
ExecStart=:/bin/sh -c 'printf "%%s\\\\0" "$1" >>/tmp/noted' note %I
"""
HOSTILE = ["Two words", "Lists/a-b", "$(touch pwned)", "${HOME}", "$HOME", "-rf", "x.service", "Büro @home",
           "\"quo'tes", "%i%n%%", "; reboot", "a\\x2fb"]


class Session(ServiceSide):
    """Of ada, with an account whose mail starts `unit`."""

    def __init__(self, machine, server):
        super().__init__(machine, "user", "posthornd.service")
        self.server = server

    def start(self, unit, *more):
        self.write(f"{self.accounts}/work.conf",
                   ACCOUNT.format(port=self.server.imap, unit=unit, rest="\n".join(more)))
        self.systemctl("daemon-reload")
        self.systemctl("start", "posthornd.service")
        self.wait_online()


@pytest.fixture
def session(machine, server):
    return Session(machine, server)


def test_mbsync_and_notmuch_on_arrival(session, server):
    """The example of the documentation, as it is."""
    session.write("/home/ada/.config/systemd/user/fetch@.service",
                  (EXAMPLES / "systemd/fetch@.service").read_text(encoding="utf-8"))
    session.write("/home/ada/.mbsyncrc", MBSYNC.format(port=server.imap))
    session.write("/home/ada/.notmuch-config", NOTMUCH)
    session.run("mkdir", "-p", "/home/ada/Mail")
    session.start("fetch@%a.service")

    def indexed():
        return session.run("notmuch", "search", "--output=messages", "*", check=False).stdout.split()

    for number in (1, 2):
        server.place([message(f"Number {number}", message_id=f"m{number}@fetch")], "ada")
        wait_for(lambda: f"id:m{number}@fetch" in indexed(), lambda: f"{number}: {indexed()}\n{session.status('fetch@work.service')}", look_every=0.2)
    # It ends by itself, and did well.
    wait_for(lambda: "inactive" in session.systemctl("is-active", "fetch@work.service", check=False).stdout,
             lambda: session.status("fetch@work.service"), look_every=0.2)


def test_no_mailbox_bends_a_unit(session, server):
    session.write("/home/ada/.config/systemd/user/note@.service", NOTE)
    for mailbox in HOSTILE:
        server.doveadm("mailbox", "create", "-u", "ada", "--", mailbox)
    session.start("note@%m.service", "[Mailboxes]", "Watch=*")
    noted = session.machine.root / "tmp/noted"
    for mailbox in HOSTILE:
        server.save(message("One"), mailbox, "ada")
    session.run("posthorn", "check")

    def found():
        return sorted(noted.read_bytes().decode().split("\0")[:-1]) if noted.exists() else []

    wait_for(lambda: len(found()) >= len(HOSTILE), lambda: f"{found()}\n{session.machine.status()}", look_every=0.2)
    assert found() == sorted(HOSTILE)
    # Nobody started anything else.
    units = session.systemctl("list-units", "--all", "--plain", "--no-legend", "note*", "x.service").stdout
    assert "x.service" not in [line.split()[0] for line in units.splitlines()], units
    assert "pwned" not in session.run("ls", "-A", "/home/ada", "/").stdout


def test_system_daemon_needs_a_rule_of_polkit(machine, server):
    unit = "fetch@%a.service"
    machine.write("/etc/posthorn/accounts.d/work.conf", ACCOUNT.format(port=server.imap, unit=unit, rest=""))
    machine.write("/etc/systemd/system/fetch@.service", NOTE.replace("/tmp/noted", "/run/noted"))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "posthornd.service")
    machine.wait_property("posthornd.service", "StatusText", "1 account: 1 online")
    server.place([message("One")], "ada")
    machine.journal.wait("the unit fetch@work.service cannot be started", "posthornd.service")
    assert [text for text in machine.journal.messages("posthornd.service") if "a rule of polkit must allow it" in text]
    assert "needs a rule of polkit that names the unit" in machine.explained("unit-refused")
    assert not (machine.root / "run/noted").exists()
    rules = machine.root / "etc/polkit-1/rules.d"
    rules.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLES / "polkit/50-posthorn.rules", rules)
    machine.run("systemctl", "restart", "polkit.service")
    # What was refused is tried again at once.
    machine.run("systemctl", "reload", "posthornd.service")
    wait_for(lambda: (machine.root / "run/noted").exists(), lambda: machine.status(), look_every=0.2)
    # Nothing else is allowed.
    machine.write("/etc/posthorn/accounts.d/work.conf",
                  ACCOUNT.format(port=server.imap, unit="emergency.target", rest=""))
    machine.run("systemctl", "reload", "posthornd.service")
    server.place([message("Two")], "ada")
    machine.journal.wait("the unit emergency.target cannot be started", "posthornd.service")


def test_rule_of_the_manual_is_the_example():
    manual = (SOURCE / "man/posthorn-triggers.7.scd").read_text(encoding="utf-8")
    example = (EXAMPLES / "polkit/50-posthorn.rules").read_text(encoding="utf-8")
    assert "".join(example[example.index("polkit.addRule"):].split()) in "".join(manual.split())
