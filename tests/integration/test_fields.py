"""What is told of a message beyond its envelope, by a real server and by those that know less."""

import pytest
from harness.messages import message
from harness.odd_server import OddServer


@pytest.fixture
def odd():
    servers = []

    def make(kind):
        servers.append(kind())
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def test_first_words_only_where_asked_for(daemon, client, server, user):
    daemon.write_account("plain", Port=server.imap, Security="none", User=user)
    daemon.write_account("curious", Port=server.imap, Security="none", User=user, Preview="yes")
    daemon.start()
    client.wait_account("plain", State="online")
    client.wait_account("curious", State="online")
    server.deliver(message("Lunch", body="Shall we meet at noon?\r\n"), user)
    mails = {mail["account"]: mail for mail in client.wait_new_mail(2)}
    assert mails["curious"]["preview"] == "Shall we meet at noon?"
    assert "preview" not in mails["plain"]


def test_a_preview_that_is_refused_costs_no_message(daemon, client, odd):
    class Stumbles(OddServer):
        capabilities = OddServer.capabilities + " PREVIEW OBJECTID"
        asked = []

        def on_fetch(self, link, tag, rest):
            self.asked.append(rest)
            if "PREVIEW" in rest or "EMAILID" in rest:
                link.send(f"{tag} BAD what is that?")
            else:
                super().on_fetch(link, tag, rest)

    server = odd(Stumbles)
    daemon.write_account("work", Port=server.port, Security="none", User="u", Preview="yes")
    daemon.start()
    client.wait_account("work", State="online")
    server.deliver("One")
    assert client.wait_new_mail()[0]["subject"] == "One"
    server.deliver("Two")
    assert [mail["subject"] for mail in client.wait_new_mail(2)] == ["One", "Two"]
    # three steps for the first, one for the second
    assert ["PREVIEW" in rest for rest in server.asked] == [True, False, False, False]
    assert ["EMAILID" in rest for rest in server.asked] == [True, True, False, False]
