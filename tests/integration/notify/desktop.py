"""The desktop side of posthorn-notify: notification services, mock and real, and the agent."""

import configparser
import json
import re
import signal
import sys
import time
from xml.etree import ElementTree

from gi.repository import Gio, GLib

from harness.posthorn import program
from harness.process import SANITIZER_WORDS, Process, environment
from harness.wait import poke, wait_for

SERVICE = "org.freedesktop.Notifications"
SERVICE_PATH = "/org/freedesktop/Notifications"
MOCK = "org.freedesktop.DBus.Mock"

# GetCapabilities of services in use, as their sources and their answers say (Debian 12).
CAPABILITIES = {
    "gnome-shell": "actions body body-markup icon-static persistence sound",
    "plasma": "body body-hyperlinks body-markup body-images icon-static actions persistence inline-reply"
              " x-kde-urls x-kde-origin-name x-kde-display-appname inhibitions",
    "dunst": "actions body body-hyperlinks icon-static synchronous private-synchronous"
             " x-canonical-private-synchronous x-dunst-stack-tag body-markup",
    "dunst-plain": "actions body body-hyperlinks icon-static synchronous private-synchronous"
                   " x-canonical-private-synchronous x-dunst-stack-tag",
    "mako": "body body-markup actions icon-static x-canonical-private-synchronous x-dunst-stack-tag",
    "xfce4-notifyd": "action-icons actions body body-hyperlinks body-markup icon-static x-canonical-private-icon-only",
    "notification-daemon": "actions body body-hyperlinks body-markup icon-static sound persistence action-icons",
    "swaync": "actions body body-markup body-images persistence sound inline-reply"
              " x-canonical-private-synchronous",
    "bare": "body",
    "nothing": "",
}


class Notification:
    """What one Notify() call said."""

    def __init__(self, arguments):
        (self.app_name, self.replaces_id, self.icon, self.summary, self.body, self.actions, self.hints,
         self.timeout) = arguments
        self.when = time.monotonic()

    def __repr__(self):
        return f"{self.replaces_id}: {self.summary!r} {self.body!r} {self.hints}"


class Observer:
    """Sees every Notify() of a mock service, of one started later too."""

    def __init__(self, address):
        self.notifications = []
        self.closed = []  # numbers, as we asked for it
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.bus.set_exit_on_close(False)
        self.bus.signal_subscribe(None, MOCK, "MethodCalled", SERVICE_PATH, None,
                                  Gio.DBusSignalFlags.NONE, self._on_call)
        self.has_owner()  # the answer comes behind the rule's

    def _on_call(self, _bus, _sender, _path, _interface, _name, parameters):
        method, arguments = parameters.unpack()
        if method == "Notify":
            self.notifications.append(Notification(arguments))
            poke()
        elif method == "CloseNotification":
            self.closed.append(arguments[0])
            poke()

    def call(self, destination, path, interface, method, parameters=None):
        return self.bus.call_sync(destination, path, interface, method, parameters, None,
                                  Gio.DBusCallFlags.NO_AUTO_START, 20000, None).unpack()

    def has_owner(self, name=SERVICE):
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         "NameHasOwner", GLib.Variant("(s)", (name,)))[0]

    def check_sounds(self):
        """There was one; where it all took longer than half a minute, another one after that."""
        times = [one.when for one in self.notifications if one.hints.get("sound-name") == "message-new-email"]
        assert times and all(after - before > 25 for before, after in zip(times, times[1:])), times

    def ping(self, name):
        self.call(name, "/", "org.freedesktop.DBus.Peer", "Ping")

    def wait(self, count=1, deadline=30.0):
        """The count-th notification."""
        wait_for(lambda: len(self.notifications) >= count,
                 lambda: f"{count} notifications, there are {self.notifications}", deadline)
        return self.notifications[count - 1]

    def wait_summary(self, summary, after=0, deadline=30.0):
        return wait_for(
            lambda: next((one for one in self.notifications[after:] if one.summary == summary), None),
            lambda: f"summary {summary!r}, there are {self.notifications}", deadline)

    def wait_closed(self, *numbers):
        wait_for(lambda: self.closed == list(numbers),
                 lambda: f"{numbers} closed: {self.closed}; notifications {self.notifications}")

    def dismiss(self, number=1):
        self.emit("NotificationClosed", "uu", number, 2)

    def click(self, action, number=1, token=None):
        if token:
            self.emit("ActivationToken", "us", number, token)
        self.emit("ActionInvoked", "us", number, action)

    def add_property(self, name, value):
        self.call(SERVICE, SERVICE_PATH, MOCK, "AddProperty", GLib.Variant("(ssv)", (SERVICE, name, value)))

    def update_property(self, name, value):
        self.call(SERVICE, SERVICE_PATH, MOCK, "UpdateProperties",
                  GLib.Variant("(sa{sv})", (SERVICE, {name: value})))

    def emit(self, signal_name, signature, *arguments):
        """Has the mock emit a signal as its own."""
        kinds = {"u": GLib.Variant.new_uint32, "s": GLib.Variant.new_string}
        values = [kinds[kind](argument) for kind, argument in zip(signature, arguments)]
        self.call(SERVICE, SERVICE_PATH, MOCK, "EmitSignal",
                  GLib.Variant("(sssav)", (SERVICE, signal_name, signature, values)))

    def redefine(self, method, signature, answer, code):
        """Has the mock answer a method differently from now on."""
        wait_for(self.has_owner, "a notification service", look_every=0.05)
        self.call(SERVICE, SERVICE_PATH, MOCK, "AddMethod",
                  GLib.Variant("(sssss)", (SERVICE, method, signature, answer, code)))

    def close(self):
        if not self.bus.is_closed():
            self.bus.close_sync(None)


class Mock:
    """A notification service with the capabilities given, by dbusmock's template."""

    def __init__(self, home, address, capabilities):
        self.home = home
        self.address = address
        self.capabilities = capabilities
        self.process = None

    def argv(self):
        return [sys.executable, "-m", "dbusmock", "--session", "-t", "notification_daemon", "-p",
                json.dumps({"capabilities": self.capabilities})]

    def start(self):
        self.process = Process(self.argv(), environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.address),
                               name="service")
        return self

    def hang(self):
        self.process.signal(signal.SIGSTOP)

    def go_on(self):
        self.process.signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process = None


class Screen:
    """Xvfb."""

    def __init__(self, home, size="800x600"):
        self.process = Process(["Xvfb", "-displayfd", "1", "-screen", "0", size + "x24", "-nolisten", "tcp"],
                               environment(home))
        wait_for(lambda: self.process.output("out") or not self.process.is_running(), "a display")
        assert self.process.output("out"), self.process.text()
        self.display = ":" + self.process.output("out")[0].strip()

    def stop(self):
        self.process.kill()


class Dunst:
    """The real one. It prints the text that it gives to Pango to draw."""

    def __init__(self, home, address, screen, markup="full"):
        (home / "dunstrc").write_text(f"[global]\nmarkup = {markup}\n", encoding="ascii")
        self.process = Process(
            ["dunst", "-print", "-config", home / "dunstrc"],
            environment(home, DBUS_SESSION_BUS_ADDRESS=address, DISPLAY=screen.display), name="dunst")

    def shown(self):
        """For each notification shown: (id, summary as given, all of the text as drawn)."""
        found = []
        text = "\n".join(self.process.output("out"))
        for block in re.split(r"(?m)^\{$", text)[1:]:
            drawn = re.search(r"(?ms)^\tformatted: '(.*?)'$\n\tfg:", block)
            number = re.search(r"(?m)^\tid: (\d+)$", block)
            summary = re.search(r"(?m)^\tsummary: '(.*)'$", block)
            if drawn and number and summary:
                plain = "".join(ElementTree.fromstring(f"<r>{drawn.group(1)}</r>").itertext())
                found.append((int(number.group(1)), summary.group(1), plain))
        return found

    def wait(self, count=1):
        return wait_for(lambda: len(self.shown()) >= count and self.shown(),
                        lambda: f"{count} notifications of dunst:\n{self.process.text()}")[count - 1]

    def stop(self):
        self.process.kill()


class Agent:
    """posthorn-notify. Its end is part of every test."""

    def __init__(self, home, address):
        self.home = home
        self.address = address
        self.process = None
        self.state_file = home / ".local/state/posthorn/notify-state"
        self.more = {}  # environment

    def launch(self):
        self.process = Process([program("posthorn-notify"), "--log-level", "debug"],
                               environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.address,
                                           DBUS_SYSTEM_BUS_ADDRESS=self.address, **self.more),
                               name="posthorn-notify")
        return self

    def start(self):
        """Returns when it follows the daemon."""
        self.launch()
        self.process.wait_for_line("daemon: live")
        return self

    def state(self):
        """The file: {section: {key: value}}."""
        reader = configparser.RawConfigParser(delimiters="=")
        reader.optionxform = str
        reader.read(self.state_file, encoding="utf-8")
        return {name: dict(reader[name]) for name in reader.sections()}

    def cursor(self):
        """Up to here everything was told."""
        if not self.state_file.exists():
            return None
        state = self.state()
        untold = [int(keys["Untold"].split()[0]) - 1 for keys in state.values() if "Untold" in keys]
        return min([int(state["Agent"]["Position"]), *untold])

    def configure(self, text, account=None):
        """[Notify] of all accounts, or of one."""
        folder = self.home / ".config/posthorn"
        path = folder / "accounts.d" / f"{account}.conf" if account else folder / "posthorn.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(f"[Notify]\n{text}\n", encoding="utf-8")
        new.rename(path)
        return path

    def wait_cursor(self, value):
        wait_for(lambda: self.cursor() == value, lambda: f"cursor {value}, it is {self.cursor()}")

    def wait_kept(self, number, account="work"):
        """The file says that this one is told, and by which notification."""
        def is_kept():
            kept = self.state().get(f"Account {account}", {})
            return "Card" in kept and str(number) in kept.get("Told", "").split()
        wait_for(is_kept, lambda: f"{number} told, there is {self.state()}", look_every=0.05)

    def wait_line(self, part, count=1):
        wait_for(lambda: len([line for line in self.process.output() if part in line]) >= count,
                 lambda: f"{count} lines with {part!r}:\n{self.process.text()}")

    def stop(self, deadline=30.0):
        if not self.process:
            return
        process, self.process = self.process, None
        status = process.stop(deadline)
        assert status == 0, f"status {status}:\n{process.text()}"
        assert not any(word in process.text() for word in SANITIZER_WORDS), process.text()
        assert "CRITICAL" not in process.text(), process.text()

    def kill(self):
        self.process.kill()
        self.process = None

    def start_after_kill(self, observer):
        """Killed, and begun anew with what is on the screen. What it asked the bus for stands then."""
        self.kill()
        self.start()
        self.wait_line("shows what we know")
        observer.ping("org.posthorn.Notify1")  # the answer is behind that
