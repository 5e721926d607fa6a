"""Passes: what the model knows of a face, as pictures beside the relit frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import mix, smoothstep, spread, to_srgb
from ..geometry import Camera
from ..media import Picture
from ..ratio import RatioPlan
from ..ratio.maps import falloff
from ..ratio.window import RESOLUTION, Window, doubled
from ..runtime import Views
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

_REACH = (21, 21)  # cells across that the matte may reach beyond what is rendered
_EASED = 5.0  # cells over which what goes on outside of the crop is smoothed
_SMOOTH = 1.5  # cells over which depth is smoothed before its slope is taken


@dataclass(frozen=True, eq=False)
class CompactPasses:
    """One face of one frame, ready to be drawn into passes. All maps are of the view that the
    relit frame shows, [N, N] over the face's crop.

    Attributes:
        flat: what gives the frame even light of shading 1, which leaves the albedo.
        whole: the same, going on over the whole person.
        shading: [N, N, 3] under the light that the relit frame shows.
        views: the model's maps.
        camera: that they are seen from.
        strength: 0..1, how far the face is trusted; fades like the effect itself.
    """

    flat: RatioPlan
    whole: RatioPlan
    shading: Floats
    views: Views
    camera: Camera
    strength: float

    def paint(self, picture: Picture, sheets: Mapping[str, Sheet]) -> None:
        """Draw this face over what is there already.

        Args:
            picture: the frame before it was relit; not changed.
            sheets: by name ("albedo", "shading", "normals", "depth", "alpha"), uint8 or uint16
                [H, W, 3] of the frame's size, black where there is no person.
        """
        window = self.flat.window
        rows, columns = slice(window.y0, window.y1), slice(window.x0, window.x1)
        cover = self._cover(picture, window)
        solid = (cover >= 0.5) & (window.grow(in_window(self._person())) >= 0.5)
        for name, sheet in sheets.items():
            if name == "alpha":
                self._draw_alpha(picture, sheet)
                continue
            block = sheet[rows, columns]
            old = _values(block)
            if name == "albedo":
                new = mix(old, self._albedo(picture, window), cover)
            elif name == "shading":
                new = mix(old, to_srgb(self._grown(self.shading) / np.float32(WHITE)), cover)
            else:  # a mean of near and far, or of two directions, would lie on neither surface
                drawn = self._normals() if name == "normals" else self._depth()
                new = np.where(solid[..., None], drawn, old)
            _put(block, new)

    def _draw_alpha(self, picture: Picture, sheet: Sheet) -> None:
        """The whole person, as far as light goes."""
        for plan in (self.whole, self.whole.beside):
            if plan is None:
                continue
            for part in plan.window.without(plan.but):
                reach = part.grow(plan.weight) * np.float32(self.strength)
                cover = _matted(plan, picture, part) * reach
                block = sheet[part.y0 : part.y1, part.x0 : part.x1]
                # A place that several people share is nobody's twice (`own_share`).
                _put(block, _values(block) + cover[..., None])

    def _cover(self, picture: Picture, window: Window) -> Floats:
        """[h, w] opacity: the matte's where the model sees a person."""
        person = _matted(self.flat, picture, window)
        # Rendered alpha is coarse and thin at the shoulders: it tells whose matte it is, and the
        # matte draws the edge.
        near = cv2.dilate(self._person(), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, _REACH))
        alpha = np.asarray(cv2.GaussianBlur(near, (0, 0), _SMOOTH), np.float32)
        seen = beyond(alpha[..., None], np.ones_like(alpha))[..., 0]
        cover = np.minimum(person, window.grow(seen * falloff()))
        return np.asarray(cover * np.float32(self.strength), np.float32)

    def _person(self) -> Floats:
        """[N, N] rendered opacity without its haze."""
        return np.asarray(np.clip(self.views.alpha * 2 - 0.6, 0, 1), np.float32)

    def _albedo(self, picture: Picture, window: Window) -> Floats:
        """[h, w, 3] sRGB-coded, with all of the frame's own detail."""
        scratch = _Scratch(picture, window)
        self.flat.apply(scratch)
        return scratch.block

    def _depth(self) -> Floats:
        """[h, w, 3] coded."""
        return self._grown(np.repeat(depth_code(self.views.depth)[..., None], 3, 2))

    def _normals(self) -> Floats:
        """[h, w, 3] coded, along the frame's axes; the crop's lean with the head."""
        turn = np.eye(3)
        crop = np.asarray(self.flat.crop, np.float64)[:, :2]
        flip = np.diag([1.0, -1.0])  # y up
        turn[:2, :2] = flip @ (np.linalg.inv(crop) * np.sqrt(np.linalg.det(crop))) @ flip
        cells = normals_of(self.views, self.camera) @ turn.T
        normals = self._grown(cells.astype(np.float32))
        normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), np.float32(1e-6))
        return np.asarray(normals * np.float32(0.5) + np.float32(0.5))

    def _grown(self, cells: Floats) -> Floats:
        """[h, w, 3] of the window's pixels; the person's values go on beyond the person."""
        return self.flat.window.grow(beyond(cells, presence(self.views)))


def mixed_shading(old: Floats, new: Floats, amount: float, bounce: float) -> Floats:
    """A share `amount` of the way from old shading to new, in stops as the relit frame goes."""
    bright = np.float32(bounce)
    ratio = (np.maximum(new, 0) + bright) / (np.maximum(old, 0) + bright)
    return np.asarray((old + bright) * ratio ** np.float32(amount) - bright, np.float32)


def soft_shading(shading: Floats, views: Views, config: GainConfig) -> Floats:
    """Shading as the relit frame has it: smoothed, with the light that skin and room give back,
    and 1 for an open surface under even light."""
    bounce = np.float32(config.bounce)

    def smooth(roots: Floats) -> Floats:
        whole, border = spread(roots, presence(views)), cv2.BORDER_REPLICATE
        return np.asarray(cv2.GaussianBlur(whole, (0, 0), config.relief, borderType=border))

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


def _matted(plan: RatioPlan, picture: Picture, window: Window) -> Floats:
    """[h, w] a plan's matte in a window, moved as the picture is."""
    person = plan.matte.resample(
        picture.region(window.x0, window.y0, window.x1, window.y1),
        np.array([[1.0, 0, -window.x0], [0, 1.0, -window.y0]]),
    )
    shift = plan.maps.shift
    if shift is None:
        return person
    to_frame = np.linalg.inv(np.asarray(plan.crop, np.float64)[:, :2])
    x, y = cv2.split(window.grow(shift @ to_frame.T.astype(np.float32)))
    x = x + np.arange(x.shape[1], dtype=np.float32)
    y = y + np.arange(y.shape[0], dtype=np.float32)[:, None]
    moved = cv2.remap(person, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _put(block: Any, values: Floats) -> None:
    whole = np.float32(np.iinfo(block.dtype).max)
    block[...] = np.rint(np.clip(values, 0, 1) * whole).astype(block.dtype)


def _values(block: Any) -> Floats:
    return np.asarray(block / np.float32(np.iinfo(block.dtype).max), np.float32)


class _Scratch:
    """A `Picture` whose changes inside a window are kept aside."""

    def __init__(self, picture: Picture, window: Window) -> None:
        self.width, self.height = picture.width, picture.height
        self._picture, self._window = picture, window
        self.block = np.array(picture.region(window.x0, window.y0, window.x1, window.y1))

    @property
    def rgb8(self) -> NDArray[np.uint8]:
        return self._picture.rgb8

    @property
    def half8(self) -> NDArray[np.uint8]:
        return self._picture.half8

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        return self._picture.region(x0, y0, x1, y1)

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        x0, y0 = x0 - self._window.x0, y0 - self._window.y0
        self.block[y0 : y0 + rgb.shape[0], x0 : x0 + rgb.shape[1]] = rgb
