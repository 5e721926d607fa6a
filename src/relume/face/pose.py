"""Where a head is in a frame: six numbers that stand for a crop and a camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera

__all__ = ["CROP", "Pose"]

CROP = 512
"""Side of a face's crop in pixels."""


@dataclass(frozen=True)
class Pose:
    """A head's pose in a frame, after EG3D's framing.

    The camera keeps its distance and focal length and looks at the head's origin; the crop is a
    square of the frame around the projected origin, turned by `roll` so that the face is upright
    in it.

    Attributes:
        yaw: radians, positive where the camera stands to the image's right of the face.
        pitch: radians, positive where the camera stands above.
        roll: radians, positive where the face leans counter-clockwise in the picture.
        x, y: frame pixels (centres at whole numbers) of the projected origin.
        scale: side of the crop in frame pixels.
    """

    yaw: float
    pitch: float
    roll: float
    x: float
    y: float
    scale: float

    @cached_property
    def camera(self) -> Camera:
        """The camera of the crop."""
        return Camera.look_at(self.yaw, self.pitch)

    @cached_property
    def viewer(self) -> Camera:
        """The same camera without the crop's turn: its view frame has the frame's own axes.

        Camera-frame lights are in it, or they would lean with the head.
        """
        return Camera.look_at(self.yaw, self.pitch, self.roll)

    @property
    def crop(self) -> NDArray[np.float64]:
        """[2, 3] similarity from frame to crop pixels, both with centres at whole numbers.

        `cv2.warpAffine(frame, pose.crop, (512, 512))` cuts the crop out. The camera's image
        coordinates times 512, minus a half, are crop pixels.
        """
        k = CROP / self.scale
        c, s = k * math.cos(self.roll), k * math.sin(self.roll)
        half, x, y = (CROP - 1) / 2, self.x, self.y
        return np.array([[c, -s, half - c * x + s * y], [s, c, half - s * x - c * y]], np.float64)

    @property
    def uncrop(self) -> NDArray[np.float64]:
        """[2, 3] similarity from crop to frame pixels: the inverse of `crop`."""
        k = self.scale / CROP
        c, s = k * math.cos(self.roll), k * math.sin(self.roll)
        half = (CROP - 1) / 2
        return np.array(
            [[c, s, self.x - half * (c + s)], [-s, c, self.y - half * (c - s)]], np.float64
        )

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Canonical points [..., 3] to frame pixels [..., 2]."""
        crop = CROP * self.camera.project(points) - 0.5
        matrix = self.uncrop
        return np.asarray(crop @ matrix[:, :2].T + matrix[:, 2])

    @property
    def vector(self) -> NDArray[np.float64]:
        """[6]: yaw, pitch, roll, x, y, scale."""
        return np.array([self.yaw, self.pitch, self.roll, self.x, self.y, self.scale])
