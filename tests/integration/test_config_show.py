"""posthorn config: the command line client shows what the daemon's reader says."""

import json

import pytest
from harness.posthorn import program
from harness.process import run


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


def test_a_complaint_cannot_reach_the_terminal(daemon):
    """What posthornd repeats of its command line may have come from anywhere."""
    done = run(daemon.arguments("--show-config", "a\x1b[2Jb"), daemon.environment(), check=False)
    assert done.returncode == 1
    assert done.stderr == b"posthornd: there is no account a\\u{1b}[2Jb\n"


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


def test_places_of_a_user(configured):
    """The user's own folder goes before those of $XDG_CONFIG_DIRS, in their order; relative ones do not count."""
    for place, port in (("first", 1), ("second", 2)):
        folder = configured.home / place / "posthorn" / "accounts.d"
        folder.mkdir(parents=True)
        for name in (place, "both", "hidden"):
            (folder / f"{name}.conf").write_text(f"[Account]\nHost=h\nUser=u\nPasswordCommand=sh\nPort={port}\n",
                                                 encoding="utf-8")
    (configured.config / "accounts.d" / "hidden.conf").symlink_to("/dev/null")
    configured.write_account("own")
    configured.more["XDG_CONFIG_DIRS"] = f"{configured.home}/first:relative:{configured.home}/second"
    shown = json.loads(configured.cli("config", "show", "--json").stdout)
    ports = {account["Id"]: next(key["Values"] for key in account["Keys"] if key["Key"] == "Port")
             for account in shown["accounts"]}
    assert ports == {"both": ["1"], "first": ["1"], "own": ["993"], "second": ["2"]}


def test_wrong_use(configured):
    for words in (["show", "a", "b"], ["check", "a"], ["check", "--json"], ["edit"]):
        assert configured.cli("config", *words, check=False).returncode == 2, words


def test_no_daemon_program(configured):
    configured.more["POSTHORN_DAEMON"] = "/nonexistent/posthornd"
    done = configured.cli("config", "show", check=False)
    assert done.returncode == 69 and b"/nonexistent/posthornd" in done.stderr
