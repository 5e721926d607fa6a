"""What a training run writes down survives its being killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from relume.errors import OutputError
from relume.teacher.lines import add_line, lines_of
from relume.train.log import forget_after


def test_a_half_written_line_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    add_line(path, {"step": 10})
    with path.open("a") as file:
        file.write('{"step": 20, "lo')  # killed
    add_line(path, {"step": 30})
    assert lines_of(path) == [{"step": 10}, {"step": 30}]
    forget_after(path, 10)
    assert lines_of(path) == [{"step": 10}]


def test_what_a_line_cant_be_added_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"log\.jsonl.*start again"):
        add_line(tmp_path / "gone" / "log.jsonl", {"step": 10})
