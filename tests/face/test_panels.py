"""Which part of the frame a face's picture is: seams, and what looks like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relume.face import Pose, TrackedFace
from relume.face.panels import PanelFinder
from relume.media import ArrayPicture
from relume.media.inset import Box

SIDE = 240


def face_in(x0: float, y0: float, x1: float, y1: float, number: int = 0) -> TrackedFace:
    """A face whose landmarks span a box."""
    landmarks = np.zeros((468, 3), np.float32)
    landmarks[0, :2], landmarks[1:, :2] = (x0, y0), (x1, y1)
    pose = Pose(0.0, 0.0, 0.0, (x0 + x1) / 2, (y0 + y1) / 2, 2 * (x1 - x0))
    none = np.zeros(40, np.float32), np.zeros(47, np.float32)
    return TrackedFace(number, landmarks, 1.0, 1.0, pose, *none, False, 0.0, 1.0)


def scene(seed: int, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    """A blurred picture with a sensor's noise and a clear-cut thing or two."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(0, 255, (6, 6, 3)).astype(np.float32)
    picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(3):
        x, y = rng.integers(0, (width, height))
        cv2.circle(
            picture,
            (int(x), int(y)),
            int(rng.integers(10, 60)),
            rng.uniform(0, 255, 3).tolist(),
            -1,
        )
    return np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def stored(picture: np.ndarray, quality: int = 80) -> np.ndarray:
    """The picture after a lossy codec."""
    _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def panels(picture: np.ndarray, *faces: TrackedFace) -> list[Box | None]:
    return [face.panel for face in PanelFinder()(ArrayPicture(picture), faces, 0.0)]


@given(st.integers(90, 390), st.integers(0, 40), st.integers(0, 5), st.booleans())
@example(91, 11, 0, False)  # an edge beside a gutter hides that on its other side
@settings(max_examples=60)
def test_both_halves_of_a_split_screen(at: int, gutter: int, seed: int, upright: bool) -> None:
    """Wherever the seam is, on whatever pixel, with a gutter or without."""
    # So dark and so bright that no column looks like the next one's.
    left = 40 + scene(seed, width=at) // 3
    right = 255 - scene(seed + 9, width=480 - at) // 3
    black = np.zeros((SIDE, gutter, 3), np.uint8)
    whole = np.concatenate([left, black, right], 1)
    faces = [face_in(20, 60, 80, 150), face_in(at + gutter + 20, 60, at + gutter + 80, 150, 1)]
    if not upright:
        whole = np.ascontiguousarray(whole.transpose(1, 0, 2))
        faces = [face_in(60, 20, 150, 80), face_in(60, at + gutter + 20, 150, at + gutter + 80, 1)]
    height, width = whole.shape[:2]
    first, second = panels(stored(whole), *faces)
    assert first is not None
    assert second is not None
    end, begin = (first[2], second[0]) if upright else (first[3], second[1])
    # No pixel of the other half, and none lost but to whole double pixels.
    assert at - 3 <= end <= at + gutter + 1
    assert at - 1 <= begin <= at + gutter + 3
    assert end % 2 == begin % 2 == 0
    assert first[:2] == (0, 0)
    assert second[2:] == (width, height)


def test_each_of_a_grid() -> None:
    parts = [scene(1) // 3, 255 - scene(2) // 3, 255 - scene(3) // 3, scene(4) // 3]
    whole = np.vstack([np.hstack(parts[:2]), np.hstack(parts[2:])])
    places = [(0, 0), (SIDE, 0), (0, SIDE), (SIDE, SIDE)]
    faces = [face_in(x + 80, y + 60, x + 160, y + 180, i) for i, (x, y) in enumerate(places)]
    assert panels(stored(whole), *faces) == [(x, y, x + SIDE, y + SIDE) for x, y in places]


def test_a_clip_between_blurred_sides_but_not_between_bars() -> None:
    clip, face = scene(5) // 2 + 100, face_in(140, 60, 220, 180)
    side = cv2.GaussianBlur(scene(8, width=60) // 3, (0, 0), 9)
    assert panels(stored(np.hstack([side, clip, side])), face) == [(60, 0, 60 + SIDE, SIDE)]
    left = side.copy()
    left[60:90] = clip[60:90, :1]  # as bright as the clip, there
    assert panels(stored(np.hstack([left, clip, side])), face) == [(60, 0, 60 + SIDE, SIDE)]
    assert panels(stored(np.hstack([left, clip])), face) == [None]
    bars = cv2.copyMakeBorder(clip, 0, 0, 60, 60, cv2.BORDER_CONSTANT, value=(20, 20, 60))
    assert panels(stored(bars), face) == [None]


@pytest.mark.parametrize("change", ["elsewhere", "faint"])
def test_who_comes_later_shares_the_picture_of_who_is_there(change: str) -> None:
    """Though the seam is a pixel or two elsewhere meanwhile, as codecs have it, or fainter."""
    faces = [face_in(300, 60, 360, 150), face_in(400, 60, 460, 150, 1)]
    find, found = PanelFinder(), []
    for there in (faces[:1], faces):
        at = SIDE + 2 * (len(there) == 2 and change == "elsewhere")
        whole = np.hstack([40 + scene(1, width=at) // 3, 255 - scene(2, width=480 - at) // 3])
        if len(there) == 2 and change == "faint":
            rows = np.arange(SIDE) % 12 < 3  # where both halves look alike
            whole[rows, at - 30 : at + 30] = whole[rows, at, None]
        found += find(ArrayPicture(stored(whole)), there, len(found) * 2.0)
    assert found[0].panel == (SIDE, 0, 480, SIDE)
    assert [face.panel for face in found[1:]] == [found[0].panel] * 2
    assert not found[1].fresh


@pytest.mark.parametrize("seed", range(12))
def test_an_undivided_picture_stays_whole(seed: int) -> None:
    assert panels(stored(scene(seed)), face_in(80, 60, 160, 180)) == [None]


def test_a_door_frame_behind_an_arm_is_no_seam() -> None:
    picture = scene(6) // 3
    picture[:, 180:] = 255 - picture[:, 180:]
    face = face_in(60, 60, 120, 150)
    assert panels(stored(picture), face) == [(0, 0, 180, SIDE)]
    cv2.rectangle(picture, (120, 180), (SIDE, 200), (90, 120, 160), -1)
    assert panels(stored(picture), face) == [None]


def test_no_seam_crosses_a_face() -> None:
    picture = scene(7) // 3
    picture[:, 120:] = 255 - picture[:, 120:]
    assert panels(stored(picture), face_in(80, 60, 160, 180)) == [None]


class TestInAVideo:
    """What was found stays as long as it is there."""

    split = np.hstack([scene(1) // 3, 255 - scene(2) // 3])
    whole = scene(3, width=2 * SIDE)
    face = face_in(80, 60, 160, 180)

    def seen(self, frames: list[np.ndarray]) -> list[tuple[Box | None, bool]]:
        finder, out = PanelFinder(), []
        for k, frame in enumerate(frames):
            (face,) = finder(ArrayPicture(frame), [self.face], k / 25)
            out.append((face.panel, face.fresh))
        return out

    half = (0, 0, SIDE, SIDE)

    def test_noise_does_not_move_it(self) -> None:
        frames = [stored(self.split, q) for q in (90, 50, 70, 40, 80, 60) * 8]
        assert self.seen(frames) == [(self.half, False)] * 48

    def test_it_goes_at_once_and_the_face_is_fresh(self) -> None:
        told = self.seen([self.split, self.split, self.whole, self.whole])
        assert told == [(self.half, False)] * 2 + [(None, True), (None, False)]

    def test_it_does_not_come_and_go(self) -> None:
        told = self.seen(([self.split] * 10 + [self.whole] * 10) * 10)
        assert sum(fresh for _, fresh in told) == 1

    def test_it_comes_within_a_second(self) -> None:
        told = self.seen([self.whole] * 3 + [self.split] * 26)
        assert told[0] == (None, False)
        assert told[-1] == (self.half, False)
        assert sum(fresh for _, fresh in told) == 1

    def test_a_short_gap_does_not_break_it(self) -> None:
        gap = self.split.copy()
        cv2.rectangle(gap, (200, 100), (280, 112), (90, 120, 160), -1)  # a notice over both
        assert self.seen([self.split, gap, self.split]) == [(self.half, False)] * 3
