from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from relume.compose import apply_ratio, luminance, to_linear, to_srgb

PICTURES = arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32))


@pytest.mark.parametrize(
    ("coded", "linear"), [(0.0, 0.0), (0.04045, 0.0031308), (0.5, 0.21404114), (1.0, 1.0)]
)
def test_known_values_of_the_standard(coded: float, linear: float) -> None:
    np.testing.assert_allclose(to_linear(np.float32([coded])), [linear], atol=2e-5)
    np.testing.assert_allclose(to_srgb(np.float32([linear])), [coded], atol=2e-5)


@given(PICTURES)
def test_there_and_back(picture: np.ndarray) -> None:
    np.testing.assert_allclose(to_srgb(to_linear(picture)), picture, atol=3e-5)


def test_out_of_range_is_clipped() -> None:
    assert to_linear(np.float32([-0.1]))[0] == 0.0
    assert to_srgb(np.float32([-0.5, 2.0])).tolist() == pytest.approx([0.0, 1.0], abs=1e-6)


def test_white_has_luminance_one() -> None:
    assert luminance(np.ones((2, 2, 3), np.float32)) == pytest.approx(np.ones((2, 2)))


@given(PICTURES)
def test_a_ratio_of_one_changes_nothing(picture: np.ndarray) -> None:
    np.testing.assert_array_equal(apply_ratio(picture, np.ones_like(picture)), picture)


@given(PICTURES, st.floats(0, 1, width=32))
def test_darkening_is_exact(picture: np.ndarray, ratio: float) -> None:
    np.testing.assert_allclose(
        apply_ratio(picture, np.full_like(picture, ratio)), picture * np.float32(ratio), rtol=1e-6
    )


@given(st.floats(1, 8, width=32))
def test_brightening_keeps_order_and_range(ratio: float) -> None:
    ramp = np.linspace(0, 1, 200, dtype=np.float32).reshape(-1, 1, 1).repeat(3, 2)
    lit = apply_ratio(ramp, np.full_like(ramp, ratio))[:, 0, 0]
    assert lit[-1] == pytest.approx(1.0, abs=1e-6)
    assert lit.min() >= 0.0
    assert (np.diff(lit) > 0).all()
    assert lit[4] == pytest.approx(ramp[4, 0, 0] * ratio, rel=0.02)
