"""The temporal network without PyTorch agrees with the one that is trained."""

from __future__ import annotations

import numpy as np
import pytest

from relume.model.compact import CompactConfig
from relume.runtime.stabiliser import Stabiliser

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("started", [False, True], ids=["trained", "as it starts"])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_agrees_with_pytorch(frames: int, started: bool) -> None:
    from relume.model.compact.temporal import Stabiliser as Trained

    torch.manual_seed(frames)
    config = CompactConfig(plane=32, attention=8)
    trained = Trained(config).eval()
    for parameter in trained.parameters():  # far from the start, so that every term counts
        if not started:
            parameter.data.normal_(0, 0.4)
    numbers = {f"stabiliser.{k}": v.numpy() for k, v in trained.state_dict().items()}
    ours = Stabiliser(numbers, config)
    channels = config.albedo_channels + config.shading_channels
    planes = np.random.default_rng(3).normal(0, 1, (frames, 3, 32, 32, channels)).astype(np.float32)
    with torch.no_grad():
        window = torch.from_numpy(planes)[None]
        albedo, shading = window.split([config.albedo_channels, config.shading_channels], -1)
        wanted = torch.cat(trained(albedo, shading), -1)[0].numpy()
    found = ours.stabilise([ours.remember(p) for p in planes])
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert frames == 1 or np.abs(found - planes[-1]).max() > 0.01
