"""posthorn.conf, drop-ins and masks: what counts, and which accounts a change of them disturbs."""

import pytest
from harness.messages import message
from harness.proxy import Proxy
from harness.wait import wait_for


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def second(server):
    relay = Proxy(server.imap)
    yield relay
    relay.close()


@pytest.fixture
def two(daemon, client, user, proxy, second):
    """Accounts "one" and "two", each online through a proxy of its own."""
    daemon.write_account("one", Port=proxy.port, Security="none", User=user + "-one")
    daemon.write_account("two", Port=second.port, Security="none", User=user + "-two")
    daemon.start()
    client.wait_account("one", State="online")
    client.wait_account("two", State="online")
    return daemon


def test_c_06_a_new_name_keeps_the_connection(watched, client, server, user, proxy):
    text = watched.account_file("work").read_text(encoding="utf-8")
    write(watched.account_file("work"), text + "Name=Office\n")
    watched.reload()
    client.wait_account("work", State="online", Name="Office")
    client.wait_signal("PropertiesChanged", lambda signal: signal.arguments[1].get("Name") == "Office")
    server.deliver(message("Still there"), user)
    assert client.wait_new_mail()[0]["subject"] == "Still there"
    assert (proxy.connections, proxy.open) == (1, 1)


def test_c_06_same_values_from_other_places_keep_the_connection(watched, client, server, user, proxy):
    """What was in the account's file comes from posthorn.conf and from a drop-in."""
    text = watched.account_file("work").read_text(encoding="utf-8")
    write(watched.config / "posthorn.conf", "[Account]\nSecurity=none\n")
    write(watched.config / "accounts.d/work.conf.d/user.conf", f"[Account]\nUser={user}\n")
    write(watched.account_file("work"),
          text.replace("Security=none\n", "# moved\n").replace(f"User={user}\n", ""))
    watched.reload()
    server.deliver(message("Still there"), user)
    assert client.wait_new_mail()[0]["subject"] == "Still there"
    assert (proxy.connections, proxy.open) == (1, 1)


def test_a_drop_in_disturbs_its_account_alone(two, client, proxy, second):
    write(two.config / "accounts.d/two.conf.d/auth.conf", "[Account]\nAuth=plain\n")
    two.reload()
    wait_for(lambda: second.connections == 2, "a new connection of the changed account")
    client.wait_account("two", State="online")
    assert (proxy.connections, proxy.open) == (1, 1)


def test_a_default_disturbs_those_that_take_it(two, client, proxy, second):
    text = two.account_file("one").read_text(encoding="utf-8")
    write(two.account_file("one"), text + "Auth=auto\n")
    two.reload()
    assert (proxy.connections, second.connections) == (1, 1), "the same value was taken for another one"
    write(two.config / "posthorn.conf.d/10-auth.conf", "[Account]\nAuth=plain\n")
    two.reload()
    wait_for(lambda: second.connections == 2, "a new connection of the changed account")
    client.wait_account("two", State="online")
    assert (proxy.connections, proxy.open) == (1, 1)


def test_log_level_follows_a_reload(watched, client, server, user):
    """The harness gives --log-level, so that here a daemon without it is looked at."""
    watched.stop()
    arguments = watched.arguments
    watched.arguments = lambda *more: arguments(*[word for word in more if word not in ("--log-level", "debug")])
    watched.start()
    client.wait_account("work", State="online")
    assert "state=connecting" not in watched.log()
    write(watched.config / "posthorn.conf", "[Daemon]\nLogLevel=debug\n")
    watched.reload()
    write(watched.config / "accounts.d/work.conf.d/auth.conf", "[Account]\nAuth=plain\n")
    watched.reload()
    wait_for(lambda: "state=connecting" in watched.log(), "a line of debug level")


def test_check_config_names_the_drop_in(daemon):
    daemon.write_account("work")
    path = daemon.config / "accounts.d/work.conf.d/10.conf"
    write(path, "[Account]\n\nPort=zero\n")
    done = daemon.check_config()
    assert done.returncode == 1
    assert f"error: {path}:3: 'zero' is no port" in done.stdout.decode("utf-8")


def test_what_everybody_may_change_is_no_account(daemon, client):
    daemon.write_account("work")
    daemon.account_file("work").chmod(0o666)
    daemon.start()
    account = client.wait_account("work", State="failed", Reason="config-error")
    assert "everybody may write to it" in account["ReasonText"]
