"""`relume teacher`: portraits to what the compact model learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from .maybe import optional

if TYPE_CHECKING:
    from ..teacher.corpus import Outcome

__all__ = ["TeacherCommand"]


@dataclass
class TeacherCommand:
    """Work out the shape, light and albedo of portraits, for the compact model to learn from.

    Example: relume teacher portraits -o taught --ict ict_facekit_light.npz --workers 2

    The same command again goes on where it was. Needs pip install "relume[teacher]".
    """

    pictures: Annotated[
        tyro.conf.Positional[tuple[Path, ...]],
        tyro.conf.arg(metavar="FOLDER ...", help_behavior_hint="(required)"),
    ]
    """Folders of portraits, searched through and through."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")]
    """The folder for a .npz a portrait, contact sheets, and the reasons of what was refused."""
    ict: Annotated[Path | None, optional(metavar="FILE")] = None
    """ICT FaceKit's light model (.npz); relume's own head, which is coarser, by default."""
    workers: int = 1
    """Portraits at a time."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but warnings and errors."""

    def run(self) -> None:
        """Do it."""
        import sys
        from contextlib import closing

        from ..errors import InputError, UsageError
        from ..teacher import CorpusConfig, TeacherConfig, teach_corpus, write_sheets
        from ..teacher.corpus import REJECTED, already, untaught
        from ..teacher.sheet import SHEETS
        from .progress import progress_bar

        if not self.pictures or self.workers < 1:
            raise UsageError("relume teacher takes a folder of portraits and 1 worker or more")
        teacher = TeacherConfig(ict=self.ict)
        config = CorpusConfig(self.pictures, self.output, self.workers, teacher)
        todo = len(untaught(config))
        taught_before, refused_before = already(config, todo)
        taught = refused = 0
        with progress_bar("portraits", "a second") as advance:
            advance(0, todo)
            try:
                # Whatever ends it, the processes have ended before the last sheet is drawn.
                with closing(teach_corpus(config)) as outcomes:
                    for outcome in outcomes:
                        taught += outcome.taught is not None
                        refused += outcome.taught is None
                        if not self.quiet and (told := _told(outcome)):
                            print(told, file=sys.stderr)
                        write_sheets(self.output)
                        advance(taught + refused, todo)
            except KeyboardInterrupt as stop:
                stop.args = ("the same command goes on where it was",)
                raise
            finally:
                write_sheets(self.output, rest=True)
        if not taught and (todo or not any(self.output.glob("*.npz"))):
            reasons = self.output / REJECTED
            raise InputError(f"no portrait could be taught; reasons: {reasons}")
        if not self.quiet:
            counts = f"{taught} taught, {refused} refused"
            if taught_before or refused_before:
                counts += f" (before: {taught_before} taught, {refused_before} refused)"
            print(f"{self.output}: {counts}; now look at {self.output / SHEETS}", file=sys.stderr)


def _told(outcome: Outcome) -> str:
    """What there is to say of one portrait's end, if anything."""
    if outcome.taught is None:
        return f"refused: {outcome.picture}: {outcome.reason}"
    if outcome.others:
        faces = f"{outcome.others + 1} faces found, the largest is taught"
        return f"relume: warning: {outcome.picture}: {faces}"
    return ""
