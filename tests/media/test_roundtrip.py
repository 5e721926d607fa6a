"""What goes through untouched comes back: frames, times, sound, tags."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import av
import numpy as np
import pytest
from av.subtitles.subtitle import SubtitleSet

from relume.media import Colour, Part, VideoWriter, open_video
from relume.media.layout import Layout

from .makers import make_video, packets, sound, times
from .test_colour import make_frame


def through(source, target, part=None, **options):
    with (
        open_video(source, part=part) as reader,
        VideoWriter(target, like=reader, **options) as writer,
    ):
        for frame in reader:
            writer.write(frame)
    return target


def error(a, b) -> float:
    """Mean absolute difference of all frames, in 1/255."""
    with open_video(a) as one, open_video(b) as two:
        pairs = [(x.rgb8.astype(int), y.rgb8) for x, y in zip(one, two, strict=True)]
    return float(np.mean([np.abs(x - y).mean() for x, y in pairs]))


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (6, 1, 6, 6), (1, 2, 1, 1), (9, 1, 9, 14)])
def test_untouched_frames_come_back(tmp_path, pixel_format, tags):
    source = make_video(
        tmp_path / "a.mp4", size=(128, 96), frames=6, pixel_format=pixel_format, tags=tags
    )
    target = through(source, tmp_path / "b.mp4")
    assert error(source, target) < 1
    with open_video(source) as a, open_video(target) as b:
        assert (b.info.depth, b.info.pixel_format) == (a.info.depth, a.info.pixel_format)
        assert b.info.colour == a.info.colour
        assert b.info.colour.range == tags[1]
        assert b.info.colour.matrix == tags[0]


@pytest.mark.parametrize("size", [(128, 96), (127, 96), (127, 95)])
@pytest.mark.parametrize("pixel_format", ["yuv422p10le", "yuv444p10le", "yuva444p10le"])
def test_prores_stays_prores_in_a_mov(tmp_path, pixel_format, size):
    source = make_video(
        tmp_path / "a.mov", size=size, frames=4, codec="prores_ks", pixel_format=pixel_format,
        tags=(1, 1, 1, 1),
    )  # fmt: skip
    target = through(source, tmp_path / "b.mov")
    assert error(source, target) < 1
    with open_video(source) as a, open_video(target) as b:
        assert (b.info.codec, b.info.depth) == ("prores", a.info.depth)
        assert b.info.colour == a.info.colour
        assert next(iter(b)).layout == next(iter(a)).layout
    with open_video(through(source, tmp_path / "b.mp4")) as b:
        assert b.info.codec == "hevc"


@pytest.mark.parametrize(
    ("profile", "pixel_format"),
    [
        *((name, "yuv422p10le") for name in ("Proxy", "LT", "Standard", "HQ")),
        ("4444", "yuv444p10le"),
        ("XQ", "yuva444p10le"),
    ],
)
def test_prores_keeps_its_profile(tmp_path, profile, pixel_format):
    number = ("Proxy", "LT", "Standard", "HQ", "4444", "XQ").index(profile)
    source = make_video(
        tmp_path / "a.mov", frames=2, codec="prores_ks", pixel_format=pixel_format,
        options={"profile": str(number)},
    )  # fmt: skip
    for path in (source, through(source, tmp_path / "b.mov", quality=60)):
        with open_video(path) as reader:
            assert reader.info.profile == profile


def test_pictures_beside_prores_are_prores(tmp_path):
    source = make_video(
        tmp_path / "a.mov", size=(128, 96), frames=2, codec="prores_ks", pixel_format="yuv422p10le"
    )
    with open_video(source) as reader, VideoWriter(tmp_path / "b.mov", like=reader) as writer:
        for frame in reader:
            writer.write(frame.rgb8)
    assert error(source, tmp_path / "b.mov") < 1.5
    with open_video(tmp_path / "b.mov") as reader:
        assert (reader.info.codec, reader.info.pixel_format) == ("prores", "yuv422p10le")


def test_untouched_frames_reach_the_encoder_as_decoded(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=2)
    with open_video(source) as reader:
        for frame in reader:
            assert frame.encoder_frame(frame.layout).planes[0].buffer_ptr == (
                frame.planes[0].ctypes.data
            )


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".m4v", ".mkv"])
@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_sound_is_copied_bit_by_bit(tmp_path, codec, ending):
    source = make_video(tmp_path / "a.mp4", frames=30, sound=codec)
    target = through(source, tmp_path / f"b{ending}")
    assert packets(target) == packets(source)
    if ending != ".mkv":  # Matroska doesn't say how many samples of the start to skip
        (start, samples), (start_before, samples_before) = sound(target), sound(source)
        assert np.array_equal(samples, samples_before)
        assert start == start_before
    with open_video(target) as reader:
        assert reader.info.audio[0].language == "eng"


def test_sound_longer_than_the_picture_is_kept(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=5, sound="aac", sound_seconds=3)
    target = through(source, tmp_path / "b.mp4")
    assert packets(target) == packets(source)


def test_sound_that_does_not_fit_is_encoded_anew(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=25, sound="aac")
    target = through(source, tmp_path / "b.webm")
    with open_video(target) as reader:
        assert reader.info.audio[0].codec == "opus"
        assert reader.info.codec == "vp9"
    _, samples = sound(target)
    _, before = sound(source)
    assert abs(samples.shape[1] / 48000 - before.shape[1] / 44100) < 0.05
    assert samples.std() == pytest.approx(before.std(), rel=0.1)


@pytest.mark.parametrize(
    ("codec", "rate", "layout", "name", "target", "becomes"),
    [
        ("libopus", 48000, "stereo", "a.mkv", "b.mov", ("aac", 48000, "stereo")),
        ("flac", 44100, "stereo", "a.mkv", "b.mov", ("aac", 44100, "stereo")),
        ("ac3", 48000, "5.1(side)", "a.mkv", "b.webm", ("opus", 48000, "5.1")),
        ("pcm_s16le", 22050, "2.1", "a.mkv", "b.webm", ("opus", 48000, "3.0")),
        ("pcm_u8", 11025, "mono", "a.avi", "b.mp4", ("aac", 11025, "mono")),
        ("pcm_mulaw", 8000, "mono", "a.avi", "b.mp4", ("aac", 8000, "mono")),
        ("adpcm_ima_wav", 11024, "mono", "a.avi", "b.mp4", ("aac", 11025, "mono")),
        ("pcm_s16le", 200000, "stereo", "a.avi", "b.webm", ("opus", 48000, "stereo")),
    ],
)
def test_sound_that_the_muxer_refuses_is_encoded_anew(
    tmp_path, codec, rate, layout, name, target, becomes
):
    source = make_video(
        tmp_path / name, codec="mpeg4", sound=codec, sound_rate=rate, sound_layout=layout
    )
    with av.open(str(through(source, tmp_path / target))) as container:
        context = container.streams.audio[0].codec_context
        found = context.codec.canonical_name, context.sample_rate, context.layout.name
    assert found == becomes
    _, samples = sound(tmp_path / target)
    assert samples.shape[1] / becomes[1] == pytest.approx(10 / 25, abs=0.16)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
def test_sound_whose_channels_have_no_names_is_copied(tmp_path, name, layout):
    source = make_video(tmp_path / name, codec="mpeg4", sound="pcm_s16le", sound_layout=layout)
    _, before = sound(source)
    for ending in (".mp4", ".mov", ".mkv"):
        _, samples = sound(through(source, tmp_path / f"b{ending}"))
        assert np.array_equal(samples, before)


@pytest.mark.parametrize("ending", [".webm", ".mp4", ".m4v"])
def test_sound_of_more_channels_than_fit_is_dropped(tmp_path, caplog, ending):
    source = make_video(
        tmp_path / "a.mkv", codec="mpeg4", sound="pcm_s16le", sound_layout="hexadecagonal"
    )
    with open_video(through(source, tmp_path / f"b{ending}")) as reader:
        assert not reader.info.audio
    assert "16 channels doesn't fit" in caplog.text


def remux(source, target, changed=lambda packet: packet, also=None):
    """A copy of a file's packets, and another's."""
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(av.open(str(target), "w"))
        found = []
        for path in filter(None, (source, also)):
            container = stack.enter_context(av.open(str(path)))
            streams = [output.add_stream_from_template(s) for s in container.streams]
            found += [(p, streams[p.stream.index]) for p in container.demux() if p.dts is not None]
        for packet, stream in sorted(found, key=lambda pair: pair[0].dts * pair[0].time_base):
            changed(packet).stream = stream
            output.mux(packet)
    return target


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_sound_whose_times_repeat_does_not_end_the_video(tmp_path, ending):
    def repeats(packet):
        if packet.stream.type == "audio" and packet.dts % 2048 == 0:
            packet.pts = packet.dts = packet.dts - 1024
        return packet

    plain = make_video(tmp_path / "plain.mp4", frames=30, sound="aac")
    source = remux(plain, tmp_path / "a.mkv", repeats)
    target = through(source, tmp_path / f"b{ending}")
    assert packets(target) == packets(source)[::2]
    assert len(times(target)) == 30


def test_subtitles_that_begin_together_are_kept(tmp_path):
    line = "{}\n00:00:00,100 --> 00:00:01,000\nline {}\n\n"
    (tmp_path / "a.srt").write_text(line.format(1, 1) + line.format(2, 2))
    plain = make_video(tmp_path / "plain.mp4", frames=30)
    source = remux(plain, tmp_path / "a.mkv", also=tmp_path / "a.srt")
    with av.open(str(through(source, tmp_path / "b.mkv"))) as container:
        lines = [bytes(p) for p in container.demux(subtitles=0) if p.size]
    assert lines == [b"line 1", b"line 2"]


def test_subtitles_on_screen_where_a_part_begins_or_ends_are_cut_to_it(tmp_path):
    shown = {"long": (0.2, 2.0), "gone": (0.4, 0.7), "over": (0.9, 1.3), "later": (1.5, 1.9)}
    lines = [
        f"{i}\n00:00:{begin:06.3f} --> 00:00:{end:06.3f}\n{text}\n\n".replace(".", ",")
        for i, (text, (begin, end)) in enumerate(shown.items(), 1)
    ]
    (tmp_path / "a.srt").write_text("".join(lines))
    plain = make_video(tmp_path / "plain.mp4", frames=60)
    source = remux(plain, tmp_path / "a.mkv", also=tmp_path / "a.srt")
    with av.open(str(through(source, tmp_path / "b.mkv", part=Part(1.0, 1.8)))) as container:
        found = {
            bytes(p).decode(): (float(p.pts * p.time_base), float(p.duration * p.time_base))
            for p in container.demux(subtitles=0)
            if p.size
        }
    expected = {"long": (0.0, 0.8), "over": (0.0, 0.3), "later": (0.5, 0.3)}
    assert list(found) == list(expected)
    for text, (begin, seconds) in expected.items():
        assert found[text] == pytest.approx((begin, seconds), abs=2e-3)


@pytest.mark.skipif(not hasattr(SubtitleSet, "create"), reason="PyAV is older than 16.1")
@pytest.mark.parametrize("ending", [".mp4", ".mov", ".webm"])
def test_written_subtitles_are_kept_as_the_container_has_them(tmp_path, ending, caplog):
    lines = ["1\n00:00:00,100 --> 00:00:00,900\nGrüße,\n<i>Ann</i>\n\n"]
    lines += ["2\n00:00:01,200 --> 00:00:01,600\nto Bo\n\n"]
    (tmp_path / "a.srt").write_text("".join(lines), encoding="utf-8")
    plain = make_video(tmp_path / "plain.mp4", frames=50)
    source = remux(plain, tmp_path / "a.mkv", also=tmp_path / "a.srt")
    target = through(source, tmp_path / f"b{ending}", part=Part(0.4))
    back = through(target, tmp_path / "c.mkv")
    for path in (target, back):
        with av.open(str(path)) as container:
            found = [
                (
                    float(p.pts * p.time_base),
                    float(p.duration * p.time_base),
                    bytes(p).decode(errors="replace"),
                )
                for p in container.demux(subtitles=0)
                if p.size > 2
            ]
        begins, lasts, texts = zip(*found, strict=True)
        assert begins == pytest.approx((0.0, 0.8), abs=2e-3)
        assert lasts == pytest.approx((0.5, 0.4), abs=2e-3)
        for text, words in zip(texts, (("Grüße,\n", "Ann"), ("to Bo",)), strict=True):
            assert all(word in text for word in words)
    assert "dropped" not in caplog.text


def test_opus_stays_in_webm(tmp_path):
    source = make_video(tmp_path / "a.webm", codec="libvpx-vp9", frames=10, sound="libopus")
    target = through(source, tmp_path / "b.webm")
    assert packets(target) == packets(source)
    assert times(target) == times(source)


VARIABLE = [0, 512, 1536, 1600, 4000, 4512, 9000, 9001]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_variable_frame_rate_is_kept(tmp_path, ending):
    source = make_video(tmp_path / "a.mp4", frames=8, pts=VARIABLE, sound="aac")
    assert times(source) == [t / 12800 for t in VARIABLE]
    target = through(source, tmp_path / f"b{ending}")
    got, want = np.array(times(target)), np.array(VARIABLE) / 12800
    if ending == ".mkv":
        assert np.abs(got - got[0] - want).max() < 1.01e-3
    else:
        assert np.array_equal(got, want)


def test_a_late_start_is_kept(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=5, pts=[640 + 512 * i for i in range(5)])
    assert times(through(source, tmp_path / "b.mp4")) == times(source)


def test_b_frames_do_not_disturb_times(tmp_path):
    options = {"preset": "medium", "bf": "3"}
    source = make_video(tmp_path / "a.mp4", frames=20, options=options)
    assert times(through(source, tmp_path / "b.mp4")) == times(source)


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_metadata_is_kept(tmp_path, ending):
    tags = {"title": "A test", "artist": "Someone", "creation_time": "2021-02-03T04:05:06.000000Z"}
    source = make_video(tmp_path / "a.mp4", frames=2, metadata=tags)
    with open_video(through(source, tmp_path / f"b{ending}")) as reader:
        kept = {k.lower(): v for k, v in reader.info.metadata.items()}
    assert {k: kept[k] for k in tags} == tags


@pytest.mark.skipif(
    not hasattr(av.container.OutputContainer, "set_chapters"), reason="PyAV is older than 16"
)
@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_chapters_are_kept(tmp_path, ending):
    plain = make_video(tmp_path / "plain.mp4", frames=50)
    source = tmp_path / "a.mkv"
    chapters = [
        {"id": i, "start": i, "end": i + 1, "time_base": Fraction(1), "metadata": {"title": t}}
        for i, t in enumerate(("one", "two"))
    ]
    with av.open(str(plain)) as a, av.open(str(source), "w") as b:
        stream = b.add_stream_from_template(a.streams.video[0])
        b.set_chapters(chapters)
        for packet in a.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                b.mux(packet)
    with av.open(str(through(source, tmp_path / f"b{ending}"))) as container:
        kept = [
            (c["metadata"]["title"], float(c["start"] * c["time_base"]))
            for c in (container.chapters())
        ]
    assert kept == [("one", 0), ("two", 1)]


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (65, 48), (1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_odd_sizes_stay_as_they_are(tmp_path, size, ending):
    source = make_video(tmp_path / "a.mkv", size=size, frames=3, codec="ffv1")
    target = through(source, tmp_path / f"b{ending}")
    with open_video(target) as reader:
        assert (reader.info.width, reader.info.height) == size
        assert sum(1 for _ in reader) == 3
    assert error(source, target) < (2 if ending == ".mp4" else 6)


@pytest.mark.parametrize("pixel_format", ["gray", "rgb24", "bgra", "yuv444p12le"])
def test_formats_that_h264_lacks_are_converted(tmp_path, pixel_format):
    codec = "png" if pixel_format == "rgb24" else "ffv1"
    source = make_video(
        tmp_path / ("a.mov" if codec == "png" else "a.mkv"),
        size=(96, 64),
        frames=3,
        codec=codec,
        pixel_format=pixel_format,
    )
    target = through(source, tmp_path / "b.mp4")
    assert error(source, target) < 1.5


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".mov", ".webm"])
def test_rgb_video_keeps_its_full_chroma(tmp_path, ending):
    source = make_video(tmp_path / "a.mkv", codec="libx264rgb", pixel_format="rgb24", frames=2)
    with open_video(through(source, tmp_path / f"b{ending}")) as reader:
        assert reader.info.pixel_format in ("yuv444p", "gbrp")
    animated = make_video(tmp_path / "a.gif", codec="gif", pixel_format="rgb8", frames=2)
    with open_video(through(animated, tmp_path / f"c{ending}")) as reader:
        assert reader.info.pixel_format in ("yuv420p", "yuva420p")
    # Arrays have no chroma of their own.
    plain = make_video(tmp_path / "plain.mp4", frames=2)
    target = tmp_path / f"d{ending}"
    with open_video(plain) as reader, VideoWriter(target, like=reader) as writer:
        for frame in reader:
            writer.write(frame.rgb8)
    with open_video(target) as reader:
        assert reader.info.pixel_format == "yuv420p"


def test_8k_goes_through(tmp_path):
    layout = Layout("yuv", 8, 1, 1)
    codes = [np.full(s, 120, np.uint8) for s in layout.shapes(7680, 4320)]
    first = make_frame(layout, codes, Colour(matrix=1, range=1))
    first.put(7000, 4000, np.full((300, 600, 3), (0.8, 0.4, 0.2), np.float32))
    with VideoWriter(tmp_path / "a.mp4", quality=20) as writer:
        writer.write(first)
    with open_video(tmp_path / "a.mp4") as reader:
        assert (reader.info.width, reader.info.height) == (7680, 4320)
        (frame,) = reader
    assert np.abs(frame.region(7200, 4100, 7201, 4101)[0, 0] - (0.8, 0.4, 0.2)).max() < 0.05


def test_a_longer_time_base_survives(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=5, time_base=Fraction(1, 90000), rate=30)
    with open_video(through(source, tmp_path / "b.mp4")) as reader:
        assert [f.time for f in reader] == times(source)
        assert reader.info.average_rate == 30
        assert reader.info.frames == 5


def test_recordings_joined_byte_by_byte_follow_one_another(tmp_path):
    """Their times begin anew where one ends, as in what camcorders write and `cat` joins."""
    one = make_video(tmp_path / "a.ts", frames=50, sound="aac", options=OFTEN)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(3 * one.read_bytes())
    through(joined, tmp_path / "out.mp4")
    shown = times(tmp_path / "out.mp4")
    assert len(shown) == 150
    np.testing.assert_allclose(np.diff(shown), 0.04, atol=1e-3)
    alone, all_of_it = (len(packets(path)) for path in (one, tmp_path / "out.mp4"))
    assert 3 * alone - 2 <= all_of_it <= 3 * alone
    _, heard = sound(tmp_path / "out.mp4")
    assert heard.shape[-1] / 44100 == pytest.approx(6, abs=0.2)
    with open_video(joined) as reader:
        assert sum(1 for _ in reader) == 150
        assert "begin anew" in reader.warnings[0]
    with open_video(joined, part=Part(0.0, 4.5)) as reader:
        assert sum(1 for _ in reader) == 113


OFTEN = {"preset": "ultrafast", "g": "10", "bf": "0"}
