from __future__ import annotations

import logging
import math
import os
import socket
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from relume.errors import MediaError, UsageError
from relume.media import Part, VideoWriter, open_video, read_image, write_image

from .makers import make_video, pattern, times, trim, turn


def read(source, **options):
    with open_video(source, **options) as reader:
        return reader.info, list(reader)


def test_what_is_known_of_a_file(tmp_path):
    source = make_video(
        tmp_path / "a.mp4", frames=12, sound="aac", tags=(1, 1, 1, 1), metadata={"title": "T"}
    )
    info, frames = read(source)
    assert (info.width, info.height, info.frames, info.frames_exact) == (64, 48, 12, True)
    assert (info.frame_rate, info.average_rate) == (25, 25)
    assert info.duration == pytest.approx(12 / 25)
    assert (info.codec, info.pixel_format, info.depth) == ("h264", "yuv420p", 8)
    assert info.colour.describe() == dict.fromkeys(("matrix", "primaries", "transfer"), "bt709") | {
        "range": "limited"
    }
    assert (info.audio[0].codec, info.audio[0].rate, info.audio[0].channels) == ("aac", 44100, 2)
    assert info.metadata["title"] == "T"
    assert (info.rotation, info.pixel_aspect) == (0, 1)
    assert [f.time for f in frames] == times(source)
    assert frames[3].duration * frames[3].time_base == pytest.approx(1 / 25)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.mkv", "ffv1", "yuv444p16le"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
        ("a.mp4", "libx265", "yuv420p10le"),
    ],
)
def test_containers_and_codecs(tmp_path, name, codec, pixel_format):
    full = 2 if pixel_format.startswith("yuvj") else 1
    source = make_video(
        tmp_path / name,
        frames=3,
        codec=codec,
        pixel_format=pixel_format,
        options={"x265-params": "log-level=none"} if codec == "libx265" else {},
        tags=(2, full, 2, 2) if codec != "gif" else (2, 0, 2, 2),
    )
    _, frames = read(source)
    assert len(frames) == 3
    assert np.diff([f.time for f in frames]) == pytest.approx(1 / 25, abs=0.011)
    want = pattern(64, 48).astype(int)
    assert np.abs(frames[0].rgb8 - want).mean() < (25 if codec == "gif" else 8)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotated_frames_come_upright_and_stay_so(tmp_path, degrees, mirror):
    plain = make_video(tmp_path / "plain.mp4", frames=2)
    _, before = read(plain)
    want = before[0].rgb8[:, ::-1] if mirror else before[0].rgb8
    want = np.rot90(want, -degrees // 90)
    source = turn(make_video(tmp_path / "a.mp4", frames=2), degrees, mirror=mirror)
    info, frames = read(source)
    assert (info.height, info.width) == want.shape[:2] == frames[0].rgb8.shape[:2]
    assert np.abs(frames[0].rgb8.astype(int) - want).max() <= 3
    assert info.mirrored == mirror
    if not mirror:
        assert info.rotation == degrees
    with open_video(source) as reader, VideoWriter(tmp_path / "b.mp4", like=reader) as writer:
        for frame in reader:
            writer.write(frame)
    info, frames = read(tmp_path / "b.mp4")
    assert info.rotation == 0
    assert np.abs(frames[0].rgb8.astype(int) - want).mean() < 1


def test_square_or_not_pixels_are_remembered(tmp_path):
    import av

    with av.open(str(tmp_path / "a.mp4"), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        frame = av.VideoFrame.from_ndarray(pattern(64, 48), format="rgb24")
        output.mux(stream.encode(frame.reformat(format="yuv420p")))
        output.mux(stream.encode(None))
    with (
        open_video(tmp_path / "a.mp4") as reader,
        VideoWriter(tmp_path / "b.mp4", like=reader) as w,
    ):
        for frame in reader:
            w.write(frame)
    assert float(reader.info.pixel_aspect) == pytest.approx(4 / 3, rel=1e-3)
    assert read(tmp_path / "b.mp4")[0].pixel_aspect == reader.info.pixel_aspect


@pytest.mark.parametrize("name", ["a:b.mp4", "100%dance.mp4", "ä [1] 'x'.mp4", "http:x.mkv"])
def test_names_with_special_characters(tmp_path, name):
    source = make_video(tmp_path / "plain.mkv", frames=2).rename(tmp_path / name)
    assert len(read(source)[1]) == 2
    if "%" not in name:
        with open_video(source) as reader, VideoWriter(source, like=reader, overwrite=True) as w:
            for frame in reader:
                w.write(frame)
        assert len(read(source)[1]) == 2


@pytest.mark.parametrize("first", [1, 5])
def test_the_frames_of_a_fragmented_file_are_not_those_of_its_first_fragment(tmp_path, first):
    source = make_video(
        tmp_path / "a.mp4",
        frames=10,
        options={"tune": "zerolatency", "g": str(first)},
        container_options={"movflags": "frag_keyframe"},
    )
    with av.open(str(source)) as container:
        assert container.streams.video[0].frames == first
    with open_video(source) as reader:
        assert (reader.info.frames, reader.info.frames_exact) == (10, False)
        assert not reader.info.still
        assert sum(1 for _ in reader) == 10
        assert not reader.warnings


@pytest.mark.parametrize("pts", [[0], [0, 512, 600, 9000], [0, 1, 2, 12800], [0, 12800, 12801]])
def test_frames_of_a_variable_rate_are_counted(tmp_path, pts):
    source = make_video(tmp_path / "a.mp4", frames=len(pts), pts=pts)
    with open_video(source) as reader:
        assert (reader.info.frames, reader.info.frames_exact) == (len(pts), True)
        assert reader.info.still == (len(pts) == 1)


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_cut_off_file_gives_what_there_is_and_says_so(tmp_path, name, caplog):
    options = {"movflags": "faststart"} if name == "a.mp4" else {}
    source = make_video(tmp_path / name, frames=100, container_options=options)
    cut(source, 0.5)
    with caplog.at_level(logging.WARNING, "relume.media"), open_video(source) as reader:
        count = sum(1 for _ in reader)
    assert 20 < count < 90
    assert any(name in w and "ends early" in w for w in reader.warnings)
    assert "ends early" in caplog.text


@pytest.mark.skipif(not hasattr(av.stream.Stream, "index_entries"), reason="PyAV is older than 17")
def test_frames_that_an_edit_list_hides_are_not_missed(tmp_path):
    options = {"preset": "ultrafast", "g": "100", "bf": "3"}
    plain = make_video(tmp_path / "plain.mp4", frames=100, options=options)
    source = trim(plain, tmp_path / "a.mp4", 1.6)
    with open_video(source) as reader:
        assert (reader.info.frames, reader.info.frames_exact) == (60, True)
        assert sum(1 for _ in reader) == 60
        assert not reader.warnings
    with open_video(trim(plain, tmp_path / "b.mov", 3.96)) as reader:
        assert reader.info.still
    with open_video(cut(source, 0.8)) as reader:
        count = sum(1 for _ in reader)
    assert 0 < count < 55
    assert f"ends early: {count} frames of 60" in reader.warnings[-1]


def test_a_whole_file_gives_no_warning(tmp_path, caplog):
    for name in ("a.mp4", "a.mkv", "a.webm"):
        codec, sound = ("libvpx-vp9", "libopus") if name == "a.webm" else ("libx264", "aac")
        source = make_video(tmp_path / name, frames=30, codec=codec, sound=sound, sound_seconds=4)
        with open_video(source) as reader:
            assert sum(1 for _ in reader) == 30
        assert reader.warnings == []


def test_damage_inside_is_survived(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=60)
    data = bytearray(source.read_bytes())
    rng = np.random.default_rng(5)
    start = data.index(b"mdat") + 4
    for at in rng.integers(start + 2000, start + 20000, 60):
        data[at] = rng.integers(256)
    source.write_bytes(data)
    with open_video(source) as reader:
        count = sum(1 for _ in reader)
    assert count >= 30
    told = [w for w in reader.warnings if "damaged packets or frames: " in w]  # however many
    assert [w.rpartition("; ")[2] for w in told] == [f"frames read: {count}"]


@pytest.mark.parametrize("name", ["talk.mp4", "talk.mp4?t=5", "face.jpg", "shots/%03d.png"])
def test_an_address_is_to_be_downloaded_first(name):
    with pytest.raises(MediaError, match=r"https://example\.org/.*download it first"):
        open_video(f"https://example.org/{name}")


def test_files_that_are_no_video(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "text.mp4").write_text("not a video\n" * 100)
    (tmp_path / "text.txt").write_text("not a video\n" * 100)
    (tmp_path / "noise.png").write_bytes(b"\x89PNG not really")
    cut(make_video(tmp_path / "cut.mp4", frames=30), 0.5)
    sound = make_video(tmp_path / "whole.mp4", frames=25, sound="aac")
    only_sound(sound, tmp_path / "sound.m4a")
    words = {
        "missing.mp4": "no such file",
        "empty.mp4": "empty",
        "noise.mp4": "not a video",
        "text.mp4": "not a video",
        "text.txt": "not a video",
        "noise.png": "not a picture",
        "cut.mp4": "cut off",
        "sound.m4a": "only sound",
        "missing/%03d.png": "no pictures",
        "no*.jpg": "no pictures",
    }
    for name, word in words.items():
        with pytest.raises(MediaError, match=word) as caught:
            open_video(tmp_path / name)
        assert name in str(caught.value)


@pytest.mark.parametrize("ending", [".mp4", ".png", "%d.png", "/a.png", "*.png"])
def test_a_name_that_is_too_long_is_no_fault(tmp_path, ending):
    with pytest.raises(MediaError, match=r"too long|no pictures there"):
        open_video(tmp_path / (300 * "a" + ending))


def test_a_folder_that_may_not_be_looked_into(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0)
    if os.access(folder, os.R_OK):
        pytest.skip("root may look anywhere")
    for name in ("a.mp4", "a.png", "%d.png", ""):
        with pytest.raises(MediaError, match=r"locked.*(not allowed|Permission denied)"):
            open_video(folder / name)


def test_what_is_no_file_says_what_to_do(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    begun = time.monotonic()
    for name in (tmp_path / "pipe.mp4", f"camera:{tmp_path / 'pipe.mp4'}", "-", "camera:-"):
        with pytest.raises(MediaError, match=r"pipes can.t be read, because.*a file first"):
            open_video(name)
    (tmp_path / "pictures").mkdir()
    os.mkfifo(tmp_path / "pictures" / "1.png")
    for ask in (open_video, lambda folder: read_image(folder / "1.png")):
        with pytest.raises(MediaError, match=r"1.png: pipes can.t be read"):
            ask(tmp_path / "pictures")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / "socket"))
        with pytest.raises(MediaError, match="pipes can't be read"):
            open_video(tmp_path / "socket")
    for name in ("/dev/video0", "/dev/null"):
        with pytest.raises(MediaError, match=f"a camera is named camera:{name}$"):
            open_video(name)
    assert time.monotonic() - begun < 5


def test_camera_raw_is_told_what_to_do_with(tmp_path):
    for name in ("a.dng", "B.NEF"):
        (tmp_path / name).write_bytes(b"II*\0" + b"\1" * 1000)
        with pytest.raises(MediaError, match=f"{name}: camera raw isn't read; develop it first"):
            open_video(tmp_path / name)
    with pytest.raises(MediaError, match="no such file"):
        open_video(tmp_path / "none.dng")


def test_a_light_is_no_footage(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("preset: loop\n")
    with pytest.raises(MediaError, match=r"own\.yaml: not a video or picture; a light is given as"):
        open_video(path)


def only_sound(source, target):
    import av

    with av.open(str(source)) as a, av.open(str(target), "w", format="mp4") as b:
        stream = b.add_stream_from_template(a.streams.audio[0])
        for packet in a.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                b.mux(packet)


def test_frames_of_a_changing_size_are_scaled_to_the_first(tmp_path):
    a = make_video(tmp_path / "a.ts", frames=5, size=(64, 48))
    b = make_video(tmp_path / "b.ts", frames=5, size=(96, 64), pts=[512 * i for i in range(5, 10)])
    (tmp_path / "c.ts").write_bytes(a.read_bytes() + b.read_bytes())
    with open_video(tmp_path / "c.ts") as reader:
        sizes = {f.rgb8.shape for f in reader}
    assert sizes == {(48, 64, 3)}
    assert "frame size changes" in reader.warnings[0]


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in (1, 2, 10):
        write_image(folder / f"p{index}.png", np.full((9, 7, 3), 20 * index, np.uint8))
    (folder / "notes.txt").write_text("x")
    return folder


@pytest.mark.parametrize("name", ["frames", "frames/p%d.png", "frames/p*.png"])
def test_pictures_are_a_video_in_natural_order(tmp_path, pictures, name):
    info, frames = read(tmp_path / name, rate=10)
    assert [int(f.rgb8[0, 0, 0]) for f in frames] == [20, 40, 200]
    assert [f.time for f in frames] == [0, 0.1, 0.2]
    assert (info.width, info.height, info.frames, info.container) == (7, 9, 3, "pictures")


def test_padded_patterns(tmp_path):
    for index in (0, 1, 100):
        write_image(tmp_path / f"{index:05d}.png", np.full((4, 4, 3), index, np.uint8))
    _, frames = read(tmp_path / "%05d.png")
    assert [int(f.rgb8[0, 0, 0]) for f in frames] == [0, 1, 100]


def test_a_picture_is_a_one_frame_video(tmp_path):
    write_image(tmp_path / "a.png", pattern(33, 21))
    info, frames = read(tmp_path / "a.png")
    assert info.frames == len(frames) == 1
    assert np.array_equal(frames[0].rgb8, pattern(33, 21))


def test_pictures_of_another_size_are_scaled(pictures):
    write_image(pictures / "p11.png", np.full((18, 14, 3), 50, np.uint8))
    with open_video(pictures) as reader:
        assert {f.rgb8.shape for f in reader} == {(9, 7, 3)}
    assert "another size" in reader.warnings[0]


def test_pictures_of_another_shape_are_no_frames_of_a_clip(pictures):
    write_image(pictures / "p11.png", np.full((18, 18, 3), 50, np.uint8))
    with (
        open_video(pictures) as reader,
        pytest.raises(MediaError, match=r"18x18.*by name \(portraits"),
    ):
        list(reader)


def test_a_folder_without_numbers_is_one_clip_aloud(pictures):
    (pictures / "p10.png").rename(pictures / "ann.png")
    for name in (pictures, pictures / "*.png"):
        with open_video(name) as reader:
            assert "aren't numbered" in reader.warnings[0]
    with open_video(pictures / "ann.png") as reader:
        assert reader.warnings == []


def test_a_number_of_threads_can_be_asked_for(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=5)
    a, b = (read(source, threads=n)[1] for n in (1, 2))
    assert all(np.array_equal(x.rgb8, y.rgb8) for x, y in zip(a, b, strict=True))


def test_jpeg_frames_keep_their_exif_orientation(tmp_path):
    upright = cv2.cvtColor(pattern(40, 24), cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", upright)[1].tobytes()
    # An APP1 segment whose only tag says orientation 6: turn by 90 degrees clockwise.
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "a.jpg").write_bytes(data[:2] + segment + data[2:])
    info, frames = read(tmp_path / "a.jpg")
    assert (info.width, info.height) == (24, 40)
    want = np.rot90(pattern(40, 24), -1).astype(int)
    assert np.abs(frames[0].rgb8 - want).mean() < 6


def test_motion_jpeg_whose_frames_have_exif_is_read(tmp_path):
    exif = np.frombuffer(
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0" + b"\0" * 6, np.uint8
    )
    data = cv2.imencodeWithMetadata(".jpg", pattern(64, 48), [cv2.IMAGE_METADATA_EXIF], [exif])[1]
    with av.open(str(tmp_path / "a.mkv"), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(3):
            packet = av.Packet(data.tobytes())
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, 25), stream
            output.mux(packet)
    info, frames = read(tmp_path / "a.mkv")
    assert (info.codec, info.rotation, len(frames)) == ("mjpeg", 0, 3)


def test_videos_beside_pictures_are_not_passed_over_in_silence(pictures):
    with open_video(pictures) as reader:
        assert not reader.warnings
    (pictures / "talk.MP4").write_bytes(b"")
    with open_video(pictures) as reader:
        assert "one by one" in reader.warnings[0]


def test_a_file_is_read_as_often_as_asked(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=6)
    with open_video(path) as reader:
        whole = [frame.rgb8.copy() for frame in reader]
        next(iter(reader))  # and left
        again = [frame.rgb8.copy() for frame in reader]
        assert not reader.warnings
    np.testing.assert_array_equal(whole, again)
    with pytest.raises(UsageError, match="closed"):
        iter(reader)


def test_the_end_that_a_tracks_own_length_promises(tmp_path):
    path = make_video(tmp_path / "a.mkv", frames=60)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.8)])
    with open_video(path) as reader:
        count = sum(1 for _ in reader)
        assert count < 57
        assert any("ends early" in warning for warning in reader.warnings)


@pytest.mark.parametrize("start", [0, 6400])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_part_of_a_video(tmp_path, name, start):
    base = Fraction(1, 12800)
    pts = [start + 512 * number for number in range(50)]
    path = make_video(tmp_path / name, frames=50, pts=pts, time_base=base, sound="aac")
    with open_video(path) as reader:
        whole = list(reader)
    with open_video(path, part=Part(0.9, 1.5)) as reader:
        part, info = list(reader), reader.info
        again = list(reader)
    first = next(i for i, f in enumerate(whole) if f.time - whole[0].time > 0.9 - 0.01)
    assert len(part) == len(again) == 15
    assert info.frames == 15
    assert info.duration == pytest.approx(0.6)
    for a, b in zip(part, whole[first : first + 15], strict=True):
        np.testing.assert_array_equal(a.rgb8, b.rgb8)
    assert part[0].time == pytest.approx(whole[0].time, abs=2e-3)
    assert info.cut.skipped == pytest.approx(whole[first].time - whole[0].time)


def test_a_part_of_pictures(pictures):
    with open_video(pictures / "*.png", rate=10) as reader:
        whole = list(reader)
    with open_video(pictures / "*.png", rate=10, part=Part(0.1, 0.25)) as reader:
        part = list(reader)
    assert len(part) == min(2, len(whole) - 1)
    np.testing.assert_array_equal(part[0].rgb8, whole[1].rgb8)


def test_a_part_without_an_end(tmp_path, pictures):
    assert Part(1, math.inf) == Part(1)
    assert Part(0, math.inf).whole
    for source in (make_video(tmp_path / "a.mp4", frames=3), pictures / "*.png"):
        assert len(read(source, part=Part(0, math.inf))[1]) == 3
        with pytest.raises(UsageError, match="give less than"):
            open_video(source, part=Part(1e9))
        assert len(read(source, part=Part(0.04, 1e9))[1]) == 2


def test_parts_that_do_not_exist(tmp_path, pictures):
    path = make_video(tmp_path / "a.mp4", frames=10)
    for source in (path, pictures / "*.png"):
        with pytest.raises(UsageError, match=r"at 60 s; give less than"):
            open_video(source, part=Part(60))
    wrong = [(-1, None), (math.nan, None), (math.inf, None), (2, 2), (2, 1), (0, math.nan)]
    for part in (*wrong, (1e15, None), (1e308, math.inf), (0, 1e15), (0, -math.inf)):
        with pytest.raises(UsageError, match="a part"):
            Part(*part)
    with pytest.raises(UsageError, match="begins when it is opened"):
        open_video("camera:0", part=Part(1))


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"g": "10", "bf": "3"}),
        ("a.mkv", "libx264", {"g": "10", "bf": "3"}),
        ("a.mp4", "libx265", {"x265-params": "keyint=10:bframes=3:log-level=error"}),
        ("a.ts", "libx264", {"g": "10", "bf": "3"}),
        ("a.flv", "libx264", {"g": "10", "bf": "2"}),
        ("a.avi", "mpeg4", {"g": "12", "bf": "2"}),
        ("a.webm", "libvpx-vp9", {"g": "10", "deadline": "realtime", "cpu-used": "8"}),
    ],
)
def test_parts_begin_with_the_same_frame_in_every_container(tmp_path, name, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"FFmpeg lacks {codec}")
    path = make_video(tmp_path / name, frames=40, codec=codec, options=options)
    with open_video(path) as reader:
        whole = [(frame.time, frame.rgb8.copy()) for frame in reader]
    begin = whole[0][0]
    for start in (0.002, 0.2, 0.38, 0.41, 0.44, 0.8, 1.21, 1.4):
        wanted = [rgb for time, rgb in whole if start - 0.01 <= time - begin < start + 0.2]
        with open_video(path, part=Part(start, start + 0.2)) as reader:
            found = [frame.rgb8.copy() for frame in reader]
        np.testing.assert_array_equal(found[0], wanted[0])
        assert abs(len(found) - len(wanted)) <= 1


def test_parts_that_hold_no_frame_or_have_no_times(tmp_path, pictures):
    path = make_video(tmp_path / "a.mp4", frames=10)
    with pytest.raises(UsageError, match="no frame from"):
        open_video(path, part=Part(0.06, 0.07))
    with pytest.raises(UsageError, match="no picture from"):
        open_video(pictures / "*.png", rate=10, part=Part(0.01, 0.02))
    raw = make_video(tmp_path / "a.h264", frames=10)
    with pytest.raises(UsageError, match="have no times"):
        open_video(raw, part=Part(0.1))


def test_an_overtaken_loop_says_so(tmp_path):
    with open_video(make_video(tmp_path / "a.mp4", frames=6)) as reader:
        first = iter(reader)
        next(first)
        assert sum(1 for _ in reader) == 6
        with pytest.raises(UsageError, match="another loop"):
            next(first)


@pytest.mark.parametrize("rate", [0, -1, 1e-9, 1e12, math.inf, math.nan])
def test_rates_that_make_no_sense(tmp_path, rate):
    write_image(tmp_path / "1.png", pattern(8, 8))
    with pytest.raises(UsageError, match="frames a second makes no sense"):
        open_video(tmp_path / "%d.png", rate=rate)


@pytest.mark.parametrize(
    ("rate", "exact"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (np.float32(29.97), Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (Fraction(2997, 100), Fraction(2997, 100)),
        (29.5, Fraction(59, 2)),
        (24, Fraction(24)),
    ],
)
def test_rates_that_are_named_by_their_first_digits_are_meant_exactly(tmp_path, rate, exact):
    write_image(tmp_path / "1.png", pattern(8, 8))
    with open_video(tmp_path / "%d.png", rate=rate) as reader:
        assert reader.info.frame_rate == exact


def test_a_videos_rate_is_its_own(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=2)
    with pytest.raises(UsageError, match=r"a\.mp4: a video keeps its own frames a second"):
        open_video(source, rate=30)


def test_a_number_written_in_two_ways_is_there_once(tmp_path):
    for name in ("1", "01", "2"):
        write_image(tmp_path / f"{name}.png", pattern(8, 8))
    with open_video(tmp_path / "%d.png") as reader:
        assert sum(1 for _ in reader) == 3
        assert not reader.warnings
    (tmp_path / "2.png").rename(tmp_path / "3.png")
    with open_video(tmp_path / "%d.png") as reader:
        assert "1 of its numbers are missing" in reader.warnings[0]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("s", [7, 8, 10]),
        ("s/a.*.png", [7, 8, 10]),
        ("s/a.%d.png", [7, 8, 10]),
        ("s/a.##.png", [7, 8, 10]),
        ("s/a.0*.png", [7, 8]),
        ("s/a.10.png", [None]),  # no sequence
        ("*/*.png", [None] * 4),  # several
    ],
)
def test_numbered_pictures_tell_their_numbers(tmp_path, name, numbers):
    for file in ("s/a.07.png", "s/a.08.png", "s/a.10.png", "t/b.09.png"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        write_image(tmp_path / file, pattern(8, 8))
    with open_video(tmp_path / name) as reader:
        assert [frame.number for frame in reader] == numbers
    if len(numbers) == 3:
        with open_video(tmp_path / name, rate=1, part=Part(1)) as reader:
            assert [frame.number for frame in reader] == numbers[1:]


def test_a_held_picture_has_no_number(tmp_path):
    write_image(tmp_path / "a.10.png", pattern(8, 8))
    with open_video(tmp_path / "a.10.png", rate=4, hold=1) as reader:
        assert [frame.number for frame in reader] == [None] * 4


@pytest.mark.parametrize("hold", [math.nan, math.inf, 1e12])
def test_a_picture_is_held_for_a_day_at_most(tmp_path, hold):
    write_image(tmp_path / "a.png", pattern(8, 8))
    with pytest.raises(UsageError, match=r"a\.png.*86400 seconds at most"):
        open_video(tmp_path / "a.png", hold=hold)


def test_numbers_that_are_missing_are_said(tmp_path):
    for number in (7, 8, 11, 12):
        write_image(tmp_path / f"s_{number}.png", pattern(8, 8, number))
    with open_video(tmp_path / "s_%d.png") as reader:
        assert sum(1 for _ in reader) == 4
        assert "2 of its numbers are missing" in reader.warnings[0]
    with open_video(tmp_path / "*.png") as reader:
        assert not reader.warnings


def test_times_that_no_camera_gives_are_said(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=60, pts=list(range(60)))
    with open_video(path) as reader:
        assert "frames a second" in reader.warnings[0]


def test_what_to_do_about_interlaced_video_is_said(tmp_path):
    options = {"flags": "+ildct+ilme"}
    path = make_video(
        tmp_path / "a.ts", codec="mpeg2video", time_base=Fraction(1, 25), options=options
    )
    with open_video(path) as reader:
        assert "is interlaced" in reader.warnings[0]
        assert "-vf bwdif" in reader.warnings[0]


def test_a_reader_that_is_closed_in_its_own_loop_says_so(tmp_path, caplog):
    reader = open_video(make_video(tmp_path / "a.mp4", frames=6))
    frames = iter(reader)
    next(frames)
    reader.close()
    with pytest.raises(UsageError, match="leave the loop"):
        next(frames)
    assert not caplog.records  # nothing is wrong with the file
