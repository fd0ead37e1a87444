"""A secret is fetched for a login and is nowhere afterwards (A-05, A-06, A-27): not in a log at its
most talkative, not in files, not on the bus, not in what can be read of the process and its
children, and not in its memory. The search knows the secret as it is and in base64."""

import base64
import os
import pathlib

import pytest
from harness import secrecy
from harness.dovecot import Dovecot
from harness.process import Process, environment
from harness.proxies import HttpProxy, Socks
from harness.tokens import TokenHelper, dovecot_tokens, token
from harness.wait import wait_for

PASSWORD = "Xyzzy-plugh-7f3a90c1b2"


@pytest.fixture
def own_password(directory, certificate, user):
    """A server that knows the user by PASSWORD alone."""
    dovecot = Dovecot(directory / "mail", certificate, passwords={user: PASSWORD}).start()
    yield dovecot
    dovecot.kill()


@pytest.fixture
def monitor(bus, directory):
    """All that goes over the bus."""
    process = Process(["dbus-monitor", "--address", bus.address], environment(directory / "monitor"))
    # Its own name is the last thing it hears before it becomes a monitor.
    wait_for(lambda: "NameLost" in process.text(), "the monitor of the bus")
    yield process
    process.stop()


def keys_of(source, daemon, keyring, directory):
    """Keys of the account for a place that the secret may come from."""
    if source == "keyring":
        keyring.secret("set", "work", text=PASSWORD)
        return {"PasswordFile": None, "PasswordKeyring": "yes"}
    if source == "file":
        return {}
    if source == "credential":
        secret = directory / "credentials" / "work"
        secret.parent.mkdir(mode=0o700)
        secret.write_text(PASSWORD, encoding="ascii")
        return {"PasswordFile": None, "PasswordCredential": "work"}
    helper = directory / "helper"
    helper.write_text(f"#!/bin/sh\ntr '\\0' '\\n' </proc/self/environ >{directory}/environ\n"
                      f"tr '\\0' '\\n' </proc/$$/cmdline >{directory}/cmdline\n"
                      f"exec cat {daemon.home}/work.password\n", encoding="ascii")
    helper.chmod(0o700)
    if source == "command":
        return {"PasswordFile": None, "PasswordCommand": helper}
    return {"PasswordFile": None, "TokenCommand": helper}


def check_memory(daemon, needles):
    pid = daemon.process.popen.pid
    if os.geteuid() != 0:
        # Its own user cannot even look.
        with pytest.raises(PermissionError):
            secrecy.in_memory(pid, needles)
        return
    # The search finds what is there.
    assert secrecy.in_memory(pid, {"its configuration": os.fsencode(daemon.config)})
    assert not secrecy.in_memory(pid, needles)


def check_nothing_is_left(daemon, monitor, directory, needles):
    pid = daemon.process.popen.pid
    assert not secrecy.in_process(pid, needles)
    assert not secrecy.in_bytes(daemon.log().encode(), needles)
    assert "org.posthorn.Posthorn1" in monitor.text()
    assert not secrecy.in_bytes(monitor.text().encode(), needles)
    assert not secrecy.in_files(daemon.state, needles)
    for name in ("environ", "cmdline"):
        path = directory / name
        assert not path.exists() or not secrecy.in_bytes(path.read_bytes(), needles)
    check_memory(daemon, needles)


@pytest.mark.parametrize("source, security", [
    ("file", "tls"), ("file", "none"), ("command", "none"), ("keyring", "tls"), ("credential", "none"),
])
def test_nothing_is_left_after_the_login(daemon, client, own_password, authority, user, keyring, monitor, directory,
                                         source, security):
    daemon.write_account("work", password=PASSWORD, Security=security, User=user,
                         CAFile=authority.ca if security == "tls" else None,
                         Port=own_password.imaps if security == "tls" else own_password.imap,
                         **keys_of(source, daemon, keyring, directory))
    daemon.start(CREDENTIALS_DIRECTORY=directory / "credentials")
    client.wait_account("work", State="online")
    check_nothing_is_left(daemon, monitor, directory, secrecy.forms(PASSWORD, user))
    assert (directory / "environ").exists() == (source == "command")


@pytest.mark.parametrize("source, auth", [("file", "plain"), ("keyring", "login"), ("token", "xoauth2")])
def test_nothing_is_left_of_what_the_server_refuses(daemon, client, own_password, user, keyring, monitor,
                                                    directory, source, auth):
    # The words of an account that failed are on the bus and in the log.
    daemon.write_account("work", password="Wrong-" + PASSWORD, Security="none", User=user, Port=own_password.imap,
                         Auth=auth, **keys_of(source, daemon, keyring, directory))
    if source == "keyring":
        keyring.secret("set", "work", text="Wrong-" + PASSWORD)
    daemon.start()
    wait_for(lambda: client.account("work")["State"] == "failed", "a refused login")
    check_nothing_is_left(daemon, monitor, directory, secrecy.forms("Wrong-" + PASSWORD, user))


@pytest.mark.parametrize("auth", ["scram-sha-1", "scram-sha-256"])
def test_nothing_is_left_of_a_challenge(daemon, client, directory, certificate, user, keyring, monitor, auth):
    server = Dovecot(directory / "mail", certificate, passwords={user: PASSWORD},
                     extra="auth_mechanisms = plain scram-sha-1 scram-sha-256").start()
    try:
        daemon.write_account("work", password=PASSWORD, Security="none", User=user, Port=server.imap, Auth=auth)
        daemon.start()
        client.wait_account("work", State="online")
        check_nothing_is_left(daemon, monitor, directory, secrecy.forms(PASSWORD, user))
    finally:
        server.kill()


@pytest.mark.parametrize("auth, ballast", [("xoauth2", 0), ("oauthbearer", 4000)])
def test_nothing_is_left_of_a_token(daemon, client, directory, certificate, authority, user, monitor, auth, ballast):
    """Taken at once, or behind the + where it is too long for the line."""
    secret = token(user, ballast=ballast)
    server = Dovecot(directory / "mail", certificate, extra=dovecot_tokens(directory)).start()
    try:
        daemon.write_account("work", User=user, Port=server.imaps, CAFile=authority.ca, Auth=auth, PasswordFile=None,
                             TokenCommand=TokenHelper(directory, secret).path)
        daemon.start()
        client.wait_account("work", State="online")
        # its end says most: what is before it is the same in many tokens
        check_nothing_is_left(daemon, monitor, directory, secrecy.forms(secret[-120:], user))
    finally:
        server.kill()


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_nothing_is_left_of_the_proxys_password(daemon, client, server, authority, user, directory, monitor, kind):
    secret = "Proxy-" + PASSWORD
    path = daemon.home / "proxy.secret"
    path.write_text(secret, encoding="ascii")
    path.chmod(0o600)
    proxy = Socks("ada", secret) if kind == "socks5" else HttpProxy(directory, [server.imaps], "ada", secret)
    try:
        daemon.write_account("work", User=user, Port=server.imaps, CAFile=authority.ca,
                             Proxy=f"{kind}://ada@127.0.0.1:{proxy.port}", ProxyPasswordFile=path)
        daemon.start()
        client.wait_account("work", State="online")
        needles = secrecy.forms(secret) | {"Basic": base64.b64encode(f"ada:{secret}".encode())}
        check_nothing_is_left(daemon, monitor, directory, needles)
    finally:
        proxy.stop()


def test_memory_holds_nothing_of_online_accounts(daemon, client, own_password, user, online_accounts):
    # Its answers cross the bus in the clear: the bus is not searched.
    online_accounts.add("one", host=f"127.0.0.1:{own_password.imap}", user=user, secret=PASSWORD)
    daemon.write_account("work", Host=None, User=None, PasswordFile=None, GoaAccount="one")
    daemon.start()
    client.wait_account("work", State="online")
    assert not secrecy.in_bytes(daemon.log().encode(), secrecy.forms(PASSWORD, user))
    check_memory(daemon, secrecy.forms(PASSWORD, user))


def test_no_core_file(daemon):
    daemon.start()
    limits = pathlib.Path(f"/proc/{daemon.process.popen.pid}/limits").read_text(encoding="ascii")
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")] == [["0", "0"]]
