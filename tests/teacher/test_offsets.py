"""Corrected landmarks: only the fitted ones move, and they move with the crop."""

from __future__ import annotations

import numpy as np

from relume.face import LANDMARKS
from relume.face.pose import Pose
from relume.teacher.offsets import OFFSETS, corrected


def test_only_fitted_landmarks_move_and_in_proportion() -> None:
    points = np.zeros((468, 3), np.float32)
    small, large = (
        corrected(points, Pose(0.0, 0.0, 0.0, 100.0, 100.0, size)) for size in (256.0, 512.0)
    )
    rest = np.setdiff1d(np.arange(468), LANDMARKS)
    assert not large[rest].any()
    assert np.allclose(2 * small, large)
    assert np.allclose(large[list(LANDMARKS), :2], -OFFSETS, atol=1e-5)


def test_offsets_are_symmetric() -> None:
    jaw = OFFSETS[:17]
    assert np.allclose(jaw[::-1] * [-1, 1], jaw)
