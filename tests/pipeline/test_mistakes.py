"""Wrong things given to the Python API: refused in relume's own words, with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import relume
from relume.errors import LightError, UsageError
from relume.pipeline.models import build_engine

FRAME = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def relighter() -> relume.Relighter:
    return relume.Relighter("loop", engine=build_engine("ratio"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda relighter: relighter("talk.mp4", 0.0),
        lambda relighter: relighter.process("talk.mp4", 0.0),
        lambda relighter: relighter.still(Path("talk.png")),
        lambda relighter: relighter.hold("talk.png"),
    ],
    ids=["call", "process", "still", "hold"],
)
def test_a_files_name_in_a_frames_place(
    relighter: relume.Relighter, ask: Callable[[Any], Any]
) -> None:
    with pytest.raises(UsageError, match=r"relume\.relight_video"):
        ask(relighter)


@pytest.mark.parametrize(
    ("source", "output", "passes", "what"),
    [
        (FRAME, "out.mp4", {}, "source"),
        ("talk.mp4", None, {}, "output"),
        ("talk.mp4", "out.mp4", {"alpha": FRAME}, "alpha"),
    ],
    ids=["source", "output", "pass"],
)
def test_an_array_in_a_files_place(source: Any, output: Any, passes: Any, what: str) -> None:
    engine: Any = build_engine("compact")
    with pytest.raises(UsageError, match=rf"the {what} is the name .* relume\.Relighter"):
        relume.relight_video(source, output, "loop", passes=passes, engine=engine)


def test_a_light_that_names_nothing() -> None:
    with pytest.raises(LightError, match="not int"):
        relume.load_light(42)  # type: ignore[arg-type]


def test_a_models_name_in_an_engines_place() -> None:
    with pytest.raises(UsageError, match=r"'ratio' is no engine.*build_engine"):
        relume.Relighter("loop", engine="ratio")  # type: ignore[arg-type]
