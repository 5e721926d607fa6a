"""Meshes of fields whose surface is known."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from relume.compact_engine.mesh import MESH_ENDINGS, HeadMesh, field_mesh
from relume.errors import MissingDependencyError, ModelError, OutputError, UsageError
from relume.render.volume_field import VolumeField
from relume.srgb import linear_of

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("skimage")

PLANE, BOX, SIZE = 8, 0.42, 36
RED = np.array([4.0, -2.0, -2.0])


def ball(radius: float = 0.25, flecks: bool = True) -> VolumeField:
    """A red ball, and beside it a fleck that is no part of the head."""
    at = ((np.arange(SIZE) + 0.5) / SIZE * 2 - 1) * BOX
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    distance = np.sqrt(x * x + y * y + z * z) - radius
    if flecks:
        fleck = np.sqrt((x - 0.33) ** 2 + (y - 0.33) ** 2 + (z - 0.33) ** 2) - 0.06
        distance = np.minimum(distance, fleck)
    template = np.concatenate([distance[..., None], np.zeros((SIZE,) * 3 + (9,))], -1)
    weights = {
        "albedo.0.weight": np.zeros((4, 3)), "albedo.0.bias": np.zeros(4),
        "albedo.2.weight": np.zeros((4, 4)), "albedo.2.bias": np.array([0.0, *RED]),
        "shading.0.weight": np.zeros((4, 12)), "shading.0.bias": np.zeros(4),
        "shading.2.weight": np.zeros((9, 4)), "shading.2.bias": np.zeros(9),
    }  # fmt: skip
    return VolumeField.checked(weights, template, PLANE, 2, 1, BOX)


PLANES = np.zeros((3, PLANE, PLANE, 3), np.float32)


@pytest.fixture(scope="module")
def mesh() -> HeadMesh:
    return field_mesh(ball(), PLANES, 48)


def test_the_largest_part_is_kept_closed_and_where_it_is(mesh: HeadMesh) -> None:
    read = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert read.is_watertight
    assert read.is_winding_consistent
    assert read.volume > 0  # faces look outwards
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert radius == pytest.approx(0.24, abs=0.025)
    outwards = (mesh.normals * mesh.vertices).sum(1) / radius
    assert outwards.min() > 0.95


def test_a_hollow_head_is_closed_behind() -> None:
    field = ball(flecks=False)
    field.decoders["albedo.2.bias"][0] = -0.6  # surfaces lie 0.06 deeper
    made = field_mesh(field, PLANES, 48)
    radius = np.linalg.norm(made.vertices, axis=1)
    back, front = made.vertices[:, 2] < -0.1, made.vertices[:, 2] > 0.1
    assert radius[back] == pytest.approx(0.25, abs=0.025)
    assert radius[front].max() < 0.22
    assert trimesh.Trimesh(made.vertices, made.faces, process=False).is_watertight


def test_colours_are_the_albedo(mesh: HeadMesh) -> None:
    assert (mesh.colours[:, 0] > 240).all()
    assert (mesh.colours[:, 1:] < 60).all()


def test_what_the_box_cuts_is_closed() -> None:
    made = field_mesh(ball(0.5, flecks=False), PLANES, 24)
    solid = trimesh.Trimesh(made.vertices, made.faces, process=False)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0.3  # a ball of half a unit has 0.52
    assert np.abs(made.vertices).max() <= BOX


@pytest.mark.parametrize("ending", MESH_ENDINGS)
def test_files_read_back(mesh: HeadMesh, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"head{ending}"
    mesh.save(path)
    read = trimesh.load(path, process=False, force="mesh")
    assert len(read.vertices) == len(mesh.vertices)
    assert read.is_watertight
    assert read.vertices == pytest.approx(mesh.vertices, abs=1e-5)
    if ending != ".glb":  # see below
        assert np.abs(read.visual.vertex_colors[:, :3].astype(int) - mesh.colours).max() <= 1
    assert read.vertex_normals == pytest.approx(mesh.normals, abs=1e-4)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    with pytest.raises(OutputError, match="exists already"):
        mesh.save(path)


def test_glb_has_linear_colours_and_no_metal(mesh: HeadMesh, tmp_path: Path) -> None:
    mesh.save(tmp_path / "head.glb")
    data = (tmp_path / "head.glb").read_bytes()
    assert struct.unpack("<4sII", data[:12]) == (b"glTF", 2, len(data))
    size = struct.unpack("<I", data[12:16])[0]
    tree, binary = json.loads(data[20 : 20 + size]), data[28 + size :]
    assert len(binary) == tree["buffers"][0]["byteLength"]
    primitive = tree["meshes"][0]["primitives"][0]
    surface = tree["materials"][primitive["material"]]["pbrMetallicRoughness"]
    assert surface["metallicFactor"] == 0
    assert surface["roughnessFactor"] >= 0.8
    accessor = tree["accessors"][primitive["attributes"]["COLOR_0"]]
    assert (accessor["componentType"], accessor["type"]) == (5126, "VEC3")  # float
    start = tree["bufferViews"][accessor["bufferView"]]["byteOffset"]
    colours = np.frombuffer(binary, "<f4", 3 * accessor["count"], start).reshape(-1, 3)
    assert colours == pytest.approx(linear_of(mesh.colours / 255), abs=1e-5)


def test_other_endings_are_refused(mesh: HeadMesh, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.ply, \.obj, \.glb"):
        mesh.save(tmp_path / "head.stl")


def test_nothing_and_nonsense() -> None:
    with pytest.raises(ModelError, match="no surface"):
        field_mesh(ball(-0.2, flecks=False), PLANES, 24)
    with pytest.raises(UsageError, match="detail"):
        field_mesh(ball(), PLANES, 3)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(MissingDependencyError, match=r"relume\[mesh\]"):
        field_mesh(ball(), PLANES, 24)
