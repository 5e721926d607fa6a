"""Contact sheets: one row a portrait, one column a stage of its teaching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import to_srgb
from ..light import directional
from .portrait import Portrait

__all__ = ["SheetWriter", "contact_sheet"]

Floats = NDArray[np.float32]

_ROWS = 12


def contact_sheet(portraits: Sequence[Portrait], tile: int = 160) -> NDArray[np.uint8]:
    """uint8 [rows * tile, 9 * tile, 3]: picture, albedo, own shading, shading and picture under
    a lamp from the left, normals, depth, alpha, regions."""
    return np.concatenate([_row(p, tile) for p in portraits])


class SheetWriter:
    """Writes a contact sheet for every twelve portraits, named after the first of them.

    Args:
        folder: where to; made when the first sheet is full.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: list[Path] = []

    def add(self, taught: Path) -> None:
        """One more taught portrait."""
        self._waiting.append(taught)
        if len(self._waiting) == _ROWS:
            self.close()

    def close(self) -> None:
        """Write the portraits that are left."""
        if not self._waiting:
            return
        self.folder.mkdir(exist_ok=True)
        sheet = contact_sheet([Portrait.load(p) for p in self._waiting])
        path = self.folder / f"{self._waiting[0].stem}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
        self._waiting.clear()


def _row(portrait: Portrait, tile: int) -> NDArray[np.uint8]:
    transfer = portrait.transfer.astype(np.float32)
    albedo = portrait.albedo.astype(np.float32)
    own = np.maximum(transfer @ portrait.light, 0.0)
    # The camera is near enough to the front for the lamp's frame not to matter here.
    lamp = directional((-0.8, 0.3, 0.5)).coefficients[:, 0].astype(np.float32)
    lamp[0] += 0.6
    left = np.repeat(np.maximum(transfer @ lamp, 0.0)[..., None], 3, 2)
    person = portrait.alpha[..., None] / np.float32(255)
    columns: list[Floats] = [
        np.asarray(portrait.picture / 255, np.float32),
        to_srgb(albedo),
        to_srgb(own * np.float32(0.5)),
        to_srgb(left * np.float32(0.8)),
        np.asarray(to_srgb(left * albedo * np.float32(1.3)) * person, np.float32),
        np.asarray(portrait.normals * 0.5 + 0.5, np.float32),
        _grey((3.1 - portrait.depth) / 0.8),
        _grey(portrait.alpha / np.float32(255)),
        _grey(np.minimum(portrait.region, 8) / np.float32(8)),
    ]
    size = (tile, tile)
    small = [cv2.resize(c, size, interpolation=cv2.INTER_AREA) for c in columns]
    return np.asarray(np.clip(np.concatenate(small, 1), 0, 1) * 255 + 0.5, np.uint8)


def _grey(values: NDArray[np.floating]) -> Floats:
    return np.repeat(np.asarray(values, np.float32)[..., None], 3, 2)
