"""The machine sleeps and wakes: logind says so before, and waits until the servers are told."""

import time

import pytest

from harness.bus import Bus
from harness.fault import sleep_for_an_hour, start_sleeper
from harness.login_manager import LoginManager
from harness.messages import message
from harness.odd_server import OddServer
from harness.process import environment
from harness.wait import wait_for

LOCK = ("sleep", "Posthorn", "delay")


@pytest.fixture
def system_bus(directory):
    private = Bus(directory / "system-bus").start()
    yield private
    private.stop()


@pytest.fixture
def login_manager(directory, system_bus):
    logind = LoginManager(system_bus, environment(directory)).start()
    yield logind
    logind.close()


def start(daemon, system_bus):
    daemon.more = {"DBUS_SYSTEM_BUS_ADDRESS": system_bus.address}
    daemon.start()


def test_sleep_and_wake(login_manager, system_bus, daemon, client, server, proxy, user, record_property):
    """The lock is held while awake; before a sleep the server is told and the lock given back; afterwards
    all is watched again at once, and mail that came meanwhile has its one event."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    start(daemon, system_bus)
    client.wait_account("work", State="online")
    login_manager.wait_lock()
    assert login_manager.locks() == [LOCK]

    mark, begin = proxy.mark(), time.monotonic()
    login_manager.prepare_for_sleep(True)
    login_manager.wait_lock(0)
    record_property("ready to sleep after", f"{time.monotonic() - begin:.2f} s")
    assert proxy.commands(mark)[-1] == b"LOGOUT"
    assert b"* BYE" in proxy.sent("S", mark)
    account = client.wait_account("work", State="offline")
    assert (account["Reason"], account["RetryAt"]) == ("", 0)

    server.deliver(message("While it slept"), user)
    begin = time.monotonic()
    login_manager.prepare_for_sleep(False)
    client.wait_account("work", State="online")
    record_property("online again after", f"{time.monotonic() - begin:.2f} s")
    assert client.wait_new_mail()[0]["subject"] == "While it slept"
    assert len(client.new_events()) == 1
    assert proxy.connections == 2
    login_manager.wait_lock()  # for the next time


def test_server_that_does_not_say_goodbye(login_manager, system_bus, daemon, client, record_property):
    """It does not keep the machine awake for long."""
    class Rude(OddServer):
        def on_logout(self, link, tag, _rest):
            pass

    rude = Rude()
    daemon.write_account("work", Port=rude.port, Security="none")
    start(daemon, system_bus)
    client.wait_account("work", State="online")
    login_manager.wait_lock()
    begin = time.monotonic()
    login_manager.prepare_for_sleep(True)
    login_manager.wait_lock(0)
    record_property("ready to sleep after", f"{time.monotonic() - begin:.2f} s")
    login_manager.prepare_for_sleep(False)
    wait_for(lambda: rude.logins == 2, "another login")
    client.wait_account("work", State="online")
    rude.close()


def test_refused_login_is_not_hurried(login_manager, system_bus, daemon, client, server, user):
    """A wake-up is no reason to try a password again that was refused."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user, password="wrong")
    start(daemon, system_bus)
    refused = client.wait_account("work", Reason="auth-failed")
    login_manager.wait_lock()
    login_manager.prepare_for_sleep(True)
    login_manager.wait_lock(0)
    login_manager.prepare_for_sleep(False)
    login_manager.wait_lock()
    assert client.account("work")["RetryAt"] == refused["RetryAt"]


def test_login_manager_comes_and_goes(system_bus, directory, daemon, client, server, user):
    """Absent at start, then there, gone in the middle of a sleep, and back: the mail is watched all the while."""
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    start(daemon, system_bus)
    client.wait_account("work", State="online")
    logind = LoginManager(system_bus, environment(directory)).start()
    logind.wait_lock()
    logind.prepare_for_sleep(True)
    client.wait_account("work", State="offline")
    logind.stop()
    client.wait_account("work", State="online")
    logind.start()
    logind.wait_lock()
    logind.close()
    system_bus.stop()
    server.deliver(message("Without a system bus"), user)
    assert client.wait_new_mail()[0]["subject"] == "Without a system bus"
    system_bus.start()


class Second(OddServer):
    address = "127.0.0.2"


class Forgetful(OddServer):
    """Has no ear for the connections that it has forgotten, and tells them nothing."""
    forgotten = ()

    def forget(self):
        self.forgotten = tuple(self.links)

    def one(self, link, line):
        if link not in self.forgotten:
            super().one(link, line)

    def tell(self, link):
        if link not in self.forgotten:
            super().tell(link)


def test_sleep_that_the_clocks_tell_of(daemon, client, record_property):
    """Without logind: CLOCK_BOOTTIME went on, and CLOCK_MONOTONIC did not. What lives is asked and stays, what is
    forgotten is known to be dead within seconds, and mail that came meanwhile is told once."""
    living, forgetful = Second(), Forgetful()
    daemon.write_account("living", Host="127.0.0.2", Port=living.port, Security="none")
    daemon.write_account("work", Port=forgetful.port, Security="none")
    start_sleeper(daemon)
    for name in ("living", "work"):
        client.wait_account(name, State="online")
    forgetful.forget()
    forgetful.deliver("While it slept")
    begin = time.monotonic()
    sleep_for_an_hour(daemon)
    daemon.process.wait_for_line("the machine has woken")
    daemon.process.wait_for_line("account=work state=offline was=online reason=timed-out")
    record_property("dead after", f"{time.monotonic() - begin:.2f} s")
    client.wait_account("work", State="online")
    record_property("online again after", f"{time.monotonic() - begin:.2f} s")
    assert client.wait_new_mail()[0]["subject"] == "While it slept"
    assert len(client.new_events()) == 1
    assert (living.logins, forgetful.logins) == (1, 2)
    assert client.account("living")["State"] == "online"
    living.close()
    forgetful.close()
