"""A stand-in for posthornd that says on the bus what the real one cannot be made to say. It follows
the contract in lib/bus/*.xml, from which its object is made."""

import pathlib

from gi.repository import Gio, GLib

from harness.client import ACCOUNT, MANAGER, NAME, PROPERTIES, ROOT
from harness.posthorn import SOURCE
from harness.wait import poke, wait_for

TYPES = {"seq": "t", "id": "s", "account": "s", "mailbox": "s", "uid": "u", "uidvalidity": "u", "received": "t",
         "from_name": "s", "from_address": "s", "subject": "s", "type": "s", "reason": "s", "list_id": "s",
         "auto_submitted": "s", "precedence": "s", "message_id": "s"}


def connect(address):
    bus = Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
        None, None)
    bus.set_exit_on_close(False)
    return bus


def dictionary(event):
    return {key: GLib.Variant(TYPES[key], value) for key, value in event.items()}


def interface(name):
    """Of the contract."""
    xml = pathlib.Path(SOURCE / "lib/bus" / (name + ".xml")).read_text(encoding="utf-8")
    return Gio.DBusNodeInfo.new_for_xml(xml).lookup_interface(name)


def emit_event(bus, signal, event, destination=None):
    message = {key: value for key, value in event.items() if key != "type"}
    bus.emit_signal(destination, ROOT, MANAGER, signal, GLib.Variant(
        "(toa{sv})", (event["seq"], f"{ROOT}/account/{event['account']}", dictionary(message))))
    bus.flush_sync(None)


def emit_new_mail(bus, event, destination=None):
    emit_event(bus, "NewMail", event, destination)


class Marking:
    """A MarkSeen() that waits for its answer."""

    def __init__(self, account, ids, invocation):
        self.account, self.ids, self.invocation = account, ids, invocation

    def answer(self, outcome="seen", **others):
        outcomes = {message: others.get(f"n{at}", outcome) for at, message in enumerate(self.ids)}
        self.invocation.return_value(GLib.Variant("(a{ss})", (outcomes,)))

    def fail(self, error, text):
        self.invocation.return_dbus_error(f"{NAME}.Error.{error}", text)


class StandIn:
    def __init__(self, address, accounts=("work",)):
        self.accounts = {account: account for account in accounts}  # id -> name
        self.log = []
        self.floor = 0  # events up to here are gone
        self.last = 1000
        self.bus = connect(address)
        # Called when LastSequence is asked for, before the answer; when the answer of ReadEvents is made but
        # not sent, with its events; and when it is sent.
        self.before_last_sequence = self.after_read_events = lambda: None
        self.before_answer = lambda events: None
        self.properties = {}  # id -> {name: text}, beside Id and Name
        self.markings = []
        self.objects = {}  # id -> registration
        self.bus.register_object(ROOT, interface(MANAGER), self._on_call, self._on_get, None)
        self.appear()

    def _name(self, method, *arguments):
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
                           GLib.Variant("(su)" if len(arguments) == 2 else "(s)", arguments), None,
                           Gio.DBusCallFlags.NONE, 20000, None)

    def appear(self):
        self._name("RequestName", NAME, 4)

    def vanish(self):
        self._name("ReleaseName", NAME)

    def close(self):
        if not self.bus.is_closed():
            self.bus.close_sync(None)

    # --- the contract ----------------------------------------------------------------------------

    def _on_call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        if method == "ReadEvents":
            self._read_events(*parameters.unpack(), invocation)
        elif method == "ListAccounts":
            accounts = [(f"{ROOT}/account/{account}", {
                key: GLib.Variant("s", text)
                for key, text in {"Id": account, "Name": name, **self.properties.get(account, {})}.items()})
                        for account, name in self.accounts.items()]
            invocation.return_value(GLib.Variant("(a(oa{sv})u)", (accounts, len(accounts))))
        else:
            invocation.return_dbus_error("org.freedesktop.DBus.Error.UnknownMethod", method)

    def _read_events(self, after, limit, invocation):
        if 0 < after < self.floor:
            invocation.return_dbus_error(NAME + ".Error.SequenceGone", "dropped")
            return
        events = [event for event in self.log if event["seq"] > max(after, self.floor)][:limit]
        last = events[-1]["seq"] if events else self.last
        self.before_answer(events)
        invocation.return_value(GLib.Variant("(aa{sv}t)", ([dictionary(event) for event in events], last)))
        self.after_read_events()

    def _on_get(self, _bus, _sender, _path, _interface, name):
        if name != "LastSequence":
            return GLib.Variant("u", 0)
        self.before_last_sequence()
        return GLib.Variant("t", self.last)

    def _on_account_call(self, _bus, _sender, path, _interface, method, parameters, invocation):
        assert method == "MarkSeen"
        self.markings.append(Marking(path.rsplit("/", 1)[1], parameters.unpack()[0], invocation))
        poke()

    # --- what it says ----------------------------------------------------------------------------

    def append(self, account="work", **keys):
        """Into the log, without a signal."""
        self.last += 1
        event = {"type": "new", "seq": self.last, "account": account, "mailbox": "INBOX", "id": f"imap://{self.last}",
                 "from_name": "Ada Lovelace", "from_address": "ada@example.org", **keys}
        self.log.append({key: value for key, value in event.items() if value is not None})
        return self.log[-1]

    def mail(self, subject, account="work", **keys):
        event = self.append(account, subject=subject, **keys)
        emit_new_mail(self.bus, event)
        return event["seq"]

    def retire(self, account="work", reason="seen", **keys):
        """What was read elsewhere: `id`, or the message with the number `of`."""
        message = keys.pop("of", None)
        event = self.append(account, type="retired", reason=reason, from_name=None, from_address=None,
                            **({"id": f"imap://{message}"} if message else {}), **keys)
        emit_event(self.bus, "MailRetired", event)
        return event["seq"]

    def lag(self, count, account="work"):
        """Events that are in the log, and are not signalled one by one."""
        first = self.last + 1
        for number in range(count):
            self.append(account, subject=f"Number {number}")
        self.bus.emit_signal(None, ROOT, MANAGER, "Lagged", GLib.Variant("(tt)", (first, self.last)))
        self.bus.flush_sync(None)

    def account(self, account="work", **properties):
        """How it is from now on, and an object that takes MarkSeen()."""
        if account not in self.objects:
            self.objects[account] = self.bus.register_object(
                f"{ROOT}/account/{account}", interface(ACCOUNT), self._on_account_call, None, None)
        self.properties.setdefault(account, {}).update(properties)
        changed = {key: GLib.Variant("s", text) for key, text in properties.items()}
        self.bus.emit_signal(None, f"{ROOT}/account/{account}", PROPERTIES, "PropertiesChanged",
                             GLib.Variant("(sa{sv}as)", (ACCOUNT, changed, [])))
        self.bus.flush_sync(None)

    def wait_marking(self, count=1):
        return wait_for(lambda: len(self.markings) >= count and self.markings[count - 1], f"{count} MarkSeen()")
