"""What a user sees of a POP3 server that refuses, delays or lacks things: a scripted server, which says
what real ones will not."""

import contextlib
import socket
import threading
import time

import pytest
from harness.wait import poke, wait_for

CAPABILITIES = ["USER", "UIDL", "TOP"]


class Script:
    """A mailbox of `ids`, which are the subjects, too, unless there are `names`. `answers` replaces the answer to a word; `sessions` counts connections."""

    def __init__(self, capabilities=(), **answers):
        self.capabilities = [*CAPABILITIES, *capabilities]
        self.answers = answers
        self.ids, self.names = [], None
        self.sessions = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.sessions += 1
            poke()
            with contextlib.suppress(OSError), connection, connection.makefile("rwb") as stream:
                self._serve(stream)

    def _serve(self, stream):
        stream.write(b"+OK ready\r\n")
        stream.flush()
        for line in stream:
            word = line.split()[0].decode()
            stream.write(self._answer(word, line.split()[1:]).encode() + b"\r\n")
            stream.flush()
            if word == "QUIT":
                return

    def _answer(self, word, arguments):
        if word in self.answers:
            return self.answers[word]
        if word == "CAPA":
            return "\r\n".join(["+OK", *self.capabilities, "."])
        if word == "STAT":
            return f"+OK {len(self.ids)} {100 * len(self.ids)}"
        if word == "UIDL" and arguments:
            return f"+OK {int(arguments[0])} {(self.names or self.ids)[int(arguments[0]) - 1]}"
        if word == "UIDL":
            return "\r\n".join(["+OK", *(f"{n} {name}" for n, name in enumerate(self.names or self.ids, 1)), "."])
        if word == "TOP":
            return f"+OK\r\nSubject: {self.ids[int(arguments[0]) - 1]}\r\n\r\n."
        return "+OK"

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def script():
    made = []

    def make(*arguments, **answers):
        made.append(Script(*arguments, **answers))
        return made[-1]
    yield make
    for one in made:
        one.close()


def start(daemon, server):
    daemon.write_account("work", Protocol="pop3", Port=server.port, Security="none", User="ada")
    daemon.start()


@pytest.mark.parametrize("answer, state, reason, wait", [
    ("-ERR [IN-USE] Do you have another POP session running?", "offline", "unavailable", 60),
    ("-ERR [SYS/TEMP] try later", "offline", "unavailable", 60),
    ("-ERR [LOGIN-DELAY] too soon", "offline", "throttled", 900),
    ("-ERR [SYS/PERM] the mailbox is broken", "failed", "no-mailbox", 3600),
    ("-ERR [AUTH] wrong", "failed", "auth-failed", 60),
])
def test_a_refusal_has_its_state_reason_and_time(daemon, client, script, answer, state, reason, wait):
    server = script(PASS=answer)
    began = time.time()
    start(daemon, server)
    account = client.wait_account("work", State=state, Reason=reason)
    assert answer.split("] ")[1] in account["ReasonText"]
    assert account["RetryAt"] / 1e6 >= began + wait - 1
    assert server.sessions == 1


def test_check_now_respects_the_servers_delay(daemon, client, script):
    server = script(["LOGIN-DELAY 600"])
    start(daemon, server)
    first = client.wait_account("work", State="online", Strategy="poll")
    wait_for(lambda: client.account("work")["RetryAt"] > 0, "a time of the next poll")
    client.manager("CheckNow", "(as)", ["work"])
    account = client.account("work")
    assert account["State"] == "online"
    assert account["RetryAt"] >= first["LastContact"] + 599 * 1000000
    assert account["RetryAt"] <= first["LastContact"] + 610 * 1000000
    assert server.sessions == 1


def test_a_server_without_uidl_and_top(daemon, client, script):
    server = script(UIDL="-ERR unknown", TOP="-ERR unknown")
    server.ids = ["a", "b"]
    start(daemon, server)
    client.wait_account("work", State="online", Total=2)
    server.ids = ["a", "b", "c"]
    client.manager("CheckNow", "(as)", ["work"])
    mail = client.wait_new_mail()[0]
    assert "subject" not in mail and mail["id"].startswith("pop://ada@localhost/")
    client.wait_account("work", State="online", Total=3)


def test_a_server_without_uidl(daemon, client, script):
    server = script(UIDL="-ERR unknown")
    server.ids = ["a", "b"]
    start(daemon, server)
    client.wait_account("work", State="online", Total=2)
    server.ids = ["b", "c", "d"]
    client.manager("CheckNow", "(as)", ["work"])
    assert [mail["subject"] for mail in client.wait_new_mail(2)] == ["c", "d"]


def test_other_unique_ids_for_the_same_mail_are_one_reset(daemon, client, script):
    server = script()
    server.ids = ["a", "b", "c"]
    start(daemon, server)
    client.wait_account("work", State="online", Total=3)
    server.ids, server.names = ["a", "b", "c", "new"], ["x", "y", "z", "n"]
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail()[0]["subject"] == "new"
    reset = client.wait_signal("MailboxReset").arguments[2]
    assert reset["reason"] == "uidl"
    assert len(client.new_events()) == 1
