"""Colours that a gain must not leave on a face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.compact_engine.hue import beyond_skin, colour_apart, hue_kept
from relume.compose import relit, to_linear, to_srgb

Floats = NDArray[np.float32]

ORANGE = np.float32([0.6, 0.3, 0.1])


def all_over(colour: Floats) -> Floats:
    """[3, 4, 4]"""
    return np.broadcast_to(np.float32(colour)[:, None, None], (3, 4, 4)).copy()


def hue(colour: Floats) -> float:
    """Where the channel between stands, 0 by the smallest to 1 by the largest."""
    low, middle, high = np.sort(colour)
    return float((middle - low) / (high - low))


def brightened(colour: Floats, factor: float, kept: bool) -> Floats:
    """[3] linear, as pixels of that colour come out."""
    frame, gain = all_over(colour), all_over(np.full(3, np.log(factor)))
    more = hue_kept(frame, gain)[:, 0, 0] if kept else np.zeros(3, np.float32)
    q = np.exp((np.log(factor) + more) / 2.4).astype(np.float32)
    pixel = to_srgb(np.float32(colour))[None, None]
    return np.asarray(to_linear(relit(pixel, q[None, None]))[0, 0])


def test_orange_that_is_rolled_off_turns_less_yellow() -> None:
    wanted, before = hue(ORANGE), hue(brightened(ORANGE, 3.0, kept=False))
    after = hue(brightened(ORANGE, 3.0, kept=True))
    assert before > wanted + 0.1
    assert wanted < after < wanted + 0.7 * (before - wanted)


def test_the_largest_and_the_smallest_channel_stay() -> None:
    more = hue_kept(all_over(ORANGE), all_over(np.full(3, np.log(3.0))))[:, 0, 0]
    assert more[[0, 2]] == pytest.approx([0, 0], abs=1e-3)
    assert more[1] < -0.1


colours = st.lists(st.floats(0.0, 1.0, width=32), min_size=3, max_size=3).map(np.float32)
gains = st.lists(st.floats(-3.0, 0.0, width=32), min_size=3, max_size=3).map(np.float32)


@given(colours, gains)
def test_what_gets_darker_stays(colour: Floats, gain: Floats) -> None:
    assert hue_kept(all_over(colour), all_over(gain)) == pytest.approx(0, abs=2e-3)


@given(st.floats(0.01, 1.0), st.floats(0.0, 2.0))
def test_grey_stays_grey(level: float, gain: float) -> None:
    grey = all_over(np.full(3, level)), all_over(np.full(3, gain))
    assert hue_kept(*grey) == pytest.approx(0, abs=1e-3)


SKIN = np.float32([0.5, 0.3, 0.2])


def spot(colour: Floats) -> Floats:
    """[8, 8, 3] skin with a spot of another colour."""
    frame = np.broadcast_to(SKIN, (8, 8, 3)).copy()
    frame[:2, :2] = colour
    return frame


EVERYWHERE = np.ones((8, 8, 1), np.float32)


def left_after(correction: Floats) -> Floats:
    """[3] colour of a whitish spot over the skin's, after a correction of the spot."""
    before = colour_apart(spot(np.float32([0.6, 0.5, 0.45])), spot(SKIN), EVERYWHERE)
    corrected = np.zeros_like(before)
    corrected[:, :2, :2] = correction[:, None, None]
    after = before + corrected - beyond_skin(before, corrected, EVERYWHERE)
    return np.asarray((after - after.mean(0))[:, 0, 0])


def test_a_correction_towards_skin_is_left() -> None:
    whitish = left_after(np.zeros(3, np.float32))
    half = left_after(-whitish / 2)
    assert half == pytest.approx(whitish / 2, abs=0.03)


def test_two_corrections_do_not_make_a_glint_redder_than_skin() -> None:
    whitish = left_after(np.zeros(3, np.float32))
    assert whitish[0] < -0.2
    assert np.abs(left_after(-2 * whitish)).max() < 0.15


def test_nor_does_a_correction_make_skin_stranger() -> None:
    whitish = left_after(np.zeros(3, np.float32))
    assert np.abs(left_after(2 * whitish) - whitish).max() < 0.15


def test_beside_the_skin_colours_are_free() -> None:
    before = colour_apart(spot(np.float32([0.1, 0.5, 0.9])), spot(SKIN), 0 * EVERYWHERE)
    assert not beyond_skin(before, 3 * before, 0 * EVERYWHERE).any()
