"""Rotations as 3x3 matrices, and the three angles that people think in.

Canonical axes: x to the image's right, y up, z out of the face. A camera's *direction* is where
it stands, seen from the origin: yaw turns it to the image's right, pitch lifts it, roll turns
it about its own line of sight (positive: the camera leans to its right, so the picture turns
counter-clockwise).
"""

from __future__ import annotations

from math import cos, hypot, isfinite, nan, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UsageError
from ..number import as_floats, check_number

__all__ = [
    "angle_between",
    "check_angle",
    "from_yaw_pitch_roll",
    "look_rotation",
    "orthonormal",
    "to_yaw_pitch_roll",
    "wrapped",
]

Matrix = NDArray[np.float64]


def check_angle(name: str, angle: object) -> None:
    """Raise UsageError unless it is an angle of a turn at most, -2 pi to 2 pi."""
    check_number(name, angle)
    if not abs(float(angle)) <= 2.0 * pi:  # type: ignore[arg-type]
        raise UsageError(
            f"{name} is a finite number of radians, -2 pi to 2 pi, got {angle:g}; of degrees"
            " math.radians makes such"
        )


def wrapped(angle: Any) -> Any:
    """An angle, or an array of them, brought to -pi..pi."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def look_rotation(direction: ArrayLike) -> Matrix:
    """Camera-to-world rotation of a camera that stands at `direction` and looks at the origin.

    Args:
        direction: [3] from the origin to the camera, any length but zero.

    Returns:
        [3, 3] whose columns are the camera's right, down and forward axes in world space.

    Raises:
        UsageError: it isn't three finite numbers, or they are zero.
    """
    given = as_floats(direction)
    x, y, z = given.tolist() if given.shape == (3,) else (nan, nan, nan)
    # Plain numbers: this runs several times a frame, and NumPy takes long over three of them.
    length = sqrt(x * x + y * y + z * z)
    if not isfinite(length) or length == 0.0:
        raise UsageError(
            f"a camera direction is three finite numbers, not all zero, got {direction!r}"
        )
    x, y, z = x / length, y / length, z / length
    across = hypot(x, z)
    # Straight above or below: keep x to the right.
    right_x, right_z = (z / across, -x / across) if across >= 1e-9 else (1.0, 0.0)
    down = -y * right_z, -(z * right_x - x * right_z), y * right_x
    return np.array(
        [[right_x, down[0], -x], [0.0, down[1], -y], [right_z, down[2], -z]], np.float64
    )


def from_yaw_pitch_roll(yaw: float, pitch: float, roll: float = 0.0) -> Matrix:
    """Camera-to-world rotation [3, 3] of a look-at camera; angles in radians.

    Raises:
        UsageError: one of them is no finite number.
    """
    for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
        check_number(f"a camera's {name}", angle)
        if not isfinite(angle):
            raise UsageError(f"a camera's {name} is a finite number, got {angle:g}")
    turn = look_rotation((sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch)))
    if roll == 0.0:
        return turn
    c, s = cos(roll), sin(roll)
    return np.asarray(turn @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]))


def to_yaw_pitch_roll(rotation: ArrayLike) -> tuple[float, float, float]:
    """Yaw, pitch and roll in radians of a camera-to-world rotation: inverse of the above."""
    r = _three_by_three(rotation)
    back = -r[:, 2]
    pitch = float(np.arcsin(np.clip(back[1], -1.0, 1.0)))
    yaw = float(np.arctan2(back[0], back[2]))
    about_view = look_rotation(back).T @ r
    roll = float(np.arctan2(about_view[1, 0], about_view[0, 0]))
    return yaw, pitch, roll


def angle_between(a: ArrayLike, b: ArrayLike) -> float:
    """Angle in radians, 0 to pi, of the rotation that takes `a` to `b` (both [3, 3])."""
    d = _three_by_three(a).T @ _three_by_three(b)
    axis = np.array([d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1]])
    return float(np.arctan2(np.linalg.norm(axis), np.trace(d) - 1.0))


def orthonormal(matrix: ArrayLike) -> Matrix:
    """The orthonormal [3, 3] nearest to a matrix: of a rotation that was kept in fewer digits."""
    u, _, vt = np.linalg.svd(_three_by_three(matrix))
    return np.asarray(u @ vt)


def _three_by_three(matrix: ArrayLike) -> Matrix:
    """A matrix, of any numbers; UsageError where it is of another shape."""
    m = as_floats(matrix)
    if m.shape != (3, 3):
        got = list(m.shape) if m.ndim else repr(matrix)
        raise UsageError(f"a rotation is a matrix of 3 x 3 numbers, got {got}")
    return m
