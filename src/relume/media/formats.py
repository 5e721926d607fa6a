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
    codecs: dict[int, str]
    """FFmpeg's encoder for each number of bits a sample. Of H.264, few players show 10 bits."""
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

    def options(
        self, depth: int, quality: float, threads: int, live: bool = False
    ) -> dict[str, str]:
        """The encoder's options; live, H.264 takes two thirds of the time and twice the bytes."""
        codec = self.codecs[depth]
        if codec == "libx265":
            # It takes FFmpeg's number of threads for that of frames at a time.
            pools = f":pools={threads}" if threads else ""
            return {
                "preset": "ultrafast",
                "tune": "psnr",
                "crf": str(self.crf(quality)),
                "x265-params": f"log-level=none:cbqpoffs=-4:crqpoffs=-4{pools}",
            }
        if codec == "libx264":
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

        RGB and grey become 4:2:0, which every player shows. H.264 and HEVC have no 4:2:0 of odd
        size; such frames get full chroma (4:4:4) rather than another size.
        """
        depth = 8 if source.depth == 8 else max(self.codecs)
        shift = (source.shift_x, source.shift_y) if source.kind == "yuv" else (1, 1)
        alpha = source.alpha and self.alpha
        if alpha:
            shift = (1, 1)
        if not self.odd_420 and (width & shift[0] or height & shift[1]):
            shift = (0, 0)
        return Layout("yuv", depth, *shift, alpha)


_MPEG = {8: "libx264", 10: "libx265"}
_VP9 = {8: "libvpx-vp9"}
_TEXT = ("mov_text",)
_SUBTITLES = ("subrip", "ass", "webvtt", "hdmv_pgs_subtitle")
_FORMATS = {
    ".mp4": Format("mp4", _MPEG, "aac", _TEXT, 43, 0.4),
    ".m4v": Format("mp4", _MPEG, "aac", _TEXT, 43, 0.4),
    ".mov": Format("mov", _MPEG, "aac", _TEXT, 43, 0.4),
    ".mkv": Format("matroska", _MPEG, "aac", _SUBTITLES, 43, 0.4),
    ".webm": Format("webm", _VP9, "libopus", ("webvtt",), 56, 0.5, True, True),
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
