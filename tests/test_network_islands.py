"""Parts of a network that are cut off: planted ones, and what must hold on any network."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from toegankelijk.network.islands import ISLAND_COLUMNS, find_islands
from toegankelijk.network.passable import Passability, judge_edges
from toegankelijk.network.places import find_places
from toegankelijk.network.profiles import read_profiles
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

from .planted_networks import Way, crossing_with_kerbs, gate, island_behind_kerbs, networks, plant, plant_layers

WHEELCHAIR = read_profiles()["wheelchair"]
WIDE = {name: {"route_width": 2.0} for name in ("F1", "F2", "F3")}


def islands_of(network, layers):
    network, places = find_places(layers, network)
    return find_islands(network, judge_edges(network, layers, WHEELCHAIR), places)


def test_a_block_behind_a_high_kerb_and_stairs_is_an_island():
    layers = plant_layers(
        kerb={"K1": {"level_difference": 12.0}},
        footway=WIDE,
        address={
            "A1": {"geometry": Point(250, 0.0), "residents": 7.0, "residents_80plus": 2.0},
            "A2": {"geometry": Point(50, 0.0), "residents": 100.0},
        },
    )
    islands = islands_of(island_behind_kerbs(), layers)
    assert list(islands.columns) == list(ISLAND_COLUMNS)
    sure = islands[islands["surely"]]
    assert sure[["residents", "residents_80plus", "addresses", "length"]].to_numpy().tolist() in (
        [[7, 2, 1, 100]],
        [[0, 0, 0, 100]],
    )
    assert sure["barriers"].tolist() == ["kerb:K1|stairs:S1"]
    assert sure.geometry.iloc[0].bounds == (200, 0, 300, 0)


def test_what_is_not_known_makes_an_island_only_perhaps():
    layers = plant_layers(kerb={"K1": {}}, footway=WIDE, address={"A1": {"geometry": Point(50, 0.0)}})
    islands = islands_of(island_behind_kerbs(), layers)
    assert islands["surely"].tolist() == [False]
    assert islands["barriers"].tolist() == ["kerb:K1|stairs:S1"]
    known = plant_layers(kerb={"K1": {"level_difference": 1.0}}, footway=WIDE, address={"A1": {"geometry": Point(50, 0.0)}})
    assert islands_of(island_behind_kerbs(), known).empty


def test_the_few_metres_of_a_crossing_between_high_kerbs_are_no_island():
    ends = {name: {"parent_id": "C1", "kerb_height": 12.0} for name in ("X1", "X2")}
    layers = plant_layers(crossing_end=ends, crossing={"C1": {}}, footway=WIDE, address={"A1": {"geometry": Point(80, 1.0)}})
    islands = islands_of(crossing_with_kerbs(), layers)
    assert islands["length"].tolist() == [40]
    assert islands["addresses"].tolist() == [1]
    assert islands["barriers"].tolist() == ["crossing_end:X2"]


def test_ways_that_lead_nowhere_for_anybody_are_no_island():
    network = plant([(0, 0), (500, 0), (0, 90), (80, 90)], [Way(0, 1, "footway", "F1"), Way(2, 3, "footway", "F2")])
    assert islands_of(network, plant_layers(footway=WIDE)).empty


@given(networks(), st.data())
def test_islands_are_the_components_without_the_longest(network, data):
    networkx = pytest.importorskip("networkx")
    codes = st.lists(st.sampled_from((FAILS, MEETS, UNKNOWN)), min_size=len(network), max_size=len(network))
    outcome = np.array(data.draw(codes), dtype=np.int8)
    layers = plant_layers(footway={})
    _, places = find_places(layers, network)
    barriers = pd.DataFrame(
        {"edge": np.arange(len(network)), "kind": "x", "object_id": "y", "attribute": "z", "outcome": outcome}
    )
    judged = Passability("wheelchair", outcome, barriers[outcome != MEETS])
    found = find_islands(network, judged, places)
    sure = found[found["surely"]]
    everyone, open_ways = networkx.MultiGraph(), networkx.MultiGraph()
    for graph, mask in ((everyone, outcome >= 0), (open_ways, outcome != FAILS)):
        graph.add_nodes_from(range(len(network.nodes)))
        edges = zip(network.tail[mask], network.head[mask], network.length[mask], strict=True)
        graph.add_edges_from((tail, head, {"length": length}) for tail, head, length in edges)
    expected = []
    for whole in networkx.connected_components(everyone):
        inside = open_ways.subgraph(whole)
        lengths = sorted(inside.subgraph(part).size("length") for part in networkx.connected_components(inside))
        expected += lengths[:-1]  # every origin is some metres of way, so an island with a way has an origin
    assert sorted(sure["length"]) == sorted(length for length in expected if length > 0)


def test_a_gate_of_its_own_is_nothing_to_live_on():
    network = plant([(0, 0), (100, 0), (100, 0)], [Way(0, 1, "footway", "F1"), gate(1, 2, "kerb", "K1")])
    layers = plant_layers(footway=WIDE, kerb={"K1": {"level_difference": 9.0}})
    assert islands_of(network, layers).empty


def test_an_island_names_only_what_parts_it_from_its_own_rest():
    network = plant(
        [(0, 0), (100, 0), (100, 0), (160, 0), (160, 0), (460, 0)],
        [
            Way(0, 1, "footway", "F1"),
            gate(1, 2, "kerb", "K1"),
            Way(2, 3, "footway", "F2"),
            Way(3, 4, "gate", "K2", 0.0, (("kerb", "K2"), ("passage", "P2"))),
            Way(4, 5, "footway", "F3"),
        ],
    )
    layers = plant_layers(kerb={"K1": {}, "K2": {"level_difference": 12.0}}, passage={"P2": {}}, footway=WIDE)
    islands = islands_of(network, layers)
    assert islands[["surely", "length", "barriers"]].to_numpy().tolist() == [[True, 160, "kerb:K2"], [False, 60, "kerb:K1"]]
