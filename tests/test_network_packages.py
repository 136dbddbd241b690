"""Sets of fixes that help only together: by hand, and against trying all sets."""

import itertools
import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.network.gains import find_gains, joint_gain
from toegankelijk.network.packages import find_packages
from toegankelijk.norm.kernel import FAILS

from .fix_worlds import Case, cases, make_fixes, make_passability, make_places, open_edges, reached, with_limits
from .planted_networks import Way, crossing_with_kerbs, gate, networks, plant


def kerb(edge: int, name: str, attribute: str = "level_difference") -> tuple[int, str, str, str, int]:
    return (edge, "kerb", name, attribute, FAILS)


def fix_kerbs(**fixes: list[str]) -> pd.DataFrame:
    return make_fixes({fix: [("kerb", name, "level_difference") for name in names] for fix, names in fixes.items()})


def packages_of(case: Case, costs: dict[str, float]) -> dict[tuple[str, ...], tuple[float, float]]:
    """Value and cost of each package, by its fixes."""
    found = find_packages(*case, pd.Series(costs, dtype=float))
    sets = found.members.groupby("package")["fix"].agg(tuple)
    assert sorted(sets.index) == found.value.index.tolist() == found.cost.index.tolist()
    assert sets.is_unique
    return {fixes: (found.value[name], found.cost[name]) for name, fixes in sets.items()}


@pytest.fixture
def crossing() -> Case:
    """Three residents on this side of a crossing with two kerbs, a shop and a stop on the other."""
    network = crossing_with_kerbs()
    places = make_places([("H", 0, 10.0, 3.0)], [("shop", "shop", "S", 5), ("stop", "stop", "T", 5)])
    return Case(network, make_passability(network, [kerb(1, "X1"), kerb(3, "X2")]), places, fix_kerbs(a=["X1"], b=["X2"]))


@pytest.fixture
def side_by_side() -> Case:
    """Two ways of 80 and 120 m from a home to a stop, each behind a kerb."""
    nodes = [(0.0, 0.0), (40.0, 0.0), (40.0, 0.0), (40.0, 0.0), (80.0, 0.0)]
    ways = [Way(0, 1), gate(1, 2, "kerb", "K1"), gate(1, 3, "kerb", "K2"), Way(2, 4), Way(3, 4, length=80.0)]
    network = plant(nodes, ways)
    places = make_places([("H", 0, 0.0, 5.0)], [("stop", "stop", "T", 4)])
    return Case(network, make_passability(network, [kerb(1, "K1"), kerb(2, "K2")]), places, fix_kerbs(one=["K1"], two=["K2"]))


def test_two_kerbs_of_a_crossing_are_one_package(crossing):
    # 3 residents x (stop 3 + shop 2)
    assert packages_of(crossing, {"a": 900.0, "b": 1100.0}) == {("a", "b"): (15, 2000)}


def test_of_two_ways_the_cheaper_is_the_package(side_by_side):
    assert packages_of(side_by_side, {"one": 5000.0, "two": 4000.0}) == {("two",): (15, 4000)}
    assert packages_of(side_by_side, {"one": 4000.0, "two": 4000.0}) == {("one",): (15, 4000)}  # as dear: the shorter way
    assert packages_of(side_by_side, {"two": 4000.0}) == {("two",): (15, 4000)}  # nobody knows what the other costs


def test_a_cheaper_way_that_is_too_long_is_no_way(side_by_side):
    near = with_limits(side_by_side, {"stop": 100.0})
    assert packages_of(near, {"one": 5000.0, "two": 4000.0}) == {("one",): (15, 5000)}
    assert packages_of(with_limits(near, {"stop": 79.0}), {"one": 5000.0, "two": 4000.0}) == {}


def test_three_kerbs_in_a_row_make_a_package_for_each_stretch():
    nodes = [(float(x), 0.0) for x in (0, 10, 10, 20, 20, 30, 30, 40)]
    gates = [gate(at, at + 1, "kerb", f"K{at // 2 + 1}") for at in (1, 3, 5)]
    network = plant(nodes, [Way(0, 1), gates[0], Way(2, 3), gates[1], Way(4, 5), gates[2], Way(6, 7)])
    places = make_places([("H1", 0, 5.0, 1.0), ("H2", 2, 5.0, 2.0), ("H3", 4, 5.0, 4.0)], [("stop", "stop", "T", 7)])
    passability = make_passability(network, [kerb(1, "K1"), kerb(3, "K2"), kerb(5, "K3")])
    case = Case(network, passability, places, fix_kerbs(a=["K1"], b=["K2"], c=["K3"]))
    found = packages_of(case, {"a": 1.0, "b": 10.0, "c": 100.0})
    assert found == {("a", "b", "c"): (3, 111), ("b", "c"): (6, 110), ("c",): (12, 100)}


def test_who_lives_on_a_closed_edge_needs_that_opened_too(crossing):
    barriers = [(2, "crossing", "C1", "width", FAILS), kerb(3, "X2")]
    places = make_places([("H", 2, 5.0, 2.0)], [("stop", "stop", "T", 5)])
    fixes = pd.concat([fix_kerbs(k=["X2"]), make_fixes({"w": [("crossing", "C1", "width")]})])
    case = Case(crossing.network, make_passability(crossing.network, barriers), places, fixes)
    assert packages_of(case, {"k": 1.0, "w": 2.0}) == {("k", "w"): (6, 3)}
    assert packages_of(case, {"k": 1.0}) == {}


def test_a_job_is_paid_once_however_many_edges_it_opens():
    # around by stairs for 1500, or straight on: two kerbs in one job of 1000, which is not 1000 at each
    network = plant(
        [(0.0, 0.0), (40.0, 0.0), (40.0, 0.0), (50.0, 0.0), (50.0, 0.0), (90.0, 0.0)],
        [
            Way(0, 1),
            gate(1, 2, "kerb", "X1"),
            Way(2, 3),
            gate(3, 4, "kerb", "X2"),
            Way(4, 5),
            Way(1, 4, "stairs", "S", 10.0),
        ],
    )
    passability = make_passability(network, [kerb(1, "X1"), kerb(3, "X2"), (5, "stairs", "S", "*", FAILS)])
    fixes = pd.concat([fix_kerbs(job=["X1", "X2"]), make_fixes({"ramp": [("stairs", "S", "*")]})])
    case = Case(network, passability, make_places([("H", 0, 10.0, 3.0)], [("stop", "stop", "T", 5)]), fixes)
    assert packages_of(case, {"job": 1000.0, "ramp": 1500.0}) == {("job",): (9, 1000)}
    assert packages_of(case, {"job": 1000.0, "ramp": 900.0}) == {("ramp",): (9, 900)}


def test_a_fix_of_which_others_do_all_the_work_is_left_out(crossing):
    # the job has to be done for X2 and mends X1 on the way: the cheap fix of X1 alone is not bought too
    case = crossing._replace(fixes=fix_kerbs(a=["X1"], job=["X1", "X2"]))
    assert packages_of(case, {"a": 1.0, "job": 50.0}) == {("job",): (15, 50)}


def test_several_barriers_of_one_edge_need_all_their_fixes_or_one_for_all(crossing):
    barriers = [kerb(1, "X1"), kerb(1, "X1", "surface")]
    fixes = make_fixes(
        {"step": [("kerb", "X1", "level_difference")], "top": [("kerb", "X1", "surface")], "new": [("kerb", "X1", "*")]}
    )
    case = crossing._replace(passability=make_passability(crossing.network, barriers), fixes=fixes)
    assert packages_of(case, {"step": 3.0, "top": 4.0, "new": 8.0}) == {("step", "top"): (15, 7)}
    assert packages_of(case, {"step": 3.0, "top": 4.0, "new": 6.0}) == {("new",): (15, 6)}


def test_what_costs_nothing_is_in_the_package_still(crossing):
    assert packages_of(crossing, {"a": 0.0, "b": 5.0}) == {("a", "b"): (15, 5)}


def test_nothing_to_win_is_no_package(crossing):
    free = crossing._replace(passability=make_passability(crossing.network, []))
    assert packages_of(free, {"a": 1.0, "b": 1.0}) == {}
    assert packages_of(crossing._replace(fixes=make_fixes({})), {}) == {}
    nowhere = replace(crossing.places, destinations=crossing.places.destinations.iloc[:0])
    assert packages_of(crossing._replace(places=nowhere), {"a": 1.0, "b": 1.0}) == {}


def cheapest(case: Case, costs: dict[str, float]) -> dict[tuple[str, str], float]:
    """The least that each way costs that is not there yet, by trying all sets of fixes."""
    failing = set(case.passability.barriers.index[case.passability.barriers["outcome"] == FAILS])
    names = sorted(costs)
    best: dict[tuple[str, str], float] = {}
    for count in range(len(names) + 1):
        for some in itertools.combinations(names, count):
            done = case.fixes[case.fixes["fix"].isin(some)]
            for pair, metres in reached(case, open_edges(case, done, failing)).items():
                if math.isfinite(metres):
                    best[pair] = min(best.get(pair, math.inf), sum(costs[name] for name in some))
    return {pair: cost for pair, cost in best.items() if cost > 0}


def value_of(case: Case, pair: tuple[str, str]) -> float:
    return case.places.origins.loc[pair[0], "residents"] * case.places.purposes[pair[1]].weight


COSTS = st.fixed_dictionaries({name: st.integers(1, 9) for name in ("f1", "f2", "f3", "f4")})
LIMITS = st.sampled_from([(3.0, 3.0), (4.0, 8.0), (6.0, 5.0), (500.0, 200.0)])


@settings(max_examples=25)
@given(case=cases(), costs=COSTS, limits=LIMITS)
def test_packages_suffice_and_leave_no_way_out_that_fixes_can_give(case, costs, limits):
    case = with_limits(case, dict(zip(("care", "parking"), limits, strict=True)))
    costs = {name: float(cost) for name, cost in costs.items() if name in set(case.fixes["fix"])}
    found = packages_of(case, costs)
    assert sum(value for value, _ in found.values()) == joint_gain(*case)["value"]
    best = cheapest(case, costs)
    bound = sum(cost * value_of(case, pair) for pair, cost in best.items())
    assert sum(cost * value for value, cost in found.values()) >= bound
    for fixes, (value, cost) in found.items():
        assert cost == sum(costs[name] for name in fixes)
        done = case._replace(fixes=case.fixes[case.fixes["fix"].isin(fixes)])
        assert joint_gain(*done)["value"] >= value


@st.composite
def one_each(draw: st.DrawFn) -> tuple[Case, dict[str, float]]:
    """Networks on which each edge has one barrier or none, and each barrier one fix of its own or none."""
    network = draw(networks(nodes=7, edges=11))
    shut = draw(st.lists(st.integers(0, len(network) - 1), unique=True, max_size=7))
    fixed = draw(st.lists(st.sampled_from(shut), unique=True, max_size=6)) if shut else []
    edges = st.integers(0, len(network) - 1)
    homes = draw(st.lists(st.tuples(edges, st.integers(0, 7), st.integers(1, 4)), min_size=1, max_size=5))
    placed = [(f"H{i}", edge, float(min(along, network.length[edge])), float(who)) for i, (edge, along, who) in enumerate(homes)]
    targets = draw(st.lists(st.integers(0, len(network.nodes) - 1), min_size=1, max_size=2))
    places = make_places(placed, [("care", "anchor", f"T{i}", node) for i, node in enumerate(targets)])
    fixes = make_fixes({f"f{edge:02}": [("kerb", f"K{edge}", "x")] for edge in fixed})
    costs = {f"f{edge:02}": float(draw(st.integers(1, 9))) for edge in fixed}
    return Case(network, make_passability(network, [kerb(edge, f"K{edge}", "x") for edge in shut]), places, fixes), costs


@settings(max_examples=25)
@given(one_each())
def test_where_each_fix_opens_one_edge_packages_are_the_cheapest_there_are(drawn):
    case, costs = drawn
    found, best = packages_of(case, costs), cheapest(case, costs)
    assert sum(value for value, _ in found.values()) == sum(value_of(case, pair) for pair in best)
    dearness = sum(cost * value for value, cost in found.values())
    assert dearness == pytest.approx(sum(cost * value_of(case, pair) for pair, cost in best.items()))
    alone = find_gains(*case)["value"]
    assert all(value <= alone[fixes[0]] for fixes, (value, _) in found.items() if len(fixes) == 1)


@settings(max_examples=15)
@given(case=cases(), costs=COSTS, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(case, costs, seed):
    def mixed(table: pd.DataFrame) -> pd.DataFrame:
        return table.sample(frac=1.0, random_state=seed)

    costs = {name: float(cost) for name, cost in costs.items() if name in set(case.fixes["fix"])}
    places = replace(case.places, origins=mixed(case.places.origins), destinations=mixed(case.places.destinations))
    passability = replace(case.passability, barriers=mixed(case.passability.barriers).reset_index(drop=True))
    other = Case(case.network, passability, places, mixed(case.fixes))
    assert packages_of(other, dict(reversed(costs.items()))) == packages_of(case, costs)
