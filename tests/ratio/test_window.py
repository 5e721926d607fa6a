from __future__ import annotations

import numpy as np
import pytest

from relume.face.pose import Pose
from relume.ratio.window import RESOLUTION, Window, to_cells


@pytest.mark.parametrize("scale", [60.0, 250.0, 900.0])
@pytest.mark.parametrize("roll", [0.0, 0.4])
def test_growing_and_shrinking_keep_places(scale: float, roll: float) -> None:
    """A map that holds its own coordinates must still hold them after being resampled."""
    pose = Pose(0, 0, roll, 300, 260, scale)
    window = Window.of(pose.crop, 640, 480)
    assert window is not None
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    block = np.stack([x, y], -1)[window.y0 : window.y1, window.x0 : window.x1]
    cells = window.shrink(block)
    centre = cells[40:88, 40:88].reshape(-1, 2)
    at = np.mgrid[40:88, 40:88].reshape(2, -1)[::-1].T  # x, y of cells
    expected = (at - window.frame_to_cells[:, 2]) @ np.linalg.inv(window.frame_to_cells[:, :2]).T
    inside = (expected > 5).all(1) & (expected < [634, 474]).all(1)
    assert inside.any()
    np.testing.assert_allclose(centre[inside], expected[inside], atol=0.2 * max(window.cell, 1.0))

    cy, cx = np.mgrid[0:RESOLUTION, 0:RESOLUTION].astype(np.float32)
    grown = window.grow(np.stack([cx, cy], -1))
    row, col = grown.shape[0] // 2, grown.shape[1] // 2
    frame = np.array([window.x0 + col, window.y0 + row])
    exact = window.frame_to_cells @ [*frame, 1.0]
    np.testing.assert_allclose(grown[row, col], exact, atol=0.05)


def test_the_crop_centre_is_the_window_centre() -> None:
    np.testing.assert_allclose(to_cells(np.array([256.0, 256.0])), RESOLUTION / 2)


def test_blocks_are_even_and_inside_the_frame() -> None:
    window = Window.of(Pose(0, 0, 0.3, 20, 30, 101).crop, 321, 241)
    assert window is not None
    assert window.x0 % 2 == 0
    assert window.y0 % 2 == 0
    assert window.x1 <= 321
    assert window.y1 <= 241


def test_a_face_outside_the_frame_has_no_window() -> None:
    assert Window.of(Pose(0, 0, 0, -500, 30, 100).crop, 320, 240) is None
