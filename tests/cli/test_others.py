"""`relume light`, `track`, `info`, and what the package promises when it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from relume.cli.main import main
from relume.light import PRESETS
from relume.media import open_video, read_image, write_image
from relume.native import native

from .conftest import Run


def test_light_list_names_every_preset(relume: Run) -> None:
    done = relume("light", "list")
    assert done.returncode == 0
    assert all(name in done.stdout for name in PRESETS)


def test_light_show_draws_a_picture(relume: Run, tmp_path: Path) -> None:
    output = tmp_path / "light.png"
    done = relume("light", "show", "rembrandt", "-o", output)
    assert done.returncode == 0, done.stderr
    assert read_image(output).std() > 10


def test_a_preview_is_drawn_anew_and_a_named_picture_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("light-loop.png").write_bytes(b"of an earlier run")
    assert main(["light", "show", "loop"]) == 0
    assert capsys.readouterr().out == "light-loop.png\n"
    assert read_image("light-loop.png").shape == (384, 3 * 384, 3)  # sphere, head, mirror ball
    kept = Path("light-loop.png").read_bytes()
    assert main(["light", "show", "split", "-o", "light-loop.png"]) == 6
    assert Path("light-loop.png").read_bytes() == kept


def test_a_sheet_of_lights_is_called_after_what_it_shows(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of numbered pictures that is their folder."""
    shots = tmp_path / "shots"
    shots.mkdir()
    with open_video(demo) as video:
        write_image(shots / "a0001.png", next(iter(video)).rgb8)
    monkeypatch.chdir(shots)
    for source in (".", "a%04d.png", "*.png"):
        assert main(["light", "try", source, "--light", "loop"]) == 0
        Path("lights-shots.png").unlink()


def test_lights_are_tried_on_a_frame(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As filmed, and under each light, with names below."""
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text("preset: candle\n")
    Path("lights-demo.png").write_bytes(b"of an earlier run")
    given = [
        "light",
        "try",
        str(demo),
        "--time",
        "1",
        "--light",
        "split",
        "split:right",
        "own.yaml",
    ]
    assert main(given) == 0
    assert capsys.readouterr().out == "lights-demo.png\n"
    sheet = read_image("lights-demo.png").astype(float)
    side, label = 360, 30
    assert sheet.shape == (2 * (side + label), 2 * side, 3)
    rows = [sheet[y : y + side] for y in (0, side + label)]
    own, left, right, candle = (part for row in rows for part in np.hsplit(row, 2))
    # The key's side is the brighter one, and a flame is warmer than daylight.
    middle = side // 2
    gain = [(lit.sum(2) / (own.sum(2) + 1))[:, 100:-100] for lit in (left, right)]
    assert gain[0][:, : middle - 100].mean() > gain[0][:, middle - 100 :].mean()
    assert gain[1][:, : middle - 100].mean() < gain[1][:, middle - 100 :].mean()
    assert (
        candle[..., 0].mean() / candle[..., 2].mean()
        > 1.1 * own[..., 0].mean() / own[..., 2].mean()
    )
    assert np.ptp(sheet[side : side + label, :side]) > 150
    with open_video(demo) as reader:
        frame = next(iter(reader)).rgb8
    write_image("nobody.png", np.full_like(frame, 90))
    assert main(["light", "try", "nobody.png"]) == 5
    # Before anybody is looked for.
    assert main(["light", "try", "nobody.png", "-o", "own.yaml"]) == 6
    assert main(["light", "try", "nobody.png", "-o", "nobody.png"]) == 6
    assert main(["light", "try", str(demo), "--light", "nothing"]) == 4


def test_light_schema_is_json(relume: Run) -> None:
    assert "$schema" in json.loads(relume("light", "schema").stdout)


def test_track_writes_json_lines(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "track.jsonl"
    done = relume("track", short_clip, "-o", output)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [r["frame"] for r in rows] == list(range(20))
    row = rows[10]
    assert np.shape(row["landmarks"]) == (468, 3)
    assert np.shape(row["camera"]) == (25,)
    assert np.shape(row["crop"]) == (2, 3)
    assert np.shape(row["light"]) == (9, 3)
    assert row["confidence"] > 0.8
    with open_video(short_clip) as reader:
        inside = np.array(row["landmarks"])[:, :2] / [reader.info.width, reader.info.height]
    assert (inside > 0).all()
    assert (inside < 1).all()


def test_track_takes_a_part_with_the_sources_times(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    output = tmp_path / "part.jsonl"
    done = relume("track", short_clip, "-o", output, "--start", "0:00.2", "--end", "0.5")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    with open_video(short_clip) as reader:
        times = [frame.time for frame in reader if 0.2 <= frame.time < 0.5]
    assert [row["frame"] for row in rows] == list(range(len(times)))
    np.testing.assert_allclose([row["time"] for row in rows], times, atol=1e-5)


def test_one_record_is_no_records(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    with open_video(short_clip) as reader:
        write_image(tmp_path / "a.png", next(iter(reader)).rgb8)
    done = relume("track", tmp_path / "a.png", "-o", tmp_path / "a.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("a.jsonl: 1 record\n")


def test_track_writes_parquet(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    output = tmp_path / "track.parquet"
    assert relume("track", short_clip, "-o", output).returncode == 0
    table = parquet.read_table(output)
    assert table.num_rows == 20
    assert len(table["landmarks"][0].as_py()) == 468


def test_track_refuses_other_endings(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    done = relume("track", short_clip, "-o", tmp_path / "track.csv")
    assert done.returncode == 6
    assert ".jsonl" in done.stderr


def test_info_of_a_file_and_of_the_machine(relume: Run, short_clip: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    facts = json.loads(relume("info", short_clip, "--json").stdout, parse_constant=refuse)
    assert (facts["width"], facts["height"]) == (640, 360)
    assert facts["faces_in_first_frame"] == 1
    machine = json.loads(relume("info", "--json").stdout)
    assert machine["relume"]
    compiled = native()
    told = "slow stand-ins" if compiled is None else f"compiled, {compiled.used()}"
    assert machine["kernels"] == told
    assert machine["default_model"] == ("ratio" if compiled is None else "compact")


def test_info_of_a_picture_tells_no_times(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "frame.png"
    with open_video(short_clip) as reader:
        write_image(path, next(iter(reader)).rgb8)
    facts = json.loads(relume("info", path, "--json").stdout)
    assert (facts["width"], facts["height"], facts["faces"]) == (640, 360, 1)
    assert not facts.keys() & {"duration", "frame_rate", "audio", "frames"}


def test_info_counts_more_faces_than_are_relit(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    path = tmp_path / "group.png"
    with open_video(short_clip) as reader:
        write_image(path, np.tile(next(iter(reader)).rgb8, (2, 3, 1)))
    assert json.loads(relume("info", path, "--json").stdout)["faces"] == 6


@pytest.mark.parametrize("ending", [".hdr", ".exr"])
def test_info_of_an_unclipped_picture(relume: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sky{ending}"
    if ending == ".hdr":
        path.write_bytes(cv2.imencode(ending, np.full((16, 32, 3), 5, np.float32))[1].tobytes())
    else:
        encoder: Any = av.CodecContext.create("exr", "w")
        encoder.width, encoder.height, encoder.pix_fmt = 32, 16, "gbrpf32le"
        frame = av.VideoFrame(32, 16, "gbrpf32le")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        path.write_bytes(bytes(encoder.encode(frame)[0]))
    facts = json.loads(relume("info", path, "--json").stdout)
    assert (facts["width"], facts["height"], facts["depth"]) == (32, 16, 32)
    assert not facts.keys() & {"duration", "frame_rate", "audio", "frames"}


@pytest.mark.parametrize("option", [["--exposure", "21"], ["--exposure", "nan"]])
def test_an_exposure_out_of_range_is_named(relume: Run, tmp_path: Path, option: list[str]) -> None:
    done = relume("light", "show", "loop", "-o", tmp_path / "light.png", *option)
    assert done.returncode == 2
    assert "-20 to 20 stops" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("time", ["-1", "nan", "inf"])
def test_a_light_is_drawn_at_a_time_that_there_is(relume: Run, tmp_path: Path, time: str) -> None:
    done = relume("light", "show", "loop", "-o", tmp_path / "light.png", "--time", time)
    assert done.returncode == 2
    assert "--time is 0 seconds or more" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("angle", ["nan", "inf"])
def test_a_light_turned_by_no_number_is_refused(relume: Run, tmp_path: Path, angle: str) -> None:
    done = relume("light", "show", "loop", "-o", tmp_path / "light.png", "--rotate-light", angle)
    assert done.returncode == 2
    assert "finite angle" in done.stderr


def test_a_demo_into_a_file_asks_for_a_folder(relume: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("kept")
    done = relume("demo", "-o", tmp_path / "notes")
    assert done.returncode == 6
    assert "is a file; name a folder" in done.stderr
    done = relume("demo", "-o", tmp_path / ("a" * 300))
    assert done.returncode == 6
    assert "can't be made: File name too long" in done.stderr


def test_a_missing_file_is_told_before_missing_options(relume: Run, tmp_path: Path) -> None:
    done = relume("relight", tmp_path / "talk.mp4", "-o", tmp_path / "out.mp4")
    assert done.returncode == 3
    assert "talk.mp4: no such file" in done.stderr


def test_an_address_in_a_files_place_is_told(relume: Run, tmp_path: Path) -> None:
    address = "https://example.org/talk.mp4"
    done = relume("relight", address, "-o", tmp_path / "out.mp4", "--light", "loop")
    assert done.returncode == 3
    assert f"{address}: relume reads files, not addresses; download it first" in done.stderr


def test_a_name_that_is_too_long_is_told_in_one_line(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    long = tmp_path / f"{300 * 'a'}.mp4"
    for source, output, code in ((long, tmp_path / "out.mp4", 3), (short_clip, long, 6)):
        done = relume("relight", source, "-o", output, "--light", "loop")
        assert done.returncode == code
        assert len(done.stderr.splitlines()) == 1
        assert "File name too long" in done.stderr


@pytest.mark.parametrize(
    "command", [["info"], ["track", "-o", "a.jsonl"], ["relight", "-o", "a.mp4", "--light", "loop"]]
)
def test_an_empty_name_is_told(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_image("1.png", np.zeros((8, 8, 3), np.uint8))
    assert main([command[0], "", *command[1:]]) == 2
    assert "name is empty; give a file" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_name_that_is_no_utf8_is_printed(tmp_path: Path) -> None:
    name = b"caf\xe9.png"
    write_image(tmp_path / os.fsdecode(name), np.zeros((8, 8, 3), np.uint8))
    done = subprocess.run(
        [sys.executable, "-m", "relume", "info", name],
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert name in done.stdout


def test_a_missing_camera_is_told_in_one_line(relume: Run, tmp_path: Path) -> None:
    done = relume("relight", "camera:97", "-o", tmp_path / "out.mp4", "--light", "loop")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "camera:97: no such camera" in done.stderr


def test_a_folder_of_videos_says_to_name_them(relume: Run, short_clip: Path) -> None:
    done = relume("info", short_clip.parent)
    assert done.returncode == 3
    assert "videos are named one by one" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["relight", "--help"], ["--version"], []])
def test_help_is_at_hand(relume: Run, arguments: list[str]) -> None:
    done = relume(*arguments)
    assert done.returncode == 0
    assert "relume" in done.stdout


def test_the_help_names_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "relume --version" in capsys.readouterr().out


def test_importing_is_light_and_relighting_needs_no_torch(short_clip: Path) -> None:
    code = (
        "import sys, relume\n"
        "heavy = {'numpy', 'cv2', 'av', 'openvino', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "frame = next(iter(relume.open_video(sys.argv[1]))).rgb8\n"
        "relume.Relighter('loop')(frame)\n"
        "assert not {'torch', 'scipy', 'pyarrow'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(short_clip)], check=True, timeout=60)


def test_public_names_exist() -> None:
    import relume

    for name in relume.__all__:
        assert getattr(relume, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = relume.nonsense


_STOPPED = """
import sys
from relume.cli import main
module = sys.modules["relume.cli.main"]
module._run = lambda given: exec("raise KeyboardInterrupt")
sys.exit(main([]))
"""


def test_an_interrupt_inside_exec_is_told_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(_STOPPED)
    done = subprocess.run(
        [sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr == "relume: interrupted; the output was not written\n"


def test_a_misspelt_command_is_told_in_one_line(relume: Run) -> None:
    done = relume("relit", "talk.mp4", "-o", "out.mp4")
    assert done.returncode == 2
    assert "did you mean 'relight'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_that_meets_an_import_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def imports(_: list[str]) -> int:
        raise ImportError("initialization failed") from KeyboardInterrupt()

    monkeypatch.setitem(main.__globals__, "_run", imports)
    monkeypatch.setitem(main.__globals__, "prepare", lambda: None)
    assert main([]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_failed_parquet_file_leaves_neither_file_nor_traceback(
    relume: Run, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    write_image(tmp_path / "grey.png", np.full((64, 64, 3), 90, np.uint8))
    done = relume("track", tmp_path / "grey.png", "-o", tmp_path / "t.parquet")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "ParquetWriter" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["grey.png"]
