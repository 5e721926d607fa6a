"""A video file in a camera's stead."""

from __future__ import annotations

import time
from typing import Any

import cv2

__all__ = ["FilmCamera"]


class FilmCamera:
    """Plays a file as a camera would: every picture comes at its time, wanted or not.

    It has the methods of cv2.VideoCapture that `CameraReader` calls. What live video does can so
    be tried, and timed, where there is no camera.
    """

    def __init__(self, path: str) -> None:
        # A camera's own work is done outside: little here, and no threads.
        self._film: Any = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        self._begun: float | None = None
        self._count = 0

    def isOpened(self) -> bool:
        """Whether the file can be read."""
        return bool(self._film.isOpened())

    def set(self, key: int, value: float) -> bool:
        """A file keeps its size and rate."""
        return False

    def get(self, key: int) -> float:
        """See cv2.VideoCapture."""
        return float(self._film.get(key))

    def read(self) -> tuple[bool, Any]:
        """The next picture [H, W, 3] uint8 BGR, when its time has come.

        Raises:
            EOFError: that was all; a camera's end would be a fault.
        """
        done, picture = self._film.read()
        if not done:
            raise EOFError
        now = time.perf_counter()
        if self._begun is None:
            self._begun = now
        rate = self.get(cv2.CAP_PROP_FPS)
        due = self._begun + self._count / (rate if rate > 0 else 30.0)
        time.sleep(max(0.0, due - now))
        self._count += 1
        return True, picture

    def release(self) -> None:
        """Close the file."""
        self._film.release()
