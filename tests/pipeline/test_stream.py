from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from relume.pipeline.stream import Stage, StageTimes, stream


def test_order_is_kept_and_every_stage_sees_every_item() -> None:
    stages = [Stage("double", lambda x: 2 * x), Stage("next", lambda x: x + 1)]
    times = StageTimes()
    assert list(stream(range(50), stages, times)) == [2 * i + 1 for i in range(50)]
    assert times.items == {"decode": 50, "double": 50, "next": 50}


def test_a_slow_consumer_slows_the_source() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for i in range(1000):
            made.append(i)
            yield i

    results = stream(source(), [Stage("pass", lambda x: x)], depth=2)
    next(results)
    time.sleep(0.3)
    assert len(made) <= 8  # two queues of two, one item in each of two hands, one taken
    results.close()


@pytest.mark.parametrize("where", ["source", "stage"])
def test_an_error_anywhere_stops_all_threads_and_is_raised(where: str) -> None:
    before = threading.active_count()

    def source() -> Iterator[int]:
        for i in range(100):
            if where == "source" and i == 5:
                raise ValueError("broken input")
            yield i

    def work(x: int) -> int:
        if where == "stage" and x == 5:
            raise ValueError("broken stage")
        return x

    with pytest.raises(ValueError, match="broken"):
        list(stream(source(), [Stage("work", work)]))
    assert threading.active_count() == before


def test_closing_early_ends_the_threads() -> None:
    before = threading.active_count()
    results = stream(iter(range(10**9)), [Stage("pass", lambda x: x)])
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before


def test_stages_overlap_in_time() -> None:
    def slow(x: int) -> int:
        time.sleep(0.02)
        return x

    begun = time.perf_counter()
    list(stream(range(10), [Stage("a", slow), Stage("b", slow), Stage("c", slow)]))
    assert time.perf_counter() - begun < 0.45  # one after another it would take 0.6 s


def test_latency_counts_from_the_source_to_the_end_and_cpu_time_all_threads() -> None:
    def slow(x: int) -> int:
        time.sleep(0.03)
        return x

    def busy(x: int) -> int:
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass
        return x

    times = StageTimes()
    list(stream(range(6), [Stage("slow", slow), Stage("busy", busy)], times, depth=1))
    assert len(times.latencies) == 6
    assert all(0.04 <= latency < 5 for latency in times.latencies)
    assert times.process >= times.cpu["busy"] >= 0.06
