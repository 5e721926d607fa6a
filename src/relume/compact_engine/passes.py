"""Passes: what the model knows of a face, as pictures beside the relit frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import mix, smoothstep, spread, to_srgb
from ..geometry import Camera
from ..media import Picture
from ..ratio import RatioPlan
from ..ratio.shift import in_frame, seen_through
from ..ratio.window import RESOLUTION, Window, doubled
from ..runtime import Views
from .body import draped, hanging, in_body
from .gain import GainConfig
from .reading import as_roots, presence

__all__ = [
    "FAR",
    "NEAR",
    "WHITE",
    "CompactPasses",
    "beyond",
    "depth_code",
    "in_window",
    "matted",
    "mixed_shading",
    "normals_of",
    "soft_shading",
]

Floats = NDArray[np.float32]
Sheet = NDArray[np.uint8] | NDArray[np.uint16]

NEAR, FAR = 2.2, 3.2
"""Canonical units along the camera's axis that the depth pass shows in white and in black."""

WHITE = 2.0
"""Shading that the shading pass shows in white; an open surface under even light has 1."""

_DARKEST = 1e-3  # shading
_MAPS = ("shading", "normals", "depth")
_EASED = 5.0  # cells over which what goes on outside of the crop is smoothed
_SMOOTH = 1.5  # cells over which depth is smoothed before its slope is taken


@dataclass(frozen=True, eq=False)
class CompactPasses:
    """One face of one frame, and the person whose it is, ready to be drawn into passes. All maps
    are of the view that the relit frame shows, [N, N] over the face's crop.

    Beyond what the model knows, head and shoulders, they go on as light does on the relit frame:
    hanging down from the neck, wider and smoother.

    Attributes:
        whole: what gives the person even light of shading 1, which leaves the albedo.
        shading: [N, N, 3] under the light that the relit frame shows.
        views: the model's maps.
        camera: that they are seen from.
        strength: 0..1, how far the face is trusted; fades like the effect itself.
    """

    whole: RatioPlan
    shading: Floats
    views: Views
    camera: Camera
    strength: float

    def paint(self, picture: Picture, sheets: Mapping[str, Sheet]) -> None:
        """Draw this person over what is there already.

        Args:
            picture: the frame before it was relit; not changed.
            sheets: by name ("albedo", "shading", "normals", "depth", "alpha"), uint8 or uint16
                [H, W, 3] of the frame's size, black where there is no person.
        """
        even: Picture = picture
        if "albedo" in sheets:
            even = _Scratch(picture, self.whole)
            self.whole.apply(even)
        head = {name: self._cells(name) for name in _MAPS if name in sheets}
        self._draw(self.whole, head, picture, even, sheets)
        if self.whole.beside is not None:
            body = {name: in_body(cells) for name, cells in head.items()}
            self._draw(self.whole.beside, body, picture, even, sheets)

    def _draw(
        self,
        plan: RatioPlan,
        cells: Mapping[str, Floats],
        picture: Picture,
        even: Picture,
        sheets: Mapping[str, Sheet],
    ) -> None:
        """What a plan covers, by its maps `cells`, and the frame under `even` light."""
        for part in plan.window.without(plan.but):
            cover = matted(plan, picture, part)
            cover = cover * part.grow(plan.weight) * np.float32(self.strength)
            solid = (cover >= 0.5).astype(np.uint8)
            for name, sheet in sheets.items():
                block = sheet[part.y0 : part.y1, part.x0 : part.x1]
                if name == "alpha":
                    # A place that several people share is nobody's twice (`own_share`).
                    block[...] = _codes(_values(block) + cover[..., None], block.dtype)
                elif name == "albedo":
                    new = even.region(part.x0, part.y0, part.x1, part.y1)
                    block[...] = _codes(mix(_values(block), new, cover), block.dtype)
                elif name == "shading":
                    light = np.exp(part.grow(cells[name])) / np.float32(WHITE)
                    new = to_srgb(np.asarray(light, np.float32))
                    block[...] = _codes(mix(_values(block), new, cover), block.dtype)
                # A mean of near and far, or of two directions, would lie on neither surface.
                elif name == "normals":
                    new = _coded(part.grow(cells[name]))
                    cv2.copyTo(_codes(new, block.dtype), solid, block)
                else:
                    one = _codes(part.grow(np.ascontiguousarray(cells[name][..., 0])), block.dtype)
                    cv2.copyTo(cv2.merge([one] * 3), solid, block)

    @cached_property
    def _known(self) -> Floats:
        """[N, N] see `presence`."""
        return presence(self.views)

    def _cells(self, name: str) -> Floats:
        """[M, M, 3] over the head's window: the logarithm of shading, coded depth, or normals
        along the frame's axes; the person's values go on beyond the person."""
        known = self._known
        if name == "shading":
            dark = np.float32(_DARKEST)
            return draped(np.log(np.maximum(beyond(self.shading, known), dark)))
        if name == "depth":
            return hanging(beyond(np.repeat(depth_code(self.views.depth)[..., None], 3, 2), known))
        return hanging(beyond(self._normals(), known), _upright)

    def _normals(self) -> Floats:
        """[N, N, 3] along the frame's axes; the crop's lean with the head."""
        turn = np.eye(3)
        crop = np.asarray(self.whole.crop, np.float64)[:, :2]
        flip = np.diag([1.0, -1.0])  # y up
        turn[:2, :2] = flip @ (np.linalg.inv(crop) * np.sqrt(np.linalg.det(crop))) @ flip
        return np.asarray(normals_of(self.views, self.camera) @ turn.T, np.float32)


def _upright(normals: Floats) -> Floats:
    """Below a chin, from which they hang, normals look down: a chest doesn't."""
    return normals * np.array([1, 0, 1], np.float32)


def _coded(normals: Floats) -> Floats:
    """Vectors [.., 3] as the pass of normals has them."""
    x, y, z = cv2.split(normals)
    length = cv2.sqrt(x * x + y * y + z * z)
    half = np.float32(0.5) / np.maximum(length, np.float32(1e-6))
    return np.asarray(normals * half[..., None] + np.float32(0.5), np.float32)


def mixed_shading(old: Floats, new: Floats, amount: float, bounce: float) -> Floats:
    """A share `amount` of the way from old shading to new, in stops as the relit frame goes."""
    bright = np.float32(bounce)
    ratio = (np.maximum(new, 0) + bright) / (np.maximum(old, 0) + bright)
    return np.asarray((old + bright) * ratio ** np.float32(amount) - bright, np.float32)


def soft_shading(shading: Floats, views: Views, config: GainConfig, bare: float = 0.0) -> Floats:
    """Shading as the relit frame has it: smoothed, with the light that skin and room give back,
    and 1 for an open surface under even light.

    Args:
        shading: [N, N, 3].
        views: where the person is.
        config: how far it is smoothed.
        bare: of the light, see `bareness`.
    """
    bounce, sigma = np.float32(config.bounce), config.relief_under(bare)

    def smooth(roots: Floats) -> Floats:
        whole, border = spread(roots, presence(views)), cv2.BORDER_REPLICATE
        return np.asarray(cv2.GaussianBlur(whole, (0, 0), sigma, borderType=border))

    return as_roots(shading, bounce, smooth) / (1 + bounce)


def depth_code(depth: Floats) -> Floats:
    """Depth along the camera's axis as the depth pass has it: 1 / z, 1 at `NEAR`, 0 at `FAR`."""
    low, high = 1 / FAR, 1 / NEAR
    code = (1 / np.maximum(depth, np.float32(1e-3)) - low) / (high - low)
    return np.asarray(np.clip(code, 0, 1), np.float32)


def normals_of(views: Views, camera: Camera) -> Floats:
    """[N, N, 3] unit normals in the view's frame: x right, y up, z towards the viewer.

    They are normals of the smoothed depth, so finer relief than two cells isn't in them.

    Args:
        views: maps of N x N cells.
        camera: that saw them.
    """
    size = views.depth.shape[0]
    known = presence(views)
    z: Any = spread(views.depth[..., None], known)[..., 0]
    z = cv2.GaussianBlur(z, (0, 0), _SMOOTH, borderType=cv2.BORDER_REPLICATE)
    at = (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(at, at)
    k = camera.intrinsics
    points = np.stack([(u - k[0, 2]) / k[0, 0] * z, (v - k[1, 2]) / k[1, 1] * z, z], -1)
    down, right = np.gradient(points, axis=(0, 1))
    normals = np.cross(right, down)  # away from the viewer, as z points
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    return np.asarray(normals * [-1, 1, 1], np.float32)


def in_window(cells: Floats) -> Floats:
    """Maps over the crop in the middle of the window's, 0 around."""
    margin = (RESOLUTION - cells.shape[0]) // 2
    wide = np.zeros((RESOLUTION, RESOLUTION, *cells.shape[2:]), np.float32)
    wide[margin : RESOLUTION - margin, margin : RESOLUTION - margin] = cells
    return wide


def beyond(cells: Floats, known: Floats) -> Floats:
    """Maps over the window that go on from where they are known.

    What lies above the crop's border is the crown of the same hair: to its left and its right light
    goes on as it was there, smoother with the distance.

    Args:
        cells: [N, N, C] over the crop.
        known: [N, N] 0..1.
    """
    m, border = (RESOLUTION - cells.shape[0]) // 2, cv2.BORDER_REPLICATE
    wide: Any = cv2.copyMakeBorder(spread(cells, known), m, m, m, m, border)
    # At half the size, which is as good and takes a quarter of the time.
    half: Any = cv2.resize(wide, (RESOLUTION // 2,) * 2, interpolation=cv2.INTER_AREA)
    blurred: Any = cv2.GaussianBlur(half, (0, 0), _EASED / 2, borderType=border)
    far = doubled(blurred)
    size = RESOLUTION, RESOLUTION, -1
    out = wide.reshape(size) + (far.reshape(size) - wide.reshape(size)) * _outside(m)
    return np.asarray(out, np.float32)


@cache
def _outside(margin: int) -> Floats:
    """[M, M, 1] 0 over the crop, growing to 1 outside."""
    at = np.abs(np.arange(RESOLUTION) - (RESOLUTION - 1) / 2) - (RESOLUTION / 2 - margin)
    away = np.maximum(at[:, None], at[None, :])
    return smoothstep(away, 0.0, 2 * _EASED)[..., None]


def matted(plan: RatioPlan, picture: Picture, window: Window) -> Floats:
    """[h, w] a plan's matte in a window, moved as the picture is."""
    person = plan.matte.resample(
        picture.region(window.x0, window.y0, window.x1, window.y1),
        window.to_block,
    )
    shift = plan.maps.shift
    if shift is None:
        return person
    return seen_through(person, window.grow(in_frame(shift, plan.crop)))


def _codes(values: Floats, kind: Any) -> Any:
    """0..1 as whole numbers of a type."""
    whole = np.float32(np.iinfo(kind).max)
    return np.rint(np.clip(values, 0, 1) * whole).astype(kind)


def _values(block: Any) -> Floats:
    return np.asarray(block / np.float32(np.iinfo(block.dtype).max), np.float32)


class _Scratch:
    """A `Picture` whose changes by a plan are kept aside."""

    def __init__(self, picture: Picture, plan: RatioPlan) -> None:
        self.width, self.height = picture.width, picture.height
        self._picture = picture
        windows = [p.window for p in (plan, plan.beside) if p is not None]
        self._x0, self._y0 = min(w.x0 for w in windows), min(w.y0 for w in windows)
        x1, y1 = max(w.x1 for w in windows), max(w.y1 for w in windows)
        self._block = np.array(picture.region(self._x0, self._y0, x1, y1))

    @property
    def rgb8(self) -> NDArray[np.uint8]:
        return self._picture.rgb8

    @property
    def half8(self) -> NDArray[np.uint8]:
        return self._picture.half8

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        return self._block[y0 - self._y0 : y1 - self._y0, x0 - self._x0 : x1 - self._x0]

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        x0, y0 = x0 - self._x0, y0 - self._y0
        self._block[y0 : y0 + rgb.shape[0], x0 : x0 + rgb.shape[1]] = rgb
