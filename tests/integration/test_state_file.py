"""The state file on a disk that is full, broken or read-only; one that is damaged, too new, or somebody
else's: the account says so, nothing is lost, nothing is told twice, and it goes on by itself."""

import errno
import os

import pytest
from harness.bus import Bus
from harness.client import MANAGER, ROOT, Client
from harness.fault import Disk
from harness.messages import message
from harness.posthorn import Daemon
from harness.small_disk import SmallDisk
from harness.state_file import edit


def subjects(client):
    return [event["subject"] for event in client.new_events()]


def signalled(client):
    return [signal.arguments[2]["subject"] for signal in client.named("NewMail")]


def check_told(client, expected):
    """Each once, stored as it was signalled, in the order of the mailbox: which of those that were delivered
    together comes first there is the server's choice."""
    events = client.new_events()
    assert sorted(event["subject"] for event in events) == sorted(expected)
    assert signalled(client) == [event["subject"] for event in events]
    uids = [event.get("uid", 0) for event in events]
    assert uids == sorted(uids)


@pytest.fixture
def small_disk(daemon):
    """Room for the file and a few commits."""
    disk = SmallDisk(daemon, "300k")
    yield disk
    daemon.stop()
    disk.close()


def check_silence(client, account, problem):
    """The reason and the next attempt; nothing is told that is not stored."""
    assert account["ReasonText"] == f"The state file cannot be written: {os.strerror(problem)}"
    assert account["RetryAt"] > 0
    assert signalled(client) == subjects(client) == ["Before"]


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_disk_fails_and_recovers(daemon, client, server, user, protocol, problem):
    """While the daemon runs: no restart is needed, and nobody has to ask."""
    disk = Disk(daemon)
    daemon.write_account("work", Protocol=protocol, Port=getattr(server, protocol), Security="none", User=user)
    disk.start()
    client.wait_account("work", State="online")
    server.deliver(message("Before"), user)
    client.manager("CheckNow", "(as)", [])
    client.wait_new_mail()
    disk.fail(problem)
    server.deliver_many([message(f"Meanwhile {number}", body="x" * number) for number in range(3)], user)
    client.manager("CheckNow", "(as)", [])
    account = client.wait_account("work", Reason="store-failed", State="failed")
    check_silence(client, account, problem)
    disk.recover()
    client.wait_new_mail(4, deadline=90)
    client.wait_account("work", State="online", Reason="", Total=4)
    check_told(client, ["Before", *(f"Meanwhile {number}" for number in range(3))])


def test_full_disk(daemon, client, server, user, small_disk):
    """A real one, which fills up under the daemon, and has space again."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    small_disk.start()
    client.wait_account("work", State="online")
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    small_disk.fill()
    expected = ["Before"]
    while client.account("work")["Reason"] != "store-failed":
        expected.append(f"Number {len(expected)}")
        server.deliver(message(expected[-1]), user)
        if client.account("work")["State"] == "online":
            client.manager("CheckNow", "(as)", [])
        assert len(expected) < 500
    account = client.wait_account("work", Reason="store-failed", State="failed")
    assert account["ReasonText"].endswith(os.strerror(errno.ENOSPC))
    assert signalled(client) == subjects(client)
    small_disk.free()
    client.wait_new_mail(len(expected), deadline=90)
    check_told(client, expected)


def refusal(daemon):
    """What a daemon says that cannot start, and its status."""
    status = daemon.process.wait()
    log = daemon.log()
    daemon.kill()
    assert status == 1, log
    assert "READY=1" not in log
    return log


def test_start_on_a_full_disk(daemon, client, server, user, small_disk):
    """Without a file it cannot begin; nothing half-made is left, and the next start is a first one."""
    server.place([message("Old")], user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    small_disk.fill()
    small_disk.launch()
    log = refusal(daemon)
    assert f"{daemon.state}/posthorn.db: {os.strerror(errno.ENOSPC)}" in log
    assert {path.name for path in small_disk.path.iterdir()} <= {"filler", "posthorn.db.lock"}
    small_disk.free()
    small_disk.start()
    client.wait_account("work", State="online", Total=1)
    assert subjects(client) == []


def test_start_on_a_read_only_disk(daemon, client, server, user, small_disk):
    """What came while it could not start is told when it can."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    small_disk.start()
    client.wait_account("work", State="online")
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    daemon.stop()
    small_disk.set_writable(False)
    server.deliver(message("Meanwhile"), user)
    small_disk.launch()
    assert os.strerror(errno.EROFS) in refusal(daemon)
    small_disk.set_writable(True)
    small_disk.start()
    client.wait_new_mail(2)
    assert signalled(client) == subjects(client) == ["Before", "Meanwhile"]


def test_file_of_a_newer_version(watched, client, server, user):
    """Left as it is: who goes back to an older version by mistake loses nothing."""
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    watched.stop()
    path = watched.state / "posthorn.db"
    with edit(watched) as file:
        version = file.execute("PRAGMA user_version").fetchone()[0]
        file.execute("PRAGMA user_version = 99")
    server.deliver(message("Meanwhile"), user)
    before = path.read_bytes()
    watched.launch()
    assert f"{path}: written by a newer Posthorn, left untouched" in refusal(watched)
    assert path.read_bytes() == before
    with edit(watched) as file:
        file.execute(f"PRAGMA user_version = {version}")
    watched.start()
    client.wait_new_mail(2)
    assert signalled(client) == subjects(client) == ["Before", "Meanwhile"]


def test_damaged_under_the_daemon(watched, client, server, user):
    """It ends instead of going on blind, and its next start, which is the service manager's business,
    sets the file aside."""
    server.place([message(f"Number {number}") for number in range(300)], user)
    client.wait_new_mail(300)
    watched.stop()
    path = watched.state / "posthorn.db"
    with edit(watched) as file:  # larger than what it keeps in memory
        file.execute("UPDATE event SET preview = hex(zeroblob(5000))")
    watched.start()
    client.wait_account("work", State="online")
    size = path.stat().st_size
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    assert client.error_name(ROOT, MANAGER, "ReadEvents", "(tu)", 0, 0).endswith(".Error.Failed")
    assert watched.process.wait() == 1
    assert "the state file is damaged: ending" in watched.log()
    watched.kill()
    told = len(client.named("NewMail"))
    watched.start()
    client.wait_account("work", State="online")
    assert "kept as" in watched.log()
    server.deliver(message("New"), user)
    assert client.wait_new_mail(told + 1)[-1]["subject"] == "New"
    assert [event.get("subject") or event["reason"] for event in client.read_events()] == ["state-lost", "New"]


def test_second_daemon_on_another_bus(watched, client, server, user, directory):
    """The name is free there, the file is not, until the first one ends."""
    bus = Bus(directory / "second").start()
    second = Daemon(watched.home, bus.address)
    second.starts = 100
    second.launch()
    assert f"{watched.state}/posthorn.db: in use by another instance" in refusal(second)
    server.deliver(message("To the first"), user)
    assert client.wait_new_mail()[0]["subject"] == "To the first"
    watched.stop()
    second.start()
    reader = Client(bus.address)
    reader.wait_account("work", State="online")
    server.deliver(message("To the second"), user)
    reader.wait_signal("NewMail", lambda heard: heard.arguments[2]["subject"] == "To the second")
    assert subjects(reader) == ["To the first", "To the second"]
    reader.close()
    second.stop()
    bus.stop()
