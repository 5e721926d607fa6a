"""The colour that bright skin lost, by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.compact_engine.bleached import SKIN, Bleached
from relume.light.colour import LUMINANCE

WHITE = np.ones(3, np.float32)
EVERYWHERE = np.ones((4, 4, 1), np.float32)

Floats = NDArray[np.float32]


def all_over(colour: Floats) -> Floats:
    return np.broadcast_to(np.asarray(colour, np.float32), (4, 4, 3)).copy()


def regained(frame: Floats, factor: float, white: Floats = WHITE) -> Floats:
    """[4, 4, 3] the frame by so much darker, with its colour."""
    logarithm = np.full_like(frame, np.log(factor))
    more = Bleached.of(frame, EVERYWHERE, white).regained(logarithm)
    return np.asarray(frame * np.exp(logarithm + more))


levels = st.floats(0.01, 1.0)


@given(levels, st.floats(0.05, 1.0))
def test_grey_pictures_stay_grey(level: float, factor: float) -> None:
    out = regained(all_over(level * WHITE), factor)
    assert np.allclose(out, level * factor, rtol=1e-4)


@given(levels, st.floats(0.4, 1.0), st.floats(0.05, 1.0))
def test_luminance_stays(level: float, green: float, factor: float) -> None:
    frame = all_over(level * np.float32([1, green, 0.8 * green]))
    out = regained(frame, factor)
    assert np.allclose(out @ LUMINANCE, factor * (frame @ LUMINANCE), rtol=1e-4)


@given(levels, st.floats(1.0, 8.0))
def test_what_gets_brighter_is_left(level: float, factor: float) -> None:
    frame = all_over(level * SKIN)
    assert np.allclose(regained(frame, factor), factor * frame, rtol=1e-4)


@given(st.floats(0.01, 0.4), st.floats(0.05, 1.0))
def test_what_no_camera_bleaches_is_left(level: float, factor: float) -> None:
    frame = all_over(level * SKIN)
    assert np.allclose(regained(frame, factor), factor * frame, rtol=1e-4)


WARMEST = 0.7 * SKIN
"""Next to nobody's."""


@given(levels, st.floats(0.05, 1.0), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_skin_gets_no_warmer_than_skin_is(
    level: float, green: float, blue: float, factor: float
) -> None:
    """Vivid pictures have kept their colour in the light."""
    frame = all_over(level * np.float32([1, green, blue]))
    out = regained(frame, factor)[0, 0]
    assert (out / out[0] >= np.minimum(frame[0, 0] / frame[0, 0, 0], WARMEST) - 1e-3).all()


def test_a_red_lamp_on_one_cheek_does_not_colour_the_burnt_other_one() -> None:
    frame = all_over(WHITE)
    frame[:, :2] = 0.3 * np.float32([1, 0.05, 0.05])
    out = regained(frame, 0.2)[0, 3]
    assert (out / out[0] >= WARMEST).all()


def test_nothing_is_done_beside_the_skin() -> None:
    frame = all_over(0.95 * np.float32([1, 0.8, 0.7]))
    beside = Bleached.of(frame, 0 * EVERYWHERE, WHITE)
    assert not beside.regained(np.full_like(frame, -2)).any()


def test_a_glint_that_the_gain_has_warmed_is_not_warmed_again() -> None:
    """Dark cheeks turned red."""
    frame = np.broadcast_to(0.3 * SKIN, (16, 16, 3)).copy()
    frame[:2, :2] = [0.95, 0.75, 0.65]
    gain = np.zeros_like(frame)
    gain[:2, :2] = np.log(0.3 * SKIN / frame[0, 0])
    glint = Bleached.of(frame, np.ones((16, 16, 1), np.float32), WHITE)
    again, more = (glint.regained(x)[0, 0] for x in (gain, np.full_like(gain, np.log(0.3))))
    assert np.abs(again).max() < 0.08
    assert more[0] > 2 * again[0]
