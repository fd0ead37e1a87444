"""Passwords from the key ring, with a real gnome-keyring-daemon; what its users do that cannot be
done without a screen comes from a scripted one."""

import time

import pytest
from harness.client import Client
from harness.dovecot import PASSWORD
from harness.keyring import KeyRing
from harness.messages import message
from harness.posthorn import program
from harness.process import environment, run
from harness.terminal import Terminal
from harness.wait import wait_for

MINUTE = 60 * 1000000


def keyring_account(daemon, server, user, **keys):
    daemon.write_account("work", Security="none", User=user,
                         **{"Port": server.imap, "PasswordFile": None, "PasswordKeyring": "yes", **keys})


def attempts(daemon):
    return daemon.log().count("state=connecting")


def check_attempts(daemon, count):
    """What the daemon said before it signalled is not read yet, perhaps."""
    wait_for(lambda: attempts(daemon) >= count, daemon.log)
    assert attempts(daemon) == count


def test_password_that_the_user_stored(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text=PASSWORD + "\n")
    (item,), locked = keyring.items(account="work")
    assert not locked
    assert keyring.attributes(item) == {"xdg:schema": "org.posthorn.Password", "account": "work"}
    keyring_account(daemon, server, user)
    daemon.start()
    client.wait_account("work", State="online")


def test_every_poll_of_pop3_asks(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text=PASSWORD)
    keyring_account(daemon, server, user, Protocol="pop3", Port=server.pop3)
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("By the second poll"), user)
    daemon.cli("check", "work")
    assert client.wait_new_mail()[0]["subject"] == "By the second poll"
    check_attempts(daemon, 1)


def test_every_connection_asks(daemon, client, server, user, keyring, proxy):
    keyring.secret("set", "work", text=PASSWORD)
    server.create("Lists", user)
    keyring_account(daemon, server, user, Port=proxy.port, Connections=2, Strategy="idle", mailboxes=("INBOX", "Lists"))
    daemon.start()
    wait_for(lambda: proxy.open == 2, "the second connection")


def test_item_of_another_program(daemon, client, server, user, keyring):
    keyring.store(PASSWORD, service="imap", user="ada lovelace")
    keyring.store("not this one", service="imap", user="bob")
    keyring_account(daemon, server, user, PasswordKeyring='service=imap "user=ada lovelace"')
    daemon.start()
    client.wait_account("work", State="online")


def test_locked_key_ring_is_waited_for(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text=PASSWORD)
    keyring.lock()
    keyring_account(daemon, server, user)
    daemon.start()
    account = client.wait_account("work", Reason="locked", State="offline")
    assert "posthorn secret unlock" in account["ReasonText"]
    # By a timer it would look again much later. Once it does as soon as it hears of the key ring.
    assert account["RetryAt"] > time.time() * 1e6 + 10 * MINUTE
    assert attempts(daemon) <= 2
    keyring.unlock()
    client.wait_account("work", State="online")
    wait_for(lambda: attempts(daemon) >= 2, daemon.log)
    assert attempts(daemon) <= 3


def test_check_looks_into_the_locked_key_ring_again(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text=PASSWORD)
    keyring.lock()
    keyring_account(daemon, server, user)
    daemon.start()
    # Twice: one look may be because the key ring was heard of only behind the first.
    for _ in range(2):
        before = attempts(daemon)
        client.wait_account("work", State="offline", Reason="locked")
        daemon.cli("check", "work")
        wait_for(lambda: attempts(daemon) > before, "another look")  # noqa: B023
    client.wait_account("work", State="offline", Reason="locked")
    assert attempts(daemon) in (3, 4)


def test_password_is_stored_later(daemon, client, server, user, keyring):
    keyring_account(daemon, server, user)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "'posthorn secret set work' stores one" in account["ReasonText"]
    keyring.secret("set", "work", text=PASSWORD)
    client.wait_account("work", State="online")


def test_key_ring_comes_later_and_goes_again(daemon, client, server, user, directory, bus):
    keyring_account(daemon, server, user)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "there is no key ring (org.freedesktop.secrets) on the session bus" in account["ReasonText"]
    ring = KeyRing(directory / "keyring", bus, client).start()
    try:
        ring.secret("set", "work", text=PASSWORD)
        client.wait_account("work", State="online")
    finally:
        ring.stop()
    # It was needed for the login alone.
    daemon.cli("check", "work")
    assert client.account("work")["State"] == "online"


def test_bus_goes_away_while_the_key_ring_is_waited_for(daemon, client, server, user, directory, bus, keyring):
    keyring.secret("set", "work", text=PASSWORD)
    keyring.lock()
    keyring_account(daemon, server, user)
    daemon.start()
    client.wait_account("work", Reason="locked")
    client.close()
    keyring.stop()
    bus.stop()
    bus.start()
    later = Client(bus.address)
    ring = KeyRing(directory / "keyring", bus, later).start()
    try:
        later.wait_account("work", State="online")
    finally:
        ring.stop()
        later.close()


def test_wrong_password_is_not_sent_again_for_every_signal(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text="wrong")
    keyring_account(daemon, server, user)
    daemon.start()
    client.wait_account("work", Reason="auth-failed")
    before = attempts(daemon)
    keyring.lock()
    keyring.unlock()
    keyring.store("x", other="item")
    # The daemon has heard of all this when it answers behind a change of another account.
    daemon.write_account("other", Port=server.imap, Security="none", User="other", PasswordFile=None,
                         PasswordKeyring="yes")
    daemon.reload()
    client.wait_account("other", Reason="secret-failed")
    keyring.secret("set", "other", text=PASSWORD)
    client.wait_account("other", State="online")
    log = daemon.log()
    assert log.count("account=work state=connecting") + log.count("work: state=connecting") <= before + 1, log


def test_new_password_is_tried_at_once(daemon, client, server, user, keyring):
    keyring.secret("set", "work", text="wrong")
    keyring_account(daemon, server, user)
    daemon.start()
    client.wait_account("work", Reason="auth-failed")
    keyring.secret("set", "work", text=PASSWORD)
    # By itself it would wait for a minute, and then for longer.
    client.wait_account("work", State="online")


def test_service_that_cannot_encrypt_is_not_used(daemon, client, server, user, scripted_keyring):
    scripted_keyring.is_locked, scripted_keyring.weak = False, True
    keyring_account(daemon, server, user)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "cannot encrypt" in account["ReasonText"]


def test_words_of_the_service_are_made_printable(daemon, client, server, user, scripted_keyring):
    scripted_keyring.is_locked = False
    keyring_account(daemon, server, user)
    daemon.start()
    account = client.wait_account("work", Reason="secret-failed")
    assert "the key ring says: not this way\\u{1b}[1m" in account["ReasonText"]


# --- posthorn secret ------------------------------------------------------------------------------

def scripted(bus, directory, *arguments):
    return run([program("posthorn"), "secret", *arguments],
               environment(directory, DBUS_SESSION_BUS_ADDRESS=bus.address), check=False)


def test_secret_set_replaces_and_clear_forgets(keyring):
    keyring.secret("set", "work", text="first\n")
    keyring.secret("set", "work", text="second\r\nrest")
    assert len(keyring.items(account="work")[0]) == 1
    keyring.secret("set", "home", text="third")
    keyring.secret("clear", "work")
    assert keyring.items(account="work") == ([], [])
    assert len(keyring.items(account="home")[0]) == 1
    done = keyring.secret("clear", "work", check=False)
    assert done.returncode == 1 and b"no password of account work" in done.stderr


def test_secret_refuses_what_is_no_password(keyring):
    for text, words in (("", b"No password"), ("\n", b"No password"), ("a" * 5000, b"at most"), ("a\0b", b"zero byte")):
        done = keyring.secret("set", "work", text=text, check=False)
        assert done.returncode == 2 and words in done.stderr, (text, done)
    assert keyring.items(account="work") == ([], [])


def test_locked_key_ring_that_cannot_ask(keyring):
    keyring.lock()
    for order in (["set", "work"], ["unlock"]):
        done = keyring.secret(*order, text="password", check=False)
        assert done.returncode == 77 and b"it cannot ask here" in done.stderr, done
    keyring.unlock()
    keyring.secret("unlock")


def test_user_is_asked_to_unlock(bus, directory, scripted_keyring):
    assert scripted(bus, directory, "unlock").returncode == 0
    assert not scripted_keyring.is_locked
    assert [method for method, _ in scripted_keyring.calls] == ["ReadAlias", "Unlock", "Prompt"]
    assert scripted(bus, directory, "unlock").returncode == 0


def test_user_dismisses_the_question(bus, directory, scripted_keyring):
    scripted_keyring.answer = "no"
    done = scripted(bus, directory, "unlock")
    assert done.returncode == 77 and b"was dismissed" in done.stderr
    assert scripted_keyring.is_locked


def test_no_key_ring_and_no_bus(bus, directory):
    done = scripted(bus, directory, "unlock")
    assert done.returncode == 69 and b"there is no key ring" in done.stderr
    bus.stop()
    done = scripted(bus, directory, "unlock")
    assert done.returncode == 69 and b"Cannot connect to the session bus" in done.stderr


@pytest.fixture
def terminal(keyring):
    """posthorn secret set, which has asked for the password and shows nothing that is typed."""
    started = Terminal([program("posthorn"), "secret", "set", "work"],
                       environment(keyring.home, DBUS_SESSION_BUS_ADDRESS=keyring.bus.address))
    try:
        started.wait_bytes(b"Password of account work: ")
        assert not started.shows_typing(), "a quick answer would be shown"
        yield started
    finally:
        started.close()


def test_terminal_does_not_show_the_password(keyring, terminal):
    terminal.type(b"hunter2\n")
    assert terminal.wait_end() == 0
    assert b"hunter2" not in terminal.bytes
    assert len(keyring.items(account="work")[0]) == 1


def test_interrupted_terminal_shows_again_what_is_typed(keyring, terminal):
    terminal.type(b"hunt\x03")
    wait_for(terminal.shows_typing, "echo", look_every=0.02)
    assert terminal.wait_end() < 0
    assert keyring.items(account="work") == ([], [])
