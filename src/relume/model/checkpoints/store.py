"""Weights as safetensors files that say what they are and can be checked."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relume.errors import ModelError, OutputError

from .kinds import Kind, find_kind

if TYPE_CHECKING:
    from torch import Tensor, nn

    from relume.model.paper import PaperConfig

__all__ = [
    "WeightsInfo",
    "list_weights",
    "load_model",
    "save_weights",
    "verify_weights",
    "weights_folder",
    "weights_info",
]

FORMAT = "relume-weights/1"


def weights_folder() -> Path:
    """Where weights are kept: $RELUME_WEIGHTS, or relume/weights in the user's data folder."""
    chosen = os.environ.get("RELUME_WEIGHTS")
    if chosen:
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "relume" / "weights"


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

    @property
    def parameters(self) -> int:
        """Numbers in all tensors together."""
        total = 0
        for shape in self.shapes.values():
            count = 1
            for n in shape:
                count *= n
            total += count
        return total


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """A safetensors header and where the data starts."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > 100_000_000:
                raise ValueError("impossible header")
            header = json.loads(file.read(length))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"{path}: not a safetensors file, or damaged") from error
    if not isinstance(header, dict):
        raise ModelError(f"{path}: not a safetensors file, or damaged")
    return header, 8 + length


def weights_info(path: Path | str) -> WeightsInfo:
    """What a file of weights says about itself.

    Raises:
        ModelError: it is missing, damaged, or not written by `import_weights`.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError(f"{file}: no such file")
    header, _ = _header(file)
    meta = header.pop("__metadata__", {})
    if meta.get("format") != FORMAT:
        raise ModelError(f"{file}: not relume's own: import it first (relume weights import)")
    return WeightsInfo(
        path=file,
        kind=meta["kind"],
        source=meta["source"],
        source_sha256=meta["source_sha256"],
        digest=meta["digest"],
        shapes={name: tuple(entry["shape"]) for name, entry in header.items()},
        size=file.stat().st_size,
    )


def list_weights(folder: Path | None = None) -> list[WeightsInfo]:
    """All weights in a folder, `weights_folder()` by default; other files are passed over."""
    found = []
    for path in sorted((folder or weights_folder()).glob("*.safetensors")):
        try:
            found.append(weights_info(path))
        except ModelError:
            continue
    return found


def verify_weights(path: Path | str) -> list[str]:
    """What is wrong with a file of weights, in words; nothing if all is well.

    Compares names and shapes with the network's and every value with the digest.

    Raises:
        ModelError: the file can't be read as weights at all.
    """
    info = weights_info(path)
    layout = find_kind(info.kind).layout
    faults = [f"missing: {name}" for name in layout if name not in info.shapes]
    faults += [f"unknown: {name}" for name in info.shapes if name not in layout]
    faults += [
        f"{name}: {info.shapes[name]}, the network has {shape}"
        for name, shape in layout.items()
        if name in info.shapes and info.shapes[name] != shape
    ]
    if _digest_of_file(info.path) != info.digest:
        faults.append("the values aren't those that were imported: import the file again")
    return faults


def _digest_of_file(path: Path) -> str:
    header, start = _header(path)
    header.pop("__metadata__", None)
    total = hashlib.sha256()
    with path.open("rb") as file:
        for name in sorted(header):
            entry = header[name]
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            total.update(json.dumps([name, entry["dtype"], entry["shape"]]).encode())
            total.update(file.read(end - begin))
    return total.hexdigest()


def save_weights(
    target: Path, kind: Kind, tensors: Mapping[str, Tensor], origin: Mapping[str, str]
) -> None:
    """Write tensors with what they are; the file appears whole or not at all.

    Raises:
        OutputError: the place can't be written.
    """
    from safetensors.torch import save_file

    # Floats in one type, and each tensor with memory of its own, as the format asks.
    plain = {
        name: (value.float() if value.is_floating_point() else value).detach().clone().contiguous()
        for name, value in tensors.items()
    }
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    meta = {"format": FORMAT, "kind": kind.name, **origin}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file(plain, aside, {**meta, "digest": "0" * 64})
        _write_digest(aside)
        os.replace(aside, target)
    except OSError as error:
        raise OutputError(f"{target}: can't be written ({error.strerror})") from error
    finally:
        aside.unlink(missing_ok=True)


def _write_digest(path: Path) -> None:
    """Put the digest of the file's tensors where 64 zeros keep its place."""
    digest = _digest_of_file(path).encode()
    _, start = _header(path)
    with path.open("r+b") as file:
        header = file.read(start)
        position = header.index(b'"digest":"' + b"0" * 64) + len(b'"digest":"')
        file.seek(position)
        file.write(digest)


def load_model(path: Path | str, config: PaperConfig | None = None) -> nn.Module:
    """The network of a file of weights, in evaluation mode.

    Args:
        path: a file that `import_weights` wrote.
        config: sizes, for weights of networks other than the published ones.

    Raises:
        ModelError: the file is damaged, or doesn't fit the network.
    """
    from relume.model.paper import published  # first: it says what to install

    import torch  # isort: skip
    from safetensors.torch import load_file  # isort: skip

    info = weights_info(path)
    with torch.device("meta"):  # the file's tensors take the place of the network's own
        network = find_kind(info.kind).build(config or published())
    state = load_file(info.path)
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(f"{info.path}: doesn't fit the network ({error})") from error
    return network
