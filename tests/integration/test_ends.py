"""How each verb of posthorn ends: when nobody reads it, by Ctrl-C, without a daemon, a bus, an answer, a permission,
and when the daemon goes away in the middle."""

import os
import signal
import subprocess

import pytest

from harness.messages import message
from harness.posthorn import program
from harness.terminal import Screen
from harness.wait import wait_for

# What asks the daemon once, and what goes on. `run` is the subject of test_run.py.
ONCE = [["status"], ["status", "--json"], ["list"], ["list", "--json"], ["watch", "--no-follow"], ["open"],
        ["mark-seen", "--all"], ["pause", "work"], ["resume"], ["check"], ["metrics"]]
ON_AND_ON = [["watch"], ["watch", "--json", "--since=0"], ["wait", "--type=reset"], ["waybar"],
             ["status", "--watch"], ["status", "--watch", "--json"]]


def names(cases):
    return [" ".join(case) for case in cases]


def piped(watched, arguments, stdout):
    return subprocess.Popen([program("posthorn"), *arguments], stdout=stdout, stderr=subprocess.PIPE,
                            env=watched.environment(POSTHORN_DAEMON=program("posthornd")))


def test_nobody_reads(watched, client, server, user):
    """As with `| head -0`: no complaint, no death by SIGPIPE."""
    server.deliver(message("Any"), user)
    client.wait_new_mail()
    for arguments in [*ONCE, *ON_AND_ON, ["doctor"], ["config", "show"], ["account", "list"], ["--help"],
                      ["--print-completion=accounts"], ["--print-completion=bash"]]:
        if arguments[0] in ("open", "pause", "mark-seen", "wait"):
            continue  # they write nothing, or not yet
        reading, writing = os.pipe()
        os.close(reading)
        process = piped(watched, arguments, writing)
        os.close(writing)
        try:
            said = process.communicate(timeout=30)[1]
            assert process.returncode >= 0, arguments
            assert b"Broken pipe" not in said and b"cannot be written" not in said, (arguments, said)
            assert process.returncode in (0, 1), (arguments, process.returncode, said)
        finally:
            process.kill()
            process.wait()


def test_full_disk(watched, client, server, user):
    """What cannot be written is no success."""
    server.deliver(message("Any"), user)
    client.wait_new_mail()
    for arguments in [["status"], ["status", "--json"], ["list"], ["watch", "--no-follow"], ["wait", "--since=0"],
                      ["waybar"], ["status", "--watch"], ["metrics"], ["--help"], ["--print-completion=fish"]]:
        with open("/dev/full", "wb") as full:
            process = piped(watched, arguments, full)
        try:
            said = process.communicate(timeout=30)[1]
            assert process.returncode == 74 and b"No space left" in said, (arguments, process.returncode, said)
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals(watched, client, number):
    """A shell sees a death by the signal, so that Ctrl-C ends a loop around it; `status --watch` has a screen to
    give back."""
    running = [watched.cli_process(*arguments) for arguments in ON_AND_ON]
    # Each has a connection, ours and the daemon's are there already.
    wait_for(lambda: len(client.unique_names()) >= 2 + len(running), "all on the bus")
    for arguments, process in zip(ON_AND_ON, running):
        process.signal(number)
        assert process.wait() == (0 if "--watch" in arguments else -number), arguments
        assert process.output("err") == [], arguments


def test_ctrl_c_on_a_terminal(watched, client):
    for arguments in (["watch"], ["wait"], ["waybar"]):
        before = client.unique_names()
        screen = Screen(watched, *arguments)
        try:
            wait_for(lambda: client.unique_names() - before, "posthorn on the bus")  # noqa: B023
            screen.type(b"\x03")
            assert screen.wait_end() == -signal.SIGINT, arguments
        finally:
            screen.close()


def test_no_daemon(daemon, bus):
    """Exit status 69, and the word that helps; waybar and status --watch wait instead."""
    for arguments in [*ONCE, ["watch"], ["wait"]]:
        done = daemon.cli(*arguments, check=False)
        assert done.returncode == 69 and done.stdout == b"", (arguments, done)
        assert b"systemctl --user start posthornd" in done.stderr, arguments
    bus.stop()
    for arguments in [*ONCE, ["watch"], ["wait"]]:
        done = daemon.cli(*arguments, check=False)
        assert done.returncode == 69 and b"Cannot connect to the session bus" in done.stderr, arguments
    for arguments in (["waybar", "--format=plain"], ["status", "--watch"]):
        process = daemon.cli_process(*arguments)
        process.wait_for_line("offline" if arguments[0] == "waybar" else "cannot be asked, waiting")
        process.stop()


def test_no_permission(watched, bus):
    """Exit status 77, as on a system bus for who is not in the group."""
    configuration = bus.home / "bus.conf"
    text = configuration.read_text().replace(
        '<allow own="*"/>', '<allow own="*"/><deny send_destination="org.posthorn.Posthorn1"/>')
    configuration.write_text(text)
    bus.process.signal(signal.SIGHUP)
    wait_for(lambda: watched.cli("check", check=False).returncode == 77, "the new policy")
    for arguments in [*ONCE, ["watch"], ["wait"], ["run", "--since=0", "--", "true"]]:
        done = watched.cli(*arguments, check=False)
        assert done.returncode == 77 and b"only the group 'posthorn' may" in done.stderr, (arguments, done)


def test_restart_of_the_daemon(watched, client, server, user):
    """What goes on says once that the daemon is away and once that it is back, and shows what came meanwhile."""
    before = client.calls_of_others()
    waiting = watched.cli_process("wait", "--type=retired")
    wait_for(lambda: client.calls_of_others() > before, "its question from where on it waits")
    people = watched.cli_process("watch", "--since=0")
    server.deliver(message("Before"), user)
    people.wait_for_line("Before")
    for _ in range(2):
        watched.restart()
    server.deliver(message("After"), user)
    people.wait_for_line("After")
    server.flag(1, user=user)
    assert waiting.wait() == 0 and "seen" in waiting.output("out")[0]
    people.stop()
    for process in (people, waiting):
        said = process.output("err")
        assert said[:2] == ["posthorn: The daemon has ended, waiting for it to come back", "posthorn: The daemon is back"]
        assert said == said[:2] * 2
    assert len([line for line in people.output("out") if "  new  " in line]) == 2
