"""`relume light`: list the presets, draw a light, try lights on a frame, print the schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .maybe import optional

__all__ = ["LightCommand"]


@dataclass
class ListLights:
    """List the presets, with what each is for."""

    def run(self) -> None:
        """Do it."""
        from rich.console import Console
        from rich.table import Table

        from ..light import PRESETS

        table = Table("preset", "key", "what it is", box=None, pad_edge=False)
        for name, preset in PRESETS.items():
            table.add_row(name, preset.side or "", preset.about)
        console = Console()
        console.print(table)
        console.print("\nThe other side: --light NAME:left or NAME:right, where a side is named.")


@dataclass
class ShowLight:
    """Draw a light on a matt sphere, on a head and in a mirror ball, side by side, to a picture.

    Example: relume light show studio.hdr -o studio.png
    """

    light: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="LIGHT")]
    """Preset, .hdr/.exr, .yaml/.json, DPR .txt or portrait."""
    output: Annotated[Path | None, optional(aliases=["-o"], metavar="FILE")] = None
    """The picture to write; light-NAME.png in this folder by default, replaced if it exists."""
    rotate_light: float = 0.0
    """Degrees to turn the light about the vertical, to the picture's right."""
    exposure: float = 0.0
    """Stops by which to brighten (or, below 0, dim) the light."""
    time: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Seconds into a timeline, or [hours:]minutes:seconds."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the picture named by --output if it exists."""

    def run(self) -> None:
        """Do it."""
        import math

        from ..errors import UsageError
        from ..pipeline.relighter import resolve_light
        from ..pipeline.show import show
        from .seconds import seconds_of

        time = seconds_of("--time", self.time)
        if not 0.0 <= time < math.inf:
            raise UsageError(f"--time is 0 seconds or more, got {time:g}")
        source = resolve_light(
            self.light,
            rotation=math.radians(self.rotate_light % 360),
            exposure=self.exposure,
        )
        assert source is not None
        name = Path(self.light).stem.replace(":", "-")
        output = self.output or Path(f"light-{name}.png")
        preview = self.output is None  # nobody gave it that name to keep
        show(source.at(time), output, overwrite=self.overwrite or preview)
        print(output)


@dataclass
class TryLights:
    """Relight one frame of your video under every preset, side by side, to choose one by looking.

    Example: relume light try talk.mp4 --time 2
    """

    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]
    """A video, a picture or an image sequence, as `relume relight` takes it."""
    output: Annotated[Path | None, optional(aliases=["-o"], metavar="FILE")] = None
    """The picture to write; lights-NAME.png in this folder by default, replaced if it exists."""
    light: Annotated[tuple[str, ...], optional(aliases=["-l"], metavar="LIGHT ...")] = ()
    """The lights to try, as `relume relight` takes them, by default every preset."""
    time: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Second of the frame, or [hours:]minutes:seconds."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the picture named by --output if it exists."""

    def run(self) -> None:
        """Do it."""
        from .seconds import seconds_of

        time = seconds_of("--time", self.time)
        from ..light import PRESETS
        from ..media import write_image
        from ..media.image import picture_place
        from ..pipeline.sheet import light_sheet

        output = self.output or Path(f"lights-{_name_of(self.source)}.png")
        overwrite = self.overwrite or self.output is None
        picture_place(output, overwrite)  # told of before the work
        lights: dict[str, str] = {}
        for light in self.light or PRESETS:
            short = Path(light).name
            lights[light if short in lights else short] = light
        sheet = light_sheet(self.source, lights, time)
        write_image(output, sheet, overwrite=overwrite)
        print(output)


def _name_of(source: str) -> str:
    """What a sheet is called after: the file, or the folder of several pictures."""
    from ..media.sequence import is_pattern

    path = Path(source)
    if path.is_dir():
        return path.resolve().name
    return path.parent.resolve().name if is_pattern(source) else path.stem


@dataclass
class LightSchema:
    """Print the JSON schema of light files and timelines."""

    def run(self) -> None:
        """Do it."""
        from importlib import resources

        print(resources.files("relume.light").joinpath("schema.json").read_text(), end="")


@dataclass
class LightCommand:
    """List, show and try lights, and print the schema of their files."""

    command: (
        Annotated[ListLights, tyro.conf.subcommand("list")]
        | Annotated[ShowLight, tyro.conf.subcommand("show")]
        | Annotated[TryLights, tyro.conf.subcommand("try")]
        | Annotated[LightSchema, tyro.conf.subcommand("schema")]
    )

    def run(self) -> None:
        """Do it."""
        self.command.run()
