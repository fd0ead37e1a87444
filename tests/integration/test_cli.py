"""posthorn, the command line client, as people and scripts use it."""

import json

from harness.messages import encoded_word, message
from harness.terminal import Screen
from harness.wait import wait_for


def lines_of(done):
    return done.stdout.decode("utf-8").splitlines()


def test_status(watched, client, user):
    done = watched.cli("status")
    text = done.stdout.decode("utf-8")
    assert "work" in text and "online" in text


def test_status_json_bears_the_names_of_the_contract(watched, client, user):
    status = json.loads(watched.cli("status", "--json").stdout)
    account = status["accounts"][0]
    assert account == client.account("work")
    for name, value in client.properties().items():
        assert status[name] == value, name


def test_status_tells_a_failure_by_its_exit_code(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, password="wrong")
    daemon.start()
    client.wait_account("work", Reason="auth-failed")
    done = daemon.cli("status", check=False)
    assert done.returncode == 1
    assert "failed" in done.stdout.decode("utf-8")


def test_status_of_an_account_has_its_mailboxes(daemon, client, server, user):
    server.create("Work", user)
    for account in ("work", "home"):
        daemon.write_account(account, Port=server.imap, Security="none", User=user, mailboxes=("INBOX", "Work"))
    daemon.write_account("lost", Port=server.imap, Security="none", User=user, mailboxes=("INBOX", "Nowhere"))
    daemon.start()
    for account in ("work", "home"):
        client.wait_account(account, State="online")
    client.wait_account("lost", State="degraded")
    server.save(message("Hello"), "Work", user)
    client.wait_account("work", Unseen=1)
    text = lines_of(daemon.cli("status", "work"))
    assert "home" not in "".join(text) and text[-1] == "1 account: 1 online; 1 unseen message"
    assert [line.split() for line in text[3:6]] == [
        ["MAILBOX", "WATCHED", "UNSEEN", "TOTAL", "USE"], ["INBOX", "yes", "0", "0", "-"], ["Work", "yes", "1", "1", "-"]]
    done = daemon.cli("status", "work", "lost", check=False)
    assert done.returncode == 1 and "lost/Nowhere  gone" in done.stdout.decode()
    told = json.loads(daemon.cli("status", "work", "home", "--json").stdout)["accounts"]
    assert sorted(account["Id"] for account in told) == ["home", "work"]
    assert all([box["name"] for box in account["Mailboxes"]] == ["INBOX", "Work"] for account in told)
    assert lines_of(daemon.cli("--print-completion=mailboxes")) == ["INBOX", "Nowhere", "Work"]
    done = daemon.cli("status", "work", "nobody", check=False)
    assert done.returncode == 1 and done.stdout == b"" and b"no account 'nobody'" in done.stderr
    view = daemon.cli_process("status", "--watch", "work", "nobody")
    view.wait_for_line("There is no account 'nobody'")
    server.save(message("Another"), "Work", user)
    view.wait_for_line("2 unseen messages")
    assert view.stop() == 0


def test_without_a_daemon(daemon):
    done = daemon.cli("status", check=False)
    assert done.returncode == 69
    assert done.stdout == b"" and done.stderr


def test_without_a_bus(daemon, bus):
    bus.stop()
    assert daemon.cli("status", check=False).returncode == 69


def test_watch_follows(watched, client, server, user):
    before = client.calls_of_others()
    follower = watched.cli_process("watch", "--json")
    wait_for(lambda: client.calls_of_others() > before, "its question from where on it follows")
    server.deliver(message(encoded_word("Живая", "koi8-r")), user)
    client.wait_new_mail()
    follower.wait_for_line('"subject"')
    event = json.loads(follower.output("out")[0])
    assert event["type"] == "new"
    assert event["subject"] == "Живая"
    assert event["account"] == "work"
    assert event["seq"] == client.named("NewMail")[0].arguments[0]
    assert follower.stop() == -15


def test_watch_since_prints_the_log_and_ends(watched, client, server, user):
    server.deliver_many([message(f"Number {number}") for number in range(3)], user)
    client.wait_new_mail(3)
    events = [json.loads(line) for line in lines_of(watched.cli("watch", "--json", "--since", "0", "--no-follow"))]
    assert [event["subject"] for event in events] == ["Number 0", "Number 1", "Number 2"]
    logged = client.read_events()
    assert events == logged
    rest = watched.cli("watch", "--json", "--since", str(events[0]["seq"]), "--no-follow")
    assert [json.loads(line)["subject"] for line in lines_of(rest)] == ["Number 1", "Number 2"]
    none = watched.cli("watch", "--json", "--since", str(events[-1]["seq"]), "--no-follow")
    assert none.stdout == b""


def test_watch_since_goes_over_into_following(watched, client, server, user):
    """What was in the log and what comes now are one stream without a gap or a repeat."""
    server.deliver(message("From the log"), user)
    client.wait_new_mail()
    follower = watched.cli_process("watch", "--json", "--since", "0")
    follower.wait_for_line("From the log")
    server.deliver(message("Live"), user)
    follower.wait_for_line("Live")
    assert [json.loads(line)["subject"] for line in follower.output("out")] == ["From the log", "Live"]
    follower.stop()


def test_watch_survives_a_restart_of_the_daemon(watched, client, server, user):
    follower = watched.cli_process("watch", "--json", "--since", "0")
    server.deliver(message("First"), user)
    follower.wait_for_line("First")
    watched.stop()
    server.deliver(message("While stopped"), user)
    watched.start()
    follower.wait_for_line("While stopped")
    assert [json.loads(line)["subject"] for line in follower.output("out")] == ["First", "While stopped"]
    follower.stop()


def test_check_looks_now(watched, client, proxy):
    mark = proxy.mark()
    watched.cli("check", "work")
    wait_for(lambda: proxy.since(mark, "C"), "a word to the server")
    assert watched.cli("check").returncode == 0


def test_check_of_an_unknown_account(watched):
    done = watched.cli("check", "nobody", check=False)
    assert done.returncode == 1
    assert b"nobody" in done.stderr


def test_hostile_subject_on_a_terminal(watched, client, server, user):
    """What a mail says reaches the terminal as text: no escape sequence, no control byte, no
    reversed writing."""
    hostile = "\x1b]0;owned\x07\x1b[31mred\x1b[0m \x9b2J \u202etxt.exe \r\n over"
    server.deliver(message(encoded_word(hostile, "utf-8"), sender=encoded_word("\x1b[2J", "utf-8")
                           + b" <evil@example.test>"), user)
    client.wait_new_mail()
    screen = Screen(watched, "watch", "--since", "0", "--no-follow")
    assert screen.wait_end() == 0
    raw, shown = screen.bytes.decode("utf-8"), screen.text()
    screen.close()
    assert "evil@example.test" in shown and "red" in shown and "txt.exe" in shown
    for evil in ("\x1b", "\x07", "\x9b", "\u202e", "owned\x07"):
        assert evil not in shown, repr(raw)
    assert shown.count("\n") == 1 and "\r" not in shown, repr(raw)


def test_help_and_version(daemon):
    assert b"watch" in daemon.cli("--help").stdout
    assert daemon.cli("--version").stdout.startswith(b"posthorn ")
    assert daemon.cli("stauts", check=False).returncode == 2
