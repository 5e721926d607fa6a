"""What the loops write down."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..place import OutputPlace
from ..teacher.lines import add_line, lines_of

__all__ = [
    "Progress",
    "ScalarLog",
    "done_already",
    "forget_after",
    "in_words",
    "tell_changes",
]

logger = logging.getLogger("relume.train")

Progress = Callable[[int, int, float], None]
"""Called with the steps done, the steps in all and the loss of the last."""


class ScalarLog:
    """Means of scalars between two lines of a JSON-lines file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sums: dict[str, float] = {}
        self._count = 0
        self._since = time.monotonic()

    def add(self, values: dict[str, float]) -> None:
        """Count one step's values in."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1

    def write(self, step: int, more: dict[str, float]) -> None:
        """Write the means since the last line and start again."""
        now = time.monotonic()
        means = {k: v / self._count for k, v in self._sums.items()}
        seconds = (now - self._since) / self._count
        add_line(self._path, {"step": step, "seconds": seconds, **means, **more})
        self._sums, self._count, self._since = {}, 0, now


def forget_after(path: Path, step: int) -> None:
    """Drop lines of steps that the checkpoint doesn't know of: they will be done again."""
    if path.is_file():
        lines = [json.dumps(line) for line in lines_of(path) if line["step"] <= step]
        place = OutputPlace(path, overwrite=True)
        with place.guard():
            place.partial.write_text("".join(f"{s}\n" for s in lines))
            place.commit()


def done_already(home: Path, step: int, steps: int) -> bool:
    """Whether a run has all the steps that it is to have; says so."""
    if step < steps:
        return False
    logger.warning(
        "%s is at step %d and --steps is %d, so there is nothing to do; they are counted from its"
        " beginning: give more to go on", home, step, steps,
    )  # fmt: skip
    return True


def in_words(figures: dict[str, Any]) -> str:
    """A validation as a line: `step 500: albedo 0.0554, psnr 23.3`."""
    told = ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in figures.items()
        if name != "step"
    )
    return f"step {figures['step']}: {told}"


def tell_changes(home: Path, step: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Say which settings a run goes on with that it didn't have before, and keep it.

    Args:
        home: its folder, where `changes.jsonl` has a line for each time.
        step: of the checkpoint from which it goes on.
        before: the checkpoint's settings; those that it doesn't know are new.
        after: those from now on.
    """
    old, new = (dict(_options(facts)) for facts in (before, after))
    changed = {
        name: [old[name], new[name]] for name in new if name in old and old[name] != new[name]
    }
    forget_after(home / "changes.jsonl", step - 1)
    if changed:
        add_line(home / "changes.jsonl", {"step": step, **changed})
        told = ", ".join(
            f"--{name} {_shown(was)} -> {_shown(now)}" for name, (was, now) in changed.items()
        )
        logger.warning("%s goes on from step %d with other settings: %s", home, step, told)


def _shown(value: Any) -> Any:
    """A setting's value as the help has it."""
    return "none" if value is None else value


def _options(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        option = prefix + name.replace("_", "-")
        if isinstance(value, dict):
            yield from _options(value, f"{option}.")
        else:
            yield option, value
