"""Looking at people kept out: the pairs are those that the turned truth belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import numpy as np

from relume.teacher.pairs import PairConfig, own_view
from relume.teacher.scene import Scene
from relume.train.data import fixed_pairs


def test_pairs_to_look_at_are_never_mirrored(taught: Path) -> None:
    """The turned view's truth is drawn from the scene as it is."""
    scene = Scene.load(min(taught.glob("*.npz")))
    for _, pair in fixed_pairs([scene] * 8, PairConfig(), 8):
        np.testing.assert_array_equal(pair.targets[0].albedo, own_view(scene).albedo)
        np.testing.assert_array_equal(pair.rotation, scene.rotation.astype(np.float32))
