"""Writing video: the result appears whole, with the source's sound, or not at all."""

from __future__ import annotations

import copy
import itertools
import logging
import math
import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np

from relume.errors import OutputError, UsageError
from relume.media.encode import ContainerEncoder
from relume.media.formats import Format, pick_format
from relume.media.frame import VideoFrame
from relume.media.image import (
    DEFAULT_QUALITY,
    OPAQUE,
    check_quality,
    encode_samples,
    writable_picture,
)
from relume.media.info import MediaInfo
from relume.media.layout import Layout
from relume.media.notes import fitting, lost_colours
from relume.media.part import LONGEST
from relume.media.picture import ArrayPicture, Floats, Picture, Pixels, as_picture
from relume.media.rate import exact_rate
from relume.media.sequence import by_number, find_pictures, numbered, pattern_of
from relume.media.source import FrameSource
from relume.place import OutputPlace, exists_already, named

__all__ = ["VideoWriter"]

log = logging.getLogger("relume.media")


class _Encoder(Protocol):
    def write(self, frame: VideoFrame, seconds: Fraction) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


class VideoWriter:
    """Writes frames to a video, to numbered pictures or to one picture.

    A context manager: leaving it commits the output, an exception (Ctrl-C too) removes it. The
    work lies aside in the same folder until then, so the input itself may be overwritten.

    The ending chooses the codec: .mp4, .m4v, .mov and .mkv H.264 (HEVC for frames of more than 8
    bits; .mov ProRes where `like` is that, of its profile), .webm VP9; frames/%05d.png or
    frames/#####.png (or .jpg, .webp, .tiff) and a folder (frames/, which gets 00001.png and so on)
    pictures; .png, .jpg, .webp and .tiff a single picture. Frames read from numbered pictures keep
    their numbers, all others count from 1.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        like: MediaInfo | FrameSource | None = None,
        rate: float | Fraction | None = None,
        quality: float = DEFAULT_QUALITY,
        overwrite: bool = False,
        threads: int = 0,
    ) -> None:
        """Check the place; the encoder starts with the first frame.

        Args:
            path: the output; its ending chooses the format.
            like: the source, whose sound, subtitles, tags and frame rate are kept.
            rate: frames per second, rather than those of `like` (25 if neither is given).
            quality: 0 (smallest) to 100 (best). H.264 and HEVC: CRF 43 - 0.4 q, so 80 is CRF 11 and
                50 is x264's own default; VP9: 56 - 0.5 q; JPEG and WebP: 60 + 0.4 q.
            overwrite: replace an existing output.
            threads: encoder threads; 0 lets the encoder choose.

        Raises:
            UsageError: the quality or the rate is out of range, the path is no name, or `like` no
                source.
            OutputError: the ending is unknown, the folder can't be written to, or the output
                exists.
        """
        self.path = named(path, "a video", "out.mp4")
        check_quality(quality)
        self._quality, self._threads = quality, threads
        told = getattr(like, "info", like)
        if not isinstance(told, MediaInfo | None):
            raise UsageError(
                f"like is a source that open_video gives, or its info, not {type(like).__name__}"
            )
        self._like = told
        own = self._like.frame_rate if self._like else Fraction(25)
        self._rate = own if rate is None else exact_rate(rate)
        self.frames = 0
        """Frames written so far."""
        self._shift = Fraction(0)  # seconds by which the clip being written is shown later
        self._last: Fraction | None = None
        self._until = Fraction(0)
        self._closed = self._finished = False
        self._encoder: _Encoder | None = None
        self._place = self._find_place(os.fspath(path), overwrite)

    def _find_place(self, name: str, overwrite: bool) -> OutputPlace:
        self._format: Format | None = None
        path = self.path
        pattern = pattern_of(name)
        self._names = None if pattern is None else pattern.name
        if pattern == path:
            if not writable_picture(path):
                pick_format(path)
                raise OutputError(f"{path}: a number pattern is for pictures; use .png or .jpg")
            if not overwrite and find_pictures(str(path)):
                raise exists_already(path)
            path = path.parent
            return OutputPlace(path, overwrite=True, folder=True)
        if pattern is not None:
            return OutputPlace(path, overwrite=overwrite, folder=True)
        if os.path.isdir(path):
            raise OutputError(
                f"{path}: is a folder; name a file in it, or add a / for numbered pictures"
            )
        if not writable_picture(path):
            self._format = pick_format(path)
        return OutputPlace(path, overwrite=overwrite)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()

    def write(self, frame: Picture | Pixels | Floats, *, time: float | None = None) -> None:
        """Append a frame.

        A `VideoFrame` brings its own time. Any other picture, or an array [H, W, 3] as
        `ArrayPicture` takes it, is shown at `time` seconds, or at frame number / rate. Where times
        begin anew, as a second clip's do, it and what comes after it follow what was written.

        Raises:
            UsageError: it is neither, or the time makes no sense.
            OutputError: the disk is full, or the encoder fails; nothing is left behind.
        """
        if self._closed or self._finished:
            raise OutputError(f"{self.path}: the writer is closed; make a new one")
        try:
            with self._place.guard():
                picture = as_picture(frame)
                own = picture.pts if isinstance(picture, VideoFrame) else time
                timed = self._timed(picture, time)
                if self._encoder is None:
                    self._encoder = self._start(timed)
                self._encoder.write(timed, self._shown_at(timed, own is not None))
        except BaseException:
            self.abort()
            raise
        self.frames += 1

    def finish(self) -> None:
        """Encode what is left; only `close`, which moves the output into place, may follow.

        Of several outputs that belong together, finish each before closing any.

        Raises:
            OutputError: no frame was written, or writing fails; nothing is left behind.
        """
        if self._closed or self._finished:
            return
        try:
            with self._place.guard():
                if self._encoder is None:
                    raise OutputError(f"{self.path}: no frame was written, so there is no video")
                self._encoder.finish()
            self._place.check()
        except BaseException:
            self.abort()
            raise
        self._finished = True

    def close(self) -> None:
        """Finish the output and move it into place.

        Raises:
            OutputError: no frame was written, or writing fails; nothing is left behind.
        """
        if self._closed:
            return
        self.finish()
        try:
            with self._place.guard():
                try:
                    self._place.commit()
                except KeyboardInterrupt:  # told when all was in place
                    self._drop_older_pictures()
                    raise
                self._drop_older_pictures()
        except BaseException:
            self.abort()
            raise
        self._closed = True

    def abort(self) -> None:
        """Drop the output; whatever stood in its place stays."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._encoder is not None and not self._finished:
                self._encoder.close()
        except Exception:  # a full disk fails here once more
            pass
        finally:
            self._place.discard()

    def _drop_older_pictures(self) -> None:
        """Numbers that this video left out, or beyond its last, would look like a part of it.

        A part of numbered pictures leaves the others alone: they may be other parts.
        """
        encoder = self._encoder
        if self._names is None or not isinstance(encoder, _PictureEncoder):
            return
        if encoder.given and self._like is not None and not self._like.cut.whole:
            return
        there, written = by_number(self._place.path / self._names), encoder.numbers
        older = {n for n in there if written[0] < n < written[-1]}.difference(written)
        older.update(itertools.takewhile(there.__contains__, itertools.count(written[-1] + 1)))
        for number in older:
            there[number].unlink()

    def _start(self, frame: VideoFrame) -> _Encoder:
        if self._format is None:
            return _PictureEncoder(self._place.partial, self._names, self.path, self._quality)
        return ContainerEncoder(
            self._place.partial,
            self._format,
            like=self._like,
            rate=self._rate,
            quality=self._quality,
            threads=self._threads,
        )

    def _shown_at(self, frame: VideoFrame, given: bool) -> Fraction:
        """Seconds of the output; `given` are times of a clip, all others count all frames."""
        assert frame.pts is not None
        own, lasts = frame.pts * frame.time_base, frame.duration * frame.time_base or 1 / self._rate
        shown = own + self._shift if given else own
        if self._last is not None and shown <= self._last:
            # A time that comes again, or goes back by less than a frame, is a clip's own fault, and
            # sound goes on as it was.
            if given and self._last - shown < lasts:
                return shown
            shown = self._until
            if given:
                self._shift = shown - own
        self._last, self._until = shown, shown + lasts
        return shown

    def _timed(self, picture: Picture, time: float | None) -> VideoFrame:
        if isinstance(picture, VideoFrame):
            if picture.pts is None:
                picture = copy.copy(picture)  # which may be written again, or elsewhere
                picture.pts, picture.time_base, picture.duration = self.frames, 1 / self._rate, 1
            return picture
        array = picture.array if isinstance(picture, ArrayPicture) else picture.rgb8
        if time is None:
            frame = VideoFrame.from_rgb(array, self.frames, 1 / self._rate)
            frame.duration = 1
            return frame
        if not abs(time) <= LONGEST:
            raise UsageError(f"a frame's time is a number of seconds, such as 1.5, got {time:g}")
        return VideoFrame.from_rgb(array, math.floor(time * 90_000 + 0.5), Fraction(1, 90_000))


class _PictureEncoder:
    """Writes each frame as a picture: with its number, or from 1; or one under its own name."""

    def __init__(self, partial: Path, names: str | None, path: Path, quality: float) -> None:
        self._partial, self._names, self._path = partial, names, path
        self._ending = Path(names or path.name).suffix.lower()
        self._quality = quality
        self._told: set[str] = set()
        self.numbers: list[int] = []
        """Written so far; they rise."""
        self.given = False
        """Whether frames brought numbers of their own."""

    def write(self, frame: VideoFrame, seconds: Fraction) -> None:
        if self._names is None and self.numbers:
            raise OutputError(
                f"{self._path}: one picture can't hold a video; write {self._path.stem}_%05d"
                f"{self._ending} or a video such as {self._path.stem}.mp4"
            )
        layout = Layout("rgb", 8 if frame.layout.depth == 8 else 16, alpha=frame.layout.alpha)
        samples = np.asarray(frame.rgb_samples(layout))
        # Of what is opaque all the same, as screenshots are, nothing is lost.
        if (
            layout.alpha
            and self._ending in OPAQUE
            and (samples[..., 3] < 2**layout.depth - 1).any()
        ):
            self._warn("JPEG can't carry transparency; it is dropped: .png and .webp keep it")
        notes = fitting(frame.notes, self._ending)
        if lost_colours(frame.notes, notes):
            self._warn(
                "the source's colour profile can't be kept there, and colours may look different:"
                " convert the source to sRGB first"
            )
        self.given |= frame.number is not None
        least = self.numbers[-1] + 1 if self.numbers else 1 if frame.number is None else 0
        number = max(frame.number or 0, least)
        target = self._partial
        if self._names is not None:
            target /= numbered(self._names, number)
        self.numbers.append(number)
        target.write_bytes(encode_samples(samples, self._ending, self._quality, notes))

    def _warn(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            log.warning("%s: %s", self._path, text)

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass
