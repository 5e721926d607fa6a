"""Baselines that need no relighting of their own."""

from __future__ import annotations

from collections.abc import Iterator
from glob import escape
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np

from ...errors import InputError, MediaError, UsageError
from ...media import open_video
from ..clips import Clip
from .base import Condition, Method, Pixels

__all__ = ["Absent", "Blurred", "External", "Frozen", "Oracle", "Untouched"]


class Untouched:
    """The input as it is."""

    name = "untouched"

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        return clip.frames()


class Oracle:
    """The truth, where it is known."""

    name = "oracle"

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        if condition.truth is None:
            raise UsageError("the truth isn't known here")
        return condition.truth()


class Frozen:
    """The first frame of another method for ever: exposes metrics that reward standing still."""

    name = "frozen"

    def __init__(self, inner: Method) -> None:
        self._inner = inner

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        return repeat(next(self._inner.run(clip, condition)), len(clip))


class Blurred:
    """Another method's frames blurred by 1.5% of the crop: exposes metrics that reward it."""

    name = "blurred"

    def __init__(self, inner: Method) -> None:
        self._inner = inner

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        scale = np.mean([f.pose.scale for f in clip.faces if f is not None])
        for frame in self._inner.run(clip, condition):
            yield np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.015 * float(scale)), np.uint8)


class External:
    """Frames that some other program made.

    Args:
        name: of the method.
        folder: holds, for each clip, a folder of its name with a video, a picture or a folder of
            numbered pictures for each condition: `folder/<clip>/<condition>[.mp4|.png]`.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; give the frames of {name} as NAME=FOLDER")
        self._folder = folder

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        place = self._folder / clip.name
        found = sorted(place.glob(f"{escape(condition.name)}.*")) or [place / condition.name]
        if not found[0].exists():
            raise MediaError(f"{found[0]}: {self.name} has no frames there")
        count = 0
        with open_video(found[0], threads=1) as reader:
            for frame in reader:
                if (frame.rgb8.shape[1], frame.rgb8.shape[0]) != clip.size:
                    raise MediaError(f"{found[0]}: frames must have the input's size {clip.size}")
                yield frame.rgb8
                count += 1
                if count == len(clip):
                    return
        raise MediaError(f"{found[0]}: {count} frames, the input has {len(clip)}")


class Absent:
    """A method that can't run here; says why."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason

    def run(self, clip: Clip, condition: Condition) -> Iterator[Pixels]:
        """See `Method`."""
        raise UsageError(self.reason)
