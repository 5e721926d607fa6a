"""The compiled kernels, where they were built."""

from __future__ import annotations

import logging
from functools import cache
from types import ModuleType

__all__ = ["ABI", "native"]

log = logging.getLogger("relume.native")

ABI = 13
"""Goes up whenever a kernel's name or arguments change. CMake compiles the number in, so that a
module of other sources, which a checkout may still have, is known for what it is."""


@cache
def native() -> ModuleType | None:
    """`relume._native`, or None (with one warning) where relume was installed without it.

    What asks has a stand-in in NumPy and OpenCV that gives the same pictures slowly.
    """
    try:
        from . import _native
    except ImportError as error:
        log.warning(
            "relume's compiled kernels are missing (%s): slow stand-ins run in their place; "
            "install relume anew on a machine with a C++ compiler",
            error,
        )
        return None
    if getattr(_native, "ABI", None) != ABI:
        log.warning(
            "relume's compiled kernels are those of other sources (%s): slow stand-ins run in "
            "their place; install relume anew (pip install .)",
            _native.__file__,
        )
        return None
    return _native
