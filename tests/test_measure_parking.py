"""Reserved bays and car parks: size, direction, what lies near them, how many there are; and who manages what is on a street."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.measure import fill
from toegankelijk.measure.managers import KINDS, with_managers
from toegankelijk.measure.parking import (
    bay_count,
    bay_entrance_distance,
    bay_kerb_distance,
    bay_length,
    bay_width,
    parallel_bay,
    reserved_count,
    sign,
)
from toegankelijk.norm import judge, read_norm
from toegankelijk.norm.together import judge_together

LAMBERT = "EPSG:31370"
GENK = (228_350.37, 182_340.81)
PLACES = [(0.0, (0.0, 0.0)), (33.7, GENK), (-120.0, GENK)]
NORM = read_norm()


def place(geometries, angle=0.0, origin=(0.0, 0.0)):
    """Geometries turned by an angle in degrees about the origin, then moved."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])
    return list(shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy @ turn + origin))


def layer(geometries, at=(0.0, (0.0, 0.0)), *, ids=None, **columns):
    index = pd.Index(ids or [f"O-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=place(geometries, *at), index=index, crs=LAMBERT)


def line(*points):
    return shapely.LineString(points)


def bay(x, y, width, length, turned=0.0):
    """A bay with its long side along the x axis, then turned about its middle."""
    return shapely.affinity.rotate(shapely.box(x - length / 2, y - width / 2, x + length / 2, y + width / 2), turned)


def bounds(found):
    return list(zip(found["low"].round(4).tolist(), found["high"].round(4).tolist(), strict=True))


def told(found):
    return [None if np.isnan(value) else bool(value) for value in found["low"]]


# -------------------- size


@pytest.mark.parametrize(
    ("sides", "width", "length"),
    [
        ((3.5, 5.0), (3.5, 3.5), (5.0, 5.0)),
        ((2.0, 6.0), (2.0, 2.0), (6.0, 6.0)),
        ((4.4, 8.9), (4.4, 4.4), (8.9, 8.9)),  # too narrow for two abreast, too short for two in line
        ((4.5, 5.0), (2.25, 4.5), (4.5, 5.0)),  # two of 2.25 or 2.50 m, side by side
        ((2.0, 9.0), (2.0, 2.0), (4.5, 9.0)),  # two, one behind the other
        ((2.0, 12.0), (2.0, 2.0), (4.5, 12.0)),  # as Brussels draws two
        ((4.9, 9.0), (2.25, 4.9), (4.5, 9.0)),
        ((5.0, 9.1), (math.nan, math.nan), (math.nan, math.nan)),  # too large for one
    ],
)
def test_a_polygon_that_may_be_two_bays_has_bounds(sides, width, length):
    bays = {"parking_bay": layer([bay(3, 4, *sides, turned=25)])}
    assert bounds(bay_width(bays))[0] == pytest.approx(width, abs=1e-3, nan_ok=True)
    assert bounds(bay_length(bays))[0] == pytest.approx(length, abs=1e-3, nan_ok=True)


@given(st.floats(1.5, 5.0), st.floats(4.0, 9.0), st.floats(0, 180), st.floats(0, 0.5))
def test_bounds_hold_the_size_of_one_bay_and_of_each_of_two(width, length, turned, accuracy):
    single = layer([bay(0, 0, width, length, turned)], accuracy=[accuracy])
    low, high = bounds(bay_width({"parking_bay": single}))[0]
    assert low - 1e-3 <= min(width, length) <= high + 1e-3 or math.isnan(low)
    for sides in ((2 * width, length), (width, 2 * length)):
        if min(width, length) < 2.25 or max(width, length) < 4.5:
            continue
        pair = {"parking_bay": layer([bay(0, 0, *sides, turned)], accuracy=[accuracy])}
        for measure, side in ((bay_width, min(width, length)), (bay_length, max(width, length))):
            low, high = bounds(measure(pair))[0]
            assert math.isnan(low) or low - 1e-3 <= side <= high + 1e-3


RULES = [NORM.rules[code] for code in ("PRK-01", "PRK-02", "PRK-03", "PRK-04")]


@pytest.mark.parametrize(
    ("sides", "parallel", "fails"),
    [
        ((3.30, 5.0), False, {"PRK-01", "PRK-02"}),  # level A asks 3.50 by 6.00
        ((3.45, 5.9), False, set()),  # at the end of the tolerances
        ((3.44, 5.9), False, {"PRK-01"}),
        ((3.5, 5.89), True, {"PRK-03"}),
        ((3.5, 5.9), True, set()),
        ((2.0, 6.0), True, {"PRK-04"}),
    ],
)
def test_rules_for_perpendicular_and_parallel_bays(sides, parallel, fails):
    bays = layer([bay(0, -5, *sides)], parallel_bay=pd.array([parallel], dtype="boolean"))
    for measure, name in ((bay_width, "bay_width"), (bay_length, "bay_length")):
        bays = fill(bays, name, measure({"parking_bay": bays}).round(6))
    outcome = {
        rule.code: schema.OUTCOMES[judge(rule, bays)["A"].outcome[0]] for rule in RULES if (rule.applies[0][1] == parallel)
    }
    assert {code for code, verdict in outcome.items() if verdict == "fails"} == fails
    assert {verdict for code, verdict in outcome.items() if code not in fails} <= {"meets"}


def test_a_bay_too_small_in_either_direction_fails_whichever_it_has():
    core = [rule for rule in RULES if rule.core]
    bays = pd.DataFrame({"bay_width": [2.0, 2.0, 3.5], "bay_length": [5.0, 6.0, 6.0]})
    verdict = judge_together(core, bays)["B"]
    assert verdict.possibly.tolist() == [False, True, True]
    assert verdict.surely.tolist() == [False, False, True]


# -------------------- direction

STREET = line((-100, 0), (100, 0))


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(
    ("turned", "parallel"), [(0, True), (29, True), (31, None), (59, None), (61, False), (90, False), (119, False), (151, True)]
)
def test_the_long_side_of_a_bay_against_the_street(turned, parallel, at):
    city = {"parking_bay": layer([bay(0, -5, 2.5, 5, turned)], at), "street": layer([STREET], at)}
    assert told(parallel_bay(city)) == [parallel]
    edge = {"parking_bay": city["parking_bay"], "carriageway": layer([shapely.box(-100, -3, 100, 3)], at)}
    assert told(parallel_bay(edge)) == [parallel], "the edge of the carriageway tells the same"


@pytest.mark.parametrize(
    "shape",
    [
        bay(0, -5, 4.0, 4.9),  # nearly square
        bay(0, -5, 5.0, 7.5),  # three abreast: their long sides lie across
        bay(0, -5, 2.0, 9.0),
        bay(0, -11, 2.0, 6.0),  # too far from the axis
        shapely.Point(0, -5),
    ],
)
def test_where_the_direction_of_a_bay_is_not_sure_it_is_unknown(shape):
    assert told(parallel_bay({"parking_bay": layer([shape]), "street": layer([STREET])})) == [None]


def test_in_a_car_park_and_in_a_bend_the_street_tells_nothing():
    city = {"parking_bay": layer([bay(0, -5, 2.0, 6.0)]), "street": layer([STREET])}
    assert told(parallel_bay(city)) == [True]
    assert told(parallel_bay({**city, "car_park": layer([shapely.box(-20, -20, 20, -3)])})) == [None]
    assert told(parallel_bay({**city, "car_park": layer([shapely.Point(0, -5), line((-20, -5), (20, -5))])})) == [True]
    assert told(parallel_bay({**city, "street": layer([line((-100, 0), (-4, 0), (60, 60))])})) == [None]
    assert told(parallel_bay({"parking_bay": city["parking_bay"]})) == [None]


def test_direction_within_the_accuracy_of_the_drawing():
    for turned, accuracy, parallel in ((25, 0.0, True), (25, 0.5, None), (10, 0.5, True)):
        bays = layer([bay(0, -5, 2.0, 6.0, turned)], accuracy=[accuracy])
        assert told(parallel_bay({"parking_bay": bays, "street": layer([STREET])})) == [parallel]


def test_the_bays_of_antwerp_lie_as_the_city_says(shared_data):
    """Bays that lie in one row, whose street runs along the row; and one beside a row of house numbers."""
    raw = gpd.read_file(shared_data / "belgium" / "antwerpen_disabled_parking_sample.geojson").to_crs(LAMBERT).set_index("GISID")
    said = raw["Orientatie"].eq("Langs")
    for pair in (["GIS_110", "GIS_111"], ["GIS_1138", "GIS_1139"]):
        row = raw.loc[pair]
        one, other = shapely.get_coordinates(row.geometry.centroid)
        along = (other - one) / np.hypot(*(other - one))
        middle = (one + other) / 2 + 5 * np.array([-along[1], along[0]])
        street = layer([shapely.LineString([middle - 40 * along, middle + 40 * along])])
        assert told(parallel_bay({"parking_bay": row, "street": street})) == said[pair].tolist()
    sizes = bay_length({"parking_bay": raw})
    assert (sizes["low"] == sizes["high"]).all(), "none of them can be two bays"
    assert sizes["high"].between(5.4, 7.2).all()


# -------------------- sign, entrances, kerbs


def test_the_height_of_a_sign_says_that_there_is_one():
    bays = layer([bay(0, 0, 2, 6)] * 2, sign_height=[2.1, np.nan])
    assert told(sign({"parking_bay": bays})) == [True, None]


def entrance_distance(complete, **columns):
    bays = layer([shapely.box(0, 0, 5, 3), shapely.box(1000, 0, 1005, 3)], **columns)
    entrances = layer([shapely.Point(25, 0), shapely.Point(5, 40)], complete=[complete] * 2)
    return bounds(bay_entrance_distance({"parking_bay": bays, "entrance": entrances}))


def test_people_walk_at_least_the_straight_line_to_an_entrance():
    found = entrance_distance(True)
    assert found[0] == pytest.approx((20.0, math.nan), nan_ok=True)
    assert found[1] == pytest.approx((250.0, math.nan), nan_ok=True), "none is near"
    assert entrance_distance(True, accuracy=[0.5, 0.5])[0][0] == 19.5


def test_where_entrances_may_be_missing_no_distance_is_known():
    assert np.isnan(entrance_distance(False)).all()
    assert np.isnan(bounds(bay_entrance_distance({"parking_bay": layer([bay(0, 0, 2, 6)])}))).all()


def kerbs(*distances, driveways=None, complete=True, **columns):
    ends = layer([shapely.Point(5 + d, 1) for d in distances], **columns)
    city = {
        "parking_bay": layer([shapely.box(0, 0, 5, 3)]),
        "crossing_end": ends,
        "crossing": layer([], complete=[]),
    }
    city["crossing"].attrs["complete"] = complete
    if driveways is not None:
        city["driveway"] = layer([shapely.Point(5 + d, 1) for d in driveways])
    return bounds(bay_kerb_distance(city))[0]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (kerbs(0.4, kerb_height=[3.0]), (0.0, 0.4)),  # touches, and is surely lowered
        (kerbs(0.4, kerb_height=[3.1]), (math.nan, math.nan)),
        (kerbs(0.4, dropped_kerb_width=[1.2]), (0.0, 0.4)),
        (kerbs(0.4, dropped_kerb_width=[0.0]), (math.nan, math.nan)),
        (kerbs(0.6, kerb_height=[2.0]), (math.nan, math.nan)),  # near, but who knows what lies between
        (kerbs(8, 30, driveways=[], kerb_height=[np.nan, 2.0]), (8.0, math.nan)),  # perhaps lowered
        (kerbs(8, 30, driveways=[], kerb_height=[12.0, 2.0]), (30.0, math.nan)),
        (kerbs(8, 30, driveways=[12], kerb_height=[12.0, 2.0]), (12.0, math.nan)),
        (kerbs(8, 30, driveways=[], kerb_height=[12.0, 2.0], complete=False), (math.nan, math.nan)),
        (kerbs(8, driveways=[], kerb_height=[12.0]), (250.0, math.nan)),
        (kerbs(0.3, driveways=[], kerb_height=[2.0]), (0.3, 0.3)),
    ],
)
def test_a_lowered_kerb_is_sure_where_it_touches_and_else_a_lower_bound(found, expected):
    assert found == pytest.approx(expected, nan_ok=True)


# -------------------- how many

PARK = shapely.box(0, 0, 50, 30)


def counts(parks, bays, **columns):
    return bounds(reserved_count({"car_park": parks, "parking_bay": layer(bays, **columns)}))


@pytest.mark.parametrize("at", PLACES)
def test_reserved_bays_in_a_car_park_are_counted(at):
    bays = [bay(10, 10, 3.5, 5), bay(20, 10, 3.5, 5), bay(80, 10, 3.5, 5), shapely.Point(5, 5)]
    city = {"car_park": layer([PARK, shapely.box(100, 0, 120, 20)], at), "parking_bay": layer(bays, at)}
    assert bounds(reserved_count(city)) == [(3, 3), (0, 0)]


def test_absence_is_known_only_where_all_reserved_bays_were_delivered():
    parks = layer([PARK, shapely.box(100, 0, 120, 20)])
    some = counts(parks, [bay(10, 10, 3.5, 5)], complete=[False])
    assert np.array(some) == pytest.approx(np.array([(1, math.nan), (math.nan, math.nan)]), nan_ok=True)
    empty = layer([])
    assert bounds(reserved_count({"car_park": parks, "parking_bay": empty})) == [(0, 0), (0, 0)]
    empty.attrs["complete"] = False
    assert np.isnan(bounds(reserved_count({"car_park": parks, "parking_bay": empty}))).all()
    assert np.isnan(bounds(reserved_count({"car_park": parks}))).all(), "nobody delivered bays"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (bay(52.5, 10, 3.5, 5), (0, 1)),  # outside, with its side on the edge
        (bay(53.2, 10, 3.5, 5), (0, 0)),
        (bay(10, 10, 2.0, 12), (1, 2)),  # may be two
        (bay(20, 15, 5.0, 20), (1, 9)),  # surely several, how many is not known
        (bay(49, 10, 3.5, 5), (1, 1)),  # its middle lies inside
        (bay(51, 10, 3.5, 5), (0, 1)),
    ],
)
def test_bays_at_the_edge_and_bays_that_may_be_several_give_bounds(shape, expected):
    assert counts(layer([PARK]), [shape]) == [expected]


def test_the_edge_is_as_wide_as_the_drawing_is_inexact():
    assert counts(layer([PARK]), [shapely.Point(49.6, 10)], accuracy=[0.5]) == [(0, 1)]
    assert counts(layer([PARK]), [shapely.Point(49.4, 10)], accuracy=[0.5]) == [(1, 1)]


def test_a_bay_that_names_its_car_park_is_of_that_one_only():
    parks = layer([PARK, shapely.Point(200, 200), shapely.Point(300, 300)], ids=["PK-1", "PK-2", "PK-3"])
    found = counts(parks, [bay(10, 10, 3.5, 5), bay(20, 10, 3.5, 5)], parent_id=["PK-2", None])
    expected = np.array([(1, 1), (1, math.nan), (math.nan, math.nan)])
    assert np.array(found) == pytest.approx(expected, nan_ok=True), "a point has no extent"


def test_a_stretch_of_kerbside_bays_is_a_line():
    parks = layer([line((0, 0), (60, 0))])
    assert counts(parks, [bay(10, 0.5, 2, 6), bay(30, 3, 2, 6), bay(40, 7, 2, 6)]) == [(1, 2)]


def test_rows_delivered_as_car_parks_raise_the_upper_bound_only():
    parks = layer([PARK, bay(20, 10, 5, 10), bay(40, 10, 5, 10)], reserved_count=[np.nan, 2.0, np.nan])
    assert counts(parks, [bay(10, 20, 3.5, 5)])[0] == (1, 3)
    assert counts(parks, [])[0] == (0, 2)


def test_what_only_the_inventory_knows_may_be_gone():
    assert counts(layer([PARK]), [bay(10, 10, 3.5, 5), bay(20, 10, 3.5, 5)], delivered=[True, False]) == [(1, 2)]


def test_a_car_park_has_a_bay_and_as_many_as_are_reserved():
    parks = layer([PARK] * 3, reserved_count=[4.0, np.nan, np.nan], reserved_count_low=[np.nan, 2.0, np.nan])
    assert [low for low, _ in bounds(bay_count({"car_park": parks}))] == [4, 2, 1]


@pytest.mark.parametrize(
    ("reserved", "total", "outcome"),
    [
        (0, np.nan, "fails"),  # however many bays there are, one is asked
        (1, np.nan, "unknown"),
        (1, 16, "meets"),
        (1, 20, "fails"),  # 1.2 are asked
        (2, 20, "meets"),
        (np.nan, 20, "unknown"),
    ],
)
def test_a_car_park_without_reserved_bays_fails(reserved, total, outcome):
    parks = layer([PARK], reserved_count=[reserved], bay_count=[total])
    parks = fill(parks, "bay_count", bay_count({"car_park": parks}))
    assert schema.OUTCOMES[judge(NORM.rules["PRK-05"], parks)["A"].outcome[0]] == outcome


# -------------------- managers

ROADS = [line((0, 0), (100, 0)), line((0, 200), (100, 200)), line((0, 220), (100, 220)), line((300, 0), (400, 0))]


def managed(shapes, kind="obstacle", roads=("municipality", "awv", "municipality", None), **columns):
    streets = layer(ROADS, manager=list(roads))
    result = with_managers({"street": streets, kind: layer(shapes, **columns)})
    assert result["street"] is streets
    return result[kind]


def test_what_lies_on_a_street_has_its_manager():
    found = managed([shapely.Point(50, 14.9), shapely.Point(50, 15.1), shapely.Point(50, 60)])
    assert found["manager"].fillna("").tolist() == ["municipality", "", ""]
    assert found["manager_how"].tolist() == ["measured", "", ""]


def test_where_streets_near_differ_or_one_tells_nothing_it_stays_unknown():
    points = [shapely.Point(50, 195), shapely.Point(50, 180), shapely.Point(350, 1)]
    assert managed(points)["manager"].isna().all()
    assert managed(points, roads=["awv"] * 4)["manager"].fillna("").tolist() == ["awv", "", "awv"]


def test_what_the_city_says_is_kept():
    found = managed([shapely.Point(50, 1)] * 3, manager=["private", None, ""])
    assert found["manager"].tolist() == ["private", "municipality", ""]


def test_entrances_and_car_parks_are_their_owners():
    assert {"entrance", "car_park", "anchor", "street", "zone"}.isdisjoint(KINDS)
    assert set(KINDS) <= set(schema.kinds())
    assert "manager" not in managed([shapely.Point(50, 1)], kind="entrance")


def test_a_layer_that_lacks_streets_tells_no_manager():
    objects = layer([shapely.Point(50, 1)])
    some = layer(ROADS[:1], manager=["awv"], complete=[False])
    assert "manager" not in with_managers({"street": some, "obstacle": objects})["obstacle"]
    assert "manager" not in with_managers({"obstacle": objects})["obstacle"]


def test_a_long_footway_along_two_managers_has_none():
    assert managed([line((0, 10), (0, 190))], kind="footway")["manager"].isna().all()
