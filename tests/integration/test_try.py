"""./try itself: what a newcomer sees, and that nothing of it stays behind."""

import os
import pathlib
import re
import signal

import pytest
from harness.messages import encoded_word, message
from harness.posthorn import SOURCE, build_directory
from harness.process import Process, environment
from harness.wait import wait_for


@pytest.fixture
def attempt(directory):
    """Starts tests/try.py; at the end nothing of it may be left."""
    temporary, home = directory / "t", directory / "home"
    temporary.mkdir(mode=0o755)
    home.mkdir()
    started = []

    def start(*arguments):
        process = Process(["/usr/bin/python3", "-B", SOURCE / "tests/try.py", *arguments],
                          environment(home, TMPDIR=temporary, POSTHORN_BUILD=build_directory()),
                          cwd=directory, name="try")
        started.append(process)
        return process
    yield start
    for process in started:
        process.stop()
    assert list(temporary.iterdir()) == []
    assert list(home.rglob("*")) == [], "a user's home was touched"
    wait_for(lambda: not running_below(temporary), lambda: f"end of {running_below(temporary)}")


def running_below(path):
    """Command lines of processes that work there."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        if os.fsencode(path) in words:
            found.append(words.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def test_three_messages_and_a_picture(attempt):
    picture = build_directory() / "notification.png"
    picture.unlink(missing_ok=True)
    process = attempt()
    assert process.wait(120) == 0, process.text()
    text = "\n".join(process.output("out"))
    for subject in ("The engine is ready", "Посылка ждёт на почте", "Größere Änderung: <b>R&D</b>"):
        assert subject in text
    assert len(re.findall(r"\d+ ms after the delivery began, [\d.]+ ms after ", text)) == 3
    assert "notification.png" in text and "./try --account" in text
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 2000


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(attempt, number, status):
    process = attempt()
    process.wait_for_line("mail server")
    process.signal(number)
    assert process.wait(60) == status, process.text()


def test_own_account(attempt, directory, server, user, authority):
    (directory / "secret").write_text("correct-horse\n", encoding="ascii")
    (directory / "secret").chmod(0o600)
    # Relative paths are those of the file, wherever it is copied to.
    file = directory / "mine.conf"
    file.write_text(f"[Account]\nName=Mine\nHost=localhost\nPort={server.imaps}\nUser={user}\n"
                    f"PasswordFile=secret\nCAFile={authority.ca}\n", encoding="utf-8")
    process = attempt("--account", file)
    process.wait_for_line("Ctrl-C", deadline=60)
    assert any("online" in line for line in process.output("out")), process.text()
    server.deliver(message(encoded_word("Живое письмо", "utf-8")), user)
    process.wait_for_line("Живое письмо")
    process.signal(signal.SIGINT)
    assert process.wait(60) == 130, process.text()


def test_own_account_that_is_refused(attempt, directory, server, user, authority):
    file = directory / "mine.conf"
    file.write_text(f"[Account]\nHost=localhost\nPort={server.imaps}\nUser={user}\n"
                    f"PasswordCommand=echo wrong\nCAFile={authority.ca}\n", encoding="utf-8")
    process = attempt("--account", file)
    wait_for(lambda: any("failed" in line for line in process.output("out")), process.text)
    process.signal(signal.SIGINT)
    process.wait(60)


def test_own_account_with_an_error(attempt, directory):
    file = directory / "mine.conf"
    file.write_text("[Account]\nHots=localhost\n", encoding="utf-8")
    process = attempt("--account", file)
    assert process.wait(60) == 1
    assert f"{file}:2: " in process.text()
