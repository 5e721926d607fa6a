"""A person who was cut out: transparency goes where the person goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.media import VideoFrame, VideoWriter, open_video
from relume.media.picture import Floats, Pixels
from relume.pipeline import relight_video


@pytest.fixture
def face(short_clip: Path) -> Pixels:
    with open_video(short_clip) as reader:
        return next(iter(reader)).rgb8


def alpha_of(path: Path) -> Floats:
    with open_video(path) as reader:
        frame = next(iter(reader))
        return frame.alpha(0, 0, frame.width, frame.height)


def save(path: Path, samples: Pixels) -> Path:
    with VideoWriter(path) as writer:
        writer.write(VideoFrame.from_rgb(np.ascontiguousarray(samples)))
    return path


def matte(path: Path, yaw: float) -> Pixels:
    """The pass, which is where the person is seen."""
    output = path.with_name(f"alpha{yaw}.png")
    relight_video(path, None, yaw=yaw, passes={"alpha": output})
    with open_video(output) as reader:
        return next(iter(reader)).rgb8[..., :1]


@pytest.mark.parametrize("ending", [".png", ".webm"])
def test_transparency_turns_with_the_head(face: Pixels, tmp_path: Path, ending: str) -> None:
    whole = save(tmp_path / "face.png", face)
    before, want = matte(whole, 0.0), matte(whole, 0.2)[..., 0] / 255
    cut = save(tmp_path / f"cut{ending}", np.concatenate([face, before], 2))
    turned = tmp_path / f"turned{ending}"
    relight_video(cut, turned, yaw=0.2)
    stayed, went = (np.abs(alpha_of(p) - want).mean() for p in (cut, turned))
    assert went < 0.25 * stayed


def test_light_alone_leaves_transparency_as_it_is(face: Pixels, tmp_path: Path) -> None:
    half = np.full((*face.shape[:2], 1), 128, np.uint8)
    cut = save(tmp_path / "cut.png", np.concatenate([face, half], 2))
    relight_video(cut, tmp_path / "lit.png", "split")
    assert np.array_equal(alpha_of(tmp_path / "lit.png"), alpha_of(cut))
