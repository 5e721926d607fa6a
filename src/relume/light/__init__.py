"""Lights: second-order spherical harmonics, from presets, lamps, HDRIs, files and timelines."""

from .colour import LUMINANCE, WHITE_BALANCE, kelvin_to_rgb
from .lamps import AreaLamp, area, direction_of, directional, point
from .light import Light, LightFrame
from .load import load_light
from .presets import PRESETS, Lamp, Preset
from .sh import LAMBERT, rotate_y, sh_basis, sh_rotation, sphere_quadrature
from .source import ConstantLight, LightSource

__all__ = [
    "LAMBERT",
    "LUMINANCE",
    "PRESETS",
    "WHITE_BALANCE",
    "AreaLamp",
    "ConstantLight",
    "Lamp",
    "Light",
    "LightFrame",
    "LightSource",
    "Preset",
    "area",
    "direction_of",
    "directional",
    "kelvin_to_rgb",
    "load_light",
    "point",
    "rotate_y",
    "sh_basis",
    "sh_rotation",
    "sphere_quadrature",
]
