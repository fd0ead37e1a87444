"""posthorn-notify in its unit: what a click starts is not shut in with it, and it comes back."""

import re

import pytest
from test_systemd_units import user, user_property, wait_user_state

from harness.wait import wait_for

ACCOUNT = """\
[Account]
Host=127.0.0.1
Port=9
Security=none
User=ada
PasswordCommand=/bin/true

[Notify]
TroubleDelay=0
"""

# What opens a terminal. It has a unit of its own: another one than the agent's, whose filters it would inherit.
TERMINAL = """\
#!/bin/sh
{ echo "$XDG_ACTIVATION_TOKEN"; cat /proc/self/cgroup; grep Seccomp: /proc/self/status; echo "$@"; } > $HOME/new
mv $HOME/new $HOME/opened
"""

MOCK = ["/usr/bin/python3", "-u", "-m", "dbusmock", "--session", "-t", "notification_daemon", "-p",
        '{"capabilities": "actions body"}']


@pytest.fixture
def desktop(session):
    """ada's desktop, with a notification service: the service's process."""
    session.run("mkdir", "-p", "/home/ada/.config/posthorn/accounts.d", user="ada")
    session.write("/home/ada/.config/posthorn/accounts.d/home.conf", ACCOUNT)
    session.write("/usr/local/bin/xdg-terminal-exec", TERMINAL, 0o755)
    service = session.process(*MOCK, user="ada")
    user(session, "enable", "posthornd.service", "posthorn-notify.service")
    user(session, "start", "desktop.target")
    wait_user_state(session, "posthorn-notify.service", "active")
    yield service
    service.kill()


def notified(service):
    return [line for line in service.output("out") if re.search(r" Notify ", line)]


def emit(machine, signal, number, text):
    machine.run("busctl", "--user", "call", "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
                "org.freedesktop.DBus.Mock", "EmitSignal", "sssav", "org.freedesktop.Notifications", signal, "us",
                "2", "u", str(number), "s", text, user="ada")


def main_pid(machine):
    return int(user_property(machine, "posthorn-notify.service", "MainPID"))


def test_click_is_followed_outside_of_the_unit(session, desktop):
    wait_for(lambda: notified(desktop), lambda: f"a notification:\n{desktop.text()}", look_every=0.1)
    emit(session, "ActivationToken", 1, "token-3")
    emit(session, "ActionInvoked", 1, "default")
    opened = session.root / "home/ada/opened"
    wait_for(opened.exists, "the terminal", look_every=0.1)
    token, *groups, seccomp, words = opened.read_text(encoding="utf-8").splitlines()
    assert token == "token-3"
    assert "posthorn-notify" not in str(groups) and ".service" in str(groups)
    assert seccomp.split() == ["Seccomp:", "0"]
    assert words.endswith(" home") and "posthorn doctor" in words


def test_comes_back_and_repeats_nothing(session, desktop):
    wait_for(lambda: notified(desktop), lambda: f"a notification:\n{desktop.text()}", look_every=0.1)
    state = session.root / "home/ada/.local/state/posthorn/notify-state"
    wait_for(lambda: state.exists() and "TroubleCard=1" in state.read_text(encoding="utf-8"), "the file", look_every=0.1)
    for count, number in enumerate(("KILL", "TERM"), 2):
        before = main_pid(session)
        session.run("kill", f"-{number}", str(before))
        wait_for(lambda pid=before: main_pid(session) not in (0, pid), "another one", look_every=0.2)
        # It asks the service when it has read its file; then it would repeat it.
        wait_for(lambda n=count: len([line for line in desktop.output("out") if "GetCapabilities" in line]) >= n,
                 "its question", look_every=0.1)
    user(session, "stop", "posthorn-notify.service")
    assert len(notified(desktop)) == 1
