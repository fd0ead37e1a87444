#!/usr/bin/env python3
"""new-mail.py [--system] FILE: prints a line for each new message, and misses none.

FILE remembers the number of the last event that was printed: what came while this program, or the
daemon, was away is printed later, once. A client of org.posthorn.Posthorn1 as posthorn-dbus(7) asks
for it, with python3-dbus-next and nothing of Posthorn's. Here signals only say that there is
something to read, and all that is printed comes from the log.
"""

import argparse
import asyncio
import pathlib
import sys

from dbus_next import BusType, DBusError
from dbus_next.aio import MessageBus

NAME = "org.posthorn.Posthorn1"
ROOT = "/org/posthorn/Posthorn1"


def printable(text):
    """Texts come from strangers: no line ends, no colours, nothing that turns a line around."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def show(event):
    values = {key: variant.value for key, variant in event.items()}
    sender = values.get("from_name") or values.get("from_address", "")
    print(f"{values['account']}/{printable(values['mailbox'])}: "
          f"{printable(sender)}: {printable(values.get('subject', ''))}", flush=True)


class Reader:
    def __init__(self, bus, path):
        self.bus, self.path = bus, path
        self.manager = None
        self.wake = asyncio.Event()
        self.is_subscribed = False

    def on_owner_changed(self, name, _old, new):
        if name == NAME:
            self.is_subscribed = False
            if new:
                self.wake.set()

    async def follow(self):
        """For good; returns when the bus is gone."""
        dbus = await self._interface("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        dbus.on_name_owner_changed(self.on_owner_changed)
        if await dbus.call_name_has_owner(NAME):
            self.wake.set()
        gone = asyncio.ensure_future(self.bus.wait_for_disconnect())
        while not gone.done():
            waiting = asyncio.ensure_future(self.wake.wait())
            await asyncio.wait([gone, waiting], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if self.wake.is_set():
                self.wake.clear()
                await self._read_on()

    async def _interface(self, name, path, interface):
        return self.bus.get_proxy_object(name, path, await self.bus.introspect(name, path)).get_interface(interface)

    async def _read_on(self):
        try:
            if not self.manager:
                self.manager = await self._interface(NAME, ROOT, NAME + ".Manager")
                self.manager.on_new_mail(lambda _seq, _account, _message: self.wake.set())
                self.manager.on_lagged(lambda _first, _last: self.wake.set())
            if not self.is_subscribed:
                await self.manager.call_subscribe()
                self.is_subscribed = True
            await self._read_log()
        except DBusError as error:
            # The daemon has gone meanwhile: its return wakes this up.
            print(f"posthornd: {error}", file=sys.stderr)

    async def _read_log(self):
        if not self.path.exists():  # the first time: what comes from now on
            self._save(await self.manager.get_last_sequence())
        after = int(self.path.read_text(encoding="ascii"))
        while True:
            try:
                events, last = await self.manager.call_read_events(after, 0)
            except DBusError as error:
                if error.type != NAME + ".Error.SequenceGone":
                    raise
                print("Some events were dropped from the log.", file=sys.stderr)
                after = 0
                continue
            if not events:
                return
            for event in events:
                if event["type"].value == "new":
                    show(event)
            after = last
            self._save(after)

    def _save(self, sequence):
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(f"{sequence}\n", encoding="ascii")
        new.replace(self.path)


async def main():
    parser = argparse.ArgumentParser(description="Prints a line for each new message.")
    parser.add_argument("--system", action="store_true", help="ask the system's daemon")
    parser.add_argument("file", type=pathlib.Path, help="remembers what was printed")
    options = parser.parse_args()
    bus = await MessageBus(bus_type=BusType.SYSTEM if options.system else BusType.SESSION).connect()
    await Reader(bus, options.file).follow()


if __name__ == "__main__":
    asyncio.run(main())
