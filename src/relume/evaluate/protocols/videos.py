"""Tables 1, 4 and 5 of Cai et al. (CVPR 2024): videos under new lights, in any view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, RelumeError
from ...light import Light, load_light
from ..clips import Clip, find_inputs, open_clip
from ..methods import Condition, Method
from ..metrics import lighting_instability
from ..results import Curve, Protocol
from .base import Context, Spec, Table, wanted
from .columns import identity_column, light_columns, motion_columns, pose_column, time_column
from .watch import InputView, Seen, watch

_Lights = dict[str, dict[str, dict[str, dict[str, NDArray[np.float64]]]]]
"""Estimator to method to clip to condition to the mean light."""

__all__ = ["ABLATION", "INPUT_VIEW", "LIGHTS", "NOVEL_VIEWS", "VIEWS", "conditions", "run_videos"]

LIGHTS = ("rembrandt", "split:right", "butterfly", "soft-window", "golden-hour")
"""Five presets, from both sides, from above, hard and soft, one of them coloured."""

VIEWS = ((0.3, 0.0), (-0.3, 0.0), (0.0, 0.2))
"""Yaw and pitch in radians of the three novel views."""

_HERE = ((0.0, 0.0),)


def conditions(
    lights: Sequence[str], views: Sequence[tuple[float, float]], most: tuple[int, int]
) -> list[Condition]:
    """Each light in each view, at most so many lights and views (0: all)."""
    out = []
    for yaw, pitch in views[: most[1] or None]:
        for name in lights[: most[0] or None]:
            short = name.replace(":", "-")
            if yaw or pitch:
                short += f"_y{math.degrees(yaw):+.0f}_p{math.degrees(pitch):+.0f}"
            out.append(Condition(short, preset(name), (yaw, pitch, 0.0)))
    return out


def preset(name: str) -> Light:
    """A preset's light."""
    return load_light(name).at(0.0)


def run_videos(
    spec: Spec,
    context: Context,
    *,
    views: Sequence[tuple[float, float]],
    temporal_only: bool = False,
) -> Protocol:
    """Run every method on every video, light and view.

    Raises:
        InputError: no folder was named, or nothing is in it.
    """
    if context.data is None:
        raise InputError(f"{spec.name} needs a folder of videos")
    limits = context.limits
    asked = conditions(LIGHTS, views, (limits.lights, limits.views))
    paths = find_inputs(context.data, limits.items, stills=False)
    turned = any(c.turned for c in asked)
    metrics = light_columns(context.estimators)
    if temporal_only:
        metrics = [m for m in metrics if m.name.endswith("_instability")]
    metrics += identity_column(context.estimators)
    metrics += motion_columns(context.estimators, turned=turned)
    metrics += [] if temporal_only else [pose_column(), time_column()]
    settings = {
        "frames": limits.frames,
        "conditions": [c.name for c in asked],
        "videos": [p.name for p in paths],
    }
    table = Table(spec, context, metrics, settings)
    table.missing()
    seen_from = len({c.turn for c in asked})
    table.used("lights", len(asked) // seen_from, len(LIGHTS))
    table.used("views", seen_from, len(views))
    table.used("videos", len(paths), len(find_inputs(context.data, 0, stills=False)))
    if limits.frames:
        table.used("frames of each video (the paper)", limits.frames, 500)
    means: _Lights = {}
    for path in paths:
        _run_clip(path, asked, table, means)
    _over_people(means, table)
    return table.finish()


def _run_clip(
    path: Path,
    asked: Sequence[Condition],
    table: Table,
    means: _Lights,
) -> None:
    context = table.context
    context.say(f"{table.spec.name}: {path.name}")
    try:
        clip = open_clip(path, context.limits.frames)
        given = InputView(clip, context.estimators)
    except RelumeError as error:
        table.fail(path.stem, "", error)
        return
    missed = sum(face is None for face in clip.faces)
    if missed:
        table.fail(clip.name, "", f"no face in {missed} of {len(clip)} frames, which are left out")
    own = _own_motion(clip, given, context)
    rows = []
    for number, condition in enumerate(asked):
        shown: dict[str, Seen] = {}
        for method in table.methods:
            seen = _try(method, condition, given, table)
            if seen is None:
                continue
            shown[method.name] = seen
            values = seen.values()
            for name in ("warping", "adjacent"):
                if name in values and own.get(name):
                    values[f"{name}_ratio"] = values[name] / own[name]
            for metric in table.metrics:
                if metric.name in values:
                    value = values[metric.name]
                    table.add(method.name, metric.name, clip.name, value, condition.name)
            for light, said in seen.lights.items():
                clips = means.setdefault(light, {}).setdefault(method.name, {})
                mean = np.mean([s / s[0] for s in said], axis=0)
                clips.setdefault(clip.name, {})[condition.name] = mean
        if number == 0:
            _plot(clip, condition, shown, table)
        rows.append(_line(given, shown, table))
    picture = np.concatenate(rows[:5], 0)
    columns = ["input", *(m.name for m in table.methods)]
    names = ", ".join(c.name for c in asked[:5])
    table.show(f"{clip.name}: {names}", columns, picture)


def _try(method: Method, condition: Condition, given: InputView, table: Table) -> Seen | None:
    clip = given.clip
    try:
        seen = watch(method.run(clip, condition), condition, given, table.context.estimators)
    except RelumeError as error:
        table.fail(clip.name, method.name, error, condition.name)
        return None
    if seen.lost:
        text = f"{condition.name}: no face found in {seen.lost} of {len(clip)} result frames"
        table.fail(clip.name, method.name, text)
    return seen


def _own_motion(clip: Clip, given: InputView, context: Context) -> dict[str, float]:
    """Warping error and adjacent-frame distance of the input itself."""
    still = Condition("input", None)
    seen = watch(clip.frames(), still, given, context.estimators)
    return seen.values()


def _over_people(means: _Lights, table: Table) -> None:
    """Instability over people: of each one's mean light, under one light and view.

    Of a method that lacks somebody under a condition that others have, that one is left out.
    """
    for light, methods in means.items():
        asked = wanted(methods)
        for method, clips in methods.items():
            people = [found for clip, found in clips.items() if asked[clip] <= found.keys()]
            values = []
            for condition in dict.fromkeys(c for found in people for c in found):
                lights = [found[condition] for found in people if condition in found]
                if len(lights) > 1:
                    values.append(lighting_instability(lights))
            if values:
                table.whole(method, f"{light}_people", float(np.mean(values)), len(people))


def _plot(clip: Clip, condition: Condition, shown: dict[str, Seen], table: Table) -> None:
    for metric, y_title in (("light", "lighting error"), ("warping", "warping error")):
        series = {
            name: seen.series[metric] for name, seen in shown.items() if metric in seen.series
        }
        usable = [k for k in range(len(clip)) if all(np.isfinite(s[k]) for s in series.values())]
        if series and len(usable) > 1:
            table.curves.append(
                Curve(
                    f"{y_title}, {condition.name}",
                    clip.name,
                    [clip.times[k] for k in usable],
                    {name: [float(s[k]) for k in usable] for name, s in series.items()},
                    y_title=y_title,
                )
            )


def _line(given: InputView, shown: dict[str, Seen], table: Table) -> NDArray[np.uint8]:
    """Input and results side by side; grey where a method failed."""
    view = given.views[len(given.views) // 2]
    tiles = [view]
    for method in table.methods:
        seen = shown.get(method.name)
        middle = None if seen is None else seen.middle
        tiles.append(np.full_like(view, 128) if middle is None else middle)
    return np.concatenate(tiles, 1)


NOVEL_VIEWS = Spec(
    "novel-views",
    "Relighting of videos in novel views (the paper's Table 1)",
    "Every video under five lights from three cameras turned by 17 degrees to either side and 11"
    " up, which no frame shows.",
    "videos",
    (
        *("untouched", "frozen", "blurred", "ratio", "ratio-alone", "compact", "compact-no-detail"),
        "paper",
    ),
    partial(run_videos, views=VIEWS),
)

INPUT_VIEW = Spec(
    "input-view",
    "Relighting of videos in their own view (the paper's Table 4)",
    "Every video under five lights, seen as it was filmed.",
    "videos",
    (
        "untouched",
        "frozen",
        "blurred",
        "ratio",
        "ratio-alone",
        "compact",
        "compact-no-detail",
        "paper",
        "dpr",
    ),
    partial(run_videos, views=_HERE),
)

ABLATION = Spec(
    "temporal-ablation",
    "What is carried from frame to frame (the paper's Table 5)",
    "Each model in the input view: with all that it carries from frame to frame; without, the face"
    " followed as ever (-no-memory); and with every frame found anew (-alone).",
    "videos",
    (
        "untouched",
        *("ratio", "ratio-no-memory", "ratio-alone"),
        *("compact", "compact-no-memory", "compact-alone"),
        *("paper", "paper-no-memory", "paper-alone"),
    ),
    partial(run_videos, views=_HERE, temporal_only=True),
)
