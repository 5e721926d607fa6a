"""Faces: the head model, detection, landmarks, tracking, the fitted camera and the matte."""

from .ahead import load_ahead
from .head import LANDMARKS, REGIONS, HeadModel
from .matte import Matte, MatteConfig, PersonMatte
from .pose import CROP, Pose
from .tracked import TrackedFace
from .tracker import FaceTracker, TrackerConfig, detect_faces

__all__ = [
    "CROP",
    "LANDMARKS",
    "REGIONS",
    "FaceTracker",
    "HeadModel",
    "Matte",
    "MatteConfig",
    "PersonMatte",
    "Pose",
    "TrackedFace",
    "TrackerConfig",
    "detect_faces",
    "load_ahead",
]
