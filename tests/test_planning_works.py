"""Planned works: which bottlenecks lie in them, whose they are, and which cannot be used."""

import datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from toegankelijk.bottlenecks import Horizon
from toegankelijk.labels import LANGUAGES
from toegankelijk.planning.works import find_works, term_of

from .planning_world import CRS, layer, row, table

TODAY = datetime.date(2026, 5, 1)
FIELD = shapely.box(0, 0, 100, 100)


def planned(*years: float, **columns: list) -> gpd.GeoDataFrame:
    """Works in the same field, by their years."""
    return layer(
        {f"W{i}": FIELD for i in range(len(years))}, year=list(years), name=[f"Work {i}" for i in range(len(years))], **columns
    )


def found(rows: gpd.GeoDataFrame, works: gpd.GeoDataFrame | None, **options: object) -> pd.DataFrame:
    return find_works(rows, works, {}, today=TODAY, lang="en", **options).members


def test_terms_end_with_their_year():
    years = pd.Series([2026.0, 2028, 2029, 2031, 2032, 2037, 2038, float("nan")]).to_numpy()
    assert term_of(years).tolist() == ["KT", "KT", "MLT", "MLT", "LT", "LT", "", ""]
    assert term_of(years, Horizon(2026, 2030, 2040)).tolist() == ["KT", "MLT", "MLT", "LT", "LT", "LT", "LT", ""]


def test_a_point_in_a_work_is_done_with_it():
    rows = table(
        row("drempel_wegwerken", "in", 50, 50),
        row("drempel_wegwerken", "edge", 100, 50),
        row("drempel_wegwerken", "out", 101, 50),
    )
    members = found(rows, planned(2030))
    assert members["bottleneck_id"].tolist() == ["K-drempel_wegwerken-edge", "K-drempel_wegwerken-in"]
    assert members["own"].all()
    assert members["reason"].iloc[0] == "Lies in planned works of 2030 (Work 0): do it together"


@pytest.mark.parametrize(("length", "inside"), [(99.0, True), (100.0, True), (101.0, False)])
def test_half_of_a_line_has_to_lie_in_the_work(length, inside):
    layers = {"footway": layer({"v": shapely.LineString([(50, 50), (50, 50 + length)])})}
    works = find_works(table(row("verharding_vervangen", "v", 50, 150)), planned(2030), layers, today=TODAY)
    assert bool(len(works.members)) == inside


def test_works_without_use_are_remarks_and_pull_nothing():
    works = planned(2025, float("nan"), 2038, 2026)
    works.loc["W4"] = {"year": 2027.0, "name": "", "geometry": shapely.Polygon()}
    result = find_works(table(row("drempel_wegwerken", "k", 50, 50)), works, {}, today=TODAY)
    assert result.works.index.tolist() == ["W3"]
    assert result.works.loc["W3", ["year", "term", "manager"]].tolist() == [2026, "KT", "municipality"]
    assert result.remarks.set_index("object_id")["reason"].str.contains("past|no year|after the last|no area").all()
    assert result.remarks.set_index("object_id")["raw"].to_dict() == {"W0": "2025", "W1": "", "W2": "2038", "W4": "2027"}


def test_only_works_of_its_own_manager_pull_a_bottleneck():
    rows = table(
        row("drempel_wegwerken", "town", 10, 10),
        row("drempel_wegwerken", "road", 10, 10, track="derden", responsible="awv"),
        row("drempel_wegwerken", "house", 10, 10, track="derden", responsible="eigenaar"),
    )
    works = planned(2027, 2028, 2029, manager=["municipality", "awv", "private"])
    members = found(rows, works)
    assert len(members) == 9
    own = members[members["own"]].set_index("bottleneck_id")["work_id"].to_dict()
    assert own == {"K-drempel_wegwerken-town": "W0", "K-drempel_wegwerken-road": "W1", "K-drempel_wegwerken-house": "W2"}
    assert members.loc[~members["own"], "reason"].str.contains("another manager").all()


def test_the_earliest_of_several_works_holds():
    works = find_works(table(row("drempel_wegwerken", "k", 10, 10)), planned(2030, 2027, 2027), {}, today=TODAY)
    assert works.own()["work_id"].tolist() == ["W1"]


def test_plans_for_a_zone_lie_in_no_work():
    rows = table(row("drempel_wegwerken", "WZ", 10, 10, kind="zone", remedy="bankenplan_opstellen"))
    assert found(rows, planned(2030)).empty


@pytest.mark.parametrize("works", [None, planned().iloc[:0], gpd.GeoDataFrame({"name": ["no year"]}, geometry=[FIELD], crs=CRS)])
def test_a_city_without_works_has_none(works):
    result = find_works(table(row("drempel_wegwerken", "k", 10, 10)), works, {}, today=TODAY)
    assert result.members.empty
    assert result.own().empty
    assert result.works.empty


@pytest.mark.parametrize("lang", LANGUAGES)
def test_reasons_are_there_in_every_language(lang):
    rows = table(row("drempel_wegwerken", "k", 10, 10))
    works = planned(2030, 2031, manager=["awv", "municipality"])
    assert find_works(rows, works, {}, today=TODAY, lang=lang).members["reason"].str.contains("Work").all()


def test_the_order_of_rows_and_works_changes_nothing():
    rows = table(*(row("drempel_wegwerken", f"k{i}", 10 * i, 10) for i in range(12)))
    works = planned(2030, 2027, 2029)
    one = find_works(rows, works, {}, today=TODAY)
    other = find_works(rows.iloc[::-1], works.iloc[::-1], {}, today=TODAY)
    pd.testing.assert_frame_equal(one.members, other.members)
    pd.testing.assert_frame_equal(one.works, other.works)
