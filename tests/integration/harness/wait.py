"""Waiting for something that another thread or process will do: never a sleep, always a deadline.

Whoever learns of something (a line read, a signal, bytes that passed) calls poke(); wait_for()
then looks again. The deadline only ends a test that has already failed.
"""

import threading
import time

DEADLINE = 30.0

_changed = threading.Condition()
_news = [0]  # calls of poke()
_interruption = []


class DeadlineMissed(AssertionError):
    """What was waited for did not come."""


def poke():
    with _changed:
        _news[0] += 1
        _changed.notify_all()


def interrupt(exception):
    """For a signal handler: the wait at hand, or the next one, raises this. Nothing is torn apart
    in between, such as a process that was started and is not known yet."""
    _interruption.append(exception)
    poke()


def wait_for(predicate, what, deadline=DEADLINE, look_every=0.5):
    """Returns the first true value of predicate(); `what` (a text, or a function that makes one)
    says what is missing if it never comes. What nobody pokes for (a process that ended, a port that
    opened) is looked at every `look_every` seconds. Nobody who pokes waits for predicate(), which may
ask a program that waits for its output to be read."""
    end = time.monotonic() + deadline
    while True:
        if _interruption:
            raise _interruption.pop()
        seen = _news[0]
        value = predicate()
        if value:
            return value
        left = end - time.monotonic()
        if left <= 0:
            raise DeadlineMissed(f"in {deadline:g} s there was no {what() if callable(what) else what}")
        with _changed:
            if _news[0] == seen:
                _changed.wait(min(left, look_every))


def stays_quiet(predicate, seconds):
    """True if predicate() stays false for so long. For what must *not* happen; where possible wait
    for a later event that proves it instead."""
    try:
        wait_for(predicate, "", seconds)
    except DeadlineMissed:
        return True
    return False
