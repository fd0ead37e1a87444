"""Killed at every point at which something leaves the daemon or reaches the disk, while mail comes:
nothing is lost, nothing is told twice, on each rung and over POP3.

Each run is a death and an ordinary start. The plain suite takes some of the points, another choice
each time; POSTHORN_CRASH_ALL=1 takes each one, in a quarter of an hour."""

import itertools
import os
import random
import shutil

import pytest
from harness.crash_play import Play
from harness.dovecot import Dovecot
from harness.fault import launch_to_die
from harness.messages import message
from harness.wait import wait_for

PLAIN = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE"
RUNGS = {"notify": None, "idle": f"{PLAIN} IDLE", "poll": PLAIN}
# So many deaths of a rung in the plain suite.
SAMPLES = 5
POINTS_MAX = 2000


@pytest.fixture(scope="module", params=RUNGS)
def rung(request, session_directory, certificate):
    """(name, server): a Dovecot that offers no more than this rung needs."""
    words = RUNGS[request.param]
    extra = f"imap_capability = {words}" if words else ""
    dovecot = Dovecot(session_directory / f"crash-{request.param}", certificate, extra=extra)
    yield request.param, dovecot.start()
    dovecot.kill()


def choose(seed):
    """All points, or some of them."""
    if os.environ.get("POSTHORN_CRASH_ALL"):
        return range(1, POINTS_MAX)
    dice = random.Random(seed)
    return itertools.islice(range(dice.randrange(1, 8), POINTS_MAX, dice.randrange(9, 14)), SAMPLES)


def draw():
    seed = int(os.environ.get("POSTHORN_CRASH_SEED", random.randrange(10**6)))
    print(f"seed {seed}")
    return seed


def check_reach(survived_at):
    """With all points, how many there were."""
    if os.environ.get("POSTHORN_CRASH_ALL"):
        print(f"{survived_at} points")
        assert survived_at, "it never got through"
        assert survived_at > 30, "next to nothing was killed"


def play(account, how):
    seed = draw()
    check_reach(account.run(choose(seed), seed=seed if how == "power" else None))
    account.end()


@pytest.mark.parametrize("how", ["kill", "power"])
def test_over_imap(daemon, client, rung, user, how):
    """Two mailboxes; messages are marked as well."""
    name, server = rung
    account = Play(daemon, client, server, user, mailboxes=("INBOX", "Work"), power=how == "power")
    assert account.begin(Port=server.imap, User=user) == name
    play(account, how)


@pytest.mark.parametrize("how", ["kill", "power"])
def test_over_pop3(daemon, client, server, user, how):
    account = Play(daemon, client, server, user, has_flags=False, power=how == "power")
    account.begin(Protocol="pop3", Port=server.pop3, User=user)
    play(account, how)


def is_online(client):
    account = client.account("work")
    return account and account["State"] == "online" and account["Total"] == 2


@pytest.mark.parametrize("how", ["kill", "power"])
def test_in_the_first_run(daemon, client, server, user, how):
    """Half-made state is no trap for the next start, and no reason for a flood."""
    server.deliver_many([message("Old 1"), message("Old 2")], user)
    daemon.write_account("work", Port=server.imap, Security="none", User=user)
    seed = draw()
    for point in choose(seed):
        shutil.rmtree(daemon.state)
        daemon.state.mkdir()
        launch_to_die(daemon, point, power=seed + point if how == "power" else None)
        wait_for(lambda: not daemon.process.is_running() or is_online(client),
                 lambda: f"its end or its success:\n{daemon.log()}")
        survived = daemon.process.is_running()
        daemon.kill()
        daemon.start()
        client.wait_account("work", State="online", Total=2)
        assert client.read_events() == [], f"killed at {point}"
        daemon.kill()
        if survived:
            break
    check_reach(point)
