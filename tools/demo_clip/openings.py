"""Eyes and mouth: where the skin opens, what lies behind, how lids and lips close."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from relume.compose import spread

from .portrait import EYES, HEIGHT, MOUTH, WIDTH

__all__ = [
    "closing",
    "mouth_inside",
    "mouth_zone",
    "over_openings",
    "shade",
    "shut_lids",
    "skin_mask",
]

Floats = NDArray[np.float32]


def _fill(outline: Floats) -> Floats:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return mask


def skin_mask() -> Floats:
    """[H, W] 1 on skin, 0 where eyes or mouth are open."""
    holes = sum(_fill(o.outline) for o in (*(eye.opening for eye in EYES), MOUTH))
    return np.asarray(1 - cv2.GaussianBlur(np.clip(holes, 0, 1), (0, 0), 0.7), np.float32)


def over_openings(image: Floats, whole: Floats) -> Floats:
    """The skin with its colours carried over the openings, so that edges mix with skin only."""
    return np.where(
        (whole < 0.5)[..., None], spread(image, (whole > 0.9).astype(np.float32)), image
    )


def shade(shut: float) -> float:
    """Little light gets in where an opening is nearly shut."""
    t = min(max((shut - 0.75) / 0.25, 0.0), 1.0)
    return t * t


def shut_lids(image: Floats) -> Floats:
    """The skin with smooth upper lids in place of their folds; only the lashes' roots stay."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    out = image.copy()
    for eye in EYES:
        upper, lower = eye.opening.edges(x[0])
        left, right = eye.opening.upper[0][0], eye.opening.upper[-1][0]
        near = (x > left - 5) & (x < right + 5)
        lid = near & (y > upper - 13) & (y < upper - 2.8)
        eyeball = near & (y > upper - 3) & (y < lower + 4)
        bare = ~(lid | eyeball) & (image.mean(-1) > 150) & (y < upper + 2)
        filled = cv2.GaussianBlur(spread(image, bare.astype(np.float32)), (0, 0), 2) * np.float32(
            [0.96, 0.925, 0.90]
        )
        weight = cv2.GaussianBlur(lid.astype(np.float32), (0, 0), 1.5)[..., None]
        out += (filled - out) * weight
    return out


def mouth_zone() -> NDArray[np.bool_]:
    zone = np.zeros((HEIGHT, WIDTH), bool)
    zone[330:450, 490:630] = True
    return zone


def mouth_inside(image: Floats) -> Floats:
    """The upper teeth as photographed, the dark behind and a hint of a tongue below."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    upper, lower = MOUTH.edges(x[0])
    depth = np.clip((y - lower) / 34, 0, 1)[..., None]
    side = np.clip(1 - ((x - 558) / 46) ** 2, 0, 1)[..., None]
    dark = np.float32([50, 22, 20]) * (0.35 + 0.65 * side)
    tongue = np.float32([150, 78, 74]) * side
    rise = np.clip((depth - 0.25) / 0.5, 0, 1)
    cavity = dark + (tongue - dark) * 0.75 * rise * rise * (3 - 2 * rise)
    seen = (y > upper + 2.5) & (y < lower - 2.5) & (_fill(MOUTH.outline) > 0)
    teeth = np.where(seen[..., None], image, spread(image, seen.astype(np.float32)))
    shown = np.clip((lower + 1.8 - y) / 2.0 + 0.5, 0, 1)[..., None]
    return np.asarray(cavity + (teeth - cavity) * shown, np.float32)


def closing() -> dict[str, Floats]:
    """Downward movement [H, W] of the skin for shut eyes and for closed lips."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    blink = np.zeros((HEIGHT, WIDTH), np.float32)
    for eye in EYES:
        blink += _meet(eye.opening.edges(x[0]), y, 0.88, above=(3.0, 11.0), below=(1.0, 9.0))
    close = _meet(MOUTH.edges(x[0]), y, 0.42, above=(7.0, 16.0), below=(15.0, 38.0))
    return {"blink": _steady(blink, 0.8), "close": _steady(close, 1.0)}


def _meet(
    edges: tuple[Floats, Floats],
    y: Floats,
    share: float,
    above: tuple[float, float],
    below: tuple[float, float],
) -> Floats:
    """Two edges of an opening meet: the upper one goes `share` of the way.

    Skin above and below moves with its edge for the first length given and less and less over
    the second.
    """
    upper, lower = edges
    gap = lower - upper
    inside = 1 - _ease(((y - upper) / np.maximum(gap, 1e-3) - 0.25) / 0.5)
    over = _ease((upper - y - above[0]) / above[1])
    under = _ease((y - lower - below[0]) / below[1])
    return np.asarray(1.03 * gap * (share - inside) * over * under, np.float32)


def _ease(t: Floats) -> Floats:
    t = np.clip(t, 0, 1)
    return np.asarray(1 - t * t * (3 - 2 * t), np.float32)


def _steady(field: Floats, sigma: float) -> Floats:
    """Columns are independent so far; join them."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigmaX=sigma * 2, sigmaY=0.01), np.float32)
