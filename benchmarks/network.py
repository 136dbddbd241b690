"""How long thresholds, distances, bridges and the gains of fixes take on a walking network; exact first, then time and memory.

    python benchmarks/network.py [--quick] [--edges 1000000] [--pairs 5] [--only thresholds,distances,bridges,gains,memory]

The network is a street grid with holes: a fifth of its edges is left out, nodes are numbered at random, lengths and widths are
drawn. What others need as a graph of their own is built before the clock starts, in the form that suits them best; ours starts
from the table of edges. All results are compared before anything is timed. One thread, in turns (A B A B), told as ratios of
processor time within a turn.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before NumPy is loaded

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version

import networkx as nx
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from toegankelijk.network.bridges import find_bridges
from toegankelijk.network.distances import distances, nearest, ways
from toegankelijk.network.gains import find_gains, joint_gain
from toegankelijk.network.graph import Network
from toegankelijk.network.passable import Passability, edge_outcomes
from toegankelijk.network.places import Places
from toegankelijk.network.thresholds import find_thresholds
from toegankelijk.norm.kernel import FAILS, UNKNOWN

SOURCES, LIMIT = 2000, 400.0  # rest places in a city; metres
PARTS = "thresholds,distances,bridges,gains,memory"
Seconds = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the edges; for a first look")
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default=PARTS)
    given = parser.parse_args()
    edges = given.edges // 10 if given.quick else given.edges
    print(
        ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "networkx")),
        f"Python {sys.version.split()[0]}",
        sep=", ",
    )
    print(f"one thread; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    network, width = make_network(edges)
    print(f"{len(network.nodes):,} nodes, {len(network):,} edges, {SOURCES:,} sources")
    parts = given.only.split(",")
    graph = make_graph(network, width) if {"thresholds", "distances", "bridges"} & set(parts) else nx.Graph()
    if "thresholds" in parts:
        show_thresholds(network, width, graph, given.pairs)
    if "distances" in parts:
        show_distances(network, graph, given.pairs)
    if "bridges" in parts:
        show_bridges(network, graph, given.pairs)
    del graph
    if "gains" in parts:
        show_gains(edges // 10, given.pairs)
    if "memory" in parts:
        show_memory(network, width)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


# --- what is measured on --------------------------------------------------------------------------------------------------


def make_network(edges: int, seed: int = 4) -> tuple[Network, np.ndarray]:
    """A street grid of which a fifth of the edges is missing, and a passable width for each edge."""
    rng = np.random.default_rng(seed)
    side = round((edges / 1.6) ** 0.5)
    node = rng.permutation(side * side).reshape(side, side)
    tail, head = np.r_[node[:, :-1].ravel(), node[:-1].ravel()], np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    kept = rng.random(len(tail)) < 0.8
    tail, head = tail[kept], head[kept]
    table = {"tail": tail, "head": head, "length": rng.uniform(5, 50, len(tail)), "kind": "footway", "object_id": "", "side": ""}
    parts = pd.DataFrame({"edge": [], "kind": [], "object_id": []})
    network = Network(np.zeros((side * side, 2)), pd.DataFrame(table), np.empty(len(tail), dtype=object), parts)
    return network, rng.uniform(60, 300, len(tail))


def make_graph(network: Network, width: np.ndarray) -> nx.Graph:
    """The same as a graph of networkx."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(network.nodes)))
    columns = (network.tail.tolist(), network.head.tolist(), network.length.tolist(), width.tolist(), range(len(network)))
    graph.add_edges_from((u, v, {"length": m, "width": w, "edge": e}) for u, v, m, w, e in zip(*columns, strict=True))
    return graph


def make_sources(network: Network) -> np.ndarray:
    """Nodes with a rest place or stop."""
    return np.random.default_rng(5).choice(len(network.nodes), SOURCES, replace=False)


# --- thresholds -----------------------------------------------------------------------------------------------------------


def thresholds_by_networkx(graph: nx.Graph, targets: list[int]) -> tuple[list[float], list[float]]:
    """Threshold per node and gain per edge: edges of a maximum spanning forest, from the widest on, and groups that they join."""
    nodes, edges = graph.number_of_nodes(), graph.number_of_edges()
    threshold, gain = [0.0] * nodes, [0.0] * edges
    has_target = [False] * nodes
    for target in targets:
        has_target[target], threshold[target] = True, float("inf")
    members = [[node] for node in range(nodes)]  # of the groups without a target
    above = list(range(nodes))
    for tail, head, data in nx.maximum_spanning_edges(graph, weight="width", data=True):
        one, other = find_top(above, tail), find_top(above, head)
        if has_target[one] and has_target[other]:
            continue
        if has_target[one] or has_target[other]:
            held = other if has_target[one] else one
            for node in members[held]:
                threshold[node] = data["width"]
            gain[data["edge"]] = float(len(members[held]))
            above[held], members[held] = one + other - held, []
        else:
            small, large = (one, other) if len(members[one]) < len(members[other]) else (other, one)
            members[large] += members[small]
            above[small], members[small] = large, []
    return threshold, gain


def find_top(above: list[int], node: int) -> int:
    """Top of the group of a node; ways to it are halved on the way."""
    while above[node] != node:
        above[node] = above[above[node]]
        node = above[node]
    return node


def show_thresholds(network: Network, width: np.ndarray, graph: nx.Graph, pairs: int) -> None:
    """Widest user per node and gain per edge, against networkx; and against the forest of scipy alone."""
    targets = make_sources(network)
    others, nodes = targets.tolist(), len(network.nodes)
    ours = find_thresholds(network, width, targets)
    threshold, gain = thresholds_by_networkx(graph, others)
    assert np.array_equal(ours.node, threshold)
    assert np.array_equal(ours.gain, gain)

    def forest_of_scipy() -> None:
        minimum_spanning_tree(coo_array((width.max() + 1 - width, (network.tail, network.head)), shape=(nodes, nodes)).tocsr())

    steps = {
        "ours": lambda: find_thresholds(network, width, targets),
        "networkx": lambda: thresholds_by_networkx(graph, others),
        "forest of scipy": forest_of_scipy,
    }
    seconds = in_turns(steps, pairs)
    print("\nthresholds of all nodes and gains of all edges (the same to the last digit):")
    print(f"networkx / ours {ratio(seconds['networkx'], seconds['ours'])} (aim: >= 50) {spent(seconds['ours'])}")
    print(f"spanning forest of scipy, without thresholds or gains / ours {ratio(seconds['forest of scipy'], seconds['ours'])}")


# --- distances ------------------------------------------------------------------------------------------------------------


def show_distances(network: Network, graph: nx.Graph, pairs: int) -> None:
    """Distance of all nodes to the nearest of many sources, with and without a limit."""
    sources, open_ = make_sources(network), np.ones(len(network), dtype=bool)
    asked, nodes, matrix = sources.tolist(), len(network.nodes), ways(network, open_)

    def by_networkx(limit: float | None) -> dict[int, float]:
        return nx.multi_source_dijkstra_path_length(graph, asked, cutoff=limit, weight="length")

    def by_scipy(limit: float) -> np.ndarray:
        both = np.r_[network.tail, network.head], np.r_[network.head, network.tail]
        whole = coo_array((np.tile(network.length, 2), both), shape=(nodes, nodes)).tocsr()
        return dijkstra(whole, indices=sources, min_only=True, limit=limit)

    print("\ndistance of all nodes to the nearest source:")
    for title, limit in (("no limit", np.inf), (f"within {LIMIT:.0f} m", LIMIT)):
        cutoff = None if np.isinf(limit) else limit
        found, theirs = distances(network, open_, sources, limit=limit), by_networkx(cutoff)
        at = np.fromiter(theirs, dtype=np.intp, count=len(theirs))
        assert np.isfinite(found).sum() == len(theirs)
        assert np.allclose(found[at], np.fromiter(theirs.values(), dtype=float, count=len(theirs)), rtol=0, atol=1e-9)
        assert np.array_equal(found, by_scipy(limit))
        seconds = in_turns(
            {
                "ours": lambda limit=limit: distances(network, open_, sources, limit=limit),
                "networkx": lambda cutoff=cutoff: by_networkx(cutoff),
                "scipy": lambda limit=limit: by_scipy(limit),
                "ours, edges read before": lambda limit=limit: nearest(matrix, sources, limit=limit),
            },
            pairs,
        )
        ours, again = seconds["ours"], seconds["ours, edges read before"]
        print(f"{title}: networkx / ours {ratio(seconds['networkx'], ours)} (aim: >= 15), ", end="")
        print(f"scipy / ours {ratio(seconds['scipy'], ours)} (aim: >= 1) {spent(ours)}; ", end="")
        print(f"edges read before: networkx / ours {ratio(seconds['networkx'], again)}")


# --- bridges --------------------------------------------------------------------------------------------------------------


def show_bridges(network: Network, graph: nx.Graph, pairs: int) -> None:
    """Edges of which the loss cuts something off."""
    open_ = np.ones(len(network), dtype=bool)
    theirs = np.zeros(len(network), dtype=bool)
    theirs[[graph.edges[pair]["edge"] for pair in nx.bridges(graph)]] = True
    assert np.array_equal(find_bridges(network, open_), theirs)
    steps = {"ours": lambda: find_bridges(network, open_), "networkx": lambda: sum(1 for _ in nx.bridges(graph))}
    seconds = in_turns(steps, min(pairs, 3))
    print(f"\n{theirs.sum():,} bridges: networkx / ours {ratio(seconds['networkx'], seconds['ours'])} {spent(seconds['ours'])}")


# --- gains ----------------------------------------------------------------------------------------------------------------


def show_gains(edges: int, pairs: int) -> None:
    """Gains of all fixes, each by itself, against searching all ways anew for each; and growth."""
    for size in (edges // 10, edges):
        network, passability, places, fixes = make_case(size)
        names = sorted(fixes["fix"])
        found = find_gains(network, passability, places, fixes)
        some = names[:: max(1, len(names) // 5)][:5]
        before = reached_anew(network, passability, places, None)
        for name in some:
            after = reached_anew(network, passability, places, name)
            won = np.isfinite(after) & ~np.isfinite(before)
            assert abs(found.loc[name, "pairs"] - (won.sum(axis=0) * places.origins["residents"].to_numpy()).sum()) < 1e-6
        steps = {
            "ours": lambda case=(network, passability, places, fixes): find_gains(*case),
            "anew": lambda case=(network, passability, places), some=some: [reached_anew(*case, name) for name in some],
            "all at once": lambda case=(network, passability, places, fixes): joint_gain(*case),
        }
        seconds = in_turns(steps, pairs)
        each = [value / len(names) for value in seconds["ours"]]
        anew = [value / len(some) for value in seconds["anew"]]
        print(f"\ngains of {len(names):,} fixes on {len(network):,} edges, {len(places.origins):,} homes, 5 purposes:")
        print(f"searching anew (what is possible alone, no bounds) / ours, per fix: {ratio(anew, each, digits=0)}", end=" ")
        print(f"{spent(seconds['ours'])}; all as one / each by itself {ratio(seconds['all at once'], seconds['ours'])}")


def make_case(edges: int, seed: int = 6) -> tuple[Network, Passability, Places, pd.DataFrame]:
    """A tenth of the edges has a barrier, two in five of them unknown; a home for every fourth edge; five purposes."""
    rng = np.random.default_rng(seed)
    network, _ = make_network(edges)
    count, nodes = len(network), len(network.nodes)
    shut = rng.choice(count, count // 10, replace=False)
    keys = np.array([f"K{edge}" for edge in shut], dtype=object)
    outcome = np.where(rng.random(len(shut)) < 0.6, FAILS, UNKNOWN).astype(np.int8)
    barriers = pd.DataFrame(
        {"edge": shut, "kind": "kerb", "object_id": keys, "attribute": "level_difference", "outcome": outcome}
    )
    homes = pd.DataFrame({"edge": rng.integers(0, count, count // 4), "residents": 2.0, "off": 5.0})
    homes["along"] = rng.random(len(homes)) * network.length[homes["edge"]]
    spots = [
        pd.DataFrame({"purpose": name, "kind": name, "node": rng.integers(0, nodes, max(1, nodes // each)), "off": 5.0})
        for name, each in (("care", 400), ("stop", 150), ("shop", 150), ("parking", 100), ("rest", 60))
    ]
    fixes = barriers[["kind", "object_id", "attribute"]].assign(fix=keys)
    places = Places(homes, pd.concat(spots, ignore_index=True))
    return network, Passability("wheelchair", edge_outcomes(count, barriers), barriers), places, fixes


def reached_anew(network: Network, passability: Passability, places: Places, fix: str | None) -> np.ndarray:
    """Metres from each home to each purpose once a fix is done, infinite if farther than the limit: one search per purpose."""
    open_ = passability.possibly.copy()
    if fix is not None:
        open_[passability.barriers.loc[passability.barriers["object_id"] == fix, "edge"]] = True
    matrix, found = ways(network, open_), []
    edge, along = places.origins["edge"].to_numpy(), places.origins["along"].to_numpy()
    for name, targets in places.destinations.groupby("purpose"):
        limit = places.purposes[name].within
        metres = nearest(matrix, targets["node"].to_numpy(), start=targets["off"].to_numpy(), limit=limit)
        by_tail, by_head = metres[network.tail[edge]] + along, metres[network.head[edge]] + network.length[edge] - along
        way = np.where(open_[edge], np.minimum(by_tail, by_head), np.inf) + places.origins["off"].to_numpy()
        found.append(np.where(way <= limit, way, np.inf))
    return np.array(found)


# --- memory and clock -----------------------------------------------------------------------------------------------------


def show_memory(network: Network, width: np.ndarray) -> None:
    """The most that each step holds at once, beyond the ends, lengths and widths that it is given (32 bytes per edge)."""
    sources, open_ = make_sources(network), np.ones(len(network), dtype=bool)
    case = make_case(len(network) // 10)
    steps: dict[str, Callable[[], object]] = {
        "thresholds": lambda: find_thresholds(network, width, sources),
        "distances": lambda: distances(network, open_, sources),
        "bridges": lambda: find_bridges(network, open_),
    }
    print("\nmost memory held beyond the input, by tracemalloc:", end=" ")
    said = [f"{name} {peak_of(step) / len(network):,.0f} bytes per edge" for name, step in steps.items()]
    gains = f"gains of {case[3]['fix'].nunique():,} fixes {peak_of(lambda: find_gains(*case)) / 2**20:,.0f} MiB"
    print(", ".join([*said, gains]))


def peak_of(step: Callable[[], object]) -> int:
    """Most bytes that a step holds at once."""
    gc.collect()
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def in_turns(steps: dict[str, Callable[[], object]], pairs: int) -> Seconds:
    """Seconds of processor time of each step, taken in turns; a first round warms up and is not counted."""
    seconds: Seconds = {name: [] for name in steps}
    for _ in range(pairs + 1):
        for name, step in steps.items():
            gc.collect()
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
    return {name: values[1:] for name, values in seconds.items()}


def ratio(values: list[float], others: list[float], *, digits: int = 2) -> str:
    """Median and range of the ratio within each turn."""
    ratios = [a / b for a, b in zip(values, others, strict=True)]
    return f"{statistics.median(ratios):.{digits}f} ({min(ratios):.{digits}f}-{max(ratios):.{digits}f})"


def spent(values: list[float]) -> str:
    return f"({statistics.median(values):.2f} s)"


if __name__ == "__main__":
    main()
