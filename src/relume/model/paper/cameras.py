"""Cameras as the published scripts build them. NumPy only.

relume's own cameras (`Camera.look_at`) differ: there pitch lifts the camera and roll turns it
about its own line of sight.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from relume.geometry import Camera

__all__ = ["CONDITIONING_PIVOT", "camera_from_face_pose", "published_camera", "published_focal"]

FIELD_OF_VIEW = 18.837
RADIUS = 2.7

CONDITIONING_PIVOT = (0.0, 0.0, 0.2)
"""Where the generator's conditioning camera looks."""


def published_focal(field_of_view: float = FIELD_OF_VIEW) -> float:
    """Focal length in units of image size from degrees, with the published constants."""
    return 1.0 / (math.tan(field_of_view * 3.14159 / 360.0) * 1.414)


def _intrinsics(field_of_view: float) -> ArrayLike:
    focal = published_focal(field_of_view)
    return [[focal, 0.0, 0.5], [0.0, focal, 0.5], [0.0, 0.0, 1.0]]


def published_camera(
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    *,
    pivot: ArrayLike = (0.0, 0.0, 0.0),
    radius: float = RADIUS,
    field_of_view: float = FIELD_OF_VIEW,
) -> Camera:
    """Look-at camera in the published convention.

    Args:
        yaw: radians; positive moves the camera to +x.
        pitch: positive *lowers* the camera; its elevation is -arcsin(2 pitch / pi).
        roll: radians about the world's z axis, which moves the camera too.
        pivot: [3] the point that the camera looks at.
        radius: distance from the origin.
        field_of_view: degrees.
    """
    theta = math.pi / 2 + yaw
    height = min(max(math.pi / 2 + pitch, 1e-5), math.pi - 1e-5)
    phi = math.acos(1.0 - 2.0 * height / math.pi)
    origin = radius * np.array(
        [
            math.sin(phi) * math.cos(math.pi - theta),
            math.cos(phi),
            math.sin(phi) * math.sin(math.pi - theta),
        ]
    )
    forward = np.asarray(pivot, np.float64) - origin
    forward /= np.linalg.norm(forward)
    right = -np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3] = np.column_stack([right, down / np.linalg.norm(down), forward, origin])
    turn = np.eye(4)
    turn[:2, :2] = [[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]]
    return Camera(turn @ pose, np.asarray(_intrinsics(field_of_view)))


def _euler(angle: ArrayLike) -> np.ndarray:
    x, y, z = np.asarray(angle, np.float64)
    (cx, cy, cz), (sx, sy, sz) = np.cos([x, y, z]), np.sin([x, y, z])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray((about_z @ about_y @ about_x).T)


def camera_from_face_pose(angle: ArrayLike, translation: ArrayLike) -> Camera:
    """Camera of a face fitted by Deep3DFaceRecon, whose coefficients the published crops use.

    Args:
        angle: [3] Euler angles in radians.
        translation: [3] in the fit's units.
    """
    rotation = _euler(angle)
    position = -(rotation @ (np.asarray(translation, np.float64) - [0.0, 0.0, 10.0])) * 0.27
    position += [0.0, 0.006, 0.161]
    pose = np.eye(4)
    pose[:3, :3] = rotation @ np.diag([1.0, -1.0, -1.0])
    pose[:3, 3] = position * (RADIUS / np.linalg.norm(position))
    return Camera(pose, np.asarray(_intrinsics(FIELD_OF_VIEW)))
