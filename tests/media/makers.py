"""Small videos and pictures made by code, through PyAV alone, for any room's tests."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

__all__ = ["make_video", "packets", "pattern", "sound", "times", "trim", "turn"]


def pattern(width: int, height: int, time: float = 0.0) -> np.ndarray:
    """A colourful, smooth, moving picture, uint8 [H, W, 3], with a sharp box in its top left."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    red = 0.5 + 0.4 * np.sin(5 * x + 3 * time) * np.cos(2 * y)
    green = 0.45 + 0.3 * np.cos(4 * y - 2 * time + x)
    blue = 0.5 + 0.35 * np.sin(3 * (x + y) + time)
    rgb = np.stack(np.broadcast_arrays(red, green, blue), 2)
    rgb[: height // 4, : width // 4] = (0.9, 0.2, 0.1)
    return np.rint(rgb * 255).astype(np.uint8)


def make_video(
    path: Path,
    *,
    size: tuple[int, int] = (64, 48),
    frames: int = 10,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    pts: list[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    rate: int = 25,
    sound: str | None = None,
    sound_seconds: float | None = None,
    sound_rate: int | None = None,
    sound_layout: str = "stereo",
    tags: tuple[int, int, int, int] = (2, 0, 2, 2),
    metadata: dict[str, str] | None = None,
    stream_metadata: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """A video of `pattern`; tags are matrix, range, primaries and transfer as H.273 codes."""
    with av.open(str(path), "w", options=container_options or {}) as output:
        output.metadata.update(metadata or {})
        if options is None:
            options = {"preset": "ultrafast", "crf": "4"} if codec == "libx264" else {}
        video: Any = output.add_stream(codec, rate=rate, options=options)
        video.width, video.height, video.pix_fmt = *size, pixel_format
        video.time_base = video.codec_context.time_base = time_base
        video.thread_count = 1
        video.metadata.update(stream_metadata or {})
        context = video.codec_context
        context.colorspace, context.color_range = tags[:2]
        context.color_primaries, context.color_trc = tags[2:]
        track: Any = None
        if sound is not None:
            usual = 48000 if "opus" in sound else 44100
            track = output.add_stream(sound, rate=sound_rate or usual)
            track.layout = sound_layout
            track.metadata["language"] = "eng"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(pattern(*size, index / rate), format="rgb24")
            frame = frame.reformat(
                format=pixel_format,
                dst_colorspace={1: 1, 9: 9}.get(tags[0], 5),
                dst_color_range=tags[1] or 1,
            )
            frame.colorspace, frame.color_range = tags[:2]
            frame.pts = pts[index] if pts else round(index / rate / time_base)
            frame.time_base = time_base
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if track is not None:
            _add_sound(output, track, sound_seconds or frames / rate)
    return path


def _add_sound(output: Any, track: Any, seconds: float) -> None:
    rate, layout = track.codec_context.sample_rate, track.codec_context.layout
    for start in range(0, int(seconds * rate), 1024):
        phase = np.arange(start, start + 1024) / rate * 2 * math.pi
        tones = [np.sin((440 + 220 * channel) * phase) for channel in range(layout.nb_channels)]
        wave = np.stack(tones, 1).astype(np.float32).reshape(1, -1) * 0.4
        frame = av.AudioFrame.from_ndarray(wave, format="flt", layout=layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        output.mux(track.encode(frame))
    output.mux(track.encode(None))


def turn(path: Path, degrees: int, *, mirror: bool = False) -> Path:
    """Write a clockwise rotation into the first track header of an .mp4 or .mov, in place."""
    angle = math.radians(degrees)
    cos, sin = round(math.cos(angle)), round(math.sin(angle))
    flip = -1 if mirror else 1
    matrix = [cos * flip, sin * flip, 0, -sin, cos, 0, 0, 0, 1]
    scale = [65536, 65536, 1 << 30] * 3
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", *(m * s for m, s in zip(matrix, scale, strict=True)))
    path.write_bytes(data)
    return path


def trim(source: Path, target: Path, seconds: float) -> Path:
    """A copy of an .mp4 or .mov whose edit list hides its beginning, as phones trim a clip."""
    options = {"movflags": "faststart"}
    with av.open(str(source)) as read, av.open(str(target), "w", options=options) as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                shift = round(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = stream
                written.mux(packet)
    return target


def times(path: Path) -> list[float]:
    """Every frame's time in seconds."""
    with av.open(str(path)) as container:
        return [float(f.pts * f.time_base) for f in container.decode(video=0)]


def packets(path: Path, track: int = 0) -> list[bytes]:
    """Content of every sound packet."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=track) if p.size]


def sound(path: Path, track: int = 0) -> tuple[float, np.ndarray]:
    """Start time in seconds, and decoded samples."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=track))
    return frames[0].time, np.concatenate([f.to_ndarray() for f in frames], -1)
