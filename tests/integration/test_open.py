"""posthorn open: the program of the user's choice gets the message, and nothing that its sender wrote as an
option, a word of its own or a file."""

import pytest

from harness.messages import message
from harness.process import run
from harness.posthorn import program


@pytest.fixture
def reader(daemon):
    """A program that writes down its words. `words()` are those of its last call."""
    class Reader:
        folder = daemon.home / "bin"
        said = daemon.home / "words"

        def install(self, name, status=0):
            self.folder.mkdir(exist_ok=True)
            path = self.folder / name
            path.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {self.said}\n"
                            f"grep -q '^SigIgn:.*1...$' /proc/$$/status && exit 99\nexit {status}\n")
            path.chmod(0o755)
            return path

        def words(self):
            words = self.said.read_text().splitlines()
            self.said.unlink()
            return words

        def open(self, *arguments):
            environment = daemon.environment()
            environment["PATH"] = f"{self.folder}:{environment['PATH']}"
            return run([program("posthorn"), "open", *arguments], environment, check=False)
    return Reader()


def with_id(message_id, subject="Any"):
    """A message with this Message-ID, or with none."""
    lines = [line for line in message(subject).split(b"\r\n") if not line.lower().startswith(b"message-id:")]
    head = [b"Message-ID: " + message_id.encode()] if message_id else []
    return b"\r\n".join(head + lines)


def configure(daemon, name, text):
    path = daemon.home / ".config/posthorn" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_open(watched, client, server, user, reader):
    reader.install("xdg-open")
    done = reader.open()
    assert done.returncode == 1 and b"no new message" in done.stderr
    server.deliver_many([with_id("<one@example.test>", "One"), with_id("<a$b/c?d@example.test>", "Two")], user)
    client.wait_new_mail(2)
    one, two = client.new_events()
    assert reader.open().returncode == 0
    assert reader.words() == ["mid:a%24b%2Fc%3Fd@example.test"]
    for name in (one["seq"], one["id"]):
        assert reader.open(name).returncode == 0
        assert reader.words() == ["mid:one@example.test"]
    assert reader.open("--account=work", "--mailbox=INBOX").returncode == 0
    assert reader.words() == ["mid:a%24b%2Fc%3Fd@example.test"]
    done = reader.open("--account=home")
    assert done.returncode == 1 and not reader.said.exists()
    done = reader.open("12345")
    assert done.returncode == 1 and b"'12345'" in done.stderr
    assert reader.open(one["seq"], two["seq"]).returncode == 2
    # nothing was marked
    assert server.unseen(user=user) == 2


def test_open_command(watched, client, server, user, reader):
    path = reader.install("reader", status=7)
    server.deliver(with_id("<one@example.test>"), user)
    event, = client.wait_new_mail()
    configure(watched, "posthorn.conf", f"[Notify]\nOpenCommand={path} %m\nSound=no\n[Daemon]\nA=b\n")
    assert reader.open().returncode == 7
    assert reader.words() == ["one@example.test"]
    configure(watched, "accounts.d/work.conf.d/open.conf", f"[Notify]\nOpenCommand={path} '%a %i' 100%%\n")
    assert reader.open().returncode == 7
    assert reader.words() == [f"work {event['id']}", "100%"]
    configure(watched, "accounts.d/work.conf.d/open.conf", "[Notify]\nOpenCommand='half\n")
    done = reader.open()
    assert done.returncode == 1 and b"open.conf:2: " in done.stderr and not reader.said.exists()
    configure(watched, "accounts.d/work.conf.d/open.conf", f"[Notify]\nOpenCommand={path} %x\n")
    done = reader.open()
    assert done.returncode == 1 and b"what follows % is i, a, f, m or %" in done.stderr
    configure(watched, "accounts.d/work.conf.d/open.conf", "[Notify]\nOpenCommand=/nonexistent/reader\n")
    done = reader.open()
    assert done.returncode == 127 and b"/nonexistent/reader cannot be run: No such file" in done.stderr


@pytest.mark.parametrize("message_id", [None, "<>", "--help@x", "<-x@y>"])
def test_open_what_the_sender_wrote(watched, client, server, user, reader, message_id):
    """No link is made of what is no Message-ID; a program of the user's own gets one word at most."""
    reader.install("xdg-open")
    server.deliver(with_id(message_id), user)
    client.wait_new_mail()
    done = reader.open()
    assert done.returncode == 1 and b"no Message-ID" in done.stderr and not reader.said.exists()
    path = reader.install("reader")
    configure(watched, "posthorn.conf", f"[Notify]\nOpenCommand={path} %m %a\n")
    assert reader.open().returncode == 0
    assert reader.words() == ["", "work"]
