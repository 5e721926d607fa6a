"""Shifts of a turned view, kept from drawing out or folding what they show."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread
from ..ratio.window import RESOLUTION

__all__ = ["averaged", "eased", "middle"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_RATE = (0.4, 4.0)
"""Cells of the frame that a cell of the turned view shows, at least and at most. Cheeks and
temples that the frame shows edge-on would be drawn out, and hair that hangs before them with
them; what a nose hides would fold over."""

_RIM = np.ones((3, 3), np.uint8)  # around the person, to where rates are kept
_KEPT = 1.8  # cells over which that begins
_MIDDLE = 12.0  # cells around the face's middle that stay where geometry puts them
_ROWS_ALIKE = 3.0  # rows over which rates are averaged
_ROWS = 3.0  # rows over which that place is averaged
_OUTSIDE = (18.0, 28.0)  # cells from there between which the face ends
_LOOSE = (2.0, 6.0)  # cells across and along over which shifts outside of it are smoothed


def eased(shift: Floats, known: Floats, person: Mask) -> Floats:
    """Shifts of the window, kept within `_RATE` from the middle of the face outwards.

    Args:
        shift: [N, N, 2] as they were drawn.
        known: [N, N] 0..1 how far each is to be trusted.
        person: [N, N] where there are any.
    """
    trust = known * middle()
    # Skin at the edge of a jaw would be drawn out over what lies behind: rates are kept there too.
    filled = spread(shift, known)
    known = np.asarray(cv2.GaussianBlur(cv2.dilate(known, _RIM), (0, 0), _KEPT), np.float32)
    across = _along_rows(filled[..., 0].copy(), known, trust)
    along = _along_rows(
        filled[..., 1].T.copy(), known.T.copy(), trust.T.copy(), _outside()[..., 0].T
    ).T
    cells = np.stack([across, along], 2)
    # Row by row, what lies far out would waver: hair and ears move with what is around them.
    cells += (averaged(cells, person.astype(np.float32), _LOOSE) - cells) * _outside()
    return cells


def _along_rows(shift: Floats, known: Floats, trust: Floats, alike: Floats | None = None) -> Floats:
    """Shifts along rows, [N, N] cells, kept within `_RATE`.

    Args:
        shift: from where to where.
        known: 0..1 where their rate is kept.
        trust: by which each row is laid where it was.
        alike: 0..1 how far rows are to be like those beside; everywhere by default. From above or
            below, brows, nose and mouth would lose their relief.
    """
    rate = np.clip(np.diff(shift, axis=1) + 1, *_RATE) - 1
    rate *= np.minimum(known[:, 1:], known[:, :-1])
    # Row by row, the edge of what was clipped would be jagged.
    mean = np.asarray(cv2.GaussianBlur(rate, (1, 0), 1, sigmaY=_ROWS_ALIKE), np.float32)
    rate = mean if alike is None else rate + (mean - rate) * alike[:, 1:]
    eased = np.zeros_like(shift)
    np.cumsum(rate, axis=1, out=eased[:, 1:])
    sums = ((shift - eased) * trust).sum(1)[:, None], trust.sum(1)[:, None]
    off, total = (cv2.GaussianBlur(part, (1, 0), 1, sigmaY=_ROWS) for part in sums)
    return np.asarray(eased + off / np.maximum(total, np.float32(1e-3)), np.float32)


def averaged(image: Floats, weight: Floats, cells: tuple[float, float]) -> Floats:
    """Maps [M, M(, C)] smoothed over those of their cells alone that have a weight [M, M], and so
    many of them across and along."""
    across, along = cells
    ends = cv2.BORDER_REPLICATE
    several = image.reshape(*weight.shape, -1)
    total, share = (
        cv2.GaussianBlur(part, (0, 0), across, sigmaY=along, borderType=ends)
        for part in (several * weight[..., None], weight)
    )
    mean = total.reshape(several.shape) / np.maximum(share, np.float32(1e-6))[..., None]
    return np.asarray(mean.reshape(image.shape), np.float32)


@cache
def middle() -> Floats:
    """[N, N] 1 in the window's middle, falling off."""
    bell = np.exp(-np.square(_from_middle() / _MIDDLE) / 2)
    return np.asarray(bell[:, None] * bell, np.float32)


@cache
def _outside() -> Floats:
    """[N, N, 1] 0 where the face is, 1 around: an ellipse, higher than wide."""
    radius = np.hypot(_from_middle(), 0.8 * _from_middle()[:, None])
    return smoothstep(radius, *_OUTSIDE)[..., None]


def _from_middle() -> Floats:
    """[N] cells from the window's middle."""
    return np.arange(RESOLUTION, dtype=np.float32) - np.float32((RESOLUTION - 1) / 2)
