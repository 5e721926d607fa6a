"""Which estimators a run uses: the open set, and whatever files the user gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import MissingDependencyError
from .base import Estimators, FeatureExtractor, IdentityEstimator, LightEstimator
from .dlib import DlibEmbedding
from .dpr import DprLight
from .efficientnet import EfficientNetFeatures
from .flow import DisFlow, NetworkFlow
from .identity import FaceEmbedding
from .light import RenderedHeadsLight
from .published import DecaLight, InceptionFeatures, NetworkDistance

__all__ = ["EstimatorFiles", "open_estimators"]


@dataclass(frozen=True)
class EstimatorFiles:
    """Networks by others, by files of the user's."""

    identity: Path | None = None
    """Face embedding: .onnx or .xml on 112x112 crops, or ncnn's .param (MobileFaceNet); None for
    dlib's, where it is installed."""
    dpr: Path | None = None
    """DPR's .t7 file or imported weights: a second light estimate, and a rival. Needs PyTorch."""
    deca: Path | None = None
    """DECA's encoder (.onnx): a second light estimate."""
    raft: Path | None = None
    """RAFT (.onnx), in the place of OpenCV's DIS flow."""
    lpips: Path | None = None
    """LPIPS (.onnx of two 256x256 pictures)."""
    dists: Path | None = None
    """DISTS (.onnx of two 256x256 pictures)."""
    inception: Path | None = None
    """Inception's pool features (.onnx), for FID."""


def open_estimators(files: EstimatorFiles | None = None) -> Estimators:
    """Load what there is; what is missing is named with the remedy.

    Raises:
        ModelError: a file that was given can't be used.
        MissingDependencyError: a file that was given needs a package that isn't installed.
    """
    files = files or EstimatorFiles()
    missing: dict[str, str] = {}
    lights: dict[str, LightEstimator] = {"light": RenderedHeadsLight()}
    if files.dpr:
        lights["dpr"] = DprLight(files.dpr)
    if files.deca:
        lights["deca"] = DecaLight(files.deca)
    features: FeatureExtractor | None = None
    try:
        features = EfficientNetFeatures()
    except MissingDependencyError as error:
        missing["features"] = str(error)
    identity: IdentityEstimator | None = None
    try:
        identity = FaceEmbedding(files.identity) if files.identity else DlibEmbedding()
    except MissingDependencyError as error:
        missing["identity"] = str(error)
    given = (("lpips", files.lpips), ("dists", files.dists))
    return Estimators(
        lights=lights,
        flow=NetworkFlow(files.raft) if files.raft else DisFlow(),
        identity=identity,
        features=features,
        distances={role: NetworkDistance(role, path) for role, path in given if path},
        inception=InceptionFeatures(files.inception) if files.inception else None,
        missing=missing,
    )
