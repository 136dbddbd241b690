"""Zones, level areas and membership: shares, borders, overlaps, gaps, drafts."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
from hypothesis import example, given
from hypothesis import strategies as st

from toegankelijk.city import read_city
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.geopackage import write_layers
from toegankelijk.network.building import build_network
from toegankelijk.zones import (
    BESIDE,
    RADII,
    draft_zones,
    draft_zones_by_network,
    find_membership,
    grid_zones,
    settle_areas,
    stretch_lengths,
    whole_zone_areas,
    zone_overlaps,
)

CRS = "EPSG:31370"


def frame(shapes: dict[str, shapely.Geometry], key: str, **columns: list) -> gpd.GeoDataFrame:
    index = pd.Index(list(shapes), name=key, dtype="object")
    return gpd.GeoDataFrame(columns, geometry=list(shapes.values()), index=index, crs=CRS)


def zones_of(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return frame(shapes, "zone_id", name=[""] * len(shapes), assumed=[False] * len(shapes))


def areas_of(**areas: tuple[str, str, shapely.Geometry]) -> gpd.GeoDataFrame:
    shapes = {area: shape for area, (_, _, shape) in areas.items()}
    return frame(
        shapes, "area_id", zone_id=[zone for zone, _, _ in areas.values()], level=[level for _, level, _ in areas.values()]
    ).assign(approved="", assumed=False)


def membership(kind: str, shapes: dict[str, shapely.Geometry], areas: gpd.GeoDataFrame) -> pd.DataFrame:
    return find_membership({kind: frame(shapes, "object_id")}, areas)


AB = areas_of(a=("Z", "A", shapely.box(0, 0, 50, 100)), b=("Z", "B", shapely.box(50, 0, 100, 100)))


# Membership


def test_a_stretch_counts_in_each_area_by_its_length():
    table = membership("footway", {"p": shapely.LineString([(20, 1), (120, 1)])}, AB).set_index("area_id")
    assert table["share"].to_dict() == pytest.approx({"a": 0.3, "b": 0.5})
    assert table["weight"].to_dict() == pytest.approx({"a": 30.0, "b": 50.0})


def test_a_stretch_that_only_touches_an_area_is_not_in_it():
    table = membership("footway", {"p": shapely.LineString([(50, 10), (90, 10)])}, AB)
    assert table["area_id"].tolist() == ["b"]


def test_a_pavement_polygon_weighs_by_its_area():
    """20 m by 4 m is as much pavement as 40 m of 2 m."""
    table = membership("footway", {"p": shapely.box(40, 0, 60, 4)}, AB).set_index("area_id")
    assert table["weight"].to_dict() == pytest.approx({"a": 20.0, "b": 20.0})
    assert table["share"].to_dict() == pytest.approx({"a": 0.5, "b": 0.5})


@pytest.mark.parametrize("kind", ["crossing", "stairs", "ramp", "stop", "parking_bay"])
def test_what_is_no_stretch_lies_in_one_area(kind):
    shape = {
        "crossing": shapely.LineString([(45, 1), (75, 1)]),  # its middle is at 60
        "stairs": shapely.MultiLineString([[(45, 1), (60, 1)], [(60, 1), (75, 1)]]),
        "ramp": shapely.LineString([(49, 1), (59, 1)]),
        "stop": shapely.Point(60, 1),
        "parking_bay": shapely.box(52, 0, 58, 3),
    }[kind]
    table = membership(kind, {"x": shape}, AB)
    assert table[["area_id", "level", "share", "weight"]].to_numpy().tolist() == [["b", "B", 1.0, 1.0]]


def test_on_a_border_the_stricter_level_holds():
    assert membership("stop", {"x": shapely.Point(50, 10)}, AB)["area_id"].tolist() == ["a"]


def test_a_stretch_along_a_border_lies_in_the_stricter_area():
    table = membership("footway", {"p": shapely.LineString([(50, 10), (50, 30)])}, AB)
    assert table[["area_id", "share", "weight"]].to_numpy().tolist() == [["a", 1.0, 20.0]]
    bent = shapely.LineString([(50, 10), (50, 30), (90, 30)])  # 20 m along the border, 40 m in b
    table = membership("footway", {"p": bent}, AB).set_index("area_id")
    assert table["weight"].to_dict() == pytest.approx({"a": 20.0, "b": 40.0})


def test_on_a_border_of_two_zones_both_count():
    areas = areas_of(x=("X", "C", shapely.box(0, 0, 50, 100)), y=("Y", "B", shapely.box(50, 0, 100, 100)))
    assert membership("stop", {"s": shapely.Point(50, 10)}, areas)["area_id"].tolist() == ["x", "y"]


def test_what_lies_outside_is_in_no_area():
    shapes = {"in": shapely.Point(1, 1), "out": shapely.Point(101, 1)}
    assert membership("stop", shapes, AB)["object_id"].tolist() == ["in"]


def test_a_zone_as_an_object_is_judged_once_at_its_strictest_level():
    table = find_membership({"zone": frame({"Z": shapely.box(0, 0, 100, 100)}, "object_id")}, AB)
    assert table[["object_id", "zone_id", "level"]].to_numpy().tolist() == [["Z", "Z", "A"]]


def test_order_of_objects_and_areas_does_not_matter():
    shapes = {f"p{i}": shapely.LineString([(i * 7 % 90, i), (i * 13 % 110, i + 5)]) for i in range(12)}
    table = membership("footway", shapes, AB)
    again = membership("footway", dict(reversed(shapes.items())), AB.iloc[::-1])
    pd.testing.assert_frame_equal(table, again)


@given(
    points=st.lists(st.tuples(st.integers(-40, 140), st.integers(-40, 140)), min_size=2, max_size=6, unique=True),
    part=st.floats(0.05, 0.95),
)
@example(points=[(0, 0), (1, 0), (-1, 0)], part=0.5)  # it runs back over itself
def test_weights_add_up_when_a_line_is_cut(points, part):
    line = shapely.LineString(points)
    at = part * line.length
    first, second = shapely.ops.substring(line, 0, at), shapely.ops.substring(line, at, line.length)
    whole = membership("footway", {"p": line}, AB).groupby("area_id")["weight"].sum()
    pieces = membership("footway", {"p1": first, "p2": second}, AB).groupby("area_id")["weight"].sum()
    sizes = pd.concat([whole, pieces], axis=1, keys=["whole", "pieces"]).fillna(0.0)
    np.testing.assert_allclose(sizes["whole"], sizes["pieces"], atol=1e-6)


@given(x=st.floats(1, 99))
def test_weights_add_up_when_a_polygon_is_cut(x):
    whole = membership("footway", {"p": shapely.box(0, 0, 100, 3)}, AB)["weight"].sum()
    pieces = membership("footway", {"p1": shapely.box(0, 0, x, 3), "p2": shapely.box(x, 0, 100, 3)}, AB)["weight"].sum()
    assert whole == pytest.approx(pieces)


def test_lengths_of_lines_and_of_polygons():
    shapes = np.array([shapely.LineString([(0, 0), (3, 4)]), shapely.box(0, 0, 10, 2)])
    assert stretch_lengths(shapes).tolist() == [5.0, 10.0]


# Level areas


def test_where_areas_overlap_the_stricter_level_holds_and_that_is_told():
    zones = zones_of(Z=shapely.box(0, 0, 100, 100))
    areas = areas_of(loose=("Z", "B", shapely.box(0, 0, 100, 100)), strict=("Z", "A", shapely.box(0, 0, 10, 10)))
    settled, remarks = settle_areas(zones, areas)
    assert settled.area.to_dict() == pytest.approx({"loose": 9900.0, "strict": 100.0})
    assert remarks[["object_id", "raw"]].to_numpy().tolist() == [["loose", "100.0 m2"]]
    assert remarks["reason"].str.contains("overlaps").all()


def test_what_lies_outside_the_zone_is_left_out_and_told():
    settled, remarks = settle_areas(zones_of(Z=shapely.box(0, 0, 100, 100)), areas_of(a=("Z", "A", shapely.box(0, 0, 110, 100))))
    assert settled.area.to_dict() == pytest.approx({"a": 10000.0})
    assert remarks["raw"].tolist() == ["1000.0 m2"]
    assert remarks["reason"].str.contains("outside its zone").all()


def test_a_part_of_a_zone_without_a_level_is_told():
    _, remarks = settle_areas(zones_of(Z=shapely.box(0, 0, 100, 100)), areas_of(a=("Z", "A", shapely.box(0, 0, 100, 40))))
    assert remarks[["object_id", "raw"]].to_numpy().tolist() == [["Z", "6000.0 m2"]]
    assert remarks["reason"].str.contains("no level").all()


def test_a_zone_without_areas_is_told():
    zones = zones_of(Z=shapely.box(0, 0, 1, 1), W=shapely.box(5, 5, 6, 6))
    _, remarks = settle_areas(zones, areas_of(a=("Z", "A", shapely.box(0, 0, 1, 1))))
    assert remarks[["object_id", "attribute"]].to_numpy().tolist() == [["W", "level"]]


def test_an_area_that_nothing_is_left_of_disappears():
    areas = areas_of(big=("Z", "A", shapely.box(0, 0, 10, 10)), small=("Z", "B", shapely.box(1, 1, 5, 5)))
    settled, remarks = settle_areas(zones_of(Z=shapely.box(0, 0, 10, 10)), areas)
    assert settled.index.tolist() == ["big"]
    assert remarks["object_id"].tolist() == ["small"]


def test_wrong_areas_are_refused_all_at_once():
    areas = areas_of(a=("nowhere", "A", shapely.box(0, 0, 1, 1)), b=("Z", "D", shapely.box(0, 0, 1, 1)))
    areas = pd.concat([areas, areas_of(b=("Z", "A", shapely.box(0, 0, 1, 1)))])
    with pytest.raises(InputError) as caught:
        settle_areas(zones_of(Z=shapely.box(0, 0, 1, 1)), areas)
    assert len(caught.value.problems) == 3
    assert all(word in str(caught.value) for word in ("nowhere", "'D'", "b: id twice"))


def test_a_zone_as_a_whole_needs_a_level():
    zones = zones_of(Z=shapely.box(0, 0, 1, 1), W=shapely.box(5, 5, 6, 6))
    assert whole_zone_areas(zones, pd.Series(["A", "C"], zones.index))["level"].tolist() == ["A", "C"]
    with pytest.raises(InputError, match="zone W: 'laag'"):
        whole_zone_areas(zones, pd.Series(["A", "laag"], zones.index))


def test_overlapping_zones_are_told_once():
    zones = zones_of(X=shapely.box(0, 0, 10, 10), Y=shapely.box(8, 0, 20, 10), Z=shapely.box(20, 0, 30, 10))
    remarks = zone_overlaps(zones)
    assert remarks[["object_id", "raw", "reason"]].to_numpy().tolist() == [["X", "20.0 m2", "overlaps zone Y"]]


# Drafts


def anchors(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    return frame({f"v{i}": shapely.Point(place) for i, place in enumerate(places)}, "object_id")


def test_circles_round_one_anchor():
    zones, areas = draft_zones(anchors((0, 0)))
    assert zones["assumed"].all()
    assert areas["assumed"].all()
    assert areas["level"].to_dict() == {"zone-1-A": "A", "zone-1-B": "B"}
    assert zones.area.iloc[0] == pytest.approx(np.pi * RADII["B"] ** 2, rel=0.01)
    assert areas.area["zone-1-A"] == pytest.approx(np.pi * RADII["A"] ** 2, rel=0.01)


def test_the_levels_of_a_draft_do_not_overlap():
    """A stretch near the anchor is judged once, at level A."""
    _, areas = draft_zones(anchors((0, 0), (300, 0)))
    assert shapely.intersection(*areas.geometry).area == pytest.approx(0, abs=1e-6)
    near = membership("footway", {"p": shapely.LineString([(0, 0), (50, 0)])}, areas)
    assert near["level"].tolist() == ["A"]
    ring = membership("footway", {"p": shapely.LineString([(-100, 0), (-400, 0)])}, areas).set_index("level")
    assert ring["weight"].to_dict() == pytest.approx({"A": 100.0, "B": 200.0})


def test_circles_that_overlap_are_one_zone_and_the_order_of_anchors_does_not_matter():
    places = [(0, 0), (600, 0), (5000, 0)]
    zones, areas = draft_zones(anchors(*places))
    again, _ = draft_zones(anchors(*reversed(places)))
    assert len(zones) == 2
    assert zones.geom_equals(again).all()
    assert set(areas["zone_id"]) == set(zones.index)


def test_no_anchor_no_circles():
    with pytest.raises(InputError, match="anchor"):
        draft_zones(anchors())


def footways(*lines):
    return frame({f"f{i}": shapely.LineString(line) for i, line in enumerate(lines)}, "object_id")


LONG = [(-1000, 0), (1000, 0)]
RIVER = [[(0, -40), (1000, -40)], [(0, 40), (600, 40)], [(600, 40), (600, -40)]]
"""A way on either bank, and a bridge 600 m on."""


def test_areas_by_network_lie_beside_the_ways_to_an_anchor():
    zones, areas, remarks = draft_zones_by_network(anchors((0, 10)), build_network({"footway": footways(LONG)}))
    areas = areas.set_index("level")
    for level in "AB":  # the anchor lies 10 m off its way
        reach = shapely.buffer(shapely.LineString([(10 - RADII[level], 0), (RADII[level] - 10, 0)]), BESIDE)
        ground = areas.geometry["A"] if level == "A" else areas.union_all()
        assert shapely.symmetric_difference(ground, reach).area < 1.0
    assert areas["assumed"].all()
    assert zones.geometry.iloc[0].equals(areas.union_all())
    assert remarks.empty


def test_what_lies_across_a_river_is_as_far_as_the_bridge():
    network = build_network({"footway": footways(*RIVER)})
    _, areas, _ = draft_zones_by_network(anchors((0, 40)), network)
    assert not shapely.intersects(areas.union_all(), shapely.LineString(RIVER[0]))
    near = {f"p{x}": shapely.Point(x, 40) for x in (100, 300, 580)}
    found = find_membership({"crossing": frame(near, "object_id")}, areas).set_index("object_id")["level"].to_dict()
    assert found == {"p100": "A", "p300": "B"}


def test_an_anchor_beside_no_way_gets_a_circle_and_a_remark():
    zones, _, remarks = draft_zones_by_network(anchors((0, 10), (0, 5000)), build_network({"footway": footways(LONG)}))
    assert len(zones) == 2
    assert zones.area.iloc[1] == pytest.approx(np.pi * RADII["B"] ** 2, rel=0.01)
    assert remarks["object_id"].tolist() == ["v1"]
    with pytest.raises(InputError, match="anchor"):
        draft_zones_by_network(anchors(), build_network({"footway": footways(LONG)}))


@pytest.mark.parametrize(("side", "whole"), [(120, True), (170, False)])
def test_the_inside_of_a_block_belongs_to_the_ways_round_it_unless_it_is_large(side, whole):
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    _, areas, _ = draft_zones_by_network(anchors((0, 0)), build_network({"footway": footways(corners)}))
    assert shapely.covers(areas.union_all(), shapely.Point(side / 2, side / 2)) == whole


def test_the_order_of_anchors_and_ways_changes_no_draft_by_network():
    places = [(0, 10), (700, 0), (100, -40)]
    network, turned = (build_network({"footway": footways(LONG, *RIVER)[::step]}) for step in (1, -1))
    zones, areas, _ = draft_zones_by_network(anchors(*places), network)
    again, areas_again, _ = draft_zones_by_network(anchors(*places)[::-1], turned)
    assert zones.geom_equals_exact(again, 1e-6).all()
    assert areas.geom_equals_exact(areas_again, 1e-6).all()


def test_a_city_drafts_its_areas_by_network_if_it_says_so(tmp_path):
    paths, homes = footways(LONG, *RIVER), anchors((0, 10), (0, 3000))
    moved, homes = (one.set_geometry(one.geometry.translate(228_000, 182_000)) for one in (paths, homes))
    write_layers(tmp_path / "data.gpkg", {"paden": moved.reset_index(names="id"), "zorg": homes.reset_index(names="id")})
    parts = [
        f'[[layers]]\nkind = "{kind}"\nsource = "data.gpkg"\nlayer = "{name}"\nid = "id"\n'
        for kind, name in (("footway", "paden"), ("anchor", "zorg"))
    ]
    areas = {}
    for way in ("network", "circles"):
        (tmp_path / "city.toml").write_text(f'[draft]\nzones = "{way}"\n' + "".join(parts))
        city = read_city(tmp_path / "city.toml")
        areas[way] = city.areas.area.sum()
        assert ("straight line" in " ".join(city.remarks["reason"])) == (way == "network")
        assert city.areas["assumed"].all()
    assert areas["network"] < 0.7 * areas["circles"]


def test_grid_covers_the_extent_in_cells_on_round_coordinates():
    zones, areas = grid_zones((990.0, 10.0, 1510.0, 400.0), CRS, cell=500.0, level="C")
    assert zones.total_bounds.tolist() == [500.0, 0.0, 2000.0, 500.0]
    assert zones.area.tolist() == [250_000.0] * 3
    assert set(areas["level"]) == {"C"}
    assert areas.index.equals(zones.index.rename("area_id"))


def test_grid_keeps_only_cells_with_something_in_them():
    shapes = np.array([shapely.Point(10, 10), shapely.Point(1400, 10)])
    zones, _ = grid_zones((10.0, 10.0, 1400.0, 10.0), CRS, cell=500.0, shapes=shapes)
    assert zones.total_bounds.tolist() == [0.0, 0.0, 1500.0, 500.0]
    assert len(zones) == 2


@pytest.mark.parametrize("wrong", [{"level": "D"}, {"cell": 0.0}])
def test_grid_refuses_what_makes_no_grid(wrong):
    with pytest.raises(ConfigError, match="grid"):
        grid_zones((0, 0, 1, 1), CRS, **wrong)
