"""A virtual camera as one more sink, for video calls (needs the extra `virtualcam`).

Tested against a fake only: no virtual camera was at hand.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import time as system
from collections.abc import Callable
from typing import Any

from relume.errors import MissingDependencyError, OutputError, UsageError
from relume.media.closing import Closing
from relume.media.frame import VideoFrame
from relume.media.picture import Floats, Picture, Pixels, as_picture
from relume.number import check_number

__all__ = ["VirtualCamera", "is_virtual"]

_NAME = "virtualcam:"
_FAULTS = (RuntimeError, OSError, ValueError)  # what pyvirtualcam raises


def is_virtual(output: str | os.PathLike[str]) -> bool:
    """Whether an output is a virtual camera, `virtualcam:` or `virtualcam:/dev/video10`."""
    return os.fspath(output).startswith(_NAME)


def _open_device(width: int, height: int, rate: float, device: str | None) -> Any:
    try:
        module = importlib.import_module("pyvirtualcam")
    except ImportError:
        raise MissingDependencyError(
            'a virtual camera needs pyvirtualcam: run `pip install "relume[virtualcam]"`'
        ) from None
    return module.Camera(width=width, height=height, fps=rate, device=device)


class VirtualCamera(Closing):
    """Shows frames to other programs as a camera would; has the interface of `VideoWriter`.

    Seams for tests: `open_device` takes width, height, rate and the device's name, and returns an
    object with the methods send and close of pyvirtualcam.Camera; `clock` tells seconds, and
    `sleep` lets some pass.
    """

    def __init__(
        self,
        name: str = _NAME,
        *,
        rate: float = 30,
        paced: bool = True,
        open_device: Callable[[int, int, float, str | None], Any] = _open_device,
        clock: Callable[[], float] = system.perf_counter,
        sleep: Callable[[float], None] = system.sleep,
    ) -> None:
        """Nothing is opened before the first frame, which sets the size.

        Args:
            name: `virtualcam:` for the first device that there is, or with the device's own name
                after it.
            rate: frames per second that the device announces.
            paced: show each frame at its time, as a file's frames want it; a camera's come at
                theirs, and are shown at once.
            open_device: opens the device.
            clock: tells the time.
            sleep: waits.

        Raises:
            UsageError: the name is no text, or there is no such rate.
        """
        if not isinstance(name, str):
            raise UsageError(f"a virtual camera is named by a text, such as {_NAME}, not {name!r}")
        check_number("a rate", rate)
        if not rate > 0:
            raise UsageError(f"a rate of {rate} frames a second makes no sense; give 25, or 30")
        self._name = name.removeprefix(_NAME)
        self._rate, self._paced = rate, paced
        self._open, self._clock, self._sleep = open_device, clock, sleep
        self._device: Any = None
        self._closed = False
        self._size = (0, 0)
        self._begun = 0.0  # when second 0 of the frames' times was
        self.frames = 0
        """Frames shown so far."""

    def write(self, frame: Picture | Pixels | Floats, *, time: float | None = None) -> None:
        """Show a frame when its time has come, at once if that is past.

        A `VideoFrame` brings its own time. Any other picture, or an array [H, W, 3] as
        `ArrayPicture` takes it, is shown at `time` seconds, or at frame number / rate.

        Raises:
            UsageError: it is neither.
            MissingDependencyError: pyvirtualcam is not installed.
            OutputError: there is no such virtual camera, it fails or is closed, or the frame's size
                has changed.
        """
        if self._closed:
            raise OutputError(f"{self._who} is closed; make a new one")
        picture = as_picture(frame)
        if self._device is None:
            self._start(picture)
        if (picture.width, picture.height) != self._size:
            raise OutputError(
                f"{self._who} shows {self._size[0]}x{self._size[1]}, and this frame is "
                f"{picture.width}x{picture.height}; start it again"
            )
        samples = picture.rgb8
        if self._paced:
            self._await(picture.time if isinstance(picture, VideoFrame) else time)
        try:
            self._device.send(samples)
        except _FAULTS as error:
            raise OutputError(
                f"{self._who} took no more frames after {self.frames} ({_in_a_line(error)});"
                " start it again"
            ) from None
        self.frames += 1

    def _start(self, picture: Picture) -> None:
        self._size = (picture.width, picture.height)
        try:
            self._device = self._open(*self._size, self._rate, self._name or None)
        except _FAULTS as error:
            raise OutputError(
                f"{self._who} can't be opened ({_in_a_line(error)}); if there is one, another"
                " program may have it; if not, on Linux load v4l2loopback, on Windows and macOS"
                " install OBS"
            ) from None

    @property
    def _who(self) -> str:
        return f"the virtual camera {self._name}".rstrip()

    def _await(self, time: float | None) -> None:
        """Sleep until it is time for a frame; the first one sets the clock."""
        time = self.frames / self._rate if time is None else time
        now = self._clock()
        if not self.frames:
            self._begun = now - time
        if (wait := self._begun + time - now) > 0.0:
            self._sleep(wait)

    def close(self) -> None:
        """Let go of the device."""
        self._closed = True
        if self._device is not None:
            with contextlib.suppress(*_FAULTS):  # one that failed may fail once more
                self._device.close()
            self._device = None

    abort = close


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())
