"""The icon in the tray and its menu, seen by a tray that knows only the specifications."""

import time

import pytest
from gi.repository import GLib
from tray import Tray, TrayStandIn

from harness.wait import wait_for

WORK = {"Name": "Work", "State": "online", "Protocol": "imap", "Unseen": 2}
HOME = {"Name": "Home", "State": "online", "Protocol": "pop3", "Unseen": 0}
DEEDS = ("Check now", "Pause for an hour", "Pause")


def variant(signature, *values):
    return GLib.Variant(signature, values)


@pytest.fixture
def tray(bus):
    host = Tray(bus.address)
    yield host
    host.close()


@pytest.fixture
def daemon(bus):
    standin = TrayStandIn(bus.address, work=dict(WORK), home=dict(HOME))
    yield standin
    standin.close()


def test_icon_shows_the_number_of_unread_messages(tray, daemon, agent):
    agent.start()
    tray.wait_title("2 unread messages")
    properties = tray.properties()
    assert properties["Category"] == "Communications"
    assert properties["Id"] == "posthorn"
    assert properties["Status"] == "Active"
    assert properties["ToolTip"][2:] == ("2 unread messages", "Home\nWork – 2 unread")
    # a number cannot be drawn on the theme's icon
    assert properties["IconName"] == ""
    with_number = properties["IconPixmap"]
    for width, height, pixels in with_number:
        assert width == height and len(pixels) == 4 * width * height
    daemon.set("work", Unseen=0)
    tray.wait_title("0 unread messages")
    assert tray.properties()["IconName"] == "org.posthorn.Posthorn-symbolic"
    assert tray.properties()["IconPixmap"] != with_number
    wait_for(lambda: {"NewTitle", "NewIcon", "NewToolTip"} <= set(tray.signals), lambda: f"signals: {tray.signals}")


def test_menu_has_accounts_newest_mail_and_what_can_be_done(tray, daemon, agent):
    daemon.append(subject="Read already")
    old = daemon.append(subject="Old_one")
    agent.start()
    daemon.mail("New", "home", from_name="Grace <script>")
    tray.wait_labels("Home", "Work – 2 unread", None, "Grace <script>: New", "Ada Lovelace: Old_one",
                     "Ada Lovelace: Read already", None, *DEEDS)
    assert [label for label, *_ in tray.submenu("Work – 2 unread")] == list(DEEDS)
    assert [label for label, *_ in tray.submenu("Ada Lovelace: Old_one")] == ["Open", "Mark as read"]
    # POP3 has no flags
    assert [label for label, *_ in tray.submenu("Grace <script>: New")] == ["Open"]
    daemon.retire(old)
    tray.wait_labels("Home", "Work – 2 unread", None, "Grace <script>: New", "Ada Lovelace: Read already", None,
                     *DEEDS)


def test_choices_reach_the_daemon(tray, daemon, agent):
    mail = daemon.append(subject="Notes")
    agent.start()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: Notes", None, *DEEDS)
    tray.click("Check now")
    daemon.wait_told(("CheckNow",))
    tray.click("Work – 2 unread", "Check now")
    daemon.wait_told(("CheckNow",), ("CheckNow", "work"))
    daemon.told.clear()
    tray.click("Ada Lovelace: Notes", "Mark as read")
    daemon.wait_told(("MarkSeen", "work", [mail["id"]]))
    daemon.told.clear()
    tray.click("Home", "Pause")
    daemon.wait_told(("Pause", "home", 0))
    daemon.set("home", State="paused")
    tray.wait_labels("Home – paused", "Work – 2 unread", None, "Ada Lovelace: Notes", None, *DEEDS, "Resume all")
    daemon.told.clear()
    before = time.time()
    tray.click("Pause for an hour")  # of those that are not paused
    wait_for(lambda: daemon.told, "a pause")
    (method, account, until), = daemon.told
    assert (method, account) == ("Pause", "work")
    assert before + 3599 < until / 1e6 < time.time() + 3601
    daemon.told.clear()
    tray.click("Home – paused", "Resume")
    daemon.wait_told(("Resume", "home"))


def test_newest_mail_is_opened(tray, daemon, agent, home):
    """By its entry, and by a click on the icon, with the token for the window."""
    script = home / "open"
    script.write_text('#!/bin/sh\necho "$1 $2 $XDG_ACTIVATION_TOKEN" >> "$HOME/opened"\n', encoding="ascii")
    script.chmod(0o755)
    agent.configure(f"OpenCommand={script} %a %i")
    first, second = daemon.append(subject="One"), daemon.append("home", subject="Two")
    agent.start()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: Two", "Ada Lovelace: One", None, *DEEDS)
    tray.click("Ada Lovelace: One", "Open")
    opened = home / "opened"
    wait_for(lambda: opened.exists() and opened.read_text(encoding="ascii").endswith("\n"), "opened", look_every=0.05)
    assert opened.read_text(encoding="ascii").split() == ["work", first["id"]]
    opened.unlink()
    tray.call("/StatusNotifierItem", "org.kde.StatusNotifierItem", "ProvideXdgActivationToken", variant("(s)", "tok"))
    tray.call("/StatusNotifierItem", "org.kde.StatusNotifierItem", "Activate", variant("(ii)", 1, 1))
    wait_for(lambda: opened.exists() and opened.read_text(encoding="ascii").endswith("\n"), "opened", look_every=0.05)
    assert opened.read_text(encoding="ascii").split() == ["home", second["id"], "tok"]
    tray.call("/StatusNotifierItem", "org.kde.StatusNotifierItem", "SecondaryActivate", variant("(ii)", 1, 1))
    daemon.wait_told(("CheckNow",))


@pytest.mark.parametrize("method, path, problem", [
    ("CheckNow", ("Check now",), "Mail could not be looked for: The server <b>refused</b> it"),
    ("MarkSeen", ("Ada Lovelace: Notes", "Mark as read"),
     "Could not be marked as read: The server <b>refused</b> it"),
    ("Pause", ("Work – 2 unread", "Pause"), "Could not be paused: The server <b>refused</b> it"),
])
def test_what_cannot_be_done_is_said(tray, daemon, agent, method, path, problem):
    daemon.append(subject="Notes")
    agent.start()
    labels = ("Home", "Work – 2 unread", None, "Ada Lovelace: Notes", None, *DEEDS)
    tray.wait_labels(*labels)
    daemon.errors[method] = "org.posthorn.Posthorn1.Error.Refused"
    tray.click(*path)
    tray.wait_labels(problem, None, *labels)
    assert tray.properties()["ToolTip"][3].startswith(problem.replace("<", "&lt;").replace(">", "&gt;"))
    daemon.errors.clear()
    tray.click("Work – 2 unread", "Check now")  # the next choice takes it back
    tray.wait_labels(*labels)


def test_tray_comes_and_goes(tray, daemon, agent):
    tray.vanish()
    agent.start()
    tray.appear()
    tray.wait_title("2 unread messages")
    tray.vanish()
    agent.wait_line("tray: gone")
    tray.appear()
    tray.wait_title("2 unread messages")
    tray.wait_labels("Home", "Work – 2 unread", None, *DEEDS)


def test_without_a_tray_nothing_is_offered(daemon, agent, observer):
    agent.start()
    daemon.mail("One")
    agent.wait_line("mail, event")
    names = observer.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")[0]
    assert not [name for name in names if name.startswith("org.kde.")]


def test_settings_decide(tray, daemon, agent):
    agent.configure("Tray=no")
    agent.start()
    assert tray.items == []
    agent.configure("Tray=yes")
    tray.wait_title("2 unread messages")
    agent.configure("Tray=no")
    wait_for(lambda: not tray.items, "no icon")


def test_privacy_holds_in_the_menu(tray, daemon, agent):
    agent.configure("Privacy=sender")
    daemon.append(subject="Notes")
    daemon.append("home", subject="Secret")
    agent.configure("Privacy=count", "home")
    agent.start()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace", None, *DEEDS)


def test_what_the_rules_ignore_is_not_in_the_menu(tray, daemon, agent):
    agent.configure("Rule=ignore from:eve@*")
    daemon.append(subject="Old", from_address="eve@example.net")
    daemon.append(subject="One")
    agent.start()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: One", None, *DEEDS)
    daemon.mail("New", from_address="eve@example.net")
    daemon.mail("Two")
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: Two", "Ada Lovelace: One", None, *DEEDS)


def test_daemon_comes_and_goes(tray, daemon, agent):
    daemon.append(subject="One")
    agent.start()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: One", None, *DEEDS)
    daemon.vanish()
    tray.wait_title("The mail monitor is not running")
    (label, enabled, _number, _children), = tray.layout()
    assert (label, enabled) == ("The mail monitor is not running", False)
    daemon.append(subject="Two")
    daemon.appear()
    tray.wait_labels("Home", "Work – 2 unread", None, "Ada Lovelace: Two", "Ada Lovelace: One", None, *DEEDS)


def test_trouble_is_in_the_menu(tray, daemon, agent):
    agent.start()
    daemon.set("work", State="failed", ReasonText="The server refused the login: wrong password", Unseen=0)
    tray.wait_labels("Home", "Work – does not work", None, *DEEDS)
    label, enabled, *_ = tray.submenu("Work – does not work")[0]
    assert (label, enabled) == ("The server refused the login: wrong password", False)
