"""StyleGAN2's primitive operations in plain PyTorch, which `torch.compile` can fuse."""

from .activation import bias_act, normalize_second_moment, softexp
from .convolution import conv2d_resample, modulated_conv2d
from .filtering import binomial_filter, downsample2d, filter2d, upfirdn2d, upsample2d
from .resize import resize_antialiased
from .statistics import minibatch_std

__all__ = [
    "bias_act",
    "binomial_filter",
    "conv2d_resample",
    "downsample2d",
    "filter2d",
    "minibatch_std",
    "modulated_conv2d",
    "normalize_second_moment",
    "resize_antialiased",
    "softexp",
    "upfirdn2d",
    "upsample2d",
]
