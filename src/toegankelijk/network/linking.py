"""Links between ends of ways that nothing joins, and streets that are needed to get on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from toegankelijk.network.graph import Network
from toegankelijk.network.growing import (
    OFF_GROUND,
    SPARE,
    counted,
    joinable,
    loose_ends,
    nearest,
    node_components,
    table_of,
    walked,
    with_edges,
)
from toegankelijk.network.lines import SAME, Numbers, Shapes
from toegankelijk.network.locating import split
from toegankelijk.network.sides import BESIDE
from toegankelijk.network.topology import Flags, components

TO_PAVEMENT = 6.0
"""Distance in metres within which the end of a crossing from kerb to kerb reaches the line of its pavement; a proposal."""

TO_STREET = 10.0
"""Distance in metres within which people walk on from the loose end of a footway to the street beside it; a proposal."""

TO_STEPS = 2.0
"""Distance in metres within which stairs and ramps reach the next way; a proposal."""

OVER = 20.0
"""Distance in metres between ways on both sides of a carriageway within which people cross it; a proposal."""

EVERY = 100.0
"""Side in metres of the squares in which two parts of the network are joined over a carriageway at most once; a proposal."""

STREETS = ("street",)

REACHES = (
    (("crossing",), ("footway", "ramp", "stairs"), "", TO_PAVEMENT, "link"),
    (("crossing",), STREETS, "side", TO_PAVEMENT, "link"),
    (("stairs", "ramp"), ("footway", "ramp", "stairs", "crossing"), "", TO_STEPS, "link"),
    (("footway", "stairs", "ramp"), STREETS, "side", TO_STREET, "link"),
    (("footway", "stairs", "ramp"), STREETS, "axis", TO_STREET, "mouth"),
)
"""Kinds of loose ends, kinds of edges that these reach (of streets the sides or the axes), how far, and by what kind of edge."""


def link_loose_ends(network: Network) -> Network:
    """Join loose ends to the ways that they reach, rule by rule of `REACHES`; each end to the nearest way by one rule."""
    for kinds, targets, part, reach, by in REACHES:
        node, own = loose_ends(network, kinds)
        side = network.edges["side"].to_numpy() != ""
        able = joinable(network, *targets)
        able &= {"": np.ones(len(able), bool), "side": side, "axis": ~side}[part]
        network = _link(network, node, own, np.flatnonzero(able), reach, by)
    return _link_streets(network)


def _link_streets(network: Network) -> Network:
    """Join axes of streets that end in a street with drawn pavements to the nearest of these."""
    node, own = loose_ends(network, STREETS)
    spare = np.flatnonzero(~walked(network))
    ends = np.isin(node, np.concatenate([network.tail[spare], network.head[spare]]))
    able = np.flatnonzero(joinable(network, "footway"))
    return _link(network, node[ends], own[ends], able, BESIDE, "mouth")


def _link(network: Network, node: Numbers, own: Numbers, able: Numbers, reach: float, by: str) -> Network:
    """Join nodes to the nearest of some edges within reach."""
    if not len(node) or not len(able):
        return network
    points = shapely.points(network.nodes[node])
    source, target = shapely.STRtree(network.shapes[able]).query(points, predicate="dwithin", distance=reach)
    target = able[target]
    source, target = _real(network, node, own, source, target)
    far = shapely.distance(points[source], network.shapes[target])
    pairs = nearest(pd.DataFrame({"source": source, "edge": target, "far": far}))
    if pairs.empty:
        return network
    source, target = pairs["source"].to_numpy(), pairs["edge"].to_numpy()
    along = shapely.line_locate_point(network.shapes[target], points[source])
    network, there = split(network, target, along)
    return counted(join(network, node[source], there, by), **{f"{by}s_added": len(pairs)})


def _real(network: Network, node: Numbers, own: Numbers, source: Numbers, target: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs but for those of an edge with itself, or with one that ends there."""
    other = (own[source] != target) & (network.tail[target] != node[source]) & (network.head[target] != node[source])
    return source[other], target[other]


def join(network: Network, tail: Numbers, head: Numbers, kind: str) -> Network:
    """Network with an edge of a kind between nodes; one of each pair, and none of a node with itself."""
    return join_over(network, tail, head, np.full(len(tail), "", dtype=object), kind)


def join_over(network: Network, tail: Numbers, head: Numbers, footway: Shapes, kind: str = "link") -> Network:
    """Network with an edge between nodes over the footway with an id, which one has to pass; of a kind where no id is given.

    Nodes at the same place become one.
    """
    same = np.hypot(*(network.nodes[tail] - network.nodes[head]).T) < SAME
    one = components(tail[same], head[same], len(network.nodes))
    number = np.unique(one, return_index=True)[1][one]
    network = replace(network, edges=network.edges.assign(tail=number[network.tail], head=number[network.head]))
    tail, head, footway = number[tail[~same]], number[head[~same]], footway[~same]
    pair = pd.DataFrame(np.sort(np.stack([tail, head], axis=1), axis=1), columns=["tail", "head"]).assign(footway=footway)
    pair = pair[pair["tail"] != pair["head"]].sort_values(["tail", "head", "footway"], ignore_index=True)
    pair = pair.drop_duplicates(["tail", "head"], ignore_index=True)
    over = pair["footway"].ne("").to_numpy()
    edges = table_of(pair["tail"].to_numpy(), pair["head"].to_numpy(), kind, pair["footway"].to_numpy(dtype=object))
    edges["kind"] = np.where(over, "footway", kind)
    parts = pd.DataFrame({"edge": np.flatnonzero(over), "kind": "footway", "object_id": edges.loc[over, "object_id"].to_numpy()})
    return with_edges(network, edges, parts)


def cross_carriageways(network: Network, axes: Shapes, carriageways: Shapes, buildings: Shapes) -> Network:
    """Join parts of the network that lie apart by mouths over the carriageways between them.

    A mouth is the shortest line, of 20 m at most, between two ways of different parts that crosses the axis of a street or has
    its middle on a carriageway, and passes through no building. There is one in each square of 100 m.
    """
    able = np.flatnonzero(joinable(network, "footway", "street"))
    if not len(able) or not (len(axes) or len(carriageways)):
        return network
    part = node_components(network)[network.tail]
    small = able[part[able] != np.bincount(part[able]).argmax()]  # one of each pair lies in no main part
    one, other = shapely.STRtree(network.shapes[able]).query(network.shapes[small], predicate="dwithin", distance=OVER)
    one, other = small[one], able[other]
    real = part[one] != part[other]
    pair = np.unique(np.sort(np.stack([one[real], other[real]], axis=1), axis=1), axis=0)
    pair = np.where((part[pair[:, 0]] > part[pair[:, 1]])[:, None], pair[:, ::-1], pair)
    one, other = pair.T
    spans = shapely.shortest_line(network.shapes[one], network.shapes[other])
    middle = shapely.line_interpolate_point(spans, 0.5, normalized=True)
    over = _hit(middle, carriageways) | _hit(spans, axes)
    over &= ~_hit(spans, buildings) & (shapely.length(spans) > 0)
    one, other, spans, middle = one[over], other[over], spans[over], middle[over]
    cell = np.floor(shapely.get_coordinates(middle) / EVERY).astype(np.int64).reshape(-1, 2)
    table = pd.DataFrame({"first": part[one], "second": part[other], "x": cell[:, 0], "y": cell[:, 1]})
    table = table.assign(far=np.round(shapely.length(spans), 3), one=one, other=other)
    rows = (
        table.sort_values(["far", "one", "other"]).drop_duplicates(["first", "second", "x", "y"]).index.sort_values().to_numpy()
    )
    if not len(rows):
        return network
    edges = np.concatenate([one[rows], other[rows]])
    places = np.concatenate([shapely.get_point(spans[rows], 0), shapely.get_point(spans[rows], 1)])
    network, node = split(network, edges, shapely.line_locate_point(network.shapes[edges], places))
    return counted(join(network, node[: len(rows)], node[len(rows) :], "mouth"), mouths_added=len(rows))


def _hit(shapes: Shapes, others: Shapes) -> Flags:
    """Shapes that meet any of others."""
    return np.isin(np.arange(len(shapes)), shapely.STRtree(others).query(shapes, predicate="intersects")[0])


def keep_needed(network: Network) -> Network:
    """Network with those of its spare edges without which parts of it would lie apart; the others are left out.

    These are the shortest that join components; what leads nowhere is left out again.
    """
    spare = np.flatnonzero(~walked(network))
    needed = np.zeros(len(network), bool)
    if len(spare):
        part = node_components(network)
        held = np.zeros(len(network.nodes), bool)  # nodes that some edge reaches that is no spare one
        real = np.flatnonzero(walked(network))
        held[network.tail[real]], held[network.head[real]] = True, True
        tail, head = part[network.tail[spare]], part[network.head[spare]]
        chosen = _tree(tail, head, network.length[spare])
        anchor = np.zeros(part.max() + 1, bool)
        anchor[part[held]] = True
        needed[spare[_leading(tail, head, chosen, anchor)]] = True
    keep = walked(network) | needed
    number = np.cumsum(keep) - 1
    parts = network.parts[keep[network.parts["edge"].to_numpy(np.intp)]]
    parts = parts.assign(edge=number[parts["edge"].to_numpy(np.intp)]).reset_index(drop=True)
    edges = network.edges[keep].drop(columns=[SPARE, OFF_GROUND]).reset_index(drop=True)
    network = replace(network, edges=edges, shapes=network.shapes[keep], parts=parts)
    return counted(network, streets_needed=int(needed.sum()))


def _tree(tail: Numbers, head: Numbers, length: np.ndarray) -> Flags:
    """Edges of a shortest spanning forest; of several between the same nodes the shortest, then the first."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((np.arange(len(low)), length, high, low))
    pair = np.stack([low, high], axis=1)[order]
    fresh = np.concatenate([[True], (np.diff(pair, axis=0) != 0).any(axis=1)]) & (pair[:, 0] != pair[:, 1])
    rows = order[fresh]
    count = int(high.max(initial=-1)) + 1
    # the tree is told which edge it holds by the edge's rank in length, so that equal lengths are decided the same way each time
    ranks = np.empty(len(rows))
    ranks[np.lexsort((rows, length[rows]))] = np.arange(1, len(rows) + 1)
    ends = low[rows].astype(np.int32), high[rows].astype(np.int32)  # older releases of scipy grow trees of no others
    graph = coo_array((ranks, ends), shape=(count, count)).tocsr()
    held = minimum_spanning_tree(graph).tocoo().data
    chosen = np.zeros(len(tail), bool)
    chosen[rows[np.isin(ranks, held)]] = True
    return chosen


def _leading(tail: Numbers, head: Numbers, chosen: Flags, anchor: Flags) -> Flags:
    """Edges of a forest that lie between two anchors: leaves that are none are taken off until there are no more."""
    chosen = chosen.copy()
    while True:
        ends = np.concatenate([tail[chosen], head[chosen]])
        leaf = (np.bincount(ends, minlength=len(anchor)) == 1) & ~anchor
        off = chosen & (leaf[tail] | leaf[head])
        if not off.any():
            return chosen
        chosen &= ~off


def component_lengths(network: Network) -> np.ndarray:
    """Length of each component in metres."""
    part = components(network.tail, network.head, len(network.nodes))
    return np.bincount(part[network.tail], weights=network.length) if len(network) else np.zeros(0)
