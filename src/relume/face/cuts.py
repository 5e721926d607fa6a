"""Cuts between shots, from thumbnails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..media.picture import Picture

__all__ = ["CutDetector"]

_SIZE = (32, 24)


class CutDetector:
    """Says whether a frame begins a new shot.

    A cut changes the thumbnail far more than the frames before did, and its pattern no longer
    agrees with the last one; a flash or a fade leaves the pattern alone.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._shape: tuple[int, ...] = ()
        self._usual = 0.01

    def __call__(self, picture: Picture) -> bool:
        """Whether the frame starts a shot; the first one does."""
        import cv2

        size = (4 * _SIZE[0], 4 * _SIZE[1])
        sparse = cv2.resize(picture.half8, size, interpolation=cv2.INTER_NEAREST)
        small = cv2.resize(sparse, _SIZE, interpolation=cv2.INTER_AREA)
        new = small.astype(np.float32).reshape(-1, 3) / 255.0
        last, self._last = self._last, new
        shape, self._shape = self._shape, (picture.width, picture.height)
        if last is None or shape != self._shape:
            self._usual = 0.01
            return True
        change = float(np.abs(new - last).mean())
        a, b = new - new.mean(0), last - last.mean(0)
        spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
        agreement = float((a * b).sum()) / spread if spread > 1e-3 else 1.0
        cut = change > max(0.06, 4.0 * self._usual) and agreement < 0.6
        self._usual = 0.01 if cut else 0.9 * self._usual + 0.1 * min(change, 0.04)
        return cut
