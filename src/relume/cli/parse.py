"""A command's arguments to the command."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from typing import Any

import tyro

from ..errors import UsageError
from .explain import explained, leftover
from .maybe import MAYBE
from .parameters import commands_of, data_first

__all__ = ["SHORT", "parse"]

SHORT = (
    tyro.conf.OmitArgPrefixes,
    tyro.conf.OmitSubcommandPrefixes,
    tyro.conf.FlagCreatePairsOff,
)
"""tyro's settings: options by their bare names."""


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
        UsageError: there is no such command or option, a value can't be read, or there is an
            argument too many or too few.
    """
    called, chosen, rest = name, kind, arguments
    if arguments and (own := commands_of(kind).get(arguments[0])) is not None:
        called, chosen, rest = f"{name} {arguments[0]}", own, arguments[1:]
    if not commands_of(chosen):
        arguments = [*arguments[: len(arguments) - len(rest)], *data_first(chosen, rest)]
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            command, unknown = tyro.cli(
                kind,
                prog=f"relume {name}",
                description=about,
                args=arguments,
                config=config,
                return_unknown_args=True,
                registry=MAYBE,
            )
    except SystemExit as stop:
        why = explained(kind, name, arguments) if stop.code == 2 else None
        if why is not None:
            raise UsageError(why) from None
        sys.stderr.write(said.getvalue())
        raise
    if unknown:
        why = explained(kind, name, arguments) if commands_of(chosen) else None
        raise UsageError(why or leftover(chosen, called, unknown))
    return command
