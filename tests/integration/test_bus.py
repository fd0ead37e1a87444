"""The D-Bus contract as a client sees it, held against the XML that is the contract."""

from xml.etree import ElementTree

import pytest
from harness.client import ACCOUNT, MANAGER, OBJECT_MANAGER, PROPERTIES, ROOT
from harness.messages import message
from harness.posthorn import SOURCE
from harness.wait import wait_for
from gi.repository import GLib

UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"


def shape(xml):
    """{interface: {(kind, member): what its arguments or its type are}} of introspection data."""
    found = {}
    for interface in ElementTree.fromstring(xml).iter("interface"):
        members = found.setdefault(interface.get("name"), {})
        for member in interface:
            if member.tag in ("method", "signal"):
                members[member.tag, member.get("name")] = [
                    (argument.get("direction", "in" if member.tag == "method" else "out"), argument.get("type"))
                    for argument in member.iter("arg")]
            elif member.tag == "property":
                members["property", member.get("name")] = (member.get("type"), member.get("access"))
    return found


def contract():
    """The shape of all XML files of lib/bus together."""
    found = {}
    for path in sorted((SOURCE / "lib/bus").glob("*.xml")):
        found.update(shape(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("interface", [MANAGER, ACCOUNT])
def test_d06_introspection_is_the_contract(watched, client, interface):
    path = ROOT if interface == MANAGER else client.account_path("work")
    told = shape(client.introspect(path))
    assert told[interface] == contract()[interface]
    assert told[interface], "an empty interface"
    for standard in (PROPERTIES, "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Peer"):
        assert standard in told
    assert (OBJECT_MANAGER in told) == (interface == MANAGER)


@pytest.mark.parametrize("interface", [MANAGER, ACCOUNT])
def test_d06_properties_have_the_types_of_the_contract(watched, client, interface):
    path = ROOT if interface == MANAGER else client.account_path("work")
    answer = client.call_raw(path, PROPERTIES, "GetAll", GLib.Variant("(s)", (interface,)))
    dictionary = answer.get_child_value(0)
    told = {}
    for number in range(dictionary.n_children()):
        entry = dictionary.get_child_value(number)
        told[entry.get_child_value(0).get_string()] = entry.get_child_value(1).get_variant().get_type_string()
    assert told == {name: kind[0] for (what, name), kind in contract()[interface].items() if what == "property"}


def test_d11_children_lead_to_the_accounts(watched, client):
    """Whoever walks the tree by introspection finds every account."""
    def walk(path):
        nodes = ElementTree.fromstring(client.introspect(path)).findall("node")
        children = [f"{path.rstrip('/')}/{node.get('name')}" for node in nodes]
        return [path] + [found for child in children for found in walk(child)]
    assert client.account_path("work") in walk("/")


def test_manager_properties(watched, client, server, user):
    assert client.property("AccountsOnline") == 1
    assert client.property("AccountsFailed") == 0
    assert client.property("Version") == watched.cli("--version").stdout.decode().split()[1]
    server.deliver(message("One"), user)
    client.wait_new_mail()
    seq = client.named("NewMail")[0].arguments[0]
    wait_for(lambda: client.property("LastSequence") == seq, "LastSequence")
    wait_for(lambda: client.property("Unseen") == 1, "Unseen")


def test_account_properties(watched, client, server, user, proxy):
    account = client.account("work")
    assert (account["Id"], account["Protocol"], account["Host"], account["User"]) == \
        ("work", "imap", "localhost", user)
    assert (account["State"], account["Reason"]) == ("online", "")
    assert account["Strategy"] in ("idle", "notify")
    assert account["LastContact"] > 1700000000 * 1000000
    assert account["RetryAt"] == 0
    server.deliver_many([message("One"), message("Two")], user)
    client.wait_account("work", Total=2, Unseen=2)


def test_changes_are_signalled(watched, client, server, user):
    """PropertiesChanged carries the new values: nobody needs to ask."""
    path = client.account_path("work")
    server.deliver(message("One"), user)

    def changed(signal, at, name, value):
        interface, values, _ = signal.arguments
        return signal.path == at and values.get(name) == value and interface in (MANAGER, ACCOUNT)
    client.wait_signal("PropertiesChanged", lambda signal: changed(signal, path, "Unseen", 1))
    client.wait_signal("PropertiesChanged", lambda signal: changed(signal, ROOT, "Unseen", 1))


def test_list_accounts(daemon, client):
    for number in range(5):
        daemon.write_account(f"account{number}", Host="localhost", Port=9, Security="none")
    daemon.start()
    everything, total = client.manager("ListAccounts", "(uu)", 0, 100)
    assert total == 5
    assert sorted(properties["Id"] for _, properties in everything) == [f"account{n}" for n in range(5)]
    for path, properties in everything:
        assert path == client.account_path(properties["Id"])
    parts = [client.manager("ListAccounts", "(uu)", offset, 2) for offset in (0, 2, 4, 6)]
    assert [len(accounts) for accounts, _ in parts] == [2, 2, 1, 0]
    assert [path for accounts, _ in parts for path, _ in accounts] == [path for path, _ in everything]


def test_id_with_every_allowed_character(daemon, client, server, user):
    account = "ada.l-o_v+e@example.test"
    daemon.write_account(account, Port=server.imap, Security="none", User=user)
    daemon.start()
    client.wait_account(account, State="online")
    server.deliver(message("By any name"), user)
    assert client.wait_new_mail()[0]["account"] == account
    assert client.named("NewMail")[0].arguments[1] == client.account_path(account)


def test_check_now_of_one_account(watched, client, proxy):
    mark = proxy.mark()
    client.call(client.account_path("work"), ACCOUNT, "CheckNow")
    wait_for(lambda: proxy.since(mark, "C"), "a word to the server")


@pytest.mark.parametrize("path, interface, method, arguments, error", [
    (ROOT, MANAGER, "NoSuchMethod", (), UNKNOWN_METHOD),
    (ROOT, "org.example.Nothing", "ReadEvents", ("(tu)", 0, 1), None),
    (ROOT, MANAGER, "ReadEvents", (), INVALID_ARGS),
    (ROOT, MANAGER, "ReadEvents", ("(ss)", "a", "b"), INVALID_ARGS),
    (ROOT, MANAGER, "CheckNow", ("(as)", ["nobody"]), "org.posthorn.Posthorn1.Error.NoSuchAccount"),
    (ROOT + "/account/nobody", ACCOUNT, "CheckNow", (), None),
    (ROOT, PROPERTIES, "Get", ("(ss)", MANAGER, "Nothing"), "org.freedesktop.DBus.Error.UnknownProperty"),
    (ROOT, PROPERTIES, "Set", ("(ssv)", MANAGER, "Version", GLib.Variant("s", "9")),
     "org.freedesktop.DBus.Error.PropertyReadOnly"),
])
def test_wrong_calls_are_answered(watched, client, path, interface, method, arguments, error):
    name = client.error_name(path, interface, method, *arguments)
    if error:
        assert name == error
    else:
        assert name.startswith("org.freedesktop.DBus.Error.Unknown"), name
    assert client.account("work")["State"] == "online"


def test_d07_sequence_that_was_never_there(watched, client, server, user):
    server.deliver(message("One"), user)
    client.wait_new_mail()
    last = client.property("LastSequence")
    assert client.manager("ReadEvents", "(tu)", last, 10)[0] == []
    assert client.manager("ReadEvents", "(tu)", 2**64 - 1, 10)[0] == []


def test_name_is_given_back(watched, client):
    assert client.owner()
    watched.stop()
    wait_for(lambda: client.owners and client.owners[-1] == "", "the end of the name")


def test_watchdog_is_fed(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    daemon.start(WATCHDOG_USEC=400000)
    wait_for(lambda: daemon.notify.messages.count("WATCHDOG=1") >= 3, "WATCHDOG=1 three times")


def test_service_manager_is_told(watched, client):
    wait_for(lambda: any(line.startswith("STATUS=") and "1 online" in line for line in watched.notify.messages),
             lambda: f"STATUS= with the account; {watched.notify.messages}")
    notify = watched.notify
    watched.stop()
    assert "STOPPING=1" in notify.messages
