"""Papers: what a screening says, as pages to read and print. They read results, and compute nothing."""

from toegankelijk.reports.comparison import write_comparison
from toegankelijk.reports.overview import write_report

__all__ = ["write_comparison", "write_report"]
