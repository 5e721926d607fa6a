"""From frames in to frames out: tracking, relighting and writing, one after another or streamed."""

from .engine import Engine, Plan
from .estimate import estimate_light, load_light
from .held import HeldPicture
from .relighter import FrameResult, Relighter
from .stream import Stage, StageTimes, stream
from .track import TrackRecord, track_video
from .video import VideoReport, relight_video

__all__ = [
    "Engine",
    "FrameResult",
    "HeldPicture",
    "Plan",
    "Relighter",
    "Stage",
    "StageTimes",
    "TrackRecord",
    "VideoReport",
    "estimate_light",
    "load_light",
    "relight_video",
    "stream",
    "track_video",
]
