"""The crop: where it lies, and that it doesn't alias."""

from __future__ import annotations

import numpy as np
import pytest

from relume.compact_engine.crop import crop_of
from relume.face.pose import Pose


@pytest.mark.parametrize("scale", [120.0, 256.0, 700.0])
def test_it_shows_what_the_pose_frames(scale: float) -> None:
    y, x = np.mgrid[0:900, 0:1000].astype(np.float32)
    picture = np.stack([x / 4, y / 4, np.zeros_like(x)], -1).astype(np.uint8)
    pose = Pose(0.0, 0.0, 0.3, 500.0, 450.0, scale)
    out = crop_of(picture, pose.crop, 256)
    assert out is not None
    at = np.array([[64.0, 64.0], [128.0, 200.0], [250.0, 5.0]])
    back = (2 * at + 0.5) @ pose.uncrop[:, :2].T + pose.uncrop[:, 2]
    found = np.array([out[int(v), int(u), :2] for u, v in at], np.float32)
    assert np.abs(found - back / 4).max() < 2.0


def test_fine_stripes_average_out() -> None:
    picture = np.zeros((800, 800, 3), np.uint8)
    picture[:, ::2] = 255
    out = crop_of(picture, Pose(0.0, 0.0, 0.0, 400.0, 400.0, 768.0).crop, 256)
    assert out is not None
    assert np.abs(out[20:-20, 20:-20].astype(float) - 127.5).max() < 45


def test_out_of_the_frame_there_is_none() -> None:
    picture = np.zeros((50, 50, 3), np.uint8)
    assert crop_of(picture, Pose(0.0, 0.0, 0.0, 900.0, 0.0, 100.0).crop, 256) is None
