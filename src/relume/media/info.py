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
    """One sound track.

    Attributes:
        codec: FFmpeg's name of the codec.
        rate: samples per second.
        channels: number of channels.
        language: ISO 639-2 code as tagged.
    """

    codec: str
    rate: int
    channels: int
    language: str | None = None


@dataclass(frozen=True)
class MediaInfo:
    """A video's size, timing, colour and tracks.

    Attributes:
        source: where it comes from, as the user named it.
        path: the file that sound and other tracks are copied from; None for pictures and cameras.
        container: FFmpeg's name of the container; "pictures" or "camera".
        codec: FFmpeg's name of the video codec.
        width: pixels in a row, as displayed (after rotation).
        height: rows, as displayed.
        frame_rate: nominal frames per second.
        average_rate: frames per second over the whole file; differs from frame_rate in
            variable-rate video.
        time_base: seconds per unit of a frame's pts.
        duration: seconds; None where unknown.
        frames: number of frames as the file tells or as estimated from duration; None where
            unknown.
        frames_exact: whether the file itself tells its number of frames.
        pixel_format: FFmpeg's name of the decoded format.
        depth: bits per sample; of floating-point pictures 32 or 16.
        colour: colour tags.
        rotation: clockwise quarter-turn in degrees that was applied to show frames upright.
        mirrored: whether showing frames upright also mirrors them.
        pixel_aspect: width of a pixel over its height.
        audio: sound tracks.
        subtitles: codecs of subtitle tracks.
        metadata: tags such as title and creation_time.
        stream_metadata: tags of the video track, such as language.
        cut: which part of the file is read; length, number of frames and timecode are the part's.
        profile: FFmpeg's name of the codec's profile, such as ProRes' "HQ"; None where unknown.
    """

    source: str
    path: Path | None
    container: str
    codec: str
    width: int
    height: int
    frame_rate: Fraction
    average_rate: Fraction
    time_base: Fraction
    duration: float | None
    frames: int | None
    frames_exact: bool
    pixel_format: str
    depth: int
    colour: Colour = field(default_factory=Colour)
    rotation: int = 0
    mirrored: bool = False
    pixel_aspect: Fraction = Fraction(1)
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    stream_metadata: dict[str, str] = field(default_factory=dict)
    cut: Cut = field(default_factory=Cut)
    profile: str | None = None

    @property
    def still(self) -> bool:
        """Whether it is known to have one frame alone."""
        return self.frames_exact and self.frames == 1

    @property
    def live(self) -> bool:
        """Whether frames come by themselves, and are lost if nobody takes them."""
        return self.container == "camera"
