"""Parsing, and what a person sees when something goes wrong."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Union

from .process import Terminated, prepare

__all__ = ["main"]

_ABOUT = """Relight portrait video in 3D. `relume COMMAND --help` tells a command's options,
`relume --version` the version.

exit codes: 0 done; 1 a fault of relume's own; 2 wrong usage; 3 the input can't be
read, or a camera was lost; 4 the light makes no sense; 5 no face was found; 6 the output can't
be written; 7 an optional package is missing; 8 a model is missing or damaged; 9 an evaluation
got worse (eval compare --fail-on-worse); 130 interrupted; 143 told to stop."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code.

    Args:
        arguments: what follows the program's name; the process's own by default.
    """
    try:
        prepare()
        return _run(sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:  # the reader of a pipe left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:
        stop = _interrupt(error)
        if stop is None:
            raise
        print(f"relume: interrupted; {str(stop) or 'the output was not written'}", file=sys.stderr)
        # An interrupt that met an `exec` of text (dataclasses are made so) is on CPython's record
        # as unhandled and would end the process by signal. The next `exec` clears the record.
        exec("")
        return 143 if isinstance(stop, Terminated) else 130


def _interrupt(error: BaseException | None) -> KeyboardInterrupt | None:
    """The interrupt that an error comes from: one that meets the import of a compiled module is
    told as its ImportError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error


def _run(given: list[str]) -> int:
    import tyro

    from .bench import Bench
    from .demo import Demo
    from .eval import EvalCommand
    from .info import Info
    from .light import LightCommand
    from .mesh import Mesh
    from .parse import SHORT
    from .relight import Relight
    from .teacher import TeacherCommand
    from .track import Track
    from .weights import WeightsCommand

    if given in (["--version"], ["-V"]):
        from .. import __version__

        print(f"relume {__version__}")
        return 0
    logging.basicConfig(format="relume: %(levelname)s: %(message)s", level=logging.WARNING)
    commands: dict[str, type] = {
        "relight": Relight,
        "light": LightCommand,
        "track": Track,
        "mesh": Mesh,
        "eval": EvalCommand,
        "bench": Bench,
        "weights": WeightsCommand,
        "teacher": TeacherCommand,
        "train": _Train,
        "info": Info,
        "demo": Demo,
    }
    if given and not given[0].startswith("-"):
        return _reported(lambda: _one(given[0], given[1:], commands))
    subcommands = tuple(Annotated[c, tyro.conf.subcommand(n)] for n, c in commands.items())
    choice: Any = Union[subcommands]  # noqa: UP007 (of a tuple)
    command = tyro.cli(
        choice,
        prog="relume",
        description=_ABOUT,
        args=given or ["--help"],
        config=SHORT,
    )
    return _reported(command.run)


@dataclass
class _Train:
    """Train the compact model, and write its weights. Needs pip install "relume[train]"."""

    def run(self) -> None:
        """Never called: `relume train` is parsed apart; this lists it among the others."""


def _one(name: str, arguments: list[str], commands: dict[str, type]) -> int | None:
    """Run the command of that name."""
    if name not in commands:
        from ..errors import UsageError
        from ..light.node import did_you_mean

        raise UsageError(f"no command is called {name!r}; {did_you_mean(name, list(commands))}")
    if name == "train":
        from .train import train_command

        return train_command(arguments)
    from .parse import parse

    code: int | None = parse(commands[name], name, arguments).run()
    return code


def _reported(run: Callable[[], int | None]) -> int:
    """The exit code of a command, its errors printed as one line."""
    from ..errors import RelumeError

    try:
        return run() or 0
    except RelumeError as error:
        print(f"relume: {error}", file=sys.stderr)
        return error.exit_code
