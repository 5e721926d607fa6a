"""Video files: one encoder, the source's other tracks beside it, everything in time order."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType

from relume.errors import OutputError
from relume.media.colour import LIMITED
from relume.media.formats import Format
from relume.media.frame import VideoFrame
from relume.media.hdr import hdr_name
from relume.media.info import MediaInfo
from relume.media.notes import lost_colours
from relume.media.tracks import SourceTracks

__all__ = ["ContainerEncoder"]

log = logging.getLogger("relume.media")


class ContainerEncoder:
    """Encodes frames into one file. The stream's properties follow from the first frame."""

    def __init__(
        self,
        path: Path,
        kind: Format,
        *,
        like: MediaInfo | None,
        rate: Fraction,
        quality: float,
        threads: int,
    ) -> None:
        self._kind, self._like, self._rate = kind, like, rate
        self._quality, self._threads = quality, threads
        self._container: Any = av.open(f"file:{path}", "w", format=self._kind.container)
        self._tracks: SourceTracks | None = None
        self._stream: Any = None
        self._last: int | None = None

    def _start(self, frame: VideoFrame) -> None:
        container, like = self._container, self._like
        if like is not None:
            self._kind = self._kind.after(like, frame.width)
        fine = like is not None and _is_rgb_video(like)
        self._layout = self._kind.layout(frame.layout, frame.width, frame.height, fine=fine)
        depth = self._layout.depth
        live = like is not None and like.live
        options = self._kind.options(self._layout, self._quality, self._threads, live)
        codec = self._kind.codecs[depth]
        stream = container.add_stream(codec, rate=self._rate, options=options)
        if frame.layout.alpha and not self._layout.alpha:
            log.warning(
                "the output can't carry transparency; it is dropped: .webm and .png keep it"
            )
        if lost_colours(frame.notes, {}):
            log.warning(
                "a video can't keep the picture's colour profile, and colours may look different:"
                " convert it to sRGB first"
            )
        if depth == 8 and hdr_name(frame.colour):
            log.warning("8 bits are few for HDR and show bands; .mp4, .mov and .mkv have 10")
        context = stream.codec_context
        if codec == "libx265" and self._kind.container in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # Apple's players take no other
        context.width, context.height = frame.width, frame.height
        context.pix_fmt = self._layout.name
        context.time_base = stream.time_base = frame.time_base
        context.framerate = self._rate
        context.thread_count = self._threads
        context.flags |= av.codec.context.Flags.frame_duration
        colour = frame.colour
        if colour.range == 0 and like is None:
            colour = type(colour)(range=LIMITED)
        context.color_range, context.colorspace = colour.range, colour.matrix
        context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        self._colour = colour
        if like is not None:
            if like.pixel_aspect != 1:
                context.sample_aspect_ratio = like.pixel_aspect
            container.metadata.update(like.metadata)
            stream.metadata.update(like.stream_metadata)
            if like.path is not None:
                self._tracks = SourceTracks(like.path, container, self._kind, like.cut)
        self._stream = stream
        self._size, self._base = (frame.width, frame.height), frame.time_base

    def write(self, frame: VideoFrame, seconds: Fraction) -> None:
        """Encode one frame, shown at a time of the output, and carry the other tracks forward."""
        if self._stream is None:
            self._start(frame)
        if (frame.width, frame.height) != self._size:
            raise OutputError(
                f"a frame of {frame.width}x{frame.height} in a video of"
                f" {self._size[0]}x{self._size[1]}: scale it, or write another video"
            )
        picture = frame.encoder_frame(self._layout)
        # Frames of a file and arrays in one video count time in different units.
        pts = round(seconds / self._base)
        if self._last is not None:
            pts = max(pts, self._last + 1)
        self._last = pts
        picture.pts, picture.time_base = pts, self._base
        picture.duration = round(frame.duration * frame.time_base / self._base)
        # The decoder notes what kind of frame it was; the encoder would take that as an order.
        picture.pict_type = PictureType.NONE
        picture.colorspace, picture.color_range = self._colour.matrix, self._colour.range
        self._mux(self._stream.encode(picture))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if self._tracks is not None and packet.dts is not None:
                self._tracks.advance(float(packet.dts * packet.time_base))
            self._container.mux_one(packet)

    def finish(self) -> None:
        """Write what is left and the file's index."""
        if self._stream is not None:
            self._mux(self._stream.encode(None))
            if self._tracks is not None:
                self._tracks.finish()
        self.close()

    def close(self) -> None:
        """Let go of the files; without `finish` the output is no whole file."""
        if self._tracks is not None:
            self._tracks.close()
        self._container.close()


def _is_rgb_video(info: MediaInfo) -> bool:
    """Whether it is RGB as editors and screen recorders write it: no picture, animated or not, of
    which a video is made to be shown anywhere."""
    animated = info.container in ("gif", "apng")
    return info.path is not None and not animated and av.VideoFormat(info.pixel_format).is_rgb
