"""Rotations: round trips, orthonormality, and angles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.errors import UsageError
from relume.geometry import (
    Camera,
    angle_between,
    from_yaw_pitch_roll,
    look_rotation,
    orthonormal,
    to_yaw_pitch_roll,
)

Array = NDArray[np.float64]
yaws, pitches = st.floats(-np.pi, np.pi), st.floats(-1.55, 1.55)
rotations = st.builds(from_yaw_pitch_roll, yaws, pitches, yaws)


def wrapped(angle: float) -> float:
    return float(np.angle(np.exp(1j * angle)))


@given(yaws, st.floats(-np.pi / 2, np.pi / 2), yaws)
def test_rotations_are_orthonormal(yaw: float, pitch: float, roll: float) -> None:
    r = from_yaw_pitch_roll(yaw, pitch, roll)
    np.testing.assert_allclose(r.T @ r, np.eye(3), atol=1e-12)
    assert np.linalg.det(r) == pytest.approx(1)


@given(yaws, pitches, yaws)
def test_angles_round_trip(yaw: float, pitch: float, roll: float) -> None:
    back = to_yaw_pitch_roll(from_yaw_pitch_roll(yaw, pitch, roll))
    for got, given_ in zip(back, (yaw, pitch, roll), strict=True):
        assert wrapped(got - given_) == pytest.approx(0, abs=1e-9)


@given(yaws, st.floats(-np.pi / 2, np.pi / 2), yaws)
def test_any_rotation_is_its_angles(yaw: float, pitch: float, roll: float) -> None:
    """Also straight above and below, where many angles mean one rotation."""
    r = from_yaw_pitch_roll(yaw, pitch, roll)
    np.testing.assert_allclose(from_yaw_pitch_roll(*to_yaw_pitch_roll(r)), r, atol=1e-6)


@pytest.mark.parametrize(
    ("direction", "right", "down"),
    [
        ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
        ((1, 0, 0), (0, 0, -1), (0, -1, 0)),
        ((0, 0, -5), (-1, 0, 0), (0, -1, 0)),
        ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
        ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
    ],
)
def test_look_rotation_axes(
    direction: tuple[int, ...], right: tuple[int, ...], down: tuple[int, ...]
) -> None:
    r = look_rotation(direction)
    forward = -np.array(direction) / np.linalg.norm(direction)
    np.testing.assert_allclose(r, np.stack([right, down, forward], 1), atol=1e-12)


@pytest.mark.parametrize("wrong", [(0, 0, 0), (np.nan, 0, 1), (np.inf, 0, 0), (0, 1), "up", None])
def test_directions_must_make_sense(wrong: Any) -> None:
    with pytest.raises(UsageError, match="direction"):
        look_rotation(wrong)


@pytest.mark.parametrize("wrong", ["left", None, np.nan, np.inf, [0.1]])
def test_angles_must_make_sense(wrong: Any) -> None:
    for angles in ((wrong, 0, 0), (0, wrong, 0), (0, 0, wrong)):
        for turned in (from_yaw_pitch_roll, Camera.look_at, Camera.look_at().turned):
            with pytest.raises(UsageError, match=r"a camera's (yaw|pitch|roll) is a .*number"):
                turned(*angles)


@pytest.mark.parametrize("wrong", ["left", None, [], np.eye(2), np.eye(4), [[1, 2], 3]])
def test_what_is_no_matrix_is_refused(wrong: Any) -> None:
    for ask in (
        lambda: to_yaw_pitch_roll(wrong),
        lambda: angle_between(wrong, np.eye(3)),
        lambda: orthonormal(wrong),
    ):
        with pytest.raises(UsageError, match="3 x 3 numbers, got"):
            ask()


def test_roll_leans_the_camera_to_its_right() -> None:
    """Positive roll: the camera's up leans to its right, so a point above the middle of the picture
    moves to the left."""
    up = -from_yaw_pitch_roll(0, 0, 0.3)[:, 1]
    assert up[0] > 0


@given(rotations, rotations, rotations)
def test_angle_between_is_a_distance(a: Array, b: Array, c: Array) -> None:
    assert angle_between(a, a) == pytest.approx(0, abs=1e-7)
    assert angle_between(a, b) == pytest.approx(angle_between(b, a), abs=1e-9)
    assert angle_between(a, c) <= angle_between(a, b) + angle_between(b, c) + 1e-7


def test_a_rotation_in_half_the_digits_is_made_whole() -> None:
    turn = from_yaw_pitch_roll(0.4, -0.2, 0.1)
    found = orthonormal(turn.astype(np.float16))
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(found, turn, atol=1e-3)
