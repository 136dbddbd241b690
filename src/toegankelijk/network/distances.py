"""Shortest ways over a walking network, in metres: to nodes, to places inside edges, and to the farthest point of each edge.

Ways are walked in both directions. Of edges side by side the shortest counts, and an edge without length, such as a kerb that one
passes, is an edge like any other. Shortest ways are found by Dijkstra's algorithm, as `scipy.sparse.csgraph` has it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from toegankelijk.network.graph import Network

Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]


def distances(
    network: Network,
    open: Booleans,  # noqa: A002 - an edge is open or it is not
    sources: Numerals,
    *,
    start: Numbers | None = None,
    limit: float = np.inf,
) -> Numbers:
    """Length of the shortest way from each node to the nearest source.

    Parameters
    ----------
    network
        The walking network.
    open
        Edges that one can walk, one truth value per edge.
    sources
        Numbers of the nodes to reach; a node may be there more than once.
    start
        Metres that each source lies away from its node, 0 or more; they count.
    limit
        Longest way that is looked for in metres, ``start`` included.

    Returns
    -------
    numpy.ndarray
        Metres per node; infinite where no source can be reached within the limit.
    """
    return nearest(ways(network, open), sources, start=start, limit=limit)


def ways(network: Network, open: Booleans) -> csr_array:  # noqa: A002
    """Open edges of a network as a matrix of tail by head, for many questions about the same edges.

    An edge stands in it once, and is walked both ways (``directed=False`` in `scipy.sparse.csgraph`). Zeros are stored, and are
    edges without length; what is not stored is no edge.
    """
    tail, head, length = network.tail, network.head, network.length
    if not np.all(open):
        tail, head, length = tail[open], head[open], length[open]
    shape = (len(network.nodes), len(network.nodes))
    matrix = coo_array((length, (tail, head)), shape=shape).tocsr()
    if matrix.nnz < len(length):  # the lengths of edges side by side were added up
        single = _shortest(tail, head, length, len(network.nodes))
        matrix = coo_array((length[single], (tail[single], head[single])), shape=shape).tocsr()
    return matrix


def nearest(matrix: csr_array, sources: Numerals, *, start: Numbers | None = None, limit: float = np.inf) -> Numbers:
    """Length of the shortest way from each node of `ways` to the nearest source; see `distances`."""
    if len(sources) == 0:
        return np.full(matrix.shape[0], np.inf)
    if start is None or not np.any(start):
        return np.asarray(dijkstra(matrix, indices=np.unique(sources), directed=False, min_only=True, limit=limit))
    starred = _with_sources(matrix, sources, start)
    indices = np.arange(matrix.shape[0], starred.shape[0])
    return np.asarray(dijkstra(starred, indices=indices, directed=False, min_only=True, limit=limit))[: matrix.shape[0]]


def nearest_others(matrix: csr_array, sources: Numerals, *, start: Numbers | None = None) -> Numbers:
    """Length of the shortest way from each source to the nearest other source.

    Each node belongs to its nearest source. The way from a source to its nearest other leaves the nodes that belong to it by an
    edge (u, v), and is then ``d(u) + length + d(v)`` long, with ``d`` the distance to the nearest source: so all is found by one
    search from all sources together, not by one from each.

    Parameters
    ----------
    matrix
        Open edges as `ways` gives them.
    sources
        Numbers of the nodes at which the sources lie.
    start
        Metres that each source lies away from its node; they count at both ends.

    Returns
    -------
    numpy.ndarray
        Metres per source; infinite where no other can be reached.
    """
    if len(sources) == 0:
        return np.zeros(0)
    count = matrix.shape[0]
    starred = _with_sources(matrix, sources, np.zeros(len(sources)) if start is None else start)
    indices = np.arange(count, count + len(sources))
    reached, _, owner = dijkstra(starred, indices=indices, directed=False, min_only=True, return_predecessors=True)
    mine = np.where(np.isfinite(reached), owner - count, -1)
    edges = starred.tocoo()  # from the sources to their nodes too
    between = mine[edges.row] != mine[edges.col]
    left, right = mine[edges.row[between]], mine[edges.col[between]]
    through = reached[edges.row[between]] + edges.data[between] + reached[edges.col[between]]
    found = np.full(len(sources), np.inf)
    for one in (left, right):
        np.minimum.at(found, one[one >= 0], through[one >= 0])
    return found


def at_places(network: Network, open: Booleans, distance: Numbers, edge: Numerals, along: Numbers) -> Numbers:  # noqa: A002
    """Length of the shortest way from places inside edges, by the distances of the nodes.

    The way goes over the nearer end of the edge. An edge that is not open cannot be walked: who stands inside it reaches nothing,
    and who stands at its end starts from there.

    Parameters
    ----------
    network
        The walking network.
    open
        Edges that one can walk.
    distance
        Metres per node, as `distances` gives them for the same edges.
    edge
        Numbers of the edges in which the places lie; -1 is none.
    along
        Metres from the tail of the edge.

    Returns
    -------
    numpy.ndarray
        Metres per place; infinite where nothing is reached, and for a place without edge.
    """
    placed = edge >= 0
    edge, along = np.where(placed, edge, 0), np.where(placed, along, 0.0)
    if len(network) == 0:
        return np.full(len(edge), np.inf)
    length = network.length[edge]
    along = np.clip(along, 0.0, length)
    rest = length - along
    can_walk = np.asarray(open)[edge]
    by_tail = np.where(can_walk | (along == 0), distance[network.tail[edge]] + along, np.inf)
    by_head = np.where(can_walk | (rest == 0), distance[network.head[edge]] + rest, np.inf)
    return np.where(placed, np.minimum(by_tail, by_head), np.inf)


def farthest_on_edges(network: Network, open: Booleans, distance: Numbers) -> Numbers:  # noqa: A002
    """Length of the way to the nearest source from the point of each edge that has the longest.

    From a point at ``x`` metres of an edge of length ``L`` it is ``min(d(tail) + x, d(head) + L - x)``. That is longest where
    both ways are as long, or at an end: ``min((d(tail) + d(head) + L) / 2, d(tail) + L, d(head) + L)``.

    Parameters
    ----------
    network
        The walking network.
    open
        Edges that one can walk.
    distance
        Metres per node, as `distances` gives them for the same edges.

    Returns
    -------
    numpy.ndarray
        Metres per edge; infinite for an edge that is not open, and where no source is reached.
    """
    tail, head, length = distance[network.tail], distance[network.head], network.length
    farthest = np.minimum((tail + head + length) / 2, np.minimum(tail, head) + length)
    return np.where(open, farthest, np.inf)


def _with_sources(matrix: csr_array, sources: Numerals, start: Numbers) -> csr_array:
    """Matrix with one more node per source, from which an edge leads to the source's node; no way goes through such a node."""
    count = len(sources)
    if np.any((np.asarray(sources) < 0) | (np.asarray(sources) >= matrix.shape[0])) or not np.all(np.asarray(start) >= 0):
        # scipy does not look, and writes where it should not
        raise ValueError("sources must be nodes of the network, and their distances to it 0 or more")
    return csr_array(
        (
            np.concatenate([matrix.data, np.asarray(start, dtype=float)]),
            np.concatenate([matrix.indices, np.asarray(sources, dtype=matrix.indices.dtype)]),
            np.concatenate([matrix.indptr, matrix.indptr[-1] + np.arange(1, count + 1, dtype=matrix.indptr.dtype)]),
        ),
        shape=(matrix.shape[0] + count, matrix.shape[0] + count),
    )


def _shortest(tail: Numerals, head: Numerals, length: Numbers, count: int) -> Numerals:
    """Numbers of edges of which no other leads from the same tail to the same head, and the shortest of those that share them."""
    pair = tail * count + head
    ordered = np.sort(pair)
    shared = np.isin(pair, ordered[1:][ordered[1:] == ordered[:-1]])
    doubled = np.flatnonzero(shared)
    doubled = doubled[np.lexsort((length[doubled], pair[doubled]))]
    first = np.ones(len(doubled), dtype=bool)
    first[1:] = pair[doubled[1:]] != pair[doubled[:-1]]
    return np.concatenate([np.flatnonzero(~shared), doubled[first]])
