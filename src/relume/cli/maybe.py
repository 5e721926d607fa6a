"""Options that may be left out, in the spelling that tyro knows by itself.

For `str | None` it asks typeguard, and importing that takes longer than parsing.
"""

from __future__ import annotations

from typing import Any, Literal, Optional

import tyro

__all__ = ["MaybeDevice", "MaybeFloat", "MaybeInt", "MaybePrecision", "MaybeText", "optional"]

MaybeText = Optional[str]  # noqa: UP045
MaybeInt = Optional[int]  # noqa: UP045
MaybeFloat = Optional[float]  # noqa: UP045
MaybeDevice = Optional[Literal["cpu", "cuda", "auto"]]  # noqa: UP045
MaybePrecision = Optional[Literal["fp32", "bf16", "fp16"]]  # noqa: UP045


def optional(**how: Any) -> Any:
    """`tyro.conf.arg` of an option whose text says what happens where it is left out."""
    return tyro.conf.arg(help_behavior_hint="(optional)", **how)
