"""The programs under test, each with a configuration and a state of its own."""

import os
import pathlib
import re
import signal
import socket
import threading

from .dovecot import PASSWORD
from .process import SANITIZER_WORDS, Process, environment, run
from .wait import poke, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[3]


def build_directory():
    return pathlib.Path(os.environ.get("POSTHORN_BUILD", SOURCE / "build-test"))


def program(name):
    folder = {"posthornd": "daemon", "posthorn": "cli", "posthorn-notify": "notify"}[name]
    path = build_directory() / folder / name
    if not path.exists():
        raise RuntimeError(f"{path} is not built; run ./test, or set POSTHORN_BUILD")
    return path


def verbs():
    """Of posthorn, as --help lists them."""
    lines = run([program("posthorn"), "--help"]).stdout.decode()
    return [line.split()[0] for line in lines.partition("Verbs:\n")[2].partition("\n\n")[0].splitlines()]


class NotifySocket:
    """The other end of sd_notify(): `messages` is every assignment in its order."""

    def __init__(self, path):
        self.path = str(path)
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            self.messages += data.decode("utf-8", "replace").splitlines()
            poke()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Daemon:
    """posthornd. start() returns when it says READY."""

    def __init__(self, directory, address, *, environment_more=None):
        self.home = pathlib.Path(directory)
        self.config = self.home / "config"
        self.state = self.home / "state"
        for path in (self.config / "accounts.d", self.state, self.home / "run"):
            path.mkdir(parents=True, exist_ok=True)
        self.address = address
        self.more = environment_more or {}
        self.process = None
        self.notify = None
        self.starts = 0

    # --- configuration ---------------------------------------------------------------------------

    def account_file(self, account):
        return self.config / "accounts.d" / f"{account}.conf"

    def write_account(self, account, *, password=PASSWORD, mailboxes=(), **keys):
        """keys as in the file: Host=..., Port=...; a value of None leaves the key out."""
        secret = self.home / f"{account}.password"
        secret.write_text(password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        settings = {"Protocol": "imap", "Host": "localhost", "User": "alice", "PasswordFile": secret, **keys}
        text = "[Account]\n" + "".join(f"{key}={value}\n" for key, value in settings.items() if value is not None)
        if mailboxes:
            text += "\n[Mailboxes]\n" + "".join(f"Watch={mailbox}\n" for mailbox in mailboxes)
        self.account_file(account).write_text(text, encoding="utf-8")

    # --- life ------------------------------------------------------------------------------------

    def environment(self, **more):
        buses = {"DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.home}/none"}
        return environment(self.home, **{**buses, **self.more, **more})

    def arguments(self, *more):
        return [program("posthornd"), "--user", "--config", self.config, "--state", self.state, *more]

    def launch(self, *more, wrapper=(), **env):
        """Starts it and does not wait."""
        self.starts += 1
        self.notify = NotifySocket(self.home / f"run/notify{self.starts}")
        self.process = Process([*wrapper, *self.arguments("--log-level", "debug", *more)],
                               self.environment(NOTIFY_SOCKET=self.notify.path, **env), name="posthornd")
        return self

    def start(self, *more, **env):
        self.launch(*more, **env)
        self.wait_ready()
        return self

    def wait_ready(self):
        notify, process = self.notify, self.process
        wait_for(lambda: "READY=1" in notify.messages or not process.is_running(),
                 lambda: f"READY=1 from posthornd:\n{process.text()}")
        assert "READY=1" in notify.messages, f"posthornd ended before READY=1:\n{process.text()}"

    def log(self):
        return self.process.text() if self.process else ""

    def stop(self):
        """SIGTERM; it must end well, with clean sanitizers."""
        if not self.process:
            return
        status = self.process.stop()
        text = self.log()
        self._forget()
        assert status == 0, f"posthornd ended with status {status}:\n{text}"
        assert not any(word in text for word in SANITIZER_WORDS), text

    def kill(self):
        if self.process:
            self.process.kill()
            self._forget()

    def _forget(self):
        self.process = None
        self.notify.close()

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        """SIGHUP; returns when the daemon says that it is done."""
        before = self.notify.messages.count("READY=1")
        self.process.signal(signal.SIGHUP)
        wait_for(lambda: self.notify.messages.count("READY=1") > before,
                 lambda: f"READY=1 after SIGHUP; {self.notify.messages}\n{self.log()}")
        assert "RELOADING=1" in self.notify.messages

    def check_config(self):
        """CompletedProcess of posthornd --check-config."""
        return run(self.arguments("--check-config"), self.environment(), check=False)

    def test_account(self, account, *options):
        """CompletedProcess of posthornd --test-account."""
        return run(self.arguments("--test-account", account, *options), self.trial_environment(), check=False)

    def start_trial(self, account, *options):
        """The same, but it goes on."""
        return Process(self.arguments("--test-account", account, *options), self.trial_environment())

    def trial_environment(self):
        """Its temporary files stay in the test's own folder."""
        return {**self.environment(), "TMPDIR": str(self.home / "run")}

    def peak_kib(self):
        """The most memory that it ever had."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])

    # --- the command line client -----------------------------------------------------------------

    def cli(self, *arguments, check=True, **more):
        """CompletedProcess of posthorn ARGUMENTS, run to its end, with `more` in its environment."""
        return run([program("posthorn"), *arguments], self.environment(**more), check=check)

    def account(self, *arguments, stdin=b"", **more):
        """CompletedProcess of posthorn account ARGUMENTS, with the daemon that was built."""
        environment = {"POSTHORN_DAEMON": program("posthornd"), **self.trial_environment(), **more}
        return run([program("posthorn"), "account", *arguments], environment, stdin=stdin, check=False)

    def start_account(self, *arguments, stdin):
        """The same, but it goes on."""
        shell = ["sh", "-c", 'word=$1; shift; printf "%s\\n" "$word" | "$@"', "sh", stdin]
        return Process([*shell, program("posthorn"), "account", *arguments],
                       {"POSTHORN_DAEMON": str(program("posthornd")), **self.trial_environment()})

    def cli_process(self, *arguments):
        """A posthorn that goes on."""
        return Process([program("posthorn"), *arguments], self.environment(), name="posthorn")
