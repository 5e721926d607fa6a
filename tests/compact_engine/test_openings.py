"""Where eyes and mouth are open, and where there is no hat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.compact_engine.openings import openings, skin_surely
from relume.face import FaceTracker, TrackedFace
from relume.media import open_video
from relume.runtime import RAYS


@pytest.fixture(scope="module")
def face(demo: Path) -> TrackedFace:
    with open_video(demo) as reader:
        (found,) = FaceTracker().detect(next(iter(reader)))
    return found


def test_eyes_are_open_where_they_are(face: TrackedFace) -> None:
    found = openings(face)
    assert found.shape == (RAYS, RAYS, 1)
    assert 0 <= found.min() <= found.max() <= 1
    assert 0.002 < (found > 0.5).mean() < 0.03
    crop = face.crop
    for ring in ((33, 133, 159, 145), (263, 362, 386, 374)):
        x, y = (face.landmarks[list(ring), :2].mean(0) @ crop[:, :2].T + crop[:, 2]) * RAYS / 512
        assert found[int(y), int(x), 0] > 0.5


def test_a_mouth_opens(face: TrackedFace) -> None:
    points = face.landmarks.copy()
    upper, lower = (13, 82, 312, 81, 311, 80, 310), (14, 87, 317, 178, 402, 88, 318)
    points[list(upper), 1] -= 0.04 * face.pose.scale
    points[list(lower), 1] += 0.04 * face.pose.scale
    wide = TrackedFace(**{**vars(face), "landmarks": points})
    gained = openings(wide) - openings(face)
    assert (gained > 0.5).sum() > 10
    rows = np.flatnonzero((gained[..., 0] > 0.5).any(1))
    assert rows.min() > RAYS / 2  # none of it about the eyes


def test_cheeks_are_skin_and_brows_may_wear_a_hat(face: TrackedFace) -> None:
    found, crop = skin_surely(face), face.crop

    def at(landmark: int) -> float:
        x, y = (face.landmarks[landmark, :2] @ crop[:, :2].T + crop[:, 2]) * RAYS / 512
        return float(found[int(y), int(x), 0])

    assert found.shape == (RAYS, RAYS, 1)
    assert 0 <= found.min() <= found.max() <= 1
    cheeks, nose, chin, hairline = (50, 280), 4, 199, 10
    assert min(at(point) for point in (*cheeks, nose, chin)) > 0.95
    assert at(hairline) < 0.2
    assert found[:, [0, -1]].max() < 0.01
