"""A notification service that the bus can start."""

import sys

import pytest
from desktop import SERVICE

from harness.bus import Bus


@pytest.fixture
def bus(directory):
    """Takes the place of the one without any service."""
    services = directory / "services"
    services.mkdir()
    (services / f"{SERVICE}.service").write_text(
        f"[D-BUS Service]\nName={SERVICE}\nExec={sys.executable} -m dbusmock --session "
        "-t notification_daemon -p '{\"capabilities\": \"body\"}'\n", encoding="ascii")
    private = Bus(directory / "bus")
    configuration = private.home / "bus.conf"
    configuration.write_text(configuration.read_text(encoding="ascii").replace(
        "<auth>", f"<servicedir>{services}</servicedir><auth>"), encoding="ascii")
    private.start()
    yield private
    private.stop()


def test_service_is_started_for_mail_and_not_before(observer, standin, agent):
    agent.start()
    assert not observer.has_owner()
    standin.mail("One")
    assert observer.wait().body == "One"
