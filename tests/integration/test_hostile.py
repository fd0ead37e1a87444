"""What strangers write reaches no terminal as an order, by whatever verb: subjects, senders, names of mailboxes,
what a server says, what stands in a configuration, and words of the command line."""

import json

import pytest

from harness.messages import encoded_word, message
from harness.odd_server import OddServer
from harness.posthorn import program, verbs
from harness.terminal import Screen
from harness.wait import wait_for

# Titles, the clipboard, colors, C1, writing that runs backwards, ends of lines.
EVIL = "\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x1b\\\x1b[31mred \x9b2J\u202etxt.exe\u2066\u200f \u2028\u2029\x85 \x7f"
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


class Rude(OddServer):
    """Refuses every login with such words. Not with bytes that end the line."""

    def on_authenticate(self, link, tag, _rest):
        words = EVIL.replace("\x85", "").encode("utf-8")
        link.send(f"{tag} NO [AUTHENTICATIONFAILED] ".encode("ascii") + words + b"\r\n")

    on_login = on_authenticate


@pytest.fixture
def hostile(daemon, client, server, user):
    """Account "work" with hostile mail and a hostile mailbox, account "rude" with a hostile server."""
    rude = Rude()
    box = "Evil \u202eexe\u2066\u200b"
    server.create(box, user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, Name=f"W{BIDI}\x1b[2Jork",
                         mailboxes=("INBOX", box))
    daemon.write_account("rude", Port=rude.port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")
    client.wait_account("rude", Reason="auth-failed")
    mail = message(encoded_word(EVIL, "utf-8"), sender=encoded_word(EVIL[:30], "utf-8") + b" <evil@example.test>",
                   extra=b"List-Id: " + encoded_word(EVIL[:30], "utf-8") + b" <list.example.test>\r\n")
    server.deliver(mail, user)
    server.save(mail, box, user)
    client.wait_new_mail(2)
    # `config` and `account` look where a user's files are.
    folder = daemon.home / ".config"
    folder.mkdir(exist_ok=True)
    (folder / "posthorn").symlink_to(daemon.config)
    yield daemon
    rude.close()


def check(what, data, is_json=False):
    """JSON may hold what changes the direction of text, people's output may not."""
    text = data.decode("utf-8").replace("\r\n", "\n")
    bad = [c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c in "\u2028\u2029"
                                            or (c in BIDI and not is_json))]
    assert not bad, (what, bad, text)


# What each verb is asked, and what it ends with. `EVIL` among the words is a mistake of the caller's own, or
# of a script that handed on what it was told.
CASES = {
    "status": [([], 1), (["--json"], 1), ([EVIL], None)],
    "list": [([], 0), (["--json"], 0), (["--account", EVIL], 0)],
    "watch": [(["--since=0", "--no-follow"], 0), (["--since=0", "--no-follow", "--json"], 0), (["--type", EVIL], 2)],
    "wait": [(["--since=0"], 0), (["--since=0", "--json"], 0), (["--timeout", EVIL], 2)],
    "run": [(["--since=0", "--no-follow", "--retries=0", "--skip-failed", "--", "false"], 0),
            (["--since=0", "--no-follow", "--", "sh", "-c", 'printf "%s\\n" "$POSTHORN_SUBJECT" | tr -d "'
              + BIDI + "\u2028\u2029\x85" + '"'], 0),
            (["--cursor", EVIL, "--", "true"], 2), (["--since=0", "--", EVIL], 127)],
    "waybar": [(["--format", EVIL], 2)],
    "open": [([EVIL], 1)],
    "mark-seen": [([EVIL], 1), (["--all", "--account", EVIL], 0)],
    "pause": [([EVIL], 1), (["--until", EVIL], 2)],
    "resume": [([EVIL], 1)],
    "check": [([EVIL], 1)],
    "config": [(["show"], None), (["show", "--origin"], None), (["check"], 1), (["show", EVIL], 1), ([EVIL], 2)],
    "account": [(["list"], 0), (["test", "rude"], None), (["test", EVIL], None), (["import", EVIL], None),
                (["add", EVIL], None), (["remove", EVIL], None)],
    "secret": [(["clear", EVIL], None), ([EVIL], 2)],
    "doctor": [([], 1), (["--json"], 1)],
    "metrics": [([], 0)],
}


def test_every_verb_makes_it_harmless(hostile):
    assert sorted(CASES) == sorted(verbs())
    words = EVIL.replace("\x85", "")
    hostile.account_file("bad").write_text(f"[Account]\nPort={words}\nUnknown{words}=1\n[{words}]\n{words}\n",
                                           encoding="utf-8")
    for kind in ("accounts", "mailboxes", "messages"):
        check(kind, hostile.cli(f"--print-completion={kind}").stdout)
    for verb, cases in CASES.items():
        for arguments, code in cases:
            done = hostile.cli(verb, *arguments, check=False, POSTHORN_DAEMON=program("posthornd"))
            check((verb, arguments), done.stdout, "--json" in arguments)
            check((verb, arguments), done.stderr)
            assert code in (None, done.returncode), (verb, arguments, done)
            assert done.stdout or done.stderr or code == 0, (verb, arguments, done)
            if "--json" in arguments:
                for line in done.stdout.decode("utf-8").split("\n")[:-1]:
                    json.loads(line)


def test_live_pictures_and_bars(hostile):
    bars = [hostile.cli_process("waybar", f"--format={bar}") for bar in ("waybar", "i3blocks", "polybar", "plain")]
    views = [hostile.cli_process("status", "--watch"), hostile.cli_process("watch"),
             hostile.cli_process("watch", "--since=0")]
    for process in (*bars, views[0], views[2]):
        wait_for(lambda: process.output("out"), lambda: f"a line of {process.text()}")
    for process in (*bars, *views):
        process.stop()
        check(process.name, "\n".join(process.output()).encode("utf-8"))
    tooltip = json.loads(bars[0].output("out")[-1])["tooltip"]
    check("tooltip", tooltip.encode("utf-8"))
    assert "rude: failed" in tooltip


def test_on_a_terminal(hostile):
    for arguments in (["status"], ["list"], ["watch", "--since=0", "--no-follow"], ["wait", "--since=0"], ["doctor"],
                      ["status", "--watch"]):
        screen = Screen(hostile, *arguments)
        try:
            if "--watch" in arguments:
                lines = screen.wait_picture("failed")
                screen.type(b"q")
            screen.wait_end()
        finally:
            screen.close()
        text = "\n".join(line.rstrip("\r") for line in lines) if "--watch" in arguments else screen.text()
        check(arguments, text.encode("utf-8"))
        assert b"\x1b[" in screen.bytes  # colors of our own
