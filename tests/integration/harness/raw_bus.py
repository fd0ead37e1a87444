"""A D-Bus client that is no library: what it writes need not be sensible, and it reads when it likes."""

import array
import os
import socket
import struct

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from .client import NAME  # noqa: E402

METHOD_RETURN, ERROR = 2, 3


class RawBus:
    """Writes are whole, in one piece as far as the socket goes. A serial is answered once."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(address.partition("unix:path=")[2].partition(",")[0])
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.socket.recv(1000).startswith(b"OK")
        self.socket.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        assert self.socket.recv(1000).startswith(b"AGREE")
        self.socket.sendall(b"BEGIN\r\n")
        self._serial = 0
        self._rest = b""
        self._types = {}
        hello = self.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello",
                          destination="org.freedesktop.DBus")
        self.write(hello)
        self.wait(hello)

    def call(self, path, interface, method, signature=None, *arguments, destination=NAME, no_reply=False):
        """The bytes of a call, and its number in front: (serial, bytes)."""
        message = Gio.DBusMessage.new_method_call(destination, path, interface, method)
        if signature:
            message.set_body(GLib.Variant(signature, arguments))
        if no_reply:
            message.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
        self._serial += 1
        message.set_serial(self._serial)
        return self._serial, message.to_blob(Gio.DBusCapabilityFlags.UNIX_FD_PASSING)

    def call_with_descriptors(self, path, interface, method, descriptors):
        """Sends one with an argument "h" for each."""
        message = Gio.DBusMessage.new_method_call(NAME, path, interface, method)
        message.set_body(GLib.Variant("(" + "h" * len(descriptors) + ")", tuple(range(len(descriptors)))))
        copies = Gio.UnixFDList.new()
        for descriptor in descriptors:
            copies.append(descriptor)
        message.set_unix_fd_list(copies)
        self._serial += 1
        message.set_serial(self._serial)
        blob = message.to_blob(Gio.DBusCapabilityFlags.UNIX_FD_PASSING)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        assert self.socket.sendmsg([blob], rights) == len(blob)
        return self._serial, blob

    def write(self, *calls):
        """All of them in one write; while the other side takes nothing, what it has to say is read."""
        data = memoryview(b"".join(blob for _, blob in calls))
        while data:
            try:
                data = data[self.socket.send(data, socket.MSG_DONTWAIT):]
            except BlockingIOError:
                self._read()

    def write_and_leave(self, *calls):
        """What the socket takes now, and nothing of what comes back is ever read."""
        data = memoryview(b"".join(blob for _, blob in calls))
        try:
            while data:
                data = data[self.socket.send(data, socket.MSG_DONTWAIT):]
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass

    def _read(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise EOFError("the bus closed the connection")
        self._rest += data
        at = 0
        while len(self._rest) - at >= 16:
            kind, = struct.unpack_from("B", self._rest, at + 1)
            order = "<" if self._rest[at:at + 1] == b"l" else ">"
            body, _, fields = struct.unpack_from(order + "III", self._rest, at + 4)
            size = (16 + fields + 7) // 8 * 8 + body
            if len(self._rest) - at < size:
                break
            if kind in (METHOD_RETURN, ERROR):
                self._note(kind, self._rest[at:at + size])
            at += size
        self._rest = self._rest[at:]

    def _note(self, kind, blob):
        message = Gio.DBusMessage.new_from_blob(blob, Gio.DBusCapabilityFlags.NONE)
        serial = message.get_reply_serial()
        assert serial not in self._types, f"two answers to {serial}"
        self._types[serial] = message.get_error_name() or ""

    def wait(self, *calls):
        """The errors of the answers, "" for those that are none, in the calls' order."""
        self.socket.settimeout(60)
        while any(serial not in self._types for serial, _ in calls):
            self._read()
        return [self._types.pop(serial) for serial, _ in calls]

    def is_closed(self):
        """Reads until there is nothing, or the bus has closed it."""
        self.socket.settimeout(60)
        try:
            while True:
                self._read()
        except (EOFError, ConnectionResetError):
            return True

    def close(self):
        self.socket.close()
