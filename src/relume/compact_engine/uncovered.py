"""What comes to light beside a head that turns: the backdrop, or the body.

The frame shows neither. What lies next to the head is mirrored at its outline.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face import CROP
from ..geometry import Camera
from ..ratio.window import RESOLUTION, doubled
from ..runtime import RAYS
from .turned import Turn, carried, heights, placed, widths

__all__ = ["layered"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_PERSON = 0.15
"""Of the matte, from which a cell shows more than the backdrop."""

_MOVES = 0.5  # cells

_AROUND = np.ones((5, 5), np.uint8)
"""Cells around the person that hair, halos and compression reach to."""

_WIDE = 3
"""How much nearer the backdrop beside counts than that above or below: lines in a room go across,
and a head leaves more of it free at its sides."""

_FARTHEST = 14.0  # cells
_SOFT = 1.5  # pairs of cells over which an outline is smoothed

_STAYS = (-0.15, 1.5)
"""Canonical units above a head's middle below which, and cells by less than which what moves is
a body's, which stands for itself: shoulders and collars next to a jaw move a little with it."""

_BESIDE = np.ones((9, 9), np.uint8)
_BLEND = 3.0  # cells over which backdrops go over into each other

_CORE = (2.0, 5.0)
"""Cells within the outline between which a matte's holes stop being holes."""

_ALL = 1.99
"""Of the last channel of a shift, from which nothing is seen of what is behind."""

_JAW = (-0.17, -0.1)
"""Canonical units above a head's middle between which hair that hangs down is told."""

_HAIR = (0.205, 0.225)
"""The same to the side, beyond which hair reaches there, and a jaw doesn't. What the frame shows
beside a cheek then is hair as well, which goes on behind it."""

_KNOWN = 0.7
"""Of the model's head, from which what the frame shows there is the head's."""

_ITS = np.ones((5, 5), np.uint8)
"""Cells around that which are the head's, too."""

_LARGE = (0.3, 0.7)
"""Share of the cells around one that lie outside, between which it is of something large."""

_WHOLE = np.ones((17, 17), np.uint8)
"""Cells around what sticks out that stay with it."""


def layered(turn: Turn, alpha: Floats, head: Floats) -> Floats:
    """A turned head over what is behind it.

    Args:
        turn: of the head.
        alpha: [N, N] 0..1 where the person is in the frame.
        head: [N, N] 0..1 where the model's head is in it.

    Returns:
        [N, N, 5], or [N, N, 2] where nothing is to be seen of that; see `Maps.shift`.
    """
    # Hair that hangs down hides what is behind it, cheek or no cheek.
    cover = turn.seen + (1 - np.minimum(turn.seen, 1)) * _long_hair(alpha, turn.camera)
    place = placed(turn.back)
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    core = carried(smoothstep(inside, *_CORE), place)
    apart = _near((1 - np.clip(cover, 0, 1)) * carried(alpha, place))
    cover = np.minimum(cover, 1 + core)
    # Where brims, wild hair and hands would be, the model sees a backdrop: they would be torn.
    cover += (2 - cover) * np.maximum(1 - apart, carried(_sticking_out(alpha, head), place))
    if cover.min() > _ALL:
        return turn.back * np.float32(CROP / RAYS)
    behind = _mirrored(alpha, turn)
    behind[cover > _ALL] = 0  # which nobody sees
    pixels = np.concatenate([turn.back, behind], 2) * np.float32(CROP / RAYS)
    return np.concatenate([pixels, cover[..., None]], 2)


def _sticking_out(alpha: Floats, head: Floats) -> Floats:
    """[N, N] 0..1 where the frame shows something large of the person's that the model's head
    hasn't: hats, wild hair, hands. The same with what is around it."""
    known = cv2.dilate((head > _KNOWN).astype(np.uint8), _ITS)
    beyond = ((alpha > 0.5) & (known == 0)).astype(np.float32)
    large = smoothstep(np.asarray(cv2.GaussianBlur(beyond, (0, 0), 1.0)), *_LARGE)
    whole = cv2.dilate(np.asarray(large, np.float32), _WHOLE)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), _SOFT), np.float32)


def _near(hidden: NDArray[np.floating]) -> Floats:
    """[N, N] 0..1 where head and backdrop move apart: around what the head hides of itself.

    Elsewhere the backdrop is drawn along and no outline has to be found, which is steadier.

    Args:
        hidden: [N, N] 0..1 what would be seen and mustn't be.
    """
    wide = cv2.dilate(np.asarray(hidden, np.float32), _BESIDE)
    around = cv2.GaussianBlur(wide, (0, 0), _BLEND)
    return smoothstep(np.asarray(around, np.float32), 0.1, 0.7)


def _mirrored(alpha: Floats, turn: Turn) -> Floats:
    """[N, N, 2] cells from each one to where the frame shows what may stand for what is behind: as
    far outside of the person's outline as it lies within."""
    moving = (alpha > _PERSON) & (turn.moved > _MOVES)
    person = cv2.dilate(moving.astype(np.uint8), _AROUND)
    person[_body(alpha, turn)] = 0
    if person.all():
        return np.zeros((*alpha.shape, 2), np.float32)
    half = person.reshape(RESOLUTION // 2, 2, RESOLUTION // 2, 2).max((1, 3))  # is as good
    tall = np.repeat(half, _WIDE, 0)
    depth, outside = (cv2.distanceTransform(part, cv2.DIST_L2, 5) for part in (tall, 1 - tall))
    depth = cv2.GaussianBlur(depth - outside, (0, 0), _SOFT, sigmaY=_WIDE * _SOFT)
    across, along = (cv2.Sobel(depth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    across, along, depth = (part[_WIDE // 2 :: _WIDE] for part in (across, along, depth))
    # In cells, of which each half one is two.
    length = np.minimum(4 * np.maximum(depth, 0), np.float32(_FARTHEST))
    length /= np.maximum(cv2.magnitude(across, along), np.float32(0.5))
    return doubled(np.stack([-length * across, -length * along / np.float32(_WIDE)], 2))


def _body(alpha: Floats, turn: Turn) -> Mask:
    """[N, N] cells in which the frame shows a body that stays."""
    below, least = _STAYS
    low = heights(turn.camera)[:, None] < below
    return np.asarray((alpha > 0.5) & (turn.moved < least) & low, np.bool_)


def _long_hair(alpha: Floats, camera: Camera) -> Floats:
    """[N, N] 0..1 how far hair hangs down beside the face, on either side."""
    across, up = widths(camera), heights(camera)
    rows = alpha[(up > _JAW[0]) & (up < _JAW[1])] > 0.5
    if not len(rows):
        return np.zeros((RESOLUTION, RESOLUTION), np.float32)
    reach = np.where(rows, across, 0)
    left, right = (
        smoothstep(float(np.median(part)), *_HAIR) for part in (-reach.min(1), reach.max(1))
    )
    row = left + (right - left) * smoothstep(across, -0.05, 0.05)
    return np.repeat(row[None], RESOLUTION, 0)
