"""How a program is asked to end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from threading import Thread

from relume.stopping import stopped_by_signal

# In a process of its own: pytest has signals handled on a small stack, which overflows where AMX
# has been used before.
_SIGNALS = """
import signal, time
from relume.stopping import stopped_by_signal

def interrupted() -> bool:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return True
    return False

signal.signal(signal.SIGINT, signal.default_int_handler)
told = []
with stopped_by_signal(lambda: told.append(1)) as stopped:
    assert stopped() == 0
    assert not interrupted()
    signal.raise_signal(signal.SIGTERM)  # `timeout` sends each twice
    assert stopped() == signal.SIGINT
    assert told == [1]
    later = time.monotonic() + 2
    time.monotonic = lambda: later
    assert interrupted()  # a second wish ends it at once
assert interrupted()
assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL

signal.signal(signal.SIGHUP, signal.SIG_DFL)
with stopped_by_signal() as stopped:
    signal.raise_signal(signal.SIGHUP)  # its terminal is closed
    assert stopped() == signal.SIGHUP

signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
with stopped_by_signal() as stopped:
    signal.raise_signal(signal.SIGHUP)
    assert stopped() == 0
assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
"""


def test_a_signal_is_told_and_later_ones_are_as_before() -> None:
    subprocess.run([sys.executable, "-c", _SIGNALS], check=True)


def test_in_another_thread_no_signal_is_heeded() -> None:
    told = []

    def work() -> None:
        with stopped_by_signal() as stopped:
            told.append(stopped())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert told == [0]


_CLOSED = """
import signal, sys, time
from relume.stopping import stopped_by_signal

signal.signal(signal.SIGHUP, signal.SIG_DFL)
with stopped_by_signal() as stopped:
    print("ready", flush=True)
    while not stopped():
        time.sleep(0.02)
    print("nobody reads this", flush=True)
    print("nor this", file=sys.stderr, flush=True)
sys.exit(7)
"""


def test_what_is_said_to_a_closed_terminal_is_no_error() -> None:
    ours, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _CLOSED], preexec_fn=lambda: os.login_tty(terminal)
    )
    os.close(terminal)
    os.read(ours, 64)
    os.close(ours)
    assert process.wait(timeout=60) == 7
