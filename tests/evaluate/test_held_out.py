"""People kept out of training are laid out once each, with the teacher's answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.errors import InputError
from relume.evaluate.held_out import lay_out, lit_by_the_teacher
from relume.face import CROP
from relume.geometry import Camera
from relume.light import Light, directional
from relume.media import read_image
from relume.teacher.portrait import MAP, Portrait
from relume.train.split import held_out, person

AMBIENT = Light.ambient()


def ball() -> Portrait:
    """A grey ball before a dark wall, evenly lit; transfer of an open surface's normals."""
    y, x = (np.mgrid[:MAP, :MAP] + 0.5) / MAP * 2 - 1
    z = np.sqrt(np.maximum(0.5 - x**2 - y**2, 0)) / np.sqrt(0.5)
    inside = z > 0
    normals = np.stack([x / np.sqrt(0.5), -y / np.sqrt(0.5), z], -1) * inside[..., None]
    even = AMBIENT.coefficients[0, 0]
    transfer = np.zeros((MAP, MAP, 9))
    transfer[..., 0] = inside / even  # shading 1 under even light
    transfer[..., 1:4] = 0.5 * normals[..., [1, 2, 0]]
    picture = np.full((CROP, CROP, 3), 20, np.uint8)
    picture[np.kron(inside, np.ones((2, 2))) > 0] = 140
    albedo = np.repeat(np.where(inside, 0.26, 0.1)[..., None], 3, 2)
    half = np.float16
    return Portrait(
        picture=picture,
        camera=Camera.look_at().vector,
        transfer=transfer.astype(half),
        depth=(2.7 - 0.3 * z).astype(np.float32),
        normals=normals.astype(half),
        alpha=(255 * inside).astype(np.uint8),
        region=np.zeros((MAP, MAP), np.uint8),
        albedo=albedo.astype(half),
        light=AMBIENT.coefficients.astype(np.float32),
        identity=np.zeros(40, np.float32),
        expression=np.zeros(47, np.float32),
        error=np.float32(1),
        residual=np.float32(0),
        evenness=np.float32(1),
    )


def test_the_teacher_lights_from_the_side_asked_for() -> None:
    portrait = ball()
    same = lit_by_the_teacher(portrait, AMBIENT)
    assert np.abs(same.astype(int) - portrait.picture).max() <= 3  # its own light changes nothing
    lit = lit_by_the_teacher(portrait, directional((1.0, 0.0, 0.3)) + Light.ambient(0.3))
    left, right = lit[256, 150].mean(), lit[256, 362].mean()
    assert right > 1.5 * left
    assert (lit[:20, :20] == 20).all()  # the wall stays as it is


def test_everybody_kept_out_is_there_once(tmp_path: Path) -> None:
    names = [f"a_{k:03d}_person" for k in range(200)]
    out = next(n for n in names if held_out(n))
    kept = next(n for n in names if not held_out(n))
    taught = tmp_path / "taught"
    taught.mkdir()
    again = out.replace("a_", "b_a_", 1)
    with pytest.raises(InputError, match="nobody in it"):
        lay_out(taught, tmp_path)
    for name in (out, kept, *([again] if person(again) == person(out) else [])):
        ball().save(taught / f"{name}.npz")
    assert lay_out(taught, tmp_path) == 1
    assert [p.stem for p in (tmp_path / "people").iterdir()] == [out]
    lights = sorted(p.stem for p in (tmp_path / "teacher" / out).iterdir())
    assert len(lights) == 10
    assert "split-right" in lights
    assert read_image(tmp_path / "teacher" / out / "noon.png").shape == (CROP, CROP, 3)
