"""Numbers that a caller gives."""

from __future__ import annotations

from typing import SupportsFloat

from .errors import UsageError

__all__ = ["check_number"]


def check_number(name: str, value: object) -> None:
    """Raise UsageError unless it is a number of any kind."""
    if not isinstance(value, SupportsFloat):
        raise UsageError(f"{name} is a number, not {value!r}")
