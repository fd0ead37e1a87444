"""kill -9 and other ends of the daemon or of its state, and what is lost or doubled: nothing. Deaths
while mail comes: test_crash_points.py."""

import random
from shutil import copytree, rmtree

from harness.messages import message
from harness.posthorn import Daemon
from harness.wait import wait_for


def check_once(client, subjects):
    """Each subject is exactly one event, in order, under a number that only grows, and what was
    signalled bears the same number and identity as in the log."""
    events = client.new_events()
    assert [event["subject"] for event in events] == subjects
    seqs = [event["seq"] for event in events]
    assert seqs == sorted(set(seqs))
    logged = {event["seq"]: (event["subject"], event["id"]) for event in events}
    signalled = set()
    for signal in client.named("NewMail"):
        seq, _, mail = signal.arguments
        assert logged[seq] == (mail["subject"], mail["id"])
        signalled.add(seq)
    return signalled, set(seqs)


def is_signalled(client, subject):
    return any(signal.arguments[2]["subject"] == subject for signal in client.named("NewMail"))


def test_killed_at_random_while_mail_comes(daemon, client, server, user):
    """Deliveries go on while the daemon dies and comes back; the places are drawn, the seed shown."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    subjects = []
    for _ in range(8):
        for _ in range(dice.randrange(1, 6)):
            subjects.append(f"Number {len(subjects)}")
            server.deliver(message(subjects[-1]), user)
        lines = len(daemon.process.lines) + dice.randrange(0, 25)
        wait_for(lambda: len(daemon.process.lines) >= lines or is_signalled(client, subjects[-1]), daemon.log)
        daemon.kill()
        daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("The end"), user)
    client.wait_signal("NewMail", lambda signal: signal.arguments[2]["subject"] == "The end")
    signalled, logged = check_once(client, [*subjects, "The end"])
    assert signalled == logged


def test_power_cut_image_of_the_state(watched, client, server, user, directory):
    """The state files as they are at any moment are a good beginning: copied under a running
    daemon, opened by another one, they hold every event that was signalled."""
    server.deliver_many([message(f"Number {number}") for number in range(10)], user)
    client.wait_new_mail(10)
    seqs = [signal.arguments[0] for signal in client.named("NewMail")]
    copytree(watched.state, directory / "image")
    watched.kill()
    rmtree(watched.state)
    (directory / "image").rename(watched.state)
    watched.start()
    client.wait_account("work", State="online")
    assert [event["seq"] for event in client.new_events()] == seqs


def test_second_daemon_on_the_same_state_is_refused(watched, client):
    second = Daemon(watched.home, watched.address)
    second.starts = 100
    second.launch()
    assert second.process.wait() != 0
    assert "READY=1" not in second.notify.messages
    assert str(watched.state) in second.log() or "already" in second.log()
    second.kill()
    assert client.account("work")["State"] == "online"
