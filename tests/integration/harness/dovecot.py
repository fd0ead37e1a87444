"""A throw-away Dovecot 2.3 that runs as an ordinary user, with nothing outside its directory."""

import grp
import itertools
import os
import pathlib
import pwd
import random
import shutil
import smtplib
import socket
import time

from .process import Process, environment, run
from .wait import wait_for

# Chosen below the range of outgoing connections: such a port cannot be taken by somebody's
# connection while the server is down, and a client cannot connect to itself.
PORTS = range(15000, 32000)
WORKERS_MAX = 16  # that share them out among themselves
PASSWORD = "correct-horse"


def _own_ports():
    """Those of this worker of pytest's, from anywhere on: another one cannot take a port that is given out
    and not listened at, and none is given out again soon."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", f"gw{WORKERS_MAX - 1}")[2:])
    ports = PORTS[worker % WORKERS_MAX::WORKERS_MAX]
    begin = random.randrange(len(ports))
    return itertools.cycle([*ports[begin:], *ports[:begin]])


_ports = _own_ports()


def free_ports(count):
    found = []
    while len(found) < count:
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def server_user():
    """(uid, gid) to drop to: Dovecot refuses to deliver mail as root."""
    if os.getuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


CONFIGURATION = """\
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
mail_temp_dir = {home}/tmp
log_path = {home}/dovecot.log
auth_verbose = yes
instance_name = posthorn-{imap}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mailbox_list_index = yes
# Its "Still here" comes every two minutes, at any second: tests count what is said.
imap_idle_notify_interval = 29 mins
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = {refuse_plaintext}
{passwords}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%n allow_all_users=yes
}}
ssl = {tls}
ssl_cert = <{certificate}
ssl_key = <{key}
service anvil {{
  chroot =
  # No growing delays after refused logins.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service indexer-worker {{
  user = {user}
}}
{extra}
"""


class Dovecot:
    """Ports: `imap`, `pop3` (plain and STARTTLS), `imaps`, `pop3s`, `lmtp`. Every user exists, with PASSWORD, or
    those of `passwords` alone."""

    def __init__(self, directory, certificate, *, passwords=None, tls=True, refuse_plaintext=False, extra=""):
        self.home = pathlib.Path(directory)
        self.passwords = passwords or {}
        self.tls = tls
        self.certificate = certificate
        self.refuse_plaintext = refuse_plaintext
        self.extra = extra
        self.user = server_user()
        self.process = None
        self.imap, self.imaps, self.pop3, self.pop3s, self.lmtp = free_ports(5)
        self.config = self.home / "dovecot.conf"
        for name in ("run", "state", "tmp", "mail", "tls"):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    def _write(self):
        uid, gid = self.user or (os.getuid(), os.getgid())
        certificate, key = (pathlib.Path(shutil.copy(path, self.home / "tls")) for path in self.certificate)
        passwords = f"passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}"
        if self.passwords:
            passwords = f"passdb {{\n  driver = passwd-file\n  args = {self.home}/passwd\n}}"
            (self.home / "passwd").write_text("".join(
                f"{user}:{{PLAIN}}{secret}\n" for user, secret in self.passwords.items()), encoding="utf-8")
        self.config.write_text(CONFIGURATION.format(
            home=self.home, user=pwd.getpwuid(uid).pw_name, group=grp.getgrgid(gid).gr_name, uid=uid, gid=gid,
            passwords=passwords, imap=self.imap, imaps=self.imaps, pop3=self.pop3, pop3s=self.pop3s, lmtp=self.lmtp,
            certificate=certificate, key=key, tls="yes" if self.tls else "no",
            refuse_plaintext="yes" if self.refuse_plaintext else "no", extra=self.extra), encoding="utf-8")
        if self.user:
            for path in [self.home, *self.home.rglob("*")]:
                os.lchown(path, uid, gid)

    def start(self):
        self._write()
        # A stale socket of this name costs the next start five seconds.
        (self.home / "run/anvil-auth-penalty").unlink(missing_ok=True)
        self.process = Process(["dovecot", "-F", "-c", self.config], self._environment(),
                               user=self.user, cwd="/", name="dovecot")
        wait_for(lambda: self._listens() or not self.process.is_running(), self.log, look_every=0.02)
        if not self.process.is_running():
            raise RuntimeError(f"dovecot did not start:\n{self.process.text()}\n{self.log()}")
        return self

    def _environment(self):
        return environment(self.home)

    def _listens(self):
        for port in (self.imap, self.lmtp, *([self.imaps] if self.tls else [])):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return True

    def log(self):
        try:
            return (self.home / "dovecot.log").read_text(encoding="utf-8", errors="replace")[-4000:]
        except OSError:
            return ""

    def stop(self):
        """As an administrator does it: clients get their BYE."""
        if self.process:
            self.process.stop()
            self.process = None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process = None
            (self.home / "run/master.pid").unlink(missing_ok=True)

    # --- mail ------------------------------------------------------------------------------------

    def deliver(self, message, user="alice"):
        """Into INBOX by LMTP; the time (monotonic seconds) when the delivery began."""
        return self.deliver_many([message], user)

    def deliver_many(self, messages, user="alice"):
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.ehlo("test")
            began = time.monotonic()
            for message in messages:
                lmtp.sendmail("sender@example.test", [f"{user}@example.test"], message)
        return began

    def place(self, messages, user="alice"):
        """Many at once: files in INBOX's new/, in the order of their names, as an MDA without LMTP
        writes them."""
        maildir = self.home / "mail" / user / "Maildir"
        self.doveadm("mailbox", "status", "-u", user, "messages", "INBOX")
        began = time.time()
        for number, message in enumerate(messages):
            name = f"{began:.6f}.{number:06}.test"
            (maildir / "tmp" / name).write_bytes(message)
            (maildir / "tmp" / name).chmod(0o644)
            (maildir / "tmp" / name).rename(maildir / "new" / name)

    def save(self, message, mailbox, user="alice"):
        self.doveadm("save", "-u", user, "-m", mailbox, stdin=message)

    def doveadm(self, *arguments, stdin=b""):
        done = run(["setpriv", *self._drop(), "--", "doveadm", "-c", self.config, *arguments],
                   self._environment(), stdin=stdin)
        return done.stdout.decode("utf-8", "replace")

    def _drop(self):
        if not self.user:
            return []
        return ["--reuid", str(self.user[0]), "--regid", str(self.user[1]), "--clear-groups"]

    def create(self, mailbox, user="alice"):
        self.doveadm("mailbox", "create", "-u", user, mailbox)

    def flag(self, uid, flag="\\Seen", mailbox="INBOX", user="alice", *, add=True):
        """As another client would."""
        self.doveadm("flags", "add" if add else "remove", "-u", user, flag, "mailbox", mailbox, "uid", str(uid))

    def expunge(self, uid, mailbox="INBOX", user="alice"):
        self.doveadm("expunge", "-u", user, "mailbox", mailbox, "uid", str(uid))

    def move(self, uid, to, mailbox="INBOX", user="alice"):
        self.doveadm("move", "-u", user, to, "mailbox", mailbox, "uid", str(uid))

    def unseen(self, mailbox="INBOX", user="alice"):
        text = self.doveadm("search", "-u", user, "mailbox", mailbox, "unseen")
        return len(text.splitlines())

    def status(self, mailbox="INBOX", user="alice"):
        """{"uidvalidity": ..., "uidnext": ..., "messages": ...}"""
        text = self.doveadm("-f", "flow", "mailbox", "status", "-u", user,
                            "uidvalidity uidnext messages", mailbox)
        return {key: int(value) for key, value in
                (pair.split("=", 1) for pair in text.split() if pair.split("=", 1)[-1].isdigit())}

    def snapshot(self, user="alice"):
        """Everything that a client could have changed: {file below cur/ or new/: its bytes} (the
        flags are in the names) and the flags as the server tells them."""
        files = {str(path.relative_to(self.home)): path.read_bytes()
                 for path in (self.home / "mail" / user).rglob("*")
                 if path.is_file() and path.parent.name in ("cur", "new")}
        flags = self.doveadm("fetch", "-u", user, "mailbox uid flags", "ALL")
        return files, flags
