from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.errors import UsageError
from relume.media import Colour, VideoFrame
from relume.media.colour import LIMITED
from relume.media.layout import Layout, parse
from relume.native import native

from .makers import pattern
from .test_colour import make_frame

LAYOUTS = [Layout("yuv", depth, *shift) for depth in (8, 10) for shift in ((1, 1), (1, 0), (0, 0))]
GREYS = [parse("gray"), parse("gray10le")]


def random_frame(layout: Layout, width=61, height=109, seed=0):
    """Random codes: most of them are colours that RGB can't express."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, 2**layout.depth, s) for s in layout.shapes(width, height)]
    return make_frame(layout, codes, Colour(matrix=1, range=LIMITED))


def real_frame(layout: Layout, width=61, height=109):
    """Colours that RGB can express."""
    codes = [np.full(s, 2 ** (layout.depth - 1)) for s in layout.shapes(width, height)]
    frame = make_frame(layout, codes, Colour(matrix=1, range=LIMITED))
    frame.put(0, 0, pattern(width, height).astype(np.float32) / 255)
    return real_copy(frame)


def real_copy(frame):
    return make_frame(frame.layout, [p.copy() for p in frame.planes], frame.colour)


boxes = st.tuples(st.integers(0, 60), st.integers(0, 108), st.integers(1, 61), st.integers(1, 109))


@settings(max_examples=40)
@given(boxes, st.sampled_from(LAYOUTS + GREYS))
def test_a_block_put_back_unchanged_changes_no_code(box, layout):
    x0, y0, w, h = box
    x1, y1 = min(x0 + w, 61), min(y0 + h, 109)
    frame = random_frame(layout)
    before = [p.copy() for p in frame.planes]
    frame.put(x0, y0, frame.region(x0, y0, x1, y1))
    assert all(np.array_equal(a, b) for a, b in zip(before, frame.planes, strict=True))


@settings(max_examples=40)
@given(boxes, st.sampled_from(LAYOUTS))
def test_a_region_is_a_window_on_the_whole(box, layout):
    x0, y0, w, h = box
    x1, y1 = min(x0 + w, 61), min(y0 + h, 109)
    frame = random_frame(layout)
    whole = frame.region(0, 0, 61, 109)
    assert np.abs(frame.region(x0, y0, x1, y1) - whole[y0:y1, x0:x1]).max() < 1e-5
    assert np.abs(frame.rgb8 / 255.0 - whole).max() < 0.012


@settings(max_examples=30)
@given(boxes, st.sampled_from(LAYOUTS))
def test_only_the_block_changes_when_it_is_aligned(box, layout):
    x0, y0, w, h = box
    frame = random_frame(layout)
    # The smallest rectangle around the block whose edges no chroma sample straddles.
    step_x, step_y = 1 << layout.shift_x, 1 << layout.shift_y
    x1, y1 = min(x0 + w + -(x0 + w) % step_x, 61), min(y0 + h + -(y0 + h) % step_y, 109)
    x0, y0 = x0 - x0 % step_x, y0 - y0 % step_y
    before = [p.copy() for p in frame.planes]
    frame.put(x0, y0, np.full((y1 - y0, x1 - x0, 3), (0.9, 0.1, 0.3), np.float32))
    for index, (old, new) in enumerate(zip(before, frame.planes, strict=True)):
        sx, sy = (layout.shift_x, layout.shift_y) if index else (0, 0)
        outside = np.ones(old.shape, bool)
        outside[y0 >> sy : -(-y1 >> sy), x0 >> sx : -(-x1 >> sx)] = False
        assert np.array_equal(old[outside], new[outside])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_a_smooth_change_comes_back(layout):
    frame = real_frame(layout)
    block = frame.region(4, 6, 50, 100)
    ramp = np.linspace(0.6, 1.0, block.shape[1], dtype=np.float32)[None, :, None]
    want = np.clip(block * ramp * np.float32([1.0, 0.9, 0.8]), 0, 1)
    frame.put(4, 6, want)
    inner = (slice(2, -2), slice(2, -2))
    error = np.abs(frame.region(4, 6, 50, 100) - want)[inner]
    assert error.mean() < (0.6 if layout.depth == 8 else 0.3) / 255


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
def test_put_never_writes_into_the_decoders_memory(layout):
    frame = random_frame(layout)
    decoder = frame.planes
    before = [p.copy() for p in decoder]
    frame.put(0, 0, np.zeros((20, 20, 3), np.float32))
    assert all(np.array_equal(a, b) for a, b in zip(before, decoder, strict=True))
    assert frame.planes[0][:20, :20].max() == 16 << (layout.depth - 8)


def test_put_refreshes_the_8_bit_view():
    frame = real_frame(LAYOUTS[0])
    first = frame.rgb8
    assert frame.rgb8 is first
    frame.put(10, 10, np.ones((8, 8, 3), np.float32))
    assert (frame.rgb8[12:16, 12:16] >= 250).all()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: x.name)
@pytest.mark.parametrize("size", [(32, 24), (61, 109), (1, 1)])
def test_half_a_frame_is_its_pixels_averaged(layout, size):
    frame = real_frame(layout, *size)
    wide = np.pad(frame.rgb8, ((0, size[1] % 2), (0, size[0] % 2), (0, 0)), "edge").astype(float)
    want = (wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]) / 4
    assert frame.half8.shape == want.shape
    # In 4:2:0, chroma isn't interpolated: edges of colours are sharper.
    most, mean = (30, 1.5) if layout.shift_y else (0.76, 0.51)
    assert np.abs(frame.half8 - want).max() < most
    assert np.abs(frame.half8 - want).mean() < mean
    assert abs(float((frame.half8 - want).mean())) < 0.5
    first = frame.half8
    assert frame.half8 is first
    frame.put(0, 0, np.ones((*size[::-1], 3), np.float32))
    assert frame.half8.mean() > 250


@given(st.sampled_from([8, 10]), st.integers(1, 70), st.integers(1, 20), st.integers(0, 99))
@settings(max_examples=20)
def test_half_a_frame_by_the_kernel_and_its_stand_in(depth, width, height, seed):
    if native() is None:
        pytest.skip("no compiled kernels")
    frame = random_frame(Layout("yuv", depth, 1, 1), width, height, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relume.media.convert.native", lambda: None)
        want = frame.half8
    got = real_copy(frame).half8
    assert np.abs(got.astype(int) - want).max() <= 1


@pytest.mark.parametrize("turn", [(t, x, y) for t in (0, 1) for x in (0, 1) for y in (0, 1)])
@pytest.mark.parametrize("layout", LAYOUTS[:3], ids=lambda x: x.name)
def test_turning_a_frame_turns_its_pixels(layout, turn):
    frame = real_frame(layout, 32, 24)
    want = frame.rgb8
    want = want.transpose(1, 0, 2) if turn[0] else want
    want = want[:, ::-1] if turn[1] else want
    want = want[::-1] if turn[2] else want
    got = frame.oriented(tuple(map(bool, turn)))
    assert got.rgb8.shape == want.shape
    assert np.abs(got.rgb8.astype(int) - want).mean() < 1.0


@pytest.mark.parametrize("target", ["yuv420p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuva420p"])
@pytest.mark.parametrize(
    "source", ["yuv420p", "yuv444p", "yuv422p10le", "gray", "rgb24", "rgba64le"]
)
def test_layouts_convert_without_a_change_of_colour(source, target):
    from relume.media.layout import planes

    colour = Colour(matrix=1, range=LIMITED)
    layout = parse(source)
    shapes = layout.shapes(33, 21)
    level = (2**layout.depth - 1) * 0.4
    frame = make_frame(layout, [np.full(s, round(level)) for s in shapes], colour)
    wanted = frame.rgb8[5, 5].astype(int)
    other = frame.encoder_frame(parse(target))
    again = make_frame(parse(target), planes(other, parse(target)), frame.colour)
    assert np.abs(again.rgb8[5, 5].astype(int) - wanted).max() <= 2


@settings(max_examples=60)
@given(boxes, st.sampled_from(LAYOUTS + GREYS), st.integers(0, 2))
def test_kernels_do_what_their_stand_ins_do(box, layout, which):
    compiled = native()
    if compiled is None:
        pytest.skip("needs the compiled kernels")
    names = compiled.available()
    usual = compiled.used()
    x0, y0, w, h = box
    x1, y1 = min(x0 + w, 61), min(y0 + h, 109)
    change = np.random.default_rng(1).normal(0, 0.2, (y1 - y0, x1 - x0, 3)).astype(np.float32)
    fast, slow = random_frame(layout), random_frame(layout)
    compiled.use(names[which % len(names)])
    try:
        read = fast.region(x0, y0, x1, y1)
        fast.put(x0, y0, read + change)
    finally:
        compiled.use(usual)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relume.media.convert.native", lambda: None)
        np.testing.assert_allclose(slow.region(x0, y0, x1, y1), read, atol=1e-5)
        slow.put(x0, y0, read + change)
    for a, b in zip(fast.planes, slow.planes, strict=True):
        gap = np.abs(a.astype(int) - b)
        assert gap.max() <= 1
        assert (gap > 0).mean() < 0.002  # halves that are rounded to the other side


@pytest.mark.parametrize(
    ("rgb", "match"),
    [
        (np.full((8, 8, 3), 0.5), "float32"),  # would be black
        (np.zeros((8, 8), np.uint8), r"numpy\.repeat"),
        (np.zeros((8, 8, 5), np.uint8), r"x\[\.\.\., :3\]"),
        ("a.png", "not str"),
    ],
)
def test_frames_of_another_kind_of_array_are_refused(rgb, match):
    with pytest.raises(UsageError, match=match):
        VideoFrame.from_rgb(rgb)
    assert VideoFrame.from_rgb(np.zeros((8, 8, 4), np.uint8)).layout.alpha


@pytest.mark.parametrize(
    ("when", "match"),
    [
        ((0.04, Fraction(1, 1)), r"pts is a whole number.*not 0\.04.*Fraction\(1, 25\)"),
        ((1, 1 / 25), r"time_base is a fractions\.Fraction above 0.*not 0\.04"),
        ((1, Fraction(0)), "above 0"),
    ],
)
def test_times_are_whole_numbers_of_fractions(when, match):
    with pytest.raises(UsageError, match=match):
        VideoFrame.from_rgb(np.zeros((4, 4, 3), np.uint8), *when)
