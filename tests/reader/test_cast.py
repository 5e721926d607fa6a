"""A light's overall colour: told only beyond what skin can be."""

from __future__ import annotations

import numpy as np
import pytest

from relume.light import LUMINANCE
from relume.reader.cast import cast_of

RNG = np.random.default_rng(0)
TONES = [
    (0.72, 0.52, 0.42),
    (0.6, 0.34, 0.25),
    (0.4, 0.2, 0.13),
    (0.14, 0.07, 0.045),
    (0.8, 0.6, 0.53),
]


def face(albedo, light=(1.0, 1.0, 1.0)) -> np.ndarray:
    """Places of one skin at different levels, with some grain."""
    level = RNG.uniform(0.2, 1.0, (500, 1)) * RNG.normal(1, 0.03, (500, 3))
    return level * np.asarray(albedo) * np.asarray(light)


@pytest.mark.parametrize("tone", TONES)
def test_skin_of_any_tone_in_white_light_has_no_cast(tone) -> None:
    np.testing.assert_allclose(cast_of(face(tone)), 1, atol=0.03)


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(
    ("light", "most", "least"), [((1, 0.35, 0.05), 0, 2), ((0.25, 0.5, 1.6), 2, 0)]
)
def test_a_candle_is_warm_and_moonlight_cold_whatever_the_skin(tone, light, most, least) -> None:
    cast = cast_of(face(tone, light))
    assert cast @ LUMINANCE == pytest.approx(1)
    assert cast[most] > 1.5 * cast[least]
    assert cast[most] / cast[least] < light[most] / light[least]  # never more than it is


def test_a_picture_without_colour_has_none() -> None:
    grey = np.repeat(RNG.uniform(0.1, 0.9, (300, 1)), 3, 1)
    np.testing.assert_array_equal(cast_of(grey), 1)
    np.testing.assert_array_equal(cast_of(np.zeros((0, 3))), 1)
