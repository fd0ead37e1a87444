"""Servers that refuse, throttle or close: how often they are tried, and what the user is told."""

import time

import pytest
from harness.odd_server import OddServer
from harness.wait import wait_for


@pytest.fixture
def serve():
    """A scripted server of the class given."""
    started = []

    def make(kind):
        started.append(kind())
        return started[-1]
    yield make
    for server in started:
        server.close()


class Refusing(OddServer):
    answer = "NO [AUTHENTICATIONFAILED] Invalid credentials"

    def on_authenticate(self, link, tag, _rest):
        link.send(f"{tag} {self.answer}")

    on_login = on_authenticate


class Closing(OddServer):
    """It lets us in, and closes when it is asked for anything."""
    is_well = False

    def on_examine(self, link, tag, rest):
        if self.is_well:
            super().on_examine(link, tag, rest)
        else:
            link.close()

    on_status = on_list = on_examine


def seconds_ahead(account):
    return account["RetryAt"] / 1e6 - time.time()


def test_a_refused_login_is_remembered(daemon, client, serve):
    """Over a restart and over reloads; a change of the secret, or a user who asks, is another matter."""
    server = serve(Refusing)
    daemon.write_account("work", Port=server.port, Security="none", User="ada")
    daemon.start()
    first = client.wait_account("work", State="failed", Reason="auth-failed")
    assert "Invalid credentials" in first["ReasonText"]
    assert 50 < seconds_ahead(first) <= 60
    assert server.logins == 1

    daemon.restart()
    again = client.wait_account("work", State="failed", Reason="auth-failed")
    assert again["ReasonText"] == first["ReasonText"]
    assert abs(again["RetryAt"] - first["RetryAt"]) < 2e6
    for _ in range(20):
        daemon.reload()
    assert server.logins == 1
    daemon.write_account("work", Port=server.port, Security="none", User="ada", Interval="7min")
    # the same account to its server: only the file of the password is newer
    daemon.reload()
    wait_for(lambda: server.logins == 2, "the login with the new password file")
    client.wait_account("work", State="failed", Reason="auth-failed")
    daemon.restart()
    client.wait_account("work", State="failed", Reason="auth-failed")
    client.manager("CheckNow", "(as)", ["work"])
    wait_for(lambda: server.logins == 3, "the login that a user asked for")
    wait_for(lambda: 800 < seconds_ahead(client.account("work")) <= 900, "the second wait")
    assert server.logins == 3


def test_other_keys_do_not_make_another_login(daemon, client, serve):
    server = serve(Refusing)
    daemon.write_account("work", Port=server.port, Security="none", User="ada")
    daemon.start()
    client.wait_account("work", Reason="auth-failed")
    path = daemon.account_file("work")
    path.write_text(path.read_text() + "Interval=8min\nName=Work\n")
    daemon.reload()
    client.wait_account("work", Name="Work", Reason="auth-failed")
    path.write_text(path.read_text().replace("User=ada", "User=bob"))
    daemon.reload()
    wait_for(lambda: server.logins == 2, "the login of the other user")
    assert "ada" not in path.read_text()


def test_a_server_that_closes_after_the_login(daemon, client, serve):
    """Twenty times asked, three times tried; the next time is told, and holds."""
    server = serve(Closing)
    daemon.write_account("work", Port=server.port, Security="none", User="ada")
    daemon.start()
    for _ in range(20):
        account = client.wait_account("work", State="offline")
        client.manager("CheckNow", "(as)", ["work"])
    account = client.wait_account("work", State="offline")
    wait_for(lambda: seconds_ahead(client.account("work")) > 5, "the wait for the budget")
    account = client.account("work")
    assert account["Reason"] in ("connection-lost", "server-closed")
    assert account["ReasonText"]
    assert 5 < seconds_ahead(account) <= 61
    assert server.logins == 3


@pytest.mark.parametrize("answer, reason", [
    ("NO [ALERT] Too many simultaneous connections. (Failure)", "limit"),
    ("NO [LIMIT] LOGIN Rate limit hit.", "throttled"),
    ("NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", "throttled"),
    ("BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", "throttled"),
    ("NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", "limit"),
    ("NO [INUSE] come back", "unavailable"),
])
def test_patience_is_no_wrong_password(daemon, client, serve, answer, reason):
    server = serve(type("Patience", (Refusing,), {"answer": answer}))
    daemon.write_account("work", Port=server.port, Security="none", User="ada")
    daemon.start()
    account = client.wait_account("work", Reason=reason, State="offline")
    assert client.property("AccountsFailed") == 0
    assert account["RetryAt"] > 0
    if "92415" in answer:
        assert 85 < seconds_ahead(account) < 110
    elif reason != "unavailable":
        assert 890 < seconds_ahead(account) < 970
    if reason == "throttled":
        # Not even for somebody who asks for this one account.
        client.manager("CheckNow", "(as)", ["work"])
        assert client.account("work") == account


def test_one_account_looks_after_a_host_in_trouble(daemon, client, serve):
    """Ten accounts, one at a time: three find out, the others are told and wait; then all are well."""
    server = serve(Closing)
    (daemon.config / "posthorn.conf").write_text("[Daemon]\nLoginsPerHost=1\n")
    names = [f"account{number}" for number in range(10)]
    for name in names:
        daemon.write_account(name, Port=server.port, Security="none", User=name)
    daemon.start()
    for name in names:
        account = client.wait_account(name, State="offline", Reason="connection-lost")
        assert account["ReasonText"], account
    assert server.logins <= 5
    assert sum("another account" in client.account(name)["ReasonText"] for name in names) >= 5
    server.is_well = True
    for name in names:
        client.wait_account(name, State="online", Reason="")
    assert server.logins <= 10 + 5
