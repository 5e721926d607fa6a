"""DPR's convention: axes, decoding, and the way there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.errors import LightError
from relume.light import (
    PRESETS,
    Light,
    LightFrame,
    from_dpr,
    load_light,
    save_light,
    sphere_quadrature,
    to_dpr,
)

DIRECTIONS, _ = sphere_quadrature(16)
# A DPR-like light: from the right (x), from above (z), from the camera (-y).
VECTOR = np.array([0.75, -0.3, 0.15, 0.2, -0.1, 0.03, -0.05, 0.02, 0.05])


def band1(light: Light) -> np.ndarray:
    _, y, z, x = light.coefficients[:4, 0]
    return np.array([x, y, z])


@pytest.mark.parametrize(
    ("index", "sign", "towards"), [(3, 1, (1, 0, 0)), (2, 1, (0, 1, 0)), (1, -1, (0, 0, 1))]
)
def test_axes(index: int, sign: int, towards: tuple[int, ...]) -> None:
    """x right, z up, y into the picture."""
    vector = np.zeros(9)
    vector[0], vector[index] = 0.75, 0.2 * sign
    toward = band1(from_dpr(vector))
    assert toward @ towards > 0.99 * np.linalg.norm(toward)


def test_decoding_raises_contrast_by_the_displays_power() -> None:
    coded = np.pi * 0.5 / np.sqrt(np.pi) * 0.6
    light = from_dpr(np.array([0.6, *[0.0] * 8]))
    np.testing.assert_allclose(light.shade(DIRECTIONS), coded**2.2, atol=1e-12)
    a, b = from_dpr(VECTOR), from_dpr(2 * VECTOR)
    np.testing.assert_allclose(b.coefficients, 2**2.2 * a.coefficients, rtol=1e-12)


def test_the_published_lights_come_from_where_their_pictures_show(shared: Path) -> None:
    """Of the published examples 0 lights a face from the picture's right, 4 from the left, and 2
    from above; all of them from the camera's side."""
    golden = np.load(shared / "parity/golden/dpr512.npz")
    lights = {i: band1(from_dpr(golden[f"target{i}_sh"])) for i in (0, 2, 4, 6)}
    assert lights[0][0] > 0.3 * np.linalg.norm(lights[0])
    assert lights[4][0] < -0.3 * np.linalg.norm(lights[4])
    assert lights[2][1] > 0.3 * np.linalg.norm(lights[2])
    assert lights[6][1] < 0
    assert all(light[2] > 0 for light in lights.values())
    for i in lights:
        np.testing.assert_allclose(
            to_dpr(from_dpr(golden[f"target{i}_sh"])), golden[f"target{i}_sh"].ravel(), atol=1e-6
        )


@given(st.lists(st.floats(-0.25, 0.25), min_size=8, max_size=8), st.floats(0.5, 1.5))
@settings(max_examples=40)
def test_round_trip(shape: list[float], level: float) -> None:
    vector = level * np.array([1.0, *(np.array(shape) * np.array([1, 1, 1, *[0.5] * 5]))])
    np.testing.assert_allclose(to_dpr(from_dpr(vector)), vector, atol=1e-7)


@pytest.mark.parametrize("name", PRESETS)
def test_round_trip_of_presets(name: str) -> None:
    light = PRESETS[name].light().grey()
    back = from_dpr(to_dpr(light))
    worst = np.abs(back.shade(DIRECTIONS) - light.shade(DIRECTIONS)).max()
    assert worst < 1e-3 * light.shade(DIRECTIONS).max()


@pytest.mark.parametrize("separator", ["\n", " ", ", ", "\t\r\n"])
def test_files(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "rotate_light_00.txt"
    path.write_text(separator.join(f"{v:.18e}" for v in VECTOR))
    expected = from_dpr(VECTOR).deringed().normalised()
    light = load_light(path).at(0)
    np.testing.assert_allclose(light.coefficients, expected.coefficients, atol=1e-12)
    save_light(light, tmp_path / "again.txt")
    again = load_light(tmp_path / "again.txt").at(0)
    np.testing.assert_allclose(again.coefficients, light.coefficients, atol=1e-6)


@pytest.mark.parametrize("text", ["", "1 2 3", "1 2 3 4 5 6 7 8 nine", "nan " * 9, "1 " * 10])
def test_broken_files_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "light.txt"
    path.write_text(text)
    with pytest.raises(LightError, match=r"light\.txt.*nine"):
        load_light(path)


@pytest.mark.parametrize("wrong", [np.ones(8), "1 2 3 4 5 6 7 8 9", None, {}, np.full(9, np.nan)])
def test_a_vector_is_nine_numbers(wrong: Any) -> None:
    with pytest.raises(LightError, match="nine finite numbers, got"):
        from_dpr(wrong)


def test_only_camera_frame_lights_are_written() -> None:
    with pytest.raises(LightError, match="a Light is needed here"):
        to_dpr(load_light("loop"))  # type: ignore[arg-type]
    with pytest.raises(LightError, match="to_camera"):
        to_dpr(Light.ambient(frame=LightFrame.HEAD))
    with pytest.raises(LightError, match="black"):
        to_dpr(Light(np.zeros(9)))
