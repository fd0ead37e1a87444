"""What ./try shows, once Posthorn is installed and built. Stands on the tests' harness."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "integration"))

from harness.bus import Bus  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.desktop import Desktop  # noqa: E402
from harness.dovecot import Dovecot  # noqa: E402
from harness.messages import encoded_word, message  # noqa: E402
from harness.posthorn import Daemon, build_directory, program  # noqa: E402
from harness.process import Process  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.wait import DeadlineMissed, interrupt, wait_for  # noqa: E402

MESSAGES = [
    ("INBOX", message("The engine is ready", sender=b"Ada Lovelace <ada@example.test>")),
    ("INBOX", message(encoded_word("Посылка ждёт на почте", "koi8-r"),
                      sender=encoded_word("Почта", "utf-8") + b" <post@example.test>")),
    ("Work", message(encoded_word("Größere Änderung: <b>R&D</b>", "utf-8", "Q"),
                     sender=b"Build <build@example.test>")),
]


class Ended(Exception):
    """A signal asked us to end."""


def say(text=""):
    print(text, flush=True)


def end_on_signals():
    ended = []

    # The first one counts. None is ever ignored: a child would inherit that, and not end.
    def end(number, _frame):
        if not ended:
            ended.append(number)
            interrupt(Ended(number))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def status_of(daemon, account):
    done = daemon.cli("status", "--json", check=False)
    if not done.stdout:
        return {}
    return next((found for found in json.loads(done.stdout)["accounts"] if found["Id"] == account), {})


def wait_settled(daemon, account):
    """The account's properties, once it is online or has said why not."""
    def settled():
        found = status_of(daemon, account)
        return found if found.get("State") == "online" or found.get("Reason") else None
    return wait_for(settled, lambda: f"word of the account:\n{daemon.log()}", 90, look_every=0.1)


def start_agent(daemon, environment):
    agent = Process([program("posthorn-notify")], environment, name="posthorn-notify")
    return agent


# --- the throw-away server -----------------------------------------------------------------------

def one_line(event):
    name, address = event.get("from_name", ""), event.get("from_address", "")
    return f"{name} <{address}>" if name else address


def deliver(mailbox, mail, server, daemon):
    """The time when it began, and a function that makes of what passed since then, and of the time
    when the event was there, what is to be said of it."""
    if mailbox == "INBOX":
        began = server.deliver(mail)
        return began, lambda chunks, seen: \
            f"{1000 * (seen - server_word(chunks, began)):.1f} ms after the server's first word about it"
    began = time.monotonic()
    server.save(mail, mailbox)
    # INBOX is pushed, the others are looked at in turns; this asks for it now.
    asked = time.monotonic()
    daemon.cli("check")
    return began, lambda _, seen: f"{1000 * (seen - asked):.0f} ms after `posthorn check`"


def server_word(chunks, began):
    """When the server spoke up: what it said after the longest silence. What stands before that still
    belongs to the last message, what comes behind is question and answer."""
    gaps = []
    last = began
    for chunk in chunks:
        if chunk.side == "S":
            gaps.append((chunk.when - last, chunk.when))
        last = chunk.when
    return max(gaps)[1]


def show_delivery(number, mailbox, mail, server, proxy, daemon, watch):
    lines_before, mark = len(watch.lines), proxy.mark()
    began, latency = deliver(mailbox, mail, server, daemon)
    wait_for(lambda: len(watch.lines) > lines_before, lambda: f"event:\n{daemon.log()}")
    event = json.loads(watch.lines[lines_before][1])
    seen = watch.times[lines_before]
    say(f"  {number}. {event['subject']}")
    say(f"     from {one_line(event)}, in {event['mailbox']}, event {event['seq']}")
    say(f"     {1000 * (seen - began):.0f} ms after the delivery began, {latency(proxy.since(mark), seen)}")


def show(directory, stack):
    authority = Authority(directory / "ca")
    server = Dovecot(directory / "mail", authority.certificate("server"))
    stack.callback(server.kill)
    server.start()
    mailboxes = list(dict.fromkeys(mailbox for mailbox, _ in MESSAGES))
    for mailbox in mailboxes[1:]:
        server.create(mailbox)
    proxy = Proxy(server.imaps)
    stack.callback(proxy.close)
    say("  mail server          Dovecot on 127.0.0.1, over TLS")

    bus = Bus(directory / "bus")
    stack.callback(bus.stop)
    bus.start()
    desktop = Desktop(directory / "desktop", bus.address)
    stack.callback(desktop.stop)
    desktop.start()
    say("  desktop              dunst on a private bus and a screen of its own")

    daemon = Daemon(directory / "posthorn", bus.address)
    stack.callback(daemon.stop)
    daemon.write_account("example", Name="Example", Port=proxy.port, CAFile=authority.ca,
                         mailboxes=mailboxes)
    daemon.start()
    account = wait_settled(daemon, "example")
    if account["State"] != "online":
        raise DeadlineMissed(f"the account is {account['State']}: {account['ReasonText']}")
    say(f"  posthornd            watches {' and '.join(mailboxes)} by one connection ({account['Strategy']})")
    agent = start_agent(daemon, desktop.environment())
    stack.callback(agent.stop)
    watch = daemon.cli_process("watch", "--json", "--since", "0")
    stack.callback(watch.stop)
    say("  posthorn-notify      waits for news")

    say("\nThree messages are delivered. (Dovecot itself waits half a second before it tells anybody.)\n")
    for number, (mailbox, mail) in enumerate(MESSAGES, 1):
        show_delivery(number, mailbox, mail, server, proxy, daemon, watch)

    picture = build_directory() / "notification.png"
    wait_for(lambda: "Build" in desktop.shown(), lambda: f"notification:\n{desktop.shown()}\n{agent.text()}")
    desktop.picture(picture)
    say(f"\nThe desktop notification: {os.path.relpath(picture)}")


ADVICE = """
Now your own mailbox: save this as my.conf, change it, and run  ./try --account my.conf

  [Account]
  Name=Me
  Host=imap.example.org
  User=me@example.org
  PasswordCommand=secret-tool lookup mail me@example.org
  # or PasswordFile=/home/me/.mail-password (a file that only you can read)

  [Mailboxes]
  Watch=INBOX
"""


# --- the user's own server -----------------------------------------------------------------------

def copy_account(file, daemon):
    """Into the temporary configuration; paths that are relative to FILE still lead there."""
    account = file.stem if re.fullmatch(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,63}", file.stem) else "account"
    text = re.sub(rb"^(\s*(?:PasswordFile|CAFile)\s*=\s*)(?![/~\s])",
                  rb"\1" + os.fsencode(file.parent.as_posix()) + rb"/", file.read_bytes(), flags=re.MULTILINE)
    copy = daemon.account_file(account)
    copy.write_bytes(text)
    copy.chmod(0o600)
    return account


def session_bus():
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not address:
        raise RuntimeError("--desktop: there is no session bus here (DBUS_SESSION_BUS_ADDRESS is not set)")
    return address


def watch_account(directory, stack, file, use_desktop):
    desktop = None
    if use_desktop:
        address = session_bus()
    else:
        bus = Bus(directory / "bus")
        stack.callback(bus.stop)
        address = bus.start().address
        desktop = Desktop(directory / "desktop", address)
        stack.callback(desktop.stop)
        desktop.start()

    # The password's command or file is the user's: it needs the user's environment.
    daemon = Daemon(directory / "posthorn", address, environment_more={
        key: value for key, value in os.environ.items() if key != "DBUS_SESSION_BUS_ADDRESS"})
    account = copy_account(file, daemon)
    checked = daemon.check_config()
    complaints = (checked.stdout + checked.stderr).decode("utf-8", "replace").strip()
    if checked.returncode != 0:
        raise RuntimeError(complaints.replace(str(daemon.account_file(account)), str(file)))
    stack.callback(daemon.stop)
    daemon.start()
    agent = start_agent(daemon, desktop.environment() if desktop else {**os.environ})
    stack.callback(agent.stop)
    wait_settled(daemon, account)
    say(daemon.cli("status", check=False).stdout.decode("utf-8"))
    say("New mail is shown here" + (" and on your desktop" if use_desktop else "") + ". Ctrl-C ends it.\n")
    follow(daemon, desktop)


def follow(daemon, desktop):
    """posthorn watch writes to our own standard output; a picture is taken of what comes."""
    with subprocess.Popen([str(program("posthorn")), "watch"], env=daemon.environment(),
                          start_new_session=True) as watch:
        try:
            shown = ""
            while watch.poll() is None and daemon.process.is_running():
                with contextlib.suppress(DeadlineMissed):
                    wait_for(lambda: desktop and desktop.shown() != shown or not daemon.process.is_running(),
                             "news", 2)
                if desktop and desktop.shown() != shown:
                    shown = desktop.shown()
                    desktop.picture(build_directory() / "notification.png")
        finally:
            watch.terminate()
    raise RuntimeError(f"posthornd ended:\n{daemon.log()}")


def main():
    parser = argparse.ArgumentParser(prog="./try")
    parser.add_argument("--account", type=pathlib.Path)
    parser.add_argument("--desktop", action="store_true")
    options = parser.parse_args()
    end_on_signals()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="posthorn-try-"))
    try:
        # Also for the user that a mail server started by root drops to.
        directory.chmod(0o755)
        with contextlib.ExitStack() as stack:
            if options.account:
                watch_account(directory, stack, options.account.resolve(strict=True), options.desktop)
            else:
                say("Posthorn starts, with everything it needs, in a place of its own:\n")
                show(directory, stack)
                say(ADVICE)
        return 0
    except Ended as ended:
        say()
        return 128 + ended.args[0]
    except (DeadlineMissed, OSError, RuntimeError, AssertionError) as problem:
        print(f"./try: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
