"""The delighting network's part: what it is shown, and what is done with its answer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine import CompactEngine
from relume.compact_engine.delight import FINE, delight_features, delit_of
from relume.compact_engine.reading import Reading, read
from relume.compact_engine.rendered import RenderedView
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


def test_an_answers_mean_is_the_source_lights_matter() -> None:
    reading = reading_of()
    bump = np.zeros((RAYS, RAYS, 3), np.float32)
    bump[20:30, 20:30] = 0.7
    off = np.float32([0.3, -0.2, 0.1])
    one, other = delit_of(bump, reading), delit_of(bump + off, reading)
    assert other.logarithm == pytest.approx(one.logarithm, abs=1e-5)
    assert one.logarithm.mean((0, 1)) == pytest.approx(0, abs=1e-5)
    assert other.hardness == pytest.approx(one.hardness, abs=1e-5)
    assert delit_of(2 * bump, reading).hardness == pytest.approx(2 * one.hardness, rel=1e-3)


def _shadow() -> Floats:
    """[N, N, 1] light that is left: a hard shadow over one half of the face's middle."""
    left = np.ones((RAYS, RAYS, 1), np.float32)
    left[:, : RAYS // 2] = 0.25
    return left


def _relit(engine: CompactEngine, studio: Studio, answer: Floats | None) -> tuple[Floats, Floats]:
    """A head in hard shadow relit, with and without the shadow's own answer; its mask."""
    image, mask = studio.picture(Light.ambient(1.0))
    height, width = mask.shape
    y, x = np.mgrid[:height, :width]
    crop = studio.face.crop
    column = (crop[0, 0] * x + crop[0, 1] * y + crop[0, 2] + 0.5) * (RAYS / 512)
    shadow = np.where(column < RAYS / 2, np.float32(0.25), np.float32(1))[..., None]
    filmed = to_srgb((to_linear(image) * np.where(mask[..., None], shadow, 1)).astype(np.float32))
    engine._runtime.answer = answer  # type: ignore[attr-defined]
    picture = ArrayPicture(filmed)
    plan = engine.plan(picture, studio.face, PRESETS["loop"].light(), 0.0)
    assert plan is not None
    plan.apply(picture)
    return np.asarray(picture.array), mask


def _error(found: Floats, studio: Studio, mask: Floats) -> float:
    import cv2

    truth, _ = studio.picture(PRESETS["loop"].light())
    face = cv2.erode(mask.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    a, b = to_linear(found)[face], to_linear(truth)[face]
    scale = (a * b).sum() / (a * a).sum()
    return float(np.sqrt(((scale * a - b) ** 2).mean() / (b**2).mean()))


def test_a_hard_shadow_is_taken_off_where_it_ends(engine: CompactEngine, studio: Studio) -> None:
    without, mask = _relit(engine, studio, None)
    other = CompactEngine(engine.config, KnownHead(studio.head))  # type: ignore[arg-type]
    other._coder._matte = engine._coder._matte
    answer = np.broadcast_to(-np.log(_shadow()), (RAYS, RAYS, 3)).astype(np.float32)
    # The source light is fitted to the shadowed frame and takes a part of it for its own.
    reading = _last_reading(engine)
    answer = answer + np.log((reading.source + 0.06) / (reading.even + 0.06))
    with_it, _ = _relit(other, studio, np.asarray(answer, np.float32))
    assert _error(with_it, studio, mask) < 0.7 * _error(without, studio, mask)


def test_soft_light_leaves_it_aside(engine: CompactEngine, studio: Studio) -> None:
    without, _ = _relit(engine, studio, None)
    other = CompactEngine(engine.config, KnownHead(studio.head))  # type: ignore[arg-type]
    other._coder._matte = engine._coder._matte
    rng = np.random.default_rng(0)
    little = rng.normal(0, 0.05, (RAYS, RAYS, 3)).astype(np.float32)
    assert np.array_equal(_relit(other, studio, little)[0], without)


def _last_reading(engine: CompactEngine) -> Reading:
    (person,) = engine._people.values()
    assert person.look is not None
    assert person.look.reading is not None
    return person.look.reading


def test_the_answer_goes_along_with_the_view(studio: Studio) -> None:
    own = Camera.look_at(0.1, -0.05)
    views = KnownHead(studio.head).render(np.zeros(0, np.float32), own)
    view = RenderedView(np.zeros(0, np.float32), views, own)
    view.keep(np.ascontiguousarray(views.transfer[..., 3:6]))
    moved = view.seen_from(own.turned(0.02))
    assert moved is not None
    assert view.answer == pytest.approx(moved.transfer[..., 3:6], abs=0.02)
    assert not np.array_equal(view.answer, views.transfer[..., 3:6])
    view.seen_from(own)
    assert np.array_equal(view.answer, views.transfer[..., 3:6])
