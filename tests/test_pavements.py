"""Pavements derived from road areas and kerb lines, on streets of which every part is known."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from toegankelijk.measure.pavements import with_derived_pavements

CRS = "EPSG:31370"


def frame(shapes, ids, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=pd.Index(ids, name="object_id", dtype="object"), crs=CRS)


def roads(*shapes):
    return frame(shapes, [f"W{i}" for i in range(1, len(shapes) + 1)], source="road_area: grb/WBN", accuracy=0.1)


def kerbs(*lines):
    """Lines as (kind, coordinates)."""
    shapes = [LineString(points) for _, points in lines]
    names = [kind for kind, _ in lines]
    return frame(shapes, [f"K{i}" for i in range(len(lines))], name=names, source="kerb_line: grb/WGO", accuracy=0.25)


def axes(*lines):
    return frame([LineString(points) for points in lines], [f"S{i}" for i in range(len(lines))], source="street: wr")


def derive(road, kerb, axis, **others):
    return with_derived_pavements({"road_area": road, "kerb_line": kerb, "street": axis, **others})


def boxes(found):
    """Bounds of what was derived, in centimetres."""
    return {tuple(np.round(row, 2)) for row in found["footway"].bounds.to_numpy()} if "footway" in found else set()


ROAD = roads(box(0, 0, 100, 12))
AXIS = axes([(0, 6), (100, 6)])
SOUTH, NORTH = ("Wcz", [(0, 2), (100, 2)]), ("Wcz", [(0, 10.5), (100, 10.5)])


def test_a_street_with_a_pavement_on_both_sides():
    found = derive(ROAD, kerbs(SOUTH, NORTH), AXIS)
    assert boxes(found) == {(0, 0, 100, 2), (0, 10.5, 100, 12)}
    layer = found["footway"]
    assert layer.index.tolist() == ["W1/1", "W1/2"]
    assert layer["parent_id"].tolist() == ["W1", "W1"]
    assert layer["derived"].all()
    assert not layer["complete"].any()
    assert (layer["drawn"] == "pavement").all()
    assert (layer["accuracy"] == 0.25).all()
    assert (layer["source"] == "derived: road_area: grb/WBN and kerb_line: grb/WGO").all()


def test_a_street_with_a_pavement_on_one_side():
    assert boxes(derive(ROAD, kerbs(SOUTH), AXIS)) == {(0, 0, 100, 2)}


def test_a_street_without_kerbs_has_no_derived_pavement():
    assert boxes(derive(ROAD, kerbs(("Wrb", [(0, 2), (100, 2)])), AXIS)) == set()


def test_a_median_and_an_island_are_no_pavement():
    island = ("Wcz", [(20, 5), (80, 5), (80, 7), (20, 7), (20, 5)])
    both = axes([(0, 4), (100, 4)], [(0, 8), (100, 8)])
    assert boxes(derive(ROAD, kerbs(SOUTH, NORTH, island), both)) == {(0, 0, 100, 2), (0, 10.5, 100, 12)}
    through = axes([(0, 6), (100, 6)])  # an axis that runs through the island ends nowhere on a property line
    assert boxes(derive(ROAD, kerbs(SOUTH, NORTH, island), through)) == {(0, 0, 100, 2), (0, 10.5, 100, 12)}


def test_a_verge_is_no_pavement_and_the_strip_between_verge_and_kerb_is():
    verge = ("Woz", [(0, 1.5), (100, 1.5)])
    kerb = ("Wcz", [(0, 4), (100, 4)])
    assert boxes(derive(ROAD, kerbs(verge, kerb), AXIS)) == {(0, 1.5, 100, 4)}
    assert boxes(derive(ROAD, kerbs(verge, ("Wrb", [(0, 4), (100, 4)])), AXIS)) == set()


def test_a_strip_along_the_carriageway_is_no_pavement_where_the_kerb_ends():
    kerb = ("Wcz", [(0, 2), (60, 2), (60, 0)])  # the pavement ends after 60 m
    edge = ("Wrb", [(0, 4), (100, 4)])
    assert boxes(derive(ROAD, kerbs(kerb, edge), AXIS)) == {(0, 0, 60, 2)}


def test_without_a_carriageway_edge_the_axis_tells():
    kerb = ("Wcz", [(0, 2), (60, 2), (60, 0)])
    assert boxes(derive(ROAD, kerbs(kerb), AXIS)) == {(0, 0, 60, 2)}


def test_a_path_that_leaves_the_street_crosses_the_pavement():
    path = axes([(0, 6), (50, 6)], [(50, 6), (100, 6)], [(50, 6), (50, -20)])
    assert boxes(derive(ROAD, kerbs(SOUTH, NORTH), path)) == {(0, 0, 100, 2), (0, 10.5, 100, 12)}


def test_an_axis_along_a_face_keeps_it_from_being_a_pavement():
    along = axes([(0, 6), (100, 6)], [(0, 1), (100, 1)])
    assert boxes(derive(ROAD, kerbs(SOUTH, NORTH), along)) == {(0, 10.5, 100, 12)}


def crossroads():
    """Four streets of 12 m, pavements of 2 m all along, and a junction whose corners are pavement too."""
    junction = box(40, 40, 60, 60).difference(shapely.union_all([box(40, 40, 44, 44), box(56, 56, 60, 60)]))
    road = roads(box(0, 44, 40, 56), box(60, 44, 100, 56), box(44, 0, 56, 40), box(44, 60, 56, 100), junction)
    lines = []
    for y in (46, 54):
        lines += [("Wcz", [(0, y), (40, y)]), ("Wcz", [(60, y), (100, y)])]
    for x in (46, 54):
        lines += [("Wcz", [(x, 0), (x, 40)]), ("Wcz", [(x, 60), (x, 100)])]
    for x, y in ((1, 1), (1, -1), (-1, 1), (-1, -1)):  # round every corner
        lines.append(("Wcz", [(50 + x * 10, 50 + y * 4), (50 + x * 4, 50 + y * 4), (50 + x * 4, 50 + y * 10)]))
    axis = axes([(0, 50), (50, 50)], [(50, 50), (100, 50)], [(50, 0), (50, 50)], [(50, 50), (50, 100)])
    return road, kerbs(*lines), axis


def test_a_junction():
    found = derive(*crossroads())
    layer = found["footway"]
    assert layer.groupby("parent_id").size().to_dict() == {"W1": 2, "W2": 2, "W3": 2, "W4": 2, "W5": 4}
    streets = layer[layer["parent_id"] != "W5"]
    np.testing.assert_allclose(streets.area, 80.0)
    carriageway = shapely.union_all([box(0, 46, 100, 54), box(46, 0, 54, 100)])
    assert shapely.area(shapely.intersection(layer.geometry.to_numpy(), carriageway)).max() < 1e-6
    corners = layer[layer["parent_id"] == "W5"]
    np.testing.assert_allclose(sorted(corners.area), [20, 20, 36, 36])  # two corners were cut off to what is road area


def test_a_virtual_line_between_road_areas_is_no_property_line():
    # The strip behind the kerb ends on both sides at other road areas and reaches no property line of its own
    road = roads(box(0, 0, 50, 12), box(0, -5, 50, 0), box(-20, -5, 0, 12), box(50, -5, 70, 12))
    axis = axes([(0, 6), (50, 6)], [(0, -2), (50, -2)])
    assert boxes(derive(road, kerbs(("Wcz", [(0, 2), (50, 2)])), axis)) == set()


def test_kerb_lines_that_stop_just_short_still_enclose():
    short = kerbs(("Wcz", [(0.03, 2), (99.97, 2)]), ("Wcz", [(0, 10.5), (50, 10.5)]), ("Wcz", [(50.04, 10.5), (100, 10.5)]))
    assert boxes(derive(ROAD, short, AXIS)) == {(0, 0, 100, 2), (0, 10.5, 100, 12)}


@pytest.mark.parametrize("kind", ["road_area", "kerb_line", "street"])
def test_nothing_is_derived_without_one_of_the_three(kind):
    layers = {"road_area": ROAD, "kerb_line": kerbs(SOUTH, NORTH), "street": AXIS}
    assert "footway" not in with_derived_pavements({name: layer for name, layer in layers.items() if name != kind})
    assert "footway" not in with_derived_pavements({**layers, kind: layers[kind].iloc[:0]})


def test_a_road_area_without_an_axis_has_no_derived_pavement():
    road = roads(box(0, 0, 100, 12), box(200, 0, 300, 12))
    far = ("Wcz", [(200, 2), (300, 2)])
    assert boxes(derive(road, kerbs(SOUTH, far), AXIS)) == {(0, 0, 100, 2)}


def test_delivered_footways_stay_and_only_bare_road_areas_get_derived_ones():
    road = roads(box(0, 0, 50, 12), box(50, 0, 100, 12))
    delivered = frame([LineString([(5, 1), (45, 1)])], ["VP-1"], complete=False, source="footway: city")
    found = derive(road, kerbs(SOUTH, NORTH), AXIS, footway=delivered)["footway"]
    assert set(found["parent_id"].dropna()) == {"W2"}
    assert found.index.tolist() == ["VP-1", "W2/1", "W2/2"]
    everything = derive(road, kerbs(SOUTH, NORTH), AXIS, footway=delivered.assign(complete=True))["footway"]
    assert everything.index.tolist() == ["VP-1"]


def test_an_id_that_is_taken_is_not_used_again():
    road = roads(box(0, 0, 50, 12), box(50, 0, 100, 12))
    delivered = frame([LineString([(5, 1), (45, 1)])], ["W2/1"], complete=False, source="footway: city")
    assert derive(road, kerbs(SOUTH, NORTH), AXIS, footway=delivered)["footway"].index.tolist() == ["W2//1", "W2/1", "W2/2"]


@given(angle=st.floats(0, 360), seed=st.randoms(use_true_random=False))
def test_turned_moved_rounded_and_shuffled_it_is_the_same(angle, seed):
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])

    def move(layer):  # as a register delivers it: somewhere in Flanders, in millimetres
        shapes = shapely.transform(layer.geometry.to_numpy(), lambda xy: np.round(xy @ turn + (228000.0, 182000.0), 3))
        order = list(range(len(layer)))
        seed.shuffle(order)
        return layer.set_geometry(gpd.GeoSeries(shapes, index=layer.index, crs=CRS)).iloc[order]

    plain = derive(*crossroads())["footway"]
    moved = derive(*(move(layer) for layer in crossroads()))["footway"]
    assert moved.index.tolist() == plain.index.tolist()
    assert moved.groupby("parent_id").size().to_dict() == plain.groupby("parent_id").size().to_dict()
    for parent, group in plain.groupby("parent_id"):
        np.testing.assert_allclose(sorted(moved[moved["parent_id"] == parent].area), sorted(group.area), atol=0.1)
