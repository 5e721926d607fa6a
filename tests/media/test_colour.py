"""Conversions against H.273's formulas written out in float64."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from relume.media import Colour, VideoFrame
from relume.media.colour import FULL, LIMITED, rgb_from_yuv, yuv_from_rgb
from relume.media.layout import Layout, empty, planes

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def reference(y, cb, cr, matrix, full, depth):
    """RGB 0..1 of integer codes, clipped."""
    red, blue = WEIGHTS[matrix]
    step = 2 ** (depth - 8)
    if full:
        white, black, swing = 2**depth - 1, 0, 2**depth - 1
    else:
        white, black, swing = 219 * step, 16 * step, 224 * step
    luma = (y - black) / white
    b, r = (cb - 128 * step) / swing, (cr - 128 * step) / swing
    rgb_r = luma + 2 * (1 - red) * r
    rgb_b = luma + 2 * (1 - blue) * b
    rgb_g = (luma - red * rgb_r - blue * rgb_b) / (1 - red - blue)
    return np.clip(np.stack([rgb_r, rgb_g, rgb_b], -1), 0, 1)


def make_frame(layout: Layout, codes, colour: Colour) -> VideoFrame:
    height, width = codes[0].shape[:2]
    frame = empty(layout, width, height)
    for target, source in zip(planes(frame, layout), codes, strict=False):
        target[...] = source
    return VideoFrame(frame, colour, 0, Fraction(1, 25))


@pytest.mark.parametrize("depth", [8, 10, 12])
@pytest.mark.parametrize("span", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_rgb_matches_the_standard(matrix, span, depth):
    rng = np.random.default_rng(matrix + depth)
    codes = rng.integers(0, 2**depth, (3, 40, 60))
    colour = Colour(matrix=matrix, range=span)
    frame = make_frame(Layout("yuv", depth), codes, colour)
    want = reference(*codes.astype(float), matrix, span == FULL, depth)
    assert np.abs(frame.region(0, 0, 60, 40) - want).max() < 2e-6
    # The 8-bit view is rounded in fixed point.
    assert np.abs(frame.rgb8 - want * 255).max() < 1.01
    assert np.abs(frame.rgb8 - want * 255).mean() < 0.26


@pytest.mark.parametrize("span", [LIMITED, FULL])
@pytest.mark.parametrize("depth", [8, 10])
def test_black_grey_and_white_codes(depth, span):
    step = 2 ** (depth - 8)
    white, black = (2**depth - 1, 0) if span == FULL else (235 * step, 16 * step)
    forward = yuv_from_rgb(Colour(matrix=1, range=span), depth)
    assert np.allclose(forward @ [1, 1, 1, 1], [white, 128 * step, 128 * step], atol=1e-3)
    assert np.allclose(forward @ [0, 0, 0, 1], [black, 128 * step, 128 * step], atol=1e-3)
    inverse = rgb_from_yuv(Colour(matrix=1, range=span), depth)
    assert np.allclose(inverse @ [white, 128 * step, 128 * step, 1], 1, atol=1e-5)


def test_untagged_video_is_bt601_when_small_and_bt709_when_large():
    assert Colour().weights == WEIGHTS[6]
    assert Colour(high_definition=True).weights == WEIGHTS[1]
    assert Colour(matrix=6, high_definition=True).weights == WEIGHTS[6]


@pytest.mark.parametrize("depth", [8, 10, 16])
@pytest.mark.parametrize("span", [LIMITED, FULL])
def test_grey_frames(depth, span):
    codes = np.linspace(0, 2**depth - 1, 256).reshape(16, 16).round()
    frame = make_frame(Layout("gray", depth), [codes], Colour(range=span))
    step = 2 ** (depth - 8)
    want = codes / (2**depth - 1) if span == FULL else (codes - 16 * step) / (219 * step)
    want = np.clip(want, 0, 1)[..., None]
    assert np.abs(frame.region(0, 0, 16, 16) - want).max() < 1e-5
    assert np.abs(frame.rgb8 - want * 255).max() <= 0.51


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("nv12", "yuv420p"),
        ("yuyv422", "yuv422p"),
        ("p010le", "yuv420p10le"),
        ("yuvj420p", "yuv420p"),
        ("yuv411p", "yuv444p"),
        ("gbrp", "rgb24"),
        ("bgra", "rgba"),
        ("gbrp10le", "rgb48le"),
        ("yuv444p10be", "yuv444p10le"),
        ("gray10be", "gray16le"),
    ],
)
def test_every_other_format_is_repacked(name, kept):
    rgb = np.full((16, 24, 3), (200, 120, 40), np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    span = FULL if name.startswith(("yuvj", "gray")) else LIMITED
    frame = frame.reformat(format=name, dst_colorspace=5, dst_color_range=span)
    got = VideoFrame(frame, Colour(matrix=6, range=span), 0, Fraction(1, 25))
    assert got.layout.name == kept
    want = (200, 120, 40) if "gray" not in name else (134, 134, 134)
    assert np.abs(got.rgb8[8, 8].astype(int) - want).max() <= 3


@pytest.mark.parametrize("name", ["nv12", "p010le", "yuyv422"])
def test_repacking_keeps_every_code(name):
    planar = {"nv12": "yuv420p", "p010le": "yuv420p10le", "yuyv422": "yuv422p"}[name]
    layout = Layout("yuv", 10 if "10" in planar else 8, 1, "420" in planar)
    rng = np.random.default_rng(3)
    frame = empty(layout, 32, 16)
    for plane in planes(frame, layout):
        plane[...] = rng.integers(0, 2**layout.depth, plane.shape)
    frame.color_range = LIMITED
    packed = frame.reformat(format=name)
    got = VideoFrame(packed, Colour(), 0, Fraction(1, 25))
    for mine, theirs in zip(got.planes, planes(frame, layout), strict=True):
        assert np.array_equal(mine, theirs)
