"""The light network's input: a face's crop in grey, levelled, with all else masked away."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compose import codes_to_linear, luminance
from ...face import CROP, HeadModel, Pose, TrackedFace
from ...light import sh_rotation

__all__ = ["SIDE", "face_mask", "level", "light_input", "unrolled"]

Floats = NDArray[np.float32]

SIDE = 64
"""Side of the network's input in pixels."""


@lru_cache(maxsize=1)
def _front() -> NDArray[np.int64]:
    """Vertices of bare skin that look forward: their outline bounds the face."""
    head = HeadModel.load()
    return np.flatnonzero((head.skin > 0.5) & (head.normals(head.mean)[:, 2] > 0.1))


def face_mask(vertices: NDArray[np.floating], pose: Pose) -> Floats:
    """[64, 64] 0..1: the convex outline of the face's skin in the crop of `pose`.

    Args:
        vertices: [V, 3] canonical vertices of the head.
        pose: whose crop and camera are meant.
    """
    points = pose.camera.project(vertices[_front()]) * SIDE - 0.5
    mask = np.zeros((SIDE, SIDE), np.float32)
    outline = cv2.convexHull(np.rint(points * 16).astype(np.int32))
    cv2.fillConvexPoly(mask, outline, 1.0, cv2.LINE_AA, 4)
    return np.minimum(mask, 1.0)


def level(grey: Floats, mask: Floats) -> Floats:
    """[2, 64, 64] the input from linear luminance [64, 64]: coded, its mean brought to 0, masked;
    and the mask. How the picture was exposed doesn't show in it."""
    mean = float((grey * mask).sum() / max(float(mask.sum()), 1e-6))
    coded = np.power(np.clip(grey / max(mean, 1e-5), 0.0, 16.0), 1 / 2.2) - 1.0
    return np.asarray(np.stack([coded * mask, mask]), np.float32)


def light_input(rgb8: NDArray[np.uint8], face: TrackedFace) -> Floats:
    """[2, 64, 64] the input for a tracked face of a frame uint8 [H, W, 3]."""
    crop = face.crop
    # Shrunk in two steps, so that no pixel of a large frame is passed over.
    large = cv2.warpAffine(
        rgb8, crop, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    small = cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = luminance(codes_to_linear(small))
    vertices = HeadModel.load().vertices(face.identity, face.expression)
    return level(grey, face_mask(vertices, face.pose))


def unrolled(light: NDArray[np.floating], roll: float) -> NDArray[np.float64]:
    """Coefficients [9, C] in the camera frame of a crop, in that of its frame; the crop is rolled
    by `roll` radians."""
    c, s = np.cos(roll), np.sin(roll)
    return np.asarray(sh_rotation([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ light)
