"""Which codec an output's ending stands for, and what `quality` means to each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from relume.errors import OutputError
from relume.media.layout import Layout
from relume.media.sequence import PATTERN

__all__ = ["VIDEO_ENDINGS", "Format", "pick_format"]


@dataclass(frozen=True)
class Format:
    """How a kind of file is written."""

    container: str
    """FFmpeg's muxer."""
    codec: str
    """FFmpeg's encoder."""
    depths: tuple[int, ...]
    """Bits per sample that the encoder takes."""
    sound: str
    """Encoder for sound that the container can't carry as it is."""
    subtitles: tuple[str, ...]
    """Subtitle codecs that are copied."""
    crf_at_0: float
    """Constant rate factor at quality 0."""
    crf_per_step: float
    """How much the rate factor falls per step of quality."""
    alpha: bool = False
    """Whether the encoder keeps alpha (4:2:0 only)."""
    odd_420: bool = False
    """Whether 4:2:0 may have an odd width or height."""

    def crf(self, quality: float) -> float:
        """Constant rate factor of a quality 0..100."""
        return round(self.crf_at_0 - self.crf_per_step * quality, 1)

    def options(self, quality: float, live: bool = False) -> dict[str, str]:
        """The encoder's options; live, it takes two thirds of the time and twice the bytes."""
        if self.codec == "libx264":
            # Measured on ten talking clips: least error for its size and time. Chroma errors
            # count nearly double once they are colours, so chroma is coded finer.
            return {
                "preset": "ultrafast" if live else "superfast",
                "tune": "psnr",
                "crf": str(self.crf(quality)),
                "x264-params": "chroma-qp-offset=-4",
            }
        return {
            "crf": str(round(self.crf(quality))),
            "b": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "row-mt": "1",
        }

    def layout(self, source: Layout, width: int, height: int) -> Layout:
        """The encoder's layout that loses least of a frame of this layout and size.

        RGB and grey become 4:2:0, which every player shows. H.264 has no 4:2:0 of odd size;
        such frames get full chroma (4:4:4) rather than another size.
        """
        depth = 8 if source.depth == 8 or max(self.depths) == 8 else 10
        shift = (source.shift_x, source.shift_y) if source.kind == "yuv" else (1, 1)
        alpha = source.alpha and self.alpha
        if alpha:
            shift = (1, 1)
        if not self.odd_420 and (width & shift[0] or height & shift[1]):
            shift = (0, 0)
        return Layout("yuv", depth, *shift, alpha)


_H264 = ("libx264", (8, 10), "aac")
_TEXT = ("mov_text",)
_FORMATS = {
    ".mp4": Format("mp4", *_H264, _TEXT, 43, 0.4),
    ".m4v": Format("mp4", *_H264, _TEXT, 43, 0.4),
    ".mov": Format("mov", *_H264, _TEXT, 43, 0.4),
    ".mkv": Format("matroska", *_H264, ("subrip", "ass", "webvtt", "hdmv_pgs_subtitle"), 43, 0.4),
    ".webm": Format("webm", "libvpx-vp9", (8,), "libopus", ("webvtt",), 56, 0.5, True, True),
}
VIDEO_ENDINGS = tuple(_FORMATS)


def pick_format(path: Path) -> Format:
    """The format that a file's ending asks for.

    Raises:
        OutputError: the ending is not supported; the message lists those that are.
    """
    if found := _FORMATS.get(path.suffix.lower()):
        return found
    name = str(path)
    if name == "virtualcam":
        raise OutputError("virtualcam: a virtual camera's name ends with a colon, virtualcam:")
    if name.startswith("/dev/video"):
        raise OutputError(f"{path}: a virtual camera is named virtualcam:{path}")
    if name in ("-", "/dev/stdout"):
        raise OutputError(f"{path}: pipes can't be written to; name a file, such as out.mp4")
    ending = re.sub(PATTERN, "", path.suffix) or "no ending"
    raise OutputError(
        f"{path}: can't write videos with {ending}; use one of {', '.join(VIDEO_ENDINGS)}, "
        "or pictures (frames/%05d.png, out.png, out.jpg, out.webp, out.tiff)"
    )
