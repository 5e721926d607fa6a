"""Settings of the process as a whole, which only a program may make, never a library."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from types import FrameType

__all__ = ["Terminated", "one_thread_a_stage", "prepare", "stop_event"]

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h


class Terminated(KeyboardInterrupt):
    """SIGTERM, told apart from Ctrl-C for its exit code."""


def prepare() -> None:
    """Freed memory kept for the next frame, small matrices in one thread, SIGTERM as Ctrl-C."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is first imported
    signal.signal(signal.SIGTERM, _terminate)
    if sys.platform == "linux":
        _keep_freed_memory()


def one_thread_a_stage() -> None:
    """OpenCV stays in the thread that calls it, and threads take turns at Python quickly."""
    import cv2

    cv2.setNumThreads(1)
    sys.setswitchinterval(5e-4)


def stop_event(source: str) -> threading.Event | None:
    """For a camera, which has no end of its own: an event that Ctrl-C and SIGTERM set."""
    if not source.startswith("camera:"):
        return None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _keep_freed_memory() -> None:
    """By default glibc gives each frame's big arrays back to the system and asks for them anew,
    page by page, which costs more than the arithmetic done on them."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return  # another C library
    mallopt(_MMAP_THRESHOLD, 64 << 20)
    mallopt(_TRIM_THRESHOLD, 128 << 20)
    mallopt(_TOP_PAD, 16 << 20)
