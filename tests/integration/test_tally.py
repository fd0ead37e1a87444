"""./test counts what ran, and a failure cannot hide from it."""

import json
import subprocess

import pytest
from harness.posthorn import SOURCE


def tally(*paths):
    done = subprocess.run([SOURCE / "tests/tally", *paths], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def meson_log(directory, *runs):
    path = directory / "testlog.json"
    path.write_text("".join(json.dumps(dict(zip(("result", "stdout", "returncode"), run))) + "\n"
                            for run in runs), encoding="utf-8")
    return path


@pytest.mark.parametrize("runs, counted", [
    ([("OK", "1..2\nok 1 - a\nok 2 - b\n")], "2 0 0 0"),
    ([("OK", "ok 1 - a\nok 2 - b # SKIP no reason\n1..2\n")], "1 0 1 0"),
    ([("FAIL", "1..2\nok 1 - a\nnot ok 2 - b\n# why\n")], "1 1 0 0"),
    ([("ERROR", "1..2\nok 1 - a\nok 2 - b\n")], "2 1 0 0"),  # all lines good, then a leak
    ([("ERROR", "1..3\nok 1 - a\n")], "1 2 0 0"),  # a crash in the second
    ([("TIMEOUT", "")], "0 1 0 0"),
    ([("OK", "no TAP at all, ok\n"), ("SKIP", ""), ("FAIL", "")], "1 1 1 0"),
    ([("UNEXPECTEDPASS", "")], "0 1 0 0"),
    ([("FAIL", "1..2\nok 1 - a\nnot ok 2 # SKIP\n", 0)], "1 0 1 1"),  # cmocka's skip()
    ([("FAIL", "1..2\nok 1 - a\nnot ok 2 # SKIP\n", 99)], "1 1 1 0"),  # and a leak
])
def test_meson_logs(directory, runs, counted):
    assert tally(meson_log(directory, *runs)) == counted


def test_junit(directory):
    path = directory / "result.xml"
    path.write_text('<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase>'
                    '<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>'
                    "</testsuite></testsuites>", encoding="utf-8")
    assert tally(path) == "1 2 1 0"


def test_what_is_not_there_has_failed(directory):
    broken = directory / "broken.json"
    broken.write_text("{", encoding="utf-8")
    assert tally(directory / "nothing.xml", broken) == "0 2 0 0"
