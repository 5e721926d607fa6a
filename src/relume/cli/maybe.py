"""Options that may be left out, in the spelling that tyro knows by itself.

For `str | None` it asks typeguard, and importing that takes longer than parsing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Optional, get_args

import tyro
from tyro.constructors import (
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    PrimitiveTypeInfo,
)

__all__ = [
    "MAYBE",
    "MaybeDevice",
    "MaybeInt",
    "MaybePrecision",
    "MaybeText",
    "optional",
]

MaybeText = Optional[str]  # noqa: UP045
MaybeInt = Optional[int]  # noqa: UP045
MaybeDevice = Optional[Literal["cpu", "cuda", "auto"]]  # noqa: UP045
MaybePrecision = Optional[Literal["fp32", "bf16", "fp16"]]  # noqa: UP045


def optional(**how: Any) -> Any:
    """`tyro.conf.arg` of an option whose text says what happens where it is left out."""
    return tyro.conf.arg(help_behavior_hint="(optional)", **how)


MAYBE = ConstructorRegistry()
"""For `tyro.cli`: an option without a value by default reads as any other in the help."""


@MAYBE.primitive_rule
def _maybe(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    kinds = [kind for kind in get_args(info.type) if kind is not type(None)]
    if len(kinds) != 1 or kinds == list(get_args(info.type)) or kinds[0] not in (Path, str):
        return None
    kind = kinds[0]
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="TEXT" if kind is str else "PATH",
        instance_from_str=lambda words: kind(words[0]),
        is_instance=lambda value: value is None or isinstance(value, kind),
        str_from_instance=lambda value: ["none"] if value is None else [str(value)],
    )
