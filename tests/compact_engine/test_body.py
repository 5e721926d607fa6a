"""Light beyond the head's window: as far as the person reaches, and for nobody else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine.body import (
    BODY_MATTE,
    body_crop,
    body_maps,
    body_reach,
    draped,
    head_reach,
    head_window,
    joined,
    reaches,
)
from relume.face import CROP, Matte
from relume.ratio.maps import Maps
from relume.ratio.window import RESOLUTION, Window

from ..studio import plain_matte

Floats = NDArray[np.float32]

SIZE = (1000, 800)  # width, height
SCALE = 200.0  # crop pixels a crop width of the frame
CROP_MATRIX = np.array([[CROP / SCALE, 0, 256 - 500 * 2.56], [0, CROP / SCALE, 256 - 250 * 2.56]])


def _head() -> Window:
    window = Window.of(CROP_MATRIX, *SIZE)
    assert window is not None
    return window


def _matte(alpha: Floats) -> Matte:
    """Of the two crop widths around the head."""
    step = 2 * SCALE / 128
    return plain_matte(alpha, np.array([[step, 0, 300 + step / 2], [0, step, 50 + step / 2]]))


def test_the_bodys_window_is_twice_as_wide_and_lower() -> None:
    back = np.linalg.inv(np.vstack([body_crop(CROP_MATRIX), [0, 0, 1]]))
    ends = (back @ [[-256, 768], [-256, 768], [1, 1]])[:2].T
    assert np.allclose(ends[1] - ends[0], 4 * SCALE)
    middle = ends.mean(0)
    assert np.allclose(middle, [500, 250 + BODY_MATTE.below * SCALE])
    assert pytest.approx(4.0) == BODY_MATTE.window


@pytest.mark.parametrize(
    ("where", "there"),
    [
        ((slice(0, 100), slice(30, 98)), False),
        ((slice(0, 128), slice(30, 98)), True),  # down
        ((slice(60, 90), slice(0, 98)), True),  # to the left
        ((slice(60, 90), slice(30, 128)), True),
        ((slice(0, 100), slice(60, 61)), False),  # above there is nobody
    ],
)
def test_a_person_reaches_beyond_where_the_matte_does(
    where: tuple[slice, slice], there: bool
) -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[where] = 1
    assert reaches(_matte(alpha), *SIZE) == there


def test_where_the_frame_ends_there_is_nothing_more() -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[:, 30:] = 1
    assert reaches(_matte(alpha), 1000, 440)
    assert reaches(_matte(alpha), 690, 800)
    assert not reaches(_matte(alpha), 690, 440)


def test_one_light_goes_over_into_the_other() -> None:
    """At the border of the head's window both maps say the same of a frame's pixel."""
    y, x = np.mgrid[:RESOLUTION, :RESOLUTION].astype(np.float32) / RESOLUTION
    head = Maps(np.dstack([x, y, x * y]).astype(np.float32), None)
    body, crop = body_maps(head), body_crop(CROP_MATRIX)
    window = Window.of(crop, *SIZE)
    assert window is not None
    for px, py in ((310.0, 260.0), (500.0, 440.0), (680.0, 300.0), (420.0, 446.0)):
        values = []
        for maps, place in ((head, _head()), (body, window)):
            u, v = place.frame_to_cells @ [px, py, 1]
            values.append(maps.log_ratio[round(v), round(u)])
        assert np.allclose(*values, atol=2.5 / RESOLUTION)


def _at(x: float, y: float) -> tuple[int, int]:
    """The head window's cell so many crop widths right of and below the face."""
    column, row = (np.array([x, y]) + 1) * RESOLUTION / 2
    return int(row), int(column)


def test_light_hangs_wider_softer_and_weaker() -> None:
    edge = np.zeros((RESOLUTION, RESOLUTION, 3), np.float32)
    edge[:, RESOLUTION // 2 :] = 2.0
    edge[:, : RESOLUTION // 2] = -3.0
    out = draped(edge)
    top = _at(0, 0.28)[0]
    assert np.array_equal(out[:top], edge[:top])
    chest = out[-1, :, 0]
    assert (np.diff(chest) >= -1e-5).all()
    assert np.diff(chest).max() < 0.1  # no edge is left
    assert -1.3 < chest.min() < -1.0
    assert 0.5 < chest.max() < 0.7
    # The same goes through colours, each by itself.
    assert np.array_equal(out[..., 0], out[..., 2])
    lamp = np.zeros_like(edge)
    lamp[:, slice(*(_at(x, 0)[1] for x in (0.2, 0.3)))] = 0.3
    column = draped(lamp)[-1, :, 1].argmax()
    assert abs(column - _at(0.25 / 0.4, 0)[1]) <= 6


def test_bodies_are_wider_below_than_beside_the_face() -> None:
    head = head_reach()
    assert head[_at(0, 0)] == 1
    assert head[_at(0.45, -0.45)] == 1
    assert head[_at(0.95, 0)] < 0.05  # whoever is there, the light isn't theirs
    assert head[_at(0.95, 0.95)] == 1
    assert head[_at(0, -0.98)] < 0.05


def test_both_windows_reach_alike_where_they_meet() -> None:
    windows = _head(), Window.of(body_crop(CROP_MATRIX), *SIZE)
    for px, py in ((310.0, 260.0), (500.0, 440.0), (680.0, 300.0), (420.0, 446.0)):
        values = []
        for reach, window in zip((head_reach(), body_reach()), windows, strict=True):
            assert window is not None
            u, v = window.frame_to_cells @ [px, py, 1]
            values.append(reach[round(v), round(u)])
        assert np.allclose(*values, atol=0.1)
    body = body_reach()
    assert max(body[0].max(), body[-1].max(), body[:, 0].max(), body[:, -1].max()) < 0.05


def test_no_pixel_is_lit_twice_and_none_forgotten() -> None:
    count = np.zeros(SIZE[::-1], int)
    inner = head_window(_head(), _matte(np.ones((128, 128), np.float32)))
    window = Window.of(body_crop(CROP_MATRIX), *SIZE)
    assert inner is not None
    assert window is not None
    for part in (inner, *window.without(inner)):
        count[part.y0 : part.y1, part.x0 : part.x1] += 1
    assert count.max() == 1
    assert (count[window.y0 : window.y1, window.x0 : window.x1] == 1).all()
    assert inner.x0 >= 300
    assert inner.y1 <= 450


def test_the_heads_matte_goes_over_into_the_bodys() -> None:
    none, all_ = (np.full((128, 128), share, np.float32) for share in (0, 1))
    step = 4 * SCALE / 128
    wide = np.array([[step, 0, 100 + step / 2], [0, step, step / 2]])
    both = joined(_matte(none), plain_matte(all_, wide))
    assert both.alpha[64, 64] == 0
    assert both.alpha[34:94, 34:94].max() < 0.01
    for border in (both.alpha[-1], both.alpha[:, 0], both.alpha[:, -1]):
        assert border.min() > 0.99
    assert np.allclose(both.affine[..., 3], both.alpha, atol=1e-5)


def test_windows_apart_leave_each_other_alone() -> None:
    whole, far = _head(), Window(_head().frame_to_cells, 900, 700, 950, 760)
    (rest,) = whole.without(far)
    assert (rest.x0, rest.y0, rest.x1, rest.y1) == (whole.x0, whole.y0, whole.x1, whole.y1)
    assert whole.without(whole) == []
    assert whole.within(0, 0, 10, 10) is None
