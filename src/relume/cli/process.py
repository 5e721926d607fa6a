"""Settings of the process as a whole, which only a program may make, never a library."""

from __future__ import annotations

import atexit
import ctypes
import io
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from ..stopping import ENDS, ONE_STOP, stopped_by_signal

__all__ = [
    "Terminated",
    "keep_tensors",
    "load_ahead",
    "one_thread_a_stage",
    "prepare",
    "stop_event",
]

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, told apart from Ctrl-C for its exit code."""


def prepare() -> None:
    """Freed memory kept for the next frame, small matrices in one thread, SIGTERM and SIGHUP as
    Ctrl-C, whose cleaning up no second one in the same second cuts short, file names printed as
    they are, and no telemetry of OpenVINO's (see `relume.inference`)."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is first imported
    for number in (signal.SIGINT, *ENDS):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` wants it
            signal.signal(number, _end)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name need not be UTF-8
        sys.stdout.reconfigure(errors="surrogateescape")
    if sys.platform == "linux":
        _keep_freed_memory()


def one_thread_a_stage() -> None:
    """See `relume.cores.one_thread_a_stage`; until the program ends."""
    from ..cores import one_thread_a_stage

    settings = ExitStack()
    settings.enter_context(one_thread_a_stage())
    atexit.register(settings.close)


def load_ahead() -> None:
    """Begin to load the networks that any relighting needs, on all cores but this thread's."""
    from ..cores import available_cores
    from ..face import load_ahead

    load_ahead(max(1, available_cores() - 1))


@contextmanager
def stop_event(source: str) -> Iterator[threading.Event | None]:
    """For a camera, which has no end of its own: an event that Ctrl-C, SIGTERM and SIGHUP set. A
    second one ends the program as it does elsewhere, and so does one before the first frame."""
    from ..errors import StoppedError
    from ..media.source import is_camera

    if not is_camera(source):
        yield None
        return
    stop = threading.Event()
    try:
        with stopped_by_signal(stop.set) as asked:
            yield stop
    except StoppedError:
        if asked():
            signal.raise_signal(asked())
        raise


_ended = -math.inf  # when a signal ended the program last


def _end(number: int, frame: FrameType | None) -> None:
    global _ended
    if time.monotonic() - _ended > ONE_STOP:
        _ended = time.monotonic()
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated


def keep_tensors() -> None:
    """For training: memory is kept from step to step, in processes started later, too."""
    if sys.platform == "linux":
        os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 << 20))
        os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(8 << 30))
        _keep_freed_memory((2 << 30) - 1)


def _keep_freed_memory(most: int = 128 << 20) -> None:
    """By default glibc gives each frame's big arrays back to the system and asks for them anew,
    page by page, which costs more than the arithmetic done on them."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return  # another C library
    mallopt(_MMAP_THRESHOLD, 64 << 20)
    mallopt(_TRIM_THRESHOLD, most)
    mallopt(_TOP_PAD, 16 << 20)
