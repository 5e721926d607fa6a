"""Lights: second-order spherical harmonics, from presets, lamps, HDRIs, files and timelines."""

from .colour import LUMINANCE, WHITE_BALANCE, hex_to_rgb, kelvin_to_rgb
from .dpr import from_dpr, to_dpr
from .hdri import environment_directions, project_environment
from .lamp import Lamp
from .lamps import AreaLamp, area, direction_of, directional, point
from .light import Light, LightFrame
from .load import load_light, save_light
from .positive import PositiveLight, positive_light
from .presets import PRESETS, Preset, PresetLamp
from .sh import LAMBERT, lattice, rotate_y, sh_basis, sh_rotation, sphere_quadrature
from .source import ConstantLight, LightSource
from .surroundings import environment_light
from .timeline import Keyframe, Timeline

__all__ = [
    "LAMBERT",
    "LUMINANCE",
    "PRESETS",
    "WHITE_BALANCE",
    "AreaLamp",
    "ConstantLight",
    "Keyframe",
    "Lamp",
    "Light",
    "LightFrame",
    "LightSource",
    "PositiveLight",
    "Preset",
    "PresetLamp",
    "Timeline",
    "area",
    "direction_of",
    "directional",
    "environment_directions",
    "environment_light",
    "from_dpr",
    "hex_to_rgb",
    "kelvin_to_rgb",
    "lattice",
    "load_light",
    "point",
    "positive_light",
    "project_environment",
    "rotate_y",
    "save_light",
    "sh_basis",
    "sh_rotation",
    "sphere_quadrature",
    "to_dpr",
]
