"""Tensors out of training pickles, without running anything that stands in them.

A pickle is a program: loading one of StyleGAN2's lineage normally executes source code stored
inside the file. This reader builds nothing but containers, numbers and tensors. Classes and
functions that the file names become inert stand-ins that only remember what they were given,
and names from the standard library, which have no business in a network's file, end the
reading.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from relume.errors import ModelError

__all__ = ["read_pickled_modules"]

_INERT_STDLIB = {"collections", "datetime", "enum", "functools", "numbers", "pathlib", "uuid"}


class _StandIn(dict[Any, Any]):
    """In the place of any object of a class that the file names."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Storage:
    def __init__(self, data: Any) -> None:
        self.data = data


class _Value:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def _storage_from_bytes(data: bytes) -> _Storage:
    loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if not isinstance(loaded, torch.UntypedStorage | torch.storage.TypedStorage):
        raise pickle.UnpicklingError("a tensor's data isn't a storage")
    return _Storage(loaded)


def _tensor(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_rest: Any
) -> _Value:
    data = storage.data
    if not isinstance(data, torch.storage.TypedStorage):
        raise pickle.UnpicklingError("a tensor's data has no type")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    whole = torch.tensor([], dtype=data.dtype).set_(data._untyped_storage)
    if offset < 0 or min(stride, default=0) < 0 or (0 not in size and last >= whole.numel()):
        raise pickle.UnpicklingError("a tensor reaches beyond its data")
    return _Value(whole.as_strided(size, stride, offset).clone())


def _parameter(value: _Value, *_rest: Any) -> _Value:
    return value


def _persistent_object(meta: dict[str, Any]) -> _StandIn:
    """What StyleGAN2's files call instead of a class; the source code in `meta` is dropped."""
    result = _StandIn()
    result.state = meta.get("state")
    return result


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in encoding {encoding!r}")
    return text.encode("latin1")


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("builtins", "object"): _StandIn,
    ("_codecs", "encode"): _encode,
    ("copyreg", "_reconstructor"): lambda _cls, _base, _state: _StandIn(),
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.storage", "_load_from_bytes"): _storage_from_bytes,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _persistent_object,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        package = module.partition(".")[0]
        if package in sys.stdlib_module_names and package not in _INERT_STDLIB:
            raise ModelError(
                f"the file names {module}.{name}, which a network's weights don't need: "
                "refused; don't open this file with other programs either"
            )
        return type(name, (_StandIn,), {})


def _read(file: IO[bytes]) -> Any:
    return _Reader(file).load()


def _tensors(module: Any, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of a pickled module's state dict."""
    state = getattr(module, "state", None)
    if not isinstance(state, dict):
        return
    transient = state.get("_non_persistent_buffers_set") or ()
    for group in ("_parameters", "_buffers"):
        for name, value in (state.get(group) or {}).items():
            if isinstance(value, _Value) and not (group == "_buffers" and name in transient):
                yield prefix + str(name), value.tensor
    for name, child in (state.get("_modules") or {}).items():
        yield from _tensors(child, f"{prefix}{name}.")


def read_pickled_modules(path: Path) -> dict[str, dict[str, Tensor]]:
    """State dicts of the modules in a pickled dictionary, by their keys ("G_ema", "D", ...).

    Raises:
        ModelError: the file is no such pickle, is damaged, or names what it should not.
    """
    try:
        with path.open("rb") as file:
            content = _read(file)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except Exception as error:  # a damaged pickle can fail in any way
        reason = " ".join(str(error).split())  # some are of two lines
        raise ModelError(
            f"{path}: not a pickle of networks, or damaged ({reason}); give the file as it was"
            " published"
        ) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: a pickle of {type(content).__name__}, not of networks by name")
    try:
        modules = {str(key): dict(_tensors(value)) for key, value in content.items()}
    except RecursionError:
        raise ModelError(f"{path}: damaged; one of its networks contains itself") from None
    return {key: tensors for key, tensors in modules.items() if tensors}
