"""The units as they are installed: right by systemd's own judgement, and in a user's session."""

import pathlib

from harness.posthorn import build_directory
from harness.process import run
from harness.wait import wait_for

# In tenths, as --threshold= wants it. 1.1 is what a network daemon can reach.
EXPOSURE_MAX = 15

INSTALLED = """\
/etc/xdg/autostart/posthorn-notify.desktop
/usr/bin/posthorn
/usr/bin/posthorn-notify
/usr/lib/systemd/catalog/posthorn.catalog
/usr/lib/systemd/system/posthorn-metrics.socket
/usr/lib/systemd/system/posthorn-metrics@.service
/usr/lib/systemd/system/posthorn-run@.service
/usr/lib/systemd/system/posthornd.service
/usr/lib/systemd/user/posthorn-notify.service
/usr/lib/systemd/user/posthorn-run@.service
/usr/lib/systemd/user/posthornd.service
/usr/lib/sysusers.d/posthorn.conf
/usr/lib/tmpfiles.d/posthorn.conf
/usr/libexec/posthornd
/usr/share/applications/org.posthorn.Posthorn.desktop
/usr/share/dbus-1/interfaces/org.posthorn.Posthorn1.Account.xml
/usr/share/dbus-1/interfaces/org.posthorn.Posthorn1.Manager.xml
/usr/share/dbus-1/interfaces/org.posthorn.Posthorn1.Metrics.xml
/usr/share/dbus-1/services/org.posthorn.Posthorn1.service
/usr/share/dbus-1/system-services/org.posthorn.Posthorn1.service
/usr/share/dbus-1/system.d/org.posthorn.Posthorn1.conf
/usr/share/icons/hicolor/scalable/apps/org.posthorn.Posthorn.svg
/usr/share/icons/hicolor/symbolic/apps/org.posthorn.Posthorn-symbolic.svg
/usr/share/locale/ru/LC_MESSAGES/posthorn.mo
/usr/share/metainfo/org.posthorn.Posthorn.metainfo.xml
""".splitlines()


def test_k07_install_into_destdir(directory):
    """Where programs, units and bus files go; manual pages and configuration have their own tests."""
    run(["meson", "install", "-C", build_directory(), "--no-rebuild", "--quiet", "--destdir", directory / "root"])
    root = directory / "root"
    files = {f"/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file()}
    assert [path for path in INSTALLED if path not in files] == []
    # Anything else is in one of these.
    others = files - set(INSTALLED)
    assert [path for path in sorted(others)
            if not path.startswith(("/usr/share/man/", "/usr/share/doc/", "/usr/lib/posthorn/", "/etc/posthorn/",
                                    "/usr/share/bash-completion/", "/usr/share/zsh/", "/usr/share/fish/"))] == []
    for path in files:
        text = (root / path.lstrip("/")).read_bytes()
        assert b"@libexecdir@" not in text and b"@bindir@" not in text and b"@sysconfdir@" not in text, path


def test_k02_exposure_of_the_system_unit():
    """Without any service manager: what stands in the file."""
    unit = build_directory() / "units/posthornd-system.service"
    done = run(["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", unit],
               check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_k01_verify(empty_machine):
    empty_machine.install()
    for unit in ("system/posthornd.service", "system/posthorn-run@.service", "system/posthorn-metrics.socket",
                 "system/posthorn-metrics@.service", "user/posthornd.service", "user/posthorn-run@.service",
                 "user/posthorn-notify.service"):
        kind, name = unit.split("/")
        # A user's manager wants to know where its runtime directory is, even to read a file.
        done = empty_machine.run("env", "XDG_RUNTIME_DIR=/run", "systemd-analyze", f"--{kind}", "verify",
                                 "--recursive-errors=no", "--man=no", f"/usr/lib/systemd/{unit}", check=False)
        complaints = [line for line in done.stderr.splitlines() if "posthorn" in line]
        assert done.returncode == 0 and not complaints, f"{unit}: {done}"


def test_k02_exposure_as_the_manager_sees_it(machine):
    machine.run("systemd-analyze", "security", f"--threshold={EXPOSURE_MAX}", "--no-pager", "posthornd.service")


def test_bus_understands_the_policy(machine):
    """Its complaints (an unknown user, an unknown element) are only in the journal."""
    mark = machine.journal.mark()
    machine.run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")
    machine.journal.mark()
    texts = machine.journal.messages("dbus.service", mark)
    assert not [text for text in texts if "nknown" in text or "rror" in text], texts


def user(machine, *words, check=True):
    return machine.run("systemctl", "--user", *words, user="ada", check=check)


def user_property(machine, unit, name):
    return user(machine, "show", "--value", "--property", name, unit).stdout.strip()


def last_sequence(machine):
    return machine.run("busctl", "--user", "get-property", "org.posthorn.Posthorn1", "/org/posthorn/Posthorn1",
                       "org.posthorn.Posthorn1.Manager", "LastSequence", user="ada").stdout


def wait_user_state(machine, unit, state):
    wait_for(lambda: user_property(machine, unit, "ActiveState") == state,
             lambda: f"{unit} {state}: {user(machine, 'status', unit, check=False).stdout}")


def test_k03_user_service(session):
    config = pathlib.Path("/home/ada/.config/posthorn/accounts.d")
    session.run("mkdir", "-p", config, user="ada")
    session.write(f"{config}/home.conf",
                  "[Account]\nHost=127.0.0.1\nPort=9\nSecurity=none\nUser=ada\nPasswordCommand=/bin/true\n")
    user(session, "start", "posthornd.service")
    assert user_property(session, "posthornd.service", "ActiveState") == "active"
    assert last_sequence(session).startswith("t ")
    # Where XDG says, not where a StateDirectory= of this systemd would be.
    found = session.run("stat", "-c", "%a %U %n", "/home/ada/.local/state/posthorn",
                        "/home/ada/.local/state/posthorn/posthorn.db").stdout.splitlines()
    assert found == ["700 ada /home/ada/.local/state/posthorn", "600 ada /home/ada/.local/state/posthorn/posthorn.db"]
    user(session, "reload", "posthornd.service")
    user(session, "stop", "posthornd.service")
    assert user_property(session, "posthornd.service", "Result") == "success"
    # Enabled, it is started by the session's bus for who asks.
    user(session, "enable", "posthornd.service")
    assert last_sequence(session).startswith("t ")
    assert user_property(session, "posthornd.service", "ActiveState") == "active"


def test_agent_lives_and_ends_with_the_desktop(session):
    # Without a desktop it does not start.
    assert user(session, "start", "posthorn-notify.service", check=False).returncode != 0
    user(session, "enable", "posthornd.service", "posthorn-notify.service")
    user(session, "start", "desktop.target")
    wait_user_state(session, "posthorn-notify.service", "active")
    assert user_property(session, "posthornd.service", "ActiveState") == "active"
    assert session.run("busctl", "--user", "list", user="ada").stdout.count("org.posthorn.Notify1") == 1
    user(session, "stop", "desktop.target", "graphical-session.target", check=False)
    wait_user_state(session, "posthorn-notify.service", "inactive")
    assert user_property(session, "posthorn-notify.service", "Result") == "success"
    # The daemon goes on: the desktop is not all that asks it.
    assert user_property(session, "posthornd.service", "ActiveState") == "active"
