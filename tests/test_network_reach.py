"""What people reach: planted truth, and what must hold on any network."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from toegankelijk.network.passable import Passability, edge_outcomes, judge_edges
from toegankelijk.network.places import DESTINATION_COLUMNS, ORIGIN_COLUMNS, Places, find_places
from toegankelijk.network.profiles import read_profiles
from toegankelijk.network.reach import find_reach, sum_reach
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

from .planted_networks import Way, grid, line_with_gate, networks, plant, plant_layers

WHEELCHAIR = read_profiles()["wheelchair"]
WIDE = {"F1": {"route_width": 2.0}, "F2": {"route_width": 2.0}}


def passability(outcome):
    return Passability("wheelchair", np.array(outcome, dtype=np.int8), pd.DataFrame())


def reach_of(network, layers, profile=WHEELCHAIR):
    network, places = find_places(layers, network)
    return find_reach(network, judge_edges(network, layers, profile), places).set_index(["origin", "purpose"]), places


@pytest.mark.parametrize(
    ("kerb", "best", "worst"),
    [({"level_difference": 2.0}, 92, 92), ({}, 92, np.inf), ({"level_difference": 12.0}, np.inf, np.inf)],
)
def test_a_kerb_between_a_door_and_a_stop(kerb, best, worst):
    layers = plant_layers(
        kerb={"K1": kerb},
        footway=WIDE,
        address={"A1": {"geometry": Point(10, 2), "residents": 3.0}},
        stop={"H1": {"geometry": Point(95, -5)}},
    )
    reach, places = reach_of(line_with_gate(), layers)
    row = reach.loc[("address:A1", "stop")]
    assert [row["distance"], row["distance_best"], row["distance_worst"]] == [92.0, best, worst]
    assert [row["reached_possibly"], row["reached_surely"]] == [np.isfinite(best), np.isfinite(worst)]
    assert [row["detour_low"], row["detour_high"]] == [best - 92, worst - 92]
    assert row["weight"] == 3 * places.purposes["stop"].weight
    assert places.counted == "residents"


def test_the_way_round_a_closed_edge_is_the_detour():
    network = grid(2, 2)  # edges E-0-0, E-1-0, N-0-0, N-0-1
    layers = plant_layers(
        footway={
            "E-0-0": {"route_width": 0.5},
            **{name: {"route_width": 2.0} for name in ("E-1-0", "N-0-0", "N-0-1")},
        },
        address={"A1": {"geometry": Point(0, 50)}},
        stop={"H1": {"geometry": Point(100, 0)}},
    )
    reach, places = reach_of(network, layers)
    row = reach.loc[("address:A1", "stop")]
    assert [row["distance"], row["distance_best"], row["distance_worst"]] == [150, 250, 250]
    assert [row["detour_low"], row["detour_high"]] == [100, 100]
    assert places.counted == "addresses"
    assert places.origins.loc["address:A1", "residents"] == 1


def test_who_lives_on_a_closed_way_does_not_get_away():
    footway = {"F1": {"route_width": 0.5}, "F2": {"route_width": 2.0}}
    layers = plant_layers(
        kerb={"K1": {"level_difference": 0.0}},
        footway=footway,
        address={"A1": {"geometry": Point(10, 2)}, "A2": {"geometry": Point(60, 2)}},
        stop={"H1": {"geometry": Point(95, 0)}, "H2": {"geometry": Point(12, 0)}},
    )
    reach, _ = reach_of(line_with_gate(), layers)
    closed, free = reach.loc[("address:A1", "stop")], reach.loc[("address:A2", "stop")]
    assert [closed["distance"], closed["distance_best"], closed["distance_worst"]] == [4, np.inf, np.inf]
    assert [free["distance"], free["distance_best"], free["distance_worst"]] == [37, 37, 37]
    layers["footway"].loc["F1", "route_width"] = np.nan
    unsure = reach_of(line_with_gate(), layers)[0].loc[("address:A1", "stop")]
    assert [unsure["distance_best"], unsure["distance_worst"]] == [4, np.inf]


def test_a_care_facility_is_no_destination_for_itself():
    layers = plant_layers(
        kerb={"K1": {"level_difference": 0.0}},
        footway=WIDE,
        anchor={"Z1": {"geometry": Point(10, 5)}, "Z2": {"geometry": Point(90, 3)}},
        address={"A1": {"geometry": Point(12, 0)}},
    )
    reach, _ = reach_of(line_with_gate(), layers)
    assert reach["distance"].to_dict() == {("address:A1", "care"): 7, ("anchor:Z1", "care"): 88, ("anchor:Z2", "care"): 88}
    assert reach.loc["anchor:Z1", "weight"].tolist() == [0]
    alone = plant_layers(footway=WIDE, anchor={"Z1": {"geometry": Point(10, 5)}})
    assert reach_of(line_with_gate(), alone)[0].loc[("anchor:Z1", "care"), "distance"] == np.inf


def test_an_address_far_from_any_way_is_unknown_and_counted():
    layers = plant_layers(
        footway=WIDE,
        kerb={"K1": {"level_difference": 0.0}},
        address={"A1": {"geometry": Point(10, 0), "residents": 2.0}, "A2": {"geometry": Point(10, 51), "residents": 4.0}},
        stop={"H1": {"geometry": Point(20, 0)}},
    )
    reach, places = reach_of(line_with_gate(), layers)
    assert places.origins.loc["address:A2", "edge"] == -1
    row = reach.loc[("address:A2", "stop")]
    assert np.isnan(row["distance"])
    assert [row["distance_best"], row["distance_worst"]] == [0, np.inf]
    sums = sum_reach(reach.reset_index(), places, pd.Series("Z", places.origins.index)).iloc[0]
    assert sums[["residents", "unplaced", "within", "reached_low", "reached_high"]].tolist() == [6, 4, 2, 2, 6]
    assert sums[["share", "share_low", "share_high"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1])


def test_purposes_without_any_destination_are_left_out_and_only_known_benches_count():
    layers = plant_layers(
        footway=WIDE,
        address={"A1": {"geometry": Point(10, 0)}},
        stop={"H1": {"geometry": Point(20, 0), "bench": None}, "H2": {"geometry": Point(40, 0), "bench": True}},
    )
    reach, places = reach_of(line_with_gate(), layers)
    assert reach["distance"].to_dict() == {("address:A1", "stop"): 10, ("address:A1", "rest"): 30}
    assert list(places.destinations.columns) == list(DESTINATION_COLUMNS)
    assert list(places.origins.columns) == list(ORIGIN_COLUMNS)


def test_polygons_lie_where_they_come_nearest():
    layers = plant_layers(
        footway=WIDE, address={"A1": {"geometry": box(20, 10, 30, 200)}}, parking_bay={"P1": {"geometry": box(35, -6, 40, -1)}}
    )
    reach, places = reach_of(line_with_gate(), layers)
    assert places.origins["off"].tolist() == [10]
    assert places.destinations["off"].tolist() == [1]
    assert reach["distance"].tolist() == [pytest.approx(26, abs=10)]


def test_a_door_opens_on_stairs_only_where_there_is_nothing_else():
    network = plant([(0, 0), (50, 0), (50, 200)], [Way(0, 1, "footway", "F1"), Way(1, 2, "stairs", "S1")])
    layers = plant_layers(footway=WIDE, address={"A1": {"geometry": Point(48, 20)}, "A2": {"geometry": Point(48, 150)}})
    network, places = find_places(layers, network)
    assert network.edges["kind"].tolist() == ["footway", "stairs"]
    assert places.origins["edge"].tolist() == [0, 1]
    assert places.origins["off"].tolist() == [20, 2]


def test_numbers_of_residents_with_bounds_and_without():
    layers = plant_layers(
        footway=WIDE,
        address={
            "A1": {"geometry": Point(1, 0), "residents": 4.0, "residents_60plus": 1.0},
            "A2": {"geometry": Point(2, 0), "residents_low": 2.0, "residents_high": 6.0},
            "A3": {"geometry": Point(3, 0)},
            "A4": {"geometry": Point(4, 0), "residents_high": 8.0},
        },
    )
    _, places = find_places(layers, line_with_gate())
    assert places.origins["residents"].tolist() == [4, 4, 0, 4]
    assert places.origins["residents_60plus"].isna().tolist() == [False, True, True, True]
    assert places.counted == "residents"


def test_without_addresses_metres_of_way_are_counted():
    network = plant([(0, 0), (120, 0), (120, 30)], [Way(0, 1, "footway", "F1"), Way(1, 2, "crossing", "C1")])
    layers = plant_layers(footway={"F1": {"street": "Kerkstraat"}}, stop={"H1": {"geometry": Point(60, 0)}})
    _, places = find_places(layers, network)
    assert places.counted == "metres of street"
    assert places.origins["residents"].sum() == 120
    assert places.origins["street"].unique().tolist() == ["Kerkstraat"]
    assert places.origins.index.tolist() == ["footway:F1:0", "footway:F1:1"]


def test_medians_of_detours_and_sums_by_area():
    origins = pd.DataFrame(
        {"kind": "address", "object_id": list("abc"), "edge": 0, "along": 0.0, "off": 0.0, "residents": [1.0, 1.0, 5.0]}
    ).assign(residents_60plus=np.nan, residents_80plus=np.nan, street="")
    origins.index = pd.Index(list("abc"), name="origin")
    places = Places(origins, pd.DataFrame(columns=list(DESTINATION_COLUMNS)))
    reach = pd.DataFrame(
        {
            "origin": list("abc"),
            "purpose": "stop",
            "distance": [100.0, 200.0, 300.0],
            "reached_surely": [True, False, False],
            "reached_possibly": [True, True, False],
            "detour_low": [0.0, 10.0, 700.0],
            "detour_high": [0.0, np.inf, np.inf],
        }
    )
    areas = pd.Series(["X", "X", "Y", "X"], index=["a", "b", "b", "c"])
    sums = sum_reach(reach, places, areas).set_index("area")
    assert sums.loc["X", ["residents", "within", "reached_low", "reached_high"]].tolist() == [7, 7, 1, 2]
    assert sums.loc["X", ["detour_low", "detour_high"]].tolist() == [700, np.inf]
    assert sums.loc["Y", ["residents", "reached_low", "reached_high", "share_high", "detour_low"]].tolist() == [1, 0, 1, 1, 10]


@st.composite
def worlds(draw):
    """A network with outcomes, and origins and destinations on it."""
    network = draw(networks())
    outcome = np.array(draw(st.lists(st.sampled_from((FAILS, MEETS, UNKNOWN)), min_size=len(network), max_size=len(network))))
    walkable = [-1, *np.flatnonzero(network.length > 0).tolist()]  # nobody lives on a gate
    edges = draw(st.lists(st.sampled_from(walkable), min_size=1, max_size=5))
    shares = [draw(st.sampled_from((0.0, 0.5, 1.0))) for _ in edges]
    along = [share * network.length[edge] if edge >= 0 else np.nan for share, edge in zip(shares, edges, strict=True)]
    kinds = [draw(st.sampled_from(("address", "anchor"))) for _ in edges]
    names = [f"{kind}:{i}" for i, kind in enumerate(kinds)]
    off = [draw(st.sampled_from((0.0, 2.0))) for _ in edges]
    origins = pd.DataFrame(
        {"kind": kinds, "object_id": [str(i) for i in range(len(edges))], "edge": edges, "along": along, "off": off},
        index=pd.Index(names, name="origin"),
    ).assign(residents=1.0, residents_60plus=np.nan, residents_80plus=np.nan, street="")
    rows = [
        ("care", "anchor", row.object_id, int(network.tail[row.edge]), row.off)
        for row in origins.itertuples()
        if row.kind == "anchor" and row.edge >= 0 and row.along == 0
    ]
    nodes = st.integers(0, len(network.nodes) - 1)
    for i, node in enumerate(draw(st.lists(nodes, max_size=4))):
        rows += [(purpose, "stop", f"H{i}", node, 1.0) for purpose in ("care", "stop")]
    return network, outcome.astype(np.int8), Places(origins, pd.DataFrame(rows, columns=list(DESTINATION_COLUMNS)))


@given(worlds())
def test_bounds_are_in_order_and_nobody_is_closer_than_everyone(world):
    network, outcome, places = world
    reach = find_reach(network, passability(outcome), places)
    assert len(reach) == len(places.origins) * places.destinations["purpose"].nunique()
    assert (reach["distance_best"] <= reach["distance_worst"]).all()
    placed = reach[reach["distance"].notna()]
    assert (placed["distance"] <= placed["distance_best"]).all()
    assert (reach["reached_possibly"] | ~reach["reached_surely"]).all()


@given(worlds(), st.data())
def test_opening_an_edge_never_lowers_reach(world, data):
    network, outcome, places = world
    opened = outcome.copy()
    opened[data.draw(st.integers(0, len(outcome) - 1))] = MEETS
    before, after = (find_reach(network, passability(one), places) for one in (outcome, opened))
    for name in ("distance_best", "distance_worst", "detour_low", "detour_high"):
        assert (after[name].fillna(0) <= before[name].fillna(0)).all(), name
    for name in ("reached_surely", "reached_possibly"):
        assert (after[name] | ~before[name]).all()


@given(worlds(), st.data())
def test_knowing_less_only_widens(world, data):
    network, outcome, places = world
    unknown = outcome.copy()
    unknown[data.draw(st.integers(0, len(outcome) - 1))] = UNKNOWN
    before, after = (find_reach(network, passability(one), places) for one in (outcome, unknown))
    assert (after["distance_best"] <= before["distance_best"]).all()
    assert (after["distance_worst"] >= before["distance_worst"]).all()


@settings(max_examples=25)
@given(worlds())
def test_an_anchor_reaches_what_it_would_if_it_were_no_destination(world):
    network, outcome, places = world
    reach = find_reach(network, passability(outcome), places)
    for origin, row in places.origins[places.origins["kind"] == "anchor"].iterrows():
        others = places.destinations[
            (places.destinations["kind"] != "anchor") | (places.destinations["object_id"] != row["object_id"])
        ]
        expected = find_reach(network, passability(outcome), Places(places.origins.loc[[origin]], others))
        own = reach[reach["origin"] == origin].set_index("purpose")
        for purpose, far in expected.set_index("purpose")[["distance", "distance_best", "distance_worst"]].iterrows():
            assert own.loc[purpose, far.index].to_numpy(float) == pytest.approx(far.to_numpy(float), nan_ok=True)


@settings(max_examples=25)
@given(worlds(), st.randoms(use_true_random=False))
def test_order_of_places_changes_nothing(world, random):
    network, outcome, places = world
    order = list(range(len(places.origins)))
    random.shuffle(order)
    shuffled = Places(places.origins.iloc[order], places.destinations.iloc[::-1])
    keys = ["origin", "purpose"]
    first, second = (
        find_reach(network, passability(outcome), one).sort_values(keys, ignore_index=True) for one in (places, shuffled)
    )
    pd.testing.assert_frame_equal(first, second)


def test_order_of_layers_rows_changes_no_place():
    address = {f"A{i}": {"geometry": Point(5 * i, i % 3), "residents": float(i)} for i in range(1, 12)}
    stop = {f"H{i}": {"geometry": Point(9 * i, 1)} for i in range(1, 5)}
    forward = plant_layers(footway=WIDE, kerb={"K1": {}}, address=address, stop=stop)
    backward = {kind: layer.iloc[::-1] for kind, layer in forward.items()}
    first, second = (reach_of(line_with_gate(), layers)[0] for layers in (forward, backward))
    pd.testing.assert_frame_equal(first, second)


def test_outcome_of_an_edge_is_the_worst_on_it():
    barriers = pd.DataFrame({"edge": [0, 0, 1, 3, 3], "outcome": [UNKNOWN, FAILS, UNKNOWN, FAILS, UNKNOWN]})
    assert edge_outcomes(4, barriers).tolist() == [FAILS, UNKNOWN, MEETS, FAILS]
