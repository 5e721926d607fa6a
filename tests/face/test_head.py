"""The head model: shapes, orientation, transfer."""

from __future__ import annotations

import numpy as np
import pytest

from relume.errors import ModelError
from relume.face import LANDMARKS, REGIONS, HeadModel
from relume.face import head as head_module


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return HeadModel.load()


def harmonics(n: np.ndarray) -> np.ndarray:
    x, y, z = n.T
    c = np.sqrt(np.array([1 / 4, 3 / 4, 15 / 4, 5 / 16, 15 / 16]) / np.pi)
    return np.stack(
        [
            c[0] + 0 * x, c[1] * y, c[1] * z, c[1] * x, c[2] * x * y, c[2] * y * z,
            c[3] * (3 * z * z - 1), c[2] * x * z, c[4] * (x * x - y * y),
        ],
        -1,
    )  # fmt: skip


def test_it_lies_in_canonical_space(head: HeadModel) -> None:
    eye_left, eye_right, nose, chin = head.mean[head.landmark_indices[[36, 45, 30, 8]]]
    assert eye_left[0] < 0 < eye_right[0]  # the image's left and right
    assert chin[1] < nose[1] < eye_left[1]
    assert nose[2] > eye_left[2] > 0
    assert abs(nose[0]) < 2e-3
    front = head.mean[head.region == REGIONS.index("skin")]
    assert np.abs(front).max() < 0.5


def test_arrays_fit_together(head: HeadModel) -> None:
    count = len(head.mean)
    assert 1500 <= count <= 2500
    assert head.identity.shape == (40, count, 3)
    assert head.expression.shape == (len(head.expression_names), count, 3)
    assert head.transfer.shape == (count, 9)
    assert head.skin.shape == head.region.shape == (count,)
    assert len(head.landmark_indices) == len(LANDMARKS) == len(set(LANDMARKS)) == 68
    assert head.faces.min() == 0
    assert head.faces.max() == count - 1
    assert set(np.unique(head.region)) == set(range(len(REGIONS)))


def test_normals_point_outward(head: HeadModel) -> None:
    normals = head.normals(head.mean)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    assert normals[head.landmark_indices[30], 2] > 0.5  # the tip of the nose
    outer = head.region == REGIONS.index("scalp")
    away = head.mean[outer] / np.linalg.norm(head.mean[outer], axis=1, keepdims=True)
    assert ((normals[outer] * away).sum(1) > 0).mean() > 0.8


def test_transfer_of_open_skin_is_lamberts(head: HeadModel) -> None:
    """T_k = Y_k(n) (1, 2/3, 1/4) where nothing blocks the light: the forehead's middle."""
    point = np.array([0.0, 0.16, 0.2])
    near = np.argsort(np.linalg.norm(head.mean - point, axis=1))[:5]
    expected = harmonics(head.normals(head.mean)[near]) * np.repeat([1, 2 / 3, 1 / 4], [1, 3, 5])
    np.testing.assert_allclose(head.transfer[near], expected, atol=0.03)


def test_transfer_is_darker_where_light_is_blocked(head: HeadModel) -> None:
    white = np.zeros(9)
    white[0] = np.sqrt(4 * np.pi)
    shading = head.transfer @ white
    assert shading.min() > -1e-3
    assert shading.max() < 1.001
    skin = shading[head.skin > 0.9]
    assert skin.mean() > 0.9
    assert skin.min() > 0.6
    assert shading[np.argmin(np.linalg.norm(head.mean - [0.0, 0.16, 0.2], axis=1))] > 0.95
    assert shading[head.region == REGIONS.index("mouth")].mean() < 0.3
    under_nose = shading[head.landmark_indices[33]]
    assert under_nose < skin.mean()


def test_skin_weights_leave_out_what_is_not_skin(head: HeadModel) -> None:
    assert head.skin.min() >= 0
    assert head.skin.max() <= 1
    assert (head.skin > 0.9).sum() > 150
    assert not head.skin[head.region != REGIONS.index("skin")].any()
    assert head.skin[head.landmark_indices[17:27]].max() < 0.05  # brows
    assert head.skin[head.landmark_indices[36:]].max() < 0.05  # lids and lips


def test_expressions_move_what_they_name(head: HeadModel) -> None:
    def change(name: str) -> np.ndarray:
        weights = np.eye(len(head.expression_names))[head.expression_names.index(name)]
        return np.asarray(head.vertices(None, weights) - head.mean)[head.landmark_indices]

    jaw = change("jawOpen")
    assert jaw[8, 1] < -0.02  # the chin falls
    assert np.abs(jaw[17:48]).max() < 0.01  # brows, nose and eyes stay
    smile = change("mouthSmile_L") + change("mouthSmile_R")
    assert smile[48, 0] < 0 < smile[54, 0]  # corners go apart
    assert smile[[48, 54], 1].min() > 0.005  # and up


def test_identity_does_not_move_the_head(head: HeadModel) -> None:
    """The modes hold no shift, turn or size of the face: those are the pose's."""
    at = head.landmark_indices[17:]
    mean = head.mean[at]
    for mode in head.identity[:, at]:
        spread = np.linalg.norm(mode)
        assert np.linalg.norm(mode.mean(0)) * np.sqrt(len(at)) < 0.02 * spread
        assert abs((mode * mean).sum()) < 0.02 * spread * np.linalg.norm(mean)


def test_vertices_give_a_new_array_and_check_their_input(head: HeadModel) -> None:
    a = head.vertices()
    a[:] = 0
    assert head.mean.any()
    with pytest.raises(ValueError, match="at most 40"):
        head.vertices(np.zeros(41))


def test_a_missing_file_is_a_model_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_module.resources, "files", lambda _: head_module_path())
    with pytest.raises(ModelError, match="install relume again"):
        head_module._load.__wrapped__()


def head_module_path():  # type: ignore[no-untyped-def]
    from pathlib import Path

    return Path("/nowhere")
