"""Results for readers: one self-contained HTML page, and comparisons of two runs."""

from .compare import Change, Comparison, compare
from .page import render_report
from .paired import FEWEST_ITEMS, PairedChange, adjusted_for_number, paired_bootstrap
from .write import REPORT_NAME, RESULTS_NAME, report_folder, write_page, write_report

__all__ = [
    "FEWEST_ITEMS",
    "REPORT_NAME",
    "RESULTS_NAME",
    "Change",
    "Comparison",
    "PairedChange",
    "adjusted_for_number",
    "compare",
    "paired_bootstrap",
    "render_report",
    "report_folder",
    "write_page",
    "write_report",
]
