"""`relume relight` of several sources, each by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.cli.jobs import jobs_of
from relume.cli.parameters import data_first
from relume.cli.relight import Relight
from relume.errors import UsageError
from relume.media import open_video, read_image, write_image

from .conftest import Run


@pytest.fixture
def portraits(short_clip: Path, tmp_path: Path) -> Path:
    """Two portraits, a picture without a face, and a file that is no picture."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    with open_video(short_clip) as video:
        face = next(iter(video)).rgb8
    write_image(folder / "ann.jpg", face)
    assert cv2.imwrite(str(folder / "bob.bmp"), np.ascontiguousarray(face[:, ::-1, ::-1]))
    write_image(folder / "blank.png", np.full((300, 300, 3), 99, np.uint8))
    (folder / "notes.jpg").write_text("not a picture")
    return folder


def test_each_keeps_its_name_and_the_others_go_on(
    relume: Run, portraits: Path, tmp_path: Path
) -> None:
    sources = sorted(portraits.iterdir())
    lit, masks = tmp_path / "lit", tmp_path / "masks"
    done = relume("relight", *sources, "-o", lit, "--light", "split", "--alpha", f"{masks}/")
    assert done.returncode == 5, done.stderr  # of the first that failed
    assert sorted(p.name for p in lit.iterdir()) == ["ann.jpg", "bob.png"]
    assert sorted(p.name for p in masks.iterdir()) == ["ann.png", "bob.png"]
    first, second, last = done.stderr.splitlines()
    assert f"{portraits / 'blank.png'}: no face" in first
    assert f"{portraits / 'notes.jpg'}: not a picture" in second
    assert last.startswith(f"{lit}: 2 of 4 sources done in ")
    alone = tmp_path / "alone.jpg"
    assert relume("relight", sources[0], "-o", alone, "--light", "split").returncode == 0
    assert np.array_equal(read_image(lit / "ann.jpg"), read_image(alone))


def test_one_picture_keeps_its_name_in_a_folder_too(
    relume: Run, portraits: Path, tmp_path: Path
) -> None:
    for folder in (tmp_path / "new", tmp_path):  # one to be made, one that is there
        name = f"{folder}/" if folder != tmp_path else folder
        done = relume("relight", portraits / "ann.jpg", "-o", name, "--light", "loop")
        assert done.returncode == 0, done.stderr
        assert (folder / "ann.jpg").is_file()


def test_videos_and_pictures_together(
    relume: Run, portraits: Path, short_clip: Path, tmp_path: Path
) -> None:
    done = relume(
        *("relight", "--light", "loop", short_clip, "-o", tmp_path / "lit"),
        *("--end", "0.2", portraits / "ann.jpg"),
    )
    assert done.returncode == 0, done.stderr
    with open_video(tmp_path / "lit" / short_clip.name) as video:
        assert video.info.frames == 5
    assert (tmp_path / "lit" / "ann.jpg").is_file()
    assert f"{short_clip.name}: 5 frames in" in done.stderr


def test_a_clip_without_the_part_asked_for_stops_no_other(
    relume: Run, portraits: Path, short_clip: Path, tmp_path: Path
) -> None:
    done = relume(
        *("relight", portraits / "ann.jpg", short_clip, "-o", tmp_path / "lit"),
        *("--light", "loop", "--start", "0.4"),
    )
    assert done.returncode == 2
    assert f"{portraits / 'ann.jpg'}: there is no picture at 0.4 s" in done.stderr
    assert (tmp_path / "lit" / short_clip.name).is_file()


def test_nothing_is_begun_where_one_exists_already(
    relume: Run, portraits: Path, tmp_path: Path
) -> None:
    lit = tmp_path / "lit"
    lit.mkdir()
    (lit / "bob.png").touch()
    sources = [portraits / "ann.jpg", portraits / "bob.bmp"]
    done = relume("relight", *sources, "-o", lit, "--light", "loop")
    assert done.returncode == 6
    assert "bob.png: exists already" in done.stderr
    assert [p.name for p in lit.iterdir()] == ["bob.png"]


def test_an_interrupted_batch_keeps_what_is_done(portraits: Path, tmp_path: Path) -> None:
    lit = tmp_path / "lit"
    sources = []
    for number in range(400):
        sources.append(portraits / f"ann{number}.jpg")
        os.link(portraits / "ann.jpg", sources[-1])
    command = [sys.executable, "-m", "relume", "relight", *map(str, sources), "-o", str(lit)]
    process = subprocess.Popen([*command, "--light", "loop"], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (lit / "ann2.jpg").exists() and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    done = len(list(lit.iterdir()))
    assert 3 <= done < 400
    assert said == f"relume: interrupted; {done} of 400 are done, in {lit}\n"


@pytest.mark.parametrize(
    ("sources", "output", "words"),
    [
        (["a.jpg", "b.jpg"], "out.mp4", "2 sources are written into a folder"),
        (["a.jpg", "b.jpg"], "", "a folder's name is empty"),
        (["a.jpg", "b.jpg"], "f/out.png", r"'shots/\*.jpg'"),
        (["a.jpg", "f/a.jpg"], "lit", "f/a.jpg, given beside a.jpg, would be written to lit/a.jpg"),
        (["a.jpg", "f/A.png", "A.JPG"], "lit/", "A.JPG, given beside a.jpg"),
        (["a.jpg", "a.jpg"], "lit/", "a.jpg, given twice,"),
        (["a.jpg", "f"], "lit/", r"what is in it \(f/\*\)"),
        (["a.jpg", "camera:0"], "lit/", "camera:0 can't be one of several"),
        (["a.jpg", "shots/*.jpg"], "lit/", r"shots/\*.jpg can't be one of several"),
        (["a.jpg", "shots/%04d.jpg"], "lit/", "shots/%04d.jpg can't be one of several"),
        (["a.jpg", "f/50%d.jpg"], "lit/", "f/50%d.jpg can't keep its name"),
        (["a.jpg", "f/b.jpg"], "f", "f/b.jpg is a source itself"),
    ],
)
def test_several_that_can_not_be(
    sources: list[str], output: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").mkdir()
    for name in ("50%d.jpg", "b.jpg"):
        (tmp_path / "f" / name).touch()
    with pytest.raises(UsageError, match=words):
        jobs_of(sources, output, {})


def test_one_picture_that_can_not_be_written_keeps_its_name(tmp_path: Path) -> None:
    for name, written in (("a.avif", "a.jpg"), ("b.bmp", "b.png")):
        source = tmp_path / name
        source.touch()
        (job,) = jobs_of([str(source)], "lit/", {})
        assert job.output == f"lit/{written}"


def test_endings_that_can_not_be_written_become_others() -> None:
    sources = ["a.HEIC", "b.ppm", "c.TIF", "d.avi", "e.webm"]
    jobs = jobs_of(sources, "lit", {"depth": "z/"})
    assert [job.output for job in jobs] == [
        "lit/a.jpg",
        "lit/b.png",
        "lit/c.TIF",
        "lit/d.mp4",
        "lit/e.webm",
    ]
    assert [job.passes["depth"] for job in jobs] == [
        "z/a.png",
        "z/b.png",
        "z/c.png",
        "z/d.mp4",
        "z/e.webm",
    ]


def test_sources_may_stand_anywhere() -> None:
    words = ["a.jpg", "-o", "lit/", "b.jpg", "--yaw", "-5", "-q", "c.jpg"]
    sorted_words = ["a.jpg", "b.jpg", "c.jpg", "-o", "lit/", "--yaw", "-5", "-q"]
    assert data_first(Relight, words) == sorted_words
