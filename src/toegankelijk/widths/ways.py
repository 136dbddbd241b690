"""Ways through free spaces: the widest paths between their ends, and how wide they are from place to place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.ends import Ends, far_ends, locate
from toegankelijk.widths.forest import Forest, climb, link, root
from toegankelijk.widths.triangles import Mesh, facing_walls, triangulate


@dataclass(frozen=True)
class Ways:
    """Stations along ways, from one end of each way to its other end; coordinates are those that the spaces were given in.

    Parameters
    ----------
    way
        Number of the way of each station, shape (stations,); its stations follow each other.
    along
        Metres along the way, by the middles of what is crossed.
    width
        Metres between the walls on both sides.
    left, right
        The places on the walls between which that is, shape (stations, 2).
    left_along, right_along
        Metres along either wall.
    jump
        Whether a wall ends just before a station, or an opening does, so that the width does not run evenly from the one before.
    way_round
        Metres of the shortest way that leads round to the same station from its other side; endless where there is none.
    main
        Whether a station lies on the widest way between two ends; else it lies on another way round.
    space
        Number of the space of each station.
    line, line_way, line_along
        Places along the middle of the ways, the way of each, and metres along it.
    line_space
        Number of the space of each of these places.
    """

    way: np.ndarray
    along: np.ndarray
    width: np.ndarray
    left: np.ndarray
    right: np.ndarray
    left_along: np.ndarray
    right_along: np.ndarray
    jump: np.ndarray
    way_round: np.ndarray
    main: np.ndarray
    space: np.ndarray
    line: np.ndarray
    line_way: np.ndarray
    line_along: np.ndarray
    line_space: np.ndarray


NO_WAYS = Ways(
    *(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0)),
    *(np.zeros(0, bool), np.zeros(0), np.zeros(0, bool), np.zeros(0, np.intp)),
    *(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.intp)),
)


def join(parts: Sequence[Ways], first_space: Sequence[int]) -> Ways:
    """Ways of several batches of spaces as one, with ways and spaces numbered on."""
    parts, first_space = [NO_WAYS, *parts], [0, *first_space]
    ways = np.cumsum([0, *(int(part.line_way.max(initial=-1)) + 1 for part in parts)])
    shift: dict[str, Sequence[int]] = {
        **dict.fromkeys(("way", "line_way"), ways.tolist()),
        **dict.fromkeys(("space", "line_space"), first_space),
    }
    columns = {}
    for name in (field.name for field in fields(Ways)):
        arrays = [getattr(part, name) for part in parts]
        if name in shift:
            arrays = [array + by for array, by in zip(arrays, shift[name], strict=False)]
        columns[name] = np.concatenate(arrays)
    return Ways(**columns)


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
    return _stations(mesh, on_way, main, _ways_round(mesh, forest, closing, lengths)), ends


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


def _stations(mesh: Mesh, on_way: np.ndarray, main: np.ndarray, way_round: np.ndarray) -> Ways:
    """Stations in the triangles that ways run through, in order along each way."""
    half, way = _strings(mesh, on_way)
    right, left = mesh.ends(half)
    points = mesh.points
    middle = (points[left] + points[right]) / 2
    goes_on = np.flatnonzero(way[1:] == way[:-1])
    leaving, entering = half[goes_on + 1], mesh.twin[half[goes_on]]
    corner, facing, solid = facing_walls(mesh, entering, leaving)
    on_left = left[goes_on] == left[goes_on + 1]
    one, other = (np.where(on_left[:, None], *pair) for pair in ((corner, facing), (facing, corner)))
    short = np.flatnonzero((np.diff(way, prepend=-1) != 0) & (np.diff(way, append=-1) != 0))  # only one edge is crossed
    step = np.hypot(*np.diff(middle, axis=0, prepend=middle[:1]).T)
    along = _sum_along(step, way)
    at_far_end = np.hypot(*(facing - points[np.where(on_left, right[goes_on + 1], left[goes_on + 1])]).T) == 0
    opened = np.flatnonzero(~solid)
    jump = np.zeros(len(half) + 1, bool)  # before each station, numbered by the crossing before it
    jump[goes_on[opened] + ~at_far_end[opened]] = True
    # both walls, from crossing to station to crossing
    sides = []
    for crossing, station in ((left, one), (right, other)):
        before, after = points[crossing[goes_on]], points[crossing[goes_on + 1]]
        to, fro = np.hypot(*(station - before).T), np.hypot(*(after - station).T)
        total = np.zeros(len(half))
        total[goes_on + 1] = to + fro
        sides.append((_sum_along(total, way), to))
    order = np.argsort(np.concatenate([goes_on * 2 + 1, short * 2]), kind="stable")
    at = np.concatenate([goes_on, short])[order]
    place = [np.concatenate([here, points[there[short]]])[order] for here, there in ((one, left), (other, right))]
    own = mesh.space[half // 3]
    half_step = np.concatenate([step[goes_on + 1] / 2, np.zeros(len(short))])[order]
    extra = [np.concatenate([to, np.zeros(len(short))])[order] for _, to in sides]
    return Ways(
        way=way[at],
        along=along[at] + half_step,
        width=np.hypot(*(place[0] - place[1]).T),
        left=mesh.placed(place[0], own[at]),
        right=mesh.placed(place[1], own[at]),
        left_along=sides[0][0][at] + extra[0],
        right_along=sides[1][0][at] + extra[1],
        jump=jump[at],
        way_round=way_round[half[at]],
        main=main[half[at]],
        space=own[at],
        line=mesh.placed(middle, own),
        line_way=way,
        line_along=along,
        line_space=own,
    )


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


def _sum_along(step: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Running sum of steps from the start of each way; the first step of a way counts nothing."""
    fresh = np.diff(way, prepend=-1) != 0
    total = np.cumsum(np.where(fresh, 0.0, step))
    return np.asarray(total - total[np.flatnonzero(fresh)][np.cumsum(fresh) - 1])
