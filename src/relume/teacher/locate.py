"""Finding the face of a portrait, fitting the head to it and cutting the crop."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..face.detect import Detection, FaceDetector
from ..face.fit import Fit, FitConfig, PoseFitter
from ..face.landmarks import LandmarkNet
from ..face.networks import Network
from ..face.pose import CROP
from ..face.roi import Roi
from ..media import as_picture

__all__ = ["Located", "Locator"]

_ROUNDS = 14
_NOISE = 2.0
"""Crop pixels; less than a tracker allows for: one clear picture, looked at for longer."""


@dataclass(frozen=True, eq=False)
class Located:
    """A face in its portrait.

    Attributes:
        fit: pose, identity, expression and landmark error.
        picture: uint8 [512, 512, 3] the crop; beyond the portrait its border goes on.
        inside: [512, 512] bool, what the portrait really shows.
        person: [256, 256] float32 0..1, the person's share.
        faces: that were found in the portrait; this is the largest.
    """

    fit: Fit
    picture: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    person: NDArray[np.float32]
    faces: int = 1


class Locator:
    """Detector, landmark network and matte network, loaded once."""

    def __init__(self) -> None:
        self._detector = FaceDetector()
        self._landmarks = LandmarkNet()
        self._matte = Network("selfie_segmentation", 0.0, 1.0)

    def __call__(self, rgb8: NDArray[np.uint8]) -> Located | None:
        """The largest face of a portrait uint8 [H, W, 3]; None where there is none."""
        portrait = as_picture(rgb8)
        found = self._detector.detect(portrait)
        steps = iter(range(len(self._detector.views(portrait))))
        while not found and (step := next(steps, None)) is not None:
            found = self._detector.search(portrait, step)
        if not found:
            return None
        roi = max(found, key=_size).roi
        for _ in range(3):  # each look centres the next one better
            landmarks, confidence = self._landmarks(portrait, roi)
            roi = Roi.from_landmarks(landmarks)
        if confidence < 0.5:
            return None
        fit = PoseFitter(FitConfig(noise=_NOISE))(landmarks, rounds=_ROUNDS)
        picture, inside = cut(rgb8, fit.pose.crop)
        small = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
        person = self._matte(np.asarray(small, np.uint8))[0].reshape(256, 256)
        return Located(fit, picture, inside, np.clip(person, 0.0, 1.0), len(found))


def cut(
    rgb8: NDArray[np.uint8], crop: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The crop [512, 512, 3] and where it lies inside the picture, shrunk without aliasing."""
    side = 1.0 / float(np.hypot(crop[0, 0], crop[1, 0]))  # frame pixels per crop pixel
    source = rgb8
    if side > 1.0:
        source = np.asarray(cv2.GaussianBlur(rgb8, (0, 0), 0.45 * side), np.uint8)
    flags = cv2.INTER_LINEAR if side > 1.0 else cv2.INTER_CUBIC
    picture = cv2.warpAffine(
        source, crop, (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    ones = np.full(rgb8.shape[:2], 255, np.uint8)
    inside = cv2.warpAffine(ones, crop, (CROP, CROP), flags=cv2.INTER_NEAREST)
    return np.asarray(picture, np.uint8), np.asarray(inside > 0)


def _size(detection: Detection) -> float:
    x0, y0, x1, y1 = detection.box
    return float((x1 - x0) * (y1 - y0))
