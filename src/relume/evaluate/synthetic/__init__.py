"""Made-up people under known light: everything about them is known, and no data is needed."""

from .draw import Drawn, draw, highlights, sh_shading
from .person import Person, random_person
from .shadow import ShadowedHead

__all__ = ["Drawn", "Person", "ShadowedHead", "draw", "highlights", "random_person", "sh_shading"]
