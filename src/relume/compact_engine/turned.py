"""What a turned camera sees of a head, and where the frame shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep, spread
from ..face import CROP
from ..geometry import Camera
from ..ratio.maps import NECK, falloff
from ..ratio.window import RESOLUTION
from ..render import rasterise
from ..runtime import RAYS, Views
from .cells import cell_grid, places, surface_of
from .reading import presence

__all__ = ["Turn", "carried", "heights", "placed", "shown_at", "turn_of"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SOLID = 0.4
"""Opacity from which a cell is the person's."""

_BEYOND = 16
"""Cells beyond every side of the view to which its border goes on, for hair and shoulders do."""

_SIDE = slice((RESOLUTION - RAYS) // 2 - _BEYOND, (RESOLUTION + RAYS) // 2 + _BEYOND)
"""Where those lie along a side of the window."""

_SMOOTH = 2.0
"""Cells over which depth is smoothed first: where hair ends on a cheek, and at the rims of ears
and jaw, it jumps more than the person does."""

_NAPE = (0.4, 0.2)
"""How much higher a neck ends for each unit behind a place, canonical z, above the chin."""

_BODY = (-0.44, -0.34)
"""Canonical units above a head's middle between which even what hangs from it stays."""

_RATE = (0.4, 4.0)
"""Cells of the frame that a cell of the turned view shows, at least and at most. Cheeks and
temples that the frame shows edge-on would be drawn out, and hair that hangs before them with
them; what a nose hides would fold over."""

_RIM = np.ones((3, 3), np.uint8)  # around the person, to where rates are kept
_KEPT = 1.8  # cells over which that begins
_MIDDLE = 12.0  # cells around the face's middle that stay where geometry puts them
_ROWS = 3.0  # rows over which that place is averaged
_OUTSIDE = (18.0, 28.0)  # cells from there between which the face ends
_LOOSE = (2.0, 6.0)  # cells across and along over which shifts outside of it are smoothed
_SOFT = 1.0  # the same anywhere
_FADE = 14.0  # cells around the person over which shifts die away

_OFF = (1.1, 1.5)
"""Cells between where a cell's content is fetched and where that turns to between which it is
something else that is seen there."""

_UNSEEN = np.float32(-2.0)  # the least that is told of it

_WITHIN = np.ones((5, 5), np.uint8)
"""Cells around one that are all the person's where nothing else can be seen."""

_ROUND = 3.0  # cells over which an outline is smoothed for its direction
_FAR = (-0.1, 0.3)
"""Cosine between an outline's direction and that of the face's move between which that side turns
away, so that something nearer may hide it."""

_MOVES = 0.5  # cells


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
    """

    back: Floats
    ahead: Floats
    person: Mask
    far: Floats
    camera: Camera

    @cached_property
    def seen(self) -> Floats:
        """[N, N] 1 where what is fetched is what is seen, 0 or less where it isn't: where an ear is
        fetched that the cheek now hides. In between it falls evenly, so that between cells, too,
        there is an edge at 1/2."""
        place = placed(self.back)
        # Channel by channel: of two, remap rounds.
        ahead = (carried(np.asarray(part, np.float32), place) for part in cv2.split(self.ahead))
        off = cv2.magnitude(*(a + b for a, b in zip(ahead, cv2.split(self.back), strict=True)))
        inside = cv2.erode(self.person.astype(np.uint8), _WITHIN)
        off = np.where(inside > 0, np.float32(0), off * self.far)
        low, high = _OFF
        seen = (np.float32(high) - off) * np.float32(1 / (high - low))
        return np.asarray(np.maximum(seen, _UNSEEN), np.float32)

    @cached_property
    def moving(self) -> Mask:
        """[N, N] which of the frame's cells move."""
        across, along = cv2.split(self.ahead)
        return np.asarray(cv2.magnitude(across, along) > _MOVES, np.bool_)


def turn_of(own: Views, own_camera: Camera, camera: Camera) -> Turn:
    """What another camera sees of a head.

    The frame's own depth is drawn as a mesh from the new camera. From the middle of the face
    outwards nothing is then stretched or squeezed beyond `_RATE`.

    Args:
        own, own_camera: the frame's own view.
        camera: the turned one.
    """
    solid, depth, sure = (_wide(part) for part in (own.alpha > _SOLID, own.depth, presence(own)))
    surface = surface_of(_averaged(depth, solid, (_SMOOTH, _SMOOTH)), own_camera)
    there, z = places(surface, own_camera, camera)
    here = np.stack([part.ravel() for part in cell_grid(_BEYOND)])
    reach = falloff() * smoothstep(heights(own_camera), *_BODY)[:, None]
    move = (there - here) * _of_head(surface, own_camera) * reach[_SIDE, _SIDE].ravel()
    at = here + move + np.float32(0.5 + (RESOLUTION - RAYS) // 2)
    at[:, solid.ravel() == 0] = np.nan  # what isn't there
    image, person = rasterise(
        np.asarray(at.T, np.float64),
        z,
        _faces(),
        np.stack([-move[0], -move[1], sure.ravel()], 1),
        (RESOLUTION, RESOLUTION),
    )
    ahead, filled = np.zeros((RESOLUTION, RESOLUTION, 2), np.float32), np.zeros_like(person)
    ahead[_SIDE, _SIDE] = move.T.reshape(*solid.shape, 2)
    filled[_SIDE, _SIDE] = solid > 0
    front = (move * (sure * _middle()[_SIDE, _SIDE]).ravel()).sum(1)
    away = _away_from(person)
    return Turn(
        _settled(_eased(image[..., :2], image[..., 2].copy(), person), person, away, reach),
        _settled(ahead, filled, _away_from(filled), reach),
        person,
        _turning_away(away - _away_from(~person), front),
        own_camera,
    )


def heights(camera: Camera) -> Floats:
    """[N] canonical units that a window's rows lie above a head's middle, as far away as that."""
    middle, focal = -camera.rotation.T @ camera.position, camera.intrinsics[1, 1]
    rows = (np.arange(RESOLUTION) - (RESOLUTION - RAYS) // 2 + 0.5) / RAYS
    return np.asarray(
        middle[1] - (rows - camera.intrinsics[1, 2]) * (middle[2] / focal), np.float32
    )


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


def _eased(shift: Floats, known: Floats, person: Mask) -> Floats:
    """Shifts of the window, kept within `_RATE` from the middle of the face outwards.

    Args:
        shift: [N, N, 2] as they were drawn.
        known: [N, N] 0..1 how far each is to be trusted.
        person: [N, N] where there are any.
    """
    trust = known * _middle()
    # Skin at the edge of a jaw would be drawn out over what lies behind: rates are kept there too.
    filled = spread(shift, known)
    known = np.asarray(cv2.GaussianBlur(cv2.dilate(known, _RIM), (0, 0), _KEPT), np.float32)
    across = _along_rows(filled[..., 0].copy(), known, trust)
    along = _along_rows(filled[..., 1].T.copy(), known.T.copy(), trust.T.copy()).T
    cells = np.stack([across, along], 2)
    # Row by row, what lies far out would waver: hair and ears move with what is around them.
    cells += (_averaged(cells, person.astype(np.float32), _LOOSE) - cells) * _outside()
    return cells


def _along_rows(shift: Floats, known: Floats, trust: Floats) -> Floats:
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


def _settled(shift: Floats, known: Mask, away: Floats, reach: Floats) -> Floats:
    """Shifts [N, N, 2], smooth, that go on where none are known and die away.

    Args:
        shift, known: what is known, and where.
        away: [N, N] cells to there.
        reach: [N, N] 0..1 how far any may go.
    """
    cells = cv2.GaussianBlur(spread(shift, known.astype(np.float32)), (0, 0), _SOFT)
    return np.asarray(cells * (smoothstep(away, _FADE, 0.0) * reach)[..., None], np.float32)


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


def _averaged(image: Floats, weight: Floats, cells: tuple[float, float]) -> Floats:
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
def _middle() -> Floats:
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


@cache
def _faces() -> NDArray[np.int32]:
    """[2 * (M - 1)^2, 3] two triangles between every four cells, row by row."""
    side = RAYS + 2 * _BEYOND
    corner = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]
    return np.stack([a, b, c, c, b, d], -1).reshape(-1, 3)
