"""What each profile can pass: every rule of the table against a reader of single values, and the rules of the table itself."""

import csv
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES
from toegankelijk.network.passable import BARRIER_COLUMNS, judge_edges
from toegankelijk.network.profiles import COLUMNS, EVERY, read_profiles
from toegankelijk.network.purposes import COLUMNS as PURPOSE_COLUMNS
from toegankelijk.network.purposes import read_purposes
from toegankelijk.norm import read_norm
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN

from .planted_networks import Way, crossing_with_kerbs, gate, island_behind_kerbs, plant, plant_layers

FOLDER = files("toegankelijk").joinpath("data", "network")
TABLE = list(csv.DictReader(FOLDER.joinpath("profiles.csv").read_text("utf-8").splitlines()))
PROFILES = read_profiles()
RULES = [row for row in TABLE if row["attribute"] != EVERY]


def object_network(kind):
    """An edge with one object of the kind."""
    return plant([(0, 0), (9, 0)], [Way(0, 1, kind, "O1")])


def plain_outcome(rows, values):
    """Outcome of one object of which single values are known, rule by rule, as the docstring of the profiles says."""
    outcomes = []
    for row in rows:
        if row["proxy_of"]:
            continue
        outcome = plain_answer(row, values)
        for proxy in rows:
            if proxy["proxy_of"] == row["attribute"] and outcome == UNKNOWN:
                said = plain_answer(proxy, values)
                outcome = said if said == (MEETS if proxy["says"] == "for" else FAILS) else UNKNOWN
        if outcome == UNKNOWN and row["says"] == "against":
            outcome = MEETS
        outcomes.append(outcome)
    return FAILS if FAILS in outcomes else UNKNOWN if UNKNOWN in outcomes else MEETS


def plain_answer(row, values):
    value = values.get(row["attribute"])
    if value is None:
        return UNKNOWN
    if row["compare"] == "min":
        met = value >= float(row["limit"])
    elif row["compare"] == "max":
        met = value <= float(row["limit"])
    else:
        met = str(value).lower() in row["classes"].split("|")
    return MEETS if met else FAILS


def some_values(attribute, rows):
    """Values below, on and above each limit; every class; and nothing."""
    held = schema.attributes()[attribute]
    if held.type == "bool":
        return [None, True, False]
    if held.type == "class":
        return [None, *held.classes]
    limits = [float(row["limit"]) for row in rows if row["attribute"] == attribute]
    return [None, *(limit + step for limit in limits for step in (-0.001, 0.0, 0.001))]


@pytest.mark.parametrize("number", range(len(RULES)))
def test_each_rule_below_on_above_and_missing(number):
    row = RULES[number]
    rows = [one for one in RULES if (one["profile"], one["kind"]) == (row["profile"], row["kind"])]
    network = object_network(row["kind"])
    whole = {
        one["compare"]
        for one in TABLE
        if one["attribute"] == EVERY and one["profile"] == row["profile"] and one["kind"] == row["kind"]
    }
    for value in some_values(row["attribute"], rows):
        attributes = {} if value is None else {row["attribute"]: value}
        judged = judge_edges(network, plant_layers(**{row["kind"]: {"O1": attributes}}), PROFILES[row["profile"]])
        expected = plain_outcome(rows, attributes)
        if expected == MEETS and "unsure" in whole:
            expected = UNKNOWN
        assert judged.outcome.tolist() == [expected], (value, judged.barriers)


KINDS = [
    (profile, kind)
    for profile in PROFILES
    for kind in sorted({row["kind"] for row in RULES if row["profile"] == profile} - set(PROFILES[profile].whole))
]


@given(st.sampled_from(KINDS), st.data())
def test_all_rules_of_a_kind_together(which, data):
    profile, kind = which
    rows = [row for row in RULES if (row["profile"], row["kind"]) == which]
    names = list(dict.fromkeys(row["attribute"] for row in rows))
    objects = {}
    for i in range(3):
        drawn = {name: data.draw(st.sampled_from(some_values(name, rows)), label=name) for name in names}
        objects[f"O{i}"] = {name: value for name, value in drawn.items() if value is not None}
    ways = [Way(i, i + 1, kind, f"O{i}", 5.0) for i in range(3)]
    network = plant([(5.0 * i, 0.0) for i in range(4)], ways)
    judged = judge_edges(network, plant_layers(**{kind: objects}), PROFILES[profile])
    assert judged.outcome.tolist() == [plain_outcome(rows, attributes) for attributes in objects.values()]
    worst = judged.barriers.groupby("edge")["outcome"].min()
    assert set(worst.index) == set(np.flatnonzero(judged.outcome != MEETS))


def test_bounds_on_both_sides_of_a_limit_are_unknown_and_beyond_it_they_decide():
    kerbs = {
        "below": {"level_difference_low": 0.0, "level_difference_high": 3.0},
        "over": {"level_difference_low": 3.1},
        "across": {"level_difference_low": 2.0, "level_difference_high": 4.0},
        "open": {"level_difference_high": 8.0},
    }
    network = plant([(0.0, 0.0)] * 5, [gate(i, i + 1, "kerb", name) for i, name in enumerate(kerbs)])
    judged = judge_edges(network, plant_layers(kerb=kerbs), PROFILES["wheelchair"])
    assert judged.outcome.tolist() == [MEETS, FAILS, UNKNOWN, UNKNOWN]


def test_what_only_speaks_against_counts_on_the_side_of_the_limit_only():
    slopes = {
        "gentle": {"running_slope_high": 5.0},
        "at least this": {"running_slope_low": 2.0},
        "across": {"running_slope_low": 2.0, "running_slope_high": 9.0},
        "steep": {"running_slope_low": 7.0},
    }
    known = {name: {"route_width": 2.0, **slope} for name, slope in slopes.items()}
    network = plant([(9.0 * i, 0.0) for i in range(5)], [Way(i, i + 1, "footway", name) for i, name in enumerate(known)])
    judged = judge_edges(network, plant_layers(footway=known), PROFILES["wheelchair"])
    assert judged.outcome.tolist() == [MEETS, MEETS, UNKNOWN, FAILS]


def test_a_stand_in_counts_only_where_the_value_itself_is_not_known():
    known = {
        "wide": {"route_width": 2.0, "cycling_allowed": False},
        "narrow": {"route_width": 0.5, "cycling_allowed": True},
        "cycled": {"cycling_allowed": True},
        "not cycled": {"cycling_allowed": False},
    }
    network = plant([(9.0 * i, 0.0) for i in range(5)], [Way(i, i + 1, "footway", name) for i, name in enumerate(known)])
    judged = judge_edges(network, plant_layers(footway=known), PROFILES["wheelchair"])
    assert judged.outcome.tolist() == [MEETS, FAILS, MEETS, UNKNOWN]
    assert judged.barriers["attribute"].unique().tolist() == ["route_width"]


def test_narrowest_place_counts_for_the_footway_only_where_its_narrowings_do_not_stand_on_the_network():
    network = plant(
        [(0, 0), (9, 0), (9, 0), (20, 0)], [Way(0, 1, "footway", "F1"), gate(1, 2, "narrowing", "N1"), Way(2, 3, "footway", "F1")]
    )
    footway = {"F1": {"route_width": 2.0, "min_passage_width": 0.7}}
    layers = plant_layers(footway=footway, narrowing={"N1": {"parent_id": "F1", "narrowing_width": 0.7}})
    assert judge_edges(network, layers, PROFILES["wheelchair"]).outcome.tolist() == [MEETS, FAILS, MEETS]
    more = plant_layers(
        footway=footway,
        narrowing={"N1": {"parent_id": "F1", "narrowing_width": 0.7}, "N2": {"parent_id": "F1", "narrowing_width": 0.7}},
    )
    assert judge_edges(network, more, PROFILES["wheelchair"]).outcome.tolist() == [FAILS, FAILS, FAILS]
    none = plant([(0, 0), (9, 0)], [Way(0, 1, "footway", "F1")])
    assert judge_edges(none, layers, PROFILES["wheelchair"]).outcome.tolist() == [FAILS]


def test_kerbs_of_a_crossing_are_asked_of_its_ends_where_these_stand_on_the_network():
    ends = {"X1": {"parent_id": "C1", "kerb_height": 2.0}, "X2": {"parent_id": "C1", "kerb_height": 8.0}}
    layers = plant_layers(crossing_end=ends, crossing={"C1": {"both_sides_lowered": False}}, footway={})
    judged = judge_edges(crossing_with_kerbs(), layers, PROFILES["wheelchair"])
    assert judged.outcome.tolist() == [UNKNOWN, MEETS, MEETS, FAILS, UNKNOWN]
    alone = plant([(0, 0), (9, 0)], [Way(0, 1, "crossing", "C1")])
    assert judge_edges(alone, layers, PROFILES["wheelchair"]).outcome.tolist() == [FAILS]
    assert judge_edges(alone, {}, PROFILES["wheelchair"]).outcome.tolist() == [UNKNOWN]


def test_stairs_mouths_with_and_without_kerbs_links_and_streets():
    network = plant(
        [(0, 0), (9, 0)],
        [
            Way(0, 1, "stairs", "S1"),
            Way(0, 1, "mouth", "W1"),
            Way(0, 1, "link"),
            Way(0, 1, "street", "W1"),
            Way(0, 1, "street", "W2"),
            Way(0, 1, "street", "W3"),
            Way(0, 1, "mouth", "", parts=(("kerb", "K1"),)),
        ],
    )
    streets = {"W1": {"footway_sides": "both"}, "W2": {"footway_sides": "none"}, "W3": {}}
    layers = plant_layers(street=streets, kerb={"K1": {"level_difference": 2.0}})
    outcomes = {name: judge_edges(network, layers, profile).outcome.tolist() for name, profile in PROFILES.items()}
    on_wheels = [FAILS, UNKNOWN, MEETS, UNKNOWN, FAILS, UNKNOWN, MEETS]
    assert outcomes == {
        "wheelchair": on_wheels,
        "rollator": on_wheels,
        "pram": on_wheels,
        "scootmobile": [FAILS, UNKNOWN, MEETS, UNKNOWN, UNKNOWN, UNKNOWN, MEETS],
        "white_cane": [MEETS, MEETS, MEETS, MEETS, FAILS, UNKNOWN, MEETS],
    }


def test_barriers_name_the_object_and_the_attribute():
    network = island_behind_kerbs()
    layers = plant_layers(
        kerb={"K1": {"level_difference": 8.0}}, footway={"F1": {"route_width": 1.5}, "F2": {"route_width": 0.8}}
    )
    barriers = judge_edges(network, layers, PROFILES["wheelchair"]).barriers
    assert list(barriers.columns) == list(BARRIER_COLUMNS)
    assert barriers.to_numpy().tolist() == [
        [1, "footway", "F2", "route_width", FAILS],
        [2, "kerb", "K1", "level_difference", FAILS],
        [3, "footway", "F3", "route_width", UNKNOWN],
        [4, "stairs", "S1", EVERY, FAILS],
    ]


def test_the_bundled_tables_cite_published_sources_or_say_that_they_are_proposals():
    known = {*read_norm().sources.index, "eigen voorstel"}
    purposes = list(csv.DictReader(FOLDER.joinpath("purposes.csv").read_text("utf-8").splitlines()))
    for row in [*TABLE, *purposes]:
        assert set(row["source"].split("|")) <= known, row
        assert row["note"], row
    for profile in PROFILES.values():
        assert set(profile.names) == set(LANGUAGES)
        assert profile.about
        assert not profile.uses_stairs or profile.name == "white_cane"


def test_a_citys_own_table_takes_the_place_of_the_profiles_that_it_has(tmp_path):
    table = tmp_path / "profiles.csv"
    table.write_text(
        f"{','.join(COLUMNS)}\nwheelchair,kerb,level_difference,max,2,,,both,,,own rule,\nwalker,stairs,*,never,,,,,,,own rule,\n"
    )
    profiles = read_profiles(table)
    assert [*profiles] == ["wheelchair", "rollator", "scootmobile", "white_cane", "pram", "walker"]
    assert len(profiles["wheelchair"].rules) == 1
    assert profiles["wheelchair"].rules[0].limits["A"][0].limit == 2.0
    assert profiles["wheelchair"].uses_stairs
    assert not profiles["walker"].uses_stairs
    assert profiles["walker"].names["nl"] == "walker"


def test_a_rule_that_may_not_apply_cannot_fail(tmp_path):
    table = tmp_path / "profiles.csv"
    table.write_text(
        f"{','.join(COLUMNS)}\ntall,footway,vertical_clearance,min,2.1,,overhead_object,both,,,own rule,\n"
        "tall,footway,firm,one_of,,true,!cycling_allowed,both,,,own rule,\n"
    )
    firm = {"firm": True}
    known = {
        "low": {"vertical_clearance": 1.8, "overhead_object": True, **firm},
        "perhaps low": {"vertical_clearance": 1.8, **firm},
        "nothing there": {"vertical_clearance": 1.8, "overhead_object": False, **firm},
        "not measured": {"overhead_object": True, **firm},
        "high": {"vertical_clearance": 2.1, **firm},
        "soft": {"overhead_object": False, "firm": False, "cycling_allowed": False},
        "soft, cycled": {"overhead_object": False, "firm": False, "cycling_allowed": True},
    }
    network = plant([(9.0 * i, 0.0) for i in range(8)], [Way(i, i + 1, "footway", name) for i, name in enumerate(known)])
    judged = judge_edges(network, plant_layers(footway=known), read_profiles(table)["tall"])
    assert judged.outcome.tolist() == [FAILS, UNKNOWN, MEETS, UNKNOWN, MEETS, FAILS, MEETS]


FAULTY = {
    "w,kerb,level_difference,max,x,,,both,,,s,": "limit 'x' is not a number of cm",
    "w,kerb,level_difference,max,nan,,,both,,,s,": "limit 'nan'",
    "w,kerb,kerb_height,max,3,,,both,,,s,": "'kerb_height' is none of kerb",
    "w,curb,level_difference,max,3,,,both,,,s,": "kind 'curb' is not known",
    "w,kerb,level_difference,below,3,,,both,,,s,": "compare 'below' does not fit a number",
    "w,kerb,level_difference,max,3,,,for,,,s,": "says is 'for', not both or against",
    "w,kerb,level_difference,max,3,,,both,,,,": "no source",
    "w,kerb,level_difference,max,3,true,,both,,,s,": "classes 'true' on a number",
    "w,kerb,level_facility,one_of,,ladder,,both,,,s,": "classes 'ladder' are not some of none|stairs",
    "w,kerb,level_facility,one_of,4,ramp,,both,,,s,": "limit '4' on a class",
    "w,kerb,level_facility,one_of,,ramp,,for,rise,,s,": "proxy_of 'rise' is not asked of kerb",
    "w,footway,firm,one_of,,,,both,,,s,": "classes '' are not some of true|false",
    "w,footway,firm,one_of,,true,surface,both,,,s,": "applies 'surface' is no true/false attribute",
    "w,footway,firm,one_of,,true,,both,,footway,s,": "unless 'footway' is no other kind",
    "w,stairs,*,closed,,,,,,,s,": "compare is 'closed'; of a whole kind say one of never, unsure",
    "w,stairs,*,never,3,,,,,,s,": "limit is '3', but the row is on the whole kind",
    "a b,stairs,*,never,,,,,,,s,": "profile 'a b' is no name",
}


def test_all_faults_of_a_table_are_told_at_once(tmp_path):
    table = tmp_path / "profiles.csv"
    rows = [",".join(COLUMNS), *FAULTY]
    table.write_text("\n".join(rows))
    with pytest.raises(ConfigError) as told:
        read_profiles(table)
    for i, fault in enumerate(FAULTY.values(), 2):
        assert any(problem.startswith(f"profiles.csv row {i} ") and fault in problem for problem in told.value.problems), fault
    table.write_text(
        f"{','.join(COLUMNS)}\nw,kerb,rise,max,1,,,both,,,s,\nw,kerb,rise,min,2,,,both,,,s,\nw,kerb,rise,max,1,,,both,,,s,\n"
    )
    with pytest.raises(ConfigError, match=r"at least 2 and at most 1.*") as told:
        read_profiles(table)
    assert "profiles.csv row 4 (w kerb rise): asks what profiles.csv row 2 asks already" in told.value.problems


def test_a_table_that_is_not_there_has_no_rows_or_no_columns(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_profiles(tmp_path / "none.csv")
    for content in ("", "profile,kind\nw,kerb\n", ",".join(COLUMNS)):
        (tmp_path / "bad.csv").write_text(content)
        with pytest.raises(ConfigError):
            read_profiles(tmp_path / "bad.csv")


def test_purposes_of_a_city_are_checked_as_a_whole(tmp_path):
    table = tmp_path / "purposes.csv"
    head = ",".join(PURPOSE_COLUMNS)
    table.write_text(f"{head}\nschool,building|stop:bench,300,2,School,,,,own,\n")
    purposes = read_purposes(table)
    assert [*purposes] == ["school"]
    assert purposes["school"].kinds == (("building", ""), ("stop", "bench"))
    assert purposes["school"].names == {"nl": "School", "en": "school", "fr": "school", "de": "school"}
    table.write_text(f"{head}\nx,school,0,-1,,,,,,\nx,stop:shade,1,inf,,,,,o,\n")
    with pytest.raises(ConfigError) as told:
        read_purposes(table)
    assert len(told.value.problems) == 7, told.value.problems


@given(st.sampled_from(KINDS), st.data())
def test_forgetting_a_value_that_decides_makes_unknown_and_one_that_speaks_against_only_opens(which, data):
    profile, kind = which
    rows = [row for row in RULES if (row["profile"], row["kind"]) == which and not row["proxy_of"]]
    drawn = {row["attribute"]: data.draw(st.sampled_from(some_values(row["attribute"], rows))) for row in rows}
    known = {name: value for name, value in drawn.items() if value is not None}
    network = object_network(kind)
    before = judge_edges(network, plant_layers(**{kind: {"O1": known}}), PROFILES[profile]).outcome[0]
    for row in rows:
        less = {name: value for name, value in known.items() if name != row["attribute"]}
        after = judge_edges(network, plant_layers(**{kind: {"O1": less}}), PROFILES[profile]).outcome[0]
        if row["says"] == "both":
            assert after in (before, UNKNOWN)
        else:
            assert (FAILS, UNKNOWN, MEETS).index(after) >= (FAILS, UNKNOWN, MEETS).index(before)


@given(st.randoms(use_true_random=False))
def test_order_of_objects_and_of_parts_changes_nothing(random):
    network = island_behind_kerbs()
    layers = plant_layers(
        kerb={"K1": {"level_difference": 8.0}, "K0": {}},
        footway={"F3": {"route_width": 0.5}, "F1": {}, "F2": {"cycling_allowed": True}},
    )
    order = list(range(len(network.parts)))
    random.shuffle(order)
    first = judge_edges(network, layers, PROFILES["wheelchair"])
    second = judge_edges(
        replace(network, parts=network.parts.iloc[order]),
        {kind: layer.iloc[::-1] for kind, layer in layers.items()},
        PROFILES["wheelchair"],
    )
    assert first.outcome.tolist() == second.outcome.tolist()
    assert first.barriers.to_numpy().tolist() == second.barriers.to_numpy().tolist()
