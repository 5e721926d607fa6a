from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from relume.compose import smoothstep


@given(st.floats(-10, 10), st.floats(0.01, 5), st.booleans())
def test_it_goes_from_0_to_1_without_turning_back(low: float, width: float, falls: bool) -> None:
    high = low - width if falls else low + width
    x = (
        np.linspace(low - width, low + 2 * width, 50)
        if not falls
        else np.linspace(low + width, low - 2 * width, 50)
    )
    y = smoothstep(x, low, high)
    assert y.dtype == np.float32
    assert np.diff(y).min() >= 0
    assert y[0] == 0
    assert y[-1] == 1
    middle = smoothstep(np.array([0.5 * (low + high)]), low, high)
    np.testing.assert_allclose(middle, 0.5, atol=1e-3)
