"""What is measured of tactile guidance: what it lies at, sizes, free space, gaps, and the warning fields of crossings."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.measure.crossings import derive_ends
from toegankelijk.measure.guidance import (
    at_crossing,
    at_stop_or_entrance,
    field_depth,
    guide_clearance,
    guide_gap,
    guide_width,
    info_side,
    tactile_warning,
    warning_depth,
    warning_length,
)

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


def tactile(shapes, angle=0.0, origin=(0.0, 0.0), *, what="warning_field", **columns):
    """Tactile objects of one sort."""
    marks = {name: bools([name == what] * len(shapes)) for name in ("guide_line", "warning_field", "info_tile")}
    return layer(place(shapes, angle, origin), **{**marks, **columns})


def around(crossing, fields, angle=0.0, origin=(0.0, 0.0), *, complete=True, **columns):
    """A crossing with its ends, and warning fields of which the city may say that they are all."""
    layers = {"crossing": layer(place([crossing], angle, origin), ["OV"], **columns)}
    layers["crossing_end"] = derive_ends(layers["crossing"])
    return {**layers, "tactile": tactile(fields, angle, origin, complete=[complete] * len(fields))}


def field(x, y, width=1.8, depth=0.6):
    """A field along the x axis, of which the middle is given."""
    return shapely.box(x - width / 2, y - depth / 2, x + width / 2, y + depth / 2)


CROSSING = line((0, 0), (0, 7))


# -------------------- what it lies at


def test_a_field_belongs_to_a_crossing_within_two_metres():
    shapes = [shapely.Point(x, 0) for x in (0.5, 2.0, 2.1, 5.0, 5.1)]
    layers = around(CROSSING, shapes)
    assert answers(at_crossing(layers)) == [YES, YES, UNKNOWN, UNKNOWN, NO]
    layers["tactile"]["accuracy"] = 0.3
    assert answers(at_crossing(layers)) == [YES, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]


def test_a_crossing_drawn_as_a_point_reaches_further():
    layers = around(shapely.Point(0, 0), [shapely.Point(x, 0) for x in (1.0, 14.0, 15.1)])
    assert answers(at_crossing(layers)) == [UNKNOWN, UNKNOWN, NO]


def test_at_no_crossing_is_only_said_where_crossings_are_complete():
    layers = around(CROSSING, [shapely.Point(50, 0)])
    assert answers(at_crossing(layers)) == [NO]
    layers["crossing"]["complete"] = False
    assert answers(at_crossing(layers)) == [UNKNOWN]
    assert answers(at_crossing({"tactile": layers["tactile"]})) == [UNKNOWN]
    assert answers(at_crossing({**layers, "crossing": layers["crossing"].iloc[:0]})) == [UNKNOWN]


def test_a_guide_line_belongs_to_no_crossing():
    layers = around(CROSSING, [line((0, 0), (0, -5))])
    layers["tactile"] = layers["tactile"].assign(guide_line=bools([True]), warning_field=bools([False]))
    assert answers(at_crossing(layers)) == [UNKNOWN]


def test_a_tile_marks_a_stop_or_a_public_entrance_within_three_metres():
    shapes = [shapely.Point(x, 0) for x in (1.0, 3.0, 3.1, 10.0, 10.1, 101.0, 201.0)]
    entrances = layer([shapely.Point(100, 0), shapely.Point(200, 0)], public_building=bools([True, False]))
    layers = {"tactile": tactile(shapes, what="info_tile"), "stop": layer([shapely.Point(0, 0)]), "entrance": entrances}
    assert answers(at_stop_or_entrance(layers)) == [YES, YES, UNKNOWN, UNKNOWN, NO, YES, NO]
    unsure = {**layers, "entrance": entrances.assign(public_building=bools([None, None]))}
    assert answers(at_stop_or_entrance(unsure)) == [YES, YES, UNKNOWN, UNKNOWN, NO, UNKNOWN, UNKNOWN]
    del layers["entrance"]
    assert answers(at_stop_or_entrance(layers)) == [YES, YES, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    assert answers(at_stop_or_entrance({"tactile": layers["tactile"]})) == [UNKNOWN] * 7


# -------------------- sizes


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_sizes_are_the_sides_of_rectangles(angle, origin):
    guides = tactile([shapely.box(0, 0, 12, 0.6), shapely.Point(0, 0)], angle, origin, what="guide_line")
    assert guide_width({"tactile": guides})["low"].tolist() == pytest.approx([0.6, math.nan], nan_ok=True, abs=1e-4)
    tiles = tactile([shapely.box(0, 0, 0.9, 0.9)], angle, origin, what="info_tile")
    assert info_side({"tactile": tiles})["high"].tolist() == pytest.approx([0.9], abs=1e-4)
    fields = tactile([field(0, 0), field(0, 0, 1.0, 0.8)], angle, origin)
    assert field_depth({"tactile": fields})["low"].tolist() == pytest.approx([0.6, 0.8], abs=1e-4)
    assert field_depth({"tactile": fields})["high"].tolist() == pytest.approx([0.6, 1.0], abs=1e-4)


def test_a_guide_line_may_bend():
    bent = shapely.Polygon([(0, 0), (10, 0), (10, 10), (9.4, 10), (9.4, 0.6), (0, 0.6)])
    assert bounds(guide_width({"tactile": tactile([bent], what="guide_line")})) == [[0.6, 0.6]]


def test_sizes_have_the_accuracy_of_the_drawing_and_are_of_what_is_marked_only():
    guides = tactile([shapely.box(0, 0, 12, 0.6)], what="guide_line", accuracy=[0.05])
    assert bounds(guide_width({"tactile": guides})) == [[0.55, 0.65]]
    for other in (field_depth, info_side):
        assert bounds(other({"tactile": guides})) == [[None, None]]


# -------------------- warning fields of crossings


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_warning_field_lies_at_an_end(angle, origin):
    layers = around(CROSSING, [field(0, -0.3)], angle, origin)
    assert answers(tactile_warning(layers)) == [YES, NO]
    assert warning_length(layers).iloc[0].tolist() == pytest.approx([1.8, 1.8], abs=1e-4)
    assert warning_depth(layers).iloc[0].tolist() == pytest.approx([0.6, 0.6], abs=1e-4)
    assert bounds(warning_length(layers))[1] == [None, None]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_depth_lies_along_the_crossing_even_if_the_field_is_deeper_than_long(angle, origin):
    layers = around(CROSSING, [field(0, -0.6, width=0.9, depth=1.2)], angle, origin)
    assert warning_length(layers).iloc[0].tolist() == pytest.approx([0.9, 0.9], abs=1e-4)
    assert warning_depth(layers).iloc[0].tolist() == pytest.approx([1.2, 1.2], abs=1e-4)


def test_a_field_drawn_as_a_line_has_a_length():
    layers = around(CROSSING, [line((-1, 0), (1, 0))])
    assert answers(tactile_warning(layers)) == [YES, NO]
    assert bounds(warning_length(layers)) == [[2, 2], [None, None]]
    assert bounds(warning_depth(layers)) == [[None, None]] * 2


def test_two_fields_at_an_end():
    layers = around(CROSSING, [field(-0.6, -0.3, width=1.0), field(0.6, -0.2, width=1.0, depth=0.4)])
    assert bounds(warning_length(layers)) == [[1.0, 2.0], [None, None]]
    assert bounds(warning_depth(layers)) == [[0.4, 0.6], [None, None]]


@pytest.mark.parametrize(("distance", "expected"), [(2.0, YES), (2.1, UNKNOWN), (5.0, UNKNOWN), (5.1, NO)])
def test_a_field_lies_within_two_metres(distance, expected):
    assert answers(tactile_warning(around(CROSSING, [shapely.Point(distance, 0)])))[0] == expected


def test_a_field_of_the_next_crossing_is_not_of_this_one():
    """At a corner two crossings end 1.6 m apart; the field lies at one of them, or goes round."""
    crossings = layer([CROSSING, line((1.6, 0), (9, 0))], ["A", "B"])
    layers = {"crossing": crossings, "crossing_end": derive_ends(crossings)}
    for shape, expected in ((field(-0.4, -0.3), [YES, NO, UNKNOWN, NO]), (field(0.6, -0.3, width=2.4), [YES, NO, YES, NO])):
        assert answers(tactile_warning({**layers, "tactile": tactile([shape], complete=[True])})) == expected
    corner = {**layers, "tactile": tactile([field(0.6, -0.3, width=2.4)])}
    assert bounds(warning_length(corner)) == [[0, 2.4], [None, None], [0, 0.6], [None, None]], "part of it is of either"


def test_no_field_is_only_said_where_the_city_says_that_it_knows_all():
    there = [field(100, 100)]
    assert answers(tactile_warning(around(CROSSING, there))) == [NO, NO]
    assert answers(tactile_warning(around(CROSSING, there, complete=False))) == [UNKNOWN] * 2
    layers = around(CROSSING, there)
    del layers["tactile"]["complete"]
    assert answers(tactile_warning(layers)) == [UNKNOWN] * 2, "nobody says so"
    assert answers(tactile_warning(around(CROSSING, []))) == [UNKNOWN] * 2, "an empty layer"
    del layers["tactile"]
    assert answers(tactile_warning(layers)) == [UNKNOWN] * 2
    assert bounds(warning_length(layers)) == bounds(warning_depth(layers)) == [[None, None]] * 2


def test_what_may_be_a_warning_field_leaves_it_open():
    layers = around(CROSSING, [field(0, 0)])
    layers["tactile"]["warning_field"] = bools([None])
    assert answers(tactile_warning(layers)) == [UNKNOWN, NO]
    layers["tactile"]["warning_field"] = bools([False])
    assert answers(tactile_warning(layers)) == [NO, NO]


def test_ends_of_a_crossing_drawn_as_a_point_are_not_known():
    assert answers(tactile_warning(around(shapely.Point(0, 0), [field(100, 0)]))) == [UNKNOWN] * 2


def test_a_field_at_the_kerb_of_a_crossing_that_is_drawn_to_the_axis_of_the_pavement():
    """The line begins 4 m before the kerb; a field on the refuge is of neither end."""
    long = line((0, -4), (0, 16))
    at_kerb = around(long, [field(0, -0.3)], axis_to_axis=[True])
    assert answers(tactile_warning(at_kerb)) == [YES, NO]
    on_refuge = around(line((0, -4), (0, 21)), [field(0, 8.5)], axis_to_axis=[True])
    assert answers(tactile_warning(on_refuge)) == [UNKNOWN] * 2


# -------------------- free space beside guide lines

BUILDING = shapely.box(-5, 2, 30, 10)
FAR = {"obstacle": [shapely.Point(0, 500)], "kerb_line": [line((0, 600), (9, 600))]}


def guided(shape, angle=0.0, origin=(0.0, 0.0), *, columns=None, **context):
    layers = {kind: layer(place(shapes, angle, origin)) for kind, shapes in context.items()}
    return {**layers, "tactile": tactile([shape], angle, origin, what="guide_line", **(columns or {}))}


GUIDE = line((0, 0), (20, 0))


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_free_space_is_to_the_nearest_thing_beside_the_line(angle, origin):
    layers = guided(GUIDE, angle, origin, columns={"guide_width": [0.6]}, building=[BUILDING], **FAR)
    assert guide_clearance(layers).iloc[0].tolist() == pytest.approx([1.7, 1.7], abs=1e-6)
    strip = shapely.box(0, -0.3, 20, 0.3)
    layers = guided(strip, angle, origin, columns={"guide_width": [0.6]}, building=[BUILDING], **FAR)
    assert guide_clearance(layers).iloc[0].tolist() == pytest.approx([1.7, 1.7], abs=1e-6)


def test_an_object_drawn_as_a_point_may_reach_half_a_metre():
    layers = guided(GUIDE, columns={"guide_width": [0.6]}, building=[BUILDING], **{**FAR, "obstacle": [shapely.Point(9, -1.2)]})
    assert bounds(guide_clearance(layers)) == [[0.4, 0.9]]


def test_a_kerb_counts_where_it_runs_along_and_not_where_the_line_crosses_or_meets_it():
    ahead = [line((20, -9), (20, 9)), line((10, -9), (10, 9))]
    beside = [line((-9, -0.8), (30, -0.8))]
    known = {"columns": {"guide_width": [0.6]}, "building": [BUILDING], "obstacle": FAR["obstacle"]}
    assert bounds(guide_clearance(guided(GUIDE, kerb_line=ahead, **known))) == [[1.7, 1.7]]
    assert bounds(guide_clearance(guided(GUIDE, kerb_line=beside, **known))) == [[0.5, 0.5]]
    road = {"carriageway": [shapely.box(-9, -8, 30, -0.8)]}
    assert bounds(guide_clearance(guided(GUIDE, **road, **known))) == [[0.5, 0.5]]


def test_a_guide_line_may_lead_to_a_door_or_a_pole():
    ahead = {"building": [shapely.box(20, -5, 30, 5)], "obstacle": [shapely.Point(-0.1, 0)], "kerb_line": FAR["kerb_line"]}
    low, high = bounds(guide_clearance(guided(GUIDE, columns={"guide_width": [0.6]}, **ahead)))[0]
    assert low == 3.15
    assert high is None


def test_free_space_is_an_upper_bound_where_something_was_not_delivered():
    for absent in ("obstacle", "building", "kerb_line"):
        context = {kind: shapes for kind, shapes in {"building": [BUILDING], **FAR}.items() if kind != absent}
        low, high = bounds(guide_clearance(guided(GUIDE, columns={"guide_width": [0.6]}, **context)))[0]
        assert low is None
        assert high == (None if absent == "building" else 1.7)
    layers = guided(GUIDE, columns={"guide_width": [0.6]}, building=[BUILDING], **FAR)
    layers["obstacle"]["complete"] = False
    assert bounds(guide_clearance(layers)) == [[None, 1.7]]


def test_free_space_of_a_line_without_a_width_and_of_what_is_no_line():
    assert bounds(guide_clearance(guided(GUIDE, building=[BUILDING], **FAR))) == [[1.55, 2.0]]
    for shape in (shapely.Point(0, 0), line((0, 0), (1, 0))):
        assert bounds(guide_clearance(guided(shape, building=[BUILDING], **FAR))) == [[None, None]]
    other = tactile([GUIDE])
    assert bounds(guide_clearance({"tactile": other, "building": layer([BUILDING])})) == [[None, None]]


def test_accuracy_widens_free_space():
    layers = guided(GUIDE, columns={"guide_width": [0.6], "accuracy": [0.1]}, building=[BUILDING], **FAR)
    layers["building"]["accuracy"] = 0.2
    assert bounds(guide_clearance(layers)) == [[1.4, 2.0]]


# -------------------- gaps


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_the_gap_is_that_of_the_worse_end(angle, origin):
    doors = {"building": [shapely.box(22, -5, 30, 5)], "stop": [shapely.Point(-1, 0)]}
    assert guide_gap(guided(GUIDE, angle, origin, **doors)).iloc[0].tolist() == pytest.approx(
        [math.nan, 2.0], nan_ok=True, abs=1e-6
    )


def test_the_gap_to_other_guidance_but_not_to_the_line_itself():
    layers = {"tactile": tactile([GUIDE, line((-3, 0), (-0.4, 0)), shapely.box(20, -0.5, 21, 0.5)], what="guide_line")}
    assert bounds(guide_gap(layers))[0] == [None, 0.4]
    assert bounds(guide_gap(guided(GUIDE))) == [[None, None]]
    assert bounds(guide_gap(guided(GUIDE, stop=[shapely.Point(-1, 0)]))) == [[None, None]], "one end leads nowhere known"


def test_the_gap_is_known_where_all_that_may_guide_is():
    everything = {
        "building": [shapely.box(22, -5, 30, 5)],
        "kerb_line": [line((-3, -9), (-3, 9))],
        "parcel": [shapely.box(50, 50, 60, 60)],
    }
    complete = {"complete": [True], "accuracy": [0.1]}
    assert bounds(guide_gap(guided(GUIDE, columns=complete, **everything))) == [[2.8, 3.2]]
    garden = {**everything, "parcel": [shapely.box(-20, 0.5, -1, 9)]}
    low, high = bounds(guide_gap(guided(GUIDE, columns=complete, **garden)))[0]
    assert low == pytest.approx(2.0 - 0.2), "the other end is 2 m from the building"
    assert high == 3.2
    assert bounds(guide_gap(guided(GUIDE, **everything))) == [[None, 3.0]], "nobody says that all tactile objects are there"
