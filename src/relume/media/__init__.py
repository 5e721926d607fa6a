"""Videos, pictures and cameras, in and out. Knows nothing of faces."""

from relume.media.colour import Colour
from relume.media.frame import VideoFrame
from relume.media.image import DEFAULT_QUALITY, read_hdr, read_image, write_image
from relume.media.info import AudioTrack, MediaInfo
from relume.media.part import Part
from relume.media.picture import ArrayPicture, Picture, as_picture
from relume.media.source import FrameSource, open_video
from relume.media.virtual import VirtualCamera
from relume.media.writer import VideoWriter

__all__ = [
    "DEFAULT_QUALITY",
    "ArrayPicture",
    "AudioTrack",
    "Colour",
    "FrameSource",
    "MediaInfo",
    "Part",
    "Picture",
    "VideoFrame",
    "VideoWriter",
    "VirtualCamera",
    "as_picture",
    "open_video",
    "read_hdr",
    "read_image",
    "write_image",
]
