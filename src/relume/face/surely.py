"""Where a face is beyond doubt the person's, as its landmarks and the fitted head say."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..compose import smoothstep
from .head import REGIONS, HeadModel
from .tracked import TrackedFace

__all__ = ["surely"]

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

_FOUND = (0.2, 0.6)
"""Mean of the network's mask over the face between which it goes from missed to found."""

_HEAD = 1.4
"""Size of a head over the face's hull."""

_CORE = 0.7
"""Size of the part of the face's hull that is the person's although the network sees nothing
there. Nearer to the outline the hull of a face that moves fast may lie beside it."""

_SEEN = (0.3, 0.7)
"""The network's mask between which it sees next to nothing and a person."""

_SURE = (0.1, 0.65)
"""Certainty between which the face's outline comes to be the person's."""

_INNER = (0.95, 1.0)
"""The network's mask, drawn in by one of its pixels, between which a place within the fitted head
comes to be the person's whatever its colour."""

_EARS, _ASIDE = 0.16, 0.15
"""Height that ears reach up to, and how far out sides begin, in canonical units."""

_HAZE = 5.0
"""Pixels of the maps over which a head that the network missed fades into its surroundings."""


def surely(face: TrackedFace, mask: Floats, inner: Floats, to_frame: Matrix, soft: int) -> Floats:
    """How far a place is the person's whatever the picture's colours say.

    Args:
        face: whose it is; where it is lost or covered, the network alone decides.
        mask: [N, N] 0..1, the segmentation network's.
        inner: the same, drawn in by one of the network's pixels.
        to_frame: [2, 3] from the mask's pixels to the frame's.
        soft: pixels of the mask over which the face's outline is soft.

    Returns:
        float32 [N, N], 0..1.
    """
    import cv2

    to_maps = np.asarray(cv2.invertAffineTransform(to_frame), np.float64)
    sure = _certain(face.landmarks, to_maps, mask, (soft, soft)) * np.float32(face.confidence)
    sure = np.clip((sure - _SURE[0]) / np.float32(_SURE[1] - _SURE[0]), 0, 1)
    bare = _bare(face, to_maps, len(mask))
    return np.asarray(np.maximum(sure, smoothstep(inner, *_INNER) * bare), np.float32)


def _certain(
    landmarks: NDArray[np.float32], to_maps: Matrix, mask: Floats, size: tuple[int, int]
) -> Floats:
    """[N, N] 1 well inside the face, which is the person even where the network isn't sure; 0
    outside.

    The network sees no person in a face that fills its window: then so much around the face as a
    head takes up counts, too, ever less.
    """
    import cv2

    points = landmarks[:, :2] @ to_maps[:, :2].T + to_maps[:, 2]
    hull = cv2.convexHull(points.astype(np.float32))
    inside = np.zeros(mask.shape, np.float32)
    cv2.fillConvexPoly(inside, hull.astype(np.int32), 1.0)
    edge = np.asarray(cv2.blur(inside, size), np.float32)
    sure = np.asarray(np.clip(2.0 * edge - 1.0, 0.0, 1.0), np.float32)
    found = float((mask * inside).sum() / max(float(inside.sum()), 1.0))
    missed = 1.0 - float(smoothstep(found, *_FOUND))
    middle = hull.mean(axis=0, keepdims=True)
    core = np.zeros(mask.shape, np.float32)
    cv2.fillConvexPoly(core, (middle + _CORE * (hull - middle)).astype(np.int32), 1.0)
    seen = np.maximum(cv2.blur(core, size), smoothstep(mask, *_SEEN))
    sure *= np.maximum(seen, np.float32(missed))
    if missed > 0.0 and inside.any():
        head = np.zeros(mask.shape, np.float32)
        cv2.fillConvexPoly(head, (middle + _HEAD * (hull - middle)).astype(np.int32), 1.0)
        wide = cv2.GaussianBlur(head, (0, 0), _HAZE)
        sure = np.maximum(sure, wide * np.float32(missed))
    return sure


def _bare(face: TrackedFace, to_maps: Matrix, side: int) -> Floats:
    """[side, side] 1 within the fitted head as far up as the ears reach: an ear as bright as the
    wall behind it is the person's. Higher up is hair, whose outline colours tell."""
    import cv2

    mean, identity = _sides()
    shape = mean + (identity @ face.identity).reshape(-1, 3)
    points = face.pose.project(shape) @ to_maps[:, :2].T + to_maps[:, 2]
    hull = cv2.convexHull(points.astype(np.float32))
    inside, fine = np.zeros((side, side), np.uint8), 4  # bits below a pixel
    cv2.fillConvexPoly(inside, (hull * 2**fine).round().astype(np.int32), 255, cv2.LINE_AA, fine)
    return np.asarray(inside * np.float32(1 / 255), np.float32)


@cache
def _sides() -> tuple[Floats, Floats]:
    """The mean head's ears and cheeks [M, 3], and its shape modes there [3 M, 40]."""
    head = HeadModel.load()
    low = (head.region != REGIONS.index("neck")) & (head.mean[:, 1] < _EARS)
    which = low & (np.abs(head.mean[:, 0]) > _ASIDE)
    modes = head.identity[:, which].reshape(len(head.identity), -1)
    return head.mean[which], np.ascontiguousarray(modes.T)
