"""Distances over the walking network, against figures worked out by hand on planted networks."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from toegankelijk import read_norm, schema
from toegankelijk.measure import NETWORK_MEASURES, bays, fill, measure_layers
from toegankelijk.measure.detours import FARTHEST, crossing_detour, stepfree_detour
from toegankelijk.measure.passing import passing_over_network
from toegankelijk.measure.spacing import first_rest_distance, rest_gap, route_rest_gap
from toegankelijk.measure.stop_distances import measure_stop_distances
from toegankelijk.measure.walking import Ways
from toegankelijk.network.distances import distances
from toegankelijk.network.graph import Network
from toegankelijk.network.locating import locate, split
from toegankelijk.network.pairs import pair_distances
from toegankelijk.network.passable import Passability
from toegankelijk.network.walks import farthest_between, walk_from, walked_parts
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN, judge

from .planted_networks import LAMBERT, Way, gate, line_with_gate, networks, plant, plant_layers

INF, NAN = np.inf, np.nan
BARRIER_COLUMNS = ["edge", "kind", "object_id", "attribute", "outcome"]


def walked(network: Network, barriers: Iterable[tuple[int, str, str, str, int]] = ()) -> Ways:
    """What users of any profile can pass: all but what bars the way."""
    table = pd.DataFrame(list(barriers), columns=BARRIER_COLUMNS)
    outcome = np.full(len(network), MEETS, dtype=np.int8)
    for edge, group in table.groupby("edge"):
        outcome[edge] = next(code for code in (FAILS, UNKNOWN, MEETS) if (group["outcome"] == code).any())
    return Ways(network, lambda name: Passability(name, outcome, table))


def bounds(found: pd.DataFrame) -> list[tuple[float, float]]:
    return list(found[["low", "high"]].itertuples(index=False, name=None))


def told(found: pd.DataFrame) -> dict[str, tuple[float, float]]:
    return dict(zip(found.index, bounds(found), strict=True))


def same(pair, expected) -> bool:
    return pair == pytest.approx(expected, nan_ok=True)


def layers_of(network: Network, **others):
    """Complete footways and crossings as they lie in a network, and other layers."""
    edges = network.edges
    kinds: dict[str, dict] = {"footway": {}, "crossing": {}}
    for edge, (kind, name) in enumerate(zip(edges["kind"], edges["object_id"], strict=True)):
        if kind in ("footway", "crossing", "stairs", "ramp"):
            kinds.setdefault(kind, {})[name] = {"geometry": network.shapes[edge]}
    kinds["crossing"] = kinds["crossing"] or {"OV-far": {"geometry": LineString([(0, 9000), (0, 9010)])}}
    return {**plant_layers(**kinds), **plant_layers(**others)}


def benches(*places):
    return {f"RP-{number}": {"geometry": Point(*place)} for number, place in enumerate(places, 1)}


# -------------------- walks: distances everywhere on a network


LINE = [(0.0, 0.0), (300.0, 0.0)]
ONE_WAY = plant(LINE, [Way(0, 1, "footway", "F1")])


def walk(network, *places, **options):
    found = locate(network, shapely.points(np.array(places, dtype=float)))
    return walk_from(network, found, np.ones(len(network), bool), **options)


def test_a_place_on_the_way_counts_for_both_its_sides_and_for_places_between():
    found = walk(ONE_WAY, (50, 0), (250, 4))
    assert found.at.tolist() == [50.0, 54.0]
    edge = np.zeros(4, int)
    assert found.to(edge, np.array([50.0, 150.0, 160.0, 250.0])).tolist() == [0.0, 100.0, 94.0, 4.0]


def test_the_farthest_place_between_two_is_where_both_are_as_far():
    found = walk(ONE_WAY, (50, 0), (250, 4))
    part = farthest_between(found, np.array([0, 0, 0]), np.array([0.0, 0.0, 60.0]), np.array([300.0, 40.0, 90.0]))
    assert part.tolist() == [102.0, 50.0, 40.0]  # (0 + 4 + 200) / 2; the start; the end


def test_nothing_is_reached_from_nowhere_or_over_a_closed_way():
    none = walk(ONE_WAY, (0, 500))
    assert np.isinf(none.at).all()
    assert np.isinf(farthest_between(none, np.array([0]), np.array([0.0]), np.array([300.0]))).all()
    closed = walk_from(ONE_WAY, locate(ONE_WAY, shapely.points([[50.0, 0.0]])), np.zeros(1, bool))
    assert np.isinf(closed.at).all()
    assert len(walked_parts(closed, 1000.0)) == 0


@given(network=networks(), data=st.data())
def test_walks_agree_with_a_network_that_is_cut_where_the_places_lie(network, data):
    length = network.length
    loops = network.tail == network.head
    network.shapes[loops] = LineString([(0, 0), (9, 9), (0, 0)])
    usable = np.flatnonzero(length > 0)
    assume(len(usable))
    some = data.draw(st.lists(st.tuples(st.sampled_from(list(usable)), st.floats(0, 1), st.sampled_from((0.0, 1.0, 5.0)))))
    edge = np.array([one for one, _, _ in some], dtype=np.intp)
    along = np.round(np.array([share for _, share, _ in some]) * length[edge], 2)
    off = np.array([metres for *_, metres in some])
    open_ = np.array(data.draw(st.lists(st.booleans(), min_size=len(network), max_size=len(network))))
    found = walk_from(network, pd.DataFrame({"edge": edge, "along": along, "off": off}), open_)
    asked = np.repeat(usable, 5)
    places = np.tile([0.0, 0.21, 0.5, 0.83, 1.0], len(usable)) * length[asked]
    marked = network.edges.assign(object_id=[str(number) for number in range(len(network))])
    whole = Network(network.nodes, marked, network.shapes, network.parts)
    cut, node = split(whole, np.concatenate([edge, asked]), np.concatenate([along, places]))
    passes = open_[cut.edges["object_id"].astype(int)]
    here = open_[edge]
    truth = distances(cut, passes, node[: len(edge)][here], start=off[here])[node[len(edge) :]]
    truth = np.where(open_[asked], truth, np.inf)
    assert found.to(asked, places) == pytest.approx(truth, abs=0.01)
    farthest = farthest_between(found, usable, np.zeros(len(usable)), length[usable])
    assert (farthest >= pd.Series(truth).groupby(asked).max().to_numpy() - 0.01).all()
    assert (farthest <= pd.Series(truth).groupby(asked).max().to_numpy() + 0.2 * length[usable] + 0.01).all()


@given(network=networks(), data=st.data())
def test_ways_between_pairs_are_those_of_a_search_from_each(network, data):
    node = st.integers(0, len(network.nodes) - 1)
    pairs = np.array(data.draw(st.lists(st.tuples(node, node), min_size=1, max_size=6)))
    open_ = np.array(data.draw(st.lists(st.booleans(), min_size=len(network), max_size=len(network))))
    # no way is shorter than the straight line, so the nodes of this network must lie together
    network = Network(np.zeros_like(network.nodes), network.edges, network.shapes, network.parts)
    found, joined = pair_distances(network, open_, pairs[:, 0], pairs[:, 1], limit=6.0)
    truth = np.array([distances(network, open_, np.array([one]))[other] for one, other in pairs])
    assert joined.tolist() == np.isfinite(truth).tolist()
    assert found.tolist() == np.where(truth <= 6.0, truth, np.inf).tolist()


def test_pairs_in_many_squares_are_searched_apart_and_found():
    rng = np.random.default_rng(1)
    nodes = [(float(x), 0.0) for x in range(0, 20_001, 100)]
    line = plant(nodes, [Way(i, i + 1, "footway", f"F{i}") for i in range(len(nodes) - 1)])
    start = rng.integers(0, len(nodes), 300)
    end = np.clip(start + rng.integers(-12, 13, 300), 0, len(nodes) - 1)
    found, _ = pair_distances(line, np.ones(len(line), bool), start, end, limit=1000.0)
    truth = 100.0 * np.abs(end - start)
    assert found.tolist() == np.where(truth <= 1000, truth, np.inf).tolist()


# -------------------- rest places


def gaps(network, measure=rest_gap, complete=True, ways=True, barriers=(), **others):
    layers = layers_of(network, **others)
    for kind, whole in (("rest_place", complete), ("footway", ways)):
        if kind in layers:
            layers[kind] = layers[kind].assign(complete=whole)
            layers[kind].attrs["complete"] = whole
    return told(measure(layers, walked(network, barriers)))


def test_a_line_of_300_m_with_benches_at_50_and_250_has_a_gap_of_200():
    assert gaps(ONE_WAY, rest_place=benches((50, 0), (250, 0))) == {"F1": (200.0, 200.0)}


def test_beyond_the_last_bench_the_way_there_and_back_counts():
    assert gaps(ONE_WAY, rest_place=benches((50, 0), (200, 0))) == {"F1": (200.0, 200.0)}
    assert gaps(
        ONE_WAY,
        rest_place=benches(
            (0, 0),
        ),
    ) == {"F1": (600.0, 600.0)}


def test_the_straight_line_from_a_bench_to_the_way_counts():
    assert gaps(
        ONE_WAY,
        rest_place=benches(
            (150, 8),
        ),
    ) == {"F1": (316.0, 316.0)}


def test_a_bench_far_from_any_way_is_none():
    assert gaps(
        ONE_WAY,
        rest_place=benches(
            (150, 51),
        ),
    ) == {"F1": (2 * (150**2 + 51**2) ** 0.5, INF)}


FORK = plant(
    [(0, 0), (100, 0), (200, 100), (200, -60)],
    [Way(0, 1, "footway", "stem"), Way(1, 2, "footway", "left", 140.0), Way(1, 3, "footway", "right", 120.0)],
)


def test_at_a_fork_a_bench_on_one_way_serves_the_others():
    found = gaps(FORK, rest_place=benches((0, 0), (200, 100)))
    assert found["stem"] == (200.0, 200.0)  # the fork lies 100 from the one bench and 140 from the other
    assert found["left"] == (240.0, 240.0)  # (100 + 0 + 140) / 2
    assert found["right"] == (440.0, 440.0)  # 100 to the fork, and 120 on


def test_of_an_island_without_a_bench_the_straight_line_is_known():
    """People get there somehow, so that a way is missing; over it they walk at least the straight line."""
    network = plant([*LINE, (0, 90), (80, 90)], [Way(0, 1, "footway", "F1"), Way(2, 3, "footway", "F2")])
    assert gaps(network, rest_place=benches((50, 0), (250, 0))) == {"F1": (200.0, 200.0), "F2": (2 * (50**2 + 90**2) ** 0.5, INF)}


def test_people_rest_beyond_a_barrier_too():
    network = line_with_gate()
    blocked = [(1, "kerb", "K1", "level_difference", FAILS)]
    assert gaps(network, rest_place=benches((0, 0)), barriers=blocked) == {"F1": (100.0, 100.0), "F2": (200.0, 200.0)}


def test_where_rest_places_may_be_missing_there_is_only_an_upper_bound():
    found = gaps(ONE_WAY, complete=False, rest_place=benches((50, 0), (250, 0)))
    assert same(found["F1"], (NAN, 200.0))
    assert same(gaps(ONE_WAY, complete=False, rest_place=benches((50, 90)))["F1"], (NAN, NAN))
    assert same(gaps(ONE_WAY)["F1"], (NAN, NAN)), "no rest places were delivered"


def test_where_ways_may_be_missing_the_straight_line_is_the_least():
    bent = plant([(0, 0), (100, 0), (100, 100)], [Way(0, 1, "footway", "F1"), Way(1, 2, "footway", "F2")])
    found = gaps(bent, ways=False, rest_place=benches((100, 100)))
    assert found["F1"] == pytest.approx((2 * 100 * 2**0.5, 400.0))
    assert found["F2"] == pytest.approx((200.0, 200.0))
    assert same(gaps(bent, ways=False, rest_place=benches((100, 160)))["F1"], (2 * (100**2 + 160**2) ** 0.5, INF))


def test_benches_at_stops_count_and_doubtful_ones_only_for_the_least():
    far = {"geometry": Point(0, 0)}
    sure = gaps(ONE_WAY, rest_place={"RP-1": far}, stop={"HA-1": {"geometry": Point(300, 0), "bench": True}})
    assert sure == {"F1": (300.0, 300.0)}
    for bench in (False, None):
        assert (
            gaps(ONE_WAY, rest_place={"RP-1": far}, stop={"HA-1": {"geometry": Point(300, 0), "bench": bench}})["F1"][0] == 600.0
        )
    known = {"RP-1": {**far, "delivered": True}, "RP-2": {"geometry": Point(300, 0), "delivered": False}}
    assert gaps(ONE_WAY, rest_place=known) == {"F1": (300.0, 600.0)}, "one that only the inventory knows may be gone"


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6, unique=True), st.integers(0, 300))
@example([0, 168], 0)
def test_one_more_bench_never_makes_a_gap_longer_and_doubt_only_widens_it(places, extra):
    points = [(place, 0) for place in places]
    low, high = gaps(ONE_WAY, rest_place=benches(*points))["F1"]
    assert low == high
    assert gaps(ONE_WAY, rest_place=benches(*points, (extra, 0)))["F1"][1] <= high + 1e-9, "but for rounding"
    doubtful = {**benches(*points), "RP-extra": {"geometry": Point(extra, 0), "delivered": False}}
    doubtful = {name: {"delivered": True, **row} for name, row in doubtful.items()}
    assert gaps(ONE_WAY, rest_place=doubtful)["F1"][1] == high
    assert gaps(ONE_WAY, rest_place=doubtful)["F1"][0] <= low + 1e-9
    assert gaps(ONE_WAY, complete=False, rest_place=benches(*points))["F1"][1] == high
    apart, most = gaps(ONE_WAY, ways=False, rest_place=benches(*points))["F1"]
    assert apart <= low
    assert most == high


@pytest.mark.parametrize(("half", "outcome"), [(55.0, "meets"), (55.01, "fails")])
def test_a_gap_is_judged_by_the_norm_to_its_limit_and_tolerance(half, outcome):
    """``FUR-01`` asks 100 m at level A, with a tolerance of 10 m."""
    layers = layers_of(ONE_WAY, rest_place=benches(*((half + 2 * half * step, 0) for step in range(6)), (300, 0)))
    measured = fill(layers["footway"], "rest_gap", rest_gap(layers, walked(ONE_WAY)))
    verdicts = judge(read_norm().rules["FUR-01"], measured)["A"]
    assert verdicts.outcome.tolist() == [{"meets": MEETS, "fails": FAILS}[outcome]]


def test_an_anchor_is_no_rest_place():
    assert gaps(ONE_WAY, rest_place=benches((0, 0)), anchor={"ZV-1": {"geometry": Point(300, 0)}}) == {"F1": (600.0, 600.0)}


def test_the_accuracy_of_the_drawing_makes_bounds():
    found = gaps(ONE_WAY, rest_place={"RP-1": {"geometry": Point(0, 0), "accuracy": 0.5}})
    assert found == {"F1": (599.0, 601.0)}


def test_a_route_has_the_gap_of_the_ways_that_it_runs_over():
    routes = {
        "stem and left": {"geometry": LineString([(0, 0), (100, 0), (150, 50)])},
        "right": {"geometry": LineString([(100, 0), (200, -60)])},
        "part": {"geometry": LineString([(10, 0), (60, 0)])},
        "elsewhere": {"geometry": LineString([(0, 40), (100, 40)])},
    }
    straight = plant(
        [(0, 0), (100, 0), (200, 100), (200, -60)],
        [Way(0, 1, "footway", "stem"), Way(1, 2, "footway", "left"), Way(1, 3, "footway", "right")],
    )
    found = gaps(straight, route_rest_gap, rest_place=benches((0, 0)), route=routes)
    assert found["stem and left"] == pytest.approx((2 * (100 + 50 * 2**0.5),) * 2, abs=0.01)
    assert found["right"] == pytest.approx((2 * (100 + (100**2 + 60**2) ** 0.5),) * 2, abs=0.01)
    assert found["part"] == pytest.approx((120.0, 120.0))
    low, high = found["elsewhere"]
    assert low == pytest.approx(2 * (100**2 + 40**2) ** 0.5)
    assert np.isinf(high), "it lies on no way"


def test_a_route_between_benches_is_as_far_as_its_middle():
    route = {"R-1": {"geometry": LineString([(0, 0), (300, 0)])}}
    assert gaps(ONE_WAY, route_rest_gap, rest_place=benches((50, 0), (250, 0)), route=route) == {"R-1": (200.0, 200.0)}


def test_the_first_rest_place_of_an_anchor_is_the_nearest_along_the_way():
    anchors = {
        "door": {"geometry": Point(100, 6)},
        "building": {"geometry": box(140, 2, 160, 12)},
        "far": {"geometry": Point(150, 80)},
    }
    found = gaps(ONE_WAY, first_rest_distance, rest_place=benches((50, 0), (250, 0)), anchor=anchors)
    assert found["door"] == (56.0, 56.0)
    assert found["building"] == (77.0, 137.0)  # 100 along and 7 off, and half its outline of 60 m less or more
    assert found["far"][0] == pytest.approx(128.06, abs=0.01)
    assert np.isinf(found["far"][1])
    assert same(
        gaps(ONE_WAY, first_rest_distance, complete=False, rest_place=benches((50, 0)), anchor=anchors)["door"], (NAN, 56.0)
    )


# -------------------- round stairs


def stairs_with_ramp(*more):
    """Stairs of 10 m, and a way round of 40 m over a ramp."""
    nodes = [(0, 0), (50, 0), (60, 0), (110, 0), (50, 15), (60, 15)]
    return plant(
        nodes,
        [
            Way(0, 1, "footway", "F1"),
            Way(1, 2, "stairs", "TR-1"),
            Way(2, 3, "footway", "F2"),
            Way(1, 4, "footway", "F3"),
            Way(4, 5, "ramp", "HE-1"),
            Way(5, 2, "footway", "F4"),
            *more,
        ],
    )


def detour_of_stairs(network, barriers=(), off_ground=False, **complete):
    layers = layers_of(network)
    layers["stairs"] = layers["stairs"].assign(off_ground=off_ground)
    for kind, whole in complete.items():
        layers[kind] = layers[kind].assign(complete=whole)
    return told(stepfree_detour(layers, walked(network, barriers)))["TR-1"]


def test_the_way_round_stairs_is_40_m_so_30_m_longer():
    assert detour_of_stairs(stairs_with_ramp()) == (30.0, 30.0)


@pytest.mark.parametrize(("outcome", "expected"), [(FAILS, (INF, INF)), (UNKNOWN, (30.0, INF)), (MEETS, (30.0, 30.0))])
def test_a_kerb_on_the_way_round_counts_and_its_width_does_not(outcome, expected):
    kerb = stairs_with_ramp()
    assert detour_of_stairs(kerb, [(3, "kerb", "K1", "level_difference", outcome)]) == expected
    assert detour_of_stairs(kerb, [(3, "footway", "F3", "min_passage_width", outcome)]) == (30.0, 30.0)


def test_other_stairs_are_no_way_round():
    network = plant(
        [(0, 0), (50, 0), (60, 0), (110, 0)],
        [Way(0, 1, "footway", "F1"), Way(1, 2, "stairs", "TR-1"), Way(2, 3, "footway", "F2"), Way(1, 2, "stairs", "TR-2", 14.0)],
    )
    assert detour_of_stairs(network) == (INF, INF)


def test_a_way_that_may_be_missing_would_be_shorter():
    assert same(detour_of_stairs(stairs_with_ramp(), footway=False), (NAN, 30.0))


def test_of_stairs_that_lead_nowhere_nothing_is_known():
    network = plant([(0, 0), (50, 0), (60, 0)], [Way(0, 1, "footway", "F1"), Way(1, 2, "stairs", "TR-1")])
    assert same(detour_of_stairs(network), (NAN, NAN))


def test_a_very_long_way_round_is_known_to_be_that():
    network = plant(
        [(0, 0), (50, 0), (60, 0), (110, 0)],
        [Way(0, 1, "footway", "F1"), Way(1, 2, "stairs", "TR-1"), Way(2, 3, "footway", "F2"), Way(0, 3, "footway", "F3", 2000.0)],
    )
    assert detour_of_stairs(network) == (FARTHEST - 10.0, INF)


def test_under_ground_a_way_round_may_only_seem_to_be_there():
    assert detour_of_stairs(stairs_with_ramp(), off_ground=True) == (30.0, INF)


def test_stairs_in_two_flights_have_one_foot_and_one_top():
    nodes = [(0, 0), (50, 0), (55, 0), (60, 0), (110, 0), (55, 40)]
    ways = [
        Way(0, 1, "footway", "F1"), Way(2, 1, "stairs", "TR-1"), Way(2, 3, "stairs", "TR-1"), Way(3, 4, "footway", "F2"),
        Way(1, 5, "footway", "F3", 30.0), Way(5, 3, "footway", "F4", 30.0),
    ]  # fmt: skip
    assert detour_of_stairs(plant(nodes, ways)) == (50.0, 50.0)


def test_the_order_of_stairs_and_benches_changes_nothing():
    network = stairs_with_ramp()
    layers = layers_of(network, rest_place=benches((0, 0), (110, 3), (50, 20)))
    turned = {kind: layer[::-1] for kind, layer in layers.items()}
    for measure in (rest_gap, stepfree_detour):
        found, again = measure(layers, walked(network)), measure(turned, walked(network))
        pd.testing.assert_frame_equal(found, again.reindex(found.index))


# -------------------- to the other side of a street


def street(*more, length=100.0, width=10.0):
    """Pavements on both sides of a street, and a crossing at its start with a kerb at each end."""
    nodes = [(0, width / 2), (length, width / 2), (0, -width / 2), (length, -width / 2), (0, width / 2), (0, -width / 2)]
    return plant(
        nodes,
        [
            Way(0, 1, "footway", "north"),
            Way(2, 3, "footway", "south"),
            gate(0, 4, "crossing_end", "OV-1/1"),
            Way(4, 5, "crossing", "OV-1"),
            gate(5, 2, "crossing_end", "OV-1/2"),
            *more,
        ],
    )


def detour_of_street(network, barriers=(), length=100.0, complete=True, **columns):
    layers = layers_of(network, street={"WS-1": {"geometry": LineString([(0, 0), (length, 0)]), **columns}})
    layers["crossing"] = layers["crossing"].assign(complete=complete)
    return told(crossing_detour(layers, walked(network, barriers)))["WS-1"]


def test_from_the_far_end_one_walks_to_the_crossing_and_back():
    assert detour_of_street(street()) == pytest.approx((200.0, 200.0))


def test_with_a_crossing_at_both_ends_the_middle_is_the_worst_place():
    assert detour_of_street(street(Way(1, 3, "crossing", "OV-2"))) == pytest.approx((100.0, 100.0))


@pytest.mark.parametrize(("outcome", "expected"), [(FAILS, (INF, INF)), (UNKNOWN, (200.0, INF)), (MEETS, (200.0, 200.0))])
@pytest.mark.parametrize("edge", [2, 3, 4])
def test_only_an_accessible_crossing_helps(edge, outcome, expected):
    found = detour_of_street(street(), [(edge, "crossing_end", "OV-1/1", "kerb_height", outcome)])
    assert found == pytest.approx(expected)


def test_pavements_are_followed_as_they_are():
    assert detour_of_street(street(), [(0, "footway", "north", "min_passage_width", FAILS)]) == pytest.approx((200.0, 200.0))


def test_over_the_end_of_a_street_without_a_crossing_nobody_knows():
    assert detour_of_street(street(Way(1, 3, "mouth", "WS-1"))) == pytest.approx((100.0, 200.0))


def test_a_crossing_that_may_be_missing_leaves_an_upper_bound():
    assert same(detour_of_street(street(), complete=False), (NAN, pytest.approx(200.0)))


def test_a_street_with_one_pavement_has_no_other_side_that_is_known():
    one = plant([(0, 5), (100, 5), (0, -4), (0, 5)], [Way(0, 1, "footway", "north"), Way(2, 3, "crossing", "OV-1")])
    assert same(detour_of_street(one), (NAN, NAN))


@pytest.mark.parametrize("sides", ["pedestrian", "shared"])
def test_a_street_where_people_walk_all_over_needs_no_crossing(sides):
    assert detour_of_street(street(), [(3, "crossing", "OV-1", "kerb_height", FAILS)], footway_sides=sides) == (0.0, 0.0)


def test_sides_of_a_street_that_is_drawn_without_pavements_count():
    nodes = [(0, 3), (80, 3), (0, -3), (80, -3)]
    network = plant(
        nodes,
        [
            Way(0, 1, "street", "WS-1", side="left"),
            Way(2, 3, "street", "WS-1", side="right"),
            Way(0, 2, "crossing", "OV-1"),
        ],
    )
    layers = plant_layers(
        street={"WS-1": {"geometry": LineString([(0, 0), (80, 0)])}},
        crossing={"OV-1": {"geometry": LineString([(0, 3), (0, -3)])}},
        footway={"VP-far": {"geometry": LineString([(0, 900), (50, 900)])}},
    )
    assert told(crossing_detour(layers, walked(network)))["WS-1"] == pytest.approx((160.0, 160.0))


# -------------------- bays


def bay_layers(network, **others):
    return layers_of(network, parking_bay={"PV-1": {"geometry": box(95, -5, 100, -3)}}, **others)


def entrance(x, y, step=0.0, public=True):
    return {"geometry": Point(x, y), "entrance_step": step, "public_building": public}


def to_entrance(network, barriers=(), **entrances):
    return told(bays.bay_entrance_distance(bay_layers(network, entrance=entrances), walked(network, barriers)))["PV-1"]


def test_a_bay_is_as_far_from_an_accessible_entrance_as_the_way_is():
    assert to_entrance(ONE_WAY, TO_1=entrance(200, 6)) == pytest.approx((4 + 102.5 + 6,) * 2)


def test_what_entrance_and_what_way_are_accessible_makes_bounds():
    assert to_entrance(ONE_WAY, TO_1=entrance(200, 6, step=5.0)) == (250.0, INF), "farther than is looked for"
    low, high = to_entrance(ONE_WAY, TO_1=entrance(200, 6, step=np.nan))
    assert (low, high) == pytest.approx((112.5, INF))
    low, high = to_entrance(ONE_WAY, TO_1=entrance(200, 6, public=False), TO_2=entrance(240, 6))
    assert (low, high) == pytest.approx((112.5, 152.5))
    low, high = to_entrance(ONE_WAY, [(0, "footway", "F1", "min_passage_width", UNKNOWN)], TO_1=entrance(200, 6))
    assert (low, high) == pytest.approx((112.5, INF))


def test_who_is_far_from_any_way_may_cross_the_square():
    low, high = to_entrance(ONE_WAY, TO_1=entrance(200, 40))
    assert low == pytest.approx(np.hypot(100, 43))
    assert high == pytest.approx(4 + 102.5 + 40)


@pytest.mark.parametrize(
    ("kerbs", "expected"),
    [
        ({"OZ-1": (140, 0, 2.0)}, 4 + 42.5),  # to the way and along it
        ({"OZ-1": (140, 0, 2.0), "OZ-2": (110, 0, 9.0), "OZ-3": (110, 0, np.nan)}, 46.5),  # one is high, of one nobody knows
        ({"OZ-1": (98, -20, 2.0)}, NAN),  # on the other side of the street
        ({"OZ-1": (100.3, -4, 2.0)}, 0.3),  # beside the bay
    ],
)
def test_a_lowered_kerb_on_the_same_pavement_is_reached_along_it(kerbs, expected):
    network = plant([*LINE, (0, -20), (300, -20)], [Way(0, 1, "footway", "F1"), Way(2, 3, "footway", "F2")])
    ends = {name: {"geometry": Point(x, y), "kerb_height": height} for name, (x, y, height) in kerbs.items()}
    layers = bay_layers(network, crossing_end=ends)
    low, high = told(bays.bay_kerb_distance(layers, walked(network)))["PV-1"]
    assert high == pytest.approx(expected, nan_ok=True)
    assert not low > high, "driveways were not delivered, so that there may be a nearer one"


# -------------------- passing places


def test_a_narrow_stretch_between_wide_ones_is_passed_at_its_ends():
    network = plant(
        [(0, 0), (50, 0), (62, 0), (100, 0), (140, 0)],
        [
            Way(0, 1, "footway", "wide"),
            Way(1, 2, "footway", "narrow"),
            Way(2, 3, "footway", "broad"),
            Way(3, 4, "footway", "end"),
        ],
    )
    layers = layers_of(network)
    layers["footway"] = layers["footway"].assign(min_passage_width=[2.0, 1.2, 1.8, 1.3])
    found = told(passing_over_network(layers, walked(network)))
    assert same(found["narrow"], (NAN, 12.0))
    assert found["wide"] == (0.0, 0.0)
    assert same(found["end"], (NAN, 80.0)), "back from its end"


# -------------------- accessible stops

STOP = {
    "platform_height": 18.0, "bus_swings_in": False, "boarding_depth": 2.0, "approach_step": 2.0,
    "boarding_tile": True, "guide_to_tile": True,
}  # fmt: skip


def stop_distance(*stops, level="A", complete=True):
    """Of an anchor at the start of a way of 300 m, with stops along it; the area reaches 200 m far."""
    names = [f"HA-{number}" for number in range(len(stops))]
    layers = layers_of(
        ONE_WAY,
        anchor={"ZV-1": {"geometry": Point(0, 5)}},
        stop={name: {"geometry": Point(x, 0), **STOP, **changes} for name, (x, changes) in zip(names, stops, strict=True)},
    )
    layers["stop"] = layers["stop"].assign(complete=complete)
    areas = plant_layers(zone={"WZ-1": {"geometry": box(-50, -50, 200, 50)}})["zone"].assign(zone_id="WZ-1", level=level)
    town = schema.City("", LAMBERT, layers, areas[["geometry"]], areas.rename_axis("area_id"))
    measured = measure_stop_distances(town, read_norm(), network=ONE_WAY).layers["anchor"]
    return next(iter(zip(*schema.bounds(measured, "stop_distance"), strict=True)))


LOW, UNSURE = {"platform_height": 5.0}, {"approach_step": np.nan}


def test_the_nearest_accessible_stop_counts():
    assert stop_distance((100, {}), (150, {})) == (105.0, 105.0)
    assert stop_distance((100, LOW), (150, {})) == (155.0, 155.0)
    assert stop_distance((100, UNSURE), (150, {})) == (105.0, 155.0)


def test_a_stop_in_no_area_may_be_accessible():
    assert stop_distance((250, {})) == (255.0, 255.0), "it meets what every level asks"
    assert stop_distance((150, LOW), (250, {"boarding_tile": False, "guide_to_tile": False}))[0] == 255.0
    assert np.isinf(stop_distance((150, LOW), (250, {"boarding_tile": False, "guide_to_tile": False}))[1])


def test_stops_that_may_be_missing_could_be_nearer():
    assert stop_distance((100, {}), complete=False) == (-INF, 105.0)


def test_without_any_accessible_stop_the_way_has_no_end():
    assert stop_distance((100, LOW)) == (INF, INF)


# -------------------- all together


NOTHING = Network(
    np.zeros((0, 2)),
    ONE_WAY.edges.iloc[:0],
    np.array([], dtype=object),
    ONE_WAY.parts.iloc[:0],
)


@pytest.mark.parametrize("step", NETWORK_MEASURES, ids=lambda step: f"{step.kind}-{step.attribute}")
def test_without_any_way_only_straight_lines_are_known(step):
    shapes = dict.fromkeys(("footway", "route", "street", "stairs"), LineString(LINE))
    objects = {
        kind: {"O-1": {"geometry": shapes.get(kind, Point(100, 5))}} for kind in ("anchor", "parking_bay", "stop", *shapes)
    }
    layers = plant_layers(**objects, rest_place=benches((100, 45)), entrance={"TO-1": entrance(100, 45)})
    low, high = told(step.function(layers, walked(NOTHING)))["O-1"]
    assert not np.isfinite(high)
    expected = {"rest_gap": 2 * (200**2 + 45**2) ** 0.5, "first_rest_distance": 40.0, "bay_entrance_distance": 40.0}
    assert same(low, expected.get(step.attribute, NAN))


def test_measures_are_of_attributes_that_their_kinds_have():
    for step in NETWORK_MEASURES:
        assert step.attribute in schema.attributes_of(step.kind)
        assert "network" in schema.attributes()[step.attribute].how or step.attribute == "passing_place_gap"


def test_layers_that_were_delivered_are_measured_over_their_network():
    layers = plant_layers(
        footway={"F1": {"geometry": LineString([(0, 0), (300, 0)])}},
        crossing={"OV-1": {"geometry": LineString([(300, 0), (300, 8)])}},
        rest_place=benches((50, 0), (250, 0)),
    )
    empty = plant_layers(zone={})["zone"]
    measured = measure_layers(schema.City("", LAMBERT, layers, empty, empty)).layers["footway"]
    assert measured["rest_gap"].round(6).to_dict() == {"F1": 200.0}
    assert measured["rest_gap_how"].to_dict() == {"F1": "measured"}
    given_ = {**layers, "footway": layers["footway"].assign(rest_gap=70.0)}
    assert measure_layers(schema.City("", LAMBERT, given_, empty, empty)).layers["footway"]["rest_gap"].tolist() == [70.0]


def test_what_stands_on_a_pavement_makes_no_rest_place_farther_and_what_was_left_out_none_nearer():
    pavements = {"P1": {"geometry": box(0, 0, 60, 12)}, "P2": {"geometry": box(60, 0, 120, 9)}}
    layers = plant_layers(
        footway={**pavements, "F1": {"geometry": LineString([(120, 4.5), (180, 4.5)])}},
        crossing={"OV-1": {"geometry": LineString([(180, 4.5), (180, 12)])}},
        rest_place=benches((-5, 6)),
        obstacle={"OB-1": {"geometry": box(20, 2, 40, 9)}, "OB-2": {"geometry": box(80, 1, 100, 3)}},
    )
    empty = plant_layers(zone={})["zone"]

    def measured(**changed) -> tuple[pd.Series, float]:
        some = {kind: layer for kind, layer in {**layers, **changed}.items() if layer is not None}
        city = measure_layers(schema.City("", LAMBERT, some, empty, empty))
        footway = city.layers["footway"]
        return pd.Series(schema.bounds(footway, "rest_gap")[1], footway.index), city.context["pavement_axis"].length.sum()

    (high, length), (bare, straight) = measured(), measured(obstacle=None)
    assert length > straight + 5, "ways lead past both sides of what stands there"
    assert high.to_dict() == pytest.approx(bare.to_dict(), abs=1e-9)
    assert np.isfinite(high).all()
    left_out = layers["footway"].assign(delivered=[True, False, True])
    known, _ = measured(footway=left_out)
    assert known.drop("P2").to_dict() == pytest.approx(high.drop("P2").to_dict(), abs=1e-9)
    assert np.isinf(known["P2"]), "of what only the inventory knows, nothing is measured"
