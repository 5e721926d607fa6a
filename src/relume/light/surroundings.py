"""The light of surroundings as it is to light a face: sun and keys as lamps, harmonics the rest."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .hdri import environment_directions, map_pixels, pixel_solid_angles, project_environment
from .keys import Key, find_keys, find_sun
from .light import Light, LightFrame
from .sh import rotate_y, sh_basis

__all__ = ["environment_light"]

Array = NDArray[np.float64]

_COARSE = 32
"""Rows of the map that keys are looked for in."""


def environment_light(
    radiance: ArrayLike, rotation: float = 0.0, frame: LightFrame = LightFrame.CAMERA
) -> Light:
    """The light of an equirectangular map, its sun and keys among the light's `lamps`.

    What the map is without them is projected and deringed by itself, so that no key's harmonics
    are felt where it doesn't shine.

    Args:
        radiance, rotation, frame: as `project_environment` takes them.

    Raises:
        LightError: as `project_environment`.
    """
    coefficients = project_environment(radiance).coefficients
    pixels = map_pixels(radiance)
    height, width = pixels.shape[:2]
    solid = pixel_solid_angles(height, width)
    sun = find_sun(pixels, environment_directions(height, width), solid)
    keys = find_keys(*_coarse(pixels, solid, sun))
    keys = keys if sun is None else [sun, *keys]
    for key in keys:
        coefficients = coefficients - sh_basis(key.directions).T @ key.flux
    light = Light(coefficients, frame).deringed()
    for key in keys:
        light += Light(key.lamp.coefficients, frame, (key.lamp,))
    return light.rotated(rotate_y(rotation))


def _coarse(pixels: NDArray[Any], solid: Array, sun: Key | None) -> tuple[Array, Array, Array]:
    """Directions [M, 3], flux [M, 3] and solid angles [M] of a coarse map without its sun."""
    height, width = pixels.shape[:2]
    rows, columns = _firsts(height, _COARSE), _firsts(width, 2 * _COARSE)
    flux = np.stack(
        [
            np.add.reduceat(
                np.einsum("r,rwc->wc", solid[a:b], np.maximum(pixels[a:b], 0.0)), columns
            )
            for a, b in pairwise((*rows, height))
        ]
    )
    across = np.diff([*columns, width])
    area = np.add.reduceat(solid, rows)[:, None] * across
    towards = environment_directions(len(rows), len(columns)).reshape(-1, 3)
    flux = flux.reshape(-1, 3)
    if sun is not None:
        x, y, z = sun.directions.T
        row = ((0.5 - np.arcsin(y) / np.pi) * height).astype(int)
        column = ((1.0 - np.arctan2(x, z) / (2.0 * np.pi)) % 1.0 * width).astype(int)
        cell = np.searchsorted(rows, row, "right") - 1
        cell = cell * len(columns) + np.searchsorted(columns, column, "right") - 1
        np.subtract.at(flux, cell, sun.flux)
        np.maximum(flux, 0.0, out=flux)  # rounding
    return towards, flux, area.ravel()


def _firsts(size: int, count: int) -> NDArray[np.int64]:
    """First pixel of each of at most `count` parts of a side."""
    count = min(size, count)
    return np.arange(count) * size // count
