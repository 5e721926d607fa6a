"""People one by one: ten lights, turned cameras, each coefficient of the light, and skin tone."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError, RelumeError
from ...light import LAMBERT
from ..clips import Clip, find_inputs, open_still
from ..estimators import Estimators
from ..methods import Condition
from ..metrics import ita_class, over_ambient, typology_angle
from ..results import Metric, Protocol
from .base import Context, Spec, Table
from .columns import COEFFICIENTS, identity_column, light_columns, pose_column
from .videos import LIGHTS, conditions
from .watch import InputView, Seen, watch

__all__ = ["PORTRAITS", "TEN_LIGHTS", "ten_lights"]

Pixels = NDArray[np.uint8]

TEN_LIGHTS = (*LIGHTS, "loop", "clamshell", "overcast", "noon", "moonlight")
"""Ten presets: the five of the videos, and five more."""

_TURNED = ((0.3, 0.0), (-0.3, 0.0), (0.0, 0.2), (0.0, -0.2))
_HERE = ((0.0, 0.0),)
_TONES = ("very light", "light", "intermediate", "tan", "brown", "dark")
LABELS = "labels.csv"
"""In the pictures' folder: first the picture's name without ending, then what groups it."""


def _run(spec: Spec, context: Context) -> Protocol:
    if context.data is None:
        raise InputError(f"{spec.name} needs a folder of pictures")
    est, limits = context.estimators, context.limits
    asked = ten_lights(limits.lights)
    turned = conditions(LIGHTS[:1], _TURNED, (1, limits.views))
    paths = find_inputs(context.data, limits.items, stills=True)
    settings = {"pictures": len(paths), "conditions": [c.name for c in (*asked, *turned)]}
    table = Table(spec, context, _columns(est), settings)
    single = {f"{light}_{c}" for light in est.lights for c in COEFFICIENTS}
    table.grouped = tuple(m.name for m in table.metrics if m.name not in single)
    table.missing()
    table.used("lights", len(asked), len(TEN_LIGHTS))
    table.used("turned cameras", len(turned), len(_TURNED))
    table.used("pictures", len(paths), len(find_inputs(context.data, 0, stills=True)))
    labels = _labels(context.data)
    for path in paths:
        context.say(f"{spec.name}: {path.name}")
        try:
            clip = open_still(path)
        except RelumeError as error:
            table.fail(path.stem, "", error)
            continue
        _group(clip, labels, table)
        given = InputView(clip, est)
        misses, tiles = _Misses(), dict[str, list[Pixels]]()
        for condition in (*asked, *turned):
            for method in table.methods:
                try:
                    seen = watch(method.run(clip, condition), condition, given, est)
                except RelumeError as error:
                    table.fail(clip.name, method.name, error, condition.name)
                    continue
                if seen.lost:
                    table.fail(clip.name, method.name, f"{condition.name}: no face in the result")
                _figures(seen, method.name, clip.name, condition, table)
                if not condition.turned:
                    misses.add(seen, method.name, condition.name)
                if seen.middle is not None:
                    tiles.setdefault(condition.name, []).append(seen.middle)
        misses.tell(clip.name, table)
        whole = [np.hstack([given.views[0], *t]) for t in tiles.values()]
        whole = [row for row in whole if row.shape[1] == (1 + len(table.methods)) * row.shape[0]]
        if whole:
            shown = whole[:3] + whole[-2:] if len(whole) > 5 else whole
            columns = ["input", *(m.name for m in table.methods)]
            table.show(clip.name, columns, np.vstack(shown))
    return table.finish()


def ten_lights(most: int) -> list[Condition]:
    """The pictures' own view under the first `most` of the ten lights; 0 for all."""
    return conditions(TEN_LIGHTS, _HERE, (most, 0))


def _columns(est: Estimators) -> list[Metric]:
    out = light_columns(est, instability=False)
    out += [
        Metric(f"{m.name}_turned", f"{m.title}, camera turned", "lower", note=m.note)
        for m in light_columns(est, instability=False)
    ]
    out += identity_column(est)
    for name, what in (("yaw", "turned by 0.3 rad to either side"), ("pitch", "0.2 rad up, down")):
        for m in identity_column(est):
            out.append(Metric(f"{m.name}_{name}", f"{m.title}, {name}", m.better, "", what))
    out.append(pose_column())
    for name, estimator in est.lights.items():
        note = (
            "root mean square of this coefficient's error over the first coefficient, times its"
            f" Lambert factor, in the input's own view, by the {estimator.record.name}"
        )
        what = "" if name == "light" else f" ({name.upper()})"
        out += [
            Metric(f"{name}_{c}", f"light error in {c}{what}", "lower", note=note)
            for c in COEFFICIENTS
        ]
    return out


def _figures(seen: Seen, method: str, item: str, condition: Condition, table: Table) -> None:
    values, asked = seen.values(), condition.name
    yaw, pitch, _ = condition.turn
    where = "_yaw" if yaw else "_pitch" if pitch else ""
    for name in table.context.estimators.lights:
        table.add(method, f"{name}_turned" if where else name, item, values.get(name), asked)
    table.add(method, f"identity{where}", item, values.get("identity"), asked)
    if where:
        table.add(method, "pose", item, values.get("pose"), asked)


class _Misses:
    """Errors of single coefficients over one person's lights."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, NDArray[np.float64]]] = {}

    def add(self, seen: Seen, method: str, condition: str) -> None:
        for name, wanted in seen.wanted.items():
            miss = over_ambient(seen.lights[name][0]) - over_ambient(wanted[0])
            self._found.setdefault((method, name), {})[condition] = LAMBERT[1:, None] * miss[1:]

    def tell(self, item: str, table: Table) -> None:
        for (method, name), misses in self._found.items():
            for coefficient, value in zip(
                COEFFICIENTS,
                np.sqrt(np.mean(np.square(list(misses.values())), axis=(0, 2))),
                strict=True,
            ):
                table.add(method, f"{name}_{coefficient}", item, float(value), *misses)


def _group(clip: Clip, labels: dict[str, dict[str, str]], table: Table) -> None:
    face = clip.faces[0]
    assert face is not None  # stills without a face aren't opened
    angle = typology_angle(next(clip.frames()), face.landmarks)
    if angle is not None:
        table.group("skin as photographed", ita_class(angle), clip.name, _TONES)
    for kind, group in labels.get(clip.name, {}).items():
        table.group(kind, group, clip.name)


def _labels(folder: Path) -> dict[str, dict[str, str]]:
    """What the folder says of its pictures, by name; nothing where it says nothing.

    Raises:
        InputError: the file can't be read.
    """
    path = folder / LABELS
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows: Sequence[dict[str, str]] = list(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read ({error}); make it a CSV in UTF-8") from None
    out = {}
    for row in rows:
        name, *rest = row.items()
        out[name[1]] = {k: v.strip() for k, v in rest if k and v and v.strip()}
    return out


PORTRAITS = Spec(
    "portraits",
    "People under ten lights and from four sides",
    "Every picture under ten lights as it was taken, and in rembrandt light from cameras turned by"
    " 17 degrees to either side and 11 up and down; lighting error also coefficient by coefficient,"
    " and all of it by how light the skin is in the picture.",
    "pictures",
    ("untouched", "ratio", "compact", "compact-no-detail", "paper", "dpr"),
    _run,
)
