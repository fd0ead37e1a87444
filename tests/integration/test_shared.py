"""Mailboxes of others: a namespace of shared mailboxes, with rights that are given and taken away."""

import pytest
from harness.client import ACCOUNT
from harness.dovecot import Dovecot
from harness.messages import message

# What CONFIGURATION has no place for: the namespace of other users' mailboxes, and their rights.
SHARED = """
mail_plugins = acl
protocol imap {{
  mail_plugins = acl imap_acl
  imap_capability = {capability}
}}
plugin {{
  acl = vfile
  acl_shared_dict = file:{home}/shared-mailboxes
}}
namespace {{
  type = shared
  separator = /
  prefix = shared/%%u/
  location = maildir:{home}/mail/%%n/Maildir:INDEXPVT=~/shared/%%u
  subscriptions = no
  list = children
}}
"""
NO_NOTIFY = ("IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN NAMESPACE CHILDREN UIDPLUS "
             "LIST-EXTENDED CONDSTORE QRESYNC ESEARCH SPECIAL-USE LIST-STATUS ACL RIGHTS=texk")


@pytest.fixture(params=["notify", "idle"])
def office(request, directory, certificate):
    """A server where `boss` shares the mailbox Team with `clerk`."""
    home = directory / "office"
    capability = NO_NOTIFY if request.param == "idle" else ""
    extra = SHARED.format(home=home, capability=capability)
    server = Dovecot(home, certificate, extra=extra if capability else extra.replace("  imap_capability = \n", ""))
    server.start()
    server.strategy = request.param
    server.create("Team", "boss")
    server.create("Private", "boss")
    server.doveadm("acl", "set", "-u", "boss", "Team", "user=clerk", "lookup", "read", "write-seen")
    yield server
    server.kill()


def begin(daemon, client, server, *watch):
    daemon.write_account("work", Port=server.imap, Security="none", User="clerk", mailboxes=watch)
    daemon.start()
    client.wait_account("work", State="online", Strategy=server.strategy)


def listed(client):
    found = client.call(client.account_path("work"), ACCOUNT, "ListMailboxes")[0]
    return {mailbox["name"]: mailbox for mailbox in found}


def test_pattern_reaches_shared_mailboxes(daemon, client, office):
    begin(daemon, client, office, "INBOX", "shared/*")
    assert listed(client)["shared/boss/Team"]["watched"]
    assert "shared/boss/Private" not in listed(client)
    office.save(message(b"For the team"), "Team", "boss")
    office.save(message(b"For the boss alone"), "Private", "boss")
    client.manager("CheckNow", "(as)", [])
    mail = client.wait_new_mail()[0]
    assert (mail["mailbox"], mail["subject"]) == ("shared/boss/Team", "For the team")
    assert len(client.new_events()) == 1


def test_shared_mailbox_by_its_name(daemon, client, office):
    begin(daemon, client, office, "INBOX", "shared/boss/Team")
    office.save(message(b"One"), "Team", "boss")
    client.manager("CheckNow", "(as)", [])
    assert client.wait_new_mail()[0]["mailbox"] == "shared/boss/Team"


def test_right_that_was_never_given(daemon, client, office):
    """The account says so, and INBOX is watched all the same."""
    daemon.write_account("work", Port=office.imap, Security="none", User="clerk",
                         mailboxes=("INBOX", "shared/boss/Private"))
    daemon.start()
    state = client.wait_account("work", State="degraded", Reason="no-mailbox")
    assert "shared/boss/Private" in state["ReasonText"]
    office.deliver(message(b"For the clerk"), "clerk")
    assert client.wait_new_mail()[0]["mailbox"] == "INBOX"
