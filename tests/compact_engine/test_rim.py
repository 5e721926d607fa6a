"""Light from behind: where it falls, whose colour it has, and what it leaves alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine import CompactEngine
from relume.compact_engine.coder import Prepared
from relume.compact_engine.rim import Rim, RimConfig, in_front, lamps_behind, outline_light
from relume.compact_engine.whole import over_person
from relume.compose import to_linear
from relume.face import Matte
from relume.light import LUMINANCE, Lamp, Light, direction_of, directional
from relume.media import ArrayPicture
from relume.ratio import RatioPlan
from relume.ratio.maps import Maps
from relume.ratio.window import Window

from ..studio import Studio

DIM = Light.ambient(0.2)


def disc(middle: tuple[float, float] = (64, 64)) -> NDArray[np.float32]:
    """A round person in a window of 128 cells, 30 cells from the middle to the edge."""
    y, x = np.indices((128, 128))
    far = np.hypot(x - middle[0], y - middle[1])
    return np.clip(30.5 - far, 0, 1).astype(np.float32)


def lamp(azimuth: float, elevation: float = 0.0, rgb: tuple[float, ...] = (1, 1, 1)) -> Lamp:
    direction = direction_of(np.radians(azimuth), np.radians(elevation))
    return Lamp(direction, np.asarray(rgb, float))


def test_it_falls_on_the_edge_towards_the_lamp() -> None:
    light = outline_light(disc(), [lamp(135, rgb=(1, 0.5, 0))], 4.0)
    row = light[64, 34:95]
    assert row[-1, 0] > 0.5  # the right edge
    assert row[:40].max() < 1e-6
    assert (np.diff(row[40:, 0]) >= 0).all()  # less and less farther in
    np.testing.assert_allclose(light[..., 1], 0.5 * light[..., 0], atol=1e-6)
    assert not light[..., 2].any()
    above = outline_light(disc(), [lamp(180, 40)], 4.0)
    assert above[35, 64, 0] > 0.4 > 0.01 > above[93, 64, 0]


def test_the_farther_behind_the_narrower() -> None:
    wide, narrow = (
        (outline_light(disc(), [lamp(a)], 4.0)[64, :95, 0] > 0.05).sum() for a in (120, 160)
    )
    assert wide > narrow > 0


@pytest.mark.parametrize("azimuth", [110, 115, 150, 180])
def test_lamps_are_parted_without_loss(azimuth: float) -> None:
    key = directional(direction_of(0.5, 0.3))
    light = key + directional(direction_of(np.radians(azimuth), 0.2), rgb=(1, 0.5, 0.2)) + DIM
    rest, behind = in_front(light), lamps_behind(light)
    whole = rest.coefficients + sum(lamp.coefficients for lamp in behind)
    np.testing.assert_allclose(whole, light.coefficients, atol=1e-12)
    np.testing.assert_allclose(rest.smooth, light.smooth, atol=1e-12)
    assert in_front(key) is key
    assert not lamps_behind(key)


@pytest.mark.parametrize("azimuth", [-135, 135])
@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.15, 0.0, 0.0)], ids=["as-filmed", "turned"])
def test_a_head_gets_a_bright_edge_and_a_front_as_without(
    engine: CompactEngine, studio: Studio, azimuth: float, turn: tuple[float, float, float]
) -> None:
    image, _ = studio.picture(Light.ambient(1.0))
    behind = directional(direction_of(np.radians(azimuth), 0.2), intensity=1.5)

    def level(light: Light) -> NDArray[np.floating]:
        picture = ArrayPicture(image.copy())
        made = engine.plan(picture, studio.face, light, 0.0, turn)
        assert made is not None
        made.apply(picture)
        return to_linear(np.asarray(picture.array, np.float32)) @ LUMINANCE

    without, given = level(DIM), level(DIM + behind)
    more = given / (without + 1e-6)
    # Temples: the outline's middle heights, where the engine's truth has the head's edge.
    rows = slice(150, 200)
    person = studio.picture(Light.ambient(1.0))[1]
    columns = np.flatnonzero(person[175])
    left, right = columns[0] + 6, columns[-1] - 6
    lit, dark = (right, left) if azimuth > 0 else (left, right)
    assert np.median(more[rows, lit - 4 : lit + 5]) > 1.5
    assert np.median(more[rows, dark - 4 : dark + 5]) < 1.1
    middle = (left + right) // 2
    assert np.abs(more[rows, middle - 20 : middle + 20] - 1).max() < 0.05


def test_more_of_the_light_is_never_less(engine: CompactEngine, studio: Studio) -> None:
    """A rim on a face that gets dark: it doesn't darken first as a face fades in."""
    image, _ = studio.picture(Light.ambient(1.0))
    light = DIM + directional(direction_of(np.radians(135), 0.2), intensity=1.5)
    levels = []
    for amount in (0.0, 0.25, 0.5, 0.75, 1.0):
        picture = ArrayPicture(image.copy())
        made = engine.plan(picture, studio.face, light, 0.0, amount=amount)
        assert made is not None
        made.apply(picture)
        levels.append(to_linear(np.asarray(picture.array, np.float32)) @ LUMINANCE)
    columns = np.flatnonzero(studio.picture(Light.ambient(1.0))[1][175])
    edge = np.array([level[165:185, columns[-1] - 6 : columns[-1] - 2].mean() for level in levels])
    assert edge[-1] > 1.2 * edge[0]
    assert (np.diff(edge) > 0).all()


def test_the_shading_pass_has_it(engine: CompactEngine, studio: Studio) -> None:
    picture = ArrayPicture(studio.picture(Light.ambient(1.0))[0])
    maps = []
    for light in (DIM, DIM + directional(direction_of(np.radians(135), 0.2))):
        asked = picture, studio.face, light, 0.0
        engine.plan(*asked)
        passes = engine.passes(*asked)
        assert passes is not None
        maps.append(passes.shading[..., 0] * (passes.views.alpha > 0.9))
    more = maps[1] - maps[0]
    assert more[:, 40:].max() > 0.3
    assert np.abs(more[:, :32]).max() < 0.02


def test_a_sleeve_has_no_seam_where_the_heads_matte_ends() -> None:
    """Head and body see one slanted outline, each cut off elsewhere."""
    width, height = 480, 640
    crop = np.array([[2.0, 0, 16], [0, 2.0, -44]])  # 256 pixels wide, its middle at 120, 150
    y, x = np.indices((height, width))
    person = np.clip(1.5 * (330 - 0.4 * y) - x, 0, 1).astype(np.float32)

    def matte(left: int, top: int, side: int) -> Matte:
        place = np.array([[side / 128, 0, left + side / 256 - 0.5]] * 2)
        place[1] = (0, side / 128, top + side / 256 - 0.5)
        inverse = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        ends = cv2.BORDER_REPLICATE
        alpha = cv2.warpAffine(person, place, (128, 128), flags=inverse, borderMode=ends)
        affine = np.zeros((128, 128, 4), np.float32)
        affine[..., 3] = alpha
        return Matte(affine, np.asarray(alpha, np.float32), place)

    window = Window.of(crop, width, height)
    assert window is not None
    zeros = np.zeros((128, 128, 3), np.float32)
    # The head's matte ends before its window does, as when a face has moved within it.
    head = RatioPlan(window, lambda: Maps(zeros, None), matte(-136, -120, 512), crop)
    prepared = Prepared(matte=head.matte, body=matte(-392, -184, 1024))
    picture = ArrayPicture(np.full((height, width, 3), 90, np.uint8))
    behind = Rim(RimConfig(), [lamp(135, 10)], picture, 0.8, 1.0, {})
    plan = over_person(head, prepared, picture, behind)
    body = plan.beside
    assert body is not None
    end = plan.window.y1
    assert end < window.y1
    near, far = plan.window.grow(plan.maps.log_ratio), body.window.grow(body.maps.log_ratio)
    inside, below = near[-1], far[end - body.window.y0][plan.window.x0 - body.window.x0 :]
    assert inside.max() > 0.5
    assert np.abs(inside - below[: len(inside)]).max() < 0.06
