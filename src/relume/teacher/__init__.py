"""The photo teacher: portraits to geometry, light, albedo, and any number of training pairs.

Needs trimesh and embreex (`pip install "relume[teacher]"`); pairs need numba.
"""

from __future__ import annotations

from .corpus import CorpusConfig, teach_corpus
from .portrait import Portrait
from .sheet import contact_sheet, write_sheets
from .teach import Rejected, Teacher, TeacherConfig

__all__ = [
    "CorpusConfig",
    "Portrait",
    "Rejected",
    "Teacher",
    "TeacherConfig",
    "contact_sheet",
    "teach_corpus",
    "write_sheets",
]
