"""Where places lie along the edges of a network, and nodes that are put there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.network.graph import Network
from toegankelijk.network.lines import SAME, cut_lines

REACH = 50.0
"""Distance in metres from the network beyond which a place does not lie on it; a proposal."""

NOT_TO_STAND_ON = ("gate", "mouth", "link")
"""Kinds of edges along which no place lies: a place lies where people walk anyway."""


def locate(network: Network, points: npt.NDArray[np.object_], *, reach: float = REACH) -> pd.DataFrame:
    """The nearest place on the network to each point.

    Gates, mouths and links are no place to be. Of edges that are equally near, the first counts.

    Parameters
    ----------
    network
        The network.
    points
        Geometries in its coordinate system; of one that is no point, the nearest place to any part of it counts.
    reach
        Distance in metres beyond which a point does not lie on the network.

    Returns
    -------
    DataFrame
        One row per point, in order: ``edge`` (-1 where none is within reach), ``along`` (metres from its tail) and ``off``
        (metres from the point to that place).

    Examples
    --------
    >>> edges = pd.DataFrame({"tail": [0], "head": [1], "length": [10.0], "kind": "footway", "object_id": "a", "side": ""})
    >>> parts = pd.DataFrame({"edge": [0], "kind": "footway", "object_id": "a"})
    >>> line = np.array([shapely.LineString([(0, 0), (10, 0)])])
    >>> way = Network(np.array([[0.0, 0], [10, 0]]), edges, line, parts)
    >>> locate(way, shapely.points([[4.0, 3.0], [4.0, 99.0]])).to_numpy().tolist()
    [[0.0, 4.0, 3.0], [-1.0, nan, nan]]
    """
    points = np.asarray(points, dtype=object)
    result = pd.DataFrame({"edge": -1, "along": np.nan, "off": np.nan}, index=range(len(points)))
    result = result.astype({"edge": np.intp, "along": float, "off": float})
    usable = np.flatnonzero(~network.edges["kind"].isin(NOT_TO_STAND_ON).to_numpy())
    sound = np.flatnonzero(~(shapely.is_missing(points) | shapely.is_empty(points)))
    if not len(usable) or not len(sound):
        return result
    lines = network.shapes[usable]
    (point, near), off = shapely.STRtree(lines).query_nearest(points[sound], max_distance=reach, return_distance=True)
    order = np.lexsort((near, point))
    point, near, off = point[order], near[order], off[order]
    fresh = np.diff(point, prepend=-1) != 0
    point, near, off = sound[point[fresh]], near[fresh], off[fresh]
    place = shapely.get_point(shapely.shortest_line(lines[near], points[point]), 0)
    drawn = shapely.length(lines[near])  # nothing is drawn of an edge between two nodes at one place
    share = np.divide(shapely.line_locate_point(lines[near], place), drawn, out=np.zeros(len(drawn)), where=drawn > 0)
    result.loc[point, "edge"] = usable[near]
    result.loc[point, "along"] = share * network.length[usable[near]]
    result.loc[point, "off"] = off
    return result


def split(network: Network, edge: npt.NDArray[np.intp], along: npt.NDArray[np.float64]) -> tuple[Network, npt.NDArray[np.intp]]:
    """Put nodes at places along edges.

    Existing nodes keep their numbers. Where a place lies at an end of its edge (within 2 mm), the node there is used. Both pieces
    of an edge have all its parts, and pieces stand in the order of their edges.

    Parameters
    ----------
    network
        The network.
    edge, along
        Number of the edge, and metres from its tail, of each place.

    Returns
    -------
    tuple
        The network, and the number of the node of each place.

    Examples
    --------
    >>> edges = pd.DataFrame({"tail": [0], "head": [1], "length": [10.0], "kind": "footway", "object_id": "a", "side": ""})
    >>> parts = pd.DataFrame({"edge": [0], "kind": "footway", "object_id": "a"})
    >>> line = np.array([shapely.LineString([(0, 0), (10, 0)])])
    >>> way = Network(np.array([[0.0, 0], [10, 0]]), edges, line, parts)
    >>> cut, node = split(way, np.array([0, 0]), np.array([4.0, 10.0]))
    >>> cut.length.tolist(), node.tolist(), len(cut.parts)
    ([4.0, 6.0], [2, 1], 2)
    """
    edge, along = np.asarray(edge, dtype=np.intp), np.asarray(along, dtype=float)
    length = network.length
    at_tail, at_head = along <= 2 * SAME, along >= length[edge] - 2 * SAME
    node = np.where(at_tail, network.tail[edge], network.head[edge])
    inner = np.flatnonzero(~(at_tail | at_head))
    if not len(inner):
        return network, node
    lines = np.flatnonzero(shapely.get_type_id(network.shapes) == shapely.GeometryType.LINESTRING)
    drawn = np.ones(len(network))
    lines = lines[length[lines] > SAME]
    drawn[lines] = shapely.length(network.shapes[lines]) / length[lines]  # of a line that is not as long as told
    number = np.full(len(network), -1)
    number[lines] = np.arange(len(lines))
    asked = number[edge[inner]], along[inner] * drawn[edge[inner]]
    pieces, owner, start = cut_lines(network.shapes[lines], *asked)
    owner = lines[owner]
    start = start / drawn[owner]
    fresh = np.flatnonzero(np.diff(owner, prepend=-1) == 0)  # pieces that start at a new node
    new = len(network.nodes) + np.arange(len(fresh))
    node[inner] = _node_there(owner, start, fresh, edge[inner], along[inner]) + len(network.nodes)
    other = np.setdiff1d(np.arange(len(network)), lines)
    order = np.lexsort((np.concatenate([start, np.zeros(len(other))]), np.concatenate([owner, other])))
    of = np.concatenate([owner, other])
    tail, head = network.tail[of], network.head[of]
    tail[fresh], head[fresh - 1] = new, new
    end = network.length[of]
    end[fresh - 1] = start[fresh]
    begin = np.concatenate([start, np.zeros(len(other))])
    edges = network.edges.iloc[of].assign(tail=tail, head=head, length=end - begin).iloc[order].reset_index(drop=True)
    shapes = np.concatenate([pieces, network.shapes[other]])[order]
    places = np.concatenate([network.nodes, shapely.get_coordinates(shapely.get_point(pieces[fresh], 0))])
    return replace(network, nodes=places, edges=edges, shapes=shapes, parts=copied_parts(network.parts, of[order])), node


def copied_parts(parts: pd.DataFrame, of: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Parts of edges that were taken from other edges, in their order: those of edge `of[i]` for the i-th."""
    number = parts["edge"].to_numpy(dtype=np.intp)
    count = np.bincount(number, minlength=int(of.max(initial=-1)) + 1)
    first = np.cumsum(count) - count
    order = np.argsort(number, kind="stable")
    many = count[of]
    edge = np.repeat(np.arange(len(of)), many)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first[of], many)
    return parts.iloc[order[row]].assign(edge=edge).reset_index(drop=True)


def _node_there(
    owner: npt.NDArray[np.intp],
    start: npt.NDArray[np.float64],
    fresh: npt.NDArray[np.intp],
    edge: npt.NDArray[np.intp],
    along: npt.NDArray[np.float64],
) -> npt.NDArray[np.intp]:
    """Which of the new nodes lies at each place: the last that does not lie beyond it."""
    slot = np.concatenate([owner[fresh], edge])
    where = np.concatenate([start[fresh], along + SAME / 2])
    asked = np.concatenate([np.zeros(len(fresh), bool), np.ones(len(edge), bool)])
    order = np.lexsort((asked, where, slot))
    before = np.cumsum(~asked[order]) - 1
    result = np.empty(len(order), np.intp)
    result[order] = before
    return np.asarray(result[len(fresh) :])
