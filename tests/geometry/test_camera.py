"""Cameras: EG3D's 25 numbers, projection, rays, frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.errors import UsageError
from relume.geometry import FOCAL, RADIUS, Camera, to_yaw_pitch_roll

yaws, pitches = st.floats(-3.1, 3.1), st.floats(-1.5, 1.5)
cameras = st.builds(Camera.look_at, yaws, pitches, yaws, st.floats(1, 5), st.floats(1, 9))
points = st.tuples(*[st.floats(-0.4, 0.4)] * 3).map(np.array)


def test_frontal_camera_has_eg3ds_numbers() -> None:
    expected = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, RADIUS, 0, 0, 0, 1]
    expected += [FOCAL, 0, 0.5, 0, FOCAL, 0.5, 0, 0, 1]
    np.testing.assert_allclose(Camera.look_at().vector, expected, atol=1e-15)


def test_focal_length_is_the_stated_field_of_view() -> None:
    assert 1 / (1.414 * np.tan(np.radians(18.837) / 2)) == pytest.approx(FOCAL, rel=2e-4)


@given(cameras)
def test_vector_round_trip(camera: Camera) -> None:
    again = Camera.from_vector(camera.vector.tolist())
    np.testing.assert_array_equal(again.vector, camera.vector)
    assert camera.vector.shape == (25,)


@given(cameras)
def test_look_at_sees_the_origin_in_the_middle(camera: Camera) -> None:
    np.testing.assert_allclose(camera.project([0.0, 0, 0]), [0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(
        camera.to_camera([0.0, 0, 0]), [0, 0, np.linalg.norm(camera.position)], atol=1e-12
    )


def test_known_points() -> None:
    camera = Camera.look_at()
    unit = FOCAL / RADIUS
    np.testing.assert_allclose(camera.project([0.1, 0, 0]), [0.5 + 0.1 * unit, 0.5])
    np.testing.assert_allclose(camera.project([0, 0.1, 0]), [0.5, 0.5 - 0.1 * unit])  # y down
    nearer = FOCAL / (RADIUS - 0.2)
    np.testing.assert_allclose(camera.project([0.1, 0, 0.2]), [0.5 + 0.1 * nearer, 0.5])
    from_the_right = Camera.look_at(yaw=np.pi / 2)
    np.testing.assert_allclose(from_the_right.position, [RADIUS, 0, 0], atol=1e-12)
    np.testing.assert_allclose(from_the_right.project([0, 0, 0.1]), [0.5 - 0.1 * unit, 0.5])
    above = Camera.look_at(pitch=0.5)
    assert above.position[1] > 0


@given(cameras, points)
def test_rays_go_through_what_they_project(camera: Camera, point: np.ndarray) -> None:
    origin, direction = camera.rays(camera.project(point))
    np.testing.assert_allclose(np.linalg.norm(direction), 1)
    towards = point - origin
    np.testing.assert_allclose(direction * np.linalg.norm(towards), towards, atol=1e-9)


def test_shapes_are_kept() -> None:
    camera = Camera.look_at(0.3)
    assert camera.project(np.zeros((4, 5, 3))).shape == (4, 5, 2)
    origins, directions = camera.rays(np.zeros((4, 5, 2)))
    assert origins.shape == directions.shape == (4, 5, 3)


@given(cameras)
def test_view_frame(camera: Camera) -> None:
    """x right, y up, z towards the viewer, in canonical space."""
    np.testing.assert_allclose(
        camera.view_to_head @ [0, 0, 1],
        camera.position / np.linalg.norm(camera.position),
        atol=1e-9,
    )
    up = camera.position + camera.view_to_head @ [0, 0.1, -1]
    assert camera.project(up)[1] < 0.5
    right = camera.position + camera.view_to_head @ [0.1, 0, -1]
    assert camera.project(right)[0] > 0.5
    assert np.linalg.det(camera.view_to_head) == pytest.approx(1)


def test_frontal_view_frame_is_canonical_space() -> None:
    np.testing.assert_allclose(Camera.look_at().view_to_head, np.eye(3), atol=1e-15)


@given(yaws, pitches, st.floats(-0.4, 0.4), st.floats(-0.05, 0.05), yaws)
def test_turned_adds_angles(yaw: float, pitch: float, dy: float, dp: float, roll: float) -> None:
    turned = Camera.look_at(yaw, pitch, roll).turned(dy, dp)
    expected = Camera.look_at(yaw + dy, pitch + dp, roll)
    np.testing.assert_allclose(turned.vector, expected.vector, atol=1e-9)


@given(cameras, yaws)
def test_turned_keeps_distance_and_lens(camera: Camera, yaw: float) -> None:
    turned = camera.turned(yaw=yaw)
    assert np.linalg.norm(turned.position) == pytest.approx(np.linalg.norm(camera.position))
    np.testing.assert_array_equal(turned.intrinsics, camera.intrinsics)
    np.testing.assert_allclose(turned.turned(yaw=-yaw).vector, camera.vector, atol=1e-8)


@given(yaws, pitches, yaws)
def test_angles_of_a_camera(yaw: float, pitch: float, roll: float) -> None:
    camera = Camera.look_at(yaw, pitch, roll)
    assert camera.yaw_pitch_roll == pytest.approx((yaw, pitch, roll), abs=1e-9)
    assert camera.yaw_pitch_roll == to_yaw_pitch_roll(camera.rotation)


def test_cameras_do_not_change() -> None:
    pose = np.eye(4)
    camera = Camera(pose, np.eye(3))
    pose[:] = 9
    assert camera.cam2world[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        camera.cam2world[0, 0] = 2


def test_wrong_numbers_are_refused() -> None:
    for vector in (np.zeros(24), "frontal", None):
        with pytest.raises(UsageError, match="25 numbers, got"):
            Camera.from_vector(vector)
    with pytest.raises(UsageError, match="cam2world"):
        Camera(np.eye(3), np.eye(3))
    with pytest.raises(UsageError, match="intrinsics"):
        Camera(np.eye(4), np.full((3, 3), np.nan))
    for yaw in (np.nan, np.inf, "left", 15.0):
        for ask in (Camera.look_at, Camera.look_at().turned):
            with pytest.raises(UsageError, match="a camera's yaw is a"):
                ask(yaw)
    with pytest.raises(UsageError, match=r"radians, -2 pi to 2 pi, got -20; .*math\.radians"):
        Camera.look_at(pitch=-20)


@pytest.mark.parametrize(
    "wrong",
    [
        np.diag([2.0, 3.0, 4.0, 1.0]),
        np.diag([-1.0, 1.0, 1.0, 1.0]),
        np.diag([1.0, 1.0, 1.0, 2.0]),
        np.eye(4) + np.eye(4, k=-3),
    ],
    ids=["scaled", "mirrored", "homogeneous", "transposed"],
)
def test_a_camera_is_rigid(wrong: Any) -> None:
    with pytest.raises(UsageError, match="cam2world is a rigid transform"):
        Camera(wrong, np.eye(3))


def test_a_camera_of_few_digits_is_taken() -> None:
    camera = Camera.look_at(0.31, -0.22, 0.13)
    halves = camera.vector.astype(np.float16)
    assert Camera.from_vector(halves).yaw_pitch_roll == pytest.approx((0.31, -0.22, 0.13), abs=3e-3)


@pytest.mark.parametrize("wrong", ["left", None, [], 0.5, np.zeros((2, 4)), [[1, 2], 3]])
def test_points_of_another_shape_are_refused(wrong: Any) -> None:
    camera = Camera.look_at()
    for ask in (camera.to_camera, camera.project, camera.rays):
        with pytest.raises(UsageError, match=r"points are given by \d numbers each, got"):
            ask(wrong)
    for pose in ((wrong, np.zeros(3)), (np.eye(3), wrong)):
        with pytest.raises(UsageError, match="a rotation of 3 x 3 numbers and a shift of 3"):
            Camera.from_pose(*pose)


def test_a_camera_is_found_again_by_how_it_sees() -> None:
    camera = Camera.look_at(0.3, -0.2, 0.1, radius=2.6)
    rotation = camera.rotation.T
    again = Camera.from_pose(rotation, -rotation @ camera.position)
    assert again.vector == pytest.approx(camera.vector)
