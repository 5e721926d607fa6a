"""Pictures of lights: the sides that are lit, and files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from relume.compact_engine.gain import GainConfig
from relume.geometry import Camera
from relume.light import PRESETS, Light, LightFrame, directional
from relume.pipeline.drawn_head import DrawnHeadConfig
from relume.pipeline.show import draw, draw_ball, draw_head, draw_sphere, show

SIZE = 48


@pytest.mark.parametrize("part", [draw_sphere, draw_head, draw_ball])
def test_a_light_from_the_pictures_right_lights_the_pictures_right(part) -> None:  # type: ignore[no-untyped-def]
    picture = part(directional([1, 0, 0.3]), SIZE).astype(float)
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture[:, SIZE // 2 :].mean() > 1.3 * picture[:, : SIZE // 2].mean()
    above = part(directional([0, 1, 0.3]), SIZE).astype(float)
    assert above[SIZE // 8 : SIZE // 2].mean() > above[SIZE // 2 : -SIZE // 8].mean()


@pytest.mark.parametrize("part", [draw_sphere, draw_head, draw_ball])
def test_camera_lights_stay_and_head_lights_turn(part) -> None:  # type: ignore[no-untyped-def]
    """Seen from the head's right-hand side, a head's front light comes from the picture's side."""
    camera = Camera.look_at(yaw=-1.0)
    front = directional([0, 0, 1], frame=LightFrame.HEAD)
    picture = part(front, SIZE, camera).astype(float)
    assert picture[:, SIZE // 2 :].mean() > 1.1 * picture[:, : SIZE // 2].mean()


@pytest.mark.parametrize("name", ["split", "rembrandt", "candle"])
def test_a_face_in_hard_light_has_no_specks_and_no_black_holes(name: str) -> None:
    face = draw_head(PRESETS[name].light(), 192)[35:150, 70:125].max(2)
    around = cv2.medianBlur(face, 7)
    assert (face.astype(int) - around).max() < 80  # eyes shine
    assert face.min() > 40


def test_lips_are_red_and_of_one_piece() -> None:
    face = draw_head(Light.ambient(), 384)[230:310, 130:254].astype(float)
    red = (face[..., 0] / face[..., 1] > 1.45).astype(np.uint8)
    assert cv2.connectedComponents(red)[0] == 2  # and what is around them


def test_sphere_is_the_shading() -> None:
    picture = draw_sphere(Light.ambient() * (0.5 / 0.42), SIZE)
    assert np.abs(picture[SIZE // 2, SIZE // 2].astype(int) - 188).max() <= 1  # sRGB of 0.5


def test_a_deep_colour_is_mirrored_as_deep() -> None:
    red = draw_ball(directional([-1, 0, 1], rgb=[1, 0.02, 0.05]), SIZE).reshape(-1, 3).astype(int)
    brightest = red[red[:, 0].argmax()]
    assert brightest[0] > 245
    assert np.abs(brightest[1:] - [39, 63]).max() < 4  # sRGB of 0.02 and 0.05


def test_show_writes_the_row(tmp_path: Path) -> None:
    from relume.media import read_image

    path = tmp_path / "light.png"
    show(PRESETS["neon-pair"].light(), path)
    picture = read_image(path)
    np.testing.assert_array_equal(picture, draw(PRESETS["neon-pair"].light()))
    assert picture.shape == (384, 3 * 384, 3)


def test_a_drawn_head_is_shaded_as_engines_shade() -> None:
    drawn, engine = DrawnHeadConfig(), GainConfig()
    assert (drawn.crisp, drawn.cast, drawn.bounce) == (engine.crisp, engine.cast, engine.bounce)
