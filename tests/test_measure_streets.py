"""What is measured round streets, pavements and routes: sides, building lines, driveways, guide lines, steps, seats."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from toegankelijk.measure.furniture import bench_setback
from toegankelijk.measure.passages import cut_stretches
from toegankelijk.measure.places import across, along_lines
from toegankelijk.measure.streets import footway_sides
from toegankelijk.measure.surroundings import (
    building_line_9m_or_more,
    built_up_area,
    has_driveway,
    natural_guide,
    obstacles_one_side,
)
from toegankelijk.measure.thresholds import step_follows, step_gap

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


def city(angle=0.0, origin=(0.0, 0.0), **kinds):
    """Layers of which all shapes are turned and moved together."""
    return {kind: layer(place(shapes, angle, origin)) for kind, shapes in kinds.items()}


def line(*points):
    return shapely.LineString(points)


def answers(found):
    assert found["low"].equals(found["high"])
    return [None if math.isnan(value) else value for value in found["low"]]


def bounds(found):
    return [[None if math.isnan(value) else round(value, 4) for value in row] for row in found.to_numpy()]


# -------------------- places along lines


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_places_along_a_line_and_lines_across_it(angle, origin):
    places = along_lines(place([line((0, 0), (10, 0)), line((0, 0), (3, 0))], angle, origin), 5.0)
    assert places["line"].tolist() == [0, 0]
    assert places["at"].tolist() == pytest.approx([2.5, 7.5])
    left = across(places, 4.0)
    expected = place([line((2.5, 0), (2.5, 4)), line((7.5, 0), (7.5, 4))], angle, origin)
    assert shapely.equals_exact(left, expected, 1e-6).all()


@pytest.mark.parametrize(
    ("length", "options", "count"),
    [
        (29.9, {"margin": 10.0}, 1),
        (30.0, {"margin": 10.0}, 2),
        (19.0, {"margin": 10.0}, 0),
        (1.0, {"least": 1}, 1),
        (100.0, {"most": 4}, 4),
    ],
)
def test_number_of_places(length, options, count):
    places = along_lines(np.array([line((0, 0), (length, 0)), None]), 5.0, **options)
    assert len(places) == count
    assert places["at"].between(0, length).all()
    assert np.allclose(places[["x", "y"]], [1, 0])


# -------------------- streets with and without pavements

AXIS = line((0, 0), (100, 0))
LEFT, RIGHT = line((-20, 5), (120, 5)), line((-20, -5), (120, -5))
EDGES = [line((-200, 200), (300, 200)), line((-200, -200), (300, -200))]
"""Other pavements round the street, so that it lies inside the area that pavements span."""


def sides(layers):
    return [None if pd.isna(value) else value for value in footway_sides(layers)["value"]]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize(
    ("footways", "expected"), [([LEFT, RIGHT], "both"), ([LEFT], "left"), ([RIGHT], "right"), ([], "none")], ids=str
)
def test_sides_of_a_street_that_have_a_pavement(footways, expected, angle, origin):
    layers = city(angle, origin, street=[AXIS, shapely.reverse(AXIS)], footway=[*footways, *EDGES])
    turned = {"left": "right", "right": "left"}.get(expected, expected)
    assert sides(layers) == [expected, turned]


@pytest.mark.parametrize(("until", "expected"), [(120, "left"), (82, "left"), (70, None), (30, None), (24, "none"), (10, "none")])
def test_a_pavement_beside_part_of_a_street(until, expected):
    """Of the 80 m between the junctions."""
    assert sides(city(street=[AXIS], footway=[line((-20, 5), (until, 5)), *EDGES])) == [expected]


@pytest.mark.parametrize(
    ("distance", "expected"), [(0.5, None), (2, "left"), (12, "left"), (12.1, None), (20, None), (20.1, "none")]
)
def test_a_pavement_belongs_to_a_street_within_twelve_metres(distance, expected):
    assert sides(city(street=[AXIS], footway=[line((-20, distance), (120, distance)), *EDGES])) == [expected]


def test_a_pavement_drawn_as_a_polygon():
    assert sides(city(street=[AXIS], footway=[shapely.box(-20, 4, 120, 6), *EDGES])) == ["left"]


def test_what_lies_behind_a_building_is_of_another_street():
    layers = city(street=[AXIS], footway=[line((-20, 11), (120, 11)), *EDGES], building=[shapely.box(-20, 6, 120, 10)])
    assert sides(layers) == ["none"]


def test_beyond_another_street_nobody_knows():
    """A street with two carriageways: the pavement beyond the other one may be this one's left side."""
    halves = [AXIS, line((100, 10), (0, 10))]
    outer = [line((-20, -5), (120, -5)), line((-20, 15), (120, 15))]
    assert sides(city(street=halves, footway=[*outer, *EDGES])) == [None, None]


def test_no_pavement_is_only_said_where_pavements_are_complete_and_near():
    layers = city(street=[AXIS, line((2000, 0), (2100, 0))], footway=[LEFT, *EDGES])
    assert sides(layers) == ["left", None], "the second lies outside the area that the pavements span"
    layers["footway"]["complete"] = False
    assert sides(layers) == [None, None]
    both = city(street=[AXIS], footway=[LEFT, RIGHT, *EDGES])
    both["footway"]["complete"] = False
    assert sides(both) == ["both"], "what is there is there"
    assert sides({"street": layers["street"]}) == [None, None]
    assert sides({**layers, "footway": layers["footway"].iloc[:0]}) == [None, None]


def test_given_sides_are_not_looked_at_and_short_streets_are_unknown():
    layers = city(street=[AXIS, line((0, 0), (29, 0)), shapely.Point(0, 0)], footway=[LEFT, RIGHT, *EDGES])
    layers["street"]["footway_sides"] = ["shared", None, None]
    assert sides(layers) == [None, None, None]


def test_footways_beside_a_bridge_may_lie_under_it():
    layers = city(street=[AXIS], footway=[LEFT, RIGHT, *EDGES])
    assert sides({**layers, "street": layers["street"].assign(off_ground=True)}) == [None]
    assert sides({**layers, "street": layers["street"].assign(off_ground=False)}) == ["both"]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_street_drawn_as_a_polygon_has_no_left_and_right(angle, origin):
    road = shapely.box(0, 0, 100, 6)
    both = [shapely.box(0, -2, 100, 0), shapely.box(0, 6, 100, 8)]
    for footways, expected in ((both, "both"), (both[:1], None), ([], "none")):
        assert sides(city(angle, origin, street=[road], footway=[*footways, *EDGES])) == [expected]


def test_half_a_street_drawn_as_a_polygon_is_unknown():
    lanes = [shapely.box(0, 0, 100, 3), shapely.box(0, 3, 100, 6)]
    assert sides(city(street=lanes, footway=EDGES)) == [None, None]
    row = [shapely.box(0, 0, 100, 6), shapely.box(100, 0, 200, 6)]
    assert sides(city(street=row, footway=EDGES)) == ["none", "none"], "cut across, each is a whole street"
    assert sides(city(street=[shapely.box(0, 0, 100, 1.5)], footway=EDGES)) == [None], "a strip is no street"


# -------------------- surroundings of pavements


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_built_up_area_holds_all_of_a_footway_or_none(angle, origin):
    footways = [line((1, 1), (9, 1)), line((5, 5), (20, 5)), line((11, 0), (20, 0)), shapely.box(1, 1, 2, 2)]
    areas = [shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)]
    layers = city(angle, origin, footway=footways, built_up_area=areas)
    assert answers(built_up_area(layers)) == [YES, UNKNOWN, NO, YES]
    layers["built_up_area"]["accuracy"] = 1.5
    assert answers(built_up_area(layers)) == [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]


def test_outside_a_built_up_area_is_only_said_where_all_are_known():
    layers = city(footway=[line((11, 0), (20, 0))], built_up_area=[shapely.box(0, 0, 10, 10)])
    assert answers(built_up_area({**layers, "built_up_area": layers["built_up_area"].assign(complete=False)})) == [UNKNOWN]
    assert answers(built_up_area({**layers, "built_up_area": layers["built_up_area"].iloc[:0]})) == [UNKNOWN]
    assert answers(built_up_area({"footway": layers["footway"]})) == [UNKNOWN]


WALK = line((0, 0), (40, 0))


def across_street(width):
    """The things on both sides of a street of this width: one begins 1 m from the footway."""
    return [shapely.box(-50, 1, 90, 20), shapely.box(-50, 1 - width - 20, 90, 1 - width)]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize(("width", "expected"), [(8.99, NO), (9.0, YES), (14.0, YES)])
def test_building_lines_are_the_edges_of_parcels(width, expected, angle, origin):
    shift = 1e-4 if width == 9.0 else 0.0  # turned coordinates are rounded
    for footway in (WALK, shapely.box(0, -0.75, 40, 0.75)):
        layers = city(angle, origin, footway=[footway], parcel=across_street(width + shift))
        assert answers(building_line_9m_or_more(layers)) == [expected]


@pytest.mark.parametrize(("width", "expected"), [(8.9, NO), (9.0, YES)])
def test_building_lines_are_the_edges_of_the_road_area(width, expected):
    layers = city(footway=[WALK], road_area=[shapely.box(-50, 1 - width, 90, 1)], parcel=across_street(30))
    assert answers(building_line_9m_or_more(layers)) == [expected]


def test_fronts_of_buildings_may_stand_behind_the_building_line():
    assert answers(building_line_9m_or_more(city(footway=[WALK], building=across_street(8.0)))) == [NO]
    assert answers(building_line_9m_or_more(city(footway=[WALK], building=across_street(14.0)))) == [UNKNOWN]


def test_building_lines_need_both_sides_and_all_places_to_agree():
    one = city(footway=[WALK], parcel=across_street(14.0)[:1])
    assert answers(building_line_9m_or_more(one)) == [UNKNOWN]
    narrowing = [shapely.box(-50, 1, 90, 20), shapely.box(-50, -30, 20, -6), shapely.box(20, -30, 90, -9)]
    assert answers(building_line_9m_or_more(city(footway=[WALK], parcel=narrowing))) == [UNKNOWN]
    assert answers(building_line_9m_or_more(city(footway=[WALK, shapely.Point(0, 0)]))) == [UNKNOWN] * 2
    exact = city(footway=[WALK], parcel=across_street(9.1))
    exact["parcel"]["accuracy"] = 0.2
    assert answers(building_line_9m_or_more(exact)) == [UNKNOWN]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_driveway_crosses_a_footway(angle, origin):
    pavement = shapely.box(0, -1, 10, 1)
    drives = [line((5, -9), (5, 9)), shapely.box(10, -1, 13, 1), shapely.box(50, 1, 53, 5), line((100.2, -9), (100.2, 9))]
    footways = [line((0, 0), (10, 0)), pavement, shapely.box(45, -1, 55, 1), shapely.box(70, -1, 80, 1), line((100, 0), (110, 0))]
    layers = city(angle, origin, footway=footways, driveway=drives)
    assert answers(has_driveway(layers)) == [YES, YES, YES, NO, UNKNOWN]


def test_no_driveway_is_only_said_where_they_are_complete_and_far():
    drives = [shapely.box(0, 1.2, 3, 5)]
    footways = [line((0, 0), (10, 0)), line((0, 0), (10, 0)), line((0, -3), (10, -3)), shapely.box(0, -1, 10, 1)]
    layers = city(footway=footways, driveway=drives)
    layers["footway"]["footway_width"] = [np.nan, 2.0, np.nan, np.nan]
    assert answers(has_driveway(layers)) == [UNKNOWN, NO, NO, NO], "a pavement of unknown width may reach it"
    assert answers(has_driveway({**layers, "driveway": layers["driveway"].assign(complete=False)})) == [UNKNOWN] * 4
    assert answers(has_driveway({"footway": layers["footway"]})) == [UNKNOWN] * 4


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_obstacles_on_one_side_of_the_axis(angle, origin):
    footways = [line((0, y), (20, y)) for y in (0, 20, 40)] + [shapely.box(0, 59, 20, 61), shapely.box(0, 79, 20, 81)]
    points = [(3, 0.8), (9, 0.7), (3, 20.8), (9, 19.2), (3, 60.5), (9, 59.5), (3, 80.5), (9, 80.9)]
    layers = city(angle, origin, footway=footways, obstacle=[shapely.Point(point) for point in points])
    layers["footway"]["footway_width"] = 2.0
    assert answers(obstacles_one_side(layers)) == [YES, NO, YES, NO, YES]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_sides_of_a_pavement_that_bends_are_told_by_the_carriageway(angle, origin):
    corner = shapely.Polygon([(0, 0), (20, 0), (20, 20), (18, 20), (18, 2), (0, 2)])
    road = shapely.Polygon([(0, 0), (0, -6), (26, -6), (26, 20), (20, 20), (20, 0)])
    at_kerb, at_front = [shapely.Point(5, 0.4), shapely.Point(19.6, 10)], [shapely.Point(5, 1.5)]
    for points, expected in ((at_kerb, YES), (at_kerb + at_front, NO)):
        layers = city(angle, origin, footway=[corner], carriageway=[road], obstacle=points)
        assert answers(obstacles_one_side(layers)) == [expected]
        del layers["carriageway"]
        assert answers(obstacles_one_side(layers)) == [UNKNOWN]


def test_one_side_is_only_said_where_obstacles_are_complete():
    layers = city(footway=[line((0, 0), (20, 0))], obstacle=[shapely.Point(3, 0.8), shapely.Point(9, 0.7)])
    layers["footway"]["footway_width"] = 2.0
    assert answers(obstacles_one_side({**layers, "obstacle": layers["obstacle"].assign(complete=False)})) == [UNKNOWN]
    assert answers(obstacles_one_side({**layers, "obstacle": layers["obstacle"].iloc[:0]})) == [UNKNOWN]
    assert answers(obstacles_one_side({"footway": layers["footway"]})) == [UNKNOWN]


def test_obstacles_that_may_stand_on_the_footway_leave_it_open():
    points = [shapely.Point(3, 0.4), shapely.Point(9, -1.4)]
    layers = city(footway=[line((0, 0), (20, 0))], obstacle=points)
    assert answers(obstacles_one_side(layers)) == [UNKNOWN], "of unknown width"
    layers["footway"]["footway_width"] = 2.0
    assert answers(obstacles_one_side(layers)) == [YES]
    layers["footway"]["footway_width"] = 3.0
    assert answers(obstacles_one_side(layers)) == [NO]
    layers["obstacle"]["accuracy"] = 0.2
    assert answers(obstacles_one_side(layers)) == [UNKNOWN], "the second may stand beside it"
    on_axis = city(footway=[line((0, 0), (20, 0))], obstacle=[shapely.Point(3, 0.4), shapely.Point(9, 0.0)])
    on_axis["footway"]["footway_width"] = 2.0
    assert answers(obstacles_one_side(on_axis)) == [UNKNOWN]
    on_axis["obstacle"] = on_axis["obstacle"].iloc[1:]
    assert answers(obstacles_one_side(on_axis)) == [YES], "one obstacle stands on one side"
    parts = shapely.MultiLineString([[(0, 0), (5, 0)], [(9, 0), (20, 0)]])
    assert answers(obstacles_one_side({**on_axis, "footway": layer([parts])})) == [UNKNOWN]


# -------------------- natural guide lines

ROUTE = line((0, 0), (60, 0))
FAR = {"kerb_line": [line((0, 500), (9, 500))]}


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize(("gap", "expected"), [(0.0, YES), (0.9, YES), (1.8, UNKNOWN), (9.0, UNKNOWN), (20.0, NO)], ids=str)
def test_a_front_along_the_route_may_be_interrupted_for_a_metre(gap, expected, angle, origin):
    """Beyond 3 m from the ends of two fronts nothing can be followed; beyond 5 m surely not."""
    half = gap / 2 + math.sqrt(5**2 - 1) if gap > 10 else gap / 2 + math.sqrt(3**2 - 1)
    fronts = [shapely.box(-9, 1, 30 - half, 8), shapely.box(30 + half, 1, 70, 8)]
    assert answers(natural_guide(city(angle, origin, route=[ROUTE], building=fronts, **FAR))) == [expected]


@pytest.mark.parametrize(("distance", "expected"), [(2.9, YES), (3.1, UNKNOWN), (4.9, UNKNOWN), (5.1, NO)])
def test_a_kerb_can_be_followed_within_three_metres(distance, expected):
    layers = city(route=[ROUTE], kerb_line=[line((-9, distance), (70, distance))], building=[shapely.box(0, 500, 9, 509)])
    assert answers(natural_guide(layers)) == [expected]


def test_what_may_be_an_edge_leaves_it_open():
    layers = city(route=[ROUTE], building=[shapely.box(0, 500, 9, 509)], **FAR)
    assert answers(natural_guide(layers)) == [NO]
    assert answers(natural_guide({**layers, "parcel": layer([shapely.box(-9, 2, 70, 9)])})) == [UNKNOWN]
    assert answers(natural_guide({**layers, "obstacle": layer([line((-9, 1), (70, 1))])})) == [UNKNOWN], "a hedge"
    for absent in ("building", "kerb_line"):
        assert answers(natural_guide({kind: one for kind, one in layers.items() if kind != absent})) == [UNKNOWN]
    assert answers(natural_guide({**layers, "kerb_line": layers["kerb_line"].assign(complete=False)})) == [UNKNOWN]


def test_on_a_crossing_no_guide_line_is_asked():
    fronts = [shapely.box(-9, 1, 20, 8), shapely.box(40, 1, 70, 8)]
    layers = city(route=[ROUTE], building=fronts, crossing=[line((20, 0), (40, 0))], **FAR)
    assert answers(natural_guide(layers)) == [YES]


# -------------------- steps that follow one another


def steps(xs, y=0.0, **columns):
    return layer([shapely.Point(x, y) for x in xs], **columns)


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_the_next_step_on_the_same_way(angle, origin):
    layers = city(
        angle,
        origin,
        kerb=[shapely.Point(10, 0), shapely.Point(12.4, 0.2), shapely.Point(40, 0)],
        footway=[line((0, 0), (90, 0))],
    )
    found = step_gap(layers)
    assert found["low"].tolist() == pytest.approx([2.4, 2.4, 27.6], abs=1e-6)
    assert answers(step_follows(layers)) == [YES, YES, YES]


@pytest.mark.parametrize(("gap", "expected"), [(0.2, UNKNOWN), (0.31, YES), (50.0, YES), (50.1, NO)])
def test_a_step_follows_within_fifty_metres(gap, expected):
    layers = {"kerb": steps([10, 10 + gap]), "footway": layer([line((0, 0), (90, 0))])}
    assert answers(step_follows(layers)) == [expected] * 2
    assert bounds(step_gap(layers)) == [[gap, gap] if expected == YES else [None, None]] * 2


def test_steps_on_the_pieces_of_a_pavement_that_was_cut():
    footways = layer([line((0, 0), (90, 0)), line((11, 0), (11, -9))])
    layers = {"kerb": steps([10, 14]), "footway": cut_stretches(footways, np.array([], dtype=object))}
    assert len(layers["footway"]) == 3
    assert bounds(step_gap(layers)) == [[4, 4]] * 2


def test_steps_on_different_ways_do_not_follow_one_another():
    ways = layer([line((0, 0), (90, 0)), line((0, 20), (90, 20))])
    kerbs = layer([shapely.Point(10, 0), shapely.Point(12, 20)])
    assert answers(step_follows({"kerb": kerbs, "footway": ways})) == [UNKNOWN] * 2
    assert answers(step_follows({"kerb": kerbs})) == [UNKNOWN] * 2
    assert answers(step_follows({"kerb": kerbs, "route": layer([line((0, 0), (10, 0), (12, 20), (12, 30))])})) == [YES] * 2


def test_a_flush_kerb_is_no_step_and_a_layer_that_is_not_complete_tells_no_absence():
    way = {"footway": layer([line((0, 0), (90, 0))])}
    flush = steps([10, 12], level_difference=[5.0, np.nan], level_difference_high=[np.nan, 1.0])
    assert answers(step_follows({**way, "kerb": flush})) == [NO, UNKNOWN]
    alone = steps([10], complete=[False])
    assert answers(step_follows({**way, "kerb": alone})) == [UNKNOWN]
    assert answers(step_follows({**way, "kerb": alone.assign(complete=True)})) == [NO]


def test_kerbs_drawn_as_lines():
    kerbs = layer([line((10, -2), (10, 2)), line((13, -2), (13, 2)), line((20, 3), (30, 3))], accuracy=[0.1] * 3)
    assert bounds(step_gap({"kerb": kerbs, "footway": layer([line((0, 0), (90, 0))])})) == [[2.8, 3.2]] * 2 + [[None, None]]


def test_a_way_that_only_touches_a_level_change_does_not_meet_it():
    """Links over a street that begin at the same pavement: who walks on along it meets none of them."""
    ends = layer([line((10, 0), (10, 8)), line((13, 0), (13, 8)), line((16, 0.2), (16, -8))], accuracy=[0.1] * 3)
    layers = {"kerb": ends, "footway": layer([line((0, 0), (90, 0))])}
    assert bounds(step_gap(layers)) == [[None, None]] * 3
    assert answers(step_follows(layers)) == [UNKNOWN] * 3
    crossed = layer([line((10, -1), (10, 8)), line((13, -1), (13, 8))])
    assert bounds(step_gap({**layers, "kerb": crossed})) == [[3, 3]] * 2


# -------------------- seats


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_setback_is_to_the_edge_of_the_walkway(angle, origin):
    seat = shapely.box(4, 2.6, 5.8, 3.2)
    for footway, columns in ((shapely.box(0, -1, 20, 1), {"drawn": "walkway"}), (line((0, 0), (20, 0)), {"route_width": 2.0})):
        layers = city(angle, origin, rest_place=[seat], footway=[footway])
        layers["footway"] = layers["footway"].assign(**columns)
        assert bench_setback(layers).iloc[0].tolist() == pytest.approx([1.6, 1.6], abs=1e-6)


def test_a_seat_drawn_as_a_point_may_reach_towards_the_walkway():
    layers = city(rest_place=[shapely.Point(4, 2.6), shapely.Point(4, 0.5)], footway=[shapely.box(0, -1, 20, 1)])
    walkway = {**layers, "footway": layers["footway"].assign(drawn="walkway")}
    assert bounds(bench_setback(walkway)) == [[0.7, 1.6], [0, 0]]
    assert bounds(bench_setback(layers)) == [[0.7, None], [None, None]], "the walkway may keep away from the edge of the pavement"


def test_setback_from_a_line_of_unknown_width_and_from_none():
    layers = city(rest_place=[shapely.box(4, 4, 5, 5), shapely.box(4, 21, 5, 22)], footway=[line((0, 0), (20, 0))])
    assert bounds(bench_setback(layers)) == [[1.0, 4.0], [None, None]]
    layers["footway"]["complete"] = False
    assert bounds(bench_setback(layers)) == [[None, 4.0], [None, None]], "a nearer one may be missing"
    layers["rest_place"]["accuracy"] = 0.5
    assert bounds(bench_setback({**layers, "footway": layers["footway"].assign(complete=True)}))[0] == [0.5, 4.5]
    assert bounds(bench_setback({"rest_place": layers["rest_place"]})) == [[None, None]] * 2
    assert bounds(bench_setback({**layers, "footway": layers["footway"].iloc[:0]})) == [[None, None]] * 2


# -------------------- a real village, looked at on the map

OTTERLO = {
    "both": "fe246f2ebe62 fe246f49800d fe246f4986e4 fe246f4986ea fe246f498018 fe246f4a51e0 fe246f2dd8b9 fe246f2dd841",
    "none": "cd2aa4c86962 fe246f49679d 8b269de67e3c fe246f53ba16 fe246f548e64 e849f8902bed b173d8fbfa98 fe246f53ba06",
}
"""Beginnings of the keys of streets of which the sides were read off the drawing."""
DRIVEWAYS = ("0753a8a2ed6c", "fe246f2e53d0", "fe246f497fe0", "fe246f4986f8", "fe246f4a7623")


@pytest.fixture(scope="module")
def otterlo(shared_data):
    """Road parts and buildings of Otterlo by kind."""
    file = shared_data / "otterlo-bgt" / "otterlo_bgt_current.gpkg"
    roads = pyogrio.read_dataframe(file, layer="wegdeel").set_index("lokaalID").assign(drawn="pavement")
    kinds = {
        "footway": roads["function"].isin(["voetpad", "voetgangersgebied"]),
        "street": roads["function"].str.startswith("rijbaan"),
        "driveway": roads["function"] == "inrit",
    }
    building = pyogrio.read_dataframe(file, layer="pand").set_index("lokaalID")
    return {**{kind: roads[chosen] for kind, chosen in kinds.items()}, "building": building}


@pytest.mark.parametrize("expected", ["both", "none"])
def test_sides_of_real_streets(otterlo, expected):
    found = footway_sides(otterlo)["value"]
    keys = found.index.str.removeprefix("G0228.").str[:12]
    for key in OTTERLO[expected].split():
        assert found[keys == key].tolist() == [expected], key


def test_driveways_of_real_pavements(otterlo):
    found = has_driveway(otterlo)["low"]
    crossed = found.index[found == YES].str.removeprefix("G0228.").str[:12]
    assert set(DRIVEWAYS) <= set(crossed)
    assert 10 <= len(crossed) <= 25
    assert found.notna().all()
