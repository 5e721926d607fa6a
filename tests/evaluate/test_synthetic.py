"""Made-up people: light, shadows and surfaces are what the formulas say."""

from __future__ import annotations

import numpy as np
import pytest

from relume.evaluate.clips import Clip
from relume.evaluate.protocols.people import MadeClip
from relume.evaluate.synthetic import ShadowedHead, draw, random_person
from relume.face import Pose
from relume.light import Light, sh_basis


@pytest.fixture(scope="module")
def head() -> ShadowedHead:
    return ShadowedHead.of(random_person(np.random.default_rng(5)))


def test_transfer_agrees_with_the_ray_cast_one_of_the_mean_head(head: ShadowedHead) -> None:
    """Two ways to the same thing: depth maps here, rays where the head model was made."""
    skin = head.model.skin > 0.5
    own, cast = head.transfer()[skin], head.model.transfer[skin]
    assert np.corrcoef(own.ravel(), cast.ravel())[0, 1] > 0.96
    assert np.abs(own - cast).mean() < 0.25 * np.abs(cast).mean()


def test_lamps_light_what_faces_them_and_cast_shadows(head: ShadowedHead) -> None:
    left = np.array([-1.0, 0.0, 0.0])
    lit = head.diffuse(left[None])[:, 0]
    assert (lit[head.normals[:, 0] > 0] == 0).all()
    assert lit.max() == pytest.approx(1, abs=0.05)
    # Under a high lamp brows, nose and lips shade skin that faces it.
    above = np.array([0.0, 0.9, 0.436])
    shaded = (head.normals @ above > 0.1) & (head.visible(above) < 0.5)
    assert shaded[head.model.skin > 0.5].sum() > 30
    assert (head.visible(np.array([0.0, 0.0, 1.0]))[head.model.skin > 0.5] > 0.5).mean() > 0.9


def test_drawing_tells_the_truth(head: ShadowedHead) -> None:
    person = random_person(np.random.default_rng(5))
    pose = Pose(0.2, -0.1, 0.0, 63.5, 63.5, 128.0)
    drawn = draw(person, head, pose, (128, 128), head.normals)
    inside = drawn.alpha
    assert np.abs(drawn.normals - drawn.shading)[inside].mean() < 0.02
    assert np.allclose(np.linalg.norm(drawn.normals[inside], axis=1), 1, atol=1e-5)
    nearest = pose.camera.to_camera(head.vertices)[:, 2].min()
    assert drawn.depth[inside].min() == pytest.approx(nearest, abs=0.01)
    assert not drawn.albedo[~inside].any()


def test_people_repeat_and_differ() -> None:
    a, b, c = (random_person(np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(a.albedo, b.albedo)
    assert not np.array_equal(a.identity, c.identity)
    assert a.albedo.min() > 0
    assert a.albedo.max() < 1


def test_made_clips_are_found_by_the_tracker(made: MadeClip, clip: Clip) -> None:
    assert all(face is not None for face in clip.faces)
    first = clip.faces[0]
    assert first is not None
    assert first.pose.yaw == pytest.approx(made.poses[0].yaw, abs=0.15)
    assert first.pose.scale == pytest.approx(made.poses[0].scale, rel=0.1)
    assert np.array_equal(next(clip.frames()), made.picture(0, False, (0.0, 0.0, 0.0)))


def test_light_of_a_lamp_is_its_projection(made: MadeClip) -> None:
    for lighting in (made.source, made.target):
        rest = lighting.light.coefficients[:, 0] - lighting.smooth.coefficients[:, 0]
        lamp = lighting.lamp
        expected = 0.0 if lamp is None else np.pi * lighting.strength * sh_basis(lamp)
        assert np.allclose(rest, expected)
        assert isinstance(lighting.light, Light)
