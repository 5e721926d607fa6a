"""A part of a video: what is asked for, and where it lies in the file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from relume.errors import UsageError
from relume.number import check_number

__all__ = ["LONGEST", "Cut", "Part"]

LONGEST = 1e9
"""Seconds that a video may last; in any unit, such times fit FFmpeg's 64 bits."""


@dataclass(frozen=True)
class Part:
    """From one time of a video to another, in seconds from its first frame.

    Attributes:
        start: the first frame is the one shown then or next.
        end: frames from then on are left out; None, or infinity, for none.

    Raises:
        UsageError: the times make no sense.
    """

    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        check_number("a part's start", self.start)
        if self.end is not None:
            check_number("a part's end", self.end)
        if self.end == math.inf:
            object.__setattr__(self, "end", None)
        if not self.start >= 0.0:
            raise UsageError(f"a part starts at 0 seconds of a video or later, not {self.start:g}")
        if self.start > LONGEST:
            raise UsageError(f"a part starts at {LONGEST:g} seconds at most, not {self.start:g}")
        if self.end is not None and not self.end > self.start:
            raise UsageError(
                f"a part ends after its start at {self.start:g} seconds, got {self.end:g}"
            )
        if self.end is not None and self.end > LONGEST:
            raise UsageError(f"a part ends at {LONGEST:g} seconds at most, got {self.end:g}")

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.start == 0.0 and self.end is None


@dataclass(frozen=True)
class Cut:
    """Where a part lies."""

    skipped: float = 0.0
    """Seconds left out before it, by which all times are earlier than in the file."""
    begin: float = -math.inf
    """Seconds of the file at which it begins."""
    end: float = math.inf
    """Seconds of the file from which everything is left out."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Cut()
