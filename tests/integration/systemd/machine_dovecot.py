"""A Dovecot that only the programs of a machine can reach: outside of its tree, in its network."""

from harness.dovecot import Dovecot
from harness.process import Process, run
from harness.wait import wait_for


class MachineDovecot(Dovecot):
    def __init__(self, machine, directory, certificate):
        # As folders, so that names may have dots in them.
        super().__init__(directory, certificate, extra="mail_location = maildir:~/Maildir:LAYOUT=fs")
        self.network = ["nsenter", "--target", str(machine.init), "--net", "--"]

    def start(self):
        self._write()
        self.process = Process([*self.network, "setpriv", *self._drop(), "--", "dovecot", "-F", "-c", self.config],
                               self._environment(), cwd="/", name="dovecot")
        wait_for(lambda: self._listens() or not self.process.is_running(), self.log, look_every=0.05)
        assert self.process.is_running(), f"dovecot did not start:\n{self.process.text()}\n{self.log()}"
        return self

    def _listens(self):
        listening = run([*self.network, "ss", "--listening", "--tcp", "--numeric", "--no-header"]).stdout.decode()
        return f"127.0.0.1:{self.imap} " in listening
