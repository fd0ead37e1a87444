"""PasswordCredential= with the service manager of the system and with that of a user (systemd 252)."""

import pytest
from harness.wait import wait_for
from machine import SANITIZERS

UNIT = "posthornd.service"
PASSWORD = "correct-horse"
# An IMAP server that prints what it is told: the password is in the answer to AUTHENTICATE.
SERVER = """
import base64, socket
listener = socket.create_server(("127.0.0.1", 1143))
print("listening", flush=True)
while True:
    connection = listener.accept()[0]
    connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\\r\\n")
    for line in connection.makefile("rb"):
        words = line.split()
        if words[1:3] == [b"AUTHENTICATE", b"PLAIN"]:
            print(base64.b64decode(words[3]), flush=True)
            break
    connection.close()
"""
ACCOUNT = """\
[Account]
Host=127.0.0.1
Port=1143
Security=none
User=ada
PasswordCredential={name}
"""


@pytest.fixture
def server(machine):
    process = machine.process("/usr/bin/python3", "-c", SERVER)
    wait_for(lambda: "listening" in process.text(), "the server")
    yield process
    process.kill()  # nsenter would end alone by a softer signal


def logins(server):
    return server.text().count(repr(b"\0ada\0" + PASSWORD.encode()))


def encrypted(machine):
    """The kinds that the host's key protects: of a file, and in the unit itself."""
    machine.run("mkdir", "-p", "/etc/credstore.encrypted")
    machine.run("systemd-creds", "encrypt", "--name=work", "/etc/credstore/work", "/etc/credstore.encrypted/work")
    machine.run("chmod", "0644", "/etc/credstore.encrypted/work")
    return ["LoadCredentialEncrypted=work:/etc/credstore.encrypted/work",
            machine.run("systemd-creds", "encrypt", "--pretty", "--name=work", "/etc/credstore/work", "-").stdout]


def drop_in(machine, kind, how):
    machine.write(f"/etc/systemd/{kind}/posthornd.service.d/test.conf", SANITIZERS + how + "\n")


def test_system_service(machine, server):
    machine.run("sh", "-c", f"printf {PASSWORD} >/etc/credstore/work")
    machine.write("/etc/posthorn/accounts.d/work.conf", ACCOUNT.format(name="work"))
    for how in ["LoadCredential=work:/etc/credstore/work", f"SetCredential=work:{PASSWORD}", *encrypted(machine)]:
        before = logins(server)
        drop_in(machine, "system", how)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", UNIT)
        wait_for(lambda: logins(server) > before, lambda: f"a login by {how}:\n{server.text()}\n{machine.status()}")
        machine.run("systemctl", "stop", UNIT)


def test_user_service(machine, server):
    """What posthorn.conf(5) says of them: those in the clear work, and those that are encrypted do
    not, since only the system's manager has the key (systemd 256 gives users one of their own)."""
    machine.run("sh", "-c", f"printf {PASSWORD} >/etc/credstore/work; printf {PASSWORD} >/home/ada/work; "
                "chown ada /home/ada/work; chmod 0600 /home/ada/work")
    machine.run("install", "-d", "-o", "ada", "/home/ada/.config", "/home/ada/.config/posthorn",
                "/home/ada/.config/posthorn/accounts.d")
    machine.write("/home/ada/.config/posthorn/accounts.d/work.conf", ACCOUNT.format(name="work"))
    machine.run("systemctl", "start", f"user@{machine.uid('ada')}.service")
    for how, works in [("LoadCredential=work:/home/ada/work", True), (f"SetCredential=work:{PASSWORD}", True),
                       *((how, False) for how in encrypted(machine))]:
        before = logins(server)
        drop_in(machine, "user", how)
        machine.run("systemctl", "--user", "daemon-reload", user="ada")
        started = machine.run("systemctl", "--user", "start", UNIT, user="ada", check=False)
        assert (started.returncode == 0) == works, (how, started.stderr)
        if works:
            wait_for(lambda: logins(server) > before, lambda: f"a login by {how}:\n{server.text()}")
        machine.run("systemctl", "--user", "stop", UNIT, user="ada")
        machine.run("systemctl", "--user", "reset-failed", UNIT, user="ada", check=False)
