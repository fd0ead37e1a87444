"""Sleep and networks of a real machine: its own logind, its own kernel's word, inside the sandbox."""

from harness.wait import wait_for

UNIT = "posthornd.service"
LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
ONLY_INTERNET = "[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"

# An IMAP server that never has any mail: says what it was told.
SERVER = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 1143))
print("listening", flush=True)
def serve(connection):
    tag = ""
    connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] ready\\r\\n")
    for line in connection.makefile("r"):
        words = line.split()
        print(line.rstrip(), flush=True)
        if words == ["DONE"]:
            connection.sendall(f"{tag} OK done\\r\\n".encode())
            continue
        tag = words[0]
        if words[1] == "IDLE":
            connection.sendall(b"+ idling\\r\\n")
            continue
        if words[1] == "EXAMINE":
            connection.sendall(b"* 0 EXISTS\\r\\n* OK [UIDVALIDITY 7] .\\r\\n* OK [UIDNEXT 1] .\\r\\n")
        if words[1] == "LOGOUT":
            connection.sendall(b"* BYE bye\\r\\n")
        connection.sendall(f"{tag} OK done\\r\\n".encode())
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
ACCOUNT = "[Account]\nHost=127.0.0.1\nPort=1143\nSecurity=none\nUser=ada\nPasswordCredential=work\n"

# A kernel's /sys/power as far as logind looks, and a sleep that is over at once.
SUSPEND = "[Service]\nExecStart=\nExecStart=/bin/true\n"
FAKE_POWER = "mount -t tmpfs tmpfs /sys/power && echo freeze mem >/sys/power/state && " \
             "echo '[s2idle] deep' >/sys/power/mem_sleep && echo platform >/sys/power/disk"


def start(machine):
    server = machine.process("python3", "-c", SERVER)
    server.wait_for_line("listening")
    machine.write("/etc/posthorn/accounts.d/work.conf", ACCOUNT)
    machine.run("systemctl", "start", UNIT)
    machine.wait_property(UNIT, "StatusText", "1 account: 1 online")
    return server


def locks(machine):
    return machine.run("busctl", "--json=short", "call", *LOGIND, "ListInhibitors").stdout


def test_sleep_by_the_real_login_manager(machine):
    machine.write("/etc/systemd/system/systemd-suspend.service.d/test.conf", SUSPEND)
    machine.run("systemctl", "daemon-reload")
    machine.run("sh", "-c", FAKE_POWER)
    server = start(machine)
    mark, lines = machine.journal.mark(), len(server.lines)
    wait_for(lambda: '"Posthorn"' in locks(machine), "our lock", look_every=0.05)
    machine.run("busctl", "call", *LOGIND, "Suspend", "b", "false")
    machine.journal.wait("the machine goes to sleep", UNIT, mark)
    server.wait_for_line("LOGOUT", after=lines)
    machine.journal.wait("the machine has woken", UNIT, mark)
    server.wait_for_line("AUTHENTICATE", after=lines)
    machine.wait_property(UNIT, "StatusText", "1 account: 1 online")
    server.kill()


def test_networks_are_heard_of_in_the_sandbox(machine):
    server = start(machine)
    mark = machine.journal.mark()
    machine.run("ip", "address", "add", "192.0.2.7/24", "dev", "lo")
    machine.journal.wait("the network has changed", UNIT, mark)
    server.wait_for_line("NOOP")
    server.kill()


def test_k10_works_without_netlink(machine):
    machine.write(f"/etc/systemd/system/{UNIT}.d/families.conf", ONLY_INTERNET)
    machine.run("systemctl", "daemon-reload")
    server = start(machine)
    machine.journal.wait("changes of the network are noticed by silence alone", UNIT)
    machine.wait_property(UNIT, "ActiveState", "active")
    server.kill()
