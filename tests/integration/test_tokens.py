"""A token's life, on a server that ends sessions when it expires."""

import base64

import pytest
from harness.odd_server import OddServer
from harness.tokens import TokenHelper
from harness.wait import wait_for


class TokenServer(OddServer):
    """Takes any token, and remembers them. `after`: what it says behind each login, and closes."""

    capabilities = "IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2"
    after = None

    def __init__(self):
        super().__init__()
        self.tokens = []

    def on_authenticate(self, link, tag, rest):
        self.tokens.append(base64.b64decode(rest.split()[1]).decode().split("Bearer ")[1].rstrip("\1"))
        super().on_authenticate(link, tag, rest)

    def on_idle(self, link, tag, rest):
        super().on_idle(link, tag, rest)
        if self.after:
            self.expire(self.after)

    def expire(self, text="Session invalidated - AccessTokenExpired"):
        for link in list(self.links):
            link.send(f"* BYE {text}")
            link.close()


@pytest.fixture
def token_server():
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def watched_by_token(daemon, client, token_server, directory):
    helper = TokenHelper(directory, "first", "second")
    daemon.write_account("work", Port=token_server.port, Security="none", PasswordFile=None,
                         TokenCommand=helper.path)
    daemon.start()
    return helper


def states(daemon):
    return [line.split("state=")[1].split()[0] for line in daemon.log().splitlines() if "state=" in line]


def test_a_17_expired_while_online(daemon, client, token_server, watched_by_token):
    client.wait_account("work", State="online")
    wait_for(lambda: any(link.idle for link in token_server.links), "IDLE")
    token_server.expire()
    wait_for(lambda: token_server.tokens == ["first", "second"], lambda: f"a second login: {token_server.tokens}")
    client.wait_account("work", State="online")
    assert watched_by_token.called() == ["alice refresh=", "alice refresh=1"]
    assert not {"failed", "offline"} & set(states(daemon))
    token_server.deliver("Still here")
    assert client.wait_new_mail()[0]["subject"] == "Still here"


def test_expired_again_and_again_is_no_storm(daemon, client, token_server, watched_by_token):
    token_server.after = "Session invalidated - AccessTokenExpired"
    for link in list(token_server.links):
        link.close()
    account = client.wait_account("work", State="failed", Reason="token-expired")
    assert 1 <= token_server.logins <= 3
    assert account["RetryAt"] - account["LastContact"] > 50 * 1000000


@pytest.mark.parametrize("text, reason", [
    ("BAD User is authenticated but not connected.", "limit"),
    ("BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds", "throttled"),
    ("NO [ALERT] Too many simultaneous connections. (Failure)", "limit"),
    ("NO [UNAVAILABLE] Temporary authentication failure.", "unavailable"),
    ("NO Lookup failed 4.7.1 [THROTTLED]", "throttled"),
])
def test_a_18_a_throttle_is_no_refused_token(daemon, client, token_server, directory, text, reason):
    token_server.on_authenticate = lambda link, tag, _rest: link.send(f"{tag} {text}")
    helper = TokenHelper(directory, "first", "second")
    daemon.write_account("work", Port=token_server.port, Security="none", PasswordFile=None,
                         TokenCommand=helper.path)
    daemon.start()
    client.wait_account("work", Reason=reason, State="offline")
    assert helper.called() == ["alice refresh="]
