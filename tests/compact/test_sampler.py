"""The compiled sampler against the plain one: values and gradients."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")

import torch

from relume.model.compact import sampler


@pytest.fixture
def points() -> torch.Tensor:
    torch.manual_seed(0)
    return (torch.rand(2, 200, 3) - 0.5) * 0.7  # inside the outermost cells' centres


def test_values_and_gradients_agree(points: torch.Tensor) -> None:
    pytest.importorskip("numba", reason="needs numba (the train extra)")
    planes = torch.randn(2, 3, 12, 12, 5, requires_grad=True)
    outs, grads = [], []
    for function in (sampler.sample_planes, sampler.sample_planes_plain):
        out = function(planes, points, 0.42)
        outs.append(out.detach())
        grads.append(torch.autograd.grad((out**2).sum(), planes)[0])
    assert torch.allclose(outs[0], outs[1], atol=1e-4)
    assert torch.allclose(grads[0], grads[1], atol=1e-3)


def test_planes_are_xy_xz_zy(points: torch.Tensor) -> None:
    at = (torch.arange(12) + 0.5) / 12 * 2 - 1
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    planes = torch.zeros(2, 3, 12, 12, 6)
    for k in range(3):
        planes[:, k, ..., 2 * k] = columns
        planes[:, k, ..., 2 * k + 1] = rows
    out = sampler.sample_planes(planes, points, 1.0)
    assert torch.allclose(out, points[..., [0, 1, 0, 2, 2, 1]], atol=1e-4)


def test_grid_agrees(points: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = torch.randn(8, 9, 10, 4)
    one = sampler.sample_grid(grid, points, 0.42)
    monkeypatch.setattr(sampler, "COMPILED", False)
    assert torch.allclose(one, sampler.sample_grid(grid, points, 0.42), atol=1e-4)
