"""How well the light of a photograph is told: Extended Yale B, where one lamp's place is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...compose import to_srgb
from ...errors import InputError
from ...face import TrackedFace
from ...light import LUMINANCE, Light, direction_of, directional
from ...media import ArrayPicture
from ...ratio import RatioEngine
from ...reader import LightReader
from ..clips import shared_tracker
from ..metrics import lighting_error
from ..results import Metric, Protocol
from .base import Context, Spec, Table
from .yale import PAD, ZOOM, grey_of, pictures_of

__all__ = ["LIGHT_READING"]

_FRONTAL = 25
"""Largest azimuth and elevation in degrees of a light that counts as frontal."""

_WAYS = {"fitted": RatioEngine, "read": LightReader}
"""By least squares on the fitted head, and by the network."""


def _run(spec: Spec, context: Context) -> Protocol:
    if context.data is None:
        raise InputError(f"{spec.name} needs the folder of Yale B's pictures")
    metrics = []
    for key in ("frontal", "other"):
        angle = f"direction, {key} source"
        note = "degrees between the lamp and the direction that most light is said to come from"
        metrics.append(Metric(f"angle_{key}", angle, "lower", "°", note))
        metrics.append(Metric(f"error_{key}", f"lighting error, {key} source", "lower"))
    table = Table(spec, context, metrics, {"frontal": _FRONTAL}, list(_WAYS))
    people = pictures_of(context.data)
    chosen = list(people)[: context.limits.items or None]
    table.used("people", len(chosen), len(people))
    for name, light in [(who, light) for who in chosen for light in people[who]]:
        azimuth, elevation = light
        asked = f"A{azimuth:+04d}E{elevation:+03d}"
        seen = _seen(people[name][light])
        if seen is None:
            table.fail(name, "", f"{asked}: no face was found")
            continue
        towards = direction_of(math.radians(-azimuth), math.radians(elevation))
        key = "frontal" if max(abs(azimuth), abs(elevation)) <= _FRONTAL else "other"
        for way, make in _WAYS.items():
            said = make().observe(*seen, 0.0).deringed()
            table.add(way, f"angle_{key}", name, _angle(said, towards), asked)
            error = lighting_error(said.grey().coefficients, directional(towards).coefficients)
            table.add(way, f"error_{key}", name, error, asked)
    return table.finish()


def _seen(path: Path) -> tuple[ArrayPicture, TrackedFace] | None:
    """A picture, and the face that is found where it is padded; its padding is taken off again."""
    grey = np.rint(to_srgb(grey_of(path)) * 255).astype(np.uint8)
    faces = shared_tracker().detect(np.repeat(grey[..., None], 3, 2))
    if not faces:
        return None
    face, margin = max(faces, key=lambda f: f.pose.scale), PAD * ZOOM
    pose = replace(face.pose, x=face.pose.x - margin, y=face.pose.y - margin)
    landmarks = face.landmarks - np.array([margin, margin, 0], np.float32)
    inner = np.ascontiguousarray(grey[margin:-margin, margin:-margin])
    picture = ArrayPicture(np.repeat(inner[..., None], 3, 2))
    return picture, replace(face, pose=pose, landmarks=landmarks)


def _angle(said: Light, towards: NDArray[np.floating]) -> float:
    """Degrees between where most light is said to come from and a direction."""
    y, z, x = said.coefficients[1:4] @ LUMINANCE
    most = np.array([x, y, z])
    cosine = most @ towards / max(float(np.linalg.norm(most)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


LIGHT_READING = Spec(
    "light-reading",
    "The light of a photograph (Extended Yale B)",
    "Every picture's light as `--light portrait.jpg` reads it, and as the ratio model fits it,"
    " against the place of the one lamp that lit it.",
    "yale-b",
    ("untouched",),
    _run,
)
