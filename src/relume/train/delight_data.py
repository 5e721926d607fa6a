"""Pictures under hard light, and what takes it off; batch number n is the same on every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from ..compact_engine import CompactEngineConfig
from ..compact_engine.delight import FINE, PIXELS, delight_features, explained_by, floor_of
from ..compact_engine.reading import EVEN, Reading, read
from ..compact_engine.source import learn_light, shading_of
from ..compose import codes_to_linear, smoothstep
from ..errors import InputError
from ..geometry import Camera
from ..ratio import SourceLight
from ..runtime import RAYS, CompactRuntime
from ..teacher.pairs import PairConfig, Shot, from_any_side, scenery
from ..teacher.scene import Scene
from ..teacher.strangers import stranger
from .config import DelightConfig
from .data import Batch, chances, served

__all__ = ["DelightBatches", "delight_sample", "held_samples"]

Floats = NDArray[np.float32]
Sample = dict[str, Floats]

_TRIES = 200
"""Pictures one after the other without a face from which a model is taken to show none."""

_SHADE = np.float32(0.02)
"""Shading that is left in the deepest creases under even light."""

_OTHER = np.float32(0.25)
"""How much hair, eyes and lips count beside skin, where the teacher is surest."""

_FEWEST = 100.0
"""Cells that a picture must tell something of."""

_MOST = 6.0
"""Of the target, where a channel is all but black."""


def delight_sample(
    scene: Scene,
    rng: np.random.Generator,
    pairs: PairConfig,
    environments: NDArray[np.float64] | None,
    backdrop: Scene,
    runtime: CompactRuntime,
) -> Sample | None:
    """What the network is shown of one random picture of a portrait, and what is right.

    The picture goes through the engine as if it were filmed: encoded, rendered in its own view, its
    source light fitted. What is right is the logarithm of the factor that makes of it the person
    under even light, creases in their own shade, over what the ratio of shadings does already.

    Args:
        scene: the portrait.
        rng: all randomness.
        pairs: what the picture is like.
        environments: [E, 9, 3] coefficients of real surroundings in the view frame.
        backdrop: another portrait, whose blurred photo may stand behind.
        runtime: the model.

    Returns:
        features [33, N, N], target [3, N, N], weight [1, N, N] 0..1 how far the target is known;
        None where the engine sees no face.
    """
    scene = from_any_side(scene, rng, pairs)
    shot = Shot.draw(rng, pairs)
    picture, _ = shot.take(scenery(scene, rng, pairs, environments, backdrop), rng)
    fine = np.asarray(_halved(picture), np.uint8)
    reading = _read(picture, fine, Camera.from_pose(scene.rotation, scene.shift), runtime)
    if reading is None:
        return None
    bounce = CompactEngineConfig().gain.bounce
    shade = np.maximum(scene.transfer[..., :1].astype(np.float32) * EVEN, 0) + _SHADE
    even, alpha, skin = (
        _halved(shot.cropped(np.asarray(part, np.float32)))
        for part in (scene.albedo * shade, scene.alpha, scene.skin)
    )
    weight = cv2.resize(reading.weight, (FINE, FINE)) * smoothstep(alpha, 0.7, 0.95)
    weight *= _OTHER + (1 - _OTHER) * skin
    share = _cells(weight[..., None])
    if share.sum() < _FEWEST:
        return None
    light = codes_to_linear(fine)
    floor = floor_of(reading)
    level = (weight.ravel() @ light.reshape(-1, 3)) / np.maximum(
        weight.ravel() @ even.reshape(-1, 3), 1e-4
    )
    factor = np.log((even * level.astype(np.float32) + floor) / (light + floor))
    target = _cells(factor * weight[..., None]) / np.maximum(share, np.float32(1e-3))
    target = np.clip(target + explained_by(reading, bounce), -_MOST, _MOST)
    return {
        "features": delight_features(reading, fine, bounce),
        "target": target.astype(np.float32).transpose(2, 0, 1),
        "weight": share.transpose(2, 0, 1),
    }


def _read(
    picture: NDArray[np.uint8], fine: NDArray[np.uint8], camera: Camera, runtime: CompactRuntime
) -> Reading | None:
    """What the engine reads in a picture that it has never seen before."""
    config = CompactEngineConfig()
    views = runtime.render(runtime.encode(picture, camera), camera)
    cells = cv2.resize(fine, (RAYS, RAYS), interpolation=cv2.INTER_AREA)
    frame = codes_to_linear(cells)
    source = SourceLight(config.source)
    learn_light(source, views, frame, camera, 0.0)
    if not source.known:
        return None
    shading = shading_of(views, source.light().to_head(camera))
    return read(views, frame, shading, config.gain.soften, config.gain.floor)


def _halved(maps: NDArray[np.generic]) -> Floats:
    return np.asarray(cv2.resize(np.asarray(maps), (FINE, FINE), interpolation=cv2.INTER_AREA))


def _cells(fine: Floats) -> Floats:
    """[2 N, 2 N, C] averaged into [N, N, C]."""
    return np.asarray(fine.reshape(RAYS, 2, RAYS, 2, -1).mean((1, 3)), np.float32)


class DelightBatches(IterableDataset[Batch]):
    """An endless run of batches, made from batch number `first` on.

    Each sample serves `config.reuse` batches of its block.

    Args:
        files: the taught portraits.
        environments: see `relume.train.data.load_environments`.
        config: the stage.
        weights: file of the model that the samples go through.
        first: number of the first batch.
    """

    def __init__(
        self,
        files: Sequence[Path],
        environments: NDArray[np.float64] | None,
        config: DelightConfig,
        weights: Path,
        first: int = 0,
    ) -> None:
        self._files, self._environments, self._config = files, environments, config
        self._weights, self._first = weights, first
        self._chance = chances(files, config.even, config.even_weight)

    def __iter__(self) -> Iterator[Batch]:
        config, runtime = self._config, CompactRuntime(self._weights)
        scenes = [Scene.load(f) for f in self._files]
        make = partial(self._sample, scenes, runtime)
        for number, rows in served(make, config.seed, 5, config.batch, config.reuse, self._first):
            rng = np.random.default_rng([config.seed, number, 7])
            turned = [_mirrored(row) if rng.random() < 0.5 else row for row in rows]
            hidden = rng.random(len(rows)) < config.forget
            yield {**_stacked(turned), "hidden": torch.from_numpy(hidden)}

    def _sample(
        self, scenes: Sequence[Scene], runtime: CompactRuntime, rng: np.random.Generator
    ) -> Sample:
        for _ in range(_TRIES):
            who = scenes[int(rng.choice(len(scenes), p=self._chance))]
            behind = scenes[int(rng.integers(len(scenes)))]
            if rng.random() < self._config.strangers:
                who = stranger(who, scenes[int(rng.integers(len(scenes)))], rng)
            if rng.random() < self._config.grey:
                who, behind = who.grey(), behind.grey()
            found = delight_sample(
                who, rng, self._config.pairs, self._environments, behind, runtime
            )
            if found is not None:
                return found
        raise _no_face(self._weights)


def held_samples(
    files: Sequence[Path],
    environments: NDArray[np.float64] | None,
    config: DelightConfig,
    weights: Path,
) -> Batch:
    """The same pictures of people kept out every time, in colour and their own relief.

    Raises:
        InputError: the model shows no face in any of them.
    """
    runtime, rows = CompactRuntime(weights), list[Sample]()
    scenes, pairs = [Scene.load(f) for f in files], replace(config.pairs, relief=0.0)
    for number in range(config.held):
        rng = np.random.default_rng([config.seed, number, 8])
        scene, behind = scenes[number % len(scenes)], scenes[(number * 7 + 1) % len(scenes)]
        found = delight_sample(scene, rng, pairs, environments, behind, runtime)
        if found is not None:
            rows.append(found)
    if not rows:
        raise _no_face(weights)
    return _stacked(rows)


def _no_face(weights: Path) -> InputError:
    return InputError(
        f"the model in {weights.parent.parent} shows no face in the taught portraits yet; train it"
        " for longer before `relume train delight`"
    )


def _mirrored(sample: Sample) -> Sample:
    """Left and right exchanged. Of two pixels in a cell, too: their channels are."""
    out = {name: value[..., ::-1] for name, value in sample.items()}
    features = out["features"].copy()
    pixels = features[PIXELS]
    halves = pixels.reshape(-1, 2, 2, *pixels.shape[1:])
    features[PIXELS] = halves[:, :, ::-1].reshape(pixels.shape)
    return {**out, "features": features}


def _stacked(rows: Sequence[Sample]) -> Batch:
    return {name: torch.from_numpy(np.stack([r[name] for r in rows])) for name in rows[0]}
