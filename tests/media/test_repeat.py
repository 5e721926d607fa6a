from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from relume.errors import MediaError
from relume.media import open_video
from relume.media.repeat import repeat_video


def test_a_video_played_three_times(short_clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "long.mp4"
    repeat_video(short_clip, out, 3)
    with open_video(short_clip) as reader:
        once = [frame.rgb8.copy() for frame in reader]
        step = 1 / float(reader.info.frame_rate)
    with open_video(out) as reader:
        pairs = [(frame.time, frame.rgb8.copy()) for frame in reader]
        assert reader.info.frame_rate == round(1 / step)
        assert not reader.warnings
    assert len(pairs) == 3 * len(once)
    np.testing.assert_allclose(np.diff([time for time, _ in pairs]), step, atol=1e-3)
    assert all(np.array_equal(p, once[i % len(once)]) for i, (_, p) in enumerate(pairs))


def test_sound_goes_on_without_steps_back(tmp_path: Path, short_clip: Path) -> None:
    source, out = tmp_path / "sound.mkv", tmp_path / "long.mkv"
    with av.open(str(short_clip)) as read, av.open(str(source), "w") as write:
        video = write.add_stream_from_template(read.streams.video[0])
        sound = write.add_stream("aac", rate=16000, layout="mono")
        for packet in read.demux(read.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                write.mux(packet)
        for i in range(14):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 16000, 1024 * i
            write.mux(sound.encode(frame))
        write.mux(sound.encode(None))
    repeat_video(source, out, 2)
    with av.open(str(out)) as read:
        stamps = [p.dts for p in read.demux(read.streams.audio[0]) if p.dts is not None]
    assert len(stamps) > 20
    assert (np.diff(stamps) > 0).all()


def test_what_has_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        repeat_video(tmp_path / "none.mp4", tmp_path / "out.mp4", 2)
