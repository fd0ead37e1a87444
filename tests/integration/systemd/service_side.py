"""One of the two service managers of a machine, as a test about both of them wants it."""

from harness.wait import wait_for
from machine import SANITIZERS


class ServiceSide:
    """`kind`: "system", or "user", which is ada's. `units` get what the sanitizers of a test build need."""

    def __init__(self, machine, kind, *units):
        self.machine, self.kind = machine, kind
        self.is_user = kind == "user"
        self.accounts = "/home/ada/.config/posthorn/accounts.d" if self.is_user else "/etc/posthorn/accounts.d"
        for unit in units:
            machine.write(f"/etc/systemd/{kind}/{unit}.d/test.conf", SANITIZERS)
        if self.is_user:
            machine.run("systemctl", "start", f"user@{machine.uid('ada')}.service")
        self.systemctl("daemon-reload")

    def run(self, *words, check=True):
        return self.machine.run(*words, user="ada" if self.is_user else None, check=check)

    def systemctl(self, *words, check=True):
        return self.run("systemctl", *(["--user"] if self.is_user else []), *words, check=check)

    def write(self, path, text, mode=0o644):
        self.run("mkdir", "-p", path.rpartition("/")[0])
        self.machine.write(path, text, mode)
        if self.is_user:
            self.machine.run("chown", "ada:", path)

    def status(self, unit):
        return self.systemctl("status", "--lines=40", unit, check=False).stdout

    def wait_online(self):
        wait_for(lambda: "1 online" in self.status("posthornd.service"), lambda: self.status("posthornd.service"),
                 look_every=0.1)
