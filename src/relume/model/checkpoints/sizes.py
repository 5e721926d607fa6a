"""A network's sizes as JSON, for weights of networks other than the published ones."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from relume.errors import ModelError

if TYPE_CHECKING:
    from relume.model.paper import PaperConfig

__all__ = ["sizes_from_text", "sizes_to_text"]


def sizes_to_text(config: PaperConfig) -> str:
    """JSON that `sizes_from_text` takes back."""
    return json.dumps(asdict(config), separators=(",", ":"))


def sizes_from_text(text: str) -> PaperConfig:
    """The sizes that `sizes_to_text` wrote.

    Raises:
        ModelError: a name or value that no network has.
        MissingDependencyError: PyTorch isn't installed.
    """
    from relume.model.paper import PaperConfig

    try:
        config = _read(PaperConfig, json.loads(text))
    except (TypeError, ValueError) as error:
        raise ModelError(f"sizes that make no sense: {error}") from error
    assert isinstance(config, PaperConfig)
    return config


def _read(kind: Any, value: Any) -> Any:
    """A JSON value as an object of a field's type; ValueError or TypeError if it isn't one."""
    if is_dataclass(kind):
        types = get_type_hints(kind)
        known = {f.name for f in fields(kind)}
        if not isinstance(value, dict) or value.keys() - known:
            raise ValueError(f"{value!r} for a {getattr(kind, '__name__', kind)}")
        made: Any = kind
        return made(**{name: _read(types[name], v) for name, v in value.items()})
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]  # every tuple of sizes is of one type
        return tuple(_read(inner, v) for v in value)
    if get_origin(kind) is Literal:
        right = value in get_args(kind)
    else:
        right = isinstance(value, (int, float) if kind is float else kind)
    if not right:
        raise ValueError(repr(value))
    return value
