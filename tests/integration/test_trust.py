"""The way to a trusted session, end to end: what a scripted server does before, in and right behind the
TLS handshake, and which word the account says of it on D-Bus. The names hold the ids of the list that
these come from; engines and streams have the same cases in tests/transcripts and tests/unit/io."""

import base64
import contextlib
import hashlib
import socket
import sqlite3
import ssl
import threading
import time

import pytest
from harness.certificates import Authority
from harness.dovecot import free_ports
from harness.odd_server import TlsServer
from harness.process import run
from harness.wait import poke, wait_for

USER = "secret-user"
SECRETS = [word.encode() for word in (USER, "correct-horse")]
OFFLINE = ("server-closed", "connection-lost", "tls-truncated", "timed-out")


class Conversation:
    """One connection, as a script sees it."""

    def __init__(self, sock, server):
        self.sock, self.server = sock, server
        self.clear = b""

    def send(self, *data):
        self.sock.sendall(b"".join(data))

    def line(self):
        """The client's next line; what came in the clear is kept. b"" at the end."""
        line = b""
        while not line.endswith(b"\r\n"):
            byte = self.sock.recv(1)
            if not byte:
                return b""
            line += byte
        if not isinstance(self.sock, ssl.SSLSocket):
            self.clear += line
        return line

    def starttls(self):
        """The tag of the client's STARTTLS."""
        tag, _, rest = self.line().partition(b" ")
        assert rest.strip().upper() == b"STARTTLS", rest
        return tag

    def secure(self):
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)

    def cut(self):
        """FIN without close_notify."""
        raw = socket.socket(fileno=self.sock.detach())
        raw.shutdown(socket.SHUT_WR)
        raw.close()


class ScriptedServer:
    """Plays `script` to each connection and then waits for the client to go."""

    def __init__(self, script, context=None, tls=False):
        self.script, self.context, self.tls = script, context, tls
        self.port = free_ports(1)[0]
        self.times = []  # monotonic seconds of each connection
        self.ended = 0
        self.clear = b""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = Conversation(sock, self)
        with contextlib.suppress(OSError, AssertionError):
            if self.tls:
                talk.secure()
            self.script(talk)
            while talk.line():
                pass
        self.clear += talk.clear
        with contextlib.suppress(OSError):
            talk.sock.close()
        self.ended += 1
        poke()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def scripted():
    servers = []

    def make(script, **how):
        servers.append(ScriptedServer(script, **how))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


def context_of(pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context


def rows(daemon, table):
    store = sqlite3.connect(f"file:{daemon.state}/posthorn.db?mode=ro", uri=True)
    try:
        return store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        store.close()


def expect_refusal(daemon, client, server, reason, unsaid=(), **keys):
    """The account says `reason`; no secret went in the clear, no event and no cursor came of it, the
    connection is closed, and the next attempt waits. What the server said before it was trusted, the
    words `unsaid`, is in no property and in no line of the log."""
    keys = {"Port": server.port, "Security": "starttls", "User": USER, **keys}
    daemon.write_account("work", **keys)
    daemon.start()
    # A second later it may try again, and gives its old reason meanwhile.
    account = client.wait_account("work", Reason=reason, State="offline" if reason in OFFLINE else "failed")
    assert account["ReasonText"]
    assert account["RetryAt"] > 0
    wait_for(lambda: server.ended, "the end of the connection")
    is_soon = account["RetryAt"] < (time.time() + 10) * 1e6
    pauses = [after - before for before, after in zip(server.times, server.times[1:])]
    assert not pauses or is_soon and min(pauses) > 0.99
    for secret in SECRETS:
        assert secret not in server.clear
        assert base64.b64encode(secret)[:-3] not in server.clear
    assert client.read_events() == []
    for text in unsaid:
        assert text not in str(account) and text not in daemon.log(), text
    daemon.stop()  # it keeps the file to itself
    assert rows(daemon, "cursor") == 0 and rows(daemon, "event") == 0
    return account


# --- injection, downgrade and tampering in the clear ------------------------------------------------

def behind_ok(*data):
    """Bytes in the same segment as the OK to STARTTLS."""
    def script(talk):
        talk.send(b"* OK ready\r\n")
        talk.send(talk.starttls(), b" OK begin\r\n", *data)
    return script


def before_ok(*data):
    def script(talk):
        talk.send(b"* OK ready\r\n")
        tag = talk.starttls()
        talk.send(*data, tag, b" OK begin\r\n")
    return script


def answered(word):
    def script(talk):
        talk.send(b"* OK ready\r\n")
        talk.send(talk.starttls().join(word))
    return script


def greeted(*data):
    def script(talk):
        talk.send(*data)
    return script


def answered_early(talk):
    """S-18: a guess at the tag, before the command was read."""
    talk.send(b"* OK ready\r\n", b"A001 OK begin\r\n")


def stls(*data):
    def script(talk):
        talk.send(b"+OK ready <1.2@x>\r\n")
        assert talk.line().strip().upper() == b"STLS"
        talk.send(*data)
    return script


IMAP = {
    "S-10 tagged OK": (behind_ok(b"A2 OK done\r\n"), "injected-data"),
    "S-11 capabilities": (behind_ok(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"), "injected-data"),
    "S-12 alert behind": (behind_ok(b"* OK [ALERT] ring the bell\r\n"), "injected-data"),
    "S-12 alert before": (before_ok(b"* OK [ALERT] ring the bell\r\n"), "unexpected-untagged"),
    "S-13 BYE": (behind_ok(b"* BYE\r\n"), "injected-data"),
    "S-16 one byte": (behind_ok(b"x"), "injected-data"),
    "S-17 BAD and more": (answered([b"", b" BAD unavailable\r\nA003 OK Authenticated\r\nA004 OK in\r\n"]),
                          "starttls-refused"),
    "S-18 guessed tag": (answered_early, "unexpected-tag"),
    "S-19 other tag": (before_ok(b"zz9 OK done\r\n"), "unexpected-tag"),
    "S-30 BAD": (answered([b"", b" BAD what?\r\n"]), "starttls-refused"),
    "S-31 NO": (answered([b"", b" NO not now\r\n"]), "starttls-refused"),
    "S-31 continuation": (before_ok(b"+ go on\r\n"), "starttls-refused"),
    "S-35 PREAUTH": (greeted(b"* PREAUTH welcome\r\n"), "preauth-cleartext"),
    "S-35 PREAUTH with STARTTLS": (greeted(b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n"),
                                   "preauth-cleartext"),
    "S-37 BYE": (greeted(b"* BYE later\r\n"), "server-closed"),
    "S-37 empty line": (greeted(b"\r\n"), "protocol-error"),
    "S-50 LIST": (before_ok(b'* LIST () "/" INBOX\r\n'), "unexpected-untagged"),
    "S-50 STATUS": (before_ok(b"* STATUS INBOX (UIDNEXT 9 UIDVALIDITY 1)\r\n"), "unexpected-untagged"),
    "S-50 EXISTS": (before_ok(b"* 23 EXISTS\r\n"), "unexpected-untagged"),
    "S-50 FETCH": (before_ok(b'* 1 FETCH (UID 1 BODY[HEADER] {3}\r\nabc)\r\n'), "unexpected-untagged"),
    "S-52 alert in the greeting": (greeted(b"* OK [ALERT] ring the bell\r\n* BYE [ALERT] ring the bell\r\n"),
                                   "server-closed"),
    "S-52 alert of a refusal": (greeted(b"* NO [ALERT] ring the bell\r\n"), "protocol-error"),
    "S-52 code of STARTTLS": (answered([b"", b" NO [ALERT] ring the bell\r\n"]), "starttls-refused"),
    "S-52 charset": (greeted(b"* OK [BADCHARSET (UTF-7 evil)] welcome\r\n* OK [PARSE] evil\r\n"),
                     "unexpected-untagged"),
    "S-54 code of a refused login": (answered([b"", b" NO [AUTHENTICATIONFAILED] no such luck\r\n"]),
                                     "starttls-refused"),
    "S-54 code of a limit": (greeted(b"* BYE [LIMIT] too many\r\n"), "server-closed"),
    "S-51 mailbox name": (before_ok(b'* LIST () "/" "Click me! <http://evil>"\r\n'), "unexpected-untagged"),
}

POP3 = {
    "S-14 injected answers": (stls(b"+OK\r\n+OK\r\nPLAIN\r\nLOGIN\r\n.\r\n"), "injected-data"),
    "S-15 injected bytes": (stls(b"+OK\r\n\x80\x16\x03\x01\xff"), "injected-data"),
    "S-34 no STLS": (stls(b"-ERR unknown command\r\n"), "starttls-refused"),
    "S-53 greeting with controls": (greeted(b"+OK \x1b[31;1;4mhello\r\r\n1 msg\r\n.\r\n"), "unexpected-untagged"),
    "S-54 code in the greeting": (greeted(b"-ERR [AUTH] no such luck\r\n"), "server-closed"),
}


@pytest.mark.parametrize("case", IMAP)
def test_imap_in_the_clear(daemon, client, scripted, certificate, authority, case):
    script, reason = IMAP[case]
    server = scripted(script, context=context_of(certificate))
    expect_refusal(daemon, client, server, reason, ("the bell", "evil", "Click me", "welcome"), CAFile=authority.ca)


@pytest.mark.parametrize("case", POP3)
def test_pop3_in_the_clear(daemon, client, scripted, certificate, authority, case):
    script, reason = POP3[case]
    server = scripted(script, context=context_of(certificate))
    account = expect_refusal(daemon, client, server, reason, CAFile=authority.ca, Protocol="pop3")
    assert "\x1b" not in account["ReasonText"]


def test_s_16_one_byte_in_the_next_segment(daemon, client, scripted, certificate, authority):
    """It is no TLS record: the handshake fails, and no line is read."""
    def script(talk):
        talk.send(b"* OK ready\r\n")
        talk.send(talk.starttls(), b" OK begin\r\n")
        talk.sock.recv(1)  # the first byte of the ClientHello
        talk.send(b"xxxxxxxx")
    expect_refusal(daemon, client, scripted(script, context=context_of(certificate)), "tls-failed",
                   CAFile=authority.ca)


def test_s_20_the_list_inside_tls_rules(daemon, client, scripted, certificate, authority):
    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n")
        talk.send(talk.starttls(), b" OK begin\r\n")
        talk.secure()
        tag = talk.line().split(b" ")[0]
        talk.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n", tag, b" OK done\r\n")
    expect_refusal(daemon, client, scripted(script, context=context_of(certificate)), "no-mechanism",
                   CAFile=authority.ca)


def test_s_21_without_a_list_inside_tls_nothing_goes_on(daemon, client, scripted, certificate, authority):
    """The list from before TLS is never used: it is asked for anew, and there must be one."""
    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n")
        talk.send(talk.starttls(), b" OK begin\r\n")
        talk.secure()
        tag, _, word = talk.line().partition(b" ")
        assert word.strip() == b"CAPABILITY", word
        talk.send(tag, b" OK done\r\n")
    expect_refusal(daemon, client, scripted(script, context=context_of(certificate)), "protocol-error",
                   CAFile=authority.ca)


def test_s_32_starttls_is_sent_although_nobody_offers_it(daemon, client, scripted, certificate, authority):
    inside = []

    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4] ready\r\n")
        talk.send(talk.starttls(), b" OK begin\r\n")
        talk.secure()
        tag = talk.line().split(b" ")[0]
        talk.send(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n", tag, b" OK done\r\n")
        line = talk.line()
        inside.append(line.split(b" ")[1])
        talk.send(line.split(b" ")[0], b" NO not you\r\n")
    expect_refusal(daemon, client, scripted(script, context=context_of(certificate)), "auth-failed",
                   CAFile=authority.ca)
    assert inside == [b"AUTHENTICATE"]


def test_s_33_a_list_that_never_comes(daemon, client, scripted):
    """It is asked for once, whatever comes instead."""
    def script(talk):
        talk.send(b"* OK ready\r\n")
        talk.line()
        talk.send(b"* BAD what?\r\n" * 10000)
        talk.cut()
    server = scripted(script)
    expect_refusal(daemon, client, server, "connection-lost", Security="none")
    assert server.clear.count(b"\r\n") == 1 and b"CAPABILITY" in server.clear


ODD_NAMES = b"AUTH= AUTH=X-TOKEN auth=EXTERNAL AUTH=PLAINX AUTH=\xff AUTH=" + b" AUTH=".join(
    b"ODD-%d" % i for i in range(60)) + b" AUTH=pLaIn"


def test_s_39_odd_names_of_mechanisms(daemon, client, scripted, certificate, authority):
    said = []

    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR ", ODD_NAMES, b"] ready\r\n")
        line = talk.line()
        said.append(line.split(b" ")[1:3])
        talk.send(line.split(b" ")[0], b" NO not you\r\n")
    server = scripted(script, context=context_of(certificate), tls=True)
    expect_refusal(daemon, client, server, "auth-failed", Security="tls", CAFile=authority.ca)
    assert said == [[b"AUTHENTICATE", b"PLAIN"]]


def test_s_39_a_capability_of_64_kib(daemon, client, scripted):
    """It is a word that is not known, and passed over."""
    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR X", b"x" * 65536, b" LOGINDISABLED] ready\r\n")
    expect_refusal(daemon, client, scripted(script), "no-mechanism", Security="none")


def test_s_36_preauth_over_tls(daemon, client, scripted, certificate, authority):
    server = scripted(greeted(b"* PREAUTH welcome\r\n"), context=context_of(certificate), tls=True)
    expect_refusal(daemon, client, server, "unexpected-preauth", Security="tls", CAFile=authority.ca)


def test_s_38_a_referral_leads_nowhere(daemon, client, scripted, certificate, authority):
    other = scripted(lambda talk: None)

    def script(talk):
        talk.send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n")
        tag = talk.line().split(b" ")[0]
        talk.send(tag, b" NO [REFERRAL IMAP://;AUTH=*@127.0.0.1:%d/] elsewhere\r\n" % other.port)
    server = scripted(script, context=context_of(certificate), tls=True)
    expect_refusal(daemon, client, server, "auth-failed", Security="tls", CAFile=authority.ca)
    assert other.times == []


def test_s_40_logindisabled_in_the_clear(daemon, client, scripted):
    server = scripted(greeted(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n"))
    expect_refusal(daemon, client, server, "no-mechanism", Security="none")


def test_s_42_nothing_is_sent_after_giving_up(daemon, client, scripted):
    """The server was not understood, and then behaves as if nothing had been."""
    server = scripted(greeted(b"garbage\r\n", b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] welcome\r\n"))
    expect_refusal(daemon, client, server, "protocol-error", Security="none")
    assert server.clear == b""


# --- certificates and the TLS layer -----------------------------------------------------------------

def certificate_for(authority, directory, name, **how):
    if how.pop("own", None):
        return Authority(directory / "stranger").certificate(name)
    if how.pop("self_signed", None):
        pem, key = directory / f"{name}.pem", directory / f"{name}.key"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", key, "-out", pem, "-days", "30", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        return pem, key
    return authority.certificate(name, **how)


BAD = {
    "S-60 self-signed": ({"self_signed": True}, "tls-self-signed"),
    "S-60 unknown root": ({"own": True}, "tls-untrusted"),
    "S-60 wrong host": ({"names": "DNS:other.example.test"}, "tls-name"),
    "S-60 expired": ({"dates": ("20200101000000Z", "20200102000000Z")}, "tls-expired"),
    "S-60 not yet valid": ({"dates": ("20500101000000Z", "20540101000000Z")}, "tls-not-yet-valid"),
    "S-60 wrong purpose": ({"usage": "clientAuth"}, "tls-purpose"),
    "S-62 no name but CN": ({"names": "email:someone@example.test"}, "tls-name"),
    "S-63 partial wildcard": ({"names": "DNS:local*"}, "tls-name"),
    "S-63 address as a name": ({"names": "DNS:127.0.0.1"}, "tls-name"),
}


@pytest.mark.parametrize("case", BAD)
def test_certificate(daemon, client, scripted, authority, directory, case):
    how, reason = BAD[case]
    pair = certificate_for(authority, directory, "bad", **dict(how))
    server = scripted(greeted(b"* OK ready\r\n"), context=context_of(pair), tls=True)
    keys = {"Host": "127.0.0.1"} if "address" in case else {}
    expect_refusal(daemon, client, server, reason, Security="tls", CAFile=authority.ca, **keys)


def test_s_66_old_version(daemon, client, scripted, certificate, authority):
    context = context_of(certificate)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    server = scripted(greeted(b"* OK ready\r\n"), context=context, tls=True)
    expect_refusal(daemon, client, server, "tls-version", Security="tls", CAFile=authority.ca)


def test_tls_1_3_alone_when_wished(daemon, client, scripted, certificate, authority):
    context = context_of(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = scripted(greeted(b"* OK ready\r\n"), context=context, tls=True)
    expect_refusal(daemon, client, server, "tls-version", Security="tls", CAFile=authority.ca, TLSMinVersion="1.3")


@pytest.mark.parametrize("said", [b"* OK [CAPABILITY IMAP4rev1 AUTH=PL", b"* OK [BADCHARSET ({100}\r\nhalf of"])
def test_s_67_cut_in_a_line_and_in_a_literal(daemon, client, scripted, certificate, authority, said):
    def script(talk):
        talk.send(said)
        talk.cut()
    server = scripted(script, context=context_of(certificate), tls=True)
    expect_refusal(daemon, client, server, "tls-truncated", Security="tls", CAFile=authority.ca)


def test_no_tls_at_the_port(daemon, client, scripted, authority):
    expect_refusal(daemon, client, scripted(greeted(b"* OK ready\r\n")), "tls-failed", Security="tls",
                   CAFile=authority.ca)


class Narrowing(TlsServer):
    def on_authenticate(self, link, tag, _rest):
        link.send(f"{tag} OK [CAPABILITY IMAP4rev1] in")


@pytest.fixture
def imaps():
    servers = []

    def make(context, kind=TlsServer):
        servers.append(kind(context))
        return servers[-1]
    yield make
    for server in servers:
        server.close()


def test_s_22_the_list_of_the_login_rules(daemon, client, imaps, certificate, authority):
    """The greeting offers IDLE, and the answer to the login does not any more."""
    server = imaps(context_of(certificate), kind=Narrowing)
    assert "IDLE" in server.capabilities
    daemon.write_account("work", Port=server.port, Security="tls", User=USER, CAFile=authority.ca)
    daemon.start()
    assert client.wait_account("work", State="online")["Strategy"] == "poll"


def pin_of(pem):
    """The body of a PEM public key is the SubjectPublicKeyInfo."""
    text = run(["openssl", "x509", "-in", pem, "-pubkey", "-noout"]).stdout.decode("ascii")
    key = base64.b64decode("".join(text.splitlines()[1:-1]))
    return "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")


def test_pin(daemon, client, imaps, certificate, authority):
    server = imaps(context_of(certificate))
    keys = {"Port": server.port, "Security": "tls", "User": USER, "CAFile": authority.ca}
    right, wrong = pin_of(certificate[0]), "00" * 32
    for account, pin in (("right", right), ("both", f"{wrong} {right} 2999-12-31"), ("wrong", wrong),
                         ("late", right + " 2020-01-01")):
        daemon.write_account(account, PinSHA256=pin, **keys)
    daemon.start()
    client.wait_account("right", State="online")
    client.wait_account("both", State="online")
    client.wait_account("wrong", Reason="tls-pin", State="failed")
    late = client.wait_account("late", Reason="tls-pin-expired", State="failed")
    assert "last day" in late["ReasonText"]


def test_s_65_what_one_account_accepts_is_its_own(daemon, client, imaps, directory):
    pair = certificate_for(None, directory, "own", self_signed=True)
    server = imaps(context_of(pair))
    keys = {"Port": server.port, "Security": "tls", "User": USER}
    daemon.write_account("a", PinSHA256=pin_of(pair[0]), TrustPinOnly="yes", **keys)
    daemon.write_account("b", **keys)
    daemon.start()
    client.wait_account("a", State="online")
    client.wait_account("b", Reason="tls-self-signed")


def test_s_69_resumption_is_for_one_account(daemon, client, imaps, certificate, authority):
    server = imaps(context_of(certificate))
    keys = {"Port": server.port, "Security": "tls", "User": USER, "CAFile": authority.ca}
    daemon.write_account("a", **keys)
    daemon.start()
    client.wait_account("a", State="online")
    server.links[0].close()
    wait_for(lambda: len(server.secured) == 2, "the second connection")
    client.wait_account("a", State="online")
    daemon.write_account("b", **keys)
    daemon.reload()
    client.wait_account("b", State="online")
    assert [reused for reused, _, _ in server.secured] == [False, True, False]


def test_s_70_certificate_changed_while_connected(daemon, client, imaps, certificate, authority, directory):
    """The connection that stands is left alone; the next one is judged anew."""
    server = imaps(context_of(certificate))
    daemon.write_account("work", Port=server.port, Security="tls", User=USER, CAFile=authority.ca)
    daemon.start()
    client.wait_account("work", State="online")
    server.context = context_of(certificate_for(authority, directory, "stranger", own=True))
    server.deliver("Still trusted")
    assert client.wait_new_mail()[0]["subject"] == "Still trusted"
    server.links[0].close()
    client.wait_account("work", Reason="tls-untrusted", State="failed")
    server.context = context_of(certificate)
    daemon.reload()
    client.wait_account("work", State="online")


def test_s_71_alpn(daemon, client, imaps, certificate, authority):
    context = context_of(certificate)
    context.set_alpn_protocols(["imap"])
    server = imaps(context)
    keys = {"Port": server.port, "Security": "tls", "User": USER, "CAFile": authority.ca}
    daemon.write_account("work", **keys)
    daemon.start()
    client.wait_account("work", State="online")
    daemon.write_account("work", ALPN="no", **keys)
    daemon.reload()
    wait_for(lambda: len(server.secured) == 2, "the second connection")
    assert [alpn for _, alpn, _ in server.secured] == ["imap", None]


def test_client_certificate(daemon, client, imaps, certificate, authority):
    pem, key = authority.certificate("me", usage="clientAuth")
    context = context_of(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca)
    server = imaps(context)
    keys = {"Port": server.port, "Security": "tls", "User": USER, "CAFile": authority.ca}
    key.chmod(0o600)
    daemon.write_account("shown", ClientCertificate=pem, ClientKey=key, **keys)
    daemon.write_account("none", **keys)
    daemon.write_account("open", ClientCertificate=certificate[0], ClientKey="/nonexistent", **keys)
    daemon.start()
    client.wait_account("shown", State="online")
    assert (("commonName", "me.example.test"),) in server.secured[0][2]["subject"]
    none = client.wait_account("none", State="failed")
    assert none["Reason"] in ("tls-version", "tls-failed"), none
    assert "/nonexistent" in client.wait_account("open", Reason="config-error")["ReasonText"]
