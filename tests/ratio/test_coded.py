"""From logarithms to gains: the kernel and its stand-in."""

from __future__ import annotations

import numpy as np
import pytest

from relume.compose import GAMMA
from relume.native import native
from relume.ratio.coded import coded_gain, coded_slowly
from relume.ratio.maps import Maps
from relume.ratio.window import CENTRE, RESOLUTION

compiled = native()
SETS = [] if compiled is None else compiled.available()


def _maps(lift: bool, fine: bool) -> Maps:
    rng = np.random.default_rng(3)
    shape = (RESOLUTION, RESOLUTION)
    return Maps(
        rng.normal(0, 0.6, (*shape, 3)).astype(np.float32) * (rng.random((*shape, 1)) > 0.5),
        None,
        rng.random(shape, np.float32) if lift else None,
        rng.normal(0, 0.3, (CENTRE.stop - CENTRE.start,) * 2).astype(np.float32) if fine else None,
    )


@pytest.mark.parametrize("lift", [False, True])
@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_kernel_does_what_the_stand_in_does(name: str, fine: bool, lift: bool) -> None:
    assert compiled is not None
    rng = np.random.default_rng(4)
    weight, person = rng.random((2, RESOLUTION, RESOLUTION), np.float32)
    person *= person > 0.3
    maps = _maps(lift, fine)
    usual = compiled.used()
    compiled.use(name)
    try:
        gain, changed = coded_gain(maps, weight, person)
    finally:
        compiled.use(usual)
    wanted, where = coded_slowly(maps, weight, person)
    np.testing.assert_allclose(gain, wanted, rtol=1e-4, atol=2e-5)
    assert gain.shape[0] == (2 if fine else 1) * RESOLUTION
    assert changed.dtype == bool
    assert (changed != where).mean() < 1e-3
    assert 0.1 < changed.mean() < 0.9


def test_a_ratio_of_light_is_coded_and_weighed() -> None:
    flat = np.full((RESOLUTION, RESOLUTION, 3), np.log(2), np.float32)
    half = np.full((RESOLUTION, RESOLUTION), 0.5, np.float32)
    gain, changed = coded_gain(Maps(flat, None), half, np.ones_like(half))
    np.testing.assert_allclose(gain[..., :3], 0.5 * (2 ** (1 / GAMMA) - 1), rtol=1e-4)
    assert not gain[..., 3].any()
    assert changed.all()
    nobody = np.zeros_like(half)
    assert not coded_gain(Maps(flat, None), half, nobody)[1].any()
