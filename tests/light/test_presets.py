"""The presets: level, no negative shading, and each one's own claim about where light falls."""

from __future__ import annotations

import numpy as np
import pytest

from relume.errors import LightError
from relume.light import LUMINANCE, PRESETS, sphere_quadrature
from relume.light.presets import Side

DIRECTIONS, _ = sphere_quadrature(24)
LEFT, RIGHT, FRONT, UP = np.array([[-1.0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])


def luminance(name: str, normal: np.ndarray, side: Side | None = None) -> float:
    return float(PRESETS[name].light(side).shade(normal) @ LUMINANCE)


def cheek(side: float) -> np.ndarray:
    return np.array([side * 0.6, 0.0, 0.8])


@pytest.mark.parametrize("name", PRESETS)
def test_level_and_no_negative_shading(name: str) -> None:
    light, level = PRESETS[name].light(), PRESETS[name].level
    assert light.mean_shading() @ LUMINANCE == pytest.approx(level, abs=1e-12)
    assert 0.3 < level <= 1.0
    shading = light.shade(DIRECTIONS)
    assert shading.min() >= -1e-3 * shading.max()


@pytest.mark.parametrize("name", PRESETS)
def test_sides_differ_exactly_where_it_is_said(name: str) -> None:
    preset = PRESETS[name]
    plain = preset.light()
    alike = np.allclose(plain.coefficients, plain.mirrored().coefficients, atol=1e-9)
    assert alike == (preset.side is None)
    if preset.side is None:
        with pytest.raises(LightError, match="no sides"):
            preset.light("left")
    else:
        other: Side = "left" if preset.side == "right" else "right"
        np.testing.assert_array_equal(preset.light(preset.side).coefficients, plain.coefficients)
        np.testing.assert_allclose(
            preset.light(other).coefficients, plain.mirrored().coefficients, atol=1e-12
        )


@pytest.mark.parametrize("name", ["rembrandt", "loop", "split", "broad", "soft-window"])
def test_keys_stand_at_the_pictures_left(name: str) -> None:
    assert luminance(name, cheek(-1)) > 1.3 * luminance(name, cheek(1))
    assert luminance(name, cheek(1), "right") > 1.3 * luminance(name, cheek(-1), "right")


def test_short_lights_the_side_turned_away_and_broad_the_other() -> None:
    """For a head turned to the picture's right, the cheek towards the camera is the left one."""
    assert luminance("short", cheek(1)) > luminance("short", cheek(-1))
    assert luminance("broad", cheek(-1)) > luminance("broad", cheek(1))


def test_split_leaves_half_in_the_dark() -> None:
    assert luminance("split", RIGHT) < 0.15 * luminance("split", LEFT)


@pytest.mark.parametrize("name", ["butterfly", "rembrandt", "noon", "overcast"])
def test_high_lights_come_from_above(name: str) -> None:
    assert luminance(name, UP) > 2 * luminance(name, -UP)


@pytest.mark.parametrize("name", ["candle", "underlight"])
def test_low_lights_come_from_below(name: str) -> None:
    assert luminance(name, -UP) > 1.5 * luminance(name, UP)


def test_rim_is_brighter_at_the_edges_than_in_front() -> None:
    assert min(luminance("rim", LEFT), luminance("rim", RIGHT)) > 2 * luminance("rim", FRONT)


def test_colours() -> None:
    red, _, blue = PRESETS["golden-hour"].light().shade(cheek(-1))
    assert red > 2 * blue
    red, _, blue = PRESETS["moonlight"].light().shade(cheek(-1))
    assert blue > 1.2 * red
    left, right = PRESETS["neon-pair"].light().shade(np.array([LEFT, RIGHT]))
    assert left[0] > 2 * left[1]
    assert right[1] > 2 * right[0]
