"""posthornd that dies, or whose disk fails, or whose machine sleeps: see tests/integration/fault."""

import errno
import signal

from .posthorn import build_directory


def _preloaded(daemon, name="fault", **more):
    library = build_directory() / f"tests/integration/fault/lib{name}.so"
    if not library.exists():
        raise RuntimeError(f"{library} is not built")
    # What was killed has leaks; and a preloaded library stands before the sanitizer's.
    options = "detect_leaks=0:abort_on_error=0:exitcode=99:verify_asan_link_order=0"
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": options, "POSTHORN_FAULT_DISK": daemon.state, **more}


def launch_to_die(daemon, point, *, power=None):
    """Starts the daemon, which is killed at this point, from 1. With `power`, a seed, its disk forgets
    what was not synced."""
    word = f"kill {point}" if power is None else f"power {point} {power}"
    daemon.launch(**_preloaded(daemon, POSTHORN_FAULT=word))


class Disk:
    """The disk below a daemon's state, which can fail while the daemon runs."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.path = daemon.home / "disk-error"

    def start(self):
        """Starts the daemon on it, and returns when it is ready."""
        self.daemon.start(**_preloaded(self.daemon, POSTHORN_FAULT_ERROR=self.path))

    def fail(self, number=errno.ENOSPC):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(number), encoding="ascii")
        fresh.rename(self.path)

    def recover(self):
        self.path.unlink()


def start_sleeper(daemon):
    """Starts the daemon on a machine that can sleep."""
    daemon.start(**_preloaded(daemon, "sleep"))


def sleep_for_an_hour(daemon):
    """The machine has slept, and nobody but the clocks says so."""
    daemon.process.signal(signal.SIGUSR2)
