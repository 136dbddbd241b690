"""The norm: tables of criteria and limits per level, their validation, and the one kernel that judges values by them."""

from toegankelijk.norm.kernel import Verdicts, judge
from toegankelijk.norm.reading import bundled_norms, read_norm
from toegankelijk.norm.tables import LimitRow, Norm, Rule, SeverityRow

__all__ = ["LimitRow", "Norm", "Rule", "SeverityRow", "Verdicts", "bundled_norms", "judge", "read_norm"]
