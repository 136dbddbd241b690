"""Where places lie on a network, and nodes that are put there."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from toegankelijk.network.building import build_network
from toegankelijk.network.lines import beside, cut_lines
from toegankelijk.network.locating import copied_parts, locate, split


def network_of(shapes, **layers):
    index = pd.Index([f"f{number}" for number in range(len(shapes))], name="object_id", dtype="object")
    footways = gpd.GeoDataFrame(geometry=[shapely.LineString(shape) for shape in shapes], index=index, crs="EPSG:31370")
    return build_network({"footway": footways, **layers})


def kerbs(*points):
    index = pd.Index([f"k{number}" for number in range(len(points))], name="object_id", dtype="object")
    return gpd.GeoDataFrame(geometry=shapely.points(points), index=index, crs="EPSG:31370")


def all_distances(network):
    """Distances between all nodes, by brute force."""
    pairs = pd.DataFrame({"t": network.tail, "h": network.head, "l": np.maximum(network.length, 1e-9)})
    pairs = pd.concat([pairs, pairs.rename(columns={"t": "h", "h": "t"})]).groupby(["t", "h"], as_index=False)["l"].min()
    return dijkstra(coo_array((pairs["l"], (pairs["t"], pairs["h"])), shape=(len(network.nodes),) * 2).tocsr())


def test_the_nearest_place_counts_and_what_is_too_far_lies_nowhere():
    network = network_of([[(0, 0), (100, 0)], [(0, 20), (100, 20)]])
    found = locate(network, shapely.points([[30, 8], [30, 13], [-3, -4], [50, 71]]))
    assert found["edge"].tolist() == [0, 1, 0, -1]
    assert found["along"].tolist()[:3] == pytest.approx([30, 30, 0])
    assert found["off"].tolist()[:3] == pytest.approx([8, 7, 5])
    assert found.loc[3, ["along", "off"]].isna().all()
    assert locate(network, shapely.points([[50, 71]]), reach=51)["edge"].tolist() == [1]


def test_lines_and_areas_lie_where_they_come_nearest_and_what_has_no_place_lies_nowhere():
    network = network_of([[(0, 0), (100, 0)]])
    found = locate(network, np.array([shapely.box(40, 5, 60, 9), None, shapely.Point(), shapely.LineString([(70, 3), (90, 9)])]))
    assert found["edge"].tolist() == [0, -1, -1, 0]
    assert 40 <= found["along"][0] <= 60
    assert found["along"][3] == 70
    assert found["off"].tolist()[0::3] == pytest.approx([5, 3])


def test_of_edges_that_are_equally_near_the_first_counts():
    network = network_of([[(0, 0), (50, 0)], [(50, 0), (100, 0)]])
    assert locate(network, shapely.points([[50, 7]]))["edge"].tolist() == [0]


def test_no_place_lies_on_a_gate_a_mouth_or_a_link():
    street = gpd.GeoDataFrame(
        {"footway_sides": ["both"]}, geometry=[shapely.LineString([(0, 0), (50, 0)])], index=["s"], crs="EPSG:31370"
    )
    network = build_network({"street": street})
    assert "mouth" in set(network.edges["kind"])
    found = locate(network, shapely.points([[0, 0], [-1, 1]]))
    assert (network.edges.loc[found["edge"], "kind"] == "street").all()
    gated = network_of([[(0, 0), (10, 0)]], kerb=kerbs((5, 0)))
    edge = locate(gated, shapely.points([[5, 1]]))["edge"]
    assert (gated.edges.loc[edge, "kind"] == "footway").all()


def test_a_network_without_edges_holds_no_place():
    network = build_network({})
    assert locate(network, shapely.points([[0, 0]]))["edge"].tolist() == [-1]
    assert len(split(network, np.zeros(0, int), np.zeros(0))[1]) == 0


def test_splitting_uses_the_nodes_there_are():
    network = network_of([[(0, 0), (10, 0)]])
    cut, node = split(network, np.array([0, 0, 0, 0, 0]), np.array([0.0, 10.0, 4.0, 4.0, 7.0]))
    assert node.tolist() == [0, 1, 2, 2, 3]
    assert cut.length.tolist() == [4.0, 3.0, 3.0]
    assert cut.parts["object_id"].tolist() == ["f0"] * 3
    assert cut.nodes[2:].tolist() == [[4, 0], [7, 0]]
    assert len(network) == 1, "the network that was given stays as it was"


def test_pieces_stand_in_the_order_of_their_edges_with_all_their_parts():
    network = network_of([[(0, 0), (10, 0)], [(10, 0), (20, 0)], [(20, 0), (30, 0)]], kerb=kerbs((15, 0)))
    edge = int(np.flatnonzero(network.edges["object_id"] == "f2")[0])
    cut, node = split(network, np.array([edge]), np.array([6.0]))
    assert len(cut) == len(network) + 1
    assert cut.edges["object_id"].tolist() == sorted(cut.edges["object_id"], key=network.edges["object_id"].tolist().index)
    assert cut.nodes[node[0]].tolist() == [26, 0]
    assert sorted(cut.parts["edge"]) == list(range(len(cut)))


coordinate = st.integers(0, 8).map(lambda n: n * 11.0)
shape = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4, unique=True)


@settings(max_examples=15)
@given(st.lists(shape, min_size=1, max_size=6), st.lists(st.tuples(st.integers(0, 40), st.floats(0, 1)), max_size=9))
def test_splitting_changes_no_distance_and_no_length(shapes, places):
    network = network_of(shapes)
    edge = np.array([number % len(network) for number, _ in places], dtype=int)
    along = np.array([share for _, share in places]) * network.length[edge]
    cut, node = split(network, edge, along)
    count = len(network.nodes)
    np.testing.assert_array_equal(cut.nodes[:count], network.nodes)
    assert np.allclose(all_distances(cut)[:count, :count], all_distances(network), atol=1e-5)
    assert cut.length.sum() == pytest.approx(network.length.sum(), abs=1e-6)
    there = shapely.get_coordinates(shapely.line_interpolate_point(network.shapes[edge], along)).reshape(-1, 2)
    assert np.abs(cut.nodes[node] - there).max(initial=0) < 0.003
    own = cut.edges.groupby("object_id")["length"].sum()
    assert own.to_dict() == pytest.approx(network.edges.groupby("object_id")["length"].sum().to_dict())


@settings(max_examples=15)
@given(
    st.lists(shape, min_size=1, max_size=6), st.lists(st.tuples(st.floats(-20, 110), st.floats(-20, 110)), min_size=1, max_size=9)
)
def test_the_place_is_the_nearest_of_all(shapes, places):
    network = network_of(shapes)
    points = shapely.points(places)
    found = locate(network, points)
    far = shapely.distance(points[:, None], network.shapes[None, :]).min(axis=1)
    near = far <= 50
    assert (found["edge"].to_numpy() >= 0).tolist() == near.tolist()
    assert np.allclose(found["off"][near], far[near], atol=1e-6)
    edge, along = found.loc[near, "edge"].to_numpy(), found.loc[near, "along"].to_numpy()
    place = shapely.line_interpolate_point(network.shapes[edge], along)
    assert np.allclose(shapely.distance(place, points[near]), far[near], atol=1e-6)


@settings(max_examples=15)
@given(st.lists(shape, min_size=1, max_size=5), st.lists(st.tuples(st.integers(0, 9), st.floats(-0.1, 1.1)), max_size=12))
def test_pieces_of_a_line_are_the_line(shapes, places):
    lines = np.array([shapely.LineString(shape) for shape in shapes], dtype=object)
    line = np.array([number % len(lines) for number, _ in places], dtype=int)
    along = np.array([share for _, share in places]) * shapely.length(lines)[line]
    pieces, owner, start = cut_lines(lines, line, along)
    total = np.bincount(owner, weights=shapely.length(pieces), minlength=len(lines))
    assert np.allclose(total, shapely.length(lines))
    assert (np.diff(owner) >= 0).all()
    for number, whole in enumerate(lines):
        own = pieces[owner == number]
        places_of = np.concatenate([shapely.get_coordinates(own[0]), *(shapely.get_coordinates(piece)[1:] for piece in own[1:])])
        assert np.allclose(shapely.LineString(places_of).length, whole.length)
        ends = [shapely.get_coordinates(shapely.get_point(own[:-1], -1)), shapely.get_coordinates(shapely.get_point(own[1:], 0))]
        np.testing.assert_array_equal(*ends)
        assert (np.diff(start[owner == number]) > 0).all()


def test_parts_are_copied_in_order():
    parts = pd.DataFrame({"edge": [1, 0, 1], "kind": "footway", "object_id": ["a", "b", "c"]})
    copied = copied_parts(parts, np.array([1, 0, 1]))
    assert copied["edge"].tolist() == [0, 0, 1, 2, 2]
    assert copied["object_id"].tolist() == ["a", "c", "b", "a", "c"]


def test_a_line_is_moved_to_its_side_between_given_ends():
    line = np.array([shapely.LineString([(0, 0), (2, 0.5), (50, 0), (100, 50)])], dtype=object)
    moved = beside(line, np.array([5.0]), np.array([[0.0, 5.0]]), np.array([[96.0, 54.0]]))[0]
    assert shapely.get_coordinates(moved)[[0, -1]].tolist() == [[0, 5], [96, 54]]
    assert len(moved.coords) == 3, "what lies near an end is left out"
    assert shapely.distance(line[0], shapely.Point(moved.coords[1])) == pytest.approx(5.0, abs=0.01)
