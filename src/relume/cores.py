"""How many cores there are, and how many threads each part of a stream gets."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from operator import index
from typing import SupportsIndex

from .errors import UsageError

__all__ = ["Threads", "available_cores", "one_thread_a_stage", "spare_thread"]

_TURN = 5e-4
"""Seconds after which a thread may ask another one for Python's lock."""

_MOST_CODEC, _MOST_NETWORK = 8, 4  # more of them gain next to nothing on pictures of this size


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 2


@contextmanager
def one_thread_a_stage() -> Iterator[None]:
    """For as long as stages keep all cores busy: OpenCV and matrix products stay in the thread that
    calls them, and threads take turns at Python quickly. As it was before, at the end.

    BLAS's own threads wait for work by spinning, which took a third of two cores from the stages.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    with _changing:
        if not _inside:
            threads, turn = cv2.getNumThreads(), sys.getswitchinterval()
            _before.enter_context(threadpool_limits(1, "blas"))
            _before.callback(cv2.setNumThreads, threads)
            _before.callback(sys.setswitchinterval, turn)
            cv2.setNumThreads(1)
            sys.setswitchinterval(_TURN)
        _inside.append(None)
    try:
        yield
    finally:
        with _changing:
            _inside.pop()
            if not _inside:
                _before.close()


_changing, _before, _inside = threading.Lock(), ExitStack(), list[None]()
"""Of the whole process: the first to come sets, the last to go sets back."""


@cache
def spare_thread() -> ThreadPoolExecutor:
    """One thread for what may go on beside the caller's own work, and for what live frames needn't
    wait for; a new process by fork has none, and makes its own.

    At the priority of all others: at a lower one it would hold Python's lock while another program
    has its core.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=spare_thread.cache_clear)
    return ThreadPoolExecutor(1, thread_name_prefix="relume-spare")


@dataclass(frozen=True)
class Threads:
    """Threads of the parts of a stream."""

    stages: int
    """that take the stages in turn"""
    codec: int
    """of the decoder, and of the encoder"""
    network: int
    """of one inference of a large network"""

    @classmethod
    def share(cls, total: int | None = None) -> Threads:
        """Shares of `total` cores, by default all that there are.

        The stages may use all; more threads than cores would cost a tenth of the speed. Codecs get
        half, the other half computes. On fewer than four cores a network stays in its stage's
        thread: the stages keep two busy.

        Raises:
            UsageError: `total` is less than 1, or no whole number.
        """
        if total is not None and not isinstance(total, SupportsIndex):
            raise UsageError(f"threads is a whole number, not {total!r}")
        if total is not None and total < 1:
            raise UsageError(f"at least one thread is needed, not {total}")
        cores = available_cores() if total is None else index(total)
        half = max(1, cores // 2)
        return cls(cores, min(half, _MOST_CODEC), min(half, _MOST_NETWORK))
