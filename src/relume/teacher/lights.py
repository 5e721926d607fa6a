"""Random light for training: smooth surroundings, and lamps harder than nine coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from ..light import LUMINANCE, rotate_y, sh_basis, sh_rotation

__all__ = ["RandomLamp", "random_cover", "random_environment", "random_lamp"]

Floats = NDArray[np.float32]

_LOBE = np.array([1.0, 0.85, 0.85, 0.85, 0.55, 0.55, 0.55, 0.55, 0.55])
"""A soft lobe's window over the bands of a point's."""


def random_colour(rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """[3] a light's tint of luminance 1: along warm and cold, and a little off it."""
    warm = rng.normal(0, strength)
    off = rng.normal(0, 0.3 * strength)
    tint = np.exp(np.array([0.5 * warm, off - 0.05 * warm, -0.7 * warm]))
    return np.asarray(tint / (tint @ LUMINANCE))


def random_direction(rng: np.random.Generator, least_front: float = -0.3) -> NDArray[np.float64]:
    """[3] a unit direction, mostly from the front and above (view frame: y up, z to the viewer)."""
    while True:
        d = rng.normal(size=3) * np.array([1.0, 0.7, 0.8]) + np.array([0.0, 0.25, 0.3])
        d /= np.linalg.norm(d)
        if d[2] >= least_front:
            return np.asarray(d)


def random_environment(
    rng: np.random.Generator, environments: NDArray[np.float64] | None = None
) -> Floats:
    """[9, 3] a light of one to four soft lobes, or one of `environments` turned.

    Args:
        rng: randomness.
        environments: [E, 9, 3] coefficients of real surroundings, if any are at hand.
    """
    if environments is not None and len(environments) and rng.random() < 0.35:
        c = environments[rng.integers(len(environments))]
        c = sh_rotation(rotate_y(rng.uniform(-np.pi, np.pi))) @ c
        grey = c @ LUMINANCE
        c = c + rng.uniform(0, 0.6) * np.eye(9)[:, :1] * grey[0]  # a fill, so that none is black
        c = c / max(float(c[0] @ LUMINANCE), 1e-6) * 3.5
        return np.asarray(c, np.float32)
    out = np.zeros((9, 3))
    out[0] = rng.uniform(0.1, 1.0) * np.sqrt(4 * np.pi) * random_colour(rng, 0.15)
    for _ in range(rng.integers(1, 5)):
        lobe = np.pi * _LOBE * np.asarray(sh_basis(random_direction(rng, -0.8)))
        out += rng.uniform(0.1, 1.1) * lobe[:, None] * random_colour(rng, 0.25)
    return np.asarray(out, np.float32)


@dataclass(frozen=True, eq=False)
class RandomLamp:
    """A lamp with sharp shadows, in the view frame (x right, y up, z to the viewer).

    Attributes:
        at: [K, 3] directions (distant) or positions relative to the head's origin (near); more
            than one makes a soft-edged area lamp.
        near: whether `at` are positions.
        colour: [3] shading of a surface that faces it.
        gloss: strength of its highlight on skin.
        sharpness: exponent of the highlight.
    """

    at: Floats
    near: bool
    colour: Floats
    gloss: float
    sharpness: float


def random_lamp(rng: np.random.Generator) -> RandomLamp:
    """A bare bulb, a sun or a small panel."""
    direction = random_direction(rng, -0.2)
    near = bool(rng.random() < 0.35)
    centre = direction * (rng.uniform(0.8, 2.0) if near else 1.0)
    count = 1 if rng.random() < 0.45 else 4
    radius = 0.0 if count == 1 else rng.uniform(0.05, 0.3) * np.linalg.norm(centre)
    at = centre + radius * rng.normal(size=(count, 3)) / 1.7
    if not near:
        at /= np.linalg.norm(at, axis=1, keepdims=True)
    colour = rng.uniform(0.3, 1.6) * random_colour(rng, 0.25)
    return RandomLamp(
        at.astype(np.float32),
        near,
        colour.astype(np.float32),
        float(rng.uniform(0.0, 0.5)),
        float(np.exp(rng.uniform(np.log(8), np.log(60)))),
    )


def random_cover(rng: np.random.Generator, size: int) -> Floats:
    """[size, size] 0..1 what of a lamp comes past a hat, a hand, leaves, a window's bars.

    Noise of random grain, cut at a random level: blots with soft or sharp edges. (After the foreign
    shadows of Zhang et al., "Portrait shadow manipulation", 2020, section 4.1.)
    """
    noise = np.zeros((size, size), np.float32)
    cells, strength = int(rng.integers(2, 5)), 1.0
    for _ in range(3):
        shape = (cells + 1, int(np.ceil(cells * np.exp(rng.normal(0, 0.4)))) + 1)
        grid = rng.random(shape).astype(np.float32) * np.float32(strength)
        noise += np.asarray(cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC))
        cells, strength = 2 * cells, strength * rng.uniform(0.2, 0.6)
    level = float(np.quantile(noise, rng.uniform(0.15, 0.55)))
    edge = float(noise.std()) * rng.uniform(0.05, 0.8)
    return np.asarray(1 - rng.uniform(0.6, 1.0) * (1 - smoothstep(noise, level, level + edge)))
