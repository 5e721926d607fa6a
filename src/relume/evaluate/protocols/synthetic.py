"""Made-up people, with light, picture and surfaces known from every camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...compose import codes_to_linear
from ...errors import NoFaceError, RelumeError
from ..clips import Clip
from ..estimators import Estimators
from ..methods import Condition, Geometry, Method
from ..metrics import depth_error, normal_error, scaled_rmse, scaled_ssim
from ..results import Curve, Metric, Protocol
from .base import Context, Spec, Table
from .columns import identity_column, light_columns, motion_columns, pose_column, time_column
from .people import MadeClip, make_clip
from .watch import InputView, Seen, watch

__all__ = ["SYNTHETIC"]

Pixels = NDArray[np.uint8]

_PEOPLE = 12
_TURN = (0.17, 0.0, 0.0)
_FRAMES = 12


def _run(spec: Spec, context: Context) -> Protocol:
    limits = context.limits
    count = limits.items or _PEOPLE
    frames = min(limits.frames or _FRAMES, _FRAMES)
    table = Table(spec, context, _columns(context.estimators), {"people": count, "frames": frames})
    table.missing()
    table.used("people", count, _PEOPLE)
    table.used("frames", frames, _FRAMES)
    for index in range(count):
        name = f"person-{index + 1:02d}"
        context.say(f"{spec.name}: {name}")
        made = MadeClip((context.seed, index), frames)
        clip = make_clip(made, name)
        missed = sum(face is None for face in clip.faces)
        if missed:
            table.fail(name, "", NoFaceError(f"the tracker missed {missed} of {frames} frames"))
        if missed == frames:
            continue
        _person(clip, made, table, first=index == 0)
    return table.finish()


def _columns(estimators: Estimators) -> list[Metric]:
    text = "on the head, linear light, one scale fitted"
    out = [
        Metric("rmse", "error to the truth", "lower", "", f"RMSE over the truth's RMS, {text}"),
        Metric("ssim", "SSIM to the truth", "higher", "", f"of square roots {text}"),
        Metric("rmse_turned", "error, camera turned", "lower", "", f"10 degrees; {text}"),
        Metric("ssim_turned", "SSIM, camera turned", "higher", "", f"10 degrees; {text}"),
        Metric("depth", "depth error", "lower", "", "median, offset removed; 0.027 a centimetre"),
        Metric("normals", "normal error", "lower", "rad", "mean angle on the head"),
    ]
    out += [m for m in light_columns(estimators) if not m.name.endswith("_people")]
    out += [*identity_column(estimators), *motion_columns(estimators, turned=False)]
    return [*out, pose_column(), time_column()]


def _person(clip: Clip, made: MadeClip, table: Table, first: bool) -> None:
    est = table.context.estimators
    given = InputView(clip, est)
    light = made.target.light
    own = watch(clip.frames(), Condition("input", None), given, est).values()
    rows = []
    for name, turn in (("relit", (0.0, 0.0, 0.0)), ("relit-turned", _TURN)):
        truths = list(made.frames(True, turn))
        masks = [made.drawn(k, turn).alpha for k in range(len(clip))]
        condition = Condition(name, light, turn, partial(iter, truths))
        shown: dict[str, Seen] = {}
        tiles = [given.views[len(clip) // 2], clip.view(truths[len(clip) // 2])]
        for method in table.methods:
            kept: list[Pixels] = []
            try:
                frames = _keeping(method, clip, condition, kept)
                seen = watch(frames, condition, given, est)
            except RelumeError as error:
                table.fail(clip.name, method.name, error, name)
                tiles.append(np.full_like(tiles[0], 128))
                continue
            if seen.lost:
                text = f"{name}: no face in {seen.lost} of {len(clip)} results"
                table.fail(clip.name, method.name, text)
            suffix = "_turned" if condition.turned else ""
            _truth(kept, truths, masks, method.name, clip, suffix, table)
            if not suffix:
                _figures(seen, own, method.name, clip, table)
                shown[method.name] = seen
            else:
                table.add(method.name, "pose", clip.name, seen.values().get("pose"))
            if seen.middle is not None:
                tiles.append(seen.middle)
        rows.append(np.hstack(tiles))
        if first and shown and "light" in next(iter(shown.values())).series:
            _plot(clip, shown, table)
    _surfaces(clip, made, Condition("relit", light), table)
    columns = ["input", "truth", *(m.name for m in table.methods)]
    table.show(f"{clip.name}: relit; relit and turned", columns, np.vstack(rows))


def _keeping(
    method: Method, clip: Clip, condition: Condition, kept: list[Pixels]
) -> Iterator[Pixels]:
    for frame in method.run(clip, condition):
        kept.append(frame)
        yield frame


def _truth(
    kept: Sequence[Pixels],
    truths: Sequence[Pixels],
    masks: Sequence[NDArray[np.bool_]],
    method: str,
    clip: Clip,
    suffix: str,
    table: Table,
) -> None:
    errors, likeness = [], []
    for out, truth, mask in zip(kept, truths, masks, strict=True):
        a, b = (codes_to_linear(x) for x in (out, truth))
        errors.append(scaled_rmse(a, b, mask))
        likeness.append(scaled_ssim(a, b, mask))
    table.add(method, f"rmse{suffix}", clip.name, float(np.mean(errors)))
    table.add(method, f"ssim{suffix}", clip.name, float(np.mean(likeness)))


def _figures(seen: Seen, own: dict[str, float], method: str, clip: Clip, table: Table) -> None:
    values = seen.values()
    for name in ("warping", "adjacent"):
        if name in values and own.get(name):
            values[f"{name}_ratio"] = values[name] / own[name]
    for metric in table.metrics:
        if metric.name in values and metric.name not in ("depth", "normals", "pose"):
            table.add(method, metric.name, clip.name, values[metric.name])


def _surfaces(clip: Clip, made: MadeClip, condition: Condition, table: Table) -> None:
    for method in table.methods:
        if not isinstance(method, Geometry):
            continue
        for index, (depth, normals, known) in enumerate(method.geometry(clip, condition)):
            truth = made.drawn(index)
            both = truth.alpha & (known > 0.5)
            if both.any():
                table.add(method.name, "depth", clip.name, depth_error(depth, truth.depth, both))
                error = normal_error(normals, truth.normals, both)
                table.add(method.name, "normals", clip.name, error)


def _plot(clip: Clip, shown: dict[str, Seen], table: Table) -> None:
    series = {name: seen.series["light"] for name, seen in shown.items() if "light" in seen.series}
    usable = [k for k in range(len(clip)) if all(np.isfinite(s[k]) for s in series.values())]
    if len(usable) > 1:
        values = {name: [float(s[k]) for k in usable] for name, s in series.items()}
        x = [clip.times[k] for k in usable]
        title = "lighting error"
        table.curves.append(Curve(title, clip.name, x, values, y_title=title))


SYNTHETIC = Spec(
    "synthetic",
    "Made-up people, everything known",
    "Short videos of people drawn by code, two thirds of them under lamps with sharp shadows, relit"
    " to another such light and seen from a camera turned by 10 degrees; the truth is drawn too."
    " Heads are of the shapes that the tracker fits, so surfaces come easier here than in life.",
    None,
    ("untouched", "oracle", "frozen", "blurred", "ratio", "ratio-alone", "compact"),
    _run,
)
