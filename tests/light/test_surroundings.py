"""Surroundings as they light a face: suns and keys stand apart, nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.light import (
    Light,
    direction_of,
    environment_directions,
    environment_light,
    project_environment,
    sphere_quadrature,
)
from relume.light.lamp import LARGEST

FRONT = np.array([[0.0, 0.0, 1.0]])


def sky_with(
    spots: list[tuple[float, float, float, float]], height: int = 64, base: float = 0.2
) -> NDArray[np.float32]:
    """Even surroundings with discs of (azimuth, elevation, half angle, radiance)."""
    towards = environment_directions(height, 2 * height)
    sky = np.full((height, 2 * height, 3), base, np.float32)
    for azimuth, elevation, angle, radiance in spots:
        sky[towards @ direction_of(azimuth, elevation) > np.cos(angle)] = radiance
    return sky


spots = st.lists(
    st.tuples(
        st.floats(-3, 3), st.floats(-1.2, 1.2), st.floats(0.06, 0.6), st.floats(0.5, 400)
    ),
    max_size=4,
)  # fmt: skip


@given(spots, st.sampled_from([9, 32, 50, 64]))
@settings(max_examples=40)
def test_no_light_is_lost_or_negative(
    lights: list[tuple[float, float, float, float]], height: int
) -> None:
    sky = sky_with(lights, height)
    light, whole = environment_light(sky), project_environment(sky)
    np.testing.assert_allclose(light.coefficients[0], whole.coefficients[0], rtol=5e-3)
    directions, _ = sphere_quadrature(12)
    # What stands beside the lamps is light as well.
    for part in (light, Light(light.smooth)):
        assert part.shade(directions).min() > -1e-3 * light.shade(directions).max()
    assert all(lamp.softness <= LARGEST for lamp in light.lamps)


def test_a_window_is_a_lamp_of_its_size_and_place() -> None:
    light = environment_light(sky_with([(2.4, 0.3, 0.24, 30.0)]))
    (window,) = light.lamps
    assert window.direction @ direction_of(2.4, 0.3) > 0.995
    assert window.softness == pytest.approx(0.15)
    flux = 29.8 * 2 * np.pi * (1 - np.cos(0.24)) / np.pi
    np.testing.assert_allclose(window.rgb, flux, rtol=0.12)
    np.testing.assert_allclose(Light(light.smooth).shade(FRONT), 0.2, rtol=0.15)


def test_a_sun_beside_a_window() -> None:
    sky = sky_with([(2.0, 0.2, 0.27, 20.0)])
    sky[16, 64] = 2e4
    sun, window = environment_light(sky).lamps[:2]
    assert (sun.softness, window.softness) == (0.01, pytest.approx(0.2, abs=0.06))
    assert sun.direction @ environment_directions(64, 128)[16, 64] > 0.999
    assert window.direction @ direction_of(2.0, 0.2) > 0.98


def test_even_or_gently_changing_surroundings_have_no_lamps() -> None:
    towards = environment_directions(48, 96)
    assert not environment_light(np.ones((48, 96, 3))).lamps
    assert not environment_light(np.repeat(1.2 + towards[..., 1:2], 3, 2)).lamps


def test_grey_and_four_channels() -> None:
    sky = sky_with([(1.0, 0.5, 0.3, 50.0)])
    grey = environment_light(sky[..., 0])
    four = environment_light(np.concatenate([sky, sky[..., :1]], 2))
    for light in (grey, four):
        np.testing.assert_allclose(light.coefficients, environment_light(sky).coefficients)


@given(st.floats(-3, 3))
@settings(max_examples=10)
def test_turning(angle: float) -> None:
    sky = sky_with([(0.5, 0.4, 0.2, 80.0)])
    (lamp,) = environment_light(sky, angle).lamps
    assert lamp.direction @ direction_of(0.5 + angle, 0.4) > 0.99
