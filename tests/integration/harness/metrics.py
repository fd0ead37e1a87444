"""posthorn metrics as a strict reader has it, served as a socket unit does, and asked by a real
Prometheus."""

import json
import pathlib
import urllib.parse

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .dovecot import free_ports
from .posthorn import program
from .process import Process, run
from .wait import wait_for


class Metrics:
    """Of OpenMetrics text; ValueError where it is none."""

    def __init__(self, text):
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    def value(self, sample, **labels):
        found = [each.value for family in self.families.values() for each in family.samples
                 if each.name == sample and each.labels == labels]
        assert len(found) == 1, (sample, labels, found)
        return found[0]

    def values(self, sample, label):
        """{the label's word: value}, less those that are 0."""
        return {each.labels[label]: each.value for family in self.families.values() for each in family.samples
                if each.name == sample and each.value}


def ask(daemon):
    return Metrics(daemon.cli("metrics").stdout.decode("utf-8"))


class Socket:
    """posthorn metrics --http for each connection, as posthorn-metrics.socket does it."""

    def __init__(self, daemon):
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        self.process = Process(["systemd-socket-activate", "--accept", "--inetd", f"--listen=127.0.0.1:{self.port}",
                                "--setenv=DBUS_SESSION_BUS_ADDRESS", "--setenv=ASAN_OPTIONS", program("posthorn"),
                                "metrics", "--http"], daemon.environment())
        self.process.wait_for_line("Listening on")

    def curl(self, *options, path="/metrics"):
        """(status, head, body)"""
        done = run(["curl", "--silent", "--include", "--max-time", "30", *options,
                    f"http://127.0.0.1:{self.port}{path}"])
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, *fields = head.decode("ascii").split("\r\n")
        return int(status.split()[1]), dict(field.split(": ", 1) for field in fields), body.decode("utf-8")

    def stop(self):
        self.process.stop()


class Prometheus:
    """Asks `target` (host:port) once in a second."""

    def __init__(self, directory, target):
        self.home = pathlib.Path(directory)
        self.home.mkdir()
        self.port = free_ports(1)[0]
        (self.home / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "posthorn", "static_configs": [{"targets": [target]}]}],
        }), encoding="ascii")
        run(["promtool", "check", "config", self.home / "prometheus.yml"])
        self.process = Process(["prometheus", f"--config.file={self.home}/prometheus.yml",
                                f"--storage.tsdb.path={self.home}/data",
                                f"--web.listen-address=127.0.0.1:{self.port}"], {"GOMAXPROCS": "1"})
        self.process.wait_for_line("Server is ready to receive web requests")

    def _get(self, path):
        return json.loads(run(["curl", "--silent", f"http://127.0.0.1:{self.port}{path}"]).stdout)

    def query(self, expression):
        """The series of an instant query."""
        answer = self._get("/api/v1/query?query=" + urllib.parse.quote(expression))
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]

    def wait_up(self):
        """At least two scrapes that went well: rates have a value then."""
        wait_for(lambda: [series for series in self.query("count_over_time(up[1m])") if float(series["value"][1]) >= 2]
                 and self.query("up == 1"),
                 lambda: f"two good scrapes: {self._get('/api/v1/targets')}\n{self.process.text()}", look_every=0.2)

    def stop(self):
        self.process.stop()
