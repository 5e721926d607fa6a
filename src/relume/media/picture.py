"""What the rest of the house sees of a frame: a size, an 8-bit view, blocks to read and write."""

from __future__ import annotations

from typing import Protocol, cast, runtime_checkable

import cv2
import numpy as np
import numpy.typing as npt

from relume.errors import UsageError
from relume.media.resize import shrink

__all__ = [
    "ArrayPicture",
    "Floats",
    "Picture",
    "Pixels",
    "as_picture",
    "check_array",
    "check_block",
    "check_rectangle",
    "read_only",
]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@runtime_checkable
class Picture(Protocol):
    """One frame, however it is stored. Colours are RGB, sRGB-coded (display-referred)."""

    @property
    def width(self) -> int:
        """Pixels in a row."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def rgb8(self) -> Pixels:
        """The whole frame as uint8 [H, W, 3]; kept until the next `put`, and read-only."""

    @property
    def half8(self) -> Pixels:
        """The whole frame at half its size, rounded up, as uint8: two by two pixels averaged, an
        odd row or column counted twice. Cheaper than `rgb8`, and read-only, too."""

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        """Columns x0..x1-1 of rows y0..y1-1 as float32 [h, w, 3] in 0..1, at full bit depth.

        The array is read-only, because the picture may keep it: copy before changing it.
        """

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        """Write a float32 [h, w, 3] block (clipped to 0..1) with its top left corner at x0, y0."""


class ArrayPicture:
    """A picture around an RGB array, uint8 (0..255) or float32 (0..1), [H, W, 3].

    `put` writes into the array that was given. Floats a little beyond 0..1, up to 4, are seen
    clipped: blocks that are put are within 0..1, pixels elsewhere keep what they had.

    Raises:
        UsageError: it is no array, or one of another kind.
    """

    def __init__(self, rgb: Pixels | Floats) -> None:
        check_array(rgb)
        self.array = rgb
        self._rgb8: Pixels | None = None
        self._half8: Pixels | None = None

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    @property
    def rgb8(self) -> Pixels:
        """The whole picture as uint8 [H, W, 3], read-only."""
        if self.array.dtype == np.uint8:
            return read_only(np.asarray(self.array, np.uint8))
        if self._rgb8 is None:
            self._rgb8 = read_only(np.rint(np.clip(self.array, 0, 1) * 255).astype(np.uint8))
        return self._rgb8

    @property
    def half8(self) -> Pixels:
        """See `Picture.half8`; kept until the next `put`, whatever else writes to the array."""
        if self._half8 is None:
            self._half8 = read_only(np.ascontiguousarray(shrink(self.rgb8, 1, 1)))
        return self._half8

    def region(self, x0: int, y0: int, x1: int, y1: int) -> Floats:
        """See `Picture.region`."""
        check_rectangle(self, x0, y0, x1, y1)
        block = self.array[y0:y1, x0:x1]
        if block.dtype == np.uint8:
            result = block.astype(np.float32) / np.float32(255)
        else:
            result = np.clip(block, 0, 1)
        result.flags.writeable = False
        return result

    def put(self, x0: int, y0: int, rgb: Floats) -> None:
        """See `Picture.put`."""
        block = check_block(self, x0, y0, rgb)
        height, width = block.shape[:2]
        place = self.changeable()[y0 : y0 + height, x0 : x0 + width]
        if place.dtype == np.uint8:  # scaled, rounded and clipped above in one go
            place[...] = cv2.convertScaleAbs(np.maximum(block, 0), alpha=255)
        else:
            np.clip(block, 0, 1, out=place)

    def changeable(self) -> Pixels | Floats:
        """The array, to be written to at once: what was kept of older values is forgotten.

        Raises:
            UsageError: it can't be written to.
        """
        self.check_writable()
        self._rgb8 = self._half8 = None
        return self.array

    def check_writable(self) -> None:
        """Raise UsageError unless the array can be written to."""
        if not self.array.flags.writeable:
            raise UsageError(
                "this array is read-only, and would be written to; give a copy, x.copy(), or of a"
                " video's frame the frame itself in the place of its rgb8"
            )


def read_only(pixels: Pixels) -> Pixels:
    """The same pixels, as an array that can't be written to."""
    view = pixels.view()
    view.flags.writeable = False
    return view


def as_picture(frame: Pixels | Floats | Picture) -> Picture:
    """The frame itself, or a picture around an array.

    Raises:
        UsageError: it is neither, or an array of another kind.
    """
    # Asking for `Picture` would convert the frame: before Python 3.12 it reads every property.
    return cast("Picture", frame) if hasattr(frame, "region") else ArrayPicture(frame)


_REMEDIES = {
    "uint16": "(x / 65535).astype(numpy.float32)",
    "float64": "x.astype(numpy.float32), in 0..1",
    "float16": "x.astype(numpy.float32), in 0..1",
    "bool": "x.astype(numpy.uint8) * 255",
    "whole": "x.astype(numpy.uint8), if it is in 0..255",
}
_BRIGHTEST = 4.0  # floats beyond are 0..255 or 0..65535, taken for 0..1


def check_array(rgb: object, depths: tuple[type, ...] = (np.uint8, np.float32)) -> None:
    """Raise UsageError unless it is a picture's array, of one of some types."""
    if not isinstance(rgb, np.ndarray):
        raise UsageError(f"a picture is an array [H, W, 3], not {type(rgb).__name__}{_way_to(rgb)}")
    found = f"{rgb.dtype} {list(rgb.shape)}"
    if rgb.ndim == 2 or (rgb.ndim == 3 and rgb.shape[2] == 1):
        raise UsageError(
            f"a picture has red, green and blue, [H, W, 3], not {found}; repeat a grey one:"
            " numpy.repeat(x.reshape(*x.shape[:2], 1), 3, 2)"
        )
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise UsageError(f"a picture is [H, W, 3], not {found}{_put_right(rgb.shape)}")
    if 0 in rgb.shape:
        raise UsageError(f"a picture has a pixel at least, not {found}")
    if rgb.dtype not in depths:
        kinds = "uint8 (0..255), uint16 (0..65535) or float32 (0..1)"
        kinds = kinds if np.uint16 in depths else "uint8 (0..255) or float32 (0..1)"
        other = _REMEDIES["float64" if rgb.dtype.kind == "f" else "whole"]
        remedy = _REMEDIES.get(str(rgb.dtype), other)
        raise UsageError(f"a picture is {kinds}, not {found}; convert it: {remedy}")
    if rgb.dtype == np.float32:
        most, least = float(rgb.max()), float(rgb.min())
        if np.isnan(most) or np.isneginf(least):
            what = "no numbers (NaN)" if np.isnan(most) else "endless (-inf)"
            raise UsageError(
                f"a picture's floats are in 0..1, but some of this one's are {what};"
                " numpy.nan_to_num(x, neginf=0) makes them 0"
            )
        if most > _BRIGHTEST:
            raise UsageError(
                f"a picture's floats are in 0..1, but this one's reach {most:g}; divide by what is"
                " white in it"
            )


def _way_to(thing: object) -> str:
    """What to do with what is no array."""
    if hasattr(thing, "rgb8"):
        return (
            "; of a video's frame, rgb8 is one, and relume.Relighter.process takes the frame itself"
        )
    array = ("__array_interface__", "__array__", "__dlpack__")
    if isinstance(thing, (list, tuple)) or any(hasattr(thing, name) for name in array):
        return "; numpy.asarray(x) makes one of it"
    return "; for files there are relume.relight_video, relume.open_video and relume.read_image"


def _put_right(shape: tuple[int, ...]) -> str:
    """How an array of another shape becomes a picture's."""
    if len(shape) == 4:
        return f"; pictures are given one by one, such as x[0]{_put_right(shape[1:])}"
    if len(shape) == 3 and shape[0] in (1, 3, 4) and shape[2] > 4:
        return "; channels come last: numpy.moveaxis(x, 0, 2)"
    if len(shape) == 3 and shape[2] > 3:
        return "; leave the rest out: x[..., :3]"
    return ""


def check_rectangle(picture: Picture, x0: int, y0: int, x1: int, y1: int) -> None:
    """Raise ValueError unless the rectangle is not empty and lies inside the picture."""
    if not (0 <= x0 < x1 <= picture.width and 0 <= y0 < y1 <= picture.height):
        raise ValueError(
            f"rectangle {(x0, y0, x1, y1)} is empty or leaves the "
            f"{picture.width}x{picture.height} picture"
        )


def check_block(picture: Picture, x0: int, y0: int, rgb: Floats) -> Floats:
    """The block as float32; ValueError if its shape or place makes no sense."""
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"a block is [h, w, 3], not {list(rgb.shape)}")
    check_rectangle(picture, x0, y0, x0 + rgb.shape[1], y0 + rgb.shape[0])
    return rgb.astype(np.float32, copy=False)
