"""`relume weights`: bring published weights in, and look after them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ..errors import ModelError
from .maybe import optional

if TYPE_CHECKING:
    from ..model.checkpoints import ImportReport
    from ..model.compact.info import CompactInfo

__all__ = ["WeightsCommand"]

_SHOWN = 12  # faults of one sort that are listed by name
_FAULTY = 8  # exit code, as ModelError's


@dataclass
class ImportWeights:
    """Check a published file against its network and keep it as safetensors.

    Takes PortraitRelighting's model.pth, training pickles of NeRFFaceLighting and EG3D, DPR's .t7
    and relume's own files. No code from the file is ever run.

    Example: relume weights import model.pth
    """

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """The published file."""
    kind: Annotated[str | None, optional(metavar="NAME")] = None
    """Which network it is, where that can't be told from the file: portrait-relighting,
    nerffacelighting, nerffacelighting-d, eg3d, eg3d-d or dpr."""

    def run(self) -> int:
        """Do it."""
        from ..model.checkpoints import KINDS, import_weights
        from ..model.compact.info import compact_info

        if compact_info(self.file) is not None:
            raise ModelError(
                f"{self.file}: relume's compact model, which needs no import: relume relight"
                f" --weights {self.file}"
            )
        report = import_weights(self.file, self.kind)
        title = KINDS[report.kind].title
        if report.written is None:
            print(f"relume: {self.file}: not imported; as {title}:", file=sys.stderr)
            _tell_faults(report)
            return _FAULTY
        print(f"{report.written}: {title}, {report.tensors} tensors, all in place")
        if report.extra:
            print(f"left out, unknown to the network: {_named(report.extra)}")
        return 0


@dataclass
class ListWeights:
    """List what was imported."""

    def run(self) -> None:
        """Do it."""
        from rich.table import Table

        from ..model.checkpoints import KINDS, list_weights, weights_folder

        found = list_weights()
        if not found:
            print(
                f"no weights in {weights_folder()} yet: relume weights import FILE", file=sys.stderr
            )
            return
        table = Table("name", "network", "parameters", "size", "from", box=None, pad_edge=False)
        for column in table.columns[2:4]:
            column.justify = "right"
        for info in found:
            kind = KINDS.get(info.kind)
            table.add_row(
                info.path.stem,
                kind.title if kind else info.kind,
                f"{info.parameters:,}",
                _megabytes(info.size),
                info.source,
            )
        _print(table)


@dataclass
class WeightsFacts:
    """Tell what weights are, by the file's header."""

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """One of `relume weights list`, or a file."""

    def run(self) -> None:
        """Do it."""
        from ..model.checkpoints import KINDS, find_weights, weights_info
        from ..model.compact.info import compact_info

        path = find_weights(self.name)
        if (compact := compact_info(path)) is not None:
            _print_facts(_compact_facts(compact))
            return
        info = weights_info(path)
        kind = KINDS.get(info.kind)
        facts = {
            "file": str(info.path),
            "kind": info.kind,
            "network": kind.title if kind else "unknown to this version of relume",
            "sizes": "as published" if info.sizes is None else "its own",
            "tensors": f"{len(info.shapes)}",
            "parameters": f"{info.parameters:,}",
            "size": _megabytes(info.size),
            "imported from": info.source,
            "its SHA-256": info.source_sha256,
            "digest of values": info.digest,
        }
        _print_facts(facts)


@dataclass
class VerifyWeights:
    """Compare weights with their network, and every value with what was imported.

    The compact model's, which aren't imported, are loaded as `relume relight` does.
    """

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """One of `relume weights list`, or a file."""

    def run(self) -> int:
        """Do it."""
        from ..model.checkpoints import find_weights, verify_weights
        from ..model.compact.info import compact_info

        path = find_weights(self.name)
        if compact_info(path) is not None:
            return _verify_compact(path)
        faults = verify_weights(path)
        if faults:
            print(f"relume: {path}: {_named(faults)}", file=sys.stderr)
            return _FAULTY
        print(f"{path}: every name, shape and value is right")
        return 0


@dataclass
class WeightsCommand:
    """Import, list and check weights of the published networks."""

    command: (
        Annotated[ImportWeights, tyro.conf.subcommand("import")]
        | Annotated[ListWeights, tyro.conf.subcommand("list")]
        | Annotated[WeightsFacts, tyro.conf.subcommand("info")]
        | Annotated[VerifyWeights, tyro.conf.subcommand("verify")]
    )

    def run(self) -> int | None:
        """Do it."""
        return self.command.run()


def _compact_facts(info: CompactInfo) -> dict[str, str]:
    counts = {name: info.facts.get(name) for name in ("steps", "samples", "portraits")}
    trained = [f"{n:,} {name}" for name, n in counts.items() if isinstance(n, int)]
    return {
        "file": str(info.path),
        "network": "relume's compact model",
        "trained": ", ".join(trained) or "not told",
        "tensors": f"{info.tensors}",
        "parameters": f"{info.parameters:,}",
        "size": _megabytes(info.size),
        "use": f"relume relight --weights {info.path} (it needs no import)",
    }


def _verify_compact(path: Path) -> int:
    import numpy as np

    from ..runtime.compact import CompactRuntime
    from ..runtime.tensors import read_tensors

    CompactRuntime(path)
    broken = [name for name, value in read_tensors(path)[0].items() if not np.isfinite(value).all()]
    if broken:
        print(f"relume: {path}: not finite: {_named(broken)}", file=sys.stderr)
        return _FAULTY
    print(f"{path}: relume's compact model; it loads, every value is finite, and no digest is kept")
    return 0


def _print_facts(facts: dict[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, Text(value))
    _print(table)


def _tell_faults(report: ImportReport) -> None:
    """What is wrong with a file, on standard error."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("in place", f"{report.tensors}")
    sorts = {
        "missing": report.missing,
        "misshapen": report.misshapen,
        "not finite": report.invalid,
        "unknown": report.extra,
    }
    for sort, names in sorts.items():
        if names:
            table.add_row(f"{sort}: {len(names)}", Text(_named(names)))
    _print(table, stderr=True)


def _named(names: list[str]) -> str:
    more = f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _print(table: object, *, stderr: bool = False) -> None:
    """Wide enough for a file's SHA-256 where there is no terminal to tell a width."""
    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal:
        console = Console(stderr=stderr, width=120)
    console.print(table)
