"""A paused picture under one light after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..face import TrackedFace
from ..media import ArrayPicture

if TYPE_CHECKING:
    from .relighter import LightLike, Prepared, Relighter

__all__ = ["HeldPicture"]


class HeldPicture:
    """Faces are found once, and what engines learn from a picture they learn once; a new light or
    another place of the camera then costs rendering alone. Made by `Relighter.hold`.

    Args:
        relighter: gives light, camera and engine; free for other pictures in between, if not for
            other threads.
        rgb8: uint8 [H, W, 3] sRGB. Kept, not copied: don't write to it.
        faces: those to be relit.
    """

    def __init__(
        self, relighter: Relighter, rgb8: NDArray[np.uint8], faces: list[TrackedFace]
    ) -> None:
        self._relighter, self._rgb8 = relighter, rgb8
        self._faces = faces
        self._prepared: Prepared | None = None
        self._shown = np.empty_like(rgb8)

    @property
    def faces(self) -> list[TrackedFace]:
        """The faces that are relit."""
        return self._faces

    def show(
        self,
        light: LightLike | None = None,
        *,
        yaw: float | None = None,
        pitch: float | None = None,
    ) -> NDArray[np.uint8]:
        """The picture under a light, seen from a camera; what isn't given stays as it was.

        Args:
            light, yaw, pitch: see `Relighter`; they are the relighter's from now on.

        Returns:
            uint8 [H, W, 3], overwritten by the next call.

        Raises:
            UsageError: an angle out of its range.
            LightError: no such light, or a file that makes no sense.
        """
        self._relighter.aim(light, yaw=yaw, pitch=pitch)
        np.copyto(self._shown, self._rgb8)
        picture = ArrayPicture(self._shown)
        if self._prepared is None:
            self._prepared = self._relighter.prepare(picture, self._faces, 0.0)
        self._relighter.render(picture, self._faces, 0.0, self._prepared)
        self._faces = [replace(face, fresh=False) for face in self._faces]
        return self._shown
