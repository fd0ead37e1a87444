"""The real GNOME Online Accounts: goa-daemon on the private bus, its secrets in the real key ring.
Those of the kind "IMAP and SMTP" work; the others want their providers on the Internet."""

import pathlib
import time

from gi.repository import GLib

from .process import Process, environment
from .wait import wait_for

PROGRAM = "/usr/libexec/goa-daemon"
NAME = "org.gnome.OnlineAccounts"
ROOT = "/org/gnome/OnlineAccounts"


class GoaDaemon:
    """`wrapper`: words before its own."""

    def __init__(self, keyring, wrapper=()):
        self.keyring, self.client, self.wrapper = keyring, keyring.client, wrapper
        self.process = None

    def start(self):
        # The key ring's home: both belong to one user. Without a display nothing can be asked.
        home = pathlib.Path(self.keyring.home)
        self.process = Process([*self.wrapper, PROGRAM, "--replace"], environment(
            home, DBUS_SESSION_BUS_ADDRESS=self.keyring.bus.address, GIO_USE_VFS="local", GSETTINGS_BACKEND="memory"))
        wait_for(self._is_there, lambda: f"goa-daemon on the bus:\n{self.process.text()}", look_every=0.05)
        return self

    def _is_there(self):
        try:
            self.accounts()
            return True
        except GLib.Error:
            return False

    def stop(self):
        if self.process:
            self.process.kill()
            self.process = None

    def call(self, path, interface, method, parameters=None):
        return self.client.call_raw(path, interface, method, parameters, destination=NAME).unpack()

    def accounts(self):
        """path -> interface -> properties"""
        (objects,) = self.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        return {path: interfaces for path, interfaces in objects.items() if NAME + ".Account" in interfaces}

    def add(self, *, host, user, secret):
        """The path and the id of an account whose mail is there, in the clear."""
        credentials = {"imap-password": GLib.Variant("s", secret), "smtp-password": GLib.Variant("s", secret)}
        details = {"Enabled": "true", "EmailAddress": f"{user}@example.test", "Name": "Ada", "ImapHost": host,
                   "ImapUserName": user, "ImapUseSsl": "false", "ImapUseTls": "false", "SmtpHost": "127.0.0.1",
                   "SmtpUseAuth": "false", "MailEnabled": "true"}
        (path,) = self.call(ROOT + "/Manager", NAME + ".Manager", "AddAccount", GLib.Variant(
            "(sssa{sv}a{ss})", ("imap_smtp", f"{user}@example.test", f"{user}@example.test", credentials, details)))
        return path, self.accounts()[path][NAME + ".Account"]["Id"]

    def add_google(self, address, token):
        """The same of an account that has a token until it ends and no way to a new one."""
        credentials = {"access_token": GLib.Variant("s", token),
                       "access_token_expires_at": GLib.Variant("x", int(time.time()) + 3600)}
        (path,) = self.call(ROOT + "/Manager", NAME + ".Manager", "AddAccount", GLib.Variant(
            "(sssa{sv}a{ss})", ("google", address, address, credentials, {"Enabled": "true", "MailEnabled": "true"})))
        return path, self.accounts()[path][NAME + ".Account"]["Id"]

    def remove(self, path):
        self.call(path, NAME + ".Account", "Remove")

    def set_mail_disabled(self, path, disabled):
        self.call(path, "org.freedesktop.DBus.Properties", "Set", GLib.Variant(
            "(ssv)", (NAME + ".Account", "MailDisabled", GLib.Variant("b", disabled))))

    def needs_attention(self, path):
        return self.accounts()[path][NAME + ".Account"]["AttentionNeeded"]
