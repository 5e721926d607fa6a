"""Evaluation that anyone can repeat: metrics, estimators, baselines, protocols, reports.

`runner.evaluate` runs protocols; `report` makes a page of what they found.
"""

from .results import (
    SCHEMA,
    Curve,
    EstimatorRecord,
    Failure,
    Group,
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
    "Group",
    "Machine",
    "Metric",
    "Protocol",
    "Results",
    "Row",
    "Strip",
]
