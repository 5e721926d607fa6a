from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from relume.compose import to_linear
from relume.face import HeadModel
from relume.face.pose import Pose
from relume.light import PRESETS, Light
from relume.media import ArrayPicture
from relume.ratio import RatioEngine
from relume.ratio.engine import _shown

from ..studio import Studio, plain_matte


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> RatioEngine:
    """An engine whose matte says that all of the frame is the person."""
    place = np.array([[1e4, 0, -5e3], [0, 1e4, -5e3]])
    whole = plain_matte(np.ones((2, 2), np.float32), place)
    monkeypatch.setattr("relume.face.PersonMatte.__call__", lambda *_: whole)
    return RatioEngine()


def relight(engine: RatioEngine, picture: ArrayPicture, *arguments: Any, **options: Any) -> None:
    plan = engine.plan(picture, *arguments, **options)
    if plan is not None:
        plan.apply(picture)


def _skin(studio: Studio, mask: np.ndarray) -> np.ndarray:
    """The face proper: inside the silhouette by a margin."""
    import cv2

    inner = cv2.erode(mask.astype(np.uint8), np.ones((25, 25))) > 0
    inner[int(studio.pose.y) + 70 :] = False
    return inner


@pytest.mark.parametrize("name", ["rembrandt", "split", "neon-pair"])
def test_relit_as_if_taken_in_the_new_light(studio: Studio, engine: RatioEngine, name: str) -> None:
    old = PRESETS["loop"].light().grey().normalised()
    # The studio knows harmonics only: no lamps, no cast shadows.
    new = Light(PRESETS[name].light().coefficients)
    image, mask = studio.picture(old)
    truth, _ = studio.picture(new)
    picture = ArrayPicture(image.copy())
    for frame in range(3):
        picture = ArrayPicture(image.copy())
        relight(engine, picture, studio.face, new, frame / 25)
    inner = _skin(studio, mask)
    out, want = to_linear(picture.array)[inner], to_linear(truth)[inner]
    scale = (out * want).sum() / (out * out).sum()
    error = np.sqrt(((scale * out - want) ** 2).mean() / (want**2).mean())
    before = to_linear(image)[inner]
    k = (before * want).sum() / (before * before).sum()
    untouched = np.sqrt(((k * before - want) ** 2).mean() / (want**2).mean())
    assert error < 0.3
    assert error < 0.5 * untouched


def test_a_leaning_heads_light_keeps_its_place_in_the_frame(engine: RatioEngine) -> None:
    leaning = Studio(Pose(0.1, 0.05, 0.7, 240.0, 190.0, 330.0), HeadModel.load(), np.ones(3) * 0.4)
    image, mask = leaning.picture(PRESETS["loop"].light().grey().normalised())
    butterfly = Light(PRESETS["butterfly"].light().coefficients)
    truth = to_linear(leaning.picture(butterfly)[0])[_skin(leaning, mask)]

    def error(light: Light) -> float:
        picture = ArrayPicture(image.copy())
        relight(engine, picture, leaning.face, light, 0.0)
        out = to_linear(picture.array)[_skin(leaning, mask)]
        return float(np.sqrt(((out - truth) ** 2).mean() / (truth**2).mean()))

    c, s = np.cos(0.7), np.sin(0.7)
    with_the_head = butterfly.rotated([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    assert error(butterfly) < 0.5 * error(with_the_head)


def test_its_own_light_changes_next_to_nothing(studio: Studio, engine: RatioEngine) -> None:
    light = PRESETS["loop"].light().grey().normalised()
    image, mask = studio.picture(light)
    picture = ArrayPicture(image.copy())
    own = engine.observe(picture, studio.face, 0.0)
    relight(engine, picture, studio.face, own, 0.0)
    assert np.abs(picture.array - image)[_skin(studio, mask)].mean() < 0.03


def test_without_light_or_turn_not_a_pixel_changes(studio: Studio, engine: RatioEngine) -> None:
    image, _ = studio.picture(PRESETS["loop"].light())
    picture = ArrayPicture(image.copy())
    relight(engine, picture, studio.face, None, 0.0)
    np.testing.assert_allclose(picture.array, image, atol=3e-5)


def test_amount_and_strength_scale_the_effect(studio: Studio, engine: RatioEngine) -> None:
    image, mask = studio.picture(PRESETS["loop"].light())
    new = PRESETS["split"].light()
    changes = []
    for amount, strength in ((1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (0.0, 1.0), (1.0, 0.0)):
        picture, face = ArrayPicture(image.copy()), studio.face
        face.strength = strength
        relight(engine, picture, face, new, 0.0, amount=amount)
        changes.append(np.abs(picture.array - image)[mask].mean())
    assert changes[0] > changes[1] > 0.01
    assert changes[1] == pytest.approx(changes[2], rel=1e-3)
    assert max(changes[3:]) < 1e-5


def test_pixels_far_from_the_head_stay(engine: RatioEngine) -> None:
    studio = Studio(Pose(0.1, 0.0, 0.0, 200.0, 150.0, 120.0), HeadModel.load(), np.ones(3) * 0.4)
    image, _ = studio.picture(PRESETS["loop"].light())
    picture = ArrayPicture(image.copy())
    relight(engine, picture, studio.face, PRESETS["split"].light(), 0.0, (0.2, 0.0, 0.0))
    far = np.ones(image.shape[:2], bool)
    far[150 - 122 : 150 + 123, 200 - 122 : 200 + 123] = False
    np.testing.assert_array_equal(picture.array[far], image[far])
    assert not np.array_equal(picture.array, image)


def test_turns_are_held_to_what_the_frame_can_show() -> None:
    angles = np.radians(np.linspace(-25, 25, 101))
    frontal = np.array([_shown(a, 0.0) for a in angles])
    assert (np.diff(frontal) > 0).all()
    assert np.abs(frontal).max() < np.radians(14)
    assert _shown(np.radians(5), 0.0) == pytest.approx(np.radians(5), rel=0.01)
    hidden, seen = _shown(0.3, np.radians(-20)), _shown(0.3, np.radians(20))
    assert hidden < np.radians(5.1) < frontal[-1] < seen
    assert _shown(-0.3, np.radians(20)) == pytest.approx(-hidden)


@pytest.mark.parametrize("yaw", [-0.2, 0.2])
def test_turning_the_camera_shows_the_head_from_there(
    studio: Studio, engine: RatioEngine, yaw: float
) -> None:
    light = PRESETS["loop"].light()
    shown = _shown(yaw, studio.pose.yaw)
    image, mask = studio.picture(light)
    truth, there = studio.picture(light, studio.pose.camera.turned(shown))
    picture = ArrayPicture(image.copy())
    relight(engine, picture, studio.face, None, 0.0, (yaw, 0.0, 0.0))
    inner = _skin(studio, mask & there)
    moved = np.abs(picture.array - truth)[inner].mean()
    left_alone = np.abs(image - truth)[inner].mean()
    assert moved < 0.4 * left_alone
