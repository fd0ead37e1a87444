"""Two machines and a wire between them, as network namespaces of this one: the client's (192.0.2.1) and
the server's (192.0.2.2), with a bridge in a third one that passes packets on, or drops them without
a word. Nothing of it is seen by the machine's own network. Needs root."""

import ctypes
import os
import threading

from .process import Process, run
from .wait import wait_for

CLIENT = "192.0.2.1"
SERVER = "192.0.2.2"


def missing():
    """Why no wire can be had here, "" if one can."""
    return "" if os.geteuid() == 0 else "network namespaces that are joined need root"


class Namespace:
    def __init__(self):
        # Lives for as long as this process does, which holds nothing but it.
        self.holder = Process(["unshare", "--net", "--", "sleep", "infinity"], dict(os.environ), name="namespace")
        ours = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(self.path) != ours and self._is_sleeping(), "a network namespace", look_every=0.02)
        self.ip("link", "set", "lo", "up")

    def _is_sleeping(self):
        with open(f"/proc/{self.holder.pid}/comm", encoding="ascii") as comm:
            return comm.read().strip() == "sleep"

    @property
    def path(self):
        return f"/proc/{self.holder.pid}/ns/net"

    @property
    def wrapper(self):
        """What to put before a command so that it runs here."""
        return ("nsenter", f"--net={self.path}", "--")

    def run(self, *argv):
        return run([*self.wrapper, *argv])

    def ip(self, *argv):
        return self.run("ip", *argv)

    def make(self, what):
        """what() in a thread that is here: the sockets that it makes stay here."""
        done = []

        def inside():
            libc = ctypes.CDLL(None, use_errno=True)
            with open(self.path, "rb") as namespace:
                if libc.setns(namespace.fileno(), 0) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            done.append(what())

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        return done[0]

    def close(self):
        self.holder.kill()


class Wire:
    def __init__(self):
        self.client, self.middle, self.server = Namespace(), Namespace(), Namespace()
        self.middle.ip("link", "add", "bridge", "type", "bridge")
        self.middle.ip("link", "set", "bridge", "up")
        for end, name, address in ((self.client, "client", CLIENT), (self.server, "server", SERVER)):
            self.middle.ip("link", "add", name, "type", "veth", "peer", "name", "wire", "netns", str(end.holder.pid))
            self.middle.ip("link", "set", name, "up", "master", "bridge")
            end.ip("address", "add", f"{address}/24", "dev", "wire")
            end.ip("link", "set", "wire", "up")
        # As behind a router, which no test has to reach.
        self.client.ip("route", "add", "default", "via", "192.0.2.254")

    def drop(self):
        """All packets are lost from now on, and nobody is told: the carrier stays."""
        self.middle.ip("link", "set", "server", "nomaster")

    def flow(self):
        self.middle.ip("link", "set", "server", "master", "bridge")

    def close(self):
        for end in (self.client, self.middle, self.server):
            end.close()
