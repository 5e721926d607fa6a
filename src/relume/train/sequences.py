"""Short sequences from taught portraits, encoded once and kept on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InputError
from ..model.compact.model import CompactModel
from ..model.compact.renderer import Rendered
from ..teacher.pairs import TARGET, Pair
from ..teacher.scene import Scene
from ..teacher.sequence import make_sequence
from .checkpoint import facts
from .config import TemporalConfig
from .data import rays_of
from .kept import keep_for
from .losses import root
from .mixed import mixed
from .optimise import pictures_of

__all__ = ["VALUES", "Encoded", "encode_sequences", "load_sequence", "values_of"]

VALUES = 13
"""What is compared along a ray: square-rooted albedo, transfer / 3, alpha."""

_SURE = 0.05
"""Least share of what the photo tells for a ray to be looked for there."""
_SETTINGS = ("environments", "frames", "stored", "seed", "pairs", "motion")
"""That sequences are made by."""

_EMPTY = 0.15
"""How often a ray beyond the person is stored for each one on it."""

Encoded = dict[str, Tensor]
"""A sequence of T frames and R rays: planes float16 [T, 3, H, W, A + S]; rotation [3, 3], shift [3]
and rays [R, 2] of the one camera that looks at all frames; values [T, R, 13] that are true, target
[T, R, 13] what the model can be expected to say, known [T, R, 13] 0..1, depth [T, R], 0 where it
isn't known."""


def encode_sequences(
    model: CompactModel,
    files: Sequence[Path],
    environments: NDArray[np.float64] | None,
    config: TemporalConfig,
    folder: Path,
    count: int,
    stopped: Callable[[], int] = lambda: 0,
) -> list[Path]:
    """Make what isn't there yet of `count` sequences, the same on every run of the same settings.

    Args:
        model: held still; its encoders.
        files: taught portraits.
        environments: see `relume.train.data.load_environments`.
        config: the stage.
        folder: of their files.
        count: sequences.
        stopped: tells whether to end early.

    Returns:
        their files, in order; fewer only after `stopped`.

    Raises:
        InputError: the disk has no room for them.
    """
    settings = facts(config)
    keep_for(folder, {name: settings[name] for name in _SETTINGS})
    paths = [folder / f"{number:05d}.pt" for number in range(count)]
    missing = [n for n, path in enumerate(paths) if not path.is_file()]
    size = 2 * config.frames * 3 * model.config.plane**2
    size *= model.config.albedo_channels + model.config.shading_channels
    size += 4 * config.frames * config.stored * (3 * VALUES + 1)
    if len(missing) * size > shutil.disk_usage(folder).free:
        raise InputError(
            f"{folder} has no room for {len(missing) * size >> 20} MB of encoded sequences; make"
            " room or lower --sequences"
        )
    # However few sequences there are, they are of all kinds of portraits.
    order = np.random.default_rng(config.seed).permutation(len(files))
    for number in missing:
        if stopped():
            return [path for path in paths if path.is_file()]
        rng = np.random.default_rng([config.seed, number, 3])
        who = files[order[number % len(files)]]
        pair = (Scene.load(f) for f in (who, files[int(rng.integers(len(files)))]))
        scene, behind = pair
        frames = make_sequence(
            scene, rng, config.pairs, config.frames, environments, behind, config.motion
        )
        aside = folder / f".{paths[number].name}.{os.getpid()}"
        try:
            torch.save(_encoded(model, frames, rng, config), aside)
            os.replace(aside, paths[number])
        finally:
            aside.unlink(missing_ok=True)
    return paths


def load_sequence(path: Path) -> Encoded:
    """A sequence as it was stored.

    Raises:
        InputError: it can't be read.
    """
    try:
        found: Encoded = torch.load(path, weights_only=True)
    except Exception as error:  # torch raises its own kinds
        raise InputError(
            f"{path} can't be read ({error}); remove it to have it made anew"
        ) from error
    return found


@torch.no_grad()
def _encoded(
    model: CompactModel, frames: Sequence[Pair], rng: np.random.Generator, config: TemporalConfig
) -> Encoded:
    device = next(model.parameters()).device
    view = frames[0].targets[-1]
    maps = {
        name: np.stack([getattr(f.targets[-1], name) for f in frames]).reshape(
            len(frames), TARGET * TARGET, -1
        )
        for name in ("albedo", "transfer", "depth", "known", "alpha", "alpha_known")
    }
    told = maps["known"][..., 0].min(0) > _SURE
    chance = told + _EMPTY * (maps["alpha_known"][..., 0].min(0) > 0) + 1e-9
    at = rng.choice(TARGET * TARGET, config.stored, replace=False, p=chance / chance.sum())
    rays = rays_of(at % TARGET, at // TARGET)

    def tensor(values: NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(device)

    true = {name: tensor(values[:, at]) for name, values in maps.items()}
    values = torch.cat([root(true["albedo"]), true["transfer"] / 3, true["alpha"]], -1)
    known = torch.cat([true["known"].expand(-1, -1, VALUES - 1), true["alpha_known"]], -1)
    depth = (true["depth"] * (true["known"] > 0))[..., 0]
    pose = (tensor(np.stack([getattr(f, n) for f in frames]))
            for n in ("rotation", "shift", "intrinsics"))  # fmt: skip
    pictures = torch.from_numpy(np.stack([f.picture for f in frames])).to(device)
    with mixed(device):
        albedo, code = model.encode_albedo(pictures_of(pictures), *pose)
        shading = model.encode_shading(albedo, code)
    albedo, shading = albedo.float(), shading.float()
    rotation, shift = tensor(view.rotation), tensor(view.shift)
    count = len(frames)
    own = model.render(
        albedo, shading, rotation.expand(count, 3, 3), shift.expand(count, 3),
        tensor(rays).expand(count, -1, 2), coarse=8, fine=8, hint=depth,
    )  # fmt: skip
    # The model errs much more than its frames differ, and nearly alike in all of them: what it says
    # is wrong however it is mixed. Learnt from is the truth plus that error's median over time.
    target = values + (values_of(own) - values).median(0).values
    out = {
        "planes": torch.cat([albedo, shading], -1).half(), "rotation": rotation, "shift": shift,
        "rays": tensor(rays), "values": values, "target": target, "known": known, "depth": depth,
    }  # fmt: skip
    return {name: value.cpu().contiguous() for name, value in out.items()}


def values_of(rendered: Rendered) -> Tensor:
    """[B, R, 13] what is compared along rays; see `VALUES`."""
    assert rendered.transfer is not None
    return torch.cat([root(rendered.albedo), rendered.transfer / 3, rendered.alpha[..., None]], -1)
