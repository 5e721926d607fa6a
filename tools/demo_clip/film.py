"""The camera and the file: lens, sensor noise, H.264 and AAC."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from .performance import FPS, RATE
from .portrait import HEIGHT, WIDTH

__all__ = ["expose", "write_clip"]

Floats = NDArray[np.float32]

LENS = 0.55  # standard deviation of the blur in pixels
NOISE = 1.3  # standard deviation of a mid grey's noise in 8-bit steps
CRF = "20"


def expose(frame: Floats, number: int) -> NDArray[np.uint8]:
    """What a camera makes of the scene: a little blur, noise that grows with the light."""
    rng = np.random.default_rng([7, number])
    seen = cv2.GaussianBlur(frame, (0, 0), LENS)
    size = (HEIGHT, WIDTH, 1)
    noise = rng.normal(size=size).astype(np.float32) * np.float32(NOISE)
    noise = noise + rng.normal(size=(HEIGHT, WIDTH, 3)).astype(np.float32) * np.float32(NOISE / 3)
    gain = 0.5 + np.sqrt(np.clip(seen.mean(-1, keepdims=True), 0, 255) / 255)
    return np.clip(np.round(seen + noise * gain), 0, 255).astype(np.uint8)


def write_clip(target: Path, frames: Iterable[NDArray[np.uint8]], sound: Floats) -> None:
    """H.264 (BT.709, limited range) and AAC in an MP4 that plays while it loads."""
    aside = target.with_name(f".{target.name}.part.mp4")
    with av.open(str(aside), "w", options={"movflags": "+faststart"}) as file:
        file.metadata["title"] = "relume demo clip"
        file.metadata["comment"] = (
            "Rendered from NASA's portrait of Eileen Collins (public domain); see README-demo.md"
        )
        video = file.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, FPS)
        video.options = {
            "crf": CRF,
            "preset": "veryslow",
            "profile": "high",
            "threads": "1",
            "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv",
        }
        context = video.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 1, 1, 1
        context.color_range = 1  # limited
        audio = file.add_stream("aac", rate=RATE)
        audio.codec_context.layout = "mono"
        audio.codec_context.bit_rate = 64_000
        for number, rgb in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
                format="yuv420p",
                src_colorspace="ITU709",
                dst_colorspace="ITU709",
                src_color_range="JPEG",
                dst_color_range="MPEG",
                interpolation="BICUBIC",
            )
            picture.color_primaries, picture.color_trc = 1, 1
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            file.mux(video.encode(picture))
        file.mux(video.encode(None))
        for start in range(0, len(sound), 1024):
            block = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[None, start : start + 1024]), "fltp", "mono"
            )
            block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
            file.mux(audio.encode(block))
        file.mux(audio.encode(None))
    os.replace(aside, target)
