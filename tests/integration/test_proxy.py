"""Through real proxies: microsocks (SOCKS5) and tinyproxy (CONNECT)."""

import socket

import pytest
from harness.dovecot import Dovecot, free_ports
from harness.messages import message
from harness.proxies import HttpProxy, Socks
from harness.wait import wait_for

USER, SECRET = "ada", "proxy-s3cret"


@pytest.fixture
def through(directory, server):
    """A proxy of the kind given, and its address as Proxy= has it."""
    started = []

    def make(kind, user=None, password=None):
        if kind == "socks5":
            started.append(Socks(user, password))
        else:
            started.append(HttpProxy(directory, [server.imap, server.imaps, server.pop3], user, password))
        return started[-1], f"{kind}://{user + '@' if user else ''}127.0.0.1:{started[-1].port}"
    yield make
    for proxy in started:
        proxy.stop()


def write_secret(daemon, password):
    path = daemon.home / "proxy.secret"
    path.write_text(password + "\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("kind", ["socks5", "http"])
@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_mail_comes_through_it(daemon, client, server, user, authority, through, kind, security):
    proxy, address = through(kind)
    port = server.imaps if security == "tls" else server.imap
    daemon.write_account("work", Port=port, Security=security, User=user, CAFile=authority.ca, Proxy=address,
                         AllowCleartext="yes")
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("Through the proxy"), user)
    assert client.wait_new_mail()[0]["subject"] == "Through the proxy"
    wait_for(lambda: f"localhost:{port}" in proxy.log(), lambda: f"the name of the server:\n{proxy.log()}")


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_pop3_comes_through_it(daemon, client, server, user, through, kind):
    proxy, address = through(kind, USER, SECRET)
    daemon.write_account("work", Protocol="pop3", Port=server.pop3, Security="none", User=user, Proxy=address,
                         AllowCleartext="yes", ProxyPasswordFile=write_secret(daemon, SECRET))
    daemon.start()
    client.wait_account("work", State="online")
    wait_for(lambda: f"localhost:{server.pop3}" in proxy.log(), lambda: f"the name of the server:\n{proxy.log()}")
    assert SECRET not in daemon.log()


@pytest.mark.parametrize("kind", ["socks5", "http"])
@pytest.mark.parametrize("secret, says", [(None, "wants a user name"), ("wrong", "refuses the user name")])
def test_the_proxy_wants_a_password(daemon, client, server, user, through, kind, secret, says):
    proxy, address = through(kind, USER, SECRET)
    keys = {"ProxyPasswordFile": write_secret(daemon, secret)} if secret else {}
    daemon.write_account("work", Port=server.imap, Security="none", User=user, AllowCleartext="yes",
                         Proxy=address if secret else address.replace(f"{USER}@", ""), **keys)
    daemon.start()
    account = client.wait_account("work", Reason="proxy-failed", State="failed")
    # microsocks closes without a word when the password is wrong
    assert says in account["ReasonText"] or (kind, secret) == ("socks5", "wrong"), account
    assert account["RetryAt"] > 0
    assert secret is None or secret not in daemon.log()


def test_the_password_must_be_private(daemon, client, server, user, through):
    _, address = through("http", USER, SECRET)
    path = write_secret(daemon, SECRET)
    path.chmod(0o644)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, AllowCleartext="yes", Proxy=address,
                         ProxyPasswordFile=path)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "chmod 600" in account["ReasonText"]


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_the_certificate_is_the_servers(daemon, client, directory, authority, user, through, kind):
    """It is checked against Host=, and nothing is sent to another one."""
    other = Dovecot(directory / "other", authority.certificate("other", names="DNS:other.example.test")).start()
    proxy = Socks() if kind == "socks5" else HttpProxy(directory, [other.imaps])
    try:
        daemon.write_account("work", Port=other.imaps, Security="tls", User=user, CAFile=authority.ca,
                             Proxy=f"{kind}://localhost:{proxy.port}")
        daemon.start()
        client.wait_account("work", Reason="tls-name", State="failed")
    finally:
        proxy.stop()
        other.stop()


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_the_server_is_not_there(daemon, client, directory, kind):
    port = free_ports(1)[0]
    proxy = Socks() if kind == "socks5" else HttpProxy(directory, [port])
    try:
        daemon.write_account("work", Port=port, Security="tls", Proxy=f"{kind}://127.0.0.1:{proxy.port}")
        daemon.start()
        account = client.wait_account("work", State="offline", Reason="connect-failed")
        assert "the proxy says" in account["ReasonText"]
    finally:
        proxy.stop()


def test_the_proxy_is_not_there(daemon, client):
    port = free_ports(1)[0]
    daemon.write_account("work", Port=143, Security="tls", Proxy=f"socks5://127.0.0.1:{port}")
    daemon.start()
    account = client.wait_account("work", State="offline", Reason="connect-failed")
    assert "the proxy at 127.0.0.1" in account["ReasonText"]


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_what_listens_there_is_no_proxy(daemon, client, server, kind):
    daemon.write_account("work", Port=server.imap, Security="tls", Proxy=f"{kind}://127.0.0.1:{server.imap}")
    daemon.start()
    account = client.wait_account("work", State="failed", Reason="proxy-failed")
    assert "does not speak" in account["ReasonText"]


def test_cleartext_goes_through_no_proxy(daemon, client, server, user, through):
    proxy, address = through("socks5")
    daemon.write_account("work", Port=server.imap, Security="none", User=user, Proxy=address)
    daemon.start()
    client.wait_account("work", State="failed", Reason="cleartext-refused")
    assert "connected" not in proxy.log()


def test_one_for_all_accounts_but_one(daemon, client, server, user, through):
    proxy, address = through("socks5")
    (daemon.config / "posthorn.conf").write_text(f"[Account]\nProxy={address}\nAllowCleartext=yes\n")
    daemon.write_account("far", Port=server.imap, Security="none", User=user)
    daemon.write_account("near", Port=server.imap, Security="none", User=user, Proxy="none")
    daemon.start()
    for name in ("far", "near"):
        client.wait_account(name, State="online")
    wait_for(lambda: f"localhost:{server.imap}" in proxy.log(), lambda: f"the name of the server:\n{proxy.log()}")
    assert proxy.log().count(f"localhost:{server.imap}") == 1


@pytest.mark.parametrize("value, says", [
    ("http://ada:secret@localhost:8080", "ProxyPasswordFile="),
    ("http://ada@localhost:8080", "ProxyPasswordFile= is missing"),
    ("ftp://localhost:8080", "is no proxy"),
    ("socks5://localhost", "with its port"),
])
def test_an_address_that_is_none(daemon, value, says):
    daemon.write_account("work", Proxy=value)
    checked = daemon.check_config()
    said = (checked.stdout + checked.stderr).decode()
    assert checked.returncode == 1 and says in said, said
    assert ":secret" not in said


def test_a_proxy_that_says_nothing_and_closes(daemon, client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(30)
        daemon.write_account("work", Port=143, Security="tls", Proxy=f"socks5://127.0.0.1:{port}")
        daemon.start()
        connection, _ = listener.accept()
        assert connection.recv(16) == b"\5\1\0"
        connection.close()
        account = client.wait_account("work", State="failed", Reason="proxy-failed")
        assert "closed the connection" in account["ReasonText"]
