"""`python -m relume.teacher --pictures FOLDER --output FOLDER [--teacher.ict FILE]`."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import tyro

from .corpus import CorpusConfig, teach_corpus
from .portrait import Portrait
from .sheet import contact_sheet

_SHEET = 12


def main() -> None:
    """Teach a folder of portraits; contact sheets of every 12 land in `OUTPUT/sheets`."""
    config = tyro.cli(CorpusConfig)
    sheets = config.output / "sheets"
    sheets.mkdir(parents=True, exist_ok=True)
    batch: list[Path] = []
    taught = refused = 0
    started = time.monotonic()
    for outcome in teach_corpus(config):
        if outcome.taught is None:
            refused += 1
            print(f"refused {outcome.picture.name}: {outcome.reason}", flush=True)
            continue
        taught += 1
        batch.append(outcome.taught)
        if len(batch) == _SHEET:
            sheet = contact_sheet([Portrait.load(p) for p in batch])
            path = sheets / f"{batch[0].stem}.jpg"
            cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
            batch.clear()
            print(f"{taught} taught, {refused} refused, {time.monotonic() - started:.0f} s")
    print(f"done: {taught} taught, {refused} refused")


if __name__ == "__main__":
    main()
