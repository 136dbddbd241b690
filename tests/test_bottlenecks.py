"""Priority, feasibility, planning and responsible by the formulas of section 11 of the norm's description, worked out by hand.

The kerb (THR-01, remedy drempel_wegwerken, cost class 2, feasible by default) asks at most 2 cm at A and B and 3 cm at C, with
0.3 cm tolerance; severity 2, over 3 cm 3, over 6 cm 4, and 1 where the next lower level is still met.
"""

import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk.bottlenecks import COLUMNS, LEVEL_TERM

CRS = "EPSG:31370"
NORM = tg.read_norm()
FLAGS = ["space_free", "ground_free", "permit_free"]
YES, NO, OPEN = True, False, pd.NA
ANCHOR = shapely.Point(0, 0)


def layer(ids: list[str], shapes: list[shapely.Geometry], **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, index=pd.Index(ids, name="object_id", dtype="object"), crs=CRS)


def city(layers: dict[str, gpd.GeoDataFrame], levels: str = "A", **settings: object) -> tg.City:
    """A city of one zone per level, side by side, each 2 km wide; the first begins at x = -1000."""
    zones = gpd.GeoDataFrame(
        {"name": "", "assumed": False},
        geometry=[shapely.box(-1000 + 2000 * i, -1000, 1000 + 2000 * i, 1000) for i in range(len(levels))],
        index=pd.Index([f"W{level}" for level in levels], name="zone_id"),
        crs=CRS,
    )
    areas = zones[["geometry"]].assign(zone_id=zones.index, level=list(levels)).rename_axis("area_id")
    return tg.City("", zones.crs, layers, zones, areas, settings=settings)


def bottlenecks(layers: dict[str, gpd.GeoDataFrame], levels: str = "A", **options: object) -> pd.DataFrame:
    table = tg.find_bottlenecks(tg.assess(city(layers, levels), NORM), NORM, **options)
    return table.set_index(["object_id", "remedy"])


def one_kerb(height: float, level: str = "A", *, metres: float | None = 900.0, **columns: object) -> pd.Series:
    """The bottleneck of one kerb at a distance from the only care anchor."""
    kerb = layer(["k"], [shapely.Point(metres or 0, 0)], level_difference=[height], **{name: [v] for name, v in columns.items()})
    layers = {"kerb": kerb}
    if metres is not None:
        layers["anchor"] = layer(["v"], [ANCHOR])
    return bottlenecks(layers, level).loc["k", "drempel_wegwerken"]


# Priority


@pytest.mark.parametrize(
    ("height", "level", "metres", "severity", "priority", "band"),
    [
        (7.0, "A", 50.0, 4, 3 * 4 + 3 + 2, "hoog"),
        (7.0, "C", 900.0, 4, 3 * 4 + 0 + 0, "middel"),  # severity 4 is never low
        (7.0, "A", 900.0, 4, 3 * 4 + 0 + 2, "hoog"),  # 14: just high
        (7.0, "B", 900.0, 4, 3 * 4 + 0 + 1, "middel"),  # 13: just not
        (5.0, "A", 100.0, 3, 3 * 3 + 3 + 2, "hoog"),
        (5.0, "A", 100.1, 3, 3 * 3 + 2 + 2, "middel"),
        (5.0, "B", 200.0, 3, 3 * 3 + 2 + 1, "middel"),
        (5.0, "B", 200.1, 3, 3 * 3 + 1 + 1, "middel"),
        (5.0, "C", 500.0, 3, 3 * 3 + 1 + 0, "middel"),
        (5.0, "C", 500.1, 3, 3 * 3 + 0 + 0, "middel"),  # 9: just medium
        (2.5, "A", 50.0, 2, 3 * 2 + 3 + 2, "middel"),
        (2.5, "A", 900.0, 2, 3 * 2 + 0 + 2, "laag"),  # 8: just low
        (2.5, "B", 50.0, 1, 3 * 1 + 3 + 1, "laag"),  # meets C, so severity 1: never high
    ],
)
def test_priority_is_three_times_severity_plus_exposure_plus_level(height, level, metres, severity, priority, band):
    row = one_kerb(height, level, metres=metres)
    assert (row["severity"], row["priority"], row["priority_band"]) == (severity, priority, band)
    assert f"P = {priority}" in row["priority_reason"]
    assert f"3 × ernst {severity}" in row["priority_reason"]
    assert f"niveau {LEVEL_TERM[level]}" in row["priority_reason"]


def test_without_anchors_exposure_is_zero_and_the_reason_says_so():
    row = one_kerb(7.0, metres=None)
    assert row["priority"] == 3 * 4 + 2
    assert "geen zorgvoorzieningen bekend" in row["priority_reason"]


def test_distance_is_from_the_nearest_point_of_the_object_to_the_nearest_anchor():
    path = layer(["p"], [shapely.LineString([(90, 0), (900, 0)])], surface=["mud"])
    anchors = layer(["far", "near"], [shapely.Point(-800, 0), ANCHOR])
    row = bottlenecks({"footway": path, "anchor": anchors}).loc["p", "verharding_vervangen"]
    assert row["priority"] == 3 * 4 + 3 + 2
    assert "90 m" in row["priority_reason"]


# Feasibility


@pytest.mark.parametrize(
    ("flags", "feasibility", "points"),
    [
        ((YES, YES, YES), "hoog", 4),
        ((YES, YES, NO), "middel", 3),
        ((NO, YES, NO), "middel", 2),
        ((NO, NO, NO), "laag", 1),
        ((YES, YES, OPEN), "hoog", None),  # not all known: the default of the remedy
        ((NO, NO, OPEN), "hoog", None),
    ],
)
def test_feasibility_of_a_cheap_remedy(flags, feasibility, points):
    """Cost class 2 gives the fourth point."""
    row = one_kerb(7.0, **{name: pd.array([flag], dtype="boolean")[0] for name, flag in zip(FLAGS, flags, strict=True)})
    assert row["feasibility"] == feasibility
    assert (f"{points} van 4" in row["feasibility_reason"]) if points else ("standaard" in row["feasibility_reason"])
    assert row["cost_class"] == 2


@pytest.mark.parametrize(("flags", "feasibility"), [((YES, YES, YES), "middel"), ((YES, NO, NO), "laag"), ((NO, NO, NO), "laag")])
def test_feasibility_of_a_dear_remedy(flags, feasibility):
    """Reprofiling the paving is in cost class 3, which gives no point."""
    columns = {name: pd.array([flag], dtype="boolean") for name, flag in zip(FLAGS, flags, strict=True)}
    path = layer(["p"], [shapely.LineString([(0, 0), (9, 0)])], cross_slope=[9.0], **columns)
    assert bottlenecks({"footway": path}).loc[("p", "dwarshelling_corrigeren"), "feasibility"] == feasibility


# Planning


@pytest.mark.parametrize(
    ("band", "feasibility", "planning", "phase", "year"),
    [
        ("hoog", "hoog", "KT", "uitvoering", 2028),
        ("hoog", "middel", "KT", "studie", 2028),
        ("hoog", "laag", "KT", "tijdelijke_maatregel", 2028),
        ("middel", "hoog", "KT", "uitvoering", 2028),
        ("middel", "middel", "MLT", "uitvoering", 2031),
        ("middel", "laag", "LT", "uitvoering", 2037),
        ("laag", "hoog", "MLT", "onderhoud", 2031),
        ("laag", "middel", "LT", "uitvoering", 2037),
        ("laag", "laag", "LT", "uitvoering", 2037),
    ],
)
def test_planning_by_band_and_feasibility(band, feasibility, planning, phase, year):
    height = {"hoog": 7.0, "middel": 5.0, "laag": 2.5}[band]
    flags = {"hoog": (YES, YES, YES), "middel": (YES, NO, NO), "laag": (NO, NO, NO)}[feasibility]
    row = one_kerb(height, "A", **dict(zip(FLAGS, flags, strict=True)))
    assert (row["priority_band"], row["feasibility"]) == (band, feasibility)
    assert (row["planning"], row["phase"], row["target_year"], row["track"]) == (planning, phase, year, "eigen")
    words = {"hoog": "hoog", "middel": "middel", "laag": "laag"}
    assert f"prioriteit {words[band]}, haalbaarheid {words[feasibility]}" in row["planning_reason"]
    assert ("daarna" in row["planning_reason"]) == (phase in ("studie", "tijdelijke_maatregel"))


def test_maintenance_stays_maintenance_at_medium_priority():
    """Relaying paving is maintenance by nature, also where works would be planned."""
    path = layer(["p"], [shapely.LineString([(0, 0), (9, 0)])], unevenness=[2.5])
    row = bottlenecks({"footway": path}).loc["p", "verharding_herstellen"]
    assert (row["priority_band"], row["feasibility"], row["planning"], row["phase"]) == ("middel", "hoog", "KT", "onderhoud")


@pytest.mark.parametrize(("height", "flags"), [(7.0, (YES, YES, YES)), (2.5, (NO, NO, NO))])
def test_works_of_others_are_reported_in_the_short_term(height, flags):
    row = one_kerb(height, manager="awv", **dict(zip(FLAGS, flags, strict=True)))
    assert (row["track"], row["planning"], row["phase"], row["target_year"]) == ("derden", "KT", "aanmelden_bij_derden", 2028)
    assert "derden" in row["planning_reason"]


def test_the_city_sets_the_years():
    kerb = layer(["k"], [ANCHOR], level_difference=[2.5])
    years = {term: [] for term in ("KT", "MLT", "LT")}
    for flags in ((YES, YES, YES), (NO, NO, NO)):
        flagged = kerb.assign(**{name: [flag] for name, flag in zip(FLAGS, flags, strict=True)})
        table = bottlenecks({"kerb": flagged}, "A", horizon=tg.Horizon(KT=2030, MLT=2034, LT=2040))
        years[table["planning"].item()].append(table["target_year"].item())
    assert years == {"KT": [], "MLT": [2034], "LT": [2040]}


# Responsible


@pytest.mark.parametrize(
    ("manager", "responsible", "partner", "track"),
    [
        (np.nan, "wegen", "", "eigen"),
        ("municipality", "wegen", "", "eigen"),
        ("awv", "awv", "wegen", "derden"),
        ("private", "eigenaar", "wegen", "derden"),
        ("other", "eigenaar", "wegen", "derden"),
    ],
)
def test_responsible_for_a_kerb(manager, responsible, partner, track):
    row = one_kerb(7.0, manager=manager)
    assert (row["responsible"], row["partner"], row["track"]) == (responsible, partner, track)
    assert ("onbekend" in row["responsible_reason"]) == pd.isna(manager)


@pytest.mark.parametrize(
    ("manager", "road"),
    [(np.nan, "wegen"), ("municipality", "wegen"), ("awv", "awv"), ("private", "eigenaar"), ("other", "eigenaar")],
)
def test_responsible_for_a_stop_is_the_road_manager_with_the_operator(manager, road):
    managers = pd.Series([manager], ["h"], dtype="object")
    stop = layer(["h"], [ANCHOR], boarding_tile=[False], shelter_passage=[0.5], manager=managers)
    table = bottlenecks({"stop": stop})
    platform, shelter = table.loc["h", "perronmarkering_leggen"], table.loc["h", "abri_verplaatsen"]
    assert (platform["responsible"], platform["partner"]) == (road, "delijn")
    assert (shelter["responsible"], shelter["partner"], shelter["track"]) == ("delijn", road, "derden")
    assert platform["track"] == ("eigen" if road == "wegen" else "derden")


@pytest.mark.parametrize(
    ("obstacle", "responsible"),
    [("terrace", "handhaving"), ("bin", "handhaving"), ("lamp", "wegen"), (np.nan, "wegen")],
)
def test_what_a_frontager_put_there_is_for_enforcement(obstacle, responsible):
    thing = layer(["o"], [ANCHOR], outside_walkway=[False], obstacle_type=pd.Series([obstacle], ["o"], dtype="object"))
    row = bottlenecks({"obstacle": thing}).loc["o", "obstakel_verplaatsen"]
    assert (row["responsible"], row["partner"], row["track"]) == (responsible, "eigenaar", "eigen")


def test_partner_of_a_remedy_that_names_awv_goes_on_municipal_roads():
    line = shapely.LineString([(0, 0), (9, 0)])
    street = layer(["s"], [line], footway_sides=["none"], pedestrians_allowed=[True], manager=["municipality"])
    assert NORM.remedies.at["voetpad_aanleggen", "partner"] == "awv"
    assert bottlenecks({"street": street}).loc[("s", "voetpad_aanleggen"), "partner"] == ""


def test_remedy_whose_service_is_not_the_citys_own():
    entrance = layer(["e"], [ANCHOR], entrance_step=[9.0], public_building=[True])
    row = bottlenecks({"entrance": entrance}).loc["e", "toegang_aanpassen"]
    assert (row["responsible"], row["partner"], row["track"]) == ("eigenaar", "wegen", "derden")
    assert row["phase"] == "aanmelden_bij_derden"


# Grouping and identity


def test_one_row_per_object_and_remedy_led_by_the_gravest_criterion():
    """Width 1.0 m: PAS-01 severity 3; narrowest 0.8 m: PAS-06 severity 4; both are mended by moving the obstacle."""
    path = layer(["p"], [shapely.LineString([(0, 0), (9, 0)])], route_width=[1.0], min_passage_width=[0.8], surface=["mud"])
    table = bottlenecks({"footway": path})
    assert sorted(table.index.get_level_values("remedy")) == ["obstakel_verplaatsen", "verharding_vervangen"]
    row = table.loc["p", "obstakel_verplaatsen"]
    assert (row["criterion"], row["criteria"], row["severity"]) == ("PAS-06", "PAS-06|PAS-01", 4)
    assert (row["theme"], row["kind"], row["zone_id"], row["level"]) == ("doorgangen", "footway", "WA", "A")
    assert (row["value"], row["required"]) == ("0,80 m", "0,90 m")
    assert row["solution"] == "Obstakel verplaatsen of verwijderen"


def test_of_equal_severity_core_comes_before_detail_and_then_the_code():
    """A stop with all of severity 3: STO-05 is detail, STO-04 and STO-07 are core."""
    stop = layer(["h"], [ANCHOR], boarding_depth=[1.4], approach_step=[5.0], bus_swings_in=[False], platform_height=[2.0])
    row = bottlenecks({"stop": stop}).loc["h", "halte_heraanleggen"]
    assert row["criteria"].split("|")[0] == row["criterion"] == "STO-01"
    assert row["criteria"].split("|")[1:] == sorted(row["criteria"].split("|")[1:])
    assert {"STO-04", "STO-07"} <= set(row["criteria"].split("|"))


def test_an_object_in_several_zones_leads_with_the_gravest_then_the_strictest():
    """2.5 cm at A: severity 2; at B it still meets C: severity 1. A line in A and B: the row is of A, wherever it is longer."""
    path = layer(["p"], [shapely.LineString([(990, 0), (2900, 0)])], route_width=[1.0])
    row = bottlenecks({"footway": path}, "AB").loc["p", "obstakel_verplaatsen"]
    assert (row["zone_id"], row["level"], row["severity"]) == ("WA", "A", 3)


def test_identity_rests_on_the_object_and_the_remedy_alone():
    kerbs = layer(["a", "b"], [ANCHOR, shapely.Point(5, 5)], level_difference=[7.0, 5.0])
    table = bottlenecks({"kerb": kerbs})["bottleneck_id"]
    again = bottlenecks({"kerb": kerbs.iloc[::-1].assign(level_difference=[9.0, 2.5])}, "B")["bottleneck_id"]
    pd.testing.assert_series_equal(table.sort_index(), again.sort_index())
    assert table.is_unique
    assert table.str.fullmatch(r"K-[0-9a-f]{12}").all()


def test_the_table_is_sorted_and_complete():
    kerbs = layer(["a", "b", "c"], [ANCHOR, shapely.Point(5, 5), shapely.Point(6, 6)], level_difference=[2.5, 7.0, 5.0])
    city_of_kerbs = city({"kerb": kerbs}, "A", date=datetime.date(2026, 5, 1))
    table = tg.find_bottlenecks(tg.assess(city_of_kerbs, NORM), NORM)
    assert tuple(table.columns) == COLUMNS
    assert table["object_id"].tolist() == ["b", "c", "a"]
    assert table["first_seen"].tolist() == table["last_seen"].tolist() == [datetime.date(2026, 5, 1)] * 3
    assert table.crs == CRS


def test_what_is_unknown_or_met_is_no_bottleneck_and_an_empty_table_has_its_columns():
    kerbs = layer(["a", "b"], [ANCHOR, shapely.Point(5, 5)], level_difference=[1.0, np.nan])
    table = tg.find_bottlenecks(tg.assess(city({"kerb": kerbs}), NORM), NORM)
    assert len(table) == 0
    assert tuple(table.columns) == COLUMNS
