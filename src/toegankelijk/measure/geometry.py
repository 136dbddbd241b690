"""Shapes that several measures ask for: lines in one piece, parts of large polygons, where lines run inside polygons."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.passages import SNAP

LARGEST_PART = 256
"""Vertices beyond which a polygon is cut into parts: a whole city's carriageway in one polygon is slow to ask anything."""


RECTANGULAR = 0.85
"""Least share of the smallest rectangle round it that a polygon fills to pass for that rectangle."""

ELONGATED = 3.0
"""Times that a polygon is longer than wide to pass for a strip."""


def is_complete(layers: Mapping[str, gpd.GeoDataFrame], *kinds: str) -> bool:
    """Whether layers hold all there is, so that something follows from what is not there.

    Each must hold objects too, and count as `schema.is_complete`: an empty layer may be empty because nobody filled it.
    """
    return all(kind in layers and len(layers[kind]) > 0 and schema.is_complete(layers[kind]) for kind in kinds)


def shapes_of(layers: Mapping[str, gpd.GeoDataFrame], *kinds: str) -> np.ndarray:
    """Geometries of several kinds together; none of a kind that was not delivered."""
    return np.concatenate([np.array([], dtype=object), *(layers[kind].geometry.to_numpy() for kind in kinds if kind in layers)])


def worst_accuracy(layers: Mapping[str, gpd.GeoDataFrame], *kinds: str) -> float:
    """Largest accuracy in metres of any object of these kinds; 0 if there is none."""
    return max((float(schema.accuracy(layers[kind]).max(initial=0.0)) for kind in kinds if kind in layers), default=0.0)


def says(layer: pd.DataFrame, column: str, answer: bool) -> np.ndarray:
    """Objects of which a true/false column gives this answer; none where it is empty or not there."""
    if column not in layer:
        return np.zeros(len(layer), bool)
    return np.asarray(layer[column].eq(answer).fillna(False).to_numpy(dtype=bool))


def frame(index: pd.Index, low: np.ndarray, high: np.ndarray, *, most: float = np.inf) -> pd.DataFrame:
    """Bounds on an index; those from 0 to the most that can be say nothing, and are unknown."""
    known = (low > 0) | (high < most)
    return pd.DataFrame({"low": np.where(known, low, np.nan), "high": np.where(known, high, np.nan)}, index=index)


def flags(index: pd.Index, true: np.ndarray, false: np.ndarray) -> pd.DataFrame:
    """True, false or unknown as bounds on an index; true goes before false."""
    flag = np.select([true, false], [1.0, 0.0], np.nan)
    return frame(index, flag, flag)


def xy(points: np.ndarray) -> np.ndarray:
    """Coordinates of points, an array of shape (points, 2); NaN where there is none."""
    return np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(vectors / np.hypot(vectors[:, 0], vectors[:, 1])[:, None])


def only(shapes: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen shapes in their places, and none in the others."""
    result = shapes.copy()
    result[~chosen] = None
    return result


def as_lines(shapes: np.ndarray) -> np.ndarray:
    """Each shape as one line; none where it is no line, has no length, or is in parts that do not join."""
    several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING
    shapes = np.where(several, shapely.line_merge(only(shapes, several)), shapes)
    return only(shapes, (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & (shapely.length(shapes) > 0))


def outward(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions in which each line would go on beyond its start and beyond its end, as unit vectors."""
    places = [xy(shapely.get_point(lines, number)) for number in (0, 1, -2, -1)]
    return unit(places[0] - places[1]), unit(places[3] - places[2])


def extend(lines: np.ndarray, by: float) -> np.ndarray:
    """Lines made longer at both ends, in the direction in which they end."""
    before, after = outward(lines)
    start, end = xy(shapely.get_point(lines, 0)) + by * before, xy(shapely.get_point(lines, -1)) + by * after
    sound = np.flatnonzero(~shapely.is_missing(lines) & np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1))
    inner, owner = shapely.get_coordinates(lines[sound], return_index=True)
    numbers = np.arange(len(sound))
    places = np.concatenate([start[sound], inner, end[sound]])
    owners = np.concatenate([numbers, owner, numbers])
    order = np.argsort(owners, kind="stable")
    result = np.full(len(lines), None, dtype=object)
    if len(sound):
        result[sound] = shapely.linestrings(places[order], indices=owners[order])
    return result


def segments(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight parts of lines or of the edges of polygons, and the number of the shape that each is of."""
    flat = shapely.get_dimensions(lines) == 2
    rings, owner = shapely.get_parts(np.where(flat, shapely.boundary(only(lines, flat)), lines), return_index=True)
    places, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    pairs = np.stack([places[:-1], places[1:]], axis=1)[same]
    ring = ring[1:][same]
    real = (pairs[:, 0] != pairs[:, 1]).any(axis=1)
    return shapely.linestrings(pairs[real]), owner[ring[real]]


def cut_large(shapes: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons in parts of at most `LARGEST_PART` vertices, as far as they lie near some shapes, and which polygon each is of."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    tree = shapely.STRtree(near)
    small: list[tuple[np.ndarray, np.ndarray]] = []
    while len(parts):
        wanted = np.unique(tree.query(parts)[0])
        parts, owner = parts[wanted], owner[wanted]
        large = shapely.get_num_coordinates(parts) > LARGEST_PART
        small.append((parts[~large], owner[~large]))
        parts, owner = parts[large], owner[large]
        left, bottom, right, top = shapely.bounds(parts).T if len(parts) else np.zeros((4, 0))
        wide = right - left >= top - bottom
        across, up = (left + right) / 2, (bottom + top) / 2
        first = shapely.box(left, bottom, np.where(wide, across, right), np.where(wide, top, up))
        second = shapely.box(np.where(wide, across, left), np.where(wide, bottom, up), right, top)
        halves = shapely.intersection(np.tile(parts, 2), np.concatenate([first, second]))
        halves, number = shapely.get_parts(halves, return_index=True)
        flat = shapely.get_dimensions(halves) == 2
        parts, owner = halves[flat], np.tile(owner, 2)[number[flat]]
    if not small:
        return np.array([], dtype=object), np.zeros(0, np.intp)
    return np.concatenate([one for one, _ in small]), np.concatenate([one for _, one in small])


def spans(lines: np.ndarray, polygons: np.ndarray) -> pd.DataFrame:
    """Where lines run inside polygons, in metres along each line; what touches is one span.

    Returns
    -------
    DataFrame
        Columns ``line`` (number of the line), ``start`` and ``end``, sorted.

    Examples
    --------
    >>> halves = np.array([shapely.box(2, -5, 5, 5), shapely.box(5, -5, 9, 5)])
    >>> spans(np.array([shapely.LineString([(0, 0), (10, 0)])]), halves).to_numpy().tolist()
    [[0.0, 2.0, 9.0]]
    """
    parts, _ = cut_large(polygons, lines)
    part, line = shapely.STRtree(lines).query(parts, predicate="intersects")
    inside, pair = shapely.get_parts(shapely.intersection(lines[line], parts[part]), return_index=True)
    real = shapely.get_dimensions(inside) == 1
    inside, line = inside[real], line[pair[real]]
    places = [shapely.line_locate_point(lines[line], shapely.get_point(inside, number)) for number in (0, -1)]
    table = pd.DataFrame({"line": line, "start": np.minimum(*places), "end": np.maximum(*places)})
    table = table.sort_values(["line", "start", "end"], ignore_index=True)
    reached = table.groupby("line")["end"].cummax().shift()
    fresh = (table["line"].diff() != 0) | (table["start"] > reached + SNAP)
    return table.groupby(fresh.cumsum().to_numpy()).agg({"line": "first", "start": "min", "end": "max"}).reset_index(drop=True)


def rectangle_sides(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shorter and longer side of each rectangle or strip, and the direction of the longer one; NaN where it is neither.

    A polygon that fills 85 % of the smallest rectangle round it is that rectangle. Another is a strip, which may bend, if the
    rectangle with its area A and perimeter P is at least three times as long as wide: ``side² - side P/2 + A = 0``.
    """
    flat = shapely.get_dimensions(polygons) == 2
    box = shapely.oriented_envelope(polygons)
    ring = shapely.get_exterior_ring(only(box, flat & (shapely.get_dimensions(box) == 2)))
    corner = [xy(shapely.get_point(ring, number)) for number in range(3)]
    edges = corner[1] - corner[0], corner[2] - corner[1]
    sides = [np.hypot(*edge.T) for edge in edges]
    area, half = shapely.area(polygons), shapely.length(polygons) / 2
    rectangular = area >= RECTANGULAR * shapely.area(box)
    root = np.sqrt(np.maximum(half**2 - 4 * area, 0.0))
    strip = (half + root) / 2 >= ELONGATED * (half - root) / 2
    short = np.select([rectangular, strip], [np.minimum(*sides), (half - root) / 2], np.nan)
    long = np.select([rectangular, strip], [np.maximum(*sides), (half + root) / 2], np.nan)
    direction = unit(np.where((sides[0] >= sides[1])[:, None], *edges))
    return np.where(flat, short, np.nan), np.where(flat, long, np.nan), direction


def middle_lines(polygons: np.ndarray) -> np.ndarray:
    """Line along the middle of each straight strip, between its shorter sides; none where it is no such strip."""
    short, long, direction = rectangle_sides(polygons)
    box = shapely.oriented_envelope(polygons)
    straight = (shapely.area(polygons) >= RECTANGULAR * shapely.area(box)) & (long >= ELONGATED * short)
    centre, half = xy(shapely.centroid(box)), direction * long[:, None] / 2
    result = np.full(len(polygons), None, dtype=object)
    result[straight] = shapely.linestrings(np.stack([centre - half, centre + half], axis=1)[straight])
    return result
