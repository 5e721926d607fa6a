"""Weights as safetensors files that say what they are and can be checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relume.errors import MissingDependencyError, ModelError
from relume.place import OutputPlace

from .header import FORMAT, WeightsInfo, check_file, digest_of, read_header, weights_info
from .kinds import Kind, find_kind
from .sizes import sizes_from_text, sizes_to_text

if TYPE_CHECKING:
    from torch import Tensor, nn

    from relume.model.paper import PaperConfig

__all__ = [
    "find_weights",
    "list_weights",
    "load_model",
    "save_weights",
    "tensors_of",
    "verify_weights",
    "weights_folder",
]


def weights_folder() -> Path:
    """Where weights are kept: $RELUME_WEIGHTS, or relume/weights in the user's data folder."""
    chosen = os.environ.get("RELUME_WEIGHTS")
    if chosen:
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "relume" / "weights"


def list_weights(folder: Path | None = None) -> list[WeightsInfo]:
    """All weights in a folder, `weights_folder()` by default; other files are passed over.

    Raises:
        ModelError: the folder may not be looked into.
    """
    place = folder or weights_folder()
    try:
        files = sorted(path for path in place.iterdir() if path.suffix == ".safetensors")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ModelError(
            f"{place}: can't be looked into ({error.strerror}); check its permissions, or name"
            " another folder for weights by $RELUME_WEIGHTS"
        ) from error
    found = []
    for path in files:
        try:
            found.append(weights_info(path))
        except ModelError:
            continue
    return found


def find_weights(name: Path | str) -> Path:
    """The file of weights of that name.

    Args:
        name: a file, or the name of one in `weights_folder()` without its ending.

    Raises:
        ModelError: there is none.
    """
    place = weights_folder()
    for path in (Path(name), place / f"{name}.safetensors"):
        if os.path.isfile(path):
            return path
    if Path(name).name != str(name) or Path(name).suffix or os.path.isdir(name):
        check_file(Path(name))
    names = ", ".join(info.path.stem for info in list_weights(place)) or "none yet"
    raise ModelError(
        f"no weights called {name!r} are in {place} ({names}): bring the published file in with"
        " `relume weights import FILE`"
    )


def verify_weights(path: Path | str) -> list[str]:
    """What is wrong with a file of weights, in words; nothing if all is well.

    Compares names and shapes with the network's and every value with the digest.

    Raises:
        ModelError: the file can't be read as weights at all.
    """
    info = weights_info(path)
    faults = _misfits(info, _config(info))
    if digest_of(info.path) != info.digest:
        faults.append("the values aren't those that were imported: import the file again")
    return faults


def save_weights(
    target: Path,
    kind: Kind,
    tensors: Mapping[str, Tensor],
    origin: Mapping[str, str],
    config: PaperConfig | None = None,
) -> None:
    """Write tensors with what they are; the file appears whole or not at all.

    Args:
        target: the file.
        kind: the network that they belong to.
        tensors: its state dict.
        origin: `source`, the name of the file that they came from, and `source_sha256`.
        config: the network's sizes, if they aren't the published ones.

    Raises:
        OutputError: the place can't be written.
    """
    save_file = _safetensors().save_file

    # Floats in one type, and each tensor with memory of its own, as the format asks.
    plain = {
        name: (value.float() if value.is_floating_point() else value).detach().clone().contiguous()
        for name, value in tensors.items()
    }
    meta = {"format": FORMAT, "kind": kind.name, **origin}
    if config is not None:
        meta["sizes"] = sizes_to_text(config)
    place = OutputPlace(target, overwrite=True)
    with place.guard():
        save_file(plain, place.partial, {**meta, "digest": "0" * 64})
        _write_digest(place.partial)
        place.partial.chmod(0o644)  # safetensors makes files that only their owner can read
        place.commit()


def load_model(path: Path | str, config: PaperConfig | None = None) -> nn.Module:
    """The network of a file of weights, in evaluation mode.

    Args:
        path: a file that `import_weights` or `save_weights` wrote.
        config: sizes; by default those that the file names, or else the published ones.

    Raises:
        ModelError: the file is damaged, or doesn't fit the network.
    """
    from relume.model.paper import published  # first: it says what to install

    import torch  # isort: skip

    info = weights_info(path)
    config = config or _config(info)
    misfits = _misfits(info, config)
    if misfits:
        more = f" and {len(misfits) - 3} more" if len(misfits) > 3 else ""
        raise ModelError(f"{info.path}: doesn't fit the network: {'; '.join(misfits[:3])}{more}")
    with torch.device("meta"):  # the file's tensors take the place of the network's own
        network = find_kind(info.kind).build(config or published())
    network.load_state_dict(tensors_of(info.path), assign=True)
    return network


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The tensors of any safetensors file.

    Raises:
        ModelError: it is no such file, or damaged.
    """
    load_file = _safetensors().load_file
    try:
        return dict(load_file(path))
    except Exception as error:  # its own kind of error, which a damaged file may not even reach
        raise ModelError(f"{path}: not a safetensors file, or damaged ({error})") from error


def _safetensors() -> Any:
    try:
        import safetensors.torch
    except ImportError as error:
        raise MissingDependencyError(
            'weights are kept as safetensors: run `pip install "relume[paper]"`'
        ) from error
    return safetensors.torch


def _config(info: WeightsInfo) -> PaperConfig | None:
    """The sizes that a file names; None for the published ones."""
    if info.sizes is None:
        return None
    try:
        return sizes_from_text(info.sizes)
    except ModelError as error:
        raise ModelError(f"{info.path}: {error}") from error


def _misfits(info: WeightsInfo, config: PaperConfig | None) -> list[str]:
    """Where names and shapes differ from the network's, in words."""
    layout = find_kind(info.kind).layout_of(config)
    faults = [f"missing: {name}" for name in layout if name not in info.shapes]
    faults += [f"unknown: {name}" for name in info.shapes if name not in layout]
    faults += [
        f"{name}: {info.shapes[name]}, the network has {shape}"
        for name, shape in layout.items()
        if name in info.shapes and info.shapes[name] != shape
    ]
    return faults


def _write_digest(path: Path) -> None:
    """Put the digest of the file's tensors where 64 zeros keep its place."""
    digest = digest_of(path).encode()
    with path.open("r+b") as file:
        header = file.read(read_header(path).start)
        position = header.index(b'"digest":"' + b"0" * 64) + len(b'"digest":"')
        file.seek(position)
        file.write(digest)
