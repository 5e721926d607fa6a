"""Contact sheets: one row a portrait, one column a stage of its teaching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import to_srgb
from ..light import directional
from ..media import write_image
from .lines import add_line, lines_of
from .portrait import Portrait

__all__ = ["SHEETS", "contact_sheet", "write_sheets"]

SHEETS = "sheets"
"""The folder of the contact sheets beside the taught portraits."""

_SHOWN = "shown.jsonl"

Floats = NDArray[np.float32]

_ROWS = 12


def contact_sheet(portraits: Sequence[Portrait], tile: int = 160) -> NDArray[np.uint8]:
    """uint8 [rows * tile, 9 * tile, 3]: picture, albedo, own shading, shading and picture under
    a lamp from the left, normals, depth, alpha, regions."""
    return np.concatenate([_row(p, tile) for p in portraits])


def write_sheets(taught: Path, *, rest: bool = False) -> None:
    """Write contact sheets of twelve portraits of a folder that no sheet shows yet.

    Each is named after its first portrait; `shown.jsonl` beside them lists the portraits of each,
    from the top, so that whenever a run was cut off, the next one knows what isn't shown.

    Args:
        taught: the folder of taught portraits.
        rest: write one of what is left over, too.

    Raises:
        InputError: a taught portrait is damaged.
        OutputError: a sheet can't be written.
    """
    folder = taught / SHEETS
    waiting = _unshown(taught)
    while len(waiting) >= (1 if rest else _ROWS):
        rows, waiting = waiting[:_ROWS], waiting[_ROWS:]
        sheet = f"{rows[0].stem}.jpg"
        picture = contact_sheet([Portrait.load(p) for p in rows])
        write_image(folder / sheet, picture, overwrite=True)
        add_line(folder / _SHOWN, {"sheet": sheet, "portraits": [p.stem for p in rows]})


def _unshown(taught: Path) -> list[Path]:
    """Portraits that no sheet shows, or only one that is older than they are."""
    folder, shown = taught / SHEETS, dict[str, list[str]]()
    for line in lines_of(folder / _SHOWN):
        shown[line["sheet"]] = line["portraits"]
    since = dict[str, float]()
    for sheet, stems in shown.items():
        if (folder / sheet).is_file():
            time = (folder / sheet).stat().st_mtime
            since |= {stem: max(time, since.get(stem, time)) for stem in stems}
    files = sorted(taught.glob("*.npz"))
    return [p for p in files if since.get(p.stem, 0.0) < p.stat().st_mtime]


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
