"""Masks as the segmentation network gives them, with what is known to be wrong in them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.face.pieces import of_one_piece

FACE = np.array([64.0, 50.0])
Y, X = np.indices((128, 128))


def person() -> NDArray[np.float32]:
    """A head on shoulders, with a fringe of a few pixels that the network isn't sure of."""
    head = 24.0 - np.hypot(X - 64, Y - 50)
    body = np.minimum(44.0 - np.abs(X - 64), Y - 62.0)
    return np.clip(np.maximum(head, body) / 4 + 0.5, 0, 1).astype(np.float32)


def test_a_person_in_one_piece_stays_as_it_is() -> None:
    np.testing.assert_allclose(of_one_piece(person(), FACE), person(), atol=0.01)


@pytest.mark.parametrize("left", [0.0, 0.3, 0.6])
def test_an_unsure_earring_is_the_persons(left: float) -> None:
    mask = person()
    mask[52:60, 78:83] = np.minimum(mask[52:60, 78:83], 0.3 + left)
    assert of_one_piece(mask, FACE)[52:60, 78:83].min() > 0.9


def test_a_hole_through_which_the_wall_is_seen_stays() -> None:
    mask = person()
    arm = (slice(95, 105), slice(30, 42))
    mask[arm] = 0
    assert of_one_piece(mask, FACE)[arm].max() == 0


def test_a_large_unsure_place_stays_unsure() -> None:
    mask = person()
    arm = (slice(90, 115), slice(30, 60))
    mask[arm] = 0.5
    np.testing.assert_allclose(of_one_piece(mask, FACE)[arm], 0.5, atol=0.02)


def test_a_rag_of_the_backdrop_goes_but_for_its_root() -> None:
    mask = person()
    rag = (slice(40, 46), slice(0, 42))  # from the hair to the window's border
    mask[rag] = np.maximum(mask[rag], 0.5)
    found = of_one_piece(mask, FACE)
    assert found[rag][:, :28].max() == 0
    np.testing.assert_allclose(found[:, 42:], mask[:, 42:], atol=0.01)


def test_an_island_goes_unless_it_is_somebody() -> None:
    mask = person()
    mask[10:20, 5:15] = 0.6
    mask[10:20, 110:120] = 1
    found = of_one_piece(mask, FACE)
    assert found[10:20, 5:15].max() == 0
    assert found[10:20, 110:120].min() == 1


def test_a_person_that_is_hardly_seen_isnt_cut_down() -> None:
    mask = np.asarray(0.7 * person(), np.float32)
    mask[40:60, 54:74] = 1
    np.testing.assert_array_equal(of_one_piece(mask, FACE), mask)
