"""An OddServer in a process of its own, which can be stopped as a whole: `python3 -m harness.odd_process`
prints its port, and delivers a message for each SIGUSR1."""

import signal

from .odd_server import OddServer


def main():
    # Before any thread is there that would not know of it.
    signals = (signal.SIGUSR1,)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = OddServer()
    print(server.port, flush=True)
    while True:
        signal.sigwait(signals)
        server.deliver("While it was stopped")
        print("delivered", flush=True)


if __name__ == "__main__":
    main()
