"""Faces: the head model, detection, landmarks, tracking, the fitted camera and the matte."""

from .head import LANDMARKS, REGIONS, HeadModel

__all__ = ["LANDMARKS", "REGIONS", "HeadModel"]
