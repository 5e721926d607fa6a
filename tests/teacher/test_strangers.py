"""People who don't exist: other faces, in the light that they are made from."""

from __future__ import annotations

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

from typing import TYPE_CHECKING

import cv2
import numpy as np

from relume.teacher.portrait import MAP
from relume.teacher.reshape import reshaped
from relume.teacher.scene import Scene
from relume.teacher.strangers import stranger

if TYPE_CHECKING:
    from relume.teacher.teach import Teacher


@pytest.fixture(scope="module")
def other(teacher: Teacher, light: np.ndarray) -> Scene:
    from relume.teacher.synthetic import synthetic_face

    return Scene.of(teacher.taught(synthetic_face(light, seed=8)[0]))


def _shading(scene: Scene) -> np.ndarray:
    """[256, 256, 3] the photo's light over the albedo."""
    return scene.linear.astype(np.float32) / np.maximum(scene.albedo.astype(np.float32), 0.01)


def test_the_same_shape_leaves_everything_where_it_is(scene: Scene) -> None:
    same = reshaped(scene, scene.identity, scene.expression)
    for name in ("linear", "albedo", "transfer", "depth", "normals", "alpha", "own", "own_depth"):
        given, found = (getattr(s, name).astype(np.float32) for s in (scene, same))
        assert np.abs(given - found).max() < 2e-3, name
    assert np.array_equal(scene.skin, same.skin)


def test_a_wider_head_is_wider_in_all_maps(scene: Scene, other: Scene) -> None:
    now = reshaped(scene, scene.identity + 2 * (other.identity - scene.identity), scene.expression)
    moved = [
        np.abs(getattr(now, n).astype(np.float32) - getattr(scene, n).astype(np.float32)).mean()
        for n in ("albedo", "transfer", "depth", "own")
    ]
    assert min(moved) > 1e-3
    # What was alike stays alike: albedo and transfer move as one.
    assert (now.alpha > 0.5).mean() == pytest.approx((scene.alpha > 0.5).mean(), rel=0.2)


@pytest.mark.parametrize("seed", range(4))
def test_strangers_are_lit_as_the_portrait_was(scene: Scene, other: Scene, seed: int) -> None:
    """Albedo, shape and photo change alike, so that light found in the photo is the light."""
    who = stranger(scene, other, np.random.default_rng(seed))
    skin = cv2.erode((who.skin & (who.alpha > 0.9)).astype(np.uint8), np.ones((9, 9))) > 0
    bright = skin & (who.linear.astype(np.float32).min(2) > 0.01)
    made = np.maximum(who.transfer.astype(np.float32) @ who.light, 0.05)[bright]
    off = np.log(np.maximum(_shading(who)[bright], 0.01) / made)
    before = scene.skin & (scene.alpha > 0.9)
    true = np.maximum(scene.transfer.astype(np.float32) @ scene.light, 0.05)[before]
    own = np.log(np.maximum(_shading(scene)[before], 0.01) / true)
    assert np.abs(off).mean() < np.abs(own).mean() + 0.05


def test_strangers_have_other_faces_and_the_rest_stays(scene: Scene, other: Scene) -> None:
    found = [stranger(scene, other, np.random.default_rng(seed)) for seed in range(4)]
    albedos = np.stack([f.albedo.astype(np.float32)[scene.skin].mean(0) for f in found])
    assert np.ptp(albedos, axis=0).min() > 0.02
    for who in found:
        assert who.albedo.shape == (MAP, MAP, 3)
        assert all(np.isfinite(getattr(who, n).astype(np.float32)).all() for n in ("linear", "own"))
        assert not np.array_equal(who.identity, scene.identity)
        assert np.array_equal(who.rotation, scene.rotation)
        nobody = (who.alpha == 0) & (scene.alpha == 0)
        far = np.abs((who.linear - scene.linear).astype(np.float32))[nobody]
        assert np.median(far) < 0.02


def test_strangers_repeat(scene: Scene, other: Scene) -> None:
    one, two = (stranger(scene, other, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.linear, two.linear)
    assert np.array_equal(one.own, two.own)
