"""Lamps over depth maps whose shadows are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.geometry import Camera
from relume.light import LAMBERT, Lamp, direction_of, directional, sh_basis, sphere_quadrature
from relume.native import native
from relume.render import (
    ShadowConfig,
    depth_normals,
    lamp_beams,
    lamp_shading,
    point_shading,
    raised,
)
from relume.render.lamps import point_shading_slowly

compiled = native()
SETS = [] if compiled is None else compiled.available()

N = 64
K = Camera.look_at().intrinsics
FULL = np.ones((N, N), bool)
Z = 2.7
SIDE = Z / K[0, 0]  # canonical units across the map
CELL = SIDE / N


def lamp(azimuth: float, elevation: float, softness: float = 0.0) -> Lamp:
    return Lamp(direction_of(np.radians(azimuth), np.radians(elevation)), np.ones(3), softness)


def shade(
    depth: NDArray[np.float32], *lamps: Lamp, solid: NDArray[np.bool_] = FULL
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    normals = depth_normals(depth, solid, K, 1.0)
    lit, cast = lamp_shading(depth, normals, solid, K, lamps)
    return lit[..., 0], cast[..., 0]


def plane() -> NDArray[np.float32]:
    return np.full((N, N), Z, np.float32)


def ball(radius: float, near: float = Z) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Depth of a ball round the middle at `near`, and where it is."""
    at = ((np.arange(N) + 0.5) / N - 0.5) * SIDE
    square = at[None] ** 2 + at[:, None] ** 2
    inside = square < (0.97 * radius) ** 2
    depth = near - np.sqrt(np.maximum(radius**2 - square, 0))
    return depth.astype(np.float32), inside


def test_a_plane_takes_the_cosine_and_no_shadow() -> None:
    for azimuth in (0, 30, 60, 75):
        lit, cast = shade(plane(), lamp(azimuth, 0))
        np.testing.assert_allclose(lit, np.cos(np.radians(azimuth)), atol=1e-3)
        np.testing.assert_array_equal(cast, lit)


def test_a_step_throws_a_shadow_as_long_as_it_is_high() -> None:
    """A block 0.08 high at the left, the lamp 45 degrees to the left: 0.08 of shadow beside it."""
    depth = plane()
    depth[:, : N // 3] = Z - 0.08
    lit, cast = shade(depth, lamp(-45, 0))
    row = 1 - cast[N // 2] / np.maximum(lit[N // 2], 1e-6)
    length = row[N // 3 + 2 :].sum() * CELL + 2 * CELL
    assert length == pytest.approx(0.08 - 0.018, abs=0.01)  # less the bias
    assert row[: N // 3 - 2].max() == 0.0  # the block itself is lit
    _, right = shade(depth, lamp(45, 0))
    assert right[N // 2, N // 3 + 5 :] == pytest.approx(np.cos(np.pi / 4), abs=1e-3)


def test_a_ball_over_a_plane() -> None:
    """Its shadow lies where the axis through its middle towards the lamp meets the plane."""
    depth, inside = ball(0.05, near=Z - 0.05)
    depth = np.where(inside, depth, Z).astype(np.float32)
    lit, cast = shade(depth, lamp(0, 45))
    taken = np.where(inside, 0, lit - cast)
    rows, columns = np.nonzero(taken > 0.35)
    assert columns.mean() == pytest.approx(N / 2 - 0.5, abs=0.6)
    # 0.05 below the middle; the part under the ball itself isn't seen.
    assert rows.min() > N / 2
    assert (rows.max() + 1 - N / 2) * CELL == pytest.approx(0.05 + 0.05 * 2**0.5 - 0.018, abs=0.01)


@pytest.mark.parametrize("azimuth", [0, 40, 70, -55])
@pytest.mark.parametrize("elevation", [0, 35, -50])
def test_a_ball_has_no_shadow_on_itself(azimuth: int, elevation: int) -> None:
    depth, inside = ball(0.2)
    sun = lamp(azimuth, elevation)
    lit, cast = shade(depth, sun, solid=inside)
    at = ((np.arange(N) + 0.5) / N - 0.5) * SIDE
    x, y = np.meshgrid(at, -at)
    true = (np.stack([x, y, Z - depth], -1) / 0.2) @ sun.direction
    well = inside & (true > 0.25)
    assert (1 - cast[well] / lit[well]).max() < 0.02


def test_a_lamp_behind_gives_nothing() -> None:
    lit, cast = shade(plane(), lamp(180, 0), lamp(120, 30))
    assert lit.max() == cast.max() == 0


def test_nothing_outside_the_person() -> None:
    depth, inside = ball(0.15)
    depth[~inside] = np.nan
    lit, cast = shade(depth, lamp(30, 30, 0.2), solid=inside)
    assert np.isfinite(cast).all()
    assert lit[~inside].max() == cast[~inside].max() == 0


def test_a_larger_lamp_has_a_wider_penumbra() -> None:
    depth = plane()
    depth[:, : N // 3] = Z - 0.08
    widths = []
    for softness in (0.0, 0.15, 0.3):
        lit, cast = shade(depth, lamp(-45, 0, softness))
        row = (cast / np.maximum(lit, 1e-6))[N // 2, N // 3 + 2 :]
        widths.append(int(((row > 0.05) & (row < 0.95)).sum()))
    assert widths[0] < widths[1] < widths[2]


def test_soft_lamps_reach_around_the_horizon() -> None:
    """Against the disc itself, averaged over its directions."""
    normals = np.array([[np.sin(t), 0, np.cos(t)] for t in np.linspace(0, np.pi, 64)], np.float32)
    grid = np.repeat(normals[None], N, 0)
    softness = 0.3
    lit, _ = lamp_shading(plane(), grid, FULL, K, [lamp(0, 0, softness)])
    rng = np.random.default_rng(1)
    edge = np.cos(softness * np.pi / 2)
    z = rng.uniform(edge, 1, 20000)
    turn = rng.uniform(0, 2 * np.pi, 20000)
    r = np.sqrt(1 - z * z)
    disc = np.stack([r * np.cos(turn), r * np.sin(turn), z], -1)
    want = np.maximum(normals @ disc.T, 0).mean(1)
    np.testing.assert_allclose(lit[0, :, 0], want, atol=0.03)


def test_lamps_add_up_and_colour() -> None:
    red = Lamp(np.array([0.0, 0, 1]), np.array([1.0, 0, 0]))
    blue = Lamp(np.array([1.0, 0, 1]), np.array([0.0, 0, 2]))
    normals = depth_normals(plane(), FULL, K, 1.0)
    _, cast = lamp_shading(plane(), normals, FULL, K, [red, blue])
    np.testing.assert_allclose(cast[30, 30], [1, 0, 2**0.5], atol=1e-3)
    np.testing.assert_array_equal(lamp_shading(plane(), normals, FULL, K, [])[1], 0)


@pytest.mark.parametrize("name", SETS)
def test_kernel_does_what_the_stand_in_does(name: str) -> None:
    assert compiled is not None
    rng = np.random.default_rng(2)
    depth, solid = ball(0.3)
    depth[20:40, 30:36] -= 0.1  # something like a nose
    depth[~solid] = np.nan
    normals = depth_normals(depth, solid, K, 1.0)
    rows, columns = np.nonzero(solid)
    z = depth[rows, columns]
    at = (np.stack([columns, rows], -1) + 0.5) / N
    points = np.column_stack([(at - K[:2, 2]) / np.diag(K)[:2] * z[:, None], z]).astype(np.float32)
    places = zip(
        rng.uniform(-90, 90, 5), rng.uniform(-50, 50, 5), (0, 0.05, 0.3, 0.6, 1), strict=True
    )
    lamps = [Lamp(lamp(a, e).direction, rng.random(3), soft) for a, e, soft in places]
    given = points, normals[rows, columns], depth, solid, K, lamps
    slowly = point_shading_slowly(*given, ShadowConfig())
    usual = compiled.used()
    compiled.use(name)
    try:
        found = point_shading(*given)
    finally:
        compiled.use(usual)
    np.testing.assert_allclose(found[0], slowly[0], atol=1e-5)
    gap = np.abs(found[1] - slowly[1])
    # OpenCV before 5 rounds places to 1/32 of a cell.
    assert np.quantile(gap, 0.99) < 0.02
    assert gap.mean() < 1e-3
    assert (slowly[0] - slowly[1]).max() > 0.5


def test_harmonics_of_a_lamp_behind_are_left_out() -> None:
    """A face before a bright window: the window's harmonics ring, what faces it keeps them."""
    (lamp,) = directional([0, 0, -1], intensity=10.0).lamps
    directions, _ = sphere_quadrature(12)
    normals = directions.astype(np.float32)
    transfer = (sh_basis(normals) * LAMBERT.astype(np.float32)).astype(np.float32)
    whole = np.maximum(transfer @ lamp.coefficients.astype(np.float32), 0)
    beams = lamp_beams(transfer, normals, [lamp])
    cosine = normals @ lamp.direction.astype(np.float32)
    assert whole[cosine < -0.9].min() > 0.5  # what is to be taken away
    assert not beams[cosine < -0.4].any()
    np.testing.assert_allclose(beams[cosine >= 0], whole[cosine >= 0], rtol=1e-5)
    assert (beams <= whole + 1e-6).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 3.0), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_relief_is_raised_and_the_rest_stays(factor: float, across: float, down: float) -> None:
    y, x = np.indices((48, 48)).astype(np.float32) - 24
    plane = np.float32(2.7) + np.float32(across) * x + np.float32(down) * y
    nose = np.float32(0.1) * np.exp(-(x * x + y * y) / np.float32(18))
    solid = np.ones((48, 48), bool)
    flat = raised(plane, solid, factor, 4.0)
    assert np.abs(flat - plane)[14:-14, 14:-14].max() < 1e-4
    grown = (raised(plane - nose, solid, factor, 4.0) - flat)[24, 24]
    # Of a bell 3 cells wide, smoothed over 4, 9 / 25 are left.
    assert grown / -nose[24, 24] == pytest.approx(1 + (factor - 1) * 0.64, abs=0.03)
    solid[:, :20] = False
    assert np.array_equal(raised(plane, solid, factor, 4.0)[:, :20], plane[:, :20])
