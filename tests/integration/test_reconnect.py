"""The server goes, the line breaks, the bus goes: the daemon stays, says so, and comes back."""

from harness.client import Client
from harness.messages import message
from harness.wait import wait_for


def watch(daemon, client, port, user):
    daemon.write_account("work", Port=port, Security="none", User=user)
    daemon.start()
    client.wait_account("work", State="online")


def test_server_stopped_and_started(daemon, client, own_server, user):
    watch(daemon, client, own_server.imap, user)
    own_server.stop()
    account = client.wait_account("work", State="offline")
    assert account["Reason"] in ("server-closed", "connect-failed", "connection-lost"), account
    assert account["RetryAt"] > 0
    own_server.start()
    own_server.deliver(message("While you were gone"), user)
    client.manager("CheckNow", "(as)", ["work"])
    assert client.wait_new_mail()[0]["subject"] == "While you were gone"
    client.wait_account("work", State="online", Reason="")
    assert len(client.new_events()) == 1


def test_it_comes_back_by_itself(daemon, client, own_server, user):
    """No CheckNow: the first retries come within seconds."""
    watch(daemon, client, own_server.imap, user)
    own_server.kill()
    client.wait_account("work", State="offline")
    own_server.start()
    own_server.deliver(message("By itself"), user)
    assert client.wait_new_mail(deadline=90)[0]["subject"] == "By itself"


def test_line_is_reset(watched, client, server, user, proxy):
    proxy.reset()
    server.deliver(message("After the break"), user)
    client.manager("CheckNow", "(as)", [])
    assert client.wait_new_mail()[0]["subject"] == "After the break"
    assert proxy.connections == 2
    assert len(client.new_events()) == 1


def test_break_in_the_middle_of_the_envelope(daemon, client, server, user, proxy):
    """The line breaks when the answer is on its way: nothing is lost, nothing comes twice. As often
    as the budget of logins has no patience of its own in it."""
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Strategy="idle")
    daemon.start()
    for number in range(2):
        client.wait_account("work", State="online")
        mark = proxy.mark()
        proxy_connections = proxy.connections
        server.deliver(message(f"Number {number}"), user)
        wait_for(lambda: any(b"UID FETCH" in chunk.data for chunk in proxy.since(mark, "C")), "UID FETCH")
        proxy.reset()
        client.wait_new_mail(number + 1, deadline=60)
        wait_for(lambda: proxy.connections > proxy_connections, "a new connection")
    assert [event["subject"] for event in client.new_events()] == ["Number 0", "Number 1"]


def test_other_accounts_do_not_suffer(daemon, client, server, own_server, user):
    daemon.write_account("broken", Port=own_server.imap, Security="none", User=user)
    daemon.write_account("well", Port=server.imap, Security="none", User=user)
    daemon.start()
    for name in ("broken", "well"):
        client.wait_account(name, State="online")
    own_server.kill()
    client.wait_account("broken", State="offline")
    server.deliver(message("Still watched"), user)
    mail = client.wait_new_mail()[0]
    assert (mail["account"], mail["subject"]) == ("well", "Still watched")
    assert client.property("AccountsOnline") == 1


def test_bus_restarted(watched, client, bus, server, user, proxy):
    """The daemon lives on without a bus, comes back when there is one, and tells what came meanwhile."""
    server.deliver(message("On the first bus"), user)
    client.wait_new_mail()
    mark = proxy.mark()
    bus.stop()
    wait_for(lambda: client.is_closed, "the end of the bus")
    server.deliver(message("Without a bus"), user)
    wait_for(lambda: b"Without a bus" in proxy.sent("S", mark), "the envelope")
    assert watched.process.is_running(), watched.log()

    bus.start()
    again = Client(bus.address)
    again.wait_account("work", State="online", deadline=60)
    assert [event["subject"] for event in again.new_events()] == ["On the first bus", "Without a bus"]
    server.deliver(message("On the second bus"), user)
    again.wait_signal("NewMail", lambda signal: signal.arguments[2]["subject"] == "On the second bus")
    again.close()
    assert proxy.connections == 1, "the mail session had no reason to suffer"


def test_started_before_the_bus(daemon, bus, server, user):
    """At boot the bus may come later than the daemon."""
    bus.stop()
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.launch()
    daemon.process.wait_for_line("")
    bus.start()
    late = Client(bus.address)
    late.wait_account("work", State="online", deadline=60)
    late.close()
