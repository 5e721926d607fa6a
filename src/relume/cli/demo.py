"""`relume demo`: the main job on the bundled clip."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Demo"]

_TAKES = (("rembrandt", 0.0), ("golden-hour", 8.0), ("moonlight", -8.0))


@dataclass
class Demo:
    """Relight the bundled clip in a few lights and tell how fast each stage was."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")] = Path("out")
    """The folder for the results."""

    def run(self) -> None:
        """Do it."""
        import math
        from importlib import resources

        import numpy as np
        from rich.console import Console

        from ..errors import OutputError
        from ..media import write_image
        from ..pipeline import relight_video
        from .process import one_thread_a_stage
        from .progress import progress_bar, stage_table

        one_thread_a_stage()
        console = Console()
        if os.path.isfile(self.output):
            raise OutputError(f"{self.output} is a file; name a folder, which is made if need be")
        try:
            self.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.output} can't be made: {error.strerror}") from error
        with resources.as_file(resources.files("relume").joinpath("assets/demo.mp4")) as clip:
            strip = [_frame(clip)]
            for light, yaw in _TAKES:
                target = self.output / f"{light}.mp4"
                with progress_bar(light) as advance:
                    report = relight_video(
                        clip, target, light, yaw=math.radians(yaw), overwrite=True, progress=advance
                    )
                strip.append(_frame(target))
                turned = f", camera turned {yaw:+.0f} degrees" if yaw else ""
                console.print(
                    f"{target}: {light}{turned}, {report.frames} frames at {report.fps:.1f} fps",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )
                console.print(stage_table(report.times))
        picture = self.output / "strip.png"
        write_image(picture, np.concatenate(strip, 1), overwrite=True)
        console.print(
            f"{picture}: the input and the results side by side", markup=False, soft_wrap=True
        )


def _frame(path: Path) -> NDArray[np.uint8]:
    """A frame one second into a video."""
    from ..media import open_video

    with open_video(path) as reader:
        for frame in reader:
            if (frame.time or 0.0) >= 1.0:
                break
        return frame.rgb8.copy()
