"""Light from behind: the bright edge along a person's outline.

A lamp behind the head lights what turns away from the viewer, next to the outline: less than the
cells of a view, or nine harmonics, can tell. There the outline itself says how the surface turns:
at the edge it faces sideways, and farther in it comes round to the viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear, smoothstep
from ..face import Matte
from ..light import Lamp, Light
from ..media import Picture
from ..ratio.maps import Maps
from ..ratio.window import CENTRE, RESOLUTION, Window, around
from .crop import crop_of
from .turned import carried, shown_at

__all__ = ["Rim", "RimConfig", "in_front", "lamps_behind", "outline_light"]

Floats = NDArray[np.float32]

_BEHIND = (0.2, 0.5)
"""Of a lamp's direction away from the viewer, between which its light goes over to the outline."""

_FEW = np.float32(1e-4)

_LEAST = 1e-3
"""Share of a light below which none is seen."""

_DARK = 0.02
"""Level, as a share of white, below which a frame holds more noise than detail."""


@dataclass(frozen=True)
class RimConfig:
    """How an outline takes light from behind."""

    rounding: float = 4.0
    """Cells of a head's window over which the surface comes half round to the viewer."""
    sheen: float = 0.08
    """What hair, cloth and skin seen edge-on give back of the light besides their own colour, as
    a share of white."""


_CROP = slice(CENTRE.start // 2, CENTRE.stop // 2)
"""Where the crop lies along a side of the window's cells."""


def lamps_behind(light: Light) -> list[Lamp]:
    """The lamps of a camera-frame light as far as they stand behind the head."""
    found = [(lamp, _behind(lamp)) for lamp in light.lamps]
    return [lamp.scaled(share) for lamp, share in found if share > 0.0]


def in_front(light: Light) -> Light:
    """A camera-frame light without `lamps_behind`."""
    behind = lamps_behind(light)
    if not behind:
        return light
    coefficients = light.coefficients - sum(lamp.coefficients for lamp in behind)
    lamps = tuple(lamp.scaled(1.0 - _behind(lamp)) for lamp in light.lamps)
    return Light(coefficients, light.frame, lamps)


def _behind(lamp: Lamp) -> float:
    return float(smoothstep(-float(lamp.direction[2]), *_BEHIND))


def outline_light(alpha: Floats, lamps: Sequence[Lamp], rounding: float) -> Floats:
    """[N, N, 3] shading that lamps behind give along an outline, and beyond it.

    Args:
        alpha: [N, N] 0..1 where the person is.
        lamps: in the view frame.
        rounding: see `RimConfig`, in cells.
    """
    soft = cv2.GaussianBlur(alpha, (0, 0), rounding, borderType=cv2.BORDER_REPLICATE)
    across = -cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
    upwards = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    length = np.sqrt(across * across + upwards * upwards) + _FEW
    # Half way over an edge the blurred matte is 1/2: 0 there, 1 where all around is the person.
    inside = np.clip(2 * soft - 1, 0, 1) * np.float32(np.pi / 2)
    sideways, facing = np.cos(inside) / length, np.sin(inside)
    out = np.zeros((*alpha.shape, 3), np.float32)
    for lamp in lamps:
        x, y, z = (float(part) for part in lamp.direction)
        cosine = np.float32(x) * across + np.float32(y) * upwards
        cosine *= sideways
        cosine += np.float32(z) * facing
        out += np.maximum(cosine, 0)[..., None] * lamp.rgb.astype(np.float32)
    return out


@dataclass(frozen=True, eq=False)
class Rim:
    """Light from behind on one frame's person.

    Attributes:
        config: see `RimConfig`.
        lamps: `lamps_behind`.
        picture: the frame; read by `over` alone.
        white: level of white in it.
        amount: share of the light that is asked for.
        cells: [N, N, 3] uint8 of windows by `wide`, as far as they were cut out of this picture or
            one shortly before.
    """

    config: RimConfig
    lamps: Sequence[Lamp]
    picture: Picture
    white: float
    amount: float
    cells: dict[float, NDArray[np.uint8] | None]

    def shading(self, window: Window, matte: Matte, wide: float = 1.0) -> Floats:
        """[N, N, 3] what it gives to the cells of a window.

        Args:
            window: of the head, or one that is `wide` times as large.
            matte: where the person is.
            wide: see above.
        """
        alpha = window.carry(matte.alpha, matte.to_frame)
        return outline_light(alpha, self.lamps, self.config.rounding / wide)

    def over(
        self, window: Window, crop: NDArray[np.floating], matte: Matte, wide: float = 1.0
    ) -> Callable[[Maps], Maps]:
        """What puts it on a window's maps.

        Args:
            window, matte, wide: see `shading`.
            crop: [2, 3] from frame pixels to those of the crop that the window is around.
        """
        if wide not in self.cells:
            self.cells[wide] = crop_of(self.picture, around(crop), RESOLUTION)
        cells = self.cells[wide]
        if cells is None or self.amount < _LEAST:
            return lambda maps: maps
        return partial(self._added, window, matte, wide, cells)

    def shown(
        self, shading: Floats, new: Floats, window: Window, matte: Matte, shift: Floats | None
    ) -> Floats:
        """Shading [M, M, 3] of the crop's cells, and this.

        Args:
            shading: without.
            new: the same if all of the light were asked for.
            window, matte: of the head.
            shift: see `Maps.shift`.
        """
        light = self.shading(window, matte)
        if shift is not None:
            light = carried(light, shown_at(shift))
        whole = 1 + light[_CROP, _CROP] / np.maximum(new, np.float32(1e-3))
        return np.asarray(shading * whole ** np.float32(self.amount), np.float32)

    def _added(
        self, window: Window, matte: Matte, wide: float, cells: NDArray[np.uint8], maps: Maps
    ) -> Maps:
        seen = codes_to_linear(cells)
        white = np.float32(self.white)
        light = self.shading(window, matte, wide)
        light *= 1 + np.float32(self.config.sheen) * white / (seen + np.float32(_DARK) * white)
        if maps.shift is not None:
            light = carried(light, shown_at(maps.shift))
        # Beside what all of the light would be without it, or less of it might darken.
        more = np.log1p(light * np.exp(maps.log_ratio * np.float32(-1 / self.amount)))
        whole = np.asarray(maps.log_ratio + np.float32(self.amount) * more, np.float32)
        return replace(maps, log_ratio=whole)
