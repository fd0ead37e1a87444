"""The system bus: who is told what. ada may read one account, bob another by his group, eve is not in
the group posthorn, and nobody but root sees the third account."""

from harness.client import ACCOUNT, MANAGER, NAME, OBJECT_MANAGER, PROPERTIES, ROOT
from harness.system_bus import PATHS
from harness.wait import wait_for

ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
UNKNOWN_OBJECT = "org.freedesktop.DBus.Error.UnknownObject"
NO_SUCH_ACCOUNT = NAME + ".Error.NoSuchAccount"
HOUR_USEC = 3600 * 10**6
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"


def settle(client):
    """All that was sent to it before is in `signals`: a round trip by the daemon, which answers in order. The
    client tells signals behind the answer of the call that they came during, so there is a second one."""
    client.properties()
    client.properties()


def seen(client):
    """All that the client's program ever got, as text, but for what the bus says of itself."""
    return repr([signal for signal in client.signals if signal[0] != "org.freedesktop.DBus"])


def test_reader_sees_one_account_and_nothing_else(machine):
    ada = machine.subscriber("ada")
    objects = ada.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0]
    assert list(objects) == [PATHS["desk"]]
    accounts, total = ada.manager("ListAccounts", "(uu)", 0, 0)
    assert ([path for path, _ in accounts], total) == ([PATHS["desk"]], 1)
    assert ada.manager("ListAccounts", "(uu)", 1, 0) == [[], 1]
    nodes = ada.call(f"{ROOT}/account", INTROSPECTABLE, "Introspect")[0]
    assert 'name="desk"' in nodes and "hall" not in nodes and "vault" not in nodes
    # The numbers are those of the one account.
    before = ada.properties()
    assert (before["AccountsOnline"], before["Unseen"], before["LastSequence"]) == (1, 0, 0)
    mark = len(ada.signals)
    machine.deliver("vault", "The combination")
    machine.deliver("hall", "The keys")
    assert ada.properties() == before
    assert ada.read_events() == []
    settle(ada)
    assert ada.signals[mark:] == []
    # Of that one it hears everything.
    mine = machine.deliver("desk", "A pencil")
    told = ada.wait_signal("NewMail")
    assert told[1:] == mine[1:]
    ada.wait_signal("PropertiesChanged", lambda signal: signal[1] == ROOT and signal[4][1].get("Unseen") == 1)
    ada.wait_signal("PropertiesChanged", lambda signal: signal[1] == PATHS["desk"] and "Unseen" in signal[4][1])
    after = ada.properties()
    assert (after["Unseen"], after["LastSequence"]) == (1, mine[4][0])
    assert [event["subject"] for event in ada.read_events()] == ["A pencil"]
    assert ada.manager("ReadEvents", "(tu)", mine[4][0], 0) == [[], mine[4][0]]
    assert "vault" not in seen(ada) and "hall" not in seen(ada)


def test_hidden_account_answers_like_none(machine):
    """No answer tells that there is an account which the caller may not see."""
    ada = machine.client("ada")
    calls = [
        (ACCOUNT, "CheckNow"), (ACCOUNT, "Pause", "(t)", 0), (ACCOUNT, "Resume"), (ACCOUNT, "ListMailboxes"),
        (ACCOUNT, "MarkSeen", "(as)", []), (ACCOUNT, "Nothing"), ("org.example.Nothing", "CheckNow"),
        (PROPERTIES, "Get", "(ss)", ACCOUNT, "State"), (PROPERTIES, "GetAll", "(s)", ACCOUNT),
        (INTROSPECTABLE, "Introspect"),
    ]
    for call in calls:
        def ask(account):
            try:
                return ada.call(PATHS[account], *call)
            except Exception as refused:  # pylint: disable=broad-except
                return [text.replace(account, "X") for text in refused.args]
        assert ask("vault") == ask("hall") == ask("nowhere"), call
        assert ask("nowhere")[0] == UNKNOWN_OBJECT, call
    for account in ("vault", "hall", "nowhere"):
        assert ada.error(ada.manager, "CheckNow", "(as)", [account]) == NO_SUCH_ACCOUNT
        assert ada.error(ada.manager, "CheckNow", "(as)", ["desk", account]) == NO_SUCH_ACCOUNT
    assert ada.manager("CheckNow", "(as)", ["desk"]) == []
    assert ada.manager("CheckNow", "(as)", []) == []


def test_reader_by_group_and_what_it_may_do(machine):
    bob = machine.subscriber("bob")
    assert list(bob.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0]) == [PATHS["hall"]]
    event = machine.deliver("hall", "Lights out")[4][2]
    bob.wait_signal("NewMail")
    assert bob.call(PATHS["hall"], ACCOUNT, "MarkSeen", "(as)", [event["id"]]) == [{event["id"]: "seen"}]
    bob.wait_signal("MailRetired")
    # What would change it for the others is root's.
    for call in ((PATHS["hall"], ACCOUNT, "Pause", "(t)", 0), (PATHS["hall"], ACCOUNT, "Resume"),
                 (ROOT, MANAGER, "Reload"), (ROOT, NAME + ".Metrics", "GetMetrics")):
        assert bob.error(bob.call, *call) == ACCESS_DENIED, call
    assert machine.root.call(PATHS["hall"], ACCOUNT, "Pause", "(t)", 0) == []
    bob.wait_signal("PropertiesChanged", lambda signal: signal[4][1].get("State") == "paused")
    # Groups are those that the process has, whatever the list of users says.
    stranger = machine.subscriber("bob", "posthorn")
    assert stranger.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0] == {}


def test_d14_d30_outsider_sees_nothing(machine):
    """Not in the group: no method, no property, no signal, however it asks the bus for them."""
    eve = machine.client("eve")
    for call in ((ROOT, MANAGER, "ListAccounts", "(uu)", 0, 0), (ROOT, MANAGER, "ReadEvents", "(tu)", 0, 0),
                 (ROOT, MANAGER, "Subscribe"), (ROOT, MANAGER, "CheckNow", "(as)", []),
                 (ROOT, OBJECT_MANAGER, "GetManagedObjects"), (ROOT, INTROSPECTABLE, "Introspect"),
                 (ROOT, PROPERTIES, "GetAll", "(s)", MANAGER), (PATHS["desk"], PROPERTIES, "GetAll", "(s)", ACCOUNT),
                 (ROOT, "org.freedesktop.DBus.Peer", "Ping")):
        assert eve.error(eve.call, *call) == ACCESS_DENIED, call
    eve.bus("AddMatch", "(s)", "type='signal'")
    eve.bus("AddMatch", "(s)", f"type='signal',sender='{NAME}'")
    assert eve.error(eve.bus, "AddMatch", "(s)", "eavesdrop='true'") == ACCESS_DENIED
    monitoring = "org.freedesktop.DBus.Monitoring"
    assert eve.error(lambda: eve.bus("BecomeMonitor", "(asu)", [], 0, interface=monitoring)) == ACCESS_DENIED
    assert eve.error(eve.bus, "RequestName", "(su)", NAME, 4) == ACCESS_DENIED
    ada = machine.subscriber("ada")
    machine.deliver("desk", "Not for eve")
    machine.deliver("vault", "Nor this")
    ada.wait_signal("NewMail")
    machine.root.manager("Reload")
    eve.bus("GetId")
    assert seen(eve) == "[]"


def test_nothing_is_broadcast(machine):
    """One who is in the group and asks the bus for everything gets what it subscribed to, and that is
    for it alone."""
    bob = machine.client("bob")
    bob.bus("AddMatch", "(s)", "type='signal'")
    assert bob.error(bob.bus, "AddMatch", "(s)", "eavesdrop='true'") == ACCESS_DENIED
    ada = machine.subscriber("ada")
    machine.deliver("desk", "For ada")
    machine.deliver("hall", "For whom of support hears it")
    ada.wait_signal("NewMail")
    settle(bob)
    assert seen(bob) == "[]"
    bob.manager("Subscribe")
    machine.deliver("hall", "Heard")
    assert bob.wait_signal("NewMail")[4][2]["subject"] == "Heard"
    bob.manager("Unsubscribe")
    settle(bob)
    mark = len(bob.signals)
    machine.deliver("hall", "Not heard")
    settle(bob)
    assert bob.signals[mark:] == []


def test_revoking_takes_effect_at_reload(machine):
    ada, bob = machine.subscriber("ada"), machine.subscriber("bob")
    machine.deliver("desk", "Before")
    ada.wait_signal("NewMail")
    machine.write("desk", Readers="bob @staff")
    machine.root.manager("Reload")
    assert ada.wait_signal("InterfacesRemoved")[4] == [PATHS["desk"], [ACCOUNT]]
    ada.wait_signal("PropertiesChanged", lambda signal: signal[4][1].get("AccountsOnline") == 0)
    added = bob.wait_signal("InterfacesAdded")[4]
    assert added[0] == PATHS["desk"] and added[1][ACCOUNT]["Id"] == "desk"
    mark = len(ada.signals)
    machine.deliver("desk", "After")
    assert bob.wait_signal("NewMail", lambda signal: signal[4][2]["subject"] == "After")
    settle(ada)
    assert ada.signals[mark:] == []
    assert ada.read_events() == []
    assert ada.properties()["LastSequence"] == 0
    assert ada.error(ada.properties, PATHS["desk"], ACCOUNT) == UNKNOWN_OBJECT
    # The connection to the server is as it was, and whoever may read now reads what was before.
    assert [event["subject"] for event in bob.read_events()] == ["Before", "After"]
    assert "there is no group 'staff'" in machine.daemon.log()
    assert machine.daemon.log().count("account=desk state=online") == 1


def test_account_comes_and_goes_for_its_readers_alone(machine):
    ada, bob = machine.subscriber("ada"), machine.subscriber("bob")
    machine.daemon.account_file("desk").unlink()
    machine.root.manager("Reload")
    assert ada.wait_signal("InterfacesRemoved")[4][0] == PATHS["desk"]
    machine.write("desk", Readers="ada")
    machine.root.manager("Reload")
    assert ada.wait_signal("InterfacesAdded")[4][0] == PATHS["desk"]
    machine.root.wait_signal("InterfacesAdded")
    settle(bob)
    assert seen(bob) == "[]"


def test_many_accounts_go_at_once(machine):
    """While they go, nobody looks at those that are gone already."""
    paths = {account: PATHS[account] for account in machine.users}
    for account in paths:
        machine.write(account, Readers="ada")
    machine.root.manager("Reload")
    ada = machine.subscriber("ada")
    assert set(ada.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0]) == set(paths.values())
    for account in paths:
        machine.daemon.account_file(account).unlink()
    machine.root.manager("Reload")
    for path in paths.values():
        ada.wait_signal("InterfacesRemoved", lambda signal, path=path: signal[4] == [path, [ACCOUNT]])
    assert ada.call(ROOT, OBJECT_MANAGER, "GetManagedObjects")[0] == {}


def test_where_the_log_begins_is_told_by_the_hour(machine):
    """The number at which it does is that of somebody's event."""
    ada = machine.client("ada")
    dropped = machine.deliver("vault", "The combination")[4][0]
    kept = machine.deliver("desk", "A pencil")[4][0]
    (machine.daemon.config / "posthorn.conf").write_text("[Events]\nMaxCount=1\n", encoding="ascii")
    machine.root.manager("Reload")
    wait_for(lambda: len(machine.root.read_events()) == 1, "a log of one event")
    read = ("ReadEvents", "(tu)")
    # Who sees all, and has read the one that was dropped, misses nothing.
    assert machine.root.manager(*read, dropped, 0)[1] == kept
    assert ada.error(ada.manager, *read, dropped, 0) == NAME + ".Error.SequenceGone"
    assert ada.manager(*read, dropped - dropped % HOUR_USEC + HOUR_USEC, 0) == [[], kept]
    assert [event["subject"] for event in ada.read_events()] == ["A pencil"]


def test_vanished_subscribers_are_forgotten(machine):
    """More than there is room for, one after the other."""
    for _ in range(20):
        ada = machine.subscriber("ada")
        machine.clients.remove(ada)
        ada.close()
    ada = machine.subscriber("ada")
    machine.deliver("desk", "Still there")
    ada.wait_signal("NewMail")


def test_lasts_over_a_restart(machine):
    """What each may see of the log, and its newest number, are known again."""
    seq = machine.deliver("desk", "Before the restart")[4][0]
    machine.deliver("vault", "Newer")
    machine.daemon.restart()
    ada = machine.client("ada")
    assert ada.properties()["LastSequence"] == seq
    assert [event["subject"] for event in ada.read_events()] == ["Before the restart"]
