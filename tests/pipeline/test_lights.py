"""Lights by name, from Python: portraits' too, and mixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import relume
from relume.light import Light
from relume.media import open_video, write_image
from relume.pipeline import estimate_light


def test_a_portraits_light_can_be_mixed_with_another(short_clip: Path, tmp_path: Path) -> None:
    with open_video(short_clip) as reader:
        write_image(tmp_path / "portrait.png", next(iter(reader)).rgb8)
    room = relume.load_light(tmp_path / "portrait.png").at(0)
    assert isinstance(room, Light)
    np.testing.assert_allclose(
        room.coefficients, estimate_light(tmp_path / "portrait.png").coefficients
    )
    key = relume.load_light("split").at(0)
    mixed = key * 0.7 + room * 0.3
    assert relume.Relighter(mixed).light is not None


def test_arrays_of_another_kind_are_refused_in_relumes_own_words() -> None:
    with pytest.raises(relume.RelumeError, match="astype"):
        relume.Relighter("loop")(np.zeros((8, 8, 3)))  # type: ignore[arg-type]
