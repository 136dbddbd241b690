"""The survey list: all that is unknown, with what it lacks, in visits that stay the same and in an order that means something."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.bottlenecks import BANDS, Horizon
from toegankelijk.crs import parse
from toegankelijk.errors import ConfigError
from toegankelijk.survey import ASKED_INSTEAD, COLUMNS, VISIT_COLUMNS, list_survey, list_visits

from .screenings import screen_once

CRS = parse("EPSG:31370", where="test")
EAST, NORTH = 200_000.0, 200_000.0


@pytest.fixture(scope="module")
def norm():
    return tg.read_norm()


@pytest.fixture(scope="module")
def sample():
    return screen_once(tg.sample_city())


@pytest.fixture(scope="module")
def everything(sample):
    return list_survey(sample.findings, sample.norm, criteria="full", lang="en")


def benches(points, level="A", **columns):
    """A city with one zone and benches (their core criteria are back, arms and the width beside them), and a care anchor."""
    ids = pd.Index([f"b{i:03}" for i in range(len(points))], name="object_id")
    given = {"backrest": True, "armrest": True, "beside_width": 2.0, "street": "Lindelaan", "source": "benches"} | columns
    places = shapely.points(np.array(points, float).reshape(-1, 2) + np.array([EAST, NORTH]))
    layer = gpd.GeoDataFrame(given, geometry=places, index=ids, crs=CRS)
    for name in ("backrest", "armrest"):
        layer[name] = layer[name].astype("boolean")
    box = shapely.box(EAST - 5000, NORTH - 5000, EAST + 5000, NORTH + 5000)
    zones = gpd.GeoDataFrame({"name": ["Zone"], "assumed": False}, geometry=[box], index=pd.Index(["Z"], name="zone_id"), crs=CRS)
    areas = zones.assign(zone_id="Z", level=level, approved="").rename_axis("area_id")
    anchor = gpd.GeoDataFrame({"source": ["anchors"]}, geometry=[shapely.Point(EAST, NORTH)], index=["a"], crs=CRS)
    return schema.City("Test", CRS, {"rest_place": layer, "anchor": anchor.rename_axis("object_id")}, zones, areas)


def survey_of(city, norm, **options):
    return list_survey(tg.assess(city, norm), norm, **options)


# what is listed


@pytest.mark.parametrize("criteria", [None, "full", ["STO-11", "STO-12"]])
def test_every_unknown_verdict_is_listed_once_and_nothing_else(sample, criteria):
    survey = list_survey(sample.findings, sample.norm, criteria=criteria)
    codes = sample.findings.scope if criteria is None else set(sample.norm.rules) if criteria == "full" else set(criteria)
    table = sample.findings.table
    unknown = table[(table["outcome"] == "unknown") & table["criterion"].isin(codes)]
    due = set(zip(unknown["object_id"], unknown["criterion"], strict=True))
    listed = [
        (object_id, code)
        for object_id, codes in zip(survey["object_id"], survey["criteria"], strict=True)
        for code in codes.split("|")
    ]
    assert set(listed) == due
    assert len(listed) == len(due)
    assert list(survey) == list(COLUMNS)
    assert not survey.duplicated(["kind", "object_id"]).any()


def test_every_row_asks_something_that_is_not_known_of_the_object(sample, everything):
    for row in everything.to_dict("records"):
        layer = sample.city.layers[row["kind"]].loc[[row["object_id"]]]
        wanted = [name for name in (row["attributes"] + "|" + row["from_data"]).split("|") if name]
        assert wanted
        rests_on = set()
        for code in row["criteria"].split("|"):
            rule = sample.norm.rules[code]
            rests_on |= {rule.attribute, *(name for name, _ in rule.applies), *rule.drivers.values()}
        rests_on |= {ASKED_INSTEAD[name] for name in rests_on if name in ASKED_INSTEAD}
        for name in wanted:
            assert name in rests_on
            if schema.attributes()[name].type == "number":
                low, high = schema.bounds(layer, name)
                assert low[0] != high[0]
            else:
                assert name not in layer or layer[name].isna().all()


def test_what_no_visit_can_measure_is_not_asked_on_the_spot(everything):
    asked = {name for cell in everything["attributes"] for name in cell.split("|") if name}
    data = {name for cell in everything["from_data"] for name in cell.split("|") if name}
    assert all(set(schema.attributes()[name].how) & {"survey", "attribute"} for name in asked)
    assert not any(set(schema.attributes()[name].how) & {"survey", "attribute"} for name in data)
    assert not asked & set(ASKED_INSTEAD)


def test_what_can_only_come_from_data_is_in_no_visit(everything):
    nowhere = everything[everything["attributes"] == ""]
    assert (nowhere["visit_id"] == "").all()
    assert (nowhere["visit_order"] == 0).all()
    assert (everything.loc[everything["attributes"] != "", "visit_order"] > 0).all()


def test_reasons_say_which_criterion_lacks_what(norm):
    row = survey_of(benches([(0, 0)], armrest=None), norm, lang="en").iloc[0]
    assert row["reason"] == "not measured or not delivered: Armrest"
    assert row["attributes"] == "armrest"
    city = benches([(0, 0)], beside_width=np.nan)
    city.layers["rest_place"]["beside_width_high"] = 1.2
    row = survey_of(city, norm, lang="nl").iloc[0]
    assert row["attributes"] == "beside_width"


def test_a_flag_that_decides_whether_a_criterion_holds_is_asked_before_the_rest(everything):
    names = everything[everything["kind"] == "footway"]["attributes"].iloc[0].split("|")
    assert names.index("overhead_object") < names.index("vertical_clearance")


def test_nothing_unknown_gives_an_empty_list(norm):
    city = benches([(0, 0)])
    city.layers.pop("anchor")
    survey = survey_of(city, norm, criteria=["FUR-06"])
    assert survey.empty
    assert list(survey) == list(COLUMNS)
    visits = list_visits(survey)
    assert visits.empty
    assert list(visits) == list(VISIT_COLUMNS)


def test_a_criterion_that_the_norm_does_not_have_is_refused(sample):
    with pytest.raises(ConfigError, match="no criteria"):
        list_survey(sample.findings, sample.norm, criteria=["XXX-01"])


# priority and planning


def test_priority_is_that_of_the_bottleneck_if_the_worst_is_found(norm):
    for level, distance in (("A", 0), ("A", 100), ("A", 101), ("B", 200), ("B", 201), ("C", 500), ("C", 501)):
        listed = survey_of(benches([(distance, 0)], level, beside_width=np.nan), norm).iloc[0]
        worst = tg.assess(benches([(distance, 0)], level, beside_width=0.0), norm)
        found = tg.find_bottlenecks(worst, norm)
        assert listed["priority"] == found["priority"].max(), (level, distance)
        assert listed["priority_band"] == found["priority_band"].iloc[0]


def test_rows_and_visits_are_ranked_by_priority_and_then_by_what_they_narrow(everything):
    assert everything["rank"].tolist() == list(range(1, len(everything) + 1))
    key = list(zip(-everything["priority"], -everything["narrows"], everything["kind"], everything["object_id"], strict=True))
    assert key == sorted(key)
    assert (
        everything["priority_band"] == [next(name for least, name in BANDS if p >= least) for p in everything["priority"]]
    ).all()
    visits = list_visits(everything)
    key = list(zip(-visits["priority"], -visits["narrows"], visits["visit_id"], strict=True))
    assert key == sorted(key)


@pytest.mark.parametrize(
    ("level", "column", "planned"), [("A", "armrest", True), ("B", "armrest", False), ("A", "sheltered", False)]
)
def test_only_a_core_criterion_unknown_at_level_a_is_planned(norm, level, column, planned):
    city = benches([(0, 0)], level, **{column: None})
    row = survey_of(city, norm, criteria=["FUR-07", "FUR-15"], horizon=Horizon(KT=2029))
    row = row[row["attributes"].str.contains(column)].iloc[0]
    assert (row["planning"], row["phase"]) == (("KT", "opmeten") if planned else ("", ""))
    assert (row["target_year"] == 2029) if planned else pd.isna(row["target_year"])
    assert row["responsible"] == "groen"


def test_planning_holds_for_all_of_the_sample(sample, everything):
    table, core = sample.findings.table, {rule.code for rule in sample.norm.rules.values() if rule.core}
    levels = sample.city.areas["level"].reindex(table["area_id"]).to_numpy()
    due = table[(table["outcome"] == "unknown") & table["criterion"].isin(core) & (levels == "A")]
    assert set(everything.loc[everything["phase"] == "opmeten", "object_id"]) == set(due["object_id"])


# what measuring gains


def test_measuring_an_object_narrows_the_score_of_its_zone_by_so_many_points(norm):
    unknown = {"armrest": [None, None, True, True], "beside_width": [2.0, np.nan, np.nan, 2.0]}
    city = benches([(0, 0), (20, 0), (40, 0), (60, 0)], **unknown)
    survey = survey_of(city, norm).set_index("object_id")

    def width(one):
        scores = tg.score_zones(tg.assess(one, norm), norm).query("level == 'all' and theme == 'all'").iloc[0]
        return (scores["score_high"] - scores["score_low"]) * 100

    for object_id, row in survey[survey["attributes"] != ""].iterrows():
        layer = city.layers["rest_place"].copy()
        layer["armrest"] = layer["armrest"].where(layer.index != object_id, True)
        layer["beside_width"] = layer["beside_width"].where(layer.index != object_id, 2.0)
        after = replace(city, layers={**city.layers, "rest_place": layer})
        assert width(city) - width(after) == pytest.approx(row["narrows"], abs=2e-3)
    assert survey.loc["b001", "narrows"] >= survey.loc["b000", "narrows"] > 0
    assert "b003" not in survey.index


def test_themes_that_the_city_weighs_more_narrow_more(norm):
    city = benches([(0, 0)], armrest=None)
    heavy = replace(city, settings={"theme_weights": {"straatmeubilair": 10.0}})
    assert survey_of(heavy, norm)["narrows"].max() > survey_of(city, norm)["narrows"].max()


# visits


def test_a_visit_is_one_street_in_one_zone_and_not_longer_than_250_m(everything):
    listed = everything[everything["visit_id"] != ""]
    for _, visit in listed.groupby("visit_id"):
        assert visit["zone_id"].nunique() == 1
        assert visit["street"].nunique() == 1
        assert sorted(visit["visit_order"]) == list(range(1, len(visit) + 1))


@pytest.mark.parametrize(("length", "visits"), [(0, 1), (249, 1), (250, 1), (251, 2), (500, 2), (501, 3)])
@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_a_long_street_is_cut_into_equal_visits(norm, length, visits, angle):
    along = np.linspace(0, length, 11)
    points = np.stack([along * np.cos(np.radians(angle)), along * np.sin(np.radians(angle))], axis=1)
    survey = survey_of(benches(points, armrest=None), norm)
    assert survey.loc[survey["visit_id"] != "", "visit_id"].nunique() == visits


def test_the_order_of_a_visit_runs_along_the_street(norm):
    points = [(40, 1), (0, 0), (80, -1), (20, 0), (60, 0)]
    survey = survey_of(benches(points, armrest=None), norm).query("visit_id != ''")
    assert survey.sort_values("visit_order")["object_id"].tolist() == ["b001", "b003", "b000", "b004", "b002"]


def test_objects_without_a_street_are_taken_together_by_square(norm):
    points = [(0, 0), (200, 200), (-1, 0), (260, 0)]
    survey = survey_of(benches(points, armrest=None, street=""), norm).set_index("object_id")
    assert survey.loc["b000", "visit_id"] == survey.loc["b001", "visit_id"] == "Z vak 800-800"
    assert survey.loc[["b000", "b002", "b003"], "visit_id"].nunique() == 3


def test_visits_keep_their_ids_while_the_list_becomes_shorter(norm):
    points = [(i * 37.0, (i % 3) * 4.0) for i in range(40)]
    before = survey_of(benches(points, armrest=None), norm).set_index("object_id")["visit_id"]
    some = [None if i % 4 else True for i in range(40)]
    after = survey_of(benches(points, armrest=some), norm).set_index("object_id")["visit_id"]
    known = {f"b{i:03}" for i in range(0, 40, 4)}
    assert known.isdisjoint(after[after != ""].index)
    assert after[after != ""].equals(before.reindex(after[after != ""].index))


def test_the_order_of_the_input_changes_nothing(norm):
    city = benches([(i * 29.0 % 700, i * 13.0 % 300) for i in range(50)], armrest=None, street=["x", ""] * 25)
    shuffled = {kind: layer.sample(frac=1, random_state=3) for kind, layer in city.layers.items()}
    one, other = survey_of(city, norm), survey_of(replace(city, layers=shuffled), norm)
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert one.geometry.geom_equals(other.geometry).all()


def test_visits_sum_up_their_objects(everything):
    visits = list_visits(everything).set_index("visit_id")
    listed = everything[everything["visit_id"] != ""]
    assert visits["objects"].sum() == len(listed)
    assert visits["measurements"].sum() == listed["attributes"].str.split("|").map(len).sum()
    assert visits["narrows"].sum() == pytest.approx(listed["narrows"].sum())
    for visit_id, rows in listed.groupby("visit_id"):
        assert visits.loc[visit_id, "priority"] == rows["priority"].max()
        assert (visits.loc[visit_id, "phase"] == "opmeten") == (rows["phase"] == "opmeten").any()
    assert (visits.geometry.geom_type == "Point").all()


@pytest.mark.parametrize("lang", ["nl", "en", "fr", "de"])
def test_texts_are_in_the_language_asked(sample, lang):
    survey = list_survey(sample.findings, sample.norm, lang=lang)
    assert survey["priority_reason"].str.startswith("P").all()
    assert not survey["reason"].str.contains("unknown_reason").any()
    assert survey[["reason", "planning_reason"]].notna().all().all()
