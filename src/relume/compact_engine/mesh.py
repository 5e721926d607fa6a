"""The head as a mesh: where the model's density crosses a level, coloured by its albedo; behind,
which it knows nothing of, closed by the mean head."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose import codes_to_linear, to_srgb
from ..errors import MissingDependencyError, ModelError, OutputError, UsageError
from ..face import TrackedFace
from ..media import Picture
from ..place import OutputPlace
from ..render.volume_field import VolumeField
from ..runtime import CompactRuntime
from .behind import Hair, behind, coloured
from .crop import crop_of
from .glb import glb_bytes

__all__ = ["MESH_ENDINGS", "HeadMesh", "check_mesh_output", "field_mesh", "head_mesh"]

Floats = NDArray[np.float32]

MESH_ENDINGS = (".ply", ".obj", ".glb")

_LEVEL = 0.0
"""What density is 20 times the softplus of, at the surface: 14 a unit. At 2 and more, where a ray
has lost half of its light, ears, neck and open lips had holes."""

_EMPTY, _FULL = -8.0, 12.0  # values beyond which density says no more about the surface

_SMOOTH = 0.5
"""Texels of the planes over which density is smoothed: bilinear planes have creases."""

_LEAST, _MOST = 16, 512  # cells along the box
_OUTLINE = 64  # the same, to see how far hair stands out


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """A closed surface in canonical space: x to the image's right, y up, z out of the face; the
    head lies within the cube of side 1 around 0; one unit is about 37 cm, by its eyes 6.3 cm apart.

    Attributes:
        vertices: [V, 3] float32.
        faces: [F, 3] int64, counter-clockwise seen from outside.
        normals: [V, 3] float32, unit, outwards.
        colours: [V, 3] uint8, the albedo, sRGB-coded.
    """

    vertices: Floats
    faces: NDArray[np.int64]
    normals: Floats
    colours: NDArray[np.uint8]

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write .ply (binary), .obj (colours after the coordinates) or .glb (colours in linear
        light, as glTF has them); whole or not at all.

        Raises:
            OutputError: another ending, or the file exists or can't be written.
            MissingDependencyError: trimesh isn't installed.
        """
        place = check_mesh_output(path, overwrite=overwrite)
        data = self._bytes(path.suffix.lower()[1:])
        with place.guard():
            place.partial.write_bytes(data)
            place.commit()

    def _bytes(self, kind: str) -> bytes:
        """The file."""
        if kind == "glb":
            linear = codes_to_linear(self.colours)
            return glb_bytes(self.vertices, self.faces, self.normals, linear)
        with _wanted():
            import trimesh
        alpha = np.full((len(self.colours), 1), 255, np.uint8)
        mesh = trimesh.Trimesh(
            self.vertices,
            self.faces,
            vertex_normals=self.normals,
            vertex_colors=np.concatenate([self.colours, alpha], 1),
            process=False,
        )
        options: Any = {"vertex_normal" if kind == "ply" else "include_normals": True}
        data: Any = mesh.export(file_type=kind, **options)
        return data.encode() if isinstance(data, str) else bytes(data)


def check_mesh_output(path: Path, *, overwrite: bool = False) -> OutputPlace:
    """Where a mesh goes.

    Raises:
        OutputError: the ending is unknown, or the file exists or can't be written.
    """
    if path.suffix.lower() not in MESH_ENDINGS:
        raise OutputError(
            f"{path}: can't write meshes of that kind; use one of {', '.join(MESH_ENDINGS)}"
        )
    return OutputPlace(path, overwrite=overwrite)


def head_mesh(
    runtime: CompactRuntime, picture: Picture, face: TrackedFace, detail: int = 128
) -> HeadMesh:
    """The head of a face in a picture.

    Args:
        runtime: the model.
        picture: the frame that the face was found in.
        face: whose head.
        detail: cells along a side of the grid; time and memory grow with its cube.

    Raises:
        UsageError: `detail` is out of range.
        ModelError: the model sees no surface there.
        MissingDependencyError: scikit-image or trimesh isn't installed.
    """
    crop = crop_of(picture.rgb8, face.crop, runtime.sizes.picture)
    if crop is None:
        raise ModelError("the face lies outside of the picture, so the model sees nothing of it")
    return field_mesh(runtime.field, runtime.encode(crop, face.camera), detail)


def field_mesh(field: VolumeField, planes: Floats, detail: int = 128) -> HeadMesh:
    """The largest closed surface of a field; see `head_mesh`.

    Marching cubes: Lewiner et al., "Efficient implementation of marching cubes' cases with
    topological guarantees", 2003, as scikit-image has it.
    """
    if not _LEAST <= detail <= _MOST:
        raise UsageError(f"detail is a number of cells from {_LEAST} to {_MOST}, got {detail}")
    with _wanted():
        import trimesh
        from skimage import filters, measure
    at, hair = _cells(field, detail), _hair(field, planes)
    # A border of empty space closes the surface where the box cuts it.
    grid = np.full((detail + 3,) * 3, _EMPTY, np.float32)
    y, z = np.meshgrid(at, at, indexing="ij")
    empty = True
    for i, x in enumerate(at):  # in slabs, which bounds the memory
        points = np.stack([np.full_like(y, x), y, z], -1, dtype=np.float32).reshape(-1, 3)
        own = field.density(planes, points)
        empty = empty and not own.max() > _LEVEL
        slab = np.maximum(own, behind(field.distance(points), points, hair)).reshape(y.shape)
        grid[i + 1, 1:-1, 1:-1] = np.clip(slab, _EMPTY, _FULL)
    smooth: Any = filters.gaussian
    march: Any = measure.marching_cubes
    soft = smooth(grid, _SMOOTH * detail / field.plane, preserve_range=True)
    soft[[0, -1]] = soft[:, [0, -1]] = soft[:, :, [0, -1]] = _EMPTY
    if empty or not soft.max() > _LEVEL:
        raise ModelError("the model sees no surface in this picture; try another frame")
    vertices, faces, _, _ = march(soft, _LEVEL, gradient_direction="ascent")
    vertices = ((vertices - 1) / detail * 2 - 1) * field.box
    whole = trimesh.Trimesh(vertices, faces, process=False)
    parts = trimesh.graph.connected_components(whole.edges_unique, nodes=np.arange(len(vertices)))
    keep = np.zeros(len(vertices), bool)
    keep[max(parts, key=len)] = True
    number = np.cumsum(keep) - 1
    mesh = trimesh.Trimesh(vertices[keep], number[faces[keep[faces[:, 0]]]], process=False)
    corners = np.ascontiguousarray(mesh.vertices, np.float32)
    # The border's own corners lie a cell outside of the box, where the field knows nothing.
    corners = np.clip(corners, -field.box, field.box)
    own, albedo = field.albedo(planes, corners)
    normals = np.array(mesh.vertex_normals, np.float32)
    within = hair.within(corners[:, 0], corners[:, 1])
    linear = coloured(corners, normals, albedo, own, within)
    colours = np.rint(to_srgb(linear) * 255).astype(np.uint8)
    return HeadMesh(corners, np.array(mesh.faces, np.int64), normals, colours)


def _cells(field: VolumeField, detail: int) -> Floats:
    """[detail + 1] canonical coordinates along a side of the box."""
    return np.asarray(((np.arange(detail + 1) / detail) * 2 - 1) * field.box, np.float32)


def _hair(field: VolumeField, planes: Floats) -> Hair:
    at = _cells(field, _OUTLINE)
    x, y, z = (v.ravel() for v in np.meshgrid(at, at, at, indexing="ij"))
    points = np.stack([x, y, z], -1, dtype=np.float32)
    size = (len(at),) * 3
    person = field.density(planes, points).reshape(size).max(2) > _LEVEL
    mean = field.distance(points).reshape(size).min(2) < 0
    return Hair(person, mean, at)


@contextlib.contextmanager
def _wanted() -> Iterator[None]:
    """Imports of the extra, and what to do where it is missing."""
    logging.getLogger("trimesh").setLevel(logging.ERROR)
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f'meshes need {error.name or "a package"}; pip install "relume[mesh]"'
        ) from error
