from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from relume.pipeline.stream import Stage, StageTimes, stream, together


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


def test_with_no_depth_the_source_is_asked_when_the_first_stage_is_idle() -> None:
    """Live pictures: whatever the stages' speeds, what comes out was the newest when taken."""
    asked: list[float] = []

    def source() -> Iterator[float]:
        for _ in range(8):
            asked.append(time.perf_counter())
            yield asked[-1]

    taken: list[float] = []

    def first(x: float) -> float:
        taken.append(time.perf_counter())
        time.sleep(0.01)
        return x

    def slow(x: float) -> float:
        time.sleep(0.04)
        return x

    times = StageTimes()
    out = list(stream(source(), [Stage("first", first), Stage("slow", slow)], times, depth=0))
    assert out == asked
    waited = [b - a for a, b in zip(asked, taken, strict=True)]
    assert max(waited) < 0.02  # no item grows old before the first stage
    # Two in work, none waiting: at most the rest of the slow stage's time is lost. Queues of one
    # would make it 0.01 + 4 * 0.04.
    assert sorted(times.latencies)[len(out) // 2] < 0.12


def test_an_error_with_no_depth_ends_the_threads() -> None:
    before = threading.active_count()

    def work(x: int) -> int:
        if x == 3:
            raise ValueError("broken stage")
        return x

    with pytest.raises(ValueError, match="broken"):
        list(stream(iter(range(9)), [Stage("a", lambda x: x), Stage("work", work)], depth=0))
    assert threading.active_count() == before


def test_latency_counts_from_when_an_item_says_it_was_there() -> None:
    times = StageTimes()
    early = time.perf_counter() - 5.0
    list(stream([early], [Stage("pass", lambda x: x)], times, since=lambda x: x))
    assert 5.0 <= times.latencies[0] < 8.0


@pytest.mark.parametrize("depth", [0, 1, 4])
@pytest.mark.parametrize("workers", [1, 2, 3, None])
def test_no_stage_is_in_two_hands_and_no_more_hands_than_workers_work(
    workers: int | None, depth: int
) -> None:
    """Whatever the threads, each stage sees the items in order, one at a time."""
    lock, working = threading.Lock(), [0, 0, 0]
    most, seen = [0], [list[int]() for _ in range(3)]

    def stage(index: int) -> Stage[int]:
        def work(x: int) -> int:
            with lock:
                working[index] += 1
                assert working[index] == 1
                most[0] = max(most[0], sum(working))
                seen[index].append(x)
            time.sleep(0.001 * ((x * 7 + index * 3) % 4))
            with lock:
                working[index] -= 1
            return x

        return Stage(f"{index}", work)

    assert list(stream(range(40), [stage(i) for i in range(3)], None, depth, workers=workers)) == [
        *range(40)
    ]
    assert seen == [[*range(40)]] * 3
    assert most[0] <= (workers or 3)
    assert workers == 1 or most[0] > 1  # they do share the work


def test_one_worker_takes_each_item_to_the_end_before_the_next() -> None:
    """The stage furthest on goes first, so that few items are under way."""
    done: list[tuple[str, int]] = []

    def stage(name: str) -> Stage[int]:
        def work(x: int) -> int:
            done.append((name, x))
            return x

        return Stage(name, work)

    list(stream(range(5), [stage("a"), stage("b")], workers=1))
    assert done == [(name, x) for x in range(5) for name in ("a", "b")]


def test_stages_together_see_one_item_to_the_end_and_keep_their_times() -> None:
    done: list[tuple[str, int]] = []

    def stage(name: str) -> Stage[int]:
        def work(x: int) -> int:
            done.append((name, x))
            return x + 1

        return Stage(name, work)

    times = StageTimes()
    both = together([stage("a"), stage("b")], times)
    assert list(stream(range(4), [both], times, depth=0)) == [2, 3, 4, 5]
    assert done == [(name, x + k) for x in range(4) for k, name in enumerate("ab")]
    assert times.items == {"decode": 4, "a": 4, "b": 4}


def test_threads_are_waited_for_even_if_that_is_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they use is closed next."""
    before, join = threading.active_count(), threading.Thread.join
    presses = iter([True])

    def pressed(thread: threading.Thread, timeout: float | None = None) -> None:
        if next(presses, False):
            raise KeyboardInterrupt
        join(thread, timeout)

    def work(x: int) -> int:
        time.sleep(0.2)
        return x

    results = stream(iter(range(10**9)), [Stage("work", work)])
    assert next(results) == 0
    monkeypatch.setattr(threading.Thread, "join", pressed)
    with pytest.raises(KeyboardInterrupt):
        results.close()
    assert threading.active_count() == before


def test_an_interrupt_while_threads_begin_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that went on would be cut off by the program's end, within compiled code."""
    begun: list[threading.Thread] = []
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        begun.append(thread)
        if len(begun) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    results = stream(iter(range(10**9)), [Stage("a", lambda x: x), Stage("b", lambda x: x)])
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert len(begun) == 2
    assert not any(thread.is_alive() for thread in begun)
