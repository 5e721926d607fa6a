"""Sequences: what stands still stands still, what moves moves as the head does."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import numpy as np

from relume.face import HeadModel
from relume.geometry import FOCAL
from relume.teacher.pairs import PairConfig
from relume.teacher.portrait import MAP
from relume.teacher.reshape import expressed
from relume.teacher.scene import Scene
from relume.teacher.sequence import SequenceConfig, make_sequence, turned

_CLEAN = PairConfig(damage=False, background=0.0, jitter=0.0, zoom=0.0)
_STILL = SequenceConfig(turn=0.0, move=0.0, wander=0.0, shake=0.0, slide=0.0, crop=0.0, lapse=0.0)


def test_nothing_moves_where_nothing_is_to_move(scene: Scene) -> None:
    frames = make_sequence(scene, np.random.default_rng(1), _CLEAN, 3, motion=_STILL)
    assert all(np.array_equal(f.picture, frames[0].picture) for f in frames)
    assert all(f.targets[0] is frames[0].targets[0] or f.targets[0].albedo.tobytes()
               == frames[0].targets[0].albedo.tobytes() for f in frames)  # fmt: skip


def test_one_camera_sees_the_same_of_a_turning_head(scene: Scene) -> None:
    motion = replace(_STILL, turn=0.2)
    frames = make_sequence(scene, np.random.default_rng(2), _CLEAN, 6, motion=motion)
    assert not np.allclose(frames[0].rotation, frames[-1].rotation, atol=0.01)
    assert np.array_equal(frames[0].targets[0].albedo, frames[-1].targets[0].albedo)


def test_a_lapse_is_blurred_and_badly_tracked(scene: Scene) -> None:
    def drawn(lapse: float) -> tuple[float, float]:
        motion = replace(_STILL, slide=0.004, lapse=lapse)
        frames = make_sequence(scene, np.random.default_rng(3), _CLEAN, 4, motion=motion)
        sharp = np.mean([np.abs(np.diff(f.picture.astype(float), axis=0)).mean() for f in frames])
        return float(sharp), float(np.std([f.shift[0] for f in frames]))

    (sharp, steady), (blurred, slipped) = drawn(0.0), drawn(1.0)
    assert blurred < 0.9 * sharp
    assert slipped > 1.5 * steady


def test_a_turned_picture_shows_the_head_where_its_pose_says(scene: Scene) -> None:
    """A dot painted on the nose lands where the turned pose projects that point to."""
    mark = np.zeros((MAP, MAP, 3), np.float32)
    y, x = np.unravel_index(np.argmin(scene.depth), scene.depth.shape)  # nearest: the nose
    mark[y - 1 : y + 2, x - 1 : x + 2] = 1.0
    point = scene.points(np.array([y * MAP + x]))[0]
    picture, pose = turned(scene, mark, 0.15, -0.1)
    local = pose[:3, :3] @ point + pose[:3, 3]
    wanted = (local[:2] / local[2] * FOCAL + 0.5) * MAP
    yy, xx = np.mgrid[:MAP, :MAP] + 0.5
    total = picture[..., 0].sum()
    found = np.array([(picture[..., 0] * v).sum() / total for v in (xx, yy)])
    assert np.linalg.norm(wanted - (x, y)) > 3.0
    assert np.linalg.norm(found - wanted) < 1.5


def test_an_opening_jaw_carries_the_chin_down_and_leaves_the_brow(scene: Scene) -> None:
    head = HeadModel.load()
    change = np.zeros(len(head.expression_names), np.float32)
    change[head.expression_names.index("jawOpen")] = 0.6
    ramp = np.mgrid[:MAP, :MAP][0].astype(np.float32)[..., None].repeat(3, 2)
    now, picture = expressed(scene, change, ramp)
    at = head.vertices(scene.identity, now.expression)[head.landmark_indices]
    local = at @ scene.rotation.T + scene.shift
    x, y = ((local[:, :2] / local[:, 2:] * FOCAL + 0.5) * MAP).astype(int).T
    moved = (ramp - picture)[y, x, 0]  # how far above each pixel its content was
    assert moved[8] > 3.0  # the chin
    assert np.abs(moved[17:27]).max() < 1.0  # the brows


def test_sequences_repeat(scene: Scene) -> None:
    one, two = (make_sequence(scene, np.random.default_rng(7), PairConfig(), 3) for _ in range(2))
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(one, two, strict=True))
    assert np.array_equal(one[2].targets[0].transfer, two[2].targets[0].transfer)
