"""Where the items of a stream are, and which stage may go next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["END", "Line"]

END: Any = object()
"""Behind the last item, and what a stopped line gives."""

_POLL = 0.1  # seconds: on Windows only a wait that ends lets Ctrl-C through


class Line:
    """Items in front of each of `stages` and behind the last, in order.

    A stage is in the hands of one thread at a time, and only when what it makes has room. Who has
    nothing to do is woken only when there is something.

    Args:
        stages: how many there are.
        depth: items that may wait in each place. With 0 none does: a stage goes on when the one
            behind it has taken its item, and a new item is asked for when the first one is idle.
    """

    def __init__(self, stages: int, depth: int) -> None:
        self._waiting: list[deque[Any]] = [deque() for _ in range(stages + 1)]
        self._busy = [False] * stages
        self._depth = depth
        self._stopped = False
        lock = threading.Lock()
        self._source, self._workers, self._end = (threading.Condition(lock) for _ in range(3))

    def wait_wanted(self) -> bool:
        """Wait until a new item is wanted; False once stopped."""
        with self._source:
            return self._wait(self._source, self._wanted)

    def give(self, item: Any) -> None:
        """A new item, in front of the first stage."""
        with self._source:
            self._waiting[0].append(item)
            self._tell()

    def take(self, done: tuple[int, Any] | None = None) -> tuple[int, Any] | None:
        """The stage furthest on that has something to do, and its item; None once stopped.

        So items leave as early as they can, and few are under way.

        Args:
            done: the stage that was taken last, and what it has made of its item.
        """
        with self._workers:
            if done is not None:
                self._busy[done[0]] = False
                self._waiting[done[0] + 1].append(done[1])
            if self._ready() is None:
                self._tell()
            if not self._wait(self._workers, lambda: self._ready() is not None):
                return None
            stage = self._ready()
            assert stage is not None
            self._busy[stage] = True
            item = self._waiting[stage].popleft()
            self._tell()
            return stage, item

    def result(self) -> Any:
        """The next item behind the last stage."""
        with self._end:
            if not self._wait(self._end, lambda: bool(self._waiting[-1])):
                return END
            item = self._waiting[-1].popleft()
            self._tell()
            return item

    def stop(self) -> None:
        """Nobody waits any longer."""
        with self._end:
            self._stopped = True
            for waiting in (self._source, self._workers, self._end):
                waiting.notify_all()

    def _tell(self) -> None:
        """Wake whoever has something to do now."""
        if self._wanted():
            self._source.notify()
        if self._ready() is not None:
            self._workers.notify()
        if self._waiting[-1]:
            self._end.notify()

    def _ready(self) -> int | None:
        for stage in reversed(range(len(self._busy))):
            if self._waiting[stage] and self._free(stage):
                return stage
        return None

    def _wanted(self) -> bool:
        return self._room(0) and (self._depth > 0 or not self._busy or self._free(0))

    def _free(self, stage: int) -> bool:
        return not self._busy[stage] and self._room(stage + 1)

    def _room(self, place: int) -> bool:
        return len(self._waiting[place]) < max(1, self._depth)

    def _wait(self, turn: threading.Condition, ready: Callable[[], bool]) -> bool:
        while not self._stopped:
            if turn.wait_for(lambda: self._stopped or ready(), _POLL):
                break
        return not self._stopped
