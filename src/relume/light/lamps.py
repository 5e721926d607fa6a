"""Lamps: distant ones by direction, near ones by position; each gives a `Light`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..number import as_floats, check_number
from .colour import check_colour
from .lamp import LARGEST, Lamp, check_softness
from .light import Light, LightFrame
from .sh import sh_basis

__all__ = ["LEAST_SIDE", "AreaLamp", "area", "direction_of", "directional", "point"]

Array = NDArray[np.float64]


def direction_of(azimuth: float, elevation: float) -> Array:
    """Unit vector [3] towards a lamp; angles in radians.

    Azimuth 0 is the camera's side, positive goes to the picture's right (pi/2: from the right,
    pi: from behind); elevation is positive from above. A camera's yaw and pitch count alike.

    Raises:
        UsageError: one of them is no number.
    """
    check_number("an azimuth", azimuth)
    check_number("an elevation", elevation)
    return np.array(
        [
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
            np.cos(azimuth) * np.cos(elevation),
        ]
    )


def _unit(vector: ArrayLike, what: str) -> Array:
    v = as_floats(vector)
    length = float(np.linalg.norm(v)) if v.shape == (3,) else np.nan
    if not np.isfinite(length) or length == 0.0:
        raise LightError(f"{what} must be three finite numbers, not all zero, got {vector!r}")
    return v / length


def _strength(intensity: float, rgb: ArrayLike) -> Array:
    given, level = as_floats(rgb), as_floats(intensity)
    colour = np.full(3, np.nan)
    if level.shape == () and given.shape in ((), (3,)):
        colour[:] = level * given
    if not np.isfinite(colour).all() or colour.min() < 0.0:
        hint = "; of a hex colour relume.light.hex_to_rgb makes one" if isinstance(rgb, str) else ""
        raise LightError(
            f"a lamp's intensity and colour must be finite and not negative, got {intensity!r}"
            f" times {rgb!r}{hint}"
        )
    check_colour(given, "a lamp's rgb")
    return colour


def directional(
    direction: ArrayLike,
    *,
    intensity: float = 1.0,
    rgb: ArrayLike = 1.0,
    softness: float = 0.0,
    frame: LightFrame = LightFrame.CAMERA,
) -> Light:
    """A distant lamp: an even disc of light on the sky.

    Up to a softness of 0.35 it is one of the light's `lamps` too, and casts shadows.

    Args:
        direction: [3] towards the lamp, of any length.
        intensity: shading that the whole lamp would give to a surface facing it, if small.
        rgb: colour in linear light, [3] or one number, 0 to 16; see `kelvin_to_rgb` and
            `hex_to_rgb`.
        softness: the disc's half angle as a share of a right angle: 0 a bare bulb or the sun,
            0.3 an umbrella, 1 half of the whole sky.
        frame: the frame of reference of `direction`.

    Raises:
        LightError: a value out of its range.
    """
    check_softness(softness)
    towards, strength = _unit(direction, "a lamp's direction"), _strength(intensity, rgb)
    return _distant(Lamp(towards, strength, softness), frame)


def _distant(lamp: Lamp, frame: LightFrame) -> Light:
    return Light(lamp.coefficients, frame, (lamp,) if lamp.softness <= LARGEST else ())


def point(
    position: ArrayLike,
    *,
    intensity: float = 1.0,
    rgb: ArrayLike = 1.0,
    frame: LightFrame = LightFrame.CAMERA,
) -> Light:
    """A small lamp at a place near the head, as the middle of the head sees it.

    Args:
        position: [3] metres from the middle of the head: x to the picture's right, y up, z
            towards the camera (or out of the face, in the head frame).
        intensity: shading of a surface facing the lamp at 1 m; falls with the squared distance.
        rgb: colour in linear light, [3] or one number, 0 to 16.
        frame: the frame of reference of `position`.

    Raises:
        LightError: nearer than 0.2 m (inside the head), or a value out of its range.
    """
    place = _place(position)
    return _distant(Lamp(place, _strength(intensity, rgb) / float(place @ place)), frame)


LEAST_SIDE = 0.001
"""Metres that an area lamp is wide and high at least."""


@dataclass(frozen=True)
class AreaLamp:
    """The emitting surface of a softbox, a window or a screen.

    Attributes:
        shape: outline of the surface.
        width: metres across (a disc's diameter), 0.001 at least.
        height: metres upward (a disc ignores it), 0.001 at least.

    Raises:
        LightError: it has no such shape or size.
    """

    shape: Literal["disc", "rect"] = "rect"
    width: float = 1.0
    height: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.shape, str) or self.shape not in ("disc", "rect"):
            raise LightError(f"an area lamp's shape is disc or rect, got {self.shape!r}")
        size = as_floats([self.width, self.height])
        if size.shape != (2,) or not ((size >= LEAST_SIDE) & (size < np.inf)).all():
            raise LightError(
                f"an area lamp's width and height are {LEAST_SIDE:g} m at least, got"
                f" {self.width!r} and {self.height!r}"
            )


def area(
    position: ArrayLike,
    lamp: AreaLamp | None = None,
    *,
    facing: ArrayLike | None = None,
    intensity: float = 1.0,
    rgb: ArrayLike = 1.0,
    frame: LightFrame = LightFrame.CAMERA,
) -> Light:
    """A flat lamp of even radiance near the head, as the middle of the head sees it.

    The surface is sampled on a grid; each patch counts with its solid angle, area times cosine
    over squared distance, and shines to one side. Unless it is large (see `directional`), a disc
    of one solid angle is one of the light's `lamps`.

    Args:
        position: [3] the lamp's middle, metres from the middle of the head (see `point`).
        lamp: shape and size; the default is a rectangle of 1 x 1 m.
        facing: [3] the way the surface looks; by default at the head.
        intensity: as in `point`: an equally strong bulb in a larger box gives the same flux.
        rgb: colour in linear light, [3] or one number, 0 to 16.
        frame: the frame of reference of `position` and `facing`.

    Raises:
        LightError: the lamp touches the head, or a value is out of its range.
    """
    lamp = AreaLamp() if lamp is None else lamp
    place = _place(position)
    if not isinstance(lamp, AreaLamp):
        raise LightError(f"an area lamp's shape and size are given as an AreaLamp, not {lamp!r}")
    normal = _unit(-place if facing is None else facing, "an area lamp's facing")
    side = np.cross([0.0, 1.0, 0.0], normal)
    side = np.array([1.0, 0.0, 0.0]) if np.linalg.norm(side) < 1e-9 else side
    side /= np.linalg.norm(side)
    u, v = _patches(lamp)
    patches = place + u[:, None] * side + v[:, None] * np.cross(normal, side)
    squared = np.sum(patches**2, axis=1)
    if squared.min() < _INSIDE**2:
        raise LightError(f"an area lamp at {position!r} of {lamp} reaches into the head: move it")
    towards = patches / np.sqrt(squared)[:, None]
    solid = np.maximum(-(towards @ normal), 0.0) / squared / len(u)  # times area, over area
    lobe = np.pi * solid @ sh_basis(towards)
    strength = _strength(intensity, rgb)
    light = Light(lobe[:, None] * strength, frame).deringed()
    # The disc of one solid angle stands for it where shadows are cast: 2 pi (1 - cos a).
    angle = np.arccos(1.0 - min(solid.sum() * lamp.width * _height(lamp) / (2.0 * np.pi), 1.0))
    softness = float(angle / (np.pi / 2.0))
    if softness > LARGEST or solid.sum() <= 0.0:
        return light
    seen = Lamp(
        _unit(solid @ towards, "an area lamp's direction"), solid.sum() * strength, softness
    )
    return Light(light.coefficients, frame, (seen,))


_INSIDE = 0.2
_GRID = 32


def _place(position: ArrayLike) -> Array:
    p = as_floats(position)
    if p.shape != (3,) or not np.isfinite(p).all() or np.linalg.norm(p) < _INSIDE:
        raise LightError(
            f"a lamp's position must be three numbers in metres, at least {_INSIDE} m from the"
            f" middle of the head, got {position!r}"
        )
    return p


def _height(lamp: AreaLamp) -> float:
    """Height of the rectangle of one area and width."""
    return lamp.height if lamp.shape == "rect" else 0.25 * np.pi * lamp.width


def _patches(lamp: AreaLamp) -> tuple[Array, Array]:
    """Middles of equal patches of the surface, along its two sides, in metres."""
    steps = (np.arange(_GRID) + 0.5) / _GRID
    a, b = (g.ravel() for g in np.meshgrid(steps, steps))
    if lamp.shape == "rect":
        return (a - 0.5) * lamp.width, (b - 0.5) * lamp.height
    radius = 0.5 * lamp.width * np.sqrt(a)
    return radius * np.cos(2.0 * np.pi * b), radius * np.sin(2.0 * np.pi * b)
