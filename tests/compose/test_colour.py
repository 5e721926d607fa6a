from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from relume.compose import GAMMA, luminance, relit, to_linear, to_srgb

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
    np.testing.assert_allclose(relit(picture, np.ones_like(picture)), picture, atol=1e-6)


@given(st.floats(0.02, 1))
def test_darkening_multiplies_linear_light(ratio: float) -> None:
    ramp = np.linspace(0, 1, 300, dtype=np.float32).reshape(-1, 1, 1).repeat(3, 2)
    lit = relit(ramp, np.full_like(ramp, ratio ** (1 / GAMMA)))
    np.testing.assert_allclose(lit, to_srgb(to_linear(ramp) * np.float32(ratio)), atol=0.01)


@given(st.floats(1, 4))
def test_brightening_keeps_order_range_and_dark_tones(ratio: float) -> None:
    ramp = np.linspace(0, 1, 300, dtype=np.float32).reshape(-1, 1, 1).repeat(3, 2)
    lit = relit(ramp, np.full_like(ramp, ratio ** (1 / GAMMA)))[:, 0, 0]
    assert (np.diff(lit) > 0).all()
    assert lit[0] == pytest.approx(0.0, abs=1e-6)
    assert lit[-1] == pytest.approx(1.0, abs=1e-5)
    exact = to_srgb(to_linear(ramp[:40]) * np.float32(ratio))[:, 0, 0]
    np.testing.assert_allclose(lit[:40], exact, atol=0.012)
