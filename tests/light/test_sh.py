"""The basis, its rotation and the Lambert factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.errors import LightError, UsageError
from relume.geometry import from_yaw_pitch_roll
from relume.light import (
    LAMBERT,
    direction_of,
    directional,
    project_environment,
    rotate_y,
    sh_basis,
    sh_rotation,
    sphere_quadrature,
)

angle = st.floats(-np.pi, np.pi)
rotations = st.builds(from_yaw_pitch_roll, angle, angle, angle)


def test_basis_is_orthonormal() -> None:
    d, w = sphere_quadrature(8)
    y = sh_basis(d)
    np.testing.assert_allclose((y * w[:, None]).T @ y, np.eye(9), atol=1e-13)


def test_basis_order_is_the_contracts() -> None:
    x, y, z = 0.48, 0.6, 0.64
    monomials = [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    ratio = sh_basis([x, y, z]) / np.array(monomials)
    assert (ratio > 0).all()
    np.testing.assert_allclose(ratio[1:4], np.sqrt(3 / (4 * np.pi)))
    np.testing.assert_allclose(ratio[[4, 5, 7]], np.sqrt(15 / (4 * np.pi)))


def test_basis_keeps_float32() -> None:
    assert sh_basis(np.zeros((2, 3), np.float32)).dtype == np.float32
    assert sh_basis([0, 0, 1]).dtype == np.float64


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.6, 0.0, 0.8), (0.48, -0.6, -0.64)])
def test_lambert_factors_are_the_cosine_lobes_projection(normal: tuple[float, ...]) -> None:
    d, w = sphere_quadrature(150)  # the clamped cosine has a crease: many rings
    lobe = np.maximum(d @ np.array(normal), 0) / np.pi
    np.testing.assert_allclose((w * lobe) @ sh_basis(d), LAMBERT * sh_basis(normal), atol=2e-4)


@given(rotations, rotations)
def test_rotation_is_a_group_homomorphism(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    da, db = sh_rotation(a), sh_rotation(b)
    np.testing.assert_allclose(sh_rotation(a @ b), da @ db, atol=1e-12)
    np.testing.assert_allclose(sh_rotation(a.T), da.T, atol=1e-12)
    np.testing.assert_allclose(da @ da.T, np.eye(9), atol=1e-12)


@given(rotations, st.lists(st.floats(-9, 9), min_size=9, max_size=9))
def test_rotation_agrees_with_rotated_samples(
    r: NDArray[np.float64], coefficients: list[float]
) -> None:
    c = np.array(coefficients)
    d, _ = sphere_quadrature(4)
    np.testing.assert_allclose(sh_basis(d @ r.T) @ sh_rotation(r) @ c, sh_basis(d) @ c, atol=1e-11)


@pytest.mark.parametrize(
    "wrong", [np.eye(4), 2 * np.eye(3), np.diag([1.0, 1, -1]), np.nan * np.eye(3), 0.5, "left"]
)
def test_only_rotations_rotate(wrong: Any) -> None:
    for turn in (sh_rotation, directional([1.0, 0.0, 0.0]).rotated):
        with pytest.raises(LightError, match="orthonormal"):
            turn(wrong)


@pytest.mark.parametrize("wrong", ["up", None, [], 0.5, np.ones((2, 2)), [[1, 2], 3]])
def test_directions_are_three_numbers_each(wrong: Any) -> None:
    light = directional([1.0, 0.0, 0.0])
    for ask in (sh_basis, light.shade, light.radiance, light.mean_shading):
        with pytest.raises(LightError, match="three numbers, x, y and z, got"):
            ask(wrong)


@pytest.mark.parametrize("wrong", ["90", None, []])
def test_an_angle_is_a_number(wrong: Any) -> None:
    for ask in (
        lambda: rotate_y(wrong),
        lambda: direction_of(wrong, 0.0),
        lambda: direction_of(0.0, wrong),
        lambda: project_environment(np.ones((2, 4)), wrong),
    ):
        with pytest.raises(UsageError, match=r"^an (angle|azimuth|elevation) is a number, not "):
            ask()


def test_rotate_y_takes_front_to_the_right() -> None:
    np.testing.assert_allclose(rotate_y(np.pi / 2) @ [0, 0, 1], [1, 0, 0], atol=1e-15)


def test_quadrature_is_exact_to_its_degree() -> None:
    d, w = sphere_quadrature(6)
    assert w.sum() == pytest.approx(4 * np.pi, rel=1e-14)
    assert (w * d[:, 0] ** 10).sum() == pytest.approx(4 * np.pi / 11, rel=1e-12)
