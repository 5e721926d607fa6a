"""Colours that a gain must not leave on a face: by its corrections, and by what is rolled off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compose import GAMMA
from .reading import planes

__all__ = ["beyond_skin", "colour_apart", "hue_kept"]

Floats = NDArray[np.float32]

_PLAY = np.float32(0.1)
"""Natural logarithm of a channel over the others' that the model's colour may be wrong by."""

_KEPT = np.float32(0.6)
"""0..1 how far what is rolled off keeps its hue; it loses luminance by that."""

_LEAST = np.float32(1e-4)


def colour_apart(seen: Floats, made: Floats, where: Floats) -> Floats:
    """[3, N, N] natural logarithm of a frame's colour over the model's, less what most skin has.

    Args:
        seen: [N, N, 3] the frame, linear.
        made: [N, N, 3] what the model makes of it under the same light.
        where: [N, N, 1] 0..1 where skin is.
    """
    colour = planes(np.log((seen + _LEAST) / (made + _LEAST)))
    colour -= colour.mean(0)
    skin = where[..., 0] > 0.6
    if skin.any():
        colour -= np.median(colour[:, skin], axis=1).astype(np.float32)[:, None, None]
    return colour


def beyond_skin(before: Floats, corrected: Floats, where: Floats) -> Floats:
    """[3, N, N] natural logarithm by which corrections make skin of another colour than it can be.

    They may bring it from the frame's colour to the model's, but not past either: red cheeks came
    of two that each took the white off a glint. What all of the face has is the light's, and stays.

    Args:
        before: see `colour_apart`.
        corrected: [3, N, N] natural logarithm by which the frame is corrected.
        where: [N, N, 1] 0..1 where skin is.
    """
    colour, share = corrected - corrected.mean(0), where.ravel()
    common = colour.reshape(3, -1) @ share / max(float(share.sum()), 1.0)
    after = before + colour - common[:, None, None]
    beyond = after - np.clip(after, np.minimum(before, 0) - _PLAY, np.maximum(before, 0) + _PLAY)
    beyond -= beyond.mean(0)
    beyond *= where[..., 0]
    return np.asarray(beyond, np.float32)


def hue_kept(frame: Floats, logarithm: Floats) -> Floats:
    """[3, N, N] natural logarithm to be added to a gain, so that what is rolled off keeps its hue.

    `relume.compose.relit` rolls off channel by channel: of orange the red stops growing first, and
    it turns yellow. As in the tone curve of Adobe's DNG SDK, the largest and the smallest channel
    stay as they are, and the one between keeps its place (`_KEPT`). Where nothing is rolled off,
    nothing changes.

    Args:
        frame: [3, N, N] linear, channels apart.
        logarithm: [3, N, N] of its gain.
    """
    # Linear light to the power of 4 / 2.4 is what `relit` has to the power of 4.
    power, before = np.float32(4 / GAMMA), np.log(frame + _LEAST)
    lit = before + logarithm
    over = np.log(1 + np.maximum(np.exp(power * lit) - np.exp(power * before), 0)) / power
    wanted, given = np.exp(lit), np.exp(lit - over)
    least, low = wanted.min(0), given.min(0)
    place = (wanted - least) / np.maximum(wanted.max(0) - least, np.float32(1e-9))
    kept = np.log(low + (given.max(0) - low) * place)
    return np.asarray(_KEPT * (kept - (lit - over)), np.float32)
