"""HDR's curves against the standards' own figures, and HDR frames through the house's one view."""

from __future__ import annotations

import logging
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relume.media import Colour, VideoWriter, open_video, read_image
from relume.media.hdr import HLG, PQ, curve_of
from relume.media.layout import Layout
from relume.native import native

from .makers import make_video
from .test_colour import make_frame

NAMES = {HLG: "hlg", PQ: "pq"}


def colour(transfer: int) -> Colour:
    return Colour(matrix=9, range=1, primaries=9, transfer=transfer)


def linear(view: np.ndarray) -> np.ndarray:
    return np.where(view <= 0.04045, view / 12.92, ((view + 0.055) / 1.055) ** 2.4)


def skin_frame(transfer: int, depth: int = 10, width: int = 61, height: int = 45):
    """Codes about those of skin, with grain, as most of a face has them."""
    rng = np.random.default_rng(3)
    layout = Layout("yuv", depth, 1, 1)
    middle = 2 ** (depth - 1)
    spread = 2 ** (depth - 6)
    codes = [rng.normal(middle, spread, shape).round() for shape in layout.shapes(width, height)]
    return make_frame(layout, codes, colour(transfer))


# BT.2408: 18% grey is 38% HLG and PQ, diffuse white (203 cd/m2) 75% HLG and 58% PQ; 1 cd/m2 is
# 15% PQ (BT.2100, table 4); HLG's scene light is E'^2 / 3 up to a half.
@pytest.mark.parametrize(
    ("transfer", "code", "light", "off"),
    [
        (HLG, 0.38, 26.0 / 203, 0.05),
        (PQ, 0.38, 26.0 / 203, 0.05),
        (PQ, 0.1496, 1.0 / 203, 0.15),
        (HLG, 0.5, 1000 / 203 * (0.25 / 3) ** 1.2, 0.02),
        (PQ, 0.508, 100.0 / 203, 0.02),
    ],
)
def test_codes_stand_for_the_light_that_the_standards_say(transfer, code, light, off):
    curve = curve_of(colour(transfer))
    assert curve is not None
    view = float(curve.to_view(np.float32([code]))[0])
    assert linear(np.float64(view)) == pytest.approx(light, rel=off)


@pytest.mark.parametrize(("transfer", "white"), [(HLG, 0.75), (PQ, 0.581)])
def test_what_is_brighter_than_white_is_told_apart(transfer, white):
    curve = curve_of(colour(transfer))
    assert curve is not None
    view = curve.to_view(np.float32([white, (white + 0.75) / 2 + 0.04, 1.0]))
    assert 0.92 < view[0] < 0.96
    assert view[1] - view[0] > 0.01
    assert view[2] == 1


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_there_and_back_is_a_fraction_of_a_code(transfer):
    curve = curve_of(colour(transfer))
    assert curve is not None
    codes = np.linspace(0, 1, 1024, dtype=np.float32)
    view = curve.to_view(codes)
    assert (np.diff(view) > 0).all()
    off = np.abs(curve.to_code(view) - codes) * 1023
    assert np.quantile(off, 0.98) < 0.25
    assert off.max() < 3  # at the darkest and about 1,000 cd/m2 of PQ


def test_other_video_has_no_curve():
    for transfer in (1, 2, 13, 14):
        assert curve_of(colour(transfer)) is None


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_a_block_put_back_unchanged_changes_no_code(transfer):
    frame = skin_frame(transfer)
    before = [p.copy() for p in frame.planes]
    frame.put(3, 5, frame.region(3, 5, 40, 42))
    assert all(np.array_equal(a, b) for a, b in zip(before, frame.planes, strict=True))


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_half_the_light_is_a_stop_less(transfer):
    """Read, halve in linear light, put, read: what comes back was halved, and so was the code's
    light by the standard's own formula."""
    frame = skin_frame(transfer)
    box = (0, 0, 60, 44)
    before = linear(frame.region(*box).astype(np.float64))
    lit = before / 2
    coded = np.where(lit <= 0.0031308, lit * 12.92, 1.055 * lit ** (1 / 2.4) - 0.055)
    luma = frame.planes[0][:44, :60].astype(np.float64)
    frame.put(0, 0, coded.astype(np.float32))
    after = linear(frame.region(*box).astype(np.float64))
    assert np.median(after / before) == pytest.approx(0.5, rel=0.01)
    moved = float(np.median(luma - frame.planes[0][:44, :60])) / 876
    # HLG: E'^2.4, so a stop is a factor 2^(1/2.4) of the code; PQ: by its own slope there.
    level = (float(np.median(luma)) - 64) / 876
    stop = level * (1 - 2 ** (-1 / 2.4)) if transfer == HLG else 0.072
    assert moved == pytest.approx(stop, rel=0.06)


@settings(max_examples=30)
@given(st.sampled_from([HLG, PQ]), st.sampled_from([8, 10]), st.integers(0, 2))
def test_kernels_do_what_their_stand_ins_do(transfer, depth, which):
    compiled = native()
    if compiled is None:
        pytest.skip("needs the compiled kernels")
    names, usual = compiled.available(), compiled.used()
    fast, slow = skin_frame(transfer, depth), skin_frame(transfer, depth)
    box = (1, 2, 50, 41)
    compiled.use(names[which % len(names)])
    try:
        half, whole, read = fast.half8.copy(), fast.rgb8.copy(), fast.region(*box)
        lit = np.clip(read * np.float32(0.8), 0, 1)
        fast.put(1, 2, lit)
    finally:
        compiled.use(usual)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relume.media.convert.native", lambda: None)
        # Stand-ins round to eight bits before the curve, which is up to four times as steep.
        for found, wanted in ((slow.half8, half), (slow.rgb8, whole)):
            gap = np.abs(found.astype(int) - wanted)
            assert gap.max() <= 8
            assert gap.mean() < 2
        np.testing.assert_allclose(slow.region(*box), read, atol=2e-5)
        slow.put(1, 2, lit)
    for a, b in zip(fast.planes, slow.planes, strict=True):
        gap = np.abs(a.astype(int) - b)
        assert gap.max() <= 1
        assert (gap > 0).mean() < 0.005


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_hdr_stays_hdr(tmp_path, transfer, caplog):
    source = make_video(
        tmp_path / "a.mp4", frames=3, pixel_format="yuv420p10le", tags=(9, 1, 9, transfer)
    )
    target = tmp_path / "b.mov"
    with (
        caplog.at_level(logging.WARNING, "relume.media"),
        open_video(source) as reader,
        VideoWriter(target, like=reader.info) as writer,
    ):
        frames = [writer.write(f) or f.planes[0].copy() for f in reader]
    assert caplog.text == ""
    with open_video(target) as reader:
        assert reader.info.colour.describe()["transfer"] == NAMES[transfer]
        assert (reader.info.codec, reader.info.pixel_format) == ("hevc", "yuv420p10le")
        for old, new in zip(frames, reader, strict=True):
            assert np.abs(old.astype(int) - new.planes[0]).mean() < 4
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_eight_bits_for_hdr_are_warned_about(tmp_path, caplog):
    source = make_video(
        tmp_path / "a.mp4", frames=2, pixel_format="yuv420p10le", tags=(9, 1, 9, HLG)
    )
    with open_video(source) as reader, VideoWriter(tmp_path / "b.webm", like=reader.info) as writer:
        for frame in reader:
            writer.write(frame)
    assert "8 bits are few for HDR" in caplog.text


def test_a_picture_of_hdr_is_what_screens_show(tmp_path):
    frame = skin_frame(HLG)
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    with VideoWriter(tmp_path / "a.png") as writer:
        writer.write(frame)
    want = frame.region(0, 0, frame.width, frame.height)
    assert np.abs(read_image(tmp_path / "a.png") - want).max() < 1e-4
