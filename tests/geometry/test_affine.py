"""Affine maps of the plane."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from relume.geometry import chained

MAPS = arrays(np.float64, (2, 3), elements=st.floats(-3, 3))


@given(MAPS, MAPS, arrays(np.float64, 2, elements=st.floats(-9, 9)))
def test_the_inner_map_comes_first(outer: np.ndarray, inner: np.ndarray, point: np.ndarray) -> None:
    by_steps = outer[:, :2] @ (inner[:, :2] @ point + inner[:, 2]) + outer[:, 2]
    whole = chained(outer, inner)
    assert np.allclose(whole[:, :2] @ point + whole[:, 2], by_steps)
