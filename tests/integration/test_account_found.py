"""posthorn account add, from an address alone to an account that works: the server is found by DNS. One
outside of the address' domain is somebody's word for it, and needs the user's."""

from harness import named_machine
from harness.posthorn import program
from harness.process import run
from harness.terminal import Terminal

ADDRESS = "ada@example.test"


def command(daemon, authority, target, *options):
    pem, key = authority.certificate(target, names=f"DNS:{target}")
    argv = [*named_machine.COMMAND, target, pem, key, program("posthorn"), "account", "add", ADDRESS, *options]
    environment = {**daemon.trial_environment(), "POSTHORN_DAEMON": str(program("posthornd")),
                   "SSL_CERT_FILE": str(authority.ca), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    return argv, environment


def written(daemon):
    path = daemon.home / ".config/posthorn/accounts.d" / f"{ADDRESS}.conf"
    return path.read_text("utf-8") if path.exists() else None


def add(daemon, authority, target, *options):
    done = run(*command(daemon, authority, target, *options), stdin=b"open-sesame\n", check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def on_terminal(daemon, authority, target, *answers):
    """(what is asked, the answer) in their order; its exit status and what it showed."""
    terminal = Terminal(*command(daemon, authority, target))
    try:
        for question, reply in answers:
            terminal.wait_bytes(question)
            terminal.type(reply)
        return terminal.wait_end(), terminal.bytes.decode("utf-8")
    finally:
        terminal.close()


def test_server_of_the_domain(daemon, authority):
    status, out, err = add(daemon, authority, "imap.example.test", "--yes")
    assert status == 0 and "works" in out, out + err
    assert "Server imap.example.test, by IMAP, found by" in err and f"users: {ADDRESS}" in err
    assert "Host=imap.example.test\n" in written(daemon) and f"User={ADDRESS}\n" in written(daemon)
    assert "open-sesame" not in written(daemon) + out + err


def test_foreign_server_needs_more_than_yes(daemon, authority):
    status, out, err = add(daemon, authority, "mail.provider.test", "--yes")
    assert status == 1 and out == ""
    assert "outside of the address' domain" in err and "--host says that the server is right" in err
    assert err.endswith("users:\n") and written(daemon) is None


def test_foreign_server_that_the_user_agrees_to(daemon, authority):
    status, text = on_terminal(daemon, authority, "mail.provider.test", (b"Send your password there", b"y\n"),
                               (b"Password of", b"open-sesame\n"))
    assert status == 0, text
    assert f"users: {ADDRESS}" in text and "open-sesame" not in text
    assert "Host=mail.provider.test\n" in written(daemon)


def test_foreign_server_that_the_user_refuses(daemon, authority):
    status, text = on_terminal(daemon, authority, "mail.provider.test", (b"Send your password there", b"n\n"))
    assert status == 1 and text.rstrip().endswith("users:") and written(daemon) is None
