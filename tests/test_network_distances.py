"""Shortest ways against a search that was written for the eye, not for speed."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk.network.distances import at_places, distances, farthest_on_edges, nearest_others, ways

from .planted_networks import Way, gate, grid, line_with_gate, networks, plant


def plain_distances(network, is_open, sources, start):
    """Dijkstra with a heap, edge by edge."""
    reached = dict.fromkeys(range(len(network.nodes)), np.inf)
    queue = [(float(far), int(node)) for node, far in zip(sources, start, strict=True)]
    heapq.heapify(queue)
    while queue:
        far, node = heapq.heappop(queue)
        if far >= reached[node]:
            continue
        reached[node] = far
        for tail, head, length, passable in zip(network.tail, network.head, network.length, is_open, strict=True):
            for here, there in ((tail, head), (head, tail)):
                if here == node and passable:
                    heapq.heappush(queue, (far + length, int(there)))
    return np.array([reached[node] for node in range(len(network.nodes))])


@st.composite
def questions(draw):
    network = draw(networks())
    is_open = np.array(draw(st.lists(st.booleans(), min_size=len(network), max_size=len(network))), dtype=bool)
    numbers = st.integers(0, len(network.nodes) - 1)
    sources = np.array(draw(st.lists(numbers, min_size=0, max_size=4)), dtype=int)
    start = np.array(draw(st.lists(st.sampled_from((0.0, 0.0, 1.0, 5.0)), min_size=len(sources), max_size=len(sources))))
    return network, is_open, sources, start


@given(questions())
def test_distances_are_those_of_a_plain_search(question):
    network, is_open, sources, start = question
    found = distances(network, is_open, sources, start=start)
    assert found.tolist() == plain_distances(network, is_open, sources, start).tolist()
    without = distances(network, is_open, sources)
    assert without.tolist() == plain_distances(network, is_open, sources, np.zeros(len(sources))).tolist()


@given(questions(), st.sampled_from((0.0, 1.0, 4.0)))
def test_a_limit_leaves_out_what_lies_farther_and_nothing_else(question, limit):
    network, is_open, sources, start = question
    whole = distances(network, is_open, sources, start=start)
    within = distances(network, is_open, sources, start=start, limit=limit)
    assert within.tolist() == np.where(whole <= limit, whole, np.inf).tolist()


@given(questions())
def test_nearest_other_source_is_that_of_a_search_from_each(question):
    network, is_open, sources, start = question
    found = nearest_others(ways(network, is_open), sources, start=start)
    for i, (node, own) in enumerate(zip(sources, start, strict=True)):
        others = np.delete(np.arange(len(sources)), i)
        reached = plain_distances(network, is_open, sources[others], start[others])
        assert found[i] == reached[node] + own


@given(questions(), st.data())
def test_opening_an_edge_never_lengthens_a_way(question, data):
    network, is_open, sources, start = question
    more = is_open.copy()
    more[data.draw(st.integers(0, len(network) - 1))] = True
    before, after = (distances(network, mask, sources, start=start) for mask in (is_open, more))
    assert (after <= before).all()
    places = np.arange(len(network)), network.length / 3
    assert (at_places(network, more, after, *places) <= at_places(network, is_open, before, *places)).all()


@given(questions())
def test_the_farthest_point_of_an_edge_is_found_by_trying_points(question):
    network, is_open, sources, start = question
    found = distances(network, is_open, sources, start=start)
    farthest = farthest_on_edges(network, is_open, found)
    steps = 48  # lengths are whole metres and ways too: the middle of two ways falls on a step
    for edge, length in enumerate(network.length):
        points = np.linspace(0.0, length, steps * int(length) + 1) if length else np.zeros(1)
        tried = at_places(network, is_open, found, np.full(len(points), edge), points)
        expected = tried.max() if is_open[edge] else np.inf
        assert farthest[edge] == pytest.approx(expected, abs=1e-9)


@given(questions(), st.randoms(use_true_random=False))
def test_order_of_edges_and_sources_changes_nothing(question, random):
    network, is_open, sources, start = question
    order = list(range(len(network)))
    random.shuffle(order)
    shuffled = plant(
        network.nodes.tolist(),
        [Way(int(network.head[i]), int(network.tail[i]), "footway", f"F{i}", float(network.length[i])) for i in order],
    )
    found = distances(network, is_open, sources, start=start)
    assert distances(shuffled, is_open[order], sources[::-1], start=start[::-1]).tolist() == found.tolist()


def test_an_open_gate_costs_nothing_and_a_closed_one_cannot_be_passed():
    network = line_with_gate()
    assert distances(network, np.ones(3, bool), np.array([0])).tolist() == [0, 50, 50, 100]
    assert distances(network, np.array([True, False, True]), np.array([0])).tolist() == [0, 50, np.inf, np.inf]


def test_of_edges_side_by_side_the_shortest_open_one_counts():
    network = plant([(0, 0), (10, 0)], [Way(0, 1, length=7.0), Way(1, 0, length=3.0), gate(0, 1, "kerb", "K")])
    for opened, expected in (((1, 1, 1), 0.0), ((1, 1, 0), 3.0), ((1, 0, 0), 7.0), ((0, 0, 0), np.inf)):
        assert distances(network, np.array(opened, bool), np.array([0]))[1] == expected


def test_a_place_inside_a_closed_edge_reaches_nothing_but_its_end_does():
    network = line_with_gate()
    found = distances(network, np.array([False, True, True]), np.array([3]))
    edge, along = np.array([0, 0, 0, 2, -1]), np.array([0.0, 20.0, 50.0, 20.0, np.nan])
    assert at_places(network, np.array([False, True, True]), found, edge, along).tolist() == [np.inf, np.inf, 50, 30, np.inf]


def test_a_closed_edge_is_not_entered_from_either_end():
    network = plant([(0, 0), (50, 0)], [Way(0, 1)])
    for source in (0, 1):
        found = at_places(
            network, np.array([False]), distances(network, np.array([True]), np.array([source])), np.array([0]), np.array([20.0])
        )
        assert found.tolist() == [np.inf]


def test_an_edge_that_leads_beyond_the_limit_is_walked_to_its_end():
    network = plant([(0, 0), (50, 0)], [Way(0, 1)])
    found = distances(network, np.array([True]), np.array([0]), limit=30.0)
    assert found.tolist() == [0, np.inf]
    assert farthest_on_edges(network, np.array([True]), found).tolist() == [50]


def test_networkx_finds_the_same_on_a_grid_with_closed_edges():
    networkx = pytest.importorskip("networkx")
    network = grid(12, 9)
    draw = np.random.default_rng(1)
    is_open = draw.random(len(network)) < 0.7
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(network.nodes)))
    chosen = zip(network.tail[is_open], network.head[is_open], network.length[is_open], strict=True)
    graph.add_weighted_edges_from([(int(tail), int(head), length) for tail, head, length in chosen])
    sources = np.array([3, 50])
    expected = networkx.multi_source_dijkstra_path_length(graph, {3, 50})
    found = distances(network, is_open, sources)
    assert found.tolist() == [expected.get(node, np.inf) for node in range(len(network.nodes))]
    assert 0 < np.isinf(found).sum() < len(found)


def test_no_sources_and_no_edges():
    network = line_with_gate()
    assert np.isinf(distances(network, np.ones(3, bool), np.zeros(0, int))).all()
    alone = plant([(0, 0), (1, 0)], [])
    assert distances(alone, np.zeros(0, bool), np.array([1])).tolist() == [np.inf, 0]
    nowhere = at_places(alone, np.zeros(0, bool), np.zeros(2), np.array([-1]), np.array([np.nan]))
    assert list(itertools.chain(nowhere)) == [np.inf]
