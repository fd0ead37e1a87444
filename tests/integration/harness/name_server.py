"""A DNS server in sixty lines, at port 53 of a namespace: answers by a table that a test changes."""

import socket
import struct
import threading

A, AAAA, SRV = 1, 28, 33
NO_ERROR, SERVER_FAILURE, NO_NAME = 0, 2, 3


class NameServer:
    """`names`: {"mail.example.test": ["192.0.2.2", "2001:db8::2"]}; a number instead of a list is answered as
    that error, None not at all."""

    def __init__(self, address):
        self.names = {}
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # nobody is at its other end; it wakes who reads all the same
        self._socket.close()

    def _serve(self):
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            answer = self._answer(data)
            if answer:
                self._socket.sendto(answer, peer)

    def _answer(self, data):
        """RFC 1035 4.1: one question, in whose name every record is."""
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode("ascii").lower())
            at += 1 + data[at]
        question = data[12:at + 5]
        kind = struct.unpack(">H", data[at + 1:at + 3])[0]
        name = ".".join(labels)
        self.asked.append(name)
        found = self.look_up(name, kind)
        if found is None:
            return None
        code, records = found
        body = b"".join(struct.pack(">HHHLH", 0xC00C, kind, 1, 0, len(record)) + record for record in records)
        return data[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0) + question + body

    def look_up(self, name, kind):
        """The code of the answer, and the data of its records; None for no answer at all."""
        found = self.names.get(name, NO_NAME)
        if not isinstance(found, list):
            return None if found is None else (found, [])
        family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(kind)
        return NO_ERROR, [socket.inet_pton(family, address) for address in found
                          if family == (socket.AF_INET6 if ":" in address else socket.AF_INET)]
