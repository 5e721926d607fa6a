"""The delighting network's part: what it is shown, and what is done with its answer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine import CompactEngine
from relume.compact_engine.delight import FINE, delight_features, delit_of, explained_by, floor_of
from relume.compact_engine.gain import GainConfig, how_hard
from relume.compact_engine.reading import Reading, read
from relume.compact_engine.rendered import RenderedView
from relume.compact_engine.sharpen import sharpened
from relume.compose import to_linear, to_srgb
from relume.geometry import Camera
from relume.light import PRESETS, Light
from relume.media import ArrayPicture
from relume.model.compact import DELIGHT_FEATURES
from relume.runtime import RAYS, Views

from ..studio import Studio
from .conftest import KnownHead

Floats = NDArray[np.float32]


def reading_of(level: float = 0.4) -> Reading:
    """Skin all over, evenly lit."""
    ones = np.ones((RAYS, RAYS), np.float32)
    transfer = np.zeros((RAYS, RAYS, 9), np.float32)
    transfer[..., 0] = 1 / np.sqrt(4 * np.pi)
    skin = np.broadcast_to(np.float32([0.5, 0.38, 0.3]), (RAYS, RAYS, 3)).copy()
    views = Views(skin, transfer, ones, 2.7 * ones)
    found = read(views, skin * np.float32(level), np.ones_like(skin), 3.2, 0.1)
    assert found is not None
    return found


def test_it_is_shown_the_frame_and_the_models_maps() -> None:
    reading = reading_of()
    fine = np.random.default_rng(0).integers(0, 256, (FINE, FINE, 3), np.uint8)
    shown = delight_features(reading, fine, 0.06)
    assert shown.shape == (DELIGHT_FEATURES, RAYS, RAYS)
    assert np.isfinite(shown).all()
    # Channels 12 to 24 are the coded picture, four pixels of a cell each.
    coded = shown[12:24].reshape(3, 2, 2, RAYS, RAYS) * 0.5 + 0.5
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        pixels = fine[row::2, column::2].transpose(2, 0, 1) / 255
        assert coded[:, row, column] == pytest.approx(pixels, abs=1e-6)
    assert shown[27:30] == pytest.approx(0, abs=1e-5)  # source light is even light


def test_exposure_changes_nothing_that_tells_the_light() -> None:
    fine = np.random.default_rng(1).integers(40, 160, (FINE, FINE, 3), np.uint8)
    half = to_srgb(to_linear(fine.astype(np.float32) / np.float32(255)) / 2)
    one = delight_features(reading_of(0.4), fine, 0.06)
    other = delight_features(reading_of(0.2), (half * 255 + 0.5).astype(np.uint8), 0.06)
    assert other[:12] == pytest.approx(one[:12], abs=0.03)
    assert other[24:] == pytest.approx(one[24:], abs=1e-4)


def test_an_answers_scale_is_the_source_lights_matter() -> None:
    reading = reading_of()
    bump = np.zeros((RAYS, RAYS, 3), np.float32)
    bump[20:30, 20:30] = 0.7
    off = np.float32([0.3, -0.2, 0.1])
    one, other = (
        delit_of(bump, reading, 0.06, 3.2, 6.0),
        delit_of(bump + off, reading, 0.06, 3.2, 6.0),
    )
    assert other.even == pytest.approx(one.even, rel=1e-3)
    assert other.hardness == pytest.approx(one.hardness, rel=1e-3)
    assert one.even.mean((0, 1)) == pytest.approx(reading.frame.mean((0, 1)), rel=0.02)
    assert delit_of(0 * bump, reading, 0.06, 3.2, 6.0).hardness == pytest.approx(0, abs=1e-4)
    assert delit_of(2 * bump, reading, 0.06, 3.2, 6.0).hardness > 1.7 * one.hardness


def test_a_shadow_is_found_where_it_lies_however_small() -> None:
    reading, config = reading_of(), GainConfig()
    bump = np.zeros((RAYS, RAYS, 3), np.float32)
    bump[28:34, 28:34] = 0.9
    delit = delit_of(bump, reading, 0.06, 3.2, 10.0)
    assert delit.hardness < config.hard[0]  # on the whole the light is soft
    hard = how_hard(delit, config)[..., 0]
    assert hard[29:33, 29:33].min() > 0.95
    assert hard[:20].max() == 0
    assert how_hard(delit_of(0.2 * bump, reading, 0.06, 3.2, 10.0), config).max() == 0


def test_edges_are_the_frames_own_between_the_cells() -> None:
    """A shadow whose edge runs through the cells, and an answer that is a mean over each."""
    reading = reading_of()
    x = np.arange(FINE)
    for edge in (FINE // 2 - 3, FINE // 2 + 1):
        shade = np.where(x < edge, np.float32(0.25), np.float32(1))
        fine = np.broadcast_to(shade[None, :, None] * reading.frame[0, 0], (FINE, FINE, 3))
        coded = (to_srgb(np.ascontiguousarray(fine, np.float32)) * 255 + 0.5).astype(np.uint8)
        cells = fine.reshape(RAYS, 2, RAYS, 2, 3).mean((1, 3))
        seen = replace(reading, frame=cells.astype(np.float32))
        right = -np.log(shade)
        blurred = cv2.GaussianBlur(np.tile(right, (FINE, 1)), (0, 0), 1.0)
        taken = blurred.reshape(RAYS, 2, RAYS, 2).mean((1, 3)).astype(np.float32)[..., None]
        taken = np.repeat(taken, 3, 2)
        grown = cv2.resize(taken, (FINE, FINE), interpolation=cv2.INTER_LINEAR)
        found = grown + sharpened(taken, seen, coded)[..., None]
        near = slice(edge - 8, edge + 8)
        off, before = (np.abs(m[60, :, 1] - right)[near].mean() for m in (found, grown))
        assert off < 0.6 * before
        assert np.abs(found - grown)[60, : edge - 16].max() < 0.02


def test_a_lash_across_a_shadows_edge_is_no_shadow() -> None:
    """Most of what it is darker than the skin beside it stays, and nothing is wild."""
    reading, x = reading_of(), np.arange(FINE)
    shade = np.where(x < FINE // 2 + 1, np.float32(0.15), np.float32(1))
    fine = np.broadcast_to(shade[None, :, None] * reading.frame[0, 0], (FINE, FINE, 3)).copy()
    fine[64, 40:90] *= 0.02
    coded = (to_srgb(fine) * 255 + 0.5).astype(np.uint8)
    cells = fine.reshape(RAYS, 2, RAYS, 2, 3).mean((1, 3)).astype(np.float32)
    right = cv2.GaussianBlur(np.tile(-np.log(shade), (FINE, 1)), (0, 0), 1.0)
    taken = right.reshape(RAYS, 2, RAYS, 2).mean((1, 3)).astype(np.float32)[..., None]
    taken = np.repeat(taken, 3, 2)
    added = sharpened(taken, replace(reading, frame=cells), coded)[..., None]
    found = cv2.resize(taken, (FINE, FINE), interpolation=cv2.INTER_LINEAR) + added
    assert found.min() > -0.05
    assert found.max() < -np.log(0.15) + 0.05
    assert np.abs(found[64] - found[60])[50:80].max() < 0.35 * -np.log(0.02)
    # And beyond the crop, where nothing more is known, nothing begins with a step.
    assert np.abs(added[[0, -1]]).max() < 0.03


def test_nothing_is_added_where_nothing_is_taken_off() -> None:
    fine = np.random.default_rng(0).integers(0, 256, (FINE, FINE, 3), np.uint8)
    even = np.full((RAYS, RAYS, 3), 0.7, np.float32)
    assert np.abs(sharpened(even, reading_of(), fine)).max() < 1e-6


def test_a_black_frame_holds_nothing_to_read() -> None:
    views = reading_of().views
    black = np.zeros((RAYS, RAYS, 3), np.float32)
    assert read(views, black, np.ones_like(black), 3.2, 0.1) is None


BAND, DEPTH = slice(27, 31), 0.15
"""Columns of cells that a hard shadow lies on, and what it leaves of the light."""


def _filmed(
    studio: Studio, depth: float = DEPTH
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """A head under even light, a band of it in shadow; where its face is, where the shadow."""
    image, mask = studio.picture(Light.ambient(1.0))
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    crop = studio.face.crop
    column = (crop[0, 0] * x + crop[0, 1] * y + crop[0, 2] + 0.5) * (RAYS / 512)
    shade = mask & (column >= BAND.start) & (column < BAND.stop)
    linear = to_linear(image) * np.where(shade[..., None], np.float32(depth), np.float32(1))
    return (
        to_srgb(linear.astype(np.float32)),
        mask & (abs(x - 235) < 55) & (abs(y - 195) < 65),
        shade,
    )


def _answer(reading: Reading) -> Floats:
    """What is right: light that is even once the shadow is off."""
    left = np.full((RAYS, RAYS, 1), 1, np.float32)
    left[:, BAND] = DEPTH
    floor = floor_of(reading)
    factor = (reading.frame / left + floor) / (reading.frame + floor)
    return np.asarray(explained_by(reading, 0.06) + np.log(factor), np.float32)


def _relit(
    engine: CompactEngine, studio: Studio, answer: Floats | None, depth: float = DEPTH
) -> Floats:
    engine._runtime.answer = answer  # type: ignore[attr-defined]
    picture = ArrayPicture(_filmed(studio, depth)[0])
    plan = engine.plan(picture, studio.face, PRESETS["loop"].light(), 0.0)
    assert plan is not None
    plan.apply(picture)
    return to_linear(np.asarray(picture.array))


def _another(engine: CompactEngine, studio: Studio) -> CompactEngine:
    made = CompactEngine(engine.config, KnownHead(studio.head))  # type: ignore[arg-type]
    made._coder._matte = engine._coder._matte
    return made


def _last_reading(engine: CompactEngine) -> Reading:
    (person,) = engine._people.values()
    assert person.look is not None
    assert person.look.reading is not None
    return person.look.reading


def test_a_hard_shadow_is_taken_off(engine: CompactEngine, studio: Studio) -> None:
    """Most of it, to its very edges; the face's brightness as a whole stays."""
    without = _relit(engine, studio, None)
    with_it = _relit(_another(engine, studio), studio, _answer(_last_reading(engine)))
    never = _relit(_another(engine, studio), studio, None, 1.0)
    _, face, shade = _filmed(studio)
    truth = to_linear(studio.picture(PRESETS["loop"].light())[0])

    def error(found: Floats) -> float:
        a, b = found[face], truth[face]
        scale = (a * b).sum() / (a * a).sum()
        return float(np.sqrt(((scale * a - b) ** 2).mean() / (b**2).mean()))

    def lean(found: Floats) -> float:
        return float(found[face & shade].mean() / found[face & ~shade].mean())

    assert error(with_it) - error(never) < 0.4 * (error(without) - error(never))
    assert with_it[face].mean() == pytest.approx(without[face].mean(), rel=0.1)
    assert lean(without) < 0.5 * lean(never)
    assert lean(with_it) > 0.65 * lean(never)


def test_soft_light_leaves_it_aside(engine: CompactEngine, studio: Studio) -> None:
    without = _relit(engine, studio, None)
    rng = np.random.default_rng(0)
    little = rng.normal(0, 0.05, (RAYS, RAYS, 3)).astype(np.float32)
    assert np.array_equal(_relit(_another(engine, studio), studio, little), without)


@pytest.mark.parametrize(("hard", "asked"), [(True, 2), (False, 1)])
def test_it_is_asked_once_a_render_and_its_answer_goes_along(
    engine: CompactEngine, studio: Studio, hard: bool, asked: int
) -> None:
    """Of soft light, not so often: what is found lasts for `CompactEngineConfig.ask`."""
    known = engine._runtime
    known.answer = np.zeros((RAYS, RAYS, 3), np.float32)  # type: ignore[attr-defined]
    known.answer[:, RAYS // 2 :] = 1.5 if hard else 0.0  # type: ignore[attr-defined]
    image, light = _filmed(studio)[0], PRESETS["loop"].light()
    for number, time in enumerate([0.0, 0.1, 0.2, 0.3]):
        frame = ArrayPicture(image + np.float32(0.01 * number))  # never the same picture twice
        for _ in range(2):  # a held picture under another light
            engine.plan(frame, studio.face, light, time)
    assert (known.rendered, known.delit) == (2, asked)  # type: ignore[attr-defined]
    engine.plan(ArrayPicture(image), studio.face, None, 0.35, turn=(0.1, 0.0, 0.0))
    assert known.delit == asked  # type: ignore[attr-defined]
    for time, soft in ((0.38, 1), (0.48, 2)):
        engine.plan(ArrayPicture(image + np.float32(time)), studio.face, light, time)
        assert hard or known.delit == soft  # type: ignore[attr-defined]


def test_maps_go_along_with_the_view(studio: Studio) -> None:
    own = Camera.look_at(0.1, -0.05)
    views = KnownHead(studio.head).render(np.zeros(0, np.float32), own)
    view = RenderedView(np.zeros(0, np.float32), views, own)
    maps = np.ascontiguousarray(views.transfer[..., 3:6])
    moved = view.seen_from(own.turned(0.02))
    assert moved is not None
    assert not view.as_rendered
    assert view.carried(maps) == pytest.approx(moved.transfer[..., 3:6], abs=0.02)
    assert np.abs(view.carried(maps) - maps).max() > 0.05
    view.seen_from(own)
    assert view.as_rendered
    assert view.carried(maps) is maps
