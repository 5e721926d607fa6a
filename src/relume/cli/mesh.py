"""`relume mesh`: the head of a picture or of one frame, as a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .maybe import optional

__all__ = ["Mesh"]


@dataclass
class Mesh:
    """Write the head in a picture, or in one frame of a video, as a coloured mesh.

    Example: relume mesh talk.mp4 -o head.glb --time 2.5

    Coordinates are x to the picture's right, y up and z out of the face, about 37 cm a unit.
    Colours are the albedo. Needs pip install "relume[mesh]".
    """

    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]
    """The picture, video or image sequence."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FILE")]
    """The file to write: .ply (binary), .obj or .glb."""
    time: Annotated[str, tyro.conf.arg(metavar="TIME")] = "0"
    """Seconds from the start to the frame to take, or [hours:]minutes:seconds."""
    detail: int = 128
    """Cells along a side of the grid, 16 to 512."""
    weights: Annotated[Path | None, optional(metavar="FILE")] = None
    """Other weights for the model."""
    overwrite: Annotated[bool, tyro.conf.arg(aliases=["-y"])] = False
    """Replace the output if it exists."""
    quiet: Annotated[bool, tyro.conf.arg(aliases=["-q"])] = False
    """Print nothing but warnings and errors."""

    def run(self) -> None:
        """Do it."""
        import sys

        from ..compact_engine.engine import CompactEngineConfig, open_runtime
        from ..compact_engine.mesh import check_mesh_output, head_mesh
        from ..errors import NoFaceError
        from ..face import detect_faces
        from ..pipeline.video import frame_at
        from .process import one_thread_a_stage
        from .seconds import seconds_of

        time = seconds_of("--time", self.time)
        check_mesh_output(self.output, overwrite=self.overwrite)
        one_thread_a_stage()
        runtime = open_runtime(CompactEngineConfig(self.weights))
        picture = frame_at(self.source, time)
        faces = detect_faces(picture)
        if not faces:
            raise NoFaceError(
                f"{self.source}: no face was found at {time:g} s; take another picture, or"
                " another --time of a video"
            )
        largest = max(faces, key=lambda face: face.pose.scale)
        mesh = head_mesh(runtime, picture, largest, self.detail)
        mesh.save(self.output, overwrite=self.overwrite)
        if not self.quiet:
            counts = f"{len(mesh.vertices)} vertices, {len(mesh.faces)} triangles"
            print(f"{self.output}: {counts}", file=sys.stderr)
