"""Does the face still look as it did: hands over it, and blur."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..media.picture import Picture, Pixels
from .pose import Pose
from .roi import Roi

__all__ = ["Appearance", "grey_face"]

Floats = NDArray[np.float32]

_MEMORY = 1.0  # seconds in which the average forgets
_SIDE = 48
_CELLS = 6
_FACE = 0.62  # share of the crop's side that the face itself fills


class Appearance:
    """Compares the upright face with its running average.

    The picture is normalised locally, so that light that changes slowly over the face doesn't
    matter; turning and talking are followed by the average.
    """

    def __init__(self) -> None:
        self._average: Floats | None = None
        self._sharpness = 0.0

    def __call__(
        self, picture: Picture, pose: Pose, step: float, sure: bool = False
    ) -> tuple[float, float]:
        """Share of the face, 0..1, that looks as before, and sharpness relative to before.

        Args:
            picture: the frame.
            pose: where its face is.
            step: seconds that this look counts for in the average.
            sure: it is the face, whatever it looks like: a turned head's.
        """
        import cv2

        grey = grey_face(picture.half8, pose)
        detail = grey - cv2.blur(grey, (13, 13))
        # OpenCV's running sums may leave a hair below zero beside flat areas.
        variance = np.maximum(cv2.blur(detail * detail, (13, 13)), 0.0)
        spread = np.asarray(np.sqrt(variance) + 2.0, np.float32)
        pattern = np.asarray(detail / spread, np.float32)
        sharpness = float(np.abs(cv2.Laplacian(grey, cv2.CV_32F)).mean()) / (
            float(np.abs(detail).mean()) + 1.0
        )
        if self._average is None:
            self._average, self._sharpness = pattern, sharpness
            return 1.0, 1.0
        cells = self._agreement(pattern, self._average)
        same = float(np.clip((cells + 0.05) / 0.35, 0.0, 1.0).mean())
        relative = (sharpness + 0.01) / (self._sharpness + 0.01)
        # What doesn't look like the face is learnt only slowly.
        share = step / (step + _MEMORY) * (1.0 if sure or same > 0.7 else 0.25)
        self._average += share * (pattern - self._average)
        self._sharpness += share * (sharpness - self._sharpness)
        return same, relative

    @staticmethod
    def _agreement(a: Floats, b: Floats) -> Floats:
        """[36] correlation of two patterns cell by cell."""
        import cv2

        size = (_CELLS, _CELLS)

        def mean(x: Floats) -> Floats:
            return np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_AREA), np.float32)

        # The constant lets two flat cells agree, but not a flat one and a patterned one.
        energy = (mean(a * a) + mean(b * b)) / 2
        return np.asarray((mean(a * b) + 0.05) / (energy + 0.05), np.float32).ravel()


def grey_face(half: Pixels, pose: Pose) -> Floats:
    """[48, 48] the face itself, upright, 0..255.

    Args:
        half: uint8 [H, W, 3] a frame at half its size.
        pose: where the face is in the frame.
    """
    import cv2

    roi = Roi(pose.x, pose.y, _FACE * pose.scale, -pose.roll)
    # A sparse look, averaged afterwards, is enough here and several times cheaper.
    matrix = roi.to_frame(2 * _SIDE) / 2
    matrix[:, 2] -= 0.25
    sparse = cv2.warpAffine(
        half,
        matrix,
        (2 * _SIDE, 2 * _SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    small = cv2.resize(sparse, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
