"""Draws the pictures of docs/lights.md: `python docs/lights/draw.py`."""

from __future__ import annotations

import itertools
from importlib import resources
from math import pi, radians
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from relume import Relighter, open_video
from relume.geometry import Camera
from relume.light import PRESETS, Keyframe, Timeline, load_light
from relume.media import write_image
from relume.pipeline.show import draw_head, draw_sphere

HERE = Path(__file__).parent
COLUMNS, SIZE = 5, 98
FRAME, TOP, LEFT, SIDE = 30, 0, 320, 560  # of the bundled clip
TURNED = Camera.look_at(yaw=radians(-20))  # a head turned to the picture's right


def labelled(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """The picture with a line of text above it."""
    strip = np.full((18, picture.shape[1], 3), 29, np.uint8)
    cv2.putText(strip, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (225,) * 3, 1, cv2.LINE_AA)
    return np.vstack([strip, picture])


def presets() -> NDArray[np.uint8]:
    """Sphere over head for every preset."""
    cells = []
    for name, preset in PRESETS.items():
        camera = TURNED if name in ("broad", "short") else Camera.look_at()
        light = preset.light()
        parts = [draw_sphere(light, SIZE, camera), draw_head(light, SIZE, camera)]
        cells.append(labelled(np.hstack(parts), name))
    while len(cells) % COLUMNS:
        cells.append(np.full_like(cells[0], 29))
    rows = [np.hstack(cells[i : i + COLUMNS]) for i in range(0, len(cells), COLUMNS)]
    return np.vstack(rows)


def person() -> NDArray[np.uint8]:
    """The bundled clip's face under every preset, as it was filmed first."""
    clip = resources.files("relume").joinpath("assets/demo.mp4")
    with resources.as_file(clip) as path, open_video(path) as video:
        frame = next(itertools.islice(video, FRAME, None)).rgb8.copy()
    paused = Relighter().hold(frame)
    cells = []
    for name in (None, *PRESETS):
        shown = frame if name is None else paused.show(name)
        face = shown[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
        small = cv2.resize(face, (2 * SIZE, 2 * SIZE), interpolation=cv2.INTER_AREA)
        cells.append(labelled(np.asarray(small, np.uint8), name or "as filmed"))
    rows = [np.hstack(cells[i : i + COLUMNS]) for i in range(0, len(cells), COLUMNS)]
    return np.vstack(rows)


def orbit() -> NDArray[np.uint8]:
    """A timeline's `rotate` track, eight moments of one turn."""
    light = load_light("loop").at(0.0)
    turn = Timeline([Keyframe(0.0, light, 0.0), Keyframe(8.0, rotate=2.0 * pi)])
    cells = [labelled(draw_head(turn.at(float(t)), SIZE), f"{t} s") for t in range(8)]
    return np.hstack(cells)


if __name__ == "__main__":
    write_image(HERE / "presets.png", presets(), overwrite=True)
    write_image(HERE / "person.jpg", person(), overwrite=True)
    write_image(HERE / "orbit.png", orbit(), overwrite=True)
