"""Places along lines, and lines drawn square to them: how the two sides of a street or a pavement are looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from toegankelijk.measure.geometry import only, segments, unit, xy

CHORD = 1.0
"""Distance in metres before and after a place over which the direction of its line is taken."""


def along_lines(lines: np.ndarray, step: float, margin: float = 0.0, *, least: int = 0, most: int | None = None) -> pd.DataFrame:
    """Places every so many metres along lines, the first half a step from the start.

    Parameters
    ----------
    lines
        Lines; missing ones have no places.
    step
        Distance in metres between places.
    margin
        Length in metres of either end of a line without places.
    least
        Number of places on a line that is too short for a step.
    most
        Number of places on a line that is very long.

    Returns
    -------
    DataFrame
        Columns ``line`` (number of the line), ``at`` (metres from its start), ``point``, and ``x`` and ``y`` of its direction.
    """
    length = np.nan_to_num(shapely.length(lines))
    edge = np.where(length > 2 * margin, margin, length / 2)
    count = np.where(length > 0, np.maximum(np.floor((length - 2 * edge) / step), least), 0).astype(np.intp)
    count = np.minimum(count, most) if most is not None else count
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    spacing = (length - 2 * edge)[line] / np.maximum(count, 1)[line]
    at = edge[line] + (number + 0.5) * spacing
    ends = [xy(shapely.line_interpolate_point(lines[line], np.clip(at + move, 0.0, length[line]))) for move in (-CHORD, CHORD)]
    course = unit(ends[1] - ends[0])
    point = shapely.line_interpolate_point(lines[line], at)
    return pd.DataFrame({"line": line, "at": at, "point": point, "x": course[:, 0], "y": course[:, 1]})


def across(places: pd.DataFrame, reach: float) -> np.ndarray:
    """Lines square to the line at each place, from there to its left; a negative reach goes to its right."""
    start = xy(places["point"].to_numpy())
    left = np.stack([-places["y"], places["x"]], axis=1)
    return np.asarray(shapely.linestrings(np.stack([start, start + reach * left], axis=1)))


def first_met(rays: np.ndarray, things: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    """Distance in metres along each straight line to the first of things that it meets.

    Parameters
    ----------
    rays
        Lines of one straight part, such as those of `across`.
    things
        Lines or polygons; points are met by nothing.
    own
        Number of a thing that a ray does not meet, per ray.

    Returns
    -------
    ndarray
        0 where a ray begins inside a thing, infinite where it meets none.

    Examples
    --------
    >>> ray = np.array([shapely.LineString([(0, 0), (0, 20)])])
    >>> first_met(ray, np.array([shapely.box(-1, 8, 1, 9), shapely.LineString([(-1, 5), (1, 6)])])).tolist()
    [5.5]
    """
    result = np.full(len(rays), np.inf)
    near = np.unique(shapely.STRtree(rays).query(things)[0])
    edges, thing = segments(things[near])
    ray, edge = shapely.STRtree(edges).query(rays, predicate="intersects")
    if own is not None:
        foreign = own[ray] != near[thing[edge]]
        ray, edge = ray[foreign], edge[foreign]
    ends_of = [shapely.get_coordinates(lines).reshape(-1, 2, 2) for lines in (rays, edges)]
    start, stop = ends_of[0][ray].transpose(1, 0, 2)
    first, second = ends_of[1][edge].transpose(1, 0, 2)
    way, side, aside = stop - start, second - first, first - start
    turn = way[:, 0] * side[:, 1] - way[:, 1] * side[:, 0]
    parallel = np.abs(turn) < 1e-9
    share = (aside[:, 0] * side[:, 1] - aside[:, 1] * side[:, 0]) / np.where(parallel, 1.0, turn)
    length = np.hypot(*way.T)
    ends = np.minimum((aside * way).sum(axis=1), ((second - start) * way).sum(axis=1)) / length**2
    np.minimum.at(result, ray, np.clip(np.where(parallel, ends, share), 0.0, 1.0) * length)
    flat = shapely.get_dimensions(things) == 2
    inside, polygon = shapely.STRtree(only(things, flat)).query(shapely.points(ends_of[0][:, 0]), predicate="intersects")
    result[inside if own is None else inside[own[inside] != polygon]] = 0.0
    return result
