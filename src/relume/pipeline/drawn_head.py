"""The mean head under a light, as the engines shade a face: soft slopes, soft cast shadows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..face.head import LANDMARKS, REGIONS, HeadModel
from ..geometry import Camera
from ..light import Light
from ..render import crisp_lamps, hidden_share, lamp_beams, lamp_shading, rasterise

__all__ = ["DrawnHead", "DrawnHeadConfig"]

Floats = NDArray[np.float32]

_OPEN = np.float32(np.sqrt(4.0 * np.pi))
"""Times the transfer's first number: how open a place is, 1 under a free sky."""

_SKIN = (0.58, 0.36, 0.26)
_TINTS = {"eyes": (0.45, 0.43, 0.41), "mouth": (0.16, 0.06, 0.05), "scalp": (0.12, 0.08, 0.06)}
_LIPS = np.array((0.48, 0.20, 0.17), np.float32)
_LIP_LINE = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181)
"""Tracked landmarks around the outer lips. The mesh is too coarse to carry their outline."""


@dataclass(frozen=True)
class DrawnHeadConfig:
    """How soft the drawing is. Lengths are shares of the picture's side."""

    soften: float = 0.005
    """Over which normals and radiance transfer are smoothed: the mesh's triangles don't show."""
    edge: float = 0.014
    """Over which the edges of cast shadows are smoothed."""
    crisp: float = 0.6
    """As `GainConfig.crisp`."""
    cast: float = 0.75
    """As `GainConfig.cast`."""
    bounce: float = 0.06
    """As `GainConfig.bounce`."""
    dark: float = 0.08
    """Shading about which nine harmonics' fall below zero, where they ring, is rounded off."""
    shut: tuple[float, float] = (0.35, 0.8)
    """Openness between which a place goes from a cavity, nostril or mouth, that lamps don't shine
    into, to the open face."""


class DrawnHead:
    """The mean head as a camera sees it.

    Args:
        size: pixels of the square picture's side.
        camera: how it is seen.
        config: see `DrawnHeadConfig`.

    Attributes:
        mask: [size, size] where the head is.
    """

    def __init__(self, size: int, camera: Camera, config: DrawnHeadConfig | None = None) -> None:
        self._size, self._camera = size, camera
        self._config = config = config or DrawnHeadConfig()
        head = HeadModel.load()
        tints = np.array([_TINTS.get(name, _SKIN) for name in REGIONS], np.float32)[head.region]
        depth = camera.to_camera(head.mean)[:, 2]
        normals = head.normals(head.mean)
        parts = (depth[:, None], normals, head.transfer, tints, head.mean)
        image, self.mask = rasterise(
            camera.project(head.mean) * size,
            depth,
            head.faces,
            np.concatenate(parts, 1),
            (size, size),
        )
        self._depth, normal, transfer, tint, place = np.split(image, (1, 4, 13, 16), 2)
        weight = self.mask.astype(np.float32)
        openness = np.clip(transfer[..., 0] * _OPEN, 0, 1)
        self._transfer = _smoothed(transfer, weight, config.soften * size)
        # Within a cavity normals turn over: those around it go on across it.
        normal = _smoothed(normal, weight * (openness + np.float32(1e-3)), config.soften * size)
        length = np.linalg.norm(normal, axis=2, keepdims=True)
        self._normals = np.asarray(normal / np.maximum(length, 1e-6), np.float32)
        reached = _shrunk(smoothstep(openness, *config.shut), 3)
        self._reached = _smoothed(reached[..., None], weight, config.soften / 2 * size)
        near = 1 - _shrunk(reached, _SPECK * size)
        self._near_cavities = _smoothed(near[..., None], weight, config.soften * size)
        tint = _smoothed(tint, weight, config.soften / 2 * size)
        self._albedo = tint + _lips(place) * (_LIPS - tint)

    def lit(self, light: Light) -> Floats:
        """[size, size, 3] linear light of the head under a light; 0 elsewhere."""
        shading, size = self._shading(light), self._size
        # Specks: corners of mouth and nostrils, of which a vertex or two look into the light.
        even = cv2.morphologyEx(shading, cv2.MORPH_OPEN, _disc(_SPECK * size))
        even = cv2.GaussianBlur(even, (0, 0), self._config.soften * size)
        shading += (even - shading) * self._near_cavities
        return np.asarray(self._albedo * shading * self.mask[..., None], np.float32)

    def _shading(self, light: Light) -> Floats:
        config = self._config
        within, dark = light.to_head(self._camera), np.float32(config.dark)
        smooth = self._transfer @ within.smooth.astype(np.float32)
        whole = np.float32(0.5) * (smooth + np.sqrt(smooth**2 + dark**2))
        if not within.lamps:
            return np.asarray(whole + np.float32(config.bounce), np.float32)
        beams = lamp_beams(self._transfer, self._normals, within.lamps)
        lit, cast = self._lamps(light)
        whole, lamps = crisp_lamps(np.asarray(whole + beams), beams, lit, config.crisp)
        weight = self.mask.astype(np.float32)
        lit, cast = (_smoothed(x, weight, config.edge * self._size) for x in (lit, cast))
        taken = np.float32(config.cast) * hidden_share(lit, cast) * lamps
        return np.asarray(whole - taken + np.float32(config.bounce), np.float32)

    def _lamps(self, light: Light) -> tuple[Floats, Floats]:
        """What `lamp_shading` gives, but of nothing in cavities."""
        normals = self._normals @ self._camera.view_to_head.astype(np.float32)
        eye, depth = self._camera.intrinsics, self._depth[..., 0]
        maps = np.zeros((2, self._size, self._size, 3), np.float32)
        for lamp in light.to_camera(self._camera).lamps:
            lit, cast = lamp_shading(depth, normals, self.mask, eye, [lamp])
            if lamp.direction[2] < 0:  # what the head hides from behind is not lit at all
                lit = cast = _smoothed(
                    cast, self.mask.astype(np.float32), self._config.edge * self._size
                )
            maps += np.stack([lit, cast]) * self._reached
        return maps[0], maps[1]


def _smoothed(image: Floats, weight: Floats, blur: float) -> Floats:
    """[N, N, C] smoothed over `blur` pixels, each counted by its weight [N, N]."""
    total = np.maximum(cv2.GaussianBlur(weight, (0, 0), blur), np.float32(1e-4))
    parts = (cv2.GaussianBlur(x * weight, (0, 0), blur) / total for x in np.moveaxis(image, 2, 0))
    return np.stack(list(parts), 2).astype(np.float32)


def _disc(width: float) -> NDArray[np.uint8]:
    """A disc of about so many pixels across, for OpenCV's morphology."""
    side = round(width) | 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _shrunk(openness: Floats, width: float) -> Floats:
    """[N, N] of each place, the least around it."""
    return np.asarray(cv2.erode(openness, _disc(width)), np.float32)


def _lips(place: Floats) -> Floats:
    """[N, N, 1] 0..1 where places of the head [N, N, 3] are its lips."""
    head = HeadModel.load()
    ring = head.mean[head.landmark_indices[[LANDMARKS.index(corner) for corner in _LIP_LINE]]]
    low, span = ring[:, :2].min(0) - _AROUND, np.ptp(ring[:, :2], 0).max() + 2 * _AROUND
    cells = np.float32(_CELLS / span)
    drawn = np.zeros((_CELLS, _CELLS), np.float32)
    corners = np.rint((ring[:, :2] - low) * cells * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(drawn, [corners], 1.0, shift=_SHIFT)
    soft = cv2.GaussianBlur(drawn, (0, 0), _CELLS * _SOFT)
    x, y = (np.ascontiguousarray((place[..., k] - low[k]) * cells) for k in (0, 1))
    found = cv2.remap(soft, x, y, cv2.INTER_LINEAR)
    in_front = place[..., 2] > ring[:, 2].min() - _DEEP
    return np.asarray(found * in_front, np.float32)[..., None]


_SPECK = 0.014  # share of the picture's side that a speck takes up at most
_CELLS = 256
_SHIFT = 4  # binary places of a corner's place among the cells
_SOFT = 0.025  # share of the drawing over which the lips' edge is smoothed
_AROUND = 0.03  # canonical units of margin
_DEEP = 0.1  # canonical units behind the lips' corners that the mouth reaches
