"""What an ablation's variants are compared by, and the table of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..geometry import FOCAL
from ..model.compact.renderer import Rendered, image_rays
from ..teacher.pairs import Pair, Target
from ..teacher.scene import Scene
from .validate import (
    SIZE,
    TURN,
    figures_of,
    fixed_lights,
    halved,
    in_head,
    turned_target,
    weight_of,
)
from .variants import VARIANTS, VariantModel

__all__ = ["FIGURES", "figures", "table"]

FIGURES = "figures.jsonl"
"""In the run's folder: a line a variant and measurement."""

Floats = NDArray[np.float32]


@torch.no_grad()
def figures(model: VariantModel, people: Sequence[tuple[Scene, Pair]]) -> dict[str, list[float]]:
    """Figures of each person, as `relume.train.validate.look` defines them, and one more.

    `bend` is how far shading under the mean of two lights is from the mean of the shadings under
    either, over its mean: 0 for a model that is linear in the light, where nothing is clipped.
    """
    out: dict[str, list[float]] = {}
    for number, (scene, pair) in enumerate(people):
        picture = torch.from_numpy(np.array(pair.picture, np.float32) / 255).permute(2, 0, 1)[None]
        albedo, code = model.encode_albedo(
            picture, _tensor(pair.rotation), _tensor(pair.shift), _tensor(pair.intrinsics)
        )
        own = pair.targets[0]
        lights = [in_head(light, own) for light in fixed_lights()]
        lights.append(np.asarray((lights[0] + lights[1]) / 2, np.float32))
        other = turned_target(scene, TURN if number % 2 else -TURN)
        for name, target in (("", own), ("_turned", other)):
            views = _seen(model, albedo, code, target, lights)
            truth, told = halved(target), [view[:2] for view in views[:-1]]
            found = figures_of(told, views[-1][2], truth, lights[:-1])
            found["bend"] = _bend([views[i][1] for i in (0, 1, -1)], truth)
            for key, value in found.items():
                out.setdefault(key + name, []).append(value)
    return out


def table(run: Path) -> str:
    """The last measured figures of a run as a table in Markdown.

    PSNRs of the variants are differences from the first one's, with the standard error of the mean
    of people's differences; one person's has none.
    """
    lines = [json.loads(line) for line in (run / FIGURES).read_text().splitlines()]
    last = [line for line in lines if line["step"] == lines[-1]["step"]]
    base = last[0]
    rows = [
        "| variant | relit, dB | turned and relit, dB | albedo | shading | alpha | bend | time |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line in last:
        cells = [VARIANTS[line["variant"]].title]
        for key in ("psnr", "psnr_turned"):
            gap = np.array(line[key]) - (0 if line is base else np.array(base[key]))
            alone = line is base or len(gap) < 2
            error = "" if alone else f" ± {gap.std(ddof=1) / len(gap) ** 0.5:.2f}"
            cells.append(f"{gap.mean():.2f}" if line is base else f"{gap.mean():+.2f}{error}")
        cells += [f"{np.mean(line[k]):.4f}" for k in ("albedo", "shading", "alpha", "bend")]
        cells.append(f"{line['seconds'] / base['seconds']:.2f}")
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _seen(
    model: VariantModel, albedo: Tensor, code: Tensor, target: Target, lights: Sequence[Floats]
) -> list[tuple[Floats, Floats, Floats]]:
    """Albedo, shading and alpha, 64 x 64, under each of the lights."""
    rays = image_rays(SIZE, FOCAL)[None]
    out = []
    rendered: Rendered | None = None
    for light in lights:
        told = _tensor(light)
        if rendered is None or model.lit:
            planes = model.shading_planes(albedo, code, told)
            rendered = model.render(
                albedo, planes, _tensor(target.rotation), _tensor(target.shift), rays,
                coarse=16, fine=16,
            )  # fmt: skip
        maps = (rendered.albedo, model.shading(rendered, told), rendered.alpha[..., None])
        a, s, o = (np.asarray(m[0].reshape(SIZE, SIZE, -1).numpy(), np.float32) for m in maps)
        out.append((a, s, o[..., 0]))
    return out


def _bend(shadings: Sequence[Floats], truth: Target) -> float:
    """See `figures`; of shadings under two lights, and under their mean."""
    one, other, both = shadings
    weight = weight_of(truth)
    gap = np.abs(both - (one + other) / 2).mean(2)
    return float((gap * weight).sum() / (both.mean(2) * weight).sum())


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(np.array(values, np.float32))[None]
