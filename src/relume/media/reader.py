"""Reading video files: frames upright, in order, each with its time."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from relume.errors import MediaError, UsageError
from relume.media.closing import Closing
from relume.media.colour import FULL, UNSPECIFIED, Colour
from relume.media.frame import VideoFrame
from relume.media.heif import check_no_tiles, notes_of_heif
from relume.media.info import AudioTrack, MediaInfo
from relume.media.layout import normalise
from relume.media.part import Cut, Part
from relume.media.special import check_footage, check_no_device, check_no_pipe
from relume.media.timecode import later

__all__ = ["ANEW", "VideoReader", "open_container"]

log = logging.getLogger("relume.media")

# Demuxers that FFmpeg falls back on for text files; what they "decode" is never a video.
_NOT_VIDEO = {"tty", "bin", "xbin", "adf", "idf", "txd"}
_SEEKS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
ANEW = 0.5
"""Seconds by which times go back where a file begins anew, as several recordings that were joined
byte by byte do. By less they go back by mistake, and sound goes on as it was."""

_BACK = (0.0, 1.0, 4.0, 16.0)  # seconds before a wanted frame that are tried
_FASTEST = 480  # frames a second that a camera takes
_MORE = 1.1  # times as many frames in its length as a file counts, from which it's not believed
_TAGS_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_TAGS_OF_THE_FILE |= {"alpha_mode"}  # written anew where there is alpha
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that know of the alpha beside VP8 and VP9, as FFmpeg's own don't."""


def open_container(path: Path) -> Any:
    """PyAV's container of a media file.

    Raises:
        MediaError: the file is missing, empty, unreadable or not media, or it is no file.
    """
    check_no_pipe(path)
    check_no_device(path)
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"{path}: the file is empty; copy or record it again")
        check_footage(path)
        return av.open(f"file:{path}", metadata_errors="replace")
    except FileNotFoundError:
        raise MediaError(f"{path}: no such file; check the name and the folder") from None
    except PermissionError:
        raise MediaError(f"{path}: not allowed to read it; check its permissions") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"{path}: not a video or picture that can be read ({_reason(error)}); it may be "
            "damaged or cut off: copy it again, or convert it with ffmpeg"
        ) from None


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)


class VideoReader(Closing):
    """Iterates over a file's frames, each time from the first; a context manager.

    A damaged or cut-off file gives the frames that can be decoded, then says so in `warnings`
    and in the log "relume.media".
    """

    def __init__(self, path: Path, *, threads: int = 0, part: Part | None = None) -> None:
        """Open a file and decode its first frame.

        Args:
            path: any video that FFmpeg reads.
            threads: decoder threads; 0 lets FFmpeg choose.
            part: what to read of it; all by default.

        Raises:
            UsageError: it is shorter than where the part starts.
            MediaError: the file can't be read or has no picture in it.
        """
        self.path = path
        self.warnings: list[str] = []
        """What is wrong or lossy about this source, one sentence each."""
        self._threads, self._part = threads, part or Part()
        self._closed, self._passes = False, 0
        self._orientation = (False, False, False)
        self._open()
        try:
            self.info = self._describe(self._described)
        except BaseException:
            self._container.close()
            raise
        self._say_what_is_lossy()

    def _open(self) -> None:
        """Open the file and decode the first frame that is asked for."""
        self._rewind()
        try:
            self._first = self._described = next(self._decoded, None)
            if self._first is None:
                raise MediaError(
                    f"{self.path}: no frame of it can be decoded; the file is damaged or cut off: "
                    "copy it again"
                )
            self._notes = notes_of_heif(self.path, self._container)
            self._cut = Cut() if self._part.whole else self._start_part(self._first)
        except BaseException:
            self._container.close()
            raise

    def _rewind(self) -> None:
        """Open the file; nothing of it is decoded."""
        self._container = open_container(self.path)
        try:
            self._stream = self._pick_stream()
        except BaseException:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self._stream.thread_count = self._threads
        self._errors = 0
        self._decoded = self._decode()

    def _start_part(self, first: Any) -> Cut:
        """Go on to the part's first frame."""
        if first.pts is None:
            raise UsageError(
                f"{self.path}: its frames have no times, so that no part of it can be found;"
                " convert it to .mp4 first"
            )
        base, start, end = first.time_base, self._part.start, self._part.end
        begin = float(first.pts * base)
        found = first
        if start > 0.0:
            wanted = begin + start - 0.25 / float(self._stream.guessed_rate or 25)
            last, found = begin, self._before(begin, wanted, base)
            while found is not None:
                if found.pts is not None:
                    last = float(found.pts * base)
                    if last >= wanted:
                        break
                found = next(self._decoded, None)
            else:
                raise UsageError(
                    f"{self.path}: there is no frame at {start:g} s; give less than"
                    f" {last - begin:g}"
                )
        if end is not None and float(found.pts * base) >= begin + end:
            raise UsageError(f"{self.path}: there is no frame from {start:g} to {end:g} s")
        self._first = found
        skipped = float((found.pts - first.pts) * base)
        return Cut(skipped, begin + skipped, math.inf if end is None else begin + end)

    def _before(self, begin: float, wanted: float, base: Fraction) -> Any:
        """A frame at or before the wanted one, after which others are decoded."""
        # Elsewhere times are not the same after a jump, or it ends anywhere.
        for back in _BACK if self._container.format.name in _SEEKS else ():
            if wanted - back <= begin:
                break
            try:
                place = int((wanted - back) / base)
                self._container.seek(place, backward=True, stream=self._stream)
            except av.FFmpegError:
                break
            self._decoded = self._decode()
            found = next((frame for frame in self._decoded if frame.pts is not None), None)
            if found is not None and float(found.pts * base) <= wanted:
                return found
        self._container.close()
        self._rewind()
        return next(self._decoded, None)

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        self._decoded.close()
        self._container.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        if self._closed:
            raise UsageError(f"{self.path}: was closed; open it again")
        return self._frames()

    def _frames(self) -> Iterator[VideoFrame]:
        self._passes += 1
        number = self._passes
        if self._first is None:  # for another time
            self._decoded.close()
            self._container.close()
            self._open()
        info, count, last = self.info, 0, None
        step = max(1, round(1 / (info.frame_rate * info.time_base)))
        pending, self._first = self._first, None
        shift, later = round(info.cut.skipped / info.time_base), 0
        while pending is not None:
            pts = None if pending.pts is None else pending.pts - shift + later
            if pts is None:
                pts = 0 if last is None else last + step
            elif last is not None and pts <= last:
                if float((last - pts) * info.time_base) < ANEW:
                    pts = last + 1
                else:
                    later += last + step - pts
                    pts = last + step
                    self._warn("its times begin anew on the way; what comes then is put behind")
            if float((pts + shift) * info.time_base) >= info.cut.end:
                return
            last, count = pts, count + 1
            frame = self._fitted(pending)
            shown = VideoFrame(frame, info.colour, pts, info.time_base).oriented(self._orientation)
            shown.notes = dict(self._notes)
            yield shown
            if self._closed:
                raise UsageError(f"{self.path}: was closed in a loop over it; leave the loop first")
            if number != self._passes:
                raise UsageError(f"{self.path}: another loop reads it by now; open it twice")
            pending = next(self._decoded, None)
        if last is not None:
            self._check_end(count, float((last + step) * info.time_base))

    def _pick_stream(self) -> Any:
        name = self._container.format.name
        check_no_tiles(self.path, self._container)
        streams = [s for s in self._container.streams.video if not _is_cover(s)]
        if name in _NOT_VIDEO or not (streams or self._container.streams.audio):
            raise MediaError(f"{self.path}: not a video or picture; give a file such as clip.mp4")
        if not streams:
            raise MediaError(f"{self.path}: only sound in it, no picture; give a video")
        best = self._container.streams.best("video")
        stream = best if best in streams else streams[0]
        if stream.codec_context is None:
            raise MediaError(f"{self.path}: its video codec is not known; convert it with ffmpeg")
        return stream

    def _decode(self) -> Generator[Any, None, None]:
        packets, with_alpha = self._container.demux(self._stream), self._alpha_decoder()
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if with_alpha is None:
                    yield from packet.decode()
                else:
                    yield from with_alpha.decode(packet if packet.size else None)
            except av.error.EOFError:
                return
            except (av.FFmpegError, OSError) as error:
                self._errors += 1
                log.debug("%s: %s", self.path, error)
                # A reader that is stuck gives the same error for ever.
                if self._errors > 1000:
                    return

    def _alpha_decoder(self) -> Any:
        """A decoder of the picture and its alpha; None where the stream's own is right."""
        tags = {k.lower(): v for k, v in self._stream.metadata.items()}
        if tags.get("alpha_mode") != "1":
            return None
        name = _WITH_ALPHA.get(self._stream.codec_context.codec.canonical_name, "")
        try:
            decoder: Any = av.CodecContext.create(name, "r")
        except (av.FFmpegError, ValueError):
            self._warn("its transparency can't be read; convert it to ProRes 4444 or numbered PNG")
            return None
        decoder.thread_count = self._threads
        return decoder

    def _fitted(self, frame: Any) -> Any:
        stored = (self.info.height, self.info.width)
        width, height = stored if self._orientation[0] else stored[::-1]
        self._errors += bool(frame.is_corrupt)
        if (frame.width, frame.height) == (width, height):
            return frame
        self._warn("its frame size changes on the way; all frames are scaled to the first's")
        return frame.reformat(width=width, height=height)

    def _describe(self, frame: Any) -> MediaInfo:
        stream, container = self._stream, self._container
        self._orientation, rotation, mirrored = _orientation(frame)
        width, height = frame.width, frame.height
        bits = (component.bits for component in frame.format.components)
        rate = stream.guessed_rate or stream.average_rate or stream.base_rate or Fraction(25)
        average = stream.average_rate or rate
        duration = float(stream.duration * stream.time_base) if stream.duration else None
        if duration is None:
            duration = _tagged_duration(stream.metadata.get("DURATION", ""))
        self._own_duration = duration is not None
        if duration is None and container.duration:
            duration = container.duration / av.time_base
        estimate = round(duration * average) if duration else None
        # Of a fragmented file, the count may be the first fragment's.
        doubted = self._own_duration and (estimate or 0) > _MORE * stream.frames
        counted = bool(stream.frames) and not doubted
        frames = stream.frames - _hidden(stream) if counted else estimate
        if not self._part.whole:
            counted, ends = False, [x for x in (self._part.end, duration) if x is not None]
            duration = max(min(ends) - self._part.start, 0.0) if ends else None
            frames = max(round(duration * average), 1) if duration is not None else None
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if self._orientation[0]:
            width, height, aspect = height, width, 1 / aspect
        return MediaInfo(
            source=str(self.path),
            path=self.path,
            container=container.format.name,
            codec=stream.codec_context.codec.canonical_name,
            width=width,
            height=height,
            frame_rate=Fraction(rate),
            average_rate=Fraction(average),
            time_base=stream.time_base,
            duration=duration,
            frames=frames,
            frames_exact=counted,
            pixel_format=frame.format.name,
            depth=max(normalise(frame)[1].depth, *bits),  # floats are read as 16 bits
            colour=_colour(frame, stream.codec_context),
            rotation=rotation,
            mirrored=mirrored,
            pixel_aspect=aspect,
            audio=tuple(
                AudioTrack(
                    s.codec_context.codec.canonical_name,
                    s.codec_context.sample_rate,
                    s.codec_context.channels,
                    None if s.language == "und" else s.language,
                )
                for s in container.streams.audio
                if s.codec_context is not None
            ),
            subtitles=tuple(
                s.codec_context.codec.canonical_name if s.codec_context else "unknown"
                for s in container.streams.subtitles
            ),
            metadata=_tags(container.metadata, self._cut, rate),
            stream_metadata=_reel(container) | _tags(stream.metadata, self._cut, rate),
            cut=self._cut,
            profile=stream.codec_context.profile,
        )

    def _say_what_is_lossy(self) -> None:
        colour = self.info.colour
        if not colour.known_matrix:
            self._warn(
                f"its colour matrix ({colour.describe()['matrix']}, code {colour.matrix}) is not "
                "supported and is read as an untagged one"
            )
        if self.info.average_rate > _FASTEST:
            self._warn(
                f"its times say {float(self.info.average_rate):.0f} frames a second; if that is"
                " wrong, light will trail behind faces: write it anew with the right rate"
            )
        if getattr(self._first, "interlaced_frame", False):
            self._warn(
                "it is interlaced; its frames are relit whole and written as progressive, so that"
                " edges comb where something moves: deinterlace it first, such as by"
                " ffmpeg -i FILE -vf bwdif -crf 12 -c:a copy progressive.mkv"
            )

    def _check_end(self, count: int, end: float) -> None:
        info = self.info
        missing = info.frames - count if info.frames and info.frames_exact else 0
        # The longest track's length is no promise of the video's.
        slack = 3 / float(info.frame_rate) if self._own_duration else 1.0
        short = (info.duration or 0) - end > max(slack, 0.02 * end) and not info.frames_exact
        if self._errors:
            self._warn(f"damaged packets or frames: {self._errors}; frames read: {count}")
        if missing > 1 and missing > 0.01 * count:
            self._warn(f"it ends early: {count} frames of {info.frames} could be read")
        elif short:
            self._warn(f"it ends early: after {end:.2f} s of {info.duration:.2f} s")

    def _warn(self, text: str) -> None:
        text = f"{self.path}: {text}"
        if text not in self.warnings:
            self.warnings.append(text)
            log.warning(text)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _hidden(stream: Any) -> int:
    """Frames that an edit list hides, as phones' trimming does: they are decoded and not shown."""
    index = getattr(stream, "index_entries", ())  # since PyAV 17
    return sum(entry.is_discard for entry in index)


def _tagged_duration(text: str) -> float | None:
    """Seconds from Matroska's per-track tag, such as 00:00:02.733000000."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", text)
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def _tags(metadata: dict[str, str], cut: Cut, rate: Fraction) -> dict[str, str]:
    """Tags that are the part's, too; its timecode is that of its own first frame."""
    tags = {k: v for k, v in metadata.items() if k.lower() not in _TAGS_OF_THE_FILE}
    for key in tags:
        if key.lower() == "timecode":
            tags[key] = later(tags[key], cut.skipped, rate) or tags[key]
    return tags


def _reel(container: Any) -> dict[str, str]:
    """The reel's name, which QuickTime keeps with the track of timecodes."""
    found = (stream.metadata.get("reel_name") for stream in container.streams.data)
    return next(({"reel_name": name} for name in found if name), {})


def _colour(frame: Any, context: Any) -> Colour:
    name = frame.format.name
    span = int(frame.color_range) or int(context.color_range or 0)
    # FFmpeg's convention: yuvj is full, and so is grey that doesn't say otherwise.
    if name.startswith("yuvj") or (name.startswith("gray") and not span):
        span = FULL
    return Colour(
        matrix=int(frame.colorspace),
        range=span,
        primaries=int(context.color_primaries or UNSPECIFIED),
        transfer=int(context.color_trc or UNSPECIFIED),
        high_definition=frame.width >= 1280 or frame.height > 576,
    )


def _orientation(frame: Any) -> tuple[tuple[bool, bool, bool], int, bool]:
    """((transpose, flip x, flip y), clockwise degrees, mirrored) from the display matrix.

    The matrix maps a stored pixel (p, q) to x = a p + c q, y = b p + d q (ISO/IEC 14496-12).
    """
    try:
        data = frame.side_data["DISPLAYMATRIX"]
    except KeyError:
        return (False, False, False), 0, False
    except ValueError:  # PyAV doesn't know what is beside it (EXIF), but how far it is turned
        turn = math.radians(-frame.rotation)
        a, b, c, d = math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn)
    else:
        a, b, _, c, d = (int(v) / 65536 for v in np.frombuffer(bytes(data), np.int32)[:5])
    transpose = abs(a) + abs(d) < abs(b) + abs(c)
    flip_x, flip_y = (c < 0, b < 0) if transpose else (a < 0, d < 0)
    degrees = round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return (transpose, flip_x, flip_y), degrees, a * d - b * c < 0
