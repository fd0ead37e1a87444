"""An IMAP server over TLS that knows one thing: SCRAM, with channel binding of the kinds that
it is told to take. No real server in Debian 12 takes tls-exporter or tls-server-end-point."""

import base64
import hashlib
import hmac
import os
import socket
import threading

from OpenSSL import SSL, crypto

from . import cyrus_sasl
from .dovecot import PASSWORD, free_ports
from .wait import poke

ITERATIONS = 4096


class Connection:
    def __init__(self, server, sock):
        self.server = server
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate_file(str(server.certificate))
        context.use_privatekey_file(str(server.key))
        context.set_min_proto_version(server.version)
        context.set_max_proto_version(server.version)
        self.tls = SSL.Connection(context, sock)
        self.tls.set_accept_state()
        self.buffer = b""

    def read_line(self):
        while b"\r\n" not in self.buffer:
            self.buffer += self.tls.recv(4096)
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        self.server.lines.append(line.decode("latin-1"))
        poke()
        return line.decode("latin-1")

    def send(self, line):
        self.tls.sendall(line.encode("latin-1") + b"\r\n")

    def binding(self, kind):
        """What this side of the connection says it is bound to."""
        if self.server.is_middle:
            return b"the binding of another connection"
        if kind == "tls-exporter":
            return self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        if kind == "tls-unique":
            return self.tls.get_peer_finished()
        with open(self.server.certificate, "rb") as file:
            certificate = crypto.load_certificate(crypto.FILETYPE_PEM, file.read())
        return hashlib.sha256(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)).digest()

    def ask(self, text):
        self.send("+ " + base64.b64encode(text.encode()).decode())
        answer = self.read_line()
        return None if answer == "*" else base64.b64decode(answer).decode()

    def scram(self, initial):
        """RFC 5802. None when the client is let in, else the text of the NO."""
        flag, _, bare = base64.b64decode(initial).decode().split(",", 2)
        kind = flag[2:] if flag.startswith("p=") else None
        self.server.attempts.append(flag)
        if kind and kind not in self.server.kinds:
            return "bad protocol / cancel"
        if flag == "y" and self.server.kinds:
            return "[AUTHENTICATIONFAILED] the offer was hidden"
        nonce = dict(part.split("=", 1) for part in bare.split(","))["r"] + "server"
        salt = os.urandom(16)
        first = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
        final = self.ask(first)
        if final is None:
            return "cancelled"
        without_proof, proof = final.rsplit(",p=", 1)
        header = f"{flag},,".encode() + (self.binding(kind) if kind else b"")
        if without_proof != f"c={base64.b64encode(header).decode()},r={nonce}":
            self.ask("e=channel-bindings-dont-match")
            return "[AUTHENTICATIONFAILED] channel bindings do not match"
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, ITERATIONS)
        message = f"{bare},{first},{without_proof}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        if bytes(a ^ b for a, b in zip(key, signature)) != base64.b64decode(proof):
            self.ask("e=invalid-proof")
            return "[AUTHENTICATIONFAILED] wrong password"
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        verifier = base64.b64encode(hmac.digest(server_key, message, "sha256")).decode()
        return None if self.ask(f"v={verifier}") == "" else "cancelled"

    def cyrus(self, mechanism, initial):
        """The same as Cyrus IMAP 3.6 does it: bound to tls-unique, by the library that it has."""
        flag, _, _ = base64.b64decode(initial).decode().split(",", 2)
        self.server.attempts.append(flag)
        conversation = self.server.sasl.begin(("tls-unique", self.binding("tls-unique")))
        challenge, result = conversation.step(mechanism, base64.b64decode(initial))
        while result == cyrus_sasl.CONTINUE:
            answer = self.ask(challenge.decode())
            if answer is None:
                break
            challenge, result = conversation.step(None, answer.encode())
        conversation.end()
        if result == cyrus_sasl.OK and challenge:
            self.ask(challenge.decode())
        return None if result == cyrus_sasl.OK else self.server.sasl.text(result)

    def run(self):
        self.tls.do_handshake()
        self.send(f"* OK [CAPABILITY {self.server.capabilities}] ready")
        while True:
            tag, command, *rest = self.read_line().split(" ")
            command = command.upper()
            if command == "AUTHENTICATE" and rest[0].startswith("SCRAM-SHA-"):
                problem = self.cyrus(*rest) if self.server.sasl else self.scram(rest[1])
                self.server.logins += problem is None
                self.send(f"{tag} NO {problem}" if problem else f"{tag} OK [CAPABILITY IMAP4rev1 IDLE] in")
            elif command == "IDLE":
                self.send("+ idling")
                self.read_line()
                self.send(f"{tag} OK")
            elif command == "EXAMINE":
                self.send("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 1] .")
                self.send(f"{tag} OK [READ-ONLY] open")
            elif command == "STATUS":
                self.send(f"* STATUS {rest[0]} (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 UNSEEN 0)\r\n{tag} OK")
            elif command in ("AUTHENTICATE", "LOGIN"):
                self.send(f"{tag} NO not that")
            else:
                self.send(f"{tag} OK")


class ScramServer:
    """`kinds` are taken; `attempts` are the flags of the clients ("p=tls-exporter", "n", "y"); `lines` all
    that they said. `is_middle`: it sits between, with a connection of its own to the real server. `sasl`:
    a CyrusSasl that decides."""

    def __init__(self, certificate, *, version=SSL.TLS1_3_VERSION, kinds=("tls-exporter",), is_middle=False, sasl=None,
                 mechanisms="AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN"):
        self.certificate, self.key = certificate
        self.version, self.kinds, self.is_middle = version, kinds, is_middle
        self.capabilities = f"IMAP4rev1 IDLE SASL-IR {mechanisms}"
        self.sasl = sasl
        self.attempts, self.lines = [], []
        self.logins = 0
        self.port = free_ports(1)[0]
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            Connection(self, sock).run()
        except (SSL.Error, OSError, ValueError):
            pass
        finally:
            sock.close()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
