"""Random light: what stands before a lamp."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

from relume.teacher.lights import random_cover


def test_a_cover_leaves_part_of_the_lamp_and_takes_part_of_it() -> None:
    shares = []
    for seed in range(60):
        cover = random_cover(np.random.default_rng(seed), 64)
        assert cover.shape == (64, 64)
        assert cover.dtype == np.float32
        assert cover.min() >= 0
        assert cover.max() == 1
        shares.append(float((cover < 0.9).mean()))
    assert min(shares) > 0.05
    assert max(shares) < 0.95
    assert np.ptp(shares) > 0.2
