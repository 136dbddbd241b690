"""Pavements that are drawn as polygons: their middle lines as ways, and links from these to what touches them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from toegankelijk.network.graph import Network
from toegankelijk.network.growing import counted, degrees, joinable, loose_ends, nearest, node_components
from toegankelijk.network.lines import Numbers, Shapes
from toegankelijk.network.linking import join_over
from toegankelijk.network.locating import split
from toegankelijk.network.topology import components

ACROSS = 10.0
"""Distance in metres within which ways on one pavement are joined; a proposal."""

FROM_EDGE = 30.0
"""Distance in metres from the edge of a pavement within which its middle line is reached; a proposal."""

TOUCH = 0.3
"""Distance in metres within which one area touches another, or a line ends at its edge."""

ROUNDS = 3
"""How often parts of the ways on one pavement that lie apart are joined to the nearest other part."""

OUTSIDE = 0.2
"""Length in metres of a link that may lie outside the pavements that it joins."""

ENTERS = ("crossing", "stairs", "ramp", "footway")
"""Kinds of lines that are joined to the pavements at which they end."""


def way_lines(ways: gpd.GeoDataFrame) -> tuple[Shapes, Shapes]:
    """Middle lines of pavements, and the pavement of each, from pieces in the order in which they follow each other.

    Parameters
    ----------
    ways
        Lines with a column ``pavement_id`` or ``object_id``, or with these ids as index; pieces with a column ``way`` and
        ``start`` become one line where they follow each other on one pavement.
    """
    column = next((name for name in ("pavement_id", "object_id") if name in ways), None)
    ids = (ways[column] if column else ways.index.to_series()).to_numpy(dtype=object)
    shapes = ways.geometry.to_numpy()
    if "way" not in ways or ways.empty:
        return shapes, ids
    way, start = ways["way"].to_numpy(), ways["start"].to_numpy(float)
    order = np.lexsort((start, way))
    shapes, ids, way = shapes[order], ids[order], way[order]
    fresh = np.concatenate([[True], (np.diff(way) != 0) | (ids[1:] != ids[:-1])])
    places, piece = shapely.get_coordinates(shapes, return_index=True)
    line = (np.cumsum(fresh) - 1)[piece]
    again = (np.diff(line, prepend=-1) == 0) & (np.abs(np.diff(places, axis=0, prepend=places[:1])).max(axis=1) < 1e-6)
    places, line = places[~again], line[~again]
    enough = np.bincount(line, minlength=int(fresh.sum())) > 1
    kept = enough[line]
    number = np.cumsum(enough) - 1
    return np.asarray(shapely.linestrings(places[kept], indices=number[line[kept]]), dtype=object), ids[fresh][enough]


def link_areas(network: Network, pavements: gpd.GeoDataFrame, passages: gpd.GeoDataFrame | None) -> Network:
    """Join middle lines of pavements with each other, and with what touches the pavements.

    Parameters
    ----------
    network
        A network in which middle lines have the id of their pavement.
    pavements
        Footways that are drawn as polygons.
    passages
        Driveways: polygons over which people walk from one pavement to the next.
    """
    if pavements.empty:
        return network
    pavements = pavements.sort_index()
    network = _within(network, pavements, ACROSS)
    network = _at_edges(network, pavements)
    for _ in range(ROUNDS):
        network = _within(network, pavements, FROM_EDGE, apart=True)
    network = _through(network, pavements)
    return _over(network, pavements, passages)


def _own(network: Network, pavements: gpd.GeoDataFrame) -> np.ndarray:
    """Row of the pavement that each edge is a middle line of; -1 for others."""
    row = pavements.index.get_indexer(network.edges["object_id"])
    return np.asarray(np.where(network.edges["kind"].eq("footway"), row, -1))


def _within(network: Network, pavements: gpd.GeoDataFrame, reach: float, *, apart: bool = False) -> Network:
    """Join ends of middle lines to the nearest others on the same pavement, or on one that it touches.

    Only loose ends; or if ``apart``, all ends, to others that they are not joined to yet, from each part of the network by its
    shortest link.
    """
    own, shapes = _own(network, pavements), pavements.geometry.to_numpy()
    able = np.flatnonzero(own >= 0)
    if apart:
        node, edge = np.concatenate([network.tail[able], network.head[able]]), np.tile(able, 2)
    else:
        node, edge = loose_ends(network, ("footway",))
        node, edge = node[own[edge] >= 0], edge[own[edge] >= 0]
    if not len(node) or not len(able):
        return network
    points = shapely.points(network.nodes[node])
    source, near = shapely.STRtree(network.shapes[able]).query(points, predicate="dwithin", distance=reach)
    target = able[near]
    part = components(network.tail[able], network.head[able], len(network.nodes))  # by ways over pavements alone
    real = (edge[source] != target) & (network.tail[target] != node[source]) & (network.head[target] != node[source])
    if apart:
        real &= (part[node[source]] != part[network.tail[target]]) & (own[edge[source]] == own[target])
    source, target = source[real], target[real]
    lines = shapely.shortest_line(points[source], network.shapes[target])
    first, second = shapes[own[edge[source]]], shapes[own[target]]
    outside = shapely.length(lines) - shapely.length(shapely.intersection(lines, first))
    outside -= np.where(own[edge[source]] == own[target], 0.0, shapely.length(shapely.intersection(lines, second)))
    fits = outside <= OUTSIDE
    table = pd.DataFrame({"source": source, "edge": target, "far": shapely.length(lines), "part": part[node[source]]})[fits]
    pairs = nearest(table)
    pairs = nearest(pairs, "part") if apart else pairs
    over = pavements.index.to_numpy(dtype=object)[own[edge[pairs["source"]]]]
    node, points = node[pairs["source"]], points[pairs["source"]]
    return _joined(network, node, pairs["edge"].to_numpy(np.intp), points, over=over, name="ways_joined")


def _at_edges(network: Network, pavements: gpd.GeoDataFrame) -> Network:
    """Join lines that end at or in a pavement to its middle line: crossings, stairs, ramps, and footways with a loose end."""
    own, shapes = _own(network, pavements), pavements.geometry.to_numpy()
    able = np.flatnonzero(own >= 0)
    lines = np.flatnonzero((own < 0) & network.edges["kind"].isin(ENTERS).to_numpy())
    node = np.concatenate([network.tail[lines], network.head[lines]])
    loose = (degrees(network)[node] == 1) | ~np.tile(network.edges["kind"].eq("footway").to_numpy()[lines], 2)
    on_way = np.zeros(len(network.nodes), bool)
    on_way[network.tail[able]], on_way[network.head[able]] = True, True
    node = np.unique(node[loose & ~on_way[node]])
    points = shapely.points(network.nodes[node])
    source, row = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=TOUCH)
    pairs = _nearest_way(network, able, own, points[source], row)
    pairs = pairs[pairs["far"] <= FROM_EDGE]
    pick = source[pairs["source"]]
    over = pavements.index.to_numpy(dtype=object)[row[pairs["source"]]]
    return _joined(network, node[pick], pairs["edge"].to_numpy(np.intp), points[pick], over=over, name="lines_joined_to_ways")


def _through(network: Network, pavements: gpd.GeoDataFrame) -> Network:
    """Join lines that run over a pavement to its middle line, where nothing else joins them: by the shortest link."""
    own, shapes = _own(network, pavements), pavements.geometry.to_numpy()
    able, lines = np.flatnonzero(own >= 0), np.flatnonzero((own < 0) & joinable(network, "footway"))
    line, row = shapely.STRtree(shapes).query(network.shapes[lines], predicate="intersects")
    ways = pd.DataFrame({"row": own[able], "edge": able})
    pairs = pd.DataFrame({"line": lines[line], "row": row}).merge(ways, on="row")
    part = node_components(network)[network.tail]
    pairs["part"], pairs["with"] = part[pairs["line"]], part[pairs["edge"]]
    pairs = pairs[pairs["part"] != pairs["with"]]
    far = shapely.distance(network.shapes[pairs["line"]], network.shapes[pairs["edge"]])
    pairs = pairs.assign(far=np.round(far, 3)).sort_values(["far", "line", "edge"]).drop_duplicates(["part", "with"])
    pairs = pairs[pairs["far"] <= FROM_EDGE]
    spans = shapely.shortest_line(network.shapes[pairs["line"]], network.shapes[pairs["edge"]])
    edges = np.concatenate([pairs["line"], pairs["edge"]]).astype(np.intp)
    places = np.concatenate([shapely.get_point(spans, place) for place in (0, -1)])
    network, node = split(network, edges, shapely.line_locate_point(network.shapes[edges], places))
    tail, head = node[: len(pairs)], node[len(pairs) :]
    over = pavements.index.to_numpy(dtype=object)[pairs["row"].to_numpy(np.intp)]
    return counted(join_over(network, tail, head, over), lines_joined_to_ways=len(pairs))


def _nearest_way(network: Network, able: Numbers, own: np.ndarray, places: Shapes, row: Numbers) -> pd.DataFrame:
    """The nearest middle line of a given pavement to each place."""
    edges = pd.DataFrame({"row": own[able], "edge": able})
    pairs = pd.DataFrame({"source": np.arange(len(places)), "row": row}).merge(edges, on="row")
    far = shapely.distance(places[pairs["source"].to_numpy(np.intp)], network.shapes[pairs["edge"].to_numpy(np.intp)])
    return nearest(pairs.assign(far=far))


def _over(network: Network, pavements: gpd.GeoDataFrame, passages: gpd.GeoDataFrame | None) -> Network:
    """Join what touches a driveway, or a pavement without a middle line: the shortest links that join it all."""
    own, shapes = _own(network, pavements), pavements.geometry.to_numpy()
    able = np.flatnonzero(own >= 0)
    bare = np.setdiff1d(np.arange(len(shapes)), own[able])
    between, names = [shapes[bare]], pavements.index.to_numpy(dtype=object)[bare]
    if passages is not None and len(passages):
        areas = passages.sort_index().geometry.to_numpy()
        between.append(areas[shapely.get_dimensions(areas) == 2])
    areas = np.concatenate(between)
    names = np.concatenate([names, np.full(len(areas) - len(names), "", dtype=object)])
    if not len(areas) or not len(able):
        return network
    area, row = shapely.STRtree(shapes).query(areas, predicate="dwithin", distance=TOUCH)
    has = np.isin(row, own[able])
    area, row = area[has], row[has]
    pairs = _nearest_way(network, able, own, areas[area], row)
    pairs = pairs[pairs["far"] <= ACROSS].reset_index(drop=True)
    area = area[pairs["source"].to_numpy(np.intp)]
    edge = pairs["edge"].to_numpy(np.intp)
    place = shapely.get_point(shapely.shortest_line(network.shapes[edge], areas[area]), 0)
    network, node = split(network, edge, shapely.line_locate_point(network.shapes[edge], place))
    at_line, touched = _line_ends(network, areas, pavements)
    area, node = np.concatenate([area, at_line]), np.concatenate([node, touched])
    one, other = _shortest(network, area, node)
    part = node_components(network)
    apart = (part[node[one]] != part[node[other]]) | (
        np.hypot(*(network.nodes[node[one]] - network.nodes[node[other]]).T) < ACROSS
    )
    tail, head = node[one[apart]], node[other[apart]]
    return counted(join_over(network, tail, head, names[area[one[apart]]]), areas_crossed=len(np.unique(area[one[apart]])))


def _line_ends(network: Network, areas: Shapes, pavements: gpd.GeoDataFrame) -> tuple[Numbers, Numbers]:
    """Areas, and nodes at which lines end in or at them."""
    node, edge = loose_ends(network, ENTERS)
    line = _own(network, pavements)[edge] < 0
    node = node[line]
    found, area = shapely.STRtree(areas).query(shapely.points(network.nodes[node]), predicate="dwithin", distance=TOUCH)
    return area, node[found]


def _shortest(network: Network, area: Numbers, node: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs of places in one area that join all its places by the shortest lines."""
    table = pd.DataFrame({"area": area, "place": np.arange(len(area))})
    pairs = table.merge(table, on="area")
    pairs = pairs[pairs["place_x"] < pairs["place_y"]]
    one, other = pairs["place_x"].to_numpy(np.intp), pairs["place_y"].to_numpy(np.intp)
    far = np.hypot(*(network.nodes[node[one]] - network.nodes[node[other]]).T)
    rank = np.empty(len(far))
    rank[np.lexsort((other, one, far))] = np.arange(1, len(far) + 1)
    ends = one.astype(np.int32), other.astype(np.int32)  # older releases of scipy grow trees of no others
    tree = minimum_spanning_tree(coo_array((rank, ends), shape=(len(area), len(area))).tocsr()).tocoo()
    return tree.coords[0].astype(np.intp), tree.coords[1].astype(np.intp)


def _joined(network: Network, node: Numbers, edge: Numbers, places: Shapes, *, over: Shapes, name: str) -> Network:
    """Network with edges over pavements, from nodes to the places on edges that are nearest to them."""
    if not len(node):
        return network
    network, there = split(network, edge, shapely.line_locate_point(network.shapes[edge], places))
    return counted(join_over(network, node, there, over), **{name: len(node)})
