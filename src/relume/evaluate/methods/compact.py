"""The compact model's surfaces, and its picture without the frame's detail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...compact_engine.crop import crop_of
from ...compact_engine.passes import CompactPasses, beyond, in_window, matted, normals_of
from ...compact_engine.reading import presence
from ...compose import GAMMA, codes_to_linear, mix, relit, spread, to_linear, to_srgb
from ...face import TrackedFace
from ...media import ArrayPicture
from ...pipeline import Relighter
from ...ratio.maps import falloff
from ..clips import Clip
from .base import Condition, Floats, Pixels
from .engine import EngineMethod

__all__ = ["CompactMethod", "WithoutDetail"]

_REACH = (21, 21)
"""Cells across that the matte may reach beyond what is rendered."""

_SOFT = 1.5
"""Cells over which that ends."""


class CompactMethod(EngineMethod):
    """The compact model, which also says where surfaces are."""

    def geometry(self, clip: Clip, condition: Condition) -> Iterator[tuple[Floats, Floats, Floats]]:
        """See `Geometry`."""
        relighter = self._relighter(condition)
        for picture, face, time in self._known(clip):
            shape = picture.rgb8.shape[:2]
            maps = np.zeros((*shape, 5), np.float32)
            seen = None
            if face is not None:
                relighter.plan(picture, [face], time)
                seen = _seen(relighter, picture, face, time)
            if seen is not None:
                window = seen.whole.window
                rows, columns = slice(window.y0, window.y1), slice(window.x0, window.x1)
                solid = in_window((seen.views.alpha > 0.9).astype(np.float32))
                normals = normals_of(seen.views, seen.camera) @ seen.camera.view_to_head.T
                cells = np.dstack([seen.views.depth, normals]).astype(np.float32)
                maps[rows, columns, :4] = window.grow(spread(in_window(cells), solid))
                maps[rows, columns, 4] = window.grow(solid) > 0.5
            length = np.linalg.norm(maps[..., 1:4], axis=2, keepdims=True)
            yield maps[..., 0], maps[..., 1:4] / np.maximum(length, 1e-6), maps[..., 4]


class WithoutDetail(EngineMethod):
    """The compact model's own drawing: albedo times shading of its 64 x 64 cells, enlarged and
    laid over its relit frame, so that nothing finer than a cell is left of the person.

    What the model takes for white may differ from the frame's exposure and cast, so each channel is
    brought to the frame's level first, as the model itself does; highlights roll off as they do
    there.
    """

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        relighter = self._relighter(condition)
        light, yaw, pitch = relighter.light, relighter.yaw, relighter.pitch
        asked = (None, 0.0, 0.0), (None, yaw, pitch), (light, yaw, pitch)
        for picture, face, time in self._known(clip):
            frame = ArrayPicture(picture.array.copy())
            if face is not None and condition.light is not None:
                face = replace(face, panel=None)  # drawn by maps of the whole frame
                plans = relighter.plan(picture, [face], time)
                seen: list[CompactPasses | None] = []
                for light, yaw, pitch in asked:  # the last is the run's own
                    relighter.aim(light, yaw=yaw, pitch=pitch)
                    seen.append(_seen(relighter, picture, face, time))
                for plan in plans:
                    plan.apply(picture)
                if seen[0] and seen[1] and seen[2]:
                    _draw(
                        seen[0], seen[1], seen[2], frame, face, np.asarray(picture.array, np.uint8)
                    )
            yield np.asarray(picture.array, np.uint8)


def _draw(
    as_filmed: CompactPasses,
    unlit: CompactPasses,
    lit: CompactPasses,
    frame: ArrayPicture,
    face: TrackedFace,
    over: NDArray[np.uint8],
) -> None:
    """Lay a face's drawing over `over` [H, W, 3], in place.

    Args:
        as_filmed: the frame's own view under its own light.
        unlit: the view asked for, under the frame's own light.
        lit: the same under the light asked for.
        frame: as it was.
        face: the one that is drawn.
        over: what it is drawn into.
    """
    crop = crop_of(frame.rgb8, face.crop, len(as_filmed.shading))
    if crop is None:
        return
    there = codes_to_linear(crop)
    drawn = as_filmed.views.albedo * as_filmed.shading
    weight = presence(as_filmed.views)[..., None]
    level = (there * weight).sum((0, 1)) / np.maximum((drawn * weight).sum((0, 1)), 1e-4)
    coded = to_srgb((level * unlit.views.albedo * unlit.shading).astype(np.float32))
    ratio = (lit.shading / unlit.shading) ** np.float32(1 / GAMMA)
    window = lit.whole.window
    block = over[window.y0 : window.y1, window.x0 : window.x1]
    picture = to_linear(np.clip(relit(coded, ratio), 0, 1))
    drawn = to_srgb(window.grow(beyond(picture, presence(lit.views))))
    was = np.asarray(block / np.float32(255), np.float32)
    block[...] = np.rint(mix(was, drawn, _cover(lit, frame)) * 255).astype(np.uint8)


def _cover(seen: CompactPasses, frame: ArrayPicture) -> Floats:
    """[h, w] of its window: the matte where the model sees a person, 0 beyond.

    Rendered alpha is coarse and thin at the shoulders: it tells whose matte it is, and the matte
    draws the edge.
    """
    window = seen.whole.window
    person = np.asarray(np.clip(seen.views.alpha * 2 - 0.6, 0, 1), np.float32)
    near = cv2.dilate(person, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, _REACH))
    alpha = np.asarray(cv2.GaussianBlur(near, (0, 0), _SOFT), np.float32)
    there = beyond(alpha[..., None], np.ones_like(alpha))[..., 0] * falloff()
    cover = np.minimum(matted(seen.whole, frame, window), window.grow(there))
    return np.asarray(cover * np.float32(seen.strength), np.float32)


def _seen(
    relighter: Relighter, picture: ArrayPicture, face: TrackedFace, time: float
) -> CompactPasses | None:
    """What the model makes of a face that it was just asked about."""
    found = relighter.passes(picture, [face], time)
    return found[0] if found and isinstance(found[0], CompactPasses) else None
