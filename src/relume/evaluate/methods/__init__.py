"""What is measured: relume's models, baselines that anyone understands, and rivals."""

from .base import Condition, Geometry, Method, ReadsLight
from .make import METHODS, make_methods
from .simple import Absent

__all__ = ["METHODS", "Absent", "Condition", "Geometry", "Method", "ReadsLight", "make_methods"]
