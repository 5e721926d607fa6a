"""Anchors, decoding, suppression, regions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.face.detect import Detection, FaceDetector, anchors, decode, merge, overlap, within
from relume.face.roi import Roi
from relume.media import as_picture


def test_anchor_grids_match_the_networks() -> None:
    short = anchors(128, ((8, 2), (16, 6)))
    assert short.shape == (896, 2)
    assert short[0].tolist() == short[1].tolist() == [4.0, 4.0]
    assert short[-1].tolist() == [120.0, 120.0]
    full = anchors(192, ((4, 1),))
    assert full.shape == (2304, 2)
    assert full[1].tolist() == [6.0, 2.0]  # x runs first


def test_decoding_puts_a_box_where_its_anchor_says() -> None:
    grid = anchors(192, ((4, 1),))
    values = np.zeros((2304, 16), np.float32)
    logits = np.full(2304, -100.0, np.float32)
    at = 48 * 10 + 20  # centre (82, 42)
    values[at, :4] = [3, -2, 40, 50]
    values[at, 4:6] = [-10, -5]
    logits[at] = 2.0
    (found,) = decode(values, logits, grid, 192)
    np.testing.assert_allclose(found.box, [64.5, 14.5, 104.5, 64.5])
    np.testing.assert_allclose(found.points[0], [71.5, 36.5])
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_decoding_drops_nonsense() -> None:
    grid = anchors(192, ((4, 1),))
    values = np.ones((2304, 16), np.float32)
    values[0, 2] = -5
    values[1, 0] = np.nan
    logits = np.full(2304, -np.inf, np.float32)
    logits[:2] = 1000.0
    assert decode(values, logits, grid, 192) == []


def _box(x: float, y: float, side: float, score: float) -> Detection:
    box = np.array([x, y, x + side, y + side])
    return Detection(box, np.tile([x, y], (6, 1)), score)


def test_merging_blends_neighbours_and_keeps_strangers() -> None:
    out = merge([_box(0, 0, 10, 0.6), _box(1, 0, 10, 0.9), _box(50, 0, 10, 0.7)])
    assert [d.score for d in out] == [0.9, 0.7]
    assert out[0].box[0] == pytest.approx(0.6)  # (0 * 0.6 + 1 * 0.9) / 1.5
    assert merge([]) == []


@given(
    st.lists(st.tuples(*[st.floats(0, 100)] * 2, st.floats(1, 50), st.floats(0.5, 1.0)), max_size=8)
)
def test_merging_leaves_no_overlapping_bests(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    found = [_box(*b) for b in boxes]
    out = merge(found)
    assert len(out) <= len(found)
    assert all(a.score >= b.score for a, b in pairwise(out))
    assert bool(out) == bool(found)


def test_overlap_is_intersection_over_union() -> None:
    a = np.array([0.0, 0, 10, 10])
    assert overlap(a, a) == 1.0
    assert overlap(a, a + 20) == 0.0
    assert overlap(a, np.array([5.0, 0, 15, 10])) == pytest.approx(1 / 3)


def test_within_is_the_share_of_the_first_box() -> None:
    a, b = np.array([2.0, 0, 6, 4]), np.array([4.0, 0, 44, 40])
    assert within(a, b) == 0.5
    assert within(b, a) == pytest.approx(8 / 1600)
    assert within(a, a) == 1.0


@given(
    st.floats(-3, 3), st.floats(20, 500), st.floats(0, 300), st.floats(0, 300)
)  # fmt: skip
def test_a_roi_maps_its_middle_and_size(angle: float, size: float, x: float, y: float) -> None:
    m = Roi(x, y, size, angle).to_frame(192)
    np.testing.assert_allclose(m @ [95.5, 95.5, 1], [x, y], atol=1e-9)
    edge = m @ [191.5, 95.5, 1] - m @ [-0.5, 95.5, 1]
    assert np.linalg.norm(edge) == pytest.approx(size)
    assert np.arctan2(edge[1], edge[0]) == pytest.approx(angle, abs=1e-9)


@pytest.mark.parametrize("size", [96.0, 192.0, 700.0, 1500.0])
def test_a_cut_shows_what_the_frame_shows(size: float) -> None:
    """A smooth ramp keeps its values, however far the region is shrunk."""
    y, x = np.mgrid[:900, :1600]
    frame = np.stack([x * 255 / 1599, y * 255 / 899, 0 * x], -1).astype(np.uint8)
    roi = Roi(800.0, 450.0, size, 0.3)
    cut = roi.cut(as_picture(frame), 96).astype(float)
    for px, py in ((48, 48), (20, 30), (70, 60)):
        u, v = roi.to_frame(96) @ [px, py, 1]
        if 0 < u < 1599 and 0 < v < 899:
            assert cut[py, px, 0] == pytest.approx(u * 255 / 1599, abs=1.6)
            assert cut[py, px, 1] == pytest.approx(v * 255 / 899, abs=1.6)


def test_landmarks_roi_turns_with_the_eyes() -> None:
    p = np.zeros((468, 3), np.float32)
    p[:, 0] = np.tile([0, 100], 234)
    p[:, 1] = np.repeat([0, 100], 234)
    p[33, :2], p[263, :2] = [20, 40], [80, 40]
    flat = Roi.from_landmarks(p)
    assert (flat.x, flat.y, flat.angle) == (50, 50, 0)
    assert flat.size == 150
    c, s = np.cos(0.5), np.sin(0.5)
    turned = p.copy()
    turned[:, :2] = p[:, :2] @ np.array([[c, s], [-s, c]], np.float32)
    roi = Roi.from_landmarks(turned)
    assert roi.angle == pytest.approx(0.5, abs=1e-5)
    assert roi.size == pytest.approx(150, abs=1e-3)


def test_a_region_follows_no_further_than_it_must() -> None:
    old, slack = Roi(100.0, 80.0, 50.0, 3.1), 0.02
    near = Roi(100.9, 79.1, 50.9, 3.1 + 0.019 - 2 * np.pi)
    assert old.following(near, slack) == old
    far = Roi(130.0, 80.0, 60.0, 3.1 + 0.3 - 2 * np.pi)
    moved = old.following(far, slack)
    assert far.x - moved.x == pytest.approx(slack * far.size)
    assert moved.y == 80.0
    assert np.log(far.size / moved.size) == pytest.approx(slack)
    assert moved.angle == pytest.approx(3.1 + 0.3 - slack)
    again = moved.following(far, slack)
    assert (again.x, again.y) == (moved.x, moved.y)
    assert again.size == pytest.approx(moved.size)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 2), (40, 40), (120, 90)])
def test_pictures_of_any_size_can_be_searched(
    detector: FaceDetector, shape: tuple[int, int]
) -> None:
    frame = as_picture(np.full((*shape, 3), 90, np.uint8))
    assert detector.detect(frame) == []
    for look in range(len(detector.views(frame))):
        assert detector.search(frame, look) == []
