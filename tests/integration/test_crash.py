"""kill -9 between any two writes, and what is lost or doubled: nothing."""

import random
from shutil import copytree, rmtree

from harness.messages import message
from harness.posthorn import Daemon
from harness.wait import wait_for

# Every call by which something leaves the process or reaches the disk.
WRITES = "pwrite64,write,writev,fdatasync,fsync,unlink,rename,ftruncate,sendmsg,sendto"


def launch_to_die(daemon, count):
    """Starts the daemon; it is killed when it begins its count-th write."""
    daemon.launch(wrapper=["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={WRITES}",
                           "-e", f"inject={WRITES}:signal=SIGKILL:when={count}"],
                  ASAN_OPTIONS="detect_leaks=0")


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


def test_killed_between_any_two_writes(daemon, client, server, user):
    """The daemon is killed before its first, second, third ... write, with a new message waiting
    each time. After each the log holds what the next run finds there, and nothing twice."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    daemon.stop()
    subjects, survived = [], 0
    for count in range(1, 2000):
        subjects.append(f"Before write {count}")
        server.deliver(message(subjects[-1]), user)
        launch_to_die(daemon, count)
        wait_for(lambda: not daemon.process.is_running() or is_signalled(client, subjects[-1]),
                 lambda: f"its end or its signal:\n{daemon.log()}", look_every=0.05)
        survived = survived + 1 if daemon.process.is_running() else 0
        daemon.kill()
        if survived == 5:
            break
    assert survived == 5, "it never got through"
    assert len(subjects) > 15, "strace killed next to nothing"
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("The end"), user)
    client.wait_signal("NewMail", lambda signal: signal.arguments[2]["subject"] == "The end")
    signalled, logged = check_once(client, [*subjects, "The end"])
    assert signalled == logged, "stored, but never signalled"


def test_killed_during_the_first_run(daemon, client, server, user):
    """Half-made state is no trap for the next start, and no reason for a flood."""
    server.deliver_many([message("Old 1"), message("Old 2")], user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    for count in range(1, 2000):
        rmtree(daemon.state)
        daemon.state.mkdir()
        launch_to_die(daemon, count)
        wait_for(lambda: not daemon.process.is_running() or is_online(client),
                 lambda: f"its end or its success:\n{daemon.log()}", look_every=0.05)
        survived = daemon.process.is_running()
        daemon.kill()
        daemon.start()
        client.wait_account("work", State="online", Total=2)
        assert client.read_events() == [], f"killed before write {count}"
        daemon.kill()
        if survived:
            break
    assert count > 10, "strace killed next to nothing"


def is_online(client):
    account = client.account("work")
    return account and account["State"] == "online" and account["Total"] == 2


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


def is_retired(client, identity):
    return any(signal.arguments[2]["id"] == identity for signal in client.named("MailRetired"))


def test_killed_while_messages_are_retired(daemon, client, server, user):
    """Before each start one message is read or removed; the daemon is killed before its first, second,
    third ... write. Each is told of once, and what was signalled is what the log holds."""
    server.place([message("Before everything")], user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver_many([message(f"Number {number}") for number in range(90)], user)
    waiting = {mail["uid"]: mail["id"] for mail in client.wait_new_mail(90)}
    daemon.stop()
    fates, survived = {}, 0
    for count in range(1, 90):
        uid, identity = waiting.popitem()
        fates[identity] = "gone" if count % 2 else "seen"
        if count % 2:
            server.expunge(uid, user=user)
        else:
            server.flag(uid, user=user)
        launch_to_die(daemon, count)
        wait_for(lambda: not daemon.process.is_running() or is_retired(client, identity),
                 lambda: f"its end or its signal:\n{daemon.log()}", look_every=0.05)
        survived = survived + 1 if daemon.process.is_running() else 0
        daemon.kill()
        if survived == 3:
            break
    assert survived == 3, "it never got through"
    assert len(fates) > 10, "strace killed next to nothing"
    daemon.start()
    wait_for(lambda: client.retired() == fates, lambda: f"{fates}; the log holds {client.retired()}")
    wait_for(lambda: all(is_retired(client, identity) for identity in fates), "a signal for each")
    logged = {event["seq"]: event["id"] for event in client.read_events() if event["type"] == "retired"}
    signalled = {signal.arguments[0]: signal.arguments[2]["id"] for signal in client.named("MailRetired")}
    assert signalled == logged
    assert len(client.new_events()) == 90
