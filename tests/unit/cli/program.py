#!/usr/bin/env python3
"""program.py POSTHORN: exit codes and complaints of posthorn where there is nobody to talk to, and
where nobody listens."""
import os
import subprocess
import sys
import tempfile

POSTHORN = os.path.abspath(sys.argv[1])
OK, USAGE, UNAVAILABLE, OUTPUT = 0, 2, 69, 74

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={0}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


def run(*arguments, code, said="", printed=None, **more):
    """posthorn must end with `code` and say `said` on standard error: nothing, if that is empty."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DBUS_", "XDG_"))}
    environment.update(more.pop("env", {}))
    more.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run([POSTHORN, *arguments], env=environment, stderr=subprocess.PIPE, check=False,
                          **more)
    error = done.stderr.decode("utf-8")
    assert done.returncode == code, (arguments, done)
    assert said in error and bool(said) == bool(error), (arguments, error)
    assert all(line.startswith("posthorn: ") for line in error.splitlines()), error
    if printed is not None:
        assert printed in done.stdout.decode("utf-8"), (arguments, done)
    return done


def check_usage():
    run("--version", code=OK, printed="posthorn ")
    run("--help", code=OK, printed="Verbs:")
    run("watch", "--help", code=OK, printed="--since=SEQ")
    run("--help", "watch", code=OK, printed="--since=SEQ")
    run(code=USAGE, said="No verb given", printed="")
    run("wacth", code=USAGE, said="did you mean 'watch'")
    run("watch", "--since=-1", code=USAGE, said="'-1' is no number of an event")
    run("watch", "--since=", code=USAGE, said="'' is no number of an event")
    run("watch", "--type=old", code=USAGE, said="one of new, retired, reset")
    run("--print-completion=tcsh", code=USAGE, said="tcsh")


def check_output():
    with open("/dev/full", "wb") as full:
        run("--help", code=OUTPUT, said="No space left", stdout=full)
    run("--help", code=OUTPUT, said="cannot be written", preexec_fn=lambda: os.close(1), stdout=None)
    reading, writing = os.pipe()
    os.close(reading)
    run("--help", code=OK, stdout=writing)
    os.close(writing)


def check_nobody(directory):
    verbs = (["status"], ["status", "--json"], ["check"], ["check", "work"], ["watch"],
             ["watch", "--no-follow"], ["--print-completion=accounts"])
    there = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={directory}/bus"}
    for verb in verbs:
        run(*verb, code=UNAVAILABLE, said="Cannot connect to the session bus")
        run(*verb, code=UNAVAILABLE, said="Cannot connect to the session bus", env=there)
    with open(f"{directory}/bus.conf", "w", encoding="ascii") as configuration:
        configuration.write(BUS.format(directory))
    with subprocess.Popen(["dbus-daemon", "--nofork", "--nosyslog", "--print-address",
                           f"--config-file={directory}/bus.conf"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as bus:
        try:
            assert bus.stdout.readline(), "no bus"
            for verb in verbs:
                run(*verb, code=UNAVAILABLE, said="'systemctl --user start posthornd'", env=there)
                run("--system", *verb, code=UNAVAILABLE, said="'systemctl start posthornd'",
                    env={"DBUS_SYSTEM_BUS_ADDRESS": there["DBUS_SESSION_BUS_ADDRESS"]})
            # What is shown must not go where the connection is.
            run("status", code=UNAVAILABLE, said="does not run", env=there, stdout=None,
                preexec_fn=lambda: os.close(1))
            # $XDG_RUNTIME_DIR/bus is the session bus too.
            run("status", code=UNAVAILABLE, said="does not run", env={"XDG_RUNTIME_DIR": directory})
        finally:
            bus.terminate()


check_usage()
check_output()
with tempfile.TemporaryDirectory() as directory:
    check_nobody(directory)
