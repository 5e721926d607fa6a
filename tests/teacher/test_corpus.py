"""Folders of portraits: what is found, and what is wrong with a folder is said."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import numpy as np

from relume.errors import InputError, OutputError
from relume.media import open_video, write_image
from relume.teacher import corpus
from relume.teacher.corpus import CorpusConfig, pictures_in, teach_corpus, untaught
from relume.teacher.portrait import Portrait
from relume.teacher.teach import Teacher, TeacherConfig


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        pictures_in((tmp_path / "nowhere",), tmp_path / "out")
    with pytest.raises(InputError, match="no pictures"):
        pictures_in((tmp_path,), tmp_path / "out")


def test_two_portraits_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.jpg").touch()
    with pytest.raises(InputError, match="same file"):
        pictures_in((tmp_path,), tmp_path / "out")


def test_refusals_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in" / "grey.png", np.full((80, 80, 3), 127, np.uint8))
    config = CorpusConfig((tmp_path / "in",), tmp_path / "out")
    outcomes = list(teach_corpus(config))
    assert [o.reason for o in outcomes] == ["no face found"]
    assert list(teach_corpus(config)) == []


def test_the_contact_sheets_of_an_output_among_the_portraits_are_no_portraits(
    tmp_path: Path,
) -> None:
    picture = np.full((80, 80, 3), 127, np.uint8)
    for name in ("a.png", "more/b.png", "taught/sheets/a.jpg", "other/sheets/c.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / name, picture)
    found = pictures_in((tmp_path,), tmp_path / "more" / ".." / "taught")
    assert [p.name for p in found] == ["a.png", "b.png", "c.jpg"]


@pytest.fixture
def alone(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Teaching in this process."""
    monkeypatch.setattr(corpus, "_teacher", teacher)


@pytest.fixture
def face(demo: Path) -> np.ndarray:
    with open_video(demo) as reader:
        return next(iter(reader)).rgb8


@pytest.mark.usefixtures("alone")
def test_cut_off_and_colourless_pictures_are_refused(face: np.ndarray, tmp_path: Path) -> None:
    target = tmp_path / "a.npz"
    whole = tmp_path / "whole.jpg"
    write_image(whole, face)
    outcome = corpus._teach(whole, target)
    assert (outcome.taught, outcome.others) == (target, 0)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    refused = corpus._teach(cut, target)
    assert refused.taught is None
    assert refused.reason.startswith("not a picture that can be read; it is damaged")
    grey = tmp_path / "grey.jpg"
    write_image(grey, np.repeat(face[..., 1:2], 3, 2))
    assert "no colour" in corpus._teach(grey, target).reason


@pytest.mark.usefixtures("alone")
def test_of_two_people_the_larger_is_taught_and_the_other_told(
    face: np.ndarray, tmp_path: Path
) -> None:
    write_image(tmp_path / "two.png", np.hstack([face, face]))
    outcome = corpus._teach(tmp_path / "two.png", tmp_path / "two.npz")
    assert outcome.taught == tmp_path / "two.npz"
    assert outcome.others == 1


@pytest.mark.usefixtures("alone")
def test_a_fault_met_in_one_portrait_is_its_reason(
    face: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    write_image(tmp_path / "a.png", face)
    monkeypatch.setattr(Teacher, "taught", faulty)
    reason = corpus._teach(tmp_path / "a.png", tmp_path / "a.npz").reason
    assert reason == "ZeroDivisionError: by nothing"


@pytest.mark.usefixtures("alone")
def test_a_full_disk_is_no_portraits_fault(
    face: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    write_image(tmp_path / "a.png", face)
    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OutputError, match=r"a\.npz: the disk is full"):
        corpus._teach(tmp_path / "a.png", tmp_path / "a.npz")


@pytest.mark.parametrize("holds", [None, b"PK\x03\x04cut off", b"text", "portrait", "array"])
def test_a_head_that_cant_be_read_is_told_before_anything_is_made(
    portrait: Portrait, tmp_path: Path, holds: object
) -> None:
    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in" / "a.png", np.full((80, 80, 3), 127, np.uint8))
    head = tmp_path / "head.npz"
    if isinstance(holds, bytes):
        head.write_bytes(holds)
    elif holds == "portrait":
        portrait.save(head)
    elif holds == "array":
        with head.open("wb") as file:
            np.save(file, np.arange(3))
    config = CorpusConfig((tmp_path / "in",), tmp_path / "out", teacher=TeacherConfig(ict=head))
    assert len(untaught(config)) == 1
    says = "isn't ICT FaceKit's light model" if holds else ": no such file"
    with pytest.raises(InputError, match=rf"head\.npz ?{says}") as told:
        list(teach_corpus(config))
    assert "pickle" not in str(told.value)
    assert "Errno" not in str(told.value)
    assert not (tmp_path / "out").exists()
