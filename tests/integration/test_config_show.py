"""posthorn config: the command line client shows what the daemon's reader says."""

import json

import pytest
from harness.posthorn import program


@pytest.fixture
def configured(daemon):
    """The user's own folder, as posthorn config looks at it, instead of --config."""
    daemon.more = {**daemon.more, "XDG_CONFIG_HOME": str(daemon.home / "xdg"), "XDG_CONFIG_DIRS": "/nonexistent",
                   "POSTHORN_DAEMON": str(program("posthornd"))}
    daemon.config = daemon.home / "xdg" / "posthorn"
    (daemon.config / "accounts.d").mkdir(parents=True)
    return daemon


def text(done):
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def test_show(configured):
    configured.write_account("work", Port=1143, Interval="90min")
    (configured.config / "posthorn.conf").write_text("[Daemon]\nLogLevel=debug\n", encoding="utf-8")
    out, _ = text(configured.cli("config", "show"))
    assert "LogLevel=debug\n" in out and "Port=1143\n" in out and "Interval=1h 30min\n" in out
    out, _ = text(configured.cli("config", "show", "work", "--origin"))
    assert f"# {configured.account_file('work')}:6\nPort=1143\n" in out, out
    assert "# default\nSecurity=tls\n" in out
    assert "LogLevel" not in out


def test_show_as_json(configured):
    configured.write_account("work", mailboxes=["INBOX", "Lists"])
    account = json.loads(configured.cli("config", "show", "--json", "--origin", "work").stdout)
    keys = {key["Key"]: key for key in account["Keys"]}
    assert account["Id"] == "work" and account["Problem"] is None
    assert keys["Watch"]["Values"] == ["INBOX", "Lists"]
    assert keys["Security"] == {"Section": "Account", "Key": "Security", "Values": ["tls"], "Origins": [None]}
    whole = json.loads(configured.cli("config", "show", "--json").stdout)
    assert [account["Id"] for account in whole["accounts"]] == ["work"]


def test_shown_account_stands_as_a_file(configured):
    configured.write_account("work", Port=1143)
    shown = configured.cli("config", "show", "work").stdout
    configured.account_file("copy").write_bytes(shown)
    again = configured.cli("config", "show", "copy").stdout
    assert again.replace(b"copy", b"work") == shown


def test_unknown_account(configured):
    done = configured.cli("config", "show", "nobody", check=False)
    assert done.returncode == 1 and b"nobody" in done.stderr


def test_check(configured):
    configured.write_account("work")
    assert configured.cli("config", "check").returncode == 0
    configured.write_account("work", CAFile="/nonexistent/ca.pem")
    done = configured.cli("config", "check", check=False)
    out, _ = text(done)
    assert done.returncode == 1
    assert f"error: {configured.account_file('work')}:6: CAFile= CA file /nonexistent/ca.pem" in out, out


def test_wrong_use(configured):
    for words in (["show", "a", "b"], ["check", "a"], ["check", "--json"], ["edit"]):
        assert configured.cli("config", *words, check=False).returncode == 2, words


def test_no_daemon_program(configured):
    configured.more["POSTHORN_DAEMON"] = "/nonexistent/posthornd"
    done = configured.cli("config", "show", check=False)
    assert done.returncode == 69 and b"/nonexistent/posthornd" in done.stderr
