"""Real notification services, each on a screen that nobody sees, and pictures of it."""

import os
import pathlib
import shutil

from desktop import SERVICE, Screen
from harness.desktop import DUNSTRC
from harness.dovecot import server_user
from harness.process import Process, environment, run
from harness.wait import wait_for

SIZE = "600x520"

SWAY = f"""\
output HEADLESS-1 resolution {SIZE} bg #305070 solid_color
xwayland disable
"""

MAKO = """\
default-timeout=0
width=420
height=200
"""

XFCONFD = ("/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd", "/usr/lib/aarch64-linux-gnu/xfce4/xfconf/xfconfd")
NOTIFYD = ("/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd",
           "/usr/lib/aarch64-linux-gnu/xfce4/notifyd/xfce4-notifyd")


def installed(*paths):
    found = next((path for path in paths if shutil.which(path)), None)
    assert found, f"{paths[0]} is not installed"
    return found


class Service:
    """One of them, and its screen."""

    name = None

    def __init__(self, home, address, observer):
        self.home, self.address, self.observer = home, address, observer
        self.processes = []

    def start_process(self, *argv, user=None, **more):
        process = Process(argv, environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.address, NO_AT_BRIDGE=1,
                                            GSETTINGS_BACKEND="memory", **more), user=user)
        self.processes.append(process)
        return process

    def wait_service(self):
        wait_for(lambda: self.observer.has_owner(SERVICE), lambda: f"{self.name}:\n{self.text()}", look_every=0.05)
        return self

    def text(self):
        return "\n".join(process.text() for process in self.processes)

    def is_blank(self):
        pixels = self.pixels()
        return pixels == pixels[:3] * (len(pixels) // 3)

    def wait_still(self):
        """Something is drawn, and stands still."""
        last = [None]

        def stands_still():
            pixels, before = self.pixels(), last[0]
            last[0] = pixels
            return pixels == before and len(set(pixels)) > 8
        wait_for(stands_still, f"something on the screen of {self.name}", look_every=0.3)

    def pixels(self):
        """Three bytes for each."""
        picture = self.home / "screen.ppm"
        self.save(picture)
        return picture.read_bytes().split(b"\n", 3)[-1]

    def stop(self):
        for process in reversed(self.processes):
            process.kill()


class OnX(Service):
    def __init__(self, home, address, observer):
        super().__init__(home, address, observer)
        self.screen = Screen(home, SIZE)
        self.start()

    def launch(self, *argv):
        return self.start_process(*argv, DISPLAY=self.screen.display)

    def save(self, path):
        run(["import", "-window", "root", "-depth", "8", path], environment(self.home, DISPLAY=self.screen.display))

    def click(self, window, x, y):
        """At these fractions of its window."""
        env = environment(self.home, DISPLAY=self.screen.display)
        number = run(["xdotool", "search", "--onlyvisible", *window], env).stdout.split()[-1].decode()
        place = dict(line.split("=") for line in run(
            ["xdotool", "getwindowgeometry", "--shell", number], env).stdout.decode().split())
        run(["xdotool", "mousemove", str(int(int(place["X"]) + x * int(place["WIDTH"]))),
             str(int(int(place["Y"]) + y * int(place["HEIGHT"]))), "click", "1"], env)

    def stop(self):
        super().stop()
        self.screen.stop()


class RealDunst(OnX):
    name = "dunst"

    def start(self):
        (self.home / "dunstrc").write_text(DUNSTRC, encoding="ascii")
        self.launch("dunst", "-config", self.home / "dunstrc")

    def open(self):
        run(["dunstctl", "action", "0"], environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.address))


class NotificationDaemon(OnX):
    name = "notification-daemon"

    def start(self):
        self.launch(installed("/usr/lib/notification-daemon/notification-daemon"))

    def open(self):
        self.click(["--name", "^Notification$"], 0.4, 0.3)


class Xfce(OnX):
    name = "xfce4-notifyd"

    def start(self):
        self.launch(installed(*XFCONFD))
        wait_for(lambda: self.observer.has_owner("org.xfce.Xfconf"), "xfconfd", look_every=0.05)
        self.launch(installed(*NOTIFYD))

    def open(self):
        self.click(["--name", "^xfce4-notifyd$"], 0.4, 0.78)  # its button


class Mako(Service):
    """Below sway, which refuses to run as root."""

    name = "mako"

    def __init__(self, home, address, observer):
        super().__init__(home, address, observer)
        self.run_directory = home / "sway"
        self.run_directory.mkdir(mode=0o700)
        user = server_user()
        if user:
            os.chown(self.run_directory, *user)
        (home / "sway.conf").write_text(SWAY, encoding="ascii")
        (home / "mako.conf").write_text(MAKO, encoding="ascii")
        self.start_process("sway", "-c", home / "sway.conf", user=user, WLR_BACKENDS="headless",
                           WLR_LIBINPUT_NO_DEVICES=1, WLR_RENDERER="pixman", XDG_RUNTIME_DIR=self.run_directory,
                           HOME=self.run_directory)
        self.socket = wait_for(self._socket, lambda: f"sway:\n{self.text()}", look_every=0.05)
        self.start_process("mako", "-c", home / "mako.conf", WAYLAND_DISPLAY=self.socket)

    def _socket(self):
        return next((path for path in self.run_directory.glob("wayland-*") if path.suffix != ".lock"), None)

    def save(self, path):
        kind = "ppm" if pathlib.Path(path).suffix == ".ppm" else "png"
        run(["grim", "-t", kind, path], environment(self.home, WAYLAND_DISPLAY=self.socket))

    def open(self):
        run(["makoctl", "invoke"], environment(self.home, DBUS_SESSION_BUS_ADDRESS=self.address))


SERVICES = [RealDunst, NotificationDaemon, Xfce, Mako]
