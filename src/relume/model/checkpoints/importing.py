"""Published files to checked safetensors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from relume.errors import ModelError

from .header import WeightsInfo, check_file, weights_info
from .kinds import KINDS, Kind, find_kind, recognise
from .sizes import sizes_from_text
from .store import save_weights, tensors_of, weights_folder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ImportReport", "import_weights"]

_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


@dataclass(frozen=True)
class ImportReport:
    """What became of a file."""

    source: Path
    """the file"""
    kind: str
    """which network it is"""
    tensors: int
    """tensors that fit"""
    missing: list[str] = field(default_factory=list)
    """tensors of the network that the file lacks"""
    extra: list[str] = field(default_factory=list)
    """tensors of the file that the network lacks; left out"""
    misshapen: list[str] = field(default_factory=list)
    """name, shape in the file and shape in the network, in words"""
    invalid: list[str] = field(default_factory=list)
    """tensors with numbers that aren't finite"""
    written: Path | None = None
    """the safetensors file; none where the weights aren't complete and right"""

    @property
    def ok(self) -> bool:
        """Every tensor of the network is there with its shape and finite."""
        return not (self.missing or self.misshapen or self.invalid)


def import_weights(
    path: Path | str, kind: str | None = None, folder: Path | None = None
) -> ImportReport:
    """Check a published file against its network and keep it as safetensors.

    Reads PyTorch state dicts (`model.pth`, DPR's `.t7`), pickles of NeRFFaceLighting and EG3D,
    and safetensors, relume's own among them. No code from the file is ever run.

    Args:
        path: the file.
        kind: one of `KINDS`; told from the tensors' names by default (the generator, in a
            pickle that holds a discriminator too).
        folder: where the result goes; `weights_folder()` by default.

    Returns:
        What was found. Incomplete or misshapen weights are reported, not written.

    Raises:
        ModelError: the file is missing, damaged, of no known kind, or unsafe.
        OutputError: the result can't be written.
    """
    source = Path(path)
    check_file(source)
    wanted = None if kind is None else find_kind(kind)
    import relume.model.paper  # noqa: F401  (without PyTorch, says what to install)

    modules = _read(source)
    own = _own(source)
    known, tensors = _choose(source, modules, wanted or (find_kind(own.kind) if own else None))
    config = sizes_from_text(own.sizes) if own and own.sizes else None

    layout = known.layout_of(config)
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    misshapen = [
        f"{name}: {shapes[name]} in the file, {shape} in the network"
        for name, shape in layout.items()
        if name in shapes and shapes[name] != shape
    ]
    fitting = {n: tensors[n] for n, shape in layout.items() if shapes.get(n) == shape}
    report = {
        "source": source,
        "kind": known.name,
        "tensors": len(fitting),
        "missing": [name for name in layout if name not in shapes],
        "extra": [name for name in shapes if name not in layout],
        "misshapen": misshapen,
        "invalid": [name for name, value in fitting.items() if not bool(value.isfinite().all())],
    }
    result = ImportReport(**report)  # type: ignore[arg-type]
    if not result.ok:
        return result
    target = (folder or weights_folder()) / f"{known.name}.safetensors"
    origin = {"source": source.name, "source_sha256": _sha256(source)}
    save_weights(target, known, fitting, origin, config)
    return ImportReport(**report, written=target)  # type: ignore[arg-type]


def _own(path: Path) -> WeightsInfo | None:
    """What the file says about itself, if relume wrote it."""
    try:
        return weights_info(path)
    except ModelError:
        return None


def _read(path: Path) -> dict[str, dict[str, Tensor]]:
    """State dicts in a file by their names there; "" for a file that is one state dict."""
    import torch

    with path.open("rb") as file:
        head = file.read(len(_LEGACY_TORCH))
    if path.suffix == ".safetensors":
        return {"": tensors_of(path)}
    if not head.startswith(b"PK") and head != _LEGACY_TORCH:
        from .pickles import read_pickled_modules

        return read_pickled_modules(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or unsafe file can fail in any way
        raise ModelError(
            f"{path}: not a PyTorch state dict, damaged, or with more than tensors in it"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds a {type(content).__name__}, not a state dict")
    return {"": {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}}


def _choose(
    path: Path, modules: dict[str, dict[str, Tensor]], wanted: Kind | None
) -> tuple[Kind, dict[str, Tensor]]:
    """The network to import and its tensors."""
    if wanted is not None:
        tensors = modules.get(wanted.entry, modules.get(""))
        if tensors is None:
            held = ", ".join(modules) or "nothing"
            raise ModelError(f"{path}: no {wanted.entry or 'state dict'} in it, but {held}")
        return wanted, tensors
    for entry in ("", "G_ema", "D", *modules):
        kind = recognise(modules.get(entry, {}))
        if kind is not None:
            return kind, modules[entry]
    raise ModelError(
        f"{path}: weights of no known network; if you know which, name it ({', '.join(KINDS)})"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
