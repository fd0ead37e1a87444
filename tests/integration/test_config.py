"""Configuration: told with file and line when wrong, reread without disturbing the others."""

from harness.client import MANAGER, ROOT
from harness.messages import message
from harness.wait import wait_for


def checked(daemon):
    done = daemon.check_config()
    return done.returncode, (done.stdout + done.stderr).decode("utf-8")


def test_good_configuration(daemon):
    daemon.write_account("work")
    status, text = checked(daemon)
    assert status == 0, text
    assert "error" not in text.lower()


def test_messages_have_file_and_line(daemon):
    path = daemon.account_file("work")
    path.write_text("[Account]\nProtocol=imap\nHost=localhost\nPort=70000\nUser=ada\n"
                    "PasswordFile=/nowhere\nHots=typo\n", encoding="utf-8")
    status, text = checked(daemon)
    assert status != 0
    assert f"{path}:4: " in text and "70000" in text
    assert f"{path}:7: " in text and "Host" in text.split(f"{path}:7: ")[1].splitlines()[0]


def test_every_bad_file_is_named(daemon):
    daemon.write_account("good")
    daemon.account_file("empty").write_text("[Account]\n", encoding="utf-8")
    daemon.account_file("broken").write_text("no section\n", encoding="utf-8")
    daemon.account_file("binary").write_bytes(b"[Account]\nHost=\x00\xff\n")
    status, text = checked(daemon)
    assert status != 0
    for name in ("empty", "broken", "binary"):
        assert str(daemon.account_file(name)) in text, name
    assert str(daemon.account_file("good")) not in text


def test_unknown_key_is_a_warning_only(daemon, client, server, user):
    daemon.write_account("work", Port=server.imap, Security="none", User=user, Colour="blue")
    status, text = checked(daemon)
    assert status == 0 and "Colour" in text
    daemon.start()
    client.wait_account("work", State="online")


def test_check_config_prints_no_password(daemon):
    daemon.account_file("work").write_text(
        "[Account]\nHost=localhost\nUser=ada\nPassword=open-sesame\n", encoding="utf-8")
    assert "open-sesame" not in checked(daemon)[1]


def test_bad_account_beside_a_good_one(daemon, client, server, user):
    daemon.write_account("good", Port=server.imap, Security="none", User=user)
    daemon.account_file("bad").write_text("[Account]\nUser=ada\n", encoding="utf-8")
    daemon.start()
    client.wait_account("good", State="online")
    bad = client.wait_account("bad", State="failed", Reason="config-error")
    assert str(daemon.account_file("bad")) in bad["ReasonText"] or "Host" in bad["ReasonText"]
    assert client.property("AccountsFailed") == 1
    server.deliver(message("Good"), user)
    assert client.wait_new_mail()[0]["account"] == "good"


def test_no_account_at_all(daemon, client):
    daemon.start()
    assert client.manager("ListAccounts", "(uu)", 0, 10) == ([], 0)


def test_c_06_reload_adds_and_removes_and_keeps(watched, client, server, user, proxy):
    watched.write_account("second", Port=server.imap, Security="none", User=user + "-second")
    watched.reload()
    client.wait_account("second", State="online")
    client.wait_signal("InterfacesAdded")
    assert proxy.connections == 1, "the unchanged account was disturbed"

    second = client.account_path("second")
    watched.account_file("second").unlink()
    watched.reload()
    removed = client.wait_signal("InterfacesRemoved")
    assert removed.arguments[0] == second
    assert client.account("second") is None
    assert (proxy.connections, proxy.open) == (1, 1)
    server.deliver(message("Undisturbed"), user)
    assert client.wait_new_mail()[0]["subject"] == "Undisturbed"


def test_reload_of_a_changed_account(watched, client, server, user, proxy):
    server.deliver(message("Before"), user)
    client.wait_new_mail()
    watched.write_account("work", Port=proxy.port, Security="none", User=user, Name="Office")
    watched.reload()
    client.wait_account("work", State="online", Name="Office")
    server.deliver(message("After"), user)
    client.wait_new_mail(2)
    assert [event["subject"] for event in client.new_events()] == ["Before", "After"]


def test_reload_over_dbus(watched, client, server, user):
    watched.write_account("second", Port=server.imap, Security="none", User=user + "-second")
    client.call(ROOT, MANAGER, "Reload")
    client.wait_account("second", State="online")


def test_reload_with_an_error_keeps_the_daemon(watched, client, server, user, proxy):
    """A typo in one file costs that account, until it is corrected."""
    good = watched.account_file("work").read_text(encoding="utf-8")
    watched.account_file("work").write_text(good.replace("Host=", "Hots="), encoding="utf-8")
    watched.reload()
    client.wait_account("work", State="failed", Reason="config-error")
    wait_for(lambda: proxy.open == 0, "end of the connection")
    watched.account_file("work").write_text(good, encoding="utf-8")
    watched.reload()
    client.wait_account("work", State="online")
    server.deliver(message("Corrected"), user)
    assert client.wait_new_mail()[0]["subject"] == "Corrected"


def test_reload_while_a_secret_is_asked_for(daemon, client, server, user, directory):
    """It is asked for once more: what was under way is not the last that is heard of the account."""
    asked, may_answer, helper = directory / "asked", directory / "may-answer", directory / "helper"
    helper.write_text(f"#!/bin/sh\n: > {asked}\nwhile ! test -e {may_answer}; do sleep 0.1; done\n"
                      "echo correct-horse\n", encoding="utf-8")
    helper.chmod(0o700)
    keys = {"Port": server.imap, "Security": "none", "User": user, "PasswordFile": None, "PasswordCommand": helper}
    daemon.write_account("work", **keys)
    daemon.start()
    wait_for(asked.exists, "the helper to run", look_every=0.1)
    daemon.write_account("work", Name="Office", **keys)
    daemon.reload()
    may_answer.touch()
    client.wait_account("work", State="online", Name="Office")
