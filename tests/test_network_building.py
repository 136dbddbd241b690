"""The walking network that is built from layers: planted layouts, laws that hold for any layout, and real cities."""

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely.geometry import LineString, MultiLineString, Point, box

from toegankelijk.measure.crossings import with_crossing_ends
from toegankelijk.network.building import build_network
from toegankelijk.network.graph import EDGE_COLUMNS, EDGE_KINDS, PART_COLUMNS, Network

CRS = "EPSG:31370"


def layer(shapes, *, crs=CRS, **columns):
    """A layer with the ids and geometries of a mapping."""
    index = pd.Index(list(shapes), name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, index=index, geometry=list(shapes.values()), crs=crs)


def lines(shapes, **columns):
    return layer({key: LineString(places) for key, places in shapes.items()}, **columns)


def walk(network: Network, start, end, *, without=()) -> float:
    """Metres from one place to another by Dijkstra, infinite where no way leads; the nodes nearest to the places count."""
    use = ~network.edges["kind"].isin(without).to_numpy()
    reached = np.zeros(len(network.nodes), bool)
    reached[np.concatenate([network.tail[use], network.head[use]])] = True
    nodes = np.flatnonzero(reached)
    at = [nodes[np.hypot(*(network.nodes[nodes] - place).T).argmin()] for place in (start, end)]
    return round(float(distances(network, at[0], use=use)[at[1]]), 3)


def distances(network: Network, start: int | None = None, *, use=slice(None)) -> np.ndarray:
    """Metres between all nodes, or from one, along some edges."""
    pairs = pd.DataFrame({"t": network.tail[use], "h": network.head[use], "l": np.maximum(network.length[use], 1e-9)})
    both = pd.concat([pairs, pairs.rename(columns={"t": "h", "h": "t"})]).groupby(["t", "h"], as_index=False)["l"].min()
    graph = coo_array((both["l"], (both["t"], both["h"])), shape=(len(network.nodes),) * 2).tocsr()
    return dijkstra(graph, indices=start)


def main_share(network: Network) -> float:
    """Share of the length that lies in the largest component."""
    graph = coo_array((np.ones(len(network)), (network.tail, network.head)), shape=(len(network.nodes),) * 2)
    component = connected_components(graph, directed=False)[1]
    length = np.bincount(component[network.tail], weights=network.length)
    return length.max() / length.sum()


def ids_of(network: Network, kind: str) -> list[str]:
    return network.edges.loc[network.edges["kind"] == kind, "object_id"].tolist()


def is_sound(network: Network) -> None:
    """What holds for every network."""
    edges = network.edges
    assert tuple(edges.columns) == EDGE_COLUMNS
    assert tuple(network.parts.columns) == PART_COLUMNS
    assert edges.index.equals(pd.RangeIndex(len(edges)))
    assert set(edges["kind"]) <= set(EDGE_KINDS)
    assert set(edges["side"]) <= {"", "left", "right"}
    used = np.unique(np.concatenate([network.tail, network.head])) if len(edges) else np.zeros(0, int)
    assert used.tolist() == list(range(len(network.nodes))), "every node has an edge"
    gate = (edges["kind"] == "gate").to_numpy()
    assert (network.length[gate] == 0).all()
    assert (network.length[~gate] > 0).all()
    assert (shapely.get_type_id(network.shapes[gate]) == 0).all()
    assert (shapely.get_type_id(network.shapes[~gate]) == 1).all()
    for end, place in ((network.tail, 0), (network.head, -1)):
        ends = shapely.get_coordinates(shapely.get_point(network.shapes[~gate], place))
        assert np.abs(ends - network.nodes[end[~gate]]).max(initial=0) < 1e-6, "shapes run from tail to head"
        at_gate = shapely.get_coordinates(network.shapes[gate])
        assert np.abs(at_gate - network.nodes[end[gate]]).max(initial=0) < 1e-6
    assert np.allclose(shapely.length(network.shapes), network.length)
    assert (network.parts["edge"] < len(edges)).all()
    per_gate = network.parts[network.parts["edge"].isin(np.flatnonzero(gate))].groupby("edge").size()
    assert (per_gate == 1).all()
    assert len(per_gate) == gate.sum()


# Mending


def test_a_loose_end_is_joined_to_the_line_it_almost_meets():
    network = build_network({"footway": lines({"a": [(0, 0), (10, 0)], "b": [(4, 0.4), (4, 5)]})})
    is_sound(network)
    assert network.mended["ends_on_lines"] == 1
    assert "b" in set(network.remarks["object_id"])
    assert walk(network, (0, 0), (4, 5)) == 9.0


def test_a_wider_gap_is_joined_only_where_the_drawing_may_be_that_far_off():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(4, 0.8), (4, 5)]}
    assert np.isinf(walk(build_network({"footway": lines(shapes)}), (0, 0), (4, 5)))
    assert walk(build_network({"footway": lines(shapes, accuracy=0.2)}), (0, 0), (4, 5)) == 9.0
    wide = {"a": [(0, 0), (10, 0)], "b": [(4, 3.2), (4, 9)]}
    assert np.isinf(walk(build_network({"footway": lines(wide, accuracy=20.0)}), (0, 0), (4, 9)))


def test_loose_ends_that_almost_meet_become_one_place():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(10.3, 0.1), (20, 0)], "c": [(10.1, -0.2), (10, -9)]}
    network = build_network({"footway": lines(shapes)})
    is_sound(network)
    assert network.mended["ends_joined"] == 3
    assert len(network.nodes) == 4
    assert np.isfinite(walk(network, (20, 0), (10, -9)))


def test_two_loose_ends_that_almost_meet_a_line_are_all_joined():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(4, 0.3), (4, 5)], "c": [(4.1, 0.4), (9, 5)]}
    network = build_network({"footway": lines(shapes)})
    assert np.isfinite(walk(network, (0, 0), (4, 5)))
    assert np.isfinite(walk(network, (0, 0), (9, 5)))


def test_an_end_of_two_lines_on_a_third_is_joined_to_it():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(4, 0.0), (4, 5)], "c": [(4, 0.0), (9, 5)]}
    network = build_network({"footway": lines(shapes)})
    is_sound(network)
    assert walk(network, (0, 0), (4, 5)) == 9.0


def test_an_end_on_two_lines_is_joined_to_both():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(0, -4), (8, 4)], "c": [(4, 0), (4, 9)]}
    network = build_network({"footway": lines(shapes)})
    assert walk(network, (0, 0), (4, 9)) == 13.0
    assert np.isfinite(walk(network, (8, 4), (4, 9)))


def test_lines_that_cross_meet_only_where_they_share_a_vertex():
    apart = {"a": [(0, 0), (10, 0)], "b": [(5, -5), (5, 5)]}
    assert np.isinf(walk(build_network({"footway": lines(apart)}), (0, 0), (5, 5)))
    together = {"a": [(0, 0), (5, 0), (10, 0)], "b": [(5, -5), (5, 0), (5, 5)]}
    assert walk(build_network({"footway": lines(together)}), (0, 0), (5, 5)) == 10.0


def test_a_bridge_is_met_at_its_ends_and_not_by_what_ends_under_it():
    shapes = {"bridge": [(0, 0), (40, 0)], "under": [(20, 0.1), (20, 9)], "after": [(40.2, 0), (60, 0)]}
    for kind in ("footway", "street"):
        network = build_network({kind: lines(shapes, off_ground=[True, False, False])})
        assert np.isinf(walk(network, (0, 0), (20, 9)))
        assert np.isfinite(walk(network, (0, 0), (60, 0)))


def test_what_is_drawn_twice_counts_once_in_either_direction():
    shapes = {"a": [(0, 0), (5, 1), (10, 0)], "b": [(10, 0), (5, 1), (0, 0)]}
    network = build_network({"footway": lines(shapes)})
    assert (network.edges["object_id"] == "a").all()
    assert network.mended["drawn_twice"] == 1
    assert network.remarks["object_id"].tolist() == ["b"]


def test_a_ramp_along_the_line_of_stairs_is_another_way():
    line = [(0, 0), (5, 0)]
    network = build_network({"stairs": lines({"w1": line}), "ramp": lines({"w1": line})})
    assert sorted(network.edges["kind"]) == ["ramp", "stairs"]
    assert len(network.nodes) == 2


def test_lines_without_length_and_tiny_loops_lead_nowhere():
    shapes = {"a": [(0, 0), (10, 0)], "loop": [(10, 0), (10.1, 0.1), (10, 0.1), (10, 0)], "dot": [(3, 3), (3, 3)]}
    network = build_network({"footway": lines(shapes)})
    assert network.edges["object_id"].tolist() == ["a"]
    assert (network.mended["no_length"], network.mended["tiny_loops"]) == (1, 1)
    assert set(network.remarks["object_id"]) == {"dot", "loop"}


def test_lines_in_several_parts_and_rings_are_walked():
    ring = shapely.LinearRing([(10, 0), (20, 0), (20, 9), (10, 9)])
    shapes = {"two": MultiLineString([[(0, 0), (10, 0)], [(20, 9), (30, 9)]]), "ring": ring}
    network = build_network({"footway": layer(shapes)})
    is_sound(network)
    assert walk(network, (0, 0), (30, 9)) == 39.0


def test_nothing_gives_an_empty_network():
    for layers in ({}, {"footway": layer({})}, {"kerb": layer({"k": Point(0, 0)})}):
        network = build_network(layers)
        is_sound(network)
        assert len(network) == 0


# Streets

CROSSROADS = {"n": [(0, 0), (0, 100)], "e": [(0, 0), (100, 0)], "s": [(0, 0), (0, -100)], "w": [(0, 0), (-100, 0)]}


def test_sides_of_streets_meet_at_the_corners_of_a_junction():
    network = build_network({"street": lines(CROSSROADS, footway_sides="both")})
    is_sound(network)
    sides = network.edges[network.edges["kind"] == "street"]
    assert sides.groupby("object_id")["side"].apply(sorted).tolist() == [["left", "right"]] * 4
    assert len(ids_of(network, "mouth")) == 8, "over each street at the junction, and at its end"
    assert walk(network, (5, 100), (100, 5)) == 190.0, "round the corner between two streets no street is crossed"
    assert np.isinf(walk(network, (5, 100), (-5, 100), without=["mouth"]))
    assert walk(network, (5, 100), (-5, 100)) == 10.0
    own = sides[(sides["object_id"] == "n") & (sides["side"] == "left")].index[0]
    assert shapely.centroid(network.shapes[own]).x < 0, "left as the line runs"


def test_sides_do_not_hang_on_the_direction_in_which_a_street_is_drawn():
    there = build_network({"street": lines(CROSSROADS, footway_sides="left")})
    back = {key: line[::-1] for key, line in CROSSROADS.items()}
    again = build_network({"street": lines(back, footway_sides="right")})
    assert np.allclose(there.nodes, again.nodes)
    assert sorted(there.length) == pytest.approx(sorted(again.length))


def test_a_side_that_ends_leads_over_the_street():
    streets = lines({"a": [(0, 0), (50, 0)], "b": [(50, 0), (100, 0)]}, footway_sides=["both", "left"])
    network = build_network({"street": streets})
    assert main_share(network) == 1.0
    assert walk(network, (0, -5), (100, 5)) == pytest.approx(110, abs=0.1)
    assert np.isinf(walk(network, (0, -5), (100, 5), without=["mouth"]))


@pytest.mark.parametrize("sides", [None, "none", "pedestrian", "shared"])
def test_people_walk_on_the_axis_of_a_street_without_known_pavements(sides):
    network = build_network({"street": lines(CROSSROADS, footway_sides=sides)})
    assert len(network) == 4
    assert walk(network, (0, 100), (100, 0)) == 200.0


def test_a_street_without_pavements_leads_to_the_corner_of_one_with():
    sides = ["both", "both", "both", None]
    network = build_network({"street": lines(CROSSROADS, footway_sides=sides)})
    is_sound(network)
    assert main_share(network) == 1.0
    assert np.isfinite(walk(network, (-100, 0), (-5, 100), without=["mouth"]))
    assert np.isinf(walk(network, (-100, 0), (5, 100), without=["mouth"])), "the street to the north is not crossed for nothing"


def test_a_path_from_a_street_leads_to_its_near_side():
    street = lines({"s": [(0, 0), (50, 0), (100, 0)]}, footway_sides="both")
    network = build_network({"street": street, "footway": lines({"p": [(50, 0), (50, 40)]})})
    is_sound(network)
    assert walk(network, (50, 40), (0, 5), without=["mouth"]) == pytest.approx(85.0, abs=0.1)
    assert np.isinf(walk(network, (50, 40), (0, -5), without=["mouth"]))


def test_a_street_closed_to_pedestrians_is_no_way():
    streets = lines({"a": [(0, 0), (50, 0)], "b": [(50, 0), (99, 0)]}, pedestrians_allowed=[True, False])
    network = build_network({"street": streets})
    assert network.edges["object_id"].tolist() == ["a"]
    assert network.remarks["object_id"].tolist() == ["b"]


BESIDE = {"n": [(0, 6), (100, 6)], "s": [(0, -6), (100, -6)]}


def test_nobody_walks_on_a_street_with_footways_drawn_beside_it():
    for sides in (None, "both", "none"):
        street = lines({"s": [(0, 0), (100, 0)]}, footway_sides=sides)
        network = build_network({"street": street, "footway": lines(BESIDE)})
        assert "street" not in set(network.edges["kind"])
    network = build_network({"street": lines({"s": [(0, 0), (100, 0)]}, footway_sides="shared"), "footway": lines(BESIDE)})
    assert ids_of(network, "street") == ["s"]


def test_the_side_without_a_drawn_footway_is_walked_along():
    street = lines({"s": [(0, 0), (100, 0)]}, footway_sides="both")
    network = build_network({"street": street, "footway": lines({"n": BESIDE["n"]})})
    assert network.edges.loc[network.edges["kind"] == "street", "side"].tolist() == ["right"]


def test_a_street_is_walked_on_where_nothing_else_leads_on():
    street = lines({"s": [(0, 0), (100, 0), (200, 0), (300, 0), (400, 0)]})
    footways = {
        "west": [(150, 8), (-100, 8), (-100, -8), (150, -8)],
        "east": [(250, 8), (500, 8), (500, -8), (250, -8)],
        "p": [(100, 0), (100, 8)],
        "q": [(300, 0), (300, -8)],
    }
    joined = build_network({"street": street, "footway": lines(footways)})
    assert ids_of(joined, "street"), "west and east have nothing else between them"
    assert joined.length[joined.edges["kind"] == "street"].sum() == 200.0, "no more of it than is needed"
    assert main_share(joined) == 1.0


def test_parts_on_both_sides_of_a_street_are_joined_over_it_and_told_as_unknown():
    street = lines({"s": [(0, 0), (100, 0)]})
    network = build_network({"street": street, "footway": lines(BESIDE)})
    assert network.edges.loc[network.edges["kind"] == "mouth", "length"].tolist() == [12.0]
    house = {"building": layer({"b": box(-1, -3, 101, 3)})}
    assert "mouth" not in set(build_network({"street": street, "footway": lines(BESIDE), **house}).edges["kind"])


# Crossings and gates


def test_a_crossing_has_its_two_ends_as_gates_at_its_ends():
    layers = {"footway": lines(BESIDE), "crossing": lines({"x": [(50, -4), (50, 4)]}), "street": lines({"s": [(0, 0), (100, 0)]})}
    network = build_network(with_crossing_ends(layers))
    is_sound(network)
    assert sorted(ids_of(network, "gate")) == ["x/1", "x/2"]
    assert ids_of(network, "crossing") == ["x"]
    assert walk(network, (0, -6), (0, 6)) == 112.0
    assert np.isinf(walk(network, (0, -6), (0, 6), without=["gate"])), "who crosses passes both ends"
    gates = network.edges[network.edges["kind"] == "gate"]
    assert network.nodes[gates["tail"], 1].tolist() == [-4, 4]
    told = network.parts.set_index("edge").loc[gates.index]
    assert (told["kind"] == "crossing_end").all()


def test_an_end_on_the_way_lies_where_it_was_surveyed():
    ends = layer({"k1": Point(50, -3), "k2": Point(50, 3.5)}, parent_id="x")
    layers = {"footway": lines(BESIDE), "crossing": lines({"x": [(50, -6), (50, 6)]}), "crossing_end": ends}
    network = build_network(layers)
    gates = network.edges[network.edges["kind"] == "gate"]
    assert dict(zip(gates["object_id"], network.nodes[gates["tail"], 1], strict=True)) == {"k1": -3, "k2": 3.5}
    assert network.edges.loc[network.edges["kind"] == "crossing", "length"].sum() == 12.0


def test_a_crossing_as_a_point_leads_from_side_to_side():
    crossing = layer({"x": Point(50, 0)})
    for sides, drawn in (("both", {}), (None, {"footway": lines(BESIDE)})):
        street = lines({"s": [(0, 0), (100, 0)]}, footway_sides=sides)
        network = build_network(with_crossing_ends({"street": street, "crossing": crossing, **drawn}))
        is_sound(network)
        wide = 10.0 if sides else 12.0
        assert network.length[network.edges["kind"] == "crossing"].tolist() == pytest.approx([wide])
        assert sorted(ids_of(network, "gate")) == ["x/1", "x/2"]
        y = wide / 2
        assert walk(network, (50, -y), (50, y), without=["mouth"]) == wide
        assert np.isinf(walk(network, (0, -y), (0, y), without=["mouth", "gate"]))


def test_a_crossing_as_a_point_on_a_footway_bars_that_footway():
    street = lines({"s": [(0, 0), (50, 0), (100, 0)]})
    footway = lines({"f": [(50, -40), (50, 0), (50, 40)]})
    network = build_network(with_crossing_ends({"street": street, "footway": footway, "crossing": layer({"x": Point(50, 0)})}))
    is_sound(network)
    assert sorted(ids_of(network, "gate")) == ["x", "x", "x/1", "x/2"]
    assert walk(network, (50, -40), (50, 40)) == 80.0
    assert walk(network, (50, -40), (0, 0)) == 90.0, "the street is reached from the footway"
    assert np.isinf(walk(network, (50, -40), (0, 0), without=["gate"]))


def test_a_crossing_that_joins_nothing_is_told():
    network = build_network({"street": lines({"s": [(0, 0), (100, 0)]}), "crossing": layer({"x": Point(50, 0)})})
    assert network.remarks["object_id"].tolist() == ["x"]
    assert "crossing" not in set(network.edges["kind"])


def test_a_crossing_of_a_street_with_sides_joins_these_and_not_the_axis():
    streets = lines({"s": [(0, 0), (50, 0), (100, 0)]}, footway_sides="both")
    network = build_network(with_crossing_ends({"street": streets, "crossing": lines({"x": [(50, -4), (50, 0), (50, 4)]})}))
    is_sound(network)
    assert walk(network, (0, -5), (0, 5), without=["mouth"]) == pytest.approx(110.0)
    assert ids_of(network, "crossing") == ["x"]


def test_barriers_stand_where_they_are_and_bar_only_that_way():
    layers = {
        "footway": lines({"a": [(0, 0), (100, 0)], "b": [(100, 0), (100, 50)], "c": [(100, 0), (200, 0)]}),
        "passage": layer({"p": Point(30, 0.3), "lost": Point(30, 9)}),
        "kerb": layer({"k": Point(60, 0), "line": LineString([(150, -2), (150, 2)])}),
        "narrowing": layer({"n": LineString([(20, -1), (20, 1)]), "of_b": Point(100, 20)}, parent_id=["a", "b"]),
    }
    network = build_network(layers)
    is_sound(network)
    gates = network.edges[network.edges["kind"] == "gate"]
    places = dict(zip(gates["object_id"], network.nodes[gates["tail"]].tolist(), strict=True))
    assert places == {"p": [30, 0], "k": [60, 0], "line": [150, 0], "n": [20, 0], "of_b": [100, 20]}
    assert network.remarks["object_id"].tolist() == ["lost"]
    assert network.length.sum() == 250.0
    assert walk(network, (0, 0), (200, 0)) == 200.0
    assert np.isinf(walk(network, (0, 0), (100, 0), without=["gate"]))


def test_a_barrier_at_a_junction_bars_one_way_and_not_the_others():
    shapes = {"a": [(0, 0), (10, 0)], "b": [(10, 0), (20, 0)], "c": [(10, 0), (10, 9)]}
    network = build_network({"footway": lines(shapes), "kerb": layer({"k": Point(10, 0)})})
    is_sound(network)
    assert np.isinf(walk(network, (0, 0), (20, 0), without=["gate"]))
    assert walk(network, (20, 0), (10, 9), without=["gate"]) == 19.0


def test_several_barriers_at_one_place_are_passed_one_after_the_other():
    layers = {"footway": lines({"a": [(0, 0), (10, 0)]}), "kerb": layer({"k": Point(5, 0)}), "passage": layer({"p": Point(5, 0)})}
    network = build_network(layers)
    is_sound(network)
    assert walk(network, (0, 0), (10, 0)) == 10.0
    assert len(network) == 4
    assert len(np.unique(np.concatenate([network.tail, network.head]))) == 5


def test_what_only_the_inventory_knows_is_no_way_and_no_barrier():
    footways = lines({"a": [(0, 0), (9, 0)], "b": [(9, 0), (20, 0)]}, delivered=[True, False])
    network = build_network({"footway": footways, "kerb": layer({"k": Point(5, 0)}, delivered=[False])})
    assert network.edges["object_id"].tolist() == ["a"]


def test_a_level_change_drawn_as_the_way_over_a_street_is_that_way():
    layers = {"footway": lines(BESIDE), "kerb": lines({"k": [(100, -6), (100, 6)]})}
    network = build_network(layers)
    is_sound(network)
    edge = network.edges[network.edges["kind"] == "mouth"].index
    assert network.parts[network.parts["edge"].isin(edge)][["kind", "object_id"]].to_numpy().tolist() == [["kerb", "k"]]
    assert walk(network, (0, -6), (0, 6)) == 212.0


# Pavements that are drawn as polygons


def pieces(ways):
    """Middle lines as `PassableWidths.profile` gives them: short pieces in order."""
    rows = []
    for number, (pavement, places) in enumerate(ways):
        line = shapely.segmentize(LineString(places), 2.0)
        for start, end in zip(line.coords[:-1], line.coords[1:], strict=True):
            rows.append((pavement, number, line.project(Point(start)), LineString([start, end])))
    table = pd.DataFrame(rows, columns=["pavement_id", "way", "start", "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def test_middle_lines_of_pavements_are_joined_within_the_polygon_and_over_driveways():
    pavements = layer({"p": box(0, 0, 50, 3), "q": box(54, 0, 100, 3)})
    ways = pieces([("p", [(0, 1.5), (50, 1.5)]), ("q", [(54, 1.5), (100, 1.5)])])
    apart = build_network({"footway": pavements}, ways=ways)
    assert main_share(apart) < 1
    network = build_network({"footway": pavements, "driveway": layer({"d": box(50, 0, 54, 3)})}, ways=ways)
    is_sound(network)
    assert walk(network, (0, 1.5), (100, 1.5)) == 100.0
    assert network.length[network.edges["kind"] == "link"].tolist() == [4.0]
    assert network.mended["areas_crossed"] == 1


def test_crossings_and_stairs_that_touch_a_pavement_reach_its_middle_line():
    layers = {
        "footway": layer({"p": box(0, 0, 50, 3), "q": box(0, 10, 50, 14)}),
        "crossing": lines({"x": [(20, 3), (20, 10)]}),
        "stairs": lines({"t": [(40, 14), (40, 20)]}),
    }
    network = build_network(layers, ways=pieces([("p", [(0, 1.5), (50, 1.5)]), ("q", [(0, 12), (50, 12)])]))
    is_sound(network)
    assert main_share(network) == 1.0
    assert walk(network, (20, 1.5), (20, 12)) == 10.5, "the length within the polygons counts"
    assert walk(network, (20, 12), (40, 20)) == 28.0


def test_ways_that_end_round_a_junction_on_a_pavement_meet():
    cross = box(-30, -2, 30, 2) | box(-2, -30, 2, 30)
    ways = [("p", [(-30, 0), (-1, 0)]), ("p", [(1, 0.3), (30, 0)]), ("p", [(0, -30), (0, -1)]), ("p", [(0.2, 1), (0, 30)])]
    network = build_network({"footway": layer({"p": cross})}, ways=pieces(ways))
    assert main_share(network) == 1.0
    assert walk(network, (-30, 0), (0, 30)) == pytest.approx(60, abs=2)


def test_a_link_between_ways_does_not_leave_the_pavement():
    ways = pieces([("p", [(0, 1), (20, 1)]), ("q", [(0, 5), (20, 5)])])
    pavements = layer({"p": box(0, 0, 20, 2), "q": box(0, 4, 20, 6)})
    network = build_network({"footway": pavements}, ways=ways)
    assert main_share(network) == 0.5


def test_what_lies_between_ways_on_a_pavement_is_that_pavement():
    """A pavement that is closed halfway is judged on the piece between its ways too: it is no free link."""
    ways = pieces([("p", [(0, 1), (18, 1)]), ("p", [(22, 1), (40, 1)])])
    network = build_network({"footway": layer({"p": box(0, 0, 40, 2)})}, ways=ways)
    assert main_share(network) == 1.0
    assert set(network.edges["kind"]) == {"footway"}
    assert (network.parts["object_id"] == "p").all()
    assert sorted(network.parts["edge"]) == list(range(len(network)))


def test_a_pavement_without_a_way_between_two_others_is_passed_as_such():
    pavements = layer({"p": box(0, 0, 18, 2), "q": box(18, 0, 22, 2), "r": box(22, 0, 40, 2)})
    network = build_network({"footway": pavements}, ways=pieces([("p", [(0, 1), (18, 1)]), ("r", [(22, 1), (40, 1)])]))
    assert walk(network, (0, 1), (40, 1)) == 40.0
    assert network.edges.loc[network.edges["object_id"] == "q", "length"].tolist() == [4.0]


def test_pavements_without_a_way_are_told():
    network = build_network({"footway": layer({"p": box(0, 0, 9, 2)})})
    assert len(network) == 0
    assert network.remarks["object_id"].tolist() == ["p"]


# Laws


@st.composite
def layouts(draw):
    """Layers with footways, streets, a crossing and barriers on a coarse grid, so that much of it meets."""
    place = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda p: (p[0] * 17.0, p[1] * 17.0))
    line = st.lists(place, min_size=2, max_size=4, unique=True).filter(lambda places: LineString(places).is_simple)
    footways = draw(st.lists(line, min_size=1, max_size=7))
    streets = draw(st.lists(line, max_size=6))
    sides = draw(st.lists(st.sampled_from(["both", "left", "right", "none", "shared", None]), min_size=6, max_size=6))
    points = draw(st.lists(place, max_size=4))
    layers = {
        "footway": lines({f"f{n}": shape for n, shape in enumerate(footways)}),
        "street": lines({f"s{n}": shape for n, shape in enumerate(streets)}, footway_sides=sides[: len(streets)]),
        "kerb": layer({f"k{n}": Point(at) for n, at in enumerate(points)}),
        "crossing": layer({f"x{n}": Point(at) for n, at in enumerate(points[:2])}),
    }
    return with_crossing_ends(layers)


@settings(max_examples=12)
@given(layouts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(layers, random):
    network = build_network(layers)
    is_sound(network)
    mixed = {}
    for kind, table in layers.items():
        order = list(range(len(table)))
        random.shuffle(order)
        mixed[kind] = table.iloc[order]
    again = build_network(mixed)
    np.testing.assert_array_equal(network.nodes, again.nodes)
    pd.testing.assert_frame_equal(network.edges, again.edges)
    pd.testing.assert_frame_equal(network.parts, again.parts)
    pd.testing.assert_frame_equal(network.remarks, again.remarks)
    assert network.mended == again.mended


@settings(max_examples=12)
@given(layouts())
def test_the_direction_of_footways_changes_no_distance(layers):
    layers = {kind: table for kind, table in layers.items() if kind != "street"}
    turned = {**layers, "footway": layers["footway"].set_geometry(shapely.reverse(layers["footway"].geometry.to_numpy()))}
    turned["footway"] = turned["footway"].set_crs(CRS, allow_override=True)
    one, other = build_network(layers), build_network(turned)
    assert len(one) == len(other)
    assert one.length.sum() == pytest.approx(other.length.sum(), abs=1e-6)
    assert main_share(one) == pytest.approx(main_share(other), abs=1e-6)
    far = [np.sort(distances(network), axis=None) for network in (one, other)]
    assert np.isfinite(far[0]).sum() == np.isfinite(far[1]).sum()
    assert np.allclose(*(values[np.isfinite(values)] for values in far), atol=0.01)


@settings(max_examples=12)
@given(layouts())
def test_no_footway_is_lost(layers):
    """What is drawn is walked along, each metre once."""
    network = build_network({"footway": layers["footway"]})
    drawn = shapely.length(shapely.union_all(layers["footway"].geometry.to_numpy()))
    own = network.length[network.edges["kind"] == "footway"].sum()
    assert own >= drawn - 1e-6
    assert (
        shapely.hausdorff_distance(shapely.union_all(network.shapes), shapely.union_all(layers["footway"].geometry.to_numpy()))
        < 0.01
    )


# Real cities


def screened_layers(path: Path):
    """Measured layers of an OpenStreetMap file, and the ways on its pavements."""
    pytest.importorskip("osmium")
    from toegankelijk.city import read_city
    from toegankelijk.config import About, CityConfig, Draft, Osm
    from toegankelijk.measure.narrowings import find_widths, with_narrowings
    from toegankelijk.measure.passages import with_stretches

    config = CityConfig(city=About(name="city", crs="auto"), osm=[Osm(source=Path(path.name))], draft=Draft())
    city = read_city(config, folder=path.parent)
    layers = with_crossing_ends(with_stretches({**city.context, **city.layers}))
    widths = find_widths(layers)
    return with_narrowings(layers, widths), None if widths is None else widths.clear.profile


def unmended(layers, ways) -> float:
    """Share of the length in the largest component where lines meet at shared vertices only."""
    shapes = [layers[kind].geometry.to_numpy() for kind in ("footway", "crossing", "stairs", "ramp") if kind in layers]
    parts = shapely.get_parts(np.concatenate([*shapes, [] if ways is None else ways.geometry.to_numpy()]))
    parts = parts[shapely.get_type_id(parts) == 1]
    places, line = shapely.get_coordinates(parts, return_index=True)
    spot = pd.DataFrame(np.round(places, 3)).groupby([0, 1]).ngroup().to_numpy()
    graph = coo_array((np.ones(len(spot)), (line, len(parts) + spot)), shape=(len(parts) + spot.max() + 1,) * 2)
    component = connected_components(graph, directed=False)[1][: len(parts)]
    length = np.bincount(component, weights=shapely.length(parts))
    return length.max() / length.sum()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least", "gained"),
    [
        ("osm-europe/helsinki.osm.pbf", 0.98, 0.1),
        ("berlin-neukoelln/neukoelln_sonnenallee.osm.gz", 0.98, 0.03),
    ],
)
def test_a_real_city_hangs_together_and_better_than_it_was_drawn(shared_data, name, least, gained):
    layers, ways = screened_layers(shared_data / name)
    network = build_network(layers, ways=ways)
    is_sound(network)
    assert main_share(network) >= least
    assert main_share(network) - unmended(layers, ways) >= gained
    crossings = network.edges[network.edges["kind"] == "crossing"]
    degree = np.bincount(np.concatenate([network.tail, network.head]))
    dangling = (degree[crossings["tail"]] == 1) | (degree[crossings["head"]] == 1)
    assert dangling.mean() < 0.05


@pytest.mark.slow
def test_eighty_thousand_streets_are_built_in_seconds(shared_data):
    streets = gpd.read_parquet(shared_data / "belgium" / "liege_osm_streets.parquet").to_crs(CRS)[["geometry"]]
    streets.index = pd.Index([f"s{number:06d}" for number in range(len(streets))], name="object_id")
    for sides in (None, "both"):
        start = time.perf_counter()
        network = build_network({"street": streets.assign(footway_sides=sides)})
        assert time.perf_counter() - start < 60
        assert main_share(network) > 0.999
