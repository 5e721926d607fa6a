"""Sound and subtitles of the source, carried over packet by packet as the video goes on."""

from __future__ import annotations

import contextlib
import io
import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.subtitles.subtitle import SubtitleSet

from relume.media.formats import Format
from relume.media.part import Cut
from relume.media.reader import ANEW, open_container

__all__ = ["SourceTracks"]

log = logging.getLogger("relume.media")

_EARLY = 1e-3  # seconds that a packet may begin before its part: rounding
_LAYOUTS = dict(enumerate(("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"), 1))
"""What both AAC and Opus take, by the number of channels."""
_TEXTS = ("subrip", "ass", "webvtt", "mov_text", "text")
"""Subtitles that are words, rather than pictures of words."""


class SourceTracks:
    """Copies a source's sound (and what subtitles fit) into an output.

    Packets are copied as they are; only sound and written subtitles that the output's container
    can't carry are encoded anew. The source is demuxed a second time, in step with the video, so
    that memory stays flat.
    """

    def __init__(self, source: Path, output: Any, kind: Format, cut: Cut) -> None:
        """Add a stream to `output` for every track that goes over; nothing is read yet."""
        self._output, self._cut = output, cut
        self._targets: dict[int, Any] = {}
        self._last: dict[int, int] = {}
        self._coded: set[int] = set()
        self._flushed: set[int] = set()
        self._worded: set[int] = set()
        self._container = open_container(source)
        streams = self._container.streams
        for stream in streams.audio:
            self._add_sound(stream, kind)
        for stream in streams.subtitles:
            name = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
            if name in kind.subtitles:
                self._add_copy(stream)
            elif name in _TEXTS and hasattr(SubtitleSet, "create"):  # since PyAV 16.1
                self._add_words(stream, kind.subtitles[0])
            else:
                log.warning("%s: %s subtitles don't fit the output; dropped", source, name)
        if hasattr(output, "set_chapters") and cut == Cut():  # since PyAV 16
            output.set_chapters(self._container.chapters())
        self._packets = self._read()
        self._next = next(self._packets, None)

    def _add_sound(self, stream: Any, kind: Format) -> None:
        context = stream.codec_context
        if context is None:
            log.warning("a sound track of an unknown codec is dropped")
            return
        layout = _LAYOUTS.get(context.channels)
        # MP4 refuses PCM of a nameless layout ("2 channels"), but only once all is written.
        nameless = context.layout.name.endswith(" channels")
        refused = nameless and kind.container == "mp4" and context.name.startswith("pcm_")
        if _fits(stream, kind) and (layout or not refused):
            self._add_copy(stream)
            if layout and nameless:
                self._targets[stream.index].codec_context.layout = layout
            return
        if layout is None:
            log.warning("sound of %d channels doesn't fit the output; dropped", context.channels)
            return
        log.info("%s sound doesn't fit the output; encoded as %s", context.name, kind.sound)
        # FFmpeg's libopus begins late at any other rate.
        taken = None if kind.sound == "libopus" else av.Codec(kind.sound, "w").audio_rates
        rates = taken or [48000]
        rate = min((r for r in rates if r >= context.sample_rate), default=max(rates))
        target = self._output.add_stream(kind.sound, rate=rate)
        target.codec_context.layout = layout
        target.codec_context.bit_rate = 96_000 * context.channels
        target.metadata.update(stream.metadata)
        self._targets[stream.index] = target
        self._coded.add(stream.index)

    def _add_copy(self, stream: Any) -> None:
        target = self._output.add_stream_from_template(stream)
        target.metadata.update(stream.metadata)
        self._targets[stream.index] = target

    def _add_words(self, stream: Any, codec: str) -> None:
        """A track of subtitles whose words are kept; how they look may not be."""
        source, target = stream.codec_context, self._output.add_stream(codec)
        source.open(strict=False)
        target.codec_context.subtitle_header = source.subtitle_header
        target.time_base = target.codec_context.time_base = stream.time_base
        target.metadata.update(stream.metadata)
        self._targets[stream.index] = target
        self._worded.add(stream.index)

    def _read(self) -> Iterator[tuple[Any, float]]:
        chosen = [s for s in self._container.streams if s.index in self._targets]
        if not chosen:
            return
        if discard := getattr(av.stream, "Discard", None):  # since PyAV 18; saves reading twice
            for stream in self._container.streams:
                if stream not in chosen:
                    stream.discard = discard.all
        cut, ended = self._cut, set()
        # A line on screen where the part begins may have come at any time before.
        if cut.skipped > 0.0 and not any(s.type == "subtitle" for s in chosen):
            with contextlib.suppress(av.FFmpegError):  # then it is read from the start
                self._container.seek(int(cut.begin * av.time_base))
        packets = self._container.demux(chosen)
        time, ends, later = 0.0, dict[int, float](), 0.0
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                log.warning("sound ends early: %s", error)
                return
            if packet is None:
                return
            if packet.dts is not None:
                later += self._begun_anew(packet, later, ends)
                time = float(packet.dts * packet.time_base)
                if time >= cut.end:
                    ended.add(packet.stream.index)
                    if len(ended) == len(chosen):
                        return
                    continue
                if not _reaches(packet, cut):
                    continue
                if cut.skipped > 0.0:
                    time = max(time, cut.begin)
                shift = round(cut.skipped / packet.time_base)
                packet.dts -= shift
                packet.pts = packet.dts if packet.pts is None else packet.pts - shift
            yield packet, time - cut.skipped

    @staticmethod
    def _begun_anew(packet: Any, later: float, ends: dict[int, float]) -> float:
        """Put a packet `later` by so many seconds, and by more where its track's times begin anew,
        as the frames' then do: by how much more.

        Args:
            packet, later: see above.
            ends: by track, when its last packet ended.
        """
        index, base = packet.stream.index, packet.time_base
        begins, more = float(packet.dts * base) + later, 0.0
        if packet.stream.type != "subtitle" and ends.get(index, begins) - begins >= ANEW:
            more = ends[index] - begins
        shift = round((later + more) / base)
        packet.dts += shift
        packet.pts = None if packet.pts is None else packet.pts + shift
        ends[index] = float((packet.dts + (packet.duration or 0)) * base)
        return more

    def advance(self, seconds: float) -> None:
        """Write every packet that is due up to this time of the source."""
        while self._next is not None and self._next[1] <= seconds:
            self._write(self._next[0])
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write all that is left."""
        self.advance(float("inf"))
        for index in self._coded - self._flushed:
            self._output.mux(self._targets[index].encode(None))
            self._flushed.add(index)

    def close(self) -> None:
        """Let go of the source."""
        self._container.close()

    def _write(self, packet: Any) -> None:
        index, target = packet.stream.index, self._targets[packet.stream.index]
        if index not in self._coded:
            if packet.dts is not None:  # the demuxer's closing packet has none, and no content
                for copied in _anew(packet, target) if index in self._worded else (packet,):
                    self._copy(copied, index, target)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            log.warning("a damaged sound packet is left out: %s", error)
            return
        for frame in frames:
            self._output.mux(target.encode(frame))
        if packet.dts is None:
            self._output.mux(target.encode(None))
            self._flushed.add(index)

    def _copy(self, packet: Any, index: int, target: Any) -> None:
        # Some files' times repeat or go back, which muxers refuse; subtitles may begin together.
        last = self._last.get(index, packet.dts - 1)
        if packet.dts > last or (packet.dts == last and target.type == "subtitle"):
            self._last[index] = packet.dts
            packet.stream = target
            self._output.mux_one(packet)


def _anew(packet: Any, target: Any) -> list[Any]:
    """A packet's lines of subtitles in the target's codec, shown as long."""
    lasts = packet.duration or 0
    try:
        decoded = packet.stream.codec_context.decode2(packet)
        lines = [
            SubtitleSet.create(words.ass, 0, round(1000 * lasts * packet.time_base))
            for words in (decoded.rects if decoded else ())
        ]
        coded = [target.codec_context.encode_subtitle(line) for line in lines]
    except (av.FFmpegError, ValueError) as error:
        log.warning("a damaged line of subtitles is left out: %s", error)
        return []
    for line in coded:
        line.pts, line.dts, line.duration = packet.pts, packet.dts, lasts
        line.time_base = packet.time_base
    return coded


def _reaches(packet: Any, cut: Cut) -> bool:
    """Whether what begins before a part's end is of it; subtitles are cut to the part."""
    base, subtitle = packet.time_base, packet.stream.type == "subtitle"
    if cut.skipped > 0.0:
        if not subtitle:
            return float(packet.dts * base) >= cut.begin - _EARLY
        missed = round(cut.begin / base) - packet.dts
        if missed > 0:
            if packet.duration <= missed:
                return False
            packet.pts = packet.dts = packet.dts + missed
            packet.duration -= missed
    if subtitle and cut.end < math.inf:
        packet.duration = min(packet.duration, round(cut.end / base) - packet.dts)
    return True


def _fits(stream: Any, kind: Format) -> bool:
    """Whether the container carries a track as it is: tried, as a muxer's list of codecs promises
    more than it writes."""
    try:
        with av.open(io.BytesIO(), "w", format=kind.container) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True
