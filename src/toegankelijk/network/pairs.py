"""Shortest ways over a walking network between many pairs of nodes that lie near each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components, dijkstra

from toegankelijk.network.distances import Booleans, Numbers, Numerals, ways
from toegankelijk.network.graph import Network

SMALLEST_TILE = 500.0
"""Side in metres of the squares in which starts are taken together; larger where ways are longer."""

MOST_CELLS = 20_000_000
"""Distances that are held at a time."""


def pair_distances(network: Network, open: Booleans, start: Numerals, end: Numerals, *, limit: float) -> tuple[Numbers, Booleans]:  # noqa: A002
    """Length of the shortest way from each start to its own end.

    Starts that lie in one square are searched together, on the part of the network that lies within the limit of it: no way is
    shorter than the straight line.

    Parameters
    ----------
    network
        The walking network.
    open
        Edges that one can walk.
    start, end
        Numbers of the nodes of each pair.
    limit
        Longest way in metres that is looked for.

    Returns
    -------
    tuple of numpy.ndarray
        Metres per pair, infinite where there is none within the limit; and whether there is any way at all.
    """
    result = np.full(len(start), np.inf)
    if not len(start):
        return result, np.zeros(0, bool)
    matrix = ways(network, open)
    part = connected_components(matrix, directed=False)[1]
    joined = part[start] == part[end]
    eastward = np.argsort(network.nodes[:, 0], kind="stable")
    for pairs in _by_squares(network.nodes[start], np.flatnonzero(joined), max(limit, SMALLEST_TILE)):
        near = _near(network.nodes, eastward, start[pairs], limit)
        held = matrix[near][:, near]
        begins, which = np.unique(np.searchsorted(near, start[pairs]), return_inverse=True)
        goal = np.minimum(np.searchsorted(near, end[pairs]), len(near) - 1)
        goal = np.where(near[goal] == end[pairs], goal, -1)
        step = max(MOST_CELLS // max(len(near), 1), 1)
        for at in range(0, len(begins), step):
            metres = dijkstra(held, indices=begins[at : at + step], directed=False, limit=limit)
            mine = (which >= at) & (which < at + step)
            inside = goal[mine] >= 0
            here = np.flatnonzero(mine)[inside]
            result[pairs[here]] = metres[which[here] - at, goal[here]]
    return result, joined


def _by_squares(places: npt.NDArray[np.float64], pairs: Numerals, side: float) -> list[Numerals]:
    """Pairs whose starts lie in one square together, by the places where they start."""
    squares = np.unique(np.floor(places[pairs] / side), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(squares, kind="stable")
    return np.split(pairs[order], np.flatnonzero(np.diff(squares[order])) + 1) if len(pairs) else []


def _near(nodes: npt.NDArray[np.float64], eastward: Numerals, some: Numerals, limit: float) -> Numerals:
    """Numbers, sorted, of the nodes within the limit of the square round some nodes; ``eastward`` are all, from the west on."""
    low, high = nodes[some].min(axis=0) - limit, nodes[some].max(axis=0) + limit
    first = np.searchsorted(nodes[:, 0], low[0], side="left", sorter=eastward)
    last = np.searchsorted(nodes[:, 0], high[0], side="right", sorter=eastward)
    strip = eastward[first:last]
    return np.sort(strip[((nodes[strip] >= low) & (nodes[strip] <= high)).all(axis=1)])
