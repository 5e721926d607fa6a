"""What a file of weights says about itself; needs neither PyTorch nor safetensors."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relume.errors import ModelError

__all__ = ["FORMAT", "WeightsInfo", "check_file", "digest_of", "read_header", "weights_info"]

FORMAT = "relume-weights/1"

_LONGEST = 100_000_000  # bytes of a header, by safetensors' own rule
_OWN = ("kind", "source", "source_sha256", "digest")


@dataclass(frozen=True)
class WeightsInfo:
    """A file of weights, by its header alone."""

    path: Path
    """the file"""
    kind: str
    """which network, one of `KINDS`"""
    source: str
    """name of the file that it came from"""
    source_sha256: str
    """that file's SHA-256"""
    digest: str
    """SHA-256 of the tensors' names, types, shapes and values"""
    shapes: dict[str, tuple[int, ...]]
    """name and shape of every tensor"""
    size: int
    """bytes"""
    sizes: str | None = None
    """the network's sizes as JSON, where they aren't the published ones"""

    @property
    def parameters(self) -> int:
        """Numbers in all tensors together."""
        return sum(math.prod(shape) for shape in self.shapes.values())


_DAMAGES = (
    OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error,
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """A safetensors header.

    Attributes:
        meta: its free texts.
        tensors: dtype, shape and data_offsets of every tensor, as they stand.
        start: the byte where the data begins.
    """

    meta: dict[str, str]
    tensors: dict[str, dict[str, Any]]
    start: int


def check_file(path: Path) -> None:
    """Raise ModelError unless there is such a file, and it may be read."""
    try:
        if path.is_dir():
            raise ModelError(f"{path}: is a folder; name a file in it")
        if not path.is_file():
            raise ModelError(f"{path}: no such file; check the name and the folder")
        with path.open("rb"):
            pass
    except OSError as error:
        raise ModelError(
            f"{path}: can't be read ({error.strerror}); check its name and permissions"
        ) from error


def read_header(path: Path) -> Header:
    """The header of a safetensors file, its entries checked for form.

    Raises:
        ModelError: it is missing, no such file, or damaged.
    """
    check_file(path)
    damaged = f"{path}: not a safetensors file, or damaged; copy or import it again"
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST:
                raise ValueError("impossible header")
            header = json.loads(file.read(length))
        meta = header.pop("__metadata__", {})
        end = 0
        for entry in header.values():
            begin, stop = entry["data_offsets"]
            end = max(end, stop)
            whole = all(type(x) is int for x in (begin, stop, *entry["shape"]))
            if not whole or not 0 <= begin <= stop or min(entry["shape"], default=0) < 0:
                raise ValueError("impossible tensor")
    except _DAMAGES as error:
        raise ModelError(damaged) from error
    if not isinstance(meta, dict) or 8 + length + end > path.stat().st_size:
        raise ModelError(damaged)
    return Header(meta, header, 8 + length)


def weights_info(path: Path | str) -> WeightsInfo:
    """What a file of weights says about itself.

    Raises:
        ModelError: it is missing, damaged, or not written by relume.
    """
    file = Path(path)
    check_file(file)
    if file.suffix != ".safetensors":
        raise ModelError(f"{file}: not imported weights: run `relume weights import {file}` first")
    header = read_header(file)
    meta = header.meta
    if meta.get("format") != FORMAT or not all(name in meta for name in _OWN):
        raise ModelError(f"{file}: not imported weights: run `relume weights import {file}` first")
    return WeightsInfo(
        path=file,
        kind=meta["kind"],
        source=meta["source"],
        source_sha256=meta["source_sha256"],
        digest=meta["digest"],
        shapes={name: tuple(entry["shape"]) for name, entry in header.tensors.items()},
        size=file.stat().st_size,
        sizes=meta.get("sizes"),
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file's tensors: names, types, shapes and values."""
    header = read_header(path)
    total = hashlib.sha256()
    with path.open("rb") as file:
        for name in sorted(header.tensors):
            entry = header.tensors[name]
            begin, end = entry["data_offsets"]
            file.seek(header.start + begin)
            total.update(json.dumps([name, entry["dtype"], entry["shape"]]).encode())
            total.update(file.read(end - begin))
    return total.hexdigest()
