"""Real proxies of both kinds."""

import getpass
import os
import shutil
import socket

from .dovecot import free_ports
from .process import Process
from .wait import wait_for


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class _RealProxy:
    program = None

    def __init__(self):
        assert shutil.which(self.program), f"{self.program} is not installed; see tests/packages"
        self.port = free_ports(1)[0]
        self.process = None

    def _launch(self, *arguments):
        self.process = Process([shutil.which(self.program), *arguments], dict(os.environ), name=self.program)
        wait_for(lambda: _listens(self.port), lambda: f"{self.program}: {self.process.text()}")
        return self

    def log(self):
        return self.process.text()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process = None


class Socks(_RealProxy):
    """microsocks; with a user and a password, or for everybody."""
    program = "microsocks"

    def __init__(self, user=None, password=None):
        super().__init__()
        secret = ["-u", user, "-P", password] if user else []
        # Of the addresses of localhost it takes one, which may be ::1 and nobody's: bound, it takes ours.
        self._launch("-i", "127.0.0.1", "-b", "127.0.0.1", "-p", str(self.port), *secret)


class HttpProxy(_RealProxy):
    """tinyproxy; CONNECT to the ports given, and to no others."""
    program = "tinyproxy"

    def __init__(self, directory, ports, user=None, password=None):
        super().__init__()
        lines = [f"User {getpass.getuser()}", f"Port {self.port}", "Listen 127.0.0.1", "Timeout 600",
                 "LogLevel Connect", "MaxClients 20", *(f"ConnectPort {port}" for port in ports)]
        if user:
            lines.append(f"BasicAuth {user} {password}")
        configuration = directory / f"tinyproxy-{self.port}.conf"
        configuration.write_text("\n".join(lines) + "\n")
        self._launch("-d", "-c", str(configuration))
