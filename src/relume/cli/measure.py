"""`relume eval PROTOCOL`: run a protocol and write its report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from .count import counted
from .maybe import optional

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..evaluate.results import Failure
    from ..evaluate.runner import RunConfig

__all__ = ["DATA", "NO_DATA", "Measure", "MeasureAll", "MeasureData", "MeasureQuick"]

_SHOWN = 5
"""Failures that are named on the terminal; the report has all."""

DATA = {
    "novel-views": "Videos in new lights from cameras that no frame shows (the paper's Table 1).",
    "reconstruction": "Pictures under their own light (the paper's Table 2).",
    "transfer": "Pictures under each other's light (the paper's Table 3).",
    "input-view": "Videos in new lights, seen as they were filmed (the paper's Table 4).",
    "temporal-ablation": "What the temporal network does to videos (the paper's Table 5).",
    "portraits": "Pictures under ten lights and from four sides, by skin tone.",
    "light-reading": "How well a photograph's light is told (Extended Yale Face Database B).",
    "yale-b": "Real faces under known lights (Extended Yale Face Database B).",
}
"""Protocols that run over a folder of the user's, and what each is."""

NO_DATA = {
    "synthetic": "Made-up people, everything about them known.",
    "light-accuracy": "How far the light estimators can be trusted, on made-up people.",
}
"""Protocols that make their own data."""


@dataclass
class _Options:
    """What every run is asked."""

    output: Annotated[Path | None, optional(aliases=["-o"], metavar="FOLDER")] = None
    """The folder to write; eval-PROTOCOL by default."""
    methods: Annotated[tuple[str, ...], optional(metavar="NAME ...")] = ()
    """Methods to run instead of the protocol's own: untouched, oracle, frozen, blurred, dpr,
    ratio, compact, paper; behind a model -alone (each frame by itself) or -no-memory (the face
    tracked, nothing else carried on); compact-no-detail; compact@FILE with other weights."""
    external: Annotated[tuple[str, ...], optional(metavar="NAME=FOLDER ...")] = ()
    """Frames of other programs: FOLDER/CLIP/CONDITION.mp4 (or .png, or a folder of pictures)."""
    items: Annotated[int | None, optional(metavar="N")] = None
    """The most videos, pictures or people; 0 is all, as by default (quick: 2)."""
    frames: Annotated[int | None, optional(metavar="N")] = None
    """The most frames of each video; 0 is all, 60 by default (quick: 6; the paper: 500)."""
    lights: Annotated[int | None, optional(metavar="N")] = None
    """The most lights of the protocol's; 0 is all, as by default (quick: 2)."""
    views: Annotated[int | None, optional(metavar="N")] = None
    """The most views of the protocol's; 0 is all, as by default (quick: 1)."""
    seed: int = 0
    """Of all randomness. The same seed, data and versions repeat every figure but times."""
    identity: Annotated[Path | None, optional(metavar="FILE")] = None
    """A face embedding to measure likeness: .onnx or .xml on 112x112, or ncnn's .param; dlib's
    where the extra "identity" is installed and no file is named."""
    dpr: Annotated[Path | None, optional(metavar="FILE")] = None
    """DPR's weights, for a second light estimate and as a method."""
    deca: Annotated[Path | None, optional(metavar="FILE")] = None
    """DECA's encoder (.onnx), for a second light estimate."""
    raft: Annotated[Path | None, optional(metavar="FILE")] = None
    """RAFT (.onnx), in the place of OpenCV's flow."""
    lpips: Annotated[Path | None, optional(metavar="FILE")] = None
    """LPIPS (.onnx)."""
    dists: Annotated[Path | None, optional(metavar="FILE")] = None
    """DISTS (.onnx)."""
    inception: Annotated[Path | None, optional(metavar="FILE")] = None
    """Inception's pool features (.onnx), for FID."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace an earlier run in that folder."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but warnings and errors."""

    def _measure(self, name: str, data: Mapping[str, Path | None] | None) -> None:
        """Run protocols (the quick subset if there are none) into one report."""
        import dataclasses

        from ..evaluate.report import report_folder, write_report
        from ..evaluate.runner import QUICK, RunConfig, evaluate, run_quick
        from .process import one_thread_a_stage

        one_thread_a_stage()
        config = self._config(QUICK if data is None else RunConfig())
        output = self.output or Path(f"eval-{name}")
        with report_folder(output, overwrite=self.overwrite) as folder:
            with _telling(name, self.quiet) as say:
                if data is None:
                    results = run_quick(config, folder, say)
                else:
                    results = evaluate(data, config, folder, say)
            command = shlex.join(["relume", *sys.argv[1:]])
            write_report(dataclasses.replace(results, command=command), folder)
        if not self.quiet:
            failures = list(dict.fromkeys(f for p in results.protocols for f in p.failures))
            noted = f" (it lists {counted(len(failures), 'failure')})" if failures else ""
            failures.sort(key=lambda failure: not failure.item)  # the data's own faults first
            for failure in failures[:_SHOWN]:
                print(f"relume: not measured: {_told(failure)}", file=sys.stderr)
            print(f"{output / 'report.html'}{noted}", file=sys.stderr)

    def _config(self, base: RunConfig) -> RunConfig:
        import dataclasses

        from ..errors import UsageError
        from ..evaluate.estimators import EstimatorFiles

        given = {k: getattr(self, k) for k in ("items", "frames", "lights", "views")}
        kept = {k: v for k, v in given.items() if v is not None}
        if any(value < 0 for value in kept.values()):
            raise UsageError("--items, --frames, --lights and --views are 0 (all) or more")
        names = [field.name for field in dataclasses.fields(EstimatorFiles)]
        return dataclasses.replace(
            base,
            methods=self.methods or base.methods,
            external=self.external,
            limits=dataclasses.replace(base.limits, **kept),
            files=EstimatorFiles(**{name: getattr(self, name) for name in names}),
            seed=self.seed,
        )


@dataclass
class MeasureQuick(_Options):
    """A subset in minutes that needs no data: the bundled clip and made-up people.

    Example: relume eval quick -o before
    """

    def run(self) -> None:
        """Do it."""
        self._measure("quick", None)


@dataclass
class Measure(_Options):
    """Run a protocol that makes its own data."""

    protocol: tyro.conf.Suppress[str] = ""

    def run(self) -> None:
        """Do it."""
        self._measure(self.protocol, {self.protocol: None})


@dataclass
class MeasureData(_Options):
    """Run a protocol over a folder."""

    data: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DATA")] = tyro.MISSING
    """The folder of videos or pictures, or one of them."""
    protocol: tyro.conf.Suppress[str] = ""

    def run(self) -> None:
        """Do it."""
        self._measure(self.protocol, {self.protocol: self.data})


@dataclass
class MeasureAll(_Options):
    """Every protocol that the given data allow, in one report.

    Example: relume eval all --videos clips --yale-b yale_b -o report
    """

    videos: Annotated[Path | None, optional(metavar="FOLDER")] = None
    """A folder of videos of one face each."""
    pictures: Annotated[Path | None, optional(metavar="FOLDER")] = None
    """A folder of portraits."""
    yale_b: Annotated[Path | None, optional(metavar="FOLDER")] = None
    """A folder of the Extended Yale Face Database B."""

    def run(self) -> None:
        """Do it."""
        from ..evaluate.protocols import PROTOCOLS

        folders = {"videos": self.videos, "pictures": self.pictures, "yale-b": self.yale_b}
        chosen: dict[str, Path | None] = {}
        for name, spec in PROTOCOLS.items():
            if spec.needs is None:
                chosen[name] = self.yale_b if name == "light-accuracy" else None
            elif (folder := folders[spec.needs]) is not None:
                chosen[name] = folder
        self._measure("all", chosen)


def _told(failure: Failure) -> str:
    """What wasn't measured, and why."""
    where = [part for part in (failure.item, failure.method) if part]
    return ": ".join([*where, failure.reason])


@contextmanager
def _telling(name: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Says on a terminal what is going on, and how long it has taken; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr)
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, disable=hidden) as bar:
        task = bar.add_task(name, total=None)
        yield lambda line: bar.update(task, description=line)
