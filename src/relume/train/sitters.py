"""Sitters: faces laid out flat, each with what lamps all around do to it, shadows cast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import luminance
from ..face import CROP, HeadModel
from ..geometry import FOCAL, Camera
from ..light import lattice
from ..ratio.geometry import TrackedHead
from ..reader import lay_out
from ..render import raised
from ..teacher.arrays import load_arrays, save_arrays
from ..teacher.kernels import lamp_shading, shadow
from ..teacher.scene import Scene, shrunk
from ..teacher.strangers import stranger
from .kept import keep_for

__all__ = ["LAMPS", "Sitter", "made_sitters", "make_sitter", "unrooted"]

Floats = NDArray[np.float32]

LAMPS = 16
"""Lamps around a sitter."""

_BEHIND = -0.4
"""Lowest cosine between a lamp's direction and the viewer's: what lies farther behind a head leaves
no trace on its face."""

_RAISED, _HIGHEST, _BROAD = 0.65, np.log(2.0), 10.0
"""Share of sitters whose noses and brows throw the shadows of higher ones, the largest natural
logarithm of how much higher, and pixels from which on a head's shape is no relief."""

_TURN = (0.05, 0.04, 0.02)
"""Standard deviation, in radians, of what a tracker is off by in pitch, yaw and roll."""

_SIZE, _PLACE = 0.015, 0.006
"""The same in size, as a share, and in place, as a share of the crop."""

_IDENTITY, _EXPRESSION = 0.3, 0.04
"""The same in each coefficient of the head's."""

_BRIGHTEST, _SHINIEST, _FACED = 1.2, 3.0, 1.05
"""Albedo, highlight and shading that 255 stands for in what is kept, as squares."""


@dataclass(frozen=True, eq=False)
class Sitter:
    """A face in the layout of `relume.reader`, seen as a tracker with its errors sees it.

    Attributes:
        albedo: uint8 [64, 64] its luminance.
        transfer: float16 [9, 64, 64] radiance transfer, true head frame.
        visible: uint8 [64, 64] where the layout is visible.
        diffuse: uint8 [LAMPS, 64, 64] shading by each lamp.
        shine: uint8 [LAMPS, 64, 64] the highlight of each.
        lamps: float32 [LAMPS, 3] their directions, view frame.
        true: float32 [3, 3] from the view to the head frame.
        said: float32 [3, 3] the same as the tracker has it.
    """

    albedo: NDArray[np.uint8]
    transfer: NDArray[np.float16]
    visible: NDArray[np.uint8]
    diffuse: NDArray[np.uint8]
    shine: NDArray[np.uint8]
    lamps: Floats
    true: Floats
    said: Floats

    def save(self, path: Path) -> None:
        """Write the file whole or not at all."""
        save_arrays(self, path, compressed=False)

    @classmethod
    def load(cls, path: Path) -> Sitter:
        """Read a file that `save` wrote.

        Raises:
            InputError: missing, damaged, or something else.
        """
        return load_arrays(cls, path, "remove it")


def made_sitters(
    files: Sequence[Path], folder: Path, variants: int, strangers: float, seed: int
) -> list[Sitter]:
    """Sitters of taught portraits, made where `folder` doesn't have them yet under these settings.

    Args:
        files: taught portraits.
        folder: where they are kept.
        variants: sitters of each portrait.
        strangers: share that are nobody.
        seed: of everything random.
    """
    keep_for(folder, {"strangers": strangers, "seed": seed})
    out = []
    for number, file in enumerate(files):
        for variant in range(variants):
            path = folder / f"{file.stem}.{variant}.npz"
            if not path.is_file():
                rng = np.random.default_rng([seed, number, variant, 11])
                scene = Scene.load(file)
                if rng.random() < strangers:
                    other = Scene.load(files[int(rng.integers(len(files)))])
                    scene = stranger(scene, other, rng)
                make_sitter(scene, rng).save(path)
            out.append(Sitter.load(path))
    return out


def make_sitter(scene: Scene, rng: np.random.Generator) -> Sitter:
    """A portrait's face under lamps in random places."""
    half = len(scene.own_depth)
    normals = shrunk(scene.normals.astype(np.float32) @ scene.rotation.T.astype(np.float32))
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    solid = scene.own_alpha.astype(np.float32) > 0.5
    skin = shrunk(scene.skin.astype(np.float32)) > 0.5
    high = scene.own_depth
    if rng.random() < _RAISED:
        high = raised(high, solid, float(np.exp(rng.uniform(0, _HIGHEST))), _BROAD)
    jitter = rng.random((half, half)).astype(np.float32)
    lamps = _lamps_around(rng)
    diffuse, shine = np.zeros((2, LAMPS, half, half), np.float32)
    for number, lamp in enumerate(lamps):
        at = (lamp * (1, -1, -1)).astype(np.float32)
        seen = shadow(high, solid, at, False, FOCAL, 28, jitter)
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.8), np.float32)
        sharpness = float(np.exp(rng.uniform(np.log(8), np.log(60))))
        lamp_shading(
            scene.own_depth, normals, at, False, 1.0, seen, skin, sharpness, FOCAL,
            diffuse[number], shine[number],
        )  # fmt: skip
    head = _tracked(scene, rng)
    layout = lay_out(head)
    middle = (CROP - 1) / 2
    moved = (layout.at - middle) * np.exp(rng.normal(0, _SIZE)) + middle
    moved += CROP * rng.normal(0, _PLACE, 2)
    x, y = cv2.split(np.asarray((moved + 0.5) * (half / CROP) - 0.5, np.float32))

    def flat(maps: Floats) -> Floats:
        fetched = cv2.remap(maps, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(fetched, np.float32)

    albedo = flat(luminance(scene.own[..., :3].astype(np.float32)))
    transfer = [flat(scene.own[..., 3 + k].astype(np.float32)) for k in range(9)]
    return Sitter(
        _rooted(albedo, _BRIGHTEST),
        np.stack(transfer).astype(np.float16),
        np.asarray(layout.visible * 255 + 0.5, np.uint8),
        _rooted(np.stack([flat(maps) for maps in diffuse]), _FACED),
        _rooted(np.stack([flat(maps) for maps in shine]), _SHINIEST),
        lamps.astype(np.float32),
        (scene.rotation.T * (1, -1, -1)).astype(np.float32),
        head.camera.view_to_head.astype(np.float32),
    )


def unrooted(sitter: Sitter, lamps: NDArray[np.integer]) -> tuple[Floats, Floats, Floats]:
    """A sitter's albedo [64, 64], and some lamps' shading and highlights [N, 64, 64], linear."""
    return (
        _squared(sitter.albedo, _BRIGHTEST),
        _squared(sitter.diffuse[lamps], _FACED),
        _squared(sitter.shine[lamps], _SHINIEST),
    )


def _rooted(values: Floats, most: float) -> NDArray[np.uint8]:
    return np.asarray(np.sqrt(np.clip(values / most, 0, 1)) * 255 + 0.5, np.uint8)


def _squared(values: NDArray[np.uint8], most: float) -> Floats:
    return np.square(values.astype(np.float32) / np.float32(255)) * np.float32(most)


def _lamps_around(rng: np.random.Generator) -> NDArray[np.float64]:
    """[LAMPS, 3] unit directions, evenly over what isn't far behind the head, view frame."""
    lamps = lattice(LAMPS, _BEHIND, rng.uniform(0, 2 * np.pi))[:, [0, 2, 1]]
    lamps += rng.normal(0, 0.13, lamps.shape)
    return np.asarray(lamps / np.linalg.norm(lamps, axis=1, keepdims=True))


def _tracked(scene: Scene, rng: np.random.Generator) -> TrackedHead:
    """The portrait's head as a tracker may have it: the face lies where it is, all else is off."""
    head = HeadModel.load()
    identity = scene.identity + rng.normal(0, _IDENTITY, len(scene.identity))
    expression = scene.expression + rng.normal(0, _EXPRESSION, len(scene.expression))
    vertices = head.vertices(identity, np.clip(expression, -0.1, 1))
    turn, _ = cv2.Rodrigues(rng.normal(0, _TURN))
    rotation = turn @ scene.rotation
    front = head.mean[head.skin > 0.5].mean(0)
    shift = scene.rotation @ front + scene.shift - rotation @ front
    return TrackedHead(head, Camera.from_pose(rotation, shift), vertices)
