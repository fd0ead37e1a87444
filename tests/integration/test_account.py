"""posthorn account: made, tried, listed, removed; nothing stays of what does not work."""

import json
import stat

import pytest
from harness import lone_machine
from harness.dovecot import PASSWORD
from harness.messages import message
from harness.posthorn import program
from harness.process import run


def account(daemon, *words, stdin=b"", **more):
    done = daemon.account(*words, stdin=stdin, **more)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def folder(daemon):
    return daemon.home / ".config" / "posthorn"


def add_local(daemon, server, authority, user, *, password=PASSWORD):
    """A server on another port and with an authority of its own: as a drop-in for all accounts."""
    shared = folder(daemon) / "posthorn.conf"
    shared.parent.mkdir(parents=True, exist_ok=True)
    shared.write_text(f"[Account]\nPort={server.imaps}\nCAFile={authority.ca}\n", encoding="utf-8")
    return account(daemon, "add", f"{user}@example.test", "--host", "localhost", "--user", user,
                   stdin=password.encode() + b"\n")


def files_below(path):
    return sorted(str(found.relative_to(path)) for found in path.rglob("*") if found.is_file())


def test_wrong_password_leaves_nothing(daemon, server, authority, user):
    status, out, err = add_local(daemon, server, authority, user, password="wrong")
    assert status == 1, out + err
    assert "nothing was written" in err and "Authentication failed" in out
    assert files_below(folder(daemon)) == ["posthorn.conf"]
    assert list((daemon.home / "run").glob("posthorn-new-*")) == []


@pytest.mark.parametrize("address", ["nobody", "@example.test", "a/b@example.test", "../x@y", "ada@", "a b@c"])
def test_what_is_no_address(daemon, address):
    status, _, err = account(daemon, "add", address, "--host", "localhost")
    assert status == 2 and address in err


def test_u_12_line_break_in_a_name_is_refused(daemon):
    status, _, _ = account(daemon, "add", "a@example.test", "--host", "localhost\nUser=x")
    assert status == 2
    assert not folder(daemon).exists()


def on_lone_machine(daemon, authority, address, *options, name):
    """account add where a TLS server is at port 993 of this machine, and nothing else."""
    pem, key = authority.certificate("place", names=f"DNS:{name}")
    argv = [*lone_machine.COMMAND, 993, pem, key, "-", program("posthorn"), "account", "add", address,
            *options]
    environment = {**daemon.trial_environment(), "POSTHORN_DAEMON": program("posthornd"),
                   "SSL_CERT_FILE": str(authority.ca)}
    done = run(argv, environment, stdin=b"secret\n", check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def test_unknown_domain(daemon, authority):
    status, out, err = on_lone_machine(daemon, authority, "ada@nowhere.invalid", "--yes",
                                       name="other.localhost")
    assert status == 1 and out == "" and "no server was found" in err and "--host" in err
    assert not folder(daemon).exists()


def test_guess_is_shown_before_anything_is_sent(daemon, authority):
    status, out, err = on_lone_machine(daemon, authority, "ada@mail.localhost",
                                       name="imap.mail.localhost")
    assert status == 1 and out == ""
    assert "imap.mail.localhost" in err and "a name that is usual" in err and "--yes" in err
    assert not folder(daemon).exists()


def test_known_provider_comes_with_advice(daemon):
    status, out, err = account(daemon, "add", "ada@gmail.com", stdin=b"secret\n")
    assert status == 1 and out == ""
    assert "imap.gmail.com" in err and "app password" in err and "--yes" in err


def test_online_account_goes_before_all_others(daemon, client, server, user, online_accounts):
    """Of a provider that takes tokens alone, too: nothing is asked, and no secret is written."""
    online_accounts.add("one", host=f"127.0.0.1:{server.imap}", user=user, secret=PASSWORD, address="Ada@Outlook.com")
    status, out, err = account(daemon, "add", "ada@outlook.com")
    assert status == 1 and out == "" and "GNOME Online Accounts has this account, at 127.0.0.1" in err
    assert not folder(daemon).exists()
    status, out, err = account(daemon, "add", "ada@outlook.com", "--yes")
    assert status == 0 and "works" in out, out + err
    assert files_below(folder(daemon)) == ["accounts.d/ada@outlook.com.conf"]
    assert "GoaAccount=one\n" in (folder(daemon) / "accounts.d/ada@outlook.com.conf").read_text("utf-8")
    assert PASSWORD not in out + err


def test_online_account_that_does_not_work(daemon, client, server, user, online_accounts):
    online_accounts.add("one", host=f"127.0.0.1:{server.imap}", user=user, secret="wrong", address="ada@example.test")
    status, out, err = account(daemon, "add", "ada@example.test", "--yes")
    assert status == 1 and "Authentication failed" in out and "nothing was written" in err
    assert not folder(daemon).exists()


def test_what_the_user_names_goes_before(daemon, client, server, authority, user, online_accounts):
    online_accounts.add("one", host="192.0.2.1", user=user, secret="wrong", address=f"{user}@example.test")
    status, out, err = add_local(daemon, server, authority, user)
    assert status == 0, out + err
    assert "GNOME" not in err


def test_account_is_kept_when_it_was_pushed_to(daemon, server, authority, user):
    shared = folder(daemon) / "posthorn.conf"
    shared.parent.mkdir(parents=True, exist_ok=True)
    shared.write_text(f"[Account]\nPort={server.imaps}\nCAFile={authority.ca}\n", encoding="utf-8")
    process = daemon.start_account("add", f"{user}@example.test", "--host", "localhost", "--user", user, "--push",
                                   stdin=PASSWORD)
    process.wait_for_line("now send a message")
    assert not (folder(daemon) / "accounts.d").exists()
    server.deliver(message("Pushed"), user)
    assert process.wait() == 0, process.text()
    assert any(line.startswith("push ") for line in process.output("out")), process.text()
    assert (folder(daemon) / "accounts.d" / f"{user}@example.test.conf").exists()


def test_password_goes_to_the_key_ring(daemon, client, server, authority, user, keyring):
    status, out, err = add_local(daemon, server, authority, user)
    name = f"{user}@example.test"
    assert status == 0 and "in the key ring" in err, out + err
    assert files_below(folder(daemon)) == [f"accounts.d/{name}.conf", "posthorn.conf"]
    assert keyring.items(account=name)[0]
    assert account(daemon, "test", name)[0] == 0
    assert account(daemon, "remove", name, "--yes")[0] == 0
    assert not keyring.items(account=name)[0]


def test_provider_without_imap(daemon):
    status, out, err = account(daemon, "add", "ada@proton.me", "--yes", stdin=b"secret\n")
    assert status == 1 and out == ""
    assert "Bridge" in err and "Nothing was tried" in err


def test_provider_that_takes_tokens_alone(daemon):
    status, out, err = account(daemon, "add", "ada@outlook.com", "--yes", stdin=b"secret\n")
    assert status == 1 and out == ""
    assert "outlook" in err and "TokenCommand=" in err


def test_remove_wants_to_be_sure(daemon, server, user):
    path = folder(daemon) / "accounts.d" / "work.conf"
    path.parent.mkdir(parents=True)
    path.write_text("[Account]\n", encoding="utf-8")
    assert account(daemon, "list")[:2] == (0, "work\n")
    status, _, err = account(daemon, "remove", "work")
    assert status == 1 and "--yes" in err and path.exists()
    status, _, err = account(daemon, "remove", "work", "--yes")
    assert status == 0 and not path.exists(), err
    status, _, err = account(daemon, "remove", "work", "--yes")
    assert status == 1 and "no account" in err
    assert account(daemon, "list")[:2] == (0, "")


def test_account_test_is_the_daemons_trial(daemon, server, user):
    server.deliver(message("One"), user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    path = folder(daemon) / "accounts.d"
    path.mkdir(parents=True)
    (path / "work.conf").write_text(daemon.account_file("work").read_text("utf-8"), encoding="utf-8")
    status, out, err = account(daemon, "test", "work", "--json")
    assert status == 0, err
    assert json.loads(out)["works"] is True and json.loads(out)["total"] == 1
    status, out, _ = account(daemon, "test", "work")
    assert status == 0 and out.rstrip().endswith("works")
    status, _, err = account(daemon, "test", "nobody")
    assert status == 1 and "nobody" in err


def test_missing_daemon_program(daemon):
    status, _, err = account(daemon, "test", "work", POSTHORN_DAEMON="/nowhere/posthornd")
    assert status == 69 and "/nowhere/posthornd" in err


def test_account_that_works_is_kept(daemon, server, authority, user):
    status, out, err = add_local(daemon, server, authority, user)
    name = f"{user}@example.test"
    assert status == 0, out + err
    assert "works" in out
    path = folder(daemon) / "accounts.d" / f"{name}.conf"
    secret = folder(daemon) / "secrets" / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text("utf-8") and PASSWORD not in out + err
    assert account(daemon, "test", name)[0] == 0
    status, _, err = add_local(daemon, server, authority, user)
    assert status == 1 and "already" in err
    assert account(daemon, "remove", name, "--yes")[0] == 0
    assert files_below(folder(daemon)) == ["posthorn.conf"]
