"""Edges and fixes on which all ways depend: by hand, against networkx, and against leaving each out."""

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.network.bridges import find_bridges, find_chain
from toegankelijk.network.graph import Network
from toegankelijk.norm.kernel import FAILS, UNKNOWN

from .fix_worlds import Case, cases, make_fixes, make_passability, make_places, open_edges, reached, with_limits
from .planted_networks import Way, crossing_with_kerbs, gate, grid, networks, plant


def everything(network: Network) -> np.ndarray:
    return np.ones(len(network), dtype=bool)


def test_all_of_a_line_is_bridge_and_nothing_of_a_grid():
    assert find_bridges(crossing_with_kerbs(), everything(crossing_with_kerbs())).all()
    assert not find_bridges(grid(3, 3), everything(grid(3, 3))).any()


def test_a_closed_edge_is_no_bridge_and_makes_others_so():
    # a square of which one side is closed
    square = plant([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], [Way(0, 1), Way(1, 2), Way(2, 3), Way(3, 0)])
    assert find_bridges(square, np.array([True, True, True, False])).tolist() == [True, True, True, False]


def test_edges_side_by_side_and_back_to_their_own_node_are_none():
    # two gates side by side, one after it, and a loop at the end
    network = plant([(0.0, 0.0)] * 3, [gate(0, 1, "kerb", "a"), gate(1, 0, "kerb", "b"), gate(1, 2, "kerb", "c"), Way(2, 2)])
    assert find_bridges(network, everything(network)).tolist() == [False, False, True, False]
    assert find_bridges(network, np.array([True, False, True, True])).tolist() == [True, False, True, False]


def test_nothing_open_has_no_bridge():
    assert not find_bridges(grid(2, 2), np.zeros(4, dtype=bool)).any()


@settings(max_examples=150)
@given(networks(nodes=12, edges=18), st.data())
def test_bridges_are_those_of_networkx(network, data):
    is_open = np.array(data.draw(st.lists(st.booleans(), min_size=len(network), max_size=len(network))))
    graph = nx.Graph()
    chosen = np.flatnonzero(is_open & (network.tail != network.head)).tolist()
    ends = {edge: frozenset((int(network.tail[edge]), int(network.head[edge]))) for edge in chosen}
    graph.add_edges_from(tuple(pair) for pair in ends.values())
    bridges = {frozenset(pair) for pair in nx.bridges(graph)}
    single = [pair for pair in ends.values() if list(ends.values()).count(pair) == 1]
    want = [edge for edge, pair in ends.items() if pair in bridges and pair in single]
    assert np.flatnonzero(find_bridges(network, is_open)).tolist() == want


def test_a_large_network_and_many_parts_are_no_trouble():
    sides = grid(60, 60)
    assert not find_bridges(sides, everything(sides)).any()
    pairs = plant([(float(i), 0.0) for i in range(4000)], [Way(i, i + 1) for i in range(0, 4000, 2)])
    assert find_bridges(pairs, everything(pairs)).all()
    line = plant([(float(i), 0.0) for i in range(3000)], [Way(i, i + 1) for i in range(2999)])
    assert find_bridges(line, everything(line)).all()


def kerb(edge: int, name: str, outcome: int = FAILS) -> tuple[int, str, str, str, int]:
    return (edge, "kerb", name, "level_difference", outcome)


def fix_kerbs(**fixes: list[str]) -> pd.DataFrame:
    return make_fixes({fix: [("kerb", name, "level_difference") for name in names] for fix, names in fixes.items()})


@pytest.fixture
def street() -> Case:
    """Anchor 0 - kerb A - crossing - kerb B - stop; a shop on the near side; and a way around to the stop past kerb C."""
    nodes = [(float(x), 0.0) for x in (0, 10, 10, 20, 20, 30)]
    ways = [Way(0, 1), gate(1, 2, "kerb", "A"), Way(2, 3), gate(3, 4, "kerb", "B"), Way(4, 5), Way(0, 5, length=99.0)]
    network = plant(nodes, ways)
    places = make_places([("H", 0, 0.0, 1.0)], [("care", "anchor", "Z", 0), ("stop", "stop", "T", 5), ("shop", "shop", "S", 1)])
    barriers = [kerb(1, "A"), kerb(3, "B"), kerb(5, "C")]
    return Case(network, make_passability(network, barriers), places, fix_kerbs(a=["A"], b=["B"]))


def test_both_kerbs_of_the_only_way_are_links_of_the_chain(street):
    assert find_chain(*street).to_dict() == {"a": True, "b": True}


def test_a_way_around_that_can_be_mended_breaks_the_chain_apart(street):
    around = street._replace(fixes=fix_kerbs(a=["A"], b=["B"], c=["C"]))
    assert find_chain(*around).to_dict() == {"a": False, "b": False, "c": False}
    # one job for both ways is needed whatever way one goes
    job = street._replace(fixes=fix_kerbs(a=["A"], bc=["B", "C"]))
    assert find_chain(*job).to_dict() == {"a": False, "bc": True}


def test_one_of_two_fixes_for_the_same_kerb_will_do(street):
    twice = street._replace(fixes=fix_kerbs(a=["A"], again=["A"], b=["B"]))
    assert find_chain(*twice).to_dict() == {"a": False, "again": False, "b": True}


def test_what_is_open_or_unknown_is_no_link_and_a_stop_cut_off_for_good_has_no_chain(street):
    unknown = make_passability(street.network, [kerb(1, "A"), kerb(3, "B"), kerb(5, "C", UNKNOWN)])
    assert not find_chain(*street._replace(passability=unknown)).any()
    assert not find_chain(*street._replace(fixes=fix_kerbs(a=["A"]))).any()  # nobody mends B
    nowhere = replace(street.places, destinations=street.places.destinations.iloc[:1])
    assert find_chain(*street._replace(places=nowhere)).to_dict() == {"a": False, "b": False}
    assert len(find_chain(*street._replace(fixes=make_fixes({})))) == 0


def test_the_nearest_counts_with_the_way_to_its_door(street):
    # a second stop on this side, at the anchor's very node: no kerb on the way to it, but its door is farther off
    targets = street.places.destinations
    near = pd.DataFrame([("stop", "stop", "U", 0, 0.0)], columns=targets.columns)
    assert not find_chain(*street._replace(places=replace(street.places, destinations=pd.concat([targets, near])))).any()
    far = near.assign(off=31.0)
    assert find_chain(*street._replace(places=replace(street.places, destinations=pd.concat([targets, far])))).all()


@settings(max_examples=60)
@given(cases())
def test_a_link_of_the_chain_is_what_cannot_be_left_out(case):
    # one anchor and one stop: the fixes without which, all others done, there is no way, although there is one with it
    network, node = case.network, case.places.destinations["node"].tolist()
    targets = [("care", "anchor", "Z", node[0]), ("stop", "stop", "T", node[-1])]
    loop = Way(node[0], node[0], length=0.0)
    more = plant(network.nodes, [*(Way(row.tail, row.head, length=row.length) for row in network.edges.itertuples()), loop])
    outcome = np.r_[case.passability.outcome, 1].astype(np.int8)
    places = make_places([("Z", len(network), 0.0, 1.0)], targets)
    here = with_limits(Case(more, replace(case.passability, outcome=outcome), places, case.fixes), {"stop": math.inf})
    failing = set(np.flatnonzero(case.passability.barriers["outcome"] == FAILS).tolist())

    def has_way(done: pd.DataFrame) -> bool:
        return math.isfinite(reached(here, open_edges(here, done, failing))["Z", "stop"])

    chain = find_chain(*here)
    for fix in chain.index:
        assert chain[fix] == (has_way(case.fixes) and not has_way(case.fixes[case.fixes["fix"] != fix]))
