"""A machine with a real systemd as its PID 1, on a copy of this machine's root tree that is thrown
away, without a network. Needs root, overlayfs, cgroup v2 and Debian's systemd and dbus; how the
tree is made stands in `machine-root`."""

import json
import os
import pathlib
import re
import subprocess

from harness.posthorn import SOURCE, NotifySocket, build_directory
from harness.process import Process, run
from harness.wait import wait_for

HERE = pathlib.Path(__file__).resolve().parent
TARGET = "posthorn-machine.target"
SYSTEMD = "/lib/systemd/systemd"
CATALOG = SOURCE / "units/posthorn.catalog"
# A drop-in that a service of a test build needs: the leak detector stops all threads by ptrace(2), which
# sandboxes refuse. Nothing of it is in the units that are installed.
SANITIZERS = "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0:exitcode=99\n"


def missing():
    """Why no machine can be had here, "" if one can."""
    if os.geteuid() != 0:
        return "not root"
    if not os.access(SYSTEMD, os.X_OK):
        return f"no {SYSTEMD}"
    if "\toverlay\n" not in pathlib.Path("/proc/filesystems").read_text(encoding="ascii"):
        return "the kernel has no overlayfs"
    if not _cgroup2():
        return "no cgroup v2 hierarchy is mounted"
    return ""


def _cgroup2():
    """Where cgroup v2 is mounted: /sys/fs/cgroup, or beside the older kind in .../unified."""
    for line in pathlib.Path("/proc/mounts").read_text(encoding="ascii").splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(where)
    return None


def event_number(name):
    """The MESSAGE_ID of an event, by its name in the catalog."""
    return re.search(rf"^# {name}\n-- ([0-9a-f]{{32}})$", CATALOG.read_text(encoding="utf-8"), re.MULTILINE)[1]


class Journal:
    """The machine's journal as it is written: `entries`, the oldest first."""

    def __init__(self, machine):
        self.entries = []
        self._machine = machine
        self._marks = 0
        self._process = machine.process("journalctl", "--follow", "--no-tail", "--output=json", "--all")
        self._read = 0

    def _parse(self):
        lines = self._process.output("out")
        for line in lines[self._read:]:
            self.entries.append(json.loads(line))
        self._read = len(lines)
        return self.entries

    def messages(self, unit=None, after=0):
        """Texts of the entries about a unit: its own, and the service manager's on it."""
        texts = []
        for entry in self._parse()[after:]:
            if unit in (None, entry.get("_SYSTEMD_UNIT"), entry.get("UNIT")):
                message = entry.get("MESSAGE")
                # What is not plain text comes as a list of bytes.
                texts.append(bytes(message).decode("utf-8", "replace") if isinstance(message, list) else message or "")
        return texts

    def mark(self):
        """For `after`: behind everything that was written up to now."""
        self._marks += 1
        text = f"mark {self._marks}"
        self._machine.run("journalctl", "--sync")
        self._machine.run("systemd-cat", "echo", text)
        self.wait(text)
        return next(index for index, entry in enumerate(self.entries) if entry.get("MESSAGE") == text) + 1

    def wait(self, part, unit=None, after=0, deadline=30.0):
        return wait_for(
            lambda: next((text for text in self.messages(unit, after) if part in text), None),
            lambda: f"journal entry with {part!r}:\n" + "\n".join(self.messages(unit, after)[-60:]), deadline)

    def close(self):
        self._process.kill()


class Machine:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.cgroup = _cgroup2() / f"posthorn-{os.getpid()}-{self.directory.name}"
        self.init = None
        self.outer = None
        self.ready = None
        self.journal = None

    # --- life ------------------------------------------------------------------------------------

    def _enter_cgroup(self):
        # Never the root: a systemd moves all processes that it finds in its cgroup into init.scope.
        (self.cgroup / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def up(self):
        (self.directory / "mount").mkdir(parents=True)
        (self.directory / "notify").mkdir()
        self.cgroup.mkdir()
        self.ready = NotifySocket(self.directory / "notify" / "ready")
        self.outer = subprocess.Popen(
            ["unshare", "--pid", "--mount", "--cgroup", "--uts", "--ipc", "--net", "--fork", "--kill-child",
             "--propagation=private", HERE / "machine-root", self.directory, TARGET],
            stdin=subprocess.DEVNULL, stdout=(self.directory / "console").open("wb"), stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=self._enter_cgroup)
        wait_for(lambda: "READY=1" in self.ready.messages or self.outer.poll() is not None,
                 lambda: f"booted machine:\n{self.console()}")
        assert self.outer.poll() is None, f"the machine did not boot:\n{self.console()}"
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children")
        self.init = int(children.read_text(encoding="ascii").split()[0])
        self.journal = Journal(self)
        return self

    def console(self):
        return (self.directory / "console").read_text(encoding="utf-8", errors="replace")

    def down(self):
        if self.journal:
            self.journal.close()
        if self.outer:
            # As a power cut: its PID 1 dies with it (--kill-child), and with PID 1 all the others.
            self.outer.kill()
            self.outer.wait()
        if self.ready:
            self.ready.close()
        self._remove_cgroup()

    def _remove_cgroup(self):
        def is_empty():
            for path, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(path)
                except OSError:  # the kernel still ends what was killed in it
                    return False
            return not self.cgroup.exists()
        wait_for(is_empty, f"end of everything in {self.cgroup}", look_every=0.05)

    # --- inside ----------------------------------------------------------------------------------

    @property
    def root(self):
        """The machine's tree, to write files into."""
        return pathlib.Path(f"/proc/{self.init}/root")

    def _inside(self, argv, user=None):
        words = ["nsenter", "--target", str(self.init), "--mount", "--pid", "--uts", "--ipc", "--net",
                 "--cgroup", "--root", "--wd=/"]
        if user:
            words += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        words += ["env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8",
                  "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"]
        if user:
            uid = self.uid(user)
            words += [f"HOME=/home/{user}", f"USER={user}", f"XDG_RUNTIME_DIR=/run/user/{uid}",
                      f"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/{uid}/bus"]
        return [*words, *map(str, argv)]

    def uid(self, user):
        return int(run(["nsenter", "--target", str(self.init), "--mount", "--root", "id", "-u", user]).stdout)

    def run(self, *argv, user=None, check=True):
        """A command to its end, as root or as an ordinary user: CompletedProcess with text."""
        done = run(self._inside(argv, user), check=False)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        assert not check or done.returncode == 0, \
            f"{argv}: status {done.returncode}\n{done.stdout}{done.stderr}\n{self.status()}"
        return done

    def process(self, *argv, user=None):
        """A command that goes on."""
        return Process(self._inside(argv, user), dict(os.environ), name=str(argv[0]))

    def explained(self, name):
        """What journalctl -x says of the events of this name. The catalog is read first, as a package's trigger does."""
        self.run("journalctl", "--update-catalog")
        return self.run("journalctl", "-x", "--no-pager", f"MESSAGE_ID={event_number(name)}").stdout

    def status(self):
        """For the message of a failed assertion: the newest about our services."""
        texts = self.journal.messages("posthornd.service") if self.journal else []
        return "\n".join(texts[-30:])

    def write(self, path, text, mode=0o644):
        where = self.root / path.lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, encoding="utf-8")
        where.chmod(mode)

    def install(self):
        """What a package does: the files of this build, its user, its directories; the bus and the
        service manager read what is new."""
        run(["meson", "install", "-C", build_directory(), "--no-rebuild", "--quiet", "--destdir", self.root])
        self.run("systemd-sysusers", "posthorn.conf")
        self.run("systemd-tmpfiles", "--create", "posthorn.conf")
        self.run("systemctl", "daemon-reload")
        self.run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                 "ReloadConfig")

    # --- units -----------------------------------------------------------------------------------

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", "--property", name, unit).stdout.strip()

    def wait_property(self, unit, name, value, deadline=30.0):
        """Looked at again with each new line of the journal, where every change leaves one."""
        wait_for(lambda: self.property(unit, name) == value,
                 lambda: f"{unit} with {name}={value}, it is {self.property(unit, name)!r}:\n{self.status()}", deadline)
