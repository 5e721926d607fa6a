"""`Light`: nine coefficients of incident radiance per colour channel, and lamps, in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..geometry import Camera
from ..number import as_floats
from .colour import LUMINANCE
from .lamp import Lamp, joined
from .sh import BANDS, DERINGING, LAMBERT, ODD_IN_X, sh_basis, sh_rotation, sphere_quadrature

__all__ = ["Light", "LightFrame", "check_light"]

_STRONGEST = 1e12


class LightFrame(Enum):
    """The frame of reference that a light's directions are given in.

    CAMERA is the view frame (x to the picture's right, y up, z towards the viewer): such a light
    stays put in the studio while the head turns. HEAD is canonical space: it turns with the head.
    """

    CAMERA = "camera"
    HEAD = "head"


@dataclass(frozen=True, eq=False)
class Light:
    """Distant incident light, L(w) = sum_k c_k Y_k(w), in linear light (Rec. 709 primaries).

    A white environment of radiance 1 has c_0 = sqrt(4 pi) and gives shading 1 everywhere;
    a picture is albedo times shading. Lights of one frame add, scale and mix linearly; mixing
    frames raises `LightError`.

    Attributes:
        coefficients: [9, 3] radiance coefficients of red, green and blue, float64, read-only;
            [9] is taken as grey. Order: 1, y, z, x, xy, yz, 3z^2-1, xz, x^2-y^2, the real
            orthonormal harmonics of `relume.light.sh_basis`.
        frame: the frame of reference of the directions, a `relume.light.LightFrame`: CAMERA (x to
            the picture's right, y up, z towards the viewer) or HEAD.
        lamps: the small sources whose light the coefficients hold already, blurred as nine numbers
            blur everything: who casts shadows takes `smooth` and the lamps instead. A lamp of no
            light is left out; lamps in one place are made one.

    Raises:
        LightError: the coefficients have another shape or aren't finite, or frame or lamps are of
            another kind.
    """

    coefficients: NDArray[np.float64]
    frame: LightFrame = LightFrame.CAMERA
    lamps: tuple[Lamp, ...] = ()

    if TYPE_CHECKING:  # what is given may be more than what is kept

        def __init__(
            self,
            coefficients: ArrayLike,
            frame: LightFrame = LightFrame.CAMERA,
            lamps: Sequence[Lamp] = (),
        ) -> None: ...

    __array_ufunc__ = None  # so that an array times a light is a tint, too, and not an array

    def __post_init__(self) -> None:
        if not isinstance(self.frame, LightFrame):
            raise LightError(
                "a light's frame is relume.light.LightFrame.CAMERA or .HEAD, a LightFrame, got"
                f" {self.frame!r}"
            )
        c = np.array(as_floats(self.coefficients))
        if c.shape == (9,):
            c = np.repeat(c[:, None], 3, axis=1)
        if c.shape != (9, 3):
            got = list(c.shape) if c.ndim else repr(self.coefficients)
            raise LightError(f"a light has 9 x 3 coefficients (or 9, grey), not {got}")
        if not float(np.abs(c).max()) <= _STRONGEST:
            raise LightError(f"a light has finite coefficients within {_STRONGEST:g}")
        if not (
            isinstance(self.lamps, Sequence) and all(isinstance(lamp, Lamp) for lamp in self.lamps)
        ):
            raise LightError(f"a light's lamps are a tuple, each a Lamp, got {self.lamps!r}")
        c.setflags(write=False)
        object.__setattr__(self, "coefficients", c)
        object.__setattr__(self, "lamps", joined(self.lamps))

    @cached_property
    def smooth(self) -> NDArray[np.float64]:
        """[9, 3] the coefficients less the lamps' own."""
        c = self.coefficients - sum(lamp.coefficients for lamp in self.lamps)
        c.setflags(write=False)
        return np.asarray(c)

    @classmethod
    def ambient(cls, rgb: ArrayLike = 1.0, frame: LightFrame = LightFrame.CAMERA) -> Light:
        """Even light of radiance `rgb` ([3] or one number) from everywhere."""
        level = as_floats(rgb)
        if level.shape not in ((), (3,)) or not (level >= 0.0).all():
            raise LightError(f"ambient light has one radiance of 0 or more, or three, got {rgb!r}")
        c = np.zeros((9, 3))
        c[0] = np.sqrt(4.0 * np.pi) * level
        return cls(c, frame)

    def _same_frame(self, other: Light) -> None:
        if self.frame is not other.frame:
            raise LightError(
                f"a {self.frame.value}-frame light can't be mixed with a {other.frame.value}-frame"
                " light: turn one with to_head(camera) or to_camera(camera) first"
            )

    def __add__(self, other: Light) -> Light:
        if not isinstance(other, Light):
            return NotImplemented
        self._same_frame(other)
        return Light(self.coefficients + other.coefficients, self.frame, self.lamps + other.lamps)

    def __radd__(self, other: int) -> Light:
        """What `sum` begins with, 0, leaves the light as it is."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, factor: ArrayLike) -> Light:
        """Scaled by one number of 0 or more, or by [3] for a tint.

        Raises:
            LightError: it is neither, or negative.
        """
        if isinstance(factor, Light):
            return NotImplemented
        gain = as_floats(factor)
        if gain.shape not in ((), (3,)) or np.isnan(gain).any():
            raise LightError(f"a light is scaled by one number, or by three, not by {factor!r}")
        if (gain < 0.0).any():
            raise LightError(
                f"a light can't be negative: scale it by 0 or more, got {factor!r} (two lights'"
                " coefficients may be subtracted)"
            )
        lamps = tuple(lamp.scaled(gain) for lamp in self.lamps)
        return Light(self.coefficients * gain, self.frame, lamps)

    __rmul__ = __mul__

    def __truediv__(self, factor: ArrayLike) -> Light:
        """Scaled down by one number above 0, or by [3].

        Raises:
            LightError: it is neither.
        """
        if isinstance(factor, Light):
            return NotImplemented
        given = as_floats(factor)
        if not (given > 0.0).all():
            raise LightError(f"a light is divided by one number above 0, or three, not {factor!r}")
        return self * (1.0 / given)

    def lerp(self, other: Light, t: float) -> Light:
        """The light a share `t` of the way to `other`: their cross-fade, linear in radiance.

        Raises:
            LightError: the share is not 0 to 1, or the lights' frames differ.
        """
        if not isinstance(other, Light):
            raise LightError(f"a light goes over to another Light, not to {other!r}")
        share = as_floats(t)
        if share.shape != () or not 0.0 <= share <= 1.0:
            raise LightError(f"the share of the way to another light is 0 to 1, got {t!r}")
        return self * (1.0 - t) + other * t

    def rotated(self, rotation: ArrayLike) -> Light:
        """Turned exactly by `rotation` [3, 3]: what came from w comes from `rotation` @ w.

        The frame's name stays: this moves the light within its frame.

        Raises:
            LightError: it is no orthonormal matrix of determinant +1.
        """
        return self._turned(rotation, self.frame)

    def to_head(self, camera: Camera) -> Light:
        """The same light in the head frame, given the camera that sees the head."""
        _check_camera(camera)
        if self.frame is LightFrame.HEAD:
            return self
        return self._turned(camera.view_to_head, LightFrame.HEAD)

    def to_camera(self, camera: Camera) -> Light:
        """The same light in `camera`'s view frame."""
        _check_camera(camera)
        if self.frame is LightFrame.CAMERA:
            return self
        return self._turned(camera.view_to_head.T, LightFrame.CAMERA)

    def _turned(self, rotation: ArrayLike, frame: LightFrame) -> Light:
        coefficients = sh_rotation(rotation) @ self.coefficients  # which checks the rotation
        return Light(coefficients, frame, tuple(lamp.moved(rotation) for lamp in self.lamps))

    def mirrored(self) -> Light:
        """Left and right exchanged (x to -x)."""
        lamps = tuple(lamp.moved(np.diag([-1.0, 1.0, 1.0])) for lamp in self.lamps)
        return Light(ODD_IN_X[:, None] * self.coefficients, self.frame, lamps)

    def grey(self) -> Light:
        """The light's luminance (Rec. 709) in all three channels."""
        lamps = tuple(
            Lamp(lamp.direction, np.full(3, lamp.rgb @ LUMINANCE), lamp.softness)
            for lamp in self.lamps
        )
        return Light(self.coefficients @ LUMINANCE, self.frame, lamps)

    def radiance(self, directions: ArrayLike) -> NDArray[np.floating]:
        """Radiance [..., 3] that comes from unit `directions` [..., 3] in the light's frame.

        Order 2 is a blurred view of the real surroundings; it may dip below zero.
        """
        y = sh_basis(directions)
        return np.asarray(y @ self.coefficients.astype(y.dtype))

    def shade(self, normals: ArrayLike) -> NDArray[np.floating]:
        """Unshadowed shading [..., 3] of unit `normals` [..., 3] in the light's frame.

        Irradiance over pi: a white environment of radiance 1 gives 1. float32 in, float32 out.
        """
        y = sh_basis(normals)
        return np.asarray(y @ (LAMBERT[:, None] * self.coefficients).astype(y.dtype))

    def mean_shading(self, toward: ArrayLike = (0.0, 0.0, 1.0)) -> NDArray[np.float64]:
        """[3] shading averaged over the hemisphere of normals around unit `toward`.

        Weighted by n.toward, which is how large each normal looks from there: the mean over a
        lit sphere's picture. Closed form: the weight's own projection is the Lambert lobe, so
        the mean is sum_k LAMBERT_k^2 c_k Y_k(toward). A lamp behind the sphere gives only what
        the phase of a lit sphere is: its harmonics would give the front what it never gets.
        """
        toward = as_floats(toward)
        weights = sh_basis(toward) * LAMBERT**2
        mean = weights @ self.coefficients
        for lamp in self.lamps:
            phase = _phase(float(lamp.direction @ toward))
            mean = mean + np.minimum(phase * lamp.rgb - weights @ lamp.coefficients, 0.0)
        return np.asarray(mean)

    def normalised(self) -> Light:
        """Scaled so that a frontal face's mean shading has luminance 1: exposure stays put.

        Raises:
            LightError: no light reaches the front, so that no scale can.
        """
        level = float(self.mean_shading() @ LUMINANCE)
        if level <= 1e-9 * float(np.abs(self.coefficients).max()) or level <= 0.0:
            raise LightError(
                "a light that leaves the front of the face dark can't be normalised: add some"
                " ambient or fill light, or set `normalise: false`"
            )
        return self * (1.0 / level)

    def deringed(self) -> Light:
        """Least damping of the upper bands under which no shading is negative.

        Real light has no negative shading; its first nine harmonics may (a sun gives -4 % of its
        peak on the far side). The bands are drawn towards the window `sh.DERINGING` just as far as
        needed, which is enough for all light of non-negative radiance; coefficients from
        elsewhere are further drawn towards their ambient part where need be. The mean
        radiance and the lamps stay. Cf. Sloan, "Deringing spherical harmonics" (2017).
        """
        light = _drawn(self.coefficients, DERINGING[:, None] * self.coefficients)
        flat = np.where((BANDS == 0)[:, None], self.coefficients, 0.0)
        return Light(_drawn(light, flat), self.frame, self.lamps)


def check_light(light: object) -> None:
    """Raise LightError unless it is a `Light`."""
    if not isinstance(light, Light):
        raise LightError(
            f"a Light is needed here, not {type(light).__name__}; what load_light gives has one for"
            " every time: .at(0.0)"
        )


def _check_camera(camera: object) -> None:
    if not isinstance(camera, Camera):
        raise LightError(f"a light goes between head and view by a Camera, not by {camera!r}")


def _phase(cosine: float) -> float:
    """Mean shading over the picture of a sphere lit by a lamp at an angle (Lambert's law)."""
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    return float(2.0 / (3.0 * np.pi) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)))


@lru_cache(maxsize=1)
def _shading_matrix() -> NDArray[np.float64]:
    directions, _ = sphere_quadrature(24)
    return np.asarray(sh_basis(directions) * LAMBERT)


def _drawn(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first point on the way from `start` to `end` that shades no normal below zero."""
    a, b = _shading_matrix() @ start, _shading_matrix() @ end
    below = (a < 0.0) & (b > a)
    share = float(np.max(a[below] / (a[below] - b[below]), initial=0.0))
    return start + min(share, 1.0) * (end - start)
