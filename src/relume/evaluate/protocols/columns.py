"""Columns that protocols share."""

from __future__ import annotations

from ..estimators import Estimators
from ..results import Metric

__all__ = [
    "COEFFICIENTS",
    "identity_column",
    "light_columns",
    "motion_columns",
    "pose_column",
    "time_column",
]

COEFFICIENTS = ("y", "z", "x", "xy", "yz", "3z2-1", "xz", "x2-y2")
"""Names of a light's coefficients after the first, in order."""


def light_columns(estimators: Estimators, *, instability: bool = True) -> list[Metric]:
    """Lighting error, and instability over frames and over people, for each light estimator."""
    out = []
    for name, estimator in estimators.lights.items():
        by = f"by the {estimator.record.name}"
        what = "" if name == "light" else f" ({name.upper()})"
        text = f"weighted SH distance over the first coefficient, {by}"
        out.append(Metric(name, f"lighting error{what}", "lower", note=text))
        if instability:
            over = f"root of the weighted variance of each SH coefficient, {by}, over"
            out += [
                Metric(
                    f"{name}_instability",
                    f"lighting instability, frames{what}",
                    "lower",
                    note=f"{over} the frames of a video under one light and view",
                ),
                Metric(
                    f"{name}_people",
                    f"lighting instability, people{what}",
                    "lower",
                    note=f"{over} people under one light and view, of each one's mean light",
                ),
            ]
    return out


def identity_column(estimators: Estimators) -> list[Metric]:
    """Likeness to the input frame."""
    if estimators.identity is None:
        return []
    note = f"cosine of {estimators.identity.record.name} to the input frame"
    return [Metric("identity", "identity", "higher", note=note)]


def motion_columns(estimators: Estimators, *, turned: bool) -> list[Metric]:
    """Temporal consistency."""
    flow = estimators.flow.record.name
    whose = "the result itself" if turned else "the input video"
    text = f"difference to the frame before moved by the flow of {whose} ({flow}), over the level"
    out = [
        Metric("warping", "warping error", "lower", note=f"{text}; unoccluded pixels"),
        Metric("warping_all", "warping error, all pixels", "lower", note=text),
        Metric(
            "warping_ratio",
            "warping error over the input's",
            "lower",
            note="of unoccluded pixels, over that of the untouched input",
        ),
    ]
    if estimators.features is not None:
        name = estimators.features.record.name
        note = f"unweighted feature distance of neighbouring frames by {name}"
        out.append(Metric("adjacent", "adjacent-frame distance", "lower", note=note))
        note = f"{note}, over that of the untouched input"
        title = "adjacent-frame distance over the input's"
        out.append(Metric("adjacent_ratio", title, "lower", note=note))
    if "lpips" in estimators.distances:
        name = estimators.distances["lpips"].record.name
        out.append(Metric("adjacent_lpips", "adjacent LPIPS", "lower", note=f"by {name}"))
    out += [
        Metric("camera_jitter", "camera jitter", "lower", "rad", "second differences of direction"),
        Metric(
            "landmark_jitter",
            "landmark jitter",
            "lower",
            note="second differences of 68 landmarks, over the crop's side",
        ),
    ]
    return out


def pose_column() -> Metric:
    """Error of the view."""
    note = "angle between the camera asked for and the one that the tracker finds"
    return Metric("pose", "pose error", "lower", "rad", note)


def time_column() -> Metric:
    """Wall time."""
    note = "wall time a frame of the method alone, on this machine; video is decoded meanwhile"
    return Metric("time", "time", "lower", "ms", note, repeats=False)
