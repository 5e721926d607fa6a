"""A face in one half of a split screen is relit as if that half were all there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from relume import Relighter
from relume.face import TrackedFace
from relume.media import ArrayPicture, VideoFrame, open_video

AT = 426  # the half's first column


@pytest.fixture(scope="module")
def alone(demo: Path) -> np.ndarray:
    with open_video(demo) as reader:
        return next(iter(reader)).rgb8[:, 100:-80].copy()


@pytest.fixture(scope="module")
def split(alone: np.ndarray) -> np.ndarray:
    other = np.linspace(0, 255, alone.shape[0] * AT).reshape(alone.shape[0], AT)
    return np.hstack([np.repeat(other[..., None], 3, 2).astype(np.uint8), alone])


@pytest.fixture(scope="module")
def face(alone: np.ndarray) -> TrackedFace:
    (face,) = Relighter().detect(ArrayPicture(alone))
    return face


def placed(face: TrackedFace, split: np.ndarray) -> TrackedFace:
    """The face where it is in the whole."""
    box = (AT, 0, split.shape[1], split.shape[0])
    there = replace(face, landmarks=face.landmarks + np.array([AT, 0, 0], np.float32))
    return replace(there, pose=replace(face.pose, x=face.pose.x + AT), panel=box)


def test_the_face_is_the_same_in_its_own_picture(split: np.ndarray, face: TrackedFace) -> None:
    there = placed(face, split)
    assert there.panel is not None
    again = there.within(there.panel)
    assert np.allclose(again.crop, face.crop, atol=1e-9)
    assert np.allclose(again.landmarks, face.landmarks, atol=1e-3)
    assert again.panel is None


@pytest.mark.parametrize("yaw", [0.0, 0.2])
@pytest.mark.parametrize("model", ["compact", "ratio"])
def test_it_is_relit_as_alone_and_the_rest_is_not(
    alone: np.ndarray, split: np.ndarray, face: TrackedFace, yaw: float, model: str
) -> None:
    from relume.pipeline.models import build_engine

    def relit(pixels: np.ndarray, face: TrackedFace) -> np.ndarray:
        relighter = Relighter("three-point", yaw=yaw, engine=build_engine(model))
        picture = ArrayPicture(pixels.copy())
        relighter.render(picture, [face], None)
        return picture.rgb8

    whole, own = relit(split, placed(face, split)), relit(alone, face)
    assert np.array_equal(whole[:, :AT], split[:, :AT])
    apart = np.abs(whole[:, AT:].astype(int) - own)
    assert (own != alone).mean() > 0.1
    assert apart.max() <= 2
    assert (apart > 0).mean() < 0.01


def test_a_video_frame_is_relit_as_an_array(split: np.ndarray, face: TrackedFace) -> None:
    frame, array = VideoFrame.from_rgb(split), ArrayPicture(split.copy())
    for picture in (frame, array):
        Relighter("loop").render(picture, [placed(face, split)], None)
    assert np.abs(frame.rgb8.astype(int) - array.rgb8).mean() < 1.0
    assert np.array_equal(array.rgb8[:, :AT], split[:, :AT])


def test_passes_stay_within_it(split: np.ndarray, alone: np.ndarray, face: TrackedFace) -> None:
    there, sheets = placed(face, split), {"alpha": np.zeros(split.shape, np.uint8)}
    own = {"alpha": np.zeros(alone.shape, np.uint8)}
    for pixels, seen, painted in ((split, there, sheets), (alone, face, own)):
        relighter, picture = Relighter("loop"), ArrayPicture(pixels)
        relighter.plan(picture, [seen], None)
        for known in relighter.passes(picture, [seen], None):
            known.paint(picture, painted)
    assert not sheets["alpha"][:, :AT].any()
    assert own["alpha"].any()
    assert np.abs(sheets["alpha"][:, AT:].astype(int) - own["alpha"]).max() <= 1


def test_company_is_who_shares_it(split: np.ndarray, face: TrackedFace) -> None:
    asked: dict[int, list[int]] = {}

    class Asking:
        def prepare(self, picture, face, time, hurried=False, company=()):  # type: ignore[no-untyped-def]
            asked[face.id] = [other.id for other in company]

        def plan(self, *given, prepared=None):  # type: ignore[no-untyped-def]
            return None

        def observe(self, picture, face, time):  # type: ignore[no-untyped-def]
            raise AssertionError

    there = placed(face, split)
    faces = [replace(there, id=i, panel=p) for i, p in enumerate([there.panel, None, there.panel])]
    Relighter("loop", engine=Asking()).prepare(ArrayPicture(split), faces, 0.0)
    assert asked == {0: [2], 1: [], 2: [0]}
