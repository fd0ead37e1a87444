"""GNOME Online Accounts, scripted: the names and signatures of goa-daemon 3.46. It says what the real
one (goa_daemon.py) says only of a provider on the Internet, or by accident."""

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from .wait import poke

NAME = "org.gnome.OnlineAccounts"
ROOT = "/org/gnome/OnlineAccounts"
NOT_AUTHORIZED = NAME + ".Error.NotAuthorized"

MANAGER = """
<node><interface name="org.freedesktop.DBus.ObjectManager">
  <method name="GetManagedObjects"><arg type="a{oa{sa{sv}}}" direction="out"/></method>
</interface></node>
"""
ACCOUNT = """
<node>
  <interface name="org.gnome.OnlineAccounts.Account">
    <method name="EnsureCredentials"><arg type="i" direction="out"/></method>
  </interface>
  <interface name="org.gnome.OnlineAccounts.OAuth2Based">
    <method name="GetAccessToken"><arg type="s" direction="out"/><arg type="i" direction="out"/></method>
  </interface>
  <interface name="org.gnome.OnlineAccounts.PasswordBased">
    <method name="GetPassword"><arg type="s" direction="in"/><arg type="s" direction="out"/></method>
  </interface>
</node>
"""


class OnlineAccounts:
    def __init__(self, bus):
        self.accounts, self.calls = {}, []
        self.connection = Gio.DBusConnection.new_for_address_sync(
            bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.connection.set_exit_on_close(False)
        manager = Gio.DBusNodeInfo.new_for_xml(MANAGER).interfaces[0]
        self.connection.register_object(ROOT, manager, self._on_list, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "RequestName", GLib.Variant("(su)", (NAME, 4)), None, 0, 20000, None)

    def stop(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    # --- what a test does ------------------------------------------------------------------------

    def add(self, ident, *, host, user, secret, token=False, tls=False, starttls=False, expires=3600,
            name=None, mail=True, address=None):
        account = {"id": ident, "secret": secret, "expires": expires, "failure": None, "ids": [],
                   "interfaces": {
                       NAME + ".Account": {
                           "Id": GLib.Variant("s", ident), "ProviderType": GLib.Variant("s", "imap_smtp"),
                           "PresentationIdentity": GLib.Variant("s", name or user),
                           "AttentionNeeded": GLib.Variant("b", False),
                           "MailDisabled": GLib.Variant("b", not mail)},
                       NAME + ".Mail": {
                           "EmailAddress": GLib.Variant("s", address or user), "ImapSupported": GLib.Variant("b", True),
                           "ImapHost": GLib.Variant("s", host), "ImapUserName": GLib.Variant("s", user),
                           "ImapUseSsl": GLib.Variant("b", tls), "ImapUseTls": GLib.Variant("b", starttls)},
                       NAME + (".OAuth2Based" if token else ".PasswordBased"): {}}}
        path = f"{ROOT}/Accounts/{ident}"
        self.accounts[path] = account
        for interface in Gio.DBusNodeInfo.new_for_xml(ACCOUNT).interfaces:
            if interface.name in account["interfaces"]:
                account["ids"].append(self.connection.register_object(path, interface, self._on_call, None, None))
        self._signal(ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
                     GLib.Variant("(oa{sa{sv}})", (path, account["interfaces"])))
        return path

    def remove(self, path):
        account = self.accounts.pop(path)
        for number in account["ids"]:
            self.connection.unregister_object(number)
        self._signal(ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                     GLib.Variant("(oas)", (path, list(account["interfaces"]))))

    def fail(self, path, error, text="said by the provider"):
        self.accounts[path]["failure"] = (error, text) if error else None

    def set_attention(self, path, needed):
        value = GLib.Variant("b", needed)
        self.accounts[path]["interfaces"][NAME + ".Account"]["AttentionNeeded"] = value
        self._signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                     GLib.Variant("(sa{sv}as)", (NAME + ".Account", {"AttentionNeeded": value}, [])))

    # --- what the service does -------------------------------------------------------------------

    def _signal(self, path, interface, name, parameters):
        self.connection.emit_signal(None, path, interface, name, parameters)

    def _on_list(self, _bus, _sender, _path, _interface, method, _parameters, invocation):
        self.calls.append((method, None))
        poke()
        objects = {path: account["interfaces"] for path, account in list(self.accounts.items())}
        invocation.return_value(GLib.Variant("(a{oa{sa{sv}}})", (objects,)))

    def _on_call(self, _bus, _sender, path, _interface, method, parameters, invocation):
        account = self.accounts[path]
        self.calls.append((method, account["id"], *parameters.unpack()))
        poke()
        if account["failure"]:
            invocation.return_dbus_error(*account["failure"])
        elif method == "EnsureCredentials":
            invocation.return_value(GLib.Variant("(i)", (account["expires"],)))
        elif method == "GetAccessToken":
            invocation.return_value(GLib.Variant("(si)", (account["secret"], account["expires"])))
        else:
            invocation.return_value(GLib.Variant("(s)", (account["secret"],)))
