"""posthorn in the user's language, and in none where programs read it."""

import json
import re

import pytest

from harness import language
from harness.language import BEGIN, END
from harness.posthorn import program, verbs
from harness.process import environment, run


@pytest.fixture
def pseudo(directory):
    return language.pseudo(directory)


def ask(directory, more, *words):
    """posthorn without any bus."""
    return run([program("posthorn"), *words], check=False,
               env=environment(directory, DBUS_SESSION_BUS_ADDRESS=f"unix:path={directory}/none", **more))


def test_no_word_of_the_help_is_missed(directory, pseudo):
    for words in ((), *((verb,) for verb in verbs())):
        text = ask(directory, pseudo, *words, "--help").stdout.decode()
        # names stand on the left, what they mean on the right
        explained = re.findall(r"(?m)^  \S.*?  +(\S.*)$", text)
        headings = re.findall(r"(?m)^(\S.*)$", text)[1:]
        assert len(explained) > 1 and headings
        for one in explained + headings:
            assert re.fullmatch(f"{BEGIN}[^{BEGIN}{END}]*{END}[.]?", one), (words, one)


@pytest.mark.parametrize("words", [
    ("nonsense",), ("statos",), ("status", "--nonsense"), ("status", "--colour"), ("status", "x"), ("pause", "--for"),
    ("config",), ("config", "nonsense"), ("pause", "--for=x"), ("watch", "--type=nex"), ("watch", "--type=x"),
    ("status",), ("secret", "set"), ("account", "add"), ("run",), ("mark-seen",)])
def test_complaints_are_translated(directory, pseudo, words):
    done = ask(directory, pseudo, *words)
    assert done.returncode != 0
    for line in done.stderr.decode().splitlines():
        assert re.match(f"posthorn: {BEGIN}", line), line


@pytest.mark.parametrize("words", [("doctor", "--json"), ("config", "show", "--json"), ("account", "list", "--json")])
def test_json_is_never_translated(directory, pseudo, words):
    done = ask(directory, pseudo, *words)
    english = ask(directory, {}, *words)
    assert (done.stdout, done.stderr) == (english.stdout, english.stderr)
    assert BEGIN not in done.stdout.decode() + done.stderr.decode()
    if done.stdout:
        json.loads(done.stdout)


def test_doctor_is_translated(directory, pseudo):
    """Each line: a mark, what was found, and what mends it, which is a command or has words."""
    lines = ask(directory, pseudo, "doctor").stdout.decode().splitlines()
    findings = [line for line in lines if re.match(r"(ok|warning|problem) ", line)]
    assert len(findings) > 3
    for line in findings:
        found = re.match(r"\w+ +(.*?)(?:  ->  (.*))?$", line)
        assert BEGIN in found.group(1), line


def test_russian(directory):
    text = ask(directory, language.russian(), "--help").stdout.decode()
    assert re.search(r"(?m)^  status .*Показать состояние учётных записей$", text)
    complaint = ask(directory, language.russian(), "statos").stderr.decode()
    assert complaint.startswith("posthorn: Неизвестная команда «statos», может быть, «status»?\n")


def test_plain_locale_is_english(directory, pseudo):
    for locale in ({"LC_ALL": "C"}, {"LANGUAGE": "", "LC_ALL": "C.UTF-8"}):
        assert BEGIN not in ask(directory, {**pseudo, **locale}, "--help").stdout.decode()
