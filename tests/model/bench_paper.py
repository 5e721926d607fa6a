"""Seconds a frame of the published architecture at full size with random weights.

`python tests/model/bench_paper.py [threads]` prints, for each precision, a picture, a cached
picture under another light, and a frame of video after the fifth; wall time and, because
other work on the machine disturbs that, the process's own CPU time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from relume.geometry import Camera
from relume.model.paper import build_portrait_relighter, published
from relume.model.paper.inference import FastPortraitRelighter, InferenceConfig, Precision

__all__: list[str] = []


def timed(call: Callable[[], object]) -> str:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return f"{time.perf_counter() - wall:.2f} s ({time.process_time() - cpu:.2f} s CPU)"


def measure(fast: FastPortraitRelighter) -> None:
    image = np.random.default_rng(0).random((512, 512, 3), np.float32)
    light = np.array([0.7, 0.1, 0.15, -0.2, -0.1, 0.05, -0.2, 0.03, 0.0], np.float32)
    camera, other = Camera.look_at(), Camera.look_at(yaw=0.3)
    portrait = fast.encode(image)
    fast.draw(portrait, camera, light)
    for _ in range(6):  # fills the window without encoding again
        fast.next_frame(portrait, camera, light)
    name = fast.config.precision
    for _ in range(2):
        print(name, "cached", timed(lambda: fast.draw(portrait, other, light)), flush=True)
        print(name, "picture", timed(lambda: fast.draw(fast.encode(image), camera, light)))
        print(name, "video", timed(lambda: fast.next_frame(image, camera, light)), flush=True)


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    model = build_portrait_relighter(published())
    precisions: tuple[Precision, ...] = ("bf16", "fp32")
    for precision in precisions:
        measure(FastPortraitRelighter(model, InferenceConfig(precision=precision)))


if __name__ == "__main__":
    main()
