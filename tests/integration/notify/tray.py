"""A tray as a desktop has it, and somebody who looks at its icons and clicks: both know nothing of
Posthorn but the specifications (StatusNotifierItem, com.canonical.dbusmenu)."""

import re

from gi.repository import Gio, GLib
from standin import StandIn, connect, dictionary

from harness.client import ACCOUNT, ROOT
from harness.wait import poke, wait_for

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"

WATCHER_XML = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
<signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
</interface></node>"""

ACCOUNT_XML = f"""<node><interface name="{ACCOUNT}">
<method name="CheckNow"/>
<method name="MarkSeen"><arg type="as" direction="in"/><arg type="a{{ss}}" direction="out"/></method>
<method name="Pause"><arg type="t" direction="in"/></method>
<method name="Resume"/>
</interface></node>"""


class Tray:
    """The watcher and the panel in one: knows the items of its bus and what they say."""

    def __init__(self, address):
        self.bus = connect(address)
        self.items = []  # names that registered and are still there
        self.signals = []
        info = Gio.DBusNodeInfo.new_for_xml(WATCHER_XML).interfaces[0]
        self.bus.register_object("/StatusNotifierWatcher", info, self._on_call, self._on_get, None)
        self.bus.signal_subscribe(None, ITEM, None, None, None, Gio.DBusSignalFlags.NONE, self._on_signal)
        self.appear()

    def _bus_call(self, method, value):
        return self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
                                  value, None, Gio.DBusCallFlags.NONE, 20000, None).unpack()

    def appear(self):
        self._bus_call("RequestName", GLib.Variant("(su)", (WATCHER, 4)))

    def vanish(self):
        self.items.clear()
        self._bus_call("ReleaseName", GLib.Variant("(s)", (WATCHER,)))

    def close(self):
        if not self.bus.is_closed():
            self.bus.close_sync(None)

    def _on_call(self, _bus, _sender, _path, _interface, _method, parameters, invocation):
        name = parameters.unpack()[0]
        self.items.append(name)
        Gio.bus_watch_name_on_connection(self.bus, name, Gio.BusNameWatcherFlags.NONE, None, self._on_gone)
        invocation.return_value(None)
        poke()

    def _on_gone(self, _bus, name):
        if name in self.items:
            self.items.remove(name)
            poke()

    def _on_get(self, _bus, _sender, _path, _interface, name):
        return {"RegisteredStatusNotifierItems": GLib.Variant("as", self.items),
                "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
                "ProtocolVersion": GLib.Variant("i", 0)}[name]

    def _on_signal(self, _bus, _sender, _path, _interface, name, _parameters):
        self.signals.append(name)
        poke()

    # --- the item ----------------------------------------------------------------------------------

    def wait(self):
        wait_for(lambda: len(self.items) == 1, lambda: f"one icon, there are {self.items}")

    def call(self, path, interface, method, value=None):
        return self.bus.call_sync(self.items[0], path, interface, method, value, None,
                                  Gio.DBusCallFlags.NO_AUTO_START, 20000, None).unpack()

    def properties(self):
        self.wait()
        return self.call("/StatusNotifierItem", "org.freedesktop.DBus.Properties", "GetAll",
                         GLib.Variant("(s)", (ITEM,)))[0]

    def wait_title(self, title):
        wait_for(lambda: self.items and self.properties()["Title"] == title,
                 lambda: f"title {title!r}, it is {self.properties()['Title']!r}", look_every=0.05)

    # --- the menu ----------------------------------------------------------------------------------

    def layout(self):
        """[(label, enabled, id, children)] of the top; a separator's label is None."""
        menu = self.properties()["Menu"]
        _revision, root = self.call(menu, MENU, "GetLayout", GLib.Variant("(iias)", (0, -1, [])))

        def entry(node):
            number, properties, children = node
            # a low line marks the access key, two are one
            label = None if properties.get("type") == "separator" else re.sub("_(.)", r"\1", properties.get("label", ""))
            return label, properties.get("enabled", True), number, [entry(child) for child in children]
        return entry(root)[3]

    def labels(self):
        return [label for label, _enabled, _number, _children in self.layout()]

    def wait_labels(self, *labels):
        wait_for(lambda: self.labels() == list(labels), lambda: f"{labels}, there are {self.labels()}",
                 look_every=0.05)

    def submenu(self, label):
        return next(children for name, _enabled, _number, children in self.layout() if name == label)

    def click(self, *path):
        """Chooses an entry by the labels that lead to it."""
        level, number = self.layout(), None
        for label in path:
            _label, enabled, number, level = next(entry for entry in level if entry[0] == label)
        assert enabled, path
        self.call("/StatusNotifierItem/Menu", MENU, "Event",
                  GLib.Variant("(isvu)", (number, "clicked", GLib.Variant("i", 0), 0)))


class TrayStandIn(StandIn):
    """The daemon, with accounts that can be told what to do. What it is told stands in `told`."""

    def __init__(self, address, **accounts):
        self.told = []
        self.errors = {}  # method: name of a D-Bus error
        super().__init__(address, accounts)
        self.properties = accounts  # id: properties
        node = Gio.DBusNodeInfo.new_for_xml(ACCOUNT_XML).interfaces[0]
        for account in accounts:
            self.bus.register_object(f"{ROOT}/account/{account}", node, self._on_account_call, None, None)

    @staticmethod
    def _variants(properties):
        return {key: GLib.Variant("u" if isinstance(value, int) else "s", value) for key, value in properties.items()}

    def _answer(self, what, method, value, invocation):
        self.told.append(what)
        error = self.errors.get(method)
        if error:
            invocation.return_dbus_error(error, "The server <b>refused</b> it")
        else:
            invocation.return_value(value)
        poke()

    def _on_call(self, bus, sender, path, interface, method, parameters, invocation):
        if method == "ListAccounts":
            found = [(f"{ROOT}/account/{account}", {"Id": GLib.Variant("s", account), **self._variants(properties)})
                     for account, properties in self.properties.items()]
            invocation.return_value(GLib.Variant("(a(oa{sv})u)", (found, len(found))))
        elif method == "CheckNow":
            self._answer(("CheckNow", *parameters.unpack()[0]), method, None, invocation)
        else:
            super()._on_call(bus, sender, path, interface, method, parameters, invocation)

    def _on_account_call(self, _bus, _sender, path, _interface, method, parameters, invocation):
        account = path.rsplit("/", 1)[1]
        arguments = parameters.unpack()
        answer = GLib.Variant("(a{ss})", ({message: "seen" for message in arguments[0]},)) \
            if method == "MarkSeen" else None
        self._answer((method, account, *arguments), method, answer, invocation)

    def set(self, account, **properties):
        self.properties[account].update(properties)
        self.bus.emit_signal(None, f"{ROOT}/account/{account}", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                             GLib.Variant("(sa{sv}as)", (ACCOUNT, self._variants(properties), [])))

    def retire(self, event, reason="seen"):
        self.last += 1
        retired = {"type": "retired", "seq": self.last, "account": event["account"], "id": event["id"],
                   "reason": reason}
        self.log.append(retired)
        message = {key: value for key, value in retired.items() if key != "type"}
        self.bus.emit_signal(None, ROOT, "org.posthorn.Posthorn1.Manager", "MailRetired", GLib.Variant(
            "(toa{sv})", (self.last, f"{ROOT}/account/{event['account']}", dictionary(message))))

    def wait_told(self, *told):
        wait_for(lambda: self.told == list(told), lambda: f"told {told}, it was {self.told}")
