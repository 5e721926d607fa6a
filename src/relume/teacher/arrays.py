"""Dataclasses of arrays, as files."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..place import OutputPlace

__all__ = ["load_arrays", "save_arrays"]

_T = TypeVar("_T")


def save_arrays(record: Any, path: Path, compressed: bool = True) -> None:
    """Write a dataclass whose fields are arrays to an .npz, whole or not at all.

    Raises:
        OutputError: there is no room, or it isn't allowed.
    """
    write = np.savez_compressed if compressed else np.savez
    place = OutputPlace(path, overwrite=True)
    with place.guard():
        with place.partial.open("wb") as file:
            write(file, **{f.name: getattr(record, f.name) for f in fields(record)})
        place.commit()


def load_arrays(kind: type[_T], path: Path, remedy: str) -> _T:
    """Read what `save_arrays` wrote.

    Args:
        kind: the dataclass.
        path: the file.
        remedy: what to do about one that is none, such as "remove it".

    Raises:
        InputError: missing, damaged, or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as z:
            return kind(**{f.name: z[f.name] for f in fields(kind)})  # type: ignore[arg-type]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, ValueError):  # NumPy's own words are about unpickling
            error = ValueError("it is no .npz of arrays")
        raise InputError(f"{path} holds no {kind.__name__.lower()} ({error}); {remedy}") from error
