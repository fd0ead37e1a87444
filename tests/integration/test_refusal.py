"""What must not work, and what it is called."""

import pytest
from harness.certificates import Authority
from harness.dovecot import Dovecot
from harness.messages import message
from harness.proxy import Proxy


@pytest.fixture
def server_with(directory, authority):
    """A Dovecot with a certificate that is wrong in the way asked for."""
    started = []

    def make(name, **how):
        signer = how.pop("signer", authority)
        dovecot = Dovecot(directory / "mail", signer.certificate(name, **how)).start()
        started.append(dovecot)
        return dovecot
    yield make
    for dovecot in started:
        dovecot.stop()


def refused(daemon, client, proxy, authority, reason, **keys):
    """The account must not come online, say why, and send neither user nor password."""
    keys = {"Port": proxy.port, "Security": "tls", "User": "secret-user", "CAFile": authority.ca, **keys}
    daemon.write_account("work", **keys)
    daemon.start()
    account = client.wait_account("work", Reason=reason, State="failed")
    assert account["ReasonText"]
    assert b"secret-user" not in proxy.sent("C")
    return account


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_unknown_authority(daemon, client, server, directory, security):
    stranger = Authority(directory / "stranger")
    relay = Proxy(server.imaps if security == "tls" else server.imap)
    refused(daemon, client, relay, stranger, "tls-untrusted", Security=security)
    relay.close()


def test_without_ca_file_the_test_authority_is_unknown(daemon, client, server, authority):
    relay = Proxy(server.imaps)
    refused(daemon, client, relay, authority, "tls-untrusted", CAFile=None)
    relay.close()


@pytest.mark.parametrize("name, how, reason", [
    ("other", {"names": "DNS:other.example.test"}, "tls-name"),
    ("old", {"dates": ("20200101000000Z", "20200102000000Z")}, "tls-expired"),
    ("young", {"dates": ("20500101000000Z", "20540101000000Z")}, "tls-not-yet-valid"),
    ("person", {"usage": "clientAuth"}, "tls-purpose"),
])
def test_wrong_certificate(daemon, client, server_with, authority, name, how, reason):
    relay = Proxy(server_with(name, **how).imaps)
    refused(daemon, client, relay, authority, reason)
    relay.close()


def test_no_cleartext_to_another_host(daemon, client, server, authority):
    """Security=none is for this host; the name of another is refused before a connection is made."""
    relay = Proxy(server.imap)
    daemon.write_account("work", Host="192.0.2.1", Port=relay.port, Security="none")
    daemon.start()
    account = client.wait_account("work", State="failed")
    assert account["Reason"] in ("config-error", "cleartext-refused"), account
    relay.close()


def test_starttls_that_is_not_offered(daemon, client, directory, certificate, authority):
    plain = Dovecot(directory / "mail", certificate, tls=False).start()
    relay = Proxy(plain.imap)
    refused(daemon, client, relay, authority, "starttls-refused", Security="starttls")
    relay.close()
    plain.stop()


def test_wrong_password_is_told_and_not_tried_again(watched_with_wrong_password, client, proxy):
    account = client.wait_account("work", Reason="auth-failed")
    assert account["State"] == "failed"
    attempts = [line for line in proxy.commands() if line.split(b" ")[0].upper() in (b"LOGIN", b"AUTHENTICATE")]
    assert len(attempts) == 1, attempts
    # Not at once, and not by CheckNow of an impatient client either: a minute at least.
    wait_usec = account["RetryAt"] - account["LastContact"]
    assert wait_usec > 50 * 1000000, account


@pytest.fixture
def watched_with_wrong_password(daemon, client, proxy, user):
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, password="wrong")
    return daemon.start()


def test_corrected_password_is_used_after_reload(watched_with_wrong_password, client, proxy, server, user):
    daemon = watched_with_wrong_password
    client.wait_account("work", Reason="auth-failed")
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Name="Corrected")
    daemon.reload()
    client.wait_account("work", State="online", Name="Corrected")
    server.deliver(message("Welcome back"), user)
    assert client.wait_new_mail()[0]["subject"] == "Welcome back"


def test_password_is_in_no_log(watched, client, server, user):
    server.deliver(message("Anything"), user)
    client.wait_new_mail()
    assert "correct-horse" not in watched.log()
    assert b"correct-horse" not in b"".join(path.read_bytes() for path in watched.state.rglob("*")
                                            if path.is_file())


def test_password_file_that_others_can_read(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    (daemon.home / "work.password").chmod(0o644)
    daemon.start()
    client.wait_account("work", Reason="secret-failed")


def test_missing_mailbox(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=["Nowhere"])
    daemon.start()
    client.wait_account("work", Reason="no-mailbox")


def test_nobody_listens(daemon, client, server, user, proxy):
    proxy.refuse()
    daemon.write_account("work", Port=proxy.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", Reason="connect-failed", State="offline")
    proxy.listen()
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", State="online", Reason="")


def test_host_that_does_not_exist(daemon, client, user):
    daemon.write_account("work", Host="no-such-host.invalid", Port=993, User=user)
    daemon.start()
    client.wait_account("work", Reason="dns-failed", State="offline")
