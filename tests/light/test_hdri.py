"""Surroundings: orientation, solid angles, suns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.errors import LightError
from relume.light import (
    LUMINANCE,
    Light,
    LightFrame,
    environment_directions,
    environment_light,
    load_light,
    project_environment,
    sh_basis,
)


def one_pixel(row: int, column: int, size: int = 64) -> NDArray[np.float32]:
    sky = np.zeros((size, 2 * size, 3), np.float32)
    sky[row, column] = 1e5
    return sky


def brightest(light: Light) -> NDArray[np.float64]:
    """Unit direction of the light's band 1."""
    _, y, z, x = light.coefficients[:4, 0]
    return np.array([x, y, z]) / np.linalg.norm([x, y, z])


@pytest.mark.parametrize(
    ("row", "column", "direction"),
    [
        (32, 64, (0, 0, -1)),  # the map's centre: the backdrop
        (32, 32, (-1, 0, 0)),  # left in the map: left in the picture
        (32, 96, (1, 0, 0)),
        (32, 0, (0, 0, 1)),  # the edges: behind the camera
        (32, 127, (0, 0, 1)),
        (0, 5, (0, 1, 0)),  # the upper edge: the zenith
        (63, 5, (0, -1, 0)),
    ],
)
def test_a_one_pixel_sun_stands_where_it_is_said_to(
    row: int, column: int, direction: tuple[int, ...]
) -> None:
    assert brightest(project_environment(one_pixel(row, column))) @ direction > 0.999


def test_positive_rotation_goes_to_the_pictures_right() -> None:
    behind_camera = one_pixel(32, 0)
    light = project_environment(behind_camera, rotation=np.pi / 2)
    assert brightest(light) @ [1, 0, 0] > 0.999


@given(st.integers(0, 63), st.integers(0, 127))
def test_sun_and_directions_agree(row: int, column: int) -> None:
    towards = environment_directions(64, 128)[row, column]
    assert brightest(project_environment(one_pixel(row, column))) @ towards > 0.9995


@given(st.integers(0, 15), st.integers(0, 31))
@settings(max_examples=30)
def test_pixels_have_their_exact_integrals(row: int, column: int) -> None:
    """One large pixel against 40,000 samples of it, with exact weights of its height bands."""
    n = 200
    top, bottom = np.cos(np.pi * row / 16), np.cos(np.pi * (row + 1) / 16)
    h = bottom + (top - bottom) * (np.arange(n) + 0.5) / n
    a = 2 * np.pi * (1 - (column + (np.arange(n) + 0.5) / n) / 32)
    r = np.sqrt(1 - h**2)[:, None]
    d = np.stack([r * np.sin(a), np.broadcast_to(h[:, None], (n, n)), r * np.cos(a)], -1)
    solid = (top - bottom) * 2 * np.pi / 32
    expected = solid * sh_basis(d).mean((0, 1))
    got = project_environment(one_pixel(row, column, 16)).coefficients[:, 1] / 1e5
    np.testing.assert_allclose(got, expected, atol=2e-6)


def test_white_surroundings_are_ambient_light() -> None:
    light = project_environment(np.ones((9, 18)))
    np.testing.assert_allclose(light.coefficients, Light.ambient().coefficients, atol=1e-13)


def test_a_sun_of_1e5_leaves_dim_pixels_their_part() -> None:
    """float64 sums: the map with its sun is the sun and the map, to the last digits."""
    rng = np.random.default_rng(1)
    dim = rng.random((256, 512, 3), np.float32) * np.float32(1e-3)
    dim[40, 200] = 0
    sun = np.zeros_like(dim)
    sun[40, 200] = 1e5
    both = project_environment(dim + sun).coefficients
    parts = project_environment(dim).coefficients + project_environment(sun).coefficients
    np.testing.assert_allclose(both, parts, rtol=0, atol=1e-12)


def test_monte_carlo_agrees() -> None:
    rng = np.random.default_rng(2)
    sky = rng.random((8, 16, 3)) ** 4 * 20
    d = rng.normal(size=(400_000, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    row = np.floor(np.arccos(d[:, 1]) / np.pi * 8).astype(int)
    column = np.floor((1 - np.arctan2(d[:, 0], d[:, 2]) / (2 * np.pi)) % 1 * 16).astype(int)
    seen = sky[row.clip(0, 7), column.clip(0, 15)]
    values = 4 * np.pi * sh_basis(d)[:, :, None] * seen[:, None]
    error = values.std(0) / np.sqrt(len(d))
    off = (values.mean(0) - project_environment(sky).coefficients) / error
    assert np.abs(off).max() < 4.5  # standard errors


def test_rotating_the_map_is_rotating_the_light() -> None:
    rng = np.random.default_rng(3)
    sky = rng.random((16, 32, 3))
    rolled = project_environment(np.roll(sky, -8, axis=1))  # a quarter turn to the left
    turned = project_environment(sky, rotation=np.pi / 2)
    np.testing.assert_allclose(rolled.coefficients, turned.coefficients, atol=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones((8, 8, 3)),
        np.ones((8, 16, 2)),
        np.full((8, 16, 3), np.inf),
        "sky.hdr",
        np.ones((8, 16, 3), np.uint8),
        np.ones((8, 16), np.uint16),
        np.ones((8, 16, 3), complex),
    ],
)
def test_nonsense_is_refused(wrong: NDArray[np.float64]) -> None:
    for ask in (project_environment, environment_light):
        with pytest.raises(LightError):
            ask(wrong)


def test_integers_and_names_are_told_what_reads_radiance() -> None:
    for wrong in (np.ones((8, 16, 3), np.uint8), "sky.hdr"):
        with pytest.raises(LightError, match=r"relume\.media\.read_hdr"):
            environment_light(wrong)  # type: ignore[arg-type]


def write(path: Path, sky: NDArray[np.float32]) -> None:
    if path.suffix == ".hdr":
        import cv2

        assert cv2.imwrite(str(path), sky[..., ::-1])
        return
    import av

    context = av.CodecContext.create("exr", "w")
    context.width, context.height = sky.shape[1], sky.shape[0]
    context.pix_fmt, context.time_base = "gbrpf32le", Fraction(1)
    frame = av.VideoFrame(sky.shape[1], sky.shape[0], "gbrpf32le")
    for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
        rows = np.zeros((sky.shape[0], plane.line_size // 4), np.float32)
        rows[:, : sky.shape[1]] = sky[..., channel]
        plane.update(rows.tobytes())
    path.write_bytes(b"".join(bytes(p) for p in [*context.encode(frame), *context.encode(None)]))


@pytest.mark.parametrize("ending", ["hdr", "exr"])
def test_files(tmp_path: Path, ending: str) -> None:
    sky = np.full((16, 32, 3), 0.5, np.float32)
    sky[8, 8] = (20.0, 10.0, 5.0)  # at the picture's left
    path = tmp_path / f"sky.{ending}"
    write(path, sky)
    light = load_light(path).at(0)
    exact = project_environment(sky).deringed().normalised()
    np.testing.assert_allclose(light.coefficients, exact.coefficients, rtol=0.02, atol=0.01)
    assert light.frame is LightFrame.CAMERA
    left, right = light.shade(np.array([[-1.0, 0, 0], [1, 0, 0]]))
    assert left[0] > right[0]
    assert left[0] / right[0] > left[2] / right[2]


def test_a_turned_map_is_as_bright_on_the_face(tmp_path: Path) -> None:
    sky = np.full((16, 32, 3), 0.1, np.float32)
    sky[8, 10] = 300
    write(tmp_path / "sky.hdr", sky)
    path = str(tmp_path / "sky.hdr")
    for turn in (0.0, 1.0, 3.0):
        light = load_light(path, rotation=turn).at(0)
        assert light.mean_shading() @ LUMINANCE == pytest.approx(1.0)
        alike = load_light({"file": path, "rotation": np.degrees(turn)}).at(0)
        np.testing.assert_allclose(light.coefficients, alike.coefficients, atol=1e-12)


def test_real_maps_give_light_without_negative_shading(shared: Path) -> None:
    from relume.light import sphere_quadrature

    directions, _ = sphere_quadrature(24)
    for path in sorted((shared / "hdri").glob("*.hdr"))[:6]:
        shading = load_light(path).at(0).shade(directions)
        assert shading.min() >= -1e-3 * shading.max(), path.name
