"""posthornd --test-account: one account tried once, with a report, and nothing left behind."""

import json

import pytest
from harness.dovecot import Dovecot
from harness.messages import message
from harness.odd_server import OddServer


def tried(daemon, account, *options):
    done = daemon.test_account(account, *options)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def tried_json(daemon, account):
    status, out, _ = tried(daemon, account, "--json")
    assert out.count("\n") == 1
    return status, json.loads(out)


def left_behind(daemon):
    return list((daemon.home / "run").glob("posthorn-trial-*"))


def test_good_account(daemon, server, user, authority):
    server.deliver(message("Old"), user)
    daemon.write_account("work", Port=server.imaps, User=user, CAFile=authority.ca)
    status, found = tried_json(daemon, "work")
    assert status == 0, found
    assert found["works"] is True and "reason" not in found
    assert found["account"] == "work" and found["security"] == "tls"
    assert found["address"].endswith(f"port {server.imaps}")
    assert found["tls_version"] == "TLSv1.3" and found["tls_cipher"]
    assert "issued by" in found["certificates"][0]
    assert found["mechanism"] and "IDLE" in found["capabilities"].split()
    assert found["strategy"] in ("notify", "idle")
    assert (found["total"], found["unseen"]) == (1, 1)
    assert found["round_trip_usec"] > 0
    assert left_behind(daemon) == []


def test_report_for_people(daemon, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    status, out, err = tried(daemon, "work")
    assert status == 0 and err == ""
    lines = dict(line.split(None, 1) for line in out.splitlines() if not line.startswith(" "))
    assert lines["account"] == "work" and lines["result"] == "works"
    assert "encryption" not in lines and lines["mailboxes"] == "0 messages, 0 unseen"


@pytest.mark.parametrize(("keys", "reason"), [
    ({"password": "wrong"}, "auth-failed"),
    ({"Port": 1}, "connect-failed"),
    ({"Host": "nowhere.invalid"}, "dns-failed"),
    ({"Security": "sideways"}, "config-error"),
    ({"PasswordFile": "/nowhere"}, "secret-failed"),
])
def test_what_is_wrong(daemon, server, user, keys, reason):
    daemon.write_account("work", **{"Port": server.imap, "Security": "none", "User": user, **keys})
    status, found = tried_json(daemon, "work")
    if "Host" in keys:
        reason = found["reason"]
        assert reason in ("dns-failed", "cleartext-refused")
    assert status == 1
    assert found["works"] is False and found["reason"] == reason, found
    assert found["reason_text"]
    assert left_behind(daemon) == []


def test_refused_certificate_is_shown(daemon, server, user):
    daemon.write_account("work", Port=server.imaps, User=user)
    status, found = tried_json(daemon, "work")
    assert status == 1 and found["reason"].startswith("tls-")
    assert "valid until" in found["certificates"][0]


def test_other_accounts_are_left_alone(daemon, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.write_account("bad", Port=server.imap, Security="none", User=user, password="wrong")
    assert tried(daemon, "work")[0] == 0


def test_unknown_account(daemon):
    status, out, err = tried(daemon, "nobody")
    assert status == 1 and out == "" and "nobody" in err


def test_pop3_account(daemon, server, user):
    server.deliver(message("One"), user)
    daemon.write_account("pop", Protocol="pop3", Port=server.pop3, Security="none", User=user)
    status, found = tried_json(daemon, "pop")
    assert status == 0, found
    assert found["strategy"] == "poll" and found["not_better"] == "POP3 cannot push"
    assert found["total"] == 1


class NoIdle(OddServer):
    capabilities = "IMAP4rev1 SASL-IR AUTH=PLAIN"


@pytest.mark.parametrize("kind, strategy, words", [(OddServer, "idle", "NOTIFY"), (NoIdle, "poll", "IDLE")])
def test_why_there_is_nothing_better(daemon, kind, strategy, words):
    server = kind()
    try:
        daemon.write_account("work", Port=server.port, Security="none")
        status, found = tried_json(daemon, "work")
        assert status == 0 and found["strategy"] == strategy, found
        assert f"the server does not offer {words}" in found["not_better"]
    finally:
        server.close()


@pytest.mark.parametrize("strategy, why", [("auto", None), ("idle", "Strategy= forbids more"),
                                           ("poll", "Strategy= forbids more")])
def test_the_user_wants_nothing_better(daemon, server, user, strategy, why):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, Strategy=strategy)
    _, found = tried_json(daemon, "work")
    assert found["strategy"] == ("notify" if strategy == "auto" else strategy)
    assert found.get("not_better") == why


def test_the_whole_chain_is_shown(daemon, directory, authority, user):
    pem, key = authority.certificate("chained")
    chain = directory / "chain.pem"
    chain.write_bytes(pem.read_bytes() + authority.ca.read_bytes())
    server = Dovecot(directory / "mail", (chain, key)).start()
    try:
        daemon.write_account("work", Port=server.imaps, User=user, CAFile=authority.ca)
        _, found = tried_json(daemon, "work")
        assert len(found["certificates"]) == 2, found
        assert found["certificates"][0].startswith("chained.example.test, issued by")
        _, out, _ = tried(daemon, "work")
        assert out.count("valid until") == 2 and "round trip" in out and "capabilities" in out
    finally:
        server.kill()


def test_push(daemon, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    process = daemon.start_trial("work", "--push", "--json")
    process.wait_for_line("now send a message")
    server.deliver(message("Pushed"), user)
    assert process.wait() == 0
    found = json.loads(process.output("out")[-1])
    assert found["works"] and found["push_usec"] > 0
