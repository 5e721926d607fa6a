"""Gloss against the integral that it stands for, and where it must not be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine.gain import GainConfig, Ground, gain_of
from relume.compact_engine.gloss import (
    Gloss,
    GlossConfig,
    Surface,
    lamp_gloss,
    smooth_gloss,
    to_viewer,
)
from relume.compact_engine.lamps import Lit, LitCells, Relief
from relume.compact_engine.reading import read
from relume.geometry import Camera
from relume.light import Lamp, Light, direction_of, directional
from relume.runtime import RAYS, Views

CAMERA = Camera.look_at()
LOBES = GlossConfig().lobes


def lamp(azimuth: float, elevation: float = 0.0, softness: float = 0.0) -> Lamp:
    return Lamp(direction_of(np.radians(azimuth), np.radians(elevation)), np.ones(3), softness)


def sphere(count: int = 4000) -> NDArray[np.float32]:
    """[M, 3] normals all over the side that is seen."""
    k = np.arange(count) + 0.5
    z = k / count
    angle = np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], -1).astype(np.float32)


def seen_from_afar(normals: NDArray[np.float32]) -> Surface:
    return Surface(normals, np.broadcast_to(np.float32([0, 0, 1]), normals.shape))


@pytest.mark.parametrize("azimuth", [0, 40, 80, -60])
def test_the_brightest_spot_is_where_the_mirror_is(azimuth: int) -> None:
    normals = sphere(20_000)
    gloss = lamp_gloss(seen_from_afar(normals), lamp(azimuth), ((0.1, 1.0),))
    brightest = normals[np.argmax(gloss)]
    middle = direction_of(np.radians(azimuth / 2), 0.0)
    assert brightest @ middle > np.cos(np.radians(6))


def test_no_more_comes_back_than_fresnel_lets() -> None:
    """Head-on, a lobe reflects 0.028 of what arrives: over all directions of the lamp, whose
    shading of a facing white surface is 1 a lamp, gloss adds up to 0.028 pi."""
    one = Surface(np.float32([[0, 0, 1]]), np.float32([[0, 0, 1]]))
    directions = sphere(4000)
    total = sum(lamp_gloss(one, Lamp(d, np.ones(3)), ((0.3, 1.0),))[0] for d in directions)
    assert total * 2 * np.pi / len(directions) / np.pi == pytest.approx(0.028, rel=0.15)


def test_rough_and_large_spread_out_what_there_is() -> None:
    surface = seen_from_afar(sphere())
    peaks = [lamp_gloss(surface, lamp(30, 0, s), ((0.2, 1.0),)).max() for s in (0.0, 0.2, 0.35)]
    assert peaks[0] > 1.2 * peaks[1] > 1.2 * peaks[2]
    sharp, rough = (lamp_gloss(surface, lamp(30), ((m, 1.0),)) for m in (0.15, 0.4))
    assert sharp.max() > 4 * rough.max()
    assert sharp.mean() == pytest.approx(rough.mean(), rel=0.3)


def test_a_lamp_behind_lights_edges_alone() -> None:
    normals = sphere()
    gloss = lamp_gloss(seen_from_afar(normals), lamp(140), LOBES)
    edge = normals[:, 0] > 0.9
    assert gloss[edge].mean() > 20 * gloss[normals[:, 2] > 0.8].mean()
    assert lamp_gloss(seen_from_afar(normals), lamp(180), LOBES).max() == 0


def test_smooth_light_is_linear_in_brightness_and_even_without_an_axis() -> None:
    surface = seen_from_afar(sphere())
    light = (Light.ambient(0.5) + directional([1, 1, 1], softness=0.6)).coefficients
    once = smooth_gloss(surface, light, LOBES)
    np.testing.assert_allclose(smooth_gloss(surface, 3 * light, LOBES), 3 * once, rtol=1e-5)
    even = smooth_gloss(surface, Light.ambient(1.0).coefficients, LOBES)
    facing = surface.normals[:, 2] > 0.95
    share = sum(share for _, share in LOBES)
    np.testing.assert_allclose(even[:, facing], 0.028 * share, rtol=1e-3)
    dark = smooth_gloss(surface, -Light.ambient(1.0).coefficients, LOBES)
    assert np.isfinite(dark).all()
    assert dark.max() == 0


def test_viewers_stand_where_the_camera_is() -> None:
    viewer = to_viewer(CAMERA, 64)
    np.testing.assert_allclose(np.linalg.norm(viewer, axis=2), 1, atol=1e-6)
    assert viewer[32, 60, 0] < -0.05
    assert viewer[2, 32, 1] < -0.05


def ball() -> Views:
    """A ball of skin before nothing."""
    side = 2.7 / CAMERA.intrinsics[0, 0]
    at = ((np.arange(RAYS) + 0.5) / RAYS - 0.5) * side
    square = at[None] ** 2 + at[:, None] ** 2
    inside = square < 0.24**2
    depth = np.where(inside, 2.7 - np.sqrt(np.maximum(0.25**2 - square, 0)), 2.7)
    transfer = np.zeros((RAYS, RAYS, 9), np.float32)
    transfer[..., 0] = inside / np.sqrt(4 * np.pi)
    albedo = np.where(inside[..., None], np.float32([0.5, 0.38, 0.3]), 0).astype(np.float32)
    return Views(albedo, transfer, inside.astype(np.float32), depth.astype(np.float32))


def lit(views: Views, gloss: Gloss, config: GainConfig | None = None) -> NDArray[np.float32]:
    """[N, N, 3] factor of a frame of even light that is to have half of it."""
    ones = np.ones_like(views.albedo)
    config = config or GainConfig()
    reading = read(views, views.albedo, ones, config.soften, config.floor)
    assert reading is not None
    gain = gain_of(Ground(reading, config), Lit(ones / 2), gloss)
    return np.exp(gain.logarithm)


def _nothing(gloss: Gloss) -> Gloss:
    return Gloss(0 * gloss.new, 0 * gloss.old)


def test_a_lamp_adds_a_highlight_of_its_colour_to_skin_alone() -> None:
    views = ball()
    red = directional([-0.5, 0.3, 1.0], rgb=[1.0, 0.0, 0.0])
    gloss = LitCells(Relief(views, CAMERA), red).gloss(Light.ambient(0.0), GlossConfig())
    none = _nothing(gloss)
    more = lit(views, gloss) / lit(views, none)
    assert more[..., 0].max() > 1.1
    np.testing.assert_allclose(more[..., 1:], 1, atol=1e-4)
    row, column = np.unravel_index(np.argmax(more[..., 0]), more.shape[:2])
    assert row < 32
    assert column < 32
    # Half of it hair: nothing there.
    views.albedo[:, :32] *= 0.2
    assert (lit(views, gloss) / lit(views, none))[:, :24, 0].max() < 1.01


def test_old_gloss_is_taken_off_and_no_factor_is_wild() -> None:
    views = ball()
    gloss = LitCells(Relief(views, CAMERA), Light.ambient(0.3)).gloss(
        directional([0, 0, 1.0], softness=0.5), GlossConfig()
    )
    none = _nothing(gloss)
    assert (lit(views, gloss) / lit(views, none))[32, 32].max() < 0.97
    huge = Gloss(gloss.new + 1e6, gloss.old + 1e6)
    config = replace(GainConfig(), most=3.0)
    assert np.isfinite(lit(views, huge, config)).all()
    assert lit(views, huge, config).max() <= 3.0 + 1e-4


def test_gloss_keeps_out_of_cast_shadows() -> None:
    """A wall across the ball, lamp from its side."""
    views = ball()
    views.depth[10:54, 30:32] = 2.3
    light = directional(direction_of(np.radians(-70), 0.0))
    gloss = (
        LitCells(Relief(views, CAMERA), light).gloss(Light.ambient(0.0), GlossConfig()).new[..., 0]
    )
    open_ = (
        LitCells(Relief(ball(), CAMERA), light).gloss(Light.ambient(0.0), GlossConfig()).new[..., 0]
    )
    assert open_[32, 36] > 0
    assert gloss[32, 36] < 0.1 * open_[32, 36]


def test_white_is_as_warm_as_the_frame() -> None:
    """By candlelight a highlight is orange; in a black-and-white picture it stays grey."""
    lamp = directional([-0.5, 0.3, 1.0])
    for skin, colour in (((0.5, 0.18, 0.05), (1, 0.8, 0.3)), ((0.3, 0.3, 0.3), (1, 1, 1))):
        views = ball()
        views.albedo[views.alpha > 0] = skin
        gloss = LitCells(Relief(views, CAMERA), lamp).gloss(Light.ambient(0.0), GlossConfig())
        none = _nothing(gloss)
        added = (lit(views, gloss) - lit(views, none)) * views.albedo
        at = np.unravel_index(np.argmax(added[..., 0]), added.shape[:2])
        assert added[at] / added[at][0] == pytest.approx(colour, abs=0.12)


def test_a_lamp_behind_the_head_casts_no_shadow_on_it() -> None:
    """What it would fall on lies where the depth map knows nothing."""
    views = ball()
    views.depth[10:54, 8:10] = 2.3  # a wall at the ball's left edge
    for azimuth, hidden in ((-80, True), (-135, False)):
        light = directional(direction_of(np.radians(azimuth), 0.0))
        lit = LitCells(Relief(views, CAMERA), light).shading(1.0, 0.6)
        lost = (lit.shading - lit.shadowed(1.0))[14:50, 12:30].sum()
        lost /= lit.shading[14:50, 12:30].sum()
        assert lost > 0.1 if hidden else lost < 1e-3
