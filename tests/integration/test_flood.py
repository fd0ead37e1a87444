"""Far more mail at once than anybody reads: a week's backlog, a bus that does not keep up, readers that
do not read. Nothing is lost, nothing comes out of order, and memory stays bounded."""

import json
import os
import re
import signal

from gi.repository import GLib
from harness.client import MANAGER, NAME, ROOT
from harness.messages import message
from harness.raw_bus import RawBus
from harness.wait import wait_for

WEEK = 5000
# Freed memory is not held back for the sanitizer's sake: what is measured is ours.
LEAN = {"ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=0:malloc_context_size=1"}


# By so much the peak may grow: a window of messages, a megabyte for the bus, and what the sanitizer adds.
PEAK_KIB = 6 * 1024


def told(client):
    """The numbers of all events that a client was told of: one by one, or as a stretch of the log."""
    found = []
    for heard in client.signals:
        if heard.name == "NewMail":
            found.append(heard.arguments[0])
        elif heard.name == "Lagged":
            first, last = heard.arguments
            found += [event["seq"] for event in client.read_events(first - 1) if event["seq"] <= last]
    return found


def test_a_week(daemon, client, server, user, proxy, record_property):
    """As much memory for 4,000 as for the 1,000 before them, each message told, in windows of 500."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    subjects = [f"Backlog {number}" for number in range(WEEK)]
    peaks = []
    for begin, end in ((0, 1000), (1000, WEEK)):
        daemon.stop()
        mark = proxy.mark()
        server.place([message(subject) for subject in subjects[begin:end]], user)
        daemon.start(**LEAN)
        wait_for(lambda: len(told(client)) == end, f"{end} events", 120)
        peaks.append(daemon.peak_kib())
    events = client.new_events()
    assert [event["subject"] for event in events] == subjects
    assert told(client) == [event["seq"] for event in events]
    record_property("peaks_kib", peaks)
    assert peaks[1] - peaks[0] < PEAK_KIB, peaks
    windows = [re.match(rb"UID FETCH (\d+):(\d+) \(.*ENVELOPE", command) for command in proxy.commands(mark)]
    sizes = [int(window.group(2)) - int(window.group(1)) + 1 for window in windows if window]
    assert len(sizes) >= 8 and max(sizes) <= 500, sizes


def test_bus_that_does_not_keep_up(daemon, client, bus, server, user, proxy, record_property):
    """What does not fit between us and the bus waits in the log, not in memory; then readers are told of it,
    one by one or which stretch of it they missed."""
    # A bus takes a megabyte that nobody reads; a thousand more are told one by one.
    subjects = [f"Number {number} {'x' * 800}" for number in range(4000)]
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    daemon.start(**LEAN)
    client.wait_account("work", State="online")
    reader = daemon.cli_process("watch", "--json", "--since=0")
    before = daemon.peak_kib()
    os.kill(bus.process.pid, signal.SIGSTOP)
    try:
        server.place([message(subject) for subject in subjects], user)
        wait_for(lambda: subjects[-1].encode() in proxy.sent("S"), "the last envelope", 120)
        grown = daemon.peak_kib() - before
    finally:
        os.kill(bus.process.pid, signal.SIGCONT)
    wait_for(lambda: len(told(client)) == len(subjects), lambda: f"all told, not {len(told(client))}", 120)
    server.deliver(message("The end"), user)
    client.wait_signal("NewMail", lambda heard: heard.arguments[2]["subject"] == "The end", deadline=60)
    events = client.new_events()
    # Files that come while the server looks may be numbered in another order than theirs.
    assert sorted(event["subject"] for event in events) == sorted([*subjects, "The end"])
    assert [event["uid"] for event in events] == sorted(event["uid"] for event in events)
    assert told(client) == [event["seq"] for event in events]
    # Whether a stretch was left out depends on how fast the bus reads again: api-events forces one.
    one_by_one = len(client.named("NewMail"))
    assert one_by_one == len(events) or client.named("Lagged")
    record_property("grown_kib", grown)
    record_property("told_one_by_one", one_by_one)
    # Each that waits takes some three KiB: this is far less than all of them.
    assert grown < 8 * 1024
    # The command line reads what it was not told, once.
    wait_for(lambda: len(reader.output("out")) == len(events), lambda: f"lines, not {len(reader.output('out'))}", 120)
    assert [json.loads(line)["seq"] for line in reader.output("out")] == [event["seq"] for event in events]
    assert reader.output("err") == []
    reader.stop()


def test_reader_that_never_reads(daemon, client, bus, server, user):
    """It costs its bus, not us, and nobody else misses anything."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start(**LEAN)
    client.wait_account("work", State="online")
    server.place([message(f"Number {number}") for number in range(1000)], user)
    wait_for(lambda: len(told(client)) == 1000, "1000 events", 60)
    answer = len(client.call_raw(ROOT, MANAGER, "ReadEvents", GLib.Variant("(tu)", (0, 1000))).get_data_as_bytes().get_data())
    before = daemon.peak_kib()
    deaf = RawBus(bus.address)
    dbus = "org.freedesktop.DBus"
    deaf.write_and_leave(deaf.call("/org/freedesktop/DBus", dbus, "AddMatch", "(s)", f"sender='{NAME}'", destination=dbus),
                         *(deaf.call(ROOT, MANAGER, "ReadEvents", "(tu)", 0, 1000) for _ in range(60)))
    # Answered in their order: ours comes behind all of its.
    assert len(client.new_events()) == 1000
    assert 60 * answer > 3 * 1024 * PEAK_KIB
    assert daemon.peak_kib() - before < PEAK_KIB
    server.deliver(message("For those who listen"), user)
    client.wait_signal("NewMail", lambda heard: heard.arguments[2]["subject"] == "For those who listen")
    deaf.close()


def test_readers_that_are_killed(watched, client, server, user):
    """In the middle of reading: the daemon and the other readers do not notice."""
    server.place([message(f"Number {number}") for number in range(1000)], user)
    wait_for(lambda: len(told(client)) == 1000, "1000 events", 60)
    for number in range(5):
        reader = watched.cli_process("watch", "--json", "--since", "0")
        reader.wait_for_line("subject")
        reader.kill()
        server.deliver(message(f"Over the body of {number}"), user)
        client.wait_signal("NewMail", lambda heard: heard.arguments[2]["subject"] == f"Over the body of {number}")
    assert len(client.new_events()) == 1005
