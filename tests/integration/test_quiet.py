"""What the server sees of Posthorn: one connection, EXAMINE, header fields, and silence."""

import re

import pytest
from harness.messages import message
from harness.wait import stays_quiet, wait_for

# What reads a message's text, or changes anything.
FORBIDDEN = re.compile(
    rb"\b(SELECT|STORE|EXPUNGE|CLOSE|COPY|MOVE|APPEND|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|SETACL)\b"
    rb"|BODY\[|RFC822(?!\.SIZE)|BODYSTRUCTURE|BINARY\[", re.IGNORECASE)


def in_idle(proxy, mark=0):
    """True when the last word was the server's answer to IDLE."""
    chunks = proxy.since(mark)
    return bool(chunks) and chunks[-1].side == "S" and b"\r\n+ " in b"\r\n" + chunks[-1].data


def wait_idle(proxy, mark=0):
    wait_for(lambda: in_idle(proxy, mark), lambda: f"IDLE; commands: {proxy.commands(mark)}")


def test_nothing_is_changed_and_no_text_is_read(watched, client, server, user, proxy):
    server.deliver_many([message("One"), message("Two")], user)
    client.wait_new_mail(2)
    before = server.snapshot(user)
    server.deliver(message("Three", body="The body of the third"), user)
    client.wait_new_mail(3)
    watched.restart()
    client.wait_account("work", State="online")
    wait_idle(proxy)

    files, flags = server.snapshot(user)
    assert {name: files[name] for name in before[0]} == before[0]
    assert len(files) == 3 and all("/new/" in name for name in files), list(files)
    assert flags.count("\\Recent") == 3 and "\\Seen" not in flags
    commands = proxy.commands()
    assert any(line.upper().startswith(b"EXAMINE") for line in commands), commands
    for line in commands:
        peeks = re.sub(rb"BODY\.PEEK\[HEADER\.FIELDS \([^)]*\)\]", b"", line, flags=re.IGNORECASE)
        assert not FORBIDDEN.search(peeks), line
    assert b"The body of the third" not in proxy.sent("S")


def test_one_connection_for_many_mailboxes(daemon, client, server, user, proxy):
    mailboxes = [f"Box{number}" for number in range(30)]
    for mailbox in mailboxes:
        server.create(mailbox, user)
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, mailboxes=["INBOX", *mailboxes])
    daemon.start()
    client.wait_account("work", State="online")
    wait_idle(proxy)
    before, mark = server.snapshot(user), proxy.mark()
    server.save(message("To the last"), "Box29", user)
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_new_mail()
    wait_idle(proxy, mark)
    assert proxy.connections == 1
    files, flags = server.snapshot(user)
    assert before[0].items() <= files.items() and "\\Seen" not in flags
    commands = proxy.commands()
    assert not [line for line in commands if FORBIDDEN.search(re.sub(rb"BODY\.PEEK\[[^]]*\]", b"", line))], commands
    # What is unchanged is not opened: INBOX and the one with news.
    opened = {line.split(b" ", 1)[1] for line in proxy.commands(mark) if line.upper().startswith(b"EXAMINE")}
    assert {name.strip(b'"') for name in opened} == {b"INBOX", b"Box29"}, proxy.commands(mark)


def test_no_byte_while_nothing_happens(watched, client, server, user, proxy):
    wait_idle(proxy)
    server.deliver(message("Wake up once"), user)
    client.wait_new_mail()
    mark = proxy.mark()
    assert stays_quiet(lambda: proxy.since(mark), 5), proxy.since(mark)
    assert (proxy.connections, proxy.open) == (1, 1)


def test_envelope_in_no_round_trip(watched, client, server, user, proxy):
    """By NOTIFY: the server pushes the envelope, and the client does not say a byte."""
    wait_idle(proxy)
    client.wait_account("work", Strategy="notify")
    mark = proxy.mark()
    server.deliver(message("No round trip"), user)
    assert client.wait_new_mail()[0]["subject"] == "No round trip"
    assert stays_quiet(lambda: proxy.since(mark, "C"), 2), proxy.since(mark, "C")
    assert len(proxy.since(mark, "S")) == 1 and len(proxy.sent("S", mark)) < 600, proxy.since(mark)


def test_envelope_in_one_round_trip(daemon, client, server, user, proxy):
    """By IDLE: between the server's EXISTS and the envelope the client speaks once, DONE and UID FETCH
    together, with no answer awaited in between."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Strategy="idle")
    daemon.start()
    client.wait_account("work", State="online", Strategy="idle")
    wait_idle(proxy)
    mark = proxy.mark()
    server.deliver(message("One round trip"), user)
    client.wait_new_mail()
    wait_idle(proxy, mark)
    chunks = proxy.since(mark)
    assert chunks[0].side == "S" and b" EXISTS\r\n" in chunks[0].data
    spoken = [number for number, chunk in enumerate(chunks) if chunk.side == "C"]
    first = chunks[spoken[0]].data.upper()
    assert first.startswith(b"DONE\r\n"), first
    assert b" UID FETCH " in first, first
    answer = next(number for number, chunk in enumerate(chunks) if b" FETCH (" in chunk.data and chunk.side == "S")
    assert [number for number in spoken if number < answer] == spoken[:1], chunks


@pytest.mark.parametrize("strategy", ["auto", "idle"])
def test_bytes_follow_what_is_new_not_the_size_of_the_mailbox(daemon, client, server, user, proxy, strategy):
    """The same new message costs the same behind 5 and behind 505 old ones."""
    def cost(account, mail_user, old):
        server.place([message(f"Old {number}") for number in range(old)], mail_user)
        daemon.write_account(account, Port=proxy.port, Security="none", User=mail_user, Strategy=strategy)
        if daemon.process is None:
            daemon.start()
        else:
            daemon.reload()
        client.wait_account(account, State="online")
        wait_idle(proxy)
        mark = proxy.mark()
        server.deliver(message("The new one", message_id="same@example.test"), mail_user)
        client.wait_signal("NewMail", lambda signal: signal.arguments[2]["account"] == account)
        if strategy == "idle":
            wait_idle(proxy, mark)
        return len(proxy.sent("S", mark)), len(proxy.sent("C", mark))

    few, many = cost("few", f"{user}-few", 5), cost("many", f"{user}-many", 505)
    assert abs(few[0] - many[0]) < 60 and abs(few[1] - many[1]) < 20, (few, many)
    assert few[0] < 1500 and few[1] < 400, few


def test_check_now_uses_the_connection_that_is_there(watched, client, proxy):
    wait_idle(proxy)
    mark = proxy.mark()
    client.manager("CheckNow", "(as)", [])
    wait_for(lambda: proxy.since(mark, "C"), "a word to the server")
    wait_idle(proxy, mark)
    assert proxy.connections == 1


def test_goodbye(watched, proxy):
    """A daemon that is stopped leaves no connection behind."""
    wait_idle(proxy)
    watched.stop()
    wait_for(lambda: proxy.open == 0, "end of the connection")


def test_what_others_do_is_looked_at_without_a_trace(watched, client, server, user, proxy):
    """Read, expunged, marked deleted by another client: asked for and told, and nothing more is changed."""
    server.deliver_many([message(f"Number {number}") for number in range(4)], user)
    ids = {mail["uid"]: mail["id"] for mail in client.wait_new_mail(4)}
    server.flag(1, user=user)
    server.expunge(2, user=user)
    server.flag(3, "\\Deleted", user=user)
    before = server.snapshot(user)
    client.wait_retired({ids[1]: "seen", ids[2]: "gone", ids[3]: "gone"})
    mark = proxy.mark()
    watched.restart()
    client.wait_account("work", State="online")
    wait_idle(proxy, mark)
    assert server.snapshot(user) == before
    for line in proxy.commands():
        peeks = re.sub(rb"BODY\.PEEK\[HEADER\.FIELDS \([^)]*\)\]", b"", line, flags=re.IGNORECASE)
        assert not FORBIDDEN.search(peeks), line
