"""Small networks with barriers, fixes and homes, and what fixes do there, reckoned out in the plainest way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from toegankelijk.network.graph import Network
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import Places
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

from .planted_networks import networks

Barrier = tuple[int, str, str, str, int]
"""Edge, kind, object, attribute and outcome."""


class Case(NamedTuple):
    """A network, what one meets on it, who lives there, and what can be fixed."""

    network: Network
    passability: Passability
    places: Places
    fixes: pd.DataFrame


def make_passability(network: Network, barriers: Iterable[Barrier]) -> Passability:
    """Passability of a network with these barriers."""
    table = pd.DataFrame(list(barriers), columns=["edge", "kind", "object_id", "attribute", "outcome"])
    table = table.astype({"edge": np.intp, "outcome": np.int8})
    outcome = np.full(len(network), MEETS, dtype=np.int8)
    outcome[table.loc[table["outcome"] == UNKNOWN, "edge"]] = UNKNOWN
    outcome[table.loc[table["outcome"] == FAILS, "edge"]] = FAILS
    return Passability("wheelchair", outcome, table)


def make_places(
    homes: Iterable[tuple[str, int, float, float]], targets: Iterable[tuple[str, str, str, int]], *, off: float = 0.0
) -> Places:
    """Homes (name, edge, along, residents), and destinations (purpose, kind, object, node)."""
    origins = pd.DataFrame(list(homes), columns=["place", "edge", "along", "residents"]).set_index("place")
    origins = origins.assign(kind="address", object_id=origins.index, off=off, street="")
    destinations = pd.DataFrame(list(targets), columns=["purpose", "kind", "object_id", "node"]).assign(off=off)
    return Places(origins, destinations, "residents")


def with_limits(case: Case, within: Mapping[str, float]) -> Case:
    """The same with other limits of the purposes, in metres."""
    own = {name: replace(purpose, within=within.get(name, purpose.within)) for name, purpose in case.places.purposes.items()}
    return case._replace(places=replace(case.places, purposes=own))


def make_fixes(fixes: Mapping[str, Iterable[tuple[str, str, str]]]) -> pd.DataFrame:
    """Fixes with what each clears: kind, object and attribute."""
    rows = [(fix, *row) for fix, rows in fixes.items() for row in rows]
    return pd.DataFrame(rows, columns=["fix", "kind", "object_id", "attribute"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any small network with homes, two purposes, barriers known and unknown, and fixes that clear some, all or none."""
    network = draw(networks(nodes=7, edges=11))
    edges, nodes = st.integers(0, len(network) - 1), st.integers(0, len(network.nodes) - 1)
    objects, attributes = st.sampled_from(["a", "b", "c", "d", "e"]), st.sampled_from(["x", "y"])
    barrier = st.tuples(edges, st.just("kerb"), objects, attributes, st.sampled_from([FAILS, FAILS, UNKNOWN]))
    barriers = draw(st.lists(barrier, max_size=8))
    unknown = {row for row in barriers if row[4] == UNKNOWN}
    barriers = [row for row in barriers if row[4] == FAILS] + sorted(unknown)[:3]
    homes = draw(st.lists(st.tuples(edges, st.integers(0, 7), st.integers(0, 4)), min_size=1, max_size=6))
    length = network.length
    placed = [(f"H{i}", edge, float(min(along, length[edge])), float(who)) for i, (edge, along, who) in enumerate(homes)]
    purposes = st.tuples(st.sampled_from(["care", "parking"]), nodes)
    targets = [(name, "x", f"T{i}", node) for i, (name, node) in enumerate(draw(st.lists(purposes, min_size=1, max_size=3)))]
    row = st.tuples(st.just("kerb"), objects, st.sampled_from(["x", "y", "*"]))
    fixes = draw(st.dictionaries(st.sampled_from(["f1", "f2", "f3", "f4"]), st.lists(row, min_size=1, max_size=4), min_size=1))
    off = float(draw(st.integers(0, 2)))
    return Case(network, make_passability(network, barriers), make_places(placed, targets, off=off), make_fixes(fixes))


def clears(fixes: pd.DataFrame, row: Mapping[str, Any]) -> bool:
    """Whether any of the fixes clears a barrier."""
    same = (fixes["kind"] == row["kind"]) & (fixes["object_id"] == row["object_id"])
    return bool((same & fixes["attribute"].isin([row["attribute"], "*"])).any())


def open_edges(case: Case, done: pd.DataFrame, failing: set[int]) -> list[bool]:
    """Edges without a barrier that fails (by row) and is not cleared."""
    rows = case.passability.barriers.to_dict("records")
    shut = {row["edge"] for i, row in enumerate(rows) if i in failing and not clears(done, row)}
    return [edge not in shut for edge in range(len(case.network))]


def reached(case: Case, is_open: list[bool]) -> dict[tuple[str, str], float]:
    """Metres from each home to each purpose over open edges, by relaxing all edges again and again."""
    edges = list(zip(case.network.tail.tolist(), case.network.head.tolist(), case.network.length.tolist(), strict=True))
    found = {}
    for purpose, targets in case.places.destinations.groupby("purpose"):
        metres = [math.inf] * len(case.network.nodes)
        for node, off in zip(targets["node"], targets["off"], strict=True):
            metres[node] = min(metres[node], off)
        for _ in metres:
            for (tail, head, length), free in zip(edges, is_open, strict=True):
                if free:
                    metres[tail], metres[head] = (
                        min(metres[tail], metres[head] + length),
                        min(metres[head], metres[tail] + length),
                    )
        for name, home in case.places.origins.iterrows():
            tail, head, length = edges[home["edge"]]
            ends = [metres[tail] + home["along"]] if is_open[home["edge"]] or home["along"] == 0 else []
            ends += [metres[head] + length - home["along"]] if is_open[home["edge"]] or home["along"] == length else []
            way = home["off"] + min(ends, default=math.inf)
            found[str(name), str(purpose)] = way if way <= case.places.purposes[str(purpose)].within else math.inf
    return found


def plain_gain(case: Case, done: pd.DataFrame, failing: set[int]) -> dict[str, float]:
    """What fixes gain if these rows of the barriers fail and no others."""
    before = reached(case, open_edges(case, done.iloc[:0], failing))
    after = reached(case, open_edges(case, done, failing))
    who = case.places.origins["residents"].to_dict()
    won = [key for key in before if math.isinf(before[key]) and math.isfinite(after[key])]
    return {
        "residents": sum(who[home] for home in {home for home, _ in won}),
        "pairs": sum(who[home] for home, _ in won),
        "value": sum(who[home] * case.places.purposes[purpose].weight for home, purpose in won),
        "metres": sum(who[key[0]] * (before[key] - after[key]) for key in before if math.isfinite(before[key])),
    }


def ways_to_turn_out(case: Case) -> Iterable[set[int]]:
    """All ways in which the unknown barriers may turn out: the rows that fail."""
    outcome = case.passability.barriers["outcome"]
    known = set(np.flatnonzero(outcome == FAILS).tolist())
    unknown = np.flatnonzero(outcome == UNKNOWN).tolist()
    for count in range(len(unknown) + 1):
        for some in itertools.combinations(unknown, count):
            yield known | set(some)
