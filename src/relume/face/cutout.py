"""From the segmentation network's mask to a matte that follows the picture's own colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from .guided import guided

__all__ = ["CutoutConfig", "alpha_of", "coded", "cut_out"]

Floats = NDArray[np.float32]

_OUTSHINES = (0.08, 0.28)
"""Luma of the backdrop less that of the person between which the matte's edge moves inwards: what
is bright and hardly the person's is the backdrop, where new light would glow."""

_TIGHT = (0.65, 0.97)
"""`CutoutConfig.edge` before a bright backdrop."""

_OUTSHONE = (0.02, 0.12)
"""Luma of the person less that of the backdrop between which the edge moves outwards: of a person
who gets darker, colours mixed of both would stay behind as a bright line."""

_LOOSE = (0.12, 0.82)
"""`CutoutConfig.edge` before a dark backdrop."""

_AROUND = 7
"""Pixels of the maps over which person and backdrop are compared."""

_BAND = 3
"""Double pixels of the maps across an outline of hair, in which its colour and the backdrop's are
mixed: more than the network's edge is wide."""

_NEIGHBOURS = 2.0
"""Double pixels of the maps over which the colours on either side of that are averaged."""

_MIXED = (0.3, 1.0)
"""Share of the person in such a mixed colour between which the matte goes from 0 to 1."""

_APART = (0.1, 0.3)
"""Distance of the two colours (0..1 each channel) between which the mixture comes to be told."""

_KNOWN = (0.02, 0.1)
"""Share of either side in the neighbourhood between which its colour comes to be known."""

_BORDER = (0.02, 0.15)
"""Share of the backdrop around a pixel between which it comes to lie in the band."""


@dataclass(frozen=True)
class CutoutConfig:
    """How the mask is refined."""

    radius: int = 2
    """Radius of the guided filter in 1/128 of the window."""
    contrast: float = 0.03
    """Step of colour (0..1) from which an edge of the picture shapes the matte's edge."""
    edge: tuple[float, float] = (0.3, 0.8)
    """Share of the person between which the matte goes from 0 to 1: the network's own soft edge
    reaches over the outline, where new light shows as a glow on the backdrop."""


def cut_out(config: CutoutConfig, rgb: NDArray[np.uint8], colours: Floats, mask: Floats) -> Floats:
    """The matte as `Matte.affine`, by a guided filter on the colours (He, Sun & Tang, ECCV 2010,
    section 3.5; the fast form of He & Sun, 2015) and, along hair, by how colours are mixed.

    Args:
        config: see `CutoutConfig`.
        rgb: [N, N, 3] uint8.
        colours: the same 0..1, see `coded`.
        mask: [N, N] 0..1, the network's.

    Returns:
        float32 [N, N, 4].
    """
    affine = guided(colours, mask, config.radius, config.contrast)
    low, high, inwards = _edge(config, _luma(rgb), mask)
    affine[..., 3] -= low
    affine /= _spread_out(high - low, 4)
    line, share = _between(colours, mask)
    affine += (line - affine) * _spread_out(share * inwards, 4)
    return np.asarray(affine, np.float32)


def alpha_of(affine: Floats, rgb: Floats) -> Floats:
    """[h, w] 0..1 what maps [h, w, 4] make of colours [h, w, 3]."""
    alpha = np.einsum("yxc,yxc->yx", affine[..., :3], rgb) + affine[..., 3]
    return np.asarray(np.clip(alpha, 0.0, 1.0), np.float32)


def coded(rgb: NDArray[np.floating] | NDArray[np.uint8]) -> Floats:
    """[h, w, 3] float32 0..1."""
    if rgb.dtype == np.uint8:
        return np.asarray(rgb * np.float32(1 / 255), np.float32)
    return np.asarray(rgb, np.float32)


def _edge(config: CutoutConfig, luma: Floats, mask: Floats) -> tuple[Floats, Floats, Floats]:
    """[N, N] each: `CutoutConfig.edge`, moved inwards where the backdrop outshines the person and
    outwards where the person does, and how far inwards, 0..1."""
    import cv2

    def mean(x: Any) -> Any:
        return cv2.blur(x, (_AROUND, _AROUND))

    share, whole, person = mean(mask), mean(luma), mean(luma * mask)
    few = np.float32(0.02)
    gap = (whole - person) / (1 - share + few) - person / (share + few)
    inwards, outwards = smoothstep(gap, *_OUTSHINES), smoothstep(-gap, *_OUTSHONE)
    low, high = (
        np.float32(edge) + inwards * np.float32(tight - edge) + outwards * np.float32(loose - edge)
        for edge, tight, loose in zip(config.edge, _TIGHT, _LOOSE, strict=True)
    )
    return low, high, inwards


def _between(rgb: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """Along an outline, how far each colour lies on the way from the backdrop's to the person's, as
    `Matte.affine`, and [N, N] how far that is to be believed.

    Args:
        rgb: [N, N, 3] 0..1.
        mask: [N, N] the network's.
    """
    import cv2

    # At half the resolution, since all of it is smooth.
    size = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    mask = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)

    def mean(x: Any) -> Any:
        return cv2.GaussianBlur(x, (0, 0), _NEIGHBOURS)

    few, band = np.float32(1e-3), np.ones((_BAND, _BAND), np.uint8)
    here, colours = [], []
    for side in (cv2.erode(mask, band), 1 - cv2.dilate(mask, band)):
        # Three colours and their weight at once.
        *sums, weight = cv2.split(mean(cv2.merge([rgb * _spread_out(side, 3), side])))
        here.append(weight)
        colours.append(np.asarray(cv2.merge(sums) / _spread_out(weight + few, 3), np.float32))
    (person_here, backdrop_here), (person, backdrop) = here, colours
    way = person - backdrop
    length = _total(way * way)
    slope = way / _spread_out(length + few, 3)
    offset = -_total(slope * backdrop) - np.float32(_MIXED[0])
    line = cv2.merge([slope, offset]) / np.float32(_MIXED[1] - _MIXED[0])
    known = smoothstep(np.minimum(person_here, backdrop_here), *_KNOWN)
    border = smoothstep(1 - cv2.blur(mask, (_BAND + 2, _BAND + 2)), *_BORDER)
    believed = smoothstep(np.sqrt(length), *_APART) * known * border
    large = (2 * size[0], 2 * size[1])
    line, believed = (np.asarray(cv2.resize(part, large), np.float32) for part in (line, believed))
    return line, believed


def _spread_out(weight: Any, channels: int) -> Any:
    """[h, w] as [h, w, C]: NumPy crawls where it has to repeat along so short an axis."""
    import cv2

    return cv2.merge([weight] * channels)


def _total(image: Any) -> Any:
    """[h, w] over the channels of [h, w, 3]."""
    import cv2

    return cv2.transform(image, np.ones((1, 3), np.float32))


def _luma(rgb: NDArray[np.uint8]) -> Floats:
    """[h, w] float32 0..1, the coded luma of BT.601."""
    import cv2

    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) * np.float32(1 / 255), np.float32)
