"""A TCP relay in front of the server that writes down all that passes, and can break the line."""

import dataclasses
import socket
import struct
import threading
import time

from .dovecot import free_ports
from .wait import poke


@dataclasses.dataclass
class Chunk:
    """What one read saw. `side`: "C" from the client, "S" from the server."""
    connection: int
    side: str
    data: bytes
    when: float


class _Link:
    """One connection: both of its sockets, closed by the last of the two threads that read them."""

    def __init__(self, number, client, server):
        self.number = number
        self.ends = (client, server)
        self.threads = 2
        self.broken = False

    def shut(self):
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RD)
            except OSError:
                pass

    def reset(self):
        self.broken = True
        for end in self.ends:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
        self.shut()


class Proxy:
    """`port` leads to `target` on this host. `chunks` is the whole traffic in its order."""

    def __init__(self, target):
        self.target = target
        self.port = free_ports(1)[0]
        self.chunks = []
        self.connections = 0
        self._links = []
        self._flow = threading.Event()
        self._flow.set()
        self._lock = threading.Lock()
        self._listener = None
        self.listen()

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if listener is not self._listener:
                client.close()
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 10)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                link = _Link(self.connections, client, server)
                self._links.append(link)
            poke()
            for side, source, sink in (("C", client, server), ("S", server, client)):
                threading.Thread(target=self._relay, args=(link, side, source, sink), daemon=True).start()

    def _relay(self, link, side, source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                with self._lock:
                    self.chunks.append(Chunk(link.number, side, data, time.monotonic()))
                    flows = self._flow.is_set()
                poke()
                if not flows:
                    self._flow.wait()
                sink.sendall(data)
            if not link.broken:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            link.shut()
        with self._lock:
            link.threads -= 1
            if link.threads == 0:
                source.close()
                sink.close()
                self._links.remove(link)
        poke()

    @property
    def open(self):
        return len(self._links)

    # --- what passed -----------------------------------------------------------------------------

    def mark(self):
        """A place in the traffic, for `since`."""
        return len(self.chunks)

    def since(self, mark, side=None):
        return [chunk for chunk in self.chunks[mark:] if side in (None, chunk.side)]

    def sent(self, side, mark=0):
        """All bytes of one side behind the mark."""
        return b"".join(chunk.data for chunk in self.since(mark, side))

    def commands(self, mark=0):
        """The client's lines without their tags."""
        lines = self.sent("C", mark).split(b"\r\n")
        return [line if line.upper() == b"DONE" else line.partition(b" ")[2] for line in lines if line]

    # --- how it breaks ---------------------------------------------------------------------------

    def refuse(self):
        """No new connections: ECONNREFUSED."""
        listener, self._listener = self._listener, None
        if listener:
            # accept() of the other thread does not notice close() alone.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def stall(self):
        """Nothing passes any more but what is in `chunks` by now, and nobody is told."""
        with self._lock:
            self._flow.clear()

    def flow(self):
        self._flow.set()

    def reset(self):
        """RST to both ends of all connections."""
        with self._lock:
            for link in self._links:
                link.reset()

    def close(self):
        self.refuse()
        self.flow()
        self.reset()
