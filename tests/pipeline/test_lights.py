"""Lights by name, from Python: portraits' too, and mixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import relume
from relume.errors import NoFaceError, UsageError
from relume.light import Light
from relume.media import open_video, write_image
from relume.pipeline import estimate_light


@pytest.fixture
def portrait(short_clip: Path, tmp_path: Path) -> Path:
    with open_video(short_clip) as reader:
        write_image(tmp_path / "portrait.png", next(iter(reader)).rgb8)
    return tmp_path / "portrait.png"


def test_a_portraits_light_can_be_mixed_with_another(portrait: Path) -> None:
    room = relume.load_light(portrait).at(0)
    assert isinstance(room, Light)
    np.testing.assert_allclose(room.coefficients, estimate_light(portrait).coefficients)
    key = relume.load_light("split").at(0)
    mixed = key * 0.7 + room * 0.3
    assert relume.Relighter(mixed).light is not None


def test_arrays_of_another_kind_are_refused_in_relumes_own_words() -> None:
    with pytest.raises(relume.RelumeError, match="astype"):
        relume.Relighter("loop")(np.zeros((8, 8, 3)))  # type: ignore[arg-type]


def test_the_light_of_a_picture_in_memory(portrait: Path) -> None:
    read = relume.read_image(portrait)
    named = relume.estimate_light(portrait).coefficients
    np.testing.assert_array_equal(relume.estimate_light(read).coefficients, named)
    floats = relume.estimate_light(read.astype(np.float32) / 255)
    np.testing.assert_allclose(floats.coefficients, named, atol=0.02)
    with pytest.raises(NoFaceError, match=r"^this picture: no face"):
        relume.estimate_light(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(UsageError, match="float32"):
        relume.estimate_light(read.astype(float))  # type: ignore[arg-type]
