"""Lights that photographers know by name.

Sides are the picture's (the viewer's): a key "from the left" stands towards the left edge of the
picture. `:left` or `:right` after a preset's name says where its key is to stand. Angles in the
table are degrees: azimuth positive to the right, elevation positive upward, as
`lamps.direction_of` takes them in radians.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians
from typing import Literal

from numpy.typing import ArrayLike

from ..errors import LightError
from .colour import kelvin_to_rgb
from .lamps import direction_of, directional
from .light import Light, LightFrame

__all__ = ["PRESETS", "Preset", "PresetLamp", "Side"]


Side = Literal["left", "right"]


@dataclass(frozen=True)
class PresetLamp:
    """One distant lamp of a preset.

    Attributes:
        azimuth: radians to the picture's right of the camera (negative: left; beyond pi/2: from
            behind).
        elevation: radians above the head.
        intensity: shading of a surface that faces the lamp, before the preset is normalised.
        rgb: colour in linear light.
        softness: 0 a bare bulb, 0.06 a beauty dish, 0.3 an umbrella, 1 half of all surroundings.
    """

    azimuth: float
    elevation: float
    intensity: float = 1.0
    rgb: ArrayLike = 1.0
    softness: float = 0.2

    def light(self, frame: LightFrame = LightFrame.CAMERA) -> Light:
        """The lamp alone."""
        return directional(
            direction_of(self.azimuth, self.elevation),
            intensity=self.intensity,
            rgb=self.rgb,
            softness=self.softness,
            frame=frame,
        )


@dataclass(frozen=True)
class Preset:
    """A named arrangement of lamps and even light.

    Attributes:
        name: as `load_light` takes it.
        about: what it is, and when it is used, in one line.
        lamps: key first, then fill and rim lights.
        ambient: even light from everywhere, on the scale of the lamps' intensities.
        ambient_rgb: colour of the even light.
        level: luminance of a frontal face's mean shading.
        side: where the key stands (neon-pair: the magenta lamp); None: both sides are alike.
    """

    name: str
    about: str
    lamps: tuple[PresetLamp, ...]
    ambient: float = 0.1
    ambient_rgb: ArrayLike = 1.0
    level: float = 1.0
    side: Side | None = None

    def light(self, side: Side | None = None, frame: LightFrame = LightFrame.CAMERA) -> Light:
        """The arrangement, normalised: a frontal face's mean shading has luminance `level`.

        Args:
            side: the side of the picture that the key is to stand on; None: as designed.
            frame: the frame of reference that the lamps are put up in.

        Raises:
            LightError: `side` is given and this preset has none.
        """
        if side is not None and self.side is None:
            raise LightError(f"the light {self.name!r} has no sides: leave out {side!r}")
        total = Light.ambient(self.ambient_rgb, frame) * self.ambient
        for lamp in self.lamps:
            total = total + lamp.light(frame)
        total = total if side in (None, self.side) else total.mirrored()
        return total.normalised() * self.level


def _lamp(
    azimuth: float,
    elevation: float,
    intensity: float = 1.0,
    softness: float = 0.2,
    kelvin: float = 5600.0,
    rgb: ArrayLike | None = None,
) -> PresetLamp:
    colour = kelvin_to_rgb(kelvin) if rgb is None else rgb
    return PresetLamp(radians(azimuth), radians(elevation), intensity, colour, softness)


_ALL = (
    Preset(
        "rembrandt",
        "Key high and well to one side, little fill: the far side of the face falls into shadow."
        " Serious portraits.",
        (_lamp(-66, 38, softness=0.06),),
        ambient=0.015,
        side="left",
    ),
    Preset(
        "loop",
        "Key a little to one side and above, some fill: a small nose shadow. The everyday"
        " flattering portrait.",
        (_lamp(-42, 32),),
        ambient=0.1,
        side="left",
    ),
    Preset(
        "butterfly",
        "Key straight in front and high: a shadow under the nose, strong cheekbones. Glamour.",
        (_lamp(0, 60, softness=0.06),),
        ambient=0.08,
    ),
    Preset(
        "clamshell",
        "Large key above the lens, weaker reflector below: soft, shadowless. Beauty and make-up.",
        (_lamp(0, 42, softness=0.35), _lamp(0, -40, 0.5, 0.45)),
        ambient=0.1,
    ),
    Preset(
        "split",
        "Key square from one side, no fill: half of the face in the dark. Drama, album covers.",
        (_lamp(-98, 5, softness=0.4),),
        ambient=0.01,
        side="left",
    ),
    Preset(
        "broad",
        "For a head turned a little to the right: key from the left, on the side turned to the"
        " camera. Widens a narrow face.",
        (_lamp(-50, 22),),
        ambient=0.12,
        side="left",
    ),
    Preset(
        "short",
        "For a head turned a little to the right: key from the right, on the side turned away."
        " Slims and models.",
        (_lamp(62, 25, softness=0.1),),
        ambient=0.04,
        side="right",
    ),
    Preset(
        "three-point",
        "Key, weak fill across from it and a light from behind on the fill's side: the"
        " interview standard.",
        (_lamp(-48, 30, softness=0.1), _lamp(45, 8, 0.12, 0.5), _lamp(140, 35, 0.7, 0.0)),
        ambient=0.03,
        side="left",
    ),
    Preset(
        "rim",
        "Two lamps from behind over a dim front: bright edges part the head from a dark"
        " background.",
        (_lamp(-135, 25, 2.0, 0.0), _lamp(135, 25, 2.0, 0.0), _lamp(0, 20, 0.3, 0.5)),
        ambient=0.0,
        level=0.45,
    ),
    Preset(
        "ring",
        "Ring flash around the lens: flat and even, the edges fall off. Fashion, medical pictures.",
        (_lamp(0, 0, softness=0.1),),
        ambient=0.02,
    ),
    Preset(
        "soft-window",
        "Large window at one side, the room gives the fill: quiet, natural. Painters' and home"
        " portraits.",
        (_lamp(-68, 14, softness=0.5, kelvin=6200), _lamp(60, 0, 0.12, 0.8, 4800)),
        ambient=0.06,
        side="left",
    ),
    Preset(
        "overcast",
        "The whole bright sky from above with light from the ground: soft, shadows under the"
        " brows. Open shade.",
        (_lamp(0, 75, softness=0.8, kelvin=6600),),
        ambient=0.15,
        ambient_rgb=kelvin_to_rgb(5900),
    ),
    Preset(
        "golden-hour",
        "Low warm sun from one side under a blue sky: the hour before sunset.",
        (_lamp(-58, 10, softness=0.06, kelvin=2800), _lamp(20, 70, 0.22, 1.0, 10000)),
        ambient=0.08,
        ambient_rgb=kelvin_to_rgb(6500),
        side="left",
    ),
    Preset(
        "noon",
        "High sun, a little to one side, with light back from the ground: hard and summery,"
        " dark eyes.",
        (_lamp(-20, 68, softness=0.04, kelvin=5400), _lamp(0, -70, 0.12, 0.9, 5000)),
        ambient=0.06,
        ambient_rgb=kelvin_to_rgb(7500),
        side="left",
    ),
    Preset(
        "moonlight",
        "Cold key from high on one side, next to no fill: night as the cinema shows it.",
        (_lamp(-68, 45, softness=0.06, kelvin=9500),),
        ambient=0.03,
        ambient_rgb=kelvin_to_rgb(15000),
        side="left",
    ),
    Preset(
        "neon-pair",
        "Magenta from one side, cyan from the other: night street, music video.",
        (
            _lamp(-72, 8, 1.0, 0.25, rgb=(1.0, 0.06, 0.55)),
            _lamp(72, 8, 0.9, 0.25, rgb=(0.03, 0.65, 1.0)),
        ),
        ambient=0.05,
        ambient_rgb=(0.55, 0.4, 1.0),
        side="left",
    ),
    Preset(
        "candle",
        "One small warm flame below the face and aside: intimate, old-master nights.",
        # Redder yet in truth, but an eye gets used to it: 1900 K leaves skin one flat orange.
        (_lamp(-50, -34, softness=0.04, kelvin=2400),),
        ambient=0.03,
        ambient_rgb=kelvin_to_rgb(4000),
        level=0.75,  # its red is nearly twice as much, and burns
        side="left",
    ),
    Preset(
        "underlight",
        "Hard lamp from below: shadows go the wrong way up. The campfire ghost story.",
        (_lamp(0, -58, softness=0.04),),
        ambient=0.04,
    ),
    Preset(
        "tv-screen",
        "Cold screen below eye level in a dark, warm room: late-night viewing, video calls.",
        (_lamp(0, -14, softness=0.35, kelvin=9300),),
        ambient=0.06,
        ambient_rgb=kelvin_to_rgb(3000),
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
"""Every preset by name, in the order of the documentation."""
