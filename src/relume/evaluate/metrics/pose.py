"""How far a result's camera is from the one asked for: the angle of the rotation between them, in
radians, 0 to pi."""

from __future__ import annotations

from ...geometry import Camera
from ...geometry.rotation import angle_between

__all__ = ["pose_error"]


def pose_error(said: Camera, wanted: Camera) -> float:
    """Angle in radians between the directions and up-axes of two cameras around one head."""
    return angle_between(said.rotation, wanted.rotation)
