"""The light of a portrait, to be carried to somebody else."""

from __future__ import annotations

from pathlib import Path

from ..errors import NoFaceError
from ..face import detect_faces
from ..light import Light, LightFrame, LightSource
from ..light import load_light as load_any_light
from ..light.load import LightSpec
from ..media import ArrayPicture, read_image

__all__ = ["estimate_light", "load_light"]


def estimate_light(portrait: Path | str) -> Light:
    """The light around the largest face of a picture, in the camera frame, mean shading near 1.

    Direction, contrast and differences of colour across the face are told; an overall cast
    is as far as no skin has it. Where one small lamp explains most of it, it is a lamp, which
    casts shadows.

    Raises:
        MediaError: the picture can't be read.
        NoFaceError: it shows no face.
    """
    from ..reader import LightReader, with_lamp

    picture = ArrayPicture(read_image(portrait))
    faces = detect_faces(picture)
    if not faces:
        raise NoFaceError(
            f"{portrait}: no face was found to take the light from;"
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
    """`relume.light.load_light`, which tells what the arguments mean, also of portraits.

    Raises:
        LightError: no such light, or a broken file.
        MediaError: a portrait can't be read.
        NoFaceError: it shows no face.
    """
    return load_any_light(
        spec, rotation=rotation, exposure=exposure, intensity=intensity, frame=frame,
        from_portrait=estimate_light,
    )  # fmt: skip
