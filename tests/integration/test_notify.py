"""The three means to be told of mail, each on a Dovecot that offers no better one; and servers that
promise what they do not keep."""

import pytest
from harness.dovecot import Dovecot
from harness.messages import encoded_word, message
from harness.odd_server import OddServer
from harness.proxy import Proxy

NAMES = ["INBOX", "Work", "Entwürfe"]
PLAIN = "IMAP4rev1 SASL-IR ID ENABLE LITERAL+ ESEARCH NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE UIDPLUS"
OFFERS = {"notify": "", "idle": f"imap_capability = {PLAIN} IDLE\n", "poll": f"imap_capability = {PLAIN}\n"}


@pytest.fixture(scope="module", params=OFFERS)
def rung(request):
    return request.param


@pytest.fixture(scope="module")
def offering(rung, session_directory, certificate):
    """A Dovecot that offers the rung and nothing better."""
    dovecot = Dovecot(session_directory / f"offers-{rung}", certificate, extra=OFFERS[rung]).start()
    yield dovecot
    dovecot.kill()


@pytest.fixture
def relay(offering):
    proxy = Proxy(offering.imap)
    yield proxy
    proxy.close()


def begin(daemon, client, server, user, port, **keys):
    for name in NAMES[1:]:
        server.create(name, user)
    for name in NAMES:
        server.save(message(b"Old in " + name.encode()), name, user)
    daemon.write_account("work", Port=port, Security="none", User=user, mailboxes=NAMES, **keys)
    daemon.start()
    client.wait_account("work", Total=3)


def test_each_means(daemon, client, offering, rung, user, relay):
    """One connection, the right means, every message once, and nothing is changed."""
    begin(daemon, client, offering, user, relay.port)
    client.wait_account("work", State="online", Strategy=rung, Reason="")
    for number in range(3):
        for name in NAMES:
            offering.save(message(encoded_word(f"{number} in {name}", "utf-8")), name, user)
        if rung != "notify":
            client.manager("CheckNow", "(as)", ["work"])
        client.wait_new_mail(3 * number + 3)
    before = offering.snapshot(user)
    found = sorted((mail["mailbox"], mail["subject"]) for mail in client.new_events())
    assert found == sorted((name, f"{number} in {name}") for number in range(3) for name in NAMES)
    client.wait_account("work", Total=12, Unseen=12)
    assert relay.connections == 1
    assert (b"NOTIFY SET" in relay.sent("C")) == (rung == "notify")
    assert (b" IDLE\r\n" in relay.sent("C")) == (rung != "poll")
    assert offering.snapshot(user) == before


def test_round_trips_of_a_message(daemon, client, offering, rung, user, relay):
    begin(daemon, client, offering, user, relay.port)
    # It says so once it rests: behind the answer to IDLE, or with nothing more to ask.
    client.wait_account("work", Strategy=rung)
    mark = relay.mark()
    offering.deliver(message("Counted"), user)
    if rung == "poll":
        client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail()[0]["subject"] == "Counted"
    chunks = relay.since(mark)
    answer = next(number for number, chunk in enumerate(chunks) if chunk.side == "S" and b"Counted" in chunk.data)
    spoken = [chunk.data for chunk in chunks[:answer] if chunk.side == "C"]
    assert len(spoken) == {"notify": 0, "idle": 1, "poll": 2}[rung], chunks


def test_while_stopped(daemon, client, offering, rung, user, relay):
    begin(daemon, client, offering, user, relay.port)
    client.wait_account("work", Strategy=rung)
    daemon.stop()
    for name in NAMES:
        offering.save(message(encoded_word(f"Meanwhile in {name}", "utf-8")), name, user)
    daemon.start()
    assert len(client.wait_new_mail(3)) == 3
    client.wait_account("work", Total=6, Strategy=rung)
    assert len(client.new_events()) == 3


def test_mail_during_visits(daemon, client, server, user, proxy):
    """Mail comes to all mailboxes while others are visited; no word of the user, nothing is missed, and
    the server survives being asked for header fields of changing mailboxes."""
    begin(daemon, client, server, user, proxy.port)
    client.wait_account("work", Strategy="notify")
    wanted = [(name, f"{number} in {name}") for number in range(8) for name in NAMES]
    for name, subject in wanted:
        server.save(message(encoded_word(subject, "utf-8"), extra=b"List-Id: <list.example.test>\r\n"), name, user)
    found = [(mail["mailbox"], mail["subject"]) for mail in client.wait_new_mail(len(wanted), deadline=60)]
    assert sorted(found) == sorted(wanted)
    for name in NAMES:
        assert [subject for mailbox, subject in found if mailbox == name] == \
            [f"{number} in {name}" for number in range(8)]
    assert all(mail["list_id"] for mail in client.new_events())
    assert proxy.connections == 1


def test_strategy_is_a_ceiling(daemon, client, server, user, proxy):
    begin(daemon, client, server, user, proxy.port, Strategy="idle")
    client.wait_account("work", State="online", Strategy="idle", Reason="")
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Strategy="poll")
    daemon.reload()
    client.wait_account("work", State="online", Strategy="poll", Reason="")
    assert b"NOTIFY" not in proxy.sent("C")


def test_a_server_that_cannot_watch_them(daemon, client, directory, certificate, user):
    """Without its index Dovecot refuses to watch more than the selected mailbox."""
    extra = f"mailbox_list_index = no\n{OFFERS['idle'].rstrip()} NOTIFY\n"
    dovecot = Dovecot(directory / "mail", certificate, extra=extra).start()
    begin(daemon, client, dovecot, user, dovecot.imap)
    account = client.wait_account("work", State="degraded", Strategy="idle", Reason="push-refused")
    assert account["ReasonText"]
    dovecot.deliver(message("Told"), user)
    assert client.wait_new_mail()[0]["subject"] == "Told"
    dovecot.save(message("Looked for"), "Work", user)
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail(2)[1]["subject"] == "Looked for"
    daemon.stop()
    dovecot.kill()


# --- servers that promise -----------------------------------------------------------------------------

class Promising(OddServer):
    capabilities = OddServer.capabilities + " NOTIFY"


class Refusing(Promising):
    asked = 0

    def on_notify(self, link, tag, rest):
        self.asked += 1
        link.send(f"{tag} NO [BADEVENT (MessageNew)] no")


class WithoutEnvelope(Promising):
    """Announces, and pushes flags alone."""

    def pushed(self, link):
        return [f"* {len(self.messages)} FETCH (UID {self.messages[-1].uid} FLAGS ())"]


class WithoutFetch(Promising):
    def pushed(self, link):
        return []


class Twice(Promising):
    def pushed(self, link):
        return super().pushed(link) * 2


class Overflowing(Promising):
    """Gives up in the middle, and is silent then, as the RFC has it."""
    overflowed = False

    def news(self, link):
        if link.pushes and not self.overflowed and len(self.messages) > 2:
            self.overflowed = True
            link.pushes = None
            return ["* OK [NOTIFICATIONOVERFLOW] too much"]
        return [] if link.pushes is None else super().news(link)


@pytest.fixture
def odd(request):
    server = request.param()
    yield server
    server.close()


def watch(daemon, client, server, **wanted):
    server.deliver("Old")
    daemon.write_account("work", Port=server.port, Security="none")
    daemon.start()
    client.wait_account("work", **wanted)


@pytest.mark.parametrize("odd", [Promising, WithoutEnvelope, WithoutFetch, Twice], indirect=True,
                         ids=lambda habit: habit.__name__)
def test_half_a_push_costs_no_mail(daemon, client, odd):
    watch(daemon, client, odd, State="online", Strategy="notify")
    for number in range(1, 6):
        odd.deliver(f"Number {number}")
        assert client.wait_new_mail(number)[-1]["subject"] == f"Number {number}"
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", Total=6, Unseen=6)
    assert len(client.read_events()) == 5
    assert odd.logins == 1


@pytest.mark.parametrize("odd", [Overflowing], indirect=True)
def test_overflow_in_the_middle(daemon, client, odd):
    """Nothing is pushed any more: another connection does without, and says why."""
    watch(daemon, client, odd, State="online", Strategy="notify")
    for number in range(1, 5):
        odd.deliver(f"Number {number}")
        assert client.wait_new_mail(number, deadline=60)[-1]["subject"] == f"Number {number}"
        if odd.overflowed:
            client.wait_account("work", State="degraded", Strategy="idle", Reason="push-refused")
    assert len(client.read_events()) == 4
    assert odd.logins == 2


@pytest.mark.parametrize("odd", [Refusing], indirect=True)
def test_a_refusal_is_remembered(daemon, client, odd):
    """Not asked for again at each login."""
    watch(daemon, client, odd, State="degraded", Strategy="idle", Reason="push-refused")
    assert odd.asked == 2
    begun = len(client.signals)
    for link in list(odd.links):
        link.close()
    client.wait_signal("PropertiesChanged", lambda signal: signal.arguments[1].get("State") == "offline", after=begun)
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", State="degraded", Strategy="idle", Reason="push-refused", deadline=60)
    odd.deliver("New")
    assert client.wait_new_mail()[0]["subject"] == "New"
    assert (odd.asked, odd.logins) == (2, 2)


@pytest.mark.parametrize("odd", [Refusing], indirect=True)
def test_a_refusal_outlives_the_process(daemon, client, odd):
    """Whether it stops in order or is killed."""
    watch(daemon, client, odd, State="degraded", Strategy="idle", Reason="push-refused")
    for end in (daemon.stop, daemon.kill):
        end()
        daemon.start()
        client.wait_account("work", State="degraded", Strategy="idle", Reason="push-refused")
    assert (odd.asked, odd.logins) == (2, 3)
