"""Nothing lost and nothing repeated: events that were passed over, a new bus, an agent that is killed."""

import pytest
from desktop import Mock, Observer
from standin import StandIn

from harness.posthorn import build_directory
from harness.wait import wait_for


def test_lagged_is_read_from_the_log(service, observer, standin, agent):
    agent.start()
    standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.lag(1200)  # more than one answer of ReadEvents
    standin.mail("Last")
    shown = observer.wait_summary("1202 new messages")
    assert shown.body.split("\n")[:2] == ["Ada Lovelace: Last", "Ada Lovelace: Number 1199"]
    agent.wait_cursor(standin.last)


def test_lagged_twice_while_the_log_is_read(service, observer, standin, agent):
    agent.start()
    lags = [3, 5]

    def more():
        if lags:
            standin.lag(lags.pop())
    standin.after_read_events = more
    standin.lag(2)
    observer.wait_summary("10 new messages")
    agent.wait_cursor(standin.last)
    assert not lags


def test_signal_that_overtakes_an_answer_is_not_passed_over(service, observer, standin, agent):
    """GDBus may give out an answer after a signal that was sent behind it."""
    agent.start()
    late = ["Late"]

    def overtake(events):
        if late and not events:
            standin.mail(late.pop())
    standin.before_answer = overtake
    standin.lag(2)
    assert observer.wait_summary("3 new messages").body.split("\n")[0] == "Ada Lovelace: Late"
    assert not late


def test_lagged_before_the_first_position_is_known_is_not_old(service, observer, standin, agent):
    standin.before_last_sequence = lambda: None if standin.log else standin.lag(3)
    agent.start()
    assert observer.wait().summary == "3 new messages"


def test_new_bus(home, bus, service, observer, standin, agent):
    """The agent ends with the bus, and is started again (units/user/posthorn-notify.service)."""
    agent.start()
    one = standin.mail("One")
    agent.wait_line("work: shown, 1 new")
    standin.mail("Else", "home")
    agent.wait_line("home: shown, 1 new")
    observer.dismiss(2)
    agent.wait_line("home: closed")
    bus.stop()
    assert agent.process.wait() == 0
    agent.process = None
    assert str(one) in agent.state()["Account work"]["Told"]
    service.stop()
    bus.start()
    again = Observer(bus.address)
    daemon = StandIn(bus.address)
    daemon.log, daemon.last = standin.log, standin.last
    daemon.append(subject="Two")
    agent.start()
    new_service = Mock(home, bus.address, service.capabilities).start()
    shown = again.wait()
    assert (shown.summary, shown.replaces_id) == ("2 new messages", 0)
    agent.wait_line("work: shown, 2 new")
    daemon.mail("Else again", "home")
    assert again.wait(2).body == "Else again\nhome"
    assert len(again.notifications) == 2
    agent.stop()
    new_service.stop()
    daemon.close()
    again.close()


@pytest.mark.parametrize("point", range(1, 45, 3))
def test_killed_at_each_write_of_its_file(point, make_service, observer, standin, agent):
    """kill -9 right before its n-th change of the disk: opened, written, synced, renamed."""
    make_service("body x-dunst-stack-tag")
    agent.start()
    agent.wait_kept(standin.mail("Before"))
    agent.kill()
    agent.more = {"LD_PRELOAD": build_directory() / "tests/integration/fault/libfault.so",
                  "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99:verify_asan_link_order=0",
                  "POSTHORN_FAULT_DISK": agent.state_file.parent, "POSTHORN_FAULT": f"kill {point}"}
    agent.launch()
    seqs = []
    for number in range(3):
        seqs.append(standin.mail(f"Number {number}"))
        wait_for(lambda: not agent.process.is_running() or str(seqs[-1]) in str(agent.state()), "a death, or a mail",
                 look_every=0.05)
    agent.kill()
    agent.more = {}
    agent.start()
    observer.wait_summary("4 new messages")
    # The service replaces by the tag what the agent has no number of.
    assert {one.hints["x-dunst-stack-tag"] for one in observer.notifications} == {"posthorn-work"}


def test_killed_at_any_moment(make_service, observer, standin, agent):
    make_service("body x-dunst-stack-tag")
    agent.start()
    for number in range(16):
        before = len(agent.process.lines)
        standin.mail(f"Number {number}")
        wait_for(lambda: len(agent.process.lines) >= before + number % 4, "some lines")
        agent.kill()
        agent.start()
    observer.wait_summary("16 new messages")


def test_agent_that_ends_before_it_read_the_log_keeps_what_was_kept(service, observer, standin, agent):
    """As in a session that is left again before the daemon is there."""
    agent.configure("QuietHours=00:00-24:00")
    agent.start()
    agent.wait_cursor(standin.last)
    standin.mail("One")
    agent.wait_line("mail, event")
    agent.stop()
    standin.vanish()
    agent.launch()
    agent.wait_line("daemon: away")
    agent.stop()
    standin.appear()
    agent.configure("Sound=yes")
    agent.start()
    assert observer.wait().body == "One"
