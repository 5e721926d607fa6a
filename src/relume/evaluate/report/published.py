"""Which estimators the paper measured with, and what to say where another one did."""

from __future__ import annotations

from ..results import EstimatorRecord

__all__ = ["standing_in"]

_PUBLISHED = {
    "light": "DECA",
    "identity": "MagFace",
    "flow": "RAFT",
    "perceptual": "LPIPS",
    "features": "Inception",
}
"""Role to the name of the estimator that the paper used for it."""


def standing_in(record: EstimatorRecord) -> str:
    """A sentence on how the record's figures relate to published ones; empty where nothing is
    known of its role."""
    published = _PUBLISHED.get(record.role)
    if published is None:
        return ""
    if published.casefold() in record.name.casefold():
        return f"The one that the paper used ({published})."
    return (
        f"Stands in for {published}, which the paper used: compare its figures with each other,"
        " not with published ones."
    )
