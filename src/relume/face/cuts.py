"""Cuts between shots, from thumbnails, and from faces where those leave doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..media.picture import Picture, Pixels
from .appearance import grey_face
from .pose import Pose

__all__ = ["CutDetector"]

_SIZE = (32, 24)

_JUMP = 4.0
"""Change of a thumbnail over what is usual from which there may be a cut."""

_SURE = (0.06, 0.6)
"""Change, 0..1, from which there is one, and agreement of patterns below which."""

_DOUBT = (0.02, 0.9)
"""The same where faces are asked: two people before one backdrop."""

_FLAT = 1e-3  # energy of a pattern: black, or a card of one colour

_ALIKE = 0.86
"""Correlation that one face in two frames has at least. In a fast nod it had 0.9; of 552 pairs of
people 97 in 100 had less."""

_ROUND = 6
"""Of a face's 48 pixels, by how many it may lie elsewhere than where it is told to be."""


class CutDetector:
    """Says whether a frame begins a new shot.

    A cut changes the thumbnail far more than the frames before did, and its pattern no longer
    agrees with the last one. A flash or a fade leaves the pattern alone; frames of one colour have
    none, so that what comes after them is compared with what came before. Where a face is cut to
    another one before the same backdrop, much of the pattern stays: see `is_doubtful`.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._shape: tuple[int, ...] = ()
        self._usual = 0.01
        self._before: Pixels | None = None
        self._now: Pixels | None = None
        self.is_doubtful = False
        """Whether the last frame may begin a shot with another face in the old one's place."""

    def __call__(self, picture: Picture) -> bool:
        """Whether the frame starts a shot; the first one does."""
        import cv2

        size = (4 * _SIZE[0], 4 * _SIZE[1])
        sparse = cv2.resize(picture.half8, size, interpolation=cv2.INTER_NEAREST)
        small = cv2.resize(sparse, _SIZE, interpolation=cv2.INTER_AREA)
        new = small.astype(np.float32).reshape(-1, 3) / 255.0
        last = self._last if self._shape == (picture.width, picture.height) else None
        self.is_doubtful = False
        if last is not None and np.square(_pattern(new)).sum() < _FLAT:
            return False
        self._before, self._now, self._last = self._now, picture.half8, new
        if last is None:
            self._shape, self._usual = (picture.width, picture.height), 0.01
            return True
        change, agreement = float(np.abs(new - last).mean()), _agreement(new, last)
        jumps = change > _JUMP * self._usual
        cut = jumps and change > _SURE[0] and agreement < _SURE[1]
        self.is_doubtful = not cut and jumps and change > _DOUBT[0] and agreement < _DOUBT[1]
        self._usual = 0.01 if cut else 0.9 * self._usual + 0.1 * min(change, 0.04)
        return cut

    def is_another(self, before: Pose, now: Pose) -> bool:
        """Whether the last two frames, the same face by its place, show two faces there.

        Args:
            before, now: where it is in either.
        """
        import cv2

        assert self._before is not None
        assert self._now is not None
        old, new = grey_face(self._before, before), grey_face(self._now, now)
        inner = np.ascontiguousarray(new[_ROUND:-_ROUND, _ROUND:-_ROUND])
        return float(cv2.matchTemplate(old, inner, cv2.TM_CCOEFF_NORMED).max()) < _ALIKE


def _agreement(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Correlation of two thumbnails [N, 3], channel by channel; none of a flat one with another."""
    a, b = _pattern(a), _pattern(b)
    first, second = float((a * a).sum()), float((b * b).sum())
    return float((a * b).sum()) / (first * second) ** 0.5 if min(first, second) > _FLAT else 0.0


def _pattern(thumbnail: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(thumbnail - thumbnail.mean(0), np.float32)
