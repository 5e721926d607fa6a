"""Passes of scenes whose answers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relume.compact_engine import CompactEngine
from relume.compact_engine.gain import GainConfig
from relume.compact_engine.passes import (
    FAR,
    NEAR,
    WHITE,
    beyond,
    depth_code,
    mixed_shading,
    normals_of,
    soft_shading,
)
from relume.compose import to_linear
from relume.geometry import Camera
from relume.light import Light, directional
from relume.media import ArrayPicture, VideoFrame, open_video
from relume.ratio.window import RESOLUTION
from relume.runtime import RAYS, Views

from ..studio import HEIGHT, WIDTH, Studio, plain_matte
from .conftest import ALBEDO

N = RAYS


def plane(camera: Camera, normal: tuple[float, float, float]) -> Views:
    """A plane through the origin, `normal` in the view's frame (x right, y up, z to the viewer)."""
    at = (np.arange(N) + 0.5) / N
    u, v = np.meshgrid(at, at)
    k = camera.intrinsics
    rays = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones_like(u)], -1)
    n = np.array(normal) * [1, -1, -1]
    depth = (2.7 * n[2] / (rays @ n)).astype(np.float32)
    one = np.ones((N, N), np.float32)
    return Views(np.ones((N, N, 3), np.float32), np.zeros((N, N, 9), np.float32), one, depth)


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.6, 0, 0.8), (0, 0.6, 0.8), (-0.48, -0.36, 0.8)])
def test_a_plane_has_one_normal(normal: tuple[float, float, float]) -> None:
    camera = Camera.look_at(0.3, -0.1)  # the view's frame, so the camera's place is no matter
    found = normals_of(plane(camera, normal), camera)[6:-6, 6:-6]
    assert np.abs(found - normal).max() < 0.02
    assert np.linalg.norm(found, axis=2) == pytest.approx(1, abs=1e-5)


def test_depth_runs_from_near_to_far() -> None:
    z = np.array([1.0, NEAR, 2.7, FAR, 9.0], np.float32)
    code = depth_code(z)
    assert code[[0, 1, 3, 4]] == pytest.approx([1, 1, 0, 0])
    back = 1 / (code[2] * (1 / NEAR - 1 / FAR) + 1 / FAR)
    assert back == pytest.approx(2.7, rel=1e-5)


def test_an_open_surface_under_even_light_has_shading_one() -> None:
    views = plane(Camera.look_at(), (0, 0, 1))
    even = np.ones((N, N, 3), np.float32)
    assert soft_shading(even, views, GainConfig()) == pytest.approx(1, abs=1e-5)


def test_shadings_are_mixed_in_stops() -> None:
    old, new = np.full((2, 2, 3), 0.3, np.float32), np.full((2, 2, 3), 1.5, np.float32)
    assert mixed_shading(old, new, 0.0, 0.1) == pytest.approx(0.3, abs=1e-6)
    assert mixed_shading(old, new, 1.0, 0.1) == pytest.approx(1.5, abs=1e-6)
    assert mixed_shading(old, new, 0.5, 0.1) == pytest.approx(np.sqrt(0.4 * 1.6) - 0.1, abs=1e-6)


def painted(
    engine: CompactEngine, studio: Studio, source: Light, light: Light | None, yaw: float = 0.0
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Sheets 0..1, the picture, and the head's mask."""
    image, mask = studio.picture(source)
    picture, before = ArrayPicture(image), image.copy()
    turn = (yaw, 0.0, 0.0)
    engine.plan(picture, studio.face, light, 0.0, turn)  # type: ignore[arg-type]
    known = engine.passes(picture, studio.face, light, 0.0, turn)  # type: ignore[arg-type]
    assert known is not None
    names = ("albedo", "shading", "normals", "depth", "alpha")
    sheets = {name: np.zeros((HEIGHT, WIDTH, 3), np.uint16) for name in names}
    known.paint(picture, sheets)
    np.testing.assert_array_equal(picture.array, before)  # the frame itself stays
    return {name: sheet / 65535 for name, sheet in sheets.items()}, image, mask


def inside(mask: np.ndarray) -> np.ndarray:
    """The face's middle: not its edges, nor the neck that leaves the crop."""
    import cv2

    middle = np.zeros_like(mask)
    middle[70:330, 100:370] = True
    return (cv2.erode(mask.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0) & middle


def test_albedo_is_the_heads_own_under_a_side_light(engine: CompactEngine, studio: Studio) -> None:
    source = (directional((-0.8, 0.2, 0.6)) + Light.ambient(0.3)).normalised()
    sheets, image, mask = painted(engine, studio, source, None)
    face = inside(mask)
    albedo = to_linear(sheets["albedo"].astype(np.float32))[face]
    colour = albedo.mean(0) / albedo.mean()
    assert colour == pytest.approx(ALBEDO / ALBEDO.mean(), rel=0.08)
    lit = to_linear(image)[face]
    assert albedo.std() / albedo.mean() < 0.6 * lit.std() / lit.mean()


def test_albedo_under_its_shading_is_the_frame(engine: CompactEngine, studio: Studio) -> None:
    source = (directional((-0.5, 0.2, 0.8)) + Light.ambient(0.5)).normalised()
    sheets, image, mask = painted(engine, studio, source, None)
    face = inside(mask)
    albedo, shading = (to_linear(sheets[n].astype(np.float32)) for n in ("albedo", "shading"))
    again = albedo[face] * shading[face] * WHITE
    error = np.abs(again - to_linear(image)[face]).mean() / to_linear(image)[face].mean()
    assert error < 0.12


def test_geometry_is_the_heads(engine: CompactEngine, studio: Studio) -> None:
    sheets, _, mask = painted(engine, studio, Light.ambient(1.0), None)
    alpha = sheets["alpha"][..., 0]
    assert alpha[inside(mask)].min() > 0.95
    assert alpha[:, :30].max() == 0.0  # no head there
    # Where a matte ends a body's would go on.
    nobody = (alpha == 0.0)[4:-4, 4:-4]
    for name in ("albedo", "shading", "normals", "depth"):
        assert sheets[name][4:-4, 4:-4][nobody].max() < 1e-4, name
    face = inside(mask) & (sheets["depth"][..., 0] > 0)
    code = sheets["depth"][face][:, 0]
    depth = 1 / (code * (1 / NEAR - 1 / FAR) + 1 / FAR)
    truth = studio.pose.camera.to_camera(studio.head.mean)[:, 2]
    assert truth.min() - 0.03 < depth.min() < truth.min() + 0.06
    # Down the middle of the face the surface leans as the head does, to the viewer on the whole.
    normals = sheets["normals"][face] * 2 - 1
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=0.05)
    assert normals[:, 2].min() > 0
    left, right = face.copy(), face.copy()
    middle = int(np.median(np.nonzero(face)[1]))
    left[:, middle:] = right[:, :middle] = False
    assert (
        sheets["normals"][left][:, 0].mean() < 0.45 < 0.55 < sheets["normals"][right][:, 0].mean()
    )


def test_a_new_light_and_a_turn_show_in_the_shading(engine: CompactEngine, studio: Studio) -> None:
    light = directional((1.0, 0.0, 0.3)).normalised()
    for yaw in (0.0, 0.15):
        sheets, _, _ = painted(engine, studio, Light.ambient(1.0), light, yaw)
        shading, alpha = sheets["shading"][..., 1], sheets["alpha"][..., 0]
        column = np.nonzero(alpha > 0.9)[1]
        middle = int(np.median(column))
        left = shading[:, :middle][alpha[:, :middle] > 0.9].mean()
        right = shading[:, middle:][alpha[:, middle:] > 0.9].mean()
        assert right > 1.3 * left


def test_a_face_nobody_planned_has_none(engine: CompactEngine, studio: Studio) -> None:
    image, _ = studio.picture(Light.ambient(1.0))
    assert engine.passes(ArrayPicture(image), studio.face, None, 0.0) is None  # type: ignore[arg-type]


def test_light_goes_on_beyond_the_crop_as_it_was_at_its_border() -> None:
    """The crown of a head whose left is bright and whose right is dark, with haze around it."""
    x = np.arange(RAYS)
    sides = np.where(x < RAYS // 2, np.float32(1.0), np.float32(0.2))
    cells = np.tile(sides[None, :, None], (RAYS, 1, 3)).astype(np.float32)
    known = np.ones((RAYS, RAYS), np.float32)
    known[:, :10] = known[:, -10:] = 0
    wide = beyond(cells, known)
    margin = (RESOLUTION - RAYS) // 2
    inside = slice(margin, RESOLUTION - margin)
    assert np.abs(wide[inside, inside] - cells)[:, 10:-10].max() < 1e-5
    assert wide[margin - 12, margin + 16].min() > 0.9
    assert wide[margin - 12, -margin - 17].max() < 0.3
    step = np.abs(np.diff(wide[:, [margin + 16, -margin - 17], 0], axis=0))
    assert step.max() < 0.05


@pytest.fixture
def everywhere(engine: CompactEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's body fills the frame."""
    all_of_it = np.ones((128, 128), np.float32)
    body = plain_matte(all_of_it, np.array([[8.0, 0, -200], [0, 8.0, -200]]))
    monkeypatch.setattr(engine._coder, "_body", lambda *_: body)
    monkeypatch.setattr("relume.compact_engine.coder.reaches", lambda *_: True)


@pytest.mark.usefixtures("everywhere")
def test_all_passes_go_on_over_the_body(engine: CompactEngine, studio: Studio) -> None:
    """What the model knows ends above; there they show one and the same person."""
    source = (directional((-0.6, 0.2, 0.7)) + Light.ambient(0.4)).normalised()
    sheets, image, _ = painted(engine, studio, source, None)
    chest = slice(330, HEIGHT), slice(200, 280)
    assert sheets["alpha"][chest].min() > 0.95
    albedo, shading = (
        to_linear(sheets[n][chest].astype(np.float32)) for n in ("albedo", "shading")
    )
    there = to_linear(image[chest])
    assert np.abs(albedo * shading * WHITE - there).mean() < 0.15 * there.mean()
    normals = sheets["normals"][chest] * 2 - 1
    assert np.linalg.norm(normals, axis=2) == pytest.approx(1, abs=1e-3)
    assert normals[..., 2].min() > 0  # to the viewer
    depth = sheets["depth"][..., 0]
    assert (depth[chest] > 0).all()
    assert np.abs(np.diff(depth[300:, 240])).max() < 0.01  # no step where the model's square ends


@pytest.mark.usefixtures("everywhere")
def test_people_side_by_side_have_one_alpha(
    engine: CompactEngine, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a share of where they meet; together they cover it."""
    image, _ = studio.picture(Light.ambient(1.0))
    sheet = np.zeros((HEIGHT, WIDTH, 3), np.uint16)
    monkeypatch.setattr(engine._coder, "_matte", engine._coder._body)
    crop = studio.face.crop.copy()
    crop[:, 2] += crop[:, :2] @ [-200, 0]  # the same face, 200 pixels farther right
    for own, other in ((studio.face.crop, crop), (crop, studio.face.crop)):
        face, near = studio.face, studio.face
        face.crop, near.crop = own, other
        picture = ArrayPicture(image)
        ready = engine.prepare(picture, face, 0.0, company=[near])  # type: ignore[arg-type]
        engine.plan(picture, face, Light.ambient(0.5), 0.0, prepared=ready)  # type: ignore[arg-type]
        known = engine.passes(picture, face, None, 0.0)  # type: ignore[arg-type]
        assert known is not None
        known.paint(picture, {"alpha": sheet})
    chest = sheet[320 : HEIGHT - 4, 240:430, 0] / 65535
    assert chest.min() > 0.95


@pytest.mark.usefixtures("everywhere")
def test_threads_change_nothing(engine: CompactEngine, studio: Studio, demo: Path) -> None:
    """Head and body are relit at once in an array, one after the other in a video's frame."""
    image, _ = studio.picture(Light.ambient(1.0))
    light = directional((-0.8, 0.2, 0.6))
    plan = engine.plan(ArrayPicture(image), studio.face, light, 0.0)  # type: ignore[arg-type]
    assert plan is not None
    assert plan.beside is not None
    coded = np.rint(image * 255).astype(np.uint8)
    with open_video(demo) as reader:
        frame = next(iter(reader))
    for _ in range(5):
        arrays, frames = [], []
        for threads in (1, 2, 3):
            arrays.append(coded.copy())
            plan.apply(ArrayPicture(arrays[-1]), threads)
            frames.append(
                VideoFrame(
                    frame.encoder_frame(frame.layout), frame.colour, frame.pts, frame.time_base
                )
            )
            plan.apply(frames[-1], threads)
        assert all(np.array_equal(array, arrays[0]) for array in arrays)
        for planes in zip(*(each.planes for each in frames), strict=True):
            assert all(np.array_equal(plane, planes[0]) for plane in planes)
    assert (arrays[0] != coded).any()
