"""What a command can be given, told from its dataclass, and what was given of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

__all__ = ["Given", "Parameter", "commands_of", "data_first", "given", "parameters"]

_POSITIONAL = get_args(tyro.conf.Positional[str])[1:]
_HIDDEN = get_args(tyro.conf.Suppress[str])[1:]
_ANY = -1


@dataclass(frozen=True)
class Parameter:
    """An option, or an argument without a name.

    Attributes:
        names: how it is spelt, the long name first; none of one without a name.
        metavar: what its value is called in the help.
        kind: its type.
        required: whether it has no default.
    """

    names: tuple[str, ...]
    metavar: str
    kind: Any
    required: bool

    @property
    def values(self) -> int:
        """How many values it takes; -1 is any number of them."""
        if self.kind is bool:
            return 0
        parts = get_args(self.kind) if get_origin(self.kind) is tuple else (self.kind,)
        return _ANY if Ellipsis in parts else len(parts)

    def __str__(self) -> str:
        """As the help has it: `-o FILE`."""
        return " ".join(filter(None, (min(self.names, key=len, default=""), self.metavar)))


@dataclass(frozen=True)
class Given:
    """A command's arguments, sorted.

    Attributes:
        options: the values behind each option.
        loose: where the words stand that belong to none.
        unknown: what looks like an option, and is none.
    """

    options: dict[Parameter, list[str]]
    loose: list[int]
    unknown: list[str]


def commands_of(kind: Any) -> dict[str, Any]:
    """The dataclasses of a command's subcommands by name; none if it has none."""
    choice = get_type_hints(kind, include_extras=True).get("command") if _is_class(kind) else kind
    found = {}
    for member in get_args(choice):
        own, *marks = get_args(member) if get_origin(member) is Annotated else (member,)
        found.update({mark.name: own for mark in marks if getattr(mark, "name", None)})
    return found


def parameters(kind: Any, prefix: str = "") -> Iterator[Parameter]:
    """All that a command can be given, nested settings by their parts."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        own, *marks = (
            get_args(hints[field.name])
            if get_origin(hints[field.name]) is Annotated
            else (hints[field.name],)
        )
        name = prefix + field.name.replace("_", "-")
        if _is_class(own) and is_dataclass(own):
            # `relume train` has its settings in a nameless `config`, and named parts of it.
            yield from parameters(own, prefix if field.name == "config" else f"{name}.")
        elif not any(mark in _HIDDEN for mark in marks):
            yield _parameter(name, own, marks, _required(field))


def given(kind: Any, words: list[str]) -> Given:
    """The arguments of a command, as far as they can be told apart."""
    known = {spelt: p for p in parameters(kind) for spelt in p.names}
    found, current = Given({}, [], []), None
    for place, word in enumerate(words):
        if word.startswith("-") and not _is_number(word):
            name, sign, value = word.partition("=")
            current = known.get(name.replace("_", "-"))
            if current is None:
                found.unknown.append(name)
            else:
                found.options[current] = [value] if sign else []
        elif current and (current.values == _ANY or len(found.options[current]) < current.values):
            found.options[current].append(word)
        else:
            found.loose.append(place)
    return found


def data_first(kind: Any, words: list[str]) -> list[str]:
    """The arguments; a file or folder that the command needs is put first if it stands behind an
    option that takes any number of values (`--methods ratio clips -o out`), and so are all of
    several, wherever they stand (`a.jpg -o lit/ b.jpg`)."""
    needed = [p for p in parameters(kind) if p.required and not p.names]
    found = given(kind, words)
    if len(needed) == 1 and needed[0].values == _ANY:
        loose = set(found.loose)
        options = [word for place, word in enumerate(words) if place not in loose]
        return [*(words[place] for place in found.loose), *options]
    if len(needed) != 1 or found.loose:
        return words
    for option, values in found.options.items():
        if option.values == _ANY and len(values) > 1 and os.path.exists(values[-1]):
            for i, word in enumerate(words):
                if word == values[-1] and given(kind, words[: i + 1]).options.get(option) == values:
                    return [word, *words[:i], *words[i + 1 :]]
    return words


def _parameter(name: str, kind: Any, marks: list[Any], required: bool) -> Parameter:
    shown = next(filter(None, (getattr(mark, "metavar", None) for mark in marks)), "")
    if any(mark in _POSITIONAL for mark in marks):
        return Parameter((), shown or name.upper(), kind, required)
    others = [a for mark in marks for a in getattr(mark, "aliases", None) or ()]
    if not shown:
        parts = get_args(kind) if get_origin(kind) is tuple else (kind,)
        shown = " ".join(getattr(part, "__name__", "") for part in parts).upper()
    return Parameter((f"--{name}", *others), shown, kind, required)


def _required(field: Field[Any]) -> bool:
    bare = field.default is MISSING and field.default_factory is MISSING
    return bare or field.default is tyro.MISSING


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
