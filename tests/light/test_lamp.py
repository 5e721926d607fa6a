"""A light's lamps: they stay its own part through everything that is done to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.errors import LightError
from relume.geometry import Camera, from_yaw_pitch_roll
from relume.light import (
    LUMINANCE,
    PRESETS,
    AreaLamp,
    Lamp,
    Light,
    LightFrame,
    area,
    direction_of,
    directional,
    environment_light,
    load_light,
    point,
    save_light,
    sphere_quadrature,
)

NORMALS, _ = sphere_quadrature(12)


def angles(most: float) -> st.SearchStrategy[float]:
    """Two that differ do so by more than a rotation rounds away: lamps in one place are one."""
    return st.floats(-most, most).map(lambda x: round(x, 6))


angle = angles(3.0)
rotations = st.builds(from_yaw_pitch_roll, angle, angle, angle)
suns = st.builds(
    lambda a, e, s, rgb: directional(direction_of(a, e), rgb=rgb, softness=s),
    angle,
    angles(1.5),
    st.floats(0, 1),
    st.tuples(*[st.floats(0.1, 3)] * 3),
)
lights = st.builds(
    lambda c, lamps: sum(lamps, Light(np.reshape(c, (9, 3)))),
    st.lists(st.floats(-1, 1), min_size=27, max_size=27),
    st.lists(suns, max_size=3),
)


def lit(light: Light) -> NDArray[np.float64]:
    """[N, 3] unblurred shading by the lamps alone."""
    out = np.zeros((len(NORMALS), 3))
    for lamp in light.lamps:
        out += np.maximum(NORMALS @ lamp.direction, 0)[:, None] * lamp.rgb
    return out


def check(light: Light, coefficients: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(light.coefficients, coefficients, atol=1e-11)
    whole = light.smooth + sum(lamp.coefficients for lamp in light.lamps)
    np.testing.assert_allclose(whole, light.coefficients, atol=1e-11)


@given(lights, st.floats(0, 3))
def test_smooth_and_lamps_are_the_whole(light: Light, gain: float) -> None:
    check(light, light.coefficients)
    check(light * gain, light.coefficients * gain)
    np.testing.assert_allclose((light * gain).smooth, light.smooth * gain, atol=1e-10)
    np.testing.assert_allclose(lit(light * gain), lit(light) * gain, atol=1e-12)


@given(suns)
def test_a_small_lamp_is_nothing_else(sun: Light) -> None:
    np.testing.assert_allclose(sun.smooth if sun.lamps else 0, 0, atol=1e-12)


@given(lights, rotations, st.floats(-1.4, 1.4))
def test_turning_turns_the_lamps(light: Light, r: NDArray[np.float64], yaw: float) -> None:
    turned = light.rotated(r)
    smooth = Light(light.smooth).rotated(r)
    np.testing.assert_allclose(turned.smooth, smooth.coefficients, atol=1e-10)
    for a, b in zip(light.lamps, turned.lamps, strict=True):
        np.testing.assert_allclose(b.direction, r @ a.direction, atol=1e-12)
        np.testing.assert_array_equal(b.rgb, a.rgb)
    camera = Camera.look_at(yaw, 0.3, 0.2)
    head = light.to_head(camera)
    for a, b in zip(light.lamps, head.lamps, strict=True):
        np.testing.assert_allclose(b.direction, camera.view_to_head @ a.direction, atol=1e-12)
    np.testing.assert_allclose(head.to_camera(camera).smooth, light.smooth, atol=1e-10)
    mirrored = light.mirrored()
    np.testing.assert_allclose(mirrored.mirrored().smooth, light.smooth, atol=1e-11)
    check(mirrored, mirrored.coefficients)


@given(lights, lights, st.floats(0, 1))
def test_mixing_is_linear(a: Light, b: Light, t: float) -> None:
    mix = a.lerp(b, t)
    check(mix, (1 - t) * a.coefficients + t * b.coefficients)
    np.testing.assert_allclose(mix.smooth, (1 - t) * a.smooth + t * b.smooth, atol=1e-10)
    np.testing.assert_allclose(lit(mix), (1 - t) * lit(a) + t * lit(b), atol=1e-11)
    np.testing.assert_allclose(lit(a + b), lit(a) + lit(b), atol=1e-11)


@given(lights)
def test_grey_and_tint(light: Light) -> None:
    np.testing.assert_allclose(lit(light.grey())[:, 0], lit(light) @ LUMINANCE, atol=1e-12)
    check(light * [1, 0.5, 0.2], light.coefficients * [1, 0.5, 0.2])
    assert [x.rgb.tolist() for x in light.deringed().lamps] == [x.rgb.tolist() for x in light.lamps]


def test_a_light_mixed_with_itself_has_no_more_lamps() -> None:
    light = PRESETS["rembrandt"].light()
    assert len(light.lamps) == 1
    assert len(light.lerp(light, 0.3).lamps) == 1
    assert (light * 0.0).lamps == ()


def test_what_counts_as_a_lamp() -> None:
    assert not directional([0, 0, 1], softness=0.5).lamps
    assert not area([0, 0, 1], AreaLamp("rect", 3, 3)).lamps
    (near,) = point([0, 0, 2], intensity=3.0).lamps
    np.testing.assert_allclose(near.rgb, 0.75)
    (box,) = area([0, 1, 1], AreaLamp("disc", 0.4), intensity=2.0).lamps
    np.testing.assert_allclose(box.direction, [0, 0.5**0.5, 0.5**0.5], atol=0.01)
    assert box.softness == pytest.approx(np.arctan(0.2 / 2**0.5) / (np.pi / 2), rel=0.03)
    np.testing.assert_allclose(box.rgb, 1.0, rtol=0.03)


def test_a_sun_in_the_surroundings_becomes_a_lamp() -> None:
    sky = np.ones((64, 128, 3), np.float32)
    assert not environment_light(sky).lamps
    sky[20, 100] = 3000.0
    light = environment_light(sky)
    (sun,) = light.lamps
    # Row 20 of 64 is 32.3 degrees up; column 100 of 128, 77.3 to the right of the camera.
    np.testing.assert_allclose(sun.direction, direction_of(1.3499, 0.5645), atol=2e-3)
    flux = 2999 * (2 * np.pi / 128) ** 2 * np.cos(0.5645) / np.pi
    np.testing.assert_allclose(sun.rgb, flux, rtol=0.02)
    np.testing.assert_allclose(light.smooth[0], np.sqrt(4 * np.pi), rtol=0.05)


def test_lights_with_lamps_are_saved_whole(tmp_path: Path) -> None:
    light = PRESETS["three-point"].light(frame=LightFrame.HEAD)
    save_light(light, tmp_path / "a.json")
    back = load_light(tmp_path / "a.json").at(0.0)
    np.testing.assert_array_equal(back.coefficients, light.coefficients)
    assert back.frame is LightFrame.HEAD
    assert len(light.lamps) == len(back.lamps) == 2
    for a, b in zip(light.lamps, back.lamps, strict=True):
        np.testing.assert_array_equal(a.direction, b.direction)
        np.testing.assert_array_equal(a.rgb, b.rgb)
        assert a.softness == b.softness
    with pytest.raises(LightError, match="coefficients only"):
        load_light({"preset": "rim", "lamps_within": []})
    dark = {"direction": [0, 0, 0], "rgb": [1, 1, 1]}
    with pytest.raises(LightError, match=r"lamps_within\[0\]"):
        load_light({"coefficients": [1] * 9, "lamps_within": [dark]})


@pytest.mark.parametrize(
    ("direction", "rgb", "softness"),
    [([0, 0, 0], [1, 1, 1], 0), ([0, 0, 1], [1, np.nan, 1], 0), ([0, 0, 1], [1, 1, 1], 1.5)],
)
def test_nonsense_is_refused(direction: list[float], rgb: list[float], softness: float) -> None:
    with pytest.raises(LightError):
        Lamp(np.array(direction), np.array(rgb), softness)
