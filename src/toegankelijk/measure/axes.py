"""Which way the street runs beside an object: its axis, and cross-sections."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.measure.geometry import unit, xy
from toegankelijk.measure.passages import SNAP

Geometries = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]

CHORD = 2.0
"""Distance in metres along a line, before and after a place, over which its direction there is taken; a proposal."""

LONG_CHORD = 10.0
"""Distance in metres before and after a place over which a line that is straight keeps its direction; a proposal."""

OTHER_WAY = 30.0
"""Angle in degrees over which another street runs another way; a proposal."""

AS_NEAR = 1.5
"""An axis that runs another way leaves it open which one counts, if it lies less than this many times as far (and 2 m)."""


@dataclass(frozen=True)
class Axes:
    """The line beside each of some points; NaN, or -1, where there is none within reach, or it is not clear which one it is.

    Parameters
    ----------
    line, along
        Which of the lines, and where on it, in metres from its start.
    foot
        The nearest place on it (x, y).
    direction
        Direction of the line there, of length 1; which way it points means nothing.
    distance
        Distance in metres from the point to the line.
    turn
        Angle in degrees between its directions over 10 m before and over 10 m after that place; large in a bend.
    alone
        Whether no other line lies nearly as near, whichever way it runs.
    """

    line: npt.NDArray[np.intp]
    along: Numbers
    foot: Numbers
    direction: Numbers
    distance: Numbers
    turn: Numbers
    alone: npt.NDArray[np.bool_]

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """Points that have a line beside them."""
        return self.line >= 0


def street_lines(streets: gpd.GeoDataFrame | None) -> Geometries:
    """Axes of streets as lines from junction to junction, however they were cut between."""
    shapes = np.array([], object) if streets is None else streets.geometry.to_numpy()
    parts = shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 1])
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))) if len(parts) else parts


def edge_lines(polygons: gpd.GeoDataFrame | None) -> Geometries:
    """Edges of polygons as lines."""
    shapes = np.array([], object) if polygons is None else polygons.geometry.to_numpy()
    return np.asarray(shapely.get_rings(shapes[shapely.get_dimensions(shapes) == 2]))


def find_driven(points: Geometries, streets: gpd.GeoDataFrame | None, *, reach: float) -> tuple[Geometries, Axes]:
    """Axes of streets, and the one beside each point; none where the nearest is that of a pedestrian street.

    What stands along a passage for people on foot may well belong to a street behind it.
    """
    walked = np.zeros(0 if streets is None else len(streets), bool)
    if streets is not None and "footway_sides" in streets:
        walked = streets["footway_sides"].eq("pedestrian").fillna(False).to_numpy(bool)
    driven = street_lines(streets if streets is None else streets[~walked])
    lines = np.concatenate([driven, street_lines(streets if streets is None else streets[walked])])
    return lines, find_axes(points, lines, reach=reach, barred=np.arange(len(lines)) >= len(driven))


def find_axes(points: Geometries, lines: Geometries, *, reach: float, barred: npt.NDArray[np.bool_] | None = None) -> Axes:
    """The nearest line to each point, within some distance in metres.

    Near a corner it is not clear which street an object belongs to: where a line that runs another way (more than 30 degrees)
    lies nearly as near, none is found. Nor is one where the nearest line is barred.
    """
    along, foot, way, away, turned = (np.full(shape, np.nan) for shape in _shapes(len(points)))
    empty = Axes(np.full(len(points), -1), along, foot, way, away, turned, np.zeros(len(points), bool))
    if not len(lines):
        return empty
    point, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=reach)
    distance = shapely.distance(points[point], lines[line])
    along = shapely.line_locate_point(lines[line], points[point])
    direction = directions(lines[line], along, -CHORD, CHORD)
    order = np.lexsort((line, distance, point))
    first = order[np.unique(point[order], return_index=True)[1]] if len(order) else order
    nearest = np.full(len(points), -1)
    nearest[point[first]] = first
    best = nearest[point]
    cosine = np.abs((direction * direction[best]).sum(axis=1))
    as_near = distance < AS_NEAR * distance[best] + 2
    rival = (cosine < np.cos(np.radians(OTHER_WAY))) & as_near
    chosen = first[~np.isin(point[first], point[rival])]
    if barred is not None:
        chosen = chosen[~barred[line[chosen]]]
    empty.alone[point[chosen]] = ~np.isin(point[chosen], point[as_near & (line != line[best])])
    empty.line[point[chosen]], empty.along[point[chosen]] = line[chosen], along[chosen]
    empty.direction[point[chosen]], empty.distance[point[chosen]] = direction[chosen], distance[chosen]
    before, after = (directions(lines[line[chosen]], along[chosen], *step) for step in ((-LONG_CHORD, 0.0), (0.0, LONG_CHORD)))
    turn = np.degrees(np.arccos(np.clip((before * after).sum(axis=1), -1, 1)))
    empty.turn[point[chosen]] = np.nan_to_num(turn)  # at the end of a line there is but one of them
    empty.foot[point[chosen]] = shapely.get_coordinates(shapely.line_interpolate_point(lines[line[chosen]], along[chosen]))
    return empty


def directions(lines: Geometries, along: Numbers, start: float, end: float) -> Numbers:
    """Direction, of length 1, of each line from some metres after a place (before it, if negative) to some metres after it."""
    length = shapely.length(lines)
    ends = [xy(shapely.line_interpolate_point(lines, np.clip(along + step, 0, length))) for step in (start, end)]
    return unit(ends[1] - ends[0])


def angle_between(one: Numbers, other: Numbers) -> Numbers:
    """Angle in degrees, 0 to 90, between directions of length 1."""
    return np.asarray(np.degrees(np.arccos(np.clip(np.abs((one * other).sum(axis=-1)), 0, 1))))


def rays(starts: Numbers, directions: Numbers, length: float | Numbers) -> Geometries:
    """Straight lines from places in directions of length 1."""
    ends = starts + directions * np.reshape(length, (-1, 1))
    return np.asarray(shapely.linestrings(np.stack([starts, ends], axis=1)))


def span_at(found: pd.DataFrame, at: Numbers) -> tuple[Numbers, Numbers]:
    """Start and end of the span (see `geometry.spans`) that holds a place on each line; NaN where none does."""
    inside = found[(found["start"] <= at[found["line"]] + SNAP) & (found["end"] >= at[found["line"]] - SNAP)]
    row = inside.drop_duplicates("line").set_index("line").reindex(range(len(at)))
    return row["start"].to_numpy(float), row["end"].to_numpy(float)


def _shapes(count: int) -> tuple[tuple[int, ...], ...]:
    return (count,), (count, 2), (count, 2), (count,), (count,)
