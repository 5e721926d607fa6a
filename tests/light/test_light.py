"""`Light`: frames, arithmetic, shading, normalisation, deringing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.errors import LightError
from relume.geometry import Camera, from_yaw_pitch_roll
from relume.light import (
    LUMINANCE,
    Lamp,
    Light,
    LightFrame,
    direction_of,
    directional,
    sh_basis,
    sphere_quadrature,
)

DIRECTIONS, _ = sphere_quadrature(24)
FINE, FINE_WEIGHTS = sphere_quadrature(80)
angle = st.floats(-3.0, 3.0)
rotations = st.builds(from_yaw_pitch_roll, angle, angle, angle)
lights = st.lists(st.floats(-5, 5), min_size=27, max_size=27).map(
    lambda c: Light(np.reshape(c, (9, 3)))
)


def test_white_environment_shades_one() -> None:
    light = Light.ambient()
    assert light.coefficients[0] == pytest.approx(np.sqrt(4 * np.pi))
    np.testing.assert_allclose(light.shade(DIRECTIONS), 1.0, atol=1e-14)
    np.testing.assert_allclose(light.radiance(DIRECTIONS), 1.0, atol=1e-14)


@given(lights)
def test_shade_is_irradiance_over_pi(light: Light) -> None:
    """Against the definition, integrated: shading = 1/pi sum L(w) max(n.w, 0) dw."""
    normals = DIRECTIONS[::97]
    lobes = np.maximum(normals @ FINE.T, 0) * FINE_WEIGHTS / np.pi
    np.testing.assert_allclose(light.shade(normals), lobes @ light.radiance(FINE), atol=2e-2)


@given(lights, rotations)
def test_rotation_moves_shading_with_the_normals(light: Light, r: NDArray[np.float64]) -> None:
    n = DIRECTIONS[::31]
    np.testing.assert_allclose(light.rotated(r).shade(n @ r.T), light.shade(n), atol=1e-10)


@given(lights, angle, st.floats(-1.5, 1.5), angle)
def test_frames_round_trip(light: Light, yaw: float, pitch: float, roll: float) -> None:
    camera = Camera.look_at(yaw, pitch, roll)
    head = light.to_head(camera)
    assert head.frame is LightFrame.HEAD
    assert head.to_head(camera) is head
    back = head.to_camera(camera)
    assert back.frame is LightFrame.CAMERA
    np.testing.assert_allclose(back.coefficients, light.coefficients, atol=1e-12)


def test_camera_light_stays_on_the_pictures_right() -> None:
    """A light from the picture's right falls on the head's own +x side of a frontal camera, and on
    its front when the camera has walked around to the head's left side (yaw -90 degrees)."""
    right = directional([1, 0, 0])
    np.testing.assert_allclose(
        right.to_head(Camera.look_at()).coefficients, right.coefficients, atol=1e-12
    )
    walked = right.to_head(Camera.look_at(yaw=-np.pi / 2))
    assert walked.shade([0.0, 0, 1])[0] == pytest.approx(right.shade([1.0, 0, 0])[0])


@given(lights, lights, st.floats(0, 1))
def test_arithmetic_is_linear_in_shading(a: Light, b: Light, t: float) -> None:
    n = DIRECTIONS[::61]
    np.testing.assert_allclose((a + b).shade(n), a.shade(n) + b.shade(n), atol=1e-10)
    np.testing.assert_allclose((2.5 * a).shade(n), 2.5 * a.shade(n), atol=1e-10)
    np.testing.assert_allclose(
        a.lerp(b, t).shade(n), (1 - t) * a.shade(n) + t * b.shade(n), atol=1e-10
    )


def test_a_tint_goes_before_or_after_the_light() -> None:
    light, tint = directional([1, 0, 1]), np.array([1.0, 0.8, 0.5])
    for tinted in (tint * light, light * tint):
        assert isinstance(tinted, Light)
        np.testing.assert_array_equal(tinted.coefficients, light.coefficients * tint)
    assert isinstance(np.float32(0.5) * light, Light)


def test_mixing_frames_is_refused() -> None:
    a, b = Light.ambient(), Light.ambient(frame=LightFrame.HEAD)
    for mix in (lambda: a + b, lambda: a.lerp(b, 0.5)):
        with pytest.raises(LightError, match="to_head"):
            mix()
    with pytest.raises(LightError, match="LightFrame"):
        Light(np.zeros(9), "head")  # type: ignore[arg-type]
    for turn in (a.to_head, b.to_camera):
        with pytest.raises(LightError, match="by a Camera, not by"):
            turn(np.eye(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [np.zeros(8), np.zeros((3, 9)), np.full(9, np.inf), np.full(9, 1e300)]
)
def test_coefficients_are_checked(wrong: NDArray[np.float64]) -> None:
    with pytest.raises(LightError, match=r"9 x 3|finite"):
        Light(wrong)


@pytest.mark.parametrize("light", [Light.ambient(), directional([0, 0, 1])])
def test_no_light_is_negative(light: Light) -> None:
    for factor in (-1, [1, -0.1, 1]):
        for scale in (lambda f: light * f, lambda f: f * light):
            with pytest.raises(LightError, match=r"scale it by 0 or more, got .*-"):
                scale(factor)
    for share in (-0.1, 1.1, np.nan):
        with pytest.raises(LightError, match="share of the way"):
            light.lerp(light, share)
    with pytest.raises(LightError, match=r"lamp's rgb .* 0 or more"):
        Lamp(np.array([0, 0, 1]), np.array([1, 1, -1]))


def test_coefficients_are_read_only_and_copied() -> None:
    mine = np.ones((9, 3))
    light = Light(mine)
    mine[:] = 5
    assert light.coefficients[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        light.coefficients[0] = 0


@given(lights)
def test_grey_keeps_luminance(light: Light) -> None:
    grey = light.grey().coefficients
    np.testing.assert_allclose(grey[:, 0], light.coefficients @ LUMINANCE, atol=1e-12)
    np.testing.assert_allclose(grey @ LUMINANCE, light.coefficients @ LUMINANCE, atol=1e-12)


@given(lights)
def test_mirror_exchanges_sides(light: Light) -> None:
    n = DIRECTIONS[::61]
    np.testing.assert_allclose(light.mirrored().shade(n * [-1, 1, 1]), light.shade(n), atol=1e-12)


@given(lights, st.floats(-3, 3), st.floats(-1.5, 1.5))
def test_mean_shading_is_the_mean_over_a_spheres_picture(
    light: Light, azimuth: float, elevation: float
) -> None:
    toward = direction_of(azimuth, elevation)
    seen = FINE_WEIGHTS * np.maximum(FINE @ toward, 0)
    mean = seen @ light.shade(FINE) / seen.sum()
    np.testing.assert_allclose(light.mean_shading(toward), mean, atol=2e-2)


def test_normalised_sets_the_frontal_level() -> None:
    light = (directional([1, 1, 1], rgb=[1, 0.5, 0.2]) + 0.1 * Light.ambient()).normalised()
    assert light.mean_shading() @ LUMINANCE == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(LightError, match="ambient"):
        Light(np.zeros(9)).normalised()


@given(st.lists(st.tuples(rotations, st.floats(0.01, 1e5)), min_size=1, max_size=4))
def test_deringing_real_light_leaves_no_negative_shading(
    suns: list[tuple[NDArray[np.float64], float]],
) -> None:
    """Suns are the worst that real light can do."""
    c = sum(np.pi * power * sh_basis(r[:, 2]) for r, power in suns)
    light = Light(c)
    done = light.deringed()
    shading = done.shade(DIRECTIONS)
    assert shading.min() >= -1e-9 * shading.max()
    np.testing.assert_allclose(done.coefficients[0], light.coefficients[0])
    kept = done.coefficients[1:4] / np.where(
        light.coefficients[1:4] == 0, 1, light.coefficients[1:4]
    )
    assert kept.max() >= 6 / 7 - 1e-9  # drawn no further than the window


@given(lights)
def test_deringing_any_coefficients_with_ambient_light(light: Light) -> None:
    c = light.coefficients.copy()
    c[0] = np.abs(c[0]) + 0.1
    shading = Light(c).deringed().shade(DIRECTIONS)
    assert shading.min() >= -1e-9 * shading.max()


def test_deringing_leaves_good_light_alone() -> None:
    light = Light.ambient() + 0.3 * directional([0.2, 0.4, 1])
    np.testing.assert_array_equal(light.deringed().coefficients, light.coefficients)


def test_lights_are_summed_and_divided() -> None:
    a, b = Light.ambient(1.0), Light.ambient((0.5, 0.0, 0.0))
    total = sum([a, b])
    assert isinstance(total, Light)
    np.testing.assert_array_equal(total.coefficients, (a + b).coefficients)
    np.testing.assert_array_equal((a / 4.0).coefficients, (a * 0.25).coefficients)
    np.testing.assert_array_equal(
        (a / [1.0, 2.0, 4.0]).coefficients[0], a.coefficients[0] / [1, 2, 4]
    )
    for wrong in (0.0, -1.0, np.nan, [1.0, 0.0, 1.0], "2", [1.0, 2.0]):
        with pytest.raises(LightError, match="by one number"):
            a / wrong
    for unfit in (lambda: 1 + a, lambda: a / b, lambda: 1 / a):
        with pytest.raises(TypeError):
            unfit()


def test_a_frame_is_a_light_frame() -> None:
    with pytest.raises(LightError, match=r"relume\.light\.LightFrame\.CAMERA or \.HEAD.*'head'"):
        Light(np.ones(9), "head")  # type: ignore[arg-type]
