"""posthorn-run@.service: scripts for each message under the service managers of a user and of the
system, in a sandbox."""

import json
import shutil

import pytest
from harness.messages import message
from harness.posthorn import SOURCE, build_directory
from harness.process import run
from harness.wait import wait_for
from service_side import ServiceSide

ACCOUNT = """\
[Account]
Host=127.0.0.1
Port={port}
Security=none
User=ada
PasswordCommand=echo correct-horse
Readers=posthorn-run
"""
# In tenths: for the system as good as the daemon itself, for a user what needs no rights.
EXPOSURE_MAX = {"system": 15, "user": 50}

# Notes the subject, and fails as long as there is the file `fail`.
NOTE = """\
#!/bin/sh
if [ -e {home}/fail ]; then echo "not now" >&2; exit 1; fi
printf '%s\\n' "$POSTHORN_SUBJECT" >>{home}/noted
"""
# What a script may not do, by an exit status each.
PROBE = """\
#!/bin/sh
home={home}
probe() {{ if ( "$@" ) >/dev/null 2>&1; then echo "$*" >>$home/allowed; fi; }}
probe touch /etc/mark
probe touch /usr/mark
probe touch /home/mark
probe touch /home/ada/mark
probe touch /home/ada/.config/posthorn-run/probe
probe touch /var/tmp/mark
probe ls /home/ada
probe cat /etc/posthorn/accounts.d/work.conf
probe cat /var/lib/posthorn/posthorn.db
probe unshare --user true
probe mount -t tmpfs tmpfs /tmp
probe su -c true
probe dmesg
probe kill -0 1
probe touch $home/mark
echo done >>$home/noted
"""
HOOK = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(204)
        self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", 8080), Handler)
print("listening", flush=True)
server.serve_forever()
"""


class Manager(ServiceSide):
    """With a daemon and scripts."""

    def __init__(self, machine, server, kind):
        super().__init__(machine, kind, "posthornd.service", "posthorn-run@.service")
        self.server = server
        self.home = "/home/ada/.local/state/posthorn" if self.is_user else "/var/lib/posthorn-run"
        self.scripts = "/home/ada/.config/posthorn-run" if self.is_user else "/etc/posthorn-run"
        self.write(f"{self.accounts}/work.conf", ACCOUNT.format(port=server.imap))

    def script(self, name, text):
        self.write(f"{self.scripts}/{name}", text.format(home=self.home), 0o755)

    def options(self, name, *lines):
        self.machine.write(f"/etc/systemd/{self.kind}/posthorn-run@{name}.service.d/options.conf",
                           "[Service]\n" + "\n".join(lines) + "\n")
        self.systemctl("daemon-reload")

    def start(self, name):
        """Returns when the account is online, and the unit knows from where on it counts."""
        self.systemctl("enable", "--now", f"posthorn-run@{name}.service")
        cursor = f"{self.home}/cursors/{name}"
        wait_for(lambda: self.run("test", "-e", cursor, check=False).returncode == 0,
                 lambda: f"the cursor:\n{self.status(f'posthorn-run@{name}')}", look_every=0.1)
        self.wait_online()

    def deliver(self, subject):
        self.server.place([message(subject)], "ada")

    def lines(self, name):
        return self.run("cat", f"{self.home}/{name}", check=False).stdout.splitlines()

    def wait_noted(self, *subjects):
        wait_for(lambda: self.lines("noted") == list(subjects),
                 lambda: f"{subjects}: {self.lines('noted')}\n{self.status('posthorn-run@*')}", look_every=0.1)


@pytest.fixture(params=["system", "user"])
def manager(request, machine, server):
    return Manager(machine, server, request.param)


def test_a_script_for_each_message(manager):
    manager.script("note", NOTE)
    # A dash is no slash here, and options come from a drop-in; what fails is done again by the unit.
    manager.script("note-2", NOTE.replace("noted", "noted-2"))
    manager.options("note", 'Environment="OPTIONS=--retries=0 --account=work"', "RestartSec=0")
    manager.options("note-2", 'Environment="OPTIONS=--account=none"')
    manager.start("note")
    manager.start("note-2")
    assert manager.systemctl("is-active", "posthornd.service").stdout == "active\n"
    manager.deliver("One")
    manager.wait_noted("One")
    # Down, and up again: nothing is missed, nothing is told twice.
    manager.systemctl("stop", "posthorn-run@note.service")
    manager.deliver("Two")
    manager.systemctl("restart", "posthornd.service")
    manager.systemctl("start", "posthorn-run@note.service")
    manager.wait_noted("One", "Two")
    manager.write(f"{manager.home}/fail", "")
    manager.deliver("Three")
    wait_for(lambda: int(manager.systemctl("show", "--value", "-p", "NRestarts", "posthorn-run@note.service").stdout) > 0,
             lambda: manager.status("posthorn-run@note"), look_every=0.1)
    manager.run("rm", f"{manager.home}/fail")
    manager.wait_noted("One", "Two", "Three")
    assert manager.lines("noted-2") == []
    missing = manager.systemctl("start", "posthorn-run@nobody.service", check=False)
    assert missing.returncode != 0 and "ssert" in missing.stderr


def test_sandbox(manager):
    manager.script("probe", PROBE)
    manager.start("probe")
    manager.deliver("One")
    manager.wait_noted("done")
    may = ["ls /home/ada"] if manager.is_user else []
    assert manager.lines("allowed") == ["touch /var/tmp/mark", *may, f"touch {manager.home}/mark"]
    # That was one of its own.
    assert not (manager.machine.root / "var/tmp/mark").exists()


@pytest.mark.parametrize("manager", ["system"], indirect=True)
def test_webhook_in_the_sandbox(machine, manager):
    """The example, with its address as a credential that the script's user cannot read itself."""
    shutil.copy(SOURCE / "config/run/webhook", machine.root / "etc/posthorn-run")
    machine.write("/etc/posthorn-run/webhook.curl", 'url = "http://127.0.0.1:8080/mail"\n', 0o600)
    manager.options("webhook", "LoadCredential=webhook.curl:/etc/posthorn-run/webhook.curl")
    hook = machine.process("/usr/bin/python3", "-c", HOOK)
    hook.wait_for_line("listening")
    manager.start("webhook")
    manager.deliver("One")
    wait_for(lambda: len(hook.output("out")) >= 2, lambda: manager.status("posthorn-run@webhook"))
    assert json.loads(hook.output("out")[1])["subject"] == "One"
    hook.kill()


@pytest.mark.parametrize("kind", ["system", "user"])
def test_exposure(kind):
    done = run(["env", "XDG_RUNTIME_DIR=/run", "systemd-analyze", f"--{kind}", "security", "--offline=true", "--no-pager",
                f"--threshold={EXPOSURE_MAX[kind]}", build_directory() / f"units/posthorn-run-{kind}@.service"], check=False)
    assert done.returncode == 0, done.stdout.decode()
