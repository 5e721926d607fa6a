"""Real spherical harmonics of bands 0 to 2: evaluation, exact rotation, Lambert factors.

Order 1, y, z, x, xy, yz, 3z^2-1, xz, x^2-y^2, orthonormal over the sphere. Sources: Ramamoorthi
and Hanrahan, "An efficient representation for irradiance environment maps" (2001), for the
Lambert factors; the rotation follows from bands 1 and 2 being the linear and the traceless
quadratic forms of a direction.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import LightError
from ..number import as_floats, check_number

__all__ = [
    "BANDS",
    "DERINGING",
    "LAMBERT",
    "ODD_IN_X",
    "lattice",
    "rotate_y",
    "sh_basis",
    "sh_rotation",
    "sphere_quadrature",
]

Array = NDArray[np.float64]

BANDS = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
"""[9] the band of each coefficient."""

LAMBERT: Array = np.array([1.0, 2.0 / 3.0, 0.25])[BANDS]
"""[9] Lambert factors (pi, 2pi/3, pi/4 by band) over pi: shading = sum_k LAMBERT_k c_k Y_k(n)."""

ODD_IN_X = np.array([1, 1, 1, -1, -1, 1, 1, -1, 1], np.float32)
"""[9] signs of the coefficients when left and right are exchanged (x to -x)."""

DERINGING: Array = np.array([1.0, 6.0 / 7.0, 32.0 / 35.0])[BANDS]
"""[9] the window under which any light without negative radiance shades without going negative.

A small lamp's shading, 1 + 2 cos + 5/4 P2(cos) over 4, dips to -4 % of its peak behind the
terminator. With this window it is the square (1 + 2 cos)^2 times 3/28: of all windows that end in
a square, hence touch zero and never cross it, about the one nearest to the clamped cosine.
"""

_C0 = 0.5 / sqrt(pi)
_C1 = sqrt(3.0) / (2.0 * sqrt(pi))
_C2 = sqrt(15.0) / (2.0 * sqrt(pi))
_C20 = sqrt(5.0) / (4.0 * sqrt(pi))
_C22 = sqrt(15.0) / (4.0 * sqrt(pi))


def sh_basis(directions: ArrayLike) -> NDArray[np.floating]:
    """Values of the nine basis functions.

    Args:
        directions: [..., 3] unit vectors (not checked); float32 is kept, all else is float64.

    Returns:
        [..., 9].

    Raises:
        LightError: they aren't of this shape.
    """
    single = isinstance(directions, np.ndarray) and directions.dtype == np.float32
    d = np.asarray(directions) if single else as_floats(directions)
    if d.shape[-1:] != (3,):
        got = list(d.shape) if d.ndim else repr(directions)
        raise LightError(f"directions are each three numbers, x, y and z, got {got}")
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    out = np.empty((*d.shape[:-1], 9), d.dtype)
    out[..., 0] = _C0
    out[..., 1] = _C1 * y
    out[..., 2] = _C1 * z
    out[..., 3] = _C1 * x
    out[..., 4] = _C2 * x * y
    out[..., 5] = _C2 * y * z
    out[..., 6] = _C20 * (3.0 * z * z - 1.0)
    out[..., 7] = _C2 * x * z
    out[..., 8] = _C22 * (x * x - y * y)
    return out


def _quadratic_forms() -> Array:
    """[5, 3, 3] symmetric traceless matrices B with Y_k(w) = w.B.w, all of one Frobenius norm."""
    forms = np.zeros((5, 3, 3))
    for k, (i, j) in ((0, (0, 1)), (1, (1, 2)), (3, (0, 2))):
        forms[k, i, j] = forms[k, j, i] = 0.5 * _C2
    forms[2] = _C20 * np.diag([-1.0, -1.0, 2.0])
    forms[4] = _C22 * np.diag([1.0, -1.0, 0.0])
    return forms


_FORMS = _quadratic_forms()
_FORM_SQUARE = float(np.sum(_FORMS[0] ** 2))
_NO_ROTATION = "a rotation must be an orthonormal 3x3 matrix of determinant +1"
_BAND1_AXES = np.array([1, 2, 0])  # band 1 stands in the order y, z, x


def sh_rotation(rotation: ArrayLike) -> Array:
    """[9, 9] matrix D that turns coefficients: light from direction w comes from `rotation` @ w.

    Exact (no sampling), block diagonal by band and orthogonal: D(A) D(B) = D(A B).

    Args:
        rotation: [3, 3] rotation matrix.

    Raises:
        LightError: not an orthonormal matrix of determinant +1 (to 1e-6).
    """
    r = as_floats(rotation)
    if r.shape != (3, 3):
        raise LightError(_NO_ROTATION)
    return _sh_rotation(r.tobytes()).copy()


@lru_cache(maxsize=32)
def _sh_rotation(numbers: bytes) -> Array:
    """The same of a matrix's bytes: every light of a frame is turned by the same few."""
    r = np.frombuffer(numbers).reshape(3, 3)
    if not np.abs(r @ r.T - np.eye(3)).max() <= 1e-6 or np.linalg.det(r) < 0:
        raise LightError(_NO_ROTATION)
    d = np.zeros((9, 9))
    d[0, 0] = 1.0
    d[1:4, 1:4] = r[np.ix_(_BAND1_AXES, _BAND1_AXES)]
    turned = r @ _FORMS @ r.T
    d[4:, 4:] = _FORMS.reshape(5, 9) @ turned.reshape(5, 9).T / _FORM_SQUARE
    return d


def rotate_y(angle: float) -> Array:
    """[3, 3] turn by `angle` radians about the vertical: +z (the front) goes towards +x.

    Raises:
        UsageError: it is no number.
    """
    check_number("an angle", angle)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def lattice(count: int, lowest: float = -1.0, turn: float = 0.0) -> Array:
    """[count, 3] unit directions spread evenly over the sphere (a Fibonacci lattice around y).

    Args:
        count: how many.
        lowest: y down to which they are spread.
        turn: radians about y to turn them by.
    """
    k = np.arange(count) + 0.5
    around, height = pi * (1.0 + sqrt(5.0)) * k + turn, 1.0 - (1.0 - lowest) * k / count
    radius = np.sqrt(1.0 - height**2)
    return np.stack([radius * np.cos(around), height, radius * np.sin(around)], 1)


def sphere_quadrature(rings: int = 24) -> tuple[Array, Array]:
    """Directions [N, 3] and weights [N] (sum 4 pi) that integrate over the sphere.

    Gauss-Legendre in height times even spacing around, N = 2 rings^2: exact for polynomials of
    degree below 2 rings.
    """
    height, w = np.polynomial.legendre.leggauss(rings)
    around = (np.arange(2 * rings) + 0.5) * (pi / rings)
    radius = np.sqrt(1.0 - height**2)
    directions = np.stack(
        [
            radius[:, None] * np.sin(around),
            np.broadcast_to(height[:, None], (rings, 2 * rings)),
            radius[:, None] * np.cos(around),
        ],
        axis=-1,
    )
    weights = np.repeat(w * (pi / rings), 2 * rings)
    return directions.reshape(-1, 3), weights
