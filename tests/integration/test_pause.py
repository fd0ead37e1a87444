"""Pause and Resume of an account: nothing is done meanwhile, and nothing is lost."""

import time

import pytest
from harness.client import ACCOUNT
from harness.messages import message
from harness.wait import wait_for

HOUR = 3600 * 1000000


def now():
    return time.time_ns() // 1000


def pause(client, until=0):
    client.call(client.account_path("work"), ACCOUNT, "Pause", "(t)", until)


def resume(client):
    client.call(client.account_path("work"), ACCOUNT, "Resume")


def wait_closed(server, user):
    wait_for(lambda: user not in server.doveadm("who", "-1"), "no connection at the server",
             look_every=0.1)


def test_pause_closes_and_resume_catches_up(watched, client, server, user, proxy):
    path = client.account_path("work")
    mark = proxy.mark()
    pause(client)
    paused = client.wait_signal("PropertiesChanged", lambda signal: signal.path == path
                                and signal.arguments[1].get("State") == "paused")
    assert paused.arguments[1]["RetryAt"] == 0 and paused.arguments[1]["Strategy"] == ""
    wait_for(lambda: any(b"LOGOUT" in command for command in proxy.commands(mark)), "LOGOUT")
    wait_closed(server, user)
    # What asks an account to look, or to try again, does not end it.
    behind = proxy.mark()
    server.deliver(message("While it was paused"), user)
    client.call(path, ACCOUNT, "CheckNow")
    client.manager("CheckNow", "(as)", [])
    client.manager("Reload")
    assert client.account("work")["State"] == "paused"
    assert client.error_name(path, ACCOUNT, "MarkSeen", "(as)", [f"imap://{user}@localhost/INBOX;UIDVALIDITY=1/;UID=1"]) \
        == "org.posthorn.Posthorn1.Error.Offline"
    assert not proxy.since(behind, "C")
    resume(client)
    assert client.wait_new_mail()[0]["subject"] == "While it was paused"
    account = client.wait_account("work", State="online")
    assert (account["RetryAt"], account["Reason"]) == (0, "")


def test_pause_is_kept_over_a_restart(watched, client, proxy):
    until = now() + HOUR
    pause(client, until)
    watched.stop()
    mark = proxy.mark()
    watched.start()
    account = client.wait_account("work", State="paused")
    assert account["RetryAt"] == until
    assert not proxy.since(mark, "C")
    resume(client)
    client.wait_account("work", State="online")
    watched.stop()
    watched.start()
    client.wait_account("work", State="online")


def test_pause_ends_by_itself_and_can_be_changed(watched, client):
    pause(client, now() + HOUR)
    client.wait_account("work", State="paused")
    until = now() + 4 * 1000000
    pause(client, until)
    client.wait_account("work", State="online")
    assert now() >= until


@pytest.mark.parametrize("before", [1, HOUR])
def test_pause_into_the_past_is_refused(watched, client, before):
    error = client.error_name(client.account_path("work"), ACCOUNT, "Pause", "(t)", now() - before)
    assert error == "org.freedesktop.DBus.Error.InvalidArgs"
    assert client.account("work")["State"] == "online"


def test_pause_of_a_waiting_account(daemon, client):
    """One that has no connection, and whose login is refused: a pause ends its retries, and resuming
    tries again."""
    daemon.write_account("work", Port=9, Security="none")
    daemon.start()
    client.wait_account("work", Reason="connect-failed")
    pause(client)
    account = client.wait_account("work", State="paused")
    assert (account["RetryAt"], account["Reason"], account["ReasonText"]) == (0, "", "")
    resume(client)
    client.wait_account("work", Reason="connect-failed")
    resume(client)  # one that is not paused: nothing
    assert client.account("work")["State"] == "offline"
