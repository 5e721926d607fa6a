"""The compiled kernels, where they were built."""

from __future__ import annotations

import logging
from functools import cache
from types import ModuleType

__all__ = ["native"]

log = logging.getLogger("relume.native")


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
    return _native
