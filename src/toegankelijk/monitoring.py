"""The monitoring table: bottlenecks over screenings, with what staff wrote."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from toegankelijk.bottlenecks import COLUMNS
from toegankelijk.errors import InputError
from toegankelijk.keys import key_texts

STAFF_COLUMNS = ("status", "first_seen")
"""Columns of the table that a later screening does not refresh; columns that staff added are never touched either."""

FIELDS = {
    **{"bottleneck_id": "str:40", "theme": "str:40", "criterion": "str:20", "criteria": "str:254", "object_id": "str:120"},
    **{"kind": "str:40", "zone_id": "str:120", "level": "str:4", "street": "str:254", "description": "str:1000"},
    **{"value": "str:120", "required": "str:254", "severity": "int32", "solution": "str:254", "solution_reason": "str:500"},
    **{"remedy": "str:60", "cost_class": "int32", "feasibility": "str:10", "feasibility_reason": "str:500", "track": "str:10"},
    **{"priority": "int32", "priority_band": "str:10", "priority_reason": "str:500", "planning": "str:4"},
    **{"planning_reason": "str:500", "phase": "str:40", "target_year": "int32", "responsible": "str:40", "partner": "str:40"},
    **{"responsible_reason": "str:254", "basis": "str:120", "source": "str:254", "status": "str:30"},
    **{"first_seen": "date", "last_seen": "date"},
}
"""Columns of the table in a GeoPackage, with their types."""

LAYER = "monitoring"
"""Name of the table's layer."""


def update_table(table: gpd.GeoDataFrame, previous: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Bring the monitoring table up to date with a new screening.

    Bottlenecks are matched by ``bottleneck_id``. Of one that was there already, the status, the date first seen, and every column
    that staff added are kept, and the rest is refreshed. One that is not found any more stays as it was: this screening has not
    seen it to be right.

    Parameters
    ----------
    table
        Bottlenecks of the new screening.
    previous
        The table as it stands.

    Returns
    -------
    GeoDataFrame
        New and old bottlenecks; rows that were there keep their order, new ones follow.
    """
    if previous is None or previous.empty:
        return table
    previous = _checked(previous)
    old = previous.set_index("bottleneck_id")
    new = table.set_index("bottleneck_id")
    extra = [column for column in old if column not in COLUMNS and column != old.geometry.name]
    both = old.index.intersection(new.index)
    kept = new.loc[both].copy()
    for column in (*STAFF_COLUMNS, *extra):
        if column in old:
            kept[column] = old.loc[both, column]
    gone = old.index.difference(new.index, sort=False)
    fresh = new.index.difference(old.index, sort=False)
    parts = [kept, old.loc[gone].to_crs(table.crs) if len(gone) else old.loc[gone], new.loc[fresh]]
    joined = pd.concat([part for part in parts if len(part)])
    joined = joined.loc[[*old.index, *fresh]].reset_index()
    return gpd.GeoDataFrame(joined[[*COLUMNS[:-1], *extra, "geometry"]], geometry="geometry", crs=table.crs)


def _checked(previous: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table as it stands, with empty columns for those that somebody removed; refused if its rows cannot be told apart."""
    if "bottleneck_id" not in previous:
        names = ", ".join(map(str, previous.columns))
        raise InputError(
            f"monitoring table: there is no column 'bottleneck_id' any more (there are {names}); give it back its name"
        )
    ids = key_texts(previous["bottleneck_id"])
    if twice := sorted(set(ids[ids.duplicated() & (ids != "")])):
        raise InputError(
            "monitoring table: some rows have one bottleneck_id; give copies an id of their own, or none", twice[:20]
        )
    if nameless := int((ids == "").sum()):
        raise InputError(f"monitoring table: {nameless} rows have no bottleneck_id; give each one of its own, such as EIGEN-1")
    return previous.assign(**{column: None for column in COLUMNS if column not in previous})


def same_tables(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> bool:
    """Whether two tables say the same in the same rows, whatever the types that a file gave their columns."""
    if len(left) != len(right) or set(left) != set(right):
        return False
    return all(_plain(left[column]) == _plain(right[column]) for column in left)


def _plain(column: pd.Series) -> list[Any]:
    if column.name == "geometry":
        return [None if shape is None else shape.wkb for shape in column]
    return list(column.astype("object").where(column.notna(), "").astype("str"))
