"""What the tracker says about one face in one frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..media.inset import Box
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
        panel: the part of the frame that is this face's picture, such as one half of a split
            screen: frame pixels x0, y0, x1, y1, upper bounds exclusive, those that aren't the
            frame's even; None for all of it.
    """

    id: int
    landmarks: NDArray[np.float32] = field(repr=False)
    confidence: float
    strength: float
    pose: Pose
    identity: NDArray[np.float32] = field(repr=False)
    expression: NDArray[np.float32] = field(repr=False)
    fresh: bool
    error: float
    presence: float
    panel: Box | None = None

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

    def within(self, box: Box) -> TrackedFace:
        """The same face in the pixels of a part of the frame."""
        by = np.array(box[:2], np.float32)
        landmarks = self.landmarks - np.append(by, np.float32(0))
        pose = replace(self.pose, x=self.pose.x - box[0], y=self.pose.y - box[1])
        return replace(self, landmarks=landmarks, pose=pose, panel=None)

    def vertices(self) -> NDArray[np.float32]:
        """[V, 3] the fitted head in canonical space."""
        return HeadModel.load().vertices(self.identity, self.expression)


def landmark_box(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """[4] x0, y0, x1, y1 around landmarks [N, 2 or 3]."""
    p = landmarks[:, :2].astype(np.float64)
    return np.concatenate([p.min(0), p.max(0)])
