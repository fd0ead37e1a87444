"""A private session bus without any service that could be activated."""

import pathlib

from .process import Process, environment
from .wait import wait_for

CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """Always at the same `address`, also when it is started again. `wrapper`: words before its own."""

    def __init__(self, directory, configuration=CONFIGURATION, wrapper=()):
        self.home = pathlib.Path(directory)
        self.home.mkdir(parents=True, exist_ok=True)
        self.socket = self.home / "bus"
        self.address = f"unix:path={self.socket}"
        self.wrapper = wrapper
        self.process = None
        (self.home / "bus.conf").write_text(configuration.format(path=self.socket), encoding="ascii")

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.process = Process([*self.wrapper, "dbus-daemon", "--nofork", "--nosyslog", "--print-address",
                                f"--config-file={self.home}/bus.conf"], environment(self.home), name="dbus-daemon")
        wait_for(lambda: self.process.output("out") or not self.process.is_running(), "bus address")
        if not self.process.output("out"):
            raise RuntimeError(f"dbus-daemon did not start:\n{self.process.text()}")
        return self

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None
