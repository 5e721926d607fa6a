from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.compose import spread
from relume.compose.spread import spread_slowly
from relume.native import native


def test_known_values_stay_and_holes_lie_between_them() -> None:
    values = np.zeros((64, 64, 2), np.float32)
    values[:, :20] = [1.0, 5.0]
    values[:, 44:] = [3.0, 5.0]
    weight = np.zeros((64, 64), np.float32)
    weight[:, :20] = weight[:, 44:] = 1.0
    filled = spread(values, weight)
    np.testing.assert_allclose(filled[:, :20], values[:, :20], atol=1e-5)
    middle = filled[8:-8, 20:44, 0]
    assert (middle >= 1.0 - 1e-4).all()
    assert (middle <= 3.0 + 1e-4).all()
    assert (np.diff(middle.mean(0)) > -1e-4).all()  # from one side to the other
    np.testing.assert_allclose(filled[..., 1], 5.0, atol=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.integers(5, 70), st.integers(5, 70))
def test_a_constant_is_carried_everywhere(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    weight = (rng.uniform(size=(height, width)) < 0.05).astype(np.float32)
    weight[height // 2, width // 2] = 1.0
    filled = spread(np.full((height, width, 3), 0.7, np.float32), weight)
    np.testing.assert_allclose(filled, 0.7, atol=1e-4)


def test_no_weight_gives_zero() -> None:
    assert not spread(np.ones((16, 16, 1), np.float32), np.zeros((16, 16), np.float32)).any()


@pytest.mark.skipif(native() is None, reason="no compiled kernels")
@settings(max_examples=25)
@given(st.integers(0, 2**31), st.integers(1, 70), st.integers(1, 70), st.integers(1, 3))
def test_kernel_does_what_the_stand_in_does(
    seed: int, height: int, width: int, channels: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(height, width, channels)).astype(np.float32)
    weight = rng.uniform(-0.5, 1.5, (height, width)).astype(np.float32)
    weight[rng.uniform(size=(height, width)) < 0.7] = 0
    weight[:, : width // 2] = 0
    np.testing.assert_allclose(spread(values, weight), spread_slowly(values, weight), atol=2e-4)
