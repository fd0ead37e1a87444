"""The entry that starts the agent on desktops that systemd does not start, and there alone."""

import configparser
import pathlib
import subprocess

import pytest

from harness.posthorn import build_directory, program
from harness.process import environment, run

ENTRY = build_directory() / "units/posthorn-notify.desktop"
GENERATOR = pathlib.Path("/usr/lib/systemd/user-generators/systemd-xdg-autostart-generator")


def read(text):
    reader = configparser.RawConfigParser(interpolation=None)
    reader.optionxform = str
    reader.read_string(text)
    return reader["Desktop Entry"]


def generated(directory, text):
    """The units that systemd makes of this entry."""
    autostart, out = directory / "xdg/autostart", directory / "out"
    autostart.mkdir(parents=True, exist_ok=True)
    out.mkdir(exist_ok=True)
    (autostart / "posthorn-notify.desktop").write_text(text, encoding="utf-8")
    run([GENERATOR, out, out, out], env=environment(directory, XDG_CONFIG_DIRS=directory / "xdg",
                                                    PATH=f"{program('posthorn-notify').parent}:/usr/bin:/bin"))
    return [path for path in out.rglob("*posthorn*") if path.name.endswith(".service")]


def test_entry_is_valid_and_runs_the_agent():
    subprocess.run(["desktop-file-validate", ENTRY], check=True)
    entry = read(ENTRY.read_text(encoding="utf-8"))
    assert entry["Exec"] == entry["TryExec"] == program("posthorn-notify").name
    assert entry["Name[ru]"] and entry["Comment[ru]"]
    # a desktop that knows neither systemd nor the keys below starts it
    assert "Hidden" not in entry and "OnlyShowIn" not in entry


@pytest.mark.skipif(not GENERATOR.exists(), reason="no systemd-xdg-autostart-generator")
def test_systemd_leaves_it_to_the_unit(directory):
    text = ENTRY.read_text(encoding="utf-8")
    assert generated(directory / "asis", text) == []
    # which is that key's doing
    assert len(generated(directory / "other", text.replace("X-systemd-skip=true\n", ""))) != []
    assert read(text)["X-GNOME-HiddenUnderSystemd"] == "true"


def test_second_start_is_no_second_agent(bus, home, standin, agent):
    """Where a desktop started it and the unit is enabled as well."""
    agent.start()
    entry = read(ENTRY.read_text(encoding="utf-8"))
    done = run([program(entry["Exec"])], check=False, env=environment(home, DBUS_SESSION_BUS_ADDRESS=bus.address,
                                                                       DBUS_SYSTEM_BUS_ADDRESS=bus.address))
    assert done.returncode == 2
    assert "another posthorn-notify runs in this session" in done.stderr.decode()
