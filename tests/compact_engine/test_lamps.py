"""What cast shadows take of smoothed shading."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from relume.compact_engine.lamps import Lit, Relief, bareness
from relume.geometry import Camera
from relume.light import PRESETS, Light, directional
from relume.render import depth_normals
from relume.runtime import Views

Floats = NDArray[np.float32]
N = 64


def _smooth(image: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 3.7).reshape(image.shape), np.float32)


def _columns(**spans: tuple[int, int]) -> dict[str, slice]:
    return {name: slice(*span) for name, span in spans.items()}


def test_a_noses_shadow_begins_at_the_nose() -> None:
    """From the left: lit, the flank that turns away, the shadow on the cheek, lit again."""
    at = _columns(flank=(30, 34), shadow=(34, 42))
    lit = np.ones((N, N, 3), np.float32)
    lit[:, at["flank"]] = 0.0
    cast = lit.copy()
    cast[:, at["shadow"]] = 0.0
    taken = Lit(lit + 0.1, lit, [(lit, cast)]).taken(_smooth, np.float32(0.06))
    row = taken[N // 2, :, 0]
    assert row[at["shadow"]].min() > 0.7
    assert row[at["flank"]].min() > 0.7
    assert row[:26].max() < 0.05
    assert row[46:].max() < 0.05
    left = (1 - row) * _smooth(lit + 0.1)[N // 2, :, 0]
    assert np.ptp(left[30:42]) < 0.1  # one shadow


def test_what_turns_away_far_from_any_shadow_keeps_its_light() -> None:
    lit = np.ones((N, N, 3), np.float32)
    lit[:, 40:] = 0.0
    cast = lit.copy()
    cast[:, 10:16] = 0.0
    taken = Lit(lit + 0.1, lit, [(lit, cast)]).taken(_smooth, np.float32(0.06))
    assert taken[:, 30:].max() < 1e-3


def test_colours_lose_what_their_own_lamps_gave() -> None:
    red, blue = (np.zeros((N, N, 3), np.float32) for _ in range(2))
    red[..., 0], blue[..., 2] = 1.0, 1.0
    hidden = red.copy()
    hidden[:, 20:40] = 0.0
    both = red + blue
    taken = Lit(both, both, [(red, hidden), (blue, blue)]).taken(_smooth, np.float32(0.06))
    assert taken[N // 2, 30, 0] > 0.8
    assert taken[N // 2, 30, 1:].max() < 0.01


def test_ears_and_hair_face_the_lamp_on_their_side() -> None:
    """Beside a round face lies hair, farther back, that comes forward again: its inner side would
    face the lamp across the head."""
    x = (np.arange(N) + 0.5) / N * 2 - 1
    face = 2.6 + 0.25 * np.square(x / 0.6)
    valley = 2.86 - 0.04 * np.clip((np.abs(x) - 0.64) / 0.2, 0, 1)
    depth = np.broadcast_to(np.where(np.abs(x) < 0.6, face, valley), (N, N)).astype(np.float32)
    alpha = np.broadcast_to(np.abs(x) < 0.82, (N, N)).astype(np.float32)
    none = np.zeros((N, N, 9), np.float32)
    views = Views(np.ones((N, N, 3), np.float32), none, alpha, depth.copy())
    across = Relief(views, Camera.look_at()).normals[N // 2, :, 0]
    left, right = slice(7, 12), slice(N - 12, N - 7)
    assert across[left].mean() < -0.1
    assert across[right].mean() > 0.1
    # The face keeps its own.
    fine = depth_normals(views.depth, alpha > 0.5, Camera.look_at().intrinsics, 1.0)
    assert across[20:44] == pytest.approx(fine[N // 2, 20:44, 0], abs=1e-4)
    assert fine[N // 2, left, 0].mean() > 0.2


def test_no_lamps_no_shadows() -> None:
    lit = Lit(np.ones((N, N, 3), np.float32))
    assert not lit.taken(_smooth, np.float32(0.06)).any()
    assert lit.shadowed(1.0) is lit.shading


def test_light_is_as_bare_as_its_lamps() -> None:
    bulb = directional([0.5, 0.2, 1.0], rgb=(1.0, 0.8, 0.6))
    assert bareness(bulb) == pytest.approx(1.0)
    assert bareness(directional([0.5, 0.2, 1.0], softness=0.03)) == pytest.approx(0.5)
    assert bareness(directional([0.5, 0.2, 1.0], softness=0.06)) == 0.0
    assert bareness(bulb.lerp(Light.ambient(), 0.3)) == pytest.approx(
        0.7 * bulb.grey().coefficients[0, 0]
        / (0.7 * bulb.grey().coefficients[0, 0] + 0.3 * Light.ambient().coefficients[0, 0])
    )  # fmt: skip
    assert bareness(PRESETS["overcast"].light()) == 0.0
    assert bareness(Light.ambient(0.0)) == 0.0
