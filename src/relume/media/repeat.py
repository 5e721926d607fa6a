"""A video played again and again, as a file: for measurements that take longer than it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from relume.errors import MediaError
from relume.media.reader import open_container

__all__ = ["repeat_video"]


def repeat_video(source: Path, output: Path, times: int) -> None:
    """Write a video `times` over, its packets copied as they are; sound goes along.

    Args:
        source: a video file that begins with a key frame.
        output: what to write; its ending is the source's, or that of a container that takes the
            same codecs.
        times: passes.

    Raises:
        MediaError: the source can't be read, or its packets don't say when they are due.
    """
    try:
        with av.open(f"file:{output}", "w") as written:
            tape = _Tape(written)
            for _ in range(times):
                tape.append(source)
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(f"{source}: can't be played over and over ({error})") from None


class _Tape:
    """A container being written, pass after pass."""

    def __init__(self, written: Any) -> None:
        self._written = written
        self._targets: dict[int, Any] = {}
        self._last: dict[int, int] = {}
        self._end = 0.0  # seconds

    def append(self, source: Path) -> None:
        """One more pass."""
        with open_container(source) as read:
            picture = read.streams.best("video")
            if picture is None:
                raise MediaError(f"{source}: no picture in it, so it can't be played")
            streams = [picture, *read.streams.audio]
            for stream in streams:
                if stream.index not in self._targets:
                    target = self._written.add_stream_from_template(stream)
                    self._targets[stream.index] = target
            begun, length = None, 0.0
            for packet in read.demux(streams):
                if packet.dts is None:  # the demuxer's closing packet
                    continue
                if packet.pts is None:
                    raise MediaError(f"{source}: its packets don't say when they are due")
                if packet.stream is picture:
                    seconds = float(packet.pts * packet.time_base)
                    begun = seconds if begun is None else begun
                    length = max(length, seconds - begun + 1 / float(picture.average_rate or 25))
                self._write(packet, self._end - (begun or 0.0))
            self._end += length

    def _write(self, packet: Any, later: float) -> None:
        index, shift = packet.stream.index, round(later / packet.time_base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        # Sound may reach over the end of its pass; of the next, what would overlap is left out.
        if packet.dts > self._last.get(index, packet.dts - 1):
            self._last[index] = packet.dts
            packet.stream = self._targets[index]
            self._written.mux_one(packet)
