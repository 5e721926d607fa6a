"""What the teacher knows of one portrait, and its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from .arrays import load_arrays, save_arrays

__all__ = ["EXTENDED", "MAP", "NOTHING", "Portrait"]

MAP = 256
"""Side of the maps in pixels; the picture is twice as large."""

EXTENDED = 254
"""`Portrait.region` of the person beyond the fitted mesh: hair, clothes."""

NOTHING = 255
"""`Portrait.region` of the background."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A taught portrait. Maps are [256, 256, ...] as the camera sees the 512 x 512 crop.

    Attributes:
        picture: uint8 [512, 512, 3] the crop, sRGB-coded.
        camera: [25] the camera's vector.
        transfer: float16 [.., 9] radiance transfer in the head frame.
        depth: float32 [..] distance along the camera's axis in canonical units.
        normals: float16 [.., 3] unit normals in the head frame.
        alpha: uint8 [..] 255 where the person is.
        region: uint8 [..] index into `relume.face.REGIONS`, `EXTENDED` or `NOTHING`.
        albedo: float16 [.., 3] linear, 0..1.2.
        light: float32 [9, 3] source light in the head frame; mean shading of skin 1 per channel.
        identity: float32 [40] coefficients of `HeadModel`.
        expression: float32 [47] coefficients of `HeadModel`.
        error: float32 [] landmark error of the fit in crop pixels.
        residual: float32 [] robust spread of log(picture / (flat skin x shading)) on skin: how
            much of the light (and of the skin's own pattern) the nine coefficients leave over.
        evenness: float32 [] how even the light is: ambient share of the source light, 0..1.
    """

    picture: NDArray[np.uint8]
    camera: NDArray[np.float64]
    transfer: NDArray[np.float16]
    depth: NDArray[np.float32]
    normals: NDArray[np.float16]
    alpha: NDArray[np.uint8]
    region: NDArray[np.uint8]
    albedo: NDArray[np.float16]
    light: NDArray[np.float32]
    identity: NDArray[np.float32]
    expression: NDArray[np.float32]
    error: NDArray[np.float32]
    residual: NDArray[np.float32]
    evenness: NDArray[np.float32]

    @property
    def view(self) -> Camera:
        """The crop's camera."""
        return Camera.from_vector(self.camera)

    def save(self, path: Path) -> None:
        """Write the file whole or not at all.

        Raises:
            OutputError: there is no room, or it isn't allowed.
        """
        save_arrays(self, path)

    @classmethod
    def load(cls, path: Path) -> Portrait:
        """Read a file that `save` wrote.

        Raises:
            InputError: missing, damaged, or something else.
        """
        return load_arrays(cls, path, "remove it and run the teacher again")
