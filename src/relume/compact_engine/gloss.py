"""The gloss of skin: light that its surface gives back before any goes in and takes its colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..light import LUMINANCE, Lamp

__all__ = ["Gloss", "GlossConfig", "Lobes", "Surface", "lamp_gloss", "smooth_gloss", "to_viewer"]

Floats = NDArray[np.float32]

Lobes = tuple[tuple[float, float], ...]
"""Roughness (root mean square slope of a surface's facets) and share of each lobe."""


@dataclass(frozen=True)
class GlossConfig:
    """How skin shines.

    Two lobes, as fits to measured skin have them (Weyrich et al., "Analysis of human faces using a
    measurement-based skin reflectance model", 2006: slopes of 0.2 to 0.4).
    """

    lobes: Lobes = ((0.2, 0.5), (0.35, 0.7))
    """Roughness and share of what the surface reflects, for each lobe. Clean skin's shares add up
    to less than 1, oily skin's to more."""
    white: float = 0.35
    """Level of the face in linear light at which white counts as 1. A face is dark by its skin or
    by the exposure: of the difference half, in stops, is taken for either."""
    most: float = 0.5
    """Share of white that gloss rolls off to."""
    skin: tuple[float, float] = (0.45, 0.75)
    """Rendered albedo over the face's own, between which hair, brows and beards go over to skin."""
    smooth: float = 1.6
    """Cells over which gloss is smoothed."""


@dataclass(frozen=True, eq=False)
class Gloss:
    """What skin reflects, on the scale of shading, 0 outside the person."""

    new: Floats
    """[N, N, 3] of the new light, behind cast shadows."""
    old: Floats
    """[N, N, 1] of the frame's own, in grey; the frame holds it already."""


class Surface:
    """Points of a surface and who looks at them.

    Args:
        normals: [M, 3] unit, view frame (x right, y up, z to the viewer).
        viewer: [M, 3] unit, towards the camera.
    """

    def __init__(self, normals: Floats, viewer: Floats) -> None:
        self.normals, self.viewer = normals, viewer
        self.facing = np.einsum("mc,mc->m", normals, viewer)
        """[M] cosine to the viewer."""


def lamp_gloss(surface: Surface, lamp: Lamp, lobes: Lobes) -> Floats:
    """What skin reflects of a lamp, shadows aside: a white matt surface facing a small lamp has 1.

    Kelemen and Szirmay-Kalos, "A microfacet based coupled specular-matte BRDF model with
    importance sampling" (2001), with Beckmann's distribution and Schlick's Fresnel term.

    Args:
        surface: the points.
        lamp: in the view frame; its disc widens the lobes.
        lobes: see `Lobes`.

    Returns:
        [M] float32, share of the lamp's `rgb`.
    """
    direction = lamp.direction.astype(np.float32)
    lit = np.maximum(surface.normals @ direction, 0)
    # The half vector is viewer plus lamp: its square is twice 1 plus their cosine.
    square = np.maximum(2 + 2 * (surface.viewer @ direction), np.float32(1e-6))
    along = np.clip(np.square(surface.facing + lit) / square, 0.0025, 1.0)
    slope = 1 / along - 1
    # A disc seen in a mirror moves the half vector by up to half its angle; its mean square is
    # half of that at its rim, and slopes add up by their squares.
    disc = 0.5 * (0.5 * lamp.sine) ** 2
    out = np.zeros_like(lit)
    for rough, share in lobes:
        spread = np.float32(rough * rough + disc)
        out += np.float32(share) / spread * np.exp(slope * (-1 / spread))
    out *= lit * _fresnel(np.float32(0.5) * np.sqrt(square))
    out /= along * along * np.maximum(square, np.float32(_GRAZING))
    return np.asarray(out, np.float32)


def smooth_gloss(surface: Surface, coefficients: NDArray[np.floating], lobes: Lobes) -> Floats:
    """The same of light by nine harmonics, taken for one large lamp and even light: [3, M].

    Nine numbers blur radiance so far that a mirror would show light where there is none. (Lamp and
    even light after Sloan, "Stupid spherical harmonics (SH) tricks", 2008, section "Extracting
    conventional lights".)

    Args:
        surface, lobes: as `lamp_gloss` takes them.
        coefficients: [9, 3], view frame.
    """
    axis = (coefficients @ LUMINANCE)[_AXES]
    length = float(np.linalg.norm(axis))
    even = np.maximum(coefficients[0], 0.0)
    out = np.zeros((3, len(surface.facing)), np.float32)
    if length > 1e-6:
        axis = axis / length
        unit = Lamp(axis, np.ones(3), _LARGE)
        lobe = unit.coefficients[:, 0]
        rgb = np.maximum(axis @ coefficients[_AXES], 0.0) / (axis @ lobe[_AXES])
        rgb = np.minimum(rgb, even / lobe[0])
        even = even - rgb * lobe[0]
        out += rgb.astype(np.float32)[:, None] * lamp_gloss(surface, unit, lobes)
    whole = even * sum(share for _, share in lobes) / np.sqrt(4.0 * np.pi)
    edge = np.maximum(surface.facing, np.float32(_EDGE))
    out += whole.astype(np.float32)[:, None] * _fresnel(edge)
    return out


def to_viewer(camera: Camera, size: int) -> Floats:
    """[N, N, 3] unit vectors from what each cell shows towards the camera, in its view frame."""
    at = ((np.arange(size) + 0.5) / size).astype(np.float32)
    (fx, _, cx), (_, fy, cy) = camera.intrinsics[:2].astype(np.float32)
    x, y = np.meshgrid((cx - at) / fx, (at - cy) / fy)
    scale = 1 / np.sqrt(x * x + y * y + 1)
    return np.asarray(cv2.merge([x * scale, y * scale, scale]), np.float32)


_FRESNEL = 0.028
"""Reflectance of skin seen head-on: refractive index 1.4 (d'Eon and Luebke, "Advanced techniques
for realistic real-time skin rendering", GPU Gems 3, 2007, chapter 14)."""

_GRAZING = 0.6
"""Least squared length of viewer plus lamp: of a lamp behind the head, normals in cells know too
little for the full edge of light."""

_EDGE = 0.35
"""Least cosine to the viewer for even light's reflection, for the same reason."""

_LARGE = 0.5
"""Softness of the lamp that smooth light is taken for."""

_AXES = [3, 1, 2]
"""The coefficients of x, y and z."""


def _fresnel(cosine: Floats) -> Floats:
    """Schlick's approximation."""
    rest = 1 - cosine
    square = rest * rest
    return np.asarray(np.float32(_FRESNEL) + np.float32(1 - _FRESNEL) * square * square * rest)
