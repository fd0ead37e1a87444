"""A terminal of a person, who types to a program and looks at what it shows."""

import fcntl
import os
import pty
import re
import signal
import struct
import termios
import threading

from .posthorn import program
from .wait import poke, wait_for


class Terminal:
    """Of a program that was started on it. `bytes`: all that it wrote; `status`: its end, when it has come."""

    def __init__(self, argv, environment, rows=24, columns=100):
        argv = [str(word) for word in argv]
        self.pid, self.leader = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)  # whatever we ignore
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # whatever whoever started us ignores
            os.execvpe(argv[0], argv, environment)
        self.bytes = b""
        self.status = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            try:
                part = os.read(self.leader, 65536)
            except OSError:
                part = b""
            if not part:
                break
            self.bytes += part
            poke()
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        poke()

    def resize(self, rows, columns=100):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.leader, keys)

    def shows_typing(self):
        return bool(termios.tcgetattr(self.leader)[3] & termios.ECHO)

    def wait_bytes(self, part):
        wait_for(lambda: part in self.bytes, lambda: f"{part} in {self.bytes}")

    def wait_end(self):
        wait_for(lambda: self.status is not None, lambda: f"its end; it has said {self.bytes[-4000:]}")
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait_end()
        os.close(self.leader)


class Screen(Terminal):
    """Of a posthorn."""

    def __init__(self, daemon, *arguments, rows=24, columns=100, **environment):
        super().__init__([program("posthorn"), *arguments],
                         {**daemon.environment(), "TERM": "xterm-256color", **environment}, rows, columns)

    def pictures(self):
        """The lines of each picture that is whole."""
        found = re.findall(rb"\x1b\[\?2026h\x1b\[H(.*?)\x1b\[J\x1b\[\?2026l", self.bytes, re.S)
        return [re.sub(rb"\x1b\[[0-9;]*[mK]", b"", picture).decode("utf-8").split("\r\n") for picture in found]

    def wait_picture(self, part, what=None):
        return wait_for(lambda: next((lines for lines in self.pictures()[-1:] if any(part in line for line in lines)),
                                     None), lambda: what or f"{part!r} in {self.pictures()[-1:]}")

    def text(self):
        """All that was written, without what Posthorn itself colors by."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.bytes.decode("utf-8")).replace("\r\n", "\n")
