"""What real faces give the encoder's convolutions: what integers of eight bits are to span."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..geometry import Camera
from ..inference import openvino
from ..model.compact.config import CompactConfig
from ..runtime.compact import places_in
from ..runtime.encoder import encoder_network
from ..runtime.layers import RANGES, Weights
from ..teacher.pairs import PairConfig, make_pair
from ..teacher.scene import Scene

__all__ = ["input_ranges"]

_PICTURES = 64
"""Portraits that are looked at, under random light."""

_RARE = 0.01
"""Per cent of a picture's values that may lie beyond either end."""

_NARROWEST = np.float32(1e-2)
"""Least width of a range."""

_FINEST = 32
"""Least cells along a side of what a convolution gives: below, little time is to be won, and values
reach farthest."""


def input_ranges(
    weights: Weights, config: CompactConfig, taught: Sequence[Path], seed: int = 0
) -> dict[str, NDArray[np.float32]]:
    """For the albedo encoder's large convolutions, `RANGES` + name: [2] lowest and highest input.

    The shading encoder, whose planes eight bits would move by a twentieth, and the layer that is
    given the picture itself stay in floating point.

    Args:
        weights: the model's state dict.
        config: its sizes.
        taught: files of portraits.
        seed: of their light.
    """
    network = encoder_network(weights, config)
    names, given = [], []
    for op in network.get_ordered_ops():
        name = op.get_friendly_name()
        if op.get_type_name() != "Convolution" or not name.startswith("albedo_encoder."):
            continue
        if name != "albedo_encoder.stem.0" and op.output(0).get_shape()[-1] >= _FINEST:
            names.append(name)
            given.append(op.input(0).get_source_output())
    network.add_outputs(given)
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    request = openvino().Core().compile_model(network, "CPU", settings).create_infer_request()
    lift = np.asarray(weights["albedo_encoder.lift"], np.float32)
    upright = PairConfig(jitter=0.0, zoom=0.0)
    ranges = np.zeros((len(names), 2), np.float32)
    for number, file in enumerate(taught[:: max(1, len(taught) // _PICTURES)][:_PICTURES]):
        rng = np.random.default_rng([seed, number, 9])
        pair = make_pair(Scene.load(file), rng, upright)
        camera = Camera.from_pose(pair.rotation, pair.shift)
        places = places_in(lift, camera, config.plane)
        request.infer([np.ascontiguousarray(pair.picture)[None], places])
        for row, low_high in enumerate(ranges):
            values = request.get_output_tensor(1 + row).data
            low, high = np.percentile(values, [_RARE, 100 - _RARE])
            low_high[:] = min(low_high[0], low), max(low_high[1], high)
    ranges[:, 1] = np.maximum(ranges[:, 1], ranges[:, 0] + _NARROWEST)
    return {RANGES + name: row for name, row in zip(names, ranges, strict=True)}
