"""posthorn --system as users of a machine have it: each verb shows what the user may see of the accounts, and says
what he may not do."""

import json

from harness.wait import wait_for


def objects(done):
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def test_each_sees_his_own(machine):
    for account in ("desk", "hall", "vault"):
        machine.deliver(account, f"To {account}")
    for user, account in (("ada", "desk"), ("bob", "hall")):
        status, = objects(machine.cli(user, "status", "--json"))
        assert [row["Id"] for row in status["accounts"]] == [account] and status["Unseen"] == 1
        for verb in (["list", "--json"], ["watch", "--json", "--since=0", "--no-follow"], ["wait", "--json", "--since=0"]):
            event, = objects(machine.cli(user, *verb))
            assert event["subject"] == f"To {account}", verb
        done = machine.cli(user, "run", "--cursor=test", "--since=0", "--no-follow", "--", "sh", "-c",
                           'echo "$POSTHORN_SUBJECT"')
        assert done.stdout == f"To {account}\n".encode() and done.returncode == 0, done
        assert machine.cli(user, "check", account).returncode == 0
        for other in {"desk", "hall", "vault", "nowhere"} - {account}:
            for verb in ("check", "status"):
                done = machine.cli(user, verb, other)
                assert done.returncode == 1 and f"account '{other}'".encode() in done.stderr, done
        assert machine.cli(user, "mark-seen", "--all").returncode == 0
        assert machine.server.unseen(user=machine.users[account]) == 0
        for verb in (["pause", account], ["resume"], ["metrics"]):
            done = machine.cli(user, *verb)
            assert done.returncode == 77 and b"does not allow this to you" in done.stderr, done
    assert machine.server.unseen(user=machine.users["vault"]) == 1


def test_outsider(machine):
    for verb in (["status"], ["list"], ["watch"], ["wait"], ["check"], ["pause"], ["run", "--since=0", "--", "true"]):
        done = machine.cli("eve", *verb)
        assert done.returncode == 77 and done.stdout == b"", (verb, done)
        assert b"only the group 'posthorn' may" in done.stderr, (verb, done)
    view = machine.cli_process("eve", "status", "--watch")
    bar = machine.cli_process("eve", "waybar", "--format=plain")
    view.wait_for_line("cannot be asked, waiting for it: ")
    bar.wait_for_line("offline")
    assert view.stop() == 0
    bar.stop()


def test_what_goes_on_outlives_the_daemon(machine):
    """A new daemon knows no subscribers: each subscribes again, and reads what it missed."""
    machine.deliver("desk", "Before")
    machine.deliver("hall", "Not for ada")
    ada = machine.cli_process("ada", "watch", "--json", "--since=0")
    bob = machine.cli_process("bob", "watch", "--json", "--since=0")
    bar = machine.cli_process("ada", "waybar", "--format=plain")
    ada.wait_for_line("Before")
    bob.wait_for_line("Not for ada")
    bar.wait_for_line("1 unseen")
    machine.daemon.stop()
    bar.wait_for_line("offline")
    machine.daemon.start()
    machine.root = machine.subscriber("posthorn")
    for subject in ("After", "Later"):
        machine.deliver("hall", "Not for ada")
        machine.deliver("desk", subject)
        ada.wait_for_line(subject)
    wait_for(lambda: len(bob.output("out")) == 3, lambda: f"three lines of {bob.text()}")
    bar.wait_for_line("3 unseen")
    assert [json.loads(line)["subject"] for line in ada.output("out")] == ["Before", "After", "Later"]
    for process in (ada, bob, bar):
        process.stop()
