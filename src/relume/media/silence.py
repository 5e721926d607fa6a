"""OpenCV's own messages are kept off the terminal: one error in words follows, or all is well."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

__all__ = ["opencv_silent"]

_LOCK = threading.Lock()
_before: list[int] = []
"""For every thread that is within, the level that was, of which the first is the user's."""


@contextmanager
def opencv_silent() -> Iterator[None]:
    """Within, OpenCV says nothing by itself; afterwards as much as before."""
    messages = cv2.utils.logging
    with _LOCK:
        _before.append(messages.getLogLevel())
        messages.setLogLevel(messages.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        with _LOCK:
            last = _before.pop()  # whose it is doesn't matter: all but the first are silent
            if not _before:
                messages.setLogLevel(last)
