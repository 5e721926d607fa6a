"""What a turned camera sees, and where the frame shows it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread
from ..face import CROP
from ..geometry import Camera
from ..ratio.maps import NECK, falloff
from ..ratio.window import RESOLUTION, to_cells
from ..render import rasterise
from ..runtime import RAYS, Views
from .cells import cell_grid, places, surface_of
from .reading import presence

__all__ = ["carried", "shown_at", "turned_shift"]

Floats = NDArray[np.float32]

_SOLID = 0.4
"""Opacity from which a cell is the person's."""

_SMOOTH = 2.0
"""Cells over which depth is smoothed first: where hair ends on a cheek, and at the rims of ears
and jaw, it jumps more than the person does."""

_RATE = (0.5, 3.0)
"""Cells of the frame that a cell of the turned view shows, at least and at most. Cheeks and
temples that the frame shows edge-on would be drawn out, and hair that hangs before them with
them; what a nose hides would fold over."""

_RIM = np.ones((3, 3), np.uint8)  # around the person, to where rates are kept
_SOFT = 1.8
_MIDDLE = 12.0  # cells around the face's middle that stay where geometry puts them
_OUTSIDE = (18.0, 28.0)  # cells from there between which the face ends
_WAVES = (15, 15)  # cells over which shifts outside of it are averaged, twice
_FADE = 14.0  # cells around the person over which shifts die away
_ROWS = 3.0  # rows over which that place is averaged


def turned_shift(own: Views, own_camera: Camera, camera: Camera) -> Floats:
    """Where the frame shows what a turned camera sees.

    The frame's own depth is drawn as a mesh from the new camera. From the middle of the face
    outwards nothing is then stretched or squeezed beyond `_RATE`: a head turns out a little
    flatter than it is rather than smeared. Around the head shifts die away.

    Args:
        own, own_camera: the frame's own view.
        camera: the turned one.

    Returns:
        [N, N, 2] crop pixels from each of the window's cells to where the frame shows what is
        there.
    """
    solid = own.alpha > _SOLID
    surface = surface_of(_smooth(own.depth, solid.astype(np.float32)), own_camera)
    at, z = places(surface, own_camera, camera)
    here = np.stack([part.ravel() for part in cell_grid()])
    up = own_camera.rotation[1].astype(np.float32) @ surface + np.float32(own_camera.position[1])
    move = (at - here) * smoothstep(up, *NECK)  # cells

    position = (here + np.float32(0.5) + move) * np.float32(CROP / RAYS)
    position = np.where(solid.ravel(), position, np.float32(np.nan))  # what isn't there
    image, mask = rasterise(
        to_cells(position.T),
        z,
        _faces(),
        np.stack([-move[0], -move[1], presence(own).ravel()], 1),
        (RESOLUTION, RESOLUTION),
    )
    known = image[..., 2].copy()
    trust = known * _middle()
    # Skin at the edge of a jaw would be drawn out over what lies behind: rates are kept there too.
    filled = spread(image[..., :2], known)
    known = np.asarray(cv2.GaussianBlur(cv2.dilate(known, _RIM), (0, 0), _SOFT), np.float32)
    across = _eased(filled[..., 0].copy(), known, trust)
    along = _eased(filled[..., 1].T.copy(), known.T.copy(), trust.T.copy()).T
    cells = np.stack([across, along], 2)
    # Row by row, what lies far out would waver: hair and ears move with what is around them.
    cells += (cv2.blur(cv2.blur(cells, _WAVES), _WAVES) - cells) * _outside()
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    cells *= np.float32(CROP / RAYS) * smoothstep(away, _FADE, 0.0)[..., None]
    return np.asarray(cv2.GaussianBlur(cells, (0, 0), _SOFT) * falloff()[..., None], np.float32)


def shown_at(shift: Floats) -> tuple[Floats, Floats]:
    """[N, N] each: columns and rows of a window's cells where the frame shows what is in each.

    Args:
        shift: see `turned_shift`.
    """
    cells = shift * np.float32(RAYS / CROP)
    at = np.arange(RESOLUTION, dtype=np.float32)
    return at + cells[..., 0], at[:, None] + cells[..., 1]


def carried(image: Floats, place: tuple[Floats, Floats]) -> Floats:
    """Maps [N, N(, C)] of a window, fetched from `shown_at`; the edge goes on."""
    moved = cv2.remap(image, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _eased(shift: Floats, known: Floats, trust: Floats) -> Floats:
    """Shifts along rows, [N, N] cells, kept within `_RATE`.

    Args:
        shift: from where to where.
        known: 0..1 where their rate is kept.
        trust: by which each row is laid where it was.
    """
    rate = np.clip(np.diff(shift, axis=1) + 1, *_RATE) - 1
    eased = np.zeros_like(shift)
    np.cumsum(rate * np.minimum(known[:, 1:], known[:, :-1]), axis=1, out=eased[:, 1:])
    sums = ((shift - eased) * trust).sum(1)[:, None], trust.sum(1)[:, None]
    off, total = (cv2.GaussianBlur(part, (1, 0), 1, sigmaY=_ROWS) for part in sums)
    return np.asarray(eased + off / np.maximum(total, np.float32(1e-3)), np.float32)


def _smooth(depth: Floats, solid: Floats) -> Floats:
    """Depth of the solid cells, smoothed over those alone."""
    total, share = (
        cv2.GaussianBlur(part, (0, 0), _SMOOTH, borderType=cv2.BORDER_REPLICATE)
        for part in (depth * solid, solid)
    )
    return np.asarray(total / np.maximum(share, np.float32(1e-6)), np.float32)


@cache
def _middle() -> Floats:
    """[N, N] 1 in the window's middle, falling off."""
    bell = np.exp(-np.square(_away() / _MIDDLE) / 2)
    return np.asarray(bell[:, None] * bell, np.float32)


@cache
def _outside() -> Floats:
    """[N, N, 1] 0 where the face is, 1 around: an ellipse, higher than wide."""
    radius = np.hypot(_away(), 0.8 * _away()[:, None])
    return smoothstep(radius, *_OUTSIDE)[..., None]


def _away() -> Floats:
    """[N] cells from the window's middle."""
    return np.arange(RESOLUTION, dtype=np.float32) - np.float32((RESOLUTION - 1) / 2)


@cache
def _faces() -> NDArray[np.int32]:
    """[2 * (N - 1)^2, 3] two triangles between every four cells, row by row."""
    corner = np.arange(RAYS * RAYS, dtype=np.int32).reshape(RAYS, RAYS)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]
    return np.stack([a, b, c, c, b, d], -1).reshape(-1, 3)
