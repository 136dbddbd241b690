"""Observations: read as they are written, and set against the layers by one rule, with nothing lost."""

import datetime
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.balance import attribute_rows
from toegankelijk.config import Column
from toegankelijk.crs import parse
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.evidence import join_findings
from toegankelijk.findings import assess
from toegankelijk.io.formats import read_rows
from toegankelijk.measure import fill
from toegankelijk.measure.crossings import with_crossing_ends
from toegankelijk.measure.observed import apply_observations
from toegankelijk.measure.passages import with_stretches
from toegankelijk.norm import read_norm
from toegankelijk.observations import PENDING_COLUMNS, read_observations, with_observations
from toegankelijk.observations.dates import parse_dates
from toegankelijk.observations.meanings import class_words, read_meanings

CRS = parse("EPSG:31370", where="test")
EAST, NORTH = 200_000.0, 200_000.0
"""Where the test city lies; its coordinates are from there."""

LAYER_DATE = datetime.date(2025, 6, 1)


def layer(kind, shapes, **columns):
    ids = pd.Index([f"{kind}-{i}" for i in range(1, len(shapes) + 1)], name="object_id")
    geometry = [shapely.transform(shapely.from_wkt(shape), lambda xy: xy + np.array([EAST, NORTH])) for shape in shapes]
    frame = gpd.GeoDataFrame(columns, geometry=geometry, index=ids, crs=CRS)
    return frame.assign(source=f"{kind}: city.gpkg", accuracy=0.0)


@pytest.fixture
def city():
    """A crossing from (0, 0) to (0, 8) with a footway along it, three kerbs and a stop; kerbs have values of the layer."""
    layers = {
        "crossing": layer("crossing", ["LINESTRING (0 0, 0 8)"]),
        "footway": layer("footway", ["LINESTRING (-20 0, 0 0, 20 0)"], surface=["asphalt"]),
        "kerb": layer("kerb", ["POINT (50 0)", "POINT (60 0)", "POINT (70 0)"], level_difference=[2.0, np.nan, np.nan]),
        "stop": layer("stop", ["POINT (80 0)"], shelter=pd.array([True], dtype="boolean")),
    }
    layers["kerb"]["level_difference_high"] = [np.nan, 3.0, np.nan]
    area = gpd.GeoDataFrame(
        {"zone_id": "Z", "level": "A", "approved": "", "assumed": False},
        geometry=[shapely.box(EAST - 100, NORTH - 100, EAST + 100, NORTH + 100)],
        index=pd.Index(["Z"], name="area_id"),
        crs=CRS,
    )
    zones = gpd.GeoDataFrame({"name": "Z", "assumed": False}, geometry=area.geometry.to_numpy(), index=["Z"], crs=CRS)
    sources = pd.DataFrame(
        {
            "layer": [f"{kind}: city.gpkg" for kind in layers],
            "kind": list(layers),
            "date": [LAYER_DATE, LAYER_DATE, LAYER_DATE, None],
        }
    )
    return schema.City("Test", CRS, layers, zones.rename_axis("zone_id"), area, sources=sources)


def measured(city):
    """Layers as measuring leaves them, without the measures themselves: those are no concern of observations."""
    layers, observations, remarks = apply_observations(city, with_crossing_ends(with_stretches(city.layers)))
    assert list(observations) == list(schema.OBSERVATION_COLUMNS)
    return layers, observations, remarks


def long(*rows):
    return pd.DataFrame(rows, columns=["object_id", "kind", "attribute", "value", "date"])


def kerb(value, date, number=1):
    return (f"kerb-{number}", "kerb", "level_difference", value, date)


def settled(city, *rows):
    layers, observations, remarks = measured(with_observations(city, long(*rows), source="survey"))
    return layers["kerb"], observations, remarks


# dates


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-05-03", "2026-05-03"),
        ("2026-05-03T10:15:00Z", "2026-05-03"),
        ("2026-05-03 23:59:59.123+02:00", "2026-05-03"),
        ("3/05/2026", "2026-05-03"),
        ("03-05-2026", "2026-05-03"),
        ("3.5.2026 14:20", "2026-05-03"),
        ("31/12/2025", "2025-12-31"),
        ("2019-07", "2019-07-01"),
        ("2019", "2019-01-01"),
        (2019, "2019-01-01"),
        (1562000000000, "2019-07-01"),
        ("1562000000000", "2019-07-01"),
        (datetime.date(2026, 5, 3), "2026-05-03"),
        (datetime.datetime(2026, 5, 3, 10, tzinfo=datetime.UTC), "2026-05-03"),
        (pd.Timestamp("2026-05-03 10:00"), "2026-05-03"),
    ],
)
def test_a_date_is_read_however_it_is_written(text, date):
    dates, reason = parse_dates(pd.Series([text], dtype="object"))
    assert str(dates[0].date()) == date
    assert reason.tolist() == [""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3/05/26", "not a date"),
        ("vorige week", "not a date"),
        ("12/31/2025", "no such day"),
        ("2025-02-30", "no such day"),
        ("1026-05-03", "before 1980"),
        ("2062-05-03", "in the future"),
        (45000, "not a date"),
    ],
)
def test_a_date_that_cannot_be_is_not_guessed(text, said):
    dates, reason = parse_dates(pd.Series([text]))
    assert dates.isna().all()
    assert said in reason[0]


@pytest.mark.parametrize("text", [None, "", "-", np.nan, pd.NaT, "NULL"])
def test_no_date_is_no_fault(text):
    dates, reason = parse_dates(pd.Series([text], dtype="object"))
    assert dates.isna().all()
    assert reason.tolist() == [""]


@given(st.dates(datetime.date(1980, 1, 1), datetime.date(2026, 1, 1)))
def test_dates_print_and_parse_back(date):
    texts = pd.Series([date.isoformat(), f"{date.day}/{date.month}/{date.year}", date.strftime("%d-%m-%Y")])
    assert set(parse_dates(texts)[0].dt.date) == {date}


# reading


def test_values_are_read_in_their_own_unit_or_that_of_the_row():
    frame = pd.DataFrame(
        {
            "object_id": ["a", "b", "c", "d", "e"],
            "attribute": ["kerb_height", "kerb_height", "ramp_slope", "surface", "has_kerb_ramp"],
            "value": ["25 mm", "0,03", "1:12", "asfalt", "ja"],
            "unit": ["", "m", "", "", ""],
        }
    )
    table, remarks = read_observations(frame)
    assert table["low"].tolist()[:2] == [2.5, 3.0]
    assert table["low"][2] == pytest.approx(8.3333333)
    assert table["text"][3] == "asphalt"
    assert table["low"][4] == 1.0
    assert list(table) == list(PENDING_COLUMNS)
    assert not table["used"].any()
    assert remarks.empty


def test_what_is_not_understood_is_kept_with_its_reason_and_remarked_on():
    frame = pd.DataFrame(
        [
            ("a", "crossing_end", "kerb_height", "900"),
            ("b", "crossing_end", "kerb_height", "> 3"),
            ("c", "crossing_end", "no_such", "3"),
            ("d", "kerbstone", "kerb_height", "3"),
            ("e", "stop", "kerb_height", "3"),
            ("", "crossing_end", "kerb_height", "3"),
            ("g", "crossing_end", "kerb_height", " "),
        ],
        columns=["object_id", "kind", "attribute", "value"],
    )
    table, remarks = read_observations(frame, source="list.csv")
    reasons = dict(zip(table["object_id"], table["reason"], strict=True))
    assert "not plausible" in reasons["a"]
    assert reasons["b"] == "not an exact number"
    assert reasons["c"] == "there is no such attribute"
    assert reasons["d"] == "there is no kind 'kerbstone'"
    assert reasons["e"] == "a stop has no such attribute"
    assert reasons[""] == "no object is named"
    assert "g" not in reasons, "a blank cell says nothing"
    assert sorted(remarks["reason"]) == sorted(reasons.values())
    assert set(remarks["layer"]) == {"list.csv"}


def test_a_unit_of_a_row_that_does_not_fit_is_a_fault_of_the_row_and_one_of_the_call_a_fault_of_the_call():
    frame = pd.DataFrame({"object_id": ["a", "b"], "attribute": "kerb_height", "value": "3", "unit": ["kg", "cm"]})
    table, remarks = read_observations(frame)
    assert table["low"].isna().tolist() == [True, False]
    assert "kg" in remarks["reason"][0]
    with pytest.raises(ConfigError, match="units or codes that do not fit"):
        read_observations(frame.drop(columns="unit"), unit="kg")


def test_ids_are_those_of_the_layers_however_a_program_stored_them():
    frame = pd.DataFrame({"object_id": [7.0, 8.0], "attribute": "kerb_height", "value": 3})
    assert read_observations(frame)[0]["object_id"].tolist() == ["7", "8"]
    frame = pd.DataFrame({"object": ["crossing_end:12/1", "'-5", "way:5"], "attribute": "kerb_height", "value": 3})
    table = read_observations(frame)[0]
    assert table["object_id"].tolist() == ["12/1", "-5", "way:5"]
    assert table["kind"].tolist() == ["crossing_end", "", ""]


def test_a_wide_table_is_read_by_the_names_of_its_columns_or_by_columns_as_those_of_a_layer():
    frame = pd.DataFrame({"object_id": ["a", "b"], "kerb_height": ["2,5", None], "measured_on": ["3/05/2026", ""]})
    table, _ = read_observations(frame, form="wide", kind="crossing_end")
    assert table[["object_id", "kind", "attribute", "low"]].to_numpy().tolist() == [["a", "crossing_end", "kerb_height", 2.5]]
    named = frame.rename(columns={"object_id": "nr", "kerb_height": "hoogte"}).assign(bron="opmeting")
    columns = {
        "kerb_height": Column(column="hoogte", unit="mm"),
        "tactile_warning": Column(column=("bron", "hoogte"), codes={"opmeting|2,5": "true"}),
        "has_kerb_ramp": Column(value=True),
    }
    table, _ = read_observations(named, form="wide", kind="crossing_end", id="nr", date="measured_on", columns=columns)
    seen = table.set_index(["object_id", "attribute"])
    assert seen.loc[("a", "kerb_height"), "low"] == 0.25
    assert seen.loc[("a", "tactile_warning"), "raw"] == "opmeting|2,5"
    assert seen.loc["b"].index.tolist() == ["tactile_warning", "has_kerb_ramp"]


def test_the_form_of_a_table_shows_in_its_columns():
    rows = pd.DataFrame({"object_id": ["a"], "attribute": ["kerb_height"], "value": ["3"]})
    wide = pd.DataFrame({"object_id": ["a"], "kerb_height": ["3"]})
    assert read_observations(rows)[0].equals(read_observations(wide)[0])


@pytest.mark.parametrize("options", [{"id": "nr"}, {"date": "dag"}, {"kind": "soort"}, {"origin": "bron"}, {"value": "waarde"}])
def test_a_column_that_is_named_must_be_there(options):
    with pytest.raises(ConfigError, match="not there"):
        read_observations(pd.DataFrame({"object_id": ["a"], "attribute": "kerb_height", "value": 3}), **options)


def test_a_wide_table_without_attributes_is_refused():
    with pytest.raises(ConfigError, match="no column is named as an attribute"):
        read_observations(pd.DataFrame({"object_id": ["a"], "hoogte": 3}), form="wide", kind="kerb")
    with pytest.raises(ConfigError, match="no such attributes"):
        read_observations(pd.DataFrame({"object_id": ["a"]}), form="wide", columns={"hoogte": Column(value=3)})


def test_who_reported_something_is_nowhere(city):
    person = {"naam": "An Peeters", "email": "an@example.org", "telefoon": "0470 00 00 00", "manager": "An Peeters"}
    frame = long(kerb("4", "2026-01-01"), kerb("onleesbaar", "2026-01-01", 2)).assign(**person)
    wide = pd.DataFrame({"object_id": ["kerb-1"], "level_difference": [4.0], "bevel_angle": ["?!"], **person})
    full = with_observations(with_observations(city, frame), wide, form="wide", kind="kerb")
    layers, observations, remarks = measured(full)
    kept = pd.concat([observations, full.remarks, remarks]).to_csv() + layers["kerb"].to_csv()
    assert not any(text in kept for text in ("Peeters", "example.org", "0470"))
    assert "onleesbaar" in kept


def test_words_of_classes_are_known_in_all_languages():
    assert class_words(schema.attributes()["surface"])["asfalt"] == "asphalt"
    for attribute in schema.attributes().values():
        assert set(class_words(attribute).values()) <= set(attribute.classes)


# the rule


def test_the_newest_date_wins_and_the_layer_gives_way(city):
    layer, observations, remarks = settled(city, kerb("4", "2026-01-01"), kerb("5", "2025-12-31"))
    assert layer.loc["kerb-1", "level_difference"] == 4.0
    assert layer.loc["kerb-1", "level_difference_how"] == "observed on 2026-01-01 (survey)"
    told = observations.set_index("raw")
    assert told["used"].to_dict() == {"2": False, "5": False, "4": True}
    assert told.loc["5", "reason"] == "there is a newer observation (2026-01-01)"
    assert told.loc["2", "reason"] == "replaced by an observation (2026-01-01)"
    assert told.loc["2", "source"] == "kerb: city.gpkg"
    assert str(told.loc["2", "date"].date()) == "2025-06-01"
    assert remarks.empty, "a newer value is no fault"


@pytest.mark.parametrize(
    ("date", "value", "reason"),
    [
        ("2025-05-31", 2.0, "the layer is newer (2025-06-01) and says it itself"),
        ("2025-06-01", 4.0, ""),
        ("2025-06-02", 4.0, ""),
        ("", 2.0, "the layer is newer (2025-06-01) and says it itself"),
    ],
)
def test_a_value_of_the_layer_has_the_date_of_its_layer(city, date, value, reason):
    layer, observations, _ = settled(city, kerb("4", date))
    assert layer.loc["kerb-1", "level_difference"] == value
    mine = observations[observations["source"] == "survey"].iloc[0]
    assert (mine["used"], mine["reason"]) == (not reason, reason)


def test_an_old_observation_tells_what_the_layer_does_not(city):
    layer, observations, _ = settled(city, kerb("6", "2001-01-01", 3))
    assert layer.loc["kerb-3", "level_difference"] == 6.0
    assert observations["used"].tolist() == [True]


def test_an_undated_layer_gives_way_to_an_undated_observation(city):
    seen = long(("stop-1", "stop", "shelter", "nee", ""))
    layers, observations, _ = measured(with_observations(city, seen, source="survey"))
    assert not layers["stop"].loc["stop-1", "shelter"]
    assert layers["stop"].loc["stop-1", "shelter_how"] == "observed (survey)"
    assert observations.set_index("raw")["used"].to_dict() == {"true": False, "nee": True}


def test_bounds_of_the_layer_give_way_to_a_newer_value_and_stay_where_it_is_older(city):
    layer, observations, _ = settled(city, kerb("2,5", "2026-01-01", 2))
    assert layer.loc["kerb-2", ["level_difference", "level_difference_high"]].tolist()[0] == 2.5
    assert np.isnan(layer.loc["kerb-2", "level_difference_high"])
    assert observations.set_index("source").loc["kerb: city.gpkg", "raw"] == "..3"
    layer, _, _ = settled(city, kerb("2,5", "2020-01-01", 2))
    assert layer.loc["kerb-2", "level_difference_high"] == 3.0
    assert np.isnan(layer.loc["kerb-2", "level_difference"])


def test_observations_of_one_day_that_disagree_give_bounds_round_both(city):
    layer, observations, remarks = settled(city, kerb("4", "2026-01-01"), kerb("6", "2026-01-01"), kerb("9", "2025-01-01"))
    assert np.isnan(layer.loc["kerb-1", "level_difference"])
    assert layer.loc["kerb-1", ["level_difference_low", "level_difference_high"]].tolist() == [4.0, 6.0]
    assert observations[observations["used"]]["raw"].tolist() == ["4", "6"]
    assert len(remarks) == 2
    assert remarks["reason"].str.contains("bounds enclose them all").all()


def test_bounds_and_a_value_within_them_agree(city):
    frame = long(kerb("laag", "2026-01-01"), kerb("2", "2026-01-01"))
    seen = with_observations(city, frame, codes={"level_difference": {"laag": "..3"}})
    layers, _, remarks = measured(seen)
    assert layers["kerb"].loc["kerb-1", "level_difference"] == 2.0
    assert remarks.empty


def test_yes_and_no_of_one_day_leave_it_unknown(city):
    rows = [("stop-1", "stop", "shelter", answer, "2026-01-01") for answer in ("ja", "nee")]
    rows += [("footway-1", "footway", "surface", text, "2026-01-01") for text in ("asphalt", "gravel")]
    layers, observations, remarks = measured(with_observations(city, long(*rows)))
    assert layers["stop"]["shelter"].isna().all()
    assert (layers["stop"]["shelter_how"] == "").all()
    assert layers["footway"]["surface"].isna().all()
    assert not observations["used"].any()
    assert remarks["reason"].str.contains("the attribute is unknown").sum() >= 4


def test_the_same_said_twice_is_said_once(city):
    layer, observations, remarks = settled(city, kerb("4", "2026-01-01"), kerb("4,0", "2026-01-01"))
    assert layer.loc["kerb-1", "level_difference"] == 4.0
    assert observations["used"].sum() == 2
    assert remarks.empty


@given(st.permutations([("4", "2026-01-01"), ("6", "2026-01-01"), ("9", "2025-01-01"), ("", "2026-05-01"), ("3", "")]))
def test_the_order_of_the_rows_changes_nothing(rows):
    small = schema.City("Test", CRS, {"kerb": layer("kerb", ["POINT (0 0)"])}, *[gpd.GeoDataFrame(geometry=[], crs=CRS)] * 2)
    seen = with_observations(small, long(*[kerb(*row) for row in rows]))
    layers, observations, _ = apply_observations(seen, seen.layers)
    assert layers["kerb"].loc["kerb-1", ["level_difference_low", "level_difference_high"]].tolist() == [4.0, 6.0]
    assert observations["raw"].tolist() == ["9", "4", "6", "3"], "sorted by date; what has none comes last"


def test_objects_that_are_not_there_are_remarked_on_and_kept(city):
    rows = [
        ("kerb-9", "kerb", "level_difference", "4", ""),
        ("ramp-1", "ramp", "ramp_slope", "4", ""),
        ("x", "", "surface", "mud", ""),
    ]
    _, observations, remarks = measured(with_observations(city, long(*rows), source="survey"))
    assert dict(zip(observations["object_id"], observations["reason"], strict=True)) == {
        "kerb-9": "there is no such kerb",
        "ramp-1": "there is no such ramp",
        "x": "there is no such object that can have the attribute",
    }
    assert set(remarks["object_id"]) == {"kerb-9", "ramp-1", "x"}


def test_without_a_kind_the_one_that_has_the_object_is_meant(city):
    both = {**city.layers, "parking_bay": city.layers["footway"].iloc[:0]}
    bay = gpd.GeoDataFrame({"source": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], index=["footway-1"], crs=CRS)
    rows = long(("kerb-1", "", "level_difference", "4", "2026-01-01"), ("footway-1", "", "surface", "mud", "2026-01-01"))
    layers, observations, _ = measured(with_observations(city, rows))
    assert layers["kerb"].loc["kerb-1", "level_difference"] == 4.0
    assert set(layers["footway"]["surface"]) == {"mud"}
    clash = schema.City(city.name, CRS, {**both, "parking_bay": bay}, city.zones, city.areas, sources=city.sources)
    _, observations, _ = measured(with_observations(clash, rows))
    told = observations.set_index("raw")["reason"]
    assert told["mud"] == "objects of several kinds have this id; say which kind"


def test_derived_ends_and_stretches_can_be_observed_and_what_is_said_of_a_whole_holds_for_its_parts(city):
    rows = [
        ("crossing-1/1", "crossing_end", "kerb_height", "2", "2026-01-01"),
        ("crossing-1", "crossing", "kerb_height", "5", "2025-12-01"),
        ("footway-1/2", "footway", "surface", "grind", "2026-01-01"),
        ("footway-1", "footway", "unevenness", "1", "2026-01-01"),
        ("crossing-1", "crossing_end", "kerb_height", "8", "2026-03-01"),
    ]
    layers, observations, remarks = measured(with_observations(city, long(*rows)))
    assert layers["crossing_end"]["kerb_height"].to_dict() == {"crossing-1/1": 2.0, "crossing-1/2": 5.0}
    assert layers["footway"]["surface"].to_dict() == {"footway-1/1": "asphalt", "footway-1/2": "gravel"}
    assert layers["footway"]["unevenness"].tolist() == [1.0, 1.0]
    assert remarks["object_id"].tolist() == ["crossing-1"], "a crossing is no end of itself"
    assert observations["used"].sum() == 5


def test_what_is_settled_is_settled_once(city):
    seen = with_observations(city, long(kerb("4", "2026-01-01")))
    _, first, _ = measured(seen)
    again = schema.City(city.name, CRS, city.layers, city.zones, city.areas, sources=city.sources, observations=first)
    layers, second, _ = measured(again)
    assert second.equals(first)
    assert layers["kerb"].loc["kerb-1", "level_difference"] == 2.0


def test_a_measure_fills_only_what_nobody_observed(city):
    layer, _, _ = settled(city, kerb("4", "2026-01-01"))
    filled = fill(layer, "level_difference", pd.DataFrame({"low": 9.0, "high": 9.0}, index=layer.index))
    assert filled["level_difference"].tolist()[0] == 4.0
    assert filled["level_difference_how"].tolist() == ["observed on 2026-01-01 (survey)", "", "measured"]


def test_evidence_names_date_and_source_and_the_balance_counts_it_as_observed(city):
    layers, observations, _ = measured(
        with_observations(city, long(kerb("4", "2026-01-01"), kerb("2", "2026-02-01", 3)), source="survey")
    )
    known = schema.City(city.name, CRS, layers, city.zones, city.areas, sources=city.sources, observations=observations)
    joined = join_findings(assess(known, read_norm()))
    mine = joined[joined["criterion"] == "THR-01"].set_index("object_id")["how"]
    assert mine["kerb-1"] == "observed on 2026-01-01 (survey)"
    assert mine["kerb-2"] == "read"
    rows = attribute_rows(known)
    assert set(rows.loc[rows["attribute"] == "level_difference", "how"]) == {"observed", "read"}


# labels


def labels(*rows):
    columns = ["label_id", "label_type", "tags", "image_capture_date", "time_created", "correct", "x", "y", "user_id"]
    frame = pd.DataFrame([(*row, "user-77") for row in rows], columns=columns)
    points = gpd.points_from_xy(frame.pop("x") + EAST, frame.pop("y") + NORTH)
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:31370")


def test_labels_are_tied_to_the_nearest_object_of_the_right_kind(city):
    seen = labels(
        (1, "CurbRamp", "[narrow,missing tactile warning]", "2024-07", "2025-01-02T10:00:00Z", "true", 1.0, -1.0),
        (2, "NoCurbRamp", "[]", "2024-07", "2025-01-02T10:00:00Z", None, 1.0, 9.0),
        (3, "CurbRamp", '["narrow"]', None, "2025-01-02T10:00:00Z", "false", 1.0, 9.0),
        (4, "Crosswalk", "[]", None, "2025-01-02T10:00:00Z", None, 0.0, 4.0),
        (5, "NoCurbRamp", "[]", None, "2025-01-02T10:00:00Z", None, 300.0, 300.0),
        (6, "Occlusion", "[]", None, "2025-01-02T10:00:00Z", None, 0.0, 4.0),
        (7, "CurbRamp", "[]", None, "2025-01-02T10:00:00Z", None, 0.0, 4.5),
    )
    full = with_observations(city, seen, form="labels", source="labels.csv")
    layers, observations, remarks = measured(full)
    ends = layers["crossing_end"]
    assert ends["has_kerb_ramp"].tolist() == [True, False]
    assert ends["tactile_warning"].tolist()[:1] == [False]
    assert ends["has_kerb_ramp_how"].tolist() == ["observed on 2024-07-01 (labels.csv)"] * 2
    assert layers["crossing"]["crossing_marked"].tolist() == [True]
    told = observations[~observations["used"]].set_index("object_id")["reason"]
    assert told["5"] == "there is no crossing_end within 5 m"
    assert told["7"] == "another crossing_end is nearly as near; it is not known which one is meant"
    everything = pd.concat([full.remarks, remarks]).set_index("object_id")["reason"]
    assert everything["3"] == "the people who checked the label found it wrong; it is not used"
    assert everything["6"] == "a label of this type says nothing of an attribute"
    assert set(everything.index) == {"3", "5", "6", "7"}
    assert "user-77" not in observations.to_csv() + full.remarks.to_csv()
    assert observations["raw"].str.contains(r"CurbRamp \(label 1\)").any()


@pytest.mark.parametrize(("distance", "tied"), [(4.99, True), (5.0, True), (5.01, False)])
def test_how_near_a_label_must_be(city, distance, tied):
    seen = labels((1, "CurbRamp", "[]", "2024-07", None, None, 0.0, -distance))
    layers, _, _ = measured(with_observations(city, seen, form="labels"))
    assert layers["crossing_end"].get("has_kerb_ramp", pd.Series(dtype="boolean")).notna().any() == tied


def test_labels_come_in_any_coordinate_system_but_need_one(city):
    plane = labels((1, "CurbRamp", "[]", "2024-07", None, None, 0.0, -1.0))
    for frame in (plane, plane.to_crs(4326), plane.to_crs(3857)):
        layers, _, _ = measured(with_observations(city, frame, form="labels"))
        assert layers["crossing_end"]["has_kerb_ramp"].tolist() == [True, pd.NA]
    with pytest.raises(InputError, match="labels need a place"):
        with_observations(city, pd.DataFrame(plane), form="labels")
    with pytest.raises(InputError, match="no coordinate system"):
        with_observations(city, plane.set_crs(None, allow_override=True), form="labels")


def test_a_label_without_a_place_is_never_taken_for_an_id(city):
    seen = labels(
        ("crossing-1/1", "CurbRamp", "[]", "2024-07", None, None, 0.0, 0.0), (2, "CurbRamp", "[]", None, None, None, 0.0, 0.0)
    )
    seen.geometry = [None, seen.geometry[1]]
    _, observations, remarks = measured(with_observations(city, seen, form="labels"))
    assert observations[["raw", "used"]].to_numpy().tolist() == [
        ["CurbRamp (label crossing-1/1)", False],
        ["CurbRamp (label 2)", True],
    ]
    assert remarks["reason"].tolist() == ["it has no place"]


def test_labels_of_a_date_that_disagree_leave_it_unknown(city):
    seen = labels(*[(i, kind, "[]", "2024-07", None, None, 0.0, 0.0) for i, kind in ((1, "CurbRamp"), (2, "NoCurbRamp"))])
    layers, observations, remarks = measured(with_observations(city, seen, form="labels"))
    assert layers["crossing_end"]["has_kerb_ramp"].isna().all()
    assert len(observations) == len(remarks) == 2


def test_the_table_of_meanings_is_sound_and_its_faults_are_told(tmp_path):
    table = read_meanings()
    attributes = schema.attributes()
    for row in table.to_dict("records"):
        assert attributes[row["attribute"]].belongs_to(row["kind"])
        assert row["value"] in ("true", "false", *attributes[row["attribute"]].classes)
    path = tmp_path / "own.csv"
    path.write_text(
        "label_type,tag,kind,attribute,value,within\nCurbRamp,,kerbs,has_kerb_ramp,true,5\n"
        "CurbRamp,,kerb,has_kerb_ramp,true,5\nCurbRamp,,crossing_end,has_kerb_ramp,true,far\nX,,kerb\n"
    )
    with pytest.raises(ConfigError) as refused:
        read_meanings(path)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == ["row 2", "row 3", "row 4", "row 5"]


def test_a_city_gives_labels_meanings_of_its_own(city, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("label_type,tag,kind,attribute,value,within\nhaltehuisje,,stop,shelter,false,3\n")
    seen = labels((1, "Haltehuisje", "", "2026-01-01", None, None, 81.0, 0.0))
    layers, _, _ = measured(with_observations(city, seen, form="labels", meanings=path))
    assert layers["stop"]["shelter"].tolist() == [False]


# files


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_table_saved_by_a_spreadsheet_is_read(city, tmp_path, encoding, separator):
    path = tmp_path / "seen.csv"
    out = io.StringIO()
    rows = [["object_id", "kind", "attribute", "value", "date"], ["kerb-1", "kerb", "level_difference", "4,5", "3/05/2026"]]
    rows += [["stop-1", "stop", "shelter", "nee", "3/05/2026"], ["café-1", "stop", "shelter", "nee", ""]]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    frame.to_csv(out, sep=separator, index=False)
    path.write_bytes(out.getvalue().encode(encoding))
    layers, observations, _ = measured(with_observations(city, read_rows(path), source="seen.csv"))
    assert layers["kerb"].loc["kerb-1", "level_difference"] == 4.5
    assert layers["kerb"].loc["kerb-1", "level_difference_how"] == "observed on 2026-05-03 (seen.csv)"
    assert observations.loc[~observations["used"] & (observations["source"] == "seen.csv"), "object_id"].tolist() == ["café-1"]
