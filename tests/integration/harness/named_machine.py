"""A machine with a name server and one IMAP server: named_machine.py TARGET CERTIFICATE KEY PROGRAM
[ARGUMENT...]

To be run in a network namespace of its own (`COMMAND` makes one). For every domain the name server
says that IMAP over TLS is to be had at TARGET (RFC 6186), which is this machine; it knows no other
name. Then PROGRAM is run, and the users that have logged in are printed on standard error."""

import base64
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.odd_server import TlsServer  # noqa: E402

COMMAND = ["unshare", "--map-root-user", "--net", "--mount", "--", "/usr/bin/python3", "-B", __file__]
SERVICE = b"\x06_imaps\x04_tcp"
A, SRV = 1, 33


class Server(TlsServer):
    def __init__(self, context):
        self.users = []
        super().__init__(context)

    def on_authenticate(self, link, tag, rest):
        self.users.append(base64.b64decode(rest.split()[1]).split(b"\0")[1].decode())
        super().on_authenticate(link, tag, rest)


def in_dns(name):
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"


def answer(query, target, port):
    """RFC 1035 4.1: the header, the question as it came, and one record or none."""
    end = query.index(b"\0", 12) + 5
    name, kind = query[12:end - 4], struct.unpack(">H", query[end - 4:end - 2])[0]
    data = None
    if kind == SRV and name.startswith(SERVICE):
        data = struct.pack(">HHH", 0, 1, port) + in_dns(target)
    elif kind == A and name.lower() == in_dns(target):
        data = bytes([127, 0, 0, 1])
    is_known = data or name.lower() == in_dns(target)
    header = query[:2] + struct.pack(">HHHHH", 0x8180 if is_known else 0x8183, 1, 1 if data else 0, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data if data else b""
    return header + query[12:end] + record


def serve_names(target, port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, peer = server.recvfrom(4096)
        server.sendto(answer(query, target, port), peer)


def replace(path, text):
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        subprocess.run(["mount", "--bind", file.name, path], check=True)


def main(target, certificate, key, *program):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    replace("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    replace("/etc/hosts", "127.0.0.1 localhost\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(context)
    threading.Thread(target=serve_names, args=(target, server.port), daemon=True).start()
    status = subprocess.run(program, check=False, timeout=120).returncode
    print("users:", *server.users, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
