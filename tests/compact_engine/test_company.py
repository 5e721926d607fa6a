"""Whose each place is: everybody's own around their face and below it, nobody's twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.compact_engine.body import body_crop
from relume.compact_engine.company import own_share
from relume.face import CROP
from relume.ratio.window import Window

SIZE = (1280, 720)


def _crop(x: float, y: float, width: float) -> NDArray[np.float64]:
    k = CROP / width
    return np.array([[k, 0, CROP / 2 - k * x], [0, k, CROP / 2 - k * y]])


def _face(x: float, y: float, width: float, strength: float = 1.0) -> Any:
    return SimpleNamespace(crop=_crop(x, y, width), strength=strength)


def _share(face: Any, *company: Any, body: bool = False) -> Any:
    """The share at a frame's pixel, by the head's window or the body's."""
    crop = body_crop(face.crop) if body else face.crop
    window = Window.of(crop, *SIZE)
    assert window is not None
    shares = own_share(window, face.crop, company)
    assert isinstance(shares, np.ndarray)

    def at(x: float, y: float) -> float:
        column, row = (window.frame_to_cells @ [x, y, 1]).astype(np.float32)[:, None, None]
        return float(cv2.remap(shares, column, row, cv2.INTER_LINEAR)[0, 0])

    return at


def test_whoever_is_alone_has_all() -> None:
    face, gone = _face(300, 200, 200), _face(800, 200, 200, strength=0.0)
    window = Window.of(face.crop, *SIZE)
    assert window is not None
    assert own_share(window, face.crop, ()) == 1
    assert own_share(window, face.crop, [gone]) == 1


@pytest.mark.parametrize("body", [False, True])
def test_two_side_by_side_part_halfway(body: bool) -> None:
    left, right = _face(500, 200, 200), _face(700, 200, 200)
    ours, theirs = _share(left, right, body=body), _share(right, left, body=body)
    for y in (150, 260, 340):
        assert ours(500, y) == pytest.approx(1)
        assert theirs(500 if body else 520, y) == pytest.approx(0)
        assert ours(600, y) == pytest.approx(0.5, abs=0.1)
        for x in (530, 585, 615, 670):
            assert ours(x, y) + theirs(x, y) == pytest.approx(1, abs=0.1)


def test_the_shoulder_below_a_face_behind_is_its_owners() -> None:
    near, behind = _face(500, 300, 300), _face(690, 160, 110)
    assert _share(near, behind)(690, 440) > 0.95
    assert _share(near, behind)(690, 170) < 0.05
    assert _share(behind, near)(690, 170) > 0.95


def test_a_face_that_comes_takes_over_little_by_little() -> None:
    ours = [_share(_face(500, 200, 200), _face(700, 200, 200, s))(680, 200) for s in (0.25, 0.5, 1)]
    assert ours == pytest.approx([0.75, 0.5, 0.0])


@given(st.lists(st.tuples(st.integers(100, 1180), st.integers(100, 600)), min_size=2, max_size=4))
def test_every_place_is_lit_once(places: list[tuple[int, int]]) -> None:
    faces = [_face(x, y, 250) for x, y in places]
    window = Window.of(_crop(640, 360, 640), *SIZE)  # one that all may be in
    assert window is not None
    total = np.zeros(1)
    for face in faces:
        share = own_share(window, face.crop, [other for other in faces if other is not face])
        assert share.min() >= 0
        total = total + share
    assert total.max() < 1 + 1e-5
    assert total.min() > 0.98
