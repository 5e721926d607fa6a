"""The camera: 25 numbers, in EG3D's convention, so that published cameras load unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UsageError
from ..number import as_floats, check_number
from .rotation import Matrix, check_angle, from_yaw_pitch_roll, to_yaw_pitch_roll

__all__ = ["FOCAL", "MOST_TURN", "RADIUS", "Camera"]

RADIUS = 2.7
"""Distance from the origin of canonical space to a look-at camera."""

FOCAL = 4.2634
"""Focal length in units of image size: a vertical field of view of 18.837 degrees as EG3D
computes it, 1 / (1.414 tan(fov / 2))."""

MOST_TURN = 30.0
"""Degrees that a camera may be turned around the head: beyond, the frame shows too little."""


_RIGID = 0.01  # by which a rotation's numbers may be off


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera in canonical space.

    The camera looks along its own +z with y down; its cam2world matrix takes camera
    coordinates to canonical space (x right, y up, z out of the face). Image coordinates are
    normalised by image size: (0, 0) is the upper left corner, (1, 1) the lower right.

    Attributes:
        cam2world: [4, 4] rigid transform: a rotation, to a hundredth, and a place.
        intrinsics: [3, 3], focal lengths and principal point in units of image size.

    Raises:
        UsageError: one of them isn't made of finite numbers, or has another shape, or the
            transform isn't rigid.
    """

    cam2world: Matrix
    intrinsics: Matrix

    def __post_init__(self) -> None:
        for name, shape in (("cam2world", (4, 4)), ("intrinsics", (3, 3))):
            given = getattr(self, name)
            value = np.array(as_floats(given))
            if value.shape != shape or not np.isfinite(value).all():
                raise UsageError(
                    f"a camera's {name} must be finite numbers of shape {shape}, got"
                    f" {value.shape if value.ndim else repr(given)}"
                )
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        if not _is_rigid(self.cam2world):
            raise UsageError(
                "a camera's cam2world is a rigid transform, a rotation beside a place, and 0 0 0 1"
                f" below, got {self.cam2world.tolist()}; relume.geometry.orthonormal gives the"
                " rotation nearest to a matrix"
            )

    @classmethod
    def look_at(
        cls,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        radius: float = RADIUS,
        focal: float = FOCAL,
    ) -> Camera:
        """Camera at `radius` from the origin that looks at it.

        Args:
            yaw: radians, -2 pi to 2 pi as all three; positive moves the camera to +x, the
                image's right. 0 is frontal.
            pitch: radians; positive lifts the camera (+y).
            roll: radians about the line of sight; positive turns the picture counter-clockwise.
            radius: distance in canonical units.
            focal: focal length in units of image size.

        Raises:
            UsageError: one of them is no finite number, or an angle is more than a turn.
        """
        for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
            check_angle(f"a camera's {name}", angle)
        asked = {"radius": radius, "focal": focal}
        for name, number in asked.items():
            check_number(f"a camera's {name}", number)
            if not isfinite(number):
                raise UsageError(f"a camera's {name} is a finite number, got {number:g}")
        pose = np.eye(4)
        pose[:3, :3] = from_yaw_pitch_roll(yaw, pitch, roll)
        pose[:3, 3] = -radius * pose[:3, 2]
        return cls(pose, np.array([[focal, 0, 0.5], [0, focal, 0.5], [0, 0, 1.0]]))

    @classmethod
    def from_pose(cls, rotation: ArrayLike, shift: ArrayLike) -> Camera:
        """Camera of the usual focal length by how it sees canonical space.

        Args:
            rotation, shift: [3, 3] and [3], canonical to camera coordinates.

        Raises:
            UsageError: one of them isn't made of finite numbers, or has another shape.
        """
        turn, way = as_floats(rotation), as_floats(shift)
        if turn.shape != (3, 3) or way.shape != (3,):
            raise UsageError(
                "a pose is a rotation of 3 x 3 numbers and a shift of 3, got shapes"
                f" {turn.shape} and {way.shape}"
            )
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = turn.T, -turn.T @ way
        return cls(pose, cls.look_at().intrinsics)

    @classmethod
    def from_vector(cls, vector: ArrayLike) -> Camera:
        """Camera from EG3D's 25 numbers: 16 of cam2world, 9 of the intrinsics, row-major.

        Raises:
            UsageError: they aren't 25 finite numbers.
        """
        v = as_floats(vector).reshape(-1)
        if v.size != 25:
            got = v.size if np.isfinite(v).all() else repr(vector)
            raise UsageError(f"a camera has 25 numbers, got {got}")
        return cls(v[:16].reshape(4, 4), v[16:].reshape(3, 3))

    @property
    def vector(self) -> NDArray[np.float64]:
        """[25]: cam2world (16) then intrinsics (9), row-major."""
        return np.concatenate([self.cam2world.ravel(), self.intrinsics.ravel()])

    @property
    def rotation(self) -> Matrix:
        """[3, 3] camera-to-world rotation (columns: right, down, forward)."""
        return self.cam2world[:3, :3]

    @property
    def position(self) -> NDArray[np.float64]:
        """[3] where the camera stands in canonical space."""
        return self.cam2world[:3, 3]

    @property
    def view_to_head(self) -> Matrix:
        """[3, 3] rotation from the *view* frame to canonical space.

        The view frame is the camera's, with y up and z towards the viewer, so that a frontal
        camera's view frame is canonical space itself. Camera-frame lights live in it.
        """
        return np.asarray(self.rotation @ np.diag([1.0, -1.0, -1.0]))

    @property
    def yaw_pitch_roll(self) -> tuple[float, float, float]:
        """Angles in radians of the camera's rotation, as `look_at` takes them."""
        return to_yaw_pitch_roll(self.rotation)

    def to_camera(self, points: ArrayLike) -> NDArray[np.float64]:
        """Canonical points [..., 3] in camera coordinates (x right, y down, z forward).

        Raises:
            UsageError: the points have another shape.
        """
        p = _coordinates(points, 3)
        return np.asarray((p - self.position) @ self.rotation)

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """Canonical points [..., 3] to image coordinates [..., 2] in units of image size.

        Raises:
            UsageError: the points have another shape.
        """
        p = self.to_camera(points)
        uvw = p @ self.intrinsics.T
        return np.asarray(uvw[..., :2] / uvw[..., 2:])

    def rays(self, uv: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Origins [..., 3] and unit directions [..., 3] of the rays through `uv` [..., 2].

        Raises:
            UsageError: `uv` has another shape.
        """
        uv_ = _coordinates(uv, 2)
        pixel = np.concatenate([uv_, np.ones_like(uv_[..., :1])], -1)
        direction = pixel @ np.linalg.inv(self.intrinsics).T @ self.rotation.T
        direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
        return np.broadcast_to(self.position, direction.shape), direction

    def turned(self, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Camera:
        """This camera moved around the origin by angles in radians, -2 pi to 2 pi, added to its
        own.

        Raises:
            UsageError: one of them is no finite number, or more than a turn.
        """
        for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll)):
            check_angle(f"a camera's {name}", angle)
        own = self.yaw_pitch_roll
        turned = from_yaw_pitch_roll(own[0] + yaw, own[1] + pitch, own[2] + roll)
        rigid = np.eye(4)
        rigid[:3, :3] = turned @ self.rotation.T
        return Camera(rigid @ self.cam2world, self.intrinsics)


def _is_rigid(pose: Matrix) -> bool:
    """To what numbers lose that were kept as halves or texts."""
    # Plain numbers: this runs several times a frame, and NumPy takes long over so few.
    (a, b, c, _), (d, e, f, _), (g, h, i, _), (j, k, m, n) = pose.tolist()
    off = max(
        abs(a * a + b * b + c * c - 1), abs(d * d + e * e + f * f - 1), abs(a * d + b * e + c * f),
        # The third row is the first times the second: neither mirrored nor of another length.
        abs(b * f - c * e - g), abs(c * d - a * f - h), abs(a * e - b * d - i),
        abs(j), abs(k), abs(m), abs(n - 1),
    )  # fmt: skip
    return bool(off <= _RIGID)


def _coordinates(points: ArrayLike, count: int) -> NDArray[np.float64]:
    p = as_floats(points)
    if p.shape[-1:] != (count,):
        got = list(p.shape) if p.ndim else repr(points)
        raise UsageError(f"points are given by {count} numbers each, got {got}")
    return p
