"""Scores of small districts, worked out by hand in each test.

With level B, a kerb of 1 cm meets, 2.5 cm fails but meets C (severity 1), 5 cm has severity 3 and 7 cm severity 4; a footway of
1.0 m has severity 3 and one of 0.8 m severity 4 (a blocker). An object scores 1 minus its worst severity / 4.
"""

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
from toegankelijk.errors import ConfigError
from toegankelijk.scores import ALL

CRS = "EPSG:31370"
NORM = tg.read_norm()


def layer(rows: dict[str, tuple], **columns: list) -> gpd.GeoDataFrame:
    """Objects by id; each a point (x, y) or a line of two points."""
    shapes = [shapely.Point(place) if np.isscalar(place[0]) else shapely.LineString(place) for place in rows.values()]
    index = pd.Index(list(rows), name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=CRS)


def kerbs(*heights: float, x: float = 0.5) -> gpd.GeoDataFrame:
    return layer({f"k{i}": (x, i + 0.5) for i in range(len(heights))}, level_difference=list(heights))


def city(layers: dict[str, gpd.GeoDataFrame], areas: dict[str, tuple[str, str, shapely.Geometry]] | None = None) -> tg.City:
    """A city with level areas (id: zone, level, polygon); by default one zone of level B, 100 m by 100 m."""
    areas = areas or {"Z": ("Z", "B", shapely.box(0, 0, 100, 100))}
    table = gpd.GeoDataFrame(
        {"zone_id": [zone for zone, _, _ in areas.values()], "level": [level for _, level, _ in areas.values()]},
        geometry=[shape for _, _, shape in areas.values()],
        index=pd.Index(list(areas), name="area_id"),
        crs=CRS,
    )
    zones = table.dissolve("zone_id")[["geometry"]].assign(name="", assumed=False)
    return tg.City("", zones.crs, layers, zones, table)


def score(city: tg.City, *scope: str, **options: float) -> pd.DataFrame:
    scores = tg.score_zones(tg.assess(city, NORM, scope=scope), NORM, **options)
    return scores.set_index(["zone_id", "level", "theme"])


def interval(scores: pd.DataFrame, *key: str, of: str = "score") -> tuple[float, float]:
    return tuple(scores.loc[key, [f"{of}_low", f"{of}_high"]])


def test_objects_of_one_kind():
    scores = score(city({"kerb": kerbs(1.0, 2.5, 5.0, 7.0, np.nan)}), "THR-01")
    row = scores.loc["Z", "B", "drempels"]
    assert (row["score_low"], row["score_high"]) == pytest.approx(((1 + 0.75 + 0.25 + 0 + 0) / 5, (1 + 0.75 + 0.25 + 0 + 1) / 5))
    assert row["score_known"] == pytest.approx((1 + 0.75 + 0.25 + 0) / 4)
    assert (row["share_low"], row["share_high"]) == pytest.approx((1 / 5, 2 / 5))
    assert row["coverage"] == pytest.approx(4 / 5)
    assert (row["blockers"], row["objects"]) == (1, 5)
    for key in (("Z", ALL, "drempels"), ("Z", "B", ALL), ("Z", ALL, ALL)):
        assert interval(scores, *key) == pytest.approx((0.4, 0.6))


def test_bounds_give_an_interval():
    """A lowered kerb, at most 4 cm: at best it meets; at worst it has severity 3, as it may be over 3 cm but not over 6."""
    lowered = layer({"k": (1, 1)}, level_difference=[np.nan], level_difference_high=[4.0], level_difference_low=[0.0])
    assert interval(score(city({"kerb": lowered}), "THR-01"), "Z", "B", "drempels") == pytest.approx((0.25, 1.0))


def test_stretches_weigh_by_their_length_inside():
    paths = layer({"good": ((0, 1), (30, 1)), "narrow": ((90, 2), (110, 2))}, route_width=[2.0, 0.8])
    scores = score(city({"footway": paths}), "PAS-01")
    assert interval(scores, "Z", "B", "doorgangen") == pytest.approx((30 / 40, 30 / 40))
    assert interval(scores, "Z", "B", "doorgangen", of="share") == pytest.approx((0.75, 0.75))
    assert scores.loc[("Z", "B", "doorgangen"), "blockers"] == 1


def test_kinds_of_a_theme_count_alike_however_many_objects_they_have():
    entrances = layer({"e": (5, 5)}, entrance_step=[5.0], public_building=[True])
    scores = score(city({"kerb": kerbs(1.0, 1.0, 1.0), "entrance": entrances}), "THR-01", "THR-06")
    assert interval(scores, "Z", "B", "drempels") == pytest.approx(((1 + 0.25) / 2, (1 + 0.25) / 2))


def test_the_worst_of_an_object_counts_within_a_theme_and_each_theme_alone():
    bench = layer({"b": (5, 5)}, backrest=[False], beside_width=[0.5])
    path = layer({"p": ((0, 1), (10, 1))}, route_width=[1.0], surface=["asphalt"])
    scores = score(city({"rest_place": bench, "footway": path}), "FUR-06", "FUR-09", "PAS-01", "SUR-03")
    assert interval(scores, "Z", "B", "straatmeubilair") == pytest.approx((0.5, 0.5))  # severities 1 and 2
    assert interval(scores, "Z", "B", "doorgangen") == pytest.approx((0.25, 0.25))
    assert interval(scores, "Z", "B", "oppervlak") == pytest.approx((1.0, 1.0))
    assert interval(scores, "Z", "B", ALL) == pytest.approx(((0.5 + 0.25 + 1) / 3,) * 2)


def test_themes_count_by_the_weights_of_the_norm():
    weights = ["3" if theme == "oppervlak" else "1" for theme in NORM.themes.index]
    heavier = replace(NORM, themes=NORM.themes.assign(weight=weights))
    path = layer({"p": ((0, 1), (10, 1))}, route_width=[1.0], surface=["asphalt"])
    findings = tg.assess(city({"footway": path}), NORM, scope=["PAS-01", "SUR-03"])
    scores = tg.score_zones(findings, heavier).set_index(["zone_id", "level", "theme"])
    assert interval(scores, "Z", "B", ALL) == pytest.approx(((1 * 0.25 + 3 * 1) / 4,) * 2)


@cache
def three_themes() -> tg.Findings:
    """A pavement that scores 0.25 on its passages and 1 on its surface, and a kerb of which nothing is known (0 to 1)."""
    path = layer({"p": ((0, 1), (10, 1))}, route_width=[1.0], surface=["asphalt"])
    return tg.assess(city({"footway": path, "kerb": kerbs(np.nan)}), NORM, scope=["PAS-01", "SUR-03", "THR-01"])


def weighed(weights: dict[str, float] | None, function: object = tg.score_zones) -> pd.DataFrame:
    return function(three_themes(), NORM, theme_weights=weights).set_index(["zone_id", "level", "theme"])


def test_a_city_may_weigh_themes_otherwise():
    both = {"oppervlak": 3, "drempels": 0.5}  # doorgangen keeps the weight of the norm, 1
    for scores, zone in ((weighed(both), "Z"), (weighed(both, tg.score_city), "city")):
        assert interval(scores, zone, ALL, ALL) == pytest.approx(((0.25 + 3) / 4.5, (0.25 + 3 + 0.5) / 4.5))
        assert scores.loc[(zone, ALL, ALL), "coverage"] == pytest.approx((1 + 3 + 0) / 4.5)


def test_the_weights_of_the_norm_are_the_default():
    same = {theme: NORM.weight(theme) for theme in NORM.themes.index}
    pd.testing.assert_frame_equal(weighed(None), weighed(same))
    pd.testing.assert_frame_equal(weighed({}), weighed(same))


@given(
    weights=st.fixed_dictionaries(
        {theme: st.sampled_from([0.0, 0.1, 1.0, 7.5]) for theme in ("doorgangen", "oppervlak", "drempels")}
    ),
    factor=st.sampled_from([0.01, 3.0, 1e6]),
)
@settings(max_examples=10)
def test_weights_only_mix_themes(weights, factor):
    """Themes, counts and blockers stay; the zone lies between its themes; only the ratio of the weights counts."""
    others = dict.fromkeys(set(schema.THEMES) - set(weights), 1.0)
    plain, scores = weighed(None), weighed({**others, **weights})
    themes = plain.index.get_level_values("theme") != ALL
    pd.testing.assert_frame_equal(scores[themes], plain[themes])
    pd.testing.assert_frame_equal(scores[["blockers", "objects"]], plain[["blockers", "objects"]])
    counted = [theme for theme, weight in weights.items() if weight]
    row = scores.loc["Z", ALL, ALL]
    if not counted:
        assert np.isnan(row["score_low"])
    else:
        parts = plain.xs(("Z", ALL), level=("zone_id", "level")).loc[counted]
        for column in ("score_low", "score_high", "share_low", "share_high", "coverage"):
            assert parts[column].min() - 1e-9 <= row[column] <= parts[column].max() + 1e-9
    more = weighed({theme: weight * factor for theme, weight in {**others, **weights}.items()})
    pd.testing.assert_frame_equal(more, scores)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"haltes": -1.0, "stops": 2.0}, ["'stops' is none of doorgangen", "'haltes' weighs -1.0; give 0 or more"]),
        ({"haltes": np.inf}, ["'haltes' weighs inf"]),
        ({"haltes": np.nan}, ["'haltes' weighs nan"]),
        (dict.fromkeys(schema.THEMES, 0.0), ["all themes weigh 0"]),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights, said):
    with pytest.raises(ConfigError) as caught:
        weighed(weights)
    assert len(caught.value.problems) == len(said)
    assert all(text in problem for text, problem in zip(said, caught.value.problems, strict=True))


@pytest.mark.parametrize(
    ("kerb", "step", "low", "high"),
    [
        (1.0, 5.0, (1 + 0.25) / 2, 1.0),  # at worst the entrance is public, and counts with 0.25
        (5.0, 5.0, 0.25, (0.25 + 1) / 2),
        (5.0, 0.0, 0.25, (0.25 + 1) / 2),  # at worst nothing is asked of the entrance, and it does not help
        (1.0, 0.0, 1.0, 1.0),
    ],
)
def test_what_may_not_apply_counts_only_where_that_is_worse(kerb, step, low, high):
    entrance = layer({"e": (5, 5)}, entrance_step=[step], public_building=pd.array([pd.NA], dtype="boolean"))
    scores = score(city({"kerb": kerbs(kerb), "entrance": entrance}), "THR-01", "THR-06")
    assert interval(scores, "Z", "B", "drempels") == pytest.approx((low, high))


def test_what_may_not_apply_within_one_kind():
    """Kerb entrances: one fails surely (0.25), one surely meets, one may fail (0.25), one may be there and meet."""
    flags = pd.array([True, True, pd.NA, pd.NA, False], dtype="boolean")
    entrances = layer({f"e{i}": (i, 1) for i in range(5)}, entrance_step=[5.0, 0.0, 5.0, 0.0, 9.0], public_building=flags)
    scores = score(city({"entrance": entrances}), "THR-06")
    assert interval(scores, "Z", "B", "drempels") == pytest.approx(((0.25 + 1 + 0.25) / 3, (0.25 + 1 + 1 + 1) / 4))
    assert scores.loc[("Z", "B", "drempels"), "objects"] == 4


def test_a_kind_that_was_not_delivered_is_unknown_and_not_perfect():
    scores = score(city({"kerb": kerbs(1.0)}), "THR-01", "THR-06", "SUR-03")
    assert interval(scores, "Z", "B", "drempels") == pytest.approx(((1 + 0) / 2, 1.0))
    assert interval(scores, "Z", "B", "oppervlak") == pytest.approx((0.0, 1.0))
    assert scores.loc[("Z", "B", "drempels"), "coverage"] == pytest.approx(0.5)
    assert scores.loc[("Z", "B", "oppervlak"), "coverage"] == 0
    assert interval(scores, "Z", "B", ALL) == pytest.approx(((0.5 + 0) / 2, 1.0))


def test_a_kind_that_was_delivered_and_is_not_in_the_zone_says_nothing():
    empty = layer({}, entrance_step=[], public_building=[])
    scores = score(city({"kerb": kerbs(5.0), "entrance": empty}), "THR-01", "THR-06", "SUR-03")
    assert interval(scores, "Z", "B", "drempels") == pytest.approx((0.25, 0.25))


def test_a_theme_with_nothing_in_the_zone_has_no_score():
    away = layer({"p": ((500, 1), (600, 1))}, surface=["mud"])
    scores = score(city({"kerb": kerbs(1.0), "footway": away}), "THR-01", "SUR-03")
    row = scores.loc["Z", "B", "oppervlak"]
    assert row[["score_low", "score_high", "share_low", "coverage"]].isna().all()
    assert (row["objects"], row["ranked"]) == (0, False)
    assert interval(scores, "Z", "B", ALL) == (1.0, 1.0)


@pytest.mark.parametrize(("floor", "ranked"), [(0.5, True), (0.51, False)])
def test_under_the_coverage_floor_a_zone_is_not_ranked(floor, ranked):
    scores = score(city({"kerb": kerbs(1.0, np.nan)}), "THR-01", coverage_floor=floor)
    assert scores.loc[("Z", ALL, ALL), "coverage"] == pytest.approx(0.5)
    assert scores.loc[("Z", ALL, ALL), "ranked"] == ranked


@pytest.mark.parametrize(
    ("heights", "surely", "possibly"),
    [
        ([1.0] * 9 + [9.0], "A", "A"),
        ([1.0] * 8 + [9.0] * 2, "none", "none"),
        ([1.0] * 8 + [2.5] * 2, "C", "C"),  # 2.5 cm meets C only
        ([1.0] * 8 + [np.nan] * 2, "none", "A"),
        ([1.0] * 8 + [2.5, np.nan], "C", "A"),
    ],
)
def test_level_reached(heights, surely, possibly):
    row = score(city({"kerb": kerbs(*heights)}), "THR-01").loc["Z", ALL, "drempels"]
    assert (row["level_surely"], row["level_possibly"]) == (surely, possibly)


def test_required_share_is_a_choice():
    row = score(city({"kerb": kerbs(1.0, 1.0, 1.0, 9.0)}), "THR-01", required_share=0.75).loc["Z", ALL, "drempels"]
    assert row["level_surely"] == "A"


def test_a_blocker_in_two_level_areas_counts_once_in_the_zone():
    areas = {"a": ("Z", "A", shapely.box(0, 0, 50, 100)), "b": ("Z", "B", shapely.box(50, 0, 100, 100))}
    path = layer({"p": ((10, 1), (90, 1))}, route_width=[0.5])
    scores = score(city({"footway": path}, areas), "PAS-01")
    assert scores["blockers"].xs("doorgangen", level="theme").to_dict() == {("Z", ALL): 1, ("Z", "A"): 1, ("Z", "B"): 1}
    assert scores["objects"].xs(ALL, level="theme").to_dict() == {("Z", ALL): 1, ("Z", "A"): 1, ("Z", "B"): 1}


def test_an_object_is_judged_by_the_level_of_each_area():
    """1.6 m meets B and not A (severity 1, as B is met); 30 m lie in A and 50 m in B."""
    areas = {"a": ("Z", "A", shapely.box(0, 0, 50, 100)), "b": ("Z", "B", shapely.box(50, 0, 100, 100))}
    path = layer({"p": ((20, 1), (100, 1))}, route_width=[1.6])
    scores = score(city({"footway": path}, areas), "PAS-01")
    assert interval(scores, "Z", "A", "doorgangen") == pytest.approx((0.75, 0.75))
    assert interval(scores, "Z", "B", "doorgangen") == pytest.approx((1.0, 1.0))
    assert interval(scores, "Z", ALL, "doorgangen") == pytest.approx(((30 * 0.75 + 50) / 80,) * 2)
    assert interval(scores, "Z", ALL, "doorgangen", of="share") == pytest.approx((50 / 80, 50 / 80))


def test_an_object_where_zones_overlap_counts_in_both():
    areas = {"X": ("X", "B", shapely.box(0, 0, 60, 100)), "Y": ("Y", "C", shapely.box(40, 0, 100, 100))}
    both = layer({"x": (10, 1), "xy": (50, 1), "y": (90, 1)}, level_difference=[1.0, 7.0, 1.0])
    scores = score(city({"kerb": both}, areas), "THR-01")
    for zone in ("X", "Y"):
        row = scores.loc[zone, ALL, "drempels"]
        assert (row["score_low"], row["blockers"], row["objects"]) == (0.5, 1, 2)


def test_an_object_in_two_zones_is_one_bottleneck_for_the_city():
    areas = {"X": ("X", "B", shapely.box(0, 0, 60, 100)), "Y": ("Y", "C", shapely.box(40, 0, 100, 100))}
    both = layer({"xy": (50, 1)}, level_difference=[7.0])
    table = tg.find_bottlenecks(tg.assess(city({"kerb": both}, areas), NORM), NORM)
    assert table[["object_id", "zone_id", "level"]].to_numpy().tolist() == [["xy", "X", "B"]]


def test_every_zone_level_and_theme_has_one_row():
    areas = {"a": ("Z", "A", shapely.box(0, 0, 50, 100)), "b": ("Z", "B", shapely.box(50, 0, 100, 100))}
    areas["w"] = ("W", "C", shapely.box(200, 0, 210, 9))
    scores = score(city({"kerb": kerbs(1.0)}, areas), "THR-01")
    assert scores.index.is_unique
    assert len(scores) == (3 + 2) * 9
    assert scores.index[0] == ("W", ALL, ALL)
    assert (scores["score_low"].dropna() <= scores["score_high"].dropna() + 1e-12).all()


def test_nothing_at_all_still_gives_scores():
    scores = score(city({"kerb": kerbs()}), "THR-01")
    assert scores["score_low"].isna().all()
    assert (scores["blockers"] == 0).all()


def test_an_object_of_which_only_a_stricter_level_asks_something_counts_as_met():
    """Level C asks no backrest; the bench still counts, so that C is never easier to score low in than B."""
    areas = {"Z": ("Z", "C", shapely.box(0, 0, 100, 100))}
    scores = score(city({"rest_place": layer({"b": (5, 5)}, backrest=[False])}, areas), "FUR-06")
    assert interval(scores, "Z", "C", "straatmeubilair") == (1.0, 1.0)
    assert scores.loc[("Z", "C", "straatmeubilair"), "level_surely"] == "C"


def test_the_city_counts_an_object_once_at_its_strictest_level():
    """Zones X (level A) and Y (level B) overlap by half; the kerb of 2.5 cm there is judged at A, the one of 7 cm only at B."""
    areas = {"X": ("X", "A", shapely.box(0, 0, 60, 100)), "Y": ("Y", "B", shapely.box(40, 0, 100, 100))}
    layers = {"kerb": layer({"both": (50, 1), "y": (80, 1)}, level_difference=[2.5, 7.0])}
    findings = tg.assess(city(layers, areas), NORM, scope=["THR-01"])
    row = tg.score_city(findings, NORM).set_index(["zone_id", "level", "theme"]).loc["city", ALL, "drempels"]
    assert (row["score_low"], row["score_high"]) == pytest.approx(((0.5 + 0) / 2,) * 2)  # 2.5 cm fails B too: severity 2 at A
    assert (row["objects"], row["blockers"]) == (2, 1)


def test_the_city_counts_a_pavement_by_its_length_once():
    areas = {"X": ("X", "B", shapely.box(0, 0, 60, 100)), "Y": ("Y", "B", shapely.box(40, 0, 100, 100))}
    lines = {"bad": ((0, 1), (100, 1)), "good": ((0, 2), (20, 2))}  # 100 m, of which 20 m in both zones; and 20 m
    findings = tg.assess(city({"footway": layer(lines, route_width=[0.8, 2.0])}, areas), NORM, scope=["PAS-01"])
    row = tg.score_city(findings, NORM).set_index(["zone_id", "level", "theme"]).loc["city", ALL, "doorgangen"]
    assert row["score_low"] == pytest.approx(20 / 120)


def test_one_zone_is_the_city():
    findings = tg.assess(city({"kerb": kerbs(1.0, 5.0, np.nan)}), NORM)
    together, apart = (function(findings, NORM) for function in (tg.score_city, tg.score_zones))
    columns = ["level", "theme", "share_low", "share_high", "score_low", "score_high", "coverage", "blockers", "objects"]
    pd.testing.assert_frame_equal(together[columns], apart[columns])
