"""The ratio image's work on every pixel: matte, move, multiply."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..compose import lifted, relit
from ..face import Matte
from ..geometry import chained
from ..media import ArrayPicture, Picture, VideoFrame
from ..media.colour import rgb_from_yuv, yuv_from_rgb
from ..media.hdr import code_table, view_table
from ..media.inset import Inset
from ..native import native
from .shift import hidden, seen_through
from .window import Window

__all__ = ["relight_block", "relight_picture"]

Floats = NDArray[np.float32]

_STRIP = 64  # rows worked on at a time: what stays in the cache needs no fresh memory
_FLAT = 0.3  # squared slope of a matte that tells little of colours
_DARK = np.float32(0.09)  # sum of codes, below which no level is over another
_MOST = np.float32(1.5)
_FEWEST = 32  # rows that a thread is begun for


def relight_picture(
    picture: Picture,
    window: Window,
    matte: Matte,
    gain: Floats,
    shift: Floats | None,
    threads: int = 1,
) -> None:
    """Relight the window's pixels of a picture in place; see `relight_block`. Transparency moves
    with them.

    8-bit RGB and YUV are read, relit and written row by row, so that nothing of them but their
    samples leaves the processor's cache.

    Args:
        picture, window, matte, gain, shift: see `relight_block`.
        threads: that share the rows, at most.
    """
    if isinstance(picture, Inset):
        x, y = picture.box[:2]
        window, matte, picture = window.moved(x, y), matte.moved(np.array([x, y])), picture.frame
    _check(matte, gain, shift)
    if isinstance(picture, VideoFrame) and picture.layout.alpha and shift is not None:
        alpha = _moved_alpha(picture, window, matte, shift)
        _relight(picture, window, matte, gain, shift, threads)
        picture.put_alpha(window.x0, window.y0, alpha)
    else:
        _relight(picture, window, matte, gain, shift, threads)


def _moved_alpha(frame: VideoFrame, window: Window, matte: Matte, shift: Floats) -> Floats:
    """[h, w] the opacity of a person who was cut out, moved as the pixels are."""
    box = (window.x0, window.y0, window.x1, window.y1)
    person = matte.resample(frame.region(*box), window.to_block)
    return seen_through(person, window.grow(shift), frame.alpha(*box))


def _relight(
    picture: Picture,
    window: Window,
    matte: Matte,
    gain: Floats,
    shift: Floats | None,
    threads: int,
) -> None:
    """The colours' part of `relight_picture`."""
    box = (window.x0, window.y0, window.x1, window.y1)
    compiled = native()
    threads = max(1, min(threads, window.size[1] // _FEWEST))
    if compiled is not None and isinstance(picture, VideoFrame) and picture.layout.kind == "yuv":
        layout, colour = picture.layout, picture.colour
        compiled.relight_yuv(
            *picture.changeable()[:3], layout.shift_x, layout.shift_y, *box, 2**layout.depth - 1,
            yuv_from_rgb(colour, layout.depth), code_table(colour),
            rgb_from_yuv(colour, layout.depth), view_table(colour),
            *_arguments(window, matte, gain, shift), threads,
        )  # fmt: skip
        return
    if compiled is not None and isinstance(picture, ArrayPicture):
        pixels = picture.changeable()
        if pixels.dtype == np.uint8 and pixels.strides[1:] == (3, 1):
            block = pixels[window.y0 : window.y1, window.x0 : window.x1]
            compiled.relight_rgb(block, *_arguments(window, matte, gain, shift), threads)
            return
    lit = relight_block(picture.region(*box), window, matte, gain, shift)
    picture.put(window.x0, window.y0, lit)


def relight_block(
    block: Floats, window: Window, matte: Matte, gain: Floats, shift: Floats | None
) -> Floats:
    """Relight a block, moving its pixels first where asked.

    Args:
        block: [h, w, 3] the window's pixels, sRGB-coded.
        window: where they lie.
        matte: where the person is.
        gain: [M, M, 4] over the window: coded ratio less 1 of red, green and blue (see
            `relit`), and the level that the darkest tones are lifted to before (see `lifted`).
        shift: [N, N, 2] frame pixels from each cell to where its content comes from, or None; or
            [N, N, 5], with the same to where what is behind the person comes from, and how far
            that is hidden: from 0 (or less) to 1 where the matte shows the person, at 2 whatever
            the matte says.

    Returns:
        float32 [h, w, 3].

    Raises:
        ValueError: the shapes don't fit.
    """
    width, height = window.size
    if block.shape != (height, width, 3):
        raise ValueError(f"a block of {block.shape} for a window of {width} x {height} pixels")
    _check(matte, gain, shift)
    compiled = native()
    if compiled is None:
        return relight_slowly(block, window, matte, gain, shift)
    out = np.empty(block.shape, np.float32)
    given = _arguments(window, matte, gain, shift)
    compiled.relight(np.ascontiguousarray(block, np.float32), *given, out)
    return out


def _check(matte: Matte, gain: Floats, shift: Floats | None) -> None:
    for name, maps in (("gain", gain), ("matte", matte.affine)):
        if maps.ndim != 3 or maps.shape[2] != 4 or min(maps.shape[:2]) < 2:
            raise ValueError(f"a {name} is [N, N, 4] of 2 cells or more a side, not {maps.shape}")
    if shift is None:
        return
    if shift.ndim != 3 or shift.shape[2] not in (2, 5) or min(shift.shape[:2]) < 2:
        raise ValueError(f"a shift is [N, N, 2 or 5] of 2 cells or more a side, not {shift.shape}")


def _arguments(
    window: Window, matte: Matte, gain: Floats, shift: Floats | None
) -> tuple[object, ...]:
    """What the kernels take beside the pixels."""
    to_matte = cv2.invertAffineTransform(chained(window.to_block, matte.to_frame))
    move = behind = None
    if shift is not None:
        move = np.ascontiguousarray(shift[..., :2], np.float32)
        behind = np.ascontiguousarray(shift[..., 2:], np.float32) if shift.shape[2] > 2 else None
    return (
        np.ascontiguousarray(matte.affine, np.float32),
        to_matte.astype(np.float32),
        np.ascontiguousarray(gain, np.float32),
        window.block_to_map(gain.shape[0]).astype(np.float32),
        move,
        behind,
        window.block_to_cells.astype(np.float32),
    )


def relight_slowly(
    block: Floats, window: Window, matte: Matte, gain: Floats, shift: Floats | None
) -> Floats:
    """`relight_block` in OpenCV and NumPy: the kernel's oracle and stand-in."""
    to_matte = cv2.invertAffineTransform(chained(window.to_block, matte.to_frame)).astype(
        np.float32
    )
    ends = cv2.BORDER_REPLICATE

    def shown(x: Any, y: Any) -> tuple[Any, Any, Any]:
        """Pixels of the block, how far they are the person's, and that channel by channel."""
        u, v = (m[0] * x + (m[1] * y + m[2]) for m in to_matte)
        *slopes, part = (
            cv2.remap(c, u, v, cv2.INTER_LINEAR, borderMode=ends) for c in cv2.split(matte.affine)
        )
        source: Any = cv2.remap(block, x, y, cv2.INTER_CUBIC, borderMode=ends)
        for slope, channel in zip(slopes, cv2.split(source), strict=True):
            part += slope * channel
        part = np.clip(part, 0.0, 1.0)
        over = over_mixed(source, np.stack(slopes, 2), part)
        return source, part, np.minimum(part * over, np.float32(1))[..., None]

    def lit(source: Any, part: Any, of: Any, gain: Any) -> Any:
        if gain[..., 3].any():
            source = lifted(source, np.ascontiguousarray(gain[..., 3] * part))
        return relit(source, np.maximum(gain[..., :3] * of + np.float32(1.0), np.float32(0.0)))

    out = np.empty(block.shape, np.float32)
    for strip in window.strips(_STRIP):
        rows = slice(strip.y0 - window.y0, strip.y1 - window.y0)
        y, x = np.mgrid[rows, : block.shape[1]].astype(np.float32)
        here = strip.grow(gain)
        if shift is None:
            out[rows] = lit(*shown(x, y), here)
            continue
        across, along, *behind = cv2.split(strip.grow(shift))
        source, part, of = shown(x + across, y + along)
        out[rows] = lit(source, part, of, here)
        if behind:
            back = lit(*shown(x + behind[0], y + behind[1]), here)
            out[rows] = back + (out[rows] - back) * hidden(behind[2], part)[..., None]
    return out


def over_mixed(source: Any, slopes: Any, part: Any) -> Any:
    """[h, w] the person's own level over a pixel's, which are mixed along an outline: dark hair
    before a bright wall takes little of the light that the wall's share in the pixel would.

    Not channel by channel: what a matte tells of colours is too little, and in the gap between a
    collar and a chin there would be purple.

    Args:
        source: [h, w, 3] the pixels.
        slopes: [h, w, 3] of the matte, by their channels.
        part: [h, w] the matte, 0..1.
    """
    # The nearest colour that would be the person's alone.
    steep = (slopes * slopes).sum(2) + np.float32(_FLAT)
    seen = np.clip(source, 0, 1)  # between its neighbours a pixel may be more than white
    own = np.clip(seen + ((1 - part) / steep)[..., None] * slopes, 0, 1)
    return np.minimum(1 + (own - seen).sum(2) / np.maximum(seen.sum(2), _DARK), _MOST)
