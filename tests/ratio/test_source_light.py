from __future__ import annotations

import numpy as np
import pytest

from relume.geometry import RADIUS
from relume.light import PRESETS, Light, LightFrame
from relume.media import ArrayPicture
from relume.ratio import RatioConfig, RatioEngine, SourceLightConfig

from ..studio import Studio


@pytest.mark.parametrize(
    ("name", "tolerance"), [("rembrandt", 0.15), ("butterfly", 0.15), ("split", 0.2)]
)
def test_a_known_light_is_found_again(studio: Studio, name: str, tolerance: float) -> None:
    light = PRESETS[name].light().grey().normalised()
    image, _ = studio.picture(light)
    found = RatioEngine().observe(ArrayPicture(image), studio.face, 0.0)
    camera = studio.pose.camera
    facing = studio.head.normals(studio.head.mean) @ camera.position > 0.5 * RADIUS
    transfer = studio.head.transfer[facing & (studio.head.skin > 0.5)]
    true = transfer @ light.to_head(camera).coefficients[:, 1]
    fitted = transfer @ found.to_head(camera).coefficients[:, 1]
    assert np.corrcoef(true, fitted)[0, 1] > 0.97
    assert np.abs(fitted / fitted.mean() - true / true.mean()).mean() < tolerance


def test_glints_and_moles_do_not_move_it(studio: Studio) -> None:
    light = PRESETS["loop"].light().grey().normalised()
    image, mask = studio.picture(light)
    clean = RatioEngine().observe(ArrayPicture(image), studio.face, 0.0)
    rng = np.random.default_rng(0)
    spots = mask & (rng.uniform(size=mask.shape) < 0.03)
    image = image.copy()
    image[spots] = rng.choice([0.02, 1.0], size=(spots.sum(), 1)).astype(np.float32)
    spotted = RatioEngine().observe(ArrayPicture(image), studio.face, 0.0)
    difference = np.abs(spotted.coefficients - clean.coefficients).max()
    assert difference < 0.12 * np.abs(clean.coefficients).max()


def test_contrast_hardens_the_light_and_keeps_its_level(studio: Studio) -> None:
    image, _ = studio.picture(PRESETS["loop"].light().grey().normalised())
    fits = []
    for contrast in (1.0, 1.5):
        source = SourceLightConfig(contrast=contrast)
        engine = RatioEngine(RatioConfig(source=source))
        fits.append(engine.observe(ArrayPicture(image), studio.face, 0.0).coefficients)
    soft, hard = (c / c[0] for c in fits)
    np.testing.assert_allclose(hard[1:], 1.5 * soft[1:], rtol=1e-9)
    facing = studio.head.normals(studio.head.mean) @ studio.pose.camera.position > 0.5 * RADIUS
    transfer = studio.head.transfer[facing & (studio.head.skin > 0.5)]
    turn = [Light(c, LightFrame.CAMERA).to_head(studio.pose.camera).coefficients for c in fits]
    levels = [(transfer @ c).mean() for c in turn]
    assert levels[1] == pytest.approx(levels[0], rel=0.1)


def test_older_frames_fade_and_a_cut_forgets_them(studio: Studio) -> None:
    left = PRESETS["split"].light().grey().normalised()
    right = left.mirrored()
    engine = RatioEngine()
    pictures = [ArrayPicture(studio.picture(x)[0]) for x in (left, right)]
    alone = [RatioEngine().observe(p, studio.face, 0.0).coefficients[3, 1] for p in pictures]
    for frame in range(10):
        engine.observe(pictures[0], studio.face, frame / 25)
    mixed = engine.observe(pictures[1], studio.face, 0.4).coefficients[3, 1]
    assert abs(mixed - alone[0]) < abs(mixed - alone[1])  # one frame doesn't overthrow ten
    face = studio.face
    face.fresh = True
    after_cut = engine.observe(pictures[1], face, 0.44).coefficients[3, 1]
    assert after_cut == pytest.approx(alone[1], abs=1e-6)


def test_a_black_picture_gives_ambient_light(studio: Studio) -> None:
    found = RatioEngine().observe(
        ArrayPicture(np.zeros((400, 480, 3), np.float32)), studio.face, 0.0
    )
    np.testing.assert_array_equal(found.coefficients, Light.ambient().coefficients)


def test_what_covers_a_face_does_not_teach_the_light(studio: Studio) -> None:
    left = PRESETS["split"].light().grey().normalised()
    engine, face = RatioEngine(), studio.face
    before = engine.observe(ArrayPicture(studio.picture(left)[0]), face, 0.0)
    face.confidence = 0.3
    covered = ArrayPicture(studio.picture(left.mirrored())[0])
    after = engine.observe(covered, face, 1.0)
    np.testing.assert_array_equal(after.coefficients, before.coefficients)


def test_tint_is_how_much_of_the_channels_difference_is_light(studio: Studio) -> None:
    image, _ = studio.picture(PRESETS["neon-pair"].light().normalised())
    fits = []
    for tint in (1.0, 0.5, 0.0):
        engine = RatioEngine(RatioConfig(source=SourceLightConfig(tint=tint)))
        fits.append(engine.observe(ArrayPicture(image), studio.face, 0.0).coefficients)
    spread = [np.ptp(c, axis=1).max() for c in fits]
    assert spread[0] > 0.5
    assert spread[1] == pytest.approx(0.5 * spread[0], rel=0.2)
    assert spread[2] < 0.05 * spread[0]
