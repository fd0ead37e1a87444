"""A real key ring: gnome-keyring-daemon on the private bus, with a home of its own. And one that is
scripted, which can ask its user something, as the real one can only on a screen."""

import pathlib
import subprocess

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from .process import environment, run
from .posthorn import program
from .wait import poke, wait_for

NAME = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
LOGIN = ROOT + "/collection/login"
SERVICE = "org.freedesktop.Secret.Service"
PASSWORD = "of the key ring itself"


class KeyRing:
    """Unlocked from the start, and empty."""

    def __init__(self, directory, bus, client):
        self.home = pathlib.Path(directory)
        self.bus, self.client = bus, client
        (self.home / "run").mkdir(parents=True, exist_ok=True)
        self.popen = None

    def start(self):
        env = environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.bus.address)
        # Not through Process: its standard input is how the password of the key ring comes in.
        self.popen = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", "gnome-keyring-daemon", "--foreground", "--unlock",
             "--components=secrets", f"--control-directory={self.home}/run/keyring"],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self.popen.stdin.write(PASSWORD.encode())
        self.popen.stdin.close()
        wait_for(self._is_there, "the key ring on the bus", look_every=0.05)
        return self

    def _is_there(self):
        try:
            return self.call(LOGIN, "org.freedesktop.DBus.Properties", "Get", "(ss)",
                             "org.freedesktop.Secret.Collection", "Locked") == (False,)
        except GLib.Error:
            return False

    def stop(self):
        if self.popen:
            self.popen.terminate()
            self.popen.wait()
            self.popen = None

    def call(self, path, interface, method, signature, *arguments):
        return self.client.call_raw(path, interface, method, GLib.Variant(signature, arguments),
                                    destination=NAME).unpack()

    def lock(self):
        self.call(ROOT, SERVICE, "Lock", "(ao)", [LOGIN])

    def unlock(self):
        """As the login does, without a question."""
        _, session = self.call(ROOT, SERVICE, "OpenSession", "(sv)", "plain", GLib.Variant("s", ""))
        self.call(ROOT, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface", "UnlockWithMasterPassword",
                  "(o(oayays))", LOGIN, (session, b"", PASSWORD.encode(), "text/plain"))

    def items(self, **attributes):
        """(unlocked, locked) of the items that have these attributes."""
        return self.call(ROOT, SERVICE, "SearchItems", "(a{ss})", attributes)

    def attributes(self, item):
        return self.call(item, "org.freedesktop.DBus.Properties", "Get", "(ss)", "org.freedesktop.Secret.Item",
                         "Attributes")[0]

    def store(self, secret, **attributes):
        """As another program would."""
        _, session = self.call(ROOT, SERVICE, "OpenSession", "(sv)", "plain", GLib.Variant("s", ""))
        self.call(LOGIN, "org.freedesktop.Secret.Collection", "CreateItem", "(a{sv}(oayays)b)",
                  {"org.freedesktop.Secret.Item.Label": GLib.Variant("s", "another program's"),
                   "org.freedesktop.Secret.Item.Attributes": GLib.Variant("a{ss}", attributes)},
                  (session, b"", secret.encode(), "text/plain"), True)

    def secret(self, *arguments, text="", check=True):
        """CompletedProcess of posthorn secret ARGUMENTS."""
        return run([program("posthorn"), "secret", *arguments],
                   environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.bus.address), check=check,
                   stdin=text.encode())


SCRIPTED = """
<node>
  <interface name="org.freedesktop.Secret.Service">
    <method name="ReadAlias"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
    <method name="Unlock"><arg type="ao" direction="in"/><arg type="ao" direction="out"/>
      <arg type="o" direction="out"/></method>
    <method name="SearchItems"><arg type="a{ss}" direction="in"/><arg type="ao" direction="out"/>
      <arg type="ao" direction="out"/></method>
    <method name="OpenSession"><arg type="s" direction="in"/><arg type="v" direction="in"/>
      <arg type="v" direction="out"/><arg type="o" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.Secret.Prompt">
    <method name="Prompt"><arg type="s" direction="in"/></method>
    <signal name="Completed"><arg type="b"/><arg type="v"/></signal>
  </interface>
</node>
"""


class ScriptedKeyRing:
    """Locked, with one item that everything matches. `answer` is what its user says to the question:
    "yes", "no", or None while he has not; `weak` offers no encryption."""

    def __init__(self, bus):
        self.calls, self.answer, self.weak, self.is_locked = [], "yes", False, True
        self.connection = Gio.DBusConnection.new_for_address_sync(
            bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        service, prompt = Gio.DBusNodeInfo.new_for_xml(SCRIPTED).interfaces
        self.connection.register_object(ROOT, service, self._on_call, None, None)
        self.connection.register_object(ROOT + "/prompt/1", prompt, self._on_call, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "RequestName", GLib.Variant("(su)", (NAME, 4)), None, 0, 20000, None)

    def _on_call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        self.calls.append((method, parameters.unpack()))
        poke()
        getattr(self, "_" + method)(invocation)

    def _ReadAlias(self, invocation):
        invocation.return_value(GLib.Variant("(o)", (LOGIN,)))

    def _Unlock(self, invocation):
        prompt = ROOT + "/prompt/1" if self.is_locked else "/"
        invocation.return_value(GLib.Variant("(aoo)", ([], prompt)))

    def _SearchItems(self, invocation):
        item = [LOGIN + "/1"]
        invocation.return_value(GLib.Variant("(aoao)", ([], item) if self.is_locked else (item, [])))

    def _OpenSession(self, invocation):
        name = "org.freedesktop.DBus.Error.NotSupported" if self.weak else "org.example.Odd"
        invocation.return_dbus_error(name, "not this way\033[1m")

    def _Prompt(self, invocation):
        invocation.return_value(None)
        if self.answer:
            dismissed = self.answer == "no"
            self.is_locked = dismissed
            self.signal(ROOT + "/prompt/1", "org.freedesktop.Secret.Prompt", "Completed",
                        GLib.Variant("(bv)", (dismissed, GLib.Variant("ao", []))))

    def signal(self, path, interface, name, parameters):
        self.connection.emit_signal(None, path, interface, name, parameters)

    def stop(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)
