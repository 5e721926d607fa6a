"""Whose an engine is: it remembers faces, and those of two relighters would be mixed up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ..errors import UsageError

if TYPE_CHECKING:
    from .engine import Engine
    from .relighter import Relighter

__all__ = ["engine_freed", "own"]

_OWNERS: WeakValueDictionary[int, Relighter] = WeakValueDictionary()
"""By their engines' ids, for engines may be neither hashable nor weakly referable."""


def own(relighter: Relighter) -> None:
    """Note whose its engine is.

    Raises:
        UsageError: another relighter has it, and is still there.
    """
    if _taken(relighter.engine):
        gc.collect()  # it may be gone but for a cycle, such as an error's traceback
        if _taken(relighter.engine):
            raise UsageError(
                "this engine is another relighter's, whose faces it remembers: build one for each"
                " by relume.pipeline.models.build_engine; for another light there is relighter.aim"
            )
    _OWNERS[id(relighter.engine)] = relighter


@contextmanager
def engine_freed(relighter: Relighter) -> Iterator[None]:
    """A relighter's use, after which its engine is free for others, whoever still holds the
    relighter (an error's traceback does)."""
    try:
        yield
    finally:
        _OWNERS.pop(id(relighter.engine), None)


def _taken(engine: Engine) -> bool:
    owner = _OWNERS.get(id(engine))
    return owner is not None and owner.engine is engine
