"""Stops: bays and bends, depth of the platform, cycle paths at the stop, De Lijn classes, and the height rules that follow."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from toegankelijk import measure_layers, schema
from toegankelijk.measure import axes
from toegankelijk.measure.stops import (
    boarding_depth,
    bus_swings_in,
    complete_delijn_classes,
    cycle_behind,
    cycle_path_at_stop,
    shelter,
)
from toegankelijk.norm import judge, read_norm
from toegankelijk.norm.together import judge_together

LAMBERT = "EPSG:31370"
GENK = (228_350.37, 182_340.81)
PLACES = [(0.0, (0.0, 0.0)), (33.7, GENK), (-120.0, GENK)]


def place(geometries, angle=0.0, origin=(0.0, 0.0)):
    """Geometries turned by an angle in degrees about the origin, then moved."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])
    return list(shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy @ turn + origin))


def layer(geometries, at=(0.0, (0.0, 0.0)), **columns):
    index = pd.Index([f"O-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=place(geometries, *at), index=index, crs=LAMBERT)


def line(*points):
    return shapely.LineString(points)


def told(found):
    assert found["low"].equals(found["high"])
    return [None if np.isnan(value) else bool(value) for value in found["low"]]


def turning(degrees):
    """A street along the x axis that turns off to the left by an angle, on the spot."""
    end = (60 * math.cos(math.radians(degrees)), 60 * math.sin(math.radians(degrees)))
    return line((-60, 0), (0, 0), end)


STREET = line((-100, 0), (100, 0))
POLE = shapely.Point(0, -4.5)


# -------------------- bends


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(("degrees", "bend"), [(0, None), (14, None), (16, True), (40, True), (90, True)])
def test_a_stop_where_the_street_turns_by_fifteen_degrees_lies_in_a_bend(degrees, bend, at):
    layers = {"stop": layer([POLE], at), "street": layer([turning(degrees)], at)}
    assert told(bus_swings_in(layers)) == [bend]


def test_a_turn_counts_over_the_length_of_a_bus_only():
    stops = layer([shapely.Point(-8, -4.5), shapely.Point(-16, -4.5), shapely.Point(8, -4.5)])
    assert told(bus_swings_in({"stop": stops, "street": layer([turning(25)])})) == [True, None, True]


def test_a_gentle_curve_is_no_bend_and_a_tight_one_is():
    def curve(radius):
        angles = np.radians(np.arange(-30, 31, 2))
        return shapely.LineString(np.stack([radius * np.sin(angles), radius * (1 - np.cos(angles))], axis=1))

    for radius, bend in ((200, None), (60, True)):
        assert told(bus_swings_in({"stop": layer([POLE]), "street": layer([curve(radius)])})) == [bend]


def test_a_bend_within_the_accuracy_of_the_drawing_is_unknown():
    for accuracy, bend in ((0.0, True), (0.5, None)):
        street = layer([turning(20)], accuracy=[accuracy])
        assert told(bus_swings_in({"stop": layer([POLE]), "street": street})) == [bend]


def test_the_street_goes_on_in_its_next_piece():
    pieces = [line((-60, 0), (-3, 0)), line((-3, 0), (0, 0)), line((0, 0), (40, 30))]
    assert told(bus_swings_in({"stop": layer([POLE]), "street": layer(pieces)})) == [True]


def test_a_stop_far_from_every_lane_or_at_a_corner_tells_nothing():
    stops = layer([shapely.Point(0, -11), shapely.Point(0, -4.5)])
    side_street = line((2, 0), (2, -60))
    assert told(bus_swings_in({"stop": stops, "street": layer([turning(40), side_street])})) == [None, None]
    assert told(bus_swings_in({"stop": stops})) == [None, None]


def test_a_stop_between_two_streets_may_be_of_either():
    bent, straight = line((-60, 0), (0, 0), (40, 30)), line((-60, -10), (60, -10))
    assert told(bus_swings_in({"stop": layer([POLE]), "street": layer([bent])})) == [True]
    assert told(bus_swings_in({"stop": layer([POLE]), "street": layer([bent, straight])})) == [None]


def test_a_bus_does_not_stop_in_a_passage_for_people_on_foot():
    streets = layer([turning(40), line((-60, -14), (60, -14))], footway_sides=["pedestrian", None])
    assert told(bus_swings_in({"stop": layer([POLE]), "street": streets})) == [None]
    assert told(bus_swings_in({"stop": layer([POLE]), "street": streets.assign(footway_sides=None)})) == [True]


# -------------------- bays


def road(bay=3.0, half=3.5, start=-12.0, end=12.0, taper=8.0):
    """A carriageway along the x axis with a bay at its lower side."""
    lower = [(100, -half), (end + taper, -half), (end, -half - bay), (start, -half - bay), (start - taper, -half), (-100, -half)]
    return shapely.Polygon([(-100, half), (100, half), *lower])


def bay_city(carriageway, pole, at=(0.0, (0.0, 0.0)), **columns):
    return {"stop": layer([pole], at), "street": layer([STREET], at), "carriageway": layer([carriageway], at, **columns)}


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(("depth", "bay"), [(0.0, None), (1.4, None), (1.6, True), (3.0, True)])
def test_where_the_carriageway_is_wider_at_the_stop_there_is_a_bay(depth, bay, at):
    pole = shapely.Point(0, -4.0 - depth)
    assert told(bus_swings_in(bay_city(road(depth), pole, at))) == [bay]


def test_a_bay_in_pieces_is_a_bay():
    whole = road()
    pieces = [shapely.intersection(whole, shapely.box(x, -20, x + 7, 20)) for x in range(-100, 100, 7)]
    city = {"stop": layer([shapely.Point(0, -7.0)]), "street": layer([STREET]), "carriageway": layer(pieces)}
    assert told(bus_swings_in(city)) == [True]


@pytest.mark.parametrize(
    ("carriageway", "pole"),
    [
        (road(start=-100, end=100, taper=0), (0, -7)),  # as wide all along: a parking lane
        (road(start=-12, end=100, taper=0), (0, -7)),  # wider from here on: a lane more
        (road(), (0, 4)),  # on the other side
        (road(), (0, -5)),  # the pole is drawn in the bay
        (road(), (0, -10)),  # well behind the bay: of another street, or another kind of stop
        (road(bay=20, start=-4, end=4, taper=0), (0, -6)),  # the mouth of a side street
    ],
)
def test_what_is_no_bay_of_the_stop_tells_nothing(carriageway, pole):
    assert told(bus_swings_in(bay_city(carriageway, shapely.Point(pole)))) == [None]


def test_a_bay_as_deep_as_the_drawing_is_inexact_is_unknown():
    assert told(bus_swings_in(bay_city(road(2.0), shapely.Point(0, -6), accuracy=[0.3]))) == [None]
    assert told(bus_swings_in(bay_city(road(2.0), shapely.Point(0, -6), accuracy=[0.2]))) == [True]


# -------------------- depth of the platform


def depths(pavements, stops, **columns):
    city = {"stop": layer(stops), "street": layer([STREET]), "footway": layer(pavements, **columns)}
    found = boarding_depth(city)
    assert (found["low"].dropna() == 0).all()
    return found["high"].round(6).tolist()


@pytest.mark.parametrize("at", PLACES)
def test_depth_is_that_of_the_pavement_square_to_the_street(at):
    pavement = shapely.box(-50, -6.2, 50, -4.0)
    city = {"stop": layer([POLE], at), "street": layer([STREET], at), "footway": layer([pavement], at)}
    found = boarding_depth(city)
    assert found["high"].tolist() == pytest.approx([2.2], abs=1e-6)
    assert found["low"].tolist() == [0.0], "poles and shelters were not looked at"


def test_depth_is_the_deepest_near_the_stop_as_the_door_may_be_there():
    step = shapely.Polygon([(-50, -4), (50, -4), (50, -8), (4, -8), (4, -6), (-50, -6)])
    assert depths([step], [shapely.Point(x, -4.5) for x in (-10, 0, 3.9, 20)]) == [2.0, 4.0, 4.0, 4.0]


def test_pavements_that_touch_are_one():
    halves = [shapely.box(-50, -5, 50, -4), shapely.box(-50, -6.5, 50, -5), shapely.box(-50, -9, 50, -7)]
    assert depths(halves, [POLE]) == [2.5]


def test_depth_has_the_accuracy_of_the_drawing():
    assert depths([shapely.box(-50, -6, 50, -4)], [POLE], accuracy=[0.1]) == [2.2]


def test_depth_is_unknown_off_the_pavement_and_where_pavements_may_be_missing():
    pavement = shapely.box(-50, -6, 50, -4)
    assert depths([pavement], [shapely.Point(0, -3.8), shapely.Point(0, -6.2)]) == pytest.approx([np.nan] * 2, nan_ok=True)
    assert depths([pavement], [POLE], complete=[False]) == pytest.approx([np.nan], nan_ok=True)
    assert depths([pavement], [POLE], drawn=["walkway"]) == pytest.approx([np.nan], nan_ok=True)
    assert depths([line((-50, -5), (50, -5))], [POLE]) == pytest.approx([np.nan], nan_ok=True)


def test_a_platform_that_is_drawn_has_its_own_depth_or_that_of_its_pavement():
    platform = shapely.box(-6, -6, 6, -4.5)
    assert depths([], [platform]) == [1.5]
    assert depths([shapely.box(-50, -7, 50, -4)], [platform]) == [3.0]


def test_without_a_street_the_edge_of_the_carriageway_tells_the_way():
    city = {
        "stop": layer([POLE]),
        "carriageway": layer([shapely.box(-50, -4, 50, 4)]),
        "footway": layer([shapely.box(-50, -6, 50, -4)]),
    }
    assert boarding_depth(city)["high"].tolist() == pytest.approx([2.0])
    assert np.isnan(boarding_depth({**city, "stop": layer([shapely.Point(0, -3)])})["high"]).all(), "it stands on the carriageway"
    assert np.isnan(boarding_depth({name: city[name] for name in ("stop", "footway")})["high"]).all()


# -------------------- cycle paths


def cycling(paths, pole=POLE, at=(0.0, (0.0, 0.0)), **columns):
    city = {"stop": layer([pole], at), "street": layer([STREET], at), "cycle_path": layer(paths, at, **columns)}
    return told(cycle_path_at_stop(city))[0], told(cycle_behind(city))[0]


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(
    ("y", "there", "behind"),
    [
        (-3.0, True, False),  # between the carriageway and the stop
        (-6.5, True, True),
        (-9.4, True, True),
        (-9.6, None, None),  # more than 5 m behind
        (-20.0, False, None),
        (6.0, None, None),  # on the other side, within 15 m
        (0.1, None, None),  # on the axis
    ],
)
def test_a_cycle_path_before_and_behind_the_stop(y, there, behind, at):
    assert cycling([line((-50, y), (50, y))], at=at) == (there, behind)


def test_a_cycle_path_drawn_as_polygon():
    assert cycling([shapely.box(-50, -7, 50, -5)]) == (True, True)
    assert cycling([shapely.box(-50, -4.2, 50, -2.4)]) == (True, False)
    assert cycling([shapely.box(-50, -6, 50, -3)]) == (True, None), "the pole stands on it"


def test_a_path_on_either_side_is_not_behind():
    both = [line((-50, -3), (50, -3)), line((-50, -7), (50, -7))]
    assert cycling(both) == (True, False)


def test_a_path_within_the_accuracy_of_the_drawing_is_somewhere_along_the_stop():
    assert cycling([line((-50, -5), (50, -5))], accuracy=[0.6]) == (True, None)
    assert cycling([line((-50, -5), (50, -5))], accuracy=[0.4]) == (True, True)


def test_a_layer_that_lacks_cycle_paths_tells_of_none():
    assert cycling([line((-50, -40), (50, -40))], complete=[False]) == (None, None)
    assert cycling([line((-50, -40), (50, -40))], complete=[True]) == (False, None)
    empty = layer([])
    empty.attrs["complete"] = True
    assert told(cycle_path_at_stop({"stop": layer([POLE]), "cycle_path": empty})) == [False]
    assert told(cycle_path_at_stop({"stop": layer([POLE])})) == [None]


@pytest.mark.parametrize(("away", "answer"), [(10.0, (True, False)), (10.1, (None, None))])
def test_a_stop_far_from_the_street_is_not_served_from_it(away, answer):
    """A platform on a square, behind a street with a cycle path."""
    assert cycling([line((-50, -5), (50, -5))], shapely.Point(0, -away)) == answer


def test_behind_a_platform_is_beyond_its_far_side():
    platform = shapely.box(-6, -6.5, 6, -4.5)
    assert cycling([line((-50, -6), (50, -6))], platform) == (True, None)
    assert cycling([line((-50, -7), (50, -7))], platform) == (True, True)


def test_near_a_corner_no_street_counts():
    corner = layer([STREET, line((4, 0), (4, -50))])
    city = {"stop": layer([POLE]), "street": corner, "cycle_path": layer([line((-50, -7), (50, -7))])}
    assert told(cycle_behind(city)) == [None]


# -------------------- shelter


def test_a_space_under_a_shelter_says_that_there_is_one():
    stops = layer([POLE] * 4, shelter_wheelchair=[0.9, 0.0, np.nan, np.nan], shelter_wheelchair_low=[np.nan] * 3 + [0.8])
    assert told(shelter({"stop": stops})) == [True, None, None, True]


# -------------------- De Lijn


CLASSES = schema.attributes()["delijn_class"].classes


@given(st.lists(st.sets(st.sampled_from(CLASSES)), max_size=6))
def test_classes_are_closed_and_nothing_else_is_added(sets):
    given_texts = pd.Series(["|".join(sorted(held)) for held in sets], dtype="object")
    closed, clash = complete_delijn_classes(given_texts)
    for held, text, odd in zip(sets, closed, clash, strict=True):
        assert odd == ("GEEN" in held and len(held) > 1)
        if odd or not held:
            assert text is None, "an empty set is unknown, and never GEEN"
            continue
        found = set(text.split("|"))
        assert held <= found <= held | {"MOTORISCH_MET_ASSIST"}
        assert ("MOTORISCH_MET_ASSIST" in found) or "MOTORISCHE_BEPERKING" not in held
    again, _ = complete_delijn_classes(closed)
    pd.testing.assert_series_equal(again, closed)


def city_of(**layers):
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    return schema.City(name="Dorp", crs=CRS(LAMBERT), layers=layers, zones=empty, areas=empty)


def test_classes_are_closed_when_a_city_is_measured_and_a_contradiction_is_told():
    given_texts = ["MOTORISCHE_BEPERKING", "GEEN|VISUELE_BEPERKING", "GEEN", None]
    stops = layer([shapely.Point(i, 0) for i in range(4)], delijn_class=given_texts, source=["haltes"] * 4)
    city = measure_layers(city_of(stop=stops))
    classes = city.layers["stop"]["delijn_class"]
    assert classes.tolist() == ["MOTORISCH_MET_ASSIST|MOTORISCHE_BEPERKING", None, "GEEN", None]
    assert city.remarks[["layer", "object_id", "attribute", "raw"]].to_numpy().tolist() == [
        ["haltes", "O-2", "delijn_class", "GEEN|VISUELE_BEPERKING"]
    ]
    outcome = judge(read_norm().rules["STO-14"], city.layers["stop"])
    assert [schema.OUTCOMES[code] for code in outcome["C"].outcome] == ["meets", "unknown", "fails", "unknown"]
    assert outcome["C"].severity.tolist() == [0, 0, 4, 0]


# -------------------- the height rules and their precedence


NORM = read_norm()
HEIGHTS = ("STO-01", "STO-02", "STO-03", "STO-18")


def heights(values, swings, codes=HEIGHTS, level="B"):
    stops = pd.DataFrame({"platform_height": values, "bus_swings_in": pd.array(swings, dtype="boolean")})
    return judge_together([NORM.rules[code] for code in codes], stops)[level]


@pytest.mark.parametrize(
    ("height", "straight", "bay"),
    [
        (14.4, "fails", "fails"),
        (14.5, "meets", "meets"),
        (16.5, "meets", "meets"),
        (16.6, "meets", "fails"),
        (18.5, "meets", "fails"),
        (18.6, "fails", "fails"),
    ],
)
def test_in_a_bay_the_lower_edge_takes_the_place_of_the_higher(height, straight, bay):
    verdict = heights([height, height], [False, True])
    assert verdict.possibly.tolist() == verdict.surely.tolist() == [straight == "meets", bay == "meets"]


@pytest.mark.parametrize(("height", "outcome"), [(14.4, "fails"), (15.0, "meets"), (17.0, "unknown"), (18.6, "fails")])
def test_where_it_is_not_known_whether_the_bus_swings_in_both_cases_are_looked_at(height, outcome):
    verdict = heights([height], [None])
    expected = {"fails": (False, False), "meets": (True, True), "unknown": (True, False)}[outcome]
    assert (bool(verdict.possibly[0]), bool(verdict.surely[0])) == expected


@given(st.floats(0, 40), st.sampled_from([("STO-01", "STO-18"), HEIGHTS, ("STO-01", "STO-02")]), st.sampled_from("ABC"))
def test_the_unknown_case_lies_between_the_known_ones(height, codes, level):
    straight, bay, unknown = (heights([height], [flag], codes, level) for flag in (False, True, None))
    assert unknown.possibly[0] == (straight.possibly[0] or bay.possibly[0])
    assert unknown.surely[0] == (straight.surely[0] and bay.surely[0])
    assert unknown.asked[0]


# -------------------- axes


def test_the_nearest_axis_with_its_place_and_direction():
    found = axes.find_axes(np.array([shapely.Point(3, 4), shapely.Point(0, 50)]), axes.street_lines(layer([STREET])), reach=20)
    assert found.found.tolist() == [True, False]
    assert found.foot[0].tolist() == [3, 0]
    assert (found.distance[0], found.turn[0], found.along[0]) == pytest.approx((4, 0, 103))
    assert np.abs(found.direction[0]).tolist() == [1, 0]


def test_angles_do_not_depend_on_which_way_a_line_was_drawn():
    one = np.array([[1.0, 0.0]] * 3)
    other = np.array([[-1.0, 0.0], [0.0, -1.0], [-math.sqrt(0.5), math.sqrt(0.5)]])
    assert axes.angle_between(one, other).tolist() == pytest.approx([0, 90, 45])
