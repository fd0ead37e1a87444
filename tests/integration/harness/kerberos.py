"""A Kerberos realm of one's own on loopback: a real MIT KDC with everything in one directory."""

import os
import pathlib
import signal

from .dovecot import free_ports
from .process import Process, environment, run
from .wait import wait_for

REALM = "POSTHORN.TEST"


class Realm:
    """kinit() gives `ccache` a ticket; `keytab` is the server's."""

    def __init__(self, directory):
        self.home = pathlib.Path(directory)
        self.home.mkdir(parents=True)
        self.port = free_ports(1)[0]
        self.config = self.home / "krb5.conf"
        self.keytab = self.home / "server.keytab"
        self.ccache = self.home / "tickets"
        self.log = self.home / "kdc.log"
        self.config.write_text(
            f"[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\ndns_lookup_realm = false\n"
            "dns_canonicalize_hostname = false\nrdns = false\n"
            f"[realms]\n{REALM} = {{\n kdc = 127.0.0.1:{self.port}\n}}\n"
            f"[logging]\nkdc = FILE:{self.log}\n", encoding="ascii")
        (self.home / "kdc.conf").write_text(
            f"[realms]\n{REALM} = {{\n database_name = {self.home}/principal\n"
            f" key_stash_file = {self.home}/stash\n kdc_listen = 127.0.0.1:{self.port}\n"
            f" kdc_tcp_listen = 127.0.0.1:{self.port}\n}}\n", encoding="ascii")
        self.process = None

    def environment(self, **more):
        return environment(self.home, KRB5_CONFIG=self.config, KRB5_KDC_PROFILE=self.home / "kdc.conf", **more)

    def _kadmin(self, query):
        run(["kadmin.local", "-r", REALM, "-q", query], env=self.environment())

    def start(self, *services):
        run(["kdb5_util", "create", "-r", REALM, "-s", "-P", "master-pw"], env=self.environment())
        for service in services:
            self._kadmin(f"addprinc -randkey {service}")
            self._kadmin(f"ktadd -k {self.keytab} {service}")
        self.keytab.chmod(0o644)
        self.home.chmod(0o755)
        self.config.chmod(0o644)
        self.process = Process(["krb5kdc", "-n", "-r", REALM], self.environment(), name="krb5kdc")
        wait_for(lambda: "commencing operation" in self._said() or not self.process.is_running(), self._said)
        return self

    def _said(self):
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def kinit(self, user):
        """As a keytab does it: nobody types."""
        keytab = self.home / f"{user}.keytab"
        self._kadmin(f"addprinc -randkey {user}")
        self._kadmin(f"ktadd -k {keytab} {user}")
        run(["kinit", "-k", "-t", keytab, "-c", self.ccache, f"{user}@{REALM}"], env=self.environment())

    def be_silent(self):
        """Takes questions and answers none."""
        os.killpg(self.process.popen.pid, signal.SIGSTOP)

    def tickets(self):
        return run(["klist", "-c", self.ccache], env=self.environment()).stdout.decode()

    def stop(self):
        if self.process:
            os.killpg(self.process.popen.pid, signal.SIGCONT)
            self.process.stop()
            self.process = None
