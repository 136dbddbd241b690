"""What a crossing crosses: its kerbs, the angle at which it meets them, and the speed and lanes of the street."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import (
    as_lines,
    cut_large,
    extend,
    frame,
    only,
    says,
    segments,
    spans,
    unit,
    worst_accuracy,
    xy,
)
from toegankelijk.measure.passages import SNAP

REACH = 1.0
"""Distance in metres beyond the drawn end of a crossing within which its kerb may lie."""

OVERLAP = 0.5
"""Length in metres of a crossing that must lie in a carriageway, before it crosses that carriageway."""

DRAWING = 0.02
"""Metres by which neighbouring vertices of a kerb may be off, even if it is drawn exactly: coordinates come in centimetres."""

AXIS_DOUBT = 5.0
"""Degrees by which a kerb may turn away from the axis of its street."""


@dataclass(frozen=True)
class Kerbs:
    """Where crossings meet the edges of carriageways.

    Parameters
    ----------
    lines
        Each crossing's line, `REACH` longer at both ends; none where it is no line.
    start, end
        Metres along that line at which the first and the last kerb lie; NaN where the line ends inside a carriageway.
    gap
        Spans of what is no carriageway between them: columns ``line``, ``start`` and ``end``.
    accuracy
        Metres by which each may be off, as drawn less exactly of crossing and carriageway.
    """

    lines: np.ndarray
    start: np.ndarray
    end: np.ndarray
    gap: pd.DataFrame
    accuracy: np.ndarray

    @property
    def length(self) -> np.ndarray:
        """Metres from kerb to kerb; NaN where one of them is not known."""
        return np.asarray(self.end - self.start)


def find_kerbs(layers: Mapping[str, gpd.GeoDataFrame]) -> Kerbs:
    """Where the crossings of a city meet the edges of its carriageways.

    Only carriageways count in which at least 0.5 m of the crossing lies, so that the far side of a narrow median does not.
    """
    crossings = layers["crossing"]
    lines = as_lines(crossings.geometry.to_numpy())
    longer = extend(lines, REACH)
    slack = np.maximum(schema.accuracy(crossings), worst_accuracy(layers, "carriageway"))
    start, end = np.full(len(lines), np.nan), np.full(len(lines), np.nan)
    drawn = layers.get("carriageway")
    inside = spans(longer, np.array([], dtype=object) if drawn is None else drawn.geometry.to_numpy())
    whole = shapely.length(longer)[inside["line"]]
    overlap = np.minimum(inside["end"], whole - REACH) - np.maximum(inside["start"], REACH)
    inside = inside[overlap >= OVERLAP]
    outer = inside.groupby("line").agg({"start": "min", "end": "max"})
    start[outer.index], end[outer.index] = outer["start"], outer["end"]
    start[start <= SNAP] = np.nan
    end[end >= shapely.length(longer) - SNAP] = np.nan
    following = inside.assign(next=inside.groupby("line")["start"].shift(-1)).dropna()
    gap = pd.DataFrame({"line": following["line"], "start": following["end"], "end": following["next"]}).reset_index(drop=True)
    return Kerbs(longer, start, end, gap, slack)


def skew_angle(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Deviation in degrees of the crossing's axis from perpendicular to the kerb; a crossing follows its worse end.

    At each end it is ``arcsin |a . k|`` of the directions of the axis, from kerb to kerb, and of the kerb there. Kerbs are the
    edges of carriageways, or else kerb lines at which the crossing's line ends. Without kerbs at both ends it is taken from the
    axis of the street that is crossed, give or take 5 degrees. Bounds: a crossing of length L and a kerb of length K, drawn
    with accuracies c and k, may be turned by ``arcsin(c / L)`` and ``arcsin(k / K)``.
    """
    crossings = layers["crossing"]
    kerbs = find_kerbs(layers)
    drawn = layers.get("carriageway")
    if drawn is not None and len(drawn):
        parts, _ = cut_large(drawn.geometry.to_numpy(), kerbs.lines)
        slack = worst_accuracy(layers, "carriageway")
        low, high = _skew(crossings, kerbs.lines, (kerbs.start, kerbs.end), _kerb_edges(parts), slack)
    else:
        low = high = np.full(len(crossings), np.nan)
    edges = layers.get("kerb_line")
    if edges is not None and len(edges):
        lines = only(kerbs.lines, ~says(crossings, "axis_to_axis", True))
        ends = np.where(shapely.is_missing(lines), np.nan, REACH), shapely.length(lines) - REACH
        pieces, _ = segments(edges.geometry.to_numpy())
        other = _skew(crossings, lines, ends, pieces, worst_accuracy(layers, "kerb_line"))
        low, high = np.where(np.isnan(low), other[0], low), np.where(np.isnan(high), other[1], high)
    axis = _skew_to_axis(layers)
    unknown = np.isnan(low)
    return frame(crossings.index, np.where(unknown, axis[0], low), np.where(unknown, axis[1], high), most=90.0)


def crossing_maxspeed(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Speed limit in km/h of the street that is crossed; of several, from the lowest to the highest."""
    return _of_streets(layers, "maxspeed", "min", "max")


def crossing_lanes(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Number of motor lanes crossed; of several streets, from those of the widest (one street in parts) to those of all."""
    return _of_streets(layers, "lanes", "max", "sum")


def crossed_streets(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[np.ndarray, np.ndarray, gpd.GeoDataFrame]:
    """Pairs of crossings and the streets that they cross, both as numbers, and the streets; pedestrian streets are none.

    A line crosses the axes that it meets, but not one on a bridge or in a tunnel, which may pass over or under it. A point stands
    for a crossing of the axes on which it lies, within its accuracy.
    """
    crossings, streets = layers["crossing"], layers.get("street")
    if streets is None:
        streets = crossings.iloc[:0]
    if "footway_sides" in streets:
        streets = streets[~streets["footway_sides"].eq("pedestrian")]
    streets = streets[~schema.is_marked(streets, "off_ground")]
    streets = streets[shapely.get_dimensions(streets.geometry.to_numpy()) == 1]
    shapes = crossings.geometry.to_numpy()
    reach = np.where(shapely.get_dimensions(shapes) == 0, np.maximum(schema.accuracy(crossings), SNAP), SNAP)
    crossing, street = shapely.STRtree(streets.geometry.to_numpy()).query(shapes, predicate="dwithin", distance=reach)
    return crossing, street, streets


def _of_streets(layers: Mapping[str, gpd.GeoDataFrame], attribute: str, lowest: str, highest: str) -> pd.DataFrame:
    """An attribute of the streets that are crossed, where it is known of all of them."""
    crossings = layers["crossing"]
    crossing, street, streets = crossed_streets(layers)
    ends = []
    for bound, how in zip(schema.bounds(streets, attribute), (lowest, highest), strict=True):
        values = pd.Series(np.where(np.isinf(bound), np.nan, bound)[street])
        known = values.notna().groupby(crossing).all()
        ends.append(values.groupby(crossing).agg(how).where(known).reindex(range(len(crossings))).to_numpy(dtype=float))
    return frame(crossings.index, *ends)


def _kerb_edges(parts: np.ndarray) -> np.ndarray:
    """Straight edges of carriageways, without those along which two of them lie together."""
    edges, owner = segments(shapely.simplify(parts, DRAWING))
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    part, edge = shapely.STRtree(middle).query(parts, predicate="dwithin", distance=2 * DRAWING)
    shared = np.zeros(len(edges), bool)
    shared[edge[owner[edge] != part]] = True
    return edges[~shared]


def _skew(
    crossings: gpd.GeoDataFrame, lines: np.ndarray, ends: tuple[np.ndarray, np.ndarray], edges: np.ndarray, slack: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the skew at the worse of two places along each line, from the edges there; NaN unless both have an edge."""
    points = [shapely.line_interpolate_point(lines, np.where(np.isnan(place), 0.0, place)) for place in ends]
    points = [only(point, ~np.isnan(place)) for place, point in zip(ends, points, strict=True)]
    with np.errstate(invalid="ignore"):
        near = np.nan_to_num(np.minimum(ends[1] - ends[0], shapely.length(lines) - 2 * REACH))  # the least that is drawn
    axis = unit(xy(points[1]) - xy(points[0]))
    turned = _turn(schema.accuracy(crossings), near)
    tree = shapely.STRtree(edges)
    low, high = np.zeros(len(lines)), np.zeros(len(lines))
    for point, step in zip(points, (-1.0, 1.0), strict=True):
        here = _skew_at(tree, edges, point, [axis, _heading(lines, point, step)], slack)
        worst = here.groupby("line").agg({"low": "min", "high": "max"}).reindex(range(len(lines)))
        low = np.maximum(low, worst["low"].to_numpy() - turned)  # NaN stays NaN
        high = np.maximum(high, worst["high"].to_numpy() + turned)
    return np.maximum(low, 0.0), np.minimum(high, 90.0)


def _skew_at(
    tree: shapely.STRtree, edges: np.ndarray, points: np.ndarray, headings: list[np.ndarray], slack: float
) -> pd.DataFrame:
    """Bounds of the skew at points against every edge that they lie on, for each heading."""
    line, edge = tree.query(points, predicate="dwithin", distance=max(slack, SNAP) + DRAWING)
    along = unit(xy(shapely.get_point(edges[edge], 1)) - xy(shapely.get_point(edges[edge], 0)))
    turned = _turn(slack + DRAWING, shapely.length(edges[edge]))
    angles = [np.degrees(np.arcsin(np.minimum(np.abs((heading[line] * along).sum(axis=1)), 1.0))) for heading in headings]
    table = pd.DataFrame({"line": line, "low": np.minimum(*angles) - turned, "high": np.maximum(*angles) + turned})
    return table.assign(gap=shapely.distance(points[line], edges[edge])).pipe(_nearest)


def _nearest(table: pd.DataFrame) -> pd.DataFrame:
    """Of the edges near a point those that are as near as the nearest."""
    least = table.groupby("line")["gap"].transform("min")
    return table[table["gap"] <= least + SNAP]


def _heading(lines: np.ndarray, points: np.ndarray, step: float) -> np.ndarray:
    """Direction in which each line passes a point, looking half a metre further outwards."""
    along = shapely.line_locate_point(lines, points)
    back = xy(shapely.line_interpolate_point(lines, along - step * REACH / 2))
    return unit((xy(points) - back) * step)


def _turn(off: np.ndarray | float, length: np.ndarray) -> np.ndarray:
    """Degrees by which something may be turned, one end of which may be off sideways."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.degrees(np.arcsin(np.minimum(np.where(length > 0, off / length, 1.0), 1.0))))


def _skew_to_axis(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the angle between crossings and the perpendicular of the axes that they cross."""
    crossings = layers["crossing"]
    crossing, street, streets = crossed_streets(layers)
    lines = as_lines(crossings.geometry.to_numpy())
    pieces, owner = segments(only(lines, np.isin(np.arange(len(lines)), crossing)))
    axes, axis_of = segments(streets.geometry.to_numpy()[np.unique(street)])
    axis_of = np.unique(street)[axis_of]
    piece, axis = shapely.STRtree(axes).query(pieces, predicate="dwithin", distance=SNAP)
    ways = [unit(xy(shapely.get_point(one, 1)) - xy(shapely.get_point(one, 0))) for one in (pieces[piece], axes[axis])]
    angle = np.degrees(np.arcsin(np.minimum(np.abs((ways[0] * ways[1]).sum(axis=1)), 1.0)))
    turned = AXIS_DOUBT + _turn(schema.accuracy(streets)[axis_of[axis]], shapely.length(axes[axis]))
    turned = turned + _turn(schema.accuracy(crossings)[owner[piece]], shapely.length(lines[owner[piece]]))
    table = pd.DataFrame({"line": owner[piece], "low": angle - turned, "high": angle + turned})
    worst = table.groupby("line").agg({"low": "min", "high": "max"}).reindex(range(len(lines)))
    return np.maximum(worst["low"].to_numpy(), 0.0), np.minimum(worst["high"].to_numpy(), 90.0)
