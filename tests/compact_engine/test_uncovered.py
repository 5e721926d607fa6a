"""What comes to light beside a turned head is the backdrop's, and the backdrop stays."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from relume.compact_engine.turned import Turn, heights
from relume.compact_engine.uncovered import _mirrored, layered
from relume.face import CROP
from relume.geometry import Camera
from relume.ratio.window import RESOLUTION
from relume.runtime import RAYS

Floats = NDArray[np.float32]

_CELLS = np.float32(RAYS / CROP)


def _disc(radius: float) -> Floats:
    y, x = np.indices((RESOLUTION, RESOLUTION), np.float32) - np.float32((RESOLUTION - 1) / 2)
    return np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)


def _turn(person: Floats, by: float = 4.0, seen: float = 1.0) -> Turn:
    """A head that moves across by so many cells, and as much around it."""
    back = np.zeros((RESOLUTION, RESOLUTION, 2), np.float32)
    back[..., 0] = -by
    turn = Turn(back, -back, person > 0.5, np.full_like(person, 1 - seen), Camera.look_at(0.0, 0.0))
    if seen < 1:  # what is fetched turns elsewhere
        turn.ahead[..., 0] += 10
    return turn


def test_the_outline_of_what_is_seen_does_not_go_in_steps() -> None:
    y, x = np.indices((RESOLUTION, RESOLUTION), np.float32)
    seen = np.minimum(_turn((x < 40 + y / 4).astype(np.float32), seen=0.0).seen, 1)[20:100]
    last = (seen >= 0.5).sum(1) - 1  # where each row crosses 1/2, between two cells
    here, there = (np.take_along_axis(seen, (last + k)[:, None], 1)[:, 0] for k in (0, 1))
    at = last + (here - 0.5) / (here - there)
    assert np.ptp(at - np.arange(len(at)) / 4) < 0.5


def test_nothing_is_seen_beyond_what_is_hidden() -> None:
    turn = _turn(_disc(20.0), seen=0.0)
    turn.ahead[:, 90:] -= 10  # the tip of an ear stays where it is
    seen = turn.seen[64, 64:]
    assert seen[0] >= 1
    assert (np.diff(seen) <= 0).all()
    assert seen[30:].max() < 0


def test_a_lobe_does_not_stay_below_a_hidden_ear() -> None:
    """A stump stood beside the jaw; a nose that stands there in profile is whole."""

    def lowest(yaw: float) -> int:
        """The last row in which the ear's column is hidden."""
        turn = replace(_turn(_disc(30.0), seen=0.0), camera=Camera.look_at(yaw, 0.0))
        low = int(np.searchsorted(-heights(turn.camera), 0.12))  # where ears have lobes
        turn.ahead[low:, :, 0] -= 10
        return int(np.flatnonzero(turn.seen[:, 93] < 0.5).max()) - low

    assert lowest(0.0) >= 3
    assert lowest(0.6) <= 0


def test_a_notch_where_a_jaw_passes_before_the_neck_is_closed() -> None:
    """The backdrop showed through there; an ear that is hidden is higher, and stays hidden."""

    def hidden(rows: slice) -> int:
        turn = _turn(_disc(30.0), seen=0.0)
        turn.ahead[..., 0] -= 10
        turn.ahead[rows, 80:, 0] += 10
        return int((turn.seen[:, 93] < 0.5).sum())

    assert hidden(slice(84, 89)) == 0
    assert hidden(slice(56, 72)) >= 16


def test_what_is_behind_is_fetched_from_beside_the_person() -> None:
    alpha = _disc(20.0)
    shift = layered(_turn(alpha, seen=0.0), alpha, alpha)
    behind = shift[..., 2:4] * _CELLS
    y, x = np.indices(behind.shape[:2], np.float32)
    rim = (_disc(20.0) - _disc(15.0) > 0.5) & (shift[..., 4] < 1.9)
    assert rim.sum() > 100
    source = cv2.remap(alpha, x + behind[..., 0], y + behind[..., 1], cv2.INTER_LINEAR)
    assert (source[rim] > 0.05).mean() < 0.04  # but for a few right above and below
    apart = np.linalg.norm(behind, axis=-1)
    assert not apart[np.hypot(x - 63.5, y - 63.5) > 26].any()  # the backdrop stays
    assert apart.max() < 14.5  # from no farther
    assert not apart[shift[..., 4] > 1.99].any()  # which nobody sees


def test_holes_of_a_matte_are_no_holes_within_its_core() -> None:
    alpha = _disc(20.0)
    cover = layered(_turn(alpha, seen=0.0), alpha, alpha)[..., 4]
    y, x = np.indices(cover.shape, np.float32) - np.float32(63.5)
    radius = np.hypot(x, y)
    assert cover[radius < 14].min() > 1.7
    rim = cover[(radius > 15) & (radius < 16)].min()
    assert 1 <= rim < 1.1


def test_bodies_that_stay_are_behind_the_head_themselves() -> None:
    alpha = _disc(20.0)
    turn = _turn(alpha, seen=0.0)
    turn.ahead[72:] = 0  # a body
    behind = layered(turn, alpha, alpha)[..., 2:4]
    assert behind[60:70].any()
    assert not behind[76:].any()


def test_shoulders_that_move_a_little_with_the_jaw_stand_for_themselves() -> None:
    alpha = _disc(20.0)
    turn = _turn(alpha, seen=0.0)
    turn.ahead[75:] = 0.7
    shift = layered(turn, alpha, alpha)
    assert shift.shape[2] == 5
    assert not shift[88:, :, 2:4].any()


def test_where_nothing_is_hidden_nothing_moves_apart() -> None:
    alpha = _disc(20.0)
    assert layered(_turn(alpha), alpha, alpha).shape == (RESOLUTION, RESOLUTION, 2)


def test_a_person_who_fills_the_window_hides_everything() -> None:
    alpha = np.ones((RESOLUTION, RESOLUTION), np.float32)
    turn = _turn(alpha, seen=0.0)
    assert layered(turn, alpha, alpha).shape[2] == 2
    assert not _mirrored(alpha, turn).any()  # there is nothing beside


def test_hair_that_hangs_down_goes_on_behind_a_cheek() -> None:
    short, long = (
        layered(_turn(alpha, seen=0.0), alpha, alpha) for alpha in (_disc(20.0), _disc(40.0))
    )
    assert short[64, 85, 4] < 0  # where what the head moves there is hidden
    assert long.shape[2] == 2  # it all is


def test_a_brim_that_the_models_head_has_not_stays_whole() -> None:
    head = _disc(20.0)
    alpha = head.copy()
    alpha[54:62, 70:112] = 1
    turn = _turn(alpha, seen=0.0)
    bare, worn = (layered(turn, alpha, known)[..., 4] for known in (alpha, head))
    brim = slice(56, 60), slice(88, 110)  # where it turns to
    assert bare[brim].min() < 0.5
    assert worn[brim].min() > 1.9
    assert np.array_equal(worn[:, :50], bare[:, :50])  # the other side knows nothing of it
