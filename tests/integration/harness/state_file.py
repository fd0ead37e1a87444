"""The state file of a daemon that does not run, as somebody else changes it."""

import contextlib
import sqlite3


@contextlib.contextmanager
def edit(daemon):
    """The database; what was done to it is committed at the end."""
    with contextlib.closing(sqlite3.connect(daemon.state / "posthorn.db")) as file, file:
        yield file


def forget_events(daemon, last):
    """As retention leaves it: all events up to this one are gone."""
    with edit(daemon) as file:
        file.execute("DELETE FROM event WHERE seq <= ?", (last,))
        file.execute("INSERT OR REPLACE INTO meta VALUES ('floor', ?)", (last,))
