"""A head of known albedo under a known light, drawn into a frame, with what a tracker would say."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from relume.compose import to_srgb
from relume.face import HeadModel, Matte
from relume.face.pose import Pose
from relume.geometry import Camera
from relume.light import Light
from relume.render import rasterise

WIDTH, HEIGHT = 480, 400


@dataclass
class Studio:
    """Draws the mean head with the model's own transfer, seen by a given pose.

    `albedo` is linear, [3] or [vertices, 3].
    """

    pose: Pose
    head: HeadModel
    albedo: np.ndarray

    @property
    def face(self) -> SimpleNamespace:
        return SimpleNamespace(
            id=1,
            pose=self.pose,
            crop=self.pose.crop,
            camera=self.pose.camera,
            viewer=self.pose.viewer,
            identity=np.zeros(40, np.float32),
            expression=np.zeros(47, np.float32),
            strength=1.0,
            confidence=1.0,
            fresh=False,
            landmarks=np.full((478, 3), -1e4, np.float32),  # nothing of it is open
        )

    def picture(self, light: Light, camera: Camera | None = None) -> tuple[np.ndarray, np.ndarray]:
        """sRGB float32 [H, W, 3] on grey, and the head's mask [H, W].

        The light is the frame's; `camera` only moves the viewpoint.
        """
        lit_by = light.to_head(self.pose.viewer).coefficients
        shading = np.maximum(self.head.transfer @ lit_by, 0.0)
        view = camera or self.pose.camera
        crop = 512 * view.project(self.head.mean) - 0.5
        back = self.pose.uncrop
        points = crop @ back[:, :2].T + back[:, 2] + 0.5
        depth = view.to_camera(self.head.mean)[:, 2]
        colour = self.albedo * shading
        image, mask = rasterise(points, depth, self.head.faces, colour, (WIDTH, HEIGHT))
        linear = np.where(mask[..., None], image, 0.2).astype(np.float32)
        return to_srgb(linear), mask


def plain_matte(alpha: NDArray[np.float32], to_frame: NDArray[np.float64]) -> Matte:
    """A matte [N, N] that no picture shapes."""
    nothing = np.zeros((*alpha.shape, 3), np.float32)
    return Matte(np.dstack([nothing, alpha]), alpha, to_frame)
