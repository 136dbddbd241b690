"""Ways through free spaces: the widest paths between their ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.ends import Ends, far_ends, locate
from toegankelijk.widths.forest import Forest, climb, link, root
from toegankelijk.widths.stations import Ways, find_stations
from toegankelijk.widths.triangles import Mesh, triangulate


def widest_between(spaces: np.ndarray, first: np.ndarray, second: np.ndarray, space: np.ndarray) -> np.ndarray:
    """Diameter in metres of the largest disc whose centre can be moved from one place to another inside a space.

    Parameters
    ----------
    spaces
        Valid polygons in metres, each in one piece.
    first, second
        Places, shape (pairs, 2).
    space
        Number of the space of each pair.

    Returns
    -------
    ndarray
        One diameter for each pair; 0 where a place lies outside its space.

    Examples
    --------
    >>> wall = shapely.box(0, 0, 10, 2) - shapely.box(4.9, 0.8, 5.1, 2)
    >>> widest_between(np.array([wall]), np.array([[1.0, 1.0]]), np.array([[9.0, 1.0]]), np.array([0])).round(3).tolist()
    [0.8]
    """
    mesh = triangulate(spaces)
    links = link(mesh)
    at = [locate(mesh, places, space) for places in (first, second)]
    forest = root(mesh, links, np.unique(mesh.space, return_index=True)[1])
    walls = shapely.boundary(spaces)[space]
    width = [2 * shapely.distance(shapely.points(places), walls) for places in (first, second)]
    result = np.minimum(np.minimum(*width), narrowest_on_path(forest, *at))
    return np.where((at[0] >= 0) & (at[1] >= 0), result, 0.0)


def narrowest_on_path(forest: Forest, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Length in metres of the shortest edge that is crossed between pairs of triangles of one tree; endless if none is."""
    result = np.full(len(first), np.inf)
    known = np.flatnonzero((first >= 0) & (second >= 0))

    def narrow(pair: np.ndarray, triangle: np.ndarray) -> None:
        result[known[pair]] = np.minimum(result[known[pair]], forest.length[triangle])

    climb(forest, first[known], second[known], narrow)
    return result


def find_ways(mesh: Mesh, entrances: Ends, fixed: np.ndarray, spaces: np.ndarray) -> tuple[Ways, Ends]:
    """Ways between entrances and far ends, and these ends.

    Parameters
    ----------
    mesh
        Triangles of the spaces.
    entrances
        Known entrances.
    fixed
        Whether these are all there are of each space, shape (spaces,).
    spaces
        The free spaces.
    """
    links = link(mesh)
    far, forest, rings = far_ends(mesh, links, entrances, fixed, spaces)
    ends = entrances.joined(far)
    closing, lengths = rings.closing, rings.length
    places = np.concatenate([ends.triangle, closing // 3, mesh.twin[closing] // 3])
    crossed = np.concatenate([_between(mesh, forest, places), closing])
    on_way, main = np.zeros(len(mesh.twin), bool), np.zeros(len(mesh.twin), bool)
    on_way[crossed], on_way[mesh.twin[crossed]] = True, True
    crossed = _between(mesh, forest, ends.triangle)
    main[crossed], main[mesh.twin[crossed]] = True, True
    marks = (main, _ways_round(mesh, forest, closing, lengths))
    return find_stations(mesh, spaces, _strings(mesh, on_way), marks, ends), ends


def _between(mesh: Mesh, forest: Forest, places: np.ndarray) -> np.ndarray:
    """Half-edges that the ways between some triangles cross, each from the side that is farther from the root."""
    below = np.bincount(places, minlength=len(forest.parent))  # how many of the places lie in the branch of each triangle
    for start, stop in zip(forest.levels[-2:0:-1], forest.levels[:1:-1], strict=True):
        level = forest.order[start:stop]
        level = level[below[level] > 0]
        np.add.at(below, forest.parent[level], below[level])
    total = np.bincount(mesh.space[places], minlength=len(mesh.origins))
    return np.asarray(forest.across[(below > 0) & (below < total[mesh.space]) & (forest.across >= 0)])


def _ways_round(mesh: Mesh, forest: Forest, closing: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Length in metres of the shortest large ring that each half-edge lies on; endless for others."""
    ring = np.full(len(mesh.twin), np.inf)

    def shorten(number: np.ndarray, triangle: np.ndarray) -> None:
        np.minimum.at(ring, forest.across[triangle], lengths[number])

    climb(forest, closing // 3, mesh.twin[closing] // 3, shorten)
    ring[closing] = lengths
    inner = np.flatnonzero(np.isfinite(ring))
    ring[mesh.twin[inner]] = ring[inner]
    return ring


def _strings(mesh: Mesh, on_way: np.ndarray, stops: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Half-edges that are crossed, in order along each way, and the number of the way; a way ends where three meet, or stops."""
    crossed = np.flatnonzero(on_way)
    count = len(crossed)
    number = np.full(len(on_way), -1)
    number[crossed] = np.arange(count)
    twin = mesh.twin[crossed]
    there = twin // 3
    sides = on_way.reshape(-1, 3)[there]
    passes = sides.sum(axis=1) == 2
    if stops is not None:
        passes &= ~np.isin(there, stops)
    sides[np.arange(count), twin % 3] = False  # not back again
    last = np.where(passes, number[3 * there + sides.argmax(axis=1)], np.arange(count))
    ahead, least = passes.astype(np.intp), there.copy()
    for _ in range(count.bit_length() + 1):
        ahead, least, last = ahead + ahead[last], np.minimum(least, least[last]), last[last]
    if passes[last].any():  # a ring without end: it is cut where the numbers of its triangles start
        return _strings(mesh, on_way, np.unique(least[passes[last]]))
    back = last[number[twin]]  # the end of the same way in the other direction
    forward = np.flatnonzero(last > back)
    order = forward[np.lexsort((-ahead[forward], last[forward]))]
    return crossed[order], pd.factorize(last[order])[0]
