"""What is said of a light that stays as it is, where None means the picture's own."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["UNCHANGED", "Unchanged"]


class Unchanged(Enum):
    """The type of `UNCHANGED`."""

    UNCHANGED = "unchanged"

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = Unchanged.UNCHANGED
