"""A webcam as one more source. Live means the newest frame wins: a slow reader drops frames.

Tested against a fake only: no camera was at hand.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from relume.errors import MediaError, StoppedError
from relume.media.closing import Closing
from relume.media.film import FilmCamera
from relume.media.frame import VideoFrame
from relume.media.info import MediaInfo
from relume.media.picture import Pixels
from relume.media.silence import opencv_silent
from relume.media.special import check_no_pipe

__all__ = ["CameraReader"]

log = logging.getLogger("relume.media")

_MICROSECOND = Fraction(1, 1_000_000)
_SETTLING = 10  # frames taken before drops are told: networks load meanwhile
_WINDOW, _MANY = 90, 9  # of so many frames in a row, dropped ones that are worth a word
_GLITCH = 1.0  # seconds of failing reads after which the camera counts as gone
_PLAIN = 640 * 480  # pixels up to which USB carries pictures uncompressed at full rate
_PAUSE = 0.02  # seconds between reads that fail
_NEARLY = 0.01  # of a rate: 29.97 is 30
_POLL = 0.1  # seconds between looks at who asks to stop
_DIGITS = 9  # of a camera's number: OpenCV takes 32 bits
_SLOWEST, _FASTEST = 1 / 1000, 1000  # frames a second that are believed
_LEAVING = 0.5  # seconds that a read is waited for when the camera is closed


def _open_capture(device: int | str) -> Any:
    # A regular file: /dev/video0 is none.
    if isinstance(device, str) and os.path.isfile(device):
        return FilmCamera(device)
    with opencv_silent():  # every backend that fails says so by itself
        return cv2.VideoCapture(device)


class CameraReader(Closing):
    """Frames of a camera until it is closed or lost; pts count microseconds from the first.

    A frame that nobody has taken when the next one comes is dropped. Where more than a tenth are,
    the log "relume.media" and `warnings` say so, once.

    A camera that hangs, is unplugged or changes the size of its picture ends as a file does, so
    that what came before isn't lost with it; `lost`, the log and `warnings` say so.

    A file's name instead of a camera's plays the file in a camera's stead: see `FilmCamera`.

    `open_capture` is the seam for tests: it takes a device and returns an object with the
    methods isOpened, set, get, read and release of cv2.VideoCapture. An EOFError of its `read` is
    an end that is no loss: a film's.
    """

    def __init__(
        self,
        source: str,
        *,
        size: tuple[int, int] | None = None,
        rate: Fraction | None = None,
        end: float | None = None,
        stop: threading.Event | None = None,
        patience: float = 10.0,
        open_capture: Callable[[int | str], Any] = _open_capture,
    ) -> None:
        """Open a camera and wait for its first picture.

        Args:
            source: `camera:` and a number or path.
            size: (width, height) wanted.
            rate: frames per second wanted.
            end: seconds from the first frame from which on there are no more; until it is closed
                by default.
            stop: once set, there are no more frames; also who waits for one hears it.
            patience: seconds without a picture after which the camera counts as lost.
            open_capture: opens the device.

        Raises:
            MediaError: there is no such camera, it is a pipe, or it gives no picture; StoppedError
                where it was told to stop meanwhile.
        """
        device = source.removeprefix("camera:") or "0"
        check_no_pipe(Path(device))
        number = device.isascii() and device.isdigit() and len(device) <= _DIGITS
        self._capture = open_capture(int(device) if number else device)
        self.warnings: list[str] = []
        if not self._capture.isOpened():
            self._capture.release()
            if Path(device).suffix and not Path(device).exists():
                raise MediaError(f"{source}: no such file; a camera is camera:0, the next camera:1")
            raise MediaError(
                f"{source}: no such camera, or it may not be used, or another program has it;"
                " cameras are counted from camera:0"
            )
        told = self._ask(size, rate)
        self._source = source
        self._end, self._stop, self._patience = end, stop or threading.Event(), patience
        self._start = self._last = 0.0  # when the first and the newest picture came
        self._shape: tuple[int, ...] | None = None
        self._newest: tuple[Pixels, float] | None = None
        self.lost: str | None = None
        """Why the frames ended, if nobody asked for that."""
        self.dropped = 0
        """Frames that came and were not taken."""
        self._interval = 0.0  # seconds between the last two
        self._taken = 0
        self._late: deque[bool] = deque(maxlen=_WINDOW)  # of the last frames, which were dropped
        self._told_late = self._stopped = self._read_all = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._grab, name="relume-camera", daemon=True)
        self._thread.start()
        try:
            height, width = self._first_shape()[:2]
        except BaseException:
            self.close()  # nobody else can
            raise
        if size is not None and (width, height) != size:
            self._warn(f"{source}: gives {width}x{height}, not the {size[0]}x{size[1]} asked for")
        if rate is not None and told > 0 and abs(told / rate - 1) > _NEARLY:
            self._warn(
                f"{source}: gives {told:g} frames a second, not the {float(rate):g} asked for"
            )
        actual = Fraction(told if told > 0 else 30).limit_denominator(1001)
        self.info = MediaInfo(
            source=source,
            path=None,
            container="camera",
            codec="raw",
            width=width,
            height=height,
            frame_rate=actual,
            average_rate=actual,
            time_base=_MICROSECOND,
            duration=None,
            frames=None,
            frames_exact=False,
            pixel_format="rgb24",
            depth=8,
        )

    def _ask(self, size: tuple[int, int] | None, rate: Fraction | None) -> float:
        """Ask the camera for a size and rate; gives the rate that it tells, 0 if none
        that can be."""
        capture = self._capture
        if size is not None:
            # Before the size, since the size may be refused in another coding.
            if size[0] * size[1] > _PLAIN:
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        if rate is not None:
            capture.set(cv2.CAP_PROP_FPS, float(rate))
        told = float(capture.get(cv2.CAP_PROP_FPS))
        return told if _SLOWEST <= told <= _FASTEST else 0.0

    def _first_shape(self) -> tuple[int, ...]:
        """The shape of the first picture, when it is there."""
        with self._changed:
            self._wait()
        if self._shape is None:
            if self._stop.is_set():
                raise StoppedError(f"{self._source}: was stopped before it gave a picture")
            raise MediaError(f"{self._source}: the camera gives no picture; check its permissions")
        return self._shape

    def close(self) -> None:
        """Stop the camera; one that hangs is let go when its last read comes back."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            came_back = self._changed.wait_for(lambda: self._read_all, _LEAVING)
        if came_back:
            self._thread.join()

    def __iter__(self) -> Iterator[VideoFrame]:
        last = -1
        while True:
            with self._changed:
                self._wait()
                if self._newest is not None and self._nearly_late(self._newest[1]):
                    self._changed.wait_for(self._fresh, self._interval / 2)
                if self._newest is None or self._stop.is_set():
                    return
                (picture, moment), self._newest = self._newest, None
                late = self._end is not None and moment - self._start >= self._end
                if late and self._taken:  # one frame there is, however short the time
                    self._stopped = True
                    return
                self._taken += 1
            last = max(last + 1, round((moment - self._start) / _MICROSECOND))
            frame = VideoFrame.from_bgr(picture, last, _MICROSECOND)
            frame.arrived = moment
            yield frame

    def _wait(self) -> None:
        """Come back when there is a picture, or will be none."""
        until = time.perf_counter() + self._patience
        while not (self._changed.wait_for(self._ready, _POLL) or self._stop.is_set()):
            if time.perf_counter() > until:
                self._lose("the camera stopped giving pictures")

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
        """Take pictures as they come. Some reads may fail on the way, as on a loose cable."""
        failing: float | None = None  # since when
        try:
            while not self._stopped:
                picture, reason = self._read()
                now = time.perf_counter()
                if picture is not None:
                    failing = None
                    self._take(picture, now)
                    continue
                failing = now if failing is None else failing
                if now - failing >= _GLITCH:
                    self._lose("the camera stopped giving pictures", reason)
                time.sleep(_PAUSE)
        except EOFError:
            pass
        finally:
            with self._changed:
                self._stopped = self._read_all = True
                self._changed.notify_all()
            # Here rather than in `close`, which doesn't wait for a read that takes long.
            with contextlib.suppress(Exception):  # one that failed may fail once more
                self._capture.release()

    def _read(self) -> tuple[Pixels | None, str]:
        """The next picture; None where reading fails, and why, if that is known."""
        try:
            done, picture = self._capture.read()
        except EOFError:
            raise
        except Exception as error:  # whatever a driver's binding may raise
            return None, f" ({' '.join(str(error).split())})"
        return (picture if done else None), ""

    def _take(self, picture: Pixels, moment: float) -> None:
        with self._changed:
            if self._shape is None:
                self._shape, self._start, self._last = picture.shape, moment, moment
            if picture.shape != self._shape:
                was, now = (f"{shape[1]}x{shape[0]}" for shape in (self._shape, picture.shape))
                self._lose(f"the camera's picture changed from {was} to {now}")
                return
            late, self._newest = self._newest is not None, (picture, moment)
            self._interval, self._last = moment - self._last, moment
            self._note(late)
            self._changed.notify_all()

    def _lose(self, what: str, reason: str = "") -> None:
        """End here and say why, unless the end was asked for."""
        with self._changed:
            if self._shape is not None and not (self._stopped or self._stop.is_set()):
                what += f" after {self._last - self._start:.1f} s{reason}"
                self.lost = f"{self._source}: {what}; check it, and start anew"
                self._warn(self.lost)
            self._stopped = True
            self._changed.notify_all()

    def _note(self, late: bool) -> None:
        """Count a frame that was dropped, or wasn't."""
        self.dropped += late
        if self._taken < _SETTLING or self._told_late:
            return
        self._late.append(late)
        if sum(self._late) >= _MANY:
            self._told_late = True
            self._warn(
                f"{self._source}: its frames come faster than they are used; late ones are dropped"
            )

    def _warn(self, text: str) -> None:
        self.warnings.append(text)
        log.warning(text)
