"""Nothing missed and nothing repeated, whoever comes, goes or hangs: the daemon, the notification
service, the agent, the bus."""

import pytest
from desktop import CAPABILITIES, SERVICE, Agent
from gi.repository import GLib
from standin import StandIn, connect, emit_new_mail

from harness.posthorn import program
from harness.process import environment, run


def test_first_start_tells_nothing_old(service, observer, standin, agent):
    old = standin.append(subject="Old")
    agent.start()
    agent.wait_cursor(old["seq"])
    standin.mail("New")
    assert observer.wait().body == "New"
    assert len(observer.notifications) == 1


def test_mail_during_the_first_start_is_not_old(service, observer, standin, agent):
    """A signal that overtakes the answer to "what is your last event?" is of new mail."""
    standin.before_last_sequence = lambda: standin.mail("Just now")
    agent.start()
    assert observer.wait().body == "Just now"


def test_one_notification_for_an_account_replaced_in_place(service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.mail("Else", "home")
    agent.wait_line("home: shown, 1 new")
    standin.mail("Two")
    agent.wait_line("work: shown, 2 new")
    observer.wait(3)
    first, other, second = observer.notifications
    assert first.replaces_id == other.replaces_id == 0
    assert second.replaces_id == 1  # the mock counts from one
    assert second.summary == "2 new messages"
    assert second.body == "Ada Lovelace: Two\nAda Lovelace: One"


def test_n05_dismissed_is_not_repeated_by_a_new_start(service, observer, standin, agent):
    agent.start()
    seq = standin.mail("One")
    observer.wait()
    observer.emit("NotificationClosed", "uu", 1, 2)
    agent.wait_line("work: closed")
    agent.stop()
    assert agent.cursor() == seq
    agent.start()
    standin.mail("Two")
    assert observer.wait(2).body == "Two"
    assert len(observer.notifications) == 2


def test_n05_nor_after_kill_9(service, observer, standin, agent):
    agent.start()
    agent.wait_cursor(standin.mail("One"))
    agent.kill()
    agent.start()
    standin.mail("Two")
    again = observer.wait(2)
    assert (again.summary, again.replaces_id) == ("2 new messages", 1)  # it is on the screen still
    assert len(observer.notifications) == 2


def test_mail_while_the_agent_was_down_is_told(service, observer, standin, agent):
    agent.start()
    agent.wait_cursor(standin.mail("One"))
    agent.stop()
    for number in range(1200):  # more than one answer of ReadEvents
        standin.append(subject=f"Number {number}")
    standin.append(type="reset", reason="uidvalidity", from_name=None, from_address=None)
    agent.start()
    shown = observer.wait_summary("1201 new messages")  # with the one on the screen
    assert (shown.replaces_id, len(observer.notifications)) == (1, 2)
    assert shown.body.split("\n")[0] == "Ada Lovelace: Number 1199"
    agent.wait_cursor(standin.last)


def test_mail_while_the_daemon_was_away_is_told(service, observer, standin, agent):
    agent.start()
    standin.vanish()
    agent.wait_line("daemon: away, was live")
    standin.append(subject="Missed")
    standin.appear()
    assert observer.wait().body == "Missed"
    standin.mail("And now")
    assert observer.wait(2).summary == "2 new messages"


def test_mail_on_the_heels_of_the_log_is_told(service, observer, standin, agent):
    """A signal sent right behind the last answer of the log may be given out before it."""
    waiting = []

    def one_more():
        if waiting:
            standin.mail(waiting.pop())
    standin.after_read_events = one_more
    agent.start()
    for number in range(10):
        waiting.append(f"Number {number}")
        standin.vanish()
        standin.appear()
        agent.wait_line("mail, event", number + 1)
    observer.wait_summary("10 new messages")


def test_log_that_begins_later_is_read_from_its_beginning(service, observer, standin, agent):
    agent.start()
    agent.wait_cursor(standin.last)
    agent.stop()
    standin.append(subject="Gone")
    standin.floor = standin.last
    standin.append(subject="Left")
    agent.start()
    assert observer.wait().body == "Left"
    agent.wait_cursor(standin.last)


def test_log_that_was_lost_does_not_make_it_blind(service, observer, standin, agent):
    agent.start()
    agent.wait_cursor(standin.mail("One"))
    agent.stop()
    standin.log, standin.last = [], 10
    agent.start()
    agent.wait_line("following from there")
    standin.mail("Two")
    assert observer.wait(2).body == "Two"


@pytest.mark.parametrize("content", [b"", b"12x\n", b"-1\n", b"9" * 40, b"\x00\xff"])
def test_damaged_cursor_is_a_new_start(content, service, observer, standin, agent):
    standin.append(subject="Old")
    agent.state_file.parent.mkdir(parents=True)
    agent.state_file.write_bytes(content)
    agent.start()
    agent.wait_line("cannot be read")
    standin.mail("New")
    assert observer.wait().body == "New"
    agent.wait_cursor(standin.last)


def test_cursor_is_private(service, observer, standin, agent):
    agent.start()
    agent.wait_cursor(standin.last)
    assert agent.state_file.stat().st_mode & 0o777 == 0o600
    assert agent.state_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in agent.state_file.parent.iterdir()] == ["notify-state"]


def test_cursor_that_cannot_be_written_stops_nothing(service, observer, standin, agent):
    agent.state_file.parent.parent.mkdir(parents=True)
    agent.state_file.parent.write_text("in the way", encoding="ascii")
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("cannot be written")
    standin.mail("Two")
    observer.wait(2)


def test_waits_for_a_service_and_shows_what_is_pending(make_service, observer, standin, agent):
    agent.start()
    before = standin.last
    agent.wait_cursor(before)
    standin.mail("One")
    standin.mail("Two")
    agent.wait_line("no notification service")
    assert agent.cursor() == before  # what was not shown is not told
    make_service()
    assert observer.wait().summary == "2 new messages"
    agent.wait_cursor(standin.last)


def test_pending_survives_a_new_start(make_service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    agent.wait_line("mail, event")
    agent.stop()
    agent.start()
    make_service()
    assert observer.wait().body == "One"


def test_n04_service_restarts_live_notification_is_shown_again_once(make_service, observer, standin, agent):
    first = make_service()
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("work: shown")
    first.stop()
    agent.wait_line("service: absent", 2)  # the first was before there was any
    make_service(CAPABILITIES["bare"])
    again = observer.wait(2)
    assert (again.summary, again.body, again.replaces_id) == ("Ada Lovelace", "One", 0)
    agent.wait_line("work: shown", 2)
    standin.mail("Else", "home")
    observer.wait(3)
    assert [shown.body for shown in observer.notifications] == ["One", "One", "Else\nhome"]


def test_n04_closed_one_is_not_shown_again(make_service, observer, standin, agent):
    first = make_service()
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("work: shown")
    observer.emit("NotificationClosed", "uu", 1, 1)
    agent.wait_line("work: closed")
    first.stop()
    make_service()
    agent.wait_line("service: ready", 2)
    standin.mail("Two")
    assert observer.wait(2).body == "Two"
    assert len(observer.notifications) == 2


def test_capabilities_are_asked_of_each_service(make_service, observer, standin, agent):
    first = make_service("body body-markup")
    agent.start()
    standin.mail("R&D")
    assert observer.wait().body == "R&amp;D"
    observer.emit("NotificationClosed", "uu", 1, 2)
    agent.wait_line("work: closed")
    first.stop()
    make_service("body")
    agent.wait_line("service: ready", 2)
    standin.mail("R&D")
    assert observer.wait(2).body == "R&D"


def test_n07_burst_is_one_notification_with_one_sound(service, observer, standin, agent):
    agent.start()
    for number in range(500):
        standin.mail(f"Number {number}")
    shown = observer.wait_summary("500 new messages")
    assert shown.body.split("\n") == [f"Ada Lovelace: Number {number}" for number in (499, 498, 497)]
    # A slow machine may see it grow, always in the same place.
    assert [one.replaces_id for one in observer.notifications] == [0] + [1] * (len(observer.notifications) - 1)
    observer.check_sounds()


def test_sound_is_not_repeated_for_each_mail(service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("work: shown")
    standin.mail("Two", "home")
    second = observer.wait(2)
    assert "sound-name" not in second.hints
    assert second.hints["suppress-sound"] is True


def test_n09_hung_service_grows_no_queue(service, observer, standin, agent):
    """However much comes meanwhile: when it is well again it gets one notification an account."""
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown")
    service.hang()
    standin.mail("Two")
    agent.wait_line("to be shown", 2)  # the card that it does not answer
    last = max(standin.mail(f"Number {number}", account)
               for number in range(300) for account in ("work", "home", "club"))
    agent.wait_line(f"event {last}")
    service.go_on()
    observer.wait_summary("302 new messages")
    agent.wait_cursor(last)
    # The one before, the one that it hung on, and one for each account.
    observer.wait(1 + 1 + 3)
    assert len(observer.notifications) == 1 + 1 + 3


def test_n09_hung_service_does_not_keep_the_agent(service, standin, agent):
    agent.start()
    agent.wait_line("service: ready")
    service.hang()
    standin.mail("One")
    agent.wait_line("to be shown")
    standin.mail("Two")
    agent.wait_line("mail, event", 2)  # it goes on meanwhile
    agent.stop(deadline=15)  # libnotify would wait for 25 s


def test_n09_more_accounts_than_anybody_has(service, observer, standin, agent):
    """Those beyond the limit share a notification; none is lost."""
    standin.accounts = {f"a{number}": f"Account {number}" for number in range(200)}
    agent.start()
    for number in range(200):
        standin.mail("Hello", f"a{number}")
    agent.wait_cursor(standin.last)
    observer.wait_summary("73 new messages – other accounts")
    others = [shown for shown in observer.notifications if "other accounts" in shown.summary + shown.body]
    assert len(observer.notifications) - len(others) == 127


REFUSE = 'raise dbus.exceptions.DBusException("not now", name="org.freedesktop.Notifications.Error.Excess")'


def test_refused_notification_is_tried_again(service, observer, standin, agent):
    agent.start()
    observer.redefine("Notify", "susssasa{sv}i", "u", REFUSE)
    standin.mail("One")
    agent.wait_line("does not show a notification")
    before = agent.cursor()
    assert before < standin.last
    observer.redefine("Notify", "susssasa{sv}i", "u", "ret = 7")
    agent.wait_line("work: shown, 1 new")
    agent.wait_cursor(standin.last)


def test_service_that_does_not_say_what_it_can_is_asked_again(service, observer, standin, agent):
    observer.redefine("GetCapabilities", "", "as", REFUSE)
    agent.start()
    agent.wait_line("no notification service")
    standin.mail("One")
    agent.wait_line("no notification service", 2)  # for the mail
    observer.redefine("GetCapabilities", "", "as", "ret = ['body']")
    assert observer.wait().body == "One"


def test_service_that_hangs_from_the_beginning(make_service, observer, standin, agent):
    mock = make_service()
    agent.start()
    agent.wait_line("service: ready")
    mock.hang()
    agent.stop()
    agent.start()
    standin.mail("One")
    agent.wait_line("mail, event")
    mock.go_on()
    assert observer.wait().body == "One"


def test_n13_closed_by_unicast_too(service, observer, standin, agent):
    """GNOME Shell sends its signals to the sender alone."""
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("work: shown")
    sender = observer.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "GetNameOwner", GLib.Variant("(s)", ("org.posthorn.Notify1",)))[0]
    observer.call(SERVICE, "/org/freedesktop/Notifications", "org.freedesktop.DBus.Mock", "EmitSignalDetailed",
                  GLib.Variant("(sssava{sv})", (SERVICE, "NotificationClosed", "uu",
                                                [GLib.Variant("u", 1), GLib.Variant("u", 2)],
                                                {"destination": GLib.Variant("s", sender)})))
    agent.wait_line("work: closed")


def test_n14_forged_mail_is_ignored(bus, service, observer, standin, agent):
    """Whoever else sends NewMail, to all or to the agent alone."""
    agent.start()
    forger = connect(bus.address)
    sender = observer.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "GetNameOwner", GLib.Variant("(s)", ("org.posthorn.Notify1",)))[0]
    event = {"seq": standin.last + 5, "account": "work", "from_name": "Forger", "subject": "Forged"}
    for destination in (None, sender):
        emit_new_mail(forger, event, destination)
    forger.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", None, None, 0, 20000, None)
    standin.mail("True")
    assert observer.wait().body == "True"
    agent.wait_cursor(standin.last)
    standin.mail("Also true")
    assert observer.wait(2).summary == "2 new messages"
    forger.close_sync(None)


def test_n14_forged_close_is_ignored(bus, service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    observer.wait()
    agent.wait_line("work: shown")
    forger = connect(bus.address)
    forger.emit_signal(None, "/org/freedesktop/Notifications", SERVICE, "NotificationClosed",
                       GLib.Variant("(uu)", (1, 2)))
    forger.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", None, None, 0, 20000, None)
    standin.mail("Two")
    assert observer.wait(2).summary == "2 new messages"  # had it been closed, this were the first of a new one
    forger.close_sync(None)


def test_second_agent_of_a_session_ends(home, bus, service, standin, agent):
    agent.start()
    second = Agent(home, bus.address).launch()
    assert second.process.wait() == 2
    assert "another posthorn-notify" in second.process.text()


def test_end_of_the_bus_is_the_end_of_the_agent(bus, service, standin, agent):
    agent.start()
    process = agent.process
    bus.stop()
    assert process.wait() == 0, process.text()
    agent.process = None


def test_agent_starts_before_the_daemon(bus, service, observer, agent):
    agent.launch()
    agent.wait_line("ready")
    daemon = StandIn(bus.address)
    agent.wait_line("daemon: live")
    daemon.mail("One")
    assert observer.wait().body == "One"
    daemon.close()


@pytest.mark.parametrize("arguments", [["--log-level", "loud"], ["--no-such-option"], ["argument"]])
def test_wrong_use_says_so(home, bus, arguments):
    done = run([program("posthorn-notify"), *arguments],
               environment(home, DBUS_SESSION_BUS_ADDRESS=bus.address), check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"posthorn-notify: ")


def test_help_and_version(home):
    assert b"--log-level" in run([program("posthorn-notify"), "--help"], environment(home)).stdout
    assert run([program("posthorn-notify"), "--version"], environment(home)).stdout.startswith(b"posthorn-notify 0.")
