"""Light fitted under the constraint that none of it is negative."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.light import LAMBERT, Light, positive_light, sh_basis, sphere_quadrature

Array = NDArray[np.float64]


def equations(seed: int, values: Array | None = None) -> tuple[Array, Array, Array]:
    """Normals of the front, as a face has them: design [N, 9], N, and b of values or noise."""
    rng = np.random.default_rng(seed)
    n = rng.normal(size=(300, 3))
    n[:, 2] = np.abs(n[:, 2])
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    design = sh_basis(n) * LAMBERT
    y = rng.normal(size=300) if values is None else design @ values
    return design, design.T @ design / 300, design.T @ y / 300


def lamps(seed: int) -> Array:
    """Even light and a few lamps."""
    rng = np.random.default_rng(seed)
    n = rng.normal(size=(3, 3))
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    return np.asarray(Light.ambient(0.3).coefficients[:, 0] + rng.random(3) @ sh_basis(n) * np.pi)


@given(st.integers(0, 10**6))
@settings(max_examples=50)
def test_nothing_is_negative(seed: int) -> None:
    """Not even where the values are noise, which free fits make dark on average."""
    _, normal, right = equations(seed)
    c = positive_light(normal, right).coefficients
    assert c[0] >= 0.0
    directions, _ = sphere_quadrature(12)
    # Nine harmonics ring: by 4 per cent of its peak for one lamp (`relume.light.sh.DERINGING`).
    shading = (sh_basis(directions) * LAMBERT) @ c
    assert shading.min() >= -0.09 * max(float(shading.max()), 1e-9)


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_real_light_is_found_again(seed: int) -> None:
    true = lamps(seed)
    design, normal, right = equations(seed, true)
    gap = design @ (positive_light(normal, right).coefficients - true)
    assert np.abs(gap).max() < 0.04 * np.abs(design @ true).max()


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=30)
def test_no_other_mixture_of_its_kind_fits_better(seed: int, other: int) -> None:
    _, normal, right = equations(seed)
    best = positive_light(normal, right).coefficients

    def cost(c: Array) -> float:
        return float(c @ normal @ c - 2 * c @ right)

    rival = lamps(other) * np.random.default_rng(other).uniform(0, 1)
    for share in (1e-3, 0.1, 1.0):
        # The pull towards darkness is all that another light may gain.
        assert cost(best) <= cost(best + share * (rival - best)) + 1e-3
    assert cost(best) <= 1e-9


def test_dark_values_give_darkness() -> None:
    _, normal, right = equations(0, -Light.ambient().coefficients[:, 0])
    np.testing.assert_array_equal(positive_light(normal, right).coefficients, np.zeros(9))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=50)
def test_the_start_makes_no_difference(seed: int, other: int) -> None:
    """Whatever the last answer was, also that to quite other equations."""
    _, normal, right = equations(seed)
    plain = positive_light(normal, right)
    last = positive_light(*equations(other, lamps(other))[1:])
    np.testing.assert_allclose(
        positive_light(normal, right, last).strength, plain.strength, atol=1e-7
    )
    np.testing.assert_allclose(
        positive_light(normal, right, plain).strength, plain.strength, atol=1e-9
    )
