"""Screen public space for accessibility: quality levels per zone, findings, scores, and a monitoring table.

>>> import toegankelijk as tg
>>> screening = tg.screen(tg.sample_city())
>>> screening.scores.query("level == 'all' and theme == 'all'")[["zone_id", "blockers"]].to_numpy().tolist()
[['WZ-1', 3], ['WZ-2', 4], ['WZ-3', 2]]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toegankelijk.areas import score_areas, sum_works
    from toegankelijk.bottlenecks import Horizon, find_bottlenecks
    from toegankelijk.city import read_city
    from toegankelijk.coverage import cover_norm
    from toegankelijk.errors import ConfigError, CrsError, InputError, MissingExtraError, NormError, ToegankelijkError
    from toegankelijk.exchange import Exported, export_screened
    from toegankelijk.findings import Findings, assess, find_good_examples
    from toegankelijk.groups import judge_groups
    from toegankelijk.inspection import Inspection, inspect_files
    from toegankelijk.maps import draw_layers, show_map, write_map
    from toegankelijk.maps.layers import Field, Layer, Style
    from toegankelijk.measure import measure_layers
    from toegankelijk.measure.shares import measure_shares
    from toegankelijk.measure.stop_distances import measure_stop_distances
    from toegankelijk.monitoring import import_workbooks, open_store, read_monitoring, update_monitoring
    from toegankelijk.monitoring.reading import (
        diff_monitoring,
        export_monitoring,
        monitoring_history,
        monitoring_status,
        monitoring_trends,
    )
    from toegankelijk.monitoring.reports import read_reports
    from toegankelijk.network.walking import Walking, walk_city
    from toegankelijk.norm import Norm, read_norm
    from toegankelijk.observations import with_observations
    from toegankelijk.planning.plan import Plan, plan_works
    from toegankelijk.planning.weighing import Weighed, weigh
    from toegankelijk.planning.whatif import apply_fixes, compare_screenings
    from toegankelijk.profiles import Profile, load_profile
    from toegankelijk.reach import Reach, reach_city
    from toegankelijk.sample import sample_city
    from toegankelijk.schema import City
    from toegankelijk.scores import score_city, score_zones
    from toegankelijk.screening import Screening, screen, screen_city
    from toegankelijk.screening.cities import Cities, screen_cities
    from toegankelijk.screening.papers import write_papers
    from toegankelijk.screening.plans import CityPlan, plan_city, write_reach
    from toegankelijk.survey import list_survey, list_visits
    from toegankelijk.versions import show_versions
    from toegankelijk.widths.passable import PassableWidths, passable_width

_HOME = {
    "bottlenecks": ("Horizon", "find_bottlenecks"),
    "city": ("read_city",),
    "coverage": ("cover_norm",),
    "errors": ("ConfigError", "CrsError", "InputError", "MissingExtraError", "NormError", "ToegankelijkError"),
    "findings": ("Findings", "assess", "find_good_examples"),
    "groups": ("judge_groups",),
    "inspection": ("Inspection", "inspect_files"),
    "exchange": ("Exported", "export_screened"),
    "maps": ("draw_layers", "show_map", "write_map"),
    "maps.layers": ("Field", "Layer", "Style"),
    "measure": ("measure_layers",),
    "measure.shares": ("measure_shares",),
    "monitoring": ("import_workbooks", "open_store", "read_monitoring", "update_monitoring"),
    "monitoring.reports": ("read_reports",),
    "monitoring.reading": (
        *("diff_monitoring", "export_monitoring", "monitoring_history", "monitoring_status", "monitoring_trends"),
    ),
    "norm": ("Norm", "read_norm"),
    "observations": ("with_observations",),
    "profiles": ("Profile", "load_profile"),
    "sample": ("sample_city",),
    "schema": ("City",),
    "scores": ("score_city", "score_zones"),
    "screening": ("Screening", "screen", "screen_city"),
    "survey": ("list_survey", "list_visits"),
    "versions": ("show_versions",),
    "widths.passable": ("PassableWidths", "passable_width"),
    "areas": (
        "score_areas",
        "sum_works",
    ),
    "measure.stop_distances": ("measure_stop_distances",),
    "network.walking": (
        "Walking",
        "walk_city",
    ),
    "planning.plan": (
        "Plan",
        "plan_works",
    ),
    "planning.weighing": (
        "Weighed",
        "weigh",
    ),
    "planning.whatif": (
        "apply_fixes",
        "compare_screenings",
    ),
    "reach": (
        "Reach",
        "reach_city",
    ),
    "screening.cities": (
        "Cities",
        "screen_cities",
    ),
    "screening.papers": ("write_papers",),
    "screening.plans": (
        "CityPlan",
        "plan_city",
        "write_reach",
    ),
}

__all__ = [
    "Cities",
    "City",
    "CityPlan",
    "ConfigError",
    "CrsError",
    "Exported",
    "Field",
    "Findings",
    "Horizon",
    "InputError",
    "Inspection",
    "Layer",
    "MissingExtraError",
    "Norm",
    "NormError",
    "PassableWidths",
    "Plan",
    "Profile",
    "Reach",
    "Screening",
    "Style",
    "ToegankelijkError",
    "Walking",
    "Weighed",
    "apply_fixes",
    "assess",
    "compare_screenings",
    "cover_norm",
    "diff_monitoring",
    "draw_layers",
    "export_monitoring",
    "export_screened",
    "find_bottlenecks",
    "find_good_examples",
    "import_workbooks",
    "inspect_files",
    "judge_groups",
    "list_survey",
    "list_visits",
    "load_profile",
    "measure_layers",
    "measure_shares",
    "measure_stop_distances",
    "monitoring_history",
    "monitoring_status",
    "monitoring_trends",
    "open_store",
    "passable_width",
    "plan_city",
    "plan_works",
    "reach_city",
    "read_city",
    "read_monitoring",
    "read_norm",
    "read_reports",
    "sample_city",
    "score_areas",
    "score_city",
    "score_zones",
    "screen",
    "screen_cities",
    "screen_city",
    "show_map",
    "show_versions",
    "sum_works",
    "update_monitoring",
    "walk_city",
    "weigh",
    "with_observations",
    "write_map",
    "write_papers",
    "write_reach",
]


def __getattr__(name: str) -> Any:
    """Load the module of a public name when it is first used, so that the import itself stays light."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(f"toegankelijk.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "testing"]
