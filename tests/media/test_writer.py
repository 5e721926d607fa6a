from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest

from relume.errors import OutputError, UsageError
from relume.media import (
    ArrayPicture,
    Part,
    VideoFrame,
    VideoWriter,
    open_video,
    read_image,
    write_image,
)
from relume.media.encode import ContainerEncoder

from .makers import make_video, pattern, times


def left(folder):
    return sorted(p.name for p in folder.iterdir())


def fail(path, error, **options):
    with VideoWriter(path, **options) as writer:
        writer.write(ArrayPicture(pattern(64, 48)))
        raise error


def write(path, frames=3, **options):
    with VideoWriter(path, **options) as writer:
        for index in range(frames):
            writer.write(ArrayPicture(pattern(64, 48, index)))


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.m4v", "a.mkv", "a.webm", "A.MP4"])
def test_arrays_become_a_video(tmp_path, name):
    write(tmp_path / name, rate=30)
    assert left(tmp_path) == [name]
    with open_video(tmp_path / name) as reader:
        frames = list(reader)
    assert len(frames) == 3
    assert times(tmp_path / name) == pytest.approx([0, 1 / 30, 2 / 30], abs=1e-3)
    assert np.abs(frames[0].rgb8.astype(int) - pattern(64, 48)).mean() < 8
    assert frames[0].colour.matrix == 1


def test_times_can_be_given(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as writer:
        for time in (0.0, 0.25, 1.0):
            writer.write(ArrayPicture(pattern(64, 48, time)), time=time)
    assert times(tmp_path / "a.mp4") == [0, 0.25, 1.0]


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf, 1e300])
def test_times_that_make_no_sense(tmp_path, time):
    with pytest.raises(UsageError, match="time"), VideoWriter(tmp_path / "a.mp4") as writer:
        writer.write(pattern(64, 48), time=time)
    assert left(tmp_path) == []


@pytest.mark.parametrize("card_first", [False, True])
@pytest.mark.parametrize("name", ["b.mp4", "b.mkv"])
def test_a_clip_and_cards_made_by_code_are_one_video(tmp_path, name, card_first):
    source = make_video(tmp_path / "a.mp4", frames=5)
    card = [pattern(64, 48)] * 3
    with open_video(source) as reader, VideoWriter(tmp_path / name, like=reader) as writer:
        for frame in [*card, *reader] if card_first else [*reader, *card]:
            writer.write(frame)
    assert times(tmp_path / name) == pytest.approx([i / 25 for i in range(8)], abs=1e-3)
    with open_video(tmp_path / name) as reader:
        assert reader.info.duration == pytest.approx(8 / 25, abs=1e-3)


@pytest.mark.parametrize("name", ["b.mp4", "b.mkv", "b.webm"])
def test_a_clip_after_another_is_shown_as_long_as_alone(tmp_path, name):
    card = pattern(64, 48)
    first = make_video(tmp_path / "first.mp4", frames=5)
    second = make_video(tmp_path / "second.mp4", frames=4, rate=10)
    with (
        open_video(first) as one,
        open_video(second) as other,
        VideoWriter(tmp_path / name, like=one) as writer,
    ):
        for frame in [*one, card, *other, *one]:
            writer.write(frame)
    expected = [*np.arange(6) / 25, *(0.24 + np.arange(4) / 10), *(0.64 + np.arange(5) / 25)]
    assert times(tmp_path / name) == pytest.approx(expected, abs=1e-3)


def test_given_times_that_begin_anew_follow(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as writer:
        for time in (0.0, 0.2, 0.5, 0.0, 0.1):
            writer.write(pattern(64, 48), time=time)
    assert times(tmp_path / "a.mp4") == pytest.approx([0.0, 0.2, 0.5, 0.54, 0.64], abs=1e-3)


def test_a_time_that_comes_again_moves_nothing_after_it(tmp_path):
    given = [0.0, 0.04, 0.04, 0.12, 0.1, 0.2, 0.24]
    with VideoWriter(tmp_path / "a.mp4") as writer:
        for time in given:
            writer.write(pattern(64, 48), time=time)
    assert times(tmp_path / "a.mp4") == pytest.approx(
        [0, 0.04, 0.04, 0.12, 0.12, 0.2, 0.24], abs=1e-3
    )


def test_quality_orders_size_and_error(tmp_path):
    rng = np.random.default_rng(0)
    noisy = np.clip(pattern(128, 96).astype(int) + rng.normal(0, 8, (96, 128, 3)), 0, 255)
    sizes, errors = [], []
    for quality in (0, 40, 80, 100):
        path = tmp_path / f"{quality}.mp4"
        with VideoWriter(path, quality=quality) as writer:
            writer.write(ArrayPicture(noisy.astype(np.uint8)))
        sizes.append(path.stat().st_size)
        with open_video(path) as reader:
            errors.append(np.abs(next(iter(reader)).rgb8 - noisy).mean())
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)
    for bad in (-1, 101):
        with pytest.raises(UsageError, match="quality"):
            VideoWriter(tmp_path / "x.mp4", quality=bad)


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.avi", "%05d.mp4"])
def test_unknown_endings_are_refused_before_any_work(tmp_path, name):
    with pytest.raises(OutputError, match=r"\.mp4.*\.webm|\.png"):
        VideoWriter(tmp_path / name)
    assert left(tmp_path) == []


def test_places_that_do_not_work(tmp_path):
    (tmp_path / "file").touch()
    for name in ("file/a.mp4", "file/new/a.mp4", "file/new/%d.png", "file/%d.png", "file/"):
        with pytest.raises(OutputError, match="file is a file, not a folder"):
            VideoWriter(f"{tmp_path}/{name}")
    (tmp_path / "dir.mp4").mkdir()
    (tmp_path / "dir.mp4" / "x").touch()
    with pytest.raises(OutputError, match="is a folder"):
        VideoWriter(tmp_path / "dir.mp4")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not allowed"):
        VideoWriter(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["{}.mp4", "{}.png", "{}/a.mp4", "{}%d.png", "{}/", "{}/%d.png"])
def test_a_name_that_is_too_long(tmp_path, name):
    with pytest.raises(OutputError, match="File name too long"):
        write(f"{tmp_path}/{name.format(300 * 'a')}", frames=1)
    assert left(tmp_path) == []


@pytest.mark.parametrize("letter", ["a", "ü"])
def test_a_name_as_long_as_may_be(tmp_path, letter):
    name = letter * (250 // len(letter.encode())) + ".mp4"
    write(tmp_path / name)
    assert left(tmp_path) == [name]


@pytest.mark.parametrize("name", ["new/er/a.mp4", "new/er/a.png", "new/er/", "new/er/%d.png"])
def test_missing_folders_are_made_and_go_with_what_fails(tmp_path, name):
    path = f"{tmp_path}/{name}"
    with pytest.raises(RuntimeError):
        fail(path, RuntimeError)
    assert left(tmp_path) == []
    write(path, frames=1)
    assert len(list((tmp_path / "new" / "er").iterdir())) == 1


@pytest.mark.parametrize(
    "names",
    [("a.mp4", "b.mp4"), ("a.mp4", "new/%d.png"), ("new/%d.png", "a.mp4"), ("x/%d.png", "y/")],
)
def test_a_new_folder_of_several_outputs_goes_with_the_last(tmp_path, names):
    with contextlib.ExitStack() as stack:
        writers = [VideoWriter(f"{tmp_path}/new/{name}") for name in names]
        for writer in writers:
            stack.callback(writer.abort)
        for writer in reversed(writers):
            writer.write(ArrayPicture(pattern(64, 48)))
        assert left(tmp_path) == ["new"]
    assert left(tmp_path) == []


def test_an_existing_file_is_kept_unless_told(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists"):
        VideoWriter(path)
    with pytest.raises(RuntimeError):
        fail(path, RuntimeError, overwrite=True)
    assert path.read_bytes() == b"old"
    write(path, overwrite=True)
    assert path.stat().st_size > 500
    assert left(tmp_path) == ["a.mp4"]


def test_the_input_may_be_overwritten(tmp_path):
    path = make_video(tmp_path / "a.mp4", frames=30, sound="aac")
    with open_video(path) as reader, VideoWriter(path, like=reader, overwrite=True) as writer:
        for frame in reader:
            writer.write(frame)
    with open_video(path) as reader:
        assert sum(1 for _ in reader) == 30
        assert reader.info.audio


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("name", ["a.mp4", "frames/%03d.png", "a.png"])
def test_an_exception_leaves_nothing(tmp_path, error, name):
    if "/" in name:
        (tmp_path / "frames").mkdir()
    before = left(tmp_path)
    with pytest.raises(error):
        fail(tmp_path / name, error)
    assert left(tmp_path) == before
    assert not (tmp_path / "frames").exists() or left(tmp_path / "frames") == []


def test_no_frames_is_no_video(tmp_path):
    with pytest.raises(OutputError, match="no frame"), VideoWriter(tmp_path / "a.mp4"):
        pass
    assert left(tmp_path) == []


def test_a_closed_writer_takes_no_more(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4")
    writer.write(ArrayPicture(pattern(64, 48)))
    writer.close()
    writer.close()
    with pytest.raises(OutputError, match="closed"):
        writer.write(ArrayPicture(pattern(64, 48)))
    writer.abort()
    assert left(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize("step", ["write", "finish"])
def test_a_full_disk_is_said_and_cleaned_up(tmp_path, monkeypatch, step):
    original = getattr(ContainerEncoder, step)

    def full(self, *arguments):
        original(self, *arguments)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ContainerEncoder, step, full)
    with pytest.raises(OutputError, match=r"disk is full \([\d.]+ MB free\)"):
        write(tmp_path / "a.mp4")
    assert left(tmp_path) == []


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tiff"])
def test_numbered_pictures(tmp_path, ending):
    write(tmp_path / f"out_%03d{ending}")
    assert left(tmp_path) == [f"out_{i:03d}{ending}" for i in (1, 2, 3)]
    got = read_image(tmp_path / f"out_002{ending}")
    assert np.abs(got.astype(int) - pattern(64, 48, 1)).mean() < (0.1 if ending[1] == "p" else 4)
    with pytest.raises(OutputError, match="exists"):
        write(tmp_path / f"out_%03d{ending}")
    (tmp_path / f"other_003{ending}").touch()
    write(tmp_path / f"out_%03d{ending}", frames=2, overwrite=True)
    assert left(tmp_path) == [f"{n}{ending}" for n in ("other_003", "out_001", "out_002")]


def test_a_folder_of_pictures(tmp_path):
    write(str(tmp_path / "frames") + "/")
    assert left(tmp_path) == ["frames"]
    assert left(tmp_path / "frames") == ["00001.png", "00002.png", "00003.png"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path / "empty")
    write(str(tmp_path / "empty") + "/")
    assert len(left(tmp_path / "empty")) == 3
    with pytest.raises(OutputError, match="exists"):
        write(str(tmp_path / "empty") + "/")


def test_pictures_of_others_stay_when_a_folder_is_written_anew(tmp_path):
    folder = tmp_path / "frames"
    write(str(folder) + "/")  # 00001 to 00003
    for name in ("00004.png", "00005.png", "00009.png", "7.png", "20210304.png", "holiday.png"):
        (folder / name).write_bytes(b"picture")
    write(str(folder) + "/", overwrite=True)
    # What runs on from the last frame would look like a part of this video; the rest is not ours.
    kept = ["00009.png", "20210304.png", "7.png", "holiday.png"]
    assert left(folder) == sorted(["00001.png", "00002.png", "00003.png", *kept])


def test_one_picture(tmp_path):
    write(tmp_path / "a.png", frames=1)
    assert np.array_equal(read_image(tmp_path / "a.png"), pattern(64, 48))
    with pytest.raises(OutputError, match="can't hold a video"):
        write(tmp_path / "b.png", frames=2)
    assert left(tmp_path) == ["a.png"]


def test_ten_bits_become_sixteen_in_pictures(tmp_path):
    source = make_video(tmp_path / "a.mp4", frames=1, pixel_format="yuv420p10le")
    with open_video(source) as reader, VideoWriter(tmp_path / "a.png") as writer:
        for frame in reader:
            writer.write(frame)
    got = read_image(tmp_path / "a.png")
    assert got.dtype == np.float32
    assert np.abs(got - frame.region(0, 0, 64, 48)).max() < 1e-4


@pytest.mark.parametrize("name", ["a.png", "a.tiff", "a.webp", "a.webm"])
def test_transparency_is_kept_where_it_can_be(tmp_path, name):
    rgba = np.dstack([pattern(64, 48), np.full((48, 64), 255, np.uint8)])
    rgba[:, 32:, 3] = 60
    with VideoWriter(tmp_path / name) as writer:
        writer.write(VideoFrame.from_rgb(rgba, 0, Fraction(1, 25)))
    if name == "a.webm":
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.video[0].metadata.get("alpha_mode") == "1"
    else:
        with open_video(tmp_path / name) as reader:
            (frame,) = reader
        assert frame.layout.alpha
        assert abs(int(frame.planes[0][20, 50, 3]) - 60) <= 1


def test_transparency_that_is_lost_is_said(tmp_path, caplog):
    with VideoWriter(tmp_path / "a.mp4") as writer:
        writer.write(VideoFrame.from_rgb(np.zeros((16, 16, 4), np.uint8)))
    assert "transparency" in caplog.text
    caplog.clear()
    with VideoWriter(tmp_path / "%d.jpg") as writer:
        for _ in range(2):
            writer.write(VideoFrame.from_rgb(np.full((16, 16, 4), 255, np.uint8)))
        assert not caplog.text
        for _ in range(2):
            writer.write(VideoFrame.from_rgb(np.zeros((16, 16, 4), np.uint8)))
    assert caplog.text.count("JPEG can't carry transparency") == 1


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_transparency_of_webm_is_read_and_kept(tmp_path, codec, caplog):
    source = make_video(
        tmp_path / "a.webm",
        codec=codec,
        pixel_format="yuva420p",
        frames=40,
        options={"g": "10", "auto-alt-ref": "0"},
    )
    for part in (None, Part(0.9)):
        target = tmp_path / "b.webm"
        with (
            open_video(source, part=part) as reader,
            VideoWriter(target, like=reader, overwrite=True) as writer,
        ):
            assert reader.info.pixel_format == "yuva420p"
            for frame in reader:
                assert frame.planes[3].min() > 250
                writer.write(frame)
        with open_video(target) as reader:
            assert reader.info.pixel_format == "yuva420p"
            assert sum(1 for _ in reader) == (40 if part is None else 17)
    assert not caplog.text
    with open_video(source) as reader, VideoWriter(tmp_path / "c.mkv", like=reader) as writer:
        for frame in reader:
            writer.write(frame)
    assert "transparency" in caplog.text
    with av.open(str(tmp_path / "c.mkv")) as container:
        assert "alpha_mode" not in map(str.lower, container.streams.video[0].metadata)


def test_transparency_that_can_not_be_read_is_said(tmp_path, monkeypatch):
    source = make_video(tmp_path / "a.webm", codec="libvpx-vp9", pixel_format="yuva420p", frames=2)
    monkeypatch.setattr("relume.media.reader._WITH_ALPHA", {})
    with open_video(source) as reader:
        assert (sum(1 for _ in reader), reader.info.pixel_format) == (2, "yuv420p")
        assert "transparency can't be read" in reader.warnings[0]


def test_arrays_are_taken_as_pictures(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", rate=25) as writer:
        for time in range(3):
            writer.write(pattern(64, 48, time))
    with open_video(tmp_path / "a.mp4") as reader:
        assert sum(1 for _ in reader) == 3
    with pytest.raises(UsageError, match="not str"), VideoWriter(tmp_path / "b.mp4") as writer:
        writer.write("frame.png")


def test_frames_of_another_size_are_refused(tmp_path):
    writer = VideoWriter(tmp_path / "a.mp4")
    writer.write(pattern(64, 48))
    with pytest.raises(OutputError, match="32x24 in a video of 64x48"):
        writer.write(pattern(32, 24))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["out/%04d.png", "out/####.png", "out/"])
def test_numbered_pictures_keep_their_numbers(tmp_path, name):
    for index in (0, 8, 9, 11):
        write_image(tmp_path / f"in/s.{index:04d}.png", pattern(16, 16, index))

    def copy(source, **options):
        with (
            open_video(tmp_path / source, **options) as reader,
            VideoWriter(f"{tmp_path}/{name}", like=reader, overwrite=True) as writer,
        ):
            for frame in reader:
                writer.write(frame)
        return [int(n.split(".")[0]) for n in left(tmp_path / "out")]

    assert copy("in") == [0, 8, 9, 11]
    (last,) = (p for p in (tmp_path / "out").iterdir() if "11" in p.name)
    assert np.array_equal(read_image(last), pattern(16, 16, 11))
    # A part leaves the other parts, the whole leaves what is beyond it no more.
    assert copy("in/*.png", rate=1, part=Part(1, 2)) == [0, 8, 9, 11]
    for index in (3, 10, 12, 13, 15):
        shutil.copy(last, last.parent / last.name.replace("11", f"{index:02d}"))
    assert copy("in/s.%04d.png", rate=1, part=Part(0, 3)) == [0, 3, 8, 9, 10, 11, 12, 13, 15]
    assert copy("in/s.%04d.png") == [0, 8, 9, 11, 15]


def test_hashes_are_a_pattern_of_so_many_digits(tmp_path):
    write(tmp_path / "shot_###.png")
    assert left(tmp_path) == ["shot_001.png", "shot_002.png", "shot_003.png"]
    with pytest.raises(OutputError, match="exists"):
        write(tmp_path / "shot_###.png")
    write(tmp_path / "take #1.png", frames=1)
    assert (tmp_path / "take #1.png").is_file()


@pytest.mark.parametrize("rate", [0, -1, 1e-9, 1e12, math.inf, math.nan])
def test_rates_that_make_no_sense(tmp_path, rate):
    with pytest.raises(UsageError, match="frames a second"):
        VideoWriter(tmp_path / "new" / "a.mp4", rate=rate)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", ["999999999", "100", "9" * 5000])
def test_numbers_of_hundreds_of_digits_are_refused(tmp_path, width):
    with pytest.raises(OutputError, match=r"99 digits at most; write %05d"):
        VideoWriter(tmp_path / f"new/%0{width}d.png")
    assert not list(tmp_path.iterdir())
    write(tmp_path / "%00004d.png", frames=1)
    assert left(tmp_path) == ["0001.png"]


def test_a_name_may_have_another_percent(tmp_path):
    with VideoWriter(tmp_path / "50%off_%03d.png") as writer:
        writer.write(pattern(8, 8))
        writer.write(pattern(8, 8, 1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["50%off_001.png", "50%off_002.png"]


def test_a_folder_in_a_pictures_place_stops_all_of_them(tmp_path):
    with VideoWriter(tmp_path / "g/%02d.png") as writer:
        for time in range(4):
            writer.write(pattern(8, 8, time))
    before = {p.name: p.read_bytes() for p in (tmp_path / "g").iterdir()}
    (tmp_path / "g/02.png").unlink()
    (tmp_path / "g/02.png").mkdir()
    writer = VideoWriter(tmp_path / "g/%02d.png", overwrite=True)
    for time in (7, 8):
        writer.write(pattern(8, 8, time))
    with pytest.raises(OutputError, match="is a folder, where a picture goes"):
        writer.close()
    after = {p.name: p.read_bytes() for p in (tmp_path / "g").iterdir() if p.is_file()}
    assert after == {name: data for name, data in before.items() if name != "02.png"}


def test_a_frame_without_a_time_may_be_written_again(tmp_path):
    frame = VideoFrame.from_rgb(pattern(64, 48))
    for name in ("a.mp4", "b.mp4"):
        with VideoWriter(tmp_path / name, rate=25) as writer:
            writer.write(pattern(64, 48), time=0.0)
            for _ in range(9):
                writer.write(frame)
        assert times(tmp_path / name) == pytest.approx([i / 25 for i in range(10)])
    assert frame.pts is None


def test_pictures_are_replaced_all_or_none(tmp_path, monkeypatch):
    """Ctrl-C while they are moved into place comes after."""
    frames = [np.full((8, 8, 3), level, np.uint8) for level in (50, 200)]
    folder, name = tmp_path / "shots", "p_%02d.png"
    with VideoWriter(folder / name, rate=25) as writer:
        for _ in range(6):
            writer.write(frames[0])
    move, moved = os.replace, []

    def interrupted(source, target):
        moved.append(target)
        if len(moved) == 2:
            raise KeyboardInterrupt
        move(source, target)

    writer = VideoWriter(folder / name, rate=25, overwrite=True)
    for _ in range(4):
        writer.write(frames[1])
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.close()
    assert left(folder) == [f"p_{i:02d}.png" for i in range(1, 5)]
    assert all((read_image(path) == 200).all() for path in folder.iterdir())
