"""The published architecture at full size, in PyTorch; published checkpoints load unchanged.

"Real-time 3D-aware Portrait Video Relighting" (Cai et al., CVPR 2024) and the networks that it
builds on: NeRFFaceLighting (Jiang et al. 2023), EG3D (Chan et al. 2022), LP3D (Trevithick et
al. 2023), StyleGAN2 (Karras et al. 2020) and DPR (Zhou et al. 2019). Modules carry the
checkpoints' own names inside, so that a state dict needs no translation.
"""

from __future__ import annotations

from relume.errors import MissingDependencyError

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise MissingDependencyError(
        'the published architecture needs PyTorch: run `pip install "relume[paper]"`'
    ) from error

from .build import (
    PaperConfig,
    build_discriminator,
    build_generator,
    build_light_estimator,
    build_portrait_relighter,
    published,
    tiny,
)
from .cameras import camera_from_face_pose, published_camera
from .portrait import PortraitPlanes, PortraitRelighter, Relit
from .renderer import Rendering
from .sampling import Draws, MiddleDraws, RandomDraws
from .synthesis import Noise
from .video import VideoRelighter

__all__ = [
    "Draws",
    "MiddleDraws",
    "Noise",
    "PaperConfig",
    "PortraitPlanes",
    "PortraitRelighter",
    "RandomDraws",
    "Relit",
    "Rendering",
    "VideoRelighter",
    "build_discriminator",
    "build_generator",
    "build_light_estimator",
    "build_portrait_relighter",
    "camera_from_face_pose",
    "published",
    "published_camera",
    "tiny",
]
