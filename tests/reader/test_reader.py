"""The light of a made-up face is read: its side, mirrored, over time, in frames that cut it off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from relume.face import HeadModel
from relume.face.pose import Pose
from relume.light import Light, LightFrame, directional
from relume.media import ArrayPicture
from relume.ratio.geometry import TrackedHead
from relume.reader import CELLS, LightReader, lay_out, shown

from ..studio import Studio


@pytest.fixture(params=[0.0, 0.3], ids=["frontal", "turned"])
def studio(request: pytest.FixtureRequest) -> Studio:
    pose = Pose(request.param, 0.05, 0.1, 240.0, 190.0, 330.0)
    return Studio(pose, HeadModel.load(), np.array([0.3, 0.2, 0.15]))


def _seen(
    studio: Studio, light: Light, reader: LightReader | None = None, time: float = 0
) -> Light:
    image, _ = studio.picture(light)
    picture = ArrayPicture(np.rint(image * 255).astype(np.uint8))
    return (reader or LightReader()).observe(picture, studio.face, time)


def _direction(light: Light) -> np.ndarray:
    assert light.frame is LightFrame.CAMERA
    y, z, x = light.coefficients[1:4].mean(1)
    return np.array([x, y, z]) / np.linalg.norm([x, y, z])


@pytest.mark.parametrize("towards", [(-0.8, 0.2, 0.6), (0.7, 0.4, 0.6), (0.1, 0.8, 0.6)])
def test_the_side_that_light_comes_from_is_told(
    studio: Studio, towards: tuple[float, float, float]
) -> None:
    towards = tuple(np.array(towards) / np.linalg.norm(towards))
    found = _seen(studio, directional(towards) * 2.0 + Light.ambient(0.1))
    assert np.degrees(np.arccos(_direction(found) @ towards)) < 25
    assert found.mean_shading() == pytest.approx(1.0, abs=1e-6)


def test_a_lamp_is_told_from_even_light(studio: Studio) -> None:
    lengths = [
        np.linalg.norm(found.coefficients[1:4, 1]) / found.coefficients[0, 1]
        for found in (
            _seen(studio, directional((-0.6, 0.3, 0.7)) * 2.0),
            _seen(studio, Light.ambient(1.0)),
        )
    ]
    assert lengths[0] > 1.0
    assert lengths[1] < 0.6


def test_the_mirrored_picture_has_the_mirrored_light() -> None:
    pose = Pose(0.0, 0.05, 0.0, 239.5, 190.0, 330.0)
    studio = Studio(pose, HeadModel.load(), np.array([0.3, 0.2, 0.15]))
    image, _ = studio.picture(directional((-0.7, 0.3, 0.6)) * 2.0 + Light.ambient(0.1))
    rgb8 = np.rint(image * 255).astype(np.uint8)
    one, other = (
        LightReader().observe(ArrayPicture(np.ascontiguousarray(p)), studio.face, 0.0)
        for p in (rgb8, rgb8[:, ::-1])
    )
    # The mean head isn't quite symmetrical.
    gap = np.abs(one.mirrored().coefficients - other.coefficients).max()
    assert gap < 0.03 * np.abs(one.coefficients).max()


def test_colours_from_either_side_are_told(studio: Studio) -> None:
    red, blue = np.array([1.5, 0.5, 0.3]), np.array([0.3, 0.5, 1.5])
    light = directional((-0.9, 0.1, 0.4)) * red + directional((0.9, 0.1, 0.4)) * blue
    sideways = _seen(studio, light).coefficients[3]
    assert sideways[0] < sideways[1] < sideways[2]


def test_older_frames_fade_and_a_cut_forgets_them(studio: Studio) -> None:
    left = directional((-0.8, 0.2, 0.6)) * 2.0 + Light.ambient(0.1)
    lights = (left, left.mirrored())
    alone = [_seen(studio, light).coefficients[3, 1] for light in lights]
    reader = LightReader()
    for frame in range(10):
        _seen(studio, left, reader, 0.1 * frame)
    mixed = _seen(studio, lights[1], reader, 1.0).coefficients[3, 1]
    assert abs(mixed - alone[0]) < abs(mixed - alone[1])  # one frame doesn't overthrow six
    late = _seen(studio, lights[1], reader, 1.04).coefficients[3, 1]
    assert late == mixed  # it was looked at just before
    image, _ = studio.picture(lights[1])
    face = studio.face
    face.fresh = True
    picture = ArrayPicture(np.rint(image * 255).astype(np.uint8))
    assert reader.observe(picture, face, 1.08).coefficients[3, 1] == pytest.approx(alone[1])


def test_a_face_outside_the_frame_is_in_even_light(studio: Studio) -> None:
    away = replace(studio, pose=replace(studio.pose, x=-4000.0))
    picture = ArrayPicture(np.zeros((400, 480, 3), np.uint8))
    found = LightReader().observe(picture, away.face, 0.0)
    assert np.array_equal(found.coefficients, Light.ambient().coefficients)


def test_a_frame_that_cuts_the_face_off_hides_that_part(studio: Studio) -> None:
    whole = lay_out(TrackedHead.of(studio.face, studio.head))
    assert whole.visible.shape == (CELLS, CELLS)
    assert whole.visible.max() == 1.0
    cut = whole.within(studio.face.crop, 240, 400)  # the picture's left half
    half = cut.visible.sum() / whole.visible.sum()
    assert 0.3 < half < 0.7
    assert cut.visible[:, :16].sum() > 4 * cut.visible[:, -16:].sum()


def test_what_is_shown_knows_no_exposure() -> None:
    rng = np.random.default_rng(0)
    visible = np.ones((CELLS, CELLS), np.float32)
    grey = rng.uniform(0.1, 0.5, (CELLS, CELLS)).astype(np.float32)
    np.testing.assert_allclose(shown(grey, visible), shown(grey * 0.3, visible), atol=1e-5)
