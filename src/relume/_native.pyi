"""relume's compiled kernels. Arguments are checked by the classes that call these."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_FEATURES: int
MOST_HIDDEN: int

_Floats = NDArray[np.float32]

def available() -> list[str]: ...
def bf16() -> str: ...
def int8() -> bool: ...
def used() -> str: ...
def use(name: str) -> None: ...
def rasterise(
    points: _Floats,
    depth: _Floats,
    faces: NDArray[np.int32],
    attributes: _Floats,
    cull: bool,
    image: _Floats,
    mask: NDArray[np.bool_],
) -> None: ...
def relight(
    block: _Floats,
    matte: _Floats,
    to_matte: _Floats,
    gain: _Floats,
    to_gain: _Floats,
    shift: _Floats | None,
    behind: _Floats | None,
    to_shift: _Floats,
    out: _Floats,
) -> None: ...
def point_shading(
    points: _Floats,
    normals: _Floats,
    depth: _Floats,
    solid: NDArray[np.bool_],
    view: _Floats,
    lamps: _Floats,
    way: _Floats,
    limits: _Floats,
    lit: _Floats,
    cast: _Floats,
) -> None: ...
def relight_yuv(
    luma: NDArray[Any],
    u: NDArray[Any],
    v: NDArray[Any],
    shift_x: int,
    shift_y: int,
    x0: int,
    y0: int,
    x1: int,
    y1: int,
    highest: int,
    matrix: _Floats,
    curve: _Floats | None,
    to_rgb: _Floats,
    to_view: _Floats | None,
    matte: _Floats,
    to_matte: _Floats,
    gain: _Floats,
    to_gain: _Floats,
    shift: _Floats | None,
    behind: _Floats | None,
    to_shift: _Floats,
    threads: int,
) -> None: ...
def relight_rgb(
    block: NDArray[np.uint8],
    matte: _Floats,
    to_matte: _Floats,
    gain: _Floats,
    to_gain: _Floats,
    shift: _Floats | None,
    behind: _Floats | None,
    to_shift: _Floats,
    threads: int,
) -> None: ...
def read_yuv(
    luma: NDArray[Any],
    u: NDArray[Any],
    v: NDArray[Any],
    shift_x: int,
    shift_y: int,
    x0: int,
    y0: int,
    x1: int,
    y1: int,
    matrix: _Floats,
    curve: _Floats | None,
    out: _Floats,
) -> None: ...
def put_yuv(
    luma: NDArray[Any],
    u: NDArray[Any],
    v: NDArray[Any],
    shift_x: int,
    shift_y: int,
    x0: int,
    y0: int,
    x1: int,
    y1: int,
    highest: int,
    matrix: _Floats,
    curve: _Floats | None,
    block: _Floats,
    old: _Floats,
) -> None: ...

class VolumeField:
    def __init__(
        self,
        plane: int,
        albedo_channels: int,
        channels: int,
        box: float,
        template: _Floats,
        *decoders: _Floats,
    ) -> None: ...
    def render(
        self,
        planes: _Floats,
        rotation: _Floats,
        shift: _Floats,
        guide: _Floats,
        rays: _Floats,
        links: NDArray[np.int32],
        steps: int,
        guide_steps: int,
        visible: float,
        reach: float,
        opaque: float,
        lump: float,
        longest: int,
        least: float,
        albedo: _Floats,
        transfer: _Floats | None,
        alpha: _Floats,
        depth: _Floats,
    ) -> tuple[int, int]: ...
