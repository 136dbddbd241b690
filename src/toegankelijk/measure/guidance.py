"""Tactile guidance: what it lies at, how wide and how free guide lines are, and the warning fields of crossings."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.ends import directions
from toegankelijk.measure.geometry import (
    as_lines,
    flags,
    frame,
    is_complete,
    middle_lines,
    only,
    rectangle_sides,
    says,
    segments,
    shapes_of,
    unit,
    worst_accuracy,
    xy,
)

AT_END = 2.0
"""Distance in metres from a crossing end within which a tactile object belongs to it; a proposal."""

APART = 5.0
"""Distance in metres beyond which a tactile object surely does not belong to a crossing end; a proposal."""

AT_STOP = 3.0
"""Distance in metres from a stop or an entrance within which a tile marks it; a proposal."""

APART_FROM_STOP = 10.0
"""Distance in metres beyond which a tile surely does not: a bus is that long."""

POINT_CROSSING = 15.0
"""The same of a crossing drawn as a point, which lies on the axis of a street of any width."""

SHARED = 0.5
"""Metres by which one end may lie farther from a warning field than another, and have it too: a field round a corner."""

NEAR_AXIS = 0.4
"""Share of a crossing that is drawn from pavement to pavement, from either end, on which its kerb lies."""

FREE = 3.0
"""Distance in metres on either side of a guide line up to which free space is looked at."""

TRIM = 0.6
"""Length in metres of either end of a guide line that leads to something, and need not keep clear of it; the clear strip."""

HALF_OBJECT = 0.5
"""Distance in metres that an object drawn as a point may reach from it: a bin, a cabinet, a trunk."""

WIDEST = 0.9
"""Width in metres that a guide line of unknown width has at most."""

FOLLOW = 15.0
"""Distance in metres from the end of a guide line up to which guidance is looked for; the norm asks for at most 10."""


def at_crossing(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a tactile object belongs to a crossing end: it lies within 2 m of one or of the crossing's line.

    It does not if there is none within 5 m (15 m of a crossing drawn as a point), and the crossings are complete. A guide line
    leads to crossings and belongs to none: unknown.
    """
    tactile = layers["tactile"]
    slack = schema.accuracy(tactile) + worst_accuracy(layers, "crossing", "crossing_end")
    crossings = shapes_of(layers, "crossing")
    pointlike = shapely.get_dimensions(crossings) == 0
    ends = layers.get("crossing_end")
    delivered = shapes_of(layers, "crossing_end")
    if ends is not None:
        delivered = delivered[~says(ends, "derived", True)]  # derived ones lie on their crossing
    near = _distance(tactile, np.concatenate([crossings[~pointlike], delivered]), APART + slack)
    around = _distance(tactile, crossings[pointlike], POINT_CROSSING + slack)
    true = near + slack <= AT_END
    false = (near - slack > APART) & (around - slack > POINT_CROSSING) & is_complete(layers, "crossing")
    guide = says(tactile, "guide_line", True) & ~says(tactile, "warning_field", True)
    return flags(tactile.index, true & ~guide, false & ~guide)


def at_stop_or_entrance(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a tile marks a boarding point or a public entrance: it lies within 3 m of a stop, a public entrance or an anchor.

    It does not if none lies within 10 m, nor an entrance that may be public, and stops and entrances are complete.
    """
    tactile, entrances = layers["tactile"], layers.get("entrance")
    slack = schema.accuracy(tactile) + worst_accuracy(layers, "stop", "entrance", "anchor")
    sure, possible = shapes_of(layers, "stop", "anchor"), np.array([], dtype=object)
    if entrances is not None:
        public = says(entrances, "public_building", True)
        private = says(entrances, "public_building", False)
        shapes = entrances.geometry.to_numpy()
        sure, possible = np.concatenate([sure, shapes[public]]), shapes[~public & ~private]
    near = _distance(tactile, sure, APART_FROM_STOP + slack)
    perhaps = np.minimum(near, _distance(tactile, possible, APART_FROM_STOP + slack))
    false = (perhaps - slack > APART_FROM_STOP) & is_complete(layers, "stop", "entrance")
    return flags(tactile.index, near + slack <= AT_STOP, false)


def guide_width(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Width in metres of a guide line that is drawn as a polygon: the shorter side of that rectangle or strip."""
    return _side(layers["tactile"], "guide_line", 0)


def info_side(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Side in metres of an information tile that is drawn as a rectangle: the shorter one."""
    return _side(layers["tactile"], "info_tile", 0)


def field_depth(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Depth in metres of a warning field that is drawn as a rectangle or strip: its shorter side.

    A field lies across the way. One that is not twice as long as deep may lie either way round: from the shorter to the longer.
    """
    tactile = layers["tactile"]
    short, long = _side(tactile, "warning_field", 0), _side(tactile, "warning_field", 1)
    high = np.where(long["low"] >= 2 * short["high"], short["high"], long["high"])
    return frame(tactile.index, short["low"].to_numpy(), high)


def tactile_warning(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a warning field lies at a crossing end.

    It does where an object that is a warning field lies within 2 m and no other end is nearer to it (by more than 0.5 m: one
    field may go round a corner). It does not where the city says that its layer of tactile objects is complete (column
    ``complete`` is true) and none that may be a warning field lies within 5 m. Of a layer of which nobody says so, that is
    empty or was not delivered, nothing follows: tactile paving is the last thing that gets into a map.
    """
    ends, tactile = layers["crossing_end"], layers.get("tactile")
    nothing = np.zeros(len(ends), bool)
    if tactile is None or tactile.empty:
        return flags(ends.index, nothing, nothing)
    fields = _fields_at_ends(layers)
    numbers = np.arange(len(ends))
    known = ~shapely.is_missing(_kerb_places(layers)) & _said_complete(tactile)
    return flags(ends.index, np.isin(numbers, fields.loc[fields["sure"], "end"]), known & ~np.isin(numbers, fields["end"]))


def warning_length(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length in metres of the warning field along the kerb; of several, from the longest to all together.

    Of a field that goes round a corner, and lies at the ends of two crossings, it is an upper bound.
    """
    return _of_fields(layers, "length", "max", "sum")


def warning_depth(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Depth in metres of the warning field at a crossing end, in walking direction; of several, from least to most."""
    return _of_fields(layers, "depth", "min", "max")


def guide_clearance(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Free space in metres on either side of a guide line: to obstacles, buildings and the kerbs that run along it.

    The last 0.6 m at either end count no more: there it leads to something. What is drawn as a point may reach 0.5 m from it.
    It is an upper bound, unless obstacles, buildings and kerbs (as lines or as carriageways) are complete; they are looked for
    up to 3 m.
    """
    tactile = layers["tactile"]
    lines = _guide_lines(tactile)
    tips = shapely.union(*(shapely.buffer(shapely.get_point(lines, number), TRIM) for number in (0, -1)))
    inner = shapely.difference(lines, tips)
    inner = only(inner, ~shapely.is_missing(inner) & ~shapely.is_empty(inner))
    band = shapely.buffer(inner, FREE + WIDEST, cap_style="flat")
    things = shapes_of(layers, "obstacle", "building")
    kerbs, _ = segments(shapes_of(layers, "kerb_line", "carriageway"))
    pairs = [shapely.STRtree(shapes).query(band, predicate="intersects") for shapes in (things, kerbs)]
    along = np.abs((_course(lines)[pairs[1][0]] * _course(kerbs)[pairs[1][1]]).sum(axis=1)) >= np.cos(np.pi / 4)
    guide = np.concatenate([pairs[0][0], pairs[1][0][along]])
    thing = np.concatenate([things[pairs[0][1]], kerbs[pairs[1][1][along]]])
    away = shapely.distance(shapely.intersection(thing, band[guide]), inner[guide])
    least = pd.DataFrame({"high": away, "low": away - np.where(shapely.get_dimensions(thing) == 0, HALF_OBJECT, 0.0)})
    least = least.groupby(guide).min().reindex(range(len(tactile)))
    low, high = least["low"].fillna(FREE + WIDEST / 2).to_numpy(), least["high"].to_numpy()
    width = schema.bounds(tactile, "guide_width")
    widest = np.where(np.isfinite(width[1]), width[1], WIDEST)
    narrowest = np.where(np.isfinite(width[0]), width[0], 0.0)
    slack = schema.accuracy(tactile) + worst_accuracy(layers, "obstacle", "building", "kerb_line", "carriageway")
    sure = is_complete(layers, "obstacle", "building") and (
        is_complete(layers, "kerb_line") or is_complete(layers, "carriageway")
    )
    low = np.where(~shapely.is_missing(inner) & sure, np.maximum(low - slack - widest / 2, 0.0), np.nan)
    return frame(tactile.index, low, np.maximum(high + slack - narrowest / 2, 0.0))


def guide_gap(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Distance in metres from the worse end of a guide line to the next guidance, natural or artificial.

    That is another tactile object, a front of a building, a kerb, a crossing end, a stop or an entrance; it is looked for up to
    15 m. Other guidance may be nearer, so it is an upper bound, unless buildings, kerbs, parcels and tactile objects are all
    complete: then the edge of a parcel and obstacles, such as a hedge, are the only places where other guidance may be.
    """
    tactile = layers["tactile"]
    lines = _guide_lines(tactile)
    others = "building", "kerb_line", "crossing_end", "stop", "entrance"
    guides = np.concatenate([tactile.geometry.to_numpy(), shapes_of(layers, *others)])
    perhaps = shapes_of(layers, "parcel", "obstacle")
    slack = schema.accuracy(tactile) + worst_accuracy(layers, "tactile", *others)
    low, high = np.zeros(len(tactile)), np.zeros(len(tactile))
    for number in (0, -1):
        tips = shapely.get_point(lines, number)
        tip, guide = shapely.STRtree(guides).query(tips, predicate="dwithin", distance=FOLLOW)
        tip, guide = tip[guide != tip], guide[guide != tip]  # the first guides are the tactile objects themselves
        nearest = pd.Series(shapely.distance(tips[tip], guides[guide])).groupby(tip).min().reindex(range(len(tactile)))
        high = np.maximum(high, nearest.to_numpy())  # NaN stays NaN
        possible = _distance(gpd.GeoDataFrame(geometry=tips), perhaps, FOLLOW)
        low = np.maximum(low, np.minimum(nearest.fillna(FOLLOW).to_numpy(), np.minimum(possible, FOLLOW)))
    sure = is_complete(layers, "building", "kerb_line", "parcel") and _said_complete(tactile)
    low = np.where(~shapely.is_missing(lines) & sure, np.maximum(low - slack, 0.0), np.nan)
    return frame(tactile.index, low, high + slack)


def _distance(objects: gpd.GeoDataFrame, others: np.ndarray, reach: np.ndarray | float) -> np.ndarray:
    """Distance in metres from each object to the nearest of others; infinite beyond the reach."""
    result = np.full(len(objects), np.inf)
    if len(objects):
        farthest = float(np.max(reach))
        tree = shapely.STRtree(others)
        (which, _), gap = tree.query_nearest(
            objects.geometry.to_numpy(), max_distance=farthest, return_distance=True, all_matches=False
        )
        result[which] = gap
    return result


def _said_complete(tactile: gpd.GeoDataFrame) -> bool:
    """Whether the city says of a source of tactile objects that it holds all."""
    return bool(says(tactile, "complete", True).any())


def _side(tactile: gpd.GeoDataFrame, flag: str, which: int) -> pd.DataFrame:
    """Bounds of the shorter (0) or longer (1) side of the objects that a flag marks."""
    marked = says(tactile, flag, True)
    side = np.where(marked, rectangle_sides(only(tactile.geometry.to_numpy(), marked))[which], np.nan)
    slack = schema.accuracy(tactile)
    return frame(tactile.index, np.maximum(side - slack, 0.0), side + slack)


def _guide_lines(tactile: gpd.GeoDataFrame) -> np.ndarray:
    """Each guide line as a line; none of what is no guide line, or drawn as a point or a polygon that is no straight strip."""
    shapes = only(tactile.geometry.to_numpy(), says(tactile, "guide_line", True))
    middle = middle_lines(only(shapes, shapely.get_dimensions(shapes) == 2))
    return np.where(shapely.is_missing(middle), as_lines(shapes), middle)


def _course(lines: np.ndarray) -> np.ndarray:
    """Direction of each line from its start to its end."""
    return unit(xy(shapely.get_point(lines, -1)) - xy(shapely.get_point(lines, 0)))


def _kerb_places(layers: Mapping[str, gpd.GeoDataFrame]) -> np.ndarray:
    """Where the kerb of each crossing end may lie; none where its crossing is drawn as a point.

    The end itself, or, of a crossing that is drawn from pavement to pavement, the part of its line that begins there.
    """
    ends, crossings = layers["crossing_end"], layers.get("crossing")
    places: np.ndarray = ends.geometry.to_numpy()
    if crossings is None or crossings.empty:
        return places
    parents = crossings.index.get_indexer(schema.texts(ends, "parent_id"))
    derived = says(ends, "derived", True) & (parents >= 0)
    lines = as_lines(crossings.geometry.to_numpy())[parents]
    to_axis = derived & says(crossings, "axis_to_axis", True)[parents] & ~shapely.is_missing(lines)
    length = np.nan_to_num(shapely.length(lines))
    points = shapely.point_on_surface(places)
    along = np.clip(shapely.line_locate_point(lines, points), length * NEAR_AXIS, length * (1 - NEAR_AXIS))
    inward = shapely.line_interpolate_point(lines, along)
    reach = only(places, ~derived | ~shapely.is_missing(lines))
    reach[to_axis] = shapely.linestrings(np.stack([xy(points), xy(inward)], axis=1)[to_axis])
    return np.asarray(reach)


def _fields_at_ends(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Pairs of crossing ends and tactile objects that may be their warning field, and whether they surely are."""
    ends, tactile = layers["crossing_end"], layers["tactile"]
    field = says(tactile, "warning_field", True)
    places, shapes = _kerb_places(layers), only(tactile.geometry.to_numpy(), ~says(tactile, "warning_field", False))
    slack = worst_accuracy(layers, "crossing_end", "tactile")
    end, other = shapely.STRtree(shapes).query(places, predicate="dwithin", distance=APART + 2 * slack)
    table = pd.DataFrame({"end": end, "field": other, "gap": shapely.distance(places[end], shapes[other])})
    slack = schema.accuracy(ends)[end] + schema.accuracy(tactile)[other]
    nearest = table.groupby("field")["gap"].transform("min")
    table["sure"] = field[other] & (table["gap"] + slack <= AT_END) & (table["gap"] <= nearest + SHARED)
    return table[table["gap"] - slack <= APART]


def _of_fields(layers: Mapping[str, gpd.GeoDataFrame], side: str, lowest: str, highest: str) -> pd.DataFrame:
    """Depth or length of the warning fields that surely lie at each crossing end.

    The depth lies along the crossing, the length across it. A line along the kerb has a length and no depth.
    """
    ends, tactile = layers["crossing_end"], layers.get("tactile")
    nothing = np.full(len(ends), np.nan)
    if tactile is None or tactile.empty:
        return frame(ends.index, nothing, nothing)
    pairs = _fields_at_ends(layers)
    pairs = pairs[pairs["sure"]]
    end, shapes = pairs["end"].to_numpy(), tactile.geometry.to_numpy()[pairs["field"]]
    short, long, direction = rectangle_sides(shapes)
    lines = as_lines(shapes)
    drawn = ~shapely.is_missing(lines)
    short, long = np.where(drawn, np.nan, short), np.where(drawn, shapely.length(lines), long)
    direction = np.where(drawn[:, None], _course(lines), direction)
    along = np.abs((direction * directions(ends, layers.get("crossing"))[end]).sum(axis=1)) > np.cos(np.pi / 4)
    value = np.where(along == (side == "depth"), long, short)
    slack = schema.accuracy(tactile)[pairs["field"]]
    low = np.maximum(value - slack, 0.0)
    if side == "length":  # of a field that goes round a corner, only part lies along the kerb of each crossing
        low = np.where(pairs["field"].duplicated(keep=False) & ~np.isnan(low), 0.0, low)
    table = pd.DataFrame({"end": end, "low": low, "high": value + slack}).dropna()
    found = table.groupby("end").agg({"low": lowest, "high": highest}).reindex(range(len(ends)))
    return frame(ends.index, found["low"].to_numpy(), found["high"].to_numpy())
