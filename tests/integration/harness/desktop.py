"""A screen that nobody sees with a real notification service on it, and pictures of it."""

import os
import pathlib

from .process import Process, environment, run
from .wait import wait_for

SIZE = (640, 240)

DUNSTRC = """\
[global]
    origin = top-right
    offset = 20x20
    width = (300, 500)
    height = 300
    notification_limit = 5
    font = DejaVu Sans 11
    frame_width = 2
    frame_color = "#d0a040"
    separator_height = 2
    padding = 12
    horizontal_padding = 14
    gap_size = 8
    idle_threshold = 0
[urgency_low]
    background = "#203040"
    foreground = "#f0f0f0"
    timeout = 0
[urgency_normal]
    background = "#203040"
    foreground = "#f0f0f0"
    timeout = 0
"""


class Desktop:
    """Xvfb and dunst on the bus at `address`."""

    def __init__(self, directory, address):
        self.home = pathlib.Path(directory)
        (self.home / "dunst").mkdir(parents=True, exist_ok=True)
        self.address = address
        self.display = None
        self.screen = None
        self.service = None

    def environment(self):
        return environment(self.home, DISPLAY=self.display, DBUS_SESSION_BUS_ADDRESS=self.address)

    def start(self):
        # Xvfb chooses a free display by itself and writes its number there, and nothing else.
        self.screen = Process(["Xvfb", "-displayfd", "1", "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24",
                               "-nolisten", "tcp", "-noreset"], environment(self.home), name="Xvfb")
        wait_for(lambda: self.screen.output("out") or not self.screen.is_running(), "a display")
        if not self.screen.output("out"):
            raise RuntimeError(f"Xvfb did not start:\n{self.screen.text()}")
        self.display = ":" + self.screen.output("out")[0].strip()
        config = self.home / "dunst/dunstrc"
        config.write_text(DUNSTRC, encoding="ascii")
        # -print: what it shows, as text on its standard output.
        self.service = Process(["dunst", "-config", config, "-print"], self.environment(), name="dunst")
        wait_for(lambda: self._has_service() or not self.service.is_running(), "the notification service",
                 look_every=0.05)
        if not self.service.is_running():
            raise RuntimeError(f"dunst did not start:\n{self.service.text()}")
        return self

    def _has_service(self):
        asked = run(["dbus-send", f"--bus={self.address}", "--print-reply=literal",
                     "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner",
                     "string:org.freedesktop.Notifications"], self.environment(), check=False)
        return b"true" in asked.stdout

    def shown(self):
        """What dunst printed of the notifications that it got, one text."""
        return "\n".join(self.service.output("out"))

    def picture(self, path):
        """Saves the screen as PNG once something is drawn on it and stands still."""
        last = [b""]

        def stands_still():
            pixels = self._pixels()
            still = pixels == last[0] and number_of_colors(pixels) > 8
            last[0] = pixels
            return still
        wait_for(stands_still, "something on the screen", look_every=0.2)
        run(["import", "-window", "root", os.fspath(path)], self.environment())
        return path

    def _pixels(self):
        return run(["import", "-window", "root", "-depth", "8", "ppm:-"], self.environment()).stdout

    def stop(self):
        for process in (self.service, self.screen):
            if process:
                process.stop()
        self.service = self.screen = None


def number_of_colors(ppm):
    """Of a binary PPM picture. A blank screen has one."""
    pixels = ppm[-SIZE[0] * SIZE[1] * 3:]
    return len({pixels[at:at + 3] for at in range(0, len(pixels), 3)})
