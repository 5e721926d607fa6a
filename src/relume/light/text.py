"""YAML and JSON as they stand in light files: a key that is given twice is an error."""

from __future__ import annotations

import json
from typing import Any

import yaml
from yaml.composer import ComposerError

__all__ = ["read_json", "read_yaml"]

_MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    # Of what is composed, no mapping has been merged into another yet (<<), which may repeat keys.
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            name = (key.tag, key.value)
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if name in lines:
                raise ComposerError(None, None, _twice(key.value, lines[name]), key.start_mark)
            lines[name] = key.start_mark.line + 1
        return node


def read_yaml(text: str) -> Any:
    """What a YAML text says.

    Raises:
        yaml.YAMLError: it is no YAML, or a mapping has a key twice.
    """
    return yaml.load(text, _Loader)


def read_json(text: str) -> Any:
    """What a JSON text says.

    Raises:
        ValueError: it is no JSON, or an object has a key twice.
    """
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(_twice(key))
        found[key] = value
    return found


def _twice(key: str, line: int | None = None) -> str:
    first = "" if line is None else f", first in line {line}"
    return f"the key {key!r} is given twice{first}; leave one out"
