"""What widths are measured on: ground of obstacles, pavements made one, free spaces, and their entrances."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from toegankelijk import schema
from toegankelijk.widths.entrances import find_entrances
from toegankelijk.widths.footprints import footprints, is_movable, obstacle_shapes
from toegankelijk.widths.seams import dissolve
from toegankelijk.widths.spaces import free_spaces, limiting

LAMBERT = np.array([152_345.678, 212_345.678])


def placed(shapes, angle=0.0):
    """Shapes turned by some degrees, at coordinates as large as those of a city in Flanders."""
    turn = np.radians(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return shapely.transform(np.asarray(shapes, dtype=object), lambda xy: xy @ matrix + LAMBERT)


def layer(shapes, ids=None, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=ids or [f"id-{number}" for number in range(len(shapes))])


def difference(one, other):
    return shapely.area(shapely.symmetric_difference(shapely.union_all(one), shapely.union_all(other)))


# Footprints


def test_every_class_of_obstacle_has_a_footprint_with_a_source():
    table = footprints()
    assert set(schema.attributes()["obstacle_type"].classes) <= set(table.classes)
    assert len(set(table.classes)) == len(table.classes)
    for sizes in (table.radius, table.half):
        assert (sizes > 0).all()
        assert (sizes[:, 0] < sizes[:, 1]).all()
        assert sizes[0].tolist() == [sizes[:, 0].min(), sizes[:, 1].max()], "an unknown class may be as small and as large as any"
    assert all(table.source[1:])


@pytest.mark.parametrize(
    ("kind", "movable"),
    [
        *((kind, True) for kind in ("bin", "bench", "bicycle_parking", "sign", "terrace", "planter", "a_board", "bollard")),
        *((kind, False) for kind in ("tree", "lamp", "cabinet", "building", "shelter", "other", "no such thing", None, np.nan)),
    ],
)
def test_what_a_city_can_move(kind, movable):
    assert is_movable(layer([Point(0, 0)], obstacle_type=pd.Series([kind], index=["id-0"], dtype=object))).tolist() == [movable]


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("kind", sorted({*footprints().classes} - {""}))
def test_discs_and_bands_hold_the_true_shape_and_reach_out_by_less_than_a_millimetre(kind, largest):
    table, bent = footprints(), LineString([(0, 0), (3, 0.4), (5, 0.5), (5.3, 3), (9, 2.9)])
    row = table.classes.index(kind)
    drawn = placed([Point(0, 0), bent, LineString([(1, 1), (1, 1)]), shapely.MultiPoint([(0, 0), (0.01, 9)])], 27)
    shapes = obstacle_shapes(layer(drawn, obstacle_type=[kind] * 4), largest=largest)
    radius = [sizes[row, int(largest)] for sizes in (table.radius, table.half, table.radius, table.radius)]
    true = shapely.buffer(drawn, radius, quad_segs=2000)
    assert shapely.is_valid(shapes).all()
    assert (shapely.area(shapely.difference(true, shapes)) < 1e-6).all()
    assert shapely.contains(shapely.buffer(true, 0.001, quad_segs=200), shapes).all()


def test_polygons_stay_as_drawn_and_an_unknown_class_is_anything():
    bench = box(0, 0, 1.8, 0.5)
    rows = layer([bench, Point(0, 0), Point(0, 0)], obstacle_type=["bench", "", "Bank"])
    small, large = obstacle_shapes(rows, largest=False), obstacle_shapes(rows, largest=True)
    assert small[0].equals(bench)
    assert large[0].equals(bench)
    for kind in footprints().classes[1:]:
        point = layer([Point(0, 0)], obstacle_type=[kind])
        for unknown in (1, 2):
            assert small[unknown].area <= obstacle_shapes(point, largest=False)[0].area + 1e-9
            assert large[unknown].area >= obstacle_shapes(point, largest=True)[0].area - 1e-9
    assert obstacle_shapes(rows.drop(columns="obstacle_type"), largest=True)[1].equals(large[1])


def test_a_pole_beside_a_border_never_widens_what_is_free():
    for angle in range(0, 90, 7):
        pole = obstacle_shapes(layer(placed([Point(0, 1)], angle), obstacle_type=["lamp"]), largest=True)[0]
        edge = placed([LineString([(-5, 3), (5, 3)])], angle)[0]
        assert 2 - 0.20 - 0.001 <= pole.distance(edge) <= 2 - 0.20 + 1e-9


def test_obstacles_without_a_usable_geometry_are_named():
    shapes = [None, Point(), Point(np.inf, 0), Point(1, 1), Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])]
    free, remarks = free_spaces(layer([box(0, 0, 9, 9)]), layer(shapes, obstacle_type=["bin"] * 5), largest=True)
    told = remarks[remarks["layer"] == "obstacles"]
    assert told[["object_id", "reason"]].to_numpy().tolist() == [
        ["id-0", "no_geometry"],
        ["id-1", "no_geometry"],
        ["id-2", "not_finite"],
    ]
    assert tuple(told.columns) == schema.REMARK_COLUMNS
    assert list(free.obstacle_ids) == ["id-3", "id-4"]


# Seams


@pytest.mark.parametrize("angle", [0, 27, 45, 63.4])
@pytest.mark.parametrize("gap", [-0.01, -0.004, 0.0, 1e-9, 0.0004, 0.002, 0.006, 0.01])
def test_gaps_and_overlaps_of_up_to_a_centimetre_close(gap, angle):
    halves = placed([box(0, 0, 5, 2), box(5 + gap, 0, 9, 2)], angle)
    shapes, group, of_piece = dissolve(halves)
    assert len(shapes) == 1
    assert (group.tolist(), of_piece.tolist()) == ([0], [0, 0])
    whole = placed([box(0, 0, 9, 2)], angle)
    assert difference(shapes, whole) < 1e-6
    assert shapely.hausdorff_distance(shapes[0].exterior, whole[0].exterior) < 1e-6


def test_a_wider_gap_stays():
    assert len(dissolve(placed([box(0, 0, 5, 2), box(5.011, 0, 9, 2)], 27))[0]) == 2


@pytest.mark.parametrize("angle", [0, 27])
def test_a_gap_that_opens_slowly_closes_without_a_notch(angle):
    for left, right in [(0.0, 0.009), (-0.005, 0.009), (0.0005, 0.009)]:
        shapes, *_ = dissolve(placed([box(0, 0, 5, 2), Polygon([(5 + left, 0), (9, 0), (9, 2), (5 + right, 2)])], angle))
        assert len(shapes) == 1
        assert difference(shapes, placed([box(0, 0, 9, 2)], angle)) < 1e-5
        assert shapes[0].minimum_clearance > 1e-4


def test_a_seam_between_curves_drawn_with_other_corners_closes():
    turn = np.linspace(0, np.pi / 2, 13), np.linspace(0, np.pi / 2, 18)
    curves = [np.c_[4 * np.cos(angle), 4 * np.sin(angle)] for angle in turn]
    inner = Polygon([(0, 0), *curves[0]])
    outer = Polygon([(7, 0), (0, 7), *curves[1][::-1]])
    shapes, *_ = dissolve(placed([inner, outer], 11))
    assert len(shapes) == 1
    assert len(shapes[0].interiors) == 0
    assert difference(shapes, placed([Polygon([(0, 0), (7, 0), (0, 7)]).union(inner)], 11)) < 0.05


def test_corners_that_are_off_by_a_rounding_are_no_slits():
    long, side = box(0, 0, 100, 2), Polygon([(20, 2.0003), (30, 1.9998), (30, 5), (20, 5)])
    shapes, *_ = dissolve(placed([long, side], 33))
    assert len(shapes) == 1
    assert len(shapes[0].interiors) == 0
    assert shapes[0].minimum_clearance > 1e-4
    assert difference(shapes, placed([long.union(box(20, 1, 30, 5))], 33)) < 0.02


def test_a_real_notch_between_pieces_stays():
    notch = Polygon([(5, 0), (9, 0), (9, 2), (5.35, 2)])  # 10 degrees: no slip of the pen
    shapes, *_ = dissolve(np.array([box(0, 0, 5, 2), notch]))
    assert [round(shape.area, 6) for shape in shapes] == [10.0, round(notch.area, 6)], "they touch in a point only"
    shapes, *_ = dissolve(np.array([box(0, -1, 5, 2), Polygon([(5, -1), (9, -1), (9, 2), (5.35, 2), (5, 0)])]))
    assert len(shapes) == 1
    assert (5.0, 0.0) in shapes[0].exterior.coords, "the tip of the notch has not moved"


def test_holes_of_one_piece_and_slits_within_it_stay():
    holed = box(0, 0, 5, 2).difference(box(2, 0.996, 3, 1.004))
    slit = Polygon([(5, 0), (9, 0), (9, 2), (7.008, 2), (7.008, 1), (7, 1), (7, 2), (5, 2)])
    shapes, *_ = dissolve(np.array([slit]))
    assert shapes[0].equals(slit)
    shapes, *_ = dissolve(np.array([holed]))
    assert shapes[0].equals(holed)


def test_pieces_that_touch_in_a_point_are_apart_and_chains_are_one():
    shapes, group, of_piece = dissolve(np.array([box(0, 0, 1, 1), box(1, 1, 2, 2), box(2, 1, 3, 2), box(9, 9, 10, 10)]))
    assert of_piece.tolist() == [0, 0, 0, 1]
    assert sorted(zip(group.tolist(), shapely.area(shapes).tolist(), strict=True)) == [(0, 1.0), (0, 2.0), (1, 1.0)]


@st.composite
def stars(draw):
    """Polygons of some metres with bends, each from its middle out."""
    corners = draw(st.integers(4, 14))
    reach = np.array(draw(st.lists(st.floats(1.0, 9.0), min_size=corners, max_size=corners)))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False) + draw(st.floats(0, 1))
    return placed([Polygon(np.c_[reach * np.cos(angle), reach * np.sin(angle)])])[0]


@given(stars(), st.lists(st.tuples(st.floats(0, np.pi), st.floats(-3, 3)), min_size=1, max_size=3), st.booleans())
def test_cutting_into_pieces_that_touch_changes_nothing(whole, cuts, backwards):
    pieces = np.array([whole])
    for angle, away in cuts:
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        base = LAMBERT + away * across
        half = Polygon([base - 50 * along, base + 50 * along, base + 50 * (along + across), base + 50 * (across - along)])
        pieces = shapely.get_parts([*shapely.intersection(pieces, half), *shapely.difference(pieces, half)])
        pieces = pieces[(shapely.get_dimensions(pieces) == 2) & (shapely.area(pieces) > 0)]
    shapes, *_ = dissolve(pieces[::-1] if backwards else pieces)
    assert len(shapes) == 1
    assert shapely.is_valid(shapes[0])
    assert abs(shapes[0].area - whole.area) < 1e-6
    assert difference(shapes, [whole]) < 1e-6
    assert shapely.hausdorff_distance(shapes[0].boundary, whole.boundary) < 1e-6


@given(stars(), st.floats(0, np.pi), st.floats(-2, 2), st.floats(0.0, 0.0099))
def test_a_gap_closes_and_widens_nothing_else(whole, angle, away, gap):
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    base = LAMBERT + away * across
    half = Polygon([base - 50 * along, base + 50 * along, base + 50 * (along + across), base + 50 * (across - along)])
    below = shapely.difference(whole, half)
    above = shapely.transform(shapely.intersection(whole, half), lambda xy: xy + gap * across)
    pieces = shapely.get_parts([below, above])
    pieces = pieces[(shapely.get_dimensions(pieces) == 2) & (shapely.area(pieces) > 0)]
    shapes, *_ = dissolve(pieces)
    assert shapely.is_valid(shapes).all()
    seam = LineString([base - 50 * along, base + 50 * along]).buffer(0.012)
    grown = shapely.difference(shapely.union_all(shapes), shapely.buffer(shapely.union_all(pieces), 0.001))
    assert shapely.difference(grown, seam).area < 1e-9
    # What a seam of at least half a metre joins is one: a disc of 10 cm passes.
    contact = shapely.intersection(whole, LineString([base - 50 * along, base + 50 * along]))
    joined = shapely.buffer(shapely.union_all(shapes), -0.05)
    for part in shapely.get_parts(contact):
        if part.length > 0.5 and shapely.buffer(whole, -0.06).intersects(part):
            touched = shapely.intersection(joined, seam)
            assert touched.area > 0
            assert shapely.intersection(part, shapely.buffer(whole, -0.07)).difference(joined.buffer(0.011)).length < 1e-6


# Free spaces


def test_rows_that_are_no_pavement_are_named():
    rows = {
        "good": box(0, 0, 4, 4),
        "none": None,
        "empty": Polygon(),
        "line": LineString([(0, 0), (1, 1)]),
        "mixed": shapely.GeometryCollection([box(0, 0, 1, 1), Point(0, 0)]),
        "flat": Polygon([(0, 0), (1, 0), (2, 0)]),
        "far": Polygon([(0, 0), (np.inf, 0), (1, 1)]),
        "bow": Polygon([(20, 0), (24, 4), (24, 0), (20, 4)]),
        "two": shapely.MultiPolygon([box(30, 0, 31, 1), box(33, 0, 34, 1)]),
        "under": box(40, 0, 42, 2),
        "twice": Polygon([(50, 0), (50, 0), (52, 0), (52, 2), (52, 2), (50, 2)]),
        "high": Polygon([(60, 0, 7), (61, 0, 7), (61, 1, 7)]),
    }
    free, remarks = free_spaces(layer(rows.values(), list(rows)), layer([box(39, -1, 43, 3)]), largest=True)
    told = remarks.set_index("object_id")
    assert told["reason"].to_dict() == {
        "none": "no_area",
        "empty": "no_area",
        "line": "not_a_polygon",
        "mixed": "not_a_polygon",
        "flat": "no_area",
        "far": "not_finite",
        "bow": "made_valid",
        "under": "covered",
    }
    assert told["attribute"].to_dict() == dict.fromkeys(told.index, "") | {"bow": "geometry"}
    assert {list(rows)[row] for row in free.pavement} == {"good", "bow", "two", "twice", "high"}
    assert shapely.is_valid(free.shapes).all()
    assert not shapely.has_z(free.shapes).any()
    twice = free.shapes[free.space[free.pavement == list(rows).index("twice")]][0]
    assert shapely.get_num_coordinates(twice) == 5


def test_spaces_know_their_pavements():
    strips = layer([box(0, 0, 10, 2), box(10, 0, 20, 2), box(20, 0, 30, 2), box(50, 0, 60, 2)], list("abcd"))
    walls = layer([box(14, -1, 15, 3), Point(55, 1)], ["wall", "pole"], obstacle_type=["wall", "lamp"])
    free, remarks = free_spaces(strips, walls, largest=False)
    found = {
        (round(free.shapes[space].bounds[0]), strips.index[row]) for space, row in zip(free.space, free.pavement, strict=True)
    }
    assert found == {(0, "a"), (0, "b"), (15, "b"), (15, "c"), (50, "d")}
    assert remarks.empty
    assert len(free.shapes[free.space[free.pavement == 3]][0].interiors) == 1


def test_crumbs_beside_obstacles_are_no_space():
    free, _ = free_spaces(layer([box(0, 0, 10, 2)]), layer([box(4, 0, 5, 1.9999), box(4, -1, 4.999, 3)]), largest=True)
    assert sorted(shapely.area(free.shapes).round(3).tolist()) == [8.0, 10.0]


@pytest.mark.parametrize("pavements", [layer([]), layer([None])])
@pytest.mark.parametrize("obstacles", [None, layer([]), layer([Point(0, 0)]), layer([None])])
def test_nothing_in_gives_nothing(pavements, obstacles):
    free, _ = free_spaces(pavements, obstacles, largest=True)
    assert len(free.shapes) == len(free.space) == len(free.pavement) == 0
    free, table, _ = find_entrances(free, layer([Point(0, 0)]), layer([box(0, 0, 1, 1)]))
    assert list(table.columns) == ["space", "entrance_id", "rule", "geometry"]


@st.composite
def cluttered(draw):
    """Pavements in touching pieces, with points, lines and polygons on and beside them."""
    angle = draw(st.floats(0, 90))
    xs = np.cumsum([0.0, *draw(st.lists(st.floats(2, 9), min_size=1, max_size=4))])
    pieces = placed([box(left, 0, right, 3) for left, right in pairwise(xs)], angle)
    where = st.tuples(st.floats(-1, xs[-1] + 1), st.floats(-1, 4))
    points = [Point(place) for place in draw(st.lists(where, max_size=8))]
    boxes = [box(x, y, x + w, y + w / 2) for (x, y), w in draw(st.lists(st.tuples(where, st.floats(0.1, 4)), max_size=4))]
    lines = [LineString(ends) for ends in draw(st.lists(st.tuples(where, where), max_size=2))]
    things = [*points, *boxes, *lines]
    kinds = [draw(st.sampled_from(["tree", "bin", "fence", "bench", None])) for _ in things]
    obstacles = layer(
        placed(things, angle), obstacle_type=pd.Series(kinds, [f"id-{n}" for n in range(len(things))], dtype=object)
    )
    return layer(pieces), obstacles


def rooms(shapes):
    """How many parts there are, crumbs and what a ball of 27 mm cannot pass left out."""
    return int((shapely.area(shapely.get_parts(shapely.buffer(shapely.union_all(shapes), -0.0137))) > 0.02).sum())


@settings(max_examples=30)  # each is laid twice
@given(cluttered(), st.booleans())
def test_free_space_is_what_geos_says(case, largest):
    pavements, obstacles = case
    free, remarks = free_spaces(pavements, obstacles, largest=largest)
    ground = obstacle_shapes(obstacles, largest=largest)
    true = shapely.difference(shapely.union_all(pavements.geometry), shapely.union_all(ground))
    parts = shapely.get_parts(true)
    parts = parts[(shapely.area(parts) >= 0.001) & (2 * shapely.area(parts) >= 0.001 * shapely.length(parts))]
    assert shapely.is_valid(free.shapes).all()
    assert (shapely.get_type_id(free.shapes) == shapely.GeometryType.POLYGON).all()
    assert difference(free.shapes, parts) < 0.03, "crumbs may hang on by a point, or not"
    assert rooms(free.shapes) == rooms(parts)
    pairs = {(int(a), int(b)) for a, b in zip(free.space, free.pavement, strict=True)}
    overlap = shapely.area(shapely.intersection(free.shapes[:, None], pavements.geometry.to_numpy()[None, :]))
    assert {(int(a), int(b)) for a, b in zip(*np.nonzero(overlap > 0.02), strict=True)} <= pairs
    assert pairs <= {(int(a), int(b)) for a, b in zip(*np.nonzero(overlap > 0.005), strict=True)}
    covered = set(pavements.index) - set(pavements.index[free.pavement])
    assert set(remarks["object_id"]) == covered

    turned, _ = free_spaces(pavements[::-1], obstacles[::-1], largest=largest)
    assert rooms(turned.shapes) == rooms(free.shapes)
    assert difference(turned.shapes, free.shapes) < 0.03


def test_the_largest_footprints_leave_the_least():
    strip, poles = layer([box(0, 0, 50, 3)]), layer([Point(x, 1.5) for x in range(5, 50, 5)], obstacle_type=["bin"] * 9)
    small, large = (shapely.area(free_spaces(strip, poles, largest=largest)[0].shapes).sum() for largest in (False, True))
    assert large < small < 150


# What limits


@pytest.mark.parametrize("angle", [0, 27])
def test_what_makes_the_border_is_named(angle):
    strip = layer(placed([box(0, 0, 10, 2)], angle))
    things = layer(
        placed([Point(3, 1), box(4, 1.5, 5, 2), Point(8, 99)], angle), ["pole", "bench", "far"], obstacle_type=["pole"] * 3
    )
    fronts = layer(placed([box(0, 2.15, 10, 9), box(0, -9, 10, -0.21)], angle), ["house", "hall"])
    free, _ = free_spaces(strip, things, largest=True)
    assert list(free.obstacle_ids) == ["pole", "bench"]
    ring = shapely.get_coordinates(free.shapes[0].interiors[0])
    places = shapely.get_coordinates(placed([Point(4.5, 1.5), Point(7, 2), Point(7, 0), Point(4, 2)], angle))
    assert limiting(free, ring).tolist() == ["pole"] * len(ring)
    assert limiting(free, places).tolist() == ["bench", "", "", "bench"]
    assert limiting(free, places, fronts=fronts).tolist() == ["bench", "house", "", "bench"]
    assert limiting(free, np.empty((0, 2))).tolist() == []


# Entrances


STRIP = box(0, 0, 10, 2)


def entrances(strip=STRIP, obstacles=None, given=None, walkable=None, angle=0.0, **columns):
    """Entrances of one strip, with geometries turned back to where they were."""
    move = lambda shapes: placed(shapes, angle)  # noqa: E731
    stand = layer(move(obstacles)) if obstacles is not None else None
    free, _ = free_spaces(layer(move([strip])), stand, largest=True)
    first = layer(move(given)) if given is not None else None
    second = layer(move(walkable), **columns) if walkable is not None else None
    after, table, remarks = find_entrances(free, first, second)
    corners = set(map(tuple, shapely.get_coordinates(after.shapes)))
    lines = table["geometry"][table["geometry"].map(lambda shape: shape.geom_type == "LineString")]
    assert all(set(line.coords) <= corners for line in lines)
    assert shapely.is_valid(after.shapes).all()
    assert difference(after.shapes, free.shapes) < 1e-6
    turn = np.radians(-angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    back = shapely.transform(table["geometry"].to_numpy(), lambda xy: np.round((xy - LAMBERT) @ matrix, 6) + 0.0)
    return [(name, rule, shape.wkt) for name, rule, shape in zip(table["entrance_id"], table["rule"], back, strict=True)], remarks


@pytest.mark.parametrize("angle", [0, 27, 90])
@pytest.mark.parametrize(
    ("walkable", "expected"),
    [
        ([box(-3, -1, 0, 3)], ["LINESTRING (0 2, 0 0)"]),
        ([box(-3, 0.5, -0.04, 1.3)], ["LINESTRING (0 1.3, 0 0.5)"]),
        ([box(-3, 0.5, -0.06, 1.3)], []),
        ([box(-3, 0.5, 0, 1.1)], ["LINESTRING (0 1.1, 0 0.5)"]),
        ([box(-3, 0.5, 0, 1.09)], []),
        ([box(2, -3, 3, 0.5)], ["LINESTRING (2 0, 3 0)"]),
        ([box(2, -3, 3, 5)], ["LINESTRING (3 2, 2 2)", "LINESTRING (2 0, 3 0)"]),
        ([box(2, 0.5, 3, 1.5)], []),
        ([STRIP], []),
        ([box(10.5, 0, 12, 2)], []),
        ([box(10, 2, 12, 4)], []),
    ],
    ids=["end", "near", "too far", "just", "short", "over", "across", "inside", "itself", "away", "corner"],
)
def test_other_surfaces_make_entrances_where_they_touch(walkable, expected, angle):
    found, _ = entrances(walkable=walkable, angle=angle)
    assert [(rule, shape) for _, rule, shape in found] == [("shared", shape) for shape in expected]


def test_contacts_in_a_row_are_one_also_round_corners_and_where_the_ring_starts():
    found, _ = entrances(walkable=[box(1, 2, 2, 9), box(2.03, 2.02, 3, 9)])
    assert found == [("id-0 | id-1", "shared", "LINESTRING (3 2, 1 2)")]
    found, _ = entrances(walkable=[box(1, 2, 2, 9), box(2.06, 2, 3, 9)])
    assert [name for name, *_ in found] == ["id-0", "id-1"]
    found, _ = entrances(walkable=[box(-3, -3, 2, 0), box(-3, 0, 0, 5)])
    assert found == [("id-0 | id-1", "shared", "LINESTRING (0 2, 0 0, 2 0)")]
    found, _ = entrances(walkable=[box(8, -3, 10, 0), box(10, 0, 12, 1)])
    assert found == [("id-0 | id-1", "shared", "LINESTRING (8 0, 10 0, 10 1)")]
    found, _ = entrances(walkable=[box(-5, -5, 15, 7).difference(STRIP)])
    assert len(found) == 1
    assert found[0][2].count(",") == 4


def test_nobody_enters_through_an_obstacle():
    found, _ = entrances(obstacles=[box(4, 1.5, 5, 3)], walkable=[box(3, 2, 6, 9)])
    assert [shape for *_, shape in found] == ["LINESTRING (6 2, 5 2)", "LINESTRING (4 2, 3 2)"]
    found, _ = entrances(obstacles=[box(4, 0.5, 5, 1.5)], walkable=[box(3, -1, 6, 9)])
    assert {shape for *_, shape in found} == {"LINESTRING (6 2, 3 2)", "LINESTRING (3 0, 6 0)"}, "not the border round a bench"
    found, _ = entrances(obstacles=[box(0, 1.97, 10, 2.0)], walkable=[box(3, 2, 6, 9)])
    assert found == [], "a fence between"
    found, _ = entrances(obstacles=[box(4, 0.5, 5, 1.5)], walkable=[LineString([(4.5, -3), (4.5, 1)])])
    assert [shape for *_, shape in found] == ["POINT (4.5 0)"]


def test_an_inner_border_is_one_too():
    court = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    found, _ = entrances(strip=court, walkable=[box(4, 4, 6, 6)])
    assert len(found) == 1
    assert shapely.from_wkt(found[0][2]).is_ring
    assert shapely.from_wkt(found[0][2]).length == pytest.approx(8)


@pytest.mark.parametrize("angle", [0, 27])
def test_crossings_that_are_lines_are_as_wide_as_they_say(angle):
    lines = [
        LineString([(1.5, -5), (1.5, 1)]),
        LineString([(4, -5), (4, -0.3)]),
        LineString([(6, -5), (6, -0.6)]),
        LineString([(8, -5), (8, 7)]),
        LineString([(9.5, 0.5), (9.5, 1.5)]),
    ]
    found, remarks = entrances(walkable=lines, width=[2.0, np.nan, 2.0, np.nan, np.nan], angle=angle)
    assert sorted(found) == [
        ("id-0", "shared", "LINESTRING (0.5 0, 2.5 0)"),
        ("id-1", "shared", "POINT (4 0)"),
        ("id-3", "shared", "POINT (8 0)"),
        ("id-3", "shared", "POINT (8 2)"),
    ], "a line that stays inside leads nowhere"
    assert remarks.empty
    found, _ = entrances(walkable=[LineString([(0.5, -5), (0.5, 1)])], width=["3"], angle=angle)
    assert [shape for *_, shape in found] == ["LINESTRING (0 1, 0 0, 2 0)"], "it goes on round the corner"
    found, _ = entrances(walkable=[LineString([(4, -5), (4, 1)]), box(3, -5, 5, 0)], angle=angle)
    assert [shape for *_, shape in found] == ["LINESTRING (3 0, 5 0)"], "the crossing was drawn twice"


def test_given_entrances_are_stretches_or_points():
    shapes = {
        "inside": (Point(1, 1), "POINT (1 1)"),
        "close": (Point(10.3, 1), "POINT (10 1)"),
        "across": (LineString([(2, -1), (2, 2)]), "POINT (2 1)"),
        "along": (LineString([(6, 2), (8, 2.02)]), "LINESTRING (8 2, 6 2)"),
        "short of it": (box(-1, 0, -0.3, 2), "LINESTRING (0 2, 0 0)"),
        "a mat": (box(7, 0.5, 8, 1), "POINT (7.5 0.75)"),
        "a door": (box(7, -3, 8, 0), "LINESTRING (7 0, 8 0)"),
        "several": (shapely.MultiPoint([(4, 1), (99, 99)]), "POINT (4 1)"),
    }
    for shape, expected in shapes.values():
        found, remarks = entrances(given=[shape])
        assert found == [("id-0", "given", expected)]
        assert remarks.empty


def test_given_entrances_that_belong_nowhere_are_named():
    found, remarks = entrances(
        given=[Point(10.49, 1), Point(10.51, 1), None, Point(), Point(np.nan, np.inf)], walkable=[Point(1, 1), None]
    )
    assert [name for name, *_ in found] == ["id-0"]
    assert remarks[["layer", "object_id", "reason"]].to_numpy().tolist() == [
        ["entrances", "id-1", "no_space"],
        ["entrances", "id-2", "no_geometry"],
        ["entrances", "id-3", "no_geometry"],
        ["entrances", "id-4", "not_finite"],
        ["walkable", "id-0", "not_a_surface"],
        ["walkable", "id-1", "no_geometry"],
    ]


# Real data


def otterlo(shared_data):
    path = shared_data / "otterlo-bgt" / "otterlo_bgt_current.gpkg"
    roads = gpd.read_file(path, layer="wegdeel").set_index("lokaalID")
    kinds = {
        "paal": "lamp",
        "vegetatieobject": "tree",
        "straatmeubilair": "bench",
        "bord": "sign",
        "kast": "cabinet",
        "bak": "bin",
    }
    things = [gpd.read_file(path, layer=name).set_index("lokaalID").assign(obstacle_type=kind) for name, kind in kinds.items()]
    return roads, pd.concat(things)[["obstacle_type", "geometry"]]


def test_otterlo(shared_data):
    roads, obstacles = otterlo(shared_data)
    pavements = roads[roads["function"] == "voetpad"]
    free, remarks = free_spaces(pavements, obstacles, largest=True)
    assert shapely.is_valid(free.shapes).all()
    assert set(free.pavement) | set(np.flatnonzero(pavements.index.isin(remarks["object_id"]))) == set(range(len(pavements)))
    plain = shapely.difference(shapely.union_all(pavements.geometry), shapely.union_all(obstacle_shapes(obstacles, largest=True)))
    assert difference(free.shapes, [plain]) < 0.05
    standing = obstacles[obstacles.intersects(shapely.union_all(pavements.geometry))]
    assert set(standing.index) <= set(free.obstacle_ids)
    holes = np.concatenate([shapely.get_coordinates(list(shape.interiors)) for shape in free.shapes if shape.interiors])
    assert (limiting(free, holes) != "").mean() > 0.9

    after, table, remarks = find_entrances(free, None, roads[roads["function"] == "inrit"])
    assert remarks.empty
    assert (table["rule"] == "shared").all()
    assert (shapely.length(table["geometry"].to_numpy()) >= 0.6 - 1e-6).all()
    drives = shapely.union_all(roads.geometry[roads["function"] == "inrit"])
    assert shapely.distance(table["geometry"].to_numpy(), drives).max() < 0.05
    corners = set(map(tuple, shapely.get_coordinates(after.shapes)))
    assert set(map(tuple, shapely.get_coordinates(table["geometry"].to_numpy()))) <= corners


def test_amsterdam_leaves_free_what_the_city_left_free(shared_data):
    path = shared_data / "amsterdam-width" / "amsterdam_width.gpkg"
    pavements, obstacles = gpd.read_file(path, layer="pavement"), gpd.read_file(path, layer="obstacles_pointcloud")
    free, _ = free_spaces(pavements, obstacles, largest=True)
    whole = shapely.union_all(pavements.geometry)
    theirs = shapely.intersection(shapely.union_all(gpd.read_file(path, layer="pavement_minus_obstacles").geometry), whole)
    assert theirs.area == pytest.approx(3576.5, abs=0.5)
    assert difference(free.shapes, [theirs]) < 1.0, "of 79 square metres that obstacles take"


def test_every_large_pavement_has_a_space(shared_data):
    path = shared_data / "amsterdam-width" / "amsterdam_width.gpkg"
    pavements = gpd.read_file(path, layer="pavement_large")
    free, remarks = free_spaces(pavements, None, largest=True)
    assert remarks.empty
    assert sorted(set(free.pavement)) == list(range(694))
    assert (np.bincount(free.pavement) == 1).all()
    plain = shapely.get_parts(shapely.union_all(pavements.geometry))
    assert len(free.shapes) == len(plain)
    assert difference(free.shapes, plain) < 0.05, "of 100,000 square metres"
