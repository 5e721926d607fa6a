"""A paused picture under a moving light: nothing is found anew, and nothing piles up."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from relume.errors import UsageError
from relume.media import open_video
from relume.pipeline import Relighter


@pytest.fixture(scope="module")
def rgb8(short_clip: Path) -> np.ndarray:
    with open_video(short_clip) as reader:
        return next(iter(reader)).rgb8


def test_each_light_starts_from_the_picture(
    rgb8: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    relighter = Relighter("loop")
    before = rgb8.copy()
    held = relighter.hold(rgb8)
    assert len(held.faces) == 1
    monkeypatch.setattr(relighter, "detect", lambda *_: pytest.fail("found anew"))
    first = held.show().copy()
    other = held.show("split").copy()
    assert np.abs(first.astype(int) - other).max() > 20
    # The same asked again gives the same, whatever was shown in between.
    again = held.show("loop").astype(int)
    assert np.abs(first - again).mean() < 0.1
    turned = held.show(yaw=0.15).astype(int)
    assert np.abs(turned - again).max() > 20
    np.testing.assert_array_equal(rgb8, before)


def test_it_shows_what_a_still_is(rgb8: np.ndarray) -> None:
    from relume.media import ArrayPicture

    picture = ArrayPicture(rgb8.copy())
    Relighter("loop").still(picture)
    held = Relighter("loop").hold(rgb8)
    np.testing.assert_array_equal(held.show(), picture.array)


def test_angles_out_of_range_are_refused(rgb8: np.ndarray) -> None:
    held = Relighter("loop").hold(rgb8)
    with pytest.raises(UsageError, match="yaw"):
        held.show(yaw=math.radians(31))
