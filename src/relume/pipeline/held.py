"""A paused picture under one light after another."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cores import spare_thread
from ..face import TrackedFace
from ..media import ArrayPicture
from .passes import PASSES, check_pass
from .unchanged import UNCHANGED, Unchanged

if TYPE_CHECKING:
    from .relighter import LightLike, Prepared, Relighter

__all__ = ["HeldPicture"]


class HeldPicture:
    """Faces are found once, and what engines learn from a picture they learn once; a new light or
    another place of the camera then costs rendering alone. Made by `Relighter.hold`.

    Args:
        relighter: gives light, camera and engine; free for other pictures in between, if not for
            other threads.
        rgb: [H, W, 3] sRGB, uint8 0..255 or float32 0..1. Kept, not copied: don't write to it.
        faces: those found in it.
    """

    def __init__(
        self,
        relighter: Relighter,
        rgb: NDArray[np.uint8] | NDArray[np.float32],
        faces: list[TrackedFace],
    ) -> None:
        self._relighter, self._rgb = relighter, rgb
        self._picture = ArrayPicture(rgb)
        self._faces = faces
        self._prepared: Prepared | None = None
        self._shown = np.empty_like(rgb)

    @property
    def faces(self) -> list[TrackedFace]:
        """The faces that were found, also those that are too faint or too far turned to be relit,
        whose `strength` is 0. Where there are none above 0 the picture stays as it is."""
        return self._faces

    def __repr__(self) -> str:
        height, width = self._rgb.shape[:2]
        return f"<HeldPicture: {width}x{height} {self._rgb.dtype}, {len(self._faces)} faces>"

    def show(
        self,
        light: LightLike | Unchanged | None = UNCHANGED,
        *,
        yaw: float | None = None,
        pitch: float | None = None,
        amount: float | None = None,
    ) -> NDArray[Any]:
        """The picture under a light, seen from a camera; what is left out stays as it was.

        Args:
            light, yaw, pitch, amount: see `Relighter.aim`; they are the relighter's from now on.

        Returns:
            [H, W, 3] of the picture's type, overwritten by the next call.

        Raises:
            UsageError: a value out of its range.
            LightError: no such light, or a file that makes no sense.
            MediaError, NoFaceError: a portrait named as the light can't be read, or shows no face.
        """
        self._relighter.aim(light, yaw=yaw, pitch=pitch, amount=amount)
        copying = spare_thread().submit(np.copyto, self._shown, self._rgb)
        try:
            plans = self._relighter.plan(self._picture, self._faces, None, self._known())
        finally:
            wait([copying])
        self._relighter.apply(plans, ArrayPicture(self._shown))
        self._faces = [replace(face, fresh=False) for face in self._faces]
        return self._shown

    def passes(self, *names: str) -> dict[str, NDArray[np.uint16]]:
        """What lies behind the picture as it was last shown; see the guide on how each is coded.

        Args:
            names: of "albedo", "shading", "normals", "depth" and "alpha"; all if left out.

        Returns:
            By name, uint16 [H, W, 3], black where there is no person.

        Raises:
            UsageError: there is no such pass, or the model knows of none.
        """
        for name in names:
            check_pass(name)
        sheets = {name: np.zeros(self._rgb.shape, np.uint16) for name in names or PASSES}
        self._relighter.plan(self._picture, self._faces, None, self._known())
        for known in self._relighter.passes(self._picture, self._faces, None):
            known.paint(self._picture, sheets)
        return sheets

    def _known(self) -> Prepared:
        if self._prepared is None:
            self._prepared = self._relighter.prepare(self._picture, self._faces, None)
        return self._prepared
