"""As much of systemd on the bus as posthornd asks, which does what a test wants."""

from gi.repository import Gio, GLib

from .wait import poke, wait_for

NAME = "org.freedesktop.systemd1"
ROOT = "/org/freedesktop/systemd1"

XML = """
<node>
  <interface name="org.freedesktop.systemd1.Manager">
    <method name="LoadUnit"><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
    <method name="StartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
      <arg type="o" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.systemd1.Unit">
    <property name="ActiveState" type="s" access="read"/>
  </interface>
</node>
"""


class ServiceManager:
    """`started` is every StartUnit in its order, `calls` every call; `states` {unit: ActiveState},
    `refusals` {unit: name of the error}."""

    def __init__(self, bus):
        self.started, self.calls, self.states, self.refusals, self._paths = [], [], {}, {}, {}
        self.connection = Gio.DBusConnection.new_for_address_sync(
            bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        self._manager, self._unit = Gio.DBusNodeInfo.new_for_xml(XML).interfaces
        self.connection.register_object(ROOT, self._manager, self._on_call, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "RequestName", GLib.Variant("(su)", (NAME, 4)), None, 0, 20000, None)

    def _on_call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        unit = parameters.unpack()[0]
        self.calls.append((method, unit))
        if method == "LoadUnit":
            invocation.return_value(GLib.Variant("(o)", (self._path(unit),)))
        elif unit in self.refusals:
            invocation.return_dbus_error(self.refusals[unit], "not this one\033[1m")
        else:
            assert parameters.unpack()[1] == "replace"
            self.started.append(unit)
            invocation.return_value(GLib.Variant("(o)", (f"{ROOT}/job/{len(self.started)}",)))
        poke()

    def _path(self, unit):
        if unit not in self._paths:
            path = f"{ROOT}/unit/_{len(self._paths)}"
            self.connection.register_object(path, self._unit, None, self._on_get, None)
            self._paths[unit] = path
        return self._paths[unit]

    def _on_get(self, _bus, _sender, path, _interface, _property):
        unit = next(unit for unit, own in self._paths.items() if own == path)
        return GLib.Variant("s", self.states.get(unit, "inactive"))

    def wait_started(self, *units):
        """All that was started up to now, in any order."""
        wait_for(lambda: len(self.started) >= len(units), lambda: f"{units}; there were {self.started}, {self.calls}")
        assert sorted(self.started) == sorted(units)

    def stop(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)
