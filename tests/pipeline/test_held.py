"""A paused picture under a moving light: nothing is found anew, and nothing piles up."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from relume.errors import UsageError
from relume.face import Pose, TrackedFace
from relume.media import ArrayPicture, open_video
from relume.paper_engine import PaperEngine
from relume.pipeline import Relighter
from relume.pipeline.models import build_engine

from ..paper_engine.conftest import FakeNetwork


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


def test_none_is_the_pictures_own_light_and_amounts_can_change(rgb8: np.ndarray) -> None:
    held = Relighter("split").hold(rgb8)
    whole = held.show().astype(int)
    half = held.show(amount=0.5).astype(int)
    assert 0 < np.abs(half - rgb8).mean() < np.abs(whole - rgb8).mean()
    np.testing.assert_array_equal(held.show(None, amount=1.0), rgb8)
    np.testing.assert_array_equal(held.show("split"), whole)


def test_floats_are_held_as_they_are(rgb8: np.ndarray) -> None:
    held = Relighter("split").hold(rgb8.astype(np.float32) / 255)
    shown = held.show()
    assert shown.dtype == np.float32
    bytes_shown = Relighter("split").hold(rgb8).show()
    assert np.abs(shown * 255 - bytes_shown).max() < 1.01


def test_passes_as_arrays(rgb8: np.ndarray) -> None:
    held = Relighter("split").hold(rgb8)
    held.show()
    found = held.passes("alpha", "normals")
    assert set(found) == {"alpha", "normals"}
    assert all(sheet.shape == rgb8.shape and sheet.dtype == np.uint16 for sheet in found.values())
    assert 0.1 < (found["alpha"] > 32768).mean() < 0.9
    assert (found["normals"] > 0).any()
    with pytest.raises(UsageError, match="no pass is called 'normal'"):
        held.passes("normal")


def test_a_video_goes_on_as_if_nothing_had_been_shown_in_between(short_clip: Path) -> None:
    with open_video(short_clip) as reader:
        frames = [frame.rgb8.copy() for frame in reader]
    times = [100 + number / 25 for number in range(len(frames))]
    alone, disturbed = Relighter("split"), Relighter("split")
    held = disturbed.hold(frames[0])
    for number, (frame, time) in enumerate(zip(frames, times, strict=True)):
        if number == 10:
            held.show(yaw=0.1)
            held.show(yaw=0.0)
            disturbed.still(frames[0].copy())
        np.testing.assert_array_equal(disturbed(frame, time), alone(frame, time))


def test_a_video_goes_on_with_the_published_networks_too() -> None:
    """A still in between is nobody's past."""
    face = replace(face_alone(3), fresh=False)
    network = FakeNetwork()
    relighter = Relighter("split", engine=PaperEngine(network))
    frame = ArrayPicture(np.full((400, 480, 3), 120, np.uint8))
    for number in range(2):
        relighter.plan(frame, [face], number / 25)
    network.forgotten.clear()
    other = ArrayPicture(frame.array.copy())
    relighter.plan(other, [face_alone(8)], None)
    relighter.plan(frame, [face], 2 / 25)
    assert network.forgotten == []


@pytest.mark.parametrize("model", ["compact", "ratio"])
def test_stills_one_after_another_do_not_pile_up(model: str) -> None:
    relighter = Relighter("split", engine=build_engine(model))
    frame = np.full((64, 64, 3), 120, np.uint8)
    for number in range(100):
        relighter.plan(ArrayPicture(frame), [face_alone(number)], None)
    engine = relighter.engine
    kept = [engine._people, engine._matte._states] if model == "ratio" else [engine._people]  # type: ignore[attr-defined]
    if model == "compact":
        coder = engine._coder  # type: ignore[attr-defined]
        kept += [coder._people, coder._matte._states]
    assert [1 <= len(people) <= 33 for people in kept] == [True] * len(kept)
    assert 99 in kept[0]


def face_alone(number: int) -> TrackedFace:
    """A frontal mean face, just found."""
    pose = Pose(0.0, 0.0, 0.0, 32.0, 32.0, 60.0)
    landmarks, who = np.zeros((468, 3), np.float32), np.zeros(40, np.float32)
    look = np.zeros(47, np.float32)
    return TrackedFace(number, landmarks, 1.0, 1.0, pose, who, look, True, 0.0, 1.0)
