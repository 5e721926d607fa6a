"""Light on what a head's window doesn't reach: shoulders, arms, the chest, long hair.

The model knows nothing of them. As the new light falls on the neck, and on the hair beside it, it
goes on there as over a cloth that hangs from it: wider, softer and weaker, as far as the person
reaches, and fades far down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP, Matte, MatteConfig
from ..geometry import chained
from ..ratio.maps import Maps, falloff
from ..ratio.window import MARGIN, RESOLUTION, Window

__all__ = [
    "BODY_MATTE",
    "WIDE",
    "body_crop",
    "body_maps",
    "body_reach",
    "draped",
    "hanging",
    "head_reach",
    "head_window",
    "in_body",
    "into_head",
    "joined",
    "reaches",
]

Floats = NDArray[np.float32]

WIDE = 2.0
"""Side of the body's window over that of the head's."""

_BELOW = 0.75
"""How far its middle lies below the head's, in crop widths."""

BODY_MATTE = MatteConfig(window=2 * WIDE, below=_BELOW, still=0.02, every=0.16)
"""How a body is cut out: less often than a head, and not for every move of that."""

_INSET = 1.0
"""Pixels of a matte's maps at its border that are left to the body's."""

_HANGS = (0.3, 0.95)
"""Crop widths below a face's middle from which on light hangs, and where it does so wholly."""

_NECK = 0.42
"""The lowest place that it hangs from."""

_SPREAD = 0.4
"""How far out on the neck is what lies at a unit's distance on the chest."""

_SOFT = 10.0
"""Cells over which hanging light is smoothed."""

_LIMITS = (1.3, 0.7)
"""Natural logarithm that hanging light stays below, darker and brighter."""

_SHOULDERS = (0.15, 0.6)
"""Crop widths below a face's middle over which a body gets wider than a head."""

_WIDTHS = (0.8, 1.9)
"""Crop widths from a body's middle within which it lies, at the head and below its shoulders."""

_FADE = 0.35
"""Crop widths over which light dies away there."""

_ABOVE = (0.75, 1.0)
"""Crop widths above a face's middle between which light dies away: the window ends there."""

_THERE = 0.3
"""Matte at the border of the head's window from which the person reaches beyond it."""


def body_crop(crop: NDArray[np.floating]) -> NDArray[np.float64]:
    """[2, 3] from frame pixels to what a crop would be that has the body's window around it.

    Args:
        crop: [2, 3] from frame pixels to the head's crop.
    """
    middle = np.array([CROP / 2, CROP / 2 + _BELOW * CROP])
    to_body = np.eye(2, 3) / WIDE
    to_body[:, 2] = CROP / 2 - middle / WIDE
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
    inner = _inner(head.alpha.shape)

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
    return Maps(in_body(head.log_ratio), None)


def in_body(cells: Floats) -> Floats:
    """Maps [N, N, C] of the head's window in the body's, where they go on from its border."""
    ends = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(cells, *_in_head(), cv2.INTER_LINEAR, borderMode=ends), np.float32)


def into_head(body: Floats, own: Floats, window: Window, matte: Matte) -> Floats:
    """What is known of the head's window [N, N, C], which goes over into what is known of the
    body's towards the border of the head's matte; see `joined`."""
    share = window.carry(_inner(matte.alpha.shape), matte.to_frame)[..., None]
    other = cv2.remap(body, *_in_body(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(other + share * (own - other), np.float32)


def draped(log_ratio: Floats) -> Floats:
    """Light [N, N, 3] in the head's window, whose lower part hangs down from the neck.

    What lights the neck's left lights the left shoulder, farther out (`_SPREAD`); neither edges nor
    the strongest of the light go on, of which clothes would tell another story.
    """
    return hanging(log_ratio, _limited)


def hanging(cells: Floats, changed: Callable[[Floats], Floats] | None = None) -> Floats:
    """Maps [N, N, 3] of the head's window, whose lower part hangs down from the neck, smooth.

    Args:
        cells: the maps.
        changed: what becomes of what hangs.
    """
    first, at, at_small, hangs = _cloth()
    small = cv2.resize(cells, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    ends = cv2.BORDER_REPLICATE
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), _SOFT / 4, borderType=ends), np.float32)
    soft = soft if changed is None else changed(soft)
    edged = cv2.remap(cells, *at, cv2.INTER_LINEAR, borderMode=ends)
    smooth = cv2.remap(soft, *at_small, cv2.INTER_LINEAR, borderMode=ends)
    out = cells.copy()
    out[first:] = edged + hangs * (smooth - edged)
    return out


def _limited(log_ratio: Floats) -> Floats:
    low, high = _LIMITS
    least = np.where(log_ratio < 0, np.float32(low), np.float32(high))
    return np.asarray(np.tanh(log_ratio / least) * least, np.float32)


@cache
def head_reach() -> Floats:
    """[N, N] how far light goes in the head's window: as far as a body is wide, if one hangs from
    this head. What is as high as the face and beside it is likely somebody else's."""
    return _reach(*_places(np.eye(2, 3)))


@cache
def body_reach() -> Floats:
    """The same in the body's window, fading towards its border."""
    return falloff() * _reach(*_places(body_crop(np.eye(2, 3))))


@cache
def _cloth() -> tuple[int, tuple[Floats, Floats], tuple[Floats, Floats], Floats]:
    """First row that hangs, columns and rows [M, N] where it hangs from, the same of maps of a
    quarter of the size, and how far it does [M, N, 1]."""
    x, y = _places(np.eye(2, 3))
    first = int((y[:, 0] <= _HANGS[0]).sum())
    x, y = x[first:], y[first:]
    share = smoothstep(y, *_HANGS)
    from_x, from_y = x * (1 - (1 - _SPREAD) * share), np.minimum(y, _NECK)
    across, along = _cells(from_x), _cells(from_y)
    small = [np.asarray(cells / 4 - 0.375, np.float32) for cells in (across, along)]
    return first, (across, along), (small[0], small[1]), share[..., None]


@cache
def _in_head() -> tuple[Floats, Floats]:
    """[N, N] each: columns and rows of the head's window at the cells of the body's."""
    x, y = _places(body_crop(np.eye(2, 3)))
    return _cells(x), _cells(y)


@cache
def _in_body() -> tuple[Floats, Floats]:
    """[N, N] each: columns and rows of the body's window at the cells of the head's."""
    x, y = _places(np.eye(2, 3))
    return _cells(x / WIDE), _cells((y - _BELOW) / WIDE)


@cache
def _inner(shape: tuple[int, ...]) -> Floats:
    """`falloff` in the pixels of a matte's maps."""
    height, width = shape
    inner = cv2.resize(falloff(), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(inner, np.float32)


def _cells(places: Floats) -> Floats:
    """Crop widths from a face's middle to cells of the head's window."""
    return np.asarray((places + 1) * (RESOLUTION / 2) - 0.5, np.float32)


def _places(to_own: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """[N, N] each: where a window's cells lie right of and below a face, in widths of its crop.

    Args:
        to_own: [2, 3] from the crop's pixels to those of the crop that the window is around.
    """
    side = CROP + 2 * MARGIN
    at = (np.arange(RESOLUTION) + 0.5) * (side / RESOLUTION) - MARGIN
    back = cv2.invertAffineTransform(np.asarray(to_own, np.float64))
    x, y = np.meshgrid(at, at)
    across, along = ((row[0] * x + row[1] * y + row[2]) / CROP - 0.5 for row in back)
    return np.asarray(across, np.float32), np.asarray(along, np.float32)


def _reach(x: Floats, y: Floats) -> Floats:
    """See `head_reach`."""
    wide = _WIDTHS[0] + (_WIDTHS[1] - _WIDTHS[0]) * smoothstep(y, *_SHOULDERS)
    beside = smoothstep(np.abs(x) - wide, -_FADE, 0.0)
    above = smoothstep(-y, *_ABOVE)
    return np.asarray((1 - beside) * (1 - above), np.float32)
