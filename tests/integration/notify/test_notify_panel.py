"""The tray of a real panel: it draws the number, and what is chosen in its menu is done. With
POSTHORN_PICTURES=DIRECTORY the pictures are kept there, see notify/pictures/README.md."""

import os
import pathlib

import pytest
from screens import SIZE, XFCONFD, OnX, installed
from tray import WATCHER, TrayStandIn

from harness.process import environment, run
from harness.wait import wait_for

BADGE = (0xC0, 0x1C, 0x28)
PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"""


class Panel(OnX):
    name = "xfce4-panel"

    def start(self):
        folder = self.home / ".config/xfce4/xfconf/xfce-perchannel-xml"
        folder.mkdir(parents=True)
        (folder / "xfce4-panel.xml").write_text(PANEL, encoding="ascii")
        self.launch(installed(*XFCONFD))
        wait_for(lambda: self.observer.has_owner("org.xfce.Xfconf"), "xfconfd", look_every=0.05)
        self.launch(installed("xfce4-panel"), "--disable-wm-check")
        wait_for(lambda: self.observer.has_owner(WATCHER), lambda: f"a tray:\n{self.text()}", look_every=0.05)

    def badge(self):
        """Where the red of the number is drawn; None: nowhere."""
        pixels = self.pixels()
        width = int(SIZE.split("x", maxsplit=1)[0])
        at = [i for i in range(0, len(pixels), 3)
              if all(abs(pixels[i + j] - BADGE[j]) < 24 for j in range(3))]
        return at and (at[len(at) // 2] // 3 % width, at[len(at) // 2] // 3 // width)

    def point(self, *words):
        run(["xdotool", *map(str, words)], environment(self.home, DISPLAY=self.screen.display))


@pytest.fixture
def panel(home, bus, observer):
    real = Panel(home, bus.address, observer)
    yield real
    real.stop()


@pytest.fixture
def daemon(bus):
    standin = TrayStandIn(bus.address, work={"Name": "Work", "State": "online", "Protocol": "imap", "Unseen": 12},
                          home={"Name": "Home", "State": "failed", "Protocol": "imap", "Unseen": 0,
                                "ReasonText": "The server refused the login"})
    yield standin
    standin.close()


def keep(panel, name):
    directory = os.environ.get("POSTHORN_PICTURES")
    if directory:
        panel.wait_still()
        panel.save(pathlib.Path(directory) / f"{name}.png")


def test_real_panel_shows_the_number_and_the_menu(panel, daemon, agent):
    for subject in ("Notes on the engine", "Laws of thought"):
        daemon.append(subject=subject)
    agent.start()
    agent.wait_line("tray: shown")
    wait_for(panel.badge, lambda: f"a number:\n{panel.text()}", look_every=0.3)
    panel.wait_still()
    place, before = panel.badge(), panel.pixels()
    panel.point("mousemove", *place, "click", 3)
    wait_for(lambda: sum(a != b for a, b in zip(before, panel.pixels())) > 20000, "a menu", look_every=0.3)
    panel.wait_still()
    keep(panel, "tray-xfce4-panel")
    panel.point("key", "Up", "Up", "Up", "Return")  # from the end: pause, pause for an hour, check now
    daemon.wait_told(("CheckNow",))
    # without unread mail there is no number
    daemon.set("work", Unseen=0)
    wait_for(lambda: not panel.badge(), "an icon without a number", look_every=0.3)
