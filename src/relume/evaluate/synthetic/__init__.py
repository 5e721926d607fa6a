"""Made-up people under known light: everything about them is known, and no data is needed."""

from .draw import Drawn, draw
from .person import Person, random_person
from .shadow import ShadowedHead

__all__ = ["Drawn", "Person", "ShadowedHead", "draw", "random_person"]
