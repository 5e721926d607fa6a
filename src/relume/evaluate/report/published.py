"""What the paper measured with, and what to say where something else did."""

from __future__ import annotations

from ..results import EstimatorRecord

__all__ = ["standing_in"]

_PUBLISHED = {
    "light": ("DECA",),
    "identity": ("MagFace",),
    "flow": ("RAFT",),
    "features": ("LPIPS", "Inception"),
    "lpips": ("LPIPS",),
    "inception": ("Inception",),
}
"""Role to what the paper used for it."""


def standing_in(record: EstimatorRecord) -> str:
    """A sentence on how the record's figures relate to published ones; empty where nothing is
    known of its role."""
    published = _PUBLISHED.get(record.role, ())
    if not published:
        return ""
    if any(name.casefold() in record.name.casefold() for name in published):
        return f"By its name what the paper used ({record.name})."
    return (
        f"Stands in for {' and '.join(published)}, which the paper used: compare its figures with"
        " each other, not with published ones."
    )
