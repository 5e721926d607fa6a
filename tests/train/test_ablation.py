"""Variants: what each lacks is lacking, and all learn side by side from the same batches."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch (extra: train)")
pytest.importorskip("lightning_fabric", reason="needs lightning_fabric (extra: train)")
pytest.importorskip("safetensors", reason="needs safetensors (extra: train)")
pytest.importorskip("numba", reason="needs numba (extra: train)")
pytest.importorskip("embreex", reason="needs embreex (extra: teacher)")

import torch
from torch import Tensor

from relume.errors import InputError
from relume.train.ablation import AblationConfig, ablate
from relume.train.ablation_figures import FIGURES, table
from relume.train.config import TrainConfig
from relume.train.variants import VARIANTS, VariantModel


@pytest.fixture
def built(config: TrainConfig) -> dict[str, VariantModel]:
    """Every variant, all its weights far from where they start, so that all of it counts."""
    models = {}
    for name, variant in VARIANTS.items():
        torch.manual_seed(1)
        models[name] = variant.build(config.model).eval()
        for parameter in models[name].parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    return models


def _picture(turn: float = 0.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A picture and its camera, which looks from the front or past it."""
    torch.manual_seed(2)
    c, s = torch.cos(torch.tensor(turn)), torch.sin(torch.tensor(turn))
    rotation = torch.tensor([[c, 0, s], [0, -1, 0], [s, 0, -c]])[None]
    away, lens = torch.tensor([[0.0, 0.0, 2.7]]), torch.tensor([[4.2634, 0.5, 0.5]])
    return torch.rand(1, 3, 256, 256), rotation, away, lens


@torch.no_grad()
def test_each_lacks_what_it_lacks(built: dict[str, VariantModel]) -> None:
    def reach(model: VariantModel) -> bool:
        """Whether the camera's pose changes the planes."""
        one, two = (model.encode_albedo(*_picture(turn))[0] for turn in (0.0, 0.3))
        return not torch.allclose(one, two)

    assert reach(built["full"])
    assert not reach(built["unlifted"])

    albedo, code = built["full"].encode_albedo(*_picture())
    for name, uses in (("full", True), ("no-code", False), ("modulated", True)):
        planes = [built[name].encode_shading(albedo, k) for k in (code, code + 1)]
        assert torch.allclose(*planes) != uses, name

    lights = (torch.ones(1, 9, 3), torch.rand(1, 9, 3))
    for name in ("full", "light-in"):
        planes = [built[name].shading_planes(albedo, code, light) for light in lights]
        assert torch.allclose(*planes) != built[name].lit, name
        assert built[name].lit == (name == "light-in")

    assert built["full"].field.template.abs().max() > 0.1
    assert built["no-template"].field.template.abs().max() == 0

    trunk = torch.rand(1, built["full"].albedo_encoder.trunk.enter.in_channels, 16, 16)
    moved = trunk.clone()
    moved[:, -3:] += 1
    for name in ("full", "no-coordinates"):
        out = [built[name].albedo_encoder.trunk(t, code) for t in (trunk, moved)]
        assert torch.allclose(*out) == (name == "no-coordinates")


def test_all_learn_from_the_same(config: TrainConfig, tmp_path: Path) -> None:
    small = AblationConfig(
        config.taught, tmp_path / "one", model=config.model, batch=2, patch=6, steps=3, people=1,
        albedo_steps=1, warm_up=2, look_steps=2, variants=("full", "again", "no-code", "light-in"),
    )  # fmt: skip
    assert ablate(small) == 0
    other = replace(small, run=tmp_path / "two")
    for steps in (2, 3):
        ablate(replace(other, steps=steps))
    one, two = (
        [json.loads(line) for line in (run / FIGURES).read_text().splitlines()]
        for run in (small.run, other.run)
    )
    assert [(f["step"], f["variant"]) for f in one] == [
        (step, name) for step in (2, 3) for name in small.variants
    ]
    for a, b in zip(one, two, strict=True):  # sums may depend on where arrays happen to lie
        for name in a.keys() - {"step", "variant", "seconds"}:
            assert a[name] == pytest.approx(b[name], rel=1e-5, abs=1e-7), name
    last = {f["variant"]: f for f in one[-4:]}
    assert last["full"]["bend"][0] < 1e-6
    assert last["full"]["psnr"] != last["again"]["psnr"]
    rows = table(small.run).splitlines()
    assert len(rows) == 2 + 4
    assert VARIANTS["light-in"].title in rows[-1]
    for strange in (
        replace(other, model=replace(other.model, hidden=12)),
        replace(other, variants=("full", "depthwise")),
    ):
        with pytest.raises(InputError, match=r"state\.pt has no .* of these sizes"):
            ablate(strange)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("people", "told"), [(1, "+1.00"), (3, "+1.00 ± 0.58")])
def test_one_persons_difference_has_no_standard_error(
    tmp_path: Path, people: int, told: str
) -> None:
    others = dict.fromkeys(("psnr_turned", "albedo", "shading", "alpha", "bend"), [1.0] * people)
    for name, psnr in (("full", [20.0, 20.0, 20.0]), ("no-code", [21.0, 20.0, 22.0])):
        line = {"step": 1, "variant": name, "seconds": 1.0, "psnr": psnr[:people], **others}
        with (tmp_path / FIGURES).open("a") as file:
            file.write(json.dumps(line) + "\n")
    full, other = table(tmp_path).splitlines()[2:]
    assert full.split(" | ")[1] == "20.00"
    assert other.split(" | ")[1] == told
    assert "nan" not in other


def test_what_was_learnt_is_kept_when_it_is_stopped(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    monkeypatch.setattr(
        "relume.train.ablation.stopped_by_signal", lambda: nullcontext(lambda: len(done))
    )
    small = AblationConfig(
        config.taught, tmp_path / "run", model=config.model, batch=1, patch=4, people=1,
        variants=("full",),
    )  # fmt: skip
    assert ablate(small, lambda step, *_: done.append(step)) == 1
    assert torch.load(small.run / "state.pt", weights_only=True)["step"] == 1


def test_an_unknown_variant_is_named(config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-nose"):
        ablate(AblationConfig(config.taught, tmp_path / "run", variants=("no-nose",)))
