"""The engine on a head whose albedo, transfer and depth are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from relume.compact_engine import CompactEngine, CompactEngineConfig
from relume.compose import to_linear
from relume.errors import ModelError
from relume.light import PRESETS, Light, directional
from relume.media import ArrayPicture

from ..studio import Studio
from .conftest import Means


def _psnr(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    return float(-10 * np.log10(((a - b)[mask] ** 2).mean() + 1e-12))


def _relit(engine: CompactEngine, studio: Studio, image: np.ndarray, **plan: object) -> np.ndarray:
    picture = ArrayPicture(image.copy())
    made = engine.plan(picture, studio.face, **{"time": 0.0, **plan})  # type: ignore[arg-type]
    if made is not None:
        made.apply(picture)
    return np.asarray(picture.array)


def _inside(mask: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0


def test_the_own_light_leaves_the_picture_alone(engine: CompactEngine, studio: Studio) -> None:
    image, mask = studio.picture(PRESETS["rembrandt"].light().grey().normalised())
    own = engine.observe(ArrayPicture(image), studio.face, 0.0)
    out = _relit(engine, studio, image, light=own)
    assert _psnr(out, image, _inside(mask)) > 40


def test_the_own_light_of_a_head_that_has_just_turned_leaves_it_alone(
    engine: CompactEngine, studio: Studio
) -> None:
    """Whatever colour the frames before make the source light have."""
    lamps = directional((-1, 0.2, 0.3), rgb=(1, 0.5, 0.2)) + directional(
        (1, 0, 0.5), rgb=(0.3, 0.6, 1)
    )
    light = lamps + Light.ambient(0.2)
    turned = replace(studio, pose=replace(studio.pose, yaw=studio.pose.yaw + 0.3))
    before, _ = turned.picture(light)
    image, mask = studio.picture(light)
    engine.observe(ArrayPicture(before), turned.face, 0.0)
    own = engine.observe(ArrayPicture(image), studio.face, 0.04)
    out = _relit(engine, studio, image, light=own, time=0.04)
    assert _psnr(out, image, _inside(mask)) > 60


def test_lights_keep_their_place_while_the_head_leans(
    engine: CompactEngine, studio: Studio
) -> None:
    """The frame's own, and the new one."""
    own, new = (Light(PRESETS[name].light().coefficients) for name in ("loop", "butterfly"))
    upright, _ = studio.picture(own)
    leaning = replace(studio, pose=replace(studio.pose, roll=0.7))
    image, mask = leaning.picture(own)
    truth, _ = leaning.picture(new)
    before = engine.observe(ArrayPicture(upright), studio.face, 0.0)
    after = engine.observe(ArrayPicture(image), leaning.face, 0.04)
    assert np.abs(after.coefficients - before.coefficients).max() < 0.05 * before.coefficients[0, 0]
    face = _inside(mask)
    away = np.hypot(*(np.indices(mask.shape) - [[[205]], [[236]]])) > 100
    face &= ~away  # below the chin light hangs down, softer

    def error(light: Light) -> float:
        found = to_linear(_relit(engine, leaning, image, light=light, time=0.04))[face]
        return float(np.sqrt(((found - to_linear(truth)[face]) ** 2).mean()))

    c, s = np.cos(0.7), np.sin(0.7)
    assert error(new) < 0.5 * error(new.rotated([[c, -s, 0], [s, c, 0], [0, 0, 1]]))


def test_hard_light_is_taken_off(engine: CompactEngine, studio: Studio) -> None:
    hard = (directional((-0.95, 0.1, 0.3)) + Light.ambient(0.03)).normalised()
    image, mask = studio.picture(hard)
    truth, _ = studio.picture(Light.ambient(1.0))
    face = _inside(mask)
    face[300:] = False  # below the chin light hangs down, softer
    out = _relit(engine, studio, image, light=Light.ambient(1.0))

    def error(found: np.ndarray) -> float:
        a, b = to_linear(found)[face], to_linear(truth)[face]
        scale = (a * b).sum() / (a * a).sum()
        return float(np.sqrt(((scale * a - b) ** 2).mean() / (b**2).mean()))

    assert error(out) < 0.5 * error(image)


def test_the_amount_scales_the_change(engine: CompactEngine, studio: Studio) -> None:
    image, _ = studio.picture(Light.ambient(1.0))
    light = PRESETS["split"].light()
    full, half, none = (
        np.abs(_relit(engine, studio, image, light=light, amount=a) - image).mean()
        for a in (1.0, 0.5, 0.0)
    )
    assert 0.3 * full < half < 0.8 * full
    assert none < 1e-3


def test_nothing_outside_the_head_changes(engine: CompactEngine, studio: Studio) -> None:
    image, mask = studio.picture(Light.ambient(1.0))
    out = _relit(engine, studio, image, light=PRESETS["split"].light())
    import cv2

    away = cv2.dilate(mask.astype(np.uint8), np.ones((121, 121), np.uint8)) == 0
    assert away.any()
    assert np.abs(out[away] - image[away]).max() < 1e-6


def test_a_turned_camera_moves_the_head(engine: CompactEngine, studio: Studio) -> None:
    light = PRESETS["rembrandt"].light().normalised()
    image, mask = studio.picture(light)
    out = _relit(engine, studio, image, light=None, turn=(0.2, 0.0, 0.0))
    pose = studio.pose
    turned = Studio(replace(pose, yaw=pose.yaw + 0.2), studio.head, studio.albedo)
    kept = light.to_head(pose.camera).to_camera(turned.pose.camera)
    truth, seen = turned.picture(kept)
    both = _inside(mask) & _inside(seen)
    assert _psnr(out, truth, both) > _psnr(image, truth, both) + 2


def test_an_unchanged_picture_is_looked_at_once(engine: CompactEngine, studio: Studio) -> None:
    known = engine._runtime
    image, _ = studio.picture(Light.ambient(1.0))
    for name in ("split", "rembrandt", "butterfly"):
        _relit(engine, studio, image, light=PRESETS[name].light(), turn=(0.1, 0.0, 0.0))
    assert (known.encoded, known.rendered) == (1, 1)  # type: ignore[attr-defined]
    _relit(engine, studio, image * np.float32(0.9), light=PRESETS["split"].light())
    assert known.rendered == 2  # type: ignore[attr-defined]


def test_the_window_slides_and_ends_with_a_gap(engine: CompactEngine, studio: Studio) -> None:
    means = engine._runtime.stabiliser
    assert isinstance(means, Means)
    image, _ = studio.picture(Light.ambient(1.0))
    for number, time in enumerate([0.0, 0.4, 0.8, 1.2, 1.6, 2.8, 3.2]):
        frame = image + np.float32(0.01 * number)  # never the same picture twice
        engine.observe(ArrayPicture(frame), studio.face, time)
    assert means.lengths == [1, 2, 3, 3, 3, 1, 2]


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors"):
        CompactEngine(CompactEngineConfig(weights=tmp_path / "none.safetensors"))


def _frames(studio: Studio, times: Sequence[float]) -> Iterator[tuple[float, ArrayPicture]]:
    """The same picture in a camera's noise."""
    rng = np.random.default_rng(0)
    image, _ = studio.picture(Light.ambient(1.0))
    image = image + rng.normal(0, 0.05, image.shape).astype(np.float32)
    for time in times:
        yield time, ArrayPicture(image + rng.normal(0, 0.02, image.shape).astype(np.float32))


def test_a_frame_between_is_looked_at_only_where_something_changed(
    engine: CompactEngine, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, look = [], engine._look
    monkeypatch.setattr(engine, "_look", lambda *given: (looked.append(1), look(*given))[1])
    frames = _frames(studio, np.arange(0, 1, 0.04).tolist())

    def looks(name: str = "loop", nod: float = 0.0, yaw: float = 0.0) -> bool:
        looked.clear()
        time, picture = next(frames)
        face = replace(studio, pose=replace(studio.pose, pitch=studio.pose.pitch + nod)).face
        light = PRESETS[name].light()
        assert engine.plan(picture, face, light, time, (yaw, 0.0, 0.0)) is not None
        return bool(looked)

    assert [looks() for _ in range(5)] == [True, False, False, False, True]
    assert looks("split")
    assert not looks("split", nod=0.02)
    assert looks("split", nod=0.04)
    # What a turned view shows follows every move of the head.
    assert not looks("split", nod=0.04, yaw=0.1)
    assert looks("split", nod=0.055, yaw=0.1)


def test_where_nothing_is_to_be_seen_nothing_is_carried(
    engine: CompactEngine, studio: Studio
) -> None:
    frames, light = _frames(studio, (0.0, 0.04)), PRESETS["loop"].light()
    for strength in (1.0, 0.0):
        time, picture = next(frames)
        face = studio.face
        face.strength = strength
        assert (engine.plan(picture, face, light, time) is not None) == (strength > 0)


def test_passes_are_of_the_frame_itself_and_change_nothing(
    engine: CompactEngine, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    light, times = PRESETS["loop"].light(), np.arange(0, 0.5, 0.04).tolist()
    other = CompactEngine(engine.config, engine._runtime)
    monkeypatch.setattr(other._coder, "_matte", engine._coder._matte)
    between, glance = [], engine._looker.glance
    monkeypatch.setattr(
        engine._looker, "glance", lambda *given: (between.append(1), glance(*given))[1]
    )
    for time, picture in _frames(studio, times):
        plans = [e.plan(picture, studio.face, light, time) for e in (engine, other)]
        assert engine.passes(picture, studio.face, light, time) is not None
        with_passes, without = (plan.maps.log_ratio for plan in plans if plan is not None)
        assert np.array_equal(with_passes, without)
    assert len(between) == 9


def test_a_frame_between_shows_what_was_looked_at(engine: CompactEngine, studio: Studio) -> None:
    """A turned view's shift goes with the depth it was found with, so with that frame's camera."""
    light, turn, shifts = PRESETS["loop"].light(), (0.1, 0.0, 0.0), []
    for number, (time, picture) in enumerate(_frames(studio, (0.0, 0.04))):
        pitch = studio.pose.pitch + 0.008 * number
        face = replace(studio, pose=replace(studio.pose, pitch=pitch)).face
        plan = engine.plan(picture, face, light, time, turn)
        assert plan is not None
        shifts.append(plan.maps.shift)
    assert shifts[0] is not None
    assert np.abs(shifts[0]).max() > 2
    assert np.array_equal(*shifts)


def test_passes_of_a_frame_between_move_as_that_frame_does(
    engine: CompactEngine, studio: Studio
) -> None:
    light, turn = PRESETS["loop"].light(), (0.4, 0.0, 0.0)
    for number, (time, picture) in enumerate(_frames(studio, (0.0, 0.04))):
        pitch = studio.pose.pitch + 0.008 * number
        face = replace(studio, pose=replace(studio.pose, pitch=pitch)).face
        plan = engine.plan(picture, face, light, time, turn)
        passes = engine.passes(picture, face, light, time, turn)
        assert plan is not None
        assert passes is not None
        assert plan.maps.shift is not None
        assert passes.whole.maps.shift is not None
        np.testing.assert_array_equal(passes.whole.maps.shift, plan.maps.shift)


def test_a_still_is_moved_anew_for_another_camera_alone(
    engine: CompactEngine, studio: Studio
) -> None:
    picture = ArrayPicture(studio.picture(Light.ambient(1.0))[0])
    shifts = []
    for yaw, name in ((0.3, "loop"), (0.3, "split"), (-0.3, "split"), (0.3, "loop")):
        light = PRESETS[name].light()
        plan = engine.plan(picture, studio.face, light, 0.0, (yaw, 0.0, 0.0))
        assert plan is not None
        shifts.append(plan.maps.shift)
    first, again, other, back = shifts
    assert again is first
    assert first is not None
    assert other is not None
    assert back is not None
    assert np.sign(first[64, 64, 0]) == -np.sign(other[64, 64, 0])
    np.testing.assert_array_equal(back, first)


def test_higher_noses_throw_longer_shadows(engine: CompactEngine, studio: Studio) -> None:
    image, _ = studio.picture(Light.ambient(1.0))
    found = []
    for height in (1.0, 2.0):
        gain = replace(engine.config.gain, height=height)
        other = CompactEngine(replace(engine.config, gain=gain), engine._runtime)
        other._coder._matte = engine._coder._matte
        lamp = PRESETS["short"].light()
        plan = other.plan(ArrayPicture(image), studio.face, lamp, 0.0)
        assert plan is not None
        found.append(plan.maps.log_ratio[..., 1])
    change = found[1] - found[0]
    assert (change < -0.1).sum() > 50
    assert change.max() < 0.05
