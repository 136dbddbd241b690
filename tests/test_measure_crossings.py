"""What is measured of crossings: kerbs, angle, refuges, streets that are crossed, both ends, lights."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.measure import MEASURES
from toegankelijk.measure.carriageways import crossing_lanes, crossing_maxspeed, skew_angle
from toegankelijk.measure.crossings import crossing_length, crossing_marked, derive_ends, required_speed, zebra
from toegankelijk.measure.ends import both_sides_lowered, crossing_width, landing_depth
from toegankelijk.measure.geometry import cut_large, is_complete, rectangle_sides, segments, spans
from toegankelijk.measure.refuges import refuge_depth, refuge_present, refuge_width

LAMBERT = "EPSG:31370"
GENK = (228_350.37, 182_340.81)
PLACES = [(0.0, (0.0, 0.0)), (33.7, GENK), (-120.0, GENK)]
YES, NO, UNKNOWN = 1.0, 0.0, None


def place(geometries, angle=0.0, origin=(0.0, 0.0)):
    """Geometries turned by an angle in degrees about the origin, then moved."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy @ turn + origin)


def layer(geometries, ids=None, **columns):
    index = pd.Index(ids or [f"O-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=LAMBERT)


def line(*points):
    return shapely.LineString(points)


def bools(values):
    return pd.array(values, dtype="boolean")


def answers(found):
    assert found["low"].equals(found["high"])
    return [None if math.isnan(value) else value for value in found["low"]]


def bounds(found):
    return [[None if math.isnan(value) else round(value, 4) for value in row] for row in found.to_numpy()]


ROAD = shapely.box(-50, 0, 50, 7)
"""A carriageway 7 m wide along the x axis; kerbs at y = 0 and y = 7."""


def city(crossings, angle=0.0, origin=(0.0, 0.0), *, columns=None, **context):
    """Layers with crossings and context kinds, all turned and moved together."""
    layers = {kind: layer(place(shapes, angle, origin)) for kind, shapes in context.items()}
    return {**layers, "crossing": layer(place(crossings, angle, origin), **(columns or {}))}


# -------------------- lengths between kerbs


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_length_is_from_kerb_to_kerb_where_carriageways_are_delivered(angle, origin):
    lines = [line((0, -0.4), (0, 7.3)), line((10, 0.6), (10, 6.5)), line((20, 0), (23, 7))]
    found = crossing_length(city(lines, angle, origin, carriageway=[ROAD]))
    assert found["low"].tolist() == pytest.approx([7.0, 7.0, math.hypot(3, 7)], abs=1e-6)
    assert found["high"].tolist() == pytest.approx(found["low"].tolist())


def test_a_line_drawn_over_the_pavements_has_the_length_between_the_kerbs():
    layers = city([line((0, -4), (0, 12))], columns={"axis_to_axis": [True]}, carriageway=[ROAD])
    assert bounds(crossing_length(layers)) == [[7.0, 7.0]]


@pytest.mark.parametrize(("beyond", "expected"), [(0.9, [7.0, 7.0]), (1.5, [7.0, 8.5])])
def test_a_line_from_kerb_to_kerb_that_goes_on_past_a_carriageway_is_an_upper_bound(beyond, expected):
    """Either the line or the carriageway is drawn wrong: perhaps a second carriageway is missing."""
    assert bounds(crossing_length(city([line((0, 0), (0, 7 + beyond))], carriageway=[ROAD]))) == [expected]


def test_a_carriageway_that_is_not_complete_is_a_lower_bound():
    layers = city([line((0, -4), (0, 12))], columns={"axis_to_axis": [True]}, carriageway=[ROAD])
    layers["carriageway"]["complete"] = False
    assert bounds(crossing_length(layers)) == [[7.0, 16.0]]


def test_length_over_two_carriageways():
    """With an island between them it is one crossing, over a verge it may be two."""
    roads = [shapely.box(-50, 0, 50, 4), shapely.box(-50, 7, 50, 12)]
    crossing = [line((0, 0), (0, 12))]
    assert bounds(crossing_length(city(crossing, carriageway=roads))) == [[5.0, 12.0]]
    island = {"traffic_island": [shapely.box(-3, 4, 3, 7)]}
    assert bounds(crossing_length(city(crossing, carriageway=roads, **island))) == [[12.0, 12.0]]


def test_a_narrow_median_ends_a_crossing():
    """The next carriageway begins 0.8 m further on; the crossing does not reach it."""
    roads = [shapely.box(-50, 0, 50, 4), shapely.box(-50, 4.8, 50, 9)]
    assert bounds(crossing_length(city([line((0, 0), (0, 4))], carriageway=roads))) == [[4.0, 4.0]]


def test_accuracy_of_the_carriageway_widens_the_length():
    layers = city([line((0, 0), (0, 7))], columns={"accuracy": [0.1]}, carriageway=[ROAD])
    layers["carriageway"]["accuracy"] = 0.3
    assert bounds(crossing_length(layers)) == [[6.7, 7.3]]


def test_a_line_that_ends_inside_the_carriageway_keeps_its_own_length():
    assert bounds(crossing_length(city([line((0, 0), (0, 3))], carriageway=[ROAD]))) == [[3.0, 3.0]]
    assert bounds(crossing_length(city([line((0, 20), (0, 27))], carriageway=[ROAD]))) == [[7.0, 7.0]]
    assert bounds(crossing_length(city([shapely.Point(0, 3)], carriageway=[ROAD]))) == [[None, None]]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_half_a_crossing_tells_nothing_of_the_most_that_it_can_be(angle, origin):
    """A line that ends on the axis of a street: the other half may be another line, or missing."""
    lines = [line((0, -2), (0, 3.5)), line((10, 3.5), (10, 9)), line((20, -2), (20, 9)), line((30, -2), (30, 3.5))]
    layers = city(lines, angle, origin, columns={"axis_to_axis": [True] * 4})
    street = layer(place([line((-50, 3.5), (25, 3.5))], angle, origin))
    assert bounds(crossing_length({**layers, "street": street})) == [[None, None]] * 2 + [[0.0, 11.0], [0.0, 5.5]]
    walked = street.assign(footway_sides="pedestrian")
    assert bounds(crossing_length({**layers, "street": walked})) == [[0.0, 5.5]] * 2 + [[0.0, 11.0], [0.0, 5.5]]
    roads = layer(place([ROAD], angle, origin))
    assert bounds(crossing_length({**layers, "street": street, "carriageway": roads}))[0] == [None, None]


def test_a_crossing_in_parts_is_longer_than_each_part():
    lines = [line((0, 0), (0, 4)), line((0, 4), (0, 9)), line((20, 0), (20, 4)), line((20, 4), (20, 9))]
    layers = city(lines, columns={"axis_to_axis": [True] * 4}, footway=[line((20, 4), (30, 4)), line((0, 0), (9, 0))])
    assert bounds(crossing_length(layers)) == [[None, None]] * 2 + [[0.0, 4.0], [0.0, 5.0]]
    kerbs = layer([shapely.Point(0, 0.5), shapely.Point(0, 3.5)], parent_id=["O-1", "O-1"])
    assert bounds(crossing_length({**layers, "crossing_end": kerbs}))[0] == [3.0, 3.0]


def test_parts_of_a_carriageway_that_touch_are_one():
    parts = [shapely.box(-50, 0, 50, 3), shapely.box(-50, 3, 50, 7)]
    assert bounds(crossing_length(city([line((0, 0), (0, 7))], carriageway=parts))) == [[7.0, 7.0]]


# -------------------- skew


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize("skew", [0.0, 9.0, 20.0, 45.0])
def test_skew_against_the_kerbs_of_carriageways(skew, angle, origin):
    aside = 7 * math.tan(math.radians(skew))
    found = skew_angle(city([line((0, 0), (aside, 7))], angle, origin, carriageway=[ROAD])).iloc[0]
    assert found["low"] <= skew + 1e-6
    assert found["high"] >= skew - 1e-6
    assert found["high"] - found["low"] < 0.5


def test_a_crossing_follows_the_end_at_which_it_is_more_skew():
    wedge = shapely.Polygon([(-50, 0), (50, 0), (50, 7 + 10), (-50, 7 - 10 + 4)])
    slope = math.degrees(math.atan2(16, 100))
    found = skew_angle(city([line((0, 0), (0, 9))], carriageway=[wedge])).iloc[0]
    assert found["low"] == pytest.approx(slope, abs=0.3)
    assert found["high"] == pytest.approx(slope, abs=0.3)


@pytest.mark.parametrize(("accuracy", "least"), [(0.1, 1.5), (0.5, 8.0)])
def test_bounds_of_the_skew_are_wider_for_what_is_drawn_less_exactly(accuracy, least):
    layers = city([line((0, 0), (0, 7))], columns={"accuracy": [accuracy]}, carriageway=[ROAD])
    layers["carriageway"]["accuracy"] = accuracy
    found = skew_angle(layers).iloc[0]
    assert found["low"] == 0
    assert least * 0.5 < found["high"] < least * 1.5


def test_a_short_line_has_a_wider_bound_than_a_long_one():
    roads = [shapely.box(-50, 0, 50, 2), shapely.box(-50, 20, 50, 32)]
    layers = city([line((0, 0), (0, 2)), line((0, 20), (0, 32))], columns={"accuracy": [0.3] * 2}, carriageway=roads)
    short, long = skew_angle(layers)["high"]
    assert short > 8 > long


def test_a_kerb_in_short_pieces_tells_little_of_the_angle():
    points = [(x, 0.06 * (x % 1 < 0.5)) for x in np.arange(-50, 50.5, 0.5)]
    rough = shapely.Polygon([*points, (50, 7), (-50, 7)])
    layers = city([line((0.25, -0.5), (0.25, 7))], carriageway=[rough])
    layers["carriageway"]["accuracy"] = 0.2
    found = skew_angle(layers).iloc[0]
    assert found["low"] == 0
    assert found["high"] > 10


def test_the_edge_between_two_carriageways_is_no_kerb():
    """Registers cut a carriageway where they please, also right under a crossing."""
    halves = [shapely.box(-50, 0, 0, 7), shapely.box(0, 0, 50, 7)]
    found = skew_angle(city([line((0, 0), (0, 7))], carriageway=halves)).iloc[0]
    assert found["high"] < 1


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_skew_against_kerb_lines(angle, origin):
    kerbs = [line((-50, 0), (50, 0)), line((-50, 7), (50, 7))]
    aside = 7 * math.tan(math.radians(20))
    layers = city([line((0, 0), (aside, 7))], angle, origin, kerb_line=kerbs)
    assert skew_angle(layers).iloc[0].tolist() == pytest.approx([20, 20], abs=0.3)
    layers["crossing"]["axis_to_axis"] = True
    assert bounds(skew_angle(layers)) == [[None, None]], "its ends are not at the kerb"


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_skew_against_the_axis_of_the_street_has_a_doubt_of_five_degrees(angle, origin):
    aside = 8 * math.tan(math.radians(30))
    layers = city([line((0, -4), (aside, 4))], angle, origin, street=[line((-50, 0), (50, 0))])
    assert skew_angle(layers).iloc[0].tolist() == pytest.approx([25, 35], abs=1e-6)


def test_without_kerbs_and_streets_the_skew_is_unknown():
    assert bounds(skew_angle(city([line((0, 0), (0, 7)), shapely.Point(0, 0)]))) == [[None, None]] * 2
    layers = city([line((0, 0), (0, 7))], street=[line((-50, 3), (50, 3))])
    layers["street"]["footway_sides"] = "pedestrian"
    assert bounds(skew_angle(layers)) == [[None, None]]


shifts = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2 * math.pi)), min_size=6, max_size=6)


@given(st.floats(-40, 40), st.floats(4, 20), st.sampled_from([0.05, 0.2, 0.5]), shifts, st.sampled_from(PLACES))
def test_the_true_skew_lies_within_the_bounds_whatever_is_drawn_inexactly(skew, width, accuracy, moved, where):
    """Every vertex of the crossing and of the carriageway is off by up to half the accuracy, in any direction."""
    aside = width * math.tan(math.radians(skew))
    points = np.array([(0, 0), (aside, width), (-60, 0), (60, 0), (60, width), (-60, width)])
    off = np.array([(share * accuracy / 2 * math.cos(way), share * accuracy / 2 * math.sin(way)) for share, way in moved])
    angle, origin = where
    crossing, road = shapely.LineString((points + off)[:2]), shapely.Polygon((points + off)[2:])
    layers = city([crossing], angle, origin, columns={"accuracy": [accuracy]}, carriageway=[road])
    layers["carriageway"]["accuracy"] = accuracy
    low, high = skew_angle(layers).iloc[0]
    assert low <= abs(skew) + 1e-6
    assert high >= abs(skew) - 1e-6


@settings(max_examples=25)
@given(st.floats(4, 20), st.sampled_from([0.05, 0.2, 0.5]), shifts, st.sampled_from(PLACES))
def test_the_true_length_and_refuge_lie_within_the_bounds(width, accuracy, moved, where):
    """Of a crossing that is square to its kerbs, which are off by up to half the accuracy, and so is the island."""
    off = [share * accuracy / 2 * math.cos(way) for share, way in moved]
    road = shapely.box(-60, off[0], 60, width + off[1])
    island = shapely.box(-3, width / 2 - 0.9 + off[2], 3, width / 2 + 0.9 + off[3])
    angle, origin = where
    layers = city([line((0, 0), (0, width))], angle, origin, carriageway=[road], traffic_island=[island])
    for kind in ("carriageway", "traffic_island"):
        layers[kind]["accuracy"] = accuracy
    for found, truth in ((crossing_length(layers), width), (refuge_depth(layers), 1.8)):
        low, high = found.iloc[0].fillna(truth)
        assert low - 1e-6 <= truth <= high + 1e-6
    if width > 6.8:
        assert answers(refuge_present(layers)) == [YES]


# -------------------- refuges

WIDE = shapely.box(-50, 0, 50, 12)
ISLAND = shapely.box(-2, 5, 2, 7)


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_refuge_is_an_island_in_the_middle(angle, origin):
    lines = [line((0, 0), (0, 12)), line((20, 0), (20, 12))]
    layers = city(lines, angle, origin, carriageway=[WIDE], traffic_island=[ISLAND])
    assert answers(refuge_present(layers)) == [YES, NO]
    depth = refuge_depth(layers)
    assert depth["low"].tolist() == pytest.approx([2.0, math.nan], nan_ok=True)
    assert depth["high"].tolist() == pytest.approx([2.0, math.nan], nan_ok=True)
    assert bounds(refuge_width(layers)) == [[None, None]] * 2


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_passage_cut_through_an_island_is_a_refuge(angle, origin):
    parts = [shapely.box(-4, 5, -0.9, 7), shapely.box(0.9, 4.8, 4, 7.4)]
    layers = city([line((0, 0), (0, 12))], angle, origin, carriageway=[WIDE], traffic_island=parts)
    assert answers(refuge_present(layers)) == [YES]
    assert refuge_depth(layers).iloc[0].tolist() == pytest.approx([2.0, 2.0], abs=1e-6)
    assert refuge_width(layers).iloc[0].tolist() == pytest.approx([math.nan, 1.8], nan_ok=True, abs=1e-6)


def test_an_island_on_one_side_of_the_crossing_is_no_refuge():
    layers = city([line((0, 0), (0, 12))], carriageway=[WIDE], traffic_island=[shapely.box(0.9, 5, 4, 7)])
    assert answers(refuge_present(layers)) == [NO]


@pytest.mark.parametrize(
    ("bottom", "top", "expected"),
    [
        (5, 5.4, NO),  # too thin to stand on
        (5, 5.6, YES),
        (0, 2, NO),  # at the kerb
        (1.5, 3, UNKNOWN),  # behind a narrow lane
        (2, 3, YES),
        (9, 10, YES),
        (9, 10.5, UNKNOWN),
    ],
)
def test_depth_of_an_island_and_lanes_beside_it(bottom, top, expected):
    layers = city([line((0, 0), (0, 12))], carriageway=[WIDE], traffic_island=[shapely.box(-2, bottom, 2, top)])
    assert answers(refuge_present(layers)) == [expected]


def test_a_refuge_that_may_be_too_thin_is_unknown():
    layers = city([line((0, 0), (0, 12))], carriageway=[WIDE], traffic_island=[shapely.box(-2, 5, 2, 5.6)])
    layers["traffic_island"]["accuracy"] = 0.2
    assert answers(refuge_present(layers)) == [UNKNOWN]
    assert bounds(refuge_depth(layers)) == [[None, None]]


def test_no_refuge_is_only_said_of_what_is_known():
    crossing = [line((0, 0), (0, 12))]
    elsewhere = {"traffic_island": [shapely.box(30, 5, 34, 7)]}
    assert answers(refuge_present(city(crossing, carriageway=[WIDE], **elsewhere))) == [NO]
    assert answers(refuge_present(city(crossing, carriageway=[WIDE]))) == [UNKNOWN], "islands not delivered"
    assert answers(refuge_present(city(crossing, carriageway=[WIDE], traffic_island=[]))) == [UNKNOWN], "an empty layer"
    assert answers(refuge_present(city(crossing, **elsewhere))) == [UNKNOWN], "no carriageway"
    assert answers(refuge_present(city([line((0, 0), (0, 8))], carriageway=[WIDE], **elsewhere))) == [UNKNOWN], "no kerb"
    assert answers(refuge_present(city([shapely.Point(0, 6)], carriageway=[WIDE], **elsewhere))) == [UNKNOWN]
    layers = city(crossing, carriageway=[WIDE], **elsewhere)
    layers["traffic_island"]["complete"] = False
    assert answers(refuge_present(layers)) == [UNKNOWN]


def test_what_breaks_the_carriageway_may_serve_as_a_refuge():
    roads = [shapely.box(-50, 0, 50, 5), shapely.box(-50, 7, 50, 12)]
    elsewhere = {"traffic_island": [shapely.box(30, 5, 34, 7)]}
    assert answers(refuge_present(city([line((0, 0), (0, 12))], carriageway=roads, **elsewhere))) == [UNKNOWN]
    holes = shapely.difference(WIDE, shapely.union_all([shapely.box(-4, 5, -1, 7), shapely.box(1, 5, 4, 7)]))
    assert answers(refuge_present(city([line((0, 0), (0, 12))], carriageway=[holes], **elsewhere))) == [UNKNOWN]


def test_an_island_tells_without_a_carriageway_if_the_line_runs_from_kerb_to_kerb():
    layers = city([line((0, 0), (0, 12))], traffic_island=[ISLAND])
    assert answers(refuge_present(layers)) == [YES]
    layers["crossing"]["axis_to_axis"] = True
    assert answers(refuge_present(layers)) == [UNKNOWN]


def test_of_two_refuges_the_least_deep_counts():
    islands = [shapely.box(-2, 4, 2, 5.5), shapely.box(-2, 8, 2, 9)]
    layers = city([line((0, 0), (0, 12))], carriageway=[WIDE], traffic_island=islands)
    assert bounds(refuge_depth(layers)) == [[1.0, 1.0]]


# -------------------- streets that are crossed


def test_speed_and_lanes_are_those_of_the_street_that_is_crossed():
    layers = city(
        [line((0, -4), (0, 4)), line((30, 1), (30, 9)), shapely.Point(20, 0), shapely.Point(20, 3)],
        street=[line((-50, 0), (50, 0))],
    )
    layers["street"] = layers["street"].assign(maxspeed=[50.0], lanes=[2.0])
    assert bounds(crossing_maxspeed(layers)) == [[50, 50], [None, None], [50, 50], [None, None]]
    assert bounds(crossing_lanes(layers)) == [[2, 2], [None, None], [2, 2], [None, None]]


def test_of_several_streets_speed_and_lanes_are_bounds():
    layers = city([line((0, -4), (0, 14))], street=[line((-50, 0), (50, 0)), line((-50, 8), (50, 8))])
    layers["street"] = layers["street"].assign(maxspeed=[50.0, 70.0], lanes=[2.0, 1.0])
    assert bounds(crossing_maxspeed(layers)) == [[50, 70]]
    assert bounds(crossing_lanes(layers)) == [[2, 3]], "one street in two parts, or two streets"
    layers["street"]["maxspeed"] = [50.0, np.nan]
    assert bounds(crossing_maxspeed(layers)) == [[None, None]]


def test_a_pedestrian_street_has_no_speed_for_its_crossings():
    layers = city([line((0, -4), (0, 4))], street=[line((-50, 0), (50, 0))])
    layers["street"] = layers["street"].assign(maxspeed=[20.0], footway_sides=["pedestrian"])
    assert bounds(crossing_maxspeed(layers)) == [[None, None]]
    assert bounds(crossing_maxspeed({"crossing": layers["crossing"]})) == [[None, None]]


def test_a_street_on_a_bridge_over_a_crossing_is_not_crossed():
    layers = city([line((0, -4), (0, 4))], street=[line((-50, 0), (50, 0)), line((-50, 2), (50, 2))])
    layers["street"] = layers["street"].assign(maxspeed=[50.0, 70.0], off_ground=bools([None, True]))
    assert bounds(crossing_maxspeed(layers)) == [[50, 50]]
    layers["street"]["off_ground"] = bools([True, True])
    assert bounds(crossing_maxspeed(layers)) == bounds(skew_angle(layers)) == [[None, None]]


# -------------------- markings and lights


def test_a_zebra_is_marked_and_what_is_not_marked_is_no_zebra():
    crossings = layer(
        [line((0, 0), (0, 7))] * 4, zebra=bools([True, False, None, None]), crossing_marked=bools([None, None, False, True])
    )
    assert answers(crossing_marked({"crossing": crossings})) == [YES, UNKNOWN, UNKNOWN, UNKNOWN]
    assert answers(zebra({"crossing": crossings})) == [UNKNOWN, UNKNOWN, NO, UNKNOWN]
    bare = {"crossing": layer([line((0, 0), (0, 7))])}
    assert answers(crossing_marked(bare)) == answers(zebra(bare)) == [UNKNOWN]


def test_speed_that_the_lights_ask():
    lights = {
        "crossing_length": [12.0, np.nan, 12.0, 12.0, np.nan],
        "crossing_length_low": [np.nan, 10.0, np.nan, np.nan, np.nan],
        "crossing_length_high": [np.nan, 14.0, np.nan, np.nan, np.nan],
        "crossing_time": [10.0, 10.0, np.nan, 0.0, 10.0],
    }
    crossings = layer([line((0, 0), (0, 7))] * 5, **lights)
    assert bounds(required_speed({"crossing": crossings})) == [[1.2, 1.2], [1.0, 1.4], [None, None], [None, None], [None, None]]


# -------------------- both ends


def ended(first, second=None, **columns):
    """Layers with one crossing and its ends, of which some columns are given."""
    crossing = layer([line((0, 0), (0, 7))], ["OV"])
    ends = layer([shapely.Point(0, 0), shapely.Point(0, 7)], ["OV/1", "OV/2"], parent_id=["OV", "OV"])
    for (name, value), other in zip(first.items(), (second or first).values(), strict=True):
        ends[name] = [value, other]
    return {"crossing": crossing, "crossing_end": ends.assign(**columns)}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"dropped_kerb_width": 1.2}, {"dropped_kerb_width": 0.9}, YES),
        ({"dropped_kerb_width": 1.2}, {"dropped_kerb_width": 0.0}, NO),
        ({"dropped_kerb_width": 1.2}, {"dropped_kerb_width": np.nan}, UNKNOWN),
        ({"dropped_kerb_width": np.nan}, {"dropped_kerb_width": 0.0}, NO),
        ({"kerb_height": 3.0}, {"kerb_height": 0.0}, YES),
        ({"kerb_height": 3.0}, {"kerb_height": 3.1}, UNKNOWN),
        ({"kerb_height": 3.0}, {"kerb_height": 6.0}, UNKNOWN),
        ({"kerb_height": 3.0}, {"kerb_height": 6.1}, NO),
        ({"kerb_height_high": 3.0}, {"kerb_height_high": 3.0}, YES),
        ({"kerb_height_low": 3.0}, {"kerb_height_low": 3.0}, UNKNOWN),
        ({"kerb_height": 8.0, "dropped_kerb_width": 1.2}, {"kerb_height": 2.0, "dropped_kerb_width": 1.2}, YES),
        ({"kerb_height": 2.0, "dropped_kerb_width": 0.0}, {"kerb_height": 2.0, "dropped_kerb_width": 1.0}, UNKNOWN),
    ],
)
def test_a_crossing_is_lowered_if_both_ends_are(one, other, expected):
    assert answers(both_sides_lowered(ended(one, other))) == [expected]
    assert answers(both_sides_lowered(ended(other, one))) == [expected]


def test_one_end_alone_does_not_make_both_lowered():
    layers = ended({"kerb_height": 2.0})
    layers["crossing_end"] = layers["crossing_end"].iloc[:1]
    assert answers(both_sides_lowered(layers)) == [UNKNOWN]
    layers["crossing_end"]["kerb_height"] = 12.0
    assert answers(both_sides_lowered(layers)) == [NO]
    assert answers(both_sides_lowered({"crossing": layers["crossing"]})) == [UNKNOWN]


def test_an_unmarked_crossing_is_as_wide_as_its_lowered_kerb():
    layers = ended({"dropped_kerb_width": 1.5}, {"dropped_kerb_width": np.nan})
    assert bounds(crossing_width(layers)) == [[None, None]] * 2
    layers["crossing"]["crossing_marked"] = bools([False])
    assert bounds(crossing_width(layers)) == [[1.5, 1.5], [None, None]]
    layers["crossing_end"]["dropped_kerb_width"] = 0.0
    assert bounds(crossing_width(layers)) == [[None, None]] * 2
    layers["crossing"]["crossing_marked"] = bools([True])
    assert bounds(crossing_width(layers)) == [[None, None]] * 2


def landings(crossing, pavements, angle=0.0, origin=(0.0, 0.0), **columns):
    layers = {"crossing": layer(place([crossing], angle, origin), ["OV"], **columns)}
    layers["crossing_end"] = derive_ends(layers["crossing"])
    layers["footway"] = layer(place(pavements, angle, origin)).assign(drawn="pavement")
    return layers


PAVEMENTS = [shapely.box(-50, -1.8, 50, 0), shapely.box(-50, 7, 50, 9.5)]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_landing_is_at_most_as_deep_as_the_pavement(angle, origin):
    found = landing_depth(landings(line((0, 0), (0, 7)), PAVEMENTS, angle, origin))
    assert found["low"].tolist() == [0.0, 0.0]
    assert found["high"].tolist() == pytest.approx([1.8, 2.5], abs=1e-6)


def test_landing_behind_a_crossing_that_is_drawn_to_the_axis_of_the_pavement():
    assert bounds(landing_depth(landings(line((0, -0.9), (0, 8.2)), PAVEMENTS, axis_to_axis=[True]))) == [[0, 1.8], [0, 2.5]]


def test_landing_goes_on_over_pavements_and_driveways_that_touch():
    layers = landings(line((0, 0), (0, 7)), [*PAVEMENTS, shapely.box(-3, 9.5, 3, 11)])
    layers["driveway"] = layer([shapely.box(-3, -3, 3, -1.8)])
    assert bounds(landing_depth(layers)) == [[0, 3.0], [0, 4.0]]


def test_a_pavement_that_does_not_end_or_does_not_begin_at_the_kerb_is_no_bound():
    layers = landings(line((0, 0), (0, 7)), [shapely.box(-1, -30, 1, 0), shapely.box(-50, 8.2, 50, 10)])
    assert bounds(landing_depth(layers)) == [[None, None]] * 2


def test_landing_is_unknown_where_pavements_are_not_known():
    layers = landings(line((0, 0), (0, 7)), PAVEMENTS)
    assert bounds(landing_depth({**layers, "footway": layers["footway"].assign(drawn="walkway")})) == [[None, None]] * 2
    assert bounds(landing_depth({**layers, "footway": layers["footway"].assign(complete=False)})) == [[None, None]] * 2
    assert bounds(landing_depth({kind: layers[kind] for kind in ("crossing", "crossing_end")})) == [[None, None]] * 2
    assert bounds(landing_depth({**layers, "crossing": layers["crossing"].iloc[:0]})) == [[None, None]] * 2


# -------------------- a real district, of which the whole carriageway is one polygon with 69,000 vertices

ISLANDS = ("2532143195", "1509383379", "1509383377", "1539712862", "4348866507", "4348866524", "4482783498", "9839924982")
"""Crossings through a traffic island, as read off the drawing; they are points with the direction of their street."""


@pytest.fixture(scope="module")
def neukoelln(shared_data):
    """Crossings of Neukoelln, drawn square to their street through their point, with carriageways and islands."""
    file = shared_data / "berlin-neukoelln" / "berlin_neukoelln.gpkg"
    points = pyogrio.read_dataframe(file, layer="crossing").dropna(subset="angle").set_index("id")
    points.index = points.index.str.removeprefix("node/")
    way = np.radians(points["angle"].to_numpy() + 90)
    half = 14 * np.stack([np.sin(way), np.cos(way)], axis=1)
    middle = shapely.get_coordinates(points.geometry.to_numpy())
    lines = shapely.linestrings(np.stack([middle - half, middle + half], axis=1))
    roads = pyogrio.read_dataframe(file, layer="kerb_street_areas").assign(accuracy=0.3)
    islands = pyogrio.read_dataframe(file, layer="area_highway", where="\"area:highway\" = 'traffic_island'").to_crs(roads.crs)
    crossing = gpd.GeoDataFrame({"axis_to_axis": True}, geometry=lines, index=points.index, crs=roads.crs)
    return {"crossing": crossing, "carriageway": roads, "traffic_island": islands.assign(complete=False)}


def test_refuges_and_lengths_of_real_crossings(neukoelln):
    present = refuge_present(neukoelln)["low"]
    assert set(present.index[present == YES]) == set(ISLANDS)
    depth = refuge_depth(neukoelln).loc[list(ISLANDS)]
    assert depth["low"].between(1.5, 3.5).all()
    length = crossing_length(neukoelln).loc[["4482783498", "9839924982"]]
    assert length["low"].tolist() == pytest.approx([9.76, 9.76], abs=0.05), "two points on either side of one island"


def test_skew_of_real_crossings(neukoelln):
    """Lines drawn square to the axis: square to the kerbs too, but where a crossing ends on the round of a corner."""
    found = skew_angle(neukoelln).dropna()
    assert len(found) > 300
    assert (found["low"] <= 5).mean() > 0.7
    assert found.loc["4482783498", "high"] < 4


# -------------------- shapes that measures share


def comb(teeth):
    """A polygon with many vertices, much like the carriageway of a whole city."""
    points = [(0.0, 0.0)]
    for i in range(teeth):
        points += [(i, -1.0), (i + 0.5, -1.0), (i + 0.5, 0.0), (i + 1.0, 0.0)]
    return shapely.Polygon([*points, (teeth, 5.0), (0.0, 5.0)])


@pytest.mark.parametrize("teeth", [10, 300])
def test_large_polygons_are_cut_without_loss(teeth):
    whole = comb(teeth)
    parts, owner = cut_large(np.array([whole, shapely.box(0, 50, 1, 51)]), np.array([whole.envelope]))
    assert set(owner) == {0}, "what lies far from everything is left out"
    assert shapely.area(parts).sum() == pytest.approx(whole.area)
    assert shapely.get_num_coordinates(parts).max() <= 256
    assert shapely.union_all(parts).equals(whole.buffer(0)) or shapely.union_all(parts).symmetric_difference(whole).area < 1e-9


@given(st.lists(st.tuples(st.integers(0, 18), st.integers(1, 6)), min_size=1, max_size=6), st.sampled_from(PLACES))
def test_spans_are_those_of_the_union(boxes, where):
    """Against shapely's own union of all polygons, of which the spans are the parts of the intersection."""
    angle, origin = where
    polygons = place([shapely.box(start, -1, start + length, 1) for start, length in boxes], angle, origin)
    lines = place([line((-2, 0), (30, 0))], angle, origin)
    found = spans(lines, polygons)
    union = shapely.union_all([shapely.box(start, -1, start + length, 1) for start, length in boxes])
    expected = sorted(part.bounds[0] + 2 for part in shapely.get_parts(union))
    assert found["start"].tolist() == pytest.approx(expected, abs=1e-6)
    assert (found["end"] - found["start"]).sum() == pytest.approx(union.area / 2, abs=1e-6)


def test_no_lines_or_no_polygons_have_no_spans():
    nothing = np.array([], dtype=object)
    assert spans(nothing, np.array([ROAD])).empty
    assert spans(np.array([line((0, 0), (1, 0)), None]), nothing).empty
    assert len(segments(nothing)[0]) == 0


def test_sides_of_rectangles_and_strips():
    bent = shapely.Polygon([(0, 0), (10, 0), (10, 10), (9.4, 10), (9.4, 0.6), (0, 0.6)])
    disc = shapely.Point(0, 0).buffer(1)
    short, long, _ = rectangle_sides(np.array([shapely.box(0, 0, 0.6, 1.8), bent, disc, line((0, 0), (1, 0)), None]))
    assert short == pytest.approx([0.6, 0.6, math.nan, math.nan, math.nan], nan_ok=True)
    assert long == pytest.approx([1.8, 19.4, math.nan, math.nan, math.nan], nan_ok=True)


ANY = [
    shapely.Point(1, 1),
    line((0, 0), (0, 7)),
    line((0, 0), (3, 4), (9, 4)),
    line((0, 0), (9, 0), (9, 9), (0, 9), (0, 0)),
    shapely.MultiLineString([[(0, 0), (5, 0)], [(20, 0), (25, 0)]]),
    shapely.box(0, 0, 5, 1),
    shapely.Polygon([(0, 0), (9, 0), (4, 1)]),
    shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 5, 5)),
    shapely.MultiPolygon([shapely.box(0, 0, 2, 5), shapely.box(4, 0, 6, 5)]),
    shapely.MultiPoint([(0, 0), (5, 5)]),
    shapely.GeometryCollection([shapely.Point(0, 0), line((0, 0), (3, 3))]),
]
MODULES = ("carriageways", "crossings", "ends", "furniture", "guidance", "refuges", "streets", "surroundings", "thresholds")
OURS = [measure for measure in MEASURES if measure.function.__module__.rpartition(".")[2] in MODULES]


@pytest.mark.parametrize("others", [ANY, []], ids=["everything", "empty layers"])
@pytest.mark.parametrize("measure", OURS, ids=lambda measure: f"{measure.kind}-{measure.attribute}")
def test_every_measure_takes_any_geometry_and_any_column(measure, others):
    """What cannot be measured is unknown; nothing is refused, and bounds are never the wrong way round."""
    marks = {"guide_line", "warning_field", "info_tile", "axis_to_axis", "derived", "complete", "public_building"}
    columns = {name: bools([True, False, None] * 4)[: len(ANY)] for name in marks}
    kinds = [kind for kind in (*schema.kinds(), *schema.context_kinds()) if kind != measure.kind]
    layers = {kind: layer(others, drawn="pavement") for kind in kinds}
    layers[measure.kind] = layer(ANY, accuracy=[0.1] * len(ANY), parent_id="O-2", **columns)
    for delivered in (layers, {measure.kind: layers[measure.kind]}, {measure.kind: layer(ANY)}):
        found = measure.function(delivered)
        assert found.index.equals(layers[measure.kind].index)
        if "value" not in found:
            assert not (found["low"] > found["high"]).any()
            assert (found["low"].fillna(0) >= 0).all()


def test_a_layer_is_complete_if_one_source_is():
    some = layer([shapely.Point(0, 0)] * 2, complete=[False, True])
    assert is_complete({"stop": some}, "stop")
    assert not is_complete({"stop": some.assign(complete=False)}, "stop")
    assert not is_complete({"stop": some.iloc[:0]}, "stop"), "an empty layer says nothing"
    assert not is_complete({"stop": some}, "stop", "entrance")
    assert is_complete({"stop": some.drop(columns="complete")}, "stop")
