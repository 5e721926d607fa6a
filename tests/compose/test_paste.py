"""Cutting a square out of a frame and putting it back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.compose import block_of, carry, cut, mix, scaled
from relume.compose.colour import to_linear
from relume.face import Pose
from relume.media import ArrayPicture


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    """Smooth colours [300, 400, 3] without a symmetry."""
    x, y = np.meshgrid(np.arange(400.0), np.arange(300.0))
    waves = [0.5 + 0.4 * np.sin(x / (11 + k) + y / (17 - 3 * k) + k) for k in range(3)]
    return np.stack(waves, 2).astype(np.float32)


@given(
    scale=st.floats(60, 700),
    roll=st.floats(-1.5, 1.5),
    x=st.floats(120, 280),
    y=st.floats(100, 200),
)
def test_cut_and_carried_back_it_is_the_frame(
    frame: np.ndarray, scale: float, roll: float, x: float, y: float
) -> None:
    crop = Pose(0.0, 0.0, roll, x, y, scale).crop
    square = cut(ArrayPicture(frame), crop, 512)
    assert square is not None
    assert square.shape == (512, 512, 3)
    back = carry(square, cv2.invertAffineTransform(crop), (400, 300), cv2.BORDER_REPLICATE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    covered = cv2.warpAffine(np.ones((512, 512), np.uint8), crop, (400, 300), flags=flags)
    inside = cv2.erode(covered, np.ones((9, 9))) > 0
    miss = (back - frame)[inside]
    assert 10 * np.log10(1 / np.mean(miss**2)) > 40


def test_a_square_of_another_size_is_the_same_square(frame: np.ndarray) -> None:
    crop = Pose(0.0, 0.0, 0.3, 200, 150, 200).crop
    whole = cut(ArrayPicture(frame), crop, 512)
    small = cut(ArrayPicture(frame), scaled(crop, 512, 64), 64)
    assert whole is not None
    assert small is not None
    shrunk = cv2.resize(whole, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).max() < 0.04
    assert np.abs(shrunk - small).mean() < 0.004


def test_beyond_the_frame_it_is_mirrored_and_far_away_there_is_nothing(frame: np.ndarray) -> None:
    crop = Pose(0.0, 0.0, 0.0, 0.0, 150.0, 200.0).crop  # the first column between 255 and 256
    square = cut(ArrayPicture(frame), crop, 512)
    assert square is not None
    np.testing.assert_allclose(square[:, :256], square[:, :255:-1], atol=1e-3)
    away = Pose(0.0, 0.0, 0.0, -500.0, 150.0, 200.0).crop
    assert block_of(away, 512, 400, 300) is None
    assert cut(ArrayPicture(frame), away, 512) is None


def test_mixing_is_linear_in_light_and_leaves_the_rest_alone(frame: np.ndarray) -> None:
    other = frame[::-1].copy()
    weight = np.zeros(frame.shape[:2], np.float32)
    weight[:, 100:] = 0.25
    weight[:, 200:] = 1.0
    mixed = mix(frame, other, weight)
    np.testing.assert_array_equal(mixed[:, :100], frame[:, :100])
    wanted = 0.75 * to_linear(frame) + 0.25 * to_linear(other)
    np.testing.assert_allclose(to_linear(mixed)[:, 100:200], wanted[:, 100:200], atol=2e-4)
    np.testing.assert_allclose(mixed[:, 200:], other[:, 200:], atol=1e-4)
