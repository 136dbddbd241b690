"""What a fix gains, alone and together with others: by hand, and against reckoning everything anew."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk.network import gains as gains_module
from toegankelijk.network.gains import GAIN_COLUMNS, find_gains, joint_gain
from toegankelijk.network.passable import edge_outcomes
from toegankelijk.network.reach import find_reach
from toegankelijk.norm.kernel import FAILS, UNKNOWN

from .fix_worlds import Case, cases, clears, make_fixes, make_passability, make_places, plain_gain, ways_to_turn_out, with_limits
from .planted_networks import Way, crossing_with_kerbs, gate, plant


def gain_of(case: Case) -> pd.DataFrame:
    return find_gains(*case)


def kerb(edge: int, name: str, outcome: int = FAILS, attribute: str = "level_difference") -> tuple[int, str, str, str, int]:
    return (edge, "kerb", name, attribute, outcome)


def fix_kerbs(**fixes: list[str]) -> pd.DataFrame:
    return make_fixes({fix: [("kerb", name, "level_difference") for name in names] for fix, names in fixes.items()})


@pytest.fixture
def crossing() -> Case:
    """Three residents on this side of a crossing with two kerbs, and a shop and a stop on the other."""
    network = crossing_with_kerbs()
    homes, targets = [("H", 0, 10.0, 3.0)], [("shop", "shop", "S", 5), ("stop", "stop", "T", 5)]
    barriers = [kerb(1, "X1"), kerb(3, "X2")]
    return Case(network, make_passability(network, barriers), make_places(homes, targets), fix_kerbs(a=["X1"], b=["X2"]))


def test_two_kerbs_of_a_crossing_are_worth_nothing_apart_and_all_together(crossing):
    apart = gain_of(crossing)
    assert apart.index.tolist() == ["a", "b"]
    assert apart.columns.tolist() == list(GAIN_COLUMNS)
    assert (apart == 0).all(axis=None)
    together = joint_gain(*crossing)
    # 3 residents win 2 purposes: 6 pairs; stop weighs 3 and shop 2: 3 x 5 = 15; won ways save no metres
    assert together.to_dict() == {"residents": 3, "pairs": 6, "value": 15, "metres": 0, "residents_low": 3, "residents_high": 3}


def test_one_job_that_mends_both_kerbs_gains_what_they_do_together(crossing):
    job = crossing._replace(fixes=fix_kerbs(job=["X1", "X2"]))
    assert gain_of(job).loc["job"].to_dict() == joint_gain(*crossing).to_dict()


def test_of_two_ways_side_by_side_either_will_do_and_both_gain_no_more():
    # home - two crossings side by side, each behind a kerb - stop
    nodes = [(0.0, 0.0), (40.0, 0.0), (40.0, 0.0), (40.0, 0.0), (80.0, 0.0)]
    ways = [Way(0, 1), gate(1, 2, "kerb", "K1"), gate(1, 3, "kerb", "K2"), Way(2, 4), Way(3, 4)]
    network = plant(nodes, ways)
    fixes = fix_kerbs(one=["K1"], two=["K2"])
    places = make_places([("H", 0, 0.0, 5.0)], [("stop", "stop", "T", 4)])
    case = Case(network, make_passability(network, [kerb(1, "K1"), kerb(2, "K2")]), places, fixes)
    assert gain_of(case)["residents"].tolist() == [5, 5]
    assert joint_gain(*case)["residents"] == 5


def test_three_kerbs_in_a_row_gain_each_for_those_who_live_before_it():
    # H1 -K1- H2 -K2- H3 -K3- stop: mending K3 serves H3 alone, K2 nobody, all of them everybody
    nodes = [(float(x), 0.0) for x in (0, 10, 10, 20, 20, 30, 30, 40)]
    ways = [
        Way(0, 1),
        gate(1, 2, "kerb", "K1"),
        Way(2, 3),
        gate(3, 4, "kerb", "K2"),
        Way(4, 5),
        gate(5, 6, "kerb", "K3"),
        Way(6, 7),
    ]
    network = plant(nodes, ways)
    places = make_places([("H1", 0, 5.0, 1.0), ("H2", 2, 5.0, 2.0), ("H3", 4, 5.0, 4.0)], [("stop", "stop", "T", 7)])
    barriers = [kerb(1, "K1"), kerb(3, "K2"), kerb(5, "K3")]
    case = Case(network, make_passability(network, barriers), places, fix_kerbs(a=["K1"], b=["K2"], c=["K3"]))
    assert gain_of(case)["residents"].to_dict() == {"a": 0, "b": 0, "c": 4}
    assert joint_gain(*case)["residents"] == 7
    assert joint_gain(*case._replace(fixes=case.fixes[case.fixes["fix"] != "a"]))["residents"] == 6


def test_detour_saved_is_metres_times_residents():
    # straight on 50 m behind a kerb, or 450 m around: 400 m saved by 3 residents; those at the stop itself save nothing
    nodes = [(0.0, 0.0), (0.0, 0.0), (50.0, 0.0)]
    network = plant(nodes, [gate(0, 1, "kerb", "K"), Way(1, 2), Way(0, 2, length=450.0)])
    places = make_places([("H", 2, 0.0, 3.0), ("T", 2, 450.0, 9.0)], [("stop", "stop", "T", 2)])
    case = Case(network, make_passability(network, [kerb(0, "K")]), places, fix_kerbs(k=["K"]))
    gain = gain_of(case).loc["k"]
    assert gain["metres"] == 400 * 3
    assert (gain.drop("metres") == 0).all()


def test_a_way_that_becomes_short_enough_is_won_and_not_counted_in_metres():
    nodes = [(0.0, 0.0), (0.0, 0.0), (50.0, 0.0)]
    network = plant(nodes, [gate(0, 1, "kerb", "K"), Way(1, 2), Way(0, 2, length=501.0)])  # stop: within 500 m
    places = make_places([("H", 2, 0.0, 3.0)], [("stop", "stop", "T", 2)])
    case = Case(network, make_passability(network, [kerb(0, "K")]), places, fix_kerbs(k=["K"]))
    assert gain_of(case).loc["k", ["residents", "pairs", "metres"]].tolist() == [3, 3, 0]
    farther = case._replace(places=make_places([("H", 2, 0.0, 3.0)], [("stop", "stop", "T", 2)], off=226.0))
    assert gain_of(farther).loc["k"].sum() == 0  # 226 m to the door at both ends, and 50 m: more than 500 m


def test_an_edge_that_stays_closed_by_another_barrier_gains_nothing(crossing):
    barriers = [kerb(1, "X1"), kerb(1, "X1", attribute="surface"), kerb(3, "X2", UNKNOWN)]
    case = crossing._replace(passability=make_passability(crossing.network, barriers), fixes=fix_kerbs(a=["X1"]))
    assert gain_of(case).loc["a"].sum() == 0
    whole = case._replace(fixes=make_fixes({"a": [("kerb", "X1", "*")]}))
    # the kerb on the other side may still be too high: nobody surely wins, three may
    assert gain_of(whole).loc["a", ["residents", "residents_low", "residents_high"]].tolist() == [3, 0, 3]


def test_what_stays_unknown_at_the_same_kerb_leaves_the_gain_in_doubt(crossing):
    barriers = make_passability(crossing.network, [kerb(1, "X1"), kerb(1, "X1", UNKNOWN, "surface")])
    case = crossing._replace(passability=barriers, fixes=fix_kerbs(a=["X1"]))
    assert gain_of(case).loc["a", ["residents", "residents_low", "residents_high"]].tolist() == [3, 0, 3]


def test_a_barrier_that_is_not_known_is_no_gain_but_may_be_one(crossing):
    case = crossing._replace(passability=make_passability(crossing.network, [kerb(1, "X1", UNKNOWN)]), fixes=fix_kerbs(a=["X1"]))
    assert gain_of(case).loc["a", ["residents", "residents_low", "residents_high"]].tolist() == [0, 0, 3]


def test_homes_on_the_edge_that_opens_are_served(crossing):
    barriers = [(2, "crossing", "C1", "width", FAILS)]
    places = make_places([("H", 2, 5.0, 2.0)], [("stop", "stop", "T", 5)])
    fixes = make_fixes({"w": [("crossing", "C1", "width")]})
    case = Case(crossing.network, make_passability(crossing.network, barriers), places, fixes)
    assert gain_of(case).loc["w", ["residents", "residents_low", "residents_high"]].tolist() == [2, 2, 2]


@pytest.mark.parametrize("lengths", [(10.0, 30.0), (30.0, 10.0)])
def test_of_two_ways_behind_the_edge_that_opens_the_shorter_counts(lengths):
    # stop =K= two ways side by side of 10 and 30 m - home; or 400 m around
    ways = [gate(0, 1, "kerb", "K"), *(Way(1, 2, length=length) for length in lengths), Way(0, 2, length=400.0)]
    network = plant([(0.0, 0.0), (0.0, 0.0), (10.0, 0.0)], ways)
    places = make_places([("H", 3, 400.0, 1.0)], [("stop", "stop", "T", 0)])
    case = Case(network, make_passability(network, [kerb(0, "K")]), places, fix_kerbs(k=["K"]))
    assert gain_of(case).loc["k", "metres"] == 390


def test_who_lives_at_the_end_of_a_closed_edge_starts_from_there_and_not_over_it():
    # stairs of 10 m to the stop that nobody mends; 450 m around, or 400 m behind a kerb: 50 m saved by 2 residents
    nodes = [(0.0, 0.0), (10.0, 0.0), (0.0, 0.0)]
    ways = [Way(0, 1, "stairs", "S"), Way(0, 1, length=450.0), gate(0, 2, "kerb", "K"), Way(2, 1, length=400.0)]
    network = plant(nodes, ways)
    passability = make_passability(network, [(0, "stairs", "S", "*", FAILS), kerb(2, "K")])
    places = make_places([("H", 0, 0.0, 2.0)], [("stop", "stop", "T", 1)])
    gain = gain_of(Case(network, passability, places, fix_kerbs(k=["K"]))).loc["k"]
    assert gain[["residents", "pairs", "metres"]].tolist() == [0, 0, 100]


def test_nothing_to_fix_and_nowhere_to_go_are_no_error(crossing):
    assert len(gain_of(crossing._replace(fixes=make_fixes({})))) == 0
    assert joint_gain(*crossing._replace(fixes=make_fixes({}))).sum() == 0
    nowhere = crossing.places.destinations.iloc[:0]
    places = replace(crossing.places, destinations=nowhere)
    assert gain_of(crossing._replace(places=places)).sum().sum() == 0
    nobody = replace(crossing.places, origins=crossing.places.origins.iloc[:0])
    assert gain_of(crossing._replace(places=nobody)).sum().sum() == 0


LIMITS = st.sampled_from([(3.0, 3.0), (4.0, 8.0), (6.0, 5.0), (500.0, 200.0)])


@settings(max_examples=60)
@given(case=cases(), limits=LIMITS, labels=st.sampled_from([1, 12, 2**20]))
def test_gains_are_what_reckoning_everything_anew_gives(case, limits, labels):
    case = with_limits(case, dict(zip(("care", "parking"), limits, strict=True)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gains_module, "LABELS", labels)  # rounds of one fix, of a few, of all
        found = gain_of(case)
    worlds = list(ways_to_turn_out(case))
    asked = [(name, case.fixes[case.fixes["fix"] == name], found.loc[name]) for name in found.index]
    asked += [("all", case.fixes, joint_gain(*case))]
    for name, done, gain in asked:
        want = plain_gain(case, done, worlds[0])  # nothing that is unknown fails
        assert gain[list(want)].to_dict() == want, name
        assert 0 <= gain["residents_low"] <= gain["residents"] <= gain["residents_high"]
        won = [plain_gain(case, done, failing)["residents"] for failing in worlds]
        assert gain["residents_low"] <= min(won)
        assert max(won) <= gain["residents_high"]


@settings(max_examples=25)
@given(case=cases(), limits=LIMITS)
def test_gains_agree_with_what_is_reached_before_and_after(case, limits):
    case = with_limits(case, dict(zip(("care", "parking"), limits, strict=True)))
    cleared = [clears(case.fixes, row) for row in case.passability.barriers.to_dict("records")]
    left = case.passability.barriers[~np.array(cleared, dtype=bool)].reset_index(drop=True)
    done = replace(case.passability, barriers=left, outcome=edge_outcomes(len(case.network), left))
    before, after = (find_reach(case.network, one, case.places) for one in (case.passability, done))
    won = after["reached_possibly"] & ~before["reached_possibly"]
    had = before["reached_possibly"]
    who = case.places.origins["residents"].reindex(before["origin"]).to_numpy()
    gain = joint_gain(*case)
    assert gain["pairs"] == who[won].sum()
    assert gain["value"] == before.loc[won, "weight"].sum()
    assert gain["metres"] == (who * (before["distance_best"] - after["distance_best"]))[had].sum()
    surely = after["reached_surely"] & ~before["reached_possibly"]
    residents = pd.Series(who, index=before["origin"])
    assert gain["residents_low"] == residents[surely.to_numpy()].groupby(level=0).first().sum()


@settings(max_examples=30)
@given(case=cases(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(case, seed):
    def mixed(table: pd.DataFrame) -> pd.DataFrame:
        return table.sample(frac=1.0, random_state=seed)

    places = replace(case.places, origins=mixed(case.places.origins), destinations=mixed(case.places.destinations))
    barriers = mixed(case.passability.barriers).reset_index(drop=True)
    passability = type(case.passability)("wheelchair", case.passability.outcome, barriers)
    pd.testing.assert_frame_equal(gain_of(Case(case.network, passability, places, mixed(case.fixes))), gain_of(case))


@settings(max_examples=25)
@given(case=cases())
def test_fixing_more_never_loses_a_resident_and_nothing_known_leaves_no_doubt(case):
    each, everything = gain_of(case), joint_gain(*case)
    assert each["pairs"].max() <= everything["pairs"]
    assert (each >= 0).all(axis=None)
    if not (case.passability.barriers["outcome"] == UNKNOWN).any():
        np.testing.assert_array_equal(each["residents_low"], each["residents"])
        np.testing.assert_array_equal(each["residents_high"], each["residents"])
