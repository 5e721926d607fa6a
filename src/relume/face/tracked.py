"""What the tracker says about one face in one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from .head import HeadModel
from .pose import Pose

__all__ = ["TrackedFace"]


@dataclass(frozen=True, eq=False)
class TrackedFace:
    """A face, steadied over time. Frame pixels have their centres at whole numbers.

    Attributes:
        id: the same number as long as the face is followed.
        landmarks: [468, 3] float32 frame pixels, z in the same scale, smaller is nearer.
        confidence: 0..1, how far this frame's fit may be trusted; 0 while the face is lost.
        strength: 0..1, how strongly an effect may show; fades, never jumps but at cuts.
        pose: filtered pose.
        identity: [40] float32 coefficients of `HeadModel`.
        expression: [47] float32 coefficients of `HeadModel`.
        fresh: what is remembered about this face (its light, its matte) must be forgotten: it is
            new, was lost, or a cut came before this frame.
        error: mean distance of landmarks and fitted head in pixels of the 512 crop.
        presence: the landmark network's probability of a face, 0..1.
    """

    id: int
    landmarks: NDArray[np.float32]
    confidence: float
    strength: float
    pose: Pose
    identity: NDArray[np.float32]
    expression: NDArray[np.float32]
    fresh: bool
    error: float
    presence: float

    @property
    def crop(self) -> NDArray[np.float64]:
        """[2, 3] similarity from frame pixels to those of the 512 crop."""
        return self.pose.crop

    @property
    def camera(self) -> Camera:
        """The camera of the crop in the head's canonical space."""
        return self.pose.camera

    @property
    def viewer(self) -> Camera:
        """The camera in whose view frame camera-frame lights are; see `Pose.viewer`."""
        return self.pose.viewer

    @property
    def box(self) -> NDArray[np.float64]:
        """[4] x0, y0, x1, y1 of the landmarks in frame pixels."""
        return landmark_box(self.landmarks)

    def vertices(self) -> NDArray[np.float32]:
        """[V, 3] the fitted head in canonical space."""
        return HeadModel.load().vertices(self.identity, self.expression)


def landmark_box(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """[4] x0, y0, x1, y1 around landmarks [N, 2 or 3]."""
    p = landmarks[:, :2].astype(np.float64)
    return np.concatenate([p.min(0), p.max(0)])
