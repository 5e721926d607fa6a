"""`load_light`: any way of naming a light to a `LightSource`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import LightError
from .light import Light
from .presets import PRESETS
from .source import ConstantLight, LightSource

__all__ = ["load_light"]


def load_light(
    spec: str | Path | Mapping[str, Any],
    *,
    rotation: float = 0.0,
    exposure: float = 0.0,
    intensity: float = 1.0,
    from_portrait: Callable[[Path], Light] | None = None,
) -> LightSource:
    """A light by preset name; files and mappings follow."""
    name, _, side = str(spec).partition(":")
    if name not in PRESETS or side not in ("", "left", "right"):
        near = get_close_matches(name, PRESETS, 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise LightError(f"no light is called {spec!r}{hint}")
    light = PRESETS[name].light(mirror=side == "right")
    return ConstantLight(light * (intensity * 2.0**exposure))
