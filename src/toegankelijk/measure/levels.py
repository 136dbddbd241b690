"""Differences in height across a way, from heights of the ground: cross slopes of footways, and kerbs."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure import ground
from toegankelijk.measure.geometry import frame
from toegankelijk.schema import Terrain

Layers = Mapping[str, gpd.GeoDataFrame]

FINE = 0.5
"""Side in metres of the largest cell in which a cross slope can be told: a walkway is only a few cells wide."""

ACROSS = 1.0
"""Least distance in metres between the two places whose heights give a cross slope."""

KERB_CELL = 1.0
"""Side in metres of the largest cell that shows what is on either side of a kerb."""

BESIDE = 1.5
"""Metres from a kerb within which its height is overcome, the kerb ramp included."""


def cross_slope(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Largest cross slope of a footway in %, between places as far apart as its width surely is.

    The line is taken as the middle of the walkway. The two places lie half a cell and the accuracy of the drawing inside its
    edges, and both heights may be off by the raster's accuracy *a*: over *b* metres the slope is known to within 2 *a* / *b*, so
    only a very accurate raster tells more than an upper bound. Driveways and the corners at the ends do not count; where it is
    not known that there is no driveway, only the upper bound holds.
    """
    footways = layers["footway"]
    unknown = np.full(len(footways), np.nan)
    result = frame(footways.index, unknown, unknown)
    shapes, slack = footways.geometry.to_numpy(), schema.accuracy(footways)
    width = np.fmax(*(schema.bounds(footways, name)[0] for name in ("route_width", "min_passage_width")))
    half = width / 2 - terrain.cell / 2 - slack
    line = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & (shapely.length(shapes) > 0)
    on_ground = ~schema.is_marked(footways, "off_ground").to_numpy()
    rows = np.flatnonzero(line & on_ground & np.isfinite(half) & (2 * half >= ACROSS))
    if terrain.cell > FINE or not len(rows):
        return result
    for batch in ground.batches(shapes[rows], terrain.cell):
        chosen = rows[batch]
        result.iloc[chosen] = _cross(terrain, shapes[chosen], half[chosen], width[chosen])
    driveways = footways["has_driveway"] if "has_driveway" in footways else pd.Series(pd.NA, footways.index, dtype="boolean")
    return result.assign(low=result["low"].where(driveways.eq(False).fillna(False).astype(bool)))


def kerb_rise(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Upper bound of the height that is overcome at a kerb, in metres: what the ground differs within 1.5 m of it."""
    return _rise(layers["kerb"], terrain)


def kerb_step(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Upper bound of the step that a kerb leaves, in cm: the whole height that is overcome there."""
    return _rise(layers["kerb"], terrain) * 100


def end_rise(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Upper bound of the height that is overcome at the end of a crossing, in metres: what the ground differs within 1.5 m."""
    return _rise(layers["crossing_end"], terrain)


def rise_between_ends(layer: gpd.GeoDataFrame, terrain: Terrain) -> pd.DataFrame:
    """Lower bound of the height between both ends of ramps or stairs, in metres.

    What is built, such as a deck, a raster of the ground does not show: it may lie higher than the ground under it. So the
    difference is no upper bound.
    """
    shapes, slack = layer.geometry.to_numpy(), schema.accuracy(layer)
    line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    low = np.full(len(layer), np.nan)
    rows = np.flatnonzero(line & ~schema.is_marked(layer, "off_ground").to_numpy())
    if len(rows):
        ends = [shapely.get_coordinates(shapely.get_point(shapes[rows], place)) for place in (0, -1)]
        (low_a, high_a), (low_b, high_b) = (ground.bounds_around(terrain, end, slack[rows]) for end in ends)
        low[rows] = np.maximum(low_a - high_b, low_b - high_a)
    return frame(layer.index, np.where(low > 0, low, np.nan), np.full(len(layer), np.nan))


def _cross(terrain: Terrain, lines: np.ndarray, half: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Bounds of the largest cross slope of some lines, in %; NaN where it is not known."""
    x, y, ahead, first, step = ground.points_along(lines, terrain.cell)
    line = np.repeat(np.arange(len(lines)), np.diff(first))
    away = half[line]
    left, right = (ground.heights(terrain, x - side * away * ahead[:, 1], y + side * away * ahead[:, 0]) for side in (1.0, -1.0))
    slope = np.abs(left - right) / (2 * away)
    with np.errstate(invalid="ignore"):
        wall = ~(slope <= ground.STEEPEST)
    known = ~wall
    for near in (1, 2):  # places next to a wall, whose cells hold some of it
        same = line[near:] == line[:-near]
        known[near:] &= ~(wall[:-near] & same)
        known[:-near] &= ~(wall[near:] & same)
    error = terrain.accuracy / away
    along = (np.arange(len(line)) - first[line]) * step[line]
    inner = (along > width[line]) & (along < (np.diff(first) - 1)[line] * step[line] - width[line])
    low = np.maximum.reduceat(np.where(known & inner, np.maximum(slope - error, 0.0), 0.0), first[:-1])
    high = np.maximum.reduceat(np.where(known, slope + error, np.inf), first[:-1])
    return np.column_stack([np.where(low > 0, low, np.nan), np.where(np.isfinite(high), high, np.nan)]) * 100


def _rise(layer: gpd.GeoDataFrame, terrain: Terrain) -> pd.DataFrame:
    """Nothing to the greatest difference of the ground near points, or near lines at every metre; unknown where it has gaps."""
    shapes, slack = layer.geometry.to_numpy(), schema.accuracy(layer)
    high = np.full(len(layer), np.nan)
    kinds = shapely.get_type_id(shapes)
    points = np.flatnonzero(kinds == shapely.GeometryType.POINT)
    lines = np.flatnonzero((kinds == shapely.GeometryType.LINESTRING) & (shapely.length(shapes) > 0))
    if terrain.cell <= KERB_CELL:
        places, rows = [shapely.get_coordinates(shapes[points])], [points]
        if len(lines):
            x, y, _, first, _ = ground.points_along(shapes[lines], 1.0)
            places.append(np.column_stack([x, y]))
            rows.append(np.repeat(lines, np.diff(first)))
        at, of = np.concatenate(places), np.concatenate(rows)
        low, top = ground.bounds_around(terrain, at, np.maximum(BESIDE, 2 * terrain.cell) + slack[of], gaps=False)
        greatest = pd.Series(top - low).groupby(of).agg(lambda part: part.max(skipna=False))
        high[greatest.index] = greatest
    return frame(layer.index, np.where(np.isnan(high), np.nan, 0.0), high)
