"""[Notify] decides: rules, own mail, quiet hours, do not disturb, bulk mail, sounds."""

import pytest
from gi.repository import GLib


@pytest.mark.parametrize("condition, keys", [
    ("account:work", {}),
    ("mailbox:Lists/*", {"mailbox": "Lists/maths"}),
    ("from:*@example.net", {"from_address": "eve@EXAMPLE.net"}),
    ("list-id:maths.example.org", {"list_id": "Maths <maths.example.org>"}),
    ('subject:"*on sale*"', {"subject": "Engines on SALE!"}),
    ("account:w* subject:Engine*", {"subject": "Engines"}),
])
def test_rule_ignores(condition, keys, service, observer, standin, agent):
    agent.configure(f"Rule=ignore {condition}")
    agent.start()
    standin.mail(**{"subject": "One", **keys})
    standin.mail("Two", "home")
    assert observer.wait().body == "Two\nhome"
    assert len(observer.notifications) == 1
    agent.wait_cursor(standin.last)


@pytest.mark.parametrize("action, urgency, sound", [("notify", 1, True), ("silent", 1, False), ("urgent", 2, True)])
def test_rule_says_how(action, urgency, sound, service, observer, standin, agent):
    agent.configure(f"Rule={action} from:ada*")
    agent.start()
    standin.mail("One")
    shown = observer.wait()
    assert shown.hints["urgency"] == urgency
    assert ("sound-name" in shown.hints) is sound


def test_last_rule_decides_and_the_account_has_the_last_word(service, observer, standin, agent):
    agent.configure("Rule=ignore from:*\nRule=notify from:ada*")
    agent.configure("Rule=ignore subject:Two", account="work")
    agent.start()
    standin.mail("One", from_address="eve@example.net", from_name=None)
    standin.mail("Two")
    standin.mail("Three")
    assert observer.wait().body == "Three"
    assert len(observer.notifications) == 1


@pytest.mark.parametrize("sender", ["bob@example.org", "Bob@EXAMPLE.org", "me@bob.example"])
def test_own_mail_never(sender, service, observer, standin, agent):
    """From another device, or what a server puts into its own mailbox; whatever the rules are."""
    standin.account("work", User="bob@example.org", State="online")
    agent.configure("OwnAddress=*@bob.example\nRule=urgent from:*")
    agent.start()
    standin.mail("Sent", from_address=sender)
    standin.mail("Received")
    assert observer.wait().body == "Received"


@pytest.mark.parametrize("account", [None, "work"])
def test_rules_that_change_hold_for_what_comes(account, service, observer, standin, agent):
    agent.configure("Rule=ignore", account)
    agent.start()
    standin.mail("One")
    agent.wait_line("ignored")
    agent.configure("Rule=notify", account)
    agent.wait_line("configuration read")
    standin.mail("Two")
    assert observer.wait().body == "Two"


def test_quiet_hours_put_off_all_but_the_urgent(service, observer, standin, agent):
    agent.configure("QuietHours=00:00-24:00\nRule=urgent subject:Fire", account="work")
    agent.start()
    standin.mail("One")
    standin.mail("Else", "home")
    assert observer.wait().body == "Else\nhome"
    agent.stop()
    agent.start()  # it is not lost meanwhile
    standin.mail("Fire", "work")
    shown = observer.wait_summary("2 new messages")
    assert shown.hints["urgency"] == 2


def test_quiet_hours_that_end_tell_what_waited(service, observer, standin, agent):
    agent.configure("QuietHours=00:00-24:00")
    agent.start()
    standin.mail("One")
    standin.mail("Two")
    agent.wait_line("mail, event", 2)
    agent.configure("Sound=yes")
    assert observer.wait().summary == "2 new messages"


def test_do_not_disturb_of_the_service_makes_no_sound(service, observer, standin, agent):
    observer.has_owner()
    observer.redefine("GetServerInformation", "", "ssss", 'ret = ("Plasma", "KDE", "5.27", "1.2")')
    observer.add_property("Inhibited", GLib.Variant("b", True))
    agent.start()
    agent.wait_line("do not disturb")
    standin.mail("One")
    shown = observer.wait()
    assert "sound-name" not in shown.hints and shown.hints["suppress-sound"] is True
    agent.wait_line("work: shown")
    observer.update_property("Inhibited", GLib.Variant("b", False))
    agent.wait_line("may disturb")
    standin.mail("Two", "home")
    assert observer.wait(2).hints["sound-name"] == "message-new-email"


@pytest.mark.parametrize("keys", [{"list_id": "<maths.example.org>"}, {"auto_submitted": "auto-generated"},
                                  {"precedence": "bulk"}])
def test_bulk_mail_has_low_urgency_and_no_sound(keys, service, observer, standin, agent):
    agent.start()
    standin.mail("One", **keys)
    shown = observer.wait()
    assert shown.hints["urgency"] == 0 and shown.hints["suppress-sound"] is True
    agent.wait_line("work: shown")
    standin.mail("Two")
    shown = observer.wait(2)
    assert shown.hints["urgency"] == 1 and shown.hints["sound-name"] == "message-new-email"


def test_sound_may_be_off(service, observer, standin, agent):
    agent.configure("Sound=no")
    agent.start()
    standin.mail("One")
    assert observer.wait().hints["suppress-sound"] is True
