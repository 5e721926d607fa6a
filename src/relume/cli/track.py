"""`relume track`: what the tracker knows of every frame, to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .count import counted
from .maybe import MaybeText, optional

__all__ = ["Track"]


@dataclass
class Track:
    """Write landmarks, pose, camera, light and confidence of every face and frame.

    Example: relume track talk.mp4 -o talk.jsonl
    """

    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]
    """What to track: a video, a picture, an image sequence (shots/%04d.png) or camera:0."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FILE")]
    """The file to write: .jsonl (one JSON object a line) or .parquet."""
    start: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Second of the source to begin at, or [hours:]minutes:seconds. Records' times stay the
    source's."""
    end: Annotated[MaybeText, optional(metavar="TIME")] = None
    """Second of the source to end at, or [hours:]minutes:seconds; of a camera, how long to
    follow."""
    max_faces: int = 4
    """The most faces to follow: the largest, but one that is followed already isn't given up for
    a larger one."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the output if it exists."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but warnings and errors."""

    def run(self) -> int:
        """Do it; gives the exit code."""
        import sys

        from ..errors import MediaError, NoFaceError
        from ..pipeline.track import record_writer, track_video
        from .process import one_thread_a_stage, stop_event
        from .progress import progress_bar
        from .seconds import seconds_of

        start = seconds_of("--start", self.start)
        end = None if self.end is None else seconds_of("--end", self.end)
        one_thread_a_stage()
        count = 0
        lost: list[str] = []
        with (
            stop_event(self.source) as stop,
            record_writer(self.output, self.overwrite) as writer,
        ):
            with progress_bar(Path(self.source).name) as advance:
                for record in track_video(
                    self.source,
                    max_faces=self.max_faces,
                    start=start,
                    end=end,
                    progress=advance,
                    stop=stop,
                    lost=lost.append,
                ):
                    writer.write(record)
                    count += 1
            if not count:
                raise NoFaceError(f"{self.source}: no face was found, so nothing was written")
        if not self.quiet:
            print(f"{self.output}: {counted(count, 'record')}", file=sys.stderr)
        # It has been logged why.
        return MediaError.exit_code if lost else 0
