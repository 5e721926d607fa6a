"""A frame under many lights side by side, to choose one by looking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoFaceError
from ..face import TrackedFace
from .relighter import LightLike, Relighter
from .video import frame_at

__all__ = ["light_sheet"]

Pixels = NDArray[np.uint8]

_TILE = 360  # pixels a side
_LABEL = 30  # rows under a tile for its name
_PAPER, _INK = 24, (235, 235, 235)
_PART = 2.4
"""Side of what is shown, in widths of the face's crop: head and shoulders."""
_LOW = 0.25
"""How far its middle lies below the face's, in the same."""


def light_sheet(
    source: str | Path, lights: Mapping[str, LightLike], time: float = 0.0
) -> NDArray[np.uint8]:
    """One frame's largest face as it was filmed, and under each light.

    Args:
        source: video, picture or image sequence, as `open_video` takes it.
        lights: by the names that are written below.
        time: seconds of the frame from the first one.

    Returns:
        [H, W, 3] sRGB.

    Raises:
        MediaError: the source can't be read.
        UsageError: it is shorter than that.
        NoFaceError: the frame shows no face that could be relit.
        LightError: a light makes no sense.
    """
    rgb = frame_at(source, time).rgb8
    held = Relighter().hold(rgb)
    faces = [face for face in held.faces if face.strength > 0.0]
    if not faces:
        raise NoFaceError(
            f"{source}: no face that could be relit was found at {time:g} s; choose another moment"
        )
    part = _around(max(faces, key=lambda face: face.pose.scale), rgb)
    tiles = [_tile(rgb[part], "as filmed")]
    tiles += [_tile(held.show(light)[part], name) for name, light in lights.items()]
    across = math.ceil(math.sqrt(len(tiles)))
    blank = np.full_like(tiles[0], _PAPER)
    tiles += [blank] * (-len(tiles) % across)
    rows = [np.hstack(tiles[i : i + across]) for i in range(0, len(tiles), across)]
    return np.vstack(rows)


def _around(face: TrackedFace, rgb: Pixels) -> tuple[slice, slice]:
    """Rows and columns of a square within the picture around a face."""
    height, width = rgb.shape[:2]
    side = max(1, min(round(_PART * face.pose.scale), height, width))
    x, y = face.pose.x, face.pose.y + _LOW * face.pose.scale
    left, top = (
        int(np.clip(round(at - side / 2), 0, size - side)) for at, size in ((x, width), (y, height))
    )
    return slice(top, top + side), slice(left, left + side)


def _tile(part: Pixels, name: str) -> Pixels:
    """A square of the picture, with its name below."""
    tile = np.full((_TILE + _LABEL, _TILE, 3), _PAPER, np.uint8)
    shrinks = part.shape[0] > _TILE
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    tile[:_TILE] = cv2.resize(part, (_TILE, _TILE), interpolation=how)
    text = name.encode("ascii", "replace").decode()  # the font has no other letters
    at, font = (8, _TILE + 21), cv2.FONT_HERSHEY_SIMPLEX
    return np.asarray(cv2.putText(tile, text, at, font, 0.55, _INK, 1, cv2.LINE_AA), np.uint8)
