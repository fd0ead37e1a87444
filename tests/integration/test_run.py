"""posthorn run: a program once for each message, whatever is stopped, restarted or killed meanwhile."""

import json
import os
import pathlib
import signal
import stat
import subprocess

import pytest

from harness.messages import encoded_word, message
from harness.posthorn import program
from harness.state_file import forget_events
from harness.wait import wait_for


class Script:
    """A program that writes down what it was told: environment, input, and its number."""

    def __init__(self, directory):
        self.home = pathlib.Path(directory) / "script"
        self.home.mkdir()
        self.path = self.home / "script"

    def write(self, *lines):
        """`lines` of shell behind the notes; `$n` is the number of the call."""
        self.path.write_text("\n".join([
            "#!/bin/sh", f"cd {self.home}", "n=$(mktemp call.XXXXXX)", 'env -0 > "env.$n"', 'cat > "$n"',
            # What was written is seen as a whole.
            'printf "%s %s\\n" "$n" "$POSTHORN_SEQ" >> calls',
            *lines]) + "\n", encoding="utf-8")
        self.path.chmod(0o755)
        return self

    def names(self):
        try:
            return [line.split()[0] for line in (self.home / "calls").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def inputs(self):
        """The JSON objects of each call, in the order of the calls."""
        return [[json.loads(line) for line in (self.home / name).read_text(encoding="utf-8").splitlines()]
                for name in self.names()]

    def subjects(self):
        return [event["subject"] for events in self.inputs() for event in events]

    def environments(self):
        return [dict(item.split("=", 1) for item in
                     (self.home / f"env.{name}").read_bytes().decode("utf-8").split("\0") if item)
                for name in self.names()]

    def last_seq(self):
        """What the last call was for."""
        return int(self.environments()[-1]["POSTHORN_SEQ"])

    def wait_calls(self, count):
        wait_for(lambda: len(self.names()) >= count, lambda: f"{count} calls: {self.subjects()}", look_every=0.05)

    def flag(self, name):
        return self.home / name


@pytest.fixture
def script(directory):
    return Script(directory).write()


def cursor_of(daemon, name="test"):
    path = daemon.home / ".local/state/posthorn/cursors" / name
    try:
        return [int(line) for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return None


def start(watched, script, *options):
    """A `run` whose cursor is on the disk: what comes from now on is its business."""
    runner = watched.cli_process("run", "--cursor=test", *options, "--", script.path, "an argument")
    wait_for(lambda: cursor_of(watched) is not None, lambda: f"a cursor: {runner.text()}", look_every=0.05)
    return runner


def last_seq(client):
    return client.read_events()[-1]["seq"]


def wait_cursor(watched, *numbers):
    wait_for(lambda: cursor_of(watched) == list(numbers), lambda: f"{numbers}, but {cursor_of(watched)}",
             look_every=0.05)


def wait_gone(pid):
    """Until there is no such process, or nobody has asked yet how it ended."""
    def is_gone():
        try:
            return " Z " in pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return True
    wait_for(is_gone, f"the end of process {pid}", look_every=0.05)


def test_once_for_each_message(watched, client, server, user, script):
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    runner = start(watched, script)
    server.deliver(message(encoded_word("Живая $(touch x)", "utf-8")), user)
    server.deliver(message("Second"), user)
    script.wait_calls(2)
    wait_cursor(watched, last_seq(client))
    logged = client.new_events()[1:]
    assert script.inputs() == [[event] for event in logged]
    first = script.environments()[0]
    assert first["POSTHORN_SUBJECT"] == "Живая $(touch x)" and first["POSTHORN_TYPE"] == "new"
    for key in ("seq", "account", "mailbox", "id", "uid", "from_address"):
        assert first["POSTHORN_" + key.upper()] == str(logged[0][key]), key
    assert first["POSTHORN_COUNT"] == "1"
    assert not script.flag("x").exists()
    assert runner.stop() == 0
    assert runner.output("err") == []


def test_what_came_while_it_was_down(watched, client, server, user, script):
    runner = start(watched, script)
    assert runner.stop() == 0
    server.deliver_many([message(f"Number {number}") for number in range(3)], user)
    client.wait_new_mail(3)
    done = watched.cli("run", "--cursor=test", "--no-follow", "--", script.path)
    assert script.subjects() == ["Number 0", "Number 1", "Number 2"] and done.stderr == b""
    assert cursor_of(watched) == [last_seq(client)]
    watched.cli("run", "--cursor=test", "--no-follow", "--since=0", "--", script.path)
    assert len(script.names()) == 3  # a cursor that is there goes before --since


def test_since_for_the_first_time(watched, client, server, user, script):
    server.deliver(message("Old"), user)
    client.wait_new_mail()
    watched.cli("run", "--cursor=new", "--no-follow", "--", script.path)
    assert script.names() == []
    watched.cli("run", "--cursor=old", "--no-follow", "--since=0", "--", script.path)
    assert script.subjects() == ["Old"]


def test_restarts_of_all_around_it(watched, client, server, bus, user, script):
    """The daemon, the bus, and `run` itself by kill -9; every message once."""
    runner = start(watched, script)
    server.deliver(message("First"), user)
    script.wait_calls(1)
    watched.stop()
    server.deliver(message("Without a daemon"), user)
    watched.start()
    script.wait_calls(2)
    client.close()
    bus.stop()
    runner.wait_for_line("The bus is gone")
    server.deliver(message("Without a bus"), user)
    bus.start()
    script.wait_calls(3)
    wait_cursor(watched, script.last_seq())
    runner.kill()
    server.deliver(message("Without a runner"), user)
    runner = start(watched, script)
    script.wait_calls(4)
    wait_cursor(watched, script.last_seq())
    runner.kill()
    watched.stop()
    runner = watched.cli_process("run", "--cursor=test", "--", script.path)
    runner.wait_for_line("does not run, waiting")
    server.deliver(message("Last"), user)
    watched.start()
    script.wait_calls(5)
    assert script.subjects() == ["First", "Without a daemon", "Without a bus", "Without a runner", "Last"]
    assert runner.stop() == 0


def test_d32_killed_between_event_and_cursor(watched, client, server, user, script):
    """The program has done its work, and `run` dies before it knows: the same event, the same number."""
    script.write('[ -e done ] || { : > done; kill -9 "$PPID"; exec sleep 600; }')
    runner = start(watched, script)
    server.deliver(message("Once or twice"), user)
    assert runner.wait() == -signal.SIGKILL
    server.deliver(message("Next"), user)
    client.wait_new_mail(2)
    watched.cli("run", "--cursor=test", "--no-follow", "--", script.path)
    assert script.subjects() == ["Once or twice", "Once or twice", "Next"]
    first, again, _ = script.inputs()
    assert first == again and first[0]["seq"] == client.read_events()[0]["seq"]


def test_orphan_does_not_outlive_it(watched, client, server, user, script):
    script.write("echo $$ > pid", "exec sleep 600")
    runner = start(watched, script)
    server.deliver(message("Long"), user)
    wait_for(lambda: script.flag("pid").exists() and script.flag("pid").read_text().strip(), "the program",
             look_every=0.05)
    pid = int(script.flag("pid").read_text())
    os.kill(runner.pid, signal.SIGKILL)
    wait_gone(pid)


def test_failure_is_tried_again(watched, client, server, user, script):
    script.write('[ "$POSTHORN_ATTEMPT" = 2 ]')
    runner = start(watched, script)
    server.deliver(message("Stubborn"), user)
    runner.wait_for_line("exit code 1; will be tried again")
    script.wait_calls(2)
    wait_cursor(watched, last_seq(client))
    assert script.subjects() == ["Stubborn", "Stubborn"]
    assert runner.stop() == 0


def test_failure_for_ever_ends_it(watched, client, server, user, script):
    script.write('[ "$POSTHORN_SUBJECT" != Bad ]')
    runner = start(watched, script, "--retries=0")
    server.deliver_many([message(subject) for subject in ("Good", "Bad", "After")], user)
    assert runner.wait() == 3
    seqs = [event["seq"] for event in client.new_events()]
    runner.wait_for_line(f"Event {seqs[1]} of work/INBOX: exit code 1; given up, it stays to be done")
    assert cursor_of(watched) == [seqs[1] - 1]
    assert script.subjects() == ["Good", "Bad"]
    done = watched.cli("run", "--cursor=test", "--no-follow", "--retries=0", "--skip-failed", "--", script.path)
    assert script.subjects() == ["Good", "Bad", "Bad", "After"]
    assert f"Event {seqs[1]} of" in done.stderr.decode() and b"going on behind it" in done.stderr
    assert cursor_of(watched) == [seqs[2]]


def test_time_that_is_over(watched, client, server, user, script):
    """What does not end is ended, and so is what it started."""
    script.write("sleep 600 &", "echo $! > pid", "wait")
    runner = start(watched, script, "--timeout=4s", "--retries=0")
    server.deliver(message("Endless"), user)
    assert runner.wait() == 3
    runner.wait_for_line("its time was over")
    wait_gone(int(script.flag("pid").read_text()))


def test_no_such_program(watched, client, server, user):
    server.deliver(message("Any"), user)
    client.wait_new_mail()
    for command in ("/nonexistent/program", "/etc/passwd"):
        done = watched.cli("run", "--since=0", "--no-follow", "--", command, check=False)
        assert done.returncode == 127 and command.encode() in done.stderr


def test_burst(watched, client, server, user, script):
    server.deliver_many([message(f"Number {number}") for number in range(3)], user)
    client.wait_new_mail(3)
    done = watched.cli("run", "--cursor=test", "--since=0", "--no-follow", "--debounce=1h", "--", script.path)
    assert script.inputs() == [client.new_events()] and done.stderr == b""
    only = script.environments()[0]
    assert only["POSTHORN_COUNT"] == "3" and only["POSTHORN_ACCOUNT"] == "work"
    assert only["POSTHORN_SEQ"] == str(last_seq(client)) and "POSTHORN_SUBJECT" not in only
    assert cursor_of(watched) == [last_seq(client)]


def test_burst_that_is_waited_for(watched, client, server, user, script):
    runner = start(watched, script, "--debounce=1h", "--max-delay=1500ms")
    server.deliver_many([message(f"Number {number}") for number in range(3)], user)
    client.wait_new_mail(3)
    wait_cursor(watched, last_seq(client))
    assert script.subjects() == ["Number 0", "Number 1", "Number 2"]
    assert runner.stop() == 0


@pytest.fixture
def two(daemon, client, server, user, proxy):
    """Two mailboxes."""
    server.create("Work", user)
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, mailboxes=("INBOX", "Work"))
    daemon.start()
    client.wait_account("work", State="online")
    return daemon


def test_jobs_over_mailboxes(two, client, server, user, script):
    """INBOX is stuck; the other one goes on, and what is done there is not done again after kill -9."""
    script.write('[ "$POSTHORN_MAILBOX" != INBOX ] || [ -e free ] || exec sleep 600')
    runner = start(two, script, "--jobs=2")
    server.deliver(message("Stuck"), user)
    script.wait_calls(1)
    for number in range(3):
        server.save(message(f"Number {number}"), "Work", user)
    script.wait_calls(4)
    seqs = [event["seq"] for event in client.new_events()]
    wait_cursor(two, seqs[0] - 1, *seqs[1:])
    runner.kill()
    script.flag("free").touch()
    server.save(message("Last"), "Work", user)
    client.wait_new_mail(5)
    two.cli("run", "--cursor=test", "--no-follow", "--jobs=2", "--", script.path)
    assert sorted(script.subjects()) == sorted(
        ["Stuck", "Number 0", "Number 1", "Number 2", "Stuck", "Last"])
    assert cursor_of(two) == [last_seq(client)]


def test_one_at_a_time_in_a_mailbox(two, client, server, user, script):
    """--jobs is over mailboxes: in one of them the order stays, and nothing overlaps."""
    script.write('mkdir "in.$POSTHORN_MAILBOX" || touch overlap', 'rmdir "in.$POSTHORN_MAILBOX"')
    server.deliver_many([message(f"Number {number}") for number in range(6)], user)
    client.wait_new_mail(6)
    two.cli("run", "--since=0", "--no-follow", "--jobs=4", "--", script.path)
    assert script.subjects() == [f"Number {number}" for number in range(6)]
    assert not script.flag("overlap").exists()


def test_filters(two, client, server, user, script):
    """What is not wanted moves the cursor too."""
    server.deliver(message("Inbox"), user)
    server.save(message("Work"), "Work", user)
    client.wait_new_mail(2)
    two.cli("run", "--cursor=test", "--since=0", "--no-follow", "--mailbox=Work", "--", script.path)
    assert script.subjects() == ["Work"]
    assert cursor_of(two) == [last_seq(client)]
    two.cli("run", "--since=0", "--no-follow", "--type=retired", "--", script.path)
    two.cli("run", "--since=0", "--no-follow", "--account=home", "--", script.path)
    assert script.subjects() == ["Work"]


def test_ends_when_told(watched, client, server, user, script):
    """What runs comes to its end, and what waits stays to be done."""
    script.write("touch running", "until [ -e go ]; do sleep 0.05; done")
    runner = start(watched, script)
    server.deliver_many([message("One"), message("Two")], user)
    client.wait_new_mail(2)
    wait_for(lambda: script.flag("running").exists(), "the program", look_every=0.05)
    # It takes the signal before it looks for the program's end.
    runner.signal(signal.SIGTERM)
    script.flag("go").touch()
    assert runner.wait() == 0
    seqs = [event["seq"] for event in client.new_events()]
    assert script.subjects() == ["One"] and cursor_of(watched) == [seqs[1] - 1]


def test_second_order_to_end_does_not_wait(watched, client, server, user, script):
    script.write("touch running", "exec sleep 600")
    runner = start(watched, script)
    before = cursor_of(watched)
    server.deliver(message("Long"), user)
    wait_for(lambda: script.flag("running").exists(), "the program", look_every=0.05)
    runner.signal(signal.SIGINT)
    runner.signal(signal.SIGTERM)
    assert runner.wait() == 0
    runner.wait_for_line("its time was over; it stays to be done")
    assert cursor_of(watched)[0] < last_seq(client) and cursor_of(watched) >= before


def test_two_of_one_name(watched, client, script):
    runner = start(watched, script)
    done = watched.cli("run", "--cursor=test", "--", script.path, check=False)
    assert done.returncode == 75 and b"'test'" in done.stderr
    other = watched.cli("run", "--cursor=other", "--no-follow", "--", script.path)
    assert other.returncode == 0
    assert runner.stop() == 0


def test_events_that_are_lost(watched, client, server, user, script):
    """Retention was faster than the script: it is said, and the rest is done, or nothing."""
    watched.cli("run", "--cursor=test", "--no-follow", "--", script.path)
    server.deliver(message("Known"), user)
    client.wait_new_mail()
    watched.cli("run", "--cursor=test", "--no-follow", "--", script.path)
    server.deliver_many([message("Lost"), message("Left")], user)
    client.wait_new_mail(3)
    seqs = [event["seq"] for event in client.new_events()]
    watched.stop()
    forget_events(watched, seqs[1])
    watched.start()
    arguments = ("run", "--cursor=test", "--no-follow")
    done = watched.cli(*arguments, "--on-gap=stop", "--", script.path, check=False)
    assert done.returncode == 65 and f"after {seqs[0]} " in done.stderr.decode()
    assert script.subjects() == ["Known"] and cursor_of(watched) == [seqs[0]]
    done = watched.cli(*arguments, "--", script.path)
    assert f"after {seqs[0]} " in done.stderr.decode()
    assert script.subjects() == ["Known", "Left"]
    assert watched.cli(*arguments, "--on-gap=stop", "--", script.path).stderr == b""


def test_cursor_that_cannot_be_kept(watched, client, server, user, script):
    folder = watched.home / ".local/state/posthorn/cursors"
    watched.cli("run", "--cursor=test", "--no-follow", "--", script.path)
    (folder / "test").write_text("no number\n")
    done = watched.cli("run", "--cursor=test", "--no-follow", "--", script.path, check=False)
    assert done.returncode == 65 and b"damaged" in done.stderr
    (folder / "test").unlink()
    (folder / "test~new").mkdir()  # where the next one is written first
    server.deliver(message("Any"), user)
    client.wait_new_mail()
    done = watched.cli("run", "--cursor=test", "--since=0", "--no-follow", "--", script.path, check=False)
    assert done.returncode == 74 and b"cannot be written" in done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_environment_is_the_scripts_own(watched, client, server, user, script):
    server.deliver(message("Any"), user)
    client.wait_new_mail()
    environment = {**watched.environment(), "NOTIFY_SOCKET": "/nonexistent", "WATCHDOG_USEC": "1000000",
                   "WATCHDOG_PID": "1", "LISTEN_FDS": "1", "LISTEN_PID": "1", "POSTHORN_SUBJECT": "Outer",
                   "MINE": "kept"}
    script.write("echo said", "echo complained >&2", "ls -l /proc/self/fd | wc -l > descriptors",
                 "ps -o sigmask=,ignored= -p $$ > signals")
    done = subprocess.run([program("posthorn"), "run", "--since=0", "--no-follow", "--", script.path],
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    assert done.stdout == b"said\n" and done.stderr == b"complained\n"
    told = script.environments()[0]
    assert told["MINE"] == "kept" and told["POSTHORN_SUBJECT"] == "Any"
    assert not [name for name in told if name.startswith(("NOTIFY_", "WATCHDOG_", "LISTEN_"))]
    # input, output, errors, and the folder that ls reads; a line of ls for the sum
    assert script.flag("descriptors").read_text().strip() == "5"
    blocked, ignored = (int(mask, 16) for mask in script.flag("signals").read_text().split())
    assert blocked == 0 and not ignored & 1 << (signal.SIGPIPE - 1)


def test_program_that_does_not_read(watched, client, server, user):
    """More input than a pipe holds, and nobody who takes it."""
    subject = "x" * 500
    server.deliver_many([message(subject,) for _ in range(200)], user)
    client.wait_new_mail(200)
    watched.cli("run", "--since=0", "--no-follow", "--debounce=1h", "--", "sh", "-c", "exec 0<&-; exit 0")


def test_wait(watched, client, server, user):
    assert watched.cli("wait", "--timeout=100ms", check=False).returncode == 124
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    done = watched.cli("wait", "--since=0", "--json")
    assert json.loads(done.stdout) == client.read_events()[0]
    waiting = watched.cli_process("wait", "--timeout=1min", "--since", last_seq(client))
    server.deliver(message("Awaited"), user)
    assert waiting.wait() == 0
    assert len(waiting.output("out")) == 1 and "Awaited" in waiting.output("out")[0]
    watched.stop()
    assert watched.cli("wait", check=False).returncode == 69
