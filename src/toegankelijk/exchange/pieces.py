"""The walking network as OpenSidewalks wants it: nodes with at most one kerb each, and edges that kerbs cut.

Gates have no length here and become one node. A kerb at the end of a crossing where the pavement goes on gets a node of its own a
few centimetres into the crossing, so that nobody who stays on the pavement meets it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import ops

from toegankelijk import schema
from toegankelijk.exchange.facts import Names
from toegankelijk.network.graph import Network

ASIDE = 0.05
"""Distance in metres from the end of a crossing to the node of its kerb, where that cannot be the end itself."""

_SHORTEST = 0.03
_MOST_POINTS = 1_900


@dataclass(frozen=True)
class Node:
    """A place where edges meet; a kerb if it has a kind and an object."""

    id: str
    shape: shapely.Point
    kind: str = ""
    object_id: str = ""


@dataclass(frozen=True)
class Piece:
    """A part of an edge of the network between two nodes, in metres; ``approach`` where it leads from pavement to kerb."""

    id: str
    tail: str
    head: str
    kind: str
    object_id: str
    shape: shapely.LineString
    approach: bool = False


@dataclass(frozen=True)
class Pieces:
    """Nodes and edges."""

    nodes: list[Node]
    edges: list[Piece]


@dataclass(frozen=True)
class _Cut:
    """Where on an edge a kerb has a node of its own; ``approach`` says which of the two parts only leads to it."""

    place: float
    kind: str
    object_id: str
    approach: str = ""


def cut_network(network: Network, layers: Mapping[str, gpd.GeoDataFrame]) -> Pieces:
    """Nodes and edges of a network, with the kerbs of the city on them.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> pieces = cut_network(screening.walking.network, screening.city.layers)
    >>> sum(node.kind == "crossing_end" for node in pieces.nodes)
    12
    """
    short = (network.edges["kind"] == "gate").to_numpy() | (network.length < _SHORTEST)
    ends = _merged(network, short)
    kept = np.flatnonzero(~short & (shapely.get_type_id(network.shapes) == 1))
    kerbs = _kerbs_of_gates(network, ends)
    cuts: dict[int, list[_Cut]] = {edge: [] for edge in kept.tolist()}
    _cut_crossings(network, layers.get("crossing_end"), ends, kerbs, cuts)
    _cut_at_kerbs(network, layers.get("kerb"), cuts)
    names = Names()
    nodes = {}
    for node in np.unique(ends[kept]).tolist():
        kind, object_id = kerbs.get(node, ("", ""))
        name = names.give(object_id or f"node-{node}")
        nodes[node] = Node(name, shapely.Point(network.nodes[node]), kind, object_id)
    own: list[Node] = []
    edges: list[Piece] = []
    ways = Names()
    for edge in kept.tolist():
        added = [
            Node(names.give(cut.object_id), network.shapes[edge].interpolate(cut.place), cut.kind, cut.object_id)
            for cut in cuts[edge]
        ]
        tail, head = (nodes[node] for node in ends[edge].tolist())
        edges += _parts(network, edge, cuts[edge], [tail, *added, head], ways)
        own += added
    return Pieces([*nodes.values(), *own], edges)


def _merged(network: Network, short: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Tail and head of every edge, where the two nodes of an edge without length are one; shape (edges, 2)."""
    pairs, size = (network.tail[short], network.head[short]), len(network.nodes)
    label = connected_components(coo_matrix((np.ones(int(short.sum())), pairs), shape=(size, size)), directed=False)[1]
    first = np.unique(label, return_index=True)[1]
    return np.asarray(first[label][np.column_stack([network.tail, network.head])])


def _kerbs_of_gates(network: Network, ends: npt.NDArray[np.intp]) -> dict[int, tuple[str, str]]:
    """Node to the level change that one has to pass there."""
    parts = network.parts[network.parts["kind"] == "kerb"]
    gates = parts[(network.edges["kind"].iloc[parts["edge"]] == "gate").to_numpy()]
    found: dict[int, tuple[str, str]] = {}
    for edge, object_id in zip(gates["edge"].tolist(), gates["object_id"].astype("str"), strict=True):
        found.setdefault(int(ends[edge, 0]), ("kerb", object_id))
    return found


def _cut_crossings(
    network: Network,
    layer: gpd.GeoDataFrame | None,
    ends: npt.NDArray[np.intp],
    kerbs: dict[int, tuple[str, str]],
    cuts: dict[int, list[_Cut]],
) -> None:
    """Give every end of a crossing the nearest end of its line: the node there if it is free, else a place of its own."""
    if layer is None or layer.empty:
        return
    met = Counter(ends[list(cuts)].ravel().tolist())
    crossings = network.edges[network.edges["kind"] == "crossing"]
    lines = {
        key: [edge for edge in part if edge in cuts] for key, part in crossings.groupby("object_id", sort=True).groups.items()
    }
    parents = schema.texts(layer, "parent_id").astype("str")
    for crossing, keys in parents.groupby(parents, sort=True).groups.items():
        edges = lines.get(crossing, [])
        here = Counter(node for edge in edges for node in ends[edge].tolist())
        free = [(edge, side) for edge in edges for side in (0, 1) if here[int(ends[edge, side])] == 1]
        shapes = layer.geometry.loc[keys]
        for key, (edge, side) in _nearest(network, shapes, free):
            node, line = int(ends[edge, side]), network.shapes[edge]
            if met[node] == 1 and node not in kerbs:
                kerbs[node] = ("crossing_end", str(key))
            elif line.length > 4 * ASIDE:
                place = ASIDE if side == 0 else line.length - ASIDE
                cuts[edge].append(_Cut(place, "crossing_end", str(key), ("before", "after")[side]))
        for edge in edges:
            cuts[edge].sort(key=lambda cut: cut.place)


def _nearest(network: Network, shapes: gpd.GeoSeries, free: list[tuple[int, int]]) -> Iterator[tuple[object, tuple[int, int]]]:
    """Pairs of an end of a crossing and an end of its line, nearest first, each once."""
    points = [shapely.get_point(network.shapes[edge], -side) for edge, side in free]
    apart = [(shape.distance(point), at, of) for at, shape in enumerate(shapes) for of, point in enumerate(points)]
    left, taken = set(range(len(shapes))), set(range(len(free)))
    for _, at, of in sorted(apart):
        if at in left and of in taken:
            left.remove(at)
            taken.remove(of)
            yield shapes.index[at], free[of]


def _cut_at_kerbs(network: Network, layer: gpd.GeoDataFrame | None, cuts: dict[int, list[_Cut]]) -> None:
    """Cut ways where they meet a level change, unless it has a node already."""
    if layer is None or layer.empty:
        return
    parts = network.parts[(network.parts["kind"] == "kerb") & network.parts["edge"].isin(list(cuts))]
    for edge, object_id in zip(parts["edge"].tolist(), parts["object_id"], strict=True):
        line = network.shapes[edge]
        if line.length < 4 * ASIDE:
            continue
        met = shapely.get_point(shapely.shortest_line(line, layer.geometry.loc[object_id]), 0)
        place = float(np.clip(line.project(met), ASIDE, line.length - ASIDE))
        if all(abs(cut.place - place) >= ASIDE / 2 for cut in cuts[edge]):
            cuts[edge].append(_Cut(place, "kerb", str(object_id)))
    for found in cuts.values():
        found.sort(key=lambda cut: cut.place)


def _parts(network: Network, edge: int, cuts: list[_Cut], nodes: list[Node], names: Names) -> Iterator[Piece]:
    """The edge from node to node."""
    row, line = network.edges.iloc[edge], _light(network.shapes[edge])
    kind, object_id = str(row["kind"]), str(row["object_id"] or "")
    places = [0.0, *(cut.place for cut in cuts), line.length]
    leads = {0 if cut.approach == "before" else len(cuts) for cut in cuts if cut.approach}
    for at in range(len(nodes) - 1):
        shape = line if not cuts else ops.substring(line, places[at], places[at + 1])
        lead = at in leads
        name = names.give(f"{object_id}~kerb" if lead else object_id or f"{kind}-{edge}")
        yield Piece(name, nodes[at].id, nodes[at + 1].id, kind, object_id, shape, lead)


def _light(line: shapely.LineString) -> shapely.LineString:
    """A line with no more points than a validator takes."""
    step = 0.01
    while shapely.get_num_coordinates(line) > _MOST_POINTS:
        line, step = line.simplify(step), step * 2
    return line
