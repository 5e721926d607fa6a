"""Filters, fades, cuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.face import Pose
from relume.face.cuts import CutDetector
from relume.face.fade import Fade
from relume.face.filters import OneEuro
from relume.media import as_picture


def test_one_euro_calms_noise_and_follows_motion() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(300) / 30
    still = OneEuro(1.0, 12.0)
    out = np.array([float(still(0.003 * rng.normal(), t)) for t in times])
    assert out[30:].std() < 0.5 * 0.003
    moving = OneEuro(1.0, 12.0)
    truth = 0.5 * np.sin(np.pi * times)
    out = np.array([float(moving(v, t)) for v, t in zip(truth, times, strict=True)])
    assert np.abs(out - truth)[30:].max() < 0.05


def test_one_euro_does_not_mind_how_time_is_cut() -> None:
    """A step answered over the same time ends alike at 30 and 120 frames a second."""
    ends = []
    for fps in (30, 120):
        f = OneEuro(1.0, 0.0)
        f(0.0, 0.0)
        for i in range(1, fps + 1):
            value = f(1.0, i / fps)
        ends.append(float(value))
    assert ends[0] == pytest.approx(ends[1], abs=0.02)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
def test_one_euro_stays_within_its_input(values: list[float]) -> None:
    f = OneEuro(1.0, 0.5)
    out = [float(f(v, i / 30)) for i, v in enumerate(values)]
    assert min(values) - 1e-9 <= min(out)
    assert max(out) <= max(values) + 1e-9
    assert out[0] == values[0]
    assert float(f(1e9, 0.0)) == out[-1]  # time stood still


def test_one_euro_moves_a_group_together() -> None:
    f = OneEuro(0.5, 1.0, group=1)
    f([[0.0, 0.0]], 0.0)
    a = f([[10.0, 0.1]], 1 / 30)[0]
    assert a[0] / 10 == pytest.approx(a[1] / 0.1)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 0.2)), min_size=1, max_size=30))
def test_fade_never_jumps(steps: list[tuple[float, float]]) -> None:
    fade = Fade(0.25, 0.5)
    for confidence, step in steps:
        before = fade.value
        after = fade(confidence, step)
        assert 0 <= after <= 1
        assert -step / 0.5 - 1e-9 <= after - before <= step / 0.25 + 1e-9


def test_fade_reaches_what_confidence_allows() -> None:
    fade = Fade(0.25, 0.25)
    for _ in range(8):
        fade(1.0, 1 / 30)
    assert fade.value == 1.0
    for _ in range(8):
        fade(0.0, 1 / 30)
    assert fade.value == 0.0
    assert Fade.target(0.3) == 0.0
    assert Fade.target(0.45) == pytest.approx(0.5)


def _scene(seed: int) -> np.ndarray:
    import cv2

    blocks = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(blocks, (640, 360), interpolation=cv2.INTER_CUBIC))


def test_cuts_are_seen_and_flashes_are_not() -> None:
    cuts = CutDetector()
    scene = _scene(0)
    assert cuts(as_picture(scene))  # the first frame
    assert not any(cuts(as_picture(np.roll(scene, 3 * i, 1))) for i in range(10))
    moved = np.roll(scene, 27, 1)
    flash = np.clip(moved.astype(int) + 90, 0, 255).astype(np.uint8)
    assert not cuts(as_picture(flash))
    assert not cuts(as_picture(moved))
    assert cuts(as_picture(_scene(1)))
    assert not cuts(as_picture(_scene(1)))
    assert cuts(as_picture(np.ascontiguousarray(_scene(1)[:200])))  # another size


def _flat(level: int) -> np.ndarray:
    return np.full((360, 640, 3), level, np.uint8)


@pytest.mark.parametrize("level", [0, 128])
def test_a_picture_after_black_or_a_card_of_one_colour_is_cut_to(level: int) -> None:
    cuts = CutDetector()
    assert [cuts(as_picture(_flat(level))) for _ in range(5)] == [True, *[False] * 4]
    assert cuts(as_picture(_scene(0)))
    assert not cuts(as_picture(_flat(level)))
    assert cuts(as_picture(_scene(1)))


@pytest.mark.parametrize("level", [0, 255])
def test_a_blank_frame_or_a_few_are_no_cut(level: int) -> None:
    cuts = CutDetector()
    cuts(as_picture(_scene(0)))
    for blanks in (1, 3):
        assert not any(cuts(as_picture(_flat(level))) for _ in range(blanks))
        assert not cuts(as_picture(_scene(0)))


def test_what_fades_in_from_black_is_not_cut_to() -> None:
    cuts = CutDetector()
    frames = [(_scene(0) * (i / 25)).astype(np.uint8) for i in range(26)]
    assert [cuts(as_picture(frame)) for frame in frames] == [True, *[False] * 25]


def _portrait(seed: int, x: int = 320, backdrop: int = 0) -> np.ndarray:
    """A face of random features before a backdrop."""
    import cv2

    frame = _scene(backdrop)
    features = np.random.default_rng(seed).integers(60, 230, (7, 6, 3), np.uint8)
    face = cv2.resize(features, (240, 300), interpolation=cv2.INTER_CUBIC)
    frame[30:330, x - 120 : x + 120] = face
    return frame


POSE = Pose(0.0, 0.0, 0.0, 320.0, 180.0, 420.0)


def test_another_face_before_the_same_backdrop_leaves_doubt_and_is_told() -> None:
    cuts = CutDetector()
    for _ in range(8):
        cuts(as_picture(_portrait(1)))
        assert not cuts.is_doubtful
    assert not cuts(as_picture(_portrait(2)))
    assert cuts.is_doubtful
    assert cuts.is_another(POSE, POSE)


def test_a_face_that_moves_suddenly_is_the_same() -> None:
    cuts = CutDetector()
    for _ in range(8):
        cuts(as_picture(_portrait(1)))
    assert not cuts(as_picture(_portrait(1, 365)))
    assert cuts.is_doubtful
    for off in (0.0, 12.0):  # a pose that lags behind
        assert not cuts.is_another(POSE, replace(POSE, x=365.0 - off))


def test_black_frames_are_no_trouble() -> None:
    cuts = CutDetector()
    black = np.zeros((90, 160, 3), np.uint8)
    assert [cuts(as_picture(black)) for _ in range(3)] == [True, False, False]
