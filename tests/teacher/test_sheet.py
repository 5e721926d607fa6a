"""Contact sheets: every taught portrait is on one, however often the teacher was cut off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

from relume.media import read_image
from relume.teacher.lines import lines_of
from relume.teacher.portrait import Portrait
from relume.teacher.sheet import SHEETS, write_sheets


def _shown(taught: Path) -> dict[str, list[str]]:
    """Of each sheet, what it shows; a row of 160 pixels a portrait."""
    shown = {n["sheet"]: n["portraits"] for n in lines_of(taught / SHEETS / "shown.jsonl")}
    assert sorted(shown) == sorted(p.name for p in (taught / SHEETS).glob("*.jpg"))
    for sheet, stems in shown.items():
        assert read_image(taught / SHEETS / sheet).shape == (160 * len(stems), 9 * 160, 3)
    return shown


def _teach(taught: Path, portrait: Portrait, *stems: str) -> None:
    for stem in stems:
        portrait.save(taught / f"{stem}.npz")


def test_what_no_sheet_shows_is_drawn_whenever_a_run_ended(
    portrait: Portrait, tmp_path: Path
) -> None:
    first = [f"a{k:02d}" for k in range(13)]
    _teach(tmp_path, portrait, *first)
    write_sheets(tmp_path)
    assert _shown(tmp_path) == {"a00.jpg": first[:12]}  # killed here: a12 is on none
    _teach(tmp_path, portrait, "a05b")
    write_sheets(tmp_path, rest=True)
    assert _shown(tmp_path)["a05b.jpg"] == ["a05b", "a12"]
    kept = [p.stat().st_mtime_ns for p in (tmp_path / SHEETS).iterdir()]
    write_sheets(tmp_path, rest=True)
    assert [p.stat().st_mtime_ns for p in (tmp_path / SHEETS).iterdir()] == kept


def test_a_portrait_taught_anew_is_shown_anew(portrait: Portrait, tmp_path: Path) -> None:
    _teach(tmp_path, portrait, "a", "b", "c")
    write_sheets(tmp_path, rest=True)
    later = (tmp_path / SHEETS / "a.jpg").stat().st_mtime + 10
    os.utime(tmp_path / "b.npz", (later, later))
    write_sheets(tmp_path, rest=True)
    assert _shown(tmp_path) == {"a.jpg": ["a", "b", "c"], "b.jpg": ["b"]}
    (tmp_path / SHEETS / "a.jpg").unlink()
    os.utime(tmp_path / SHEETS / "b.jpg", (later, later))
    write_sheets(tmp_path, rest=True)
    assert _shown(tmp_path)["a.jpg"] == ["a", "c"]
