"""systemd-logind, as far as sleep goes: python-dbusmock's template, on a system bus of the test's own. It
counts the locks that are held as the real one does, by their descriptors."""

from gi.repository import GLib

from .client import Client
from .process import Process
from .wait import wait_for

NAME = "org.freedesktop.login1"
ROOT = "/org/freedesktop/login1"
MANAGER = NAME + ".Manager"


class LoginManager:
    def __init__(self, bus, environment):
        self.bus = bus
        self.environment = {**environment, "DBUS_SYSTEM_BUS_ADDRESS": bus.address}
        self.process = None
        self.client = Client(bus.address)

    def start(self):
        self.process = Process(["/usr/bin/python3", "-B", "-m", "dbusmock", "--system", "--template", "logind"],
                               self.environment, name="logind")
        wait_for(lambda: self._is_there(), "logind", look_every=0.05)
        return self

    def _is_there(self):
        asked = GLib.Variant("(s)", (NAME,))
        bus = "org.freedesktop.DBus"
        return self.client.call_raw("/org/freedesktop/DBus", bus, "NameHasOwner", asked, destination=bus).unpack()[0]

    def locks(self):
        """Those that are held: (what, who, mode)."""
        found = self.client.call_raw(ROOT, MANAGER, "ListInhibitors", destination=NAME).unpack()[0]
        return [(what, who, mode) for what, who, _why, mode, _uid, _pid in found]

    def wait_lock(self, count=1):
        wait_for(lambda: len(self.locks()) == count, lambda: f"{count} locks: {self.locks()}", look_every=0.02)

    def prepare_for_sleep(self, begins):
        signal = GLib.Variant("(sssav)", (MANAGER, "PrepareForSleep", "b", [GLib.Variant("b", begins)]))
        self.client.call_raw(ROOT, "org.freedesktop.DBus.Mock", "EmitSignal", signal, destination=NAME)

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def close(self):
        self.stop()
        self.client.close()
