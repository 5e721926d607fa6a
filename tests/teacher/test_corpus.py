"""Folders of portraits: what is found, and what is wrong with a folder is said."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import cv2
import numpy as np

from relume.errors import InputError
from relume.teacher.corpus import CorpusConfig, pictures_in, teach_corpus


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        pictures_in((tmp_path / "nowhere",))
    with pytest.raises(InputError, match="no pictures"):
        pictures_in((tmp_path,))


def test_two_portraits_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.jpg").touch()
    with pytest.raises(InputError, match="same file"):
        pictures_in((tmp_path,))


def test_refusals_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "in" / "grey.png"), np.full((80, 80, 3), 127, np.uint8))
    config = CorpusConfig((tmp_path / "in",), tmp_path / "out")
    outcomes = list(teach_corpus(config))
    assert [o.reason for o in outcomes] == ["no face found"]
    assert list(teach_corpus(config)) == []
