"""What is reached in a walking network with some edges open, and what is reached once a fix opens more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from toegankelijk.network.distances import at_places, nearest, ways
from toegankelijk.network.graph import Network
from toegankelijk.network.places import Places
from toegankelijk.network.spreading import Added, Neighbours, Room, add_edges, expand, find_neighbours, spread

Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Aim:
    """One purpose: where it can be reached, and how far one may have to go for it.

    Parameters
    ----------
    name
        Name of the purpose.
    within
        Longest way in metres, from door to door.
    weight
        What a way to this purpose is worth.
    node
        Nodes of the destinations.
    off
        Metres from the destination to its node.
    """

    name: str
    within: float
    weight: float
    node: Numerals
    off: Numbers


@dataclass(frozen=True)
class Homes:
    """The origins that count: those that lie on the network and have residents.

    Parameters
    ----------
    edge, along, off
        Where each lies, as in the origins of the places.
    residents
        How many live there.
    tail, head
        Nodes at the ends of the edge.
    rest
        Metres to the head.
    """

    edge: Numerals
    along: Numbers
    off: Numbers
    residents: Numbers
    tail: Numerals
    head: Numerals
    rest: Numbers

    def __len__(self) -> int:
        return len(self.edge)


def find_aims(places: Places) -> list[Aim]:
    """The purposes for which there are destinations on the network, in order of their names."""
    placed, aims = places.destinations[places.destinations["node"] >= 0], []
    for name, found in placed.groupby("purpose", sort=True):
        purpose = places.purposes[str(name)]
        node, off = found["node"].to_numpy(dtype=np.intp), found["off"].to_numpy(dtype=float)
        aims.append(Aim(str(name), purpose.within, purpose.weight, node, off))
    return aims


def find_homes(network: Network, places: Places) -> Homes:
    """Origins that lie on the network and have residents."""
    table = places.origins
    table = table[(table["edge"] >= 0) & (table["residents"] > 0)]
    edge = table["edge"].to_numpy(dtype=np.intp)
    length = network.length[edge]
    along = np.clip(table["along"].to_numpy(dtype=float), 0.0, length)
    residents, off = table["residents"].to_numpy(dtype=float), table["off"].to_numpy(dtype=float)
    return Homes(edge, along, off, residents, network.tail[edge], network.head[edge], length - along)


@dataclass(frozen=True)
class Some:
    """Some fixes, each in a slot of its own, and edges that they open or touch.

    Parameters
    ----------
    count
        How many slots.
    slot, edge
        Pairs of slot and edge, sorted.
    added
        The same edges, for spreading over them.
    """

    count: int
    slot: Numerals
    edge: Numerals
    added: Added

    @classmethod
    def of(cls, network: Network, pairs: pd.DataFrame, start: int, end: int) -> Some:
        """Fixes from one place in their order up to another."""
        low, high = np.searchsorted(pairs["fix"], [start, end])
        chosen = pairs.iloc[low:high]
        slot, edge = chosen["fix"].to_numpy(dtype=np.intp) - start, chosen["edge"].to_numpy(dtype=np.intp)
        return cls(end - start, slot, edge, add_edges(network, slot, edge))

    def has(self, slot: Numerals, edge: Numerals, edges: int) -> Booleans:
        """Whether pairs of slot and edge are among these."""
        mine, asked = self.slot * edges + self.edge, slot * edges + edge
        at = np.minimum(np.searchsorted(mine, asked), len(mine) - 1)
        return mine[at] == asked if len(mine) else np.zeros(len(asked), dtype=bool)


@dataclass(frozen=True)
class World:
    """A network with some edges open, and what is reached in it before anything is fixed.

    Parameters
    ----------
    network
        The network.
    open
        Edges that are open.
    neighbours
        The same by node.
    aims, homes
        Purposes and origins.
    distance
        Per purpose: metres from each node.
    way
        Per purpose: metres from each home, from door to door.
    by_node, by_edge
        Homes by the nodes from which they are reached, and by edge: where the homes of each start, and the homes.
    """

    network: Network
    open: Booleans
    neighbours: Neighbours
    aims: Sequence[Aim]
    homes: Homes
    distance: Sequence[Numbers]
    way: Sequence[Numbers]
    by_node: tuple[Numerals, Numerals]
    by_edge: tuple[Numerals, Numerals]

    @classmethod
    def of(cls, network: Network, open: Booleans, aims: Sequence[Aim], homes: Homes) -> World:  # noqa: A002
        """Search all ways in the network with these edges open."""
        matrix = ways(network, open)
        distance = [nearest(matrix, aim.node, start=aim.off, limit=aim.within) for aim in aims]
        way = [homes.off + at_places(network, open, found, homes.edge, homes.along) for found in distance]
        by_tail, by_head = open[homes.edge] | (homes.along == 0), open[homes.edge] | (homes.rest == 0)
        node = np.r_[homes.tail[by_tail], homes.head[by_head]]
        home = np.r_[np.flatnonzero(by_tail), np.flatnonzero(by_head)]
        nodes, edges = len(network.nodes), len(network)
        neighbours = find_neighbours(network, open)
        by_edge = _grouped(homes.edge, np.arange(len(homes)), edges)
        return cls(network, open, neighbours, aims, homes, distance, way, _grouped(node, home, nodes), by_edge)


def spread_opened(world: World, opened: Some, turn: int, room: Room) -> Numerals:
    """Labels of all nodes that come nearer to a purpose by the edges that open; ``room`` holds them."""
    aim, base = world.aims[turn], world.distance[turn]
    key, metres = _over_edges(world.network, opened, base[world.network.tail[opened.edge]], base[world.network.head[opened.edge]])
    return spread(world.neighbours, opened.added, key, metres, room, base=base, limit=aim.within)


def ways_after(world: World, opened: Some, turn: int, keys: Numerals, room: Room) -> tuple[Numerals, Numerals, Numbers]:
    """Slot, home and metres of the ways that may have become shorter, with the labels of `spread_opened`."""
    slot, home = _concerned(world, opened, keys)
    return slot, home, _from_home(world, opened, slot, home, _metres(world, turn, room))


def ways_over(world: World, opened: Some, touched: Some, turn: int, rooms: Sequence[Room]) -> tuple[Numerals, Numerals, Numbers]:
    """Slot, home and metres of the shortest ways over an edge that a fix clears, and those of homes on such an edge.

    Parameters
    ----------
    world
        The possible world.
    opened, touched
        Edges that the fixes open in it, and all edges of which they clear a barrier.
    turn
        Which purpose.
    rooms
        The first holds the labels of `spread_opened`; the second is used, and left empty.
    """
    network, aim, nodes = world.network, world.aims[turn], len(world.network.nodes)
    after = _metres(world, turn, rooms[0])
    tail, head = network.tail[touched.edge], network.head[touched.edge]
    key, metres = _over_edges(network, touched, after(touched.slot, tail), after(touched.slot, head))
    keys = spread(world.neighbours, opened.added, key, metres, rooms[1], limit=aim.within)
    slot, home = _concerned(world, touched, keys)
    over = _from_home(world, opened, slot, home, lambda slot, node: rooms[1].best[slot * nodes + node])
    on_it = touched.has(slot, world.homes.edge[home], len(network))
    over[on_it] = _from_home(world, opened, slot[on_it], home[on_it], after)
    rooms[1].clear(keys)
    return slot, home, over


def nearest_which(matrix: csr_array, node: Numerals, off: Numbers) -> Numerals:
    """Which destination is nearest to each node, by its place; -1 where none can be reached. Edges as `ways` gives them."""
    nodes, count = matrix.shape[0], len(node)
    if not count:
        return np.full(nodes, -1)
    edges, start = matrix.tocoo(), np.arange(nodes, nodes + count)
    ends = np.r_[edges.row, start], np.r_[edges.col, node]
    starred = csr_array((np.r_[edges.data, off], ends), shape=(nodes + count, nodes + count))
    metres, _, owner = dijkstra(starred, indices=start, directed=False, min_only=True, return_predecessors=True)
    return np.where(np.isfinite(metres), owner - nodes, -1)[:nodes].astype(np.intp)


def _over_edges(network: Network, some: Some, at_tail: Numbers, at_head: Numbers) -> tuple[Numerals, Numbers]:
    """Labels of both ends of edges, by the distances of the other ends."""
    nodes, length = len(network.nodes), network.length[some.edge]
    key = np.r_[some.slot * nodes + network.tail[some.edge], some.slot * nodes + network.head[some.edge]]
    return key, np.r_[at_head + length, at_tail + length]


def _metres(world: World, turn: int, room: Room) -> Callable[[Numerals, Numerals], Numbers]:
    """Metres from nodes once the fix of a slot is done."""
    base, nodes = world.distance[turn], len(world.network.nodes)
    return lambda slot, node: np.minimum(base[node], room.best[slot * nodes + node])


def _concerned(world: World, some: Some, keys: Numerals) -> tuple[Numerals, Numerals]:
    """Slot and home, each pair once: homes that are reached from a label, and those on the edges of the fixes."""
    nodes, homes = len(world.network.nodes), max(1, len(world.homes))
    at, found = expand(world.by_node[0], keys % nodes)
    on, there = expand(world.by_edge[0], some.edge)
    pairs = np.unique(np.r_[keys[at] // nodes * homes + world.by_node[1][found], some.slot[on] * homes + world.by_edge[1][there]])
    return pairs // homes, pairs % homes


def _from_home(
    world: World, opened: Some, slot: Numerals, home: Numerals, metres: Callable[[Numerals, Numerals], Numbers]
) -> Numbers:
    """Metres from homes, from door to door, by those of the ends of their edges."""
    homes = world.homes
    edge, along, rest = homes.edge[home], homes.along[home], homes.rest[home]
    can_walk = world.open[edge] | opened.has(slot, edge, len(world.network))
    by_tail = np.where(can_walk | (along == 0), metres(slot, homes.tail[home]) + along, np.inf)
    by_head = np.where(can_walk | (rest == 0), metres(slot, homes.head[home]) + rest, np.inf)
    return homes.off[home] + np.minimum(by_tail, by_head)


def _grouped(group: Numerals, member: Numerals, groups: int) -> tuple[Numerals, Numerals]:
    """Members by group, one group after another: where each starts, and the members."""
    order = np.argsort(group, kind="stable")
    return np.searchsorted(group[order], np.arange(groups + 1)), member[order]
