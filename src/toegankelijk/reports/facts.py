"""What fact sheets are made of: the tables of a screening, and which row belongs to which sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd

from toegankelijk import schema
from toegankelijk.norm import Norm

ZONE, SERVICE = "zone", "service"
"""Divisions that every city has; the others are those of its districts."""


@dataclass(frozen=True)
class Facts:
    """The tables that fact sheets show.

    Parameters
    ----------
    city, norm
        What was screened, by what.
    scores
        Scores per zone, level and theme.
    area_scores
        The same per district, see `toegankelijk.areas.score_areas`.
    bottlenecks, good_examples
        Of the screening, or of a screening with a plan.
    survey
        What is to be measured, an object each.
    homes
        Per division (`ZONE`, `SERVICE`, and those of districts) and table (``bottlenecks``, ``good_examples``, ``survey``) the
        unit of each row, on the index of the table; several are joined by ``|``, and "" is none.
    reach
        Who gets where per division and area, as `toegankelijk.reach.Reach.areas`, with ``profile_name``, ``purpose_name`` and
        ``counted``: of what, in words (residents, addresses, metres of street).
    progress
        What was open after each screening, as `toegankelijk.ledger.progress.progress` gives it.
    run
        What it rests on: ``norm``, ``hash``, ``date``, ``version``, ``attribution``.
    """

    city: schema.City
    norm: Norm
    scores: pd.DataFrame
    area_scores: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame
    good_examples: gpd.GeoDataFrame
    survey: gpd.GeoDataFrame
    homes: Mapping[str, Mapping[str, pd.Series]]
    reach: pd.DataFrame | None = None
    progress: pd.DataFrame | None = None
    run: Mapping[str, str] = field(default_factory=dict)

    def divisions(self) -> list[str]:
        """Codes of the divisions that have sheets: zones, districts, services."""
        return [ZONE, *sorted(set(self.homes) - {ZONE, SERVICE}), *([SERVICE] if SERVICE in self.homes else [])]

    def scores_of(self, division: str) -> pd.DataFrame:
        """Scores of the units of a division, as ``zone_id`` and ``zone_name``; none of services."""
        if division == ZONE:
            return self.scores
        rows = self.area_scores[self.area_scores["division"] == division]
        return rows.rename(columns={"district_id": "zone_id", "district_name": "zone_name"})

    def rows_of(self, table: str, division: str, unit: str) -> pd.DataFrame:
        """Rows of a table that belong to a unit."""
        rows: pd.DataFrame = getattr(self, table)
        return rows.iloc[self._members.get((division, table), {}).get(unit, [])]

    @cached_property
    def _members(self) -> dict[tuple[str, str], dict[str, list[int]]]:
        """Per division and table the places of the rows of each unit."""
        members: dict[tuple[str, str], dict[str, list[int]]] = {}
        for division, tables in self.homes.items():
            for table, homes in tables.items():
                units = members.setdefault((division, table), {})
                for place, home in enumerate(homes.reindex(getattr(self, table).index, fill_value="")):
                    for unit in dict.fromkeys(str(home).split("|")):
                        units.setdefault(unit, []).append(place)
        return members
