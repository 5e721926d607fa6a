"""What is known of a video before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from relume.media.colour import Colour
from relume.media.part import Cut

__all__ = ["AudioTrack", "MediaInfo"]


@dataclass(frozen=True)
class AudioTrack:
    """One sound track."""

    codec: str
    """FFmpeg's name of the codec."""
    rate: int
    """Samples per second."""
    channels: int
    """Number of channels."""
    language: str | None = None
    """ISO 639-2 code as tagged."""


@dataclass(frozen=True)
class MediaInfo:
    """A video's size, timing, colour and tracks."""

    source: str
    """Where it comes from, as the user named it."""
    path: Path | None
    """The file that sound and other tracks are copied from; None for pictures and cameras."""
    container: str
    """FFmpeg's name of the container; "pictures" or "camera"."""
    codec: str
    """FFmpeg's name of the video codec."""
    width: int
    """Pixels in a row, as displayed (after rotation)."""
    height: int
    """Rows, as displayed."""
    frame_rate: Fraction
    """Nominal frames per second."""
    average_rate: Fraction
    """Frames per second over the whole file; differs from frame_rate in variable-rate video."""
    time_base: Fraction
    """Seconds per unit of a frame's pts."""
    duration: float | None
    """Seconds; None where unknown."""
    frames: int | None
    """Number of frames as the file tells or as estimated from duration; None where unknown."""
    frames_exact: bool
    """Whether the file itself tells its number of frames."""
    pixel_format: str
    """FFmpeg's name of the decoded format."""
    depth: int
    """Bits per sample; of floating-point pictures 32 or 16."""
    colour: Colour = field(default_factory=Colour)
    """Colour tags."""
    rotation: int = 0
    """Clockwise quarter-turn in degrees that was applied to show frames upright."""
    mirrored: bool = False
    """Whether showing frames upright also mirrors them."""
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height."""
    audio: tuple[AudioTrack, ...] = ()
    """Sound tracks."""
    subtitles: tuple[str, ...] = ()
    """Codecs of subtitle tracks."""
    metadata: dict[str, str] = field(default_factory=dict)
    """Tags such as title and creation_time."""
    stream_metadata: dict[str, str] = field(default_factory=dict)
    """Tags of the video track, such as language."""
    cut: Cut = field(default_factory=Cut)
    """Which part of the file is read; length and number of frames are the part's."""

    @property
    def still(self) -> bool:
        """Whether it is known to have one frame alone."""
        return self.frames_exact and self.frames == 1

    @property
    def live(self) -> bool:
        """Whether frames come by themselves, and are lost if nobody takes them."""
        return self.container == "camera"
