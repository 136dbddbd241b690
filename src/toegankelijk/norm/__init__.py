"""The norm: tables of criteria and limits per level, their validation, and the one kernel that judges values by them."""

from toegankelijk.norm.kernel import Verdicts, judge
from toegankelijk.norm.tables import LimitRow, Norm, Rule, SeverityRow, bundled_norms, read_norm

__all__ = ["LimitRow", "Norm", "Rule", "SeverityRow", "Verdicts", "bundled_norms", "judge", "read_norm"]
