"""Write tests/model/golden/tiny.npz: values of the tiny networks, once known to be right.

Run `python tests/model/make_golden.py` after a deliberate change of the networks' arithmetic,
with `test_parity_full.py` passing: that is what says that the arithmetic is the published one.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from relume.model.paper import (
    Noise,
    VideoRelighter,
    build_discriminator,
    build_light_estimator,
    build_portrait_relighter,
    published_camera,
    tiny,
)
from relume.model.paper.layers import EqualizedLinear

__all__ = ["TINY", "drawn", "fill", "values"]

TINY = Path(__file__).parent / "golden" / "tiny.npz"


def drawn(name: str, shape: tuple[int, ...], scale: float = 1.0, middle: float = 0.0) -> Tensor:
    """Numbers that depend on nothing but their name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    values = np.asarray(rng.standard_normal(shape, dtype=np.float32))
    return torch.from_numpy(values) * scale + middle


def fill(model: nn.Module) -> nn.Module:
    """Weights of a fixed choice: kernels of unit gain, all else away from its neutral value."""
    plain = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    norms = (nn.LayerNorm, nn.BatchNorm2d, nn.InstanceNorm2d)
    for path, module in model.named_modules():
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        for leaf, value in own:
            if leaf in ("resample_filter", "num_batches_tracked"):
                continue
            scale, middle = 0.1, 0.0
            if leaf in ("weight", "in_proj_weight", "const", "noise_const") and value.ndim > 1:
                scale = 1.0
                if isinstance(module, plain) or leaf == "in_proj_weight":
                    scale = value[0].numel() ** -0.5
            if isinstance(module, norms) and leaf in ("weight", "running_var"):
                middle = 1.0
            if isinstance(module, EqualizedLinear):
                scale /= module.bias_gain
                middle = 1.0 if leaf == "bias" and path.endswith("affine") else 0.0
            with torch.no_grad():
                value.copy_(drawn(f"{path}.{leaf}", tuple(value.shape), scale, middle))
    return model.eval()


@torch.no_grad()
def values() -> dict[str, Tensor]:
    """Outputs of every network at tiny size."""
    config = tiny()
    model = fill(build_portrait_relighter(config))
    judge = fill(build_discriminator(config))
    estimator = fill(build_light_estimator(config))
    camera = torch.from_numpy(published_camera(0.2, 0.1).vector).float()[None]
    light = drawn("light", (2, 9), 0.3)
    frames = [drawn(f"frame{i}", (1, 3, 64, 64), 0.3).clamp(-1, 1) for i in range(7)]
    found: dict[str, Tensor] = {}
    video = VideoRelighter(model)
    sliding = VideoRelighter(model, window="last")
    for i, frame in enumerate(frames):
        portrait = model.encode(frame)
        relit = video.relight(portrait, camera, light[:1])
        slid = sliding.relight(portrait, camera, light[:1])
        if i in (0, 6):
            found[f"frame{i}_planes"] = portrait.planes
            found[f"frame{i}_planes_lit"] = relit.planes_lit
            found[f"frame{i}_image"] = relit.image
            found[f"frame{i}_features"] = relit.rendering.features
            found[f"frame{i}_depth"] = relit.rendering.depth
    found["frame6_image_sliding"] = slid.image
    codes = model.generator.backbone.mapping(drawn("z", (1, 32)), camera)
    made = model.generator(codes, model.generator.map_light(light[1:]), camera, Noise("const"))
    found |= {"generated": made.image, "generated_albedo": made.image_albedo}
    raw = made.rendering.rgb
    found["logits"] = judge(made.image, raw, camera, light[:1])
    found["estimate"] = estimator.estimate(frames[0])
    found["relit"] = estimator.relight(frames[0], light[:1])
    return found


if __name__ == "__main__":
    TINY.parent.mkdir(exist_ok=True)
    # Every seventh value of the larger ones is enough to notice a change.
    kept = {k: v.numpy().ravel()[:: 7 if v.numel() > 1000 else 1] for k, v in values().items()}
    np.savez_compressed(TINY, **kept)
    print(TINY, TINY.stat().st_size)
