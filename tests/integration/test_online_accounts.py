"""Accounts of GNOME Online Accounts."""

from harness.dovecot import PASSWORD
from harness.online_accounts import NOT_AUTHORIZED
from harness.wait import wait_for

ID = "account_1700000000_0"


def goa_account(daemon, **keys):
    daemon.write_account("work", **{"Host": None, "User": None, "PasswordFile": None, "GoaAccount": ID, **keys})


def place(server, user, **more):
    return {"host": f"127.0.0.1:{server.imap}", "user": user, "secret": PASSWORD, **more}


def calls(online_accounts, method):
    return [call for call in online_accounts.calls if call[0] == method]


def test_account_says_where_it_is_and_logs_in(daemon, client, server, user, online_accounts):
    online_accounts.add("another", **place(server, "nobody", secret="wrong"))
    online_accounts.add(ID, **place(server, user))
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", State="online")
    assert (account["Host"], account["User"]) == ("127.0.0.1", user)
    assert calls(online_accounts, "GetPassword") == [("GetPassword", ID, "imap-password")]
    assert calls(online_accounts, "EnsureCredentials") == [("EnsureCredentials", ID)]
    # What is known now does not differ from the file that does not say it.
    daemon.reload()
    daemon.cli("check", "work")
    assert calls(online_accounts, "GetPassword") == [("GetPassword", ID, "imap-password")]


def test_host_of_the_file_goes_before(daemon, client, server, user, online_accounts):
    online_accounts.add(ID, **place(server, "nobody", host="127.0.0.1:1"))
    goa_account(daemon, Host="127.0.0.1", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")


def test_encryption_is_as_the_account_says(daemon, client, server, user, online_accounts, authority):
    # Neither of the two would be cleartext: to another host than this one it is refused.
    path = online_accounts.add(ID, **place(server, user, host="192.0.2.1"))
    goa_account(daemon, CAFile=authority.ca)
    daemon.start()
    client.wait_account("work", Reason="cleartext-refused")
    online_accounts.remove(path)
    online_accounts.add(ID, **place(server, user, host=f"localhost:{server.imaps}", tls=True))
    daemon.reload()
    client.wait_account("work", State="online")


def test_signing_in_again_is_waited_for(daemon, client, server, user, online_accounts):
    path = online_accounts.add(ID, **place(server, user))
    online_accounts.set_attention(path, True)
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", Reason="token-expired")
    assert "sign in again" in account["ReasonText"]
    # The provider is not bothered.
    assert not calls(online_accounts, "EnsureCredentials")
    online_accounts.set_attention(path, False)
    client.wait_account("work", State="online")


def test_refused_credentials(daemon, client, server, user, online_accounts):
    path = online_accounts.add(ID, **place(server, user))
    online_accounts.fail(path, NOT_AUTHORIZED)
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", Reason="token-expired")
    assert "sign in again" in account["ReasonText"]
    online_accounts.fail(path, None)
    online_accounts.set_attention(path, False)
    client.wait_account("work", State="online")


def test_words_of_the_service(daemon, client, server, user, online_accounts):
    path = online_accounts.add(ID, **place(server, user))
    online_accounts.fail(path, "org.freedesktop.Goa.Error.Failed", "no network\033[1m")
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", Reason="unavailable", State="offline")
    assert "GNOME Online Accounts says: no network\\u{1b}[1m" in account["ReasonText"]
    # It is tried again by itself, and nobody is told that something is wrong with the account.
    assert account["RetryAt"] > 0
    online_accounts.fail(path, "org.freedesktop.Goa.Error.NotSupported", "not this one")
    client.wait_account("work", Reason="secret-failed", State="failed")


def test_no_such_account_and_no_service(daemon, client, server, user, online_accounts):
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "no account of this id" in account["ReasonText"]
    online_accounts.add(ID, **place(server, user, mail=False))
    wait_for(lambda: "is not used for mail" in client.account("work")["ReasonText"], "an account without mail")
    online_accounts.stop()
    daemon.cli("check", "work")
    wait_for(lambda: "is not on the session bus" in client.account("work")["ReasonText"], "no service")


def test_user_name_that_would_be_a_command(daemon, client, server, online_accounts):
    online_accounts.add(ID, **place(server, "ada\r\nA1 DELETE INBOX"))
    goa_account(daemon)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "not usable" in account["ReasonText"]


# --- GnomeOnlineAccounts=yes ----------------------------------------------------------------------

def all_of_them(daemon, answer="yes"):
    (daemon.config / "posthorn.conf").write_text(f"[Daemon]\nGnomeOnlineAccounts={answer}\n", encoding="ascii")


def test_accounts_without_any_configuration(daemon, client, server, user, online_accounts):
    all_of_them(daemon)
    daemon.start()
    path = online_accounts.add("one", **place(server, user, name="Ada\nHost=evil.example"))
    account = client.wait_account("goa-one", State="online")
    assert account["User"] == user and "Host=evil.example" in account["Name"] and "\n" not in account["Name"]
    online_accounts.add("two", **place(server, user + "x", mail=False))
    online_accounts.add("three", **place(server, user + "y"))
    client.wait_account("goa-three", State="online")
    assert not client.account("goa-two")
    online_accounts.remove(path)
    wait_for(lambda: not client.account("goa-one"), "end of the account")
    # Switched off they go, all of them.
    all_of_them(daemon, "no")
    daemon.reload()
    assert not client.account("goa-three")


def test_user_masks_an_account(daemon, client, server, user, online_accounts):
    all_of_them(daemon)
    (daemon.config / "accounts.d" / "goa-one.conf").symlink_to("/dev/null")
    online_accounts.add("one", **place(server, user))
    online_accounts.add("two", **place(server, user + "x"))
    daemon.start()
    client.wait_account("goa-two", State="online")
    assert not client.account("goa-one")


def test_what_an_earlier_daemon_left_is_removed(daemon, client, server, user, online_accounts):
    all_of_them(daemon)
    path = online_accounts.add("one", **place(server, user))
    daemon.start()
    client.wait_account("goa-one", State="online")
    daemon.kill()
    online_accounts.remove(path)
    online_accounts.add("two", **place(server, user + "x"))
    daemon.start()
    client.wait_account("goa-two", State="online")
    assert not client.account("goa-one")
