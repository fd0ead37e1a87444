"""A file system of its own below a daemon's state: small, so that it can be full, and of a kind that can
be made read-only."""

import os
import pathlib

from .process import Process, environment, run


class SmallDisk:
    """In a mount namespace that this process keeps, and the daemon enters."""

    def __init__(self, daemon, size):
        self.daemon = daemon
        mount = f"mount -t tmpfs -o size={size},mode=0700 state '{daemon.state}' && echo mounted && exec sleep infinity"
        self.keeper = Process(["unshare", "--map-root-user", "--mount", "--", "sh", "-c", mount],
                              environment(daemon.home))
        self.keeper.wait_for_line("mounted")
        # The same directory, from outside.
        self.path = pathlib.Path(f"/proc/{self.keeper.pid}/root{daemon.state}")
        self._enter = ["nsenter", "--target", str(self.keeper.pid), "--user", "--mount", "--preserve-credentials", "--"]

    def launch(self):
        """Under its own number again: the bus asks for it."""
        owner = [f"--map-user={os.getuid()}", f"--map-group={os.getgid()}"]
        self.daemon.launch(wrapper=[*self._enter, "unshare", *owner, "--"])

    def start(self):
        self.launch()
        self.daemon.wait_ready()

    def fill(self):
        with open(self.path / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass

    def free(self):
        (self.path / "filler").unlink()

    def set_writable(self, writable):
        run([*self._enter, "mount", "-o", f"remount,{'rw' if writable else 'ro'}", self.daemon.state])

    def close(self):
        self.keeper.stop()
