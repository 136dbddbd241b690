"""Works that are planned anyway: which bottlenecks lie in them, in which year and term they come, and whose they are."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.bottlenecks import Horizon
from toegankelijk.labels import label
from toegankelijk.planning.facts import Layers, look_up

KIND = "planned_work"
"""Context kind of the works."""

INSIDE = 0.5
"""Least share of a line or polygon that lies in a work, for it to be in it; a proposal."""

BROAD = ("zone", "route")
"""Kinds that stand for a whole area or several streets: no place of works of their own."""

MUNICIPAL, ROADS_AGENCY = "municipality", "awv"
"""Managers of works: who gives none is the city itself, as it delivers the layer."""

OWNERS = ("private", "other")


@dataclass(frozen=True)
class Works:
    """Planned works and the bottlenecks in them.

    Parameters
    ----------
    works
        Works that a plan can go by; index ``work_id``, columns ``name``, ``street``, ``manager``, ``year``, ``term`` and
        ``geometry``.
    members
        A row per bottleneck and work that it lies in: ``bottleneck_id``, ``work_id``, ``year``, ``own`` (the work is of its own
        manager) and ``reason`` in words; of its own ones the first stands first.
    remarks
        Works that cannot be used, and why; columns `toegankelijk.schema.REMARK_COLUMNS`.
    """

    works: gpd.GeoDataFrame
    members: pd.DataFrame
    remarks: pd.DataFrame

    def own(self) -> pd.DataFrame:
        """The work of its own manager that each bottleneck is done with, the earliest; index ``bottleneck_id``."""
        return self.members[self.members["own"]].drop_duplicates("bottleneck_id").set_index("bottleneck_id")


def term_of(years: npt.NDArray[np.float64], horizon: Horizon | None = None) -> npt.NDArray[np.object_]:
    """Term in which a year falls; empty after the last one and for NaN.

    Examples
    --------
    >>> term_of(np.array([2026, 2028, 2029, 2037, 2038])).tolist()
    ['KT', 'KT', 'MLT', 'LT', '']
    """
    ends = horizon or Horizon()
    conditions = [years <= ends.KT, years <= ends.MLT, years <= ends.LT]
    return np.asarray(
        np.select(conditions, np.array(["KT", "MLT", "LT"], dtype=object), np.array("", dtype=object)), dtype=object
    )


def find_works(
    table: gpd.GeoDataFrame,
    planned: gpd.GeoDataFrame | None,
    layers: Layers,
    *,
    horizon: Horizon | None = None,
    today: datetime.date | None = None,
    lang: str = "nl",
) -> Works:
    """Which bottlenecks lie in which planned work.

    A point lies in a work if the work covers it, a line or polygon if the work covers half of it (`INSIDE`).

    Parameters
    ----------
    table
        Bottlenecks: ``bottleneck_id, kind, object_id, track, responsible`` and ``geometry``.
    planned
        The context layer ``planned_work``: polygons with ``year`` and where known ``name``, ``street`` and ``manager``.
    layers
        Kind to layer, for the shapes of the objects.
    horizon
        Years in which the terms end.
    today
        Works of earlier years are past; if not given, by the day on which this is called.
    lang
        Language of the reasons.

    Returns
    -------
    Works
        Works without year or shape, in the past or after the last term are among the remarks, and pull nothing.
    """
    day = today or datetime.datetime.now(datetime.UTC).date()
    if planned is None or planned.empty:
        empty = gpd.GeoDataFrame({"name": [], "street": [], "manager": [], "year": [], "term": []}, geometry=[], crs=table.crs)
        return Works(empty.rename_axis("work_id"), _members([], [], [], [], []), schema.remarks())
    works, remarks = _usable(planned, horizon or Horizon(), day)
    spots = table[~table["kind"].isin(BROAD)]
    row, work = _inside(spots, works, layers)
    manager = _managers(spots).to_numpy()[row]
    asked = works["manager"].to_numpy()[work]
    own = np.where(np.isin(asked, OWNERS), np.isin(manager, OWNERS), manager == asked)
    columns = [spots["bottleneck_id"].to_numpy(dtype=object)[row], works.index.to_numpy(dtype=object)[work]]
    year, name = works["year"].to_numpy()[work], works["name"].to_numpy()[work]
    reasons = [
        label(f"plan.work.{'own' if is_own else 'other'}", lang, year=int(when), name=what or which)
        for is_own, when, what, which in zip(own, year, name, columns[1], strict=True)
    ]
    members = _members(columns[0], columns[1], year, own, reasons)
    return Works(works, members, remarks)


def _members(ids: object, works: object, year: object, own: object, reason: object) -> pd.DataFrame:
    columns = {"bottleneck_id": ids, "work_id": works, "year": year, "own": own, "reason": reason}
    types = {"bottleneck_id": "object", "work_id": "object", "year": "int64", "own": "bool", "reason": "object"}
    table = pd.DataFrame(columns).astype(types)
    return table.sort_values(["bottleneck_id", "own", "year", "work_id"], ascending=[True, False, True, True], ignore_index=True)


def _usable(planned: gpd.GeoDataFrame, horizon: Horizon, day: datetime.date) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Works that have a place and a year within the plan, and remarks on the others."""
    year = planned["year"].to_numpy(dtype=float, na_value=np.nan) if "year" in planned else np.full(len(planned), np.nan)
    shapes = planned.geometry.to_numpy()
    bare = shapely.is_missing(shapes) | (shapely.area(shapes) <= 0)
    why = np.select(
        [bare, np.isnan(year), year < day.year, year > horizon.LT],
        [
            "it has no area",
            "it has no year: it pulls nothing",
            "its year is past: it pulls nothing",
            "it comes after the last term: it pulls nothing",
        ],
        "",
    )
    out = why != ""
    texts = ["" if np.isnan(one) else f"{one:.0f}" for one in year[out]]
    remarks = schema.remarks(KIND, planned.index[out], "year", texts, list(why[out]))
    kept = planned[~out]
    columns = {name: schema.texts(kept, name).to_numpy() for name in ("name", "street", "manager")}
    works = gpd.GeoDataFrame(columns, geometry=kept.geometry.to_numpy(), index=kept.index.rename("work_id"), crs=planned.crs)
    works["manager"] = works["manager"].where(works["manager"] != "", MUNICIPAL)
    works["year"] = year[~out].astype("int64")
    works["term"] = term_of(year[~out], horizon)
    return works.sort_index(), remarks


def _inside(
    table: gpd.GeoDataFrame, works: gpd.GeoDataFrame, layers: Layers
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs of bottleneck and work that it lies in, by their places in the tables."""
    shapes = look_up(table, layers, "geometry").to_numpy(dtype=object)
    shapes = np.where(shapely.is_missing(shapes), table.geometry.to_numpy(), shapes)
    areas = works.geometry.to_numpy()
    row, work = shapely.STRtree(areas).query(shapes, predicate="intersects")
    size, part = _size(shapes[row]), _size(shapely.intersection(shapes[row], areas[work]))
    kept = (size <= 0) | (part >= INSIDE * size - 1e-9)
    return row[kept], work[kept]


def _size(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Area of polygons, length of lines, nothing of points."""
    return np.asarray(np.where(shapely.get_dimensions(shapes) == 2, shapely.area(shapes), shapely.length(shapes)))


def _managers(table: pd.DataFrame) -> pd.Series:
    """Manager of bottlenecks by their track and service, in the words of the attribute ``manager``."""
    track, service = schema.texts(table, "track"), schema.texts(table, "responsible")
    return pd.Series(np.select([track == "eigen", service == ROADS_AGENCY], [MUNICIPAL, ROADS_AGENCY], OWNERS[-1]), table.index)
