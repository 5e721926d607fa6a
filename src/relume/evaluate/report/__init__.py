"""Results for readers: one self-contained HTML page, and comparisons of two runs."""

from .compare import Change, Comparison, compare
from .page import render_report
from .paired import PairedChange, false_discovery, paired_bootstrap
from .write import REPORT_NAME, RESULTS_NAME, write_report

__all__ = [
    "REPORT_NAME",
    "RESULTS_NAME",
    "Change",
    "Comparison",
    "PairedChange",
    "compare",
    "false_discovery",
    "paired_bootstrap",
    "render_report",
    "write_report",
]
