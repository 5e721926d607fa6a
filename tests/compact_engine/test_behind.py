"""The back of a head: its surface, and its colours."""

from __future__ import annotations

import numpy as np

from relume.compact_engine.behind import behind, coloured

RED, WHITE = np.array([0.5, 0.1, 0.1], np.float32), np.ones(3, np.float32)


def test_the_mean_head_closes_the_back_and_stays_inside_the_front() -> None:
    z = np.array([-0.2, -0.2, 0.2, 0.2], np.float32)
    value = behind(np.array([-0.01, 0.01, -0.01, -0.06], np.float32), z)
    assert list(value > 0) == [True, False, False, True]


def test_colours_of_the_sides_go_on_behind() -> None:
    rng = np.random.default_rng(3)
    normals = rng.normal(size=(20000, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    vertices = normals * np.float32(0.3)
    back = vertices[:, 2] < -0.1
    albedo = np.where(back[:, None], WHITE, RED)
    colours = coloured(vertices, normals, albedo, np.zeros(len(vertices), np.float32))
    assert np.abs(colours - RED).max() < 0.02
    # Half a head dark, half light: so is its back.
    albedo = np.where(vertices[:, :1] > 0, RED, WHITE)
    colours = coloured(vertices, normals, albedo, np.zeros(len(vertices), np.float32))
    assert np.array_equal(colours[vertices[:, 2] > 0], albedo[vertices[:, 2] > 0])
    right = vertices[:, 0] > 0.2
    left = vertices[:, 0] < -0.2
    assert colours[back & right].mean() + 0.3 < colours[back & left].mean()


def test_what_the_model_did_not_draw_takes_no_colour_from_it() -> None:
    normals = np.array([[0, 0, 1], [0.1, 0, 1]], np.float32)
    vertices = normals * np.float32(0.3)
    field = np.array([0.0, -30.0], np.float32)
    colours = coloured(vertices, normals, np.stack([RED, WHITE]), field)
    assert np.abs(colours - RED).max() < 1e-3
