"""HDRI surroundings: equirectangular maps to lights.

Orientation. The map is what a viewer would see who turns once around: its *centre* is the backdrop
straight behind the head (where the camera looks, -z), the left half of the map is at the left of
the picture, its upper edge is the zenith. The map's left and right edges meet behind the camera,
so what stands there lights the face from the front. A positive rotation turns the surroundings
about the vertical as a positive yaw turns a camera: what stood behind the camera goes to the
picture's right.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError, MediaError
from .light import Light, LightFrame
from .sh import rotate_y, sh_basis

__all__ = [
    "environment_directions",
    "map_pixels",
    "pixel_solid_angles",
    "project_environment",
    "read_environment",
]

Array = NDArray[np.float64]

_BLOCK = 256


def environment_directions(height: int, width: int) -> Array:
    """[H, W, 3] unit directions of the pixel centres of an equirectangular map."""
    elevation = np.pi * (0.5 - (np.arange(height) + 0.5) / height)
    azimuth = 2.0 * np.pi * (1.0 - (np.arange(width) + 0.5) / width)
    return np.stack(
        [
            np.cos(elevation)[:, None] * np.sin(azimuth),
            np.broadcast_to(np.sin(elevation)[:, None], (height, width)),
            np.cos(elevation)[:, None] * np.cos(azimuth),
        ],
        axis=-1,
    )


def map_pixels(radiance: ArrayLike) -> NDArray[Any]:
    """[H, W, 3] the pixels of an equirectangular map: grey is repeated, a fourth channel left.

    Raises:
        LightError: the map isn't twice as wide as high, or not of floats.
    """
    if isinstance(radiance, (str, PathLike)):
        raise LightError(
            f"surroundings are an array here; relume.media.read_hdr reads one of {radiance}, and"
            " relume.load_light takes the file itself"
        )
    pixels = np.asarray(radiance)
    if pixels.dtype.kind != "f":
        raise LightError(
            "surroundings are linear radiance in floats, as relume.media.read_hdr gives them, got"
            f" {pixels.dtype}: a picture's codes are no radiance"
        )
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.shape[1] != 2 * pixels.shape[0]:
        raise LightError(
            "surroundings must be an equirectangular map, twice as wide as high, got an array of"
            f" shape {pixels.shape}"
        )
    return pixels[..., :3]


def pixel_solid_angles(height: int, width: int) -> Array:
    """[H] solid angle of a pixel of each row."""
    return np.asarray(_row_integrals(height)[0] * (2.0 * np.pi / width))


def project_environment(
    radiance: ArrayLike, rotation: float = 0.0, frame: LightFrame = LightFrame.CAMERA
) -> Light:
    """The light of an equirectangular map, exact for a map of constant pixels.

    Each pixel counts with the integral of every basis function over it (a product of closed
    forms in height and in azimuth), in float64, so that neither the poles nor a sun of 1e5 beside
    dim pixels costs accuracy. The result rings as any sun's nine harmonics do: see
    `Light.deringed`.

    Args:
        radiance: [H, W, 3] linear radiance in floats, W = 2 H; [H, W] is grey, a fourth channel
            ignored, negative values (ringing of a resize) count as 0. `relume.media.read_hdr`
            reads such of a file.
        rotation: radians about the vertical; see the module for its sense.
        frame: the frame of reference that the map stands in.

    Raises:
        LightError: the map isn't twice as wide as high, or not of floats, or holds values that
            aren't finite.
    """
    pixels = map_pixels(radiance)
    height, width = pixels.shape[:2]
    columns = _column_integrals(width)
    sums = np.zeros((height, 6, 3))
    for top in range(0, height, _BLOCK):
        block = np.maximum(pixels[top : top + _BLOCK].astype(np.float64), 0.0)
        with np.errstate(invalid="ignore"):  # told of below
            sums[top : top + _BLOCK] = np.einsum("hwc,gw->hgc", block, columns, optimize=True)
    if not np.isfinite(sums).all():
        raise LightError(
            "surroundings hold values that aren't finite (a clipped sun?): export them again with"
            " finite radiance"
        )
    one, sin, cos, sin_cos, sin2, cos2 = np.moveaxis(sums, 1, 0)
    c1, h, r, hr, h2, r2 = _row_integrals(height)
    monomials = np.stack(
        [
            c1 @ one,
            h @ one,
            r @ cos,
            r @ sin,
            hr @ sin,
            hr @ cos,
            3.0 * (r2 @ cos2) - c1 @ one,
            r2 @ sin_cos,
            r2 @ sin2 - h2 @ one,
        ]
    )
    light = Light(_CONSTANTS[:, None] * monomials, frame)
    return light.rotated(rotate_y(rotation))


def read_environment(path: str | Path) -> NDArray[np.float32]:
    """Linear radiance [H, W, 3] of a .hdr or .exr file.

    Raises:
        LightError: missing, unreadable or damaged.
    """
    from ..media import read_hdr  # the media room loads OpenCV

    try:
        return read_hdr(Path(path))
    except MediaError as error:
        raise LightError(str(error)) from error


# What stands before each monomial in the basis: read off where the monomial's value is known.
_PROBE = np.array([0.48, 0.6, 0.64])
_X, _Y, _Z = _PROBE
_CONSTANTS: Array = sh_basis(_PROBE).astype(np.float64) / np.array(
    [1, _Y, _Z, _X, _X * _Y, _Y * _Z, 3 * _Z**2 - 1, _X * _Z, _X**2 - _Y**2]
)


def _column_integrals(width: int) -> Array:
    """[6, W] integrals over each column's azimuths of 1, sin, cos, sin cos, sin^2, cos^2."""
    edges = 2.0 * np.pi * (1.0 - np.arange(width + 1) / width)
    s, c, s2 = np.sin(edges), np.cos(edges), np.sin(2.0 * edges)
    antiderivatives = np.stack(
        [edges, -c, s, 0.5 * s * s, 0.5 * edges - 0.25 * s2, 0.5 * edges + 0.25 * s2]
    )
    return np.asarray(antiderivatives[:, :-1] - antiderivatives[:, 1:])


def _row_integrals(height: int) -> tuple[Array, ...]:
    """[H] each: integrals over a row's heights h of 1, h, r, h r, h^2, r^2; r = sqrt(1 - h^2)."""
    elevation = np.pi * (0.5 - np.arange(height + 1) / height)
    h, r = np.sin(elevation), np.cos(elevation)
    antiderivatives = (
        h,
        0.5 * h**2,
        0.5 * (h * r + elevation),
        -(r**3) / 3.0,
        h**3 / 3.0,
        h - h**3 / 3.0,
    )
    return tuple(a[:-1] - a[1:] for a in antiderivatives)
