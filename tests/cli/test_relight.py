"""`relume relight` from the outside, on real video."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from relume.media import open_video, read_image, write_image

from .conftest import Run


def frames_of(path: Path) -> tuple[list[float | None], list[np.ndarray]]:
    with open_video(path) as reader:
        pairs = [(f.time, f.rgb8.copy()) for f in reader]
    return [t for t, _ in pairs], [p for _, p in pairs]


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if "partial" in p.name]


def test_video_relit_with_sound_and_times_kept(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    done = relume("relight", short_clip, "-o", output, "--light", "split", "--yaw", "10")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "20 frames" in done.stderr
    assert "\x1b" not in done.stderr  # no bars and colours off a terminal
    (times_in, before), (times_out, after) = frames_of(short_clip), frames_of(output)
    assert times_out == pytest.approx(times_in, abs=1e-6)
    assert sound_of(output) == sound_of(short_clip)
    change = np.abs(np.mean(after, 0) - np.mean(before, 0))
    assert change.max() > 25  # the face is another
    corner = change[:40, :40]
    assert corner.mean() < 1.0  # the room is not
    assert leftovers(tmp_path) == []


def test_the_camera_alone_can_move(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    assert relume("relight", short_clip, "-o", output, "--pitch", "8").returncode == 0
    change = np.abs(frames_of(output)[1][10].astype(float) - frames_of(short_clip)[1][10])
    assert change.max() > 25


def test_a_picture_and_its_light_carried_to_a_video(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    picture, lit, video = (tmp_path / n for n in ("face.png", "lit.png", "out.mp4"))
    write_image(picture, frames_of(short_clip)[1][5])
    done = relume("relight", picture, "-o", lit, "--light", "split:right")
    assert done.returncode == 0, done.stderr
    assert read_image(lit).shape == read_image(picture).shape
    assert np.abs(read_image(lit).astype(float) - read_image(picture)).max() > 25
    done = relume("relight", short_clip, "-o", video, "--light", lit)
    assert done.returncode == 0, done.stderr


def test_a_timeline_moves_the_light(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    timeline, output = tmp_path / "light.yaml", tmp_path / "out.mp4"
    timeline.write_text(
        "keyframes:\n"
        "  - {time: 0, light: 'split'}\n"
        "  - {time: 0.7, light: 'split:right', ease: linear}\n"
    )
    done = relume("relight", short_clip, "-o", output, "--light", timeline)
    assert done.returncode == 0, done.stderr
    shots = frames_of(output)[1]
    first, last = shots[8].astype(float), shots[-1].astype(float)
    middle = first.shape[1] // 2
    moved = last - first
    assert moved[:, middle:].mean() > moved[:, :middle].mean() + 1.0


def test_a_picture_is_shown_as_long_as_its_light_moves(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    with open_video(short_clip) as reader:
        picture = next(iter(reader)).rgb8.copy()
    still, timeline = tmp_path / "still.png", tmp_path / "light.yaml"
    write_image(still, picture)
    timeline.write_text("keyframes:\n  - {time: 0, light: split}\n  - {time: 0.4, light: loop}\n")
    moving, one = tmp_path / "moving.mp4", tmp_path / "one.png"
    for output in (moving, one):
        done = relume("relight", still, "-o", output, "--light", timeline)
        assert done.returncode == 0, done.stderr
        assert "one frame" not in done.stderr
    times, frames = frames_of(moving)
    assert times == pytest.approx(np.arange(10) / 25)
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 20
    first = np.abs(frames[0].astype(int) - read_image(one)).mean()
    assert first < 0.5 * np.abs(frames[-1].astype(int) - read_image(one)).mean()


def test_a_video_of_one_frame_is_told_with_what_makes_it_longer(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    still, output = tmp_path / "still.png", tmp_path / "out.mp4"
    write_image(still, frames_of(short_clip)[1][0])
    done = relume("relight", still, "-o", output, "--light", "loop")
    assert done.returncode == 0, done.stderr
    assert "a picture is one frame: a timeline as --light makes it a longer video" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_faces_of_a_group_that_are_left_out_are_told(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    group, output = tmp_path / "group.png", tmp_path / "out.png"
    write_image(group, np.hstack([frames_of(short_clip)[1][0]] * 2))
    done = relume("relight", group, "-o", output, "--light", "loop", "--max-faces", 1)
    assert done.returncode == 0, done.stderr
    assert "; 1 face left as before: --max-faces 2 takes all" in done.stderr
    done = relume("relight", group, "-o", output, "--light", "loop", "-y")
    assert "left as before" not in done.stderr


def test_pictures_numbered(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    done = relume(
        "relight", short_clip, "-o", tmp_path / "shots" / "%03d.png", "--light", "rembrandt"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "shots").iterdir())[-1] == "020.png"


def test_numbered_pictures_keep_their_numbers(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    for number, shot in enumerate(frames_of(short_clip)[1][:4], 1001):
        write_image(tmp_path / f"seq/shot.{number}.png", shot)
    said = relume("relight", tmp_path / "seq/shoot.####.png", "-o", "a.mp4", "--light", "loop")
    assert "no pictures there" in said.stderr
    done = relume(
        *("relight", tmp_path / "seq/shot.####.png", "-o", tmp_path / "out/shot.####.png"),
        *("--light", "loop", "--alpha", tmp_path / "alpha/%04d.png", "--fps", "1"),
        *("--start", "1", "--end", "3"),
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "shot.1002.png",
        "shot.1003.png",
    ]
    assert sorted(p.name for p in (tmp_path / "alpha").iterdir()) == ["1002.png", "1003.png"]


def test_an_existing_output_is_not_touched_unless_asked(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    done = relume("relight", short_clip, "-o", output, "--light", "loop")
    assert done.returncode == 6
    assert str(output) in done.stderr
    assert output.read_bytes() == b"precious"
    assert relume("relight", short_clip, "-o", output, "--light", "loop", "-y").returncode == 0
    assert len(frames_of(output)[1]) == 20


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 3, "no such file"),
        (b"", 3, "empty"),
        (b"this is no video" * 1000, 3, "not a video"),
    ],
    ids=["missing", "empty", "garbage"],
)
def test_inputs_that_cannot_be_read(
    relume: Run, tmp_path: Path, content: bytes | None, code: int, words: str
) -> None:
    source = tmp_path / "in.mp4"
    if content is not None:
        source.write_bytes(content)
    done = relume("relight", source, "-o", tmp_path / "out.mp4", "--light", "loop")
    assert done.returncode == code
    assert "in.mp4" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("size", [(1, 1), (320, 240)], ids=["1x1", "grey"])
def test_no_face_says_so_and_writes_nothing(
    relume: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    picture = tmp_path / "in.png"
    write_image(picture, np.full((size[1], size[0], 3), 127, np.uint8))
    outputs = ["-o", tmp_path / "new" / "out.png", "--depth", tmp_path / "new" / "depth" / "%d.png"]
    done = relume("relight", picture, *outputs, "--light", "loop")
    assert done.returncode == 5
    assert "no face" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]


def test_a_cut_off_file_gives_what_is_there(relume: Run, demo: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "cut.mkv", tmp_path / "out.mkv"
    with av.open(str(demo)) as given, av.open(str(source), "w") as taken:
        target = taken.add_stream_from_template(given.streams.video[0])
        for count, packet in enumerate(given.demux(given.streams.video[0])):
            if packet.dts is not None and count < 60:
                packet.stream = target
                taken.mux(packet)
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) * 6 // 10])
    done = relume("relight", source, "-o", output, "--light", "loop")
    assert done.returncode == 0, done.stderr
    assert 5 < len(frames_of(output)[1]) < 60


def test_lights_that_make_no_sense(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    done = relume("relight", short_clip, "-o", tmp_path / "out.mp4", "--light", "rembrant")
    assert done.returncode == 4
    assert "rembrandt" in done.stderr  # did you mean


@pytest.mark.parametrize(
    "arguments",
    [
        ["--amount", "2", "--light", "loop"],
        [],
        ["--light", "loop", "--quality", "300"],
        ["--yaw", "90"],
        ["--pitch", "nan"],
        ["--light", "loop", "--max-faces", "0"],
        ["--light", "loop", "--threads", "0"],
        ["--light", "loop", "--size", "640x480"],
        ["--light", "loop", "--fps", "30"],
        ["--yaw", "5", "--exposure", "1"],
        ["--yaw", "5", "--rotate-light", "90"],
        ["--yaw", "5", "--amount", "0.5"],
    ],
    ids=[
        *("amount", "nothing to do", "quality", "yaw", "nan", "faces", "threads", "size", "fps"),
        *("exposure of no light", "turn of no light", "share of no light"),
    ],
)
def test_options_that_make_no_sense(
    relume: Run, short_clip: Path, tmp_path: Path, arguments: list[str]
) -> None:
    done = relume("relight", short_clip, "-o", tmp_path / "out.mp4", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("relume: ")
    assert list(tmp_path.iterdir()) == []


def test_a_cameras_size_that_makes_no_sense(relume: Run, tmp_path: Path) -> None:
    for size in ("720p", "1280", "0x480", "1280x720x3"):
        done = relume("relight", "camera:0", "-o", tmp_path / "a.mp4", "-l", "loop", "--size", size)
        assert done.returncode == 2
        assert done.stderr.startswith("relume: --size is WIDTHxHEIGHT")


def test_a_rate_that_makes_no_sense(relume: Run, tmp_path: Path) -> None:
    for rate in ("fast", "24/0", "1/2/3", "30fps"):
        done = relume("relight", "camera:0", "-o", tmp_path / "a.mp4", "-l", "loop", "--fps", rate)
        assert done.returncode == 2
        assert done.stderr.startswith("relume: --fps is frames a second, such as 25, 29.97")


def test_a_rate_may_be_a_fraction(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    picture = tmp_path / "1.png"
    with open_video(short_clip) as reader:
        write_image(picture, next(iter(reader)).rgb8)
    for rate in ("24000/1001", "23.976"):
        out = tmp_path / "out.mp4"
        relume("relight", tmp_path / "%d.png", "-o", out, "-l", "loop", "--fps", rate, "-y")
        with open_video(out) as reader:
            assert reader.info.frame_rate == Fraction(24000, 1001)


def test_the_input_is_never_the_output(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(short_clip.read_bytes())
    done = relume("relight", clip, "-o", clip, "--light", "loop", "-y")
    assert done.returncode == 6
    assert clip.read_bytes() == short_clip.read_bytes()


@pytest.mark.usefixtures("hang_ups_heeded")
@pytest.mark.parametrize(
    ("stop", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGKILL, -9)],
    ids=["ctrl-c", "term", "closed terminal", "kill"],
)
def test_stopped_half_way_leaves_no_output(
    demo: Path, tmp_path: Path, stop: signal.Signals, code: int
) -> None:
    output = tmp_path / "out.mp4"
    command = [sys.executable, "-m", "relume", "relight", demo, "-o", output, "-l", "loop"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if leftovers(tmp_path):  # the writer has begun
            break
        time.sleep(0.05)
    process.send_signal(stop)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert not output.exists()
    if stop is not signal.SIGKILL:
        assert "interrupted" in told
        assert leftovers(tmp_path) == []
