"""Lamps: levels, distances, solid angles, colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.errors import LightError
from relume.light import (
    LUMINANCE,
    AreaLamp,
    Light,
    area,
    direction_of,
    directional,
    kelvin_to_rgb,
    point,
    sphere_quadrature,
)

DIRECTIONS, _ = sphere_quadrature(24)
azimuths, elevations = st.floats(-3.1, 3.1), st.floats(-1.5, 1.5)


def level(light: Light) -> float:
    """Mean radiance: what no deringing changes."""
    return float(light.coefficients[0, 0])


@given(azimuths, elevations, st.floats(0, 1))
def test_directional_peaks_at_the_lamp_and_stays_positive(
    azimuth: float, elevation: float, softness: float
) -> None:
    towards = direction_of(azimuth, elevation)
    light = directional(towards, softness=softness)
    shading = light.shade(DIRECTIONS)[:, 0]
    assert shading.min() >= -1e-9
    assert light.shade(towards)[0] >= shading.max() - 1e-9
    assert 0.45 < light.shade(towards)[0] < 1.0


def test_small_lamp_shades_as_the_window_says() -> None:
    cosine = DIRECTIONS[:, 2]
    expected = 3 / 28 * (1 + 2 * cosine) ** 2
    np.testing.assert_allclose(directional([0, 0, 9]).shade(DIRECTIONS)[:, 0], expected, atol=2e-3)


@pytest.mark.parametrize("softness", [0.2, 0.5, 1.0])
def test_softness_is_a_discs_half_angle(softness: float) -> None:
    """Against the disc itself: mean and shading below it, integrated over its directions."""
    d, w = sphere_quadrature(200)
    inside = w * (d[:, 2] > np.cos(softness * np.pi / 2))
    towards = np.array([0.0, 0, 1])
    radiance = np.pi / inside.sum()
    light = directional(towards, softness=softness)
    exact = radiance * (inside * np.maximum(d[:, 2], 0)).sum() / np.pi
    assert light.shade(towards)[0] == pytest.approx(exact, rel=0.08)  # nine harmonics of it
    assert light.coefficients[0, 0] == pytest.approx(np.pi * 0.5 / np.sqrt(np.pi))


@given(azimuths, elevations, st.floats(0.3, 20))
def test_point_follows_the_inverse_square(
    azimuth: float, elevation: float, distance: float
) -> None:
    near = point(distance * direction_of(azimuth, elevation), intensity=2.0)
    far = point(2 * distance * direction_of(azimuth, elevation), intensity=2.0)
    assert level(near) == pytest.approx(4 * level(far))
    assert level(near) == pytest.approx(2 / distance**2 * level(directional([0, 0, 1])))


@pytest.mark.parametrize("shape", ["disc", "rect"])
def test_far_area_is_a_point(shape: str) -> None:
    place = np.array([3.0, 4.0, 12.0])
    lamp = area(place, AreaLamp(shape, 0.1, 0.1), intensity=50)  # type: ignore[arg-type]
    np.testing.assert_allclose(
        lamp.coefficients, point(place, intensity=50).coefficients, rtol=2e-4, atol=1e-6
    )


@pytest.mark.parametrize("distance", [0.4, 1.0, 3.0])
def test_disc_has_its_solid_angle(distance: float) -> None:
    """On axis a disc of radiance L gives 2 pi L (1 - d / sqrt(d^2 + r^2)) in all."""
    lamp = area([0, 0, distance], AreaLamp("disc", 0.8), intensity=1.0)
    radiance = np.pi / (np.pi * 0.4**2)
    solid = 2 * np.pi * (1 - distance / np.hypot(distance, 0.4))
    assert level(lamp) == pytest.approx(radiance * solid * 0.5 / np.sqrt(np.pi), rel=2e-3)


def test_rect_has_its_solid_angle() -> None:
    a, b, d = 0.6, 0.3, 0.5  # half sides: 4 atan(ab / (d sqrt(a^2 + b^2 + d^2)))
    lamp = area([0, 0, -d], AreaLamp("rect", 2 * a, 2 * b))
    solid = 4 * np.arctan(a * b / (d * np.sqrt(a * a + b * b + d * d)))
    radiance = np.pi / (4 * a * b)
    assert level(lamp) == pytest.approx(radiance * solid * 0.5 / np.sqrt(np.pi), rel=2e-3)


def test_area_turned_away_is_dark_and_wide_ones_are_softer() -> None:
    assert level(area([0, 0, 1], facing=[0, 0, 1])) == 0.0
    small, large = (area([0, 0, 1], AreaLamp("rect", s, s)) for s in (0.1, 3.0))
    ratios = [lamp.shade([0.0, 0, 1])[0] / level(lamp) for lamp in (small, large)]
    assert ratios[1] < 0.9 * ratios[0]


def test_kelvin() -> None:
    np.testing.assert_allclose(kelvin_to_rgb(5600), 1.0, atol=1e-12)
    for kelvin in (1667, 2222, 3200, 4000, 9000, 25000):
        rgb = kelvin_to_rgb(kelvin)
        assert rgb @ LUMINANCE == pytest.approx(1.0)
        assert rgb.min() >= 0
        assert (rgb[0] > rgb[2]) == (kelvin < 5600)
    for a, b in ((2221, 2223), (3999, 4001)):  # the fits meet
        np.testing.assert_allclose(kelvin_to_rgb(a), kelvin_to_rgb(b), atol=5e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: directional([0, 0, 0]),
        lambda: directional([0, np.nan, 1]),
        lambda: directional([0, 0, 1], softness=1.1),
        lambda: directional([0, 0, 1], intensity=-1),
        lambda: point([0, 0, 0.1]),
        lambda: point([0, 0, 1], rgb=[1, -1, 1]),
        lambda: area([0, 0, 1], AreaLamp("rect", 0, 1)),
        lambda: area([0, 0, 1], AreaLamp("circle", 1, 1)),  # type: ignore[arg-type]
        lambda: area([0.3, 0, 0], AreaLamp("rect", 5, 5), facing=[0, 0, 1]),
        lambda: kelvin_to_rgb(1000),
    ],
)
def test_nonsense_is_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LightError):
        wrong()


@pytest.mark.parametrize(
    "make",
    [
        lambda rgb: directional([0, 0, 1], rgb=rgb),
        lambda rgb: point([0, 0, 1], rgb=rgb),
        lambda rgb: area([0, 0, 1], rgb=rgb),
    ],
    ids=["directional", "point", "area"],
)
def test_colours_in_8_bits_are_refused_and_told_in_linear_light(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LightError, match=r"a lamp's rgb .* 16 at most.*write \[1, 0\.0802, 0\]"):
        make((255, 80, 0))
    with pytest.raises(LightError, match="intensity makes it stronger"):
        make(300)
    with pytest.raises(LightError, match="hex_to_rgb"):
        make("#ff5000")
    make(16.0)


def test_a_bulb_close_by_may_be_brighter_than_any_colour() -> None:
    assert point([0, 0, 0.2]).lamps[0].rgb == pytest.approx([25.0] * 3)
