"""An account that does not work: told once, in words that help, and taken back."""

import stat

import pytest

from harness.wait import wait_for


def labels(notification):
    return dict(zip(notification.actions[::2], notification.actions[1::2]))


@pytest.mark.parametrize("reason, summary, advice", [
    ("auth-failed", "Work & Co: the login was refused", "Perhaps the password has changed."),
    ("token-expired", "Work & Co: the login has expired", "Sign in again"),
    ("tls-pin", "Work & Co: the server's certificate is not to be trusted", "somebody may listen in"),
    ("tls-expired", "Work & Co: the server's certificate is not to be trusted", "Nothing was sent to it."),
    ("starttls-refused", "Work & Co: no safe connection", "does not offer the encryption"),
    ("locked", "Work & Co: the key ring is locked", "once it is unlocked"),
    ("no-mailbox", "Work & Co: a mailbox cannot be watched", "renamed or deleted"),
    ("config-error", "Work & Co: an error in its settings", "rests until"),
])
def test_trouble_that_somebody_has_to_mend_is_told_at_once(reason, summary, advice, service, observer, standin, agent):
    standin.accounts = {"work": "Work & Co"}
    standin.account("work", State="failed", Reason=reason, ReasonText="<said> by the server")
    agent.start()
    shown = observer.wait()
    assert shown.summary == summary
    said, *advised = shown.body.split("\n")
    assert said == "&lt;said&gt; by the server"
    assert advice in advised[0] and advised[1] == "To find the cause: posthorn doctor work"
    assert shown.hints["category"] == "network.error"
    assert labels(shown) == {"default": "Find the cause"}


def test_trouble_is_told_once_replaced_and_withdrawn(service, observer, standin, agent):
    standin.account("work", State="online", Reason="")
    agent.start()
    for _ in range(3):  # each attempt
        standin.account("work", State="connecting")
        standin.account("work", State="failed", Reason="auth-failed")
    assert observer.wait().summary == "work: the login was refused"
    agent.wait_line("work: trouble shown")
    standin.account("work", Reason="tls-pin")
    shown = observer.wait(2)
    assert "certificate" in shown.summary and shown.replaces_id == 1
    agent.wait_line("work: trouble shown", 2)
    standin.account("work", State="online", Reason="")
    observer.wait_closed(1)
    standin.account("work", State="failed", Reason="tls-pin")  # within a day: not again
    standin.mail("One", "home")
    assert observer.wait(3).body == "One\nhome"
    assert len(observer.notifications) == 3


def test_trouble_stands_beside_the_mail(service, observer, standin, agent):
    standin.account("work", State="online", Reason="")
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.account("work", State="failed", Reason="auth-failed")
    assert observer.wait(2).replaces_id == 0
    agent.wait_line("work: trouble shown")
    standin.account("work", State="online", Reason="")
    observer.wait_closed(2)


def test_server_out_of_reach_is_told_when_it_lasts(service, observer, standin, agent):
    standin.account("work", State="offline", Reason="connect-failed", ReasonText="refused")
    standin.account("home", State="offline", Reason="timed-out")
    standin.accounts = {"work": "Work", "home": "Home"}
    agent.configure("TroubleDelay=0", account="home")
    agent.start()
    assert observer.wait().summary == "Home: the mail server is out of reach"
    agent.configure("TroubleDelay=1s", account="work")
    observer.wait_summary("Work: the mail server is out of reach")


def test_trouble_may_be_off(service, observer, standin, agent):
    standin.account("work", State="failed", Reason="auth-failed")
    agent.configure("Trouble=no")
    agent.start()
    standin.mail("One")
    assert observer.wait().body == "One"
    assert len(observer.notifications) == 1


def test_trouble_is_not_repeated_by_restarts_and_is_withdrawn_after_one(service, observer, standin, agent):
    standin.account("work", State="failed", Reason="auth-failed")
    agent.start()
    observer.wait()
    wait_for(lambda: "TroubleCard" in agent.state().get("Account work", {}), "the trouble in the file")
    agent.kill()
    agent.start()
    standin.vanish()
    agent.wait_line("daemon: away, was live")
    standin.appear()
    agent.wait_line("daemon: live", 2)
    agent.wait_line("service: ready")
    standin.account("work", State="online", Reason="")
    observer.wait_closed(1)
    assert len(observer.notifications) == 1


def test_account_that_is_gone_takes_its_trouble_along(service, observer, standin, agent):
    standin.account("work", State="failed", Reason="auth-failed")
    agent.start()
    observer.wait()
    agent.wait_line("work: trouble shown")
    standin.vanish()
    standin.accounts = {}
    standin.appear()
    observer.wait_closed(1)


def test_click_opens_the_mending_step(home, service, observer, standin, agent):
    """posthorn doctor ACCOUNT, in a terminal."""
    terminal = home / "bin/xdg-terminal-exec"
    terminal.parent.mkdir()
    terminal.write_text('#!/bin/sh\necho "$XDG_ACTIVATION_TOKEN" "$@" >&2\nexit 3\n', encoding="ascii")
    terminal.chmod(terminal.stat().st_mode | stat.S_IXUSR)
    agent.more = {"PATH": f"{terminal.parent}:/usr/bin:/bin"}
    standin.account("work", State="failed", Reason="auth-failed")
    agent.start()
    observer.wait()
    agent.wait_line("work: trouble shown")
    observer.click("default", token="token-9")
    shown = observer.wait(2)  # it failed, and that is said
    assert shown.body.split("\n")[-1].startswith("Could not be opened: token-9 sh -c posthorn doctor")
    assert shown.body.endswith(" work")


def test_wrong_password_of_a_real_server(daemon, client, server, user, service, observer, agent):
    keys = {"Port": server.imap, "Security": "none", "User": user}
    daemon.write_account("work", password="wrong", **keys)
    daemon.start()
    agent.start()
    assert observer.wait().summary == "work: the login was refused"
    agent.wait_line("work: trouble shown")
    daemon.write_account("work", **keys)
    daemon.cli("check", "work")
    observer.wait_closed(1)
