"""Shares of a zone: accessible stops and ergonomic benches, as bounds, with absence."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.evidence import join_findings
from toegankelijk.inventory import with_inventory
from toegankelijk.measure.shares import ERGONOMIC, measure_shares

LAMBERT = "EPSG:31370"
NORM = tg.read_norm()
GOOD = {
    "platform_height": 18.0, "bus_swings_in": False, "boarding_depth": 2.0, "approach_step": 2.0,
    "boarding_tile": True, "guide_to_tile": True,
}  # fmt: skip
BAD = {**GOOD, "platform_height": 5.0}
UNKNOWN = {**GOOD, "approach_step": np.nan}
BENCH = {"seat_height": 46.0, "backrest": True, "armrest": True}


def layer(points, rows, *, complete=True, **columns):
    index = pd.Index([f"O-{i}" for i in range(1, len(points) + 1)], name="object_id", dtype="object")
    table = pd.DataFrame(rows, index=index, columns=None if rows else [])
    for name in table:
        if schema.attributes()[name].type == "bool":
            table[name] = table[name].astype("boolean")
    result = gpd.GeoDataFrame(table.assign(**columns), geometry=[shapely.Point(p) for p in points], crs=LAMBERT)
    if not complete:
        result["complete"] = False
    result.attrs["complete"] = complete
    return result


def city(levels="AC", **layers):
    """Zones of 100 by 100 m in a row, each one level area."""
    boxes = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(levels))]
    ids = pd.Index([f"Z-{i + 1}" for i in range(len(levels))], dtype="object")
    zones = gpd.GeoDataFrame({"name": ids, "assumed": False}, geometry=boxes, index=ids.rename("zone_id"), crs=LAMBERT)
    areas = gpd.GeoDataFrame(
        {"zone_id": ids, "level": list(levels), "approved": "", "assumed": False},
        geometry=boxes, index=ids.rename("area_id"), crs=LAMBERT,
    )  # fmt: skip
    own = gpd.GeoDataFrame(index=ids.rename("object_id"), geometry=boxes, crs=LAMBERT)
    return schema.City(name="Dorp", crs=CRS(LAMBERT), layers={"zone": own, **layers}, zones=zones, areas=areas)


def shares(town, attribute="accessible_share"):
    low, high = schema.bounds(measure_shares(town, NORM).layers["zone"], attribute)
    return [tuple(pair) for pair in np.stack([low, high], axis=1).round(3).tolist()]


NOTHING = (-np.inf, np.inf)


def test_share_of_stops_that_meet_the_level_where_they_lie():
    points = [(10, 10), (20, 10), (30, 10), (110, 10), (120, 10)]
    stops = layer(points, [GOOD, BAD, UNKNOWN, {**BAD, "platform_height": 12.0}, BAD])
    assert shares(city(stop=stops)) == [(33.333, 66.667), (50.0, 50.0)], "12 cm is enough at level C"


def test_a_zone_without_a_stop_has_none_and_without_the_layer_it_is_unknown():
    stops = layer([(10, 10)], [GOOD])
    assert shares(city(stop=stops)) == [(100.0, 100.0), (0.0, 0.0)]
    assert shares(city(stop=layer([], []))) == [(0.0, 0.0), (0.0, 0.0)]
    assert shares(city()) == [NOTHING, NOTHING]


def test_of_a_layer_that_lacks_objects_no_share_is_known():
    assert shares(city(stop=layer([(10, 10)], [GOOD], complete=False))) == [NOTHING, NOTHING]
    assert shares(city(stop=layer([], [], complete=False))) == [NOTHING, NOTHING]


def test_what_only_the_inventory_knows_may_or_may_not_be_good():
    stops = layer([(10, 10), (20, 10)], [GOOD, GOOD], delivered=[True, False])
    assert shares(city("A", stop=stops)) == [(50.0, 100.0)]


def test_what_lies_in_no_level_area_may_or_may_not_be_good():
    town = city("A", stop=layer([(10, 10), (90, 10)], [GOOD, GOOD]))
    half = town.areas.set_geometry(gpd.GeoSeries([shapely.box(0, 0, 50, 100)], town.areas.index, crs=LAMBERT))
    assert shares(replace(town, areas=half)) == [(50.0, 100.0)]


def test_a_platform_too_low_either_way_is_not_accessible():
    stops = layer([(10, 10)], [{**BAD, "bus_swings_in": None}])
    assert shares(city("A", stop=stops)) == [(0.0, 0.0)]


def test_what_the_city_says_is_kept():
    town = city(stop=layer([(10, 10)], [GOOD]))
    told = {**town.layers, "zone": town.layers["zone"].assign(accessible_share=[40.0, np.nan])}
    zones = measure_shares(replace(town, layers=told), NORM).layers["zone"]
    assert zones["accessible_share"].tolist() == [40.0, 0.0]
    assert zones["accessible_share_how"].tolist() == ["", "measured"]


@pytest.mark.parametrize(
    ("level", "seat_height", "low"), [("A", 45.0, 100), ("A", 44.9, 0), ("B", 42.0, 100), ("C", 51.0, 100), ("C", 51.1, 0)]
)
def test_ergonomic_benches_have_height_back_and_arm(level, seat_height, low):
    benches = layer([(10, 10)], [{**BENCH, "seat_height": seat_height}])
    assert shares(city(level, rest_place=benches), "ergonomic_share") == [(low, low)]


def test_one_thing_missing_makes_a_bench_not_ergonomic_and_one_unknown_leaves_it_open():
    rows = [{**BENCH, "backrest": False}, {**BENCH, "armrest": None}, {**BENCH, "seat_height": np.nan}, BENCH]
    benches = layer([(10 * i + 5, 10) for i in range(4)], rows)
    assert shares(city("A", rest_place=benches), "ergonomic_share") == [(25.0, 75.0)]
    assert shares(city("C", rest_place=benches), "ergonomic_share") == [(75.0, 100.0)], "level C asks for the height only"


def test_the_norm_names_the_three_things():
    rules = [rule for rule in NORM.rules.values() if rule.kind == "rest_place" and rule.attribute in ERGONOMIC]
    assert sorted(rule.code for rule in rules) == ["FUR-04", "FUR-05", "FUR-06", "FUR-07"]


# -------------------- laws

STATES = {"good": GOOD, "bad": BAD, "unknown": UNKNOWN, "gone": GOOD}
states = st.lists(st.sampled_from(sorted(STATES)), min_size=1, max_size=6)


def of_states(lists, levels=None):
    """Share of the stops in each of some zones, by the states of its stops."""
    rows = [(100 * i + 10 * j + 5, name) for i, names in enumerate(lists) for j, name in enumerate(names)]
    delivered = [name != "gone" for _, name in rows]
    stops = layer([(x, 10) for x, _ in rows], [STATES[name] for _, name in rows], delivered=delivered)
    return shares(city(levels or "A" * len(lists), stop=stops))


@settings(max_examples=20)
@given(states)
def test_unknown_only_widens_and_mending_never_lowers(names):
    changes = [(i, change) for i in range(len(names)) for change in sorted(STATES)]
    (low, high), *found = of_states([names, *([*names[:i], change, *names[i + 1 :]] for i, change in changes)])
    assert 0 <= low <= high <= 100
    for (i, change), other in zip(changes, found, strict=True):
        if change == "good":
            assert other[0] >= low
            assert other[1] >= high
        if change == "unknown":
            assert other[0] <= low
            assert other[1] >= high
        if change == "gone":
            assert other[0] <= low, f"stop {i} was left out, and the inventory knows it"


@settings(max_examples=20)
@given(states, st.randoms())
def test_order_and_level(names, random):
    shuffled = random.sample(names, len(names))
    a, other, b, c = of_states([names, shuffled, names, names], "AABC")
    assert a == other
    assert a[0] <= b[0] <= c[0]
    assert a[1] <= b[1] <= c[1]


@pytest.mark.slow
def test_leaving_out_a_bad_stop_raises_no_low_end_where_an_inventory_knows_it(sample_folder):
    raw = tg.read_city(sample_folder / "city.toml")
    before = measure_shares(tg.measure_layers(raw), NORM)
    known = join_findings(tg.assess(before, NORM))
    low = schema.bounds(before.layers["zone"], "accessible_share")[0]
    for object_id in raw.layers["stop"].index:
        fewer = replace(raw, layers={**raw.layers, "stop": raw.layers["stop"].drop(object_id)})
        after = measure_shares(tg.measure_layers(with_inventory(fewer, known)), NORM)
        assert (schema.bounds(after.layers["zone"], "accessible_share")[0] <= low + 1e-9).all(), object_id


@pytest.mark.slow
def test_with_all_criteria_counting_a_stop_left_out_raises_no_score(sample_folder):
    """The shares are detail criteria; with the scope ``full`` they move scores, and keep the law of the inventory."""
    raw = tg.read_city(sample_folder / "city.toml")
    before = measure_shares(tg.measure_layers(raw), NORM)
    known = join_findings(tg.assess(before, NORM))

    def lows(town):
        scores = tg.score_zones(tg.assess(measure_shares(tg.measure_layers(town), NORM), NORM, scope="full"), NORM)
        return scores.set_index(["zone_id", "level", "theme"])["score_low"]

    whole = lows(raw)
    for object_id in ("HA-03", "HA-04"):
        fewer = replace(raw, layers={**raw.layers, "stop": raw.layers["stop"].drop(object_id)})
        assert ((lows(with_inventory(fewer, known)) - whole).dropna() <= 1e-9).all(), object_id
    without = {kind: found for kind, found in raw.layers.items() if kind != "stop"}
    assert ((lows(replace(raw, layers=without)) - whole).dropna() <= 1e-9).all(), "a layer left out"
