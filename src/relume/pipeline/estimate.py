"""The light of a portrait, to be carried to somebody else."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import NoFaceError
from ..face import detect_faces
from ..light import Light, LightFrame, LightSource
from ..light import load_light as load_any_light
from ..light.load import LightSpec
from ..media import ArrayPicture, read_image

__all__ = ["estimate_light", "load_light"]


def estimate_light(portrait: Path | str | NDArray[np.uint8] | NDArray[np.float32]) -> Light:
    """The light around the largest face of a picture, in the camera frame, mean shading near 1.

    Direction, contrast and differences of colour across the face are told; an overall cast
    is as far as no skin has it. Where one small lamp explains most of it, it is a lamp, which
    casts shadows.

    Args:
        portrait: a picture's file, or [H, W, 3] sRGB, uint8 0..255 or float32 0..1.

    Raises:
        UsageError: it is an array of another kind.
        MediaError: the picture can't be read.
        NoFaceError: it shows no face.
    """
    from ..reader import LightReader, with_lamp

    name = "this picture"
    if isinstance(portrait, (str, PathLike)):
        name, portrait = str(portrait), read_image(portrait)
    picture = ArrayPicture(portrait)
    faces = detect_faces(picture)
    if not faces:
        raise NoFaceError(
            f"{name}: no face was found to take the light from;"
            " use a picture with one clear, roughly frontal face"
        )
    largest = max(faces, key=lambda f: f.pose.scale)
    return with_lamp(LightReader().observe(picture, largest, 0.0).deringed()).normalised()


def load_light(
    spec: LightSpec,
    *,
    rotation: float = 0.0,
    exposure: float = 0.0,
    intensity: float = 1.0,
    frame: LightFrame | None = None,
) -> LightSource:
    """The light that `spec` names: a preset, a file, or a mapping as light files hold them.

    Presets and files are normalised: a frontal face's mean shading has luminance 1 (of a preset
    `Preset.level`), so that the exposure stays put. `relume.light.load_light` tells more.

    Args:
        spec: a preset's name, `rembrandt` or `rembrandt:right` (the side of the picture that the
            key stands on); a path: .hdr or .exr surroundings, .yaml or .json, .txt (DPR), or a
            portrait whose light is to be taken; or the mapping that a YAML file would hold.
        rotation: radians, -2 pi to 2 pi, that the light is turned about the vertical; positive
            takes what comes from the camera's side to the picture's right.
        exposure: stops brighter, -20 to 20.
        intensity: factor, 0 or more.
        frame: the frame of reference where the spec names none: CAMERA (default), or HEAD for a
            light that turns with the head.

    Returns:
        A light over time; `.at(0.0)` is its `Light`.

    Raises:
        UsageError: a rotation, exposure or intensity out of its range.
        LightError: no such light, or a broken file.
        MediaError: a portrait can't be read.
        NoFaceError: it shows no face.
    """
    return load_any_light(
        spec, rotation=rotation, exposure=exposure, intensity=intensity, frame=frame,
        from_portrait=estimate_light,
    )  # fmt: skip
