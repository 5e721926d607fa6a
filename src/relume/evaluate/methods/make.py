"""Methods by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ...errors import UsageError
from ...light.node import did_you_mean
from ...pipeline import Engine
from ...pipeline.models import MODELS, ModelOptions, build_engine
from .base import Method
from .compact import CompactMethod, WithoutDetail
from .dpr import Dpr
from .engine import EachFrameAlone, EngineMethod, TrackedGeometry, WithoutMemory
from .simple import Absent, Blurred, External, Frozen, Oracle, Untouched

__all__ = ["METHODS", "make_methods"]

METHODS = {
    "untouched": "the input as it is",
    "oracle": "the truth, where it is known",
    "frozen": "the ratio model's first frame for ever",
    "blurred": "the ratio model's frames, blurred",
    "dpr": "DPR, where its weights are given",
    "ratio": "relume's ratio images",
    "ratio-no-memory": "the same, nothing carried from frame to frame but the face's place",
    "ratio-alone": "the same, each frame alone",
    "compact": "relume's compact neural model",
    "compact-no-memory": "the same, nothing carried from frame to frame but the face's place",
    "compact-alone": "the same, each frame alone",
    "compact-no-detail": "the same, drawn by the model without the frame's own detail",
    "paper": "the published networks, where their weights are imported",
    "paper-no-memory": "the same, nothing carried from frame to frame but the face's place",
    "paper-alone": "the same, each frame alone",
}
"""Names and what they stand for."""


def make_methods(
    names: Sequence[str], *, external: Sequence[str] = (), dpr: Path | None = None
) -> list[Method]:
    """Methods in the order of their names, external ones last.

    Args:
        names: of `METHODS`; after a model's name, @FILE names other weights for it.
        external: NAME=FOLDER of other programs' frames; see `External`.
        dpr: DPR's weights.

    Raises:
        UsageError: no such method, or two of one name.
        InputError: an external method's folder is missing.
    """
    methods = [_make(name, dpr) for name in names]
    for text in external:
        name, sign, folder = text.partition("=")
        if not (name and sign and folder):
            raise UsageError(f"external frames are given as NAME=FOLDER, not {text!r}")
        methods.append(External(name, Path(folder)))
    if len({m.name for m in methods}) < len(methods):
        raise UsageError("two methods of one name can't be told apart: rename one")
    return methods


def _make(name: str, dpr: Path | None) -> Method:
    simple: dict[str, Callable[[], Method]] = {
        "untouched": Untouched,
        "oracle": Oracle,
        "frozen": lambda: Frozen(_model("ratio")),
        "blurred": lambda: Blurred(_model("ratio")),
    }
    if name in simple:
        return simple[name]()
    if name == "dpr":
        return Dpr(dpr) if dpr else Absent(name, "DPR's weights were not given")
    base, _, weights = name.partition("@")
    if base not in METHODS or (weights and base.partition("-")[0] not in MODELS):
        raise UsageError(f"no method is called {name!r}; {did_you_mean(name, METHODS)}")
    return _model(base, weights)


def _model(base: str, weights: str = "") -> Method:
    model, _, variant = base.partition("-")
    name = f"{base}@{Path(weights).stem}" if weights else base
    options = ModelOptions(weights=weights or None)
    build: Callable[[], Engine] = partial(build_engine, model, options)
    kinds: dict[str, type[EngineMethod]] = {
        "alone": EachFrameAlone,
        "no-memory": WithoutMemory,
        "no-detail": WithoutDetail,
    }
    whole = {"ratio": TrackedGeometry, "compact": CompactMethod}
    return (kinds[variant] if variant else whole.get(model, EngineMethod))(name, build)
