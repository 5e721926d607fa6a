"""A head's plan that goes on over the whole person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from ..media import Picture
from ..ratio import RatioPlan
from ..ratio.maps import Maps
from ..ratio.window import Window
from .body import WIDE, body_crop, body_maps, body_reach, draped, head_reach, head_window
from .coder import Prepared
from .company import own_share
from .rim import Rim

__all__ = ["over_person"]


def over_person(
    head: RatioPlan, prepared: Prepared, picture: Picture, rim: Rim | None = None
) -> RatioPlan:
    """A head's plan that goes on over the whole person."""
    inner = head_window(head.window, head.matte)
    if inner is None:
        return head
    matte = prepared.whole(head.matte)
    weight = head_reach() * own_share(head.window, head.crop, prepared.company)
    lit = _as_it_is if rim is None else rim.over(head.window, head.crop, matte)
    hung = cache(partial(_hung, head))
    draw = cache(lambda: lit(hung()))
    body = _body_plan(hung, head.crop, inner, prepared, picture, rim)
    return replace(head, draw=draw, window=inner, weight=weight, matte=matte, beside=body)


def _as_it_is(maps: Maps) -> Maps:
    return maps


def _hung(head: RatioPlan) -> Maps:
    maps = head.draw()
    return replace(maps, log_ratio=draped(maps.log_ratio))


def _body_plan(
    hung: Callable[[], Maps],
    head: NDArray[np.floating],
    inner: Window,
    prepared: Prepared,
    picture: Picture,
    rim: Rim | None,
) -> RatioPlan | None:
    """What goes on where a head's plan ends; None where there is nothing.

    Args:
        hung: draws the head's maps.
        head: its crop.
        inner: its window.
        prepared, picture, rim: as above.
    """
    crop = body_crop(head)
    window = Window.of(crop, picture.width, picture.height)
    if prepared.body is None or window is None:
        return None
    weight = body_reach() * own_share(window, head, prepared.company)
    lit = _as_it_is if rim is None else rim.over(window, crop, prepared.body, WIDE)
    draw = cache(lambda: lit(body_maps(hung())))
    return RatioPlan(window, draw, prepared.body, crop, weight, but=inner)
