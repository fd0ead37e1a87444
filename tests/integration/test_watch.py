"""posthorn watch when something goes wrong around it: nothing is missed, nothing is told twice."""

import json
import os
import subprocess

from gi.repository import GLib
from harness.client import MANAGER, ROOT
from harness.client import Client
from harness.messages import message
from harness.posthorn import program
from harness.state_file import forget_events
from harness.wait import wait_for


def subjects(follower):
    return [json.loads(line)["subject"] for line in follower.output("out")]


def follow(watched, client, *arguments):
    """A follower that listens, and its unique name: it has shown what the log held."""
    before = client.unique_names()
    follower = watched.cli_process("watch", "--json", "--since", "0", *arguments)
    follower.wait_for_line("Before")
    return follower, (client.unique_names() - before).pop()


def test_d02_restart_of_the_bus(watched, client, bus, server, user):
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    follower, _ = follow(watched, client)
    client.close()
    bus.stop()
    follower.wait_for_line("The bus is gone")
    server.deliver(message("While the bus was away"), user)
    bus.start()
    follower.wait_for_line("While the bus was away")
    server.deliver(message("After"), user)
    follower.wait_for_line("After")
    assert subjects(follower) == ["Before", "While the bus was away", "After"]
    follower.stop()
    again = Client(bus.address)
    assert len(again.new_events()) == 3
    again.close()


def test_d05_forged_signals(watched, client, server, user):
    """Anybody may send a signal that looks like the daemon's; one with a number far ahead would
    also keep all that follows from being shown."""
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    follower, name = follow(watched, client)
    forged = GLib.Variant("(toa{sv})", (2 ** 63, ROOT + "/account/work", {
        "subject": GLib.Variant("s", "Forged"), "account": GLib.Variant("s", "work")}))
    for destination in (None, name):
        assert client.bus.emit_signal(destination, ROOT, MANAGER, "NewMail", forged)
    gone = GLib.Variant("(sss)", ("org.posthorn.Posthorn1", client.owner(), ""))
    assert client.bus.emit_signal(name, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "NameOwnerChanged", gone)
    client.owner()  # answered after all of these went out
    server.deliver(message("True"), user)
    follower.wait_for_line("True")
    assert subjects(follower) == ["Before", "True"]
    assert follower.output("err") == []
    follower.stop()


def test_log_that_begins_later(watched, client, server, user):
    server.deliver_many([message(f"Number {number}") for number in range(4)], user)
    client.wait_new_mail(4)
    seqs = [event["seq"] for event in client.new_events()]
    watched.stop()
    forget_events(watched, seqs[1])
    watched.start()
    done = watched.cli("watch", "--json", "--no-follow", "--since", seqs[0])
    shown = [json.loads(line)["subject"] for line in done.stdout.decode("utf-8").splitlines()]
    assert shown == ["Number 2", "Number 3"]
    assert f"after {seqs[0]} " in done.stderr.decode("utf-8")
    assert watched.cli("watch", "--no-follow", "--since", seqs[1]).stderr == b""


def test_reader_that_has_had_enough(watched, client, server, user):
    """The end of a pipe is noticed without an event to write into it."""
    reading, writing = os.pipe()
    before = client.unique_names()
    follower = subprocess.Popen([program("posthorn"), "watch"], stdout=writing,
                                env=watched.environment())
    os.close(writing)
    wait_for(lambda: client.unique_names() - before, "a posthorn on the bus")
    os.close(reading)
    try:
        wait_for(lambda: follower.poll() is not None, "the end of posthorn")
        assert follower.returncode == 0
    finally:
        follower.kill()
        follower.wait()


def test_filters(watched, client, server, user):
    server.deliver(message("Before"), user)
    client.wait_new_mail()

    def shown(*arguments):
        done = watched.cli("watch", "--json", "--no-follow", *arguments)
        return [json.loads(line)["subject"] for line in done.stdout.decode("utf-8").splitlines()]
    assert shown("--account=work", "--mailbox=inbox", "--type=new") == ["Before"]
    assert shown("--account=home") == []
    for verb in (["watch", "--no-follow"], ["list"], ["wait", "--timeout=1ms"]):
        done = watched.cli(*verb, "--account=wrok", "--account=work", check=False)
        assert done.stderr == b"posthorn: There is no account 'wrok' now, did you mean 'work'?\n", verb
    assert shown("--mailbox=Work") == []
    assert shown("--type=retired,reset") == []
    assert shown("--account=home", "--account=work") == ["Before"]
