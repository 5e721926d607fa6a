"""A webcam as one more source. Live means the newest frame wins: a slow reader drops frames.

Tested against a fake only: no camera was at hand.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from relume.errors import MediaError
from relume.media.closing import Closing
from relume.media.film import FilmCamera
from relume.media.frame import VideoFrame
from relume.media.info import MediaInfo
from relume.media.picture import Pixels

__all__ = ["CameraReader"]

log = logging.getLogger("relume.media")

_MICROSECOND = Fraction(1, 1_000_000)
_SETTLING = 10  # frames taken before drops are told: networks load meanwhile
_WINDOW, _MANY = 90, 9  # of so many frames in a row, dropped ones that are worth a word
_PATIENCE = 10.0  # seconds without a picture after which the camera counts as gone


def _open_capture(device: int | str) -> Any:
    # A regular file: /dev/video0 is none.
    if isinstance(device, str) and Path(device).is_file():
        return FilmCamera(device)
    messages = cv2.utils.logging
    level = messages.getLogLevel()
    # Every backend that fails says so by itself; one error in words follows.
    messages.setLogLevel(messages.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(device)
    finally:
        messages.setLogLevel(level)


class CameraReader(Closing):
    """Frames of a camera until it is closed or unplugged; pts count microseconds from the first.

    A frame that nobody has taken when the next one comes is dropped. Where more than a tenth are,
    the log "relume.media" and `warnings` say so, once.

    A file's name instead of a camera's plays the file in a camera's stead: see `FilmCamera`.

    `open_capture` is the seam for tests: it takes a device and returns an object with the
    methods isOpened, set, get, read and release of cv2.VideoCapture.
    """

    def __init__(
        self,
        source: str,
        *,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
        open_capture: Callable[[int | str], Any] = _open_capture,
    ) -> None:
        device = source.removeprefix("camera:") or "0"
        self._capture = open_capture(int(device) if device.isdigit() else device)
        self.warnings: list[str] = []
        if not self._capture.isOpened():
            self._capture.release()
            raise MediaError(
                f"{source}: no such camera, or it may not be used, or another program has it;"
                " cameras are counted from camera:0"
            )
        if size is not None:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        if rate is not None:
            self._capture.set(cv2.CAP_PROP_FPS, float(rate))
        done, first = self._capture.read()
        if not done:
            self._capture.release()
            raise MediaError(f"{source}: the camera gives no picture; check its permissions")
        told = self._capture.get(cv2.CAP_PROP_FPS)
        actual = Fraction(told if told > 0 else 30).limit_denominator(1001)
        self.info = MediaInfo(
            source=source,
            path=None,
            container="camera",
            codec="raw",
            width=first.shape[1],
            height=first.shape[0],
            frame_rate=actual,
            average_rate=actual,
            time_base=_MICROSECOND,
            duration=None,
            frames=None,
            frames_exact=False,
            pixel_format="rgb24",
            depth=8,
        )
        self._source = source
        self._start = self._last = time.perf_counter()
        self._newest: tuple[Pixels, float] | None = (first, self._start)
        self.dropped = 0
        """Frames that came and were not taken."""
        self._interval = 0.0  # seconds between the last two
        self._taken = 0
        self._late: deque[bool] = deque(maxlen=_WINDOW)  # of the last frames, which were dropped
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._grab, name="relume-camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the camera."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(_PATIENCE)
        self._capture.release()

    def __iter__(self) -> Iterator[VideoFrame]:
        last = -1
        while True:
            with self._changed:
                if not self._changed.wait_for(self._ready, _PATIENCE):
                    raise MediaError(f"{self._source}: the camera gives no more pictures")
                if self._newest is not None and self._nearly_late(self._newest[1]):
                    self._changed.wait_for(self._fresh, self._interval / 2)
                if self._newest is None:
                    return
                (picture, moment), self._newest = self._newest, None
                self._taken += 1
            last = max(last + 1, round((moment - self._start) / _MICROSECOND))
            frame = VideoFrame.from_bgr(picture, last, _MICROSECOND)
            frame.arrived = moment
            yield frame

    def _ready(self) -> bool:
        return self._newest is not None or self._stopped

    def _nearly_late(self, moment: float) -> bool:
        """Whether the next picture is so near that waiting for it is the smaller loss."""
        age = time.perf_counter() - moment
        return 0.7 * self._interval < age < self._interval

    def _fresh(self) -> bool:
        moment = self._newest[1] if self._newest else 0.0
        return self._stopped or time.perf_counter() - moment < 0.5 * self._interval

    def _grab(self) -> None:
        while not self._stopped:
            done, picture = self._capture.read()
            with self._changed:
                if done:
                    moment = time.perf_counter()
                    late, self._newest = self._newest is not None, (picture, moment)
                    self._interval, self._last = moment - self._last, moment
                    self._note(late)
                else:
                    self._stopped = True
                self._changed.notify_all()

    def _note(self, late: bool) -> None:
        """Count a frame that was dropped, or wasn't."""
        self.dropped += late
        if self._taken < _SETTLING or self.warnings:
            return
        self._late.append(late)
        if sum(self._late) >= _MANY:
            self.warnings.append(
                f"{self._source}: its frames come faster than they are used; late ones are dropped"
            )
            log.warning(self.warnings[-1])
