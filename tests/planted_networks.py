"""Small walking networks of which the truth is known, for tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st
from pyproj import CRS
from shapely import Point

from toegankelijk.network.graph import EDGE_COLUMNS, PART_COLUMNS, Network

LAMBERT = CRS("EPSG:31370")
"""The coordinate system of all planted networks."""


class Way(NamedTuple):
    """An edge to plant. Without a ``length`` it is as long as the straight line; a gate has none. Without ``parts`` one passes
    the object that the edge runs along (a link has no object)."""

    tail: int
    head: int
    kind: str = "footway"
    object_id: str = ""
    length: float | None = None
    parts: tuple[tuple[str, str], ...] | None = None
    side: str = ""


def gate(tail: int, head: int, kind: str, object_id: str) -> Way:
    """A gate: an edge without length at which one passes an object such as a kerb."""
    return Way(tail, head, "gate", object_id, 0.0, ((kind, object_id),))


def plant(nodes: Sequence[tuple[float, float]], ways: Iterable[Way]) -> Network:
    """A network of places, and of ways between them."""
    points = np.array(nodes, dtype=float).reshape(-1, 2)
    rows, parts, shapes = [], [], []
    for edge, way in enumerate(ways):
        ends = points[[way.tail, way.head]]
        length = 0.0 if way.kind == "gate" else float(np.hypot(*(ends[1] - ends[0])))
        length = length if way.length is None else way.length
        rows.append((way.tail, way.head, length, way.kind, way.object_id, way.side))
        shapes.append(Point(ends[0]) if way.kind == "gate" else shapely.linestrings(ends))
        own = ((way.kind, way.object_id),) if way.object_id and way.kind != "mouth" else ()
        parts += [(edge, *part) for part in (own if way.parts is None else way.parts)]
    edges = pd.DataFrame(rows, columns=list(EDGE_COLUMNS)).astype({"tail": int, "head": int, "length": float})
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return Network(points, edges, held, pd.DataFrame(parts, columns=list(PART_COLUMNS)).astype({"edge": int}), crs=LAMBERT)


def plant_layers(**kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, gpd.GeoDataFrame]:
    """Layers by kind: object to its attributes. An object without ``geometry`` lies nowhere.

    ``plant_layers(kerb={"K1": {"level_difference": 2.0}}, address={"A1": {"geometry": Point(5, 0), "residents": 3}})``
    """
    layers = {}
    for kind, objects in kinds.items():
        ids = pd.Index([str(key) for key in objects], name="object_id", dtype="object")
        table = pd.DataFrame([dict(said) for said in objects.values()], index=ids)
        shapes = table.pop("geometry") if "geometry" in table else [None] * len(table)
        layers[kind] = gpd.GeoDataFrame(table, geometry=list(shapes), crs=LAMBERT)
    return layers


def grid(columns: int, rows: int, spacing: float = 100.0) -> Network:
    """Footways crossing at right angles. Node ``row * columns + column``; ``E-row-column`` runs east, ``N-...`` north."""
    nodes = [(column * spacing, row * spacing) for row in range(rows) for column in range(columns)]
    number = np.arange(rows * columns).reshape(rows, columns)
    east = [
        Way(int(number[row, column]), int(number[row, column + 1]), "footway", f"E-{row}-{column}")
        for row in range(rows)
        for column in range(columns - 1)
    ]
    north = [
        Way(int(number[row, column]), int(number[row + 1, column]), "footway", f"N-{row}-{column}")
        for row in range(rows - 1)
        for column in range(columns)
    ]
    return plant(nodes, [*east, *north])


def line_with_gate(kind: str = "kerb", object_id: str = "K1", half: float = 50.0) -> Network:
    """``0 --F1-- 1 =gate= 2 --F2-- 3``: edges 0, 1 (the gate) and 2."""
    nodes = [(0.0, 0.0), (half, 0.0), (half, 0.0), (2 * half, 0.0)]
    return plant(nodes, [Way(0, 1, "footway", "F1"), gate(1, 2, kind, object_id), Way(2, 3, "footway", "F2")])


def crossing_with_kerbs() -> Network:
    """``0 --F1-- 1 =X1= 2 --C1-- 3 =X2= 4 --F2-- 5``: a crossing of 10 m with a kerb at either end."""
    nodes = [(0.0, 0.0), (40.0, 0.0), (40.0, 0.0), (50.0, 0.0), (50.0, 0.0), (90.0, 0.0)]
    return plant(
        nodes,
        [
            Way(0, 1, "footway", "F1"),
            gate(1, 2, "crossing_end", "X1"),
            Way(2, 3, "crossing", "C1"),
            gate(3, 4, "crossing_end", "X2"),
            Way(4, 5, "footway", "F2"),
        ],
    )


def island_behind_kerbs() -> Network:
    """A long way ``0 - 1 - 2`` of 400 m, and one of 100 m (``3 - 4``) behind a kerb K1 of node 1 and stairs S1 of node 2.

    Edges: 0 and 1 (F1, F2), 2 (gate K1 between 1 and 3), 3 (F3), 4 (S1 from 4 to 2).
    """
    nodes = [(0.0, 0.0), (200.0, 0.0), (400.0, 0.0), (200.0, 0.0), (300.0, 0.0)]
    return plant(
        nodes,
        [
            Way(0, 1, "footway", "F1"),
            Way(1, 2, "footway", "F2"),
            gate(1, 3, "kerb", "K1"),
            Way(3, 4, "footway", "F3"),
            Way(4, 2, "stairs", "S1", 100.0),
        ],
    )


@st.composite
def networks(draw: st.DrawFn, nodes: int = 8, edges: int = 14) -> Network:
    """Any small network: parallel edges, loops, gates without length and parts that hang loose are all in it.

    Lengths are whole metres, so that different ways can be exactly as long.
    """
    count = draw(st.integers(2, nodes))
    numbers = st.integers(0, count - 1)
    drawn = draw(st.lists(st.tuples(numbers, numbers, st.sampled_from((0, 0, 1, 2, 3, 7))), min_size=1, max_size=edges))
    ways = [
        gate(tail, head, "kerb", f"K{i}") if length == 0 else Way(tail, head, "footway", f"F{i}", float(length))
        for i, (tail, head, length) in enumerate(drawn)
    ]
    return plant([(10.0 * i, 0.0) for i in range(count)], ways)
