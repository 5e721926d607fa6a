"""What measures: networks and algorithms that read light, identity, motion and features.

The open set comes with relume, with OpenCV or from a package index. Published networks are used
where the user gives their weights; what stands in for one is reported by its own name.
"""

from .base import (
    Estimators,
    FeatureExtractor,
    FlowEstimator,
    IdentityEstimator,
    LightEstimator,
    PairDistance,
)
from .choose import EstimatorFiles, open_estimators

__all__ = [
    "EstimatorFiles",
    "Estimators",
    "FeatureExtractor",
    "FlowEstimator",
    "IdentityEstimator",
    "LightEstimator",
    "PairDistance",
    "open_estimators",
]
