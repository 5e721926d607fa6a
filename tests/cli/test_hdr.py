"""HDR video, as phones take it by default, from the outside."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from relume.media import open_video
from relume.media.layout import Layout, empty, planes

from .conftest import Run

LAYOUT = Layout("yuv", 10)


def hlg(view: np.ndarray) -> np.ndarray:
    """HLG's code of sRGB-coded values whose white is 203 cd/m2 (BT.2100, BT.2408)."""
    light = np.where(view <= 0.04045, view / 12.92, ((view + 0.055) / 1.055) ** 2.4)
    scene = (light * 0.203) ** (1 / 1.2)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)


def pq(view: np.ndarray) -> np.ndarray:
    """PQ's code of the same (SMPTE ST 2084)."""
    light = np.where(view <= 0.04045, view / 12.92, ((view + 0.055) / 1.055) ** 2.4)
    y = (light * 0.0203) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def hdr_copy(source: Path, target: Path, transfer: int, frames: int) -> Path:
    """The first frames as 10-bit HDR, with BT.2020's matrix."""
    code = {18: hlg, 16: pq}[transfer]
    with av.open(str(target), "w") as output, open_video(source) as reader:
        video: Any = output.add_stream(
            "libx265", rate=25, options={"crf": "6", "x265-params": "log-level=none"}
        )
        video.width, video.height, video.pix_fmt = (
            reader.info.width,
            reader.info.height,
            "yuv444p10le",
        )
        context = video.codec_context
        context.colorspace, context.color_range = 9, 1
        context.color_primaries, context.color_trc = 9, transfer
        for index, frame in zip(range(frames), reader, strict=False):
            rgb = code(frame.rgb8 / 255.0)
            luma = rgb @ [0.2627, 0.678, 0.0593]
            blue, red = (rgb[..., 2] - luma) / 1.8814, (rgb[..., 0] - luma) / 1.4746
            picture = empty(LAYOUT, frame.width, frame.height)
            codes = (64 + 876 * luma, 512 + 896 * blue, 512 + 896 * red)
            for plane, values in zip(planes(picture, LAYOUT), codes, strict=True):
                plane[...] = np.rint(values)
            picture.colorspace, picture.color_range = 9, 1
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
    return target


@pytest.mark.parametrize("transfer", [18, 16])
def test_hdr_is_relit_as_the_same_video_without(
    relume: Run, short_clip: Path, tmp_path: Path, transfer: int
) -> None:
    source = hdr_copy(short_clip, tmp_path / "hdr.mov", transfer, 8)
    results = {}
    for name, clip in (("sdr.mp4", short_clip), ("lit.mov", source)):
        done = relume(
            "relight", clip, "-o", tmp_path / name, "--light", "split", "--end", "0.3",
            "--quality", "95",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr
        with open_video(tmp_path / name) as reader:
            info = reader.info
            results[name] = [f.region(0, 0, f.width, f.height).copy() for f in reader][-1]
    assert info.colour.transfer == transfer
    with open_video(short_clip) as reader:
        before = next(f.rgb8 / 255.0 for i, f in enumerate(reader) if i == 7)
    change = np.abs(results["sdr.mp4"] - before)
    lit = change.max(-1) > 0.1
    assert lit.mean() > 0.02
    gap = np.abs(results["lit.mov"] - results["sdr.mp4"])[lit].mean()
    assert gap < 0.1 * change[lit].mean()
