"""`python -m relume.evaluate.held_out TAUGHT FOLDER`: people that training kept out, and an oracle.

Takes what `relume teacher` wrote and lays out, for `relume eval portraits FOLDER/people --external
teacher=FOLDER/teacher`, one picture of everybody whom training keeps out (`relume.train.split`) and
the teacher's answer to each of the ten lights: its albedo under its shading, with the photo's
detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import tyro
from numpy.typing import NDArray

from ..compose import codes_to_linear, to_srgb
from ..errors import InputError
from ..face import CROP
from ..light import Light
from ..media import write_image
from ..teacher.portrait import MAP, Portrait
from ..train.split import kept_out, person
from .protocols.portraits import TEN_LIGHTS, ten_lights

__all__ = ["lay_out", "lit_by_the_teacher"]

Floats = NDArray[np.float32]

_DARK = np.float32(0.003)  # linear level below which a photo holds no colour
_MOST = np.float32(8.0)  # by which a pixel is brightened at most, as in the models


def lit_by_the_teacher(portrait: Portrait, light: Light) -> NDArray[np.uint8]:
    """A portrait's crop [512, 512, 3] under a light, camera frame.

    The teacher's maps are 256 wide: what is finer is multiplied as it is.
    """
    photo = codes_to_linear(portrait.picture)
    small = np.asarray(cv2.resize(photo, (MAP, MAP), interpolation=cv2.INTER_AREA))
    albedo, transfer = portrait.albedo.astype(np.float32), portrait.transfer.astype(np.float32)
    alpha = (portrait.alpha / np.float32(255))[..., None]
    near = portrait.depth < np.median(portrait.depth[alpha[..., 0] > 0.9]) + 0.1
    face = (alpha > 0.9) & near[..., None]
    wanted = light.to_head(portrait.view).coefficients.astype(np.float32)
    new, old = (np.maximum(transfer @ c, 0) for c in (wanted, portrait.light))
    # White is what the photo was exposed for.
    level = (small * face).sum((0, 1)) / np.maximum((albedo * old * face).sum((0, 1)), 1e-4)
    gain = np.log((level * albedo * new + _DARK) / (small + _DARK))
    gain = np.clip(gain, -2 * np.log(_MOST), np.log(_MOST)) * alpha
    large = cv2.resize(gain.astype(np.float32), (CROP, CROP), interpolation=cv2.INTER_LINEAR)
    coded = to_srgb(np.asarray(photo * np.exp(large), np.float32))
    return np.rint(coded * 255).astype(np.uint8)


def lay_out(taught: Path, folder: Path, most: int = 0) -> int:
    """Write `people/NAME.png` and `teacher/NAME/LIGHT.png`; how many people there are.

    Args:
        taught: the folder that the teacher wrote.
        folder: where to; pictures of the same names are replaced.
        most: people at most, 0 for all.

    Raises:
        InputError: nobody in `taught` is kept out of training.
    """
    seen: set[str] = set()
    files = sorted(taught.glob("*.npz"))
    out = kept_out(f.stem for f in files)
    for path in files:
        if path.stem not in out or person(path.stem) in seen:
            continue
        if most and len(seen) == most:
            break
        seen.add(person(path.stem))
        portrait = Portrait.load(path)
        for place in (folder / "people", folder / "teacher" / path.stem):
            place.mkdir(parents=True, exist_ok=True)
        write_image(folder / "people" / f"{path.stem}.png", portrait.picture, overwrite=True)
        for condition in ten_lights(len(TEN_LIGHTS)):
            assert condition.light is not None
            lit = lit_by_the_teacher(portrait, condition.light)
            name = folder / "teacher" / path.stem / f"{condition.name}.png"
            write_image(name, lit, overwrite=True)
    if not seen:
        raise InputError(
            f"{taught}: nobody in it is kept out of training; run relume teacher first"
        )
    return len(seen)


@dataclass
class Command:
    """Lay out the people that training kept out, and the teacher's answers, for `relume eval`."""

    taught: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TAUGHT")]
    """What `relume teacher` wrote."""
    folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FOLDER")]
    """Where to write people/ and teacher/."""
    people: int = 0
    """At most so many; 0 for all."""

    def run(self) -> None:
        """Do it."""
        print(f"{lay_out(self.taught, self.folder, self.people)} people")


if __name__ == "__main__":
    tyro.cli(Command).run()
