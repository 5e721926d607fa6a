"""Shifts of turned views: true in the face's middle, never torn, folded or drawn out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from relume.compact_engine.sheet import Sheet
from relume.compact_engine.turned import heights, placed
from relume.compose import spread
from relume.face import CROP
from relume.geometry import Camera
from relume.ratio.window import RESOLUTION, to_cells
from relume.runtime import RAYS, Views

from ..studio import Studio
from .conftest import KnownHead

Floats = NDArray[np.float32]

_OWN = Camera.look_at(0.1, -0.05)
_CELL = CROP / RAYS
_ANYWHERE = np.ones((RESOLUTION, RESOLUTION), np.float32)  # the person may be


def _views(studio: Studio, hair: bool = False) -> Views:
    """The mean head's; or with a wall of hair behind it, where depth jumps."""
    bald = KnownHead(studio.head).render(np.zeros(0, np.float32), _OWN)
    if not hair:
        depth = spread(bald.depth[..., None], bald.alpha)[..., 0]
        return replace(bald, alpha=cv2.GaussianBlur(bald.alpha, (0, 0), 1.0), depth=depth)
    person = (bald.alpha > 0.5).astype(np.uint8)
    wide = cv2.dilate(person, np.ones((13, 13), np.uint8)).astype(np.float32)
    depth = np.where(person > 0, bald.depth, np.float32(2.75))
    return replace(bald, alpha=cv2.GaussianBlur(wide, (0, 0), 1.0), depth=depth)


def _rates(shift: Floats) -> tuple[Floats, Floats]:
    """Cells of the frame that a cell of the window shows, across and along."""
    return np.diff(shift[..., 0], axis=1) + 1, np.diff(shift[..., 1], axis=0) + 1


def test_the_middle_of_the_face_is_where_geometry_puts_it(studio: Studio) -> None:
    views = _views(studio)
    mean = studio.head.mean
    front = (np.abs(mean[:, 0]) < 0.06) & (np.abs(mean[:, 1]) < 0.06)
    front &= mean[:, 2] > 0.1
    assert front.sum() > 20
    for turn in ((0.2, 0.0, 0.0), (-0.3, 0.0, 0.0), (0.0, 0.2, 0.0)):
        camera = _OWN.turned(*turn)
        here, there = (c.project(mean[front]) * CROP for c in (_OWN, camera))
        shift = Sheet(views, _OWN, _ANYWHERE).turned(camera).back
        at = (to_cells(there) - 0.5).astype(np.float32)
        found = cv2.remap(shift, at[:, None, 0], at[:, None, 1], cv2.INTER_LINEAR)[:, 0]
        moved = np.linalg.norm(here - there, axis=1).mean()
        assert np.linalg.norm(_CELL * found - (here - there), axis=1).mean() < 0.15 * moved


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(-0.35, 0.35), st.booleans())
@example(0.5, 0.1875, True)
@example(0.5, -0.35, True)
def test_nothing_is_drawn_out_or_folds(
    studio: Studio, yaw: float, pitch: float, hair: bool
) -> None:
    turn = Sheet(_views(studio, hair), _OWN, _ANYWHERE).turned(_OWN.turned(yaw, pitch))
    assert np.isfinite(turn.back).all()
    of_head = turn.person[:, 1:] & turn.person[:, :-1], turn.person[1:] & turn.person[:-1]
    for rate, inside in zip(_rates(turn.back), of_head, strict=True):
        assert rate.min() > 0  # around the head, where it dies away
        assert rate[inside].min() > 0.2  # `_RATE`, smoothed
        assert rate[inside].max() < 4.1


def test_heads_do_not_fold_at_the_limits_of_a_turn(studio: Studio) -> None:
    sheet = Sheet(_views(studio, hair=True), _OWN, _ANYWHERE)
    for yaw, pitch in ((0.5, 0.5), (-0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)):
        turn = sheet.turned(_OWN.turned(yaw, pitch))
        inside = turn.person[1:] & turn.person[:-1]
        assert _rates(turn.back)[1][inside].min() > 0.2


def test_a_cheek_hides_the_ear_behind_it(studio: Studio) -> None:
    views, camera = _views(studio), _OWN.turned(0.5)
    turn = Sheet(views, _OWN, _ANYWHERE).turned(camera)
    mean = studio.head.mean
    ears = (np.abs(mean[:, 1]) < 0.08) & (np.abs(mean[:, 2]) < 0.06)
    seen = {}
    for side in (-1, 1):
        ear = ears & (side * mean[:, 0] > 0.18)
        assert ear.sum() > 10
        at = (to_cells(_OWN.project(mean[ear]) * CROP) - 0.5).mean(0)
        # The cells that fetch what the frame has there.
        source = np.stack(placed(turn.back), -1)
        near = np.linalg.norm(source - at, axis=-1) < 2
        assert near.any()
        seen[side] = float(np.clip(turn.seen[near], 0, 1).mean())
    assert min(seen.values()) < 0.1
    assert max(seen.values()) > 0.9
    middle = turn.seen[50:78, 50:78]
    assert middle.min() > 0.99


@pytest.mark.parametrize("hair", [False, True])
def test_a_body_stays_and_the_middle_of_a_head_hides_nothing(studio: Studio, hair: bool) -> None:
    turn = Sheet(_views(studio, hair), _OWN, _ANYWHERE).turned(_OWN.turned(0.5))
    up = heights(_OWN)
    assert not turn.back[up < -0.44].any()
    assert not turn.ahead[up < -0.44].any()
    assert np.abs(turn.back[(up > -0.44) & (up < -0.36)]).max() < 2.8  # a neck, hardly
    assert np.abs(turn.back[np.abs(up) < 0.1]).max() > 4
    inner = cv2.erode(turn.person.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert inner.sum() > 500
    assert turn.seen[inner].min() >= 1
    assert (turn.seen[turn.far < 0.01] >= 1).all()
    assert turn.seen.min() < 0


def test_hair_that_reaches_the_views_border_ends_where_the_matte_does(studio: Studio) -> None:
    bald = _views(studio)
    y, x = np.indices((RAYS, RAYS), np.float32) - np.float32((RAYS - 1) / 2)
    round_head = np.clip(RAYS / 2 + 1 - np.hypot(x, y), 0, 1)
    views = replace(bald, alpha=np.maximum(bald.alpha, round_head).astype(np.float32))
    assert (views.alpha[:, 0] > 0.5).sum() > 4
    y, x = np.indices(_ANYWHERE.shape, np.float32) - np.float32((RESOLUTION - 1) / 2)
    matte = (np.hypot(x, y) < RAYS / 2 + 2).astype(np.float32)
    beyond = np.abs(x) > RAYS / 2 + 8
    at_sides = beyond & (np.abs(y) < RAYS / 4)
    for yaw in (0.4, -0.4):
        camera = _OWN.turned(yaw)
        assert Sheet(views, _OWN, _ANYWHERE).turned(camera).person[at_sides].any()  # shoulders
        assert not Sheet(views, _OWN, matte).turned(camera).person[at_sides].any()


def test_a_skull_is_as_wide_from_wherever_it_is_seen(studio: Studio) -> None:
    turn = Sheet(_views(studio, hair=True), _OWN, _ANYWHERE).turned(_OWN.turned(0.45))
    high = heights(_OWN) > 0.4
    assert turn.far[high].max() < 0.1
    assert turn.seen[high].min() > 0.9
    assert turn.seen[heights(_OWN) < 0.05].min() < 0.1


def test_without_a_turn_all_is_seen_and_nothing_moves(studio: Studio) -> None:
    turn = Sheet(_views(studio), _OWN, _ANYWHERE).turned(_OWN)
    assert turn.seen.min() > 0.99
    assert not (turn.moved > 0.5).any()


@pytest.mark.parametrize("hair", [False, True])
def test_shifts_grow_evenly_with_the_turn(studio: Studio, hair: bool) -> None:
    views = _views(studio, hair)
    shifts = [
        _CELL * Sheet(views, _OWN, _ANYWHERE).turned(_OWN.turned(yaw)).back
        for yaw in np.arange(0.30, 0.37, 0.01)
    ]
    steps = [np.abs(b - a) for a, b in pairwise(shifts)]
    assert max(step.max() for step in steps) < _CELL
    assert np.abs(Sheet(views, _OWN, _ANYWHERE).turned(_OWN).back).max() < 1e-2


def test_an_empty_view_moves_nothing(studio: Studio) -> None:
    views = _views(studio)
    empty = Views(views.albedo, views.transfer, np.zeros_like(views.alpha), views.depth)
    assert not Sheet(empty, _OWN, _ANYWHERE).turned(_OWN.turned(0.3)).back.any()
