"""A walking network out of the layers of a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.network.areas import link_areas, way_lines
from toegankelijk.network.crossing_points import cross_at_points, gates_on_footways
from toegankelijk.network.gates import insert_gates, place_ends, place_gates, present
from toegankelijk.network.graph import EDGE_COLUMNS, PART_COLUMNS, Network
from toegankelijk.network.growing import OFF_GROUND, SPARE, counted
from toegankelijk.network.lines import Shapes
from toegankelijk.network.linking import cross_carriageways, keep_needed, link_loose_ends
from toegankelijk.network.sides import build_sides, walked_sides
from toegankelijk.network.topology import CROSSING, OTHER, SIDED, Lines, Pieces, join_lines

AXES = "pavement_axis"
"""Context kind of the middle lines of pavements that are drawn as polygons."""

WALKED = ("footway", "crossing", "stairs", "ramp", "street")
"""Kinds of objects along whose lines people walk, in the order in which they count where lines coincide."""

LONG_KERB = 2.0
"""Length in metres from which a line that is given as a level change, and joins two ways, is a way itself; a proposal."""

Layers = Mapping[str, gpd.GeoDataFrame]


def build_network(layers: Layers, *, ways: gpd.GeoDataFrame | None = None) -> Network:
    """The walking network of a city.

    People walk along footways, crossings, stairs and ramps as they are drawn, and along streets: on the axis where it is a
    pedestrian or shared street or nobody knows its pavements, along the sides that have a pavement where no footway is drawn
    beside them, and not at all where footways are drawn beside it, unless parts of the network would lie apart without.
    Kerbs, gates between bollards, narrowings and ends of crossings are gates on the ways that lead past them. Lines are joined
    where they share a vertex or end on one another, and where they almost do; what was joined, and what could not be used, is
    told.

    Parameters
    ----------
    layers
        Kind to layer, in one coordinate system in metres, context kinds such as ``driveway`` among them.
    ways
        Middle lines of the footways that are drawn as polygons: lines with a column ``pavement_id``, such as the column
        ``profile`` of what `toegankelijk.widths.passable_width` finds. If not given, the layer `AXES`.

    Returns
    -------
    Network
        Nodes sorted by their coordinates; the order of the rows of layers changes nothing.

    Examples
    --------
    >>> lines = [shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(4, 0.2), (4, 5)])]
    >>> footways = gpd.GeoDataFrame(geometry=lines, index=["a", "b"], crs="EPSG:31370")
    >>> network = build_network({"footway": footways})
    >>> network.edges[["object_id", "length"]].round(1).to_numpy().tolist()
    [['a', 4.0], ['a', 6.0], ['b', 5.0]]
    """
    table, remarks = _lines(layers, layers.get(AXES) if ways is None else ways)
    walk = _walk(table)
    sided = (walk["left"] | walk["right"]).to_numpy()
    group = np.select([sided, table["kind"].eq("crossing")], [SIDED, CROSSING], OTHER).astype(np.int8)
    columns = [table[name].to_numpy(dtype=object) for name in ("shape", "kind", "object_id")]
    ground, slack = table["ground"].to_numpy(bool), table["slack"].to_numpy(float)
    pieces = join_lines(Lines(columns[0], columns[1], columns[2], ground, slack, group, np.arange(len(table))))
    network = _first_network(pieces, walk)
    axes = table.loc[table["kind"].eq("street"), "shape"].to_numpy(dtype=object)
    footways = present(layers.get("footway"))
    network = link_areas(network, _of_dimension(footways, 2), layers.get("driveway"))
    network = link_loose_ends(network)
    crossings = _of_dimension(present(layers.get("crossing")), 0, 2)
    network, missed = cross_at_points(network, crossings, axes)
    network = cross_carriageways(network, axes, *(_shapes(layers, kind) for kind in ("carriageway", "building")))
    network = keep_needed(network)
    network, on_footways = gates_on_footways(network, crossings, present(layers.get("crossing_end")), axes)
    gates, lost = place_gates(network, _without_ways(layers, table))
    ends, lost_ends = place_ends(network, _without(layers, on_footways))
    network = insert_gates(network, pd.concat([on_footways, gates, ends], ignore_index=True))
    told = schema.all_remarks([remarks, network.remarks, missed, lost, lost_ends])
    crs = next((layer.crs for layer in layers.values() if layer.crs is not None), None)
    return _numbered(replace(network, crs=crs, remarks=told))


def _lines(layers: Layers, ways: gpd.GeoDataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All lines to walk along, sorted, and remarks on what is not drawn as a line."""
    tables, remarks = [], []
    for rank, kind in enumerate(WALKED):
        layer = present(layers.get(kind))
        if layer.empty:
            continue
        shapes, owner = shapely.get_parts(shapely.force_2d(layer.geometry.to_numpy()), return_index=True)
        line = shapely.get_dimensions(shapes) == 1
        shapes, owner = _as_lines(shapes[line]), owner[line]
        tables.append(_table(layer.iloc[owner], shapes, kind, rank))
        if kind == "footway":
            areas = _of_dimension(layer, 2)
            drawn, ids = way_lines(ways) if ways is not None else (np.array([], dtype=object), np.array([], dtype=object))
            known = np.isin(ids.astype(str), areas.index.astype(str))
            tables.append(_table(areas.loc[ids[known]], shapely.force_2d(drawn[known]), kind, rank))
            bare = areas.index[~areas.index.isin(ids)]
            remarks.append(
                schema.remarks(kind, bare, "geometry", "", "no way leads over it, so that it is no part of the network")
            )
        elif kind != "crossing":
            areas = _of_dimension(layer, 0, 2)
            remarks.append(schema.remarks(kind, areas.index, "geometry", "", "not drawn as a line; it is no part of the network"))
    tables.append(_kerb_ways(layers, tables))
    filled = [table for table in tables if len(table)]
    columns = ["shape", "kind", "object_id", "ground", "slack", "sides", "closed", "rank"]
    if not filled:
        return pd.DataFrame(columns=columns).astype({"ground": bool, "slack": float, "closed": bool}), schema.all_remarks(remarks)
    table = pd.concat(filled, ignore_index=True)
    table["text"] = shapely.to_wkb(table["shape"].to_numpy(dtype=object))
    table = table.sort_values(["rank", "object_id", "text"], ignore_index=True)
    closed = table[table["closed"]]
    reason = "closed to pedestrians, and without pavements; nobody walks along it"
    remarks.append(schema.remarks("street", closed["object_id"].unique(), "pedestrians_allowed", "", reason))
    return table[~table["closed"]].reset_index(drop=True), schema.all_remarks(remarks)


def _table(layer: gpd.GeoDataFrame, shapes: Shapes, kind: str, rank: int) -> pd.DataFrame:
    sides = schema.texts(layer, "footway_sides").to_numpy(dtype=object)
    barred = layer["pedestrians_allowed"].eq(False).fillna(False).to_numpy(bool) if "pedestrians_allowed" in layer else False
    return pd.DataFrame(
        {
            "shape": shapes,
            "kind": kind,
            "object_id": layer.index.to_numpy(dtype=object),
            "ground": ~schema.is_marked(layer, "off_ground").to_numpy(),
            "slack": schema.accuracy(layer),
            "sides": sides,
            "closed": barred & ~np.isin(sides, ("both", "left", "right")) & (kind == "street"),
            "rank": rank,
        }
    )


def _as_lines(shapes: Shapes) -> Shapes:
    """Rings as lines."""
    ring = shapely.get_type_id(shapes) == shapely.GeometryType.LINEARRING
    if not ring.any():
        return shapes
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(shapely.linestrings(places, indices=owner), dtype=object)


def _of_dimension(layer: gpd.GeoDataFrame, *dimensions: int) -> gpd.GeoDataFrame:
    return layer[np.isin(shapely.get_dimensions(layer.geometry.to_numpy()), dimensions)]


def _shapes(layers: Layers, kind: str) -> Shapes:
    return np.asarray(present(layers.get(kind)).geometry.to_numpy(), dtype=object)


def _kerb_ways(layers: Layers, tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Level changes that are drawn as the way over them: long lines of which both ends are vertices of other ways."""
    kerbs = present(layers.get("kerb"))
    shapes = kerbs.geometry.to_numpy()
    long = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & (shapely.length(shapes) > LONG_KERB)
    kerbs, shapes = kerbs[long], shapely.force_2d(shapes[long])
    walked = [table["shape"].to_numpy(dtype=object) for table in tables if len(table)]
    if kerbs.empty or not walked:
        return pd.DataFrame()
    vertices = shapely.STRtree(shapely.points(shapely.get_coordinates(np.concatenate(walked))))
    joins = np.ones(len(kerbs), bool)
    for place in (0, -1):
        met = vertices.query(shapely.get_point(shapes, place), predicate="dwithin", distance=0.05)[0]
        joins &= np.isin(np.arange(len(kerbs)), met)
    return _table(kerbs[joins], shapes[joins], "kerb", len(WALKED))


def _walk(table: pd.DataFrame) -> pd.DataFrame:
    """Where people walk along each line: columns ``left``, ``right`` and ``spare``."""
    flags = pd.DataFrame(False, index=table.index, columns=["left", "right", "spare"])
    street = table["kind"].eq("street").to_numpy()
    if street.any():
        footways = table.loc[table["kind"].eq("footway"), "shape"].to_numpy(dtype=object)
        lines, sides = (table.loc[street, name].to_numpy(dtype=object) for name in ("shape", "sides"))
        found = walked_sides(lines, sides, footways)
        for name in flags:
            flags.loc[street, name] = getattr(found, name)
    return flags


def _first_network(pieces: Pieces, walk: pd.DataFrame) -> Network:
    """Network of the pieces of lines and of the sides of streets."""
    kind, ids = pieces.lines.kind[pieces.owner], pieces.lines.object_id[pieces.owner]
    flags = walk.iloc[pieces.lines.row[pieces.owner]]
    left, right, spare = (flags[name].to_numpy(bool) for name in ("left", "right", "spare"))
    sides = build_sides(pieces.shapes, pieces.tail, pieces.head, pieces.nodes, left=left, right=right, street=kind == "street")
    kept = ~(left | right)
    of = sides.added["piece"].to_numpy(np.intp)
    edges = pd.DataFrame(
        {
            "tail": np.concatenate([sides.tail[kept], sides.added["tail"]]).astype(np.intp),
            "head": np.concatenate([sides.head[kept], sides.added["head"]]).astype(np.intp),
            "kind": np.concatenate([np.where(kind[kept] == "kerb", "mouth", kind[kept]), sides.added["kind"]]),
            "object_id": np.concatenate([ids[kept], ids[of]]),
            "side": np.concatenate([np.full(kept.sum(), ""), sides.added["side"]]),
            SPARE: np.concatenate([spare[kept], np.zeros(len(of), bool)]),
            OFF_GROUND: np.concatenate([~pieces.lines.ground[pieces.owner][kept], np.zeros(len(of), bool)]),
        }
    )
    shapes = np.concatenate([sides.pieces[kept], sides.shapes])
    edges.insert(2, "length", shapely.length(shapes))
    parts = pd.DataFrame(
        {"edge": np.arange(len(edges)), "kind": np.concatenate([kind[kept], kind[of]]), "object_id": edges["object_id"]}
    )
    parts = parts[~((edges["kind"] == "mouth") & (parts["kind"] == "street"))].reset_index(drop=True)
    network = Network(
        sides.nodes, edges[[*EDGE_COLUMNS, SPARE, OFF_GROUND]], shapes, parts[list(PART_COLUMNS)], remarks=pieces.remarks
    )
    mouths = int((sides.added["kind"] == "mouth").sum())
    return counted(network, **pieces.mended, street_sides=len(of) - mouths, street_mouths=mouths)


def _without_ways(layers: Layers, table: pd.DataFrame) -> Layers:
    """Layers without the level changes that are ways themselves."""
    own = table.loc[table["kind"].eq("kerb"), "object_id"]
    if own.empty:
        return layers
    return {**layers, "kerb": layers["kerb"].drop(index=own.unique())}


def _without(layers: Layers, gates: pd.DataFrame) -> Layers:
    """Layers without the ends of crossings that have their gates already."""
    if gates.empty or "crossing_end" not in layers:
        return layers
    own = gates.loc[gates["kind"].eq("crossing_end"), "object_id"].unique()
    return {**layers, "crossing_end": layers["crossing_end"].drop(index=own)}


def _numbered(network: Network) -> Network:
    """Network without nodes that no edge reaches, nodes sorted by coordinates and edges by what they are."""
    used = np.zeros(len(network.nodes), bool)
    used[network.tail], used[network.head] = True, True
    places = np.round(network.nodes, 3)
    order = np.lexsort((places[:, 1], places[:, 0]))
    order = order[used[order]]
    number = np.full(len(network.nodes), -1)
    number[order] = np.arange(len(order))
    tail, head = number[network.tail], number[network.head]
    edges = network.edges.assign(tail=tail, head=head)
    ranked = edges.assign(low=np.minimum(tail, head), high=np.maximum(tail, head), wkb=shapely.to_wkb(network.shapes))
    rows = ranked.sort_values(["kind", "object_id", "side", "low", "high", "wkb"]).index.to_numpy()
    place = np.empty(len(rows), np.intp)
    place[rows] = np.arange(len(rows))
    parts = network.parts.assign(edge=place[network.parts["edge"].to_numpy(np.intp)])
    parts = parts.sort_values(list(PART_COLUMNS), ignore_index=True)
    table = edges.iloc[rows].reset_index(drop=True)[list(EDGE_COLUMNS)]
    return replace(network, nodes=network.nodes[order], edges=table, shapes=network.shapes[rows], parts=parts)
