"""People who don't exist: other faces, in the light that they are made from."""

from __future__ import annotations

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from relume.face import HeadModel
from relume.geometry import FOCAL
from relume.teacher.portrait import MAP
from relume.teacher.reshape import reshaped
from relume.teacher.scene import Scene, shrunk
from relume.teacher.strangers import repainted, stranger

if TYPE_CHECKING:
    from relume.teacher.teach import Teacher


@pytest.fixture(scope="module")
def other(teacher: Teacher, light: np.ndarray) -> Scene:
    from ..synthetic_face import synthetic_face

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


def test_every_map_moves_as_the_head_does(scene: Scene, other: Scene) -> None:
    """Dots painted on the chin and on the nose lie where the other head has these."""
    head = HeadModel.load()
    identity = scene.identity + 2 * (other.identity - scene.identity)

    def seen(who: np.ndarray) -> np.ndarray:
        points = head.vertices(who, scene.expression)[head.landmark_indices][[8, 30]]
        local = points @ scene.rotation.T + scene.shift
        return np.asarray((local[:, :2] / local[:, 2:] * FOCAL + 0.5) * MAP - 0.5)

    before, after = seen(scene.identity), seen(identity)
    assert np.linalg.norm(after - before, axis=1).max() > 2.0
    for at, to in zip(before, after, strict=True):
        dot = np.zeros((MAP, MAP), np.float32)
        x, y = np.rint(at).astype(int)
        dot[y - 2 : y + 3, x - 2 : x + 3] = 1.0
        painted = replace(
            scene,
            linear=np.repeat(dot[..., None], 3, 2).astype(np.float16),
            albedo=np.repeat(dot[..., None], 3, 2).astype(np.float16),
            transfer=np.repeat(dot[..., None], 9, 2).astype(np.float16),
            alpha=dot.astype(np.float16),
        )
        now = reshaped(painted, identity, scene.expression)
        yy, xx = np.mgrid[:MAP, :MAP]
        for values in (now.linear[..., 1], now.albedo[..., 1], now.transfer[..., 4], now.alpha):
            weight = values.astype(np.float64)
            found = np.array([(weight * v).sum() / weight.sum() for v in (xx, yy)])
            assert np.linalg.norm(found - to) < 1.5


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


@pytest.mark.parametrize("seed", range(3))
def test_repainted_people_keep_their_shape(scene: Scene, other: Scene, seed: int) -> None:
    """Only colours change, alike in photo, albedo and the target in the portrait's own view."""
    who = repainted(scene, other, np.random.default_rng(seed))
    for name in ("transfer", "depth", "normals", "alpha", "identity", "expression", "own_depth"):
        assert np.array_equal(getattr(who, name), getattr(scene, name))
    assert np.array_equal(who.own[..., 3:], scene.own[..., 3:])
    shown = shrunk(who.albedo.astype(np.float32))
    assert np.abs(who.own[..., :3].astype(np.float32) - shown).max() < 1e-3
    skin = scene.skin & (scene.alpha == 1) & (who.linear.astype(np.float32).max(2) < 3.9)
    factors = [
        getattr(who, n).astype(np.float32)[skin] / getattr(scene, n).astype(np.float32)[skin]
        for n in ("linear", "albedo")
    ]
    usable = (scene.linear[skin].min(1) > 0.02) & (scene.albedo[skin].min(1) > 0.02)
    assert np.abs(factors[0][usable] / factors[1][usable] - 1).max() < 0.05
    assert np.abs(factors[1][usable] - 1).mean() > 0.02


def test_strangers_repeat(scene: Scene, other: Scene) -> None:
    one, two = (stranger(scene, other, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.linear, two.linear)
    assert np.array_equal(one.own, two.own)
