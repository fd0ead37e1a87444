"""What is said of an account, by D-Bus, by `posthorn status` and in the log, is how it is: one account for
each way to be in trouble, each at a host of its own, all in one daemon."""

import json
import re
import time

import pytest

from harness.dovecot import free_ports
from harness.odd_server import OddServer
from harness.wait import wait_for

CLEAR = {"Security": "none"}
# Soon is a second or two at first, and what the budget of the host leaves later.
SOON, MINUTE, PATIENCE = (0, 61), (50, 61), (890, 970)
NEVER = None


class At(OddServer):
    """Answers `answer` to `at`, the greeting or a command, and hangs up."""
    at, answer = "GREETING", ""

    def greeting(self):
        return self.answer if self.at == "GREETING" else super().greeting()

    def one(self, link, line):
        if self.at not in line:
            super().one(link, line)
            return
        if self.answer:
            link.send(self.answer.replace("TAG", line.partition(" ")[0]))
        link.close()


def server(at="never", answer=""):
    return type("Server", (At,), {"at": at, "answer": answer})


# name: server, keys of the account, state, reason, what the text says, seconds to the next try, heard of it
CASES = {
    "well": (server(), CLEAR, "online", "", "", NEVER, True),
    "nobody": (None, CLEAR, "offline", "connect-failed", "Connection refused", SOON, False),
    "nowhere": (None, {"Host": "no-such-host.invalid"}, "offline", "dns-failed", "name", SOON, False),
    "stranger": (server("GREETING", "220 mail ESMTP"), CLEAR, "failed", "protocol-error", "", SOON, True),
    "busy": (server("GREETING", "* BYE [UNAVAILABLE] Come back later"), CLEAR, "offline", "unavailable",
             "Come back later", SOON, True),
    "clear": (server(), {"Security": "tls"}, "failed", "tls-failed", "", SOON, False),
    "refused": (server("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] Who?"), CLEAR, "failed", "auth-failed",
                "Who?", MINUTE, True),
    "full": (server("AUTHENTICATE", "TAG NO [ALERT] Too many simultaneous connections. (Failure)"), CLEAR, "offline",
             "limit", "Too many", PATIENCE, True),
    "slow": (server("AUTHENTICATE", "TAG BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds"), CLEAR,
             "offline", "throttled", "throttled", (85, 110), True),
    "closes": (server("EXAMINE"), CLEAR, "offline", "connection-lost", "", SOON, True),
    "closed": (server("IDLE", "* BYE Connection is closed. 13"), CLEAR, "offline", "server-closed",
               "Connection is closed. 13", SOON, True),
    "gone": (server("EXAMINE", "TAG NO [NONEXISTENT] Unknown Mailbox"), CLEAR, "failed", "no-mailbox", "", SOON, True),
    "unsafe": (None, {"Host": "192.0.2.1", **CLEAR}, "failed", "cleartext-refused", "", NEVER, False),
    "nosecret": (server(), {"PasswordFile": "/nonexistent", **CLEAR}, "failed", "secret-failed", "/nonexistent", SOON,
                 False),
    "typo": (None, {"Port": "many", **CLEAR}, "failed", "config-error", "'many' is no port", NEVER, False),
}


@pytest.fixture
def servers():
    started = {}
    yield started
    for one in started.values():
        one.close()


@pytest.fixture
def troubled(daemon, servers):
    """All of them, started."""
    for number, (name, case) in enumerate(CASES.items(), 2):
        kind, keys = case[:2]
        keys = {"Host": f"127.0.0.{number}", "Port": free_ports(1)[0], **keys}
        if kind:
            servers[name] = type(name, (kind,), {"address": keys["Host"]})()
            keys["Port"] = servers[name].port
        daemon.write_account(name, **keys)
    return daemon.start()


def check(account, case, begin):
    _, _, state, reason, text, wait, is_heard = case
    assert (account["State"], account["Reason"]) == (state, reason)
    assert bool(account["ReasonText"]) == bool(reason), account
    assert text in account["ReasonText"], account
    assert bool(account["Strategy"]) == (state == "online"), account
    assert (begin < account["LastContact"] / 1e6 <= time.time()) if is_heard else account["LastContact"] == 0, account
    if wait is NEVER:
        assert account["RetryAt"] == 0, account
    else:
        assert begin < account["RetryAt"] / 1e6 <= time.time() + wait[1], account
        assert account["RetryAt"] / 1e6 > begin + wait[0], account


def accounts(client):
    return {name: client.account(name) for name in CASES}


def all_views(daemon, client):
    """The accounts by D-Bus, and `posthorn status` in both its forms, of one moment."""
    before = accounts(client)
    told = json.loads(daemon.cli("status", "--json", check=False).stdout)["accounts"]
    text = daemon.cli("status", check=False).stdout.decode()
    return (before, told, text) if accounts(client) == before else None


def test_all_that_is_said_is_true(troubled, client):
    begin = time.time() - 60
    for name, case in CASES.items():
        account = client.wait_account(name, State=case[2], Reason=case[3])
        check(account, case, begin)
        if case[3]:
            troubled.process.wait_for_line(f"reason={case[3]}: {account['ReasonText']}")
            assert re.search(rf"account={name} state={case[2]} was=\w+ reason={case[3]}: ", troubled.log())

    # Who tries again in a second may do so in between.
    told, listed, text = wait_for(lambda: all_views(troubled, client), "one moment", deadline=90, look_every=0.05)
    for one in listed:
        of_bus = told[one["Id"]]
        assert {key: one[key] for key in of_bus if key in one} == of_bus
        lines = re.search(rf"^{one['Id']} .*\n(?:    .*\n)*", text, re.MULTILINE).group()
        assert of_bus["State"] in lines
        assert of_bus["ReasonText"] in lines
        assert ("next try" in lines) == (of_bus["RetryAt"] > 0), lines
        assert ("never" in lines) == (of_bus["LastContact"] == 0), lines


def test_what_is_over_is_not_said_any_more(troubled, client, servers):
    """The user asks those that would have waited; the one whose server asked for patience goes on waiting."""
    for name in ("full", "refused", "slow"):
        client.wait_account(name, Reason=CASES[name][3])
        servers[name].at = "never"
    patient = client.account("slow")
    client.manager("CheckNow", "(as)", ["full", "refused", "slow"])
    for name in ("full", "refused"):
        account = client.wait_account(name, State="online")
        assert (account["Reason"], account["ReasonText"], account["RetryAt"]) == ("", "", 0)
    assert client.account("slow") == patient
