"""What a training's settings may be, said before anything is written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from ..errors import OutputError, UsageError

__all__ = ["check_config"]

_FROM_ZERO = ("albedo_steps", "cooldown", "seed", "workers")
"""Whole numbers that may be 0; others are 1 or more."""

_ABOVE_ZERO = ("learning_rate", "half_life", "even_weight", "clip", "box")
"""Other numbers that may not be 0."""

_SHARES = (
    *("strangers", "average", "forget", "grey", "photo", "hard", "covered", "relief"),
    *("background", "move", "wander", "lapse"),
)
"""From 0 to 1."""

_WITHIN = {
    "picture": (256, 256),  # what the pairs are
    "patch": (1, 32),  # four pixels apart, as many lie in a target's 128
    "stored": (1, 128**2),  # pixels of a target
    "frames": (2, math.inf),
}
"""Whole numbers with limits of their own."""


def check_config(config: Any) -> None:
    """Refuse values that no training can work with.

    Args:
        config: a stage's settings.

    Raises:
        UsageError: a value is out of its range, or no pattern; names the option.
        OutputError: the run's folder is a file.
    """
    for option, name, kind, value in _settings(config):
        if kind.startswith(("int", "float", "tuple[int")):
            for number in value if isinstance(value, tuple) else (value,):
                _check_number(option, name, kind, number)
    pattern = getattr(config, "even", None) or ""
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--even {pattern!r} is no pattern ({error}); see Python's re") from None
    stored = getattr(config, "stored", math.inf)
    if getattr(config, "rays", 0) > stored:
        raise UsageError(f"--rays can't be {config.rays}; no more than --stored, {stored}, exist")
    if config.run.is_file():
        raise OutputError(f"--run {config.run} is a file; name a folder")


def _check_number(option: str, name: str, kind: str, number: float) -> None:
    least, most = (0, 1) if name in _SHARES else (0, math.inf)
    if kind != "float" and name not in _FROM_ZERO:
        least, most = _WITHIN.get(name, (1, math.inf))
    above = name in _ABOVE_ZERO
    if least <= number <= most and math.isfinite(number) and not (above and number == 0):
        return
    wanted = "more than 0" if above else f"{least} or more"
    if most < math.inf:
        wanted = f"{least}" if least == most else f"{least} to {most}"
    raise UsageError(f"--{option} can't be {number:g}; it must be {wanted}")


def _settings(config: Any, prefix: str = "") -> Iterator[tuple[str, str, str, Any]]:
    """Option, name, type as it is written, and value of each setting and of its parts'."""
    for field in fields(config):
        value = getattr(config, field.name)
        option = prefix + field.name.replace("_", "-")
        if is_dataclass(value):
            yield from _settings(value, f"{option}.")
        else:
            yield option, field.name, str(field.type), value
