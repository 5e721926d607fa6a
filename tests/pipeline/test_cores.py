"""Shares of the cores."""

from __future__ import annotations

import sys

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relume.cores import Threads, available_cores, one_thread_a_stage
from relume.errors import UsageError


@pytest.mark.parametrize(
    ("cores", "shares"), [(1, (1, 1, 1)), (2, (2, 1, 1)), (4, (4, 2, 2)), (64, (64, 8, 4))]
)
def test_shares(cores: int, shares: tuple[int, int]) -> None:
    assert Threads.share(cores) == Threads(*shares)


@given(st.integers(1, 256))
def test_more_cores_never_mean_fewer_threads(cores: int) -> None:
    less, more = Threads.share(cores), Threads.share(cores + 1)
    assert less.stages < more.stages
    assert less.codec <= more.codec
    assert less.network <= more.network
    assert more.codec + more.network <= cores + 1


def test_by_default_all_cores_count() -> None:
    assert Threads.share() == Threads.share(available_cores())


def test_no_thread_at_all() -> None:
    with pytest.raises(UsageError, match="at least one thread"):
        Threads.share(0)


def test_threads_are_set_back_by_the_last_to_go() -> None:
    """Also after an error, and where two videos are relit at once."""

    def now() -> tuple[int, float]:
        return cv2.getNumThreads(), sys.getswitchinterval()

    before = now()
    first, second = one_thread_a_stage(), one_thread_a_stage()
    first.__enter__()
    inside = now()
    second.__enter__()
    first.__exit__(None, None, None)
    assert inside == now() == (1, pytest.approx(5e-4))
    second.__exit__(None, None, None)
    assert now() == before
    with pytest.raises(KeyError), one_thread_a_stage():
        raise KeyError
    assert now() == before
