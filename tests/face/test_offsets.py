"""Landmark offsets: symmetric, and narrower on a turned head."""

from __future__ import annotations

import numpy as np

from relume.face.offsets import OFFSETS, offsets


def test_offsets_are_symmetric() -> None:
    jaw = OFFSETS[:17]
    assert np.allclose(jaw[::-1] * [-1, 1], jaw)


def test_offsets_narrow_with_the_face() -> None:
    turned = offsets(np.pi / 3)
    assert np.allclose(turned[:, 0], OFFSETS[:, 0] / 2)
    assert np.allclose(turned[:, 1], OFFSETS[:, 1])
