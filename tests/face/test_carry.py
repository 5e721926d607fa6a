"""A pose carried along by pixels: as quick as they are, and in the long run where landmarks are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.face import HeadModel, Pose
from relume.face.carry import CarryConfig, PoseCarrier, _slopes
from relume.media.picture import as_picture

NOBODY = np.zeros(len(HeadModel.load().identity), np.float32)
STEP = 1 / 30


def texture(seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).random((360, 360, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(np.clip((soft - 0.5) * 900 + 128, 0, 255), np.uint8)


def at(x: float = 180.0, yaw: float = 0.0, scale: float = 240.0) -> Pose:
    return Pose(yaw, 0.0, 0.0, x, 180.0, scale)


def test_a_shift_of_the_picture_is_a_shift_of_the_face() -> None:
    carrier, frame = PoseCarrier(CarryConfig(memory=1e9)), texture()
    carrier(as_picture(frame), at(), NOBODY, 0.0)
    for i in range(1, 25):  # far enough for the picture of the face to be cut anew
        matrix = np.array([[1.0, 0, 1.5 * i], [0, 1, 0]])
        moved = np.asarray(cv2.warpAffine(frame, matrix, (360, 360), borderMode=1), np.uint8)
        pose = carrier(as_picture(moved), at(180 + 1.5 * i, 0.01), NOBODY, STEP)
    assert pose.x == pytest.approx(180 + 36, abs=1.0)
    assert abs(pose.yaw) < 0.01
    assert pose.scale == pytest.approx(240, rel=0.01)


def test_a_growing_picture_is_a_nearing_face() -> None:
    carrier, frame = PoseCarrier(CarryConfig(memory=1e9)), texture()
    carrier(as_picture(frame), at(), NOBODY, 0.0)
    for i in range(1, 6):
        matrix = cv2.getRotationMatrix2D((180.0, 180.0), 0, 1.01**i)
        grown = np.asarray(cv2.warpAffine(frame, matrix, (360, 360), borderMode=1), np.uint8)
        pose = carrier(as_picture(grown), at(scale=240 + i), NOBODY, STEP)
    assert pose.scale == pytest.approx(240 * 1.01**5, rel=0.006)


def test_on_a_still_picture_landmarks_may_tremble_and_are_right_in_the_end() -> None:
    carrier, frame = PoseCarrier(), as_picture(texture())
    carrier(frame, at(), NOBODY, 0.0)
    rng = np.random.default_rng(1)
    trembling = [carrier(frame, at(180 + rng.normal(0, 1)), NOBODY, STEP).x for _ in range(60)]
    assert np.std(np.diff(trembling)) < 0.2
    for _ in range(60):
        pose = carrier(frame, at(184), NOBODY, STEP)
    assert pose.x == pytest.approx(184, abs=0.2)
    assert carrier(frame, pose, NOBODY, STEP).x == pytest.approx(pose.x, abs=1e-9)


def test_without_texture_or_far_from_the_landmarks_those_are_believed() -> None:
    flat = as_picture(np.full((360, 360, 3), 90, np.uint8))
    carrier = PoseCarrier()
    carrier(flat, at(), NOBODY, 0.0)
    lit = as_picture(np.full((360, 360, 3), 92, np.uint8))
    assert carrier(lit, at(185, 0.02), NOBODY, STEP).vector == pytest.approx(at(185, 0.02).vector)
    carrier, frame = PoseCarrier(), as_picture(texture())
    carrier(frame, at(), NOBODY, 0.0)
    assert carrier(frame, at(180, 0.2), NOBODY, STEP).yaw == pytest.approx(0.2)
    other = as_picture(texture(1))  # pixels that no move explains
    assert carrier(other, at(186, 0.2), NOBODY, STEP).x == pytest.approx(186, abs=1.0)


def test_a_frame_shown_again_leaves_the_face_where_it_was() -> None:
    carrier, frame = PoseCarrier(), as_picture(texture())
    carrier(frame, at(), NOBODY, 0.0)
    assert carrier(frame, at(184), NOBODY, STEP).x == 180
    assert carrier(frame, at(184), NOBODY, 0.2).x > 180.5  # a picture that stands still


def test_slopes_are_those_of_the_projection() -> None:
    pose, points = Pose(0.2, -0.1, 0.3, 170.0, 190.0, 240.0), HeadModel.load().mean[::50]
    at, slopes = pose.project(points), _slopes(pose, points, pose.project(points))
    for number in range(6):
        moved = pose.vector
        moved[number] += 0.01
        wanted = (Pose(*moved).project(points) - at) / 0.01
        np.testing.assert_allclose(slopes[..., number], wanted, atol=0.02 * np.abs(wanted).max())
