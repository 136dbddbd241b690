"""The widest user that reaches a target, and the edge that decides it: by hand, and against trying all widths."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.network.graph import Network
from toegankelijk.network.thresholds import find_thresholds, reach_thresholds

from .planted_networks import Way, gate, grid, networks, plant


def nodes_of(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.intp)


@pytest.fixture
def street() -> Network:
    """``0 --90-- 1 --70-- 2``, and ``0 --80-- 3 --85-- 2``; 4 hangs on 1 by 120; 5 on nothing."""
    ways = [Way(0, 1), Way(1, 2), Way(0, 3), Way(3, 2), Way(1, 4)]
    return plant([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 1.0), (1.0, 2.0), (9.0, 9.0)], ways)


WIDTHS = np.array([90.0, 70.0, 80.0, 85.0, 120.0])


def test_the_widest_way_is_as_wide_as_its_narrowest_place(street):
    # 0 by 3: min(80, 85); 1 by 0 and 3: min(90, 80, 85); 4 as 1; none from 5
    assert reach_thresholds(street, WIDTHS, nodes_of(2)).tolist() == [80, 80, np.inf, 85, 80, 0]


def test_an_edge_gains_the_weight_of_those_whom_it_holds_back(street):
    found = find_thresholds(street, WIDTHS, nodes_of(2), np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]))
    assert found.bottleneck.tolist() == [2, 2, -1, 3, 2, -1]
    assert found.gain.tolist() == [0, 0, 1 + 2 + 16, 8, 0]
    assert find_thresholds(street, WIDTHS, nodes_of(2)).gain.tolist() == [0, 0, 3, 1, 0]


def test_several_targets_and_none(street):
    assert reach_thresholds(street, WIDTHS, nodes_of(2, 4, 2)).tolist() == [90, 120, np.inf, 85, np.inf, 0]
    none = find_thresholds(street, WIDTHS, nodes_of())
    assert not none.node.any()
    assert (none.bottleneck == -1).all()
    assert not none.gain.any()


def test_zero_infinite_and_unknown_widths(street):
    assert reach_thresholds(street, np.array([np.inf, np.nan, np.inf, np.inf, 0.0]), nodes_of(2)).tolist() == [
        *(np.inf, np.inf, np.inf, np.inf, 0.0, 0.0)
    ]


def test_of_equally_wide_edges_the_later_decides():
    line = plant([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)], [Way(0, 1), Way(1, 2)])
    assert find_thresholds(line, np.array([90.0, 90.0]), nodes_of(2)).bottleneck.tolist() == [1, 1, -1]
    assert find_thresholds(line, np.array([90.0, 90.0]), nodes_of(0)).bottleneck.tolist() == [-1, 0, 1]


def test_a_network_without_edges_or_with_loops_only():
    bare = plant([(0.0, 0.0), (1.0, 0.0)], [])
    assert reach_thresholds(bare, np.zeros(0), nodes_of(0)).tolist() == [np.inf, 0]
    loops = plant([(0.0, 0.0), (1.0, 0.0)], [Way(1, 1), gate(0, 0, "kerb", "K")])
    assert find_thresholds(loops, np.ones(2), nodes_of(0)).node.tolist() == [np.inf, 0]


def plain(network: Network, width: list[float], targets: set[int]) -> tuple[list[float], list[int]]:
    """Threshold and narrowest edge per node, by adding edges from the widest to the narrowest, of equals the first first."""
    count = len(network.nodes)
    group, node, narrowest = list(range(count)), [0.0] * count, [-1] * count
    for target in targets:
        node[target] = np.inf
    for edge in sorted(range(len(width)), key=lambda edge: (-width[edge], edge)):
        one, other = group[network.tail[edge]], group[network.head[edge]]
        reach = [any(group[target] == side for target in targets) for side in (one, other)]
        if one != other and reach[0] != reach[1]:
            joined = other if reach[0] else one
            for i in range(count):
                if group[i] == joined:
                    node[i], narrowest[i] = width[edge], edge
        group = [one if each == other else each for each in group]
    return node, narrowest


@settings(max_examples=200)
@given(networks(nodes=12, edges=20), st.data())
def test_thresholds_are_those_of_adding_edge_after_edge(network, data):
    count = len(network)
    width = data.draw(st.lists(st.integers(0, 6).map(float), min_size=count, max_size=count))
    targets = data.draw(st.sets(st.integers(0, len(network.nodes) - 1), max_size=3))
    weight = np.array(data.draw(st.lists(st.integers(0, 9).map(float), min_size=len(network.nodes), max_size=len(network.nodes))))
    found = find_thresholds(network, np.array(width), np.array(sorted(targets), dtype=np.intp), weight)
    node, narrowest = plain(network, width, targets)
    assert found.node.tolist() == node
    assert found.bottleneck.tolist() == narrowest
    assert found.gain.tolist() == [sum(weight[i] for i in range(len(node)) if narrowest[i] == edge) for edge in range(count)]


@settings(max_examples=60)
@given(networks(nodes=9, edges=14), st.data())
def test_the_gain_is_of_those_for_whom_that_edge_alone_is_too_narrow(network, data):
    count, targets = len(network), nodes_of(0)
    width = np.array(data.draw(st.permutations([float(i + 1) for i in range(count)])))
    found = find_thresholds(network, width, targets)
    for edge in range(count):
        wider = width.copy()
        wider[edge] = np.inf
        rises = reach_thresholds(network, wider, targets) > found.node
        assert found.gain[edge] == (rises & (found.node == width[edge])).sum()
        assert (reach_thresholds(network, wider, targets) >= found.node).all()


def test_widths_by_themselves_count_and_not_their_scale():
    sides = grid(12, 9)
    width = np.random.default_rng(3).permutation(len(sides)).astype(float) + 1
    one, other = (find_thresholds(sides, scale * width, nodes_of(5, 40)) for scale in (1.0, 8.0))
    np.testing.assert_array_equal(8 * one.node, other.node)
    np.testing.assert_array_equal(one.bottleneck, other.bottleneck)
    assert one.gain.sum() == len(sides.nodes) - 2  # each node is held back by one edge
