"""Cameras, rays, rotations and affine maps. Knows no other room."""

from .affine import chained
from .camera import FOCAL, MOST_TURN, RADIUS, Camera
from .rotation import (
    angle_between,
    from_yaw_pitch_roll,
    look_rotation,
    orthonormal,
    to_yaw_pitch_roll,
    wrapped,
)

__all__ = [
    "FOCAL",
    "MOST_TURN",
    "RADIUS",
    "Camera",
    "angle_between",
    "chained",
    "from_yaw_pitch_roll",
    "look_rotation",
    "orthonormal",
    "to_yaw_pitch_roll",
    "wrapped",
]
