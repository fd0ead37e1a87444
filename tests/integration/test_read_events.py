"""ReadEvents at all of its edges, and a log that has forgotten what a reader did not fetch in time."""

import json

from harness.client import MANAGER, ROOT
from harness.messages import message
from harness.state_file import edit
from harness.wait import wait_for

GONE = "org.posthorn.Posthorn1.Error.SequenceGone"
DAY_USEC = 24 * 3600 * 10**6


def read(client, after, limit=0):
    return client.manager("ReadEvents", "(tu)", after, limit)


def seqs(client, after=0):
    return [event["seq"] for event in read(client, after)[0]]


def fill(client, server, user, count):
    """So many events; their numbers."""
    server.deliver_many([message(f"Number {number}") for number in range(count)], user)
    client.wait_new_mail(count)
    return seqs(client)


def set_limits(daemon, **keys):
    text = "[Events]\n" + "".join(f"{key}={value}\n" for key, value in keys.items())
    (daemon.config / "posthorn.conf").write_text(text, encoding="ascii")


def test_every_place_to_read_from(watched, client, server, user):
    found = fill(client, server, user, 5)
    last = found[-1]
    assert read(client, 0)[1] == last == client.property("LastSequence")
    for place, seq in enumerate(found):
        assert seqs(client, seq) == found[place + 1:]
        assert seqs(client, seq - 1) == found[place:]
    # What is ahead of the log is no error: it is told where the log ends.
    for ahead in (last, last + 1, 2**63 - 1, 2**63, 2**64 - 1):
        assert read(client, ahead) == ([], last), ahead
    # Numbers below all that ever was: nothing has been dropped, so nothing is missing.
    assert seqs(client, 1) == found
    assert seqs(client, found[0] - 1) == found


def test_every_limit(watched, client, server, user):
    found = fill(client, server, user, 5)
    for limit in (1, 2, 4, 5, 6, 1000, 1001, 2**32 - 1):
        events, last = read(client, 0, limit)
        assert [event["seq"] for event in events] == found[:limit]
        assert last == events[-1]["seq"]
    assert [event["seq"] for event in read(client, 0, 0)[0]] == found


def test_empty_log(watched, client):
    for place in (0, 1, 2**64 - 1):
        assert read(client, place) == ([], 0)
    assert client.property("LastSequence") == 0


def test_kept_by_count(watched, client, server, user):
    """The newest so many, at once when it is configured; what is gone is said, and 0 is never gone."""
    found = fill(client, server, user, 9)
    set_limits(watched, MaxCount=3)
    watched.reload()
    wait_for(lambda: seqs(client) == found[-3:], lambda: f"three events, there are {seqs(client)}")
    for gone in found[:5]:
        assert client.error_name(ROOT, MANAGER, "ReadEvents", "(tu)", gone, 0) == GONE
    # Who has read the last one that was dropped misses nothing.
    assert seqs(client, found[5]) == found[-3:]
    assert read(client, found[-1]) == ([], found[-1])
    # The floor outlives the process, and so does the last number.
    watched.restart()
    client.wait_account("work", State="online")
    assert client.error_name(ROOT, MANAGER, "ReadEvents", "(tu)", found[4], 0) == GONE
    assert seqs(client) == found[-3:]
    server.deliver(message("Later"), user)
    client.wait_new_mail(10)
    assert read(client, 0)[1] > found[-1]


def test_kept_by_age(watched, client, server, user):
    """An event's number is the time when it was written."""
    found = fill(client, server, user, 4)
    watched.stop()
    set_limits(watched, MaxAge="10d")
    with edit(watched) as file:
        for seq, days in zip(found[:3], (30, 11, 9)):
            file.execute("UPDATE event SET seq = ? WHERE seq = ?", (seq - days * DAY_USEC, seq))
    expected = [found[2] - 9 * DAY_USEC, found[3]]
    watched.start()
    client.wait_account("work", State="online")
    watched.reload()
    wait_for(lambda: seqs(client) == expected, lambda: f"{expected}, there are {seqs(client)}")
    assert client.error_name(ROOT, MANAGER, "ReadEvents", "(tu)", found[0] - 30 * DAY_USEC, 0) == GONE
    assert seqs(client, found[1] - 11 * DAY_USEC) == expected


def test_everything_is_gone(watched, client, server, user):
    """The log is empty, and its last number stands: nobody is told of anything again."""
    found = fill(client, server, user, 2)
    watched.stop()
    with edit(watched) as file:
        file.execute("UPDATE event SET seq = seq - ?", (400 * DAY_USEC,))
    watched.start()
    client.wait_account("work", State="online")
    watched.reload()
    wait_for(lambda: not seqs(client), "an empty log")
    told = len(client.named("NewMail"))
    last = found[-1] - 400 * DAY_USEC
    assert read(client, 0) == ([], last)
    server.deliver(message("Number 2"), user)
    assert client.wait_new_mail(told + 1)[-1]["subject"] == "Number 2"
    assert [event["subject"] for event in read(client, last)[0]] == ["Number 2"]


def test_watch_tells_of_the_gap(watched, client, server, user):
    """posthorn watch --since with a number that is gone: it says so, and goes on with what there is."""
    found = fill(client, server, user, 6)
    set_limits(watched, MaxCount=2)
    watched.reload()
    wait_for(lambda: seqs(client) == found[-2:], "two events")
    done = watched.cli("watch", "--json", "--since", str(found[0]), "--no-follow")
    assert [json.loads(line)["seq"] for line in done.stdout.splitlines()] == found[-2:]
    assert f"Events after {found[0]} are no longer in the log" in done.stderr.decode()
    whole = watched.cli("watch", "--json", "--since", str(found[3]), "--no-follow")
    assert [json.loads(line)["seq"] for line in whole.stdout.splitlines()] == found[-2:]
    assert whole.stderr == b""
    ahead = watched.cli("watch", "--json", "--since", str(2**62), "--no-follow")
    assert (ahead.stdout, ahead.stderr) == (b"", b"")
