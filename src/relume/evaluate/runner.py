"""A run: protocols over data with methods and estimators, to one result file and its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from .. import __version__
from ..errors import InputError, UsageError
from .estimators import EstimatorFiles, open_estimators
from .machine import this_machine
from .methods import make_methods
from .protocols import PROTOCOLS, Context, Limits
from .results import Protocol, Results

__all__ = ["QUICK", "RunConfig", "evaluate", "run_quick"]


@dataclass(frozen=True)
class RunConfig:
    """What is measured, by what, on how much."""

    methods: tuple[str, ...] = ()
    """Methods by name; none: those that each protocol is made for."""
    external: tuple[str, ...] = ()
    """Other programs' frames as NAME=FOLDER; the folder holds CLIP/CONDITION(.mp4|.png|/)."""
    limits: Limits = field(default_factory=Limits)
    """How much of the data is used."""
    files: EstimatorFiles = field(default_factory=EstimatorFiles)
    """Networks by others."""
    seed: int = 0
    """Of all randomness."""


QUICK = RunConfig(
    methods=("untouched", "ratio", "compact"),
    limits=Limits(frames=6, items=2, lights=2, views=1, strips=1),
)
"""The subset that guards against regressions."""


def evaluate(
    protocols: Mapping[str, Path | None],
    config: RunConfig | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Results:
    """Run protocols.

    Args:
        protocols: names of `PROTOCOLS` to the data that each runs over (None where it makes its
            own).
        config: what is measured, by what, on how much.
        folder: where `strips/*.png` go; None for none. The result file is the caller's to write.
        say: told what is going on, a line each.

    Raises:
        UsageError: no such protocol or method, or data that must be named isn't.
        InputError: nothing of the data can be measured; items that fail are in the results.
        ModelError: an estimator's file can't be used.
    """
    config = config or RunConfig()
    for name, data in protocols.items():
        if name not in PROTOCOLS:
            raise UsageError(f"no protocol {name!r}: choose of {', '.join(PROTOCOLS)}")
        if PROTOCOLS[name].needs and data is None:
            raise UsageError(f"{name} needs data: name a folder of {PROTOCOLS[name].needs}")
    estimators = open_estimators(config.files)
    done: list[Protocol] = []
    for name, data in protocols.items():
        spec = PROTOCOLS[name]
        names = config.methods or spec.methods
        methods = make_methods(names, external=config.external, dpr=config.files.dpr)
        context = Context(data, methods, estimators, config.limits, config.seed, folder, say)
        done.append(spec.run(spec, context))
    named = [str(data) for data in protocols.values() if data is not None]
    if named and not any(protocol.rows for protocol in done):
        raise _nothing(named, done)
    return Results(__version__, this_machine(), config.seed, estimators.records(), done)


def _nothing(named: list[str], done: list[Protocol]) -> InputError:
    """What to raise where there is no figure: an item's failure says most, then a method's."""
    failures = [failure for protocol in done for failure in protocol.failures]
    failures.sort(key=lambda failure: (not failure.item, not failure.method))
    where = ", ".join(dict.fromkeys(named))
    why = failures[0].reason.removeprefix(f"{where}: ") if failures else "no method was asked for"
    return InputError(f"{where}: nothing in it could be measured: {why}")


def run_quick(
    config: RunConfig = QUICK,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Results:
    """The quick subset: the bundled clip in its own view and another, and made-up people."""
    with resources.as_file(resources.files("relume").joinpath("assets/demo.mp4")) as clip:
        return evaluate(
            {"novel-views": clip, "input-view": clip, "synthetic": None}, config, folder, say
        )
