"""posthorn metrics: strict OpenMetrics, the numbers of what happened and no names; over HTTP, by a
real Prometheus, and in the dashboard."""

import json
import re

import pytest
from harness.messages import message
from harness.metrics import Metrics, Prometheus, Socket, ask
from harness.posthorn import SOURCE
from harness.process import run
from harness.wait import wait_for
from test_quiet import wait_idle

DASHBOARD = SOURCE / "config/grafana/posthorn.json"


def test_every_family_is_sound_and_in_the_manual(watched, user):
    found = ask(watched).families
    manual = (SOURCE / "man/posthorn-metrics.7.scd").read_text(encoding="utf-8")
    section = manual.partition("# METRICS\n")[2]
    written = {name: kind for names, kind in re.findall(r"^(\*posthorn_.*) \((\w+)\)$", section, re.M)
               for name in re.findall(r"\*(\w+)\*", names)}
    assert {name: family.type for name, family in found.items()} == written
    for family in found.values():
        assert family.samples and family.documentation
        assert not family.unit or family.name.endswith("_" + family.unit)


def as_prometheus_0_0_4(text):
    """The older format, which promtool checks: a counter's family has its sample's name, and there are
    neither units nor the type info."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    endings = {"counter": "_total", "info": "_info"}
    lines = [line for line in text.splitlines() if not line.startswith(("# UNIT", "# EOF"))]
    renamed = [re.sub(r"^(# \w+) (\S+)", lambda head: f"{head[1]} {head[2]}{endings.get(kinds[head[2]], '')}", line)
               for line in lines]
    return "\n".join(re.sub(r"^(# TYPE \S+) info$", r"\1 gauge", line) for line in renamed) + "\n"


def test_promtool_finds_nothing_odd(watched):
    """Its rules for names, units and help texts."""
    text = as_prometheus_0_0_4(watched.cli("metrics").stdout.decode("utf-8"))
    done = run(["promtool", "check", "metrics"], stdin=text.encode(), check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_says_how_many_and_never_who(watched, client, server, user):
    server.deliver(message("A secret subject"), user)
    client.wait_new_mail()
    text = watched.cli("metrics").stdout.decode()
    for name in ("work", user, "localhost", "INBOX", "A secret", "ada", "example"):
        assert name not in text, re.findall(f".*{name}.*", text)


def is_quiet(proxy):
    """The last command was IDLE, and it was answered."""
    return proxy.commands()[-1:] == [b"IDLE"] and proxy.chunks[-1].side == "S"


def test_wire_is_counted_as_it_is(watched, client, server, user, proxy):
    server.deliver_many([message("One"), message("Two")], user)
    client.wait_new_mail(2)
    wait_for(lambda: is_quiet(proxy), "IDLE without a question")
    sides = [chunk.side for chunk in proxy.chunks]
    # What the proxy has noted is on its way.
    wait_for(lambda: ask(watched).value("posthorn_received_bytes_total") >= len(proxy.sent("S")), "the last byte")
    found = ask(watched)
    assert found.value("posthorn_received_bytes_total") == len(proxy.sent("S"))
    assert found.value("posthorn_sent_bytes_total") == len(proxy.sent("C"))
    assert found.value("posthorn_round_trips_total") == \
        sum(pair == ("C", "S") for pair in zip(sides, sides[1:]))
    assert found.value("posthorn_logins_total") == 1
    assert found.value("posthorn_push_misses_total") == 0
    assert found.value("posthorn_store_commits_total") >= 1
    assert found.values("posthorn_accounts", "state") == {"online": 1}


@pytest.mark.parametrize("strategy", ["notify", "idle", "poll"])
def test_events_and_how_long_they_took(daemon, client, server, user, proxy, strategy):
    wanted = "auto" if strategy == "notify" else strategy
    daemon.write_account("work", Port=proxy.port, Security="none", User=user, Strategy=wanted)
    daemon.start()
    client.wait_account("work", State="online", Strategy=strategy)
    for count in (1, 2, 3):
        mark = proxy.mark()
        server.deliver(message(f"Number {count}"), user)
        if strategy == "poll":
            client.manager("CheckNow", "(as)", ["work"])
        client.wait_new_mail(count)
        if strategy == "idle":
            wait_idle(proxy, mark)  # what comes before that is no word of its own
    found = ask(daemon)
    assert found.values("posthorn_events_total", "type") == {"new": 3}
    # Who must ask hears no word of the server's own.
    said = 0 if strategy == "poll" else 3
    assert found.value("posthorn_event_latency_seconds_count") == said
    assert found.value("posthorn_event_latency_seconds_bucket", le="+Inf") == said
    total = found.value("posthorn_event_latency_seconds_sum")
    assert 0 < total < 30 if said else total == 0
    assert found.values("posthorn_accounts_watched", "strategy") == {strategy: 1}


def test_reconnects_by_their_reason(watched, client, server, user, proxy):
    first = client.account("work")["LastContact"]
    proxy.reset()
    wait_for(lambda: ask(watched).values("posthorn_reconnects_total", "reason") == {"connection-lost": 1},
             "the lost connection")
    client.manager("CheckNow", "(as)", ["work"])
    client.wait_account("work", State="online")
    assert client.account("work")["LastContact"] > first
    watched.write_account("work", password="wrong", Port=proxy.port, Security="none", User=user)
    watched.write_account("other", password="wrong", Port=server.imap, Security="none", User=user)
    watched.reload()
    client.wait_account("other", State="failed")
    found = ask(watched)
    assert found.values("posthorn_reconnects_total", "reason") == {"connection-lost": 1, "auth-failed": 1}
    assert found.value("posthorn_logins_total") == 2
    assert found.values("posthorn_accounts", "state") == {"online": 1, "failed": 1}


def test_calls_are_counted(watched, client):
    before = ask(watched).value("posthorn_bus_calls_total")
    client.manager("CheckNow", "(as)", [])
    client.property("Unseen")
    assert ask(watched).value("posthorn_bus_calls_total") == before + 3


@pytest.fixture
def http(watched):
    socket = Socket(watched)
    yield socket
    socket.stop()


def test_over_http(watched, http):
    status, head, body = http.curl()
    assert status == 200
    assert head["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert int(head["Content-Length"]) == len(body.encode())
    assert Metrics(body).value("posthorn_logins_total") == 1
    status, head, body = http.curl("--head")
    assert status == 200 and body == "" and int(head["Content-Length"]) > 1000
    assert http.curl(path="/")[0] == 404
    status, head, _ = http.curl("--data", "x=1")
    assert status == 405 and head["Allow"] == "GET, HEAD"
    assert http.curl("--header", "X: " + "y" * 9000)[0] == 431
    watched.stop()
    status, head, body = http.curl()
    assert (status, body) == (503, "Service Unavailable\n")


def expressions():
    """What the dashboard asks, as an instance of one would be asked."""
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [text.replace("$instance", ".*").replace("$__rate_interval", "1m") for text in found]


def test_dashboard_shows_every_family(watched):
    asked = {name for text in expressions() for name in re.findall(r"\bposthorn_\w+", text)}
    found = ask(watched).families
    samples = {sample.name for family in found.values() for sample in family.samples}
    assert asked <= samples
    assert {name for name, family in found.items() if any(sample.name in asked for sample in family.samples)} == set(found)


def test_prometheus_reads_it_and_the_dashboard_gets_answers(directory, watched, client, server, user, http):
    prometheus = Prometheus(directory / "prometheus", f"127.0.0.1:{http.port}")
    try:
        server.deliver(message("One"), user)
        client.wait_new_mail()
        prometheus.wait_up()
        for expression in expressions():
            # Nothing was lost, so that one panel is empty.
            assert bool(prometheus.query(expression)) != ("reconnects" in expression), expression
        wait_for(lambda: [series["value"][1] for series in prometheus.query('posthorn_events_total{type="new"}')] == ["1"],
                 "the event in Prometheus", look_every=0.2)
    finally:
        prometheus.stop()
