"""Every metric on cases whose answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.evaluate.metrics import (
    consistent,
    depth_error,
    feature_distance,
    frechet_distance,
    identity_similarity,
    ita_class,
    jitter,
    lighting_error,
    lighting_instability,
    normal_error,
    pose_error,
    psnr,
    scaled_rmse,
    scaled_ssim,
    ssim,
    typology_angle,
    warp_back,
    warping_error,
)
from relume.evaluate.metrics.skin_tone import _NOT_SKIN
from relume.geometry import Camera
from relume.light import LAMBERT, Light, directional, sh_basis, sphere_quadrature

RNG = np.random.default_rng(0)
EVERYWHERE = np.ones((32, 32), bool)


def lamp(*direction: float) -> np.ndarray:
    """A point lamp's coefficients, not deringed."""
    return np.pi * sh_basis(np.array(direction) / np.linalg.norm(direction))[:, None]


def test_lighting_error_is_the_distance_of_shadings() -> None:
    a, b = lamp(0, 0, 1), lamp(0.6, 0, 0.8)
    directions, weights = sphere_quadrature()
    basis = sh_basis(directions) * LAMBERT
    difference = basis @ (a / a[0] - b / b[0])[:, 0]
    assert lighting_error(a, b) == pytest.approx(np.sqrt(weights @ difference**2))
    assert lighting_error(a, 3 * a) == pytest.approx(0, abs=1e-12)
    assert lighting_error(lamp(0, 0, 1), lamp(0, 0, -1)) == pytest.approx(4 / np.sqrt(3))
    even = Light.ambient().coefficients[:, :1]
    assert lighting_error(even, lamp(1, 0, 0)) == pytest.approx(np.sqrt(4 / 3 + 5 / 16))


def test_lighting_error_takes_the_mean_over_channels() -> None:
    grey, red = directional([0, 0, 1]).coefficients, directional([1, 0, 0]).coefficients
    mixed = np.stack([red[:, 0], grey[:, 1], grey[:, 2]], 1)
    assert lighting_error(mixed, grey) == pytest.approx(lighting_error(red, grey) / 3)
    with pytest.raises(ValueError, match="positive"):
        lighting_error(-grey, grey)


def test_lighting_instability_of_two_values_is_half_their_distance() -> None:
    a, b = lamp(0, 0, 1), lamp(1, 1, 1)
    assert lighting_instability([a, b]) == pytest.approx(lighting_error(a, b) / 2)
    assert lighting_instability([a, 2 * a, a]) == pytest.approx(0, abs=1e-12)


def test_identity_is_a_cosine() -> None:
    assert identity_similarity([1, 0], [3, 0]) == 1.0
    assert identity_similarity([1, 0], [0, 1]) == 0.0
    assert identity_similarity([1, 1], [-2, -2]) == pytest.approx(-1)


def test_warping_error_of_a_moved_picture_is_zero() -> None:
    before = RNG.integers(20, 255, (32, 32, 3)).astype(np.uint8)
    after = np.roll(before, 3, axis=1)
    flow = np.zeros((32, 32, 2), np.float32)
    flow[..., 0] = -3
    inside = np.zeros((32, 32), bool)
    inside[:, 4:] = True
    assert np.array_equal(warp_back(before, flow)[inside], after[inside])
    assert warping_error(before, after, flow, inside) == 0.0
    still = np.zeros_like(flow)
    assert warping_error(before, after, still, inside) > 0.3
    brighter = np.full((32, 32, 3), 110, np.uint8)
    base = np.full((32, 32, 3), 100, np.uint8)
    assert warping_error(base, brighter, still, EVERYWHERE) == pytest.approx(10 / 110)
    assert warping_error(base, brighter, still, ~EVERYWHERE) is None


def test_flows_that_undo_each_other_are_consistent() -> None:
    flow = np.full((32, 32, 2), 2.0, np.float32)
    assert consistent(flow, -flow).all()
    assert not consistent(flow, flow).any()


def test_feature_distance_of_orthogonal_features_is_two() -> None:
    a, b = np.zeros((2, 2, 4, 4))
    a[0], b[1] = 3.0, 0.5
    assert feature_distance([a], [a]) == 0.0
    assert feature_distance([a], [b]) == pytest.approx(2)
    assert feature_distance([a, a], [a, b]) == pytest.approx(1)


def test_frechet_distance_of_gaussians() -> None:
    x = RNG.normal(size=(4000, 3))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + np.array([1, 2, 0])) == pytest.approx(5)
    # Covariances S and 4 S: tr(S + 4 S - 2 * 2 S) = tr S
    doubled = x.mean(0) + 2 * (x - x.mean(0))
    assert frechet_distance(x, doubled) == pytest.approx(np.trace(np.cov(x.T)))
    with pytest.raises(ValueError, match="two pictures"):
        frechet_distance(x[:1], x)


def test_scaled_rmse_ignores_exposure_and_is_one_for_nonsense() -> None:
    truth = RNG.uniform(0.1, 1, (32, 32))
    assert scaled_rmse(0.2 * truth, truth, EVERYWHERE) == pytest.approx(0, abs=1e-7)
    assert scaled_rmse(np.zeros((32, 32)), truth, EVERYWHERE) == 1.0
    # o = (1, 0), w = (1, 1): s = 1, error 1 of a power of 2.
    o, w = np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])
    assert scaled_rmse(o, w, w > 0) == pytest.approx(np.sqrt(0.5))
    assert scaled_ssim(0.3 * truth, truth, EVERYWHERE) == pytest.approx(1)
    assert scaled_ssim(RNG.uniform(size=(32, 32)), truth, EVERYWHERE) < 0.4


def test_psnr_and_ssim() -> None:
    a = RNG.uniform(0, 0.9, (32, 32, 3))
    assert psnr(a, a, EVERYWHERE) == 100.0
    assert psnr(a, a + 0.1, EVERYWHERE) == pytest.approx(20)
    assert ssim(a, a, EVERYWHERE) == pytest.approx(1)
    flat = np.full((32, 32), 0.5)
    # Flat pictures differ in luminance only: (2 a b + c1) / (a^2 + b^2 + c1)
    expected = (2 * 0.5 * 0.25 + 1e-4) / (0.5**2 + 0.25**2 + 1e-4)
    assert ssim(flat, flat / 2, EVERYWHERE) == pytest.approx(expected)


def test_likeness_agrees_with_scikit_image() -> None:
    measure = pytest.importorskip("skimage.metrics")
    a, b = (RNG.uniform(size=(60, 70)) for _ in range(2))
    b = 0.7 * a + 0.3 * b
    inner = np.zeros(a.shape, bool)
    inner[8:-8, 8:-8] = True
    _, theirs = measure.structural_similarity(
        a,
        b,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    assert ssim(a, b, inner) == pytest.approx(theirs[inner].mean(), abs=1e-6)
    whole = np.ones(a.shape, bool)
    theirs = measure.peak_signal_noise_ratio(a, b, data_range=1.0)
    assert psnr(a, b, whole) == pytest.approx(theirs)


def test_typology_angle_of_known_colours() -> None:
    """CIELAB of L* 70 and b* 20 has 45 degrees; a face's own patches are what counts."""
    lab = np.array([[[70.0, 12.0, 20.0]]], np.float32)
    skin = np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0] * 255).astype(np.uint8)
    # A round face; eyes and mouth, a third of it, are black, and so is all around.
    turn = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    landmarks = np.stack([100 + 80 * np.cos(turn), 100 + 80 * np.sin(turn), 0 * turn], 1)
    for part, (x, y) in zip(_NOT_SKIN, ((65, 75), (135, 75), (100, 140)), strict=True):
        around = np.linspace(0, 2 * np.pi, len(part))
        landmarks[list(part), :2] = np.stack([x + 25 * np.cos(around), y + 14 * np.sin(around)], 1)
    picture = np.zeros((200, 200, 3), np.uint8)
    cv2.circle(picture, (100, 100), 80, skin.tolist(), -1)
    for x, y in ((65, 75), (135, 75), (100, 140)):
        cv2.ellipse(picture, (x, y), (25, 14), 0, 0, 360, (0, 0, 0), -1)
    angle = typology_angle(picture, landmarks)
    assert angle == pytest.approx(45.0, abs=0.7)
    assert ita_class(angle) == "light"
    assert [ita_class(a) for a in (60, 30, 15, 0, -40)] == [
        "very light",
        "intermediate",
        "tan",
        "brown",
        "dark",
    ]


def test_a_face_outside_the_picture_has_no_typology_angle() -> None:
    landmarks = np.random.default_rng(0).uniform(-200, -100, (468, 3)).astype(np.float32)
    assert typology_angle(np.zeros((64, 64, 3), np.uint8), landmarks) is None


@given(yaw=st.floats(-0.6, 0.6), turn=st.floats(-0.5, 0.5))
def test_pose_error_is_the_turn(yaw: float, turn: float) -> None:
    camera = Camera.look_at(yaw)
    assert pose_error(camera, camera.turned(turn)) == pytest.approx(abs(turn), abs=1e-6)


def test_geometry_errors() -> None:
    z = RNG.uniform(2, 3, (32, 32))
    assert depth_error(z + 0.5, z, EVERYWHERE) == pytest.approx(0, abs=1e-12)
    off = z + np.where(np.arange(32) % 2, 0.1, -0.1)
    assert depth_error(off, z, EVERYWHERE) == pytest.approx(0.1)
    up = np.zeros((32, 32, 3))
    up[..., 1] = 1
    side = np.roll(up, 1, axis=2)
    assert normal_error(up, side, EVERYWHERE) == pytest.approx(np.pi / 2)


def test_jitter_of_steady_motion_is_zero_and_of_noise_known() -> None:
    t = np.arange(50.0)
    assert jitter(np.stack([3 * t, -t], 1)) == pytest.approx(0, abs=1e-9)
    noise = RNG.normal(0, 0.2, (200_000, 2))
    assert jitter(noise) == pytest.approx(0.2 * np.sqrt(12), rel=0.01)
    with pytest.raises(ValueError, match="three points"):
        jitter([1, 2])
