"""A machine with a name server and one IMAP server: named_machine.py TARGET CERTIFICATE KEY PROGRAM
[ARGUMENT...]

To be run in a network namespace of its own (`COMMAND` makes one). For every domain the name server
says that IMAP over TLS is to be had at TARGET (RFC 6186), which is this machine; it knows no other
name. Then PROGRAM is run, and the users that have logged in are printed on standard error."""

import base64
import pathlib
import ssl
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.name_server import NO_ERROR, NO_NAME, SRV, A, NameServer  # noqa: E402
from harness.odd_server import TlsServer  # noqa: E402

COMMAND = ["unshare", "--map-root-user", "--net", "--mount", "--", "/usr/bin/python3", "-B", __file__]


class Server(TlsServer):
    def __init__(self, context):
        self.users = []
        super().__init__(context)

    def on_authenticate(self, link, tag, rest):
        self.users.append(base64.b64decode(rest.split()[1]).split(b"\0")[1].decode())
        super().on_authenticate(link, tag, rest)


class Names(NameServer):
    def __init__(self, target, port):
        self.target, self.port = target.lower(), port
        super().__init__("127.0.0.1")

    def look_up(self, name, kind):
        if name == self.target:
            return NO_ERROR, [bytes([127, 0, 0, 1])] if kind == A else []
        if kind == SRV and name.startswith("_imaps._tcp."):
            labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in self.target.split("."))
            return NO_ERROR, [struct.pack(">HHH", 0, 1, self.port) + labels + b"\0"]
        return NO_NAME, []


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
    Names(target, server.port)
    status = subprocess.run(program, check=False, timeout=120).returncode
    print("users:", *server.users, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
