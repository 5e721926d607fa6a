"""The temporal network: a memory of a face's tri-planes, and how far a new frame counts."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import conv
from .config import CompactConfig

__all__ = ["FAINT", "REACH", "Stabiliser"]

REACH = 3.0
"""How far, in log odds, the network may move a share from that of the plain running mean."""

FAINT = 1e-3
"""Added to what changes before its logarithm is taken."""


class Stabiliser(nn.Module):
    """Each cell of the remembered planes moves a learnt share of the way to the newest frame's.

    Attention over two, the memory and the newest frame: the share is a sigmoid of one score per
    cell and branch. It is told from how much the two differ there in a few learnt comparisons of
    *both* branches' planes, how much they usually do, and how much they do over the whole head:
    a mouth that opens differs in one place, a frame that was badly tracked or blurred
    everywhere. So albedo is held steady where shading says that nothing has moved, and the other
    way round.

    Memory and result are convex mixtures of the frames' planes: radiance transfer stays linear in
    the light, nothing can drift, one frame is passed on unchanged, and a growing window starts
    without a jump. The paper attends over a window instead (Cai et al., CVPR 2024). Its plain
    mean is noisier than that of a memory of the same weight for the newest frame, and with the
    score a product of queries and keys of patches it learnt nothing that beat the mean.

    Args:
        config: sizes.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        channels, width = config.albedo_channels + config.shading_channels, config.gate
        self.compare = nn.Parameter(
            torch.randn(3, channels, config.compared) * (3 * channels) ** -0.5
        )
        """[3, A + S, compared] what is made of the difference of two frames' texels."""
        self.inner = conv(3 * config.compared, width, 1)
        self.around = conv(width, width)
        self.leave = nn.Conv2d(width, 2, 1, bias=False)
        # Untrained, it is the running mean.
        nn.init.zeros_(self.leave.weight)

    def steadied(self, planes: Tensor) -> list[Tensor]:
        """Of [B, T, 3, H, W, A + S], T planes [B, 3, H, W, A + S], each with what came before."""
        memory, usual = planes[:, 0], None
        out = [memory]
        for number in range(1, planes.shape[1]):
            gap = planes[:, number] - memory
            share, usual = self.shares(gap, usual, number + 1)
            memory = memory + gap * share[:, None]
            out.append(memory)
        return out

    def shares(self, gap: Tensor, usual: Tensor | None, count: int) -> tuple[Tensor, Tensor]:
        """How far a new frame counts.

        Args:
            gap: [B, 3, H, W, A + S] the new frame's planes less the remembered ones.
            usual: [B, compared, H / cell, W / cell] as returned for the frame before; None at the
                second frame.
            count: frames there have been, the new one counted.

        Returns:
            [B, H, W, A + S] shares within 0..1, and what is usual now.
        """
        config = self.config
        b, _, h, w, channels = gap.shape
        cell, count = config.cell, min(count, config.window)
        compared = (gap.reshape(b, 3, h * w, channels) @ self.compare).sum(1).square()
        cells = compared.reshape(b, h // cell, cell, w // cell, cell, -1).mean((2, 4))
        change = cells.permute(0, 3, 1, 2)
        usual = change if usual is None else usual + (change - usual) / count
        whole = change.mean((2, 3), keepdim=True).expand_as(change)
        y = F.silu(self.inner(torch.log(torch.cat([change, whole, usual], 1) + FAINT)))
        y = y + F.silu(self.around(y))
        score = REACH * torch.tanh(self.leave(y) / REACH) - math.log(count - 1)
        share = F.interpolate(
            torch.sigmoid(score), size=(h, w), mode="bilinear", align_corners=False
        ).permute(0, 2, 3, 1)
        counts = torch.tensor([config.albedo_channels, config.shading_channels])
        return share.repeat_interleave(counts.to(share.device), -1, output_size=channels), usual
