"""What if: fixes that just meet, over every bottleneck of the sample district and every criterion of the norm."""

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.bottlenecks import find_bottlenecks
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.findings import assess
from toegankelijk.norm import Rule, judge
from toegankelijk.norm.kernel import FAILS, MEETS, NOT_APPLICABLE, UNKNOWN
from toegankelijk.planning import whatif
from toegankelijk.planning.whatif import FIX_COLUMNS, apply_fixes, compare_reach, compare_scores, compare_screenings, with_level
from toegankelijk.scores import score_city, score_zones
from toegankelijk.screening import Screening, screen_city

from .screenings import screen_once

CRS = "EPSG:31370"
NORM = tg.read_norm()
PARTS = 6
BESIDE = ("zone", "obstacle", "rest_place")  # what follows from an object, and what a remedy goes by
KINDS = sorted({rule.kind for rule in NORM.rules.values()})
RANK = {FAILS: 0, UNKNOWN: 1, MEETS: 2, NOT_APPLICABLE: 2}


@cache
def sample() -> Screening:
    return screen_once(tg.sample_city())


def fixes(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(FIX_COLUMNS))


def fixes_of(table: pd.DataFrame) -> pd.DataFrame:
    """What the criteria of each bottleneck judge."""
    rows = zip(table["bottleneck_id"], table["kind"], table["object_id"], table["criteria"], strict=True)
    return fixes(
        *((one, kind, object_id, NORM.rules[code].attribute) for one, kind, object_id, codes in rows for code in codes.split("|"))
    )


def city(layers: dict[str, gpd.GeoDataFrame]) -> tg.City:
    zone = shapely.box(0, 0, 100, 100)
    areas = gpd.GeoDataFrame({"zone_id": ["Z"], "level": ["B"]}, geometry=[zone], index=pd.Index(["Z"], name="area_id"), crs=CRS)
    zones = gpd.GeoDataFrame({"name": [""], "assumed": [False]}, geometry=[zone], index=pd.Index(["Z"], name="zone_id"), crs=CRS)
    return tg.City("", zones.crs, layers, zones, areas)


def layer(count: int, **columns: object) -> gpd.GeoDataFrame:
    points = [shapely.Point(1 + i % 90, 1 + i // 90) for i in range(count)]
    index = pd.Index([f"o{i}" for i in range(count)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=points, index=index, crs=CRS)


def outcomes(found: tg.Findings) -> pd.DataFrame:
    table = found.table[["object_id", "area_id", "criterion", "outcome"]].astype("str")
    kinds = table["criterion"].map({code: rule.kind for code, rule in NORM.rules.items()})
    return table.assign(kind=kinds).set_index(["kind", "object_id", "area_id", "criterion"])["outcome"]


@pytest.mark.parametrize("part", range(PARTS))
def test_after_its_fix_a_bottleneck_is_gone_and_nothing_that_met_fails(part):
    """Every bottleneck of the sample district by itself, in parts for the sake of time."""
    screened = sample()
    before = outcomes(screened.findings)
    met = before[before == "meets"].index
    assert len(screened.table) > 60
    for number in range(part, len(screened.table), PARTS):
        one = screened.table.iloc[[number]]
        mended = apply_fixes(screened.city, NORM, fixes_of(one))
        kinds = {one["kind"].item(), *BESIDE}
        same = [kind for kind in mended.layers if kind not in kinds]
        assert all(mended.layers[kind] is screened.city.layers[kind] for kind in same)  # so only these need judging again
        found = assess(replace(mended, layers={kind: mended.layers[kind] for kind in kinds}), NORM)
        after = find_bottlenecks(found, NORM)
        assert one["bottleneck_id"].item() not in set(after["bottleneck_id"])
        assert set(after["bottleneck_id"]) < set(screened.table["bottleneck_id"])
        now = outcomes(found)
        assert not now.reindex(met[met.get_level_values("kind").isin(kinds)]).isin(["fails", "unknown"]).any()
        new = now.index.difference(before.index)  # what is asked only since the fix, is met
        assert (now[new] == "meets").all()


def test_all_fixes_together_leave_nothing_and_raise_every_score():
    screened = sample()
    mended = screen_city(apply_fixes(screened.city, NORM, fixes_of(screened.table)), NORM)
    assert mended.table.empty
    scores = compare_scores(screened.scores, mended.scores)
    assert (scores["score_low_difference"].dropna() >= -1e-9).all()
    assert (scores["score_high_difference"].dropna() >= -1e-9).all()
    assert scores["score_low_difference"].max() > 0.1
    assert (scores["blockers_after"] == 0).all()
    assert scores["blockers_difference"].sum() == -screened.scores["blockers"].sum()


def test_the_city_that_is_mended_stays_as_it_was():
    screened = sample()
    was = {kind: part.copy(deep=True) for kind, part in screened.city.layers.items()}
    apply_fixes(screened.city, NORM, fixes_of(screened.table))
    for kind, part in screened.city.layers.items():
        pd.testing.assert_frame_equal(part, was[kind])


def test_the_order_of_fixes_changes_nothing_and_twice_is_once():
    screened = sample()
    rows = fixes_of(screened.table)
    once, other = (apply_fixes(screened.city, NORM, table) for table in (rows, rows.iloc[::-1].reset_index(drop=True)))
    twice = apply_fixes(once, NORM, rows)
    for kind, part in once.layers.items():
        pd.testing.assert_frame_equal(part, other.layers[kind])
        pd.testing.assert_frame_equal(part, twice.layers[kind], check_dtype=False)


def test_other_objects_and_attributes_stay_as_they_were():
    screened = sample()
    mended = apply_fixes(screened.city, NORM, fixes(("f", "kerb", "NV-05", "level_difference")))
    before, after = screened.city.layers["kerb"], mended.layers["kerb"]
    pd.testing.assert_frame_equal(before.drop("NV-05")[list(before)], after.drop("NV-05")[list(before)], check_dtype=False)
    assert {kind for kind in screened.city.layers if mended.layers[kind] is not screened.city.layers[kind]} == {"kerb"}


def limits(rule: Rule) -> list[float]:
    rows = [row for level in rule.limits.values() for row in level]
    return [row.limit for row in rows if row.limit is not None] + [row.upto for row in rows if np.isfinite(row.upto)]


def random_layer(kind: str, seed: int, count: int = 150) -> gpd.GeoDataFrame:
    """Objects of which every attribute that the norm reads is a value near its limits, bounds, or unknown."""
    rng = np.random.default_rng(seed)
    rules = [rule for rule in NORM.rules.values() if rule.kind == kind]
    columns: dict[str, object] = {}
    near: dict[str, list[float]] = {}
    for rule in rules:
        if rule.type == "number":
            near.setdefault(rule.attribute, []).extend(limits(rule))
        elif rule.type == "bool":
            columns[rule.attribute] = pd.array(rng.choice([True, False, None], count), dtype="boolean")
        else:
            columns[rule.attribute] = pd.Series(rng.choice([*rule.classes, None], count), dtype="object").to_numpy()
        for flag, _ in rule.applies:
            columns[flag] = pd.array(rng.choice([True, False, None], count), dtype="boolean")
        for level, driver in rule.drivers.items():
            if driver:
                near.setdefault(driver, []).extend([row.upto for row in rule.limits[level] if np.isfinite(row.upto)] or [1.0])
    for name, values in near.items():
        value = rng.choice([*values, 0.5], count) * rng.choice([0.0, 0.6, 1.0, 1.3, 2.5], count)
        how = rng.integers(0, 5, count)
        columns[name] = np.where(how < 3, value, np.nan)
        columns[f"{name}_low"] = np.where(how == 3, value, np.nan)
        columns[f"{name}_high"] = np.where(how == 3, value * rng.choice([1.0, 1.2, 2.0], count) + 0.1, np.nan)
    return layer(count, **columns)


def ranks(rule: Rule, objects: pd.DataFrame) -> np.ndarray:
    verdicts = judge(rule, objects)
    return np.array([[RANK[code] for code in verdicts[level].outcome] for level in schema.LEVELS])


@pytest.mark.parametrize("code", sorted(NORM.rules))
def test_every_criterion_is_met_after_its_fix_and_none_is_worse(code):
    rule = NORM.rules[code]
    objects = random_layer(rule.kind, seed=sorted(NORM.rules).index(code))
    rows = fixes(*(("f", rule.kind, one, rule.attribute) for one in objects.index))
    mended = apply_fixes(city({rule.kind: objects}), NORM, rows).layers[rule.kind]
    verdicts = judge(rule, mended)
    failed_before = False
    for level in schema.LEVELS:
        assert FAILS not in verdicts[level].outcome
        sure = verdicts[level].surely_asked & drivers_known(rule, level, mended)
        assert (verdicts[level].outcome[sure] == MEETS).all()
        failed_before |= bool((judge(rule, objects)[level].outcome == FAILS).any())
    assert failed_before, "the random objects must break the criterion, or this shows nothing"
    for other in (other for other in NORM.rules.values() if other.kind == rule.kind):
        known = np.array([drivers_known(other, level, objects) for level in schema.LEVELS])
        assert (ranks(other, mended) >= ranks(other, objects))[known].all(), other.code


def drivers_known(rule: Rule, level: str, objects: pd.DataFrame) -> np.ndarray:
    """Where the driver has an upper end, so that the strictest limit is a number."""
    driver = rule.drivers.get(level, "")
    if not driver or not any(row.per_driver for row in rule.limits[level]):
        return np.ones(len(objects), bool)
    return np.isfinite(schema.bounds(objects, driver)[1])


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_is_mended_as_a_whole_fails_in_nothing(kind):
    objects = random_layer(kind, seed=7)
    rows = fixes(*(("f", kind, one, whatif.EVERYTHING) for one in objects.index[:100]))
    mended = apply_fixes(city({kind: objects}), NORM, rows).layers[kind]
    for rule in (rule for rule in NORM.rules.values() if rule.kind == kind):
        for verdict in judge(rule, mended.iloc[:100]).values():
            assert FAILS not in verdict.outcome
    pd.testing.assert_frame_equal(mended.iloc[100:][list(objects)], objects.iloc[100:], check_dtype=False)


@pytest.mark.parametrize(
    ("height", "mended"),
    [(7.0, 2.0), (2.4, 2.0), (2.0, 2.0), (1.0, 1.0), (0.0, 0.0)],
)
def test_a_number_just_meets_the_strictest_level_and_what_meets_stays(height, mended):
    """CRO-01: at most 2 cm at level A, B 3 cm; within the tolerance it meets."""
    ends = layer(1, kerb_height=[height])
    after = apply_fixes(city({"crossing_end": ends}), NORM, fixes(("f", "crossing_end", "o0", "kerb_height")))
    limit = min(row.limit for row in NORM.rules["CRO-01"].limits["A"] if row.limit is not None)
    met = judge(NORM.rules["CRO-01"], ends)["A"].outcome[0] == MEETS
    assert after.layers["crossing_end"]["kerb_height"].item() == (height if met else limit)
    assert limit == 2.0
    assert met == (height <= 2.0)
    assert mended == after.layers["crossing_end"]["kerb_height"].item()


def test_bounds_are_cleared():
    ends = layer(1, kerb_height=[np.nan], kerb_height_low=[1.0], kerb_height_high=[9.0])
    after = apply_fixes(city({"crossing_end": ends}), NORM, fixes(("f", "crossing_end", "o0", "kerb_height"))).layers[
        "crossing_end"
    ]
    assert after[["kerb_height", "kerb_height_low", "kerb_height_high"]].iloc[0].tolist()[0] == 2.0
    assert after[["kerb_height_low", "kerb_height_high"]].isna().all(axis=None)
    assert after["kerb_height_how"].item() == "fixed"


def test_a_limit_with_a_driver_goes_by_the_drivers_value():
    """PRK-05: at level A of 200 bays 4 + 2 %, of 50 bays 6 %."""
    parks = layer(2, bay_count=[200.0, 50.0], reserved_count=[0.0, 0.0])
    rows = fixes(*(("f", "car_park", one, "reserved_count") for one in parks.index))
    assert apply_fixes(city({"car_park": parks}), NORM, rows).layers["car_park"]["reserved_count"].tolist() == [8.0, 3.0]


def test_what_a_fix_brings_about_is_built_right_too():
    """Of a kerb of 8 cm no bevel is asked, of one of 2 cm it is: the fix of the one gives the other."""
    kerbs = layer(1, level_difference=[8.0], bevel_angle=[90.0])
    after = apply_fixes(city({"kerb": kerbs}), NORM, fixes(("f", "kerb", "o0", "level_difference"))).layers["kerb"]
    assert (judge(NORM.rules["THR-02"], kerbs)["A"].outcome == NOT_APPLICABLE).all()
    assert after["level_difference"].item() < 8.0
    assert all((ranks(rule, after) == 2).all() for rule in NORM.rules.values() if rule.code in ("THR-01", "THR-02"))


def test_more_criteria_can_be_asked_such_as_those_of_a_user_profile():
    """A profile that asks 1.80 m where the norm asks less."""
    rule = NORM.rules["PAS-01"]
    wide = replace(rule, limits={level: tuple(replace(row, limit=2.5) for row in rows) for level, rows in rule.limits.items()})
    paths = layer(1, route_width=[0.9]).set_geometry([shapely.LineString([(1, 1), (30, 1)])], crs=CRS)
    rows = fixes(("f", "footway", "o0", "route_width"))
    norm_only, both = (apply_fixes(city({"footway": paths}), NORM, rows, rules=more) for more in ((), (wide,)))
    assert norm_only.layers["footway"]["route_width"].item() < both.layers["footway"]["route_width"].item() == 2.5


def test_shares_of_a_zone_are_measured_again():
    screened = sample()
    benches = screened.city.layers["rest_place"]
    rows = fixes(*(("f", "rest_place", one, whatif.EVERYTHING) for one in benches.index))
    before = schema.bounds(screened.city.layers["zone"], "ergonomic_share")
    after = schema.bounds(apply_fixes(screened.city, NORM, rows).layers["zone"], "ergonomic_share")
    assert before[0].tolist() == [0.0, 0.0, 0.0]
    assert after[0].tolist() == after[1].tolist() == [100.0, 100.0, 0.0]  # the third zone has no bench


def test_a_fix_of_what_is_not_there_is_refused_with_all_that_is_wrong():
    rows = fixes(("f1", "kerb", "nowhere", "level_difference"), ("f2", "lift", "x", "*"), ("f3", "kerb", "NV-05", "*"))
    with pytest.raises(InputError) as error:
        apply_fixes(sample().city, NORM, rows)
    assert "f1" in str(error.value)
    assert "f2" in str(error.value)
    assert "f3" not in str(error.value)
    with pytest.raises(InputError, match="attribute"):
        apply_fixes(sample().city, NORM, rows.drop(columns="attribute"))


def test_criteria_that_contradict_one_another_are_refused():
    rule = NORM.rules["STR-03"]
    other = replace(rule, compare="max", limits={level: (replace(rows[0], limit=20.0),) for level, rows in rule.limits.items()})
    with pytest.raises(ConfigError, match="contradict"):
        apply_fixes(city({"stairs": layer(1, stride=[80.0])}), NORM, fixes(("f", "stairs", "o0", "stride")), rules=[other])


def test_attributes_that_nothing_judges_stay():
    kerbs = layer(1, level_difference=[8.0], colour=["red"])
    after = apply_fixes(city({"kerb": kerbs}), NORM, fixes(("f", "kerb", "o0", "colour")))
    pd.testing.assert_frame_equal(after.layers["kerb"], kerbs)


@given(st.lists(st.integers(0, 60), max_size=6, unique=True))
@settings(max_examples=8)
def test_any_set_of_fixes_lowers_no_score(numbers):
    screened = sample()
    mended = apply_fixes(screened.city, NORM, fixes_of(screened.table.iloc[numbers]))
    after = score_zones(assess(mended, NORM), NORM)
    table = compare_scores(screened.scores, after)
    for name in ("score_low", "score_high", "share_low", "share_high"):
        assert (table[f"{name}_difference"].dropna() >= -1e-9).all()


def test_another_level_is_a_difference_with_the_first():
    screened = sample()
    strict = screen_city(with_level(screened.city, "A", NORM), NORM)
    loose = screen_city(with_level(screened.city, "C", NORM), NORM)
    difference = compare_screenings(loose, strict)
    assert (difference.city_scores["score_high_difference"].dropna() <= 1e-9).all()
    assert difference.city_scores["score_high_difference"].min() < -0.05
    assert not (difference.bottlenecks["change"] == "gone").any()
    assert (difference.bottlenecks["change"] == "new").sum() == len(strict.table) - len(loose.table) > 10
    assert set(difference.scores["level"]) == {"all", "A", "C"}
    assert (difference.criteria["fails_difference"] >= 0).all()
    with pytest.raises(ConfigError, match="none of A, B, C"):
        with_level(screened.city, "D", NORM)


def test_a_screening_does_not_differ_from_itself():
    difference = compare_screenings(sample(), sample())
    assert (difference.scores[[name for name in difference.scores if name.endswith("_difference")]].fillna(0) == 0).all(axis=None)
    assert set(difference.bottlenecks["change"]) == {"stays"}
    assert len(difference.bottlenecks) == len(sample().table)
    assert (difference.criteria[["fails_difference", "meets_difference", "unknown_difference"]] == 0).all(axis=None)
    assert set(difference.area_scores["district_id"]) == {"W-1", "W-2"}


def test_scores_are_compared_by_zone_level_and_theme_whatever_the_order():
    screened = sample()
    shuffled = screened.scores.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(compare_scores(screened.scores, screened.scores), compare_scores(screened.scores, shuffled))
    fewer = compare_scores(screened.scores, screened.scores[screened.scores["zone_id"] != "WZ-2"])
    gone = fewer[fewer["zone_id"] == "WZ-2"]
    assert gone["score_low_before"].notna().any()
    assert gone["score_low_after"].isna().all()
    assert gone.geometry.notna().all()
    whole = score_city(screened.findings, NORM)
    assert len(compare_scores(whole, whole)) == len(whole)


def test_reach_is_compared_with_ways_that_were_not_there():
    keys = pd.DataFrame({"origin": ["a", "a", "b"], "purpose": ["stop", "shop", "stop"]})
    before = keys.assign(distance_worst=[np.inf, np.inf, 120.0], reached_surely=[False, False, True])
    after = keys.assign(distance_worst=[80.0, np.inf, 100.0], reached_surely=[True, False, True]).iloc[::-1]
    table = compare_reach(before, after).set_index(["origin", "purpose"])
    assert table.loc[("a", "stop"), "distance_worst_difference"] == -np.inf
    assert np.isnan(table.loc[("a", "shop"), "distance_worst_difference"])
    assert table.loc[("b", "stop"), "distance_worst_difference"] == -20.0
    assert table["reached_surely_difference"].tolist() == [0.0, 1.0, 0.0]
    indexed = before.set_index(["origin", "purpose"])
    pd.testing.assert_frame_equal(compare_reach(indexed, after.set_index(["origin", "purpose"])), table.reset_index())
    with pytest.raises(InputError, match="several rows"):
        compare_reach(pd.concat([before, before]), after)
