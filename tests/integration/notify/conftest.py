"""Fixtures: a notification service, the daemon's stand-in, and the agent."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from desktop import CAPABILITIES, Agent, Dunst, Mock, Observer, Screen  # noqa: E402
from standin import StandIn  # noqa: E402


@pytest.fixture
def home(directory):
    path = directory / "home"
    (path / "run").mkdir(parents=True)
    return path


@pytest.fixture
def observer(bus):
    """Sees what mock services are asked to show."""
    watcher = Observer(bus.address)
    yield watcher
    watcher.close()


@pytest.fixture
def make_service(home, bus, observer):
    """make_service(capabilities): a mock, started."""
    made = []

    def make(capabilities=CAPABILITIES["gnome-shell"]):
        made.append(Mock(home, bus.address, capabilities).start())
        return made[-1]
    yield make
    for service in made:
        service.go_on() if service.process else None
        service.stop()


@pytest.fixture
def service(make_service):
    return make_service()


@pytest.fixture
def standin(bus):
    daemon = StandIn(bus.address)
    yield daemon
    daemon.close()


@pytest.fixture
def agent(home, bus):
    """Not started. Its end is part of the test: status 0, sanitizers silent."""
    posthorn_notify = Agent(home, bus.address)
    yield posthorn_notify
    posthorn_notify.stop()


@pytest.fixture
def screen(home):
    xvfb = Screen(home)
    yield xvfb
    xvfb.stop()


@pytest.fixture
def make_dunst(home, bus, screen):
    made = []

    def make(markup="full"):
        made.append(Dunst(home, bus.address, screen, markup))
        return made[-1]
    yield make
    for dunst in made:
        dunst.stop()
