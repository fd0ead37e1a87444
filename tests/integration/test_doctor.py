"""posthorn doctor: each thing that can be wrong here is found, and named with what mends it."""

import json
import signal

import pytest
from harness.desktop import Desktop
from harness.dovecot import PASSWORD, Dovecot
from harness.posthorn import build_directory, program
from harness.process import SANITIZER_WORDS, run


@pytest.fixture
def patient(daemon):
    """A daemon whose configuration is the user's own, where doctor looks at it, and no systemd."""
    programs = daemon.home / "programs"
    programs.mkdir()
    daemon.more = {**daemon.more, "XDG_CONFIG_HOME": str(daemon.home / "xdg"), "XDG_CONFIG_DIRS": "/nonexistent",
                   "POSTHORN_DAEMON": str(program("posthornd"))}
    daemon.programs = programs
    daemon.config = daemon.home / "xdg" / "posthorn"
    (daemon.config / "accounts.d").mkdir(parents=True)
    return daemon


@pytest.fixture
def well(patient, client, server, user):
    patient.write_account("work", Port=server.imap, Security="none", User=user)
    patient.start()
    client.wait_account("work", State="online")
    return patient


def doctor(daemon, *options, wrapper=(), **more):
    """With no other programs than those that stand in for systemd's."""
    return run([*wrapper, program("posthorn"), "doctor", *options],
               {**daemon.environment(), "PATH": str(daemon.programs), **more}, check=False)


def examine(daemon, *options, **how):
    """{check: finding}; text and JSON say the same, and the exit code goes with them."""
    done = doctor(daemon, "--json", *options, **how)
    error = done.stderr.decode("utf-8")
    assert not any(word in error for word in SANITIZER_WORDS), error
    report = json.loads(done.stdout)
    marks = [finding["mark"] for finding in report["findings"]]
    assert report["problems"] == marks.count("problem") and report["warnings"] == marks.count("warning")
    assert done.returncode == (1 if report["problems"] else 0), report
    for finding in report["findings"]:
        assert bool(finding["mend"]) == (finding["mark"] != "ok"), finding
    return {finding["check"]: finding for finding in report["findings"]}


def problems(found):
    return sorted(check for check, finding in found.items() if finding["mark"] == "problem")


def stand_in(daemon, name, script):
    """A program of systemd's, where systemd itself does not run."""
    path = daemon.programs / name
    path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    path.chmod(0o755)


def test_nothing_is_wrong(well, directory, keyring):
    desktop = Desktop(directory / "desktop", well.address)
    desktop.start()
    try:
        found = examine(well)
    finally:
        desktop.stop()
    assert problems(found) == []
    assert {check for check, finding in found.items() if finding["mark"] == "ok"} >= {
        "bus", "daemon", "account", "configuration", "state", "clock", "notifications", "keyring"}
    # The notification service is there, and what would use it is not.
    assert found["notify"]["mark"] == "warning"
    assert found["notify"]["mend"] == "systemctl --user enable --now posthorn-notify"


def test_each_finding_is_a_line(well):
    done = doctor(well)
    lines = done.stdout.decode("utf-8").splitlines()
    assert "ok       The daemon runs and answers" in lines
    assert lines[-1].startswith("0 problems, ") and lines[-2] == ""
    assert all(line.split()[0] in ("ok", "warning") for line in lines[:-2]), lines


def test_no_bus(patient, bus):
    bus.stop()
    found = examine(patient)
    assert problems(found) == ["bus"]
    assert found["bus"]["mend"] == "systemctl --user start dbus.socket"
    assert "daemon" not in found


def test_no_system_bus(patient):
    patient.more["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent/bus"
    found = examine(patient, "--system")
    assert found["bus"]["mend"] == "sudo systemctl start dbus.socket"
    assert found["bus"]["text"] == "There is no system bus"


def test_no_daemon(patient):
    found = examine(patient)
    assert problems(found) == ["daemon"]
    assert found["daemon"]["mend"] == "systemctl --user enable --now posthornd"


def test_daemon_that_does_not_answer(well):
    well.process.signal(signal.SIGSTOP)
    try:
        found = examine(well)
    finally:
        well.process.signal(signal.SIGCONT)
    assert problems(found) == ["daemon"]
    assert found["daemon"]["mend"] == "systemctl --user restart posthornd"


def test_no_account(patient):
    patient.start()
    found = examine(patient)
    assert problems(found) == ["account"]
    assert found["account"]["mend"] == "posthorn account add ADDRESS"


def test_refused_login(patient, client, server, user):
    patient.write_account("work", Port=server.imap, Security="none", User=user, password="wrong")
    patient.start()
    client.wait_account("work", Reason="auth-failed")
    found = examine(patient)
    assert problems(found) == ["account"]
    assert found["account"]["account"] == "work"
    assert "posthorn secret set work" in found["account"]["mend"]
    assert found["account"]["detail"] == client.account("work")["ReasonText"]


def test_server_that_is_not_there(patient, client):
    patient.write_account("work", Port=1, Security="none")
    patient.start()
    client.wait_account("work", Reason="connect-failed")
    found = examine(patient)
    assert "firewall" in found["account"]["mend"]


def test_configuration_with_an_error(well):
    well.write_account("home", CAFile="/nonexistent/ca.pem")
    found = examine(well)
    assert problems(found) == ["configuration"]
    assert found["configuration"]["mend"] == "posthorn config check"
    assert "home.conf:6: CAFile=" in found["configuration"]["detail"]


def test_program_of_the_daemon_is_missing(patient):
    patient.start()
    patient.more["POSTHORN_DAEMON"] = "/nonexistent/posthornd"
    found = examine(patient)
    assert "/nonexistent/posthornd cannot be run" in found["configuration"]["text"]


def test_locked_key_ring(patient, client, server, user, keyring):
    keyring.secret("set", "work", text=PASSWORD)
    keyring.lock()
    patient.write_account("work", Port=server.imap, Security="none", User=user, PasswordFile=None,
                          PasswordKeyring="yes")
    patient.start()
    client.wait_account("work", Reason="locked")
    found = examine(patient)
    assert problems(found) == ["account"]
    assert found["account"]["mend"] == found["keyring"]["mend"] == "posthorn secret unlock"
    assert "is locked" in found["keyring"]["text"]
    keyring.unlock()
    client.wait_account("work", State="online")
    assert examine(patient)["keyring"]["mark"] == "ok"


def test_neither_key_ring_nor_notification_service(well):
    found = examine(well)
    assert problems(found) == []
    assert "no key ring" in found["keyring"]["text"]
    assert "no notification service" in found["notifications"]["text"]
    assert "posthorn watch" in found["notifications"]["mend"]


def test_key_ring_that_answers_oddly(well, scripted_keyring):
    assert "does not answer as it should" in examine(well)["keyring"]["text"]


def test_state_that_cannot_be_kept(well):
    (well.home / ".local").write_text("no folder", encoding="ascii")
    found = examine(well)
    assert problems(found) == ["state"]
    assert "Not a directory" in found["state"]["text"]


def test_full_disk(well):
    state = well.home / ".local" / "state"
    state.mkdir(parents=True)
    small = ["/usr/bin/unshare", "--map-root-user", "--mount", "--", "/bin/sh", "-c",
             '/bin/mount -t tmpfs -o size=4M posthorn "$1" && shift && exec "$@"', "sh", state]
    found = examine(well, wrapper=small)
    assert problems(found) == ["state"]
    assert "the disk is full" in found["state"]["text"] and found["state"]["mend"] == "df -h, and make room"


@pytest.mark.parametrize("word, mark, mend", [
    ("enabled", "ok", None),
    ("disabled", "warning", "systemctl --user enable --now posthornd"),
    ("masked", "problem", "systemctl --user unmask posthornd"),
])
def test_unit(well, word, mark, mend):
    stand_in(well, "systemctl", f'test "$*" = "--user is-enabled posthornd.service" && echo {word}; exit 1\n')
    found = examine(well)
    assert (found["unit"]["mark"], found["unit"]["mend"]) == (mark, mend)


@pytest.mark.parametrize("script", ["echo 'Failed to connect to bus'; exit 1\n", "kill -9 $$\n"])
def test_systemd_that_cannot_be_asked(well, script):
    stand_in(well, "systemctl", script)
    assert "unit" not in examine(well)


def test_clock_that_is_not_synchronized(well):
    stand_in(well, "timedatectl", "echo no\n")
    found = examine(well)
    assert (found["clock"]["mark"], found["clock"]["mend"]) == ("warning", "sudo timedatectl set-ntp true")


def test_clock_that_is_years_behind(well):
    found = examine(well, LD_PRELOAD=str(build_directory() / "tests/integration/fault/libclock.so"),
                    POSTHORN_FAULT_TIME="86400", ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
    assert problems(found) == ["clock"]
    assert "years behind" in found["clock"]["text"] and found["clock"]["mend"] == "sudo timedatectl set-ntp true"


def test_certificate_of_tomorrow_may_be_the_clock(patient, client, directory, server, user, authority):
    future = Dovecot(directory / "mail", authority.certificate("future", dates=("20500101000000Z", "20540101000000Z")))
    future.start()
    try:
        patient.write_account("work", Port=future.imaps, User=user, CAFile=authority.ca)
        patient.start()
        client.wait_account("work", Reason="tls-not-yet-valid")
        assert "clock" in examine(patient)["account"]["mend"]
    finally:
        future.kill()
