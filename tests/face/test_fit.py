"""The pose fit recovers poses from projections of the head itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.face import LANDMARKS, HeadModel, Pose
from relume.face.fit import PoseFitter
from relume.face.offsets import offsets

HEAD = HeadModel.load()


def landmarks_of(pose: Pose, identity: np.ndarray, expression: np.ndarray) -> np.ndarray:
    """Landmarks as the network would give them for this head."""
    points = HEAD.vertices(identity, expression)[HEAD.landmark_indices]
    out = np.zeros((468, 3), np.float32)
    out[:, :2] = pose.project(points).mean(0)
    out[list(LANDMARKS), :2] = pose.project(points) + offsets(pose.yaw) @ pose.uncrop[:, :2].T
    depth = pose.camera.to_camera(points)[:, 2] - 2.7
    out[list(LANDMARKS), 2] = depth * pose.scale * 4.2634 / 2.7
    return out


angle = st.floats(-1, 1)


@settings(max_examples=15)
@given(angle, angle, angle, st.floats(60, 900), st.integers(0, 1000))
def test_a_known_pose_comes_back(y: float, p: float, r: float, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = Pose(0.85 * y, 0.4 * p, 2.5 * r, 400.0, 300.0, scale)
    seen = landmarks_of(pose, 0.4 * rng.normal(size=40), np.clip(0.15 * rng.normal(size=47), 0, 1))
    fitter = PoseFitter()
    for _ in range(3):
        fit = fitter(seen)
    assert fit.pose.yaw == pytest.approx(pose.yaw, abs=0.05)
    assert fit.pose.pitch == pytest.approx(pose.pitch, abs=0.06)
    assert np.cos(fit.pose.roll - pose.roll) > np.cos(0.05)
    assert fit.pose.scale == pytest.approx(pose.scale, rel=0.05)
    assert np.hypot(fit.pose.x - 400, fit.pose.y - 300) < 0.03 * scale
    assert fit.error < 4.0


def test_expression_is_found_in_the_mesh() -> None:
    open_mouth = np.eye(47)[HEAD.expression_names.index("jawOpen")] * 0.6
    pose = Pose(0.1, 0.0, 0.0, 256.0, 256.0, 512.0)
    fit = PoseFitter()(landmarks_of(pose, np.zeros(40), open_mouth), rounds=10)
    fitted = HEAD.vertices(fit.identity, fit.expression)[HEAD.landmark_indices]
    gap = fitted[62, 1] - fitted[66, 1]  # inner lips
    true = HEAD.vertices(None, open_mouth)[HEAD.landmark_indices]
    assert gap == pytest.approx(true[62, 1] - true[66, 1], rel=0.25)


def test_one_wild_landmark_does_not_turn_the_head() -> None:
    pose = Pose(0.3, -0.1, 0.0, 256.0, 256.0, 512.0)
    seen = landmarks_of(pose, np.zeros(40), np.zeros(47))
    seen[33, :2] += 80.0  # the corner of an eye
    fit = PoseFitter()(seen)
    assert fit.pose.yaw == pytest.approx(0.3, abs=0.04)
    assert fit.pose.pitch == pytest.approx(-0.1, abs=0.04)


def test_identity_settles_on_a_still_face() -> None:
    rng = np.random.default_rng(1)
    pose = Pose(0.2, 0.0, 0.1, 256.0, 256.0, 400.0)
    still = landmarks_of(pose, rng.normal(size=40), np.zeros(47))
    fitter = PoseFitter()
    found = []
    for _ in range(60):
        noisy = still.copy()
        noisy[:, :2] += rng.normal(0, 0.3, (468, 2))
        found.append(fitter(noisy).identity)
    drift = np.abs(found[-1] - found[29]).max()
    assert drift < 0.1
    fitter.release()
    np.testing.assert_array_equal(fitter._identity.astype(np.float32), found[-1])


def test_crop_and_uncrop_are_inverse_and_roll_makes_upright() -> None:
    pose = Pose(0.2, 0.1, 0.4, 100.0, 80.0, 333.0)
    both = np.vstack([pose.crop, [0, 0, 1]]) @ np.vstack([pose.uncrop, [0, 0, 1]])
    np.testing.assert_allclose(both, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(pose.crop @ [100.0, 80.0, 1], [255.5, 255.5])
    points = HEAD.mean[HEAD.landmark_indices]
    in_crop = pose.project(points) @ pose.crop[:, :2].T + pose.crop[:, 2]
    np.testing.assert_allclose(in_crop, 512 * pose.camera.project(points) - 0.5, atol=1e-6)
    # The same as a camera that rolls and a crop that doesn't.
    from relume.geometry import Camera

    rolled = Camera.look_at(0.2, 0.1, 0.4).project(points)
    frame = (rolled - 0.5) * pose.scale + (pose.x, pose.y)
    np.testing.assert_allclose(pose.project(points), frame, atol=1e-6)
