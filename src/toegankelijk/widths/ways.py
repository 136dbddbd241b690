"""Ways through free spaces: the widest paths between their ends, and how wide they are from place to place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import shapely

from toegankelijk.widths.ends import Ends, far_ends, locate
from toegankelijk.widths.forest import Forest, Links, link, root
from toegankelijk.widths.triangles import WALL, Mesh, triangulate

ROUND = 50.0
"""Metres round an island within which it is furniture, and its better side counts; round a larger one there are two ways. A
proposal: a kiosk or a row of planters is walked round without a thought, a block of houses is not."""


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
    space: np.ndarray
    line: np.ndarray
    line_way: np.ndarray
    line_along: np.ndarray
    line_space: np.ndarray


NO_WAYS = Ways(
    *(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0)),
    *(np.zeros(0, bool), np.zeros(0), np.zeros(0, np.intp)),
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
    columns = {
        field.name: np.concatenate(
            [getattr(part, field.name) + (shift[field.name][i] if field.name in shift else 0) for i, part in enumerate(parts)]
        )
        for field in fields(Ways)
    }
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
    length = forest.length
    one, other = first.copy(), second.copy()
    result = np.full(len(one), np.inf)
    apart = np.flatnonzero((one >= 0) & (other >= 0) & (one != other))
    while len(apart):
        deeper = forest.depth[one[apart]] >= forest.depth[other[apart]]
        mover = np.where(deeper, one[apart], other[apart])
        result[apart] = np.minimum(result[apart], length[mover])
        one[apart[deeper]] = forest.parent[mover[deeper]]
        other[apart[~deeper]] = forest.parent[mover[~deeper]]
        apart = apart[one[apart] != other[apart]]
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
    far, forest = far_ends(mesh, links, entrances, fixed, spaces)
    ends = entrances.joined(far)
    rings, lengths = _large_rings(mesh, links, forest)
    closing = links.half[rings]
    places = np.concatenate([ends.triangle, closing // 3, mesh.twin[closing] // 3])
    on_way, way_round = _between(mesh, forest, places, closing, lengths)
    return _stations(mesh, on_way, way_round), ends


def _large_rings(mesh: Mesh, links: Links, forest: Forest) -> tuple[np.ndarray, np.ndarray]:
    """Links that close a ring of more than `ROUND` metres, and the length of that ring."""
    other = np.flatnonzero(~links.kept)
    middle, step = forest.middle, forest.step
    start, end = mesh.ends(links.half[other])
    across = (mesh.points[start] + mesh.points[end]) / 2
    one, two = links.half[other] // 3, mesh.twin[links.half[other]] // 3
    length = np.hypot(*(middle[one] - across).T) + np.hypot(*(middle[two] - across).T)
    apart = np.flatnonzero(one != two)
    while len(apart):
        deeper = forest.depth[one[apart]] >= forest.depth[two[apart]]
        mover = np.where(deeper, one[apart], two[apart])
        length[apart] += step[mover]
        one[apart[deeper]] = forest.parent[mover[deeper]]
        two[apart[~deeper]] = forest.parent[mover[~deeper]]
        apart = apart[one[apart] != two[apart]]
    large = length > ROUND
    return other[large], length[large]


def _between(
    mesh: Mesh, forest: Forest, places: np.ndarray, closing: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Half-edges that ways between some triangles cross, and for each the length of the shortest ring it lies on."""
    count = len(forest.parent)
    below = np.zeros(count, np.intp)  # how many of the places lie in the branch of each triangle
    np.add.at(below, places, 1)
    for start, stop in zip(forest.levels[-2:0:-1], forest.levels[:1:-1], strict=True):
        level = forest.order[start:stop]
        np.add.at(below, forest.parent[level], below[level])
    total = np.bincount(mesh.space[places], minlength=len(mesh.origins))
    inner = np.flatnonzero((below > 0) & (below < total[mesh.space]) & (forest.across >= 0))
    ring = np.full(3 * count, np.inf)
    one, two = closing // 3, mesh.twin[closing] // 3
    apart = np.arange(len(closing))
    while len(apart):
        deeper = forest.depth[one[apart]] >= forest.depth[two[apart]]
        mover = np.where(deeper, one[apart], two[apart])
        np.minimum.at(ring, forest.across[mover], lengths[apart])
        one[apart[deeper]] = forest.parent[mover[deeper]]
        two[apart[~deeper]] = forest.parent[mover[~deeper]]
        apart = apart[one[apart] != two[apart]]
    crossed = np.concatenate([forest.across[inner], closing])
    round_ = np.concatenate([ring[forest.across[inner]], lengths])
    way_round = np.full(3 * count, np.inf)
    way_round[crossed], way_round[mesh.twin[crossed]] = round_, round_
    on_way = np.zeros(3 * count, bool)
    on_way[crossed], on_way[mesh.twin[crossed]] = True, True
    return on_way, way_round


def _stations(mesh: Mesh, on_way: np.ndarray, way_round: np.ndarray) -> Ways:
    """Stations in the triangles that ways run through, in order along each way."""
    half, way = _strings(mesh, on_way)
    right, left = mesh.ends(half)
    points = mesh.points
    middle = (points[left] + points[right]) / 2
    goes_on = np.flatnonzero(way[1:] == way[:-1])
    leaving, entering = half[goes_on + 1], mesh.twin[half[goes_on]]
    base = leaving - leaving % 3
    third = base + (3 - leaving % 3 - entering % 3)
    corner = mesh.corners.ravel()[third]
    a, b = mesh.ends(third)
    solid = (mesh.twin[third] == WALL) & (mesh.gate[third] < 0)
    facing = _nearest(points[corner], points[a], points[b], solid)
    on_left = left[goes_on] == left[goes_on + 1]
    one, other = (np.where(on_left[:, None], *pair) for pair in ((points[corner], facing), (facing, points[corner])))
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


def _nearest(place: np.ndarray, start: np.ndarray, end: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Place on a wall between two corners that lies nearest; where there is no wall, the nearer of the corners."""
    step = end - start
    share = np.clip(((place - start) * step).sum(axis=1) / (step**2).sum(axis=1), 0.0, 1.0)
    share = np.where(solid, share, np.hypot(*(place - end).T) < np.hypot(*(place - start).T))
    return np.asarray(start + step * share[:, None])


def _sum_along(step: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Running sum of steps from the start of each way; the first step of a way counts nothing."""
    fresh = np.diff(way, prepend=-1) != 0
    total = np.cumsum(np.where(fresh, 0.0, step))
    return np.asarray(total - total[np.flatnonzero(fresh)][np.cumsum(fresh) - 1])
