"""A portrait seen from another side stays the same head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba (extra: teacher)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

from relume.geometry import Camera
from relume.teacher.pairs import PairConfig, make_pair, own_view, seen_from
from relume.teacher.turn import seen_turned

if TYPE_CHECKING:
    from relume.teacher.scene import Scene


def test_turned_by_nothing_it_is_itself(scene: Scene) -> None:
    same = seen_turned(scene, 0.0, 0.0)
    face = scene.skin & same.skin
    assert face.sum() > 0.97 * scene.skin.sum()
    for name in ("albedo", "transfer", "depth"):
        was, now = (np.asarray(getattr(s, name), np.float32)[face] for s in (scene, same))
        assert np.abs(was - now).mean() < 0.01 * np.abs(was).mean() + 1e-3, name


@pytest.mark.parametrize(("yaw", "pitch"), [(0.4, 0.0), (-0.4, 0.0), (0.2, -0.2)])
def test_what_is_seen_lies_on_the_head(scene: Scene, yaw: float, pitch: float) -> None:
    """Its points are the portrait's, and a splat from the same side shows the same albedo."""
    turned = seen_turned(scene, yaw, pitch)
    camera = Camera.from_pose(turned.rotation, turned.shift)
    before = Camera.from_pose(scene.rotation, scene.shift).yaw_pitch_roll
    np.testing.assert_allclose(
        camera.yaw_pitch_roll[:2], np.add(before[:2], (yaw, pitch)), atol=1e-6
    )
    splat, drawn = seen_from(scene, camera), own_view(turned)
    told = (splat.known > 0.5) & (drawn.known > 0.5)
    assert told.sum() > 1500
    assert np.median(np.abs(splat.depth - drawn.depth)[told]) < 0.004
    assert np.median(np.abs(splat.albedo - drawn.albedo)[told]) < 0.01
    assert np.median(np.abs(splat.transfer - drawn.transfer)[told]) < 0.02


def test_it_says_where_the_photo_is_drawn_out(scene: Scene) -> None:
    turned = seen_turned(scene, 0.5, 0.0)
    solid = turned.alpha > 0.8
    left, right = (turned.told[:, half][solid[:, half]].astype(np.float32).mean()
                   for half in (slice(0, 128), slice(128, 256)))  # fmt: skip
    # The camera moved to the picture's right, whose side of the head it hadn't seen.
    assert right < left - 0.1
    assert (scene.told == 1).all()
    assert (own_view(scene).alpha_known == 1).all()


def test_inputs_are_turned_when_asked(scene: Scene) -> None:
    plain, turned = (
        make_pair(scene, np.random.default_rng(5), PairConfig(turned=share), mirrors=False)
        for share in (0.0, 1.0)
    )
    np.testing.assert_array_equal(plain.rotation, scene.rotation.astype(np.float32))
    assert np.abs(turned.rotation - plain.rotation).max() > 0.02
    np.testing.assert_array_equal(turned.targets[0].rotation, turned.rotation)
