"""A command's arguments to the command, and what is said about those that it doesn't know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

import tyro

from ..errors import UsageError

__all__ = ["SHORT", "parse"]

SHORT = (
    tyro.conf.OmitArgPrefixes,
    tyro.conf.OmitSubcommandPrefixes,
    tyro.conf.FlagCreatePairsOff,
)
"""tyro's settings: options by their bare names."""

_NO_OPTION = (*get_args(tyro.conf.Positional[str])[1:], *get_args(tyro.conf.Suppress[str])[1:])


def parse(
    kind: Any,
    name: str,
    arguments: list[str],
    about: str | None = None,
    config: tuple[Any, ...] = SHORT,
) -> Any:
    """One command, parsed apart from all others, so that no message is about theirs.

    Args:
        kind: its dataclass, one with a field `command` of subcommands, or a union of these.
        name: what it is called by.
        arguments: what follows the name.
        about: what it does; its dataclass says by default.
        config: tyro's settings.

    Raises:
        UsageError: there is no such option, or one argument too many.
    """
    command, unknown = tyro.cli(
        kind,
        prog=f"relume {name}",
        description=about,
        args=arguments,
        config=config,
        return_unknown_args=True,
    )
    if unknown:
        chosen = getattr(command, "command", command)
        if type(chosen) is not kind:
            name += f" {next(word for word in arguments if not word.startswith('-'))}"
        raise UsageError(_refusal(chosen, name, unknown))
    return command


def _refusal(command: Any, name: str, unknown: list[str]) -> str:
    """Why the arguments that were left over are refused."""
    for word in unknown:
        if word.startswith("-"):
            given = word.partition("=")[0]
            near = _near(given.lstrip("-"), list(_options(command)))
            hint = f"did you mean --{near}? See" if near else "see"
            return f"{name} has no option {given}; {hint} relume {name} --help"
    if not hasattr(command, "source"):
        return f"{name} can't use {unknown[0]!r}; see relume {name} --help"
    return (
        f"{name} takes one input at a time, and {unknown[0]!r} is one more: quote a name with"
        " spaces or a pattern of one clip's frames ('shots/*.jpg'), and go through other inputs"
        f' one by one (for f in shots/*.jpg; do relume {name} "$f" ...; done)'
    )


def _near(given: str, options: list[str]) -> str | None:
    """The option that was likely meant; of the same words in another order, that one."""
    for option in options:
        if sorted(option.split("-")) == sorted(given.split("-")):
            return option
    return next(iter(get_close_matches(given, options, 1, 0.55)), None)


def _options(command: Any, prefix: str = "") -> Iterator[str]:
    """The names of a command's options, without dashes."""
    hints = get_type_hints(type(command), include_extras=True)
    for field in fields(command):
        name = prefix + field.name.replace("_", "-")
        value = getattr(command, field.name)
        if is_dataclass(value):
            # `relume train` has its settings in a nameless `config`, and named parts of it.
            yield from _options(value, prefix if field.name == "config" else f"{name}.")
        elif not any(mark in _NO_OPTION for mark in get_args(hints[field.name])[1:]):
            yield name
