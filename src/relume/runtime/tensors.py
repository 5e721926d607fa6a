"""Reading a safetensors file into NumPy arrays, without PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..model.checkpoints.header import read_header

__all__ = ["read_tensors"]

_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U8": np.uint8}


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Tensors by name, half precision widened to float32, and the file's free texts.

    Raises:
        ModelError: the file is missing, damaged, or holds a type that isn't known here.
    """
    header = read_header(path)
    data = np.memmap(path, np.uint8, "r", header.start)
    out: dict[str, NDArray[Any]] = {}
    for name, entry in header.tensors.items():
        kind = _TYPES.get(entry["dtype"])
        if kind is None:
            raise ModelError(f"{path}: {name} is of type {entry['dtype']}, which isn't known here")
        begin, end = entry["data_offsets"]
        try:
            values = data[begin:end].view(kind).reshape(entry["shape"])
        except ValueError as error:
            raise ModelError(f"{path}: {name} is damaged ({error})") from error
        out[name] = np.array(values, np.float32 if kind is np.float16 else kind)
    return out, header.meta
