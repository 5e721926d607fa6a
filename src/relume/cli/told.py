"""What `relume relight` says when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .count import counted
from .jobs import Job

if TYPE_CHECKING:
    from ..pipeline import VideoReport

__all__ = ["note_of", "tell"]


def note_of(job: Job, report: VideoReport, max_faces: int) -> tuple[str, bool]:
    """A line on a run, and whether it says more than that all went well with a picture."""
    from ..media.formats import VIDEO_ENDINGS
    from ..media.sequence import is_picture

    line = f"{', '.join(job.written)}: {counted(report.frames, 'frame')} in {report.seconds:.1f} s"
    if report.frames > 1:
        line += f" ({report.fps:.1f} fps)"
    notes = []
    if missed := report.frames - report.relit:
        left = "black" if job.output is None else "left as they were"
        notes.append(f"no face in {missed} of them ({_stretches(report)}), {left}")
    if report.left_out:
        more = counted(report.left_out, "face")
        notes.append(f"{more} left as before: --max-faces {max_faces + report.left_out} takes all")
    if report.dropped:
        share = report.dropped / (report.frames + report.dropped)
        notes.append(f"{report.dropped} more came too fast and were dropped ({share:.0%})")
    video = Path(job.written[0]).suffix.lower() in VIDEO_ENDINGS
    if video and report.frames == 1 and is_picture(job.source):
        notes.append("a picture is one frame: a timeline as --light makes it a longer video")
    return "; ".join([line, *notes]), report.frames > 1 or bool(notes)


def _stretches(report: VideoReport) -> str:
    """Where there was no face, the longest stretches first."""
    longest = sorted(report.missed, key=lambda stretch: stretch[0] - stretch[1])
    told = [f"{a:.2f} s" if a == b else f"{a:.2f} to {b:.2f} s" for a, b in longest[:3]]
    return ", ".join(told) + (", ..." if len(longest) > 3 else "")


def tell(line: str) -> None:
    """A line on standard error, as it is."""
    from rich.console import Console

    Console(stderr=True).print(line, highlight=False, markup=False, soft_wrap=True)
