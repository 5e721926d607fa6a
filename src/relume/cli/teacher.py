"""`relume teacher`: portraits to what the compact model learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .maybe import optional

__all__ = ["TeacherCommand"]


@dataclass
class TeacherCommand:
    """Work out the shape, light and albedo of portraits, for the compact model to learn from.

    Example: relume teacher portraits -o taught --ict ict_facekit_light.npz --workers 2

    The same command again goes on where it was. Needs pip install "relume[teacher]".
    """

    pictures: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="FOLDER ...")]
    """Folders of portraits, searched through and through."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")]
    """The folder for a .npz a portrait, contact sheets, and the reasons of what was refused."""
    ict: Annotated[Path | None, optional(metavar="FILE")] = None
    """ICT FaceKit's light model (.npz); relume's own head, which is coarser, by default."""
    workers: int = 1
    """Portraits at a time."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but errors."""

    def run(self) -> None:
        """Do it."""
        import sys

        from ..errors import InputError, UsageError
        from ..teacher import CorpusConfig, SheetWriter, TeacherConfig, teach_corpus
        from ..teacher.corpus import REJECTED, untaught
        from .progress import progress_bar

        if not self.pictures or self.workers < 1:
            raise UsageError("relume teacher takes a folder of portraits and 1 worker or more")
        teacher = TeacherConfig(ict=self.ict)
        config = CorpusConfig(self.pictures, self.output, self.workers, teacher)
        todo = len(untaught(config))
        sheets = SheetWriter(self.output / "sheets")
        taught = refused = 0
        with progress_bar("portraits", "a second") as advance:
            advance(0, todo)
            try:
                for outcome in teach_corpus(config):
                    if outcome.taught is None:
                        refused += 1
                        if not self.quiet:
                            print(f"refused: {outcome.picture}: {outcome.reason}", file=sys.stderr)
                    else:
                        taught += 1
                        sheets.add(outcome.taught)
                    advance(taught + refused, todo)
            except KeyboardInterrupt as stop:
                stop.args = ("the same command goes on where it was",)
                raise
        sheets.close()
        if todo and not taught:
            reasons = self.output / REJECTED
            raise InputError(f"none of {todo} portraits could be taught; reasons: {reasons}")
        if not self.quiet:
            counts = f"{taught} taught, {refused} refused"
            print(f"{self.output}: {counts}; now look at {sheets.folder}", file=sys.stderr)
