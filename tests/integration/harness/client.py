"""A D-Bus client of Posthorn, written with GIO: a library that posthornd does not use."""

import threading
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

from .wait import poke, wait_for  # noqa: E402

NAME = "org.posthorn.Posthorn1"
ROOT = "/org/posthorn/Posthorn1"
MANAGER = NAME + ".Manager"
ACCOUNT = NAME + ".Account"
METRICS = NAME + ".Metrics"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"


def _run_main_loop():
    GLib.MainLoop().run()


_loop = threading.Thread(target=_run_main_loop, daemon=True)
_loop.start()


def _catch_up():
    """What was told before is in its lists: an answer overtakes the signals that came before it, which
    wait for the main loop."""
    reached = threading.Event()
    if threading.current_thread() is not _loop:
        GLib.idle_add(reached.set, priority=GLib.PRIORITY_DEFAULT)
        reached.wait()


def _plain(value):
    """A GVariant as plain Python. Nested variants become their values, types are kept elsewhere."""
    return value.unpack() if isinstance(value, GLib.Variant) else value


class Signal:
    def __init__(self, sender, path, interface, name, parameters, when):
        self.sender, self.path, self.interface, self.name = sender, path, interface, name
        self.signature = parameters.get_type_string()
        self.variant = parameters
        self.arguments = _plain(parameters)
        self.when = when

    def __repr__(self):
        return f"{self.interface}.{self.name}{self.arguments} at {self.path}"


class Client:
    """`signals` holds all that came from Posthorn since the client was made, in order."""

    def __init__(self, address):
        self.signals = []
        self.owners = []
        self.is_closed = False
        self._n_calls = 0  # of the daemon
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.set_exit_on_close(False)
        self.bus.connect("closed", self._on_closed)
        self.bus.signal_subscribe(NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, self._on_signal)
        self.bus.signal_subscribe("org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None,
                                  NAME, Gio.DBusSignalFlags.NONE, self._on_owner)
        # AddMatch is sent without waiting; after an answer to a later call both rules are in force.
        self.owner()

    def _on_signal(self, _bus, sender, path, interface, name, parameters):
        self.signals.append(Signal(sender, path, interface, name, parameters, GLib.get_monotonic_time() / 1e6))
        poke()

    def _on_owner(self, _bus, _sender, _path, _interface, _name, parameters):
        self.owners.append(parameters.unpack()[2])
        poke()

    def _on_closed(self, _bus, _vanished, _error):
        self.is_closed = True
        poke()

    def close(self):
        if not self.bus.is_closed():
            self.bus.close_sync(None)

    # --- calls -----------------------------------------------------------------------------------

    def call_raw(self, path, interface, method, parameters=None, *, destination=NAME):
        """The answer as a GVariant tuple; all signals that came before it are in `signals`."""
        self._n_calls += destination == NAME
        try:
            return self.bus.call_sync(destination, path, interface, method, parameters, None,
                                      Gio.DBusCallFlags.NO_AUTO_START, 20000, None)
        finally:
            _catch_up()

    def call(self, path, interface, method, signature=None, *arguments):
        parameters = GLib.Variant(signature, arguments) if signature else None
        return self.call_raw(path, interface, method, parameters).unpack()

    def error_name(self, *arguments):
        """The D-Bus name of the error that this call() ends with."""
        try:
            answer = self.call(*arguments)
        except GLib.Error as error:
            return Gio.DBusError.get_remote_error(error)
        raise AssertionError(f"no error, but {answer}")

    def owner(self):
        """The unique name behind NAME, "" where there is none."""
        try:
            return self.call_raw("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
                                 GLib.Variant("(s)", (NAME,)), destination="org.freedesktop.DBus").unpack()[0]
        except GLib.Error:
            return ""

    def unique_names(self):
        """Of all connections to the bus."""
        names = self.call_raw("/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames",
                              destination="org.freedesktop.DBus").unpack()[0]
        return {name for name in names if name.startswith(":")}

    def manager(self, method, signature=None, *arguments):
        return self.call(ROOT, MANAGER, method, signature, *arguments)

    def calls_of_others(self):
        """Grows with each call of the daemon by somebody else, as long as the daemon is the same."""
        families = self.call(ROOT, METRICS, "GetMetrics")[0]
        (_, _, value), = next(samples for name, *_, samples in families if name == "posthorn_bus_calls")
        return value - self._n_calls

    def read_events(self, after=0, limit=1000):
        """All events behind `after`, however many calls it takes."""
        found = []
        while True:
            events, last = self.manager("ReadEvents", "(tu)", after, limit)
            found += events
            if not events:
                return found
            assert last > after, "ReadEvents does not advance"
            after = last

    def new_events(self, **with_keys):
        """The events of new messages (they bear a uid and are no retirement)."""
        return [event for event in self.read_events()
                if event.get("type", "new") == "new"
                and all(event.get(key) == value for key, value in with_keys.items())]

    def property(self, name, path=ROOT, interface=MANAGER):
        return self.call(path, PROPERTIES, "Get", "(ss)", interface, name)[0]

    def properties(self, path=ROOT, interface=MANAGER):
        return self.call(path, PROPERTIES, "GetAll", "(s)", interface)[0]

    def account(self, account):
        """All properties of an account by its id; None where it is not there."""
        try:
            objects = self.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0]
        except GLib.Error:
            return None
        for interfaces in objects.values():
            if interfaces.get(ACCOUNT, {}).get("Id") == account:
                return interfaces[ACCOUNT]
        return None

    def account_path(self, account):
        objects = self.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0]
        return next(path for path, interfaces in objects.items()
                    if interfaces.get(ACCOUNT, {}).get("Id") == account)

    def introspect(self, path=ROOT):
        return self.call(path, "org.freedesktop.DBus.Introspectable", "Introspect")[0]

    # --- signals ---------------------------------------------------------------------------------

    def named(self, name, after=0):
        return [signal for signal in self.signals[after:] if signal.name == name]

    def wait_signal(self, name, predicate=lambda signal: True, *, after=0, deadline=30.0):
        return wait_for(
            lambda: next((signal for signal in self.named(name, after) if predicate(signal)), None),
            lambda: f"signal {name}; there were {self.signals}", deadline)

    def wait_new_mail(self, count=1, *, deadline=30.0):
        """The messages of the first `count` NewMail signals."""
        wait_for(lambda: len(self.named("NewMail")) >= count,
                 lambda: f"{count} NewMail; there were {self.signals}", deadline)
        return [signal.arguments[2] for signal in self.named("NewMail")][:count]

    def retired(self):
        """{id: reason} of the log's retired messages; each is there once."""
        events = [event for event in self.read_events() if event["type"] == "retired"]
        found = {event["id"]: event["reason"] for event in events}
        assert len(found) == len(events), events
        return found

    def wait_retired(self, expected, *, deadline=30.0):
        """Waits until the MailRetired signals are {id: reason} of `expected`, each one once."""
        wait_for(lambda: len(self.named("MailRetired")) >= len(expected),
                 lambda: f"{len(expected)} MailRetired; there were {self.signals}", deadline)
        mails = [signal.arguments[2] for signal in self.named("MailRetired")]
        assert {mail["id"]: mail["reason"] for mail in mails} == expected, mails
        assert len(mails) == len(expected), mails

    def wait_account(self, account, deadline=30.0, **properties):
        """Waits until these properties of the account have these values, and returns all."""
        seen = [None, 0.0]

        def matches():
            # Asked again when something was signalled, not at every line of somebody's log.
            now, news = time.monotonic(), (len(self.signals), len(self.owners))
            if seen[0] == news and now < seen[1] + 0.4:
                return None
            seen[:] = news, now
            found = self.account(account)
            if found and all(found.get(key) == value for key, value in properties.items()):
                return found
            return None
        return wait_for(matches, lambda: f"{account} with {properties}, it is {self.account(account)}",
                        deadline)
