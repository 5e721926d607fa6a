"""`relume relight` with passes and `relume mesh`, as a user runs them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from relume.media import open_video, read_image, write_image
from relume.pipeline.passes import PASSES

from .conftest import Run


@pytest.fixture
def weights() -> Path:
    """The bundled weights; their tests are skipped until they are there."""
    path = Path(__file__).parents[2] / "src/relume/assets/compact.safetensors"
    if not path.is_file():
        pytest.skip("needs the bundled weights, src/relume/assets/compact.safetensors")
    return path


@pytest.fixture(scope="session")
def picture(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("still") / "still.png"
    with open_video(short_clip) as reader:
        write_image(path, next(iter(reader)).rgb8)
    return path


def files(folder: Path, ending: str) -> dict[str, Path]:
    return {name: folder / f"{name}{ending}" for name in PASSES}


def options(paths: dict[str, Path]) -> list[str]:
    return [part for name, path in paths.items() for part in (f"--{name}", str(path))]


@pytest.mark.usefixtures("weights")
def test_passes_of_a_video(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    paths = files(tmp_path, ".mp4")
    done = relume("relight", short_clip, "-o", tmp_path / "out.mp4", "-l", "split", *options(paths))
    assert done.returncode == 0, done.stderr
    with open_video(short_clip) as reader:
        times = [frame.time for frame in reader]
    for name, path in paths.items():
        with open_video(path) as reader:
            frames = [(f.time, f.rgb8.copy()) for f in reader]
            assert not reader.info.audio
        assert [t for t, _ in frames] == pytest.approx(times, abs=1e-6), name
        last = frames[-1][1]
        assert last.shape == (360, 640, 3)
        assert last[150:170, 310:330].mean() > 40, name  # the face
        assert last[:20, :40].max() < 12, name  # the room
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.usefixtures("weights")
def test_passes_alone_are_those_beside_a_relit_video(
    relume: Run, short_clip: Path, tmp_path: Path
) -> None:
    with_video, alone = tmp_path / "a" / "shading.mp4", tmp_path / "b" / "shading.mp4"
    asked = ["relight", short_clip, "-l", "split", "--end", "0.3"]
    assert relume(*asked, "--shading", with_video, "-o", tmp_path / "out.mp4").returncode == 0
    done = relume(*asked, "--shading", alone)
    assert done.returncode == 0, done.stderr
    assert f"{alone}: " in done.stderr
    assert list(alone.parent.iterdir()) == [alone]
    with open_video(with_video) as reader, open_video(alone) as other:
        for frame, same in zip(reader, other, strict=True):
            assert frame.time == same.time
            np.testing.assert_array_equal(frame.rgb8, same.rgb8)


@pytest.mark.usefixtures("weights")
def test_passes_of_a_picture_need_no_light_and_have_16_bits(
    relume: Run, picture: Path, tmp_path: Path
) -> None:
    paths = files(tmp_path, ".png")
    done = relume("relight", picture, "-o", tmp_path / "out.png", *options(paths))
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), read_image(picture))
    depth = read_image(paths["depth"])
    assert depth.dtype == np.float32
    assert len(np.unique(np.rint(depth * 65535))) > 1000
    normals = read_image(paths["normals"])[160, 320] * 2 - 1
    assert np.linalg.norm(normals) == pytest.approx(1, abs=0.05)
    assert normals[2] > 0.5


def test_the_ratio_model_has_none(relume: Run, picture: Path, tmp_path: Path) -> None:
    done = relume(
        "relight", picture, "-o", tmp_path / "out.png", "--model", "ratio", "-l", "split",
        "--depth", tmp_path / "depth.png",
    )  # fmt: skip
    assert done.returncode == 2
    assert "--model compact" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("weights")
def test_two_outputs_of_one_name_are_refused(relume: Run, picture: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    done = relume("relight", picture, "-o", path, "-l", "split", "--depth", path)
    assert done.returncode == 6
    assert "two names" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("weights")
def test_a_pass_that_exists_stops_all(relume: Run, picture: Path, tmp_path: Path) -> None:
    depth = tmp_path / "depth.png"
    depth.write_bytes(b"mine")
    done = relume("relight", picture, "-o", tmp_path / "o.png", "-l", "split", "--depth", depth)
    assert done.returncode == 6
    assert [p.name for p in tmp_path.iterdir()] == ["depth.png"]
    assert depth.read_bytes() == b"mine"


@pytest.mark.usefixtures("weights")
def test_interrupting_leaves_nothing(demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "relume", "relight", str(demo), "-l", "split", "-o"]
    command += [str(tmp_path / "out.mp4"), *options(files(tmp_path, ".mp4"))]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 6 and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("weights")
def test_mesh_of_a_frame(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("skimage")
    path = tmp_path / "head.ply"
    done = relume("mesh", short_clip, "-o", path, "--time", "0.3", "--detail", "48")
    assert done.returncode == 0, done.stderr
    mesh = trimesh.load(path, process=False)
    assert mesh.is_watertight
    assert mesh.body_count == 1
    assert np.abs(mesh.bounds).max() < 0.5
    assert (mesh.bounds[1] - mesh.bounds[0]).min() > 0.3
    front = mesh.vertices[:, 2] > np.quantile(mesh.vertices[:, 2], 0.8)
    red, _, blue = mesh.visual.vertex_colors[front, :3].mean(0)
    assert 255 > red > blue > 30  # skin


@pytest.mark.usefixtures("weights")
def test_mesh_errors(relume: Run, short_clip: Path, tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    blank = tmp_path / "blank.png"
    write_image(blank, np.full((64, 64, 3), 90, np.uint8))
    for arguments, code, text in (
        ((blank, "-o", tmp_path / "a.ply"), 5, "no face"),
        ((short_clip, "-o", tmp_path / "a.stl"), 6, ".glb"),
        ((short_clip, "-o", tmp_path / "a.ply", "--time", "99"), 2, "at 99 s; give 0 to 0.7"),
        ((blank, "-o", tmp_path / "a.ply", "--time", "9"), 2, "at 9 s; its only one is at 0"),
    ):
        done = relume("mesh", *arguments)
        assert done.returncode == code, done.stderr
        assert text in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["blank.png"]


def test_every_pass_has_its_option() -> None:
    from dataclasses import fields

    from relume.cli.relight import Relight
    from relume.pipeline.passes import PASSES

    options = {f.name: "out.png" for f in fields(Relight) if f.name in PASSES}
    [job] = Relight((__file__,), "new.png", **options)._checked()
    assert list(job.passes) == list(PASSES)
