"""Mail is delivered, D-Bus says so: once, with the right words, over every kind of connection."""

import imaplib

import pytest
from harness.dovecot import Dovecot
from harness.messages import encoded_word, message


def test_new_mail_is_announced_once_with_its_keys(watched, client, server, user):
    server.deliver(message("Engine and Co.", message_id="first@example.test"), user)
    mail = client.wait_new_mail()[0]
    status = server.status(user=user)
    assert mail["subject"] == "Engine and Co."
    assert mail["from_name"] == "Ada Lovelace"
    assert mail["from_address"] == "ada@example.test"
    assert mail["message_id"].strip("<>") == "first@example.test"
    assert mail["account"] == "work"
    assert mail["mailbox"] == "INBOX"
    assert mail["uid"] == status["uidnext"] - 1
    assert mail["uidvalidity"] == status["uidvalidity"]
    assert mail["date"] == 1793613600 * 1000000
    assert mail["size"] > 100
    assert mail["id"] == (f"imap://{user}@localhost/INBOX;UIDVALIDITY={status['uidvalidity']}"
                          f"/;UID={mail['uid']}")
    assert "\\Seen" not in mail.get("flags", [])

    # The next one proves that nothing came twice in between.
    server.deliver(message("The second"), user)
    assert [mail["subject"] for mail in client.wait_new_mail(2)] == ["Engine and Co.", "The second"]
    assert len(client.named("NewMail")) == 2


def test_signal_and_log_say_the_same(watched, client, server, user):
    server.deliver(message("Once"), user)
    client.wait_new_mail()
    signal = client.named("NewMail")[0]
    seq, account, mail = signal.arguments
    assert signal.signature == "(toa{sv})"
    assert account == client.account_path("work")
    assert signal.sender == client.owner()
    assert mail["seq"] == seq
    logged = client.new_events()
    assert [event["seq"] for event in logged] == [seq]
    assert {key: value for key, value in logged[0].items() if key != "type"} == \
        {key: value for key, value in mail.items() if key != "type"}


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_each_kind_of_connection(daemon, client, server, authority, user, security):
    port = server.imaps if security == "tls" else server.imap
    daemon.write_account("work", Port=port, Security=security, User=user, CAFile=authority.ca)
    daemon.start()
    client.wait_account("work", State="online", Reason="")
    server.deliver(message("By " + security), user)
    assert client.wait_new_mail()[0]["subject"] == "By " + security


def test_tls_is_the_default(daemon, client, server, authority, user):
    daemon.write_account("work", Port=server.imaps, User=user, CAFile=authority.ca)
    daemon.start()
    client.wait_account("work", State="online")


@pytest.mark.parametrize("subject, text", [
    (encoded_word("Привет из KOI8-R", "koi8-r"), "Привет из KOI8-R"),
    (encoded_word("Пакет пришёл", "utf-8"), "Пакет пришёл"),
    (encoded_word("Größe", "iso-8859-1", "Q"), "Größe"),
    (encoded_word("Склад", "utf-8") + b"\r\n " + encoded_word("чина", "utf-8"), "Складчина"),
    ("Прямой UTF-8".encode("utf-8"), "Прямой UTF-8"),
], ids=["koi8-r", "utf-8", "latin-1-q", "folded", "raw-utf-8"])
def test_subjects_are_decoded(watched, client, server, user, subject, text):
    server.deliver(message(subject, sender=encoded_word("Ёлка", "utf-8") + b" <yo@example.test>"), user)
    mail = client.wait_new_mail()[0]
    assert mail["subject"] == text
    assert mail["from_name"] == "Ёлка"


def test_raw_bytes_in_a_header_become_valid_text(watched, client, server, user):
    """Bytes of no known charset: still one event, and still UTF-8 (else libdbus would abort)."""
    server.deliver(message("Привет".encode("koi8-r") + b" \xff\xfe"), user)
    server.deliver(message("The next"), user)
    first, second = client.wait_new_mail(2)
    assert second["subject"] == "The next"
    assert first["uid"] + 1 == second["uid"]
    assert "\x00" not in first.get("subject", "")


def test_message_without_any_header(watched, client, server, user):
    server.deliver(b"\r\nNothing above this line.\r\n", user)
    mail = client.wait_new_mail()[0]
    assert mail["uid"] == server.status(user=user)["uidnext"] - 1
    for unknown in ("from_name", "message_id", "list_id"):
        assert unknown not in mail


def test_hostile_header_is_only_text(watched, client, server, user):
    """Folding, quotes, literals' braces and control bytes in a subject do not leave their place."""
    subject = b'{99}\r\n "(\\Seen)" * 1 EXPUNGE \x1b]0;title\x07 \xe2\x80\xae <b>&amp;'
    server.deliver(message(subject), user)
    server.deliver(message("The next"), user)
    first, second = client.wait_new_mail(2)
    assert "* 1 EXPUNGE" in first["subject"]
    assert "\x1b" not in first["subject"] and "\n" not in first["subject"]
    assert second["subject"] == "The next"


def test_many_at_once_come_in_order(watched, client, server, user):
    subjects = [f"Number {number}" for number in range(40)]
    server.deliver_many([message(subject) for subject in subjects], user)
    assert [mail["subject"] for mail in client.wait_new_mail(40)] == subjects
    seqs = [signal.arguments[0] for signal in client.named("NewMail")]
    assert seqs == sorted(set(seqs))


@pytest.mark.parametrize("mailbox", ["Work", "Projects/Größe & Co"])
def test_another_mailbox_than_inbox(daemon, client, server, user, mailbox):
    server.create(mailbox, user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=[mailbox])
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver(message("To INBOX, which nobody watches"), user)
    server.save(message("To the other"), mailbox, user)
    mail = client.wait_new_mail()[0]
    assert (mail["mailbox"], mail["subject"]) == (mailbox, "To the other")
    assert len(client.new_events()) == 1


def test_second_watched_mailbox(daemon, client, server, user):
    """Old mail in it is known from the first run, new mail is found when it is looked for, and what
    came while the daemon was away at its next start."""
    server.create("Work", user)
    server.save(message("Old"), "Work", user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=["INBOX", "Work"])
    daemon.start()
    client.wait_account("work", State="online", Total=1)
    server.save(message("To the second"), "Work", user)
    client.manager("CheckNow", "(as)", ["work"])
    mail = client.wait_new_mail()[0]
    assert (mail["mailbox"], mail["subject"]) == ("Work", "To the second")
    server.deliver(message("To the first"), user)
    assert client.wait_new_mail(2)[1]["mailbox"] == "INBOX"
    daemon.stop()
    server.save(message("While away"), "Work", user)
    daemon.start()
    assert client.wait_new_mail(3)[2]["subject"] == "While away"
    assert [event["subject"] for event in client.new_events()] == ["To the second", "To the first", "While away"]


def test_mail_for_several_mailboxes_at_once(daemon, client, server, user):
    mailboxes = [f"Box {number}" for number in range(5)]
    for mailbox in mailboxes:
        server.create(mailbox, user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user, mailboxes=["INBOX", *mailboxes])
    daemon.start()
    client.wait_account("work", State="online")
    for mailbox in mailboxes:
        server.save(message("In " + mailbox), mailbox, user)
    server.deliver(message("In INBOX"), user)
    client.manager("CheckNow", "(as)", ["work"])
    mails = client.wait_new_mail(6)
    assert sorted(mail["subject"] for mail in mails) == sorted("In " + name for name in ["INBOX", *mailboxes])
    assert all(mail["subject"] == "In " + mail["mailbox"] for mail in mails)


def test_mail_that_was_read_elsewhere_is_not_new(watched, client, server, user):
    """A message that arrives with \\Seen (an IMAP APPEND by another client) is not announced."""
    with imaplib.IMAP4("127.0.0.1", server.imap) as other:
        other.login(user, "correct-horse")
        assert other.append("INBOX", r"(\Seen)", None, message("Already read"))[0] == "OK"
    server.deliver(message("Unread"), user)
    assert client.wait_new_mail()[0]["subject"] == "Unread"
    assert len(client.new_events()) == 1


def test_first_run_announces_nothing_old(daemon, client, server, user):
    server.deliver_many([message(f"Old {number}") for number in range(5)], user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online", Total=5)
    server.deliver(message("New"), user)
    assert client.wait_new_mail()[0]["subject"] == "New"
    assert len(client.new_events()) == 1


def test_mail_while_stopped_is_announced_at_the_next_start(watched, client, server, user):
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    watched.stop()
    server.deliver_many([message("While away 1"), message("While away 2")], user)
    watched.start()
    assert [mail["subject"] for mail in client.wait_new_mail(3)] == ["Before", "While away 1", "While away 2"]
    client.wait_account("work", State="online")
    assert [event["subject"] for event in client.new_events()] == ["Before", "While away 1", "While away 2"]


def test_two_accounts(daemon, client, server, user):
    for name in ("home", "work"):
        daemon.write_account(name, Port=server.imap, Security="none", User=f"{user}-{name}")
    daemon.start()
    for name in ("home", "work"):
        client.wait_account(name, State="online")
    server.deliver(message("For home"), f"{user}-home")
    server.deliver(message("For work"), f"{user}-work")
    mails = client.wait_new_mail(2)
    assert {(mail["account"], mail["subject"]) for mail in mails} == {("home", "For home"), ("work", "For work")}


def test_password_command(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, PasswordFile=None,
                         PasswordCommand="/bin/echo correct-horse")
    daemon.start()
    client.wait_account("work", State="online")


def test_password_with_every_awkward_character(daemon, client, directory, certificate, user):
    password = r'a "quoted" \ {3} %d ; # ключ'
    other = Dovecot(directory / "mail", certificate, passwords={user: password}).start()
    try:
        daemon.write_account("work", Port=other.imap, Security="none", User=user, password=password)
        daemon.start()
        client.wait_account("work", State="online")
    finally:
        other.kill()
