"""One lamp in nine coefficients: found where there is one, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.light import (
    LAMBERT,
    LUMINANCE,
    Light,
    LightFrame,
    direction_of,
    directional,
    sh_basis,
)
from relume.light.lamp import disc_lobe
from relume.reader import with_lamp


def read(softness: float, azimuth: float, rgb=(1.0, 1.0, 1.0), even: float = 0.1) -> Light:
    """A disc and even light as the network says them: without lamps."""
    lobe = disc_lobe(direction_of(azimuth, 0.3), softness)
    disc = lobe[:, None] * np.asarray(rgb)
    return Light(Light.ambient(even).coefficients + disc, LightFrame.CAMERA)


@given(st.floats(-1.5, 1.5), st.floats(0.05, 0.35))
def test_a_small_source_is_a_lamp_where_it_stands(azimuth: float, softness: float) -> None:
    light = with_lamp(read(softness, azimuth))
    (lamp,) = light.lamps
    assert lamp.direction @ direction_of(azimuth, 0.3) > 0.999
    np.testing.assert_allclose(lamp.rgb, 1, atol=0.15)
    assert lamp.softness <= softness
    np.testing.assert_array_equal(light.coefficients, read(softness, azimuth).coefficients)


@pytest.mark.parametrize(
    "light",
    [
        read(0.8, 0.5),
        read(0.1, 0.5, even=2.0),
        Light.ambient(),
    ],
    ids=["window", "mostly-even", "even"],
)
def test_broad_light_has_none(light: Light) -> None:
    assert with_lamp(light).lamps == ()


def test_its_colour_is_that_of_the_light_from_there() -> None:
    (lamp,) = with_lamp(read(0.1, -1.0, rgb=(1.4, 1.0, 0.5))).lamps
    np.testing.assert_allclose(
        lamp.rgb / (lamp.rgb @ LUMINANCE),
        np.array([1.4, 1, 0.5]) / (np.array([1.4, 1, 0.5]) @ LUMINANCE),
        atol=0.02,
    )


def test_what_is_left_is_hardly_negative() -> None:
    light = with_lamp(read(0.1, 0.7))
    azimuths = np.linspace(-3, 3, 13)
    directions = np.array([direction_of(a, e) for a in azimuths for e in (-0.8, 0, 0.8)])
    shading = sh_basis(directions) @ (LAMBERT[:, None] * light.smooth)
    assert shading.min() > -0.05


def test_two_lamps_from_two_sides_are_no_single_one() -> None:
    both = directional(direction_of(-1.2, 0.0)) + directional(direction_of(1.2, 0.0))
    assert with_lamp(Light(both.coefficients, both.frame)).lamps == ()
