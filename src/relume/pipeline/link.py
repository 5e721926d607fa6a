"""What lies between two stages: a few items that wait, or none."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

__all__ = ["Link"]

_POLL = 0.1  # seconds between looks at the stop flag


class Link:
    """Items in order from one thread to one other.

    Args:
        depth: items that may wait. With 0, an item is handed over: `put` comes back when it has
            been taken.
        stop: once set, nobody waits any longer.
        end: what `get` gives then.
    """

    def __init__(self, depth: int, stop: threading.Event, end: Any) -> None:
        self._depth, self._stop, self._end = depth, stop, end
        self._items: deque[Any] = deque()
        self._asked = False
        self._changed = threading.Condition()

    def put(self, item: Any) -> bool:
        """Add an item when there is room; False once stopped."""
        with self._changed:
            if not self._wait(lambda: len(self._items) < max(1, self._depth)):
                return False
            self._items.append(item)
            self._changed.notify_all()
            return self._depth > 0 or self._wait(lambda: not self._items)

    def get(self) -> Any:
        """The next item."""
        with self._changed:
            self._asked = True
            self._changed.notify_all()
            if not self._wait(lambda: bool(self._items)):
                return self._end
            self._asked = False
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def wait_asked(self) -> bool:
        """With depth 0, wait until the other side has nothing else to do; False once stopped."""
        with self._changed:
            return self._depth > 0 or self._wait(lambda: self._asked)

    def _wait(self, ready: Any) -> bool:
        while not self._stop.is_set():
            if self._changed.wait_for(ready, _POLL):
                return not self._stop.is_set()
        return False
