"""Edges that are added to a network, and what is loose in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.network.graph import PART_COLUMNS, Network
from toegankelijk.network.lines import Floats, Numbers
from toegankelijk.network.topology import Flags, components

SPARE = "spare"
"""Column of edges, while a network is built: axes of streets along which nobody needs to walk, unless nothing else leads on."""


OFF_GROUND = "off_ground"
"""Column of edges, while a network is built: those on a bridge or in a tunnel, which nothing beside or under them joins."""


def with_edges(network: Network, edges: pd.DataFrame, parts: pd.DataFrame | None = None) -> Network:
    """Network with more edges, which are straight lines unless a column ``shape`` says else.

    Parameters
    ----------
    network
        A network.
    edges
        Columns ``tail``, ``head``, ``kind``, ``object_id`` and ``side``; those of a gate have no length.
    parts
        Columns `PART_COLUMNS`, with numbers of rows of `edges` as edges; none if not given.
    """
    if edges.empty:
        return network
    ends = network.nodes[edges[["tail", "head"]].to_numpy(np.intp)]
    gate = (edges["kind"] == "gate").to_numpy()
    shapes = np.empty(len(edges), dtype=object)
    shapes[gate] = shapely.points(ends[gate, 0])
    shapes[~gate] = shapely.linestrings(ends[~gate])
    if "shape" in edges:
        given = edges["shape"].notna().to_numpy()
        shapes[given] = edges["shape"].to_numpy()[given]
    table = edges.drop(columns="shape", errors="ignore").assign(length=shapely.length(shapes))
    table = table.assign(**{name: False for name in (SPARE, OFF_GROUND) if name in network.edges})
    every = pd.concat([network.edges, table[list(network.edges.columns)]], ignore_index=True)
    stood = network.parts
    if parts is not None and len(parts):
        shifted = parts.assign(edge=parts["edge"].to_numpy(np.intp) + len(network))
        stood = pd.concat([stood, shifted], ignore_index=True)[list(PART_COLUMNS)]
    return replace(network, edges=every, shapes=np.concatenate([network.shapes, shapes]), parts=stood)


def table_of(tail: Numbers, head: Numbers, kind: str, object_id: object = "", side: object = "") -> pd.DataFrame:
    """Edges of one kind for `with_edges`."""
    columns = {"tail": tail, "head": head, "kind": kind, "object_id": object_id, "side": side}
    return pd.DataFrame(columns, index=range(len(tail))).astype({"tail": np.intp, "head": np.intp, "object_id": object})


def counted(network: Network, **mended: int) -> Network:
    """Network that tells of more mends."""
    told: Mapping[str, int] = network.mended
    return replace(network, mended={**told, **{name: told.get(name, 0) + count for name, count in mended.items()}})


def walked(network: Network) -> Flags:
    """Edges but for the spare ones."""
    return ~network.edges[SPARE].to_numpy(bool) if SPARE in network.edges else np.ones(len(network), bool)


def joinable(network: Network, *kinds: str) -> Flags:
    """Edges of some kinds that links may lead to: on the ground, and no spare ones."""
    off = network.edges[OFF_GROUND].to_numpy(bool) if OFF_GROUND in network.edges else np.zeros(len(network), bool)
    return np.asarray(network.edges["kind"].isin(kinds).to_numpy() & walked(network) & ~off)


def degrees(network: Network) -> npt.NDArray[np.intp]:
    """How many edges end at each node, but for the spare ones."""
    real = walked(network)
    ends = np.concatenate([network.tail[real], network.head[real]])
    return np.bincount(ends, minlength=len(network.nodes))


def loose_ends(network: Network, kinds: tuple[str, ...]) -> tuple[Numbers, Numbers]:
    """Nodes at which a single edge ends, and that edge, of some kinds."""
    real = np.flatnonzero(walked(network) & network.edges["kind"].isin(kinds).to_numpy())
    node = np.concatenate([network.tail[real], network.head[real]])
    edge = np.tile(real, 2)
    single = degrees(network)[node] == 1
    order = np.argsort(node[single], kind="stable")
    return node[single][order], edge[single][order]


def node_components(network: Network) -> Numbers:
    """Number of the component of each node, but for the spare edges."""
    real = walked(network)
    return components(network.tail[real], network.head[real], len(network.nodes))


def nearest(pairs: pd.DataFrame, by: str = "source") -> pd.DataFrame:
    """The nearest pair of each source: the first by ``far``, then by ``edge``."""
    return pairs.sort_values([by, "far", "edge"], ignore_index=True).drop_duplicates(by)


def along_edges(network: Network, edge: Numbers, places: Floats) -> Floats:
    """Metres along edges, which are lines, to the nearest places to some points."""
    return np.asarray(shapely.line_locate_point(network.shapes[edge], shapely.points(places)))
