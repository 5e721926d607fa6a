"""DPR's light files, as DPR and NeRFFaceLighting use them: the one border to that convention.

Nine grey numbers in the basis' usual order, but with axes x right, z up, y *into* the picture, and
*display-referred*: DPR learnt from pictures whose gamma-coded lightness was multiplied by the
shading (Zhou et al., "Deep single-image portrait relighting", 2019). So the numbers describe the
coded shading; relume's lights are linear. Converting means: shade a sphere with the vector, decode
to linear, project again; and for the way back, finding the vector that leads there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..number import as_floats
from .light import Light, LightFrame, check_light
from .sh import LAMBERT, sh_basis, sh_rotation, sphere_quadrature

__all__ = ["from_dpr", "parse_dpr", "to_dpr"]

Array = NDArray[np.float64]

GAMMA = 2.2
"""Exponent of the display; a pure power, so that scaling a light stays scaling it."""

_TO_VIEW = sh_rotation([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_STEPS = 60


def from_dpr(vector: ArrayLike) -> Light:
    """The linear grey camera-frame light of a DPR vector [9].

    Raises:
        LightError: not nine finite numbers.
    """
    v = as_floats(vector).reshape(-1)
    if v.size != 9 or not np.isfinite(v).all():
        raise LightError(f"a DPR light has nine finite numbers, got {vector!r}")
    return Light(_decoded(_TO_VIEW @ v)[0], LightFrame.CAMERA)


def to_dpr(light: Light) -> Array:
    """The DPR vector [9] whose decoded light is nearest to the luminance of `light`.

    Exact to rounding for lights that `from_dpr` gave; any other gets the nearest that
    Levenberg-Marquardt steps find (all presets: within 0.1 % of their peak shading).

    Raises:
        LightError: no Light, a head-frame one (turn it with `to_camera`), or one that is black.
    """
    check_light(light)
    if light.frame is not LightFrame.CAMERA:
        raise LightError("DPR lights are camera-frame: turn the light with to_camera(camera) first")
    target = light.grey().coefficients[:, 0]
    if target[0] <= 0.0:
        raise LightError("a black light has no DPR vector")
    directions, weights = sphere_quadrature()
    basis = sh_basis(directions)
    coded = np.maximum(basis @ (LAMBERT * target), 0.0) ** (1.0 / GAMMA)
    best = ((weights * coded) @ basis) / (np.pi * LAMBERT)
    value, slope = _decoded(best)
    damping = 1e-6
    for _ in range(_STEPS):
        miss = target - value
        if float(np.abs(miss).max()) < 1e-13 * target[0]:
            break
        # Levenberg-Marquardt: Newton's step where it helps, shorter ones where it doesn't.
        normal = slope.T @ slope
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope.T @ miss)
        value_there, slope_there = _decoded(best + step)
        if np.linalg.norm(target - value_there) < np.linalg.norm(miss):
            best, value, slope = best + step, value_there, slope_there
            damping = max(damping * 0.1, 1e-15)
        else:
            damping *= 10.0
    return np.asarray(_TO_VIEW.T @ best)


def parse_dpr(text: str) -> Light:
    """The light of a DPR text file's content: nine numbers, in a row or one a line.

    Raises:
        LightError: anything else.
    """
    try:
        return from_dpr([float(word) for word in text.replace(",", " ").split()])
    except (ValueError, LightError):
        raise LightError(
            "a light in a text file (DPR) must be nine finite numbers, in a row or one a line"
        ) from None


def _decoded(v: Array) -> tuple[Array, Array]:
    """Linear coefficients [9] of a coded vector in view axes, and their derivative [9, 9]."""
    directions, weights = sphere_quadrature()
    basis = sh_basis(directions)
    design = np.pi * basis * LAMBERT
    coded = np.maximum(design @ v, 0.0)
    project = basis * weights[:, None] / LAMBERT
    slope = GAMMA * coded ** (GAMMA - 1.0)
    return project.T @ coded**GAMMA, project.T @ (slope[:, None] * design)
