"""What one has to pass at one place of a way: kerbs, gates between bollards, narrowings and the ends of crossings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.network.graph import Network
from toegankelijk.network.growing import counted, with_edges
from toegankelijk.network.locating import split

NEAR = 0.5
"""Distance in metres, besides its accuracy, within which a barrier stands on a way; a proposal."""

MOST = 3.0
"""Distance in metres beyond which it does not, however inaccurate it is; and within which a narrowing stands on its footway."""

STANDS_ON = ("crossing", "ramp", "stairs", "footway", "street")
"""Kinds of edges on which barriers stand; where edges of several meet, the first of these."""

BARRIERS = ("kerb", "passage", "narrowing")
"""Kinds of barriers that stand on whatever way runs there."""

GATE_COLUMNS = ("edge", "along", "kind", "object_id")
"""Columns of gates: where each stands, and what it is."""


def place_gates(network: Network, layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where barriers stand on the network, and remarks on those that stand nowhere.

    A barrier stands on its parent, if that runs near it, else on the nearest way within 0.5 m plus its accuracy. One that is
    drawn as a line or a polygon stands on every way that it crosses. A narrowing stands on its footway within 3 m. The end of a
    crossing stands on that crossing.
    """
    found, remarks = [], []
    for kind in BARRIERS:
        layer = present(layers.get(kind))
        if layer.empty:
            continue
        shapes, ids = layer.geometry.to_numpy(), layer.index.to_numpy(dtype=object)
        reach = np.minimum(NEAR + schema.accuracy(layer), MOST)
        own = _on_parents(network, layers, layer, MOST if kind == "narrowing" else reach)
        rest = np.setdiff1d(np.arange(len(layer)), own["source"])
        near = _on_any(network, shapes, rest, reach)
        placed = pd.concat([own, near])
        found.append(placed.assign(kind=kind, object_id=ids[placed["source"].to_numpy(np.intp)]))
        lost = np.setdiff1d(rest, near["source"])
        remarks.append(schema.remarks(kind, ids[lost], "geometry", "", "no way of the network runs there; it bars none"))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*GATE_COLUMNS])
    return table[list(GATE_COLUMNS)], schema.all_remarks(remarks)


def place_ends(network: Network, layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where the ends of crossings stand, and remarks on those that stand nowhere.

    On the edge of its crossing that is nearest, at the nearest place; of crossings that are drawn as points, the first end at
    the tail of the edge made for it and the second at its head.
    """
    ends = present(layers.get("crossing_end"))
    columns = pd.DataFrame(columns=[*GATE_COLUMNS])
    if ends.empty:
        return columns, schema.remarks()
    parents = schema.texts(ends, "parent_id").to_numpy(dtype=object)
    drawn = layers["crossing"].geometry if "crossing" in layers else pd.Series(dtype=object)
    flat = drawn.index[shapely.get_dimensions(drawn.to_numpy()) == 1] if len(drawn) else pd.Index([])
    edges = _of_kind(network, "crossing")
    shapes = ends.geometry.to_numpy()
    pairs = pd.DataFrame({"source": np.arange(len(ends)), "owner": parents}).merge(edges, on="owner")
    pairs["far"] = shapely.distance(shapes[pairs["source"]], network.shapes[pairs["edge"]])
    pairs = pairs.sort_values(["source", "far", "edge"], ignore_index=True).drop_duplicates("source")
    along = shapely.line_locate_point(network.shapes[pairs["edge"]], shapely.centroid(shapes[pairs["source"]]))
    order = pairs.groupby("owner").cumcount().to_numpy()
    length = network.length[pairs["edge"]]
    along = np.where(pairs["owner"].isin(flat), along, np.where(order % 2 == 0, 0.0, length))
    ids = ends.index.to_numpy(dtype=object)
    table = pd.DataFrame({"edge": pairs["edge"], "along": along, "kind": "crossing_end", "object_id": ids[pairs["source"]]})
    lost = np.setdiff1d(np.arange(len(ends)), pairs["source"])
    near = _on_any(network, shapes, lost, np.full(len(ends), NEAR))
    rest = near.assign(kind="crossing_end", object_id=ids[near["source"].to_numpy(np.intp)])
    lost = np.setdiff1d(lost, near["source"])
    remarks = schema.remarks("crossing_end", ids[lost], "geometry", "", "its crossing is not on the network; it bars none")
    return pd.concat([table, rest[list(GATE_COLUMNS)]], ignore_index=True), remarks


def insert_gates(network: Network, gates: pd.DataFrame) -> Network:
    """Network with gates on its edges; several at one place stand one after the other.

    Parameters
    ----------
    network
        A network.
    gates
        Columns `GATE_COLUMNS`; ``along`` in metres from the tail of the edge. One at an end bars this edge only, not the others
        that meet there.
    """
    if gates.empty:
        return network
    gates = gates.drop_duplicates(["edge", "kind", "object_id"]).sort_values(["edge", "along", "kind", "object_id"])
    edge, along = gates["edge"].to_numpy(np.intp), gates["along"].to_numpy(float)
    marked = replace(network, edges=network.edges.assign(origin=np.arange(len(network))))
    cut, node = split(marked, edge, along)
    at_tail = along <= network.length[edge] / 2
    at_tail &= network.tail[edge] == node
    ends = pd.DataFrame({"origin": cut.edges["origin"], "tail": cut.tail, "head": cut.head, "arm": np.arange(len(cut))})
    first = ends.drop_duplicates(["origin", "tail"]).set_index(["origin", "tail"])["arm"]
    last = ends.drop_duplicates(["origin", "head"], keep="last").set_index(["origin", "head"])["arm"]
    keys = pd.MultiIndex.from_arrays([edge, node])
    arm = np.where(at_tail, first.reindex(keys).to_numpy(), last.reindex(keys).to_numpy()).astype(np.intp)
    side = np.where(at_tail, 0, 1)
    order = np.lexsort((gates["object_id"].to_numpy(), gates["kind"].to_numpy(), side, arm))
    arm, side, node, gates = arm[order], side[order], node[order], gates.iloc[order]
    fresh = np.concatenate([[True], (np.diff(arm) != 0) | (np.diff(side) != 0)])
    new = len(cut.nodes) + np.arange(len(arm))
    head = np.where(np.append(fresh[1:], True), node, new + 1)
    ends_now = np.stack([cut.tail, cut.head], axis=1)
    ends_now[arm[fresh], side[fresh]] = new[fresh]
    edges = cut.edges.drop(columns="origin").assign(tail=ends_now[:, 0], head=ends_now[:, 1])
    cut = replace(cut, edges=edges, nodes=np.concatenate([cut.nodes, cut.nodes[node]]))
    table = pd.DataFrame({"tail": new, "head": head, "kind": "gate", "object_id": gates["object_id"].to_numpy(), "side": ""})
    parts = pd.DataFrame(
        {"edge": np.arange(len(new)), "kind": gates["kind"].to_numpy(), "object_id": gates["object_id"].to_numpy()}
    )
    return counted(with_edges(cut, table, parts), gates_set=len(table))


def present(layer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Objects with a shape, but for those that only the inventory knows, by id."""
    if layer is None:
        return gpd.GeoDataFrame({"geometry": []}, geometry="geometry")
    kept = layer[~(layer.geometry.isna() | layer.geometry.is_empty)]
    kept = kept[kept["delivered"].ne(False)] if "delivered" in kept else kept
    return kept.sort_index()


def _of_kind(network: Network, kind: str) -> pd.DataFrame:
    """Edges along objects of a kind: ``owner`` (its id) and ``edge``."""
    rows = np.flatnonzero(network.edges["kind"].eq(kind).to_numpy())
    return pd.DataFrame({"owner": network.edges["object_id"].to_numpy(dtype=object)[rows], "edge": rows})


def _on_parents(
    network: Network, layers: Mapping[str, gpd.GeoDataFrame], layer: gpd.GeoDataFrame, reach: np.ndarray | float
) -> pd.DataFrame:
    """Where objects stand on the edges of their parents: ``source``, ``edge`` and ``along``."""
    parents = schema.texts(layer, "parent_id").to_numpy(dtype=object)
    source = np.flatnonzero(parents != "")
    edges = [_of_kind(network, kind) for kind in STANDS_ON]
    of = pd.concat(edges, ignore_index=True)
    stretches = layers.get("footway")
    if stretches is not None and "parent_id" in stretches:  # what names a footway stands on one of its stretches
        whole = schema.texts(stretches, "parent_id").reindex(of["owner"]).fillna("").to_numpy(dtype=object)
        again = pd.DataFrame({"owner": whole, "edge": of["edge"]})
        of = pd.concat([of, again[again["owner"] != ""]], ignore_index=True)
    pairs = pd.DataFrame({"source": source, "owner": parents[source]}).merge(of, on="owner")
    return _places(network, layer.geometry.to_numpy(), pairs, np.broadcast_to(reach, len(layer)))


def _on_any(network: Network, shapes: np.ndarray, rows: np.ndarray, reach: np.ndarray) -> pd.DataFrame:
    """Where objects stand on whatever way runs near."""
    able = np.flatnonzero(network.edges["kind"].isin(STANDS_ON).to_numpy())
    if not len(able) or not len(rows):
        return pd.DataFrame({"source": [], "edge": [], "along": []}).astype({"source": np.intp, "edge": np.intp})
    tree = shapely.STRtree(network.shapes[able])
    source, near = tree.query(shapes[rows], predicate="dwithin", distance=reach[rows])
    return _places(network, shapes, pd.DataFrame({"source": rows[source], "edge": able[near]}), reach)


def _places(network: Network, shapes: np.ndarray, pairs: pd.DataFrame, reach: np.ndarray) -> pd.DataFrame:
    """The nearest edge of each object; of one that is no point also the others that it crosses."""
    source, edge = pairs["source"].to_numpy(np.intp), pairs["edge"].to_numpy(np.intp)
    far = shapely.distance(shapes[source], network.shapes[edge])
    rank = pd.Series(range(len(STANDS_ON)), STANDS_ON).reindex(network.edges["kind"].to_numpy()[edge]).to_numpy()
    table = pd.DataFrame({"source": source, "edge": edge, "far": np.round(far, 3), "rank": rank})
    table = table[far <= reach[source]].sort_values(["source", "far", "rank", "edge"], ignore_index=True)
    first = ~table.duplicated("source").to_numpy()
    flat = shapely.get_dimensions(shapes[table["source"].to_numpy(np.intp)]) > 0
    crossed = flat & shapely.crosses(network.shapes[table["edge"]], shapes[table["source"]])
    table = table[first | crossed]
    lines, others = network.shapes[table["edge"]], shapes[table["source"]]
    place = shapely.get_point(shapely.shortest_line(lines, others), 0)
    return table[["source", "edge"]].assign(along=shapely.line_locate_point(lines, place))
