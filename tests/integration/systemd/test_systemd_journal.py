"""The journal of a real machine: fields to search by, numbers of events, and what journalctl -x explains."""

from machine import event_number

UNIT = "posthornd.service"
FIELDS = ("PRIORITY", "POSTHORN_ACCOUNT", "POSTHORN_HOST", "POSTHORN_REASON")

# An IMAP server of one client at a time, in the machine, that knows one password.
SERVER = """
import base64, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
def serve(lines, say):
    tag = ""
    say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE] ready")
    for line in lines:
        words = line.split()
        if words == ["DONE"]:
            say(f"{tag} OK done")
            continue
        tag = words[0]
        if words[1] == "AUTHENTICATE" and not base64.b64decode(words[3]).endswith(b"correct-horse"):
            say(f"{tag} NO [AUTHENTICATIONFAILED] No such\\tperson")
            continue
        if words[1] == "IDLE":
            say("+ idling")
            continue
        if words[1] == "EXAMINE":
            say("* 0 EXISTS\\r\\n* OK [UIDVALIDITY 7] .\\r\\n* OK [UIDNEXT 1] .")
        say(f"{tag} OK done")
while True:
    with listener.accept()[0] as connection:
        serve(connection.makefile("r"), lambda text: connection.sendall(f"{text}\\r\\n".encode()))
"""
ACCOUNT = "[Account]\nHost=127.0.0.1\nPort=1144\nSecurity=none\nUser=ada\nPasswordFile=/etc/posthorn/wrong\n"


def wait_event(machine, name, text, mark=0):
    """The fields of the entry that has this number and says `text`."""
    machine.journal.wait(text, UNIT, mark)
    return next(tuple(entry.get(field) for field in FIELDS) for entry in machine.journal.entries[mark:]
                if entry.get("MESSAGE_ID") == event_number(name) and text in entry["MESSAGE"])


def test_k06_events_have_numbers_fields_and_explanations(machine):
    machine.run("systemctl", "start", UNIT)
    fields = wait_event(machine, "account-offline", "work: state=offline was=connecting reason=connect-failed")
    assert fields == ("6", "work", "127.0.0.1", "connect-failed")
    text = machine.explained("account-offline")
    assert "A mail server is not reached" in text
    assert "The account work has lost its connection to 127.0.0.1, or cannot make one" in text

    server, refusing = (machine.process("python3", "-c", SERVER, port) for port in (9, 1144))
    server.wait_for_line("listening")
    machine.run("posthorn", "--system", "check", "work")
    assert wait_event(machine, "account-recovered", "work: state=online")[1:] == ("work", "127.0.0.1", None)
    assert "Nothing is to be done." in machine.explained("account-recovered")

    refusing.wait_for_line("listening")
    machine.write("/etc/posthorn/wrong", "battery-staple\n", 0o600)
    machine.run("chown", "posthorn:", "/etc/posthorn/wrong")
    machine.write("/etc/posthorn/accounts.d/home.conf", ACCOUNT)
    machine.run("systemctl", "reload", UNIT)
    fields = wait_event(machine, "login-refused", "home: state=failed")
    assert fields == ("4", "home", "127.0.0.1", "auth-failed")
    assert "posthorn secret set home" in machine.explained("login-refused")
    lines = machine.run("journalctl", "--no-pager", "-u", UNIT, "POSTHORN_ACCOUNT=home").stdout
    assert r"No such\u{9}person" in lines
    assert "battery-staple" not in lines
    server.kill()
    refusing.kill()
