from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.face import Matte
from relume.media import ArrayPicture, VideoFrame, open_video
from relume.media.hdr import HLG
from relume.native import native
from relume.ratio.apply import over_mixed, relight_block, relight_picture, relight_slowly
from relume.ratio.window import RESOLUTION, Window, doubled

compiled = native()
SETS = [] if compiled is None else compiled.available()


@pytest.fixture(scope="module", params=[0, 1], ids=["even", "odd"])
def window(request: pytest.FixtureRequest) -> Window:
    """Rolled by a quarter of a radian, and reaching beyond the cells on one side; of a size that
    nothing divides."""
    c, s = 0.31 * np.cos(0.25), 0.31 * np.sin(0.25)
    x, y = 40 + request.param, 20 + request.param
    return Window(np.array([[c, s, -22.0], [-s, c, 30.0]]), x, y, x + 333, y + 251)


@pytest.fixture(scope="module")
def block(demo: Path, window: Window) -> NDArray[np.float32]:
    """A real frame's pixels."""
    with open_video(demo) as reader:
        return next(iter(reader)).region(window.x0, window.y0, window.x1, window.y1)


@pytest.fixture(scope="module", params=["anywhere", "person"])
def matte(request: pytest.FixtureRequest) -> Matte:
    """Of noise; or of a person, sure but along an outline."""
    rng = np.random.default_rng(0)
    affine = rng.normal((0, 0, 0, 0.5), (0.6, 0.6, 0.6, 1), (256, 256, 4)).astype(np.float32)
    if request.param == "person":
        y, x = np.mgrid[:256, :256]
        inside = np.hypot(x - 150, y - 120) - 70
        sure = np.where(inside < 0, 1.4, -0.6).astype(np.float32)[..., None] * np.eye(4)[3]
        affine = np.where(np.abs(inside)[..., None] < 12, affine, sure).astype(np.float32)
    place = np.array([[1.1, 0.2, 10.0], [-0.2, 1.1, -5.0]])
    return Matte(affine, affine[..., 3], place)


def _maps(moving: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """A gain, and a shift of so many channels."""
    at = np.linspace(0, 6, RESOLUTION)
    y, x = np.meshgrid(at, at, indexing="ij")
    lift = np.clip(np.sin(2 * x), 0, 1) * 0.2
    gain = np.stack([0.7 * np.sin(x), 0.7 * np.cos(y), 0.7 * np.sin(x + y), lift], -1)
    shift = np.stack([9 * np.sin(y), 9 * np.cos(x)], -1) * (x < 3)[..., None]
    if moving == 5:
        behind = np.stack([7 * np.cos(2 * x), 5 * np.sin(y - x), 1 + 1.5 * np.sin(3 * x)], -1)
        shift = np.concatenate([shift, behind], -1)
    return gain.astype(np.float32), shift.astype(np.float32) if moving else None


@pytest.mark.parametrize("moving", [0, 2, 5])
@pytest.mark.parametrize("name", SETS)
def test_kernel_does_what_the_stand_in_does(
    name: str, moving: int, block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    assert compiled is not None
    maps = _maps(moving)
    slowly = relight_slowly(block, window, matte, *maps)
    usual = compiled.used()
    compiled.use(name)
    try:
        found = relight_block(block, window, matte, *maps)
    finally:
        compiled.use(usual)
    gap = np.abs(np.clip(found, 0, 1) - np.clip(slowly, 0, 1))
    # OpenCV before 5 rounds places to 1/32 of a pixel, which shows at sharp edges alone.
    assert np.quantile(gap, 0.99) < 1 / 255
    assert gap.mean() < 0.1 / 255
    assert np.abs(slowly - block).max() > 0.1


def test_no_gain_and_no_shift_leave_the_block(
    block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    still = np.zeros((RESOLUTION, RESOLUTION, 4), np.float32)
    found = relight_block(block, window, matte, still, still[..., :2])
    np.testing.assert_allclose(found, block, atol=1e-4)


def test_what_does_not_move_is_not_resampled(
    block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    gain, shift = _maps(moving=2)
    assert shift is not None
    shift[:, : RESOLUTION // 4] = 0
    shift[:, RESOLUTION // 4 :] *= 0.01
    moved = relight_block(block, window, matte, gain, shift)
    kept = relight_block(block, window, matte, gain, None)
    left = window.grow((shift != 0).any(-1).astype(np.float32)) == 0
    assert 0.1 < left.mean() < 0.9
    np.testing.assert_allclose(moved[left], kept[left], rtol=0, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("moving", [0, 2, 5])
@pytest.mark.parametrize(
    ("depth", "transfer", "halved"),
    [(8, 1, (1, 1)), (8, 1, (1, 0)), (8, 1, (0, 0)), (10, 1, (1, 1)), (10, HLG, (1, 1))],
)
@pytest.mark.parametrize("name", SETS)
def test_a_frame_in_place_is_as_by_way_of_a_block(
    name: str,
    depth: int,
    transfer: int,
    halved: tuple[int, int],
    moving: int,
    threads: int,
    demo: Path,
    window: Window,
    matte: Matte,
) -> None:
    assert compiled is not None
    gain, shift = _maps(moving)
    with open_video(demo) as reader:
        frame = next(iter(reader))
    layout = replace(frame.layout, depth=depth, shift_x=halved[0], shift_y=halved[1])
    if layout != frame.layout:
        frame = VideoFrame(
            frame.encoder_frame(layout), replace(frame.colour, transfer=transfer),
            frame.pts, frame.time_base,
        )  # fmt: skip
    in_place, by_block = (
        VideoFrame(frame.encoder_frame(frame.layout), frame.colour, frame.pts, frame.time_base)
        for _ in range(2)
    )
    usual = compiled.used()
    compiled.use(name)
    try:
        relight_picture(in_place, window, matte, gain, shift, threads)
        box = (window.x0, window.y0, window.x1, window.y1)
        block = relight_block(by_block.region(*box), window, matte, gain, shift)
        by_block.put(window.x0, window.y0, block)
    finally:
        compiled.use(usual)
    for found, wanted, old in zip(in_place.planes, by_block.planes, frame.planes, strict=True):
        np.testing.assert_array_equal(found, wanted)
        assert (found != old).any()
    np.testing.assert_array_equal(in_place.rgb8, by_block.rgb8)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("moving", [0, 2, 5])
@pytest.mark.parametrize("name", SETS)
def test_eight_bits_in_place_are_as_by_way_of_a_block(
    name: str, moving: int, threads: int, demo: Path, window: Window, matte: Matte
) -> None:
    assert compiled is not None
    maps = _maps(moving)
    with open_video(demo) as reader:
        before = next(iter(reader)).rgb8.copy()
    # An array within a larger one, whose rows don't lie side by side.
    wide = np.zeros((before.shape[0], before.shape[1] + 7, 3), np.uint8)
    wide[:, 3:-4] = before
    in_place, by_block = ArrayPicture(wide[:, 3:-4]), ArrayPicture(before.copy())
    kept = in_place.half8
    usual = compiled.used()
    compiled.use(name)
    try:
        relight_picture(in_place, window, matte, *maps, threads)
        block = by_block.region(window.x0, window.y0, window.x1, window.y1)
        by_block.put(window.x0, window.y0, relight_block(block, window, matte, *maps))
    finally:
        compiled.use(usual)
    gap = np.abs(in_place.array.astype(int) - by_block.array)
    assert gap.max() <= 1  # what lies halfway between two codes
    assert (gap > 0).mean() < 1e-3
    assert (by_block.array != before).any()
    assert not wide[:, :3].any()
    assert not wide[:, -4:].any()
    assert (in_place.half8 != kept).any()


def test_what_is_behind_shows_beside_the_person_and_through_holes(
    block: NDArray[np.float32], window: Window
) -> None:
    alpha = np.zeros((128, 128), np.float32)
    alpha[:, 64:] = 1.0
    affine = alpha[..., None] * np.eye(4, dtype=np.float32)[3]
    matte = Matte(affine, alpha, np.array([[4.0, 0, 0], [0, 4.0, 0]]))
    still = np.zeros((RESOLUTION, RESOLUTION, 4), np.float32)
    x = np.arange(window.x0, window.x1)
    beside, within = x < 4 * 62, x > 4 * 66

    def shown(cover: float) -> NDArray[np.float32]:
        shift = np.full((RESOLUTION, RESOLUTION, 5), (1.0, 0.0, 0.0, 0.0, cover), np.float32)
        return relight_block(block, window, matte, still, shift)

    moved = np.roll(block, -1, 1)
    for cover, person in ((0.0, block), (1.0, moved), (2.0, moved)):
        found = shown(cover)
        np.testing.assert_allclose(found[:, within][:, :-1], person[:, within][:, :-1], atol=1e-4)
        other = moved if cover == 2.0 else block  # the core hides whatever the matte says
        np.testing.assert_allclose(found[:, beside], other[:, beside], atol=1e-4)


def test_a_gain_may_be_finer_than_the_shift(
    block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    gain, shift = _maps(moving=2)
    coarse = relight_block(block, window, matte, gain, shift)
    fine = relight_block(block, window, matte, doubled(gain), shift)
    assert np.abs(np.clip(fine, 0, 1) - np.clip(coarse, 0, 1)).mean() < 0.5 / 255
    slowly = relight_slowly(block, window, matte, doubled(gain), shift)
    assert np.abs(np.clip(fine, 0, 1) - np.clip(slowly, 0, 1)).mean() < 0.1 / 255


@pytest.mark.parametrize(("hair", "wall"), [(0.1, 0.5), (0.4, 0.1)])
def test_light_falls_on_the_persons_part_of_a_mixed_colour(hair: float, wall: float) -> None:
    alpha = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None]
    block = np.repeat(np.repeat(alpha * hair + (1 - alpha) * wall, 16, 0), 3, 2)
    slope = 1 / (3 * (hair - wall))
    told, flat = np.empty((2, 8, 8, 4), np.float32)
    told[:] = slope, slope, slope, -3 * slope * wall
    flat[:] = 0, 0, 0, 0.5
    window = Window(np.array([[1.0, 0, 0], [0, 1.0, 0]]), 0, 0, 64, 16)
    gain = np.zeros((RESOLUTION, RESOLUTION, 4), np.float32)
    gain[..., :3] = 0.2

    def change(affine: NDArray[np.float32]) -> NDArray[np.float32]:
        matte = Matte(affine, affine[..., 3], np.array([[16.0, 0, 0], [0, 16.0, 0]]))
        return (relight_block(block, window, matte, gain, None) - block)[8, :, 0]

    part = alpha[0, :, 0]
    offset = np.float32(0.055)
    np.testing.assert_allclose(change(told), 0.2 * part * (hair + offset), atol=0.015)
    np.testing.assert_allclose(change(flat), 0.1 * (block[8, :, 0] + offset), atol=0.03)


def test_light_on_mixed_pixels_leaves_them_their_colour_and_takes_no_more_than_all() -> None:
    """A matte that tells person and backdrop apart by one colour."""
    random = np.random.default_rng(4)
    block = random.uniform(0.2, 0.4, (16, 64, 3)).astype(np.float32)
    affine = np.empty((8, 8, 4), np.float32)
    affine[:] = -2.0, 1.0, 3.0, 0.4
    matte = Matte(affine, affine[..., 3], np.array([[16.0, 0, 0], [0, 16.0, 0]]))
    window = Window(np.array([[1.0, 0, 0], [0, 1.0, 0]]), 0, 0, 64, 16)
    gain = np.zeros((RESOLUTION, RESOLUTION, 4), np.float32)
    gain[..., :3] = -0.7
    offset = np.float32(0.055)
    lit = relight_block(block, window, matte, gain, None)
    factor = (lit + offset) / (block + offset)
    assert np.ptp(factor, axis=2).max() < 1e-3
    assert np.ptp(factor) > 0.3
    assert factor.min() > 0.3 - 1e-3


def test_a_colour_that_is_all_the_persons_is_over_nothing() -> None:
    """Also one that is fetched from beside a glint, which may be more than white or black."""
    source = np.array([[[1.08, 0.5, -0.02]]], np.float32)
    slopes = np.full((1, 1, 3), 1.3, np.float32)
    np.testing.assert_allclose(over_mixed(source, slopes, np.ones((1, 1), np.float32)), 1)


@pytest.mark.parametrize("channels", [3, 4, 6])
def test_a_shift_of_other_channels_is_told(
    channels: int, block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    gain, _ = _maps(moving=0)
    shift = np.zeros((RESOLUTION, RESOLUTION, channels), np.float32)
    with pytest.raises(ValueError, match="2 or 5"):
        relight_block(block, window, matte, gain, shift)


@pytest.mark.parametrize("name", SETS)
def test_memory_of_before_does_not_show(
    name: str, block: NDArray[np.float32], window: Window, matte: Matte
) -> None:
    assert compiled is not None
    maps = _maps(moving=2)
    usual = compiled.used()
    compiled.use(name)
    try:
        results = []
        for level in (0.0, np.nan, 1e30):
            # The kernel's memory is the next one's, and longer than that needs.
            poison = np.full((400, 400), level, np.float32)
            compiled.guide(
                np.repeat(poison[..., None], 3, 2), poison, 2, 0.01,
                np.empty((400, 400, 4), np.float32),
            )  # fmt: skip
            results.append(relight_block(block, window, matte, *maps))
    finally:
        compiled.use(usual)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
