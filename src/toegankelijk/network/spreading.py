"""Shorter ways that spread over a walking network from edges that open, for many fixes at once.

The distances of the network as it is are known. What a fix changes lies around the edges that it opens: from their ends, shorter
distances are handed on to neighbours as long as they are shorter than before, and within the limit. A label stands for a fix and
a node; all fixes of a round go on together, each in a copy of the network of its own (its slot). What comes out is exactly what a
new search from all destinations would give, in the same order of sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toegankelijk.network.graph import Network

Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Neighbours:
    """The neighbours of each node over open edges, one after another.

    Parameters
    ----------
    first
        Where the neighbours of each node start; one more entry than nodes.
    node
        The neighbours.
    length
        Metres to them.
    """

    first: Numerals
    node: Numerals
    length: Numbers


@dataclass(frozen=True)
class Added:
    """Edges that are open in some slots only, from both their ends, sorted by ``key``.

    Parameters
    ----------
    key
        Slot and node as one number, slot x nodes + node, of the end that one comes from.
    other
        The same of the end that one goes to.
    length
        Metres between them.
    """

    key: Numerals
    other: Numerals
    length: Numbers


@dataclass(frozen=True)
class Room:
    """Room for the labels of one round, one place per slot and node; used again and again.

    Parameters
    ----------
    best
        Shortest distance found so far, in metres; infinite where no label was set.
    place
        Scrap: tells which of several equal keys is kept.
    """

    best: Numbers
    place: npt.NDArray[np.int32]

    @classmethod
    def of(cls, size: int) -> Room:
        """Room for so many labels, all empty."""
        return cls(np.full(size, np.inf), np.zeros(size, dtype=np.int32))

    def clear(self, keys: Numerals) -> None:
        """Empty the labels that were set, and no others: that is quicker than all."""
        self.best[keys] = np.inf


def find_neighbours(network: Network, open: Booleans) -> Neighbours:  # noqa: A002 - an edge is open or it is not
    """Neighbours of each node over open edges; edges side by side stay apart."""
    edges = np.flatnonzero(open)
    come, go = np.r_[network.tail[edges], network.head[edges]], np.r_[network.head[edges], network.tail[edges]]
    order = np.argsort(come, kind="stable")
    first = np.searchsorted(come[order], np.arange(len(network.nodes) + 1))
    return Neighbours(first, go[order], np.tile(network.length[edges], 2)[order])


def add_edges(network: Network, slot: Numerals, edge: Numerals) -> Added:
    """Edges that are open in one slot each."""
    nodes = len(network.nodes)
    tail, head = slot * nodes + network.tail[edge], slot * nodes + network.head[edge]
    key, other = np.r_[tail, head], np.r_[head, tail]
    order = np.argsort(key, kind="stable")
    return Added(key[order], other[order], np.tile(network.length[edge], 2)[order])


def spread(
    neighbours: Neighbours,
    added: Added,
    key: Numerals,
    distance: Numbers,
    room: Room,
    *,
    base: Numbers | None = None,
    limit: float = np.inf,
) -> Numerals:
    """Hand distances on over open edges and those added, until nothing gets shorter.

    Parameters
    ----------
    neighbours
        Edges that are open in every slot.
    added
        Edges that are open in one slot.
    key, distance
        Labels to start from: slot x nodes + node, and metres.
    room
        Empty room; afterwards ``best`` holds the labels.
    base
        Metres per node that a label has to be shorter than; nothing if not given.
    limit
        Longest distance in metres.

    Returns
    -------
    numpy.ndarray
        Keys of the labels that were set, each once.
    """
    nodes, found = len(neighbours.first) - 1, [np.zeros(0, dtype=np.intp)]
    while True:
        shorter = (distance <= limit) & (distance < room.best[key])
        if base is not None:
            shorter &= distance < base[key % nodes]
        key, distance = key[shorter], distance[shorter]
        if not len(key):
            return np.concatenate(found)
        turn = np.arange(len(key), dtype=np.int32)
        room.place[key] = turn
        once = key[room.place[key] == turn]
        found.append(once[np.isinf(room.best[once])])
        np.minimum.at(room.best, key, distance)
        key, distance = _hand_on(neighbours, added, once, room.best[once], nodes)


def expand(first: Numerals, groups: Numerals) -> tuple[Numerals, Numerals]:
    """Members of groups that are stored one after another: for each, its group's place in ``groups``, and its own place."""
    return _runs(first[groups], first[groups + 1])


def _hand_on(ways: Neighbours, added: Added, key: Numerals, distance: Numbers, nodes: int) -> tuple[Numerals, Numbers]:
    """Labels of all neighbours of the labels given."""
    node = key % nodes
    at, which = expand(ways.first, node)
    keys, lengths = (key - node)[at] + ways.node[which], distance[at] + ways.length[which]
    if not len(added.key):
        return keys, lengths
    low, high = np.searchsorted(added.key, key, side="left"), np.searchsorted(added.key, key, side="right")
    at, which = _runs(low, high)
    return np.r_[keys, added.other[which]], np.r_[lengths, distance[at] + added.length[which]]


def _runs(low: Numerals, high: Numerals) -> tuple[Numerals, Numerals]:
    """All whole numbers of several runs, low to high without the last, and which run each is of."""
    count = high - low
    at = np.repeat(np.arange(len(low)), count)
    return at, np.arange(len(at)) + np.repeat(low - (np.cumsum(count) - count), count)
