"""Loading the small networks while something else is being done."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress

from ..errors import ModelError
from .detect import FaceDetector
from .landmarks import LandmarkNet
from .matte import PersonMatte
from .networks import Network

__all__ = ["load_ahead"]


def load_ahead(threads: int = 1) -> None:
    """Begin to load what every tracker and matte needs, and come back at once.

    Whoever needs a network that is on its way waits for it; what goes wrong is raised there.

    Args:
        threads: how many are loaded at a time.
    """
    users = FaceDetector(), LandmarkNet(), PersonMatte()
    waiting = deque(network for user in users for network in user.networks)
    for _ in range(min(threads, len(waiting))):
        threading.Thread(target=_load, args=(waiting,), name="relume-load").start()


def _load(waiting: deque[Network]) -> None:
    # A program that ends meanwhile waits for one network at most.
    while waiting and threading.main_thread().is_alive():
        with suppress(ModelError, IndexError):
            waiting.popleft().prepare()
