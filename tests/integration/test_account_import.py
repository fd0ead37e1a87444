"""posthorn account import: what it writes is a configuration that the daemon takes."""

import hashlib
import json
import stat

import pytest
from harness.dovecot import PASSWORD
from harness.posthorn import program
from harness.process import run

GOIMAPNOTIFY = [
    {"host": "localhost", "port": 143, "tls": False, "username": "ada@example.test",
     "passwordCmd": "printf '%s\\n' \"a'b\" | head -n1", "onNewMail": "mbsync -a",
     "boxes": ["INBOX", "Entwürfe"]},
    {"host": "localhost", "tls": True, "tlsOptions": {"rejectUnauthorized": False},
     "alias": "Second", "username": "bob", "password": "a plain secret", "boxes": [{"mailbox": "INBOX"}]},
]
MAILNAG = """[core]
poll_interval = 10

[account1]
enabled = 1
type = imap
name = Home
user = ada
password = a plain secret
server = localhost
port =
ssl = 1
imap = 1
idle = 1
folder = ["INBOX"]

[account2]
enabled = 0
type = pop3
name = Old
user = ada
server = localhost
ssl = 1
"""


def folder(daemon):
    return daemon.home / ".config" / "posthorn"


def import_text(daemon, text, *options):
    path = daemon.home / "theirs"
    path.write_text(text, encoding="utf-8")
    done = daemon.account("import", str(path), *options)
    return done.returncode, done.stderr.decode("utf-8")


def written(daemon):
    return {path.stem: path for path in (folder(daemon) / "accounts.d").glob("*.conf")}


def assert_takes(daemon):
    """The daemon finds nothing wrong, and the files are for their owner alone."""
    done = run([program("posthornd"), "--config", str(folder(daemon)), "--check-config"],
               daemon.trial_environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in folder(daemon).rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600


def test_goimapnotify(daemon):
    status, err = import_text(daemon, json.dumps(GOIMAPNOTIFY))
    assert status == 0, err
    files = written(daemon)
    assert sorted(files) == ["Second", "ada@example.test"]
    first = files["ada@example.test"].read_text("utf-8")
    assert "Watch=Entwürfe\n" in first and "Security=none\n" in first and "PasswordCommand=" in first
    assert "# Not carried over: commands that ran" in first and "commands that ran" in err
    second = files["Second"].read_text("utf-8")
    assert "a plain secret" not in second + err and "rejectUnauthorized" in second
    assert (folder(daemon) / "secrets" / "Second").read_text("utf-8") == "a plain secret"
    assert_takes(daemon)


def test_mailnag(daemon):
    status, err = import_text(daemon, MAILNAG)
    assert status == 0, err
    assert list(written(daemon)) == ["Home"] and "Old" in err
    assert "a plain secret" not in written(daemon)["Home"].read_text("utf-8") + err
    assert_takes(daemon)


def test_commands_are_run_by_consent(daemon):
    text = json.dumps({"hostCmd": "echo asked >&2; echo local; echo more", "usernameCmd": "printf 'ada\\r\\n'", "tls": True,
                       "passwordCmd": "pass mail"})
    status, err = import_text(daemon, text)
    assert status == 1 and "hostCmd is the command: echo asked" in err and "hostCmd was not run" in err
    assert not folder(daemon).exists()
    status, err = import_text(daemon, text, "--yes")
    assert status == 0, err
    made = written(daemon)["ada"].read_text("utf-8")
    assert "Host=local\n" in made and "User=ada\n" in made and 'PasswordCommand=/bin/sh -c "pass mail"\n' in made
    assert_takes(daemon)


@pytest.mark.parametrize("command", ["exit 1", "true", "kill -9 $$", "printf 'a\\033b\\n'"])
def test_command_that_prints_nothing_of_use(daemon, command):
    status, err = import_text(daemon, json.dumps({"host": "h", "usernameCmd": command, "password": "p"}), "--yes")
    assert status == 1 and ("usernameCmd was not run" in err or "user name that cannot be used" in err)
    assert not folder(daemon).exists()


def test_password_that_mailnag_keeps_in_the_key_ring(daemon, client, server, user, keyring):
    """Its items are of this schema, with the MD5 of user, server and "True" for IMAP as their id."""
    ident = hashlib.md5(f"{user}localhostTrue".encode()).hexdigest()
    keyring.store(PASSWORD, **{"xdg:schema": "com.github.pulb.mailnag", "id": ident})
    text = MAILNAG.replace("user = ada", f"user = {user}", 1).replace("password = a plain secret", "password =", 1)
    status, err = import_text(daemon, text.replace("port =", f"port = {server.imap}", 1).replace("ssl = 1", "ssl = 0", 1))
    assert status == 0 and "to be stored" not in err, err
    daemon.account_file("Home").write_text(written(daemon)["Home"].read_text("utf-8"), encoding="utf-8")
    daemon.start()
    client.wait_account("Home", State="online")


def test_one_that_is_there_stays_and_no_other_is_written(daemon):
    assert import_text(daemon, MAILNAG)[0] == 0
    switched_off = MAILNAG.replace("Home", "Other").replace("Old", "Home")
    assert import_text(daemon, switched_off)[0] == 0
    written(daemon)["Other"].unlink()
    before = written(daemon)["Home"].read_text("utf-8")
    status, err = import_text(daemon, MAILNAG.replace("user = ada", "user = eve").replace("Old", "New").replace(
        "enabled = 0", "enabled = 1"))
    assert status == 1 and "already" in err
    assert {name: path.read_text("utf-8") for name, path in written(daemon).items()} == {"Home": before}


@pytest.mark.parametrize("text, words", [
    ("", "nothing was written"),
    ('{"host": "h",', "line 2"),
    (json.dumps([GOIMAPNOTIFY[0], {"host": "h\nUser=x", "username": "u"}]), "host that cannot be used"),
    (MAILNAG.replace("server = localhost", "server ="), "no host"),
])
def test_what_cannot_be_used_leaves_nothing(daemon, text, words):
    status, err = import_text(daemon, text)
    assert status == 1 and words in err
    assert not folder(daemon).exists()


def test_usage(daemon):
    assert daemon.account("import").returncode == 2
    done = daemon.account("import", "/nowhere/theirs")
    assert done.returncode == 1 and b"/nowhere/theirs" in done.stderr
