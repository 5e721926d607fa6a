"""What the model reads in a frame under its source light: all that a gain needs of the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..runtime import Views

__all__ = [
    "EVEN",
    "Reading",
    "Smoother",
    "as_roots",
    "believed",
    "foremost",
    "mean_of",
    "over",
    "pixels",
    "planes",
    "presence",
    "read",
]

Floats = NDArray[np.float32]

_FEWEST = 16.0
"""Cells of a face that can be told anything from."""

_DARKEST = 1e-4
"""Linear level of a face below which there is nothing to relight."""

_COLOURED = (0.0, 1.0)
"""Source shading, mean 1, between which its colours come to be believed."""

_STRAYS = np.float32(0.4)
"""0..1 how far they are off the face."""

_BORDER = 2.0
"""Cells over which the face goes over into what is around it."""

_BACK = (0.06, 0.16)
"""Canonical units behind a person's middle between which the face ends."""

EVEN = np.float32(2 * np.sqrt(np.pi))
"""First coefficient of the light from everywhere that gives an open surface a shading of 1."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One frame's face in N x N cells.

    Attributes:
        views: the model's maps of the frame's own view.
        frame: [N, N, 3] the frame in linear light, averaged into cells.
        shading: [N, N, 3] under the source light, mean near 1 over the face.
        source: [N, N, 3] the same, smoothed.
        plain: [N, N, 3] shading whose colours are as far as they are believed; see `believed`.
        even: [N, N, 1] the same under even light that gives an open surface 1.
        smooth: blurs over the person alone.
        solid: [N, N] see `presence`.
        weight: [N, N, 1] 0..1 where the face is: hair and shoulders behind it aren't.
        open: [N, N, 1] 0..1 where eyes and mouth are.
        surely: [N, N, 1] 0..1 where there is skin and no hat.
        total: of `weight`.
        middle: depth of the person's middle.
        mean: level of the face in the frame, over the channels.
        noise: level below which the frame holds more noise than detail.
        seen: [N, N, 3] the frame, smoothed.
        albedo: [N, N, 3] the model's, at the frame's exposure and colour cast.
        coarse: [N, N, 3] the same, smoothed as `seen` is.
        typical: of the model's albedo over the face: skin's.
        tint: [3] by which the source light that was given was taken to be otherwise coloured.
    """

    views: Views
    frame: Floats
    shading: Floats
    source: Floats
    plain: Floats
    even: Floats
    smooth: Smoother
    solid: Floats
    weight: Floats
    open: Floats
    surely: Floats
    total: float
    middle: float
    mean: float
    noise: np.float32
    seen: Floats
    albedo: Floats
    typical: float
    tint: Floats
    coarse: Floats

    @cached_property
    def doubt(self) -> Floats:
        """[N, N, 1] how far, in stops of e, the frame differs from what the model makes of it."""
        noise = self.noise
        made = self.coarse * self.source
        explained = np.log((self.seen + noise) / (made + noise))
        explained -= np.median(explained[self.weight[..., 0] > 0.5].T.copy(), axis=1)
        return self.smooth(mean_of(np.abs(explained)))


def read(
    views: Views,
    frame: Floats,
    source: Floats,
    soften: float,
    floor: float,
    openings: Floats | None = None,
    surely: Floats | None = None,
) -> Reading | None:
    """See `Reading`; None where there is next to no face, or all is black.

    Args:
        views: the model's maps.
        frame: [N, N, 3] linear.
        source: [N, N, 3] shading under the source light, mean near 1 over the face, 0 or more.
        soften: cells over which shading is smoothed.
        floor: level, as a share of the face's own, below which the frame holds more noise than
            detail.
        openings: [N, N, 1] 0..1 where eyes and mouth are open; nowhere if left out.
        surely: [N, N, 1] 0..1 where there is skin and no hat; nowhere known if left out.
    """
    solid = presence(views)
    smooth = Smoother(solid)
    middle = _middle(views, solid)
    # Hair and shoulders behind the face stay as the frame has them.
    weight = (solid * (1 - smoothstep(views.depth, middle + 0.02, middle + 0.12)))[..., None]
    total = float(weight.sum())
    if total < _FEWEST or not (weight > 0.5).any():
        return None
    # Of a head that has just turned, the mean is another than that of the frames before, which the
    # source light was told by. A colour that all of the face has is skin, here as there.
    cast = weight.ravel() @ source.reshape(-1, 3)
    tint = (cast.mean() / np.maximum(cast, 1e-3 * total)).astype(np.float32)
    source = source * tint
    shading, source = source, smooth(source, soften)
    plain = believed(shading, smooth(weight, _BORDER))
    open_to = np.maximum(views.transfer[..., :1], 0) * EVEN
    # What the model takes for white may differ from the frame's exposure and cast: level it.
    bright, lit = (weight.ravel() @ x.reshape(-1, 3) for x in (frame, views.albedo * source))
    level = (bright / np.maximum(lit, 1e-4)).astype(np.float32)
    mean = float(bright.sum()) / total / 3
    if mean < _DARKEST:
        return None
    return Reading(
        views=views,
        frame=frame,
        shading=shading,
        source=source,
        plain=plain,
        even=smooth(np.asarray(open_to, np.float32), soften),
        smooth=smooth,
        solid=solid,
        weight=weight,
        open=np.zeros_like(weight) if openings is None else openings,
        surely=np.zeros_like(weight) if surely is None else surely,
        total=total,
        middle=middle,
        mean=mean,
        noise=np.float32(floor * mean),
        seen=smooth(frame),
        albedo=views.albedo * level,
        typical=max(float(np.median(mean_of(views.albedo)[weight > 0.5])), 1e-3),
        tint=tint,
        coarse=smooth(views.albedo) * level,
    )


def believed(shading: Floats, near: Floats) -> Floats:
    """[N, N, 3] shading under a source light, with its colours as far as they are believed.

    What colours differ by in the dark is the camera's tone curve as much as the light's, and a
    quotient of two small numbers: divided by it, dark skin turns ashen. And off the face nothing
    tells them: arms and sleeves would turn cyan.

    Args:
        shading: [N, N, 3] mean near 1 over the face.
        near: [N, N, 1] 0..1 where the face is.
    """
    grey = mean_of(shading)
    share = smoothstep(grey, *_COLOURED) * (_STRAYS + (1 - _STRAYS) * near)
    return np.asarray(grey + (shading - grey) * share, np.float32)


def presence(views: Views) -> Floats:
    """[N, N] 0..1 how far the maps may be believed: 0 in the haze around the head."""
    return np.asarray(smoothstep(views.alpha, 0.5, 0.95), np.float32)


def _middle(views: Views, solid: Floats) -> float:
    """Depth of the person's middle."""
    return float((views.depth * solid).sum() / max(float(solid.sum()), 1.0))


def foremost(views: Views) -> Floats:
    """[N, N] 0..1 where the face is: ears, hair and shoulders lie farther back."""
    middle = _middle(views, presence(views))
    return 1 - smoothstep(views.depth, middle + _BACK[0], middle + _BACK[1])


class Smoother:
    """Blurs by so many cells, over the person alone.

    Args:
        weight: [N, N] 0..1 where the person is.
    """

    def __init__(self, weight: Floats) -> None:
        self._weight = weight
        self._three = cv2.merge([weight, weight, weight])
        self._shares: dict[tuple[float, int], Any] = {}

    def __call__(self, image: Floats, sigma: float = 1.0) -> Floats:
        """[N, N, 1 or 3]."""
        channels = image.shape[2]
        weight = self._three if channels == 3 else self._weight[..., None]
        if (sigma, channels) not in self._shares:
            share = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), np.float32(1e-3))
            self._shares[sigma, channels] = 1 / share.reshape(weight.shape)
        blurred = cv2.GaussianBlur(image * weight, (0, 0), sigma).reshape(image.shape)
        return np.asarray(blurred * self._shares[sigma, channels], np.float32)


def as_roots(shading: Floats, bounce: np.float32, smooth: Callable[[Floats], Floats]) -> Floats:
    """[N, N, 3] shading with `bounce` added, smoothed as its square roots; `bounce` where nothing
    is known, which `smooth` has for 0."""
    least = np.sqrt(bounce)
    roots = smooth(np.asarray(np.sqrt(np.maximum(shading, 0) + bounce) - least, np.float32))
    return np.asarray(np.square(roots + least), np.float32)


def mean_of(image: Floats) -> Floats:
    """[N, N, 1] of the three channels; NumPy crawls over so short an axis."""
    third = np.full((1, 3), 1 / 3, np.float32)
    return np.asarray(cv2.transform(image, third), np.float32)[..., None]


def over(image: Floats, weight: Floats) -> Floats:
    """[N, N, 3] an image times [N, N, 1], which NumPy crawls over."""
    return np.asarray(cv2.multiply(image, cv2.merge([weight, weight, weight])), np.float32)


def planes(image: Floats) -> Floats:
    """[3, N, N] of [N, N, 3]: channels apart, which NumPy is quicker with."""
    return np.asarray(cv2.transpose(image.reshape(-1, 3)), np.float32).reshape(3, *image.shape[:2])


def pixels(image: Floats) -> Floats:
    """[N, N, 3] of [3, N, N]."""
    return np.asarray(cv2.merge(list(image)), np.float32)
