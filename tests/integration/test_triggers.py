"""StartUnit=: systemd is asked to start a unit when mail has come: once for a burst, under a name that
no mailbox can bend, again while it cannot, and after any end of the daemon."""

import pytest
from harness.client import ACCOUNT
from harness.fault import sleep_for_an_hour, start_sleeper
from harness.messages import message
from harness.metrics import ask
from harness.posthorn import Daemon
from harness.service_manager import ServiceManager
from harness.wait import wait_for


@pytest.fixture
def systemd(bus):
    manager = ServiceManager(bus)
    yield manager
    manager.stop()


class Account:
    """"work" of `user`, with what stands in [Trigger]."""

    def __init__(self, daemon, client, server, user, proxy):
        self.daemon, self.client, self.server, self.user, self.proxy = daemon, client, server, user, proxy
        self.mailboxes = ()

    def write(self, *lines):
        self.daemon.write_account("work", Port=self.proxy.port, Security="none", User=self.user,
                                  mailboxes=self.mailboxes)
        path = self.daemon.account_file("work")
        path.write_text(path.read_text(encoding="utf-8") + "\n[Trigger]\n" + "\n".join(lines) + "\n",
                        encoding="utf-8")
        return self

    def start(self, start=Daemon.start):
        start(self.daemon)
        self.client.wait_account("work", State="online")
        return self

    def deliver(self, *subjects):
        """Returns when they are in the log."""
        before = len(self.client.new_events())
        self.server.deliver_many([message(subject) for subject in subjects], self.user)
        wait_for(lambda: len(self.client.new_events()) == before + len(subjects), f"{subjects} in the log")

    def wait_log(self, part):
        self.daemon.process.wait_for_line(part)


@pytest.fixture
def account(daemon, client, server, user, proxy):
    return Account(daemon, client, server, user, proxy)


def test_a_burst_starts_the_unit_once(systemd, account):
    account.write("StartUnit=fetch@%a.service", "StartUnit=other.target", "Debounce=500ms").start()
    account.deliver("One", "Two", "Three")
    systemd.wait_started("fetch@work.service", "other.target")
    account.deliver("Four")
    systemd.wait_started(*2 * ["fetch@work.service", "other.target"])
    assert ask(account.daemon).values("posthorn_triggers_total", "outcome") == {"started": 4}
    # What was read needs no program.
    account.client.call(account.client.account_path("work"), ACCOUNT, "MarkSeen", "(as)",
                        [event["id"] for event in account.client.new_events()])
    account.client.wait_signal("MailRetired")
    account.deliver("Five")
    systemd.wait_started(*3 * ["fetch@work.service", "other.target"])


def test_mailboxes_and_names(systemd, account, server, user):
    account.mailboxes = ["INBOX", "Lists/a b", "Büro @home", "Other"]
    for mailbox in account.mailboxes[1:]:
        server.create(mailbox, user)
    account.write("StartUnit=list@%m.service Lists/* B*", "StartUnit=inbox.service INBOX", "Debounce=0").start()
    for mailbox in ("Other", "Lists/a b", "Büro @home"):
        server.save(message("In " + mailbox.split()[0].encode("ascii", "replace").decode()), mailbox, user)
    account.client.manager("CheckNow", "(as)", ["work"])
    account.client.wait_new_mail(3)
    account.deliver("In INBOX")
    systemd.wait_started(r"list@Lists-a\x20b.service", r"list@B\xc3\xbcro\x20\x40home.service", "inbox.service")


def test_a_unit_that_runs_is_started_when_it_has_ended(systemd, account):
    systemd.states["fetch.service"] = "activating"
    account.write("StartUnit=fetch.service", "Debounce=0").start()
    account.deliver("One")
    account.wait_log("the unit fetch.service runs already")
    account.deliver("Two")
    assert systemd.started == []
    systemd.states["fetch.service"] = "inactive"
    systemd.wait_started("fetch.service")
    found = ask(account.daemon).values("posthorn_triggers_total", "outcome")
    assert found["busy"] >= 1 and found["started"] == 1


@pytest.mark.parametrize("error, advice", [
    ("org.freedesktop.systemd1.NoSuchUnit", "look at it by 'systemctl --user cat'"),
    ("org.freedesktop.DBus.Error.AccessDenied", "a rule of polkit must allow it"),
])
def test_a_refusal_is_said_once_and_tried_again(systemd, account, error, advice):
    systemd.refusals["fetch.service"] = error
    account.write("StartUnit=fetch.service", "Debounce=0").start()
    account.deliver("One")
    account.wait_log(f"the unit fetch.service cannot be started: not this one\\u{{1b}}[1m; {advice}")
    account.deliver("Two")
    account.daemon.reload()
    wait_for(lambda: systemd.calls.count(("StartUnit", "fetch.service")) == 2, "the attempt after the reload")
    wait_for(lambda: account.daemon.log().count("cannot be started") == 2, "the second complaint")
    del systemd.refusals["fetch.service"]
    account.daemon.reload()
    systemd.wait_started("fetch.service")
    # A reload is a new word of the user: only then it is said again.
    assert account.daemon.log().count("cannot be started") == 2


def test_a_refusal_that_lasts_is_said_once(systemd, account):
    systemd.refusals["fetch.service"] = "org.freedesktop.systemd1.NoSuchUnit"
    account.write("StartUnit=fetch.service", "Debounce=0").start(start_sleeper)
    account.deliver("One")
    account.wait_log("the unit fetch.service cannot be started")
    # Longer than any wait: it is tried again by itself.
    sleep_for_an_hour(account.daemon)
    wait_for(lambda: ask(account.daemon).values("posthorn_triggers_total", "outcome")["refused"] == 2,
             "the second refusal")
    del systemd.refusals["fetch.service"]
    sleep_for_an_hour(account.daemon)
    systemd.wait_started("fetch.service")
    assert account.daemon.log().count("cannot be started") == 1


def test_stored_but_not_asked_is_asked_after_a_crash(bus, account):
    account.write("StartUnit=fetch.service", "Debounce=1h", "MaxDelay=1h").start()
    account.deliver("One")
    account.daemon.kill()
    account.write("StartUnit=fetch.service", "Debounce=0")
    systemd = ServiceManager(bus)
    try:
        account.start()
        systemd.wait_started("fetch.service")
        # Done is done: the next end of the daemon brings nothing but what is new.
        account.daemon.kill()
        account.start()
        account.deliver("Two")
        systemd.wait_started("fetch.service", "fetch.service")
        account.daemon.restart()
        account.client.wait_account("work", State="online")
        account.deliver("Three")
        systemd.wait_started(*3 * ["fetch.service"])
    finally:
        systemd.stop()


def test_no_systemd_on_the_bus(bus, account):
    account.write("StartUnit=fetch.service", "Debounce=0").start()
    account.deliver("One")
    account.wait_log("the unit fetch.service cannot be started")
    account.wait_log("there is no systemd on this bus")
    systemd = ServiceManager(bus)
    try:
        account.daemon.reload()
        systemd.wait_started("fetch.service")
    finally:
        systemd.stop()


def test_what_came_before_the_first_rule_starts_nothing(systemd, account):
    account.write().start()
    account.deliver("Old")
    account.write("StartUnit=fetch.service", "Debounce=0")
    account.daemon.reload()
    account.deliver("New")
    systemd.wait_started("fetch.service")
    # The key does not touch the connection.
    assert account.proxy.connections == 1
    account.write()
    account.daemon.reload()
    account.deliver("Unheard")
    account.daemon.kill()
    account.write("StartUnit=again.service", "Debounce=0").start()
    account.deliver("Heard")
    systemd.wait_started("fetch.service", "again.service")


def test_what_is_wrong_is_said_with_its_line(account):
    account.write("StartUnit=fetch@.service", "Debounce=2 fortnights", "StartUnit=../x.service", "MaxDelay=2h")
    done = account.daemon.check_config()
    lines = (done.stdout + done.stderr).decode().splitlines()
    path = account.daemon.account_file("work")
    first = path.read_text(encoding="utf-8").splitlines().index("[Trigger]") + 2
    assert done.returncode != 0
    for offset, part in enumerate(["'fetch@.service' is no name of a unit to start: a template needs an instance",
                                   "2 fortnights", "'../x.service' is no name of a unit to start"]):
        assert any(f"work.conf:{first + offset}:" in line and part in line for line in lines), (part, lines)
