"""Stages shared by a few threads: order is kept and a slow stage slows those before it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .line import END, Line

__all__ = ["Stage", "StageTimes", "stream", "together"]

_SOURCE = "decode"
"""The source's name among the stages' times."""

T = TypeVar("T")
_REMEMBERED = 1 << 16  # latencies: half an hour at 30 frames a second


@dataclass
class StageTimes:
    """How long each stage worked; waiting for its neighbours is left out.

    Attributes:
        wall: seconds from taking an item to having done it.
        cpu: seconds in which the thread in the stage computed. It is less than `wall` where other
            threads had the cores or did the work, as encoders' and decoders' threads do.
        items: number of items.
        process: seconds in which all threads of the process computed while the stream ran: those
            of the stages and those of encoders, decoders and networks.
        latencies: seconds from an item's being there until it came out at the end, of the last
            65,536 items.
    """

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    process: float = 0.0
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @contextmanager
    def working(self, name: str | None) -> Iterator[None]:
        """Count one item of a stage, done inside this context; nothing without a name."""
        if name is None:
            yield
            return
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + time.thread_time() - cpu
        self.items[name] = self.items.get(name, 0) + 1

    def milliseconds(self) -> dict[str, tuple[float, float]]:
        """Mean wall and CPU milliseconds an item of each stage."""
        return {
            name: (1e3 * self.wall[name] / count, 1e3 * self.cpu[name] / count)
            for name, count in self.items.items()
            if count
        }


@dataclass(frozen=True)
class Stage(Generic[T]):
    """One step.

    Attributes:
        name: for the clock; None: it keeps the time itself.
        work: what it does to an item, and gives on.
    """

    name: str | None
    work: Callable[[T], Any]


def together(stages: list[Stage[T]], times: StageTimes) -> Stage[T]:
    """Several stages as one, which no other item interrupts; each keeps its own time."""

    def work(item: T) -> T:
        for stage in stages:
            with times.working(stage.name):
                item = stage.work(item)
        return item

    return Stage(None, work)


def stream(
    source: Iterable[T],
    stages: list[Stage[Any]],
    times: StageTimes | None = None,
    depth: int = 4,
    since: Callable[[T], float] | None = None,
    wake: Callable[[], None] | None = None,
    workers: int | None = None,
) -> Generator[Any, None, None]:
    """Pass every item of `source` through `stages`, several items at a time.

    Results come in the source's order: a stage is in the hands of one thread at a time. Threads
    take whichever stage is furthest on and has something to do, so that no more of them than there
    are cores ask for a core, and an item mostly stays with its thread. At most `depth` items wait
    before a stage. With a depth of 0 none does: a stage keeps its item until the next one takes
    it, and the source is asked for one only when the first stage is idle, so that a source of live
    pictures gives its newest. An error in any stage stops all of them and is raised here; so does
    closing the iterator early.

    Args:
        source: items; iterated in a thread of its own.
        stages: what happens to each item, in turn.
        times: filled with the work time of every stage and the latency of every item.
        depth: items that may wait before a stage.
        since: when an item began to be there, by `time.perf_counter`; when the source gave it, by
            default.
        wake: called at the end, early or not, before threads are waited for: it ends a source that
            may be waiting for its next item.
        workers: threads that share the stages; one for each stage by default, and never more.
    """
    clock = times or StageTimes()
    errors: list[BaseException] = []
    given: deque[float] = deque()  # when; order is kept, so the oldest is the next to come out
    line = Line(len(stages), depth)

    def guarded(run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:
            errors.append(error)
            line.stop()

    def feed() -> None:
        items = iter(source)
        while line.wait_wanted():
            with clock.working(_SOURCE):
                item = next(items, END)
            if item is END:
                clock.items[_SOURCE] -= 1
                line.give(END)
                break
            given.append(time.perf_counter() if since is None else since(item))
            line.give(item)

    def work() -> None:
        taken: tuple[int, Any] | None = None
        while taken := line.take(taken):
            index, item = taken
            stage = stages[index]
            if item is not END:
                with clock.working(stage.name):
                    item = stage.work(item)
            taken = index, item

    count = len(stages) if workers is None else min(workers, len(stages))
    threads = [
        threading.Thread(target=guarded, args=(body,), name=f"relume-{i}", daemon=True)
        for i, body in enumerate([feed, *[work] * count])
    ]
    computed = time.process_time()
    try:
        for thread in threads:
            thread.start()
        while (item := line.result()) is not END:
            clock.latencies.append(time.perf_counter() - given.popleft())
            yield item
    finally:
        _end(threads, line, wake)
        clock.process += time.process_time() - computed
    if errors:
        raise errors[0]


def _end(threads: list[threading.Thread], line: Line, wake: Callable[[], None] | None) -> None:
    """Stop threads and wait for them, also where that is interrupted: what they use is closed
    next, and one that met the end of the program within compiled code would abort it.

    One that wasn't begun, as its start was interrupted, finds nothing to do.
    """
    interrupted: KeyboardInterrupt | None = None
    while True:
        try:
            line.stop()
            if wake is not None:
                wake()
            for thread in threads:
                if thread.is_alive():
                    thread.join()
            break
        except KeyboardInterrupt as again:
            interrupted = again
    if interrupted is not None:
        raise interrupted
