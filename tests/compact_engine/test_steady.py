"""The gain over time: steady on the skin, and behind nothing that truly changes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.compact_engine.gain import Gain
from relume.compact_engine.steady import Relit, Steadier, SteadyConfig
from relume.face import Matte
from relume.light import Light, directional
from relume.ratio.window import doubled
from relume.runtime import RAYS

from ..studio import plain_matte

Floats = NDArray[np.float32]

LIGHT = Light.ambient(1.0)
CROP = np.array([[1.0, 0, 0], [0, 1.0, 0]])  # the frame is the 512 crop
STEP = 1 / 30


@cache
def skin(seed: int) -> Floats:
    """[512, 512, 3] detail of all sizes."""
    fine = np.random.default_rng(seed).uniform(0, 1, (512, 512, 3)).astype(np.float32)
    soft = sum(cv2.GaussianBlur(fine, (0, 0), s) * s * 1.5 for s in (10.0, 20.0, 40.0))
    return np.asarray(np.clip(0.5 + (soft - np.mean(soft)) * 1.2, 0.05, 0.95), np.float32)


def texture(moved: float = 0.0, seed: int = 1) -> NDArray[np.uint8]:
    """[N, N, 3] cells of skin, so many of them farther right."""
    at = np.array([[1.0, 0, moved * 8], [0, 1, 0]])
    whole = cv2.warpAffine(skin(seed), at, (512, 512), borderMode=cv2.BORDER_REFLECT)
    cells = cv2.resize(whole, (RAYS, RAYS), interpolation=cv2.INTER_AREA)
    return np.rint(cells * 255).astype(np.uint8)


def shade(moved: float = 0.0, turned: float = 0.0) -> Floats:
    """[N, N] a gain's logarithm: bands across, so many cells farther right."""
    x = np.arange(RAYS, dtype=np.float32) - moved
    return np.tile(0.8 * np.sin(x / 5 + turned), (RAYS, 1)).astype(np.float32)


def matte(moved: float = 0.0) -> Matte:
    """A person up to so many pixels right of the middle, in maps of a quarter of the frame's
    size."""
    alpha = np.clip(16 + (moved / 4 - np.arange(128, dtype=np.float32)) / 4, 0, 1)
    to_frame = np.array([[4.0, 0, 1.5], [0, 4.0, 1.5]])
    return plain_matte(np.tile(alpha, (128, 1)).astype(np.float32), to_frame)


def relit(logarithm: Floats, cut: Matte | None = None) -> Relit:
    gain = Gain(np.repeat(logarithm[..., None], 3, 2), np.zeros_like(logarithm))
    return Relit(gain, np.ones_like(logarithm), cut or matte())


def unchanged(light: Light, other: Light) -> Floats:
    raise AssertionError("the light is the same")


def brighter(light: Light, other: Light) -> Floats:
    """Even light, which is all of a face's."""
    by = np.log(light.coefficients[0, 0] / other.coefficients[0, 0])
    return np.full((*shade().shape, 3), by, np.float32)


def ask(
    steady: Steadier, given: Relit, cells: NDArray[np.uint8], frame: float, light: Light = LIGHT
) -> Relit:
    return steady(given, cells, CROP, light, frame * STEP, unchanged)


def inner(image: Floats) -> Floats:
    return image[8:-8, 8:-8]


def test_what_trembles_is_steadied() -> None:
    random, steady = np.random.default_rng(0), Steadier()
    given, got = [], []
    for frame in range(30):
        cells = texture()
        cells += random.integers(0, 2, cells.shape, np.uint8)  # a camera's noise
        given.append(shade(random.normal(0, 0.3)))
        got.append(ask(steady, relit(given[-1]), cells, frame).gain.logarithm[..., 0])

    def unrest(frames: list[Floats]) -> float:
        return float(np.abs(np.diff(np.stack(frames[8:]), axis=0)).mean())

    assert unrest(got) < 0.2 * unrest(given)


def test_the_gain_moves_with_the_skin() -> None:
    steady = Steadier()
    for frame in range(12):
        at = 0.6 * frame
        got = ask(steady, relit(shade(at)), texture(at), frame).gain.logarithm[..., 0]
    assert (
        np.abs(inner(got - shade(at))).mean()
        < 0.11 * np.abs(inner(shade(at - 2) - shade(at))).mean()
    )


def test_a_light_that_jumps_is_there_at_once() -> None:
    steady, asked = Steadier(), []
    for frame in range(6):
        ask(steady, relit(shade(0.1 * (frame % 2))), texture(0.05 * frame), frame)
    other = Light.ambient(2.0)

    def change(light: Light, old: Light) -> Floats:
        assert light is other
        asked.append(old)
        return np.repeat((shade(0, 1.5) - shade())[..., None], 3, 2)

    new = relit(shade(0, 1.5))
    got = steady(new, texture(0.3), CROP, other, 6 * STEP, change).gain.logarithm
    assert asked == [LIGHT]
    step = np.abs(shade(0, 1.5) - shade()).mean()
    assert np.abs(got - new.gain.logarithm).mean() < 0.05 * step


def test_light_that_changes_on_the_face_is_followed() -> None:
    """A lamp in the room is switched: the picture stays, its gain doesn't."""
    steady = Steadier()
    for frame in range(6):
        ask(steady, relit(shade()), texture(0.05 * frame), frame)
    got = ask(steady, relit(shade() + 1), texture(0.3), 6).gain.logarithm[..., 0]
    assert np.abs(inner(got - shade() - 1)).max() < 0.4  # of 1: a band's own range around a cell


def test_a_hand_before_the_face_has_its_own_gain() -> None:
    steady = Steadier()
    for frame in range(6):
        ask(steady, relit(shade()), texture(0.05 * frame), frame)
    cells, logarithm = texture(0.3), shade()
    cells[20:44, 20:44] = 255 - texture(seed=2)[20:44, 20:44]
    logarithm[20:44, 20:44] += 0.2 * np.sin(np.arange(24, dtype=np.float32))
    got = ask(steady, relit(logarithm), cells, 6).gain.logarithm[..., 0]
    hand = np.abs(got - logarithm)[24:40, 24:40]
    assert np.median(hand) < 1e-3


@pytest.mark.parametrize("after", [-0.1, 0.31, 5.0])
def test_nothing_is_carried_over_a_jump_of_time(after: float) -> None:
    steady = Steadier()
    steady(relit(shade()), texture(), CROP, LIGHT, 2.0, unchanged)
    new = relit(shade(1.0), matte(8))
    got = steady(new, texture(0.1), CROP, LIGHT, 2.0 + after, unchanged)
    assert np.array_equal(got.gain.logarithm, new.gain.logarithm)
    assert got.matte is new.matte


def test_the_same_frame_twice_gives_the_same() -> None:
    steady = Steadier()
    for frame in range(4):
        ask(steady, relit(shade(0.2 * frame)), texture(0.1 * frame), frame)
    first, second = (ask(steady, relit(shade(1)), texture(0.4), 4) for _ in range(2))
    assert np.array_equal(first.gain.logarithm, second.gain.logarithm)
    assert np.array_equal(first.matte.affine, second.matte.affine)


def test_a_frame_shown_again_is_relit_as_before() -> None:
    steady = Steadier()
    for frame in range(4):
        cells = texture(0.1 * frame)
        before = ask(steady, relit(shade(0.2 * frame)), cells, frame)
    got = ask(steady, relit(shade(1), matte(8)), cells, 4)
    assert np.array_equal(got.gain.logarithm, before.gain.logarithm)
    assert got.matte is before.matte


def test_a_still_gets_every_light_exactly() -> None:
    steady = Steadier()
    for frame in range(4):
        new = relit(shade(0, frame))
        got = ask(steady, new, texture(), frame, Light.ambient(1.0 + frame))
        assert np.array_equal(got.gain.logarithm, new.gain.logarithm)


def carry(
    steady: Steadier,
    cells: NDArray[np.uint8],
    frame: float,
    light: Light = LIGHT,
    patience: float = 1.0,
) -> Relit | None:
    return steady.carried(matte(), cells, CROP, light, frame * STEP, patience)


def test_frames_between_are_not_asked_and_their_gain_moves_with_the_skin() -> None:
    steady = Steadier(SteadyConfig(every=2.5 * STEP))
    ask(steady, replace(relit(shade()), edges=doubled(shade())), texture(), 0)

    def left(found: Floats, wanted: Floats, was: Floats) -> float:
        return float(np.abs(inner(found - wanted)).mean() / np.abs(inner(was - wanted)).mean())

    for frame in (1, 2):
        got = carry(steady, texture(0.6 * frame), frame)
        assert got is not None
        assert got.edges is not None
        wanted, was = shade(0.6 * frame), shade()
        assert left(got.gain.logarithm[..., 0], wanted, was) < 0.3
        assert left(got.edges, doubled(wanted), doubled(was)) < 0.3
    assert carry(steady, texture(1.8), 3) is None
    ask(steady, relit(shade(1.8)), texture(1.8), 3)
    assert carry(steady, texture(1.8), 4) is not None


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("every", [0.0, 0.09])
def test_the_memory_is_as_long_whatever_the_frames_between(rate: int, every: float) -> None:
    """A step within what is carried freely: 63% of it are there after `memory`."""
    config = SteadyConfig(every=every)
    steady, cells = Steadier(config), [texture(0.05), texture(0.1)]
    for frame in range(2 * rate):
        time, here = frame / rate, cells[frame % 2]
        got = steady.carried(matte(), here, CROP, LIGHT, time)
        if got is None:
            new = np.full((RAYS, RAYS), 0.1 if frame > 0 else 0.0, np.float32)
            got = steady(relit(new), here, CROP, LIGHT, time, unchanged)
        if float(np.median(got.gain.logarithm)) > 0.063:
            break
    assert time == pytest.approx(config.memory, abs=0.16)


def test_a_matte_goes_along_between() -> None:
    steady = Steadier()
    ask(steady, relit(shade(), matte()), texture(), 0)
    for frame in (1, 2):
        new = matte(8.0 * 0.3 * frame)
        got = steady.carried(new, texture(0.3 * frame), CROP, LIGHT, frame * STEP)
        assert got is not None
        off, was = (np.abs(m.affine - new.affine)[20:108].mean() for m in (got.matte, matte()))
        assert off < 0.5 * was


def test_a_crop_that_moves_over_a_plain_face_takes_the_matte_along() -> None:
    steady = Steadier()
    ask(steady, relit(shade()), texture(), 0)
    moved = CROP - np.array([[0, 0, 12.0], [0, 0, 0]])  # the face 12 pixels farther right
    new = matte().moved(np.array([12.0, 0.0]))
    got = steady.carried(new, texture(), moved, LIGHT, STEP)
    assert got is not None
    assert np.array_equal(got.matte.to_frame, new.to_frame)


def test_what_is_carried_may_be_asked_for_twice() -> None:
    steady = Steadier()
    ask(steady, relit(shade()), texture(), 0)
    first, second = (carry(steady, texture(0.4), 1) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.gain.logarithm, second.gain.logarithm)


def test_another_light_a_hand_or_a_jump_is_asked() -> None:
    steady = Steadier()
    assert carry(steady, texture(), 0) is None
    ask(steady, relit(shade()), texture(), 0)
    hand = texture(0.3)
    hand[20:44, 20:44] = 255 - texture(seed=2)[20:44, 20:44]
    assert carry(steady, hand, 1) is None
    assert carry(steady, texture(0.3), 1, Light.ambient(2.0)) is None
    lamp = directional([0, 0, 1])
    shadowed = Light(LIGHT.coefficients, LIGHT.frame, lamp.lamps)  # no more light, but shadows
    assert carry(steady, texture(0.3), 1, shadowed) is None
    assert carry(steady, texture(0.3), 20) is None
    assert carry(steady, texture(0.3), 1) is not None


def test_no_memory_is_none() -> None:
    steady = Steadier(SteadyConfig(memory=0.0))
    for frame in range(3):
        new = relit(shade(frame))
        assert ask(steady, new, texture(0.1 * frame), frame) is new


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 1.0), st.floats(0.0, 0.3))
def test_it_never_leaves_what_the_frame_has_around(seed: int, most: float, loose: float) -> None:
    random = np.random.default_rng(seed)
    steady = Steadier(SteadyConfig(loose=loose))
    for frame in range(3):
        new = random.normal(0, most, (RAYS, RAYS)).astype(np.float32)
        cells = random.integers(0, 256, (RAYS, RAYS, 3), np.uint8)
        got = ask(steady, relit(new), cells, frame).gain.logarithm[..., 0]
    around = np.ones((3, 3), np.uint8)
    assert (got >= cv2.erode(new, around) - loose - 1e-4).all()
    assert (got <= cv2.dilate(new, around) + loose + 1e-4).all()


def test_a_matte_that_trembles_is_steadied_within_the_crop() -> None:
    random, steady = np.random.default_rng(0), Steadier()
    given, got = [], []
    for frame in range(20):
        cut = matte(random.normal(0, 4.0))
        given.append(cut.affine[..., 3])
        after = ask(steady, relit(shade(), cut), texture(0.05 * frame), frame).matte
        got.append(after.affine[..., 3])
    unrest = [float(np.abs(np.diff(np.stack(x[5:]), axis=0)).mean()) for x in (given, got)]
    assert unrest[1] < 0.6 * unrest[0]


def test_a_matte_of_a_frame_before_moves_with_the_picture() -> None:
    """Not segmented anew, but moved as a whole with a face that stays while the picture moves."""
    steady, cut = Steadier(), matte()
    for frame in range(6):
        same = replace(cut)
        got = ask(steady, relit(shade(), same), texture(0.5 * frame), frame).matte
    wanted = matte(0.5 * 5 * 8)  # pixels of the frame
    off, still = (np.abs(m.affine - wanted.affine)[20:108].mean() for m in (got, cut))
    assert off < 0.25 * still


def test_a_matte_stays_as_it_is_beyond_the_crop() -> None:
    steady = Steadier()
    small = np.array([[4.0, 0, -768.0], [0, 4.0, -768.0]])  # a quarter of the frame in the middle
    for frame in range(3):
        cut = matte(4.0 * frame)
        got = steady(
            relit(shade(), cut), texture(0.05 * frame), small, LIGHT, frame * STEP, unchanged
        )
    outside = np.ones((128, 128), bool)
    outside[46:82, 46:82] = False
    assert np.array_equal(got.matte.affine[outside], cut.affine[outside])
    assert not np.array_equal(got.matte.affine, cut.affine)


@pytest.mark.parametrize("late", [0, 1, 3])
def test_an_answer_that_comes_late_is_where_the_skin_is_by_then(late: int) -> None:
    """A gain that has grown by 0.5 since is told at frame 2, and known some frames later."""
    steady = Steadier(SteadyConfig(memory=1e-6))  # of which only the answer is left
    ask(steady, relit(shade()), texture(), 0)
    for frame in (1, 2):
        carry(steady, texture(0.6 * frame), frame)
    assert not steady.due(2 * STEP)
    steady.ask()
    for frame in range(3, 3 + late):
        got = carry(steady, texture(0.6 * frame), frame, patience=3.0)
        assert got is not None
        assert np.abs(inner(got.gain.logarithm[..., 0] - shade(0.6 * frame))).mean() < 0.1
    steady.answer(replace(relit(shade(1.2, 0.5)), edges=doubled(shade(1.2))), unchanged)
    frame = 3 + late
    got = carry(steady, texture(0.6 * frame), frame, patience=3.0)
    assert got is not None
    assert got.edges is not None
    for found, wanted, was in (
        (got.gain.logarithm[..., 0], shade(0.6 * frame, 0.5), shade(1.2, 0.5)),
        (got.edges, doubled(shade(0.6 * frame)), doubled(shade(1.2))),
    ):
        off = np.abs(inner(found - wanted)).mean()
        assert off < 0.35 * np.abs(inner(was - wanted)).mean()
    assert steady.due((2 + 5) * STEP)  # counted from the frame that was asked
    assert not steady.due((2 + 3) * STEP)


def test_an_answer_counts_as_if_it_had_come_at_once() -> None:
    asked = relit(shade(0.6, 0.1))
    at_once, later = Steadier(), Steadier()
    for steady in (at_once, later):
        ask(steady, relit(shade()), texture(), 0)
    got = ask(at_once, asked, texture(0.6), 1)
    carry(later, texture(0.6), 1)
    later.ask()
    later.answer(asked, unchanged)
    after, before = (carry(steady, texture(0.9), 2) for steady in (later, at_once))
    assert after is not None
    assert before is not None
    apart = np.abs(inner(after.gain.logarithm - before.gain.logarithm)).max()
    assert apart < 0.2 * np.abs(inner(got.gain.logarithm[..., 0] - shade(0.6))).max()


def test_an_answer_about_what_was_forgotten_is_none() -> None:
    steady = Steadier()
    ask(steady, relit(shade()), texture(), 0)
    carry(steady, texture(0.3), 1)
    steady.ask()
    ask(steady, relit(shade(0.6)), texture(0.6), 2)
    first = carry(steady, texture(0.9), 3)
    steady.answer(relit(shade(0, 5.0)), unchanged)
    second = carry(steady, texture(0.9), 3)
    assert first is not None
    assert second is not None
    assert np.array_equal(first.gain.logarithm, second.gain.logarithm)


def test_a_light_that_moves_goes_along_with_what_is_carried() -> None:
    """Also what is told late is of the light that is there by then."""
    steady, lights = Steadier(), [Light.ambient(1.0 + 0.1 * frame) for frame in range(8)]

    def wanted(frame: int) -> Floats:
        return shade(0.6 * frame) + np.float32(np.log(1 + 0.1 * frame))

    def carry_on(frame: int, change: Any) -> Relit | None:
        given = texture(0.6 * frame), CROP, lights[frame], frame * STEP
        return steady.carried(matte(0.6 * frame), *given, 3.0, change)

    ask(steady, relit(shade()), texture(), 0, lights[0])
    assert carry_on(1, None) is None
    for frame in (1, 2, 3):
        got = carry_on(frame, brighter)
        assert got is not None
        assert np.abs(inner(got.gain.logarithm[..., 0] - wanted(frame))).mean() < 0.1
        if frame == 1:
            steady.ask()
    steady.answer(relit(wanted(1)), brighter)
    for frame in (4, 5):
        got = carry_on(frame, brighter)
        assert got is not None
        assert np.abs(inner(got.gain.logarithm[..., 0] - wanted(frame))).mean() < 0.12


def test_patience_lets_a_gain_serve_longer() -> None:
    steady = Steadier(SteadyConfig(every=2.5 * STEP))
    ask(steady, relit(shade()), texture(), 0)
    for frame in range(1, 5):
        assert carry(steady, texture(0.1 * frame), frame, patience=2.0) is not None
        assert steady.due(frame * STEP) == (frame > 2)
    assert carry(steady, texture(0.6), 6, patience=2.0) is None
