"""Edges that are the only way between what lies on either side of them, and fixes without which an anchor stays cut off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order

from toegankelijk.network.distances import ways
from toegankelijk.network.graph import Network
from toegankelijk.network.openings import find_openings
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import Places
from toegankelijk.network.worlds import nearest_which
from toegankelijk.norm.kernel import FAILS

Booleans = npt.NDArray[np.bool_]
Numerals = npt.NDArray[np.intp]

CARE, DAILY = "care", ("stop", "shop")
"""Purpose of which the destinations are care anchors, and the purposes to which each of them needs a way."""


def find_bridges(network: Network, open: Booleans) -> Booleans:  # noqa: A002 - an edge is open or it is not
    """Edges of which the loss would cut nodes off from one another.

    All edges of a depth-first tree are walked away from its root and all others back towards it. Two nodes then reach each other
    in both directions if, and only if, they hang together by more than single edges (Robbins 1939, *American Mathematical
    Monthly* 46): the edges between such groups are the bridges. Of edges side by side none is a bridge, nor is one that leads
    back to its own node.

    Parameters
    ----------
    network
        The walking network.
    open
        Edges that one can walk; no other edge is a bridge.

    Returns
    -------
    numpy.ndarray
        One truth value per edge.
    """
    result = np.zeros(len(network), dtype=bool)
    edges = np.flatnonzero(np.asarray(open) & (network.tail != network.head))
    result[edges] = _bridges(network.tail[edges], network.head[edges])
    return result


def find_chain(network: Network, passability: Passability, places: Places, fixes: pd.DataFrame) -> pd.Series:
    """Fixes without which a care anchor has no barrier-free way to its nearest stop or shop (term K of the priority).

    Suppose that all other fixes are done, and that all that is unknown is passable. If the anchor then still has no way to its
    nearest stop, or to its nearest shop, and the fix gives it one, then what the fix opens lies on every way between them. The
    nearest is the one that is nearest for those whom nothing stops.

    Parameters
    ----------
    network, passability, places, fixes
        As for `toegankelijk.network.gains.find_gains`. Anchors are the destinations of the purpose `CARE`.

    Returns
    -------
    Series
        One truth value per fix, sorted by fix.
    """
    openings = find_openings(passability, fixes)
    chain = pd.Series(False, index=openings.fixes, name="chain")
    start, end = _errands(network, places)
    failing = np.asarray(passability.barriers["outcome"]) == FAILS
    rows = pd.DataFrame({"row": np.flatnonzero(failing), "edge": passability.barriers["edge"].to_numpy(dtype=np.intp)[failing]})
    cleared = openings.cleared.merge(rows, on="row")
    opened = np.asarray(passability.possibly)
    mended = ~opened & ~np.isin(np.arange(len(network)), rows.loc[~rows["row"].isin(cleared["row"]), "edge"])
    only = cleared[~cleared["row"].duplicated(keep=False) & mended[cleared["edge"]]]  # what no other fix clears
    _, part = connected_components(ways(network, opened), directed=False)
    edges = np.flatnonzero(mended & (part[network.tail] != part[network.head]))
    pairs = np.concatenate([part[network.tail[edges]], part[network.head[edges]], part[start], part[end]])
    used, at = np.unique(pairs, return_inverse=True)  # only what hangs on an edge that can be mended
    tail, head, start, end = np.split(at, np.cumsum([len(edges), len(edges), len(start)]))
    whole = _parts(tail, head, len(used))
    meets = (whole[start] == whole[end]) & (start != end)
    start, end = start[meets], end[meets]
    bridge = _bridges(tail, head)
    for fix, group in only.groupby("fix")["edge"] if len(start) else ():
        lost = np.isin(edges, group)
        if lost.sum() > 1 or bridge[lost].any():
            left = _parts(tail[~lost], head[~lost], len(used))
            chain.iloc[fix] = bool((left[start] != left[end]).any())
    return chain


def _errands(network: Network, places: Places) -> tuple[Numerals, Numerals]:
    """Nodes of the anchors, and of the nearest stop or shop of each, for those whom nothing stops."""
    placed = places.destinations[places.destinations["node"] >= 0].sort_values(["kind", "object_id"])
    anchors = placed.loc[placed["purpose"] == CARE, "node"].to_numpy(dtype=np.intp)
    everything = ways(network, np.ones(len(network), dtype=bool))
    starts, ends = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    for purpose in DAILY:
        targets = placed[placed["purpose"] == purpose]
        node = targets["node"].to_numpy(dtype=np.intp)
        which = nearest_which(everything, node, targets["off"].to_numpy(dtype=float))[anchors]
        starts.append(anchors[which >= 0])
        ends.append(node[which[which >= 0]])
    return np.concatenate(starts), np.concatenate(ends)


def _bridges(tail: Numerals, head: Numerals) -> Booleans:
    """Which of some edges between different nodes are bridges."""
    if not len(tail):
        return np.zeros(0, dtype=bool)
    used, ends = np.unique(np.r_[tail, head], return_inverse=True)
    group = _strong_groups(ends[: len(tail)], ends[len(tail) :], len(used))
    return np.asarray(group[ends[: len(tail)]] != group[ends[len(tail) :]])


def _parts(tail: Numerals, head: Numerals, nodes: int) -> Numerals:
    """Number of the part that each node hangs together with."""
    return np.asarray(connected_components(_matrix(tail, head, nodes), directed=False)[1])


def _strong_groups(tail: Numerals, head: Numerals, nodes: int) -> Numerals:
    """Group of each node: nodes that no single edge holds together. All nodes have an edge."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    pair, times = np.unique(low * nodes + high, return_counts=True)
    low, high = pair // nodes, pair % nodes
    _, part = connected_components(_matrix(low, high, nodes), directed=False)
    _, first = np.unique(part, return_index=True)
    # parts that do not hang together are strung on a thread, so that one walk comes everywhere; it adds bridges only
    low, high, times = np.r_[low, first[:-1]], np.r_[high, first[1:]], np.r_[times, np.ones(len(first) - 1, dtype=times.dtype)]
    order, before = depth_first_order(_matrix(np.r_[low, high], np.r_[high, low], nodes), first[0], return_predecessors=True)
    turn = np.empty(nodes, dtype=np.intp)
    turn[order] = np.arange(nodes)
    early, late = np.where(turn[low] < turn[high], low, high), np.where(turn[low] < turn[high], high, low)
    down = before[late] == early  # an edge of the tree; all others lead back
    both = times > 1
    start = np.r_[np.where(down, early, late), late[both]]
    end = np.r_[np.where(down, late, early), early[both]]
    return np.asarray(connected_components(_matrix(start, end, nodes), directed=True, connection="strong")[1])


def _matrix(tail: Numerals, head: Numerals, nodes: int) -> csr_array:
    """Edges as a matrix of node by node."""
    return coo_array((np.ones(len(tail)), (tail, head)), shape=(nodes, nodes)).tocsr()
