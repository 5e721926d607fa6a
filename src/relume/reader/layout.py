"""A face laid out flat: the head model's own front, unrolled from a cylinder around the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..face import CROP, HeadModel
from ..ratio.geometry import TrackedHead
from ..render import rasterise

__all__ = ["CELLS", "Layout", "lay_out", "shown"]

Floats = NDArray[np.float32]

CELLS = 64
"""Cells along either side of the layout."""

_ACROSS = np.radians(80.0)
"""Angle around the head from its front to the layout's left and right border."""

_LOW, _HIGH = -0.25, 0.27
"""Heights in canonical units of the layout's lower and upper border: chin and hairline."""

_FACE = (0, 1, 5)
"""Of `REGIONS`: skin, eyes and lips."""

_EDGE_ON = (0.05, 0.3)
"""Cosine to the camera over which a place comes to be believed."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a picture shows the cells of a face's layout.

    Attributes:
        at: [64, 64, 2] float32 crop pixels, centres at whole numbers.
        visible: [64, 64] float32 0..1 how well the camera sees the place; 0 beyond the face.
    """

    at: Floats
    visible: Floats

    def within(self, crop: NDArray[np.floating], width: int, height: int) -> Layout:
        """The same, with nothing visible of what lies outside a frame.

        Args:
            crop: [2, 3] similarity from frame to crop pixels.
            width, height: of the frame.
        """
        back = np.linalg.inv(np.asarray(crop, np.float64)[:, :2])
        frame = (self.at - np.asarray(crop)[:, 2]) @ back.T
        inside = ((frame > -0.5) & (frame < (width - 0.5, height - 0.5))).all(2)
        return Layout(self.at, np.asarray(self.visible * inside, np.float32))


def lay_out(head: TrackedHead) -> Layout:
    """The layout of a tracked head, as its crop's camera sees it."""
    position, _ = head.seen_from(head.camera)
    points, depth, faces = _unrolled()
    values = np.concatenate([position - 0.5, head.facing[:, None]], 1).astype(np.float32)
    image, mask = rasterise(points, depth, faces, values, (CELLS, CELLS))
    low, high = _EDGE_ON
    seen = np.clip((image[..., 2] - low) / (high - low), 0, 1)
    inside = ((image[..., :2] > -0.5) & (image[..., :2] < CROP - 0.5)).all(2)
    return Layout(image[..., :2], np.asarray(seen * mask * inside, np.float32))


def shown(luminance: Floats, visible: Floats) -> Floats:
    """What the network is shown of a face.

    Args:
        luminance: [64, 64] linear, at any exposure.
        visible: see `Layout`.

    Returns:
        [3, 64, 64]: roots and logarithms of the luminance over its mean, and `visible`.
    """
    mean = float((luminance * visible).sum()) / max(float(visible.sum()), 1.0)
    ratio = luminance / np.float32(max(mean, 1e-4))
    root = np.sqrt(np.clip(ratio, 0, 8)) - 1
    logarithm = np.log(np.maximum(ratio, 0) + np.float32(0.03)) / 2
    return np.stack([root * visible, logarithm * visible, visible]).astype(np.float32)


@lru_cache(maxsize=1)
def _unrolled() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    """The mean head's vertices in the layout [V, 2], their depths [V], and the face's triangles."""
    head = HeadModel.load()
    x, y, z = head.mean.astype(np.float64).T
    across = np.arctan2(x, z) / _ACROSS * 0.5 + 0.5
    down = (_HIGH - y) / (_HIGH - _LOW)
    of_face = np.isin(head.region, _FACE)[head.faces].all(1)
    points = np.stack([across, down], 1) * CELLS
    return points, 1 - np.hypot(x, z), np.ascontiguousarray(head.faces[of_face])
