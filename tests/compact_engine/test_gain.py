"""What a frame becomes where it holds less than a picture should."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine.bleached import paled
from relume.compact_engine.gain import GainConfig, Ground, gain_of
from relume.compact_engine.lamps import Lit
from relume.compact_engine.reading import believed, read
from relume.runtime import RAYS, Views

SKIN = np.float32([0.5, 0.38, 0.3])


def face() -> Views:
    """Skin all over."""
    ones = np.ones((RAYS, RAYS), np.float32)
    transfer = np.zeros((RAYS, RAYS, 9), np.float32)
    transfer[..., 0] = 1 / np.sqrt(4 * np.pi)
    return Views(np.broadcast_to(SKIN, (RAYS, RAYS, 3)).copy(), transfer, ones, 2.7 * ones)


def relit(level: float, paler: float, light: float = 0.3) -> NDArray[np.float32]:
    """[3] a spot of a face that is to have so much of its light, over its red.

    Args:
        level: red of the spot, linear; the face around it has half of that.
        paler: share of white in the spot's colour.
        light: shading, where the spot has 1 now and the face around it half of that.
    """
    views, spot = face(), np.zeros((RAYS, RAYS, 1), np.float32)
    spot[24:40, 24:40] = 1
    skin = SKIN / SKIN[0]
    frame = (skin * (1 - spot) * 0.5 + mixed(paler) * spot) * np.float32(level)
    source = np.broadcast_to(0.5 + 0.5 * spot, frame.shape).astype(np.float32)
    target = np.full_like(source, light)
    config = GainConfig()
    reading = read(views, frame.astype(np.float32), source, config.soften, config.floor)
    assert reading is not None
    gain = gain_of(Ground(reading, config), Lit(target))
    out = (frame * np.exp(gain.logarithm))[30:34, 30:34].mean((0, 1))
    return np.asarray(out / out[0])


def mixed(paler: float) -> NDArray[np.float32]:
    """[3] skin with a share of white, over its red."""
    skin = SKIN / SKIN[0]
    return np.asarray(skin + paler * (1 - skin))


@pytest.mark.parametrize("level", [0.6, 0.75, 0.9])
def test_bleached_skin_gets_its_colour_back(level: float) -> None:
    assert relit(level, float(paled(np.float32(level)))) == pytest.approx(mixed(0), abs=0.02)


def test_burnt_skin_takes_the_colour_of_the_rest() -> None:
    assert relit(0.99, 1.0) == pytest.approx(mixed(0), abs=0.1)


def test_skin_that_stays_bright_stays_pale() -> None:
    """It is as the camera has it."""
    level = np.float32(0.9)
    before = float(paled(level))
    after = float(paled(level * np.float32(0.8)))
    assert relit(0.9, before, 0.8) == pytest.approx(mixed(after), abs=0.02)
    assert relit(0.9, before, 1.0) == pytest.approx(mixed(before), abs=0.02)


def test_dim_skin_keeps_the_frames_colour() -> None:
    """A pale spot that no tone curve made is the person's."""
    assert relit(0.15, 0.3) == pytest.approx(mixed(0.3), abs=0.03)


@pytest.mark.parametrize("bare", [0.0, 0.5, 1.0])
def test_an_edge_of_bare_light_is_sharper(bare: float) -> None:
    """The barer a light, the fewer cells its shading takes from dark to bright."""
    views, even = face(), np.full((RAYS, RAYS, 3), 0.5, np.float32)
    target = np.full_like(even, 0.2)
    target[:, RAYS // 2 :] = 1.0
    config = GainConfig()
    reading = read(views, even * SKIN, np.ones_like(even), config.soften, config.floor)
    assert reading is not None
    row = gain_of(Ground(reading, config), Lit(target, bare=bare)).logarithm[RAYS // 2, :, 0]
    slope = np.diff(row).max() / np.ptp(row)
    sigma = config.relief + bare * (config.bare - config.relief)
    assert slope == pytest.approx(1 / (sigma * np.sqrt(2 * np.pi)), rel=0.25)


@pytest.mark.parametrize(("albedo", "share"), [(0.3, GainConfig().thin), (1.0, 1.0)])
def test_shadows_behind_the_face_are_softer_and_on_dark_hair_thinner(
    albedo: float, share: float
) -> None:
    views = face()
    views.depth[:, RAYS // 2 :] += 0.3
    views.albedo[:, RAYS // 2 :] *= np.float32(albedo)  # hair, or an ear
    reading = read(views, views.albedo, np.ones_like(views.albedo), 3.0, 0.1)
    assert reading is not None
    config, rows = GainConfig(), np.zeros((RAYS, RAYS, 3), np.float32)
    rows[20:44] = 1
    cast = Ground(reading, config).cast(rows)[..., 0]
    near, behind = cast[:, 8], cast[:, -8]
    assert near[32] == pytest.approx(1, abs=0.01)
    assert behind[32] == pytest.approx(share, abs=0.1)
    assert np.abs(np.diff(behind)).max() < 0.8 * share * np.abs(np.diff(near)).max()


def test_source_colours_are_believed_on_the_lit_face() -> None:
    """Dark skin turned ashen, and arms cyan, divided by colours that nothing tells there."""
    shading = np.ones((RAYS, RAYS, 3), np.float32) * np.float32([1.3, 1.0, 0.7])
    shading[:16] *= 0.1
    near = np.ones((RAYS, RAYS, 1), np.float32)
    near[:, 32:] = 0
    plain = believed(shading, near)

    def colour(image: NDArray[np.float32], y: int, x: int) -> float:
        return float(np.log(image[y, x, 0] / image[y, x, 2]))

    assert plain.mean(2) == pytest.approx(shading.mean(2), rel=1e-5)
    assert colour(plain, 40, 16) == pytest.approx(colour(shading, 40, 16), rel=1e-3)
    assert colour(plain, 8, 16) < 0.1 * colour(shading, 8, 16)
    assert colour(plain, 40, 48) == pytest.approx(0.4 * colour(shading, 40, 48), rel=0.1)


@pytest.mark.parametrize("blue", [0.9, 1.4])
def test_burnt_skin_is_no_white_hat_where_landmarks_have_a_face(blue: float) -> None:
    """Nor is a blue bar before a face skin."""
    views = face()
    views.albedo[24:40, 24:40] = 0.7
    frame = np.broadcast_to(0.4 * SKIN, (RAYS, RAYS, 3)).copy()
    frame[24:40, 24:40] = [0.7, 0.7, 0.7 * blue]
    even, surely = np.ones_like(frame), np.ones((RAYS, RAYS, 1), np.float32)
    config, shares = GainConfig(), []
    for known in (None, surely):
        reading = read(views, frame, even, config.soften, config.floor, None, known)
        assert reading is not None
        shares.append(Ground(reading, config).only_skin[28:36, 28:36].mean())
    assert shares[0] < 0.1
    assert (shares[1] > 0.9) == (blue < 1)


@pytest.mark.parametrize(("level", "brighter"), [(0.003, False), (0.1, True)])
def test_black_hair_in_the_shade_does_not_come_out_grey(level: float, brighter: bool) -> None:
    """What a camera has there is flare; hair that it has better takes the whole factor."""
    views, hair = face(), np.zeros((RAYS, RAYS, 1), np.float32)
    hair[:16] = 1
    views.albedo[...] = SKIN * (1 - hair) + np.float32(0.01) * hair
    frame = (SKIN * 0.5 * (1 - hair) + np.float32(level) * hair).astype(np.float32)
    source = np.broadcast_to(0.5 * (1 - hair) + 0.1 * hair, frame.shape).astype(np.float32)
    config = GainConfig()
    reading = read(views, frame, source, config.soften, config.floor)
    assert reading is not None
    gain = gain_of(Ground(reading, config), Lit(np.ones_like(source)))
    factor = float(np.exp(gain.logarithm[4:8].mean()))
    assert (factor > 5) is brighter
    if not brighter:
        assert factor * level < 0.016  # as the model has it: 0.01, and a little
