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
from .body import WIDE, body_crop, body_maps, body_reach, draped, head_reach, head_window, into_head
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
    hung = cache(partial(_hung, head))
    body = _body_plan(hung, head.crop, inner, prepared, picture)
    whole = replace(head, draw=hung, window=inner, weight=weight, matte=matte, beside=body)
    return whole if rim is None else _rimmed(whole, rim)


def _rimmed(plan: RatioPlan, rim: Rim) -> RatioPlan:
    """A plan with light from behind on it, head and body seen as one outline."""
    near = rim.over(plan.window, plan.crop, plan.matte)
    body = plan.beside
    if body is None:
        return replace(plan, draw=cache(lambda: near(plan.draw())))
    far = rim.over(body.window, body.crop, body.matte, WIDE)
    beside = cache(lambda: far(body.draw()))

    @cache
    def draw() -> Maps:
        maps, before, after = plan.draw(), body.draw(), beside()
        added = near(maps).log_ratio - maps.log_ratio
        # Seen twice, each time cut off elsewhere, an outline differs, and that would show.
        added = into_head(after.log_ratio - before.log_ratio, added, plan.window, plan.matte)
        return replace(maps, log_ratio=maps.log_ratio + added)

    return replace(plan, draw=draw, beside=replace(body, draw=beside))


def _hung(head: RatioPlan) -> Maps:
    maps = head.draw()
    return replace(maps, log_ratio=draped(maps.log_ratio))


def _body_plan(
    hung: Callable[[], Maps],
    head: NDArray[np.floating],
    inner: Window,
    prepared: Prepared,
    picture: Picture,
) -> RatioPlan | None:
    """What goes on where a head's plan ends; None where there is nothing.

    Args:
        hung: draws the head's maps.
        head: its crop.
        inner: its window.
        prepared, picture: as above.
    """
    crop = body_crop(head)
    window = Window.of(crop, picture.width, picture.height)
    if prepared.body is None or window is None:
        return None
    weight = body_reach() * own_share(window, head, prepared.company)
    draw = cache(lambda: body_maps(hung()))
    return RatioPlan(window, draw, prepared.body, crop, weight, but=inner)
