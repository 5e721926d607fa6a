"""Faces under known light, laid out flat; batch number n is the same on every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from ..compose import codes_to_linear, to_srgb
from ..geometry import orthonormal
from ..light import LUMINANCE, Light, sh_basis, sh_rotation
from ..reader import CELLS, shown
from ..teacher.lights import random_cover, random_environment
from .config import LightConfig
from .data import Batch, served
from .sitters import LAMPS, Sitter, made_sitters, unrooted

__all__ = ["LightBatches", "Lit", "held_lit", "light_sample", "random_lit"]

Floats = NDArray[np.float32]
Sample = tuple[Floats, Floats]

_EVEN = np.sqrt(4 * np.pi)
"""First coefficient of light of radiance 1 from everywhere."""

_SOFT = 0.15
"""Share of lights without a lamp."""

_FLASH = 0.15
"""Share of the others whose lamps are most of all near the camera: a flash, a ring, a screen."""

_DARK = 0.3
"""Share of those with lamps that have next to no other light."""

_CUT = 0.35
"""Share of faces that the frame cuts off, each of its sides in half of them, by up to 0.3 of the
layout."""


@dataclass(frozen=True, eq=False)
class Lit:
    """A light: lamps of a sitter's, and surroundings.

    Attributes:
        lamps: [LAMPS] how bright each is: shading of a surface that faces it.
        around: [9] luminance coefficients of the surroundings, view frame.
    """

    lamps: Floats
    around: NDArray[np.float64]

    def of(self, sitter: Sitter) -> Floats:
        """[9] the light in the head frame as the tracker has it, over its first coefficient."""
        points = np.pi * self.lamps @ np.asarray(sh_basis(sitter.lamps))
        turned = sh_rotation(orthonormal(sitter.said)) @ (self.around + points)
        return np.asarray(turned / turned[0], np.float32)


def random_lit(
    sitter: Sitter,
    rng: np.random.Generator,
    environments: NDArray[np.float64] | None = None,
    soft: float = _SOFT,
) -> Lit:
    """One to three lamps, bare or broad, from the front more often than not, with surroundings from
    none to as bright as they are; or (`soft`) smooth surroundings alone."""
    around = np.asarray(random_environment(rng, environments) @ LUMINANCE, np.float64)
    lamps = np.zeros(LAMPS, np.float32)
    if rng.random() < soft:
        return Lit(lamps, around)
    sharp = 8.0 if rng.random() < _FLASH else 1.2
    chance = np.exp(sharp * sitter.lamps[:, 2] + 0.3 * sitter.lamps[:, 1])
    chance /= chance.sum()
    count = 1 + int(rng.random() < 0.35) + int(rng.random() < 0.1)
    for number in range(count):
        which = int(rng.choice(LAMPS, p=chance))
        strength = 1.0 if number == 0 else np.exp(rng.uniform(np.log(0.1), 0))
        if rng.random() < 0.35:  # broad: its neighbours', too
            narrow = np.exp(rng.uniform(np.log(5), np.log(30)))
            share = np.exp(narrow * (sitter.lamps @ sitter.lamps[which] - 1))
            lamps += np.asarray(strength * share / share.sum(), np.float32)
        else:
            lamps[which] += strength
    if rng.random() < _DARK:
        return Lit(lamps, np.eye(9)[0] * _EVEN * rng.uniform(0, 0.02))
    fill = np.exp(rng.uniform(np.log(0.015), np.log(0.6)))
    return Lit(lamps, around / around[0] * _EVEN * fill)


def light_sample(sitter: Sitter, lit: Lit, rng: np.random.Generator, damage: bool = True) -> Sample:
    """What the network is shown of a sitter under a light, and what is right.

    Args:
        sitter: the face.
        lit: the light.
        rng: all else that is random.
        damage: whether skin varies, things stand before the face and the lamps, light bounces back
            from skin and room, and the camera adds noise, blur and a tone of its own.

    Returns:
        features [3, 64, 64] (`relume.reader.shown`), and [9] radiance in the head frame over the
        first coefficient.
    """
    visible = sitter.visible.astype(np.float32) / np.float32(255)
    grey = _picture(sitter, lit, visible, rng, damage)
    if damage:
        grey = _before(grey, visible, rng)
        if rng.random() < _CUT:
            visible = visible * _frame(rng)
    grey = _taken(grey, visible, rng, damage)
    return shown(grey, visible), lit.of(sitter)


def _picture(
    sitter: Sitter, lit: Lit, visible: Floats, rng: np.random.Generator, damage: bool
) -> Floats:
    """[64, 64] the face's luminance, linear."""
    on = np.flatnonzero(lit.lamps > 1e-3 * max(float(lit.lamps.max()), 1e-6))
    albedo, diffuse, shine = unrooted(sitter, on)
    shading = np.tensordot(lit.lamps[on], diffuse, 1)
    gloss = np.tensordot(lit.lamps[on], shine, 1)
    if damage and rng.random() < 0.1:
        cover = random_cover(rng, CELLS)
        shading, gloss = shading * cover, gloss * cover
    around = sh_rotation(orthonormal(sitter.true)) @ lit.around
    smooth = np.tensordot(around.astype(np.float32), sitter.transfer.astype(np.float32), 1)
    shading = shading + np.maximum(smooth, 0)
    albedo = np.maximum(albedo, np.float32(0.003))
    if not damage:
        return np.asarray(albedo * shading + np.float32(0.2) * gloss, np.float32)
    albedo = np.asarray(albedo * (albedo / 0.3) ** rng.normal(0, 0.2), np.float32)
    waves: NDArray[Any] = rng.normal(0, rng.uniform(0, 0.15), (6, 6)).astype(np.float32)
    waves = np.exp(cv2.resize(waves, (CELLS, CELLS), interpolation=cv2.INTER_CUBIC))
    albedo = np.asarray(albedo * waves, np.float32)
    mean = float((shading * visible).sum()) / max(float(visible.sum()), 1.0)
    bounced = (cv2.blur(shading, (13, 13)) + np.float32(mean)) / 2
    shading = np.asarray(shading + rng.uniform(0, 0.12) * bounced, np.float32)
    strength = max(0.0, rng.uniform(-0.1, 0.5))
    return np.asarray(albedo * shading + np.float32(strength) * gloss, np.float32)


def _before(grey: Floats, visible: Floats, rng: np.random.Generator) -> Floats:
    """Hair over the forehead, glasses, a hand or a microphone, a beard."""
    y, x = np.mgrid[:CELLS, :CELLS].astype(np.float32)
    half = CELLS / 2
    left = np.ones_like(grey)
    if rng.random() < 0.2:
        edge = rng.uniform(0, 0.22) * CELLS + rng.uniform(-0.5, 0.5) * (x - half)
        edge += 4 * np.sin(x * rng.uniform(0.05, 0.5) + rng.uniform(0, 6))
        left *= 1 - np.clip((edge - y) / 2, 0, 1) * rng.uniform(0.5, 0.97)
    if rng.random() < 0.15:
        for side in (-1, 1):
            across = (x - half - side * rng.uniform(11, 14)) / rng.uniform(7, 11)
            ring = np.abs(np.hypot(across, (y - rng.uniform(22, 30)) / rng.uniform(5, 9)) - 1)
            left *= 1 - np.clip(1 - ring * 6, 0, 1) * rng.uniform(0.3, 0.9)
    if rng.random() < 0.15:
        left *= 1 - np.clip((y - rng.uniform(36, 46)) / 4, 0, 1) * rng.uniform(0.1, 0.7)
    grey = np.asarray(grey * left, np.float32)
    if rng.random() < 0.12:
        level = float((grey * visible).sum()) / max(float(visible.sum()), 1.0)
        away = np.hypot(
            x - rng.uniform(0, CELLS), (y - rng.uniform(0, CELLS)) * rng.uniform(0.4, 1.5)
        )
        grey[away < rng.uniform(4, 16)] = level * rng.uniform(0, 2)
    return grey


def _frame(rng: np.random.Generator) -> Floats:
    """[64, 64] 1 where a frame reaches that cuts a face off, 0 beyond."""
    inside = np.zeros((CELLS, CELLS), np.float32)
    x0, y0, x1, y1 = (rng.uniform(0, 0.3, 4) * (rng.random(4) < 0.5) * CELLS).astype(int)
    inside[y0 : CELLS - y1, x0 : CELLS - x1] = 1
    return inside


def _taken(grey: Floats, visible: Floats, rng: np.random.Generator, damage: bool) -> Floats:
    """A camera's picture of it, linear again: exposed, clipped, coded in eight bits."""
    face = grey[visible > 0.5]
    top = max(float(np.quantile(face, 0.97)) if face.size else 1.0, 1e-4)
    exposed = grey / np.float32(top)
    if damage:
        exposed = exposed * np.float32(np.exp(rng.uniform(np.log(0.12), np.log(1.25))))
        exposed = exposed + np.float32(max(0.0, rng.uniform(-0.02, 0.02)))
        if rng.random() < 0.5:
            noise = rng.standard_normal(grey.shape, np.float32)
            strength = np.float32(np.exp(rng.uniform(np.log(0.001), np.log(0.03))))
            exposed = exposed + noise * strength * np.sqrt(np.float32(0.1) + exposed)
        if rng.random() < 0.5:
            tone = np.float32(np.exp(rng.normal(0, 0.14)))
            exposed = np.clip(exposed, 0, 1) ** tone
        if rng.random() < 0.35:
            blur = float(rng.uniform(0.3, 1.1))
            exposed = np.asarray(cv2.GaussianBlur(exposed, (0, 0), blur), np.float32)
    coded = np.rint(to_srgb(np.clip(exposed, 0, 1).astype(np.float32)) * np.float32(255))
    return codes_to_linear(coded.astype(np.uint8))


class LightBatches(IterableDataset[Batch]):
    """An endless run of batches, made from batch number `first` on: features [B, 3, 64, 64], light
    [B, 9].

    Args:
        files: the taught portraits.
        environments: see `relume.train.data.load_environments`.
        config: the stage.
        folder: where sitters are kept.
        first: number of the first batch.
    """

    def __init__(
        self,
        files: Sequence[Path],
        environments: NDArray[np.float64] | None,
        config: LightConfig,
        folder: Path,
        first: int = 0,
    ) -> None:
        self._files, self._environments, self._config = files, environments, config
        self._folder, self._first = folder, first

    def __iter__(self) -> Iterator[Batch]:
        config = self._config
        sitters = made_sitters(
            self._files, self._folder, config.variants, config.strangers, config.seed
        )
        make = partial(self._sample, sitters)
        for number, rows in served(make, config.seed, 11, config.batch, config.reuse, self._first):
            rng = np.random.default_rng([config.seed, number, 13])
            yield _stacked([_mirrored(row) if rng.random() < 0.5 else row for row in rows])

    def _sample(self, sitters: Sequence[Sitter], rng: np.random.Generator) -> Sample:
        sitter = sitters[int(rng.integers(len(sitters)))]
        return light_sample(sitter, random_lit(sitter, rng, self._environments), rng)


def held_lit(
    files: Sequence[Path],
    environments: NDArray[np.float64] | None,
    config: LightConfig,
    folder: Path,
) -> dict[str, Batch]:
    """The same pictures of people kept out every time, in `hard` and in `soft` light."""
    sitters = made_sitters(files, folder, 1, 0.0, config.seed)
    out = {}
    for kind, soft in (("hard", 0.0), ("soft", 1.0)):
        rows = []
        for number in range(config.held // 2):
            rng = np.random.default_rng([config.seed, number, 14])
            sitter = sitters[number % len(sitters)]
            lit = random_lit(sitter, rng, environments, soft)
            rows.append(light_sample(sitter, lit, rng, damage=False))
        out[kind] = _stacked(rows)
    return out


def _mirrored(sample: Sample) -> Sample:
    """Left and right exchanged."""
    features, light = sample
    turned = Light(np.asarray(light, np.float64)).mirrored().coefficients[:, 0]
    return features[..., ::-1], turned.astype(np.float32)


def _stacked(rows: Sequence[Sample]) -> Batch:
    features, lights = (np.stack(part) for part in zip(*rows, strict=True))
    return {"features": torch.from_numpy(features), "light": torch.from_numpy(lights)}
