"""Tensors out of PyTorch's first file format, without PyTorch and without running any code."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError

__all__ = ["read_tensors"]

_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}


class _Lazy:
    """A tensor whose numbers come later in the file."""

    def __init__(self, storage: str, offset: int, size: tuple[int, ...], stride: Any, *_: Any):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, tuple(stride)


class _Reader(pickle.Unpickler):
    """Knows containers and tensors, and nothing else."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.types: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Lazy
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not a tensor")

    def persistent_load(self, pid: Any) -> Any:
        _, kind, key = pid[:3]
        self.types[str(key)] = kind
        return str(key)


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Name to array of a state dict saved by PyTorch before 1.6.

    Raises:
        ModelError: the file is missing, damaged or holds more than tensors.
    """
    try:
        with path.open("rb") as file:
            if _Reader(file).load() != _MAGIC:
                raise ValueError("another file format")
            _Reader(file).load()  # version of the protocol
            _Reader(file).load()  # sizes of C's types
            reader = _Reader(file)
            state = reader.load()
            storages = {}
            for key in _Reader(file).load():
                count = int.from_bytes(file.read(8), "little")
                kind = np.dtype(reader.types[str(key)])
                data = file.read(count * kind.itemsize)
                storages[str(key)] = np.frombuffer(data, kind, count)
        return {name: _array(lazy, storages[lazy.storage]) for name, lazy in state.items()}
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; check the name") from None
    except Exception as error:  # a damaged or unsafe file can fail in any way
        raise ModelError(f"{path}: not a state dict of tensors ({error})") from error


def _array(lazy: _Lazy, storage: NDArray[Any]) -> NDArray[Any]:
    reach = lazy.offset + sum((n - 1) * s for n, s in zip(lazy.size, lazy.stride, strict=True)) + 1
    if reach > len(storage) or min((*lazy.size, *lazy.stride, lazy.offset, 0)) < 0:
        raise ValueError("a tensor reaches beyond its numbers")
    steps = [s * storage.itemsize for s in lazy.stride]
    return np.lib.stride_tricks.as_strided(storage[lazy.offset :], lazy.size, steps).copy()
