"""GoaAccount= and GnomeOnlineAccounts= against the real goa-daemon; what it cannot be made to say is
in test_online_accounts.py."""

import pytest

from harness.dovecot import PASSWORD
from harness.goa_daemon import GoaDaemon
from harness.wait import wait_for


@pytest.fixture
def goa(keyring):
    service = GoaDaemon(keyring).start()
    yield service
    service.stop()


def place(server, user, secret=PASSWORD):
    return {"host": f"127.0.0.1:{server.imap}", "user": user, "secret": secret}


def test_account_says_where_it_is_and_logs_in(daemon, client, server, user, goa):
    _, ident = goa.add(**place(server, user))
    daemon.write_account("work", Host=None, User=None, PasswordFile=None, GoaAccount=ident)
    daemon.start()
    account = client.wait_account("work", State="online")
    assert (account["Host"], account["User"]) == ("127.0.0.1", user)


def test_refused_password_is_for_the_user_to_mend(daemon, client, server, user, goa):
    """goa-daemon tries it at the server by itself, and marks the account."""
    path, ident = goa.add(**place(server, user, "wrong"))
    daemon.write_account("work", Host=None, User=None, PasswordFile=None, GoaAccount=ident)
    daemon.start()
    account = client.wait_account("work", Reason="token-expired")
    assert "sign in again" in account["ReasonText"]
    assert goa.needs_attention(path)


def test_provider_that_cannot_be_reached(daemon, client, keyring):
    """As after a resume, before the network is there: nothing is wrong with the account."""
    goa = GoaDaemon(keyring, ["unshare", "--map-current-user", "--net", "--"]).start()
    try:
        _, ident = goa.add_google("ada@gmail.test", "a token")
        daemon.write_account("work", Host=None, User=None, PasswordFile=None, GoaAccount=ident)
        daemon.start()
        account = client.wait_account("work", Reason="unavailable", State="offline")
        assert account["RetryAt"] > 0
        assert "GNOME Online Accounts says: Error resolving" in account["ReasonText"]
    finally:
        goa.stop()


def test_account_add_finds_it(daemon, client, server, user, goa):
    _, ident = goa.add(**place(server, user))
    done = daemon.account("add", f"{user}@example.test", "--yes")
    assert done.returncode == 0, done.stderr.decode("utf-8")
    file = daemon.home / ".config/posthorn/accounts.d" / f"{user}@example.test.conf"
    assert f"GoaAccount={ident}\n" in file.read_text("utf-8")


def test_accounts_come_and_go(daemon, client, server, user, goa):
    (daemon.config / "posthorn.conf").write_text("[Daemon]\nGnomeOnlineAccounts=yes\n", encoding="ascii")
    path, ident = goa.add(**place(server, user))
    daemon.start()
    account = client.wait_account(f"goa-{ident}", State="online")
    assert account["Name"] == f"{user}@example.test"
    other_path, other = goa.add(**place(server, user + "x"))
    client.wait_account(f"goa-{other}", State="online")
    goa.set_mail_disabled(path, True)
    wait_for(lambda: not client.account(f"goa-{ident}"), "end of the account that is not for mail", look_every=0.05)
    goa.remove(other_path)
    wait_for(lambda: not client.account(f"goa-{other}"), "end of the account that was removed", look_every=0.05)
