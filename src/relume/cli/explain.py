"""Why a command's arguments are refused, in a line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from .parameters import Given, Parameter, commands_of, given, parameters

__all__ = ["explained", "leftover"]


def explained(kind: Any, name: str, words: list[str]) -> str | None:
    """What is wrong with arguments that can't be parsed; None if that can't be told.

    Args:
        kind: the command's dataclass, one with a field `command` of subcommands, or a union.
        name: what it is called by.
        words: what follows the name.
    """
    commands = commands_of(kind)
    if commands:
        first = words[0] if words else "-"
        if first.startswith("-"):
            return f"{name} needs one of {', '.join(commands)}; see relume {name} --help"
        if first not in commands:
            from ..light.node import did_you_mean

            hint = did_you_mean(first, list(commands))
            return f"no command is called '{name} {first}'; {hint}"
        return explained(commands[first], f"{name} {first}", words[1:])
    found = given(kind, words)
    if found.unknown:
        return leftover(kind, name, found.unknown)
    fault = next(filter(None, (_fault(*item) for item in found.options.items())), None)
    fault = fault or _missing(kind, name, found)
    return f"{fault}; see relume {name} --help" if fault else None


def leftover(kind: Any, name: str, unknown: list[str]) -> str:
    """Why the arguments that a command can't use are refused."""
    known = list(parameters(kind))
    for word in unknown:
        if word.startswith("-"):
            option = word.partition("=")[0]
            near = _near(option.lstrip("-"), [p.names[0][2:] for p in known if p.names])
            hint = f"did you mean --{near}? See" if near else "see"
            return f"{name} has no option {option}; {hint} relume {name} --help"
    if not any(p.metavar == "SOURCE" for p in known):
        return f"{name} can't use {unknown[0]!r}; see relume {name} --help"
    return (
        f"{name} takes one input at a time, and {unknown[0]!r} is one more: quote a name with"
        " spaces or a pattern of one clip's frames ('shots/*.jpg'), and go through other inputs"
        f' one by one (for f in shots/*.jpg; do relume {name} "$f" ...; done)'
    )


def _near(word: str, options: list[str]) -> str | None:
    """The option that was likely meant; of the same words in another order, that one."""
    for option in options:
        if sorted(option.split("-")) == sorted(word.split("-")):
            return option
    return next(iter(get_close_matches(word, options, 1, 0.55)), None)


def _missing(kind: Any, name: str, found: Given) -> str | None:
    """What the command needs and wasn't given."""
    needed = [p for p in parameters(kind) if p.required and p not in found.options]
    loose = len(found.loose)
    bare = [p for p in needed if not p.names][loose:]
    missing = [*bare, *(p for p in needed if p.names)]
    if not missing:
        return None
    told = f"{name} needs {' and '.join(map(str, missing))}"
    for option, values in found.options.items():
        if bare and option.values < 0 and values:
            told += f" ({option.names[0]} takes every word behind it: give {bare[0]} first)"
    return told


def _fault(option: Parameter, values: list[str]) -> str | None:
    """What is wrong with an option's values."""
    name, count = option.names[0], option.values
    if count > 0 and len(values) < count:
        several = f"{count} values" if count > 1 else "a value"
        return f"{name} needs {several}: {name} {option.metavar}".rstrip(": ")
    kinds = get_args(option.kind) if get_origin(option.kind) is tuple else (option.kind,) * count
    for kind, value in zip(kinds, values, strict=False):
        wanted = _wanted(kind, value)
        if wanted:
            return f"{name} takes {wanted}, got {value!r}"
    return None


def _wanted(kind: Any, value: str) -> str | None:
    """What a value of that type is, where this is none."""
    if get_origin(kind) is Literal:
        *others, last = get_args(kind)
        return None if value in (*others, last) else f"{', '.join(others)} or {last}"
    members = get_args(kind)
    if type(None) in members:  # an option that may be left out
        return next((_wanted(m, value) for m in members if m is not type(None)), None)
    words = {int: "a whole number", float: "a number"}.get(kind)
    try:
        if words:
            kind(value)
    except ValueError:
        return words
    return None
