"""From maps of logarithms to what a frame's coded pixels are multiplied by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA
from ..native import native
from .maps import Maps
from .window import CENTRE, doubled

__all__ = ["coded_gain"]

Floats = NDArray[np.float32]

_LEAST = 2e-3
"""Change of a code, and share of the person, from which a cell counts as changed."""


def coded_gain(maps: Maps, weight: Floats, person: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """What `relight_block` takes for a gain, and where it changes a person.

    Args:
        maps: logarithms of new over old shading, and what goes with them.
        weight: [N, N] 0..1 how far each cell is lit; the matte weighs the ratio as it is coded, and
            so does this.
        person: [N, N] 0..1 the matte.

    Returns:
        [M, M, 4] of N cells a side, or twice as many where the maps have something between their
        cells; and [N, N].
    """
    compiled = native()
    if compiled is None:
        return coded_slowly(maps, weight, person)
    side = maps.log_ratio.shape[0]
    dense = side if maps.fine is None else 2 * side
    gain = np.empty((dense, dense, 4), np.float32)
    changed = np.empty((side, side), np.uint8)

    def plain(x: Floats | None) -> Floats | None:
        return None if x is None else np.ascontiguousarray(x, np.float32)

    compiled.code_gain(
        plain(maps.log_ratio), plain(maps.lift), plain(weight), plain(person), plain(maps.fine),
        CENTRE.start, 1.0 / GAMMA, _LEAST, gain, changed,
    )  # fmt: skip
    return gain, changed.view(np.bool_)


def coded_slowly(maps: Maps, weight: Floats, person: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """`coded_gain` in OpenCV and NumPy: the kernel's oracle and stand-in."""
    gain = np.zeros((*maps.log_ratio.shape[:2], 4), np.float32)
    gain[..., :3] = _coded(maps.log_ratio)
    if maps.lift is not None:
        gain[..., 3] = maps.lift
    gain *= weight[..., None]
    changed = (np.abs(gain).max(-1) > _LEAST) & (person > _LEAST)
    if maps.fine is None:
        return gain, changed
    fine = doubled(gain)
    more = _coded(maps.fine * doubled(weight)[CENTRE, CENTRE])[..., None]
    fine[CENTRE, CENTRE, :3] += more * (fine[CENTRE, CENTRE, :3] + np.float32(1.0))
    return fine, changed


def _coded(logarithm: Floats) -> Floats:
    """The ratio of codes less 1 to the natural logarithm of a ratio of light."""
    return np.asarray(np.exp(logarithm * np.float32(1.0 / GAMMA)) - np.float32(1.0), np.float32)
