"""A machine without a network: lone_machine.py PORT CERTIFICATE KEY PAGE PROGRAM [ARGUMENT...]

To be run in a network namespace of its own (`COMMAND` makes one), where the low ports are free and
no name server is in reach. A TLS server on PORT of the loopback answers every HTTP request with PAGE
(a file, an https or http URL that it redirects to, or "-": it says nothing); NAMES lead there. Then PROGRAM is run."""

import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

NAMES = "imap.mail.localhost autoconfig.mail.localhost mail.localhost localhost"

COMMAND = ["unshare", "--map-root-user", "--net", "--mount", "--", "/usr/bin/python3", "-B", __file__]


def serve(listener, context, body):
    while True:
        try:
            with context.wrap_socket(listener.accept()[0], server_side=True) as client:
                if body and client.recv(4096):
                    client.sendall(body)
                client.recv(1)
        except OSError:
            pass


def answer(page):
    if page == "-":
        return b""
    if page.startswith("http"):
        return b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % page.encode()
    body = pathlib.Path(page).read_bytes()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


def know_names():
    with tempfile.NamedTemporaryFile("w", encoding="ascii") as hosts:
        print("127.0.0.1", NAMES, file=hosts, flush=True)
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)


def main(port, certificate, key, page, *program):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    know_names()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", int(port)))
    threading.Thread(target=serve, args=(listener, context, answer(page)), daemon=True).start()
    return subprocess.run(program, check=False, timeout=120).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
