from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.face import HeadModel
from relume.render import rasterise
from relume.render.raster import rasterise_slowly

# Counter-clockwise seen with y up is clockwise on screen, where y points down.
SQUARE = np.array([[2.0, 2.0], [2.0, 14.0], [14.0, 14.0], [14.0, 2.0]])
SQUARE_FACES = np.array([[0, 1, 2], [0, 2, 3]])


def test_square_covers_just_its_pixels() -> None:
    _, mask = rasterise(SQUARE, np.ones(4), SQUARE_FACES, np.ones((4, 1)), (16, 16))
    expected = np.zeros((16, 16), bool)
    expected[2:14, 2:14] = True
    assert (mask == expected).all()


def test_attributes_are_linear_in_position() -> None:
    image, mask = rasterise(SQUARE, np.ones(4), SQUARE_FACES, SQUARE, (16, 16))
    y, x = np.nonzero(mask)
    np.testing.assert_allclose(image[mask], np.stack([x, y], 1) + 0.5, atol=1e-5)


def test_back_faces_are_left_out_unless_wanted() -> None:
    backwards = SQUARE_FACES[:, ::-1]
    assert not rasterise(SQUARE, np.ones(4), backwards, np.ones((4, 1)), (16, 16))[1].any()
    both = rasterise(SQUARE, np.ones(4), backwards, np.ones((4, 1)), (16, 16), cull=False)
    assert both[1].sum() == 144


def test_the_nearer_surface_wins_whatever_the_order() -> None:
    points = np.concatenate([SQUARE, SQUARE])
    depth = np.r_[np.full(4, 2.0), np.full(4, 1.0)]
    colour = np.r_[np.zeros(4), np.ones(4)][:, None]
    for faces in (
        np.concatenate([SQUARE_FACES, SQUARE_FACES + 4]),
        np.concatenate([SQUARE_FACES + 4, SQUARE_FACES]),
    ):
        image, mask = rasterise(points, depth, faces, colour, (16, 16))
        np.testing.assert_allclose(image[mask], 1.0, atol=1e-6)


@pytest.mark.parametrize("stand_in", [False, True])
@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_agrees_with_testing_every_pixel_against_every_triangle(stand_in: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-10, 50, (12, 2))
    depth = rng.uniform(1, 2, 12)
    faces = rng.permuted(np.tile(np.arange(12), (8, 1)), axis=1)[:, :3]
    drawn = points, depth, faces, depth[:, None], (40, 30)
    image, mask = rasterise_slowly(*drawn, False) if stand_in else rasterise(*drawn, cull=False)
    y, x = np.mgrid[0:30, 0:40] + 0.5
    best = np.full((30, 40), np.inf)
    for face in faces:
        a, b, c = points[face]
        matrix = np.stack([b - a, c - a], 1)
        if abs(np.linalg.det(matrix)) < 1e-6:
            continue
        wb, wc = np.linalg.solve(matrix, np.stack([x - a[0], y - a[1]]).reshape(2, -1))
        wa = 1 - wb - wc
        inside = (np.minimum(np.minimum(wa, wb), wc) >= 0).reshape(30, 40)
        z = (wa * depth[face[0]] + wb * depth[face[1]] + wc * depth[face[2]]).reshape(30, 40)
        best = np.where(inside & (z < best), z, best)
    assert (mask != np.isfinite(best)).sum() <= 4  # centres that lie on an edge may go either way
    both = mask & np.isfinite(best)
    assert (np.abs(image[..., 0] - best)[both] > 1e-3).sum() <= 4


def test_nothing_to_draw() -> None:
    image, mask = rasterise(SQUARE + 100, np.ones(4), SQUARE_FACES, np.ones((4, 2)), (16, 16))
    assert image.shape == (16, 16, 2)
    assert not mask.any()


def test_a_head_is_drawn_as_by_the_stand_in() -> None:
    head = HeadModel.load()
    points = (head.mean[:, :2] * [1, -1] + 0.5) * 97
    attributes = np.concatenate([head.mean, head.transfer], 1)
    drawn = points, -head.mean[:, 2], head.faces, attributes, (97, 90)
    image, mask = rasterise(*drawn)
    slow_image, slow_mask = rasterise_slowly(*drawn, True)
    np.testing.assert_array_equal(mask, slow_mask)
    assert mask.sum() > 2000
    # Where two surfaces lie within the stand-in's steps of depth, either may be shown.
    gap = np.abs(image - slow_image).max(2)
    assert (gap > 1e-4).sum() <= 4


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"faces": np.array([[0, 1, 4]])}, "faces name vertices beyond the 4"),
        ({"faces": np.array([[0, 1, -1]])}, "faces name vertices beyond the 4"),
        ({"depth": np.ones(3)}, "a mesh has points"),
        ({"attributes": np.ones((5, 1))}, "attributes"),
    ],
)
def test_meshes_that_make_no_sense_are_refused(change: dict[str, np.ndarray], named: str) -> None:
    mesh = {"points": SQUARE, "depth": np.ones(4), "faces": SQUARE_FACES}
    whole = mesh | {"attributes": np.ones((4, 1)), "size": (16, 16)} | change
    with pytest.raises(ValueError, match=named):
        rasterise(**whole)  # type: ignore[arg-type]


@pytest.mark.parametrize("stand_in", [False, True])
def test_a_vertex_that_is_nowhere_takes_its_triangles_away(stand_in: bool) -> None:
    points = np.array([[1.0, 1.0], [1.0, 5.0], [5.0, 1.0], [np.nan, np.nan]])
    faces = np.array([[0, 1, 2], [2, 1, 3]])
    values = np.ones((4, 1))
    drawn = (points, np.ones(4), faces, values, (6, 6))
    _, mask = rasterise_slowly(*drawn, True) if stand_in else rasterise(*drawn)
    _, whole = rasterise(points[:3], np.ones(3), faces[:1], values[:3], (6, 6))
    assert whole.any()
    np.testing.assert_array_equal(mask, whole)
