"""The temporal network without PyTorch agrees with the one that is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from relume.model.compact import CompactConfig
from relume.runtime.stabiliser import Remembered, Stabiliser

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("started", [False, True], ids=["trained", "as it starts"])
@pytest.mark.parametrize("frames", [1, 2, 5, 9])
def test_agrees_with_pytorch(frames: int, started: bool) -> None:
    from relume.model.compact.temporal import Stabiliser as Trained

    torch.manual_seed(frames)
    config = CompactConfig(plane=32, compared=8, gate=8)
    trained = Trained(config).eval()
    for parameter in trained.parameters():  # far from the start, so that every term counts
        if not started:
            parameter.data.normal_(0, 0.4)
    ours, planes = Stabiliser(_numbers(trained), config), _planes(frames, config)
    with torch.no_grad():
        wanted = trained.steadied(torch.from_numpy(planes)[None])[-1][0].numpy()
    found = ours.stabilise([Remembered(p) for p in planes])
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert frames == 1 or np.abs(found - planes[-1]).max() > 0.01


def test_all_that_came_before_is_remembered() -> None:
    from relume.model.compact.temporal import Stabiliser as Trained

    torch.manual_seed(1)
    config = CompactConfig(plane=32, compared=8, gate=8)
    trained = Trained(config)
    trained.leave.weight.data.normal_(0, 0.4)
    ours, planes = Stabiliser(_numbers(trained), config), _planes(8, config)
    kept = planes.copy()
    window: list[Remembered] = []
    for each in planes:  # as an engine does, which keeps a few frames
        window = [*window, Remembered(each)][-2:]
        found = ours.stabilise(window)
    np.testing.assert_allclose(found, ours.stabilise([Remembered(p) for p in planes]), atol=1e-5)
    np.testing.assert_array_equal(planes, kept)


def test_weights_of_another_network_average_plainly() -> None:
    config = CompactConfig(plane=32)
    ours, planes = Stabiliser({"stabiliser.age": np.zeros((2, 5))}, config), _planes(5, config)
    found = ours.stabilise([Remembered(p) for p in planes])
    np.testing.assert_allclose(found, planes.mean(0), atol=1e-5)


def _numbers(net: Any) -> dict[str, NDArray[np.float32]]:
    return {f"stabiliser.{k}": v.numpy() for k, v in net.state_dict().items()}


def _planes(frames: int, config: CompactConfig) -> NDArray[np.float32]:
    channels = config.albedo_channels + config.shading_channels
    shape = (frames, 3, config.plane, config.plane, channels)
    return np.random.default_rng(3).normal(0, 1, shape).astype(np.float32)
