"""Districts: scored as zones are, with works that add up, and nothing that gets lost between them."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import toegankelijk as tg
from toegankelijk.areas import OUTSIDE, WORKS, find_districts, find_shares, list_outside, score_areas, sum_works
from toegankelijk.findings import assess
from toegankelijk.scores import score_city, score_zones
from toegankelijk.screening import Screening, screen_city

from .screenings import screen_once

CRS = "EPSG:31370"
NORM = tg.read_norm()
PLAIN = ["score_low", "score_high", "score_known", "share_low", "share_high", "coverage"]
COUNTS = ["blockers", "objects"]
REAL = Path(__file__).parent / "real"


@cache
def sample() -> Screening:
    return screen_once(tg.sample_city())


def districts(offices: bool = False, **shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name="district_id", dtype="object")
    columns = {"name": [f"Wijk {name}" for name in shapes]} | (
        {"office": [f"Bureau {name}" for name in shapes]} if offices else {}
    )
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=index, crs=CRS)


def with_districts(city: tg.City, **divisions: gpd.GeoDataFrame) -> tg.City:
    return replace(city, districts=divisions)


def layer(rows: dict[str, tuple], **columns: list) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(place) if np.isscalar(place[0]) else shapely.LineString(place) for place in rows.values()]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=pd.Index(list(rows), name="object_id", dtype="object"), crs=CRS)


def city(layers: dict[str, gpd.GeoDataFrame], areas: dict[str, tuple[str, str, shapely.Geometry]]) -> tg.City:
    """A city with level areas (id: zone, level, polygon)."""
    table = gpd.GeoDataFrame(
        {
            "zone_id": [zone for zone, _, _ in areas.values()],
            "level": [level for _, level, _ in areas.values()],
            "assumed": False,
        },
        geometry=[shape for _, _, shape in areas.values()],
        index=pd.Index(list(areas), name="area_id"),
        crs=CRS,
    )
    zones = table.dissolve("zone_id")[["geometry"]].assign(name="", assumed=False)
    return tg.City("", zones.crs, layers, zones, table)


def scores_of(found: tg.Findings) -> pd.DataFrame:
    return score_areas(found, NORM).set_index(["division", "district_id", "level", "theme"])


def test_a_district_that_is_a_zone_has_the_scores_of_the_zone():
    screened = sample()
    zones = screened.city.zones[["name", "geometry"]].rename_axis("district_id")
    found = replace(screened.findings, city=with_districts(screened.city, wijk=zones))
    own = screened.scores.set_index(["zone_id", "level", "theme"]).sort_index()
    # zones WZ-2 and WZ-3 overlap, and an object there counts in a district at the stricter level; so one zone at a time
    for zone in zones.index:
        alone = found.membership[found.membership["zone_id"] == zone]
        areas = screened.city.areas[screened.city.areas["zone_id"] == zone]
        only = replace(found, membership=alone, city=replace(found.city, areas=areas, districts={"wijk": zones.loc[[zone]]}))
        got = score_areas(only, NORM).set_index(["district_id", "level", "theme"]).sort_index()
        want = own.loc[[zone]]
        assert got.index.tolist() == want.index.tolist()
        np.testing.assert_allclose(got[PLAIN].to_numpy(float), want[PLAIN].to_numpy(float), atol=1e-9)
        told = [*COUNTS, "level_surely", "level_possibly", "ranked"]
        assert got[told].to_numpy().tolist() == want[told].to_numpy().tolist()


def test_the_districts_of_the_sample_are_its_zones_where_these_do_not_overlap():
    """W-1 holds zone WZ-1 and nothing else, so it has its very scores; W-2 holds two zones that overlap."""
    screened = sample()
    district = screened.area_scores[screened.area_scores["district_id"] == "W-1"].set_index(["level", "theme"])
    zone = screened.scores[screened.scores["zone_id"] == "WZ-1"].set_index(["level", "theme"])
    np.testing.assert_allclose(district[PLAIN].to_numpy(float), zone.loc[district.index, PLAIN].to_numpy(float), atol=1e-9)
    assert (district[COUNTS] == zone.loc[district.index, COUNTS]).all(axis=None)
    second = screened.area_scores.query("district_id == 'W-2' and level == 'all' and theme == 'all'")
    zones = screened.scores.query("zone_id in ('WZ-2', 'WZ-3') and level == 'all' and theme == 'all'")
    assert second["objects"].item() < zones["objects"].sum()


def test_one_district_round_all_has_the_scores_of_the_city():
    screened = sample()
    whole = districts(all=shapely.box(0, 0, 1e6, 1e6))
    found = replace(screened.findings, city=with_districts(screened.city, stad=whole))
    got = scores_of(found).loc["stad", "all"].sort_index()
    want = score_city(screened.findings, NORM).set_index(["level", "theme"]).sort_index()
    np.testing.assert_allclose(got.loc[want.index, PLAIN].to_numpy(float), want[PLAIN].to_numpy(float), atol=1e-12)
    assert (got.loc[want.index, COUNTS] == want[COUNTS]).all(axis=None)


def test_zone_and_city_scores_do_not_know_of_districts():
    screened = sample()
    found = assess(with_districts(screened.city, wijk=districts(a=shapely.box(228000, 182000, 228600, 183200))), NORM)
    pd.testing.assert_frame_equal(pd.DataFrame(score_zones(found, NORM)), pd.DataFrame(screened.scores))
    pd.testing.assert_frame_equal(pd.DataFrame(score_city(found, NORM)), pd.DataFrame(screened.city_scores))


def test_a_stretch_counts_in_each_district_by_its_length_there():
    """Level B asks 1.50 m, and a path of 0.8 m has severity 4. The good one lies for 3/4 in a, the other for 1/4."""
    paths = layer({"good": ((0, 1), (100, 1)), "narrow": ((70, 2), (90, 2))}, route_width=[2.0, 0.8])
    found = assess(city({"footway": paths}, {"Z": ("Z", "B", shapely.box(0, 0, 100, 100))}), NORM, scope=["PAS-01"])
    parts = districts(a=shapely.box(0, 0, 75, 100), b=shapely.box(75, 0, 100, 100))
    scores = scores_of(replace(found, city=with_districts(found.city, wijk=parts)))
    for name, (good, narrow) in {"a": (75, 5), "b": (25, 15)}.items():
        assert scores.loc[("wijk", name, "B", "doorgangen"), "score_low"] == pytest.approx(good / (good + narrow))
        assert scores.loc[("wijk", name, "B", "doorgangen"), "objects"] == 2


def test_a_stretch_in_part_in_an_area_and_in_part_in_a_district_counts_by_what_both_have():
    """The path runs through area x 0..60 and district x 40..100: 20 m are in both, beside a narrow one of 10 m."""
    paths = layer({"good": ((-20, 1), (100, 1)), "narrow": ((45, 2), (55, 2))}, route_width=[2.0, 0.8])
    found = assess(city({"footway": paths}, {"Z": ("Z", "B", shapely.box(0, 0, 60, 100))}), NORM, scope=["PAS-01"])
    part = districts(a=shapely.box(40, 0, 100, 100))
    shares = find_shares(found, part).set_index("object_id")
    assert shares["weight"].to_dict() == pytest.approx({"good": 20.0, "narrow": 10.0})
    assert shares.loc["good", "inside"] == pytest.approx(0.5)
    assert shares.loc["good", "share"] == pytest.approx(20 / 120)
    scores = scores_of(replace(found, city=with_districts(found.city, wijk=part)))
    assert scores.loc[("wijk", "a", "B", "doorgangen"), "score_low"] == pytest.approx(20 / 30)


def test_where_zones_overlap_a_district_counts_an_object_once_at_the_stricter_level():
    """A kerb of 2.5 cm fails at A and B by 1 point of severity or more, and meets C."""
    kerbs = layer({"k": (5, 5)}, level_difference=[2.5])
    square = shapely.box(0, 0, 10, 10)
    found = assess(city({"kerb": kerbs}, {"Y": ("Y", "C", square), "Z": ("Z", "A", square)}), NORM, scope=["THR-01"])
    scores = scores_of(replace(found, city=with_districts(found.city, wijk=districts(a=square))))
    assert scores.loc[("wijk", "a", "all", "drempels"), "objects"] == 1
    zone = score_zones(found, NORM).set_index(["zone_id", "level", "theme"])
    assert scores.loc[("wijk", "a", "all", "drempels"), "score_low"] == zone.loc[("Z", "A", "drempels"), "score_low"] < 1
    assert zone.loc[("Y", "C", "drempels"), "score_low"] == 1


def test_a_district_without_anything_screened_is_there_without_scores():
    screened = sample()
    far = districts(far=shapely.box(0, 0, 10, 10))
    scores = score_areas(replace(screened.findings, city=with_districts(screened.city, wijk=far)), NORM)
    assert set(scores["level"]) == {"all"}
    assert scores[PLAIN].isna().all(axis=None)
    assert (scores["objects"] == 0).all()
    works = sum_works(screened.table, with_districts(screened.city, wijk=far))
    rows = works[works["division"] == "wijk"]
    assert rows.loc[rows["district_id"] == "far", "bottlenecks"].tolist() == [0]
    assert rows.loc[
        (rows["district_id"] == OUTSIDE) & (rows["responsible"] == "all") & (rows["theme"] == "all"), "bottlenecks"
    ].tolist() == [len(screened.table)]


def test_a_city_without_districts_has_empty_tables_with_their_columns():
    screened = sample()
    found = replace(screened.findings, city=with_districts(screened.city))
    assert score_areas(found, NORM).empty
    assert list(score_areas(found, NORM)) == list(screened.area_scores)
    assert list_outside(found).empty
    assert list(list_outside(found)) == list(screened.area_outside)
    assert set(sum_works(screened.table, found.city)["division"]) == {"zone"}


def test_what_lies_in_no_district_is_listed_with_its_share():
    paths = layer({"through": ((0, 1), (100, 1)), "in": ((1, 2), (9, 2)), "out": ((60, 3), (70, 3))}, route_width=[2.0, 2.0, 2.0])
    kerbs = layer({"edge": (25, 5), "away": (90, 5)}, level_difference=[1.0, 1.0])
    found = assess(city({"footway": paths, "kerb": kerbs}, {"Z": ("Z", "B", shapely.box(0, 0, 100, 100))}), NORM)
    part = districts(a=shapely.box(0, 0, 25, 100))
    table = list_outside(replace(found, city=with_districts(found.city, wijk=part)))
    assert dict(zip(table["object_id"], table["share"], strict=True)) == pytest.approx({"through": 0.75, "out": 1.0, "away": 1.0})
    assert set(table["division"]) == {"wijk"}
    assert table.geometry.notna().all()


@given(st.lists(st.floats(228100, 229480), min_size=1, max_size=4, unique=True), st.booleans())
@settings(max_examples=10)
def test_cutting_a_city_in_districts_splits_every_object_and_loses_nothing(cuts, flip):
    """However the sample is cut by lines, shares and weights in the pieces add up to those of the whole."""
    screened = sample()
    ends = [0.0, *sorted(cuts), 1e6]
    pieces = {f"d{i}": shapely.box(a, 0, b, 1e6) for i, (a, b) in enumerate(pairwise(ends))}
    parts = districts(**(dict(reversed(pieces.items())) if flip else pieces))
    shares = find_shares(screened.findings, parts)
    keys = ["kind", "object_id", "area_id"]
    whole = screened.findings.membership.set_index(keys)[["share", "weight"]]
    assert not whole.index.has_duplicates
    summed = shares.groupby(keys)[["share", "weight"]].sum()
    assert set(summed.index) == set(whole.index)
    np.testing.assert_allclose(summed.loc[whole.index].to_numpy(), whole.to_numpy(), rtol=1e-6, atol=1e-6)
    assert list_outside(replace(screened.findings, city=with_districts(screened.city, wijk=parts))).empty


def test_the_order_of_districts_and_objects_changes_nothing():
    screened = sample()
    wijk = screened.city.districts["wijk"]
    turned = {kind: part.iloc[::-1] for kind, part in screened.city.layers.items()}
    other = assess(replace(screened.city, layers=turned, districts={"wijk": wijk.iloc[::-1]}), NORM)
    pd.testing.assert_frame_equal(pd.DataFrame(score_areas(other, NORM)), pd.DataFrame(screened.area_scores))
    shuffled = screened.table.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(
        pd.DataFrame(sum_works(shuffled, other.city).drop(columns="geometry")),
        pd.DataFrame(screened.area_works.drop(columns="geometry")),
    )


def test_works_add_up_in_every_division_and_view():
    screened = sample()
    table = screened.table.assign(cost_eur=np.arange(1.0, len(screened.table) + 1))
    works = sum_works(table, with_districts(screened.city, wijk=districts(a=shapely.box(228000, 182000, 228600, 183200))))
    assert tuple(works) == WORKS
    for _, rows in works.groupby("division"):
        one, by_service, by_theme = rows["theme"] == "all", rows["responsible"] != "all", rows["theme"] != "all"
        for view in (one & ~by_service, one & by_service, by_theme & ~by_service, by_theme & by_service):
            assert rows.loc[view, "bottlenecks"].sum() == len(table)
            assert rows.loc[view, ["hoog", "middel", "laag"]].sum().sum() == len(table)
            assert rows.loc[view, ["KT", "MLT", "LT"]].sum().sum() == len(table)
            assert rows.loc[view, "cost"].sum() == table["cost_eur"].sum()
    assert OUTSIDE in set(works["district_id"])
    assert works.loc[works["theme"] == "all", "priority"].max() == table["priority"].max()


def test_costs_by_bottleneck_count_where_they_are_known():
    screened = sample()
    costs = pd.DataFrame({"cost_low": 50.0, "cost": 75.0, "cost_high": 100.0}, index=screened.table["bottleneck_id"].iloc[:3])
    works = sum_works(screened.table, screened.city, costs=costs)
    whole = works[(works["division"] == "wijk") & (works["responsible"] == "all") & (works["theme"] == "all")]
    assert whole[["cost_low", "cost", "cost_high"]].sum().tolist() == [150.0, 225.0, 300.0]
    assert sum_works(screened.table, screened.city, costs=costs.iloc[:0])["cost"].isna().all()


def test_offices_stand_with_their_district():
    screened = sample()
    parts = districts(offices=True, a=shapely.box(228000, 182000, 228600, 183200), b=shapely.box(228600, 182000, 229500, 183200))
    changed = with_districts(screened.city, wijk=parts)
    works = sum_works(screened.table, changed)
    assert set(works.loc[works["district_id"] == "b", "office"]) == {"Bureau b"}
    assert set(works.loc[works["division"] == "zone", "office"]) == {""}
    scores = score_areas(replace(screened.findings, city=changed), NORM)
    assert dict(zip(scores["district_id"], scores["office"], strict=True)) == {"a": "Bureau a", "b": "Bureau b"}


def test_a_thing_on_the_border_of_two_districts_is_in_the_first_for_works():
    parts = districts(b=shapely.box(10, 0, 20, 10), a=shapely.box(0, 0, 10, 10))
    shapes = np.array([shapely.Point(10, 5), shapely.Point(15, 5), shapely.Point(50, 5), None, shapely.Point()], dtype=object)
    assert find_districts(shapes, parts).tolist() == ["a", "b", OUTSIDE, OUTSIDE, OUTSIDE]
    assert find_districts(np.array([], dtype=object), parts).tolist() == []


def test_the_report_has_a_section_per_division_and_the_geopackage_its_layers(tmp_path):
    screened = sample()
    parts = districts(offices=True, a=shapely.box(228000, 182000, 228600, 183200))
    told = screen_city(with_districts(screened.city, wijk=parts, stadsdeel=screened.city.districts["wijk"]), NORM, lang="en")
    told.write(tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("Scores of themes by") == 2
    assert "By city district" in page
    assert "Bureau a" in page
    assert f"{(told.area_outside['division'] == 'wijk').sum()} objects lie wholly or in part in none of them" in page
    for name in ("area_scores", "area_works", "area_outside"):
        read = gpd.read_file(tmp_path / "screening.gpkg", layer=name)
        assert len(read) == len(getattr(told, name))
    assert read["division"].unique().tolist() == ["wijk"]


def test_the_report_of_a_city_without_districts_has_no_such_section(tmp_path):
    told = screen_city(with_districts(sample().city), NORM, lang="en")
    told.write(tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "area-1" not in page
    assert "area_scores" not in set(gpd.list_layers(tmp_path / "screening.gpkg")["name"])


@pytest.fixture(scope="module")
def antwerp(shared_data):
    assert shared_data.is_dir()
    return screen_once(REAL / "antwerp_south.toml")


@pytest.mark.slow
def test_in_antwerp_districts_that_are_its_zones_have_their_scores(antwerp):
    """The assumed grid: zones that touch, with streets and pavements across and along their borders."""
    zones = antwerp.city.zones[["name", "geometry"]].rename_axis("district_id")
    got = scores_of(replace(antwerp.findings, city=with_districts(antwerp.city, vak=zones))).loc["vak"]
    want = antwerp.scores.set_index(["zone_id", "level", "theme"])
    assert len(got) == len(want) > 20
    np.testing.assert_allclose(got.loc[want.index, PLAIN].to_numpy(float), want[PLAIN].to_numpy(float), atol=1e-9)
    assert (got.loc[want.index, COUNTS] == want[COUNTS]).all(axis=None)


@pytest.mark.slow
def test_in_antwerp_drawn_districts_lose_nothing(antwerp):
    """Three quarters cut by oblique lines, and a corner that is left out."""
    left, bottom, right, top = antwerp.city.zones.total_bounds
    wide = right - left

    def band(low: float, high_end: float) -> shapely.Polygon:
        x = [left + wide * low, left + wide * high_end]
        return shapely.Polygon([(x[0], bottom), (x[1], bottom), (x[1] + wide / 5, top), (x[0] + wide / 5, top)])

    parts = districts(west=band(-0.3, 0.213), midden=band(0.213, 0.507), oost=band(0.507, 0.8))
    found = replace(antwerp.findings, city=with_districts(antwerp.city, wijk=parts))
    shares, outside = find_shares(found, parts), list_outside(found)
    keys = ["kind", "object_id"]
    inside = shares.drop_duplicates([*keys, "zone_id"]).groupby(keys)["inside"].sum()
    left_out = outside.set_index(keys)["share"]
    both = inside.add(left_out, fill_value=0.0)
    known = pd.MultiIndex.from_frame(found.membership[keys].drop_duplicates())
    assert set(both.index) == set(known)
    np.testing.assert_allclose(both.to_numpy(), 1.0, atol=1e-6)
    assert 0 < (left_out == 1.0).sum() < len(known) / 2
    assert ((left_out > 1e-6) & (left_out < 1)).sum() > 2
    works = sum_works(antwerp.table, found.city)
    whole = works[(works["responsible"] == "all") & (works["theme"] == "all")]
    assert (whole.groupby("division")["bottlenecks"].sum() == len(antwerp.table)).all()
    assert (whole.loc[whole["division"] == "wijk", "bottlenecks"] > 0).sum() == 4
