"""The back of a head: as far out as the hair that is seen."""

from __future__ import annotations

import numpy as np

from relume.compact_engine.behind import Hair, behind

AT = np.linspace(-0.42, 0.42, 65, dtype=np.float32)
X, Y = np.meshgrid(AT, AT, indexing="ij")


def disc(radius: float, above: float = -1.0) -> np.ndarray:
    return (np.hypot(X, Y - 0.05) < radius) & (above < Y)


def test_a_person_without_hair_keeps_the_mean_heads_back() -> None:
    hair = Hair(disc(0.25), disc(0.25), AT)
    assert np.abs(hair(X.ravel(), Y.ravel())).max() < 1e-6


def test_the_back_stands_out_as_far_as_the_hair() -> None:
    hair = Hair(disc(0.25) | disc(0.32, above=0.05), disc(0.25), AT)
    crown = hair(np.float32([0.0]), np.float32([0.3]))
    neck = hair(np.float32([0.0]), np.float32([-0.35]))
    assert abs(float(crown[0]) - 0.07) < 0.02
    assert abs(float(neck[0])) < 0.005


def test_a_strand_and_what_lies_apart_are_no_hair() -> None:
    strand = disc(0.25) | ((np.abs(X) < 0.01) & (Y > 0))
    apart = disc(0.25) | ((Y > 0.36) & (np.abs(X) < 0.2))
    for person in (strand, apart):
        assert np.abs(Hair(person, disc(0.25), AT)(X.ravel(), Y.ravel())).max() < 0.02


def test_the_front_stays_inside_the_persons_own_surface() -> None:
    hair = Hair(disc(0.32), disc(0.25), AT)
    points = np.array([[0.2, 0.05, 0.1], [0.2, 0.05, -0.1]], np.float32)
    front, back = behind(np.zeros(2, np.float32), points, hair)
    assert front < 0 < back
