from __future__ import annotations

from fractions import Fraction

import av
import pytest

from relume.media import Part, VideoWriter, open_video
from relume.media.timecode import later

from .makers import make_video

NTSC, DOUBLE = Fraction(30000, 1001), Fraction(60000, 1001)


@pytest.mark.parametrize(
    ("code", "frames", "rate", "found"),
    [
        ("10:00:00:00", 10, Fraction(25), "10:00:00:10"),
        ("10:00:59:24", 1, Fraction(25), "10:01:00:00"),
        ("23:59:59:24", 1, Fraction(25), "00:00:00:00"),
        ("01:00:00:00", 1800, NTSC, "01:01:00:00"),
        ("00:00:00:00", 24, Fraction(24000, 1001), "00:00:01:00"),
        ("01:00:59;29", 1, NTSC, "01:01:00;02"),
        ("01:09:59;29", 1, NTSC, "01:10:00;00"),
        ("23:59:59;29", 1, NTSC, "00:00:00;00"),
        ("01:00:59.59", 1, DOUBLE, "01:01:00.04"),
        ("00:00:00;00", 107892, NTSC, "01:00:00;00"),  # an hour, to 4 ms
        ("a reel", 1, NTSC, None),
    ],
)
def test_a_later_frames_timecode(code, frames, rate, found):
    assert later(code, float(frames / rate), rate) == found
    assert later(code, 0, rate) == (found and code)


def tags(path):
    """The timecode of a file, and its reel's name."""
    with av.open(str(path)) as container:
        all_of_it = [s.metadata for s in (*container.streams, container)]
    found = {k.lower(): v for metadata in all_of_it for k, v in metadata.items()}
    return found["timecode"], found.get("reel_name")


@pytest.mark.parametrize("ending", [".mov", ".mp4", ".mkv"])
@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.mxf"])
def test_a_parts_timecode_is_that_of_its_first_frame(tmp_path, name, ending):
    source = make_video(
        tmp_path / name,
        codec="mpeg2video" if name == "a.mxf" else "libx264",
        time_base=Fraction(1, 25),
        metadata={"timecode": "10:00:00:20"},
    )
    for part, code in ((None, "10:00:00:20"), (Part(0.2), "10:00:01:00")):
        target = tmp_path / f"b{ending}"
        with (
            open_video(source, part=part) as reader,
            VideoWriter(target, like=reader, overwrite=True) as writer,
        ):
            for frame in reader:
                writer.write(frame)
        assert tags(target) == (code, None)


def test_the_reels_name_is_kept_in_a_mov(tmp_path):
    marks = {"timecode": "10:00:00:00", "reel_name": "A001"}
    source = make_video(tmp_path / "a.mov", stream_metadata=marks)
    assert tags(source) == ("10:00:00:00", "A001")
    target = tmp_path / "b.mov"
    with open_video(source) as reader, VideoWriter(target, like=reader) as writer:
        for frame in reader:
            writer.write(frame)
    assert tags(target) == ("10:00:00:00", "A001")
