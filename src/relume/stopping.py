"""Being asked to end: a first signal is a wish, a second one ends the program."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ENDS", "ONE_STOP", "stopped_by_signal"]

ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a program from outside; the second when its terminal is closed."""

ONE_STOP = 1.0
"""Seconds in which signals are one wish: `timeout` sends each twice."""


@contextmanager
def stopped_by_signal(tell: Callable[[], object] | None = None) -> Iterator[Callable[[], int]]:
    """SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed terminal) let what is at hand be finished
    meanwhile.

    A second one does what it did before, which ends the process at once. One that is ignored, as
    `nohup` wants it, stays so. Only a process's main thread is told of signals; in others none is
    heeded.

    Args:
        tell: called at the first one.

    Yields:
        Tells the number of the signal that asked the process to end, or 0.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDS)}
    usual = {n: handler for n, handler in found.items() if handler not in (signal.SIG_IGN, None)}
    terminals = [file for file in (1, 2) if os.isatty(file)]
    asked, since = 0, 0.0

    def put_back() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def heed(number: int, _frame: object) -> None:
        nonlocal asked, since
        if not asked:
            asked, since = number, time.monotonic()
            _let_go(terminals)
            if tell is not None:
                tell()
        elif time.monotonic() - since > ONE_STOP:
            put_back()
            signal.raise_signal(number)

    for number in usual:
        signal.signal(number, heed)
    try:
        yield lambda: asked
    finally:
        put_back()


def _let_go(terminals: list[int]) -> None:
    """What is still said goes nowhere if its terminal is closed: to say it there is an error, and
    that would end the work at hand."""
    for file in terminals:
        if not os.isatty(file):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file)
            os.close(nowhere)
