"""What is on the screen, whatever a sender wrote and whatever the service can do."""

import re
import subprocess
import unicodedata
from xml.etree import ElementTree

import pytest
from desktop import CAPABILITIES

from harness.posthorn import SOURCE, build_directory

DESKTOP = SOURCE / "notify/desktop"
MERGED = build_directory() / "notify/desktop"  # with its translations

HOSTILE = """<b>x</b> & <a href="x"> &amp; "' <img src="file:///dev/urandom">"""


@pytest.mark.parametrize("name", CAPABILITIES)
def test_n01_every_capability_set(name, make_service, observer, standin, agent):
    """Nothing is sent that the service did not say it has; the text always arrives."""
    capabilities = CAPABILITIES[name].split()
    make_service(CAPABILITIES[name])
    agent.start()
    standin.mail("R&D <1>")
    shown = observer.wait()
    assert shown.app_name == "Posthorn"
    assert shown.summary == "Ada Lovelace"
    assert shown.body == ("R&amp;D &lt;1&gt;" if "body-markup" in capabilities else "R&D <1>")
    assert shown.replaces_id == 0
    assert shown.timeout == -1
    assert shown.hints["category"] == "email.arrived"
    assert shown.hints["desktop-entry"] == "org.posthorn.Posthorn"
    assert shown.hints["urgency"] == 1
    assert shown.hints.get("sound-name") == ("message-new-email" if "sound" in capabilities else None)
    assert shown.hints.get("x-dunst-stack-tag") == ("posthorn-work" if "x-dunst-stack-tag" in capabilities else None)
    assert "suppress-sound" not in shown.hints


@pytest.mark.parametrize("markup", ["full", "no"])
def test_n02_same_text_on_screen_with_markup_and_without(markup, make_dunst, standin, agent):
    dunst = make_dunst(markup)
    agent.start()
    standin.mail(HOSTILE, from_name="A & <b>B</b>")
    _, summary, drawn = dunst.wait()
    assert summary == "A & <b>B</b>"
    assert drawn == "A & <b>B</b>\n" + HOSTILE


@pytest.mark.parametrize("text", [
    "right\u202eto left\u2066 isolate\u2069\u200f",
    "controls\x01\x1b[31m\x7f\x9b",
    "lines\r\nand\ttabs\u2028more",
    "x" * 10 * 1024,
    "a" + "\u0301" * 1000,
    "👨\u200d👩\u200d👧\u200d👦" * 500,
    "\ufffe\ufeff\u00ad",
])
def test_n03_hostile_text_is_bounded_and_clean(text, service, observer, standin, agent):
    agent.start()
    standin.mail(text, from_name=text, mailbox=text)
    shown = observer.wait()
    for line in (shown.summary, *shown.body.split("\n")):
        assert line
        assert len(line.encode()) < 8192
        assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\u200c\u200d"]
        assert not unicodedata.combining(line[0])
    assert len(shown.body.split("\n")) <= 2


def test_n08_no_actions_are_sent(make_service, observer, standin, agent):
    make_service("body body-markup")
    agent.start()
    standin.mail("One")
    standin.mail("Two", "home")
    observer.wait(2)
    assert [shown.actions for shown in observer.notifications] == [[], []]


# What a service may do that does not like a hint or an icon.
FUSSY = """if args[2] or "category" in args[6]:
    raise dbus.exceptions.DBusException("no trimmings", name="org.freedesktop.DBus.Error.InvalidArgs")
ret = 7"""


def test_n10_service_that_refuses_the_trimmings_shows_the_text(service, observer, standin, agent):
    observer.redefine("Notify", "susssasa{sv}i", "u", FUSSY)
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    observer.wait(2)
    first, second = observer.notifications
    assert first.icon == "mail-unread" and "category" in first.hints
    assert (second.icon, second.summary, second.body) == ("", "Ada Lovelace", "One")


def test_n15_no_image_leaves_the_agent(make_service, observer, standin, agent):
    make_service("body body-markup body-images body-hyperlinks")
    agent.start()
    standin.mail('<img src="file:///dev/urandom">', from_name='<img src="file:///dev/urandom">')
    shown = observer.wait()
    assert "<" not in shown.body
    assert not [hint for hint in shown.hints if "image" in hint or "icon" in hint]
    assert shown.icon == "mail-unread"


def test_account_is_named_where_there_are_several(service, observer, standin, agent):
    standin.accounts = {"work": "Work & Co", "home": "Home"}
    agent.start()
    standin.mail("Hello")
    standin.mail("List", "home", mailbox="Lists/maths")
    observer.wait(2)
    assert {shown.body for shown in observer.notifications} == {"Hello\nWork &amp; Co", "List\nHome – Lists/maths"}


def test_n12_desktop_file():
    path = MERGED / "org.posthorn.Posthorn.desktop"
    subprocess.run(["desktop-file-validate", path], check=True)
    text = path.read_text(encoding="utf-8").splitlines()
    assert "NoDisplay=true" in text
    assert "Comment[ru]=Уведомления о новой почте" in text
    assert "X-GNOME-UsesNotifications=true" in text
    icon = DESKTOP / "org.posthorn.Posthorn.svg"
    assert f"Icon={icon.stem}" in text and icon.exists()


def test_metainfo():
    """For software centres; what it names is what is installed."""
    path = MERGED / "org.posthorn.Posthorn.metainfo.xml"
    subprocess.run(["appstreamcli", "validate", "--no-net", path], check=True)
    component = ElementTree.parse(path).getroot()
    assert (MERGED / component.findtext("launchable")).exists()
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert "ru" in [summary.get(language) for summary in component.findall("summary")]
    assert component.findtext("id") == "org.posthorn.Posthorn"
    version = re.search(r"version: '([^']+)'", (SOURCE / "meson.build").read_text(encoding="utf-8")).group(1)
    assert component.find("releases/release").get("version") == version


@pytest.mark.parametrize("name", ["org.posthorn.Posthorn", "org.posthorn.Posthorn-symbolic"])
def test_icon_can_be_drawn(name, directory):
    picture = directory / "icon.png"
    subprocess.run(["rsvg-convert", "--width=32", "--output", picture, DESKTOP / f"{name}.svg"], check=True)
    colours = subprocess.run(["identify", "-format", "%k", picture], check=True, capture_output=True).stdout
    assert int(colours) > 1
