"""The networks: `paper`, the published architecture at full size, and its checkpoints.

Needs PyTorch (`pip install "relume[paper]"`). Importing this package alone imports nothing;
`relume.model.paper` and `relume.model.checkpoints` bring PyTorch in when they are used.
"""

from __future__ import annotations

__all__: list[str] = []
