"""Fact sheets of a screening: its tables, and what lies in which zone and district and falls to which service."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from toegankelijk.areas import find_districts
from toegankelijk.labels import check_language, day, label
from toegankelijk.ledger.progress import progress
from toegankelijk.reports.fact_sheets import write_fact_sheets
from toegankelijk.reports.facts import SERVICE, ZONE, Facts

if TYPE_CHECKING:
    from toegankelijk.ledger.state import State
    from toegankelijk.network.walking import Walking
    from toegankelijk.screening import Screening

TABLES = ("bottlenecks", "good_examples", "survey")


def facts_of(screening: Screening, *, state: State | None = None, table: gpd.GeoDataFrame | None = None) -> Facts:
    """What the fact sheets of a screening show.

    Parameters
    ----------
    screening
        A screening; that of a plan (`toegankelijk.screening.plans.CityPlan.screening`) has the terms of the plan.
    state
        The monitoring table with its history, for the trend.
    table
        Bottlenecks in the place of those of the screening, such as those with what staff did.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> facts = facts_of(screen(sample_city()))
    >>> facts.divisions(), len(facts.rows_of("bottlenecks", "zone", "WZ-1"))
    (['zone', 'wijk', 'service'], 39)
    """
    city, lang = screening.city, check_language(screening.lang)
    bottlenecks = screening.table if table is None else table
    rows = dict(zip(TABLES, (bottlenecks, screening.good_examples, screening.survey), strict=True))
    homes = _homes(city.districts)
    found = {division: {name: home(part) for name, part in rows.items()} for division, home in homes.items()}
    norm = screening.norm
    return Facts(
        city=city,
        norm=norm,
        scores=screening.scores,
        area_scores=screening.area_scores,
        bottlenecks=bottlenecks,
        good_examples=screening.good_examples,
        survey=screening.survey,
        homes=found,
        reach=None if screening.walking is None else _reach(screening, screening.walking, lang),
        progress=None if state is None else progress(state, homes),
        run={
            "norm": f"{norm.name} {norm.version}",
            "hash": norm.hash,
            "date": day(city.settings.get("date"), lang),
            "version": importlib.metadata.version("toegankelijk"),
            "attribution": str(city.settings.get("attribution") or ""),
        },
    )


def write_sheets(
    screening: Screening,
    folder: str | Path,
    *,
    state: State | None = None,
    table: gpd.GeoDataFrame | None = None,
    trail: Sequence[Mapping[str, str]] = (),
) -> list[Path]:
    """Write the fact sheets of a screening (see `toegankelijk.reports.fact_sheets.write_fact_sheets`)."""
    return write_fact_sheets(folder, facts_of(screening, state=state, table=table), trail=trail, lang=screening.lang)


def _homes(districts: Mapping[str, gpd.GeoDataFrame]) -> dict[str, Callable[[gpd.GeoDataFrame], pd.Series]]:
    """Per division how to find the unit of a row."""
    homes: dict[str, Callable[[gpd.GeoDataFrame], pd.Series]] = {ZONE: lambda rows: _texts(rows, "zone_id")}
    for division, shapes in districts.items():
        homes[division] = lambda rows, shapes=shapes: _inside(rows, shapes)  # type: ignore[misc]
    homes[SERVICE] = lambda rows: _texts(rows, "responsible")
    return homes


def _texts(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows:
        return pd.Series("", index=rows.index, dtype="object")
    return rows[column].astype("object").where(rows[column].notna(), "").map(str)


def _inside(rows: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.Series:
    shapes = rows.geometry.to_crs(districts.crs) if rows.crs is not None and rows.crs != districts.crs else rows.geometry
    return pd.Series(find_districts(shapes.to_numpy(), districts), index=rows.index, dtype="object")


def _reach(screening: Screening, walking: Walking, lang: str) -> pd.DataFrame:
    """Who gets where, with names of users and purposes."""
    areas = screening.reach.areas
    names: dict[str, Any] = {name: one.names.get(lang, name) for name, one in walking.places.purposes.items()}
    users = {name: one.names.get(lang, name) for name, one in walking.profiles.items()}
    named = {"purpose_name": areas["purpose"].map(names), "profile_name": areas["profile"].map(users)}
    unit = label(f"plan.counted.{walking.places.counted.split()[0]}", lang)
    return areas.assign(**named, counted=unit)
