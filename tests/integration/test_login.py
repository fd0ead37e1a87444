"""Every mechanism against a real server, over real TLS, and what is kept of it."""

import pytest
from harness.cyrus_sasl import CyrusSasl
from harness.dovecot import PASSWORD, Dovecot
from harness.kerberos import Realm
from harness.messages import message
from harness.scram_server import ScramServer
from harness.tokens import TokenHelper, dovecot_tokens, token
from harness.wait import wait_for
from OpenSSL import SSL

SCRAM = "auth_mechanisms = plain login scram-sha-1 scram-sha-256\n"


def only(version):
    """TLS of this version and no other, for a Dovecot; it has no setting for the newest."""
    def configure(directory):
        file = directory / f"openssl-{version}.cnf"
        file.write_text("openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n"
                        f"MinProtocol = TLSv{version}\nMaxProtocol = TLSv{version}\n", encoding="ascii")
        file.chmod(0o644)
        return f"import_environment = $import_environment OPENSSL_CONF={file}\nssl_min_protocol = TLSv1.2\n"
    return configure


@pytest.fixture
def make_server(directory, certificate):
    made = []

    def make(extra, **how):
        made.append(Dovecot(directory / f"mail{len(made)}", certificate, extra=extra, **how).start())
        return made[-1]
    yield make
    for server in made:
        server.kill()


def account(daemon, server, authority, **keys):
    port = server.pop3s if keys.get("Protocol") == "pop3" else server.imaps
    daemon.write_account("work", **{"Port": port, "CAFile": authority.ca, **keys})


def logged_in_by(daemon, mechanism):
    wait_for(lambda: f"logged in by {mechanism}" in daemon.log(), daemon.log)


def states(daemon):
    """All that the account has been, in this order."""
    return [line.split("state=")[1].split()[0] for line in daemon.log().splitlines() if "state=" in line]


def arrives(client, server, user, subject="Behind the login"):
    server.deliver(message(subject), user)
    assert client.wait_new_mail()[0]["subject"] == subject


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("auth", ["plain", "login", "scram-sha-1", "scram-sha-256", "auto"])
def test_passwords(daemon, client, make_server, directory, authority, user, protocol, version, auth):
    server = make_server(SCRAM + only(version)(directory))
    account(daemon, server, authority, User=user, Auth=auth, Protocol=protocol)
    daemon.start()
    client.wait_account("work", State="online")
    taken = "SCRAM-SHA-256" if auth == "auto" else auth.upper()
    logged_in_by(daemon, taken)
    method = "PLAIN" if taken == "LOGIN" else taken
    wait_for(lambda: f"method={method}" in server.log(), server.log)
    if protocol == "imap":
        arrives(client, server, user)


@pytest.mark.parametrize("auth", ["scram-sha-1", "scram-sha-256"])
def test_scram_with_a_wrong_password(daemon, client, make_server, authority, user, auth):
    server = make_server(SCRAM)
    account(daemon, server, authority, User=user, Auth=auth, password="wrong")
    daemon.start()
    assert client.wait_account("work", Reason="auth-failed")["State"] == "failed"
    assert "wrong" not in daemon.log()


def test_a_04_a_downgrade_is_refused_until_the_user_says_so(daemon, client, make_server, authority, user):
    server = make_server(SCRAM)
    account(daemon, server, authority, User=user)
    daemon.start()
    client.wait_account("work", State="online")
    logged_in_by(daemon, "SCRAM-SHA-256")
    daemon.stop()
    server.stop()
    server.extra = "auth_mechanisms = plain login\n"
    server.start()

    # over a restart: what is known is in the store
    daemon.start()
    refused = client.wait_account("work", Reason="no-mechanism")
    assert refused["State"] == "failed"
    assert "SCRAM-SHA-256" in refused["ReasonText"] and "Auth=" in refused["ReasonText"]
    assert "logged in" not in daemon.log() and "Login:" not in server.log().split("starting up")[-1]

    account(daemon, server, authority, User=user, Auth="plain")
    daemon.reload()
    client.wait_account("work", State="online")
    account(daemon, server, authority, User=user)
    daemon.restart()
    client.wait_account("work", State="online")
    logged_in_by(daemon, "PLAIN")


# --- tokens ------------------------------------------------------------------------------------------

def token_account(daemon, server, authority, user, helper, **keys):
    account(daemon, server, authority, User=user, PasswordFile=None, TokenCommand=helper.path, **keys)


@pytest.fixture
def token_server(make_server, directory):
    return make_server(dovecot_tokens(directory))


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer", "auto"])
def test_tokens(daemon, client, token_server, directory, authority, user, protocol, auth):
    helper = TokenHelper(directory, token(user))
    token_account(daemon, token_server, authority, user, helper, Auth=auth, Protocol=protocol)
    daemon.start()
    client.wait_account("work", State="online")
    logged_in_by(daemon, f"{'OAUTHBEARER' if auth == 'auto' else auth.upper()}")
    assert helper.called() == [f"{user} refresh="]
    assert token(user)[:20] not in daemon.log()


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_a_11_a_refused_token_is_asked_for_once_more(
        daemon, client, token_server, directory, authority, user, protocol, auth):
    helper = TokenHelper(directory, token(user, lives=-60), token(user))
    token_account(daemon, token_server, authority, user, helper, Auth=auth, Protocol=protocol)
    daemon.start()
    client.wait_account("work", State="online")
    assert helper.called() == [f"{user} refresh=", f"{user} refresh=1"]
    assert "failed" not in states(daemon)


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_a_11_a_token_refused_twice(daemon, client, token_server, directory, authority, user, auth):
    helper = TokenHelper(directory, token(user, lives=-60), token(user, key=b"another"))
    token_account(daemon, token_server, authority, user, helper, Auth=auth)
    daemon.start()
    refused = client.wait_account("work", State="failed")
    assert refused["Reason"] in ("token-expired", "auth-failed")
    assert "the token was refused with" in refused["ReasonText"]
    assert len(helper.called()) == 2
    assert refused["RetryAt"] - refused["LastContact"] > 50 * 1000000


def test_a_15_a_long_token(daemon, client, token_server, directory, authority, user):
    """Beyond what fits into the line of AUTHENTICATE: behind the +."""
    long_token = token(user, ballast=4000)
    assert len(long_token) > 5500
    helper = TokenHelper(directory, long_token)
    token_account(daemon, token_server, authority, user, helper)
    daemon.start()
    client.wait_account("work", State="online")
    assert len(helper.called()) == 1


def test_a_21_a_shared_mailbox(daemon, client, token_server, directory, authority, user):
    """The login names the mailbox, the helper hears of the person."""
    helper = TokenHelper(directory, token(user))
    token_account(daemon, token_server, authority, user, helper, AuthUser="ada@example.test", Auth="xoauth2")
    daemon.start()
    client.wait_account("work", State="online")
    assert helper.called() == ["ada@example.test refresh="]


def test_plain_as_another(daemon, client, make_server, authority, user):
    """Dovecot's master user: AuthUser= is who knows a password, User= whose mailbox it is."""
    server = make_server("passdb {\n  driver = static\n  master = yes\n  args = password=master-pw\n}\n")
    account(daemon, server, authority, User=user, AuthUser="admin", password="master-pw")
    daemon.start()
    client.wait_account("work", State="online")
    arrives(client, server, user)


def test_a_05_tokens_are_in_no_file_and_no_log(daemon, client, token_server, directory, authority, user):
    secret = token(user)
    helper = TokenHelper(directory, secret)
    token_account(daemon, token_server, authority, user, helper)
    daemon.start()
    client.wait_account("work", State="online")
    kept = b"".join(path.read_bytes() for path in daemon.state.rglob("*") if path.is_file())
    for text in (secret, PASSWORD):
        assert text.encode() not in kept and text not in daemon.log()


# --- client certificates -----------------------------------------------------------------------------

@pytest.fixture
def certificate_server(make_server, authority):
    return make_server(
        "auth_mechanisms = $auth_mechanisms external\nssl_verify_client_cert = yes\nssl_require_crl = no\n"
        f"ssl_ca = <{authority.ca}\nauth_ssl_username_from_cert = yes\n"
        "passdb {\n  driver = static\n  mechanisms = external\n  args = nopassword=y\n}\n")


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("auth", ["external", "auto"])
def test_external(daemon, client, certificate_server, authority, protocol, auth):
    """The certificate says who it is: its common name."""
    file, key = authority.certificate("person", usage="clientAuth")
    account(daemon, certificate_server, authority, User="person.example.test", Auth=auth, PasswordFile=None,
            ClientCertificate=file, ClientKey=key, Protocol=protocol)
    daemon.start()
    client.wait_account("work", State="online")
    logged_in_by(daemon, "EXTERNAL")
    wait_for(lambda: "user=<person.example.test>, method=EXTERNAL" in certificate_server.log(),
             certificate_server.log)


def test_external_without_a_certificate(daemon, client, certificate_server, authority):
    account(daemon, certificate_server, authority, User="person.example.test", Auth="external", PasswordFile=None)
    daemon.start()
    assert client.wait_account("work", State="failed")["Reason"] == "auth-failed"


# --- Kerberos ----------------------------------------------------------------------------------------

@pytest.fixture
def realm(directory):
    own = Realm(directory / "krb5").start("imap/localhost", "pop/localhost")
    yield own
    own.stop()


@pytest.fixture
def kerberos_server(make_server, realm):
    return make_server("auth_mechanisms = $auth_mechanisms gssapi\nauth_gssapi_hostname = localhost\n"
                       f"auth_krb5_keytab = {realm.keytab}\n"
                       f"import_environment = $import_environment KRB5_CONFIG={realm.config}\n")


@pytest.fixture
def kerberos_daemon(daemon, realm):
    # The library that joins GNU SASL and MIT Kerberos loses 16 bytes for each login.
    known = realm.home / "leaks"
    known.write_text("leak:libgssapi_krb5.so\n", encoding="ascii")
    daemon.more.update(KRB5_CONFIG=str(realm.config), KRB5CCNAME=str(realm.ccache),
                       LSAN_OPTIONS=f"suppressions={known}:print_suppressions=0")
    return daemon


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_gssapi(kerberos_daemon, client, kerberos_server, realm, authority, user, protocol):
    realm.kinit(user)
    account(kerberos_daemon, kerberos_server, authority, User=user, Auth="gssapi", PasswordFile=None,
            Protocol=protocol)
    kerberos_daemon.start()
    client.wait_account("work", State="online")
    logged_in_by(kerberos_daemon, "GSSAPI")
    service = {"imap": "imap", "pop3": "pop"}[protocol]
    assert f"{service}/localhost@" in realm.tickets()
    if protocol == "imap":
        arrives(client, kerberos_server, user)


def test_gssapi_without_a_ticket(kerberos_daemon, client, kerberos_server, realm, authority, user):
    account(kerberos_daemon, kerberos_server, authority, User=user, Auth="gssapi", PasswordFile=None)
    kerberos_daemon.start()
    refused = client.wait_account("work", Reason="secret-failed")
    assert "Kerberos" in refused["ReasonText"]
    # the next attempt finds it
    realm.kinit(user)
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", State="online")


def test_gssapi_with_a_silent_centre(kerberos_daemon, client, kerberos_server, server, realm, authority, user):
    """Whoever waits for it, the other accounts do not."""
    realm.kinit(user)
    realm.be_silent()
    account(kerberos_daemon, kerberos_server, authority, User=user, Auth="gssapi", PasswordFile=None)
    kerberos_daemon.write_account("other", Port=server.imap, Security="none", User=user)
    kerberos_daemon.start()
    client.wait_account("other", State="online")
    assert client.account("work")["State"] == "connecting"
    arrives(client, server, user, "Meanwhile")


def test_gssapi_of_another_user(kerberos_daemon, client, kerberos_server, realm, authority, user):
    realm.kinit("somebody")
    account(kerberos_daemon, kerberos_server, authority, User=user, AuthUser="somebody", Auth="gssapi",
            PasswordFile=None)
    kerberos_daemon.start()
    assert client.wait_account("work", Reason="auth-failed")["State"] == "failed"


# --- channel binding ---------------------------------------------------------------------------------

@pytest.fixture
def scram_server(certificate):
    made = []

    def make(**how):
        made.append(ScramServer(certificate, **how))
        return made[-1]
    yield make
    for server in made:
        server.close()


def bound_account(daemon, server, authority, **keys):
    daemon.write_account("work", Port=server.port, CAFile=authority.ca, **keys)


@pytest.mark.parametrize("version, kind, attempts", [
    (SSL.TLS1_3_VERSION, "tls-exporter", ["p=tls-exporter"]),
    (SSL.TLS1_3_VERSION, "tls-server-end-point", ["p=tls-exporter", "p=tls-server-end-point"]),
    (SSL.TLS1_3_VERSION, "tls-unique", ["p=tls-exporter", "p=tls-server-end-point", "p=tls-unique"]),
    (SSL.TLS1_2_VERSION, "tls-server-end-point", ["p=tls-server-end-point"]),
    (SSL.TLS1_2_VERSION, "tls-unique", ["p=tls-server-end-point", "p=tls-unique"]),
])
def test_a_26_plus(daemon, client, scram_server, authority, version, kind, attempts):
    server = scram_server(version=version, kinds=(kind,))
    bound_account(daemon, server, authority)
    daemon.start()
    client.wait_account("work", State="online")
    assert server.attempts == attempts
    logged_in_by(daemon, "SCRAM-SHA-256-PLUS")
    # the kind that was taken is the first one of the next login
    daemon.restart()
    client.wait_account("work", State="online")
    assert server.attempts == [*attempts, f"p={kind}"]


@pytest.fixture(scope="module")
def cyrus_sasl(session_directory):
    sasl = CyrusSasl(session_directory, "alice")
    yield sasl
    sasl.stop()


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"])
def test_a_26_plus_with_cyrus(daemon, client, scram_server, cyrus_sasl, authority, version, mechanism):
    """It knows tls-unique alone, and says so behind the proof, in words of its own."""
    server = scram_server(version=version, sasl=cyrus_sasl, mechanisms=f"AUTH={mechanism} AUTH=PLAIN")
    bound_account(daemon, server, authority)
    daemon.start()
    client.wait_account("work", State="online")
    assert server.attempts[-1] == "p=tls-unique"
    logged_in_by(daemon, mechanism)
    attempts = len(server.attempts)
    daemon.restart()
    client.wait_account("work", State="online")
    assert server.attempts[attempts:] == ["p=tls-unique"]


def test_a_26_wrong_password_with_cyrus(daemon, client, scram_server, cyrus_sasl, authority):
    server = scram_server(sasl=cyrus_sasl)
    bound_account(daemon, server, authority, password="wrong")
    daemon.start()
    account = client.wait_account("work", Reason="auth-failed")
    assert "authentication failure" in account["ReasonText"]
    assert server.attempts[-1] == "p=tls-unique" and len(server.attempts) == 3


def test_a_25_no_way_down_from_plus(daemon, client, scram_server, authority):
    """A server that offers -PLUS and takes no binding gets neither an unbound proof nor a password."""
    server = scram_server(kinds=())
    bound_account(daemon, server, authority)
    daemon.start()
    assert client.wait_account("work", Reason="no-mechanism")["State"] == "failed"
    assert server.attempts == ["p=tls-exporter", "p=tls-server-end-point", "p=tls-unique"]
    assert not any(word in line for line in server.lines for word in ("PLAIN", "LOGIN"))


def test_a_25_somebody_in_between(daemon, client, scram_server, authority):
    """With a certificate that is trusted, and two connections: found out, and no wiser."""
    server = scram_server(is_middle=True)
    bound_account(daemon, server, authority)
    daemon.start()
    assert client.wait_account("work", Reason="auth-failed")["State"] == "failed"
    assert server.attempts == ["p=tls-exporter"] and server.logins == 0


def test_a_25_a_hidden_offer(daemon, client, scram_server, authority):
    """The offer of -PLUS was taken out of the list: the server hears that we could have."""
    server = scram_server(mechanisms="AUTH=SCRAM-SHA-256 AUTH=PLAIN")
    bound_account(daemon, server, authority)
    daemon.start()
    assert client.wait_account("work", Reason="auth-failed")["State"] == "failed"
    assert server.attempts == ["y"]


def test_without_plus_as_the_user_says(daemon, client, scram_server, authority):
    server = scram_server()
    bound_account(daemon, server, authority, Auth="scram-sha-256")
    daemon.start()
    client.wait_account("work", State="online")
    assert server.attempts == ["n"]
