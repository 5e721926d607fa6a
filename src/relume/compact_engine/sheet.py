"""The frame's own view of a head as a sheet in space, drawn as other cameras see it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread
from ..geometry import Camera
from ..ratio.maps import NECK, falloff
from ..ratio.window import RESOLUTION
from ..render import rasterise
from ..runtime import RAYS, Views
from .cells import cell_grid, places, surface_of
from .easing import averaged, eased, middle
from .reading import presence
from .turned import Turn, heights

__all__ = ["Sheet"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SOLID = 0.4
"""Opacity from which a cell is the person's."""

_BEYOND = 16
"""Cells beyond every side of the view to which its border goes on, for hair and shoulders do."""

_SIDE = slice((RESOLUTION - RAYS) // 2 - _BEYOND, (RESOLUTION + RAYS) // 2 + _BEYOND)
"""Where those lie along a side of the window."""

_PERSON = 0.5
"""Of the matte, from which what lies beside the view is the person's."""

_SMOOTH = 2.0
"""Cells over which depth is smoothed first: where hair ends on a cheek, and at the rims of ears
and jaw, it jumps more than the person does."""

_NAPE = (0.4, 0.2)
"""How much higher a neck ends for each unit behind a place, canonical z, above the chin."""

_BODY = (-0.44, -0.34)
"""Canonical units above a head's middle between which even what hangs from it stays."""

_CROWN = (0.05, 0.45)
"""The same between which nothing is hidden any more: a skull is as wide from wherever it is seen,
and what comes to light beside it is more of its hair."""

_SOFT = 1.0  # cells over which shifts are smoothed
_FADE = 14.0  # cells around the person over which shifts die away

_ROUND = 3.0  # cells over which an outline is smoothed for its direction
_FAR = (-0.1, 0.3)
"""Cosine between an outline's direction and that of the face's move between which that side turns
away, so that something nearer may hide it."""


class Sheet:
    """A head's surface as the frame's own camera sees it, and a little beyond.

    Args:
        own: the frame's own view.
        camera: that it is seen from.
        alpha: [N, N] 0..1 where the person is in the frame's window.
    """

    def __init__(self, own: Views, camera: Camera, alpha: Floats) -> None:
        solid, depth, sure = (
            _wide(part) for part in (own.alpha > _SOLID, own.depth, presence(own))
        )
        # Beside the view, hair that just reaches its border would go on as a bar.
        for side in (slice(_BEYOND), slice(-_BEYOND, None)):
            solid[:, side] *= alpha[_SIDE, _SIDE][:, side] > _PERSON
        self._camera = camera
        self._surface = surface_of(averaged(depth, solid, (_SMOOTH, _SMOOTH)), camera)
        up = heights(camera)[:, None]
        self._reach = falloff() * smoothstep(up, *_BODY)
        self._turns = _of_head(self._surface, camera) * self._reach[_SIDE, _SIDE].ravel()
        self._solid = np.zeros((RESOLUTION, RESOLUTION), np.bool_)
        self._solid[_SIDE, _SIDE] = solid > 0
        self._away = _away_from(self._solid)
        self._sure = sure.ravel()
        self._hides = 1 - smoothstep(up, *_CROWN)

    def turned(self, camera: Camera) -> Turn:
        """What another camera sees of it.

        The sheet is drawn as a mesh. From the middle of the face outwards nothing is then stretched
        or squeezed too far; see `eased`.
        """
        there, z = places(self._surface, self._camera, camera)
        here = np.stack([part.ravel() for part in cell_grid(_BEYOND)])
        move = (there - here) * self._turns
        at = here + move + np.float32(0.5 + (RESOLUTION - RAYS) // 2)
        at[:, ~self._solid[_SIDE, _SIDE].ravel()] = np.nan  # what isn't there
        image, person = rasterise(
            np.asarray(at.T, np.float64),
            z,
            _faces(),
            np.stack([-move[0], -move[1], self._sure], 1),
            (RESOLUTION, RESOLUTION),
        )
        ahead = np.zeros((RESOLUTION, RESOLUTION, 2), np.float32)
        ahead[_SIDE, _SIDE] = move.T.reshape(*ahead[_SIDE, _SIDE].shape)
        away = _away_from(person)
        back = eased(image[..., :2], image[..., 2].copy(), person)
        front = (move * (self._sure * middle()[_SIDE, _SIDE].ravel())).sum(1)
        return Turn(
            _settled(back, person, away, self._reach),
            _settled(ahead, self._solid, self._away, self._reach),
            person,
            _turning_away(away - _away_from(~person), front) * self._hides,
            self._camera,
            bool(abs(front[0]) > abs(front[1])),
        )


def _wide(cells: NDArray[np.generic]) -> Floats:
    """Maps of the view, and of the cells `_BEYOND`."""
    ends = cv2.BORDER_REPLICATE
    sides = _BEYOND, _BEYOND, _BEYOND, _BEYOND
    wide = cv2.copyMakeBorder(np.asarray(cells, np.float32), *sides, ends)
    return np.asarray(wide, np.float32)


def _of_head(surface: Floats, camera: Camera) -> Floats:
    """[M] 0..1 how far points turn with the head; a body stays."""
    rotation, position = (part.astype(np.float32) for part in (camera.rotation, camera.position))
    up, forward = rotation[1] @ surface + position[1], rotation[2] @ surface + position[2]
    slope, chin = _NAPE
    return smoothstep(up + np.float32(slope) * np.minimum(forward - np.float32(chin), 0), *NECK)


def _settled(shift: Floats, known: Mask, away: Floats, reach: Floats) -> Floats:
    """Shifts [N, N, 2], smooth, that go on where none are known and die away.

    Args:
        shift, known: what is known, and where.
        away: [N, N] cells to there.
        reach: [N, N] 0..1 how far any may go.
    """
    cells = cv2.GaussianBlur(spread(shift, known.astype(np.float32)), (0, 0), _SOFT)
    # Long moves die away over a longer way, or they would fold.
    fade = max(_FADE, 2 * float(np.abs(cells).max()))
    return np.asarray(cells * (smoothstep(away, fade, 0.0) * reach)[..., None], np.float32)


def _turning_away(signed: Floats, front: Floats) -> Floats:
    """See `Turn.far`.

    Args:
        signed: [N, N] cells to the outline, negative inside.
        front: [2] which way the face moves.
    """
    smooth = cv2.GaussianBlur(signed, (0, 0), _ROUND)
    across, along = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    x, y = (float(part) for part in front / np.maximum(np.hypot(*front), np.float32(1e-6)))
    length = cv2.magnitude(across, along) + np.float32(1e-6)
    return smoothstep((np.float32(x) * across + np.float32(y) * along) / length, *_FAR)


def _away_from(mask: Mask) -> Floats:
    """[N, N] cells to the next one that is marked; far if none is."""
    if not mask.any():
        return np.full(mask.shape, _FADE, np.float32)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(away, np.float32)


@cache
def _faces() -> NDArray[np.int32]:
    """[2 * (M - 1)^2, 3] two triangles between every four cells, row by row."""
    side = RAYS + 2 * _BEYOND
    corner = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]
    return np.stack([a, b, c, c, b, d], -1).reshape(-1, 3)
