"""posthorn status --watch, waybar, list, mark-seen, pause, resume: what people and bars look at."""

import json
import os
import signal
import subprocess
import termios

import pytest
from gi.repository import GLib

from harness.client import MANAGER
from harness.messages import encoded_word, message
from harness.posthorn import program
from harness.terminal import Screen
from harness.wait import wait_for
from notify.standin import StandIn, interface


@pytest.fixture
def look(watched):
    terminals = []

    def start(*arguments, **more):
        terminals.append(Screen(watched, *arguments, **more))
        return terminals[-1]
    yield start
    for terminal in terminals:
        terminal.close()


def test_status_watch_redraws(watched, client, server, user, look):
    screen = look("status", "--watch")
    assert "online" in screen.wait_picture("work")[1]
    server.deliver(message("Hello"), user)
    screen.wait_picture("1 unseen message")
    watched.stop()
    screen.wait_picture("does not run, waiting")
    watched.start()
    screen.wait_picture("online")
    screen.type(b"xq")
    assert screen.wait_end() == 0
    # The other screen, and back from it, with its cursor and its long lines.
    assert screen.bytes.startswith(b"\x1b[?1049h") and screen.bytes.endswith(b"\x1b[?7h\x1b[?25h\x1b[?1049l")
    # Nothing is erased between two pictures.
    assert screen.bytes.count(b"\x1b[2J") == 1


def test_status_watch_has_the_size_of_its_terminal(watched, client, look):
    screen = look("status", "--watch")
    screen.wait_picture("1 account")
    screen.resize(3)
    assert len(screen.wait_picture("more lines")) == 3
    screen.resize(24)
    screen.wait_picture("1 account")


def test_narrow_terminal(watched, client, server, user, look):
    """Rows stay rows: what is too long is cut, what other verbs want to be told is not."""
    watched.write_account("work", Port=server.imap, Security="none", User=user, Name="A name that is far too long")
    watched.write_account("bad", Port=1, Security="none", User=user)
    watched.reload()
    client.wait_account("work", State="online")
    client.wait_account("bad", Reason="connect-failed")
    server.deliver(message("A subject that goes on and on and on for many words"), user)
    event, = client.wait_new_mail()
    screen = look("list", columns=72)
    assert screen.wait_end() == 0
    head, row = screen.text().splitlines()
    assert len(row) == 72 and row.startswith(f"{event['seq']}  ") and row.endswith("…")
    status = look("status", columns=60)
    assert status.wait_end() == 1
    assert all(len(line) <= 60 for line in status.text().splitlines()[:-1]), status.text()
    assert "A name tha" in status.text() and "…" in status.text()
    live = look("status", "--watch", columns=60)
    live.wait_picture("…")
    live.resize(24, 100)
    live.wait_picture("A name that is far too long (work)")
    assert "far too long" in watched.cli("status", check=False).stdout.decode()


@pytest.mark.parametrize("end", ["keys", "signal"])
def test_status_watch_gives_the_terminal_back(watched, client, look, end):
    screen = look("status", "--watch")
    screen.wait_picture("work")
    assert not termios.tcgetattr(screen.leader)[3] & termios.ECHO
    if end == "keys":
        screen.type(b"\x03")
    else:
        os.kill(screen.pid, signal.SIGTERM)
    assert screen.wait_end() == 0
    assert screen.bytes.endswith(b"\x1b[?1049l")
    kept = termios.ECHO | termios.ICANON
    assert termios.tcgetattr(screen.leader)[3] & kept == kept


def test_status_watch_without_a_terminal(watched, client, server, user):
    plain = watched.cli_process("status", "--watch")
    plain.wait_for_line("0 unseen messages")
    lines = watched.cli_process("status", "--watch", "--json")
    wait_for(lambda: lines.output("out"), "a line")
    server.deliver(message("Hello"), user)
    plain.wait_for_line("1 unseen message")
    wait_for(lambda: json.loads(lines.output("out")[-1])["Unseen"] == 1, "the count")
    watched.stop()
    plain.wait_for_line("does not run")
    wait_for(lambda: lines.output("out")[-1] == "null", "null")
    assert not [line for line in plain.output("out") if "\x1b" in line]
    assert lines.stop() == 0 and plain.stop() == 0


def test_waybar(watched, client, server, bus, user):
    """Through the end of the daemon and of the bus; no line twice."""
    bar = watched.cli_process("waybar", "work")
    polybar = watched.cli_process("waybar", "--format=polybar")
    nobody = watched.cli_process("waybar", "nobody")

    def wait_line(**keys):
        wait_for(lambda: bar.output("out") and keys.items() <= json.loads(bar.output("out")[-1]).items(),
                 lambda: f"{keys}: {bar.text()}")
    wait_line(text="0", alt="none", percentage=100)
    polybar.wait_for_line("0")
    nobody.wait_for_line("There is no such account")
    server.deliver(message("Hello"), user)
    wait_line(text="1", alt="unseen", tooltip="work: 1 unseen")
    watched.stop()
    wait_line(text="-", alt="offline")
    polybar.wait_for_line("%{F#")
    watched.start()
    wait_line(text="1", alt="unseen")
    client.close()
    bus.stop()
    wait_line(alt="offline")
    bus.start()
    wait_line(text="1", alt="unseen")
    assert "There is no such account" in nobody.output("out")[0]
    nobody.stop()
    for process in (bar, polybar):
        lines = process.output("out")
        assert all(one != other for one, other in zip(lines, lines[1:])), lines
        assert process.output("err") == []
        process.stop()


def test_waybar_without_a_daemon_and_a_reader(daemon, bus):
    reading, writing = os.pipe()
    bar = subprocess.Popen([program("posthorn"), "waybar", "--format=plain"], stdout=writing,
                           env=daemon.environment())
    os.close(writing)
    assert os.read(reading, 100) == b"offline\n"
    os.close(reading)
    try:
        wait_for(lambda: bar.poll() is not None, "the end of posthorn")
        assert bar.returncode == 0
    finally:
        bar.kill()
        bar.wait()


class Hasty(StandIn):
    """Tells of a change before it answers with what was, once."""

    def _on_call(self, bus, sender, path, interface_name, method, parameters, invocation):
        was = {"work": dict(self.properties["work"])}
        if method == "ListAccounts" and was["work"]["State"] == "connecting":
            self.account("work", State="online")
            self.properties = was
            super()._on_call(bus, sender, path, interface_name, method, parameters, invocation)
            self.properties = {"work": {"State": "online"}}
        else:
            super()._on_call(bus, sender, path, interface_name, method, parameters, invocation)

    def _on_get(self, _bus, _sender, _path, _interface, name):
        kind = interface(MANAGER).lookup_property(name).signature
        return GLib.Variant(kind, "" if kind == "s" else 0)


def test_change_behind_an_answer_is_shown(daemon, bus):
    """What came together with the answer is not waited for on the bus."""
    standin = Hasty(bus.address)
    standin.account("work", State="connecting")
    bar = daemon.cli_process("waybar")
    bar.wait_for_line('"alt":"none"')
    assert [json.loads(line)["alt"] for line in bar.output("out")] == ["degraded", "none"]
    bar.stop()
    standin.close()


def listed(watched, *arguments):
    lines = watched.cli("list", "--json", *arguments).stdout.decode("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_list_and_mark_seen(watched, client, server, user):
    assert watched.cli("list").stdout == b"No new messages\n"
    server.deliver_many([message(f"Number {number}") for number in range(4)], user)
    client.wait_new_mail(4)
    logged = client.new_events()
    assert listed(watched) == logged
    text = watched.cli("list").stdout.decode("utf-8").splitlines()
    assert [line.split()[0] for line in text] == ["NUMBER"] + [str(event["seq"]) for event in logged]
    assert "Number 3" in text[4] and "ada@example.test" in text[4] and " work " in text[4]
    server.flag(1, user=user)
    client.wait_retired({logged[0]["id"]: "seen"})
    assert [event["subject"] for event in listed(watched)] == ["Number 1", "Number 2", "Number 3"]
    # by number and by identity
    watched.cli("mark-seen", logged[1]["seq"], logged[2]["id"])
    assert [event["subject"] for event in listed(watched)] == ["Number 3"]
    done = watched.cli("mark-seen", logged[3]["seq"], "12345", check=False)
    assert done.returncode == 1 and b"12345" in done.stderr and len(listed(watched)) == 1
    watched.cli("mark-seen", "--all")
    assert listed(watched) == [] and server.unseen(user=user) == 0
    assert watched.cli("mark-seen", check=False).returncode == 2
    assert watched.cli("mark-seen", "--all", "1", check=False).returncode == 2


def test_mark_seen_filters(daemon, client, server, user):
    server.create("Work", user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=("INBOX", "Work"))
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("Inbox"), user)
    server.save(message("Work"), "Work", user)
    client.wait_new_mail(2)
    assert len(listed(daemon)) == 2 and len(listed(daemon, "--mailbox=Work")) == 1
    daemon.cli("mark-seen", "--all", "--mailbox=Work")
    assert [event["subject"] for event in listed(daemon)] == ["Inbox"]
    assert server.unseen("Work", user=user) == 0 and server.unseen(user=user) == 1


def test_mark_seen_where_it_cannot_be(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, ReadOnly="yes")
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("Hello"), user)
    client.wait_new_mail()
    done = daemon.cli("mark-seen", "--all", check=False)
    assert done.returncode == 1 and done.stderr
    assert server.unseen(user=user) == 1


def test_pause_and_resume(watched, client, server, user):
    watched.cli("pause", "work")
    client.wait_account("work", State="paused", RetryAt=0)
    server.deliver(message("Meanwhile"), user)
    watched.cli("resume", "work")
    assert client.wait_new_mail()[0]["subject"] == "Meanwhile"
    client.wait_account("work", State="online")
    watched.cli("pause", "--for=1h")
    account = client.wait_account("work", State="paused")
    assert account["RetryAt"] > client.account("work")["LastContact"]
    watched.cli("pause", "--until=2099-01-01", "work")
    wait_for(lambda: client.account("work")["RetryAt"] > 4e15, "the year 2099")
    assert b"in 2" in watched.cli("status", check=False).stdout
    watched.cli("resume")
    client.wait_account("work", State="online")
    for wrong in (["pause", "--for=1x"], ["pause", "--until=yesterday"], ["pause", "--until=2020-01-01"],
                  ["pause", "--for=1h", "--until=14:00"]):
        assert watched.cli(*wrong, check=False).returncode == 2
    for verb in ("pause", "resume"):
        done = watched.cli(verb, "nobody", check=False)
        assert done.returncode == 1 and b"nobody" in done.stderr


def test_watch_tells_what_is_retired_as_it_happens(watched, client, server, user):
    follower = watched.cli_process("watch", "--json", "--since=0")
    server.deliver(message("Hello"), user)
    follower.wait_for_line("Hello")
    server.flag(1, user=user)
    line = json.loads(follower.wait_for_line('"retired"'))
    assert line["reason"] == "seen" and line["seq"] == client.read_events()[-1]["seq"]
    follower.stop()


def test_color(watched, client, server, user, look):
    server.deliver(message("Hello"), user)
    client.wait_new_mail()
    for environment, has_color in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
                                   ({"TERM": "dumb"}, False)):
        screen = look("watch", "--no-follow", **environment)
        assert screen.wait_end() == 0
        assert (b"\x1b[" in screen.bytes) == has_color, environment
    for verb in (["watch", "--no-follow"], ["wait", "--since=0"], ["list"], ["status"]):
        assert b"\x1b" not in watched.cli(*verb).stdout
        assert b"\x1b[" in watched.cli(*verb, "--color=always").stdout, verb
        assert watched.cli(*verb, "--color=red", check=False).returncode == 2


HOSTILE = [
    "\x1b]0;owned\x07\x1b[31mred", "\x9b2J", "\u202etxt.exe", "line\r\nsecond\n", "nul\0nul", "\u2028\u2029\x85",
    '{"seq":1}\n', "\"\\'`$(x)", "\ufffe\uffff\ufdd0", "\U0001f4ef" * 50, "\x7f\x80\x9f", "%s%n%d", "</tooltip>&amp;<b>",
    "a" * 5000, "\ud7ff\ue000",
]


def test_d31_hostile_corpus_parses_with_jq(watched, client, server, user):
    """Subjects and senders of strangers: each event is one line and one object, for jq as for Python."""
    raw = [b"\xff\xfe raw \x80\xc0\xaf\xed\xa0\x80\xf5", b"=?utf-8?B?/////w==?=", b"=?utf-8?Q?=00=1B[2J=C2=9B?="]
    mails = [message(encoded_word(text, "utf-8"), sender=encoded_word(text[:40], "utf-8") + b" <evil@example.test>")
             for text in HOSTILE]
    mails += [message(subject, sender=subject + b" <evil@example.test>") for subject in raw]
    server.deliver_many(mails, user)
    client.wait_new_mail(len(mails))
    printed = watched.cli("watch", "--json", "--no-follow").stdout
    done = subprocess.run(["jq", "-c", "[.seq, .subject]"], input=printed, stdout=subprocess.PIPE, check=True)
    ours = [json.loads(line) for line in printed.decode("utf-8").split("\n")[:-1]]
    assert len(ours) == len(mails) == len(done.stdout.splitlines())
    assert [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]] == [
        [event["seq"], event["subject"]] for event in ours]
    assert ours == client.read_events()
    assert not set(printed) & (set(range(0x20)) - {0x0a} | {0x7f})
    for bad in ("\x85", "\x9b", "\u2028", "\u2029"):
        assert bad not in printed.decode("utf-8")
    # The other outputs of the same events; a terminal gets no order, a bar no markup.
    for verb in (["list"], ["watch", "--no-follow"]):
        text = watched.cli(*verb).stdout.decode("utf-8")
        assert not [c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c in "\u202e\u2028")]
        assert len(text.splitlines()) == len(mails) + (verb == ["list"])
    subprocess.run(["jq", "-e", "."], input=watched.cli("list", "--json").stdout, stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["jq", "-e", "."], input=watched.cli("status", "--json").stdout, stdout=subprocess.DEVNULL,
                   check=True)
