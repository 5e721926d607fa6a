"""Real clips, where the developers' data folder is at hand."""

from __future__ import annotations

import numpy as np
import pytest

from relume.media import open_video, read_hdr

from .makers import packets, times
from .test_roundtrip import error, through


@pytest.mark.slow
def test_every_clip_decodes(shared):
    clips = sorted((shared / "clips").glob("*.mp4"))
    assert clips
    for clip in clips:
        with open_video(clip) as reader:
            count = sum(1 for _ in reader)
        assert count == reader.info.frames
        assert reader.warnings == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["interview_a", "talk_d12", "speech_1"])
def test_a_clip_goes_through(shared, tmp_path, name):
    """Limited range untagged, full range BT.601, an odd frame rate."""
    clip = shared / "clips" / f"{name}.mp4"
    target = through(clip, tmp_path / clip.name)
    assert times(target) == times(clip)
    assert packets(target) == packets(clip)
    assert error(clip, target) < 1


def test_environment_maps(shared):
    maps = sorted((shared / "hdri").glob("*.hdr"))
    if not maps:
        pytest.skip("no maps there")
    for path in maps:
        picture = read_hdr(path)
        assert picture.shape == (128, 256, 3)
        assert np.isfinite(picture).all()
        assert picture.min() >= 0
