"""The teacher finds a known light and a known albedo, and refuses what it can't use."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("numba", reason="needs numba (extra: train)")

import numpy as np

from relume.errors import InputError
from relume.face.fit import Fit
from relume.teacher.portrait import NOTHING, Portrait
from relume.teacher.sheet import contact_sheet
from relume.teacher.teach import Rejected, Teacher

from ..synthetic_face import synthetic_face


def test_light_is_found(portrait: Portrait, light: np.ndarray) -> None:
    found, true = portrait.light.mean(1), light.mean(1)
    # Bands 0 and 1; a face seen from one side says little of band 2.
    assert found[3] / found[0] > 0.4 * true[3] / true[0] > 0
    found, true = found[:4], true[:4]
    cosine = found @ true / np.linalg.norm(found) / np.linalg.norm(true)
    assert cosine > 0.95


def test_albedo_is_flat_where_the_skin_is(portrait: Portrait) -> None:
    skin = portrait.region == 0
    albedo = portrait.albedo[skin].astype(np.float32)
    picture = portrait.picture[::2, ::2][skin].astype(np.float32)
    assert albedo.std(0).mean() / albedo.mean() < 0.6 * picture.std(0).mean() / picture.mean()


def test_depth_and_normals_are_the_heads(portrait: Portrait) -> None:
    assert portrait.region[128, 128] != NOTHING
    assert 2.35 < portrait.depth[128, 128] < 2.65  # the nose, 0.2 before the origin at 2.7
    length = np.linalg.norm(portrait.normals.astype(np.float32), axis=2)
    assert np.abs(length - 1).max() < 0.01


def test_region_without_person_is_nothing(portrait: Portrait) -> None:
    assert portrait.region[2, 2] == NOTHING
    assert portrait.alpha[2, 2] == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"error": 9.0}, "landmarks fit badly"), ({"yaw": 1.2}, "turned too far")],
)
def test_bad_fits_are_refused(
    teacher: Teacher, light: np.ndarray, change: dict[str, float], reason: str
) -> None:
    located, _ = synthetic_face(light, seed=1)
    fit = located.fit
    pose = replace(fit.pose, yaw=change.get("yaw", 0.0))
    changed = Fit(pose, fit.identity, fit.expression, change.get("error", 0.0))
    with pytest.raises(Rejected, match=reason):
        teacher.taught(replace(located, fit=changed))


def test_a_matte_that_misses_the_face_is_refused(teacher: Teacher, light: np.ndarray) -> None:
    located, _ = synthetic_face(light, seed=1)
    with pytest.raises(Rejected, match="matte"):
        teacher.taught(replace(located, person=np.zeros_like(located.person)))


def test_file_round_trip(portrait: Portrait, tmp_path) -> None:
    path = tmp_path / "a.npz"
    portrait.save(path)
    again = Portrait.load(path)
    assert np.array_equal(again.albedo, portrait.albedo)
    assert again.camera.shape == (25,)
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_a_cut_off_file_is_named(portrait: Portrait, tmp_path) -> None:
    path = tmp_path / "a.npz"
    portrait.save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="holds no portrait"):
        Portrait.load(path)
    path.write_text("text")
    with pytest.raises(InputError, match=r"holds no portrait \(it is no \.npz of arrays\)"):
        Portrait.load(path)


def test_contact_sheet_has_a_row_each(portrait: Portrait) -> None:
    assert contact_sheet([portrait, portrait], tile=32).shape == (64, 9 * 32, 3)
