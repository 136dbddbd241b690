"""The width of ways from place to place, as short pieces of their middle lines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from toegankelijk.widths.stations import Ways

PIECE = 2.0
"""Metres that a piece of a way is long at most."""


def profile_ways(ways: Ways, *, crs: CRS | None = None) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Pieces of the middle lines of ways, of at most 2 m, with the narrowest width on each.

    Between two stations the width is taken to run evenly.

    Returns
    -------
    tuple
        A table with the columns ``way`` (number), ``start`` (metres along the way), ``width`` and ``widest`` (metres), ``space``
        and ``geometry``, in order; and the middle of each piece, shape (pieces, 2).
    """
    if not (ways.line_along > 0).any():
        table = {"way": np.zeros(0, np.intp), "start": np.zeros(0), "width": np.zeros(0), "space": np.zeros(0, np.intp)}
        table["widest"] = np.zeros(0)
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs), crs=crs), np.zeros((0, 2))
    fresh = np.flatnonzero(np.diff(ways.line_way, prepend=-1) != 0)
    last = np.append(fresh[1:], len(ways.line_way)) - 1
    length = ways.line_along[last]
    real = np.isin(ways.line_way[fresh], ways.way) & (length > 0)
    fresh, last, length = fresh[real], last[real], length[real]
    way = ways.line_way[fresh]
    pieces = np.ceil(length / PIECE).astype(np.intp)
    offset = np.cumsum(length + 1.0) - (length + 1.0)  # all ways in one row, a metre apart
    of = np.repeat(np.arange(len(way)), pieces)
    number = np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start, stop = (number + shift for shift in (0, 1))
    start, stop = (offset[of] + part * (length / np.maximum(pieces, 1))[of] for part in (start, stop))
    order = np.full(int(ways.line_way.max(initial=-1)) + 1, -1)
    order[way] = np.arange(len(way))
    on_line, on_station = order[ways.line_way] >= 0, order[ways.way] >= 0
    line_at = offset[order[ways.line_way[on_line]]] + ways.line_along[on_line]
    station_at = offset[order[ways.way[on_station]]] + ways.along[on_station]
    line, width = ways.line[on_line], ways.width[on_station]
    narrowest = _narrowest(start, stop, station_at, width)
    geometry = _lines(start, stop, line_at, line)
    table = {
        "way": way[of],
        "start": start - offset[of],
        "width": narrowest,
        "space": ways.line_space[fresh][of],
    }
    middle = np.column_stack([np.interp((start + stop) / 2, line_at, line[:, k]) for k in (0, 1)])
    return gpd.GeoDataFrame(table, geometry=geometry, crs=crs), middle


def _narrowest(start: np.ndarray, stop: np.ndarray, at: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Least width between places: at both of them and at the stations between."""
    result = np.minimum(np.interp(start, at, width), np.interp(stop, at, width))
    first, beyond = np.searchsorted(at, start), np.searchsorted(at, stop)
    some = beyond > first
    bounds = np.stack([first[some], beyond[some]], axis=1).ravel()
    least = np.minimum.reduceat(np.append(width, np.inf), bounds)[::2] if some.any() else np.zeros(0)
    result[some] = np.minimum(result[some], least)
    return np.asarray(result)


def _lines(start: np.ndarray, stop: np.ndarray, at: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Parts of a line between places along it."""
    first, beyond = np.searchsorted(at, start, side="right"), np.searchsorted(at, stop, side="left")
    inner = np.maximum(beyond - first, 0)
    counts = inner + 2
    begin = np.cumsum(counts) - counts
    places = np.empty((int(counts.sum()), 2))
    for number, where in ((begin, start), (begin + counts - 1, stop)):
        places[number] = np.column_stack([np.interp(where, at, line[:, k]) for k in (0, 1)])
    of = np.repeat(np.arange(len(start)), inner)
    step = np.arange(len(of)) - np.repeat(np.cumsum(inner) - inner, inner)
    places[begin[of] + 1 + step] = line[first[of] + step]
    return np.asarray(shapely.linestrings(places, indices=np.repeat(np.arange(len(start)), counts)))
