"""What is measured from geometry: stretches, crossing ends, lengths, bays, objects in the walkway."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from toegankelijk import schema
from toegankelijk.measure import MEASURES, NETWORK_MEASURES, WIDTH_MEASURES, fill, measure_layers
from toegankelijk.measure.crossings import crossing_length, derive_ends
from toegankelijk.measure.furniture import outside_walkway
from toegankelijk.measure.parking import bay_length, bay_width
from toegankelijk.measure.passages import cut_stretches, with_stretches

LAMBERT = "EPSG:31370"
GENK = (228_350.37, 182_340.81)
PLACES = [(0.0, (0.0, 0.0)), (0.0, GENK), (33.7, GENK), (-120.0, GENK)]

PENDING: set[str] = set()
"""Attributes that only geometry, network or raster can give, and that nothing measures yet: they stay unknown.

There is none left, and nothing may join it unseen.
"""

AFTERWARDS = {"stop_distance"}
"""Attributes that are measured by a step of their own, as they go by the norm."""


def test_what_is_not_measured_yet_is_exactly_the_list():
    computed = {
        name
        for name, attribute in schema.attributes().items()
        if {"geometry", "network", "raster"} & set(attribute.how) and not {"survey", "attribute"} & set(attribute.how)
    }
    measured = {measure.attribute for measure in (*MEASURES, *WIDTH_MEASURES, *NETWORK_MEASURES)} | AFTERWARDS
    assert computed - measured == PENDING


def test_every_measure_is_of_an_attribute_that_its_kind_has():
    for measure in MEASURES:
        assert measure.attribute in schema.attributes_of(measure.kind)
        assert schema.attributes()[measure.attribute].type in ("number", "bool", "class")
    pairs = [(measure.kind, measure.attribute) for measure in MEASURES]
    assert len(pairs) == len(set(pairs))


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


NO_OTHERS = np.array([], dtype=object)


# -------------------- stretches


def crossroads(angle, origin):
    """A long pavement, one that ends on it, one that shares a vertex with it, and one apart."""
    lines = [
        line((0, 0), (4, 0), (10, 0)),
        line((7, 0.02), (7, 5)),  # ends 2 cm beside the first
        line((4, 3), (4, 0), (4, -3)),  # crosses it, with a common vertex
        line((0, 8), (10, 8)),
    ]
    return layer(place(lines, angle, origin), ["VP-1", "VP-2", "VP-3", "VP-4"], surface=["asphalt", "sett", "sand", "mud"])


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_pavements_are_cut_where_others_meet_them(angle, origin):
    cut = cut_stretches(crossroads(angle, origin), NO_OTHERS)
    lengths = {"VP-1/1": 4.0, "VP-1/2": 3.0, "VP-1/3": 3.0, "VP-2": 4.98, "VP-3/1": 3.0, "VP-3/2": 3.0, "VP-4": 10.0}
    assert cut.index.name == "object_id"
    assert cut.length.round(6).to_dict() == pytest.approx(lengths)
    assert cut["surface"].to_dict() == {
        "VP-1/1": "asphalt", "VP-1/2": "asphalt", "VP-1/3": "asphalt", "VP-2": "sett", "VP-3/1": "sand", "VP-3/2": "sand",
        "VP-4": "mud",
    }  # fmt: skip
    parents = cut["parent_id"].dropna().to_dict()
    assert parents == {name: name.split("/")[0] for name in lengths if "/" in name}
    assert cut.crs == LAMBERT


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_pieces_run_from_the_start_of_the_line(angle, origin):
    footways = crossroads(angle, origin)
    cut = cut_stretches(footways, NO_OTHERS)
    first, last = cut.geometry["VP-1/1"], cut.geometry["VP-1/3"]
    parent = footways.geometry["VP-1"]
    assert shapely.get_point(first, 0) == shapely.get_point(parent, 0)
    assert shapely.get_point(last, -1) == shapely.get_point(parent, -1)
    for a, b in (("VP-1/1", "VP-1/2"), ("VP-1/2", "VP-1/3"), ("VP-3/1", "VP-3/2"), ("VP-1/1", "VP-3/2")):
        assert shapely.get_point(cut.geometry[a], -1) == shapely.get_point(cut.geometry[b], 0), "the pieces share their end"


def test_a_bend_stays_in_its_piece():
    cut = cut_stretches(layer([line((0, 0), (3, 0), (3, 4)), line((3, 2), (9, 2))]), NO_OTHERS)
    assert cut.geometry["O-1/1"].equals(line((0, 0), (3, 0), (3, 2)))
    assert cut.geometry["O-1/2"].equals(line((3, 2), (3, 4)))


def test_other_walking_lines_cut_too_and_are_not_cut():
    layers = {"footway": layer([line((0, 0), (10, 0))]), "crossing": layer([line((5, 0), (5, 6))], ["OV-1"])}
    result = with_stretches(layers)
    assert result["footway"].length.to_dict() == {"O-1/1": 5.0, "O-1/2": 5.0}
    assert result["crossing"].index.tolist() == ["OV-1"]


def test_lines_that_cross_without_a_common_point_do_not_meet():
    """A bridge or a tunnel: no common vertex and no end on the other."""
    footways = layer([line((0, 0), (10, 0)), line((5, -5), (5, 5))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1", "O-2"]


@pytest.mark.parametrize("gap", [0.06, 1.0])
def test_a_line_that_ends_just_short_does_not_cut(gap):
    footways = layer([line((0, 0), (10, 0)), line((5, gap), (5, 5))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1", "O-2"]


def test_lines_that_meet_at_their_ends_are_not_cut():
    footways = layer([line((0, 0), (10, 0)), line((10, 0), (20, 0)), line((0.03, 0), (0.03, 9))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1", "O-2", "O-3"]


def test_two_lines_that_end_at_one_place_cut_once():
    footways = layer([line((0, 0), (10, 0)), line((5, 0), (5, 5)), line((5.01, 0), (5, -5))])
    assert cut_stretches(footways, NO_OTHERS).length.round(1).to_dict() == {"O-1/1": 5.0, "O-1/2": 5.0, "O-2": 5.0, "O-3": 5.0}


def test_a_line_that_ends_on_itself_is_not_cut():
    footways = layer([line((0, 0), (10, 0), (10, 5), (5, 5), (5, 0))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1"]


def test_polygons_are_not_cut():
    footways = layer([shapely.box(0, -1, 10, 1), line((0, 0), (10, 0)), line((5, 0), (5, 9))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1", "O-2/1", "O-2/2", "O-3"]


def test_a_line_that_is_stored_as_several_is_cut_as_one():
    """GIS layers often declare all their lines as MultiLineString."""
    footways = layer([shapely.MultiLineString([[(0, 0), (10, 0)]]), line((5, 0), (5, 5))])
    assert cut_stretches(footways, NO_OTHERS).length.to_dict() == {"O-1/1": 5.0, "O-1/2": 5.0, "O-2": 5.0}


def test_a_line_in_parts_that_lie_apart_cuts_others_and_stays_whole():
    footways = layer([shapely.MultiLineString([[(5, 0), (5, 5)], [(20, 0), (25, 0)]]), line((0, 0), (10, 0))])
    assert cut_stretches(footways, NO_OTHERS).index.tolist() == ["O-1", "O-2/1", "O-2/2"]


def test_ids_of_pieces_never_clash_with_delivered_ids():
    footways = layer([line((0, 0), (10, 0)), line((5, 0), (5, 5))], ["VP", "VP/2"])
    assert sorted(cut_stretches(footways, NO_OTHERS).index) == ["VP//2", "VP/1", "VP/2"]


def test_layers_without_pavements_or_lines_stay():
    assert with_stretches({}) == {}
    empty = layer([])
    assert with_stretches({"footway": empty})["footway"].empty
    points = layer([shapely.Point(0, 0)])
    assert cut_stretches(points, NO_OTHERS).index.tolist() == ["O-1"]


steps = st.sampled_from([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1)])


@st.composite
def walks(draw):
    """Lines over a coarse grid, turned and moved to Lambert coordinates, so that they often meet."""
    shapes = []
    for _ in range(draw(st.integers(2, 6))):
        x, y = draw(st.integers(-2, 2)), draw(st.integers(-2, 2))
        points = [(x, y)]
        for dx, dy in draw(st.lists(steps, min_size=1, max_size=5)):
            x, y = x + dx, y + dy
            points.append((x, y))
        shape = shapely.LineString(np.array(points) * 7.0)
        if shape.is_simple and not shape.is_closed:
            shapes.append(shape)
    assume(len(shapes) >= 2)
    return place(shapes, draw(st.sampled_from([0.0, 12.3, 45.0, 101.0])), GENK)


@given(walks())
def test_pieces_add_up_to_their_line(shapes):
    footways = layer(shapes)
    cut = cut_stretches(footways, NO_OTHERS)
    parent = cut["parent_id"].fillna(cut.index.to_series()) if "parent_id" in cut else cut.index.to_series()
    assert cut.index.is_unique
    for name, pieces in cut.groupby(parent):
        whole = footways.geometry[name]
        assert pieces.length.sum() == pytest.approx(whole.length, abs=1e-6)
        assert shapely.hausdorff_distance(shapely.union_all(pieces.geometry.to_numpy()), whole) < 1e-6
        assert (pieces.length > 0.04).all(), "no slivers"
    assert set(parent) == set(footways.index)


@given(walks(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(shapes, random):
    footways = layer(shapes)
    order = list(range(len(shapes)))
    random.shuffle(order)
    plain, mixed = (cut_stretches(rows, NO_OTHERS).sort_index() for rows in (footways, footways.iloc[order]))
    assert plain.index.tolist() == mixed.index.tolist()
    assert (shapely.to_wkb(plain.geometry.to_numpy()) == shapely.to_wkb(mixed.geometry.to_numpy())).all()


@settings(max_examples=30)
@given(walks())
def test_cutting_again_changes_nothing(shapes):
    once = cut_stretches(layer(shapes), NO_OTHERS)
    twice = cut_stretches(once, NO_OTHERS)
    assert twice.index.tolist() == once.index.tolist()


# -------------------- crossing ends


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_every_crossing_gets_two_ends(angle, origin):
    crossings = layer(place([line((0, 0), (0, 3), (0, 6))], angle, origin), ["OV-1"], kerb_height=[2.5], zebra=[True])
    ends = derive_ends(crossings)
    assert ends.index.tolist() == ["OV-1/1", "OV-1/2"]
    assert ends["parent_id"].tolist() == ["OV-1", "OV-1"]
    assert ends["kerb_height"].tolist() == [2.5, 2.5]
    assert "zebra" not in ends
    shape = crossings.geometry["OV-1"]
    assert ends.geometry.tolist() == [shapely.get_point(shape, 0), shapely.get_point(shape, -1)]
    assert ends.crs == LAMBERT


def test_bounds_and_manager_of_the_crossing_hold_for_its_ends():
    crossings = layer([line((0, 0), (0, 6))], kerb_height=[np.nan], kerb_height_high=[3.0], manager=["awv"], street=["Weg"])
    ends = derive_ends(crossings)
    assert ends["kerb_height_high"].tolist() == [3.0, 3.0]
    assert ends["manager"].tolist() == ["awv", "awv"]
    assert ends["street"].tolist() == ["Weg", "Weg"]


def test_a_crossing_drawn_as_a_point_has_two_ends_there():
    ends = derive_ends(layer([shapely.Point(3, 4)], ["OV-1"]))
    assert ends.index.tolist() == ["OV-1/1", "OV-1/2"]
    assert set(ends.geometry) == {shapely.Point(3, 4)}


@pytest.mark.parametrize(
    ("axis", "sides", "due"),
    [
        ([(5, -9), (5, 9)], "both", ["OV-1/1", "OV-2/2"]),
        ([(5, -9), (5, 9)], "pedestrian", ["OV-1/1", "OV-1/2", "OV-2/1", "OV-2/2"]),
        ([(8, -9), (8, 9)], "both", ["OV-1/1", "OV-1/2", "OV-2/1", "OV-2/2"]),
    ],
    ids=["on the axis", "of a pedestrian street", "on a refuge beside it"],
)
def test_no_end_where_the_halves_of_a_crossing_meet_on_the_axis(axis, sides, due):
    halves = layer([shapely.LineString([(0, 0), (5, 0)]), shapely.LineString([(5, 0), (11, 0)])], ["OV-1", "OV-2"])
    streets = layer([shapely.LineString(axis)], ["S-1"]).assign(footway_sides=sides)
    assert derive_ends(halves, streets=streets).index.tolist() == due


def test_a_delivered_end_takes_the_place_nearest_to_it():
    crossings = layer([line((0, 0), (0, 6))], ["OV-1"], kerb_height=[9.0])
    delivered = layer([shapely.Point(0.5, 6)], ["K-1"], kerb_height=[2.0])
    ends = derive_ends(crossings, delivered)
    assert ends["parent_id"].to_dict() == {"K-1": "OV-1", "OV-1/1": "OV-1"}
    assert ends["kerb_height"].to_dict() == {"K-1": 2.0, "OV-1/1": 9.0}
    assert ends.geometry["OV-1/1"] == shapely.Point(0, 0)


def test_ids_of_derived_ends_never_clash_with_delivered_ids():
    delivered = layer([shapely.Point(0, 6)], ["OV-1/1"])
    ends = derive_ends(layer([line((0, 0), (0, 6))], ["OV-1"]), delivered)
    assert ends.index.is_unique
    assert set(ends.geometry) == {shapely.Point(0, 0), shapely.Point(0, 6)}


def test_a_delivered_end_that_says_nothing_takes_over_what_the_crossing_says():
    crossings = layer([line((0, 0), (0, 6))], ["OV-1"], kerb_height=[9.0], tactile_warning=pd.array([False], dtype="boolean"))
    said = {"kerb_height": [np.nan, np.nan], "kerb_height_high": [3.0, np.nan]}
    ends = derive_ends(crossings, layer([shapely.Point(0, 0), shapely.Point(0, 6)], ["K-1", "K-2"], **said))
    assert ends.index.tolist() == ["K-1", "K-2"]
    assert schema.bounds(ends, "kerb_height")[1].tolist() == [3.0, 9.0]
    assert schema.bounds(ends, "kerb_height")[0].tolist() == [-np.inf, 9.0], "bounds of its own, not the crossing's value"
    assert ends["tactile_warning"].tolist() == [False, False]


def test_parent_id_goes_before_distance():
    crossings = layer([line((0, 0), (0, 6)), line((50, 0), (50, 6))], ["OV-1", "OV-2"])
    delivered = layer([shapely.Point(0, 0), shapely.Point(0, 6)], ["K-1", "K-2"], parent_id=["OV-2", ""])
    ends = derive_ends(crossings, delivered)
    assert ends["parent_id"].to_dict() == {
        "K-1": "OV-2", "K-2": "OV-1", "OV-1/1": "OV-1", "OV-2/2": "OV-2",
    }  # fmt: skip
    assert ends.geometry["OV-2/2"] == shapely.Point(50, 6), "the far end: K-1 is nearest to the start"


@pytest.mark.parametrize(("distance", "belongs"), [(2.99, True), (3.2, False)])
def test_a_delivered_end_belongs_within_three_metres(distance, belongs):
    ends = derive_ends(layer([line((0, 0), (0, 6))], ["OV-1"]), layer([shapely.Point(0, -distance)], ["K-1"]))
    assert (ends.at["K-1", "parent_id"] == "OV-1") == belongs
    assert len(ends) == (2 if belongs else 3)


def test_ends_of_no_crossing_stay_as_delivered():
    delivered = layer([shapely.Point(0, 0)], ["K-1"], kerb_height=[2.0], parent_id=["OV-9"])
    ends = derive_ends(layer([]), delivered)
    assert ends.index.tolist() == ["K-1"]
    assert ends["kerb_height"].tolist() == [2.0]


def test_no_crossings_give_no_ends():
    assert derive_ends(layer([])).empty


@settings(max_examples=30)
@given(st.permutations(range(5)), st.lists(st.integers(0, 9), max_size=4, unique=True))
def test_each_crossing_has_two_ends_whatever_is_delivered_in_any_order(order, taken):
    lines = [line((20 * i, 0), (20 * i, 6)) for i in range(5)]
    crossings = layer(lines, [f"OV-{i}" for i in range(5)], kerb_height=[float(i) for i in range(5)])
    points = [shapely.get_point(lines[slot // 2], -(slot % 2)) for slot in taken]
    delivered = layer(points, [f"K-{slot}" for slot in taken])
    plain, mixed = derive_ends(crossings, delivered), derive_ends(crossings.iloc[order], delivered.iloc[::-1])
    assert plain["parent_id"].value_counts().to_dict() == {f"OV-{i}": 2 for i in range(5)}
    assert plain.index.is_unique
    assert plain.geometry.to_wkt().to_dict() == mixed.geometry.to_wkt().to_dict()
    assert plain["kerb_height"].to_dict() == mixed["kerb_height"].to_dict()


# -------------------- lengths and sizes


def bounds(found):
    return found["low"].tolist(), found["high"].tolist()


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_length_of_a_crossing(angle, origin):
    crossings = layer(place([line((0, 0), (3, 4)), line((0, 0), (0, 4), (3, 4)), shapely.Point(1, 1)], angle, origin))
    low, high = bounds(crossing_length({"crossing": crossings}))
    assert low == pytest.approx([5.0, 7.0, math.nan], nan_ok=True)
    assert high == pytest.approx([5.0, 7.0, math.nan], nan_ok=True)


def test_length_of_a_crossing_has_the_accuracy_of_its_drawing():
    crossings = layer([line((0, 0), (0, 8)), line((0, 0), (0, 0.1))], accuracy=[0.25, 0.25])
    assert bounds(crossing_length({"crossing": crossings})) == ([7.75, 0.0], [8.25, 0.35])


def test_a_crossing_drawn_from_axis_to_axis_is_at_most_so_long():
    crossings = layer([line((0, 0), (0, 8)), shapely.Point(0, 0)], axis_to_axis=[True, True])
    low, high = bounds(crossing_length({"crossing": crossings}))
    assert low == pytest.approx([0.0, math.nan], nan_ok=True)
    assert high == pytest.approx([8.0, math.nan], nan_ok=True)


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize(("length", "width"), [(5.0, 3.5), (3.5, 5.0), (4.4, 4.4)])
def test_size_of_a_bay_is_that_of_its_rectangle(angle, origin, length, width):
    bays = {"parking_bay": layer(place([shapely.box(0, 0, length, width)], angle, origin))}
    assert bounds(bay_width(bays))[0] == pytest.approx([min(length, width)], abs=1e-4)
    assert bounds(bay_length(bays))[1] == pytest.approx([max(length, width)], abs=1e-4)


def test_size_of_a_bay_has_the_accuracy_of_its_drawing():
    bays = {"parking_bay": layer([shapely.box(0, 0, 5, 3.5)], accuracy=[0.1])}
    assert bounds(bay_width(bays)) == (pytest.approx([3.4]), pytest.approx([3.6]))
    assert bounds(bay_length(bays)) == (pytest.approx([4.9]), pytest.approx([5.1]))


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon([(0, 0), (6, 0), (6, 2), (2, 2), (2, 6), (0, 6)]),  # two bays round a corner
        shapely.Polygon([(0, 0), (6, 0), (0, 5)]),
        shapely.box(0, 0, 30, 5),  # a row of bays
        shapely.MultiPolygon([shapely.box(0, 0, 2, 5), shapely.box(4, 0, 6, 5)]),
        shapely.Point(0, 0),
        line((0, 0), (5, 0)),
    ],
)
def test_what_is_not_one_rectangle_has_no_size(shape):
    bays = {"parking_bay": layer([shape, shapely.box(0, 0, 5, 3)])}
    for measure, other in ((bay_width, 3.0), (bay_length, 5.0)):
        low, high = bounds(measure(bays))
        assert low == pytest.approx([math.nan, other], nan_ok=True)
        assert high == pytest.approx([math.nan, other], nan_ok=True)


# -------------------- objects in the walkway


def outside(footways, obstacles):
    return outside_walkway({"footway": footways, "obstacle": obstacles})["low"].tolist()


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_objects_in_a_walkway_that_is_drawn(angle, origin):
    points = [shapely.Point(5, 0), shapely.Point(5, 0.99), shapely.Point(5, 1.2), shapely.Point(5, 300)]
    footways = layer(place([shapely.box(0, -1, 10, 1)], angle, origin), drawn=["walkway"])
    found = outside(footways, layer(place(points, angle, origin)))
    assert found == pytest.approx([0.0, 0.0, 1.0, math.nan], nan_ok=True), "far from every pavement nothing is known"


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_objects_within_half_the_width_of_a_line(angle, origin):
    points = [shapely.Point(5, y) for y in (0.0, 0.74, 0.76, -0.74, -0.76)]
    footways = layer(place([line((0, 0), (10, 0))], angle, origin), route_width=[1.5])
    assert outside(footways, layer(place(points, angle, origin))) == [0.0, 0.0, 1.0, 0.0, 1.0]


def test_on_a_pavement_whose_walkway_is_not_known_nothing_is_known():
    points = [shapely.Point(5, 0), shapely.Point(5, 2)]
    for columns in ({}, {"drawn": ["pavement"]}):
        found = outside(layer([shapely.box(0, -1, 10, 1)], **columns), layer(points))
        assert found == pytest.approx([math.nan, 1.0], nan_ok=True)


def test_a_line_without_a_width_tells_nothing_near_it():
    footways = layer([line((0, 0), (10, 0))], route_width=[np.nan])
    assert outside(footways, layer([shapely.Point(5, 0.1), shapely.Point(5, 19)])) == pytest.approx([math.nan] * 2, nan_ok=True)


def test_a_line_with_bounds_on_its_width():
    footways = layer([line((0, 0), (10, 0))], route_width=[np.nan], route_width_low=[1.0], route_width_high=[2.0])
    points = [shapely.Point(5, 0.4), shapely.Point(5, 0.8), shapely.Point(5, 1.1)]
    assert outside(footways, layer(points)) == pytest.approx([0.0, math.nan, 1.0], nan_ok=True)


def test_accuracy_of_the_object_leaves_a_doubtful_rim():
    footways = layer([shapely.box(0, -1, 10, 1)], drawn=["walkway"])
    points = [shapely.Point(5, 0), shapely.Point(5, 1.05), shapely.Point(5, 1.3)]
    assert outside(footways, layer(points, accuracy=[0.0, 0.1, 0.1])) == pytest.approx([0.0, math.nan, 1.0], nan_ok=True)


def test_a_layer_that_is_not_complete_tells_nothing_of_objects_beside_it():
    shapes = [shapely.box(0, -1, 10, 1), shapely.box(100, -1, 110, 1)]
    footways = layer(shapes, drawn=["walkway"] * 2, complete=[False, True])
    points = [shapely.Point(5, 0), shapely.Point(5, 3), shapely.Point(105, 3)]
    assert outside(footways, layer(points)) == pytest.approx([0.0, math.nan, 1.0], nan_ok=True)


def test_a_hedge_that_reaches_the_walkway_is_not_outside():
    footways = layer([shapely.box(0, -1, 10, 1)], drawn=["walkway"])
    hedges = [line((5, 0.5), (5, 5), (5, 9)), line((5, 1.5), (5, 5), (5, 9)), shapely.box(4, 0.5, 5, 0.9)]
    assert outside(footways, layer(hedges)) == pytest.approx([math.nan, 1.0, 0.0], nan_ok=True)


def test_without_pavements_nothing_is_known_of_objects():
    points = layer([shapely.Point(0, 0)])
    assert math.isnan(outside(layer([]), points)[0])
    assert math.isnan(outside_walkway({"obstacle": points})["low"].iloc[0])


# -------------------- filling in


optional = st.one_of(st.none(), st.floats(0.5, 9.0), st.just(math.inf))


@st.composite
def known_and_found(draw):
    rows = draw(st.lists(st.tuples(optional, optional, optional, optional, optional), min_size=1, max_size=8))
    table = pd.DataFrame(rows, columns=["value", "low", "high", "a", "b"]).astype(float)
    given_bounds = np.sort(table[["low", "high"]].to_numpy(), axis=1)  # NaN sorts last: the upper bound may be missing
    found = np.sort(table[["a", "b"]].to_numpy(), axis=1)
    found = np.where(np.isnan(found).any(axis=1, keepdims=True), np.nan, found)
    columns = {"bay_width": table["value"], "bay_width_low": given_bounds[:, 0], "bay_width_high": given_bounds[:, 1]}
    keep = draw(st.lists(st.sampled_from(sorted(columns)), unique=True))
    bays = layer([shapely.Point(i, 0) for i in range(len(rows))], **{name: np.asarray(columns[name]) for name in keep})
    return bays, pd.DataFrame(found, columns=["low", "high"], index=bays.index)


@given(known_and_found())
def test_what_is_given_is_never_overwritten(case):
    bays, found = case
    before, after = (schema.bounds(frame, "bay_width") for frame in (bays, fill(bays, "bay_width", found)))
    given_rows = np.isfinite(before[0]) | np.isfinite(before[1]) | np.isposinf(before[0])
    measured = fill(bays, "bay_width", found)["bay_width_how"].eq("measured").to_numpy()
    assert not (given_rows & measured).any()
    for end, name in ((0, "low"), (1, "high")):
        assert (after[end][given_rows] == before[end][given_rows]).all()
        new = ~given_rows & found[name].notna().to_numpy()
        assert (after[end][new] == found[name].to_numpy()[new]).all()
        assert np.isinf(after[end][~given_rows & ~new]).all()


def test_a_measured_truth_value_never_overwrites_a_given_one():
    obstacles = layer([shapely.Point(i, 0) for i in range(6)])
    obstacles["outside_walkway"] = pd.array([True, False, None, None, None, True], dtype="boolean")
    numbers = [0.0, 1.0, 0.0, 1.0, np.nan, np.nan]
    filled = fill(obstacles, "outside_walkway", pd.DataFrame({"low": numbers, "high": numbers}, index=obstacles.index))
    assert filled["outside_walkway"].dtype == "boolean"
    assert filled["outside_walkway"].astype("object").where(filled["outside_walkway"].notna(), None).tolist() == [
        True, False, False, True, None, True,
    ]  # fmt: skip
    assert filled["outside_walkway_how"].tolist() == ["", "", "measured", "measured", "", ""]


def test_a_truth_value_without_a_column_is_filled():
    obstacles = layer([shapely.Point(0, 0), shapely.Point(1, 0)])
    filled = fill(
        obstacles, "outside_walkway", pd.DataFrame({"low": [1.0, np.nan], "high": [1.0, np.nan]}, index=obstacles.index)
    )
    assert filled["outside_walkway"].isna().tolist() == [False, True]


def test_measuring_a_city_derives_and_fills_and_leaves_the_given():
    layers = {
        "footway": layer([line((0, 0), (10, 0)), line((5, 0), (5, -9))], ["VP-1", "VP-2"], route_width=[1.5, 1.5]),
        "crossing": layer([line((10, 0), (10, 7)), line((0, 0), (0, 8))], ["OV-1", "OV-2"], crossing_length=[np.nan, 6.5]),
        "parking_bay": layer([shapely.box(20, 0, 25, 3.5)], ["PB-1"]),
        "obstacle": layer([shapely.Point(3, 0.1)], ["OB-1"]),
        "stop": layer([]),
    }
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    city = schema.City(name="Dorp", crs=CRS(LAMBERT), layers=layers, zones=empty, areas=empty)
    measured = measure_layers(city).layers
    assert measured["footway"].index.tolist() == ["VP-1/1", "VP-1/2", "VP-2"]
    assert measured["crossing"]["crossing_length"].tolist() == [7.0, 6.5]
    assert measured["crossing"]["crossing_length_how"].tolist() == ["measured", ""]
    assert measured["crossing_end"].index.tolist() == ["OV-1/1", "OV-1/2", "OV-2/1", "OV-2/2"]
    assert measured["parking_bay"][["bay_width", "bay_length"]].to_numpy().tolist() == [[3.5, 5.0]]
    assert measured["obstacle"]["outside_walkway"].tolist() == [False]
    assert layers["footway"].index.tolist() == ["VP-1", "VP-2"], "the layers that were read stay as they were"
    assert "crossing_end" not in layers
