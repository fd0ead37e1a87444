"""The daemon's numbers by a socket unit: for whoever is on the machine, from a process that can do
nothing else."""

from harness.metrics import Metrics
from machine import SANITIZERS

SOCKET, SERVICE = "posthorn-metrics.socket", "posthorn-metrics@.service"
URL = "http://127.0.0.1:19143/metrics"
EXPOSURE_MAX = 10  # in tenths


def curl(machine, *options, user=None):
    return machine.run("curl", "--silent", "--write-out", "\n%{http_code}", *options, URL, user=user).stdout.rpartition("\n")


def test_socket_serves_what_the_daemon_counts(machine):
    machine.write(f"/etc/systemd/system/{SERVICE}.d/test.conf", SANITIZERS)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", SOCKET)
    # Asking for numbers starts no daemon.
    assert curl(machine)[2] == "503"
    assert machine.property("posthornd.service", "ActiveState") == "inactive"
    machine.run("systemctl", "start", "posthornd.service")
    machine.wait_property("posthornd.service", "StatusText", "1 account: 0 online (work: connect-failed)")
    # bob may not talk to the daemon, and gets the sums.
    text, _, status = curl(machine, user="bob")
    assert status == "200", machine.run("journalctl", "-u", "posthorn-metrics@*", "-n", "40", "--no-pager").stdout \
        + str(machine.journal.messages()[-30:])
    found = Metrics(text)
    assert found.values("posthorn_accounts", "state") == {"offline": 1}
    assert found.values("posthorn_reconnects_total", "reason")["connect-failed"] >= 1
    # Only there: not on another interface.
    assert machine.run("curl", "--silent", URL.replace("127.0.0.1", "127.0.0.2"), check=False).returncode == 7
    # Nothing is left over, and nothing failed.
    machine.run("systemctl", "stop", SOCKET)
    left = machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "posthorn-metrics@*").stdout
    assert "failed" not in left, left


def test_exposure_of_the_service(machine):
    done = machine.run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager",
                       f"/usr/lib/systemd/system/{SERVICE}", check=False)
    assert done.returncode == 0, done.stdout
