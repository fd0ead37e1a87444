"""posthornd --find-server: by the table, by the domain's own web server, by a guess."""

import json

import pytest
from harness import lone_machine
from harness.posthorn import program
from harness.process import run

CONFIG = """<clientConfig version="1.1"><emailProvider id="{domain}"><domain>{domain}</domain>
<incomingServer type="imap"><hostname>{host}</hostname><port>143</port><socketType>STARTTLS</socketType>
<authentication>password-cleartext</authentication><username>%EMAILLOCALPART%</username>
</incomingServer></emailProvider></clientConfig>"""


def find(daemon, address, *options, before=(), **more):
    argv = [*before, program("posthornd"), "--find-server", address, *options]
    done = run(argv, {**daemon.trial_environment(), **more}, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def on_lone_machine(daemon, authority, address, *, port, name, page="-", options=()):
    pem, key = authority.certificate("search", names=f"DNS:{name}")
    before = [*lone_machine.COMMAND, port, pem, key, page]
    return find(daemon, address, "--json", *options, before=before, SSL_CERT_FILE=authority.ca)


@pytest.mark.parametrize("options", [(), ("--offline",)])
def test_table(daemon, options):
    status, out, _ = find(daemon, "ada@gmail.com", "--json", *options)
    servers = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [s["protocol"] for s in servers] == ["imap", "pop3"]
    assert servers[0]["host"] == "imap.gmail.com" and servers[0]["port"] == 993
    assert servers[0]["login"] == "token-or-app-password" and servers[0]["foreign"] is False
    status, out, _ = find(daemon, "ada@gmail.com", *options)
    assert status == 0 and "imap.gmail.com" in out and "table of providers" in out


def test_provider_without_imap(daemon):
    status, out, err = find(daemon, "ada@proton.me")
    assert status == 1 and out == "" and "Bridge" in err
    status, out, _ = find(daemon, "ada@proton.me", "--json")
    assert status == 1 and json.loads(out)["login"] == "none"


def test_nobody_is_asked(daemon):
    status, out, err = find(daemon, "ada@example.test", "--offline", "--json", "--log-level", "debug")
    assert (status, out) == (1, "") and "asking" not in err and "ada@example.test" in err


@pytest.mark.parametrize("words", [("ada",), ("@example.test",), ("ada@b c",)])
def test_what_is_no_address(daemon, words):
    assert find(daemon, *words)[0] == 2


@pytest.mark.parametrize("option", ["--offline", "--ask-others"])
def test_options_of_the_search_alone(daemon, option):
    done = run([program("posthornd"), "--check-config", option], daemon.environment(), check=False)
    assert done.returncode == 2 and b"--find-server" in done.stderr


def test_page_of_the_domain(daemon, authority, directory):
    page = directory / "config.xml"
    page.write_text(CONFIG.format(domain="mail.localhost", host="in.mail.localhost"), encoding="utf-8")
    status, out, err = on_lone_machine(daemon, authority, "ada@mail.localhost", port=443,
                                       name="autoconfig.mail.localhost", page=page)
    assert status == 0, err
    found = json.loads(out)
    assert (found["host"], found["port"], found["security"]) == ("in.mail.localhost", 143, "starttls")
    assert found["user"] == "ada" and found["way"] == "the domain's web server"


def test_page_of_another_is_not_believed(daemon, authority, directory):
    page = directory / "config.xml"
    page.write_text(CONFIG.format(domain="mail.localhost", host="in.mail.localhost"), encoding="utf-8")
    status, out, _ = on_lone_machine(daemon, authority, "ada@mail.localhost", port=443,
                                     name="other.localhost", page=page)
    assert (status, out) == (1, "")


def test_page_in_the_clear_is_not_fetched(daemon, authority):
    status, out, err = on_lone_machine(daemon, authority, "ada@mail.localhost", port=443,
                                       name="autoconfig.mail.localhost",
                                       page="http://mail.localhost/config.xml",
                                       options=("--log-level", "debug"))
    assert (status, out) == (1, "") and 'Protocol "http" not supported or disabled' in err


def test_page_that_leads_in_circles(daemon, authority):
    status, out, err = on_lone_machine(daemon, authority, "ada@mail.localhost", port=443,
                                       name="autoconfig.mail.localhost",
                                       page="https://autoconfig.mail.localhost/again",
                                       options=("--log-level", "debug"))
    assert (status, out) == (1, "") and "Maximum (3) redirects followed" in err


def test_page_without_an_end(daemon, authority, directory):
    page = directory / "config.xml"
    text = CONFIG.format(domain="mail.localhost", host="in.mail.localhost")
    page.write_text(text + "\n" * 70000, encoding="utf-8")
    status, out, _ = on_lone_machine(daemon, authority, "ada@mail.localhost", port=443,
                                     name="autoconfig.mail.localhost", page=page)
    assert (status, out) == (1, "")


def test_guess(daemon, authority):
    status, out, err = on_lone_machine(daemon, authority, "ada@mail.localhost", port=993,
                                       name="imap.mail.localhost")
    assert status == 0, err
    found = json.loads(out)
    assert (found["host"], found["port"], found["security"]) == ("imap.mail.localhost", 993, "tls")
    assert found["way"] == "a name that is usual"


def test_guess_of_another_is_not_believed(daemon, authority):
    status, out, _ = on_lone_machine(daemon, authority, "ada@mail.localhost", port=993,
                                     name="other.localhost")
    assert (status, out) == (1, "")


@pytest.mark.parametrize("options", [(), ("--ask-others",)])
def test_third_parties_are_asked_on_request_alone(daemon, authority, options):
    _, _, err = on_lone_machine(daemon, authority, "ada@mail.localhost", port=993,
                                name="other.localhost",
                                options=("--log-level", "debug", *options))
    assert "asking for imap.mail.localhost" in err and "ada@" not in err.replace("for ada@mail", "")
    assert ("asking for https://autoconfig.thunderbird.net/" in err) == bool(options)
