"""The metrics: each a formula with its source, its range and a test with a known answer."""

from .frechet import frechet_distance
from .geometry import depth_error, normal_error
from .identity import identity_similarity
from .jitter import jitter
from .lighting import lighting_error, lighting_instability, over_ambient
from .perceptual import feature_distance
from .picture import psnr, ssim
from .pose import pose_error
from .relighting import fitted_scale, scaled_rmse, scaled_ssim
from .skin_tone import ita_class, typology_angle
from .warping import consistent, warp_back, warping_error

__all__ = [
    "consistent",
    "depth_error",
    "feature_distance",
    "fitted_scale",
    "frechet_distance",
    "identity_similarity",
    "ita_class",
    "jitter",
    "lighting_error",
    "lighting_instability",
    "normal_error",
    "over_ambient",
    "pose_error",
    "psnr",
    "scaled_rmse",
    "scaled_ssim",
    "ssim",
    "typology_angle",
    "warp_back",
    "warping_error",
]
