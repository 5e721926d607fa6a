"""The back of a head: its surface, as far out as the hair that is seen, and its colours."""

from __future__ import annotations

import numpy as np

from relume.compact_engine.behind import Hair, behind, coloured

AT = np.linspace(-0.42, 0.42, 65, dtype=np.float32)
X, Y = np.meshgrid(AT, AT, indexing="ij")


RED, WHITE = np.array([0.5, 0.1, 0.1], np.float32), np.ones(3, np.float32)


def disc(radius: float, above: float = -1.0) -> np.ndarray:
    return (np.hypot(X, Y - 0.05) < radius) & (above < Y)


def hair_at_the_crown(person: np.ndarray) -> float:
    return float(Hair(person, disc(0.25), AT)(np.float32([0.0]), np.float32([0.3]))[0])


def test_a_person_without_hair_keeps_the_mean_heads_back() -> None:
    hair = Hair(disc(0.25), disc(0.25), AT)
    assert np.abs(hair(X.ravel(), Y.ravel())).max() < 1e-6


def test_the_back_stands_out_as_far_as_the_hair() -> None:
    person = disc(0.25) | disc(0.32, above=0.05)
    neck = Hair(person, disc(0.25), AT)(np.float32([0.0]), np.float32([-0.35]))
    assert abs(hair_at_the_crown(person) - 0.07) < 0.02
    assert abs(float(neck[0])) < 0.005


def test_a_strand_and_what_lies_apart_are_no_hair() -> None:
    strand = disc(0.25) | ((np.abs(X) < 0.01) & (Y > 0))
    apart = disc(0.25) | ((Y > 0.36) & (np.abs(X) < 0.2))
    for person in (strand, apart):
        assert np.abs(Hair(person, disc(0.25), AT)(X.ravel(), Y.ravel())).max() < 0.02


def test_the_mean_head_closes_the_back_and_stays_inside_the_front() -> None:
    bald = Hair(disc(0.25), disc(0.25), AT)
    points = np.array([[0, 0, z] for z in (-0.2, -0.2, 0.2, 0.2)], np.float32)
    value = behind(np.array([-0.01, 0.01, -0.01, -0.06], np.float32), points, bald)
    assert list(value > 0) == [True, False, False, True]
    hairy = Hair(disc(0.32), disc(0.25), AT)
    points = np.array([[0.2, 0.05, 0.1], [0.2, 0.05, -0.1]], np.float32)
    front, back = behind(np.zeros(2, np.float32), points, hairy)
    assert front < 0 < back


def test_hair_that_the_box_cuts_ends_there() -> None:
    tall = disc(0.25) | ((np.abs(X) < 0.2) & (Y > 0))
    assert 0.06 < hair_at_the_crown(tall) < 0.42 - 0.05 - 0.25 + (AT[1] - AT[0])


def test_an_outline_that_misses_the_middle_is_no_hair() -> None:
    off = disc(0.25) & (np.hypot(X, Y - 0.05) > 0.05)
    assert np.abs(Hair(off, disc(0.25), AT)(X.ravel(), Y.ravel())).max() < 1e-6


def test_it_is_asked_of_as_many_places_as_there_are() -> None:
    """More than OpenCV has columns."""
    hair = Hair(disc(0.3), disc(0.25), AT)
    x = np.random.default_rng(0).uniform(-0.4, 0.4, 40_001).astype(np.float32)
    found = hair(x, x[::-1].copy())
    assert found.shape == x.shape
    assert found[-1] == hair(x[-1:], x[:1])[0]


def _ball() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, normals, the model's field and the way from the outline."""
    rng = np.random.default_rng(3)
    normals = rng.normal(size=(20000, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    vertices = normals * np.float32(0.35)
    return vertices, normals, np.zeros(20000, np.float32), np.full(20000, 0.1, np.float32)


def test_colours_of_the_sides_go_on_behind() -> None:
    vertices, normals, field, within = _ball()
    back = vertices[:, 2] < -0.1
    albedo = np.where(back[:, None], WHITE, RED)
    colours = coloured(vertices, normals, albedo, field, within)
    assert np.abs(colours - RED).max() < 0.02
    # Half a head dark, half light: so is its neck.
    albedo = np.where(vertices[:, :1] > 0, RED, WHITE)
    colours = coloured(vertices, normals, albedo, field, within)
    assert np.array_equal(colours[vertices[:, 2] > 0], albedo[vertices[:, 2] > 0])
    neck = back & (vertices[:, 1] < -0.15)
    right = vertices[:, 0] > 0.2
    left = vertices[:, 0] < -0.2
    assert colours[neck & right].mean() + 0.3 < colours[neck & left].mean()
    # Dark hair around a light face: the back is dark.
    albedo = np.where(vertices[:, 2:] > 0.14, WHITE, RED)
    colours = coloured(vertices, normals, albedo, field, within)
    assert np.abs(colours[back] - RED).max() < 0.02


def test_the_back_is_as_the_top_and_the_neck_as_beside_it() -> None:
    """Hair, or none: ears and cheeks beside it don't tell."""
    vertices, normals, field, within = _ball()
    albedo = np.where(vertices[:, 1:2] > 0.25, RED, WHITE)
    colours = coloured(vertices, normals, albedo, field, within)
    back = vertices[:, 2] < -0.1
    assert np.abs(colours[back & (vertices[:, 1] > 0)] - RED).max() < 0.05
    assert np.abs(colours[back & (vertices[:, 1] < -0.2)] - WHITE).mean() < 0.3  # of 0.77


def test_the_backdrop_at_the_outline_takes_no_part() -> None:
    vertices, normals, field, _ = _ball()
    within = np.asarray(0.35 - np.hypot(vertices[:, 0], vertices[:, 1]), np.float32)
    albedo = np.where(within[:, None] < 0.01, WHITE, RED)
    colours = coloured(vertices, normals, albedo, field, within)
    assert np.abs(colours - RED).max() < 0.02


def test_the_way_from_an_outline_is_measured() -> None:
    hair = Hair(disc(0.3), disc(0.25), AT)
    x = np.float32([0.0, 0.1, 0.25, 0.35])
    found = hair.within(x, np.full(4, 0.05, np.float32))
    assert np.abs(found - [0.3, 0.2, 0.05, 0.0]).max() < 0.02


def test_what_the_model_did_not_draw_takes_no_colour_from_it() -> None:
    normals = np.array([[0, 0, 1], [0.1, 0, 1]], np.float32)
    vertices = normals * np.float32(0.05)
    field, within = np.array([0.0, -30.0], np.float32), np.full(2, 0.1, np.float32)
    colours = coloured(vertices, normals, np.stack([RED, WHITE]), field, within)
    assert np.abs(colours - RED).max() < 1e-3
