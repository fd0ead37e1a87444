"""Child processes: started in a session of their own, read line by line, ended by their pid."""

import os
import signal
import subprocess
import threading
import time

from .wait import poke, wait_for

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


def environment(home, **more):
    """An environment that leads to no file of the user: HOME and all of XDG below `home`."""
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_STATE_HOME": f"{home}/.local/state",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "XDG_DATA_HOME": f"{home}/.local/share",
        "XDG_RUNTIME_DIR": f"{home}/run",
        **SANITIZERS,
    }
    env.update({key: str(value) for key, value in more.items() if value is not None})
    return env


class Process:
    """A running program. `lines` holds (stream, text) of what it wrote, stream "out" or "err", and
    `times` when (monotonic seconds) each of them came."""

    def __init__(self, argv, env, *, user=None, cwd=None, name=None):
        self.name = name or os.path.basename(str(argv[0]))
        self.lines = []
        self.times = []
        self._readers = []
        # Signals that nohup, or a shell behind "&", has us ignore would be ignored there, too. It must not
        # outlive us, however we end; kept over a change of user since setpriv sets it last.
        guard = ["env", "--default-signal", "setpriv", "--pdeathsig", "TERM"]
        if user is not None:
            guard += ["--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups"]
        self.popen = subprocess.Popen(
            [*guard, "--", *map(str, argv)], env=env, cwd=cwd, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream, pipe in (("out", self.popen.stdout), ("err", self.popen.stderr)):
            reader = threading.Thread(target=self._read, args=(stream, pipe), daemon=True)
            reader.start()
            self._readers.append(reader)

    def _read(self, stream, pipe):
        for line in pipe:
            self.times.append(time.monotonic())
            self.lines.append((stream, line.decode("utf-8", "replace").rstrip("\n")))
            poke()
        pipe.close()
        poke()

    @property
    def pid(self):
        return self.popen.pid

    def is_running(self):
        return self.popen.poll() is None

    def output(self, stream=None):
        return [text for kind, text in list(self.lines) if stream in (None, kind)]

    def text(self):
        return "\n".join(f"    {self.name}: {line}" for line in self.output())

    def wait_for_line(self, part, *, after=0, deadline=30.0):
        """The first line that contains `part` behind the first `after` lines."""
        return wait_for(
            lambda: next((text for _, text in list(self.lines)[after:] if part in text), None),
            lambda: f"line with {part!r} from {self.name}:\n{self.text()}", deadline)

    def wait(self, deadline=30.0):
        """Its exit status, with all of its output read."""
        wait_for(lambda: not self.is_running(), lambda: f"end of {self.name}:\n{self.text()}", deadline)
        for reader in self._readers:
            reader.join(deadline)
        return self.popen.returncode

    def signal(self, number):
        if self.is_running():
            self.popen.send_signal(number)

    def kill(self):
        """kill -9, with what it may have started."""
        if self.is_running():
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()

    def stop(self, deadline=30.0):
        """SIGTERM; its exit status. One that does not end is killed, and that is an error."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(deadline)
        finally:
            self.kill()


def run(argv, env=None, *, user=None, stdin=b"", check=True, deadline=60.0):
    """A command to its end: CompletedProcess with bytes."""
    extra = {}
    if user is not None:
        extra = {"user": user[0], "group": user[1], "extra_groups": []}
    done = subprocess.run([str(word) for word in argv], env=env, input=stdin, capture_output=True,
                          timeout=deadline, check=False, **extra)
    if check and done.returncode != 0:
        raise RuntimeError(f"{argv}: status {done.returncode}\n"
                           + (done.stdout + done.stderr).decode("utf-8", "replace"))
    return done
