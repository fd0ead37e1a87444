"""A private bus of the kind that all users of a machine share, with the policy that is installed, and
real users: processes with uids and groups of their own, which the bus sees in their sockets. The users
are known by names in a mount namespace only. Needs root."""

import json
import os
import subprocess
import sys
import threading

from .bus import Bus
from .client import ACCOUNT, MANAGER, NAME, PROPERTIES, ROOT
from .messages import message
from .posthorn import SOURCE, Daemon, program
from .process import Process, environment, run
from .wait import poke, wait_for

CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <!-- as Debian's system.conf has it -->
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
  </policy>
  <policy user="root">
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Monitoring"/>
  </policy>
  <include>""" + f"{SOURCE}/units/dbus/org.posthorn.Posthorn1.conf" + """</include>
</busconfig>
"""

# The service is root's here, so that it needs no files of its own.
UIDS = {"posthorn": 0, "ada": 64001, "bob": 64002, "eve": 64003}
GROUPS = {"posthorn": 64010, "support": 64011, **{name: UIDS[name] for name in ("ada", "bob", "eve")}}
MEMBERS = {"posthorn": ["ada", "bob"], "support": ["bob"]}


def missing():
    """Why it cannot be had here, "" if it can."""
    done = subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True)
    if done.returncode == 0:
        return ""
    return f"a bus with users of its own needs root; here: no mount namespace: {done.stderr.decode().strip()}"


class SystemBus(Bus):
    def __init__(self, directory):
        mount = f"mount --bind {directory}/passwd /etc/passwd && mount --bind {directory}/group /etc/group"
        super().__init__(directory, CONFIGURATION, ["unshare", "--mount", "--propagation=private",
                                                    "sh", "-c", f'{mount} && exec "$@"', "sh"])
        self._write("passwd", "root:x:0:0::/:/bin/sh\n" + "".join(
            f"{name}:x:{uid}:{GROUPS[name]}::/:/bin/sh\n" for name, uid in UIDS.items()))
        self._write("group", "root:x:0:\n" + "".join(
            f"{name}:x:{gid}:{','.join(MEMBERS.get(name, []))}\n" for name, gid in GROUPS.items()))

    def _write(self, name, text):
        (self.home / name).write_text(text, encoding="ascii")

    def inside(self):
        """Words in front of a command that is to know the users."""
        return ["nsenter", "--target", str(self.process.pid), "--mount", "--"]


class SystemDaemon(Daemon):
    """posthornd as the system service that it is, but for its sandbox."""

    def __init__(self, directory, bus):
        super().__init__(directory, bus.address)
        self.bus = bus

    def environment(self, **more):
        return environment(self.home, DBUS_SYSTEM_BUS_ADDRESS=self.address, **more)

    def arguments(self, *more):
        return [word if word != "--user" else "--system" for word in super().arguments(*more)]

    def launch(self, *more, wrapper=(), **env):
        return super().launch(*more, wrapper=[*self.bus.inside(), *wrapper], **env)


def become(user, *groups):
    """Words in front of a command that one of the users runs; in the groups that he is in, or in these."""
    gids = [str(GROUPS[group]) for group in (groups or [g for g, members in MEMBERS.items() if user in members])]
    return ["setpriv", f"--reuid={UIDS[user]}", f"--regid={GROUPS[user]}",
            f"--groups={','.join(gids)}" if gids else "--clear-groups"]


# What runs as another user: a line of JSON in, a line out. Its own group is the only one where none is named.
_CLIENT = r'''
import json, sys
import gi
gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib

bus = Gio.DBusConnection.new_for_address_sync(
    sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)

def tell(**words):
    print(json.dumps(words), flush=True)

def on_signal(_bus, sender, path, interface, name, parameters):
    tell(signal=[sender, path, interface, name, parameters.unpack()])

# Whatever comes, also what nobody asked for.
bus.signal_subscribe(None, None, None, None, None, Gio.DBusSignalFlags.NO_MATCH_RULE, on_signal)

def on_line(channel, _condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    destination, path, interface, method, signature, arguments = json.loads(line)
    try:
        answer = bus.call_sync(destination, path, interface, method,
                               GLib.Variant(signature, arguments) if signature else None,
                               None, Gio.DBusCallFlags.NO_AUTO_START, 20000, None)
        tell(answer=answer.unpack())
    except GLib.Error as error:
        tell(error=Gio.DBusError.get_remote_error(error) or error.message, text=error.message)
    return True

loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, on_line)
tell(name=bus.get_unique_name())
loop.run()
'''

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
PATHS = {account: f"{ROOT}/account/{account}" for account in ("desk", "hall", "vault", "nowhere")}


class Refused(Exception):
    """The name of a D-Bus error, and its text."""


class SystemClient:
    """A program of one of the users. `signals`: all that it got, [sender, path, interface, name, arguments]."""

    def __init__(self, bus, user, *groups):
        words = become(user, *groups)
        self.signals = []
        self._answers = []
        self._process = subprocess.Popen(
            [*bus.inside(), *words, sys.executable, "-B", "-c", _CLIENT, bus.address], cwd="/",
            env=environment("/"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()
        self.name = self._take()["name"]

    def _read(self):
        for line in self._process.stdout:
            words = json.loads(line)
            (self.signals if "signal" in words else self._answers).append(words.get("signal", words))
            poke()

    def _take(self):
        wait_for(lambda: self._answers, "an answer to another user's program")
        return self._answers.pop(0)

    def call_of(self, destination, path, interface, method, signature=None, *arguments):
        self._process.stdin.write(json.dumps([destination, path, interface, method, signature, arguments]) + "\n")
        self._process.stdin.flush()
        words = self._take()
        if "error" in words:
            raise Refused(words["error"], words["text"])
        return words["answer"]

    def call(self, path, interface, method, signature=None, *arguments):
        return self.call_of(NAME, path, interface, method, signature, *arguments)

    def manager(self, method, signature=None, *arguments):
        return self.call(ROOT, MANAGER, method, signature, *arguments)

    def bus(self, method, signature=None, *arguments, interface="org.freedesktop.DBus"):
        return self.call_of(*BUS, interface, method, signature, *arguments)

    def error(self, function, *arguments):
        """The D-Bus error that a call ends with."""
        try:
            answer = function(*arguments)
        except Refused as refused:
            return refused.args[0]
        raise AssertionError(f"no error, but {answer}")

    def properties(self, path=ROOT, interface=MANAGER):
        return self.call(path, PROPERTIES, "GetAll", "(s)", interface)[0]

    def read_events(self, after=0):
        return self.manager("ReadEvents", "(tu)", after, 0)[0]

    def named(self, name):
        return [signal for signal in list(self.signals) if signal[3] == name]

    def wait_signal(self, name, predicate=lambda signal: True):
        return wait_for(lambda: next((signal for signal in self.named(name) if predicate(signal)), None),
                        lambda: f"{name}; there were {self.signals}")

    def close(self):
        self._process.stdin.close()
        self._process.wait()


class Machine:
    """The bus, the daemon, and a mailbox for each account: "desk" is ada's to read, "hall" the group
    support's, "vault" nobody's but root's."""

    def __init__(self, bus, daemon, server, user):
        self.bus, self.daemon, self.server = bus, daemon, server
        self.users = {account: f"{user}{account}" for account in ("desk", "hall", "vault")}
        self.clients = []
        self.write("desk", Readers="ada")
        self.write("hall", Readers="@support")
        self.write("vault")
        daemon.start()
        self.root = self.client("posthorn")
        for account in self.users:
            self.wait_state(account, "online")

    def write(self, account, **keys):
        self.daemon.write_account(account, Port=self.server.imap, Security="none", User=self.users[account], **keys)

    def client(self, user, *groups):
        self.clients.append(SystemClient(self.bus, user, *groups))
        return self.clients[-1]

    def subscriber(self, user, *groups):
        client = self.client(user, *groups)
        client.manager("Subscribe")
        return client

    def wait_state(self, account, state):
        wait_for(lambda: self.root.properties(PATHS[account], ACCOUNT)["State"] == state, f"{account} {state}",
                 look_every=0.1)

    def deliver(self, account, subject):
        """Told to root, so that whoever is told of it was."""
        self.server.deliver(message(subject), self.users[account])
        return self.root.wait_signal("NewMail", lambda signal: signal[4][2]["subject"] == subject)

    def cli(self, user, *arguments):
        """CompletedProcess of posthorn --system ARGUMENTS that the user runs."""
        return run(self._words(user, arguments), self._environment(user), check=False)

    def cli_process(self, user, *arguments):
        return Process(self._words(user, arguments), self._environment(user), name="posthorn")

    def _words(self, user, arguments):
        return [*self.bus.inside(), *become(user), program("posthorn"), "--system", *arguments]

    def _environment(self, user):
        home = self.daemon.home / user
        if not home.exists():
            home.mkdir()
            os.chown(home, UIDS[user], GROUPS[user])
        return environment(home, DBUS_SYSTEM_BUS_ADDRESS=self.bus.address)
