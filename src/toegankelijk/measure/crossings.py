"""Crossings: their ends and their length."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.carriageways import REACH, Kerbs, find_kerbs
from toegankelijk.measure.geometry import as_lines, flags, frame, is_complete, says, shapes_of
from toegankelijk.measure.passages import SNAP, derived_ids

END_DISTANCE = 3.0
"""Distance in metres within which a delivered crossing end belongs to the end of a crossing."""


def with_crossing_ends(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers in which every crossing has its two ends, delivered or derived."""
    result = dict(layers)
    if "crossing" in result:
        result["crossing_end"] = derive_ends(result["crossing"], result.get("crossing_end"), streets=result.get("street"))
    return result


def derive_ends(
    crossings: gpd.GeoDataFrame, delivered: gpd.GeoDataFrame | None = None, *, streets: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Both ends of every crossing: those delivered, and derived ones where there are fewer than two.

    A delivered end belongs to the crossing that its ``parent_id`` names, or to the nearest crossing that ends within 3 m. What
    the crossing's layer says of its ends (kerb height, warning field) holds for both, where an end says nothing of its own.
    Where the lines of two crossings meet on the axis of a street, one crossing is drawn in two parts, and no end is due.

    Parameters
    ----------
    crossings
        Crossings, drawn as lines or as points.
    delivered
        Crossing ends of the city.
    streets
        Axes of streets.

    Returns
    -------
    GeoDataFrame
        Crossing ends; derived ones have the crossing's id with ``/1`` (start of its line) or ``/2`` (end).
    """
    slots = _slots(crossings, pd.Index([]) if delivered is None else delivered.index)
    said = [column for column in crossings if _says_of_ends(column)]
    if delivered is None or delivered.empty:
        given, free = crossings.iloc[:0][[]], slots
    else:
        given = _with_parents(delivered, slots)
        free = _free_slots(given, slots)
    free = free[~_on_carriageway(free["geometry"].to_numpy(), slots, streets)]
    new = crossings.loc[free["parent_id"], [*said, *_carried(crossings)]].set_axis(pd.Index(free["object_id"], name="object_id"))
    new = gpd.GeoDataFrame(
        new.assign(parent_id=free["parent_id"].to_numpy(), derived=True), geometry=free["geometry"].to_numpy(), crs=crossings.crs
    )
    if given.empty:
        return new.sort_index()
    parents = given["parent_id"].where(given["parent_id"].isin(crossings.index))
    inherited = crossings.reindex(parents)[said].set_axis(given.index)
    for attribute in dict.fromkeys(_attribute(column) for column in said):
        columns = [column for column in said if _attribute(column) == attribute]
        silent = ~schema.is_known(given, attribute) & ~_undelivered(given)
        for column in columns:
            own = given[column] if column in given else inherited[column].iloc[:0].reindex(given.index)
            given[column] = own.where(~silent, inherited[column])
    return gpd.GeoDataFrame(pd.concat([given, new]).sort_index(), geometry="geometry", crs=crossings.crs)


def crossing_length(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length from kerb to kerb in metres: that of the line of the crossing.

    A line drawn from axis to axis of the pavements (column ``axis_to_axis``) is too long. If kerbs are delivered on it, on either
    side of its middle, the length is from the outermost to the outermost; else the line is an upper bound only.

    Where carriageways are delivered and the line meets a kerb at both ends, they go before: the length is from the first kerb to
    the last, islands on the way included. If something else than a traffic island lies between two carriageways, they may be
    two crossings: the length is at least that of the longest. A carriageway that is not complete, or beyond which a line from
    kerb to kerb goes on for more than a metre, is a lower bound; the line then is the upper. A line from axis to axis that
    ends on the axis of a street, or where another crossing begins and no footway lies, may be part of a crossing: it is no upper
    bound, unless kerbs or all carriageways tell where the crossing ends.
    """
    crossings = layers["crossing"]
    shapes = crossings.geometry.to_numpy()
    length = np.where(shapely.get_dimensions(shapes) == 1, shapely.length(shapes), np.nan)
    slack = schema.accuracy(crossings)
    axis = says(crossings, "axis_to_axis", True)
    low = np.where(axis, np.where(np.isnan(length), np.nan, 0.0), np.maximum(length - slack, 0.0))
    between = np.where(axis, _between_kerbs(crossings, layers.get("crossing_end")), np.nan)
    known = ~np.isnan(between)
    whole = np.where(axis & _goes_on(layers), np.nan, length)
    low, high = np.where(known, np.maximum(between - slack, 0.0), low), np.where(known, between, whole) + slack
    if "carriageway" in layers:
        kerbs = find_kerbs(layers)
        crossed = ~np.isnan(kerbs.length)
        beyond = np.maximum(kerbs.start, shapely.length(kerbs.lines) - kerbs.end) > 2 * REACH
        sure = is_complete(layers, "carriageway") & (axis | ~beyond)
        low = np.where(crossed, np.maximum(_longest(kerbs, layers) - kerbs.accuracy, 0.0), low)
        high = np.where(crossed, np.where(sure, kerbs.length, np.maximum(kerbs.length, high - slack)) + kerbs.accuracy, high)
    return frame(crossings.index, low, high)


def crossing_marked(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the crossing is marked: a zebra is."""
    crossings = layers["crossing"]
    return flags(crossings.index, says(crossings, "zebra", True), np.zeros(len(crossings), bool))


def zebra(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the crossing has zebra markings: an unmarked one has none."""
    crossings = layers["crossing"]
    return flags(crossings.index, np.zeros(len(crossings), bool), says(crossings, "crossing_marked", False))


def required_speed(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Speed in m/s that a pedestrian needs at the lights: ``crossing_length / crossing_time``."""
    crossings = layers["crossing"]
    length, time = schema.bounds(crossings, "crossing_length"), schema.bounds(crossings, "crossing_time")
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.maximum(length[0], 0.0) / time[1], length[1] / np.maximum(time[0], 0.0)
    known = np.isfinite(time[1]) & np.isfinite(length[0]), np.isfinite(high) & (time[0] > 0)
    return frame(crossings.index, np.where(known[0] & (time[1] > 0), low, np.nan), np.where(known[1], high, np.nan))


def _longest(kerbs: Kerbs, layers: Mapping[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Longest part of each crossing, in metres, that nothing breaks but traffic islands."""
    gap = kerbs.gap
    middle = shapely.line_interpolate_point(kerbs.lines[gap["line"]], gap[["start", "end"]].mean(axis=1).to_numpy())
    on_island = np.zeros(len(gap), bool)
    on_island[shapely.STRtree(middle).query(shapes_of(layers, "traffic_island"), predicate="intersects")[1]] = True
    breaks = gap[~on_island]
    lines = np.arange(len(kerbs.lines))
    starts = pd.concat(
        [pd.DataFrame({"line": lines, "at": kerbs.start}), breaks[["line", "end"]].set_axis(["line", "at"], axis=1)]
    )
    ends = pd.concat([pd.DataFrame({"line": lines, "at": kerbs.end}), breaks[["line", "start"]].set_axis(["line", "at"], axis=1)])
    starts, ends = (table.sort_values(["line", "at"], ignore_index=True) for table in (starts, ends))
    return np.asarray((ends["at"] - starts["at"]).groupby(starts["line"]).max().reindex(lines).to_numpy(dtype=float))


def _between_kerbs(crossings: gpd.GeoDataFrame, ends: gpd.GeoDataFrame | None) -> np.ndarray:
    """Distance along each crossing's line between the outermost kerbs delivered on it; NaN if they lie on one side only."""
    result = np.full(len(crossings), np.nan)
    if ends is None or "parent_id" not in ends:
        return result
    delivered = ends[~schema.is_marked(ends, "derived") & ends["parent_id"].isin(crossings.index)]
    lines = crossings.geometry.reindex(delivered["parent_id"]).to_numpy()
    points = delivered.geometry.to_numpy()
    on = (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & (shapely.distance(lines, points) <= SNAP)
    along = pd.Series(shapely.line_locate_point(lines[on], points[on]), delivered["parent_id"].to_numpy()[on])
    outer = along.groupby(level=0).agg(["min", "max"]).reindex(crossings.index)
    middle = shapely.length(crossings.geometry.to_numpy()) / 2
    return np.where((outer["min"] < middle) & (outer["max"] > middle), outer["max"] - outer["min"], np.nan)


def _slots(crossings: gpd.GeoDataFrame, delivered: pd.Index) -> pd.DataFrame:
    """The two places of each crossing where an end is due, with the id that a derived end gets."""
    shapes = crossings.geometry.to_numpy()
    merged = shapely.line_merge(shapes)
    simple = shapely.get_type_id(merged) == 1
    middle = shapely.point_on_surface(shapes)
    parts = []
    for number, position in ((1, 0), (2, -1)):
        points = np.where(simple, shapely.get_point(np.where(simple, merged, None), position), middle)
        ids = derived_ids(crossings.index, [number] * len(crossings), delivered)
        parts.append(pd.DataFrame({"object_id": ids, "parent_id": crossings.index, "number": number, "geometry": points}))
    return pd.concat(parts, ignore_index=True)


def _with_parents(delivered: gpd.GeoDataFrame, slots: pd.DataFrame) -> gpd.GeoDataFrame:
    ends = delivered.copy()
    parent = ends["parent_id"].astype("object") if "parent_id" in ends else pd.Series(None, ends.index, dtype="object")
    points = shapely.point_on_surface(ends.geometry.to_numpy())
    if len(slots):
        tree = shapely.STRtree(slots["geometry"].to_numpy())
        (which, slot), _ = tree.query_nearest(points, max_distance=END_DISTANCE + SNAP, return_distance=True, all_matches=False)
        nearest = pd.Series(None, ends.index, dtype="object")
        nearest.iloc[which] = slots["parent_id"].to_numpy()[slot]
        parent = parent.where(parent.notna() & (parent != ""), nearest)
    return ends.assign(parent_id=parent)


def _free_slots(given: gpd.GeoDataFrame, slots: pd.DataFrame) -> pd.DataFrame:
    """Places without a delivered end. Of a crossing with one, the place nearest to it is taken; with two or more, both are."""
    count = slots["parent_id"].map(given["parent_id"].value_counts()).fillna(0)
    single = given.drop_duplicates("parent_id").set_index("parent_id").geometry.reindex(slots["parent_id"])
    distance = pd.Series(shapely.distance(slots["geometry"].to_numpy(), single.to_numpy()), slots.index)
    nearest = distance.groupby(slots["parent_id"]).rank(method="first") == 1
    return slots[(count == 0) | ((count == 1) & ~nearest)]


def _on_carriageway(points: np.ndarray, slots: pd.DataFrame, streets: gpd.GeoDataFrame | None) -> np.ndarray:
    """Places where the ends of two crossings meet on the axis of a street that is no pedestrian street."""
    if not len(points):
        return np.zeros(0, bool)
    here, other = shapely.STRtree(slots["geometry"].to_numpy()).query(points, predicate="dwithin", distance=SNAP)
    meeting = pd.Series(slots["parent_id"].to_numpy()[other]).groupby(here).nunique() > 1
    result = np.zeros(len(points), bool)
    result[meeting.index[meeting]] = True
    return np.asarray(result & _on_axis(points, streets))


def _goes_on(layers: Mapping[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Crossings of which a line starts or ends on the axis of a street, or where only another crossing leads on."""
    lines = as_lines(layers["crossing"].geometry.to_numpy())
    ends = np.concatenate([shapely.get_point(lines, number) for number in (0, -1)])
    one, other = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=SNAP)
    met = np.isin(np.arange(len(ends)), one[one % len(lines) != other % len(lines)])
    walked = np.isin(np.arange(len(ends)), shapely.STRtree(shapes_of(layers, "footway")).query(ends, "dwithin", distance=SNAP)[0])
    on: np.ndarray = ((met & ~walked) | _on_axis(ends, layers.get("street"))).reshape(2, -1).any(axis=0)
    return on


def _on_axis(points: np.ndarray, streets: gpd.GeoDataFrame | None) -> np.ndarray:
    """Points on the axis of a street that is no pedestrian street."""
    if streets is None or streets.empty:
        return np.zeros(len(points), bool)
    if "footway_sides" in streets:
        streets = streets[~streets["footway_sides"].eq("pedestrian")]
    axes = streets.geometry.to_numpy()[shapely.get_dimensions(streets.geometry.to_numpy()) == 1]
    return np.isin(np.arange(len(points)), shapely.STRtree(axes).query(points, predicate="dwithin", distance=SNAP)[0])


def _attribute(column: str) -> str:
    return column.removesuffix("_low").removesuffix("_high")


def _says_of_ends(column: str) -> bool:
    attribute = schema.attributes().get(_attribute(column))
    return attribute is not None and "crossing_end" in attribute.kinds


def _carried(crossings: pd.DataFrame) -> list[str]:
    """Columns that a derived end takes over from its crossing as they are."""
    return [column for column in ("source", "street", "name", "manager", "accuracy") if column in crossings]


def _undelivered(ends: pd.DataFrame) -> pd.Series:
    """Ends that only the inventory knows: what the crossing says is of ends that are there."""
    return ends["delivered"].eq(False) if "delivered" in ends else pd.Series(False, ends.index)
