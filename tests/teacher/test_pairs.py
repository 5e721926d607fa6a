"""Pairs: what is seen from the photo's own camera is the photo's; mirrors, shadows, repeats."""

from __future__ import annotations

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import numpy as np

from relume.compose import luminance
from relume.geometry import FOCAL, Camera
from relume.teacher import pairs
from relume.teacher.kernels import shadow, splat
from relume.teacher.pairs import PairConfig, lit, make_pair, own_view, seen_from
from relume.teacher.portrait import Portrait
from relume.teacher.scene import Scene


def test_splat_shows_the_nearest() -> None:
    points = np.array([[0, 0, 2.0], [0, 0, 3.0]], np.float32)
    values = np.array([[1.0], [5.0]], np.float32)
    out, depth, weight = splat(points, values, FOCAL, 9, 0.02)
    assert out[4, 4, 0] == 1.0
    assert depth[4, 4] == 2.0
    assert weight[4, 4] == 1.0
    assert weight.sum() == 1.0


def test_a_wall_casts_its_shadow_on_the_far_side() -> None:
    depth = np.full((64, 64), 2.7, np.float32)
    depth[:, 30:34] = 2.6  # a ridge in the middle
    solid = np.ones((64, 64), bool)
    half = np.full((64, 64), 0.5, np.float32)
    lamp = np.array([0.9, 0.0, -0.436], np.float32)  # from the right, towards the viewer
    seen = shadow(depth, solid, lamp, False, FOCAL, 32, half)
    assert seen[32, 20:28].mean() < 0.2
    assert seen[32, 36:60].mean() > 0.9


def test_own_camera_sees_the_portrait(scene: Scene, portrait: Portrait) -> None:
    view = portrait.view
    camera = Camera(view.cam2world, view.intrinsics)
    again, own = seen_from(scene, camera), own_view(scene)
    on = (again.known > 0.9) & (own.known > 0.9)
    assert on.mean() > 0.1
    assert np.abs(again.albedo - own.albedo)[on].mean() < 0.01
    assert np.abs(again.depth - own.depth)[on].mean() < 0.005


def test_a_turned_view_owns_up_to_what_it_cannot_know(scene: Scene) -> None:
    turned = seen_from(scene, Camera.look_at(0.6))
    frontal = seen_from(scene, Camera.look_at(0.0))
    assert 0.2 * frontal.known.sum() < turned.known.sum() < frontal.known.sum()


def test_pairs_repeat(scene: Scene) -> None:
    one, two = (make_pair(scene, np.random.default_rng(5), PairConfig()) for _ in range(2))
    assert np.array_equal(one.picture, two.picture)
    assert np.array_equal(one.targets[1].transfer, two.targets[1].transfer)


def test_mirroring_twice_changes_nothing(scene: Scene) -> None:
    pair = make_pair(scene, np.random.default_rng(5), PairConfig())
    again = pair.mirrored().mirrored()
    assert np.array_equal(pair.picture, again.picture)
    assert np.allclose(pair.intrinsics, again.intrinsics)
    assert np.allclose(pair.targets[0].transfer, again.targets[0].transfer)


def test_mirrored_light_on_a_mirrored_head_is_the_mirrored_picture(scene: Scene) -> None:
    target = own_view(scene)
    light = np.array([1.0, 0.1, 0.5, 0.6, 0, 0, 0, 0.2, 0], np.float32)
    other = light * np.array([1, 1, 1, -1, -1, 1, 1, -1, 1])
    here = (target.transfer @ light)[:, ::-1]
    assert np.allclose(here, target.mirrored().transfer @ other, atol=1e-4)


def test_hard_light_is_harder_than_soft(scene: Scene) -> None:
    def contrast(hard: bool) -> float:
        out = []
        for seed in range(6):
            picture = lit(scene, np.random.default_rng(seed), hard)[scene.skin]
            out.append(picture.std() / picture.mean())
        return float(np.mean(out))

    assert contrast(True) > 1.2 * contrast(False)


def test_a_higher_nose_throws_a_longer_shadow(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lit_share() -> float:
        out = []
        for seed in range(12):
            config = PairConfig(relief=1.0)
            picture = luminance(lit(scene, np.random.default_rng(seed), True, None, config))
            out.append((picture > 0.35 * np.median(picture[scene.skin]))[scene.skin].mean())
        return float(np.mean(out))

    high = lit_share()
    monkeypatch.setattr(pairs, "raised", lambda depth, *_: depth)
    assert high < lit_share() - 0.002


def test_a_grey_scene_has_no_colour_and_the_same_level(scene: Scene) -> None:
    grey = scene.grey()
    for found, was in ((grey.linear, scene.linear), (grey.albedo, scene.albedo)):
        values = found.astype(np.float32)
        assert float(np.ptp(values, axis=2).max()) < 1e-3
        assert np.allclose(values[..., 0], luminance(was.astype(np.float32)), atol=2e-3)
    assert float(np.ptp(grey.own[..., :3].astype(np.float32), axis=2).max()) < 1e-3
    assert np.array_equal(grey.own[..., 3:], scene.own[..., 3:])
