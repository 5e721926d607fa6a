"""How far the light estimators can be trusted: per coefficient, where the light is known."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...light import direction_of, directional
from ..clips import shared_tracker
from ..metrics import lighting_error, over_ambient
from ..results import Metric, Protocol
from .base import Context, Spec, Table
from .columns import COEFFICIENTS
from .people import MadeClip
from .yale import read_people

__all__ = ["LIGHT_ACCURACY", "explained"]

Floats = NDArray[np.float64]

_PEOPLE = 60


def explained(truth: Floats, said: Floats) -> tuple[Floats, Floats, Floats]:
    """How well [N, 8] estimates follow the truth.

    Returns:
        [8] R2 (share of variance explained; below 0 where the mean would guess better), [8] squared
        correlation (R2 after the best line through them), [8] gain (slope of said over truth).
    """
    centred, other = truth - truth.mean(0), said - said.mean(0)
    power = np.maximum((centred**2).sum(0), 1e-12)
    both = (centred * other).sum(0)
    r2 = 1.0 - ((said - truth) ** 2).sum(0) / power
    follow = both**2 / power / np.maximum((other**2).sum(0), 1e-12)
    return r2, follow, both / power


def _run(spec: Spec, context: Context) -> Protocol:
    metrics = [
        Metric(f"r2_{name}", f"R2 of {name}", "higher", note="share of variance explained")
        for name in COEFFICIENTS
    ]
    metrics += [
        Metric(f"follow_{name}", f"r2 of {name}", "higher", note="squared correlation")
        for name in COEFFICIENTS
    ]
    metrics += [
        Metric(f"gain_{name}", f"gain of {name}", "one", note="slope of said over true")
        for name in COEFFICIENTS
    ]
    metrics.append(Metric("error", "lighting error", "lower", note="of the estimate"))
    metrics.append(Metric("even", "error of even light", "lower", note="of guessing even light"))
    estimators = context.estimators.lights
    sets = {"made-up people": _made}
    if context.data is not None:
        sets["Yale B"] = _yale
    order = [f"{e.record.name}, {s}" for e in estimators.values() for s in sets]
    table = Table(spec, context, metrics, {"people": context.limits.items or _PEOPLE}, order)
    for what, make in sets.items():
        said, truths, items = make(context, table)
        for name, estimator in estimators.items():
            row = f"{estimator.record.name}, {what}"
            _figures(row, np.array(truths), np.array(said[name]), items, table)
    return table.finish()


def _figures(row: str, truth: Floats, said: Floats, items: list[str], table: Table) -> None:
    if not len(truth):
        table.fail("", row, "no picture in which a face was found")
        return
    a, b = over_ambient(truth)[:, 1:, 0], over_ambient(said)[:, 1:].mean(2)
    for key, values in zip(("r2", "follow", "gain"), explained(a, b), strict=True):
        for name, value in zip(COEFFICIENTS, values, strict=True):
            table.whole(row, f"{key}_{name}", float(value), len(truth))
    even = np.zeros((9, 1))
    even[0] = 1.0
    for item, wanted, estimate in zip(items, truth, said, strict=True):
        table.add(row, "error", item, lighting_error(estimate, wanted))
        table.add(row, "even", item, lighting_error(even, wanted))


def _made(
    context: Context, table: Table
) -> tuple[dict[str, list[Floats]], list[Floats], list[str]]:
    """Estimates and truths on made-up people, two lights each, as frames that are tracked."""
    said: dict[str, list[Floats]] = {name: [] for name in context.estimators.lights}
    truths, items = [], []
    tracker = shared_tracker()
    for index in range(context.limits.items or _PEOPLE):
        made = MadeClip((context.seed, 7, index), 1)
        for target in (False, True):
            picture = made.picture(0, target, (0.0, 0.0, 0.0))
            faces = tracker.detect(picture)
            name = f"made-{index + 1:02d}"
            if not faces:
                table.fail(name, "", "no face was found")
                continue
            lighting = made.target if target else made.source
            truths.append(lighting.light.coefficients[:, :1])
            items.append(name)
            for key, estimator in context.estimators.lights.items():
                said[key].append(estimator(picture, faces[0]))
    return said, truths, items


def _yale(
    context: Context, table: Table
) -> tuple[dict[str, list[Floats]], list[Floats], list[str]]:
    """Estimates and truths on all of Yale B; the face is found in frontal light."""
    assert context.data is not None
    said: dict[str, list[Floats]] = {name: [] for name in context.estimators.lights}
    truths, items = [], []
    for person in read_people(context.data, context.limits.items, table):
        for azimuth, elevation in person.pictures:
            picture = person.rgb8((azimuth, elevation))
            light = directional(direction_of(math.radians(-azimuth), math.radians(elevation)))
            truths.append(light.coefficients[:, :1])
            items.append(person.name)
            for key, estimator in context.estimators.lights.items():
                said[key].append(estimator(picture, person.face))
    return said, truths, items


LIGHT_ACCURACY = Spec(
    "light-accuracy",
    "How far the light estimators can be trusted",
    "Each coefficient over the first, read off pictures whose light is known: made-up people that"
    " no estimator was trained on and, where its folder is named, Yale B (one distant lamp each).",
    None,
    ("untouched",),
    _run,
)
