"""Evaluation that anyone can repeat: metrics, estimators, baselines, protocols, reports."""

from .results import (
    SCHEMA,
    Curve,
    EstimatorRecord,
    Failure,
    Machine,
    Metric,
    Protocol,
    Results,
    Row,
    Strip,
)

__all__ = [
    "SCHEMA",
    "Curve",
    "EstimatorRecord",
    "Failure",
    "Machine",
    "Metric",
    "Protocol",
    "Results",
    "Row",
    "Strip",
]
