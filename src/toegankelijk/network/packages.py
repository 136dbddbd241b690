"""Sets of fixes that together give an origin a barrier-free way to a purpose.

One kerb of a crossing is worth nothing without the other. For each origin and purpose that is not reached, the cheapest way is
looked for on which each closed edge costs what it takes to open it: a forest of shortest ways from all destinations, with euros
for metres. The closed edges on a way make its set.

Two things keep a forest from being the whole truth, for both no quick exact method is known. A fix that opens several edges is
paid once, but a forest adds it up per edge; therefore forests are grown with the whole cost at each edge, and with the cost
shared out over them. And the cheapest way may be longer than the purpose allows; therefore forests are grown with ever higher
prices per metre, up to the shortest way of all. Of the ways found that are short enough the one with the cheapest set counts.
Where each fix opens one edge and no limit of length bites, that is the cheapest there is; in any case a way is found if there
is one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from toegankelijk.network.graph import Network
from toegankelijk.network.openings import Openings, find_openings
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import Places
from toegankelijk.network.worlds import Aim, Homes, World, find_aims, find_homes
from toegankelijk.norm.kernel import FAILS

Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]

METRE_PRICES = (1e-6, 1.0, 10.0, 100.0, 1000.0, 1e9)
"""Prices in euros per metre of way with which forests are grown: from hardly any to nothing but metres."""


@dataclass(frozen=True)
class Packages:
    """Fixes that belong together, and what is won once all of a package are done.

    Parameters
    ----------
    members
        ``package, fix``, sorted.
    value
        Per package: residents times the weight of the purpose, summed over the ways that it gives. Each way (origin and purpose)
        counts in one package only: its cheapest.
    cost
        Per package: euros, each fix once.
    """

    members: pd.DataFrame
    value: pd.Series
    cost: pd.Series


@dataclass(frozen=True)
class _Prices:
    """What it takes to open each closed edge.

    ``needs`` has ``edge, fix``; ``euros`` are those of the fixes. ``rows`` (``edge, row``) are the barriers that fail, ``clears``
    (``fix, row``) those of them that each fix clears. ``closed`` tells the edges; ``whole`` and ``shared`` are euros per edge,
    infinite if nothing opens it.
    """

    needs: pd.DataFrame
    euros: Numbers
    rows: pd.DataFrame
    clears: pd.DataFrame
    closed: Booleans
    whole: Numbers
    shared: Numbers


@dataclass(frozen=True)
class _Forest:
    """Cheapest ways from all nodes to a purpose.

    Per node: ``price`` in euros, metres included, ``metres`` to the door of the destination, the node ``before`` it (itself at
    the end of a way), the ``step`` (edge) to that one, and the ``gate``: the first node on the way, itself included, with a
    closed step, or the end of the way.
    """

    price: Numbers
    metres: Numbers
    before: Numerals
    step: Numerals
    gate: Numerals


def find_packages(
    network: Network,
    passability: Passability,
    places: Places,
    fixes: pd.DataFrame,
    costs: pd.Series,
) -> Packages:
    """The cheapest set of fixes for each origin and purpose that is not reached; what is unknown counts as passable.

    Parameters
    ----------
    network, passability, places
        As for `toegankelijk.network.gains.find_gains`.
    fixes
        Columns `toegankelijk.network.openings.FIX_COLUMNS`. A job that clears the barriers of several bottlenecks is a fix too.
    costs
        Fix to euros. A fix without a cost is not used.

    Returns
    -------
    Packages
        Sets that are the same are one package. An origin on a closed edge needs what opens that edge as well. Nothing is said of
        ways that no fixes can give within the limit of the purpose.
    """
    euros = costs.reindex(sorted(fixes["fix"].unique()))
    affordable = euros[euros.notna()]
    openings = find_openings(passability, fixes[fixes["fix"].isin(affordable.index)])
    prices = _find_prices(network, passability, openings, affordable.to_numpy(dtype=float))
    homes, aims = find_homes(network, places), find_aims(places)
    world = World.of(network, passability.possibly, aims, homes)
    offers, sets = [], []
    for turn, aim in enumerate(aims):
        wanting = np.flatnonzero(world.way[turn] > aim.within)
        for euro in _at_edges(prices) if len(wanting) else ():
            for metre in METRE_PRICES:
                forest = _grow(network, aim, euro, metre, prices.closed)
                offer, members = _offers(forest, aim, homes, wanting, euro, prices)
                offers.append(offer.assign(value=homes.residents[offer["home"]] * aim.weight, aim=turn))
                sets.append(members)
    return _gather(offers, sets, openings.fixes, affordable)


def _find_prices(network: Network, passability: Passability, openings: Openings, euros: Numbers) -> _Prices:
    """The cheapest fixes that open each closed edge: one for each barrier, or a single one for all if that is cheaper."""
    barriers, count = passability.barriers, len(network)
    failing = np.flatnonzero(barriers["outcome"].to_numpy() == FAILS)
    rows = pd.DataFrame({"edge": barriers["edge"].to_numpy(dtype=np.intp)[failing], "row": failing})
    clears = openings.cleared[openings.cleared["row"].isin(failing)]
    each = clears.assign(euros=euros[clears["fix"]]).sort_values(["row", "euros", "fix"]).drop_duplicates("row")
    each = rows.merge(each, on="row", how="left")
    hopeless = each.loc[each["fix"].isna(), "edge"].unique()
    each = each[~each["edge"].isin(hopeless)].astype({"fix": np.intp})[["edge", "fix", "euros"]].drop_duplicates()
    single = openings.possible.assign(euros=euros[openings.possible["fix"]])
    single = single.sort_values(["edge", "euros", "fix"]).drop_duplicates("edge")
    apart = np.bincount(each["edge"], weights=each["euros"], minlength=count)
    at_once = single[single["euros"].to_numpy() <= apart[single["edge"]]]
    needs = pd.concat([each[~each["edge"].isin(at_once["edge"])], at_once[["edge", "fix", "euros"]]], ignore_index=True)
    share = needs["euros"] / needs.groupby("fix")["edge"].transform("size")
    closed = ~passability.possibly
    whole, shared = (
        np.where(
            closed & ~np.isin(np.arange(count), needs["edge"]), np.inf, np.bincount(needs["edge"], weights=by, minlength=count)
        )
        for by in (needs["euros"], share)
    )
    needs = needs.sort_values(["edge", "fix"], ignore_index=True)[["edge", "fix"]]
    return _Prices(needs, euros, rows, clears, closed, whole, shared)


def _at_edges(prices: _Prices) -> list[Numbers]:
    """Euros per edge to grow forests with: one way is enough if no fix opens two edges."""
    return [prices.whole] if np.array_equal(prices.whole, prices.shared) else [prices.whole, prices.shared]


def _grow(network: Network, aim: Aim, euro: Numbers, metre: float, closed: Booleans) -> _Forest:
    """The cheapest ways from all nodes to the destinations of a purpose, at a price per edge and one per metre."""
    nodes, count = len(network.nodes), len(aim.node)
    edge = np.flatnonzero(np.isfinite(euro) & (network.tail != network.head))
    low, high = np.minimum(network.tail, network.head)[edge], np.maximum(network.tail, network.head)[edge]
    price = (euro + metre * network.length)[edge]
    order = np.lexsort((edge, network.length[edge], price, high, low))
    low, high, edge, price = low[order], high[order], edge[order], price[order]
    first = np.ones(len(edge), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])  # of edges side by side, the cheapest
    low, high, edge, price = low[first], high[first], edge[first], price[first]
    start = np.arange(nodes, nodes + count)
    ends = np.r_[low, high, start], np.r_[high, low, aim.node]
    matrix = csr_array((np.r_[price, price, metre * aim.off], ends), shape=(nodes + count, nodes + count))
    total, before, _ = dijkstra(matrix, indices=start, min_only=True, return_predecessors=True)
    before = np.where(before < 0, np.arange(nodes + count), before)
    step, length = np.full(nodes + count, -1), np.zeros(nodes + count)
    inner = np.flatnonzero((before < nodes) & (before != np.arange(nodes + count)))
    pair = np.minimum(inner, before[inner]) * nodes + np.maximum(inner, before[inner])
    step[inner] = edge[np.searchsorted(low * nodes + high, pair)]
    length[inner] = network.length[step[inner]]
    outer = np.flatnonzero((before >= nodes) & (before != np.arange(nodes + count)))
    length[outer] = aim.off[before[outer] - nodes]
    gate, onward = np.where((step >= 0) & closed[step], np.arange(nodes + count), before), before
    while not np.array_equal(onward, further := onward[onward]):
        length, gate, onward = length + length[onward], gate[gate], further
    return _Forest(total, length, before, step, gate[gate])


def _offers(
    forest: _Forest, aim: Aim, homes: Homes, wanting: Numerals, euro: Numbers, prices: _Prices
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ways that a forest offers to homes, over either end of their edges: ``home, euros, metres, key``; and their sets."""
    home, ahead = np.tile(wanting, 2), np.repeat([False, True], len(wanting))
    node = np.where(ahead, homes.head[home], homes.tail[home])
    on_edge = np.where(ahead, homes.rest[home], homes.along[home])
    own = homes.edge[home]
    walks = on_edge > 0  # who stands at the end of an edge need not walk it
    metres = homes.off[home] + (forest.metres[node] + on_edge)
    good = np.isfinite(forest.price[node]) & (metres <= aim.within) & ~(walks & np.isinf(euro[own]))
    home, node, metres = home[good], node[good], metres[good]
    own = np.where(walks & prices.closed[own], own, -1)[good]
    pairs, group = np.unique(np.column_stack([forest.gate[node], own]), axis=0, return_inverse=True)
    edges = _closed_edges(forest, pairs, prices.closed)
    members = _reduce(edges.merge(prices.needs, on="edge")[["group", "fix"]].drop_duplicates(), edges, prices)
    euros = np.bincount(members["group"], weights=prices.euros[members["fix"]], minlength=len(pairs))
    key = np.zeros(len(pairs), dtype=np.uint64)
    marks = np.random.default_rng(20).integers(1, 2**63, len(prices.euros), dtype=np.uint64)
    np.add.at(key, members["group"].to_numpy(), marks[members["fix"]])
    group = group.ravel()
    offer = pd.DataFrame({"home": home, "euros": euros[group], "metres": metres, "key": key[group]})
    return offer, pd.DataFrame({"key": key[members["group"]], "fix": members["fix"].to_numpy()})


def _closed_edges(forest: _Forest, pairs: Numerals, closed: Booleans) -> pd.DataFrame:
    """``group, edge``: closed edges on the ways from nodes (a row each), and the one that the home itself is on."""
    group, node = np.arange(len(pairs)), pairs[:, 0]
    found = [np.column_stack([group, pairs[:, 1]])[pairs[:, 1] >= 0]]
    while len(node):
        step = forest.step[node]
        on = (step >= 0) & closed[step]
        group, node = group[on], node[on]
        found.append(np.column_stack([group, step[on]]))
        node = forest.gate[forest.before[node]]
    return pd.DataFrame(np.concatenate(found), columns=["group", "edge"]).drop_duplicates()


def _reduce(members: pd.DataFrame, edges: pd.DataFrame, prices: _Prices) -> pd.DataFrame:
    """Leave out fixes, the dearest first, of which others of the set clear all that is to be cleared."""
    asked = edges.merge(prices.rows, on="edge")[["group", "row"]].drop_duplicates()
    while True:
        does = members.merge(prices.clears, on="fix").merge(asked, on=["group", "row"])
        alone = does.groupby(["group", "row"])["fix"].transform("size") == 1
        needed = does.loc[alone, ["group", "fix"]].drop_duplicates()
        spare = members.merge(needed, on=["group", "fix"], how="left", indicator="which")
        spare = spare[spare.pop("which") == "left_only"]
        if not len(spare):
            return members
        spare = spare.assign(euros=-prices.euros[spare["fix"]]).sort_values(["group", "euros", "fix"]).drop_duplicates("group")
        left = members.merge(spare[["group", "fix"]], on=["group", "fix"], how="left", indicator="which")
        members = left.loc[left.pop("which") == "left_only"]


def _gather(offers: list[pd.DataFrame], sets: list[pd.DataFrame], names: pd.Index, costs: pd.Series) -> Packages:
    """The best offer for each home and purpose, and the packages that these make."""
    if not offers or not sum(len(offer) for offer in offers):
        empty = pd.Series(dtype=float, index=pd.Index([], name="package", dtype="object"))
        return Packages(pd.DataFrame({"package": [], "fix": []}, dtype="object"), empty.rename("value"), empty.rename("cost"))
    best = pd.concat(offers, ignore_index=True).sort_values(["aim", "home", "euros", "metres", "key"])
    value = best.drop_duplicates(["aim", "home"]).groupby("key")["value"].sum()
    members = pd.concat(sets, ignore_index=True).drop_duplicates()
    members = members[members["key"].isin(value.index)].sort_values(["key", "fix"])
    members["fix"] = names[members["fix"]].astype("object")
    ids = members.groupby("key")["fix"].agg(_package_id)
    members = pd.DataFrame({"package": ids.reindex(members["key"]).to_numpy(dtype=object), "fix": members["fix"].to_numpy()})
    members = members.sort_values(["package", "fix"], ignore_index=True)
    value.index = pd.Index(ids.reindex(value.index), name="package", dtype="object")
    cost = members.assign(cost=costs.reindex(members["fix"]).to_numpy(dtype=float)).groupby("package")["cost"].sum()
    return Packages(members, value.sort_index(), cost.reindex(value.sort_index().index))


def _package_id(fixes: pd.Series) -> str:
    """Name of a package, the same for the same fixes whatever else there is."""
    return "P-" + hashlib.blake2b("\n".join(sorted(fixes)).encode(), digest_size=6).hexdigest()
