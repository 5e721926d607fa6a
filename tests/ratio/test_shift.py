"""Shifts of one layer and of two, in crop and in frame pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.face import Matte
from relume.media import ArrayPicture
from relume.ratio import RatioPlan
from relume.ratio.maps import Maps
from relume.ratio.shift import hidden, in_frame, seen_through, within_frame
from relume.ratio.window import MARGIN, RESOLUTION, Window

Floats = NDArray[np.float32]


@pytest.mark.parametrize("channels", [2, 5])
def test_both_layers_are_turned_into_the_frame(channels: int) -> None:
    c, s = 2 * np.cos(0.4), 2 * np.sin(0.4)
    crop = np.array([[c, -s, 7.0], [s, c, -3.0]])
    shift = np.random.default_rng(0).normal(0, 5, (4, 4, channels)).astype(np.float32)
    found = in_frame(shift, crop)
    assert found.shape == shift.shape
    back = np.linalg.inv(crop[:, :2])
    for k in range(0, channels - 1, 2):
        np.testing.assert_allclose(
            found[..., k : k + 2], shift[..., k : k + 2] @ back.T, rtol=0, atol=1e-5
        )
    if channels == 5:
        np.testing.assert_array_equal(found[..., 4], shift[..., 4])


def test_a_core_hides_whatever_the_matte_says_and_nothing_hides_what_is_uncovered() -> None:
    part = np.array([0.0, 0.15, 1.0], np.float32)
    assert not hidden(np.float32(-1.5), part).any()
    assert hidden(np.float32(1.0), part) == pytest.approx([0, 0.5, 1], abs=1e-6)
    assert hidden(np.float32(2.0), part) == pytest.approx(1)


def test_a_person_is_seen_through_what_is_uncovered() -> None:
    """Somebody whose right half is hidden by nothing, so that what stands there shows."""
    person = np.zeros((8, 40), np.float32)
    person[:, 10:30] = 1
    shift = np.full((8, 40, 5), (-2.0, 0.0, 12.0, 0.0, 2.0), np.float32)
    shift[:, 20:, 4] = 0
    seen = seen_through(person, shift)
    assert seen[4, 11] == 0.0  # the head's left edge has moved there
    assert seen[4, 13:20].min() == 1.0
    assert seen[4, 20:].max() == 0.0  # fetched from beside the person
    assert seen_through(person, shift[..., :2])[4, 20:31].min() == 1.0


def test_what_is_behind_changes_where_the_head_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turned head has left a place in which nothing is drawn along any more."""
    monkeypatch.setattr("relume.ratio.apply.native", lambda: None)
    maps = np.zeros((RESOLUTION, RESOLUTION, 5), np.float32)
    maps[..., 4] = 2
    maps[40:60, 40:60, 2:] = 24.0, 0.0, 0.0
    crop = np.array([[1.0, 0, MARGIN], [0, 1.0, MARGIN]])
    window = Window.of(crop - [[0, 0, 2 * MARGIN]] * 2, 512, 512)
    assert window is not None
    still = Maps(np.zeros((RESOLUTION, RESOLUTION, 3), np.float32), maps)
    nobody = np.zeros((8, 8, 4), np.float32)
    matte = Matte(nobody, nobody[..., 3], np.array([[64.0, 0, 0], [0, 64.0, 0]]))
    across = np.linspace(0, 1, 512, dtype=np.float32)
    picture = ArrayPicture(np.repeat(np.repeat(across[None, :, None], 512, 0), 3, 2))
    before = picture.array.copy()
    plan = RatioPlan(window, lambda: still, matte, crop - [[0, 0, 2 * MARGIN]] * 2)
    plan.apply(picture)
    changed = cv2.absdiff(picture.array, before).max(2) > 0.01
    assert changed.any()


@pytest.mark.parametrize("roll", [0.0, 0.3])
def test_nothing_is_fetched_from_outside_the_frame(roll: float) -> None:
    crop = cv2.getRotationMatrix2D((60.0, 70.0), np.degrees(roll), 4.0)
    crop[:, 2] += np.array([256.0, 256.0]) - (60, 70)
    window = Window.of(crop, 160, 120)  # wholly in the window
    assert window is not None
    to_frame = cv2.invertAffineTransform(window.frame_to_cells)
    at = np.stack(np.indices((RESOLUTION, RESOLUTION))[::-1], -1) @ to_frame[:, :2].T
    at += to_frame[:, 2]
    inside = ((at > 0) & (at < (159, 119))).all(-1)
    assert 0 < inside.sum() < inside.size
    for by in (-80.0, 80.0):
        shift = np.full((RESOLUTION, RESOLUTION, 5), by, np.float32)
        kept = within_frame(shift, window)
        for move in (kept[..., :2], kept[..., 2:4]):
            fetched = at + move / 8 @ to_frame[:, :2].T
            assert (fetched[inside] > -0.01).all()
            assert (fetched[inside] < (159.01, 119.01)).all()
        assert np.array_equal(kept[..., 4], shift[..., 4])
    small = np.full((RESOLUTION, RESOLUTION, 2), 0.5, np.float32)
    far_in = ((at > 5) & (at < (154, 114))).all(-1)
    np.testing.assert_allclose(within_frame(small, window)[far_in], small[far_in], atol=1e-4)


def test_a_shift_that_stays_in_the_frame_is_kept() -> None:
    crop = np.array([[1.0, 0.0, -2000.0], [0.0, 1.0, -2000.0]])
    window = Window.of(crop, 5000, 5000)
    assert window is not None
    shift = np.zeros((RESOLUTION, RESOLUTION, 2), np.float32)
    shift[40:80, 40:80] = 30
    assert within_frame(shift, window) is shift
