"""A mesh as binary glTF 2.0 (ISO/IEC 12113)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["glb_bytes"]

Floats = NDArray[np.float32]

_FLOAT, _UINT = 5126, 5125  # component types
_VERTICES, _INDICES = 34962, 34963  # what a buffer's view is for

_SKIN = {"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.9}}
"""Viewers draw what has no material as metal, which is dark."""


def glb_bytes(
    vertices: Floats, faces: NDArray[np.int64], normals: Floats, colours: Floats
) -> bytes:
    """The file's bytes; the material is rough and no metal.

    Args:
        vertices: [V, 3], y up.
        faces: [F, 3], counter-clockwise seen from outside.
        normals: [V, 3], unit.
        colours: [V, 3] linear light, 0..1, which is what glTF has in COLOR_0.
    """
    blobs: list[bytes] = []
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []

    def add(array: NDArray[Any], kind: str, component: int, target: int, **more: Any) -> int:
        """Append an array; the number of its accessor."""
        blob = array.tobytes()
        start = sum(map(len, blobs))
        views.append({"buffer": 0, "byteOffset": start, "byteLength": len(blob), "target": target})
        blobs.append(blob)  # all values have four bytes, so that each array is aligned
        count = array.size if kind == "SCALAR" else len(array)
        view = {"bufferView": len(views) - 1, "componentType": component, "type": kind}
        accessors.append({**view, "count": count, **more})
        return len(accessors) - 1

    def vectors(array: Floats, **more: Any) -> int:
        return add(array.astype("<f4"), "VEC3", _FLOAT, _VERTICES, **more)

    bounds = {"min": vertices.min(0).tolist(), "max": vertices.max(0).tolist()}
    attributes = {
        "POSITION": vectors(vertices, **bounds),
        "NORMAL": vectors(normals),
        "COLOR_0": vectors(colours),
    }
    indices = add(faces.astype("<u4"), "SCALAR", _UINT, _INDICES)
    primitive = {"attributes": attributes, "indices": indices, "material": 0}
    binary = b"".join(blobs)
    tree = {
        "asset": {"version": "2.0", "generator": "relume"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "head", "mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [_SKIN],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(tree, separators=(",", ":")).encode()
    chunks = _chunk(b"JSON", text + b" " * (-len(text) % 4)) + _chunk(b"BIN\0", binary)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<I4s", len(data), kind) + data
