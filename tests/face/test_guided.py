"""The guided filter: the kernel and its stand-in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.face.guided import guided, guided_slowly
from relume.media import open_video
from relume.native import native

compiled = native()
SETS = [] if compiled is None else compiled.available()


@pytest.mark.parametrize(("size", "radius"), [((128, 128), 2), ((37, 50), 3), ((9, 5), 1)])
@pytest.mark.parametrize("name", SETS)
def test_kernel_does_what_the_stand_in_does(
    name: str, size: tuple[int, int], radius: int, demo: Path
) -> None:
    assert compiled is not None
    with open_video(demo) as reader:
        frame = next(iter(reader)).rgb8
    rgb = cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    noise = np.random.default_rng(1).random(size, np.float32)
    mask = (cv2.GaussianBlur(noise, (0, 0), 3.0) > 0.5).astype(np.float32)
    usual = compiled.used()
    compiled.use(name)
    try:
        found = guided(rgb, mask, radius, 0.03)
    finally:
        compiled.use(usual)
    wanted = guided_slowly(rgb, mask, radius, 0.03)
    alphas = [(maps[..., :3] * rgb).sum(-1) + maps[..., 3] for maps in (found, wanted)]
    np.testing.assert_allclose(alphas[0], alphas[1], atol=2e-3)
    assert np.abs(alphas[0] - mask).mean() < 0.2


def test_a_flat_picture_blurs_the_mask() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[:, 20:] = 1
    maps = guided(np.full((40, 40, 3), 0.5, np.float32), mask, 2, 0.03)
    blurred = cv2.blur(cv2.blur(mask, (5, 5)), (5, 5))
    alpha = (maps[..., :3] * 0.5).sum(-1) + maps[..., 3]
    np.testing.assert_allclose(alpha, blurred, atol=1e-3)
