"""Strips of pictures, inside the page."""

from __future__ import annotations

import base64
from pathlib import Path

from ..results import Strip
from .html import Markup, tag

__all__ = ["strip_figure"]

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_JPEG_QUALITY = 92  # what a reader can't tell from the PNG that lies beside the report


def strip_figure(strip: Strip, folder: Path) -> Markup:
    """A strip with a head over each column; says so where its picture can't be shown.

    Args:
        strip: its `png` is read from `folder` or below, and from nowhere else.
        folder: where the result file lies.
    """
    caption = tag("figcaption", tag("bdi", strip.title))
    heads = [tag("span", tag("bdi", name)) for name in strip.columns]
    source = _data_uri(folder, strip.png)
    if source is None:
        missing = tag("p", f"The picture {strip.png} is missing.", class_="missing")
        return tag("figure", caption, missing, class_="strip")
    about = f"{strip.title}. From the left: {', '.join(strip.columns)}."
    columns = max(1, len(strip.columns))
    return tag(
        "figure",
        caption,
        tag(
            "div",
            tag("div", *heads, class_="heads", aria_hidden="true"),
            tag("img", src=source, alt=about),
            class_="sheet",
            style=f"--columns:{columns}",
        ),
        class_="strip",
        tabindex=0,
    )


def _data_uri(folder: Path, name: str) -> Markup | None:
    """The file as text; a PNG of a photograph as JPEG, an eighth of its size."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    data = path.read_bytes()
    if data.startswith(_PNG):
        data = min(data, _as_jpeg(data), key=len)
    if not data.startswith((_PNG, _JPEG)):
        return None
    kind = "png" if data.startswith(_PNG) else "jpeg"
    return Markup(f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}")


def _as_jpeg(png: bytes) -> bytes:
    """The picture as JPEG without chroma subsampling; the PNG itself if it can't be decoded."""
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        return png
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, coded = cv2.imencode(".jpg", pixels, options)
    return coded.tobytes() if done else png
