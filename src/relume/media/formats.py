"""Which codec an output's ending stands for, and what `quality` means to each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from relume.errors import OutputError
from relume.media.info import MediaInfo
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
    """Subtitle codecs that are copied; others that are words become the first of them."""
    crf_at_0: float
    """Constant rate factor at quality 0."""
    crf_per_step: float
    """How much the rate factor falls per step of quality."""
    alpha: tuple[int, int] | None = None
    """How often chroma's width and height are halved beside alpha; None where it isn't kept."""
    halved: tuple[int, int] = (1, 1)
    """How often they may be."""
    odd_420: bool = False
    """Whether 4:2:0, or 4:2:2, may have an odd width or height."""
    profile: str | None = None
    """The source's, where the codec stays."""

    def after(self, source: MediaInfo, width: int) -> Format:
        """The format for a source: ProRes stays ProRes of its profile, as editors expect."""
        if (self.container, source.codec) != ("mov", "prores"):
            return self
        return replace(_ODD_PRORES if width & 1 else _PRORES, profile=source.profile)

    def crf(self, quality: float) -> float:
        """Constant rate factor of a quality 0..100."""
        return round(self.crf_at_0 - self.crf_per_step * quality, 1)

    def options(
        self, layout: Layout, quality: float, threads: int, live: bool = False
    ) -> dict[str, str]:
        """The encoder's options; live, H.264 takes two thirds of the time and twice the bytes."""
        codec = self.codecs[layout.depth]
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
        if codec in ("prores_aw", "prores_ks"):
            names = _PRORES_422 if layout.shift_x else _PRORES_4444
            of_422 = "HQ" if quality >= 75 else "Standard" if quality >= 50 else "LT"
            usual = of_422 if layout.shift_x else "4444"
            name = self.profile if self.profile in names else usual
            return {"profile": str((_PRORES_422 + _PRORES_4444).index(name))}
        return {
            "crf": str(round(self.crf(quality))),
            "b": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "row-mt": "1",
        }

    def layout(self, source: Layout, width: int, height: int, *, fine: bool = False) -> Layout:
        """The encoder's layout that loses least of a frame of this layout and size.

        Grey becomes 4:2:0, which every player shows, and so does RGB unless it is to be `fine`:
        full chroma (4:4:4). H.264 and HEVC have no 4:2:0 of odd size; such frames get full chroma
        rather than another size.
        """
        depth = 8 if source.depth == 8 and 8 in self.codecs else max(self.codecs)
        known = source.kind == "yuv" or (source.kind == "rgb" and fine)
        shift = (source.shift_x, source.shift_y) if known else (1, 1)
        shift = (min(shift[0], self.halved[0]), min(shift[1], self.halved[1]))
        alpha = source.alpha and self.alpha is not None
        if alpha and self.alpha is not None:
            shift = self.alpha
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
    ".webm": Format("webm", _VP9, "libopus", ("webvtt",), 56, 0.5, (1, 1), odd_420=True),
}
_PRORES_422, _PRORES_4444 = ("Proxy", "LT", "Standard", "HQ"), ("4444", "XQ")  # FFmpeg's numbers
# A third of prores_ks's time, for a tenth more bytes; but it takes no odd width.
_PRORES = Format("mov", {10: "prores_aw"}, "aac", _TEXT, 0, 0, (0, 0), (1, 0), odd_420=True)
_ODD_PRORES = replace(_PRORES, codecs={10: "prores_ks"})
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
        f"{path}: can't write files with {ending}; use one of {', '.join(VIDEO_ENDINGS)}, "
        "or pictures (frames/%05d.png, out.png, out.jpg, out.webp, out.tiff)"
    )
