"""`relume info`: what a file holds, and what relume runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from .maybe import optional

__all__ = ["Info"]

_OF_A_PICTURE = ("source", "codec", "width", "height", "pixel_format", "depth")
"""What a single picture has of all that a video has."""

_ALL = 1000
"""More faces than any picture shows."""


@dataclass
class Info:
    """Tell what a video or picture holds; without one, what relume runs on."""

    source: Annotated[tyro.conf.Positional[str | None], optional(metavar="[SOURCE]")] = None
    """The file to look at."""
    json: bool = False
    """Print JSON instead of a table."""

    def run(self) -> None:
        """Do it."""
        import json

        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        facts = _machine() if self.source is None else _file(self.source)
        if self.json:
            print(json.dumps(facts, indent=2, default=str))
            return
        if facts.pop("frames_exact", None) is False and facts["frames"] is not None:
            facts["frames"] = f"about {facts['frames']}"
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, value in facts.items():
            table.add_row(name.replace("_", " "), Text(_text(value)))
        Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "-"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_text, value)) or "-"
    return "-" if value is None else str(value)


def _file(source: str) -> dict[str, object]:
    from dataclasses import asdict

    from ..face import TrackerConfig, detect_faces
    from ..media import open_video

    with open_video(source) as reader:
        facts: dict[str, object] = asdict(reader.info)
        facts["colour"] = reader.info.colour.describe()
        del facts["path"], facts["cut"]  # of a whole file, none; and JSON has no infinity
        container = reader.info.container
        # FFmpeg reads an .hdr or .exr by itself, and can't tell that it is one picture.
        picture = (container == "pictures" and reader.info.still) or container.endswith("_pipe")
        first = next(iter(reader), None)
        faces = [] if first is None else detect_faces(first, TrackerConfig(max_faces=_ALL))
    if picture:
        return {name: facts[name] for name in _OF_A_PICTURE} | {"faces": len(faces)}
    return facts | {"faces_in_first_frame": len(faces)}


def _machine() -> dict[str, object]:
    import os
    import platform
    from importlib import metadata

    from .. import __version__
    from ..inference import multiplies_bf16
    from ..native import native
    from ..pipeline.models import default_model

    kernels = native()
    packages = ("numpy", "opencv-python-headless", "av", "openvino")
    return {
        "relume": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "kernels": "slow stand-ins" if kernels is None else f"compiled, {kernels.used()}",
        "multiplies_bfloat16_by": multiplies_bf16(),
        "default_model": default_model(),
        **{name: metadata.version(name) for name in packages},
    }
