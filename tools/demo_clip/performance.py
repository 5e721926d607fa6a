"""What the person says and does: speech, mouth shapes, turns of the head, blinks."""

from __future__ import annotations

import re
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

__all__ = ["FPS", "FRAMES", "RATE", "Moment", "perform", "speak"]

FPS = 25
FRAMES = 180
TEXT = (
    "Hello. This portrait moves. Light it from the left, light it from the right, "
    "and turn the camera as you like."
)
START = 0.45  # seconds before the speech begins
RATE = 48000

# Mouth shapes: opening of the jaw, lips closed, funnel, pucker, smile. The photograph's own
# mouth, a smile that shows the upper teeth, is all zeros.
_NEUTRAL = (0.02, 0.70, 0.0, 0.0, 0.0)
_SHAPES: dict[str, tuple[float, ...]] = {
    "pau": _NEUTRAL,
    **dict.fromkeys(("m", "b", "p"), (0.0, 1.0, 0.05, 0.0, 0.0)),
    **dict.fromkeys(("f", "v"), (0.0, 0.72, 0.0, 0.0, 0.0)),
    **dict.fromkeys(("aa", "ae", "ay", "aw"), (0.50, 0.05, 0.0, 0.0, 0.05)),
    **dict.fromkeys(("ah", "ax", "hh"), (0.30, 0.15, 0.05, 0.0, 0.0)),
    **dict.fromkeys(("eh", "ey"), (0.34, 0.05, 0.0, 0.0, 0.12)),
    **dict.fromkeys(("iy", "ih", "y"), (0.16, 0.12, 0.0, 0.0, 0.18)),
    **dict.fromkeys(("ao", "ow", "oy"), (0.38, 0.25, 0.45, 0.10, -0.25)),
    **dict.fromkeys(("uw", "uh", "w"), (0.14, 0.45, 0.30, 0.40, -0.35)),
    **dict.fromkeys(("r", "er"), (0.16, 0.30, 0.30, 0.05, -0.15)),
    **dict.fromkeys(("sh", "ch", "jh", "zh"), (0.10, 0.20, 0.40, 0.05, -0.1)),
    **dict.fromkeys(("k", "g", "ng"), (0.18, 0.20, 0.0, 0.0, 0.0)),
}
_CONSONANT = (0.10, 0.28, 0.03, 0.0, 0.04)  # s z t d n l th dh


@dataclass(frozen=True)
class Speech:
    """Sound float32 at `RATE`, -1..1, and the phones in it with their ends in seconds."""

    sound: NDArray[np.float32]
    phones: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Moment:
    """One frame. Angles in radians, shifts in frame pixels, the rest 0..1 or so."""

    yaw: float
    pitch: float
    roll: float
    x: float
    y: float
    z: float
    body_x: float
    body_y: float
    body_roll: float
    jaw: float
    close: float
    funnel: float
    pucker: float
    smile: float
    brow: float
    blink: float
    gaze_x: float
    gaze_y: float


def speak() -> Speech:
    """Say `TEXT` with CMU Flite's voice slt."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "speech.wav")
        done = subprocess.run(
            ["flite", "-voice", "slt", "-psdur", "-t", TEXT, "-o", str(target)],
            check=True,
            capture_output=True,
            text=True,
        )
        with wave.open(str(target)) as file:
            rate = file.getframerate()
            pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0
    phones = [(p, float(t) + START) for p, t in re.findall(r"(\w+):([\d.]+)", done.stdout)]
    count = FRAMES * RATE // FPS
    at = (np.arange(count) / RATE - START) * rate
    # Band-limited enough: three-fold linear upsampling after a light low pass.
    sound = np.interp(at, np.arange(len(pcm)), gaussian_filter1d(pcm, 0.5), 0.0, 0.0)
    room = gaussian_filter1d(np.random.default_rng(5).normal(size=count), 8.0) * 0.002
    return Speech((0.9 * sound + room).astype(np.float32), tuple(phones))


def perform(speech: Speech) -> list[Moment]:
    """All frames' moments."""
    time = (np.arange(FRAMES) + 0.5) / FPS
    mouth = _mouth(speech, time)
    loud = _loudness(speech.sound, time)
    mouth[:, 0] *= 0.45 + 0.75 * loud
    slow = gaussian_filter1d(loud, 4.0) - gaussian_filter1d(loud, 25.0)

    def curve(*keys: tuple[float, float]) -> NDArray[np.float64]:
        t, v = np.array(keys).T
        return gaussian_filter1d(PchipInterpolator(t, v)(np.clip(time, t[0], t[-1])), 2.5)

    yaw = curve(
        (0, 2),
        (0.5, 1),
        (1.5, -3),
        (2.2, -4),
        (3.1, -15),
        (3.6, -14),
        (4.6, 14.5),
        (5.1, 13),
        (6.1, -5),
        (6.7, 1),
        (7.2, 2),
    )
    pitch = curve(
        (0, 0),
        (0.55, -1.5),
        (0.95, 3.5),
        (1.5, 0),
        (2.4, -2),
        (3.2, 2),
        (3.9, -3),
        (4.6, 2),
        (5.4, -4),
        (6.0, 1),
        (6.6, 3),
        (7.2, 0),
    )
    roll = curve(
        (0, 0), (1.2, 1.5), (2.4, -1), (3.3, -3), (4.6, 3), (5.6, -2.5), (6.4, 2), (7.2, 0)
    )
    yaw += _drift(1, time, 0.6)
    pitch += _drift(2, time, 0.5) + 5.0 * slow
    roll += _drift(3, time, 0.4)
    x = -0.55 * gaussian_filter1d(yaw, 4) + _drift(4, time, 1.5)
    breath = np.sin(2 * np.pi * time / 3.4)
    y = 0.8 * gaussian_filter1d(pitch, 4) + 0.8 * breath + _drift(5, time, 0.8)
    z = curve((0, 0), (1.0, 8), (2.5, -4), (4.0, 10), (5.6, -2), (7.2, 4))
    brow = curve(
        (0, 0),
        (0.6, 0.5),
        (1.1, 0.05),
        (2.5, 0.35),
        (3.0, 0.0),
        (3.7, 0.4),
        (4.3, 0.05),
        (5.2, 0.1),
        (5.9, 0.5),
        (6.6, 0.1),
        (7.2, 0.05),
    ) + 0.25 * np.maximum(slow, 0)
    blink = np.max(
        [
            _blink(time, t, s)
            for t, s in (
                (0.28, 1.0),
                (2.02, 1.0),
                (3.62, 1.0),
                (4.02, 0.35),
                (5.42, 1.0),
                (6.85, 1.0),
            )
        ],
        0,
    )
    # The eyes stay on the camera, mostly, and lag a little.
    gaze_x = -0.8 * yaw + curve(
        (0, 0), (3.0, -2), (3.3, -5), (3.7, 0), (4.6, 4), (5.2, 0), (7.2, 0)
    )
    gaze_y = -0.5 * pitch
    radians = np.pi / 180
    return [
        Moment(
            *(
                float(v)
                for v in (
                    yaw[i] * radians,
                    pitch[i] * radians,
                    roll[i] * radians,
                    x[i],
                    y[i],
                    z[i],
                    0.25 * x[i],
                    0.9 * breath[i] + 0.15 * y[i],
                    0.05 * roll[i] * radians,
                    *mouth[i],
                    brow[i],
                    blink[i],
                    gaze_x[i] * radians,
                    gaze_y[i] * radians,
                )
            )
        )
        for i in range(FRAMES)
    ]


def _mouth(speech: Speech, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N, 5] mouth shapes: phone by phone, run together as speech does."""
    fine = np.arange(0, FRAMES / FPS, 0.005)
    shapes = np.tile(np.array(_NEUTRAL), (len(fine), 1))
    begin = START
    for phone, end in speech.phones:
        shapes[(fine >= begin) & (fine < end)] = _SHAPES.get(phone, _CONSONANT)
        begin = end
    # The lips move ahead of the sound a little; closures are quicker than the rest.
    smooth = gaussian_filter1d(shapes, 9.0, axis=0)
    smooth[:, 1] = gaussian_filter1d(shapes[:, 1], 4.5)
    out = np.stack([np.interp(time + 0.03, fine, c) for c in smooth.T], 1)
    out[:, 4] -= 0.12
    return out


def _loudness(sound: NDArray[np.float32], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] 0..1 envelope of the sound at the frames."""
    level = np.sqrt(gaussian_filter1d(sound.astype(np.float64) ** 2, 0.025 * RATE))
    return np.clip(level[(time * RATE).astype(int)] / np.percentile(level, 95), 0, 1)


def _drift(seed: int, time: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    """Slow wandering of about `size`: nobody holds quite still."""
    rng = np.random.default_rng(seed)
    rates, phases = rng.uniform(0.15, 0.9, 4), rng.uniform(0, 2 * np.pi, 4)
    waves = np.sin(2 * np.pi * rates * time[:, None] + phases) / (1 + 2 * rates)
    return np.asarray(size * waves.sum(1))


def _blink(time: NDArray[np.float64], at: float, size: float) -> NDArray[np.float64]:
    """Lids down in 80 ms, shut for 40, up again in 160."""
    t = time - at
    shut = np.interp(t, [-0.10, -0.02, 0.03, 0.12, 0.20], [0, 1, 1, 0.25, 0])
    return np.asarray(size * shut * shut * (3 - 2 * shut))
