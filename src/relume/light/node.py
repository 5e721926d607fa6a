"""Reading values out of YAML and JSON, with errors that name the place and the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf, nan
from typing import Any, NoReturn

from numpy import format_float_positional

from ..errors import LightError

__all__ = ["Node", "did_you_mean"]


def did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """A hint for a misspelt word, and what there is to choose from."""
    near = get_close_matches(word.lower(), list(known), 1, 0.55)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(known)}"


@dataclass(frozen=True)
class Node:
    """A value and where it stands."""

    value: Any
    """What the parser gave."""
    place: str
    """File (or "light") and key path, for messages."""

    def fail(self, message: str) -> NoReturn:
        """Raise a `LightError` that names the place."""
        raise LightError(f"{self.place}: {message}")

    def keys(self, *known: str) -> frozenset[str]:
        """The keys of a mapping, all of which must be known."""
        if not isinstance(self.value, Mapping):
            self.fail(f"must be a mapping with keys of {', '.join(known)}, got {self._short()}")
        for key in self.value:
            if key not in known:
                self.fail(f"unknown key {key!r}; {did_you_mean(str(key), known)}")
        return frozenset(self.value)

    def has(self, key: str) -> bool:
        """Whether a mapping has a key."""
        return key in self.value

    def __getitem__(self, key: str) -> Node:
        if key not in self.value:
            self.fail(f"needs the key {key!r}")
        colon = ": " if self.place.endswith(_FILES) or self.place == "light" else "."
        return Node(self.value[key], f"{self.place}{colon}{key}")

    def items(self) -> Iterator[Node]:
        """The entries of a list."""
        if not isinstance(self.value, list | tuple):
            self.fail(f"must be a list, got {self._short()}")
        for i, value in enumerate(self.value):
            yield Node(value, f"{self.place}[{i}]")

    def number(self, low: float = -1e12, high: float = 1e12) -> float:
        """A finite number in a range."""
        v = self.value
        if isinstance(v, bool) or not isinstance(v, int | float) or v != v or abs(v) == inf:
            self.fail(f"must be a number, got {self._short()}{_of_a_text(v)}")
        if not low <= v <= high:
            wanted = f"at least {low:g}" if high == 1e12 else f"between {low:g} and {high:g}"
            self.fail(f"must be {wanted}, got {self._short()}")
        return float(v)

    def vector(self, low: float = -1e12) -> list[float]:
        """Three finite numbers."""
        numbers = [entry.number(low) for entry in self.items()]
        if len(numbers) != 3:
            self.fail(f"must be three numbers, got {len(numbers)}")
        return numbers

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail(f"must be true or false, got {self._short()}")
        return self.value

    def text(self) -> str:
        """A string that isn't empty."""
        if not isinstance(self.value, str) or not self.value:
            self.fail(f"must be a text, got {self._short()}")
        return self.value

    def choice(self, *known: str) -> str:
        """One of a few words."""
        word = self.text()
        if word not in known:
            self.fail(f"{word!r} isn't known; {did_you_mean(word, known)}")
        return word

    def _short(self) -> str:
        text = repr(self.value)
        return text if len(text) <= 40 else text[:37] + "..."


def _of_a_text(value: object) -> str:
    """What to write in the place of a number in quotes, or of 1e3, which YAML takes for a text."""
    try:
        number = float(value) if isinstance(value, str) else nan
    except ValueError:
        return ""
    if not abs(number) <= 1e12:
        return ""
    return f", a text: write {format_float_positional(number, trim='-')}"


_FILES = (".yaml", ".yml", ".json")
