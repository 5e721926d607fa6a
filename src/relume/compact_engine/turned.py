"""What a turned camera sees of a head, and where the frame shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP
from ..geometry import Camera
from ..ratio.window import RESOLUTION
from ..runtime import RAYS

__all__ = ["Turn", "carried", "heights", "placed", "shown_at", "widths"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_OFF = (1.1, 1.5)
"""Cells between where a cell's content is fetched and where that turns to between which it is
something else that is seen there."""

_UNSEEN = np.float32(-2.0)  # the least that is told of it

_WITHIN = np.ones((5, 5), np.uint8)
"""Cells around one that are all the person's where nothing else can be seen."""

_LOBE = np.ones((9, 1), np.uint8)
"""Cells below what is hidden that an ear's lobe is as high as."""

_LOBES = (-0.2, -0.12)
"""Canonical units above a head's middle between which there are lobes, and no jaws below them."""

_ASIDE = (0.25, 0.45)
"""Radians that a head looks aside in the frame between which it is a nose that stands there."""

_NOTCH = np.ones((7, 1), np.uint8)
"""Cells one above another that hide more than a notch does: where a jaw passes before the neck, the
backdrop would show through, and an ear is higher than that."""

_STEPS, _STEEP = 1.0, 4.0  # cells over which those are smoothed, and how fast that then falls


@dataclass(frozen=True, eq=False)
class Turn:
    """What a turned camera sees of a head.

    Attributes:
        back: [N, N, 2] cells of the window from each one to where the frame shows what is there.
            Around the head they die away.
        ahead: [N, N, 2] from each of the frame's cells to where it turns to.
        person: [N, N] the cells that show the head.
        far: [N, N] 0..1 how far a cell is on the side that turns away.
        camera: that the frame was taken with.
        sideways: whether the face moves more to a side than up or down.
    """

    back: Floats
    ahead: Floats
    person: Mask
    far: Floats
    camera: Camera
    sideways: bool = True

    @cached_property
    def seen(self) -> Floats:
        """[N, N] 1 or more where what is fetched is what is seen, 0 or less where it isn't: where
        an ear is fetched that the cheek now hides. In between it falls evenly, so that between
        cells, too, there is an edge at 1/2."""
        place = placed(self.back)
        # Channel by channel: of two, remap rounds.
        ahead = (carried(np.asarray(part, np.float32), place) for part in cv2.split(self.ahead))
        off = cv2.magnitude(*(a + b for a, b in zip(ahead, cv2.split(self.back), strict=True)))
        low, high = _OFF
        seen = (np.float32(high) - off * self.far) * np.float32(1 / (high - low))
        # Smoothed, or the outline would go in steps.
        inside = cv2.erode(self.person.astype(np.float32), _WITHIN)
        inside = cv2.GaussianBlur(inside, (0, 0), _STEPS) - np.float32(0.5)
        core = np.float32(_STEEP) * inside + np.float32(0.5)
        seen = np.maximum(seen, core)
        if self.sideways:
            # What is hidden ends there: the tip of an ear, which turns least, would stay alone.
            seen = _outwards(seen)
            # Nor would its lobe, below what is hidden of it, stay alone.
            lobe = cv2.erode(seen, _LOBE, anchor=(0, len(_LOBE) - 1))
            aside = abs(float(np.arctan2(self.camera.position[0], self.camera.position[2])))
            share = smoothstep(heights(self.camera), *_LOBES)[:, None] * self.far
            share = share * (1 - smoothstep(aside, *_ASIDE))
            lower = seen + (np.minimum(lobe, seen) - seen) * share
            seen = _outwards(np.maximum(lower, core))
        notch = _NOTCH if self.sideways else _NOTCH.T
        whole = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, notch)
        return np.asarray(np.maximum(whole, _UNSEEN), np.float32)

    @cached_property
    def moved(self) -> Floats:
        """[N, N] cells by which each of the frame's moves."""
        across, along = cv2.split(self.ahead)
        return np.asarray(cv2.magnitude(across, along), np.float32)


def _outwards(seen: Floats) -> Floats:
    """`Turn.seen` where nothing is farther out than what is hidden."""
    middle, out = RESOLUTION // 2, np.array(seen, np.float32)
    rows = out[:, middle] >= 1
    for side in (slice(middle, None), slice(middle, None, -1)):
        out[rows, side] = np.minimum.accumulate(out[rows, side], axis=1)
    return out


def widths(camera: Camera) -> Floats:
    """[N] canonical units that a window's columns lie right of a head's middle, as far away."""
    return _from_head(camera, 0)


def heights(camera: Camera) -> Floats:
    """[N] canonical units that a window's rows lie above a head's middle, as far away as that."""
    return -_from_head(camera, 1)


def _from_head(camera: Camera, axis: int) -> Floats:
    """[N] the same along an axis of the picture."""
    middle = -camera.rotation.T @ camera.position
    focal, centre = camera.intrinsics[axis, axis], camera.intrinsics[axis, 2]
    cells = (np.arange(RESOLUTION) - (RESOLUTION - RAYS) // 2 + 0.5) / RAYS
    return np.asarray((cells - centre) * (middle[2] / focal) - middle[axis], np.float32)


def shown_at(shift: Floats) -> tuple[Floats, Floats]:
    """[N, N] each: columns and rows of a window's cells where the frame shows what is in each.

    Args:
        shift: see `Maps.shift`.
    """
    return placed(shift[..., :2] * np.float32(RAYS / CROP))


def placed(cells: Floats) -> tuple[Floats, Floats]:
    """The same by `Turn.back`."""
    at = np.arange(RESOLUTION, dtype=np.float32)
    return at + cells[..., 0], at[:, None] + cells[..., 1]


def carried(image: Floats, place: tuple[Floats, Floats]) -> Floats:
    """Maps [N, N(, C)] of a window, fetched from `shown_at`; the edge goes on."""
    moved = cv2.remap(image, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)
