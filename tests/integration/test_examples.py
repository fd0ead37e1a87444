"""The examples of the documentation do what they say: clients of the contract that know nothing of
Posthorn's programs, a webhook, a counter in a bar."""

import http.server
import json
import os
import re
import shutil
import threading

import pytest
from harness.dovecot import server_user
from harness.messages import encoded_word, message
from harness.posthorn import SOURCE, program
from harness.process import Process, environment, run
from harness.wait import poke, wait_for

EXAMPLES = SOURCE / "config"


class PythonClient:
    """Remembers by itself in `file` what it has printed."""

    def __init__(self, directory):
        self.file = directory / "printed"
        self.file.write_text("0\n", encoding="ascii")

    def argv(self):
        return ["/usr/bin/python3", "-B", EXAMPLES / "clients/new-mail.py", self.file]


class JavascriptClient:
    """From the log's beginning."""

    def __init__(self, _directory):
        pass

    def argv(self):
        return ["gjs", "-m", EXAMPLES / "clients/new-mail.js", "0"]


def wait_lines(process, *lines):
    expected = [f"work/INBOX: {line}" for line in lines]
    wait_for(lambda: len(process.output("out")) >= len(expected), lambda: f"{expected}:\n{process.text()}")
    assert process.output("out") == expected, process.text()


@pytest.fixture(params=[PythonClient, JavascriptClient])
def stranger(request, directory, watched):
    client = request.param(directory)
    client.process = Process(client.argv(), watched.environment())
    yield client
    client.process.kill()


def test_client_prints_each_message_once(watched, client, server, user, stranger):
    """Told before it came, by signals, while the daemon was away, and all that of a burst."""
    printed = ["Ada Lovelace: One"]
    server.deliver(message("One"), user)
    wait_lines(stranger.process, *printed)
    for end in (watched.stop, watched.kill):
        printed.append("Ada Lovelace: Told")
        server.deliver(message("Told"), user)
        wait_lines(stranger.process, *printed)
        end()
        printed.append("Ada Lovelace: Away")
        server.deliver(message("Away"), user)
        watched.start()
        wait_lines(stranger.process, *printed)
    burst = [f"Number {number}" for number in range(30)]
    server.deliver_many([message(subject) for subject in burst], user)
    wait_lines(stranger.process, *printed, *(f"Ada Lovelace: {subject}" for subject in burst))


def test_client_shows_texts_of_strangers_as_text(watched, server, user, stranger):
    subject = encoded_word("a \033[31mred\u202e line\nwork/INBOX: Bob: none", "utf-8")
    server.deliver(message(subject, sender=b"Ada <ada@example.test>"), user)
    server.deliver(message("Last"), user)
    wait_for(lambda: len(stranger.process.output("out")) >= 2, lambda: stranger.process.text())
    first, last = stranger.process.output("out")
    assert last == "work/INBOX: Ada Lovelace: Last"
    assert first.startswith("work/INBOX: Ada: a ") and "red" in first and "line" in first
    assert not re.search("[\033\u202e]", first)


def test_python_client_goes_on_where_it_was(watched, client, server, user, directory):
    reader = PythonClient(directory)
    reader.file.unlink()  # its first time: what is in the log is old
    server.deliver(message("Old"), user)
    client.wait_new_mail(1)
    for round_number, subjects in enumerate([["One"], ["Two", "Three"]]):
        process = Process(reader.argv(), watched.environment())
        wait_for(reader.file.exists, lambda: process.text(), look_every=0.05)
        if round_number == 0:
            server.deliver(message("One"), user)
        wait_lines(process, *(f"Ada Lovelace: {subject}" for subject in subjects))
        # What was printed is in the file before the next is read.
        wait_for(lambda: int(reader.file.read_text()) == client.property("LastSequence"), "the file", look_every=0.05)
        process.kill()
        server.deliver_many([message("Two"), message("Three")], user)
        client.wait_new_mail(4 + 2 * round_number)


class Hook:
    """A server that keeps what it is sent and answers with `statuses`, then with 204."""

    def __init__(self):
        self.statuses, self.requests = [], []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.requests.append((self.path, self.headers, body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 204)
                self.end_headers()
                poke()

            def log_message(self, *_arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    running = Hook()
    yield running
    running.stop()


def test_webhook_sends_each_message_until_it_is_taken(watched, client, server, user, directory, hook):
    script = directory / "posthorn-run/webhook"
    script.parent.mkdir()
    shutil.copy(EXAMPLES / "run/webhook", script)
    (script.parent / "webhook.curl").write_text(
        f'url = "http://127.0.0.1:{hook.server.server_port}/mail"\nheader = "Authorization: Bearer 0123456789"\n',
        encoding="ascii")
    hook.statuses = [503]
    server.deliver(message(encoded_word('"quoted"; $(id)', "utf-8")), user)
    client.wait_new_mail(1)
    process = watched.cli_process("run", "--cursor=webhook", "--since=0", "--", script)
    wait_for(lambda: len(hook.requests) == 2, lambda: f"two requests: {hook.requests}\n{process.text()}")
    event = client.new_events()[0]
    for path, headers, body in hook.requests:
        assert path == "/mail"
        assert headers["Authorization"] == "Bearer 0123456789"
        assert headers["Content-Type"] == "application/json"
        assert headers["Idempotency-Key"] == f"posthorn-{event['seq']}"
        assert json.loads(body)["subject"] == '"quoted"; $(id)'
    process.wait_for_line("503")
    process.stop()


def test_counter_in_waybar(watched, client, server, user):
    """The module's command as waybar runs it, and the words of the style."""
    text = (EXAMPLES / "waybar/posthorn.jsonc").read_text(encoding="utf-8")
    module = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))["custom/posthorn"]
    assert module["return-type"] == "json"
    path = f"{os.path.dirname(program('posthorn'))}:{os.environ['PATH']}"
    bar = Process(["sh", "-c", module["exec"]], watched.environment(PATH=path))

    def shown():
        return json.loads(bar.output("out")[-1]) if bar.output("out") else {}

    try:
        wait_for(lambda: shown().get("text") == "0", lambda: bar.text())
        server.deliver(message("One"), user)
        wait_for(lambda: shown().get("text") == "1", lambda: bar.text())
        assert "unseen" in shown()["class"]
        server.flag(1, user=user)
        wait_for(lambda: shown().get("text") == "0", lambda: bar.text())
        assert "none" in shown()["class"]
        watched.stop()
        wait_for(lambda: shown().get("alt") == "offline", lambda: bar.text())
    finally:
        bar.kill()
    manual = (SOURCE / "man/posthorn.1.scd").read_text(encoding="utf-8").partition("# STATUS BARS")[2]
    style = (EXAMPLES / "waybar/posthorn.css").read_text(encoding="utf-8")
    words = set(re.findall(r"#custom-posthorn\.([\w-]+)", style)) | set(module["format-icons"]) - {"default"}
    assert words and all(f"*{word}*" in manual for word in words)


class Waybar:
    """A real one, below a sway that nobody sees (and that refuses to be root)."""

    def __init__(self, directory, daemon):
        self.home, self.directory = daemon.home, directory / "sway"
        self.directory.mkdir(mode=0o700)
        user = server_user()
        if user:
            os.chown(self.directory, *user)
        (directory / "sway.conf").write_text("output HEADLESS-1 resolution 200x40 bg #000000 solid_color\n"
                                             "xwayland disable\n", encoding="ascii")
        self.sway = Process(["sway", "-c", directory / "sway.conf"], environment(
            self.directory, WLR_BACKENDS="headless", WLR_LIBINPUT_NO_DEVICES=1, WLR_RENDERER="pixman",
            XDG_RUNTIME_DIR=self.directory), user=user)
        self.socket = wait_for(self._socket, lambda: f"sway:\n{self.sway.text()}", look_every=0.05)
        (directory / "waybar.json").write_text(json.dumps({
            "include": [str(EXAMPLES / "waybar/posthorn.jsonc")], "modules-left": ["custom/posthorn"]}), encoding="ascii")
        (directory / "waybar.css").write_text(f'@import "{EXAMPLES}/waybar/posthorn.css";\n', encoding="ascii")
        path = f"{os.path.dirname(program('posthorn'))}:{os.environ['PATH']}"
        self.bar = Process(["waybar", "-c", directory / "waybar.json", "-s", directory / "waybar.css"],
                           daemon.environment(WAYLAND_DISPLAY=self.socket, NO_AT_BRIDGE=1, GSETTINGS_BACKEND="memory",
                                              PATH=path))

    def _socket(self):
        return next((path for path in self.directory.glob("wayland-*") if path.suffix != ".lock"), None)

    def pixels(self):
        picture = self.home / "bar.ppm"
        run(["grim", "-t", "ppm", picture], environment(self.home, WAYLAND_DISPLAY=self.socket))
        data = picture.read_bytes().split(b"\n", 3)[-1]
        return [tuple(data[at:at + 3]) for at in range(0, len(data), 3)]

    def wait(self, is_it, what):
        """The picture, once it is so and stands still."""
        last = [None]

        def stands():
            before, last[0] = last[0], self.pixels()
            return last[0] if before == last[0] and is_it(last[0]) else None
        return wait_for(stands, lambda: f"{what}:\n{self.bar.text()}", look_every=0.2)

    def stop(self):
        self.bar.kill()
        self.sway.kill()


def test_counter_on_a_screen(watched, server, user, directory):
    bar = Waybar(directory, watched)
    try:
        none = bar.wait(lambda pixels: len(set(pixels)) > 8, "a counter")
        server.deliver(message("One"), user)
        one = bar.wait(lambda pixels: pixels != none, "another number")
        server.flag(1, user=user)
        bar.wait(lambda pixels: pixels == none, "the first again")
        watched.stop()
        away = bar.wait(lambda pixels: pixels not in (none, one), "no daemon")
        orange = (255, 165, 0)
        assert orange in away and orange not in none + one
    finally:
        bar.stop()
