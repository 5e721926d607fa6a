"""A virtual camera as one more sink, for video calls (needs the extra `virtualcam`).

Tested against a fake only: no virtual camera was at hand.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from relume.errors import MissingDependencyError, OutputError
from relume.media.closing import Closing
from relume.media.picture import Picture

__all__ = ["VirtualCamera"]


def _open_device(width: int, height: int, rate: float) -> Any:
    try:
        module = importlib.import_module("pyvirtualcam")
    except ImportError:
        raise MissingDependencyError(
            'a virtual camera needs pyvirtualcam: run `pip install "relume[virtualcam]"`'
        ) from None
    return module.Camera(width=width, height=height, fps=rate)


class VirtualCamera(Closing):
    """Shows frames to other programs as a camera would; has the interface of `VideoWriter`.

    `open_device` is the seam for tests: it takes width, height and rate, and returns an object
    with the methods send, sleep_until_next_frame and close of pyvirtualcam.Camera.
    """

    def __init__(
        self,
        *,
        rate: float = 30,
        paced: bool = True,
        open_device: Callable[[int, int, float], Any] = _open_device,
    ) -> None:
        """Nothing is opened before the first frame, which sets the size.

        Args:
            rate: frames per second that the device announces.
            paced: keep to that rate, as a file's frames want it; a camera's come at their own,
                and are shown at once.
            open_device: opens the device.
        """
        self._rate, self._paced, self._open = rate, paced, open_device
        self._device: Any = None
        self._size = (0, 0)
        self.frames = 0
        """Frames shown so far."""

    def write(self, picture: Picture) -> None:
        """Show a frame now.

        Raises:
            MissingDependencyError: pyvirtualcam is not installed.
            OutputError: the system has no virtual camera, or the frame's size has changed.
        """
        if self._device is None:
            self._size = (picture.width, picture.height)
            try:
                self._device = self._open(*self._size, self._rate)
            except (RuntimeError, OSError) as error:
                raise OutputError(
                    f"no virtual camera on this system ({error}); on Linux load v4l2loopback, "
                    "on Windows and macOS install OBS"
                ) from None
        if (picture.width, picture.height) != self._size:
            raise OutputError(
                f"the virtual camera shows {self._size[0]}x{self._size[1]}, and this frame is "
                f"{picture.width}x{picture.height}; start it again"
            )
        self._device.send(picture.rgb8)
        if self._paced:
            self._device.sleep_until_next_frame()
        self.frames += 1

    def close(self) -> None:
        """Let go of the device."""
        if self._device is not None:
            self._device.close()
            self._device = None

    abort = close
