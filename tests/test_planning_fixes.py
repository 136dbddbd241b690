"""What passes its rule once a bottleneck is mended: planted cases, and the sample district."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import toegankelijk as tg
from toegankelijk.planning.facts import cleared_attributes, read_facts
from toegankelijk.planning.fixes import COLUMNS, find_fixes

from .planning_world import NORM, layer, row, sample, table

LINE = shapely.LineString([(0, 0), (60, 0)])


def cleared(rows: gpd.GeoDataFrame, layers: dict[str, gpd.GeoDataFrame], fix: str) -> dict[str, set[str]]:
    """Attributes that a fix clears, by ``kind/object_id``."""
    found = find_fixes(rows, NORM, layers)
    found = found[found["fix"] == fix]
    names = found["kind"] + "/" + found["object_id"]
    return {name: set(part) for name, part in found.groupby(names)["attribute"]}


# The tables


def test_every_fact_names_a_remedy_and_a_kind_that_there_is_and_has_a_reason():
    for name in ("remedies_open", "contains", "quantities", "sizes"):
        facts = read_facts(name)
        assert (facts["reason"].str.len() > 10).all()
        assert not facts.duplicated([column for column in facts if column != "reason"]).any()
        assert set(facts["kind"]) <= set(tg.schema.kinds())
    for name in ("remedies_open", "contains", "quantities"):
        assert set(read_facts(name)["remedy"]) <= set(NORM.remedies.index)
    contains = read_facts("contains")
    assert set(contains["contains"]) <= set(NORM.remedies.index)
    assert set(contains["on"]) <= set(tg.schema.kinds())
    attributes = set(read_facts("remedies_open")["attribute"]) | set(read_facts("quantities")["attribute"]) - {""}
    assert attributes <= {"*", *tg.schema.attributes()}


def test_no_remedy_contains_itself_by_a_way_round():
    contains = read_facts("contains")
    left = {(one.remedy, one.kind, one.contains, one.on) for one in contains.itertuples()}
    while True:
        outer = {(remedy, kind) for remedy, kind, _, _ in left}
        ends = {one for one in left if one[2:] not in outer}
        if not ends:
            break
        left -= ends
    assert not left


def test_what_a_remedy_keeps_is_what_a_criterion_would_have_it_clear():
    facts = read_facts("remedies_open")
    kept = facts[facts["effect"] == "keeps"]
    criteria = NORM.criteria
    for one in kept.itertuples():
        named = criteria[(criteria["remedy"] == one.remedy) | (criteria["alternative"] == one.remedy)]
        assert ((named["kind"] == one.kind) & (named["attribute"] == one.attribute)).any()


# Attributes of one object


def test_a_lowered_kerb_is_right_in_all_that_is_asked_of_it():
    rows = table(row("oversteekzijde_aanpassen", "e"))
    wanted = {"kerb_height", "dropped_kerb_width", "kerb_ramp_slope", "landing_depth", "gutter_depth"}
    assert cleared(rows, {}, "K-oversteekzijde_aanpassen-e") == {"crossing_end/e": wanted}


def test_what_another_row_says_to_need_another_remedy_stays():
    mend, renew = row("verharding_herstellen", "v"), row("verharding_vervangen", "v")
    alone = cleared(table(mend), {}, "K-verharding_herstellen-v")["footway/v"]
    both = cleared(table(mend, renew), {}, "K-verharding_herstellen-v")["footway/v"]
    assert alone - both == {"surface"}
    assert "unevenness" in both


def test_a_remedy_clears_what_it_contains():
    rows = table(row("verharding_vervangen", "v"), row("verharding_herstellen", "v", criteria="SUR-02", criterion="SUR-02"))
    assert "opening_width" in cleared(rows, {}, "K-verharding_vervangen-v")["footway/v"]


def test_a_ramp_opens_the_stairs_and_a_footway_its_street():
    rows = table(row("hellingsbaan_aanleggen", "t"), row("voetpad_aanleggen", "s"))
    assert cleared(rows, {}, "K-hellingsbaan_aanleggen-t") == {"stairs/t": {"*"}}
    assert cleared(rows, {}, "K-voetpad_aanleggen-s") == {"street/s": {"*"}}


def test_new_stairs_are_still_stairs():
    rows = table(row("hellingsbaan_aanleggen", "t", remedy="trap_vernieuwen", criteria="STR-01", bottleneck_id="K"))
    assert "*" not in cleared(rows, {}, "K")["stairs/t"]
    assert {"riser", "handrail_sides", "nosing_contrast"} <= cleared(rows, {}, "K")["stairs/t"]


def test_a_sign_does_not_make_a_slope_less_steep():
    assert find_fixes(table(row("route_omleiden", "v")), NORM, {}).empty


# Other objects


def test_both_kerbs_of_a_crossing_are_lowered_with_it():
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(7, 0), "f1": shapely.Point(50, 0)}, parent_id=["x", "x", "y"])
    rows = table(row("oversteekzijde_aanpassen", "x", kind="crossing", criteria="CRO-05", bottleneck_id="K"))
    found = cleared(rows, {"crossing_end": ends}, "K")
    assert set(found) == {"crossing/x", "crossing_end/e1", "crossing_end/e2"}
    assert "both_sides_lowered" in found["crossing/x"]
    assert "kerb_height" in found["crossing_end/e1"]


def narrow(movable: dict[str, str]) -> dict[str, gpd.GeoDataFrame]:
    """A footway with narrow places of 0.80 m, by what can be moved there."""
    places = {name: shapely.LineString([(10 * i, 0), (10 * i, 0.8)]) for i, name in enumerate(movable)}
    count = len(places)
    narrowings = layer(
        places,
        parent_id=["v"] * count,
        movable_id=list(movable.values()),
        narrowing_width=[0.8] * count,
        length_below_180=[2.0] * count,
    )
    obstacles = layer({name: shapely.Point(i, 0) for i, name in enumerate("abc")}, obstacle_type=["bin", "sign", "bench"])
    footway = layer({"v": LINE}, min_passage_width=[0.8], min_passage_width_limited_by=["a | "])
    return {"narrowing": narrowings, "obstacle": obstacles, "footway": footway}


def test_moving_what_limits_a_footway_opens_its_narrow_places_that_nothing_else_limits():
    layers = narrow({"n1": "a", "n2": "b", "n3": ""})
    found = cleared(table(row("obstakel_verplaatsen", "v")), layers, "K-obstakel_verplaatsen-v")
    assert {name for name in found if name.startswith("narrowing")} == {"narrowing/n1", "narrowing/n2"}
    assert "outside_walkway" in found["obstacle/a"]
    assert "obstacle/c" not in found
    assert "min_passage_width" in found["footway/v"]


def test_a_narrow_place_between_two_things_opens_once_both_are_moved():
    layers = narrow({"n1": "a | b"})
    moved = row("obstakel_verplaatsen", "a", kind="obstacle", criteria="FUR-14", criterion="FUR-14", bottleneck_id="K")
    assert set(cleared(table(moved), layers, "K")) == {"obstacle/a", "footway/v"}
    both = row("obstakel_verplaatsen", "n1", kind="narrowing", criteria="PAS-04", criterion="PAS-04", bottleneck_id="K")
    assert {"narrowing/n1", "obstacle/a", "obstacle/b"} <= set(cleared(table(both), layers, "K"))


def test_a_moved_obstacle_does_not_open_a_footway_with_another_bottleneck():
    layers = narrow({"n1": "a", "n2": "b"})
    one, other = (
        row("obstakel_verplaatsen", name, kind="narrowing", criteria="PAS-04", criterion="PAS-04", bottleneck_id=f"K{name}")
        for name in ("n1", "n2")
    )
    assert cleared(table(one), layers, "Kn1")["footway/v"] == {"min_passage_width"}
    assert "footway/v" not in cleared(table(one, other), layers, "Kn1")


def test_a_wider_footway_widens_its_narrow_places_but_not_past_what_has_to_be_moved():
    layers = narrow({"n1": "", "n2": "b"})
    wide = row("voetpad_verbreden", "v")
    blocked = row("obstakel_verplaatsen", "n2", kind="narrowing", criteria="PAS-04", criterion="PAS-04", bottleneck_id="K2")
    found = cleared(table(wide, blocked), layers, "K-voetpad_verbreden-v")
    assert found["narrowing/n1"] == {"narrowing_width"}
    assert "narrowing/n2" not in found
    assert {"route_width", "clear_width", "min_passage_width"} <= found["footway/v"]


# Properties


def test_every_attribute_of_a_bottleneck_is_cleared_unless_its_remedy_keeps_it():
    city, rows = sample()
    found = find_fixes(rows, NORM, city.layers)
    whole = found[found["attribute"] == "*"]
    opened = set(zip(whole["fix"], whole["object_id"], strict=True))
    pairs = set(zip(found["fix"], found["object_id"], found["attribute"], strict=True))
    kept = set()
    for one in rows.itertuples():
        for code in one.criteria.split("|"):
            attribute = NORM.rules[code].attribute
            if (one.bottleneck_id, one.object_id) not in opened and (one.bottleneck_id, one.object_id, attribute) not in pairs:
                kept.add((one.remedy, attribute))
    assert kept == {("route_omleiden", "running_slope"), ("bankenplan_opstellen", "ergonomic_share")}


def test_fixes_name_attributes_of_the_kind_and_objects_that_there_are():
    city, rows = sample()
    found = find_fixes(rows, NORM, city.layers)
    assert tuple(found) == COLUMNS
    assert not found.duplicated().any()
    for one in found.itertuples():
        assert one.object_id in city.layers[one.kind].index
        assert one.attribute == "*" or tg.schema.attributes()[one.attribute].belongs_to(one.kind)


def test_the_order_of_rows_and_objects_changes_nothing():
    city, rows = sample()
    rng = np.random.default_rng(6)
    mixed = rows.iloc[rng.permutation(len(rows))]
    layers = {kind: one.iloc[rng.permutation(len(one))] for kind, one in city.layers.items()}
    pd.testing.assert_frame_equal(find_fixes(mixed, NORM, layers), find_fixes(rows, NORM, city.layers))


def test_nothing_to_fix_gives_an_empty_table():
    city, rows = sample()
    found = find_fixes(rows.iloc[:0], NORM, city.layers)
    assert tuple(found) == COLUMNS
    assert found.empty


def test_cleared_attributes_are_listed_once_and_without_what_is_kept():
    found = cleared_attributes(NORM)
    assert not found.duplicated().any()
    assert not ((found["remedy"] == "route_omleiden") & (found["attribute"] == "running_slope")).any()
