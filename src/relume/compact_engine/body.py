"""Light on what a head's window doesn't reach: shoulders, arms, the chest, long hair.

The model knows nothing of them. As the new light falls on the neck, and on the hair beside it, it
goes on there, as far as the person reaches, and fades far down.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face import CROP, Matte, MatteConfig
from ..geometry import chained
from ..ratio.maps import Maps, falloff
from ..ratio.window import MARGIN, RESOLUTION, Window, to_cells

__all__ = ["BODY_MATTE", "body_crop", "body_maps", "head_window", "joined", "reaches"]

Floats = NDArray[np.float32]

_WIDE = 2.0
"""Side of the body's window over that of the head's."""

_BELOW = 0.75
"""How far its middle lies below the head's, in crop widths."""

BODY_MATTE = MatteConfig(window=2 * _WIDE, below=_BELOW, still=0.02, every=0.16)
"""How a body is cut out: less often than a head, and not for every move of that."""

_INSET = 1.0
"""Pixels of a matte's maps at its border that are left to the body's."""

_THERE = 0.3
"""Matte at the border of the head's window from which the person reaches beyond it."""


def body_crop(crop: NDArray[np.floating]) -> NDArray[np.float64]:
    """[2, 3] from frame pixels to what a crop would be that has the body's window around it.

    Args:
        crop: [2, 3] from frame pixels to the head's crop.
    """
    middle = np.array([CROP / 2, CROP / 2 + _BELOW * CROP])
    to_body = np.eye(2, 3) / _WIDE
    to_body[:, 2] = CROP / 2 - middle / _WIDE
    return chained(to_body, crop)


def head_window(window: Window, matte: Matte) -> Window | None:
    """The part of a head's window for which its matte is good: beyond, the body's is."""
    height, width = matte.alpha.shape
    ends = np.array([[_INSET] * 2, [width - 1 - _INSET, height - 1 - _INSET]], np.float64)
    low, high = ends @ matte.to_frame[:, :2].T + matte.to_frame[:, 2]
    return window.within(*low, *high)


def joined(head: Matte, body: Matte) -> Matte:
    """A head's matte that goes over into the body's towards its border: two looks at one shoulder
    differ, and that would show as an edge."""
    back = np.asarray(cv2.invertAffineTransform(head.to_frame), np.float64)
    matrix = chained(back, body.to_frame)
    height, width = head.alpha.shape
    size, ends = (width, height), cv2.BORDER_REPLICATE
    inner = np.asarray(cv2.resize(falloff(), size, interpolation=cv2.INTER_LINEAR), np.float32)

    def mixed(own: Floats, other: Floats, share: Floats) -> Floats:
        moved = cv2.warpAffine(other, matrix, size, flags=cv2.INTER_LINEAR, borderMode=ends)
        return np.asarray(moved + share * (own - moved), np.float32)

    affine = mixed(head.affine, body.affine, inner[..., None])
    return replace(head, affine=affine, alpha=mixed(head.alpha, body.alpha, inner))


def reaches(matte: Matte, width: int, height: int) -> bool:
    """Whether a person reaches beyond the window that a matte is of, in a frame of this size."""
    rows, columns = (np.arange(size) for size in matte.alpha.shape)
    for x, y in ((columns, rows[-1:]), (columns[:1], rows), (columns[-1:], rows)):
        x, y = np.broadcast_arrays(x, y)
        at = matte.to_frame[:, :2] @ np.stack([x, y]) + matte.to_frame[:, 2:]
        seen = (at > 0).all(0) & (at < [[width - 1], [height - 1]]).all(0)
        if (matte.alpha[y, x][seen] > _THERE).any():
            return True
    return False


def body_maps(head: Maps) -> Maps:
    """What the light does in the body's window: as at the border of the head's."""
    ends = cv2.BORDER_REPLICATE
    ratio = cv2.remap(head.log_ratio, *_in_head(), cv2.INTER_LINEAR, borderMode=ends)
    return Maps(np.asarray(ratio, np.float32), None)


@cache
def _in_head() -> tuple[Floats, Floats]:
    """[N, N] each: columns and rows of the head's window at the cells of the body's."""
    side = CROP + 2 * MARGIN
    at = (np.arange(RESOLUTION) + 0.5) * (side / RESOLUTION) - MARGIN  # pixels of the body's crop
    back = cv2.invertAffineTransform(body_crop(np.eye(2, 3)))
    in_crop = np.stack(np.meshgrid(at, at), 2) @ back[:, :2].T + back[:, 2]
    x, y = np.moveaxis(to_cells(in_crop) - 0.5, 2, 0).astype(np.float32, order="C")
    return x, y
