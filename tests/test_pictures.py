"""Pictures of spots: to scale, with what stands there and nothing else, told in words as well."""

import re
from xml.etree import ElementTree

import geopandas as gpd
import pytest
import shapely

from toegankelijk import schema
from toegankelijk.reports import pictures
from toegankelijk.reports.pictures import SIZE, draw_spots

from . import hostile

CRS = "EPSG:31370"
X, Y = 228_000.0, 182_000.0
SVG = "{http://www.w3.org/2000/svg}"


def layer(rows, **columns):
    """Objects by id, placed in metres from one spot."""
    shapes = [shapely.affinity.translate(shape, X, Y) for shape in rows.values()]
    return gpd.GeoDataFrame(columns, index=list(rows), geometry=shapes, crs=CRS)


def city_of(**layers):
    nothing = gpd.GeoDataFrame(geometry=[], crs=CRS)
    context = {kind: layers.pop(kind) for kind in list(layers) if kind in schema.context_kinds()}
    return schema.City("Plek", layers and next(iter(layers.values())).crs, layers, nothing, nothing, context=context)


def bottleneck(kind, object_id, at=(0, 0), **changes):
    row = {"bottleneck_id": "K-1", "theme": "doorgangen", "kind": kind, "object_id": object_id, "level": "A"}
    row |= {"required": "1,50 m", "solution": "Verplaatsen", "priority_band": "hoog", **changes}
    return gpd.GeoDataFrame([row], geometry=[shapely.Point(X + at[0], Y + at[1])], crs=CRS)


def street_corner():
    """A pavement along a building, with a bin 3 m to the east of a stop and a lamp 40 m away."""
    return city_of(
        footway=layer({"VP-1": shapely.box(-8, -2, 8, 2)}),
        stop=layer({"HA-1": shapely.Point(0, 0)}),
        obstacle=layer({"VB-1": shapely.Point(3, 0), "LP-1": shapely.Point(40, 0)}, obstacle_type=["bin", "lamp"]),
        building=layer({"G-1": shapely.box(-8, 2, 8, 7)}),
    )


def drawn(city, table, lang="nl"):
    return draw_spots(city, table, lang=lang)["K-1"]


def elements(spot, kind):
    return list(ElementTree.fromstring(spot.chart.svg).iter(f"{SVG}{kind}"))  # noqa: S314


def test_the_text_says_what_is_marked_and_what_stands_where():
    spot = drawn(street_corner(), bottleneck("stop", "HA-1"))
    assert spot.chart.text == (
        "Tekening van de plek, 18 m breed, noorden boven. Gemarkeerd: Halte HA-1. "
        "In de buurt: vuilnisbak VB-1, 3 m naar het oosten."
    )
    assert spot.key == (("1", "vuilnisbak"),)
    assert ElementTree.fromstring(spot.chart.svg).get("aria-label") == spot.chart.text  # noqa: S314


@pytest.mark.parametrize(
    ("place", "said"),
    [
        *(((3, 0), "oosten"), ((2, 2), "noordoosten"), ((0, 3), "noorden"), ((-2, 2), "noordwesten")),
        *(((-3, 0), "westen"), ((-2, -2), "zuidwesten"), ((0, -3), "zuiden"), ((2, -2), "zuidoosten")),
    ],
)
def test_north_is_up(place, said):
    city = city_of(stop=layer({"HA-1": shapely.Point(0, 0)}), obstacle=layer({"a": shapely.Point(*place)}, obstacle_type=["bin"]))
    spot = drawn(city, bottleneck("stop", "HA-1"))
    assert f"m naar het {said}." in spot.chart.text
    circle = next(one for one in elements(spot, "circle") if one.get("r") == "8")
    right, up = float(circle.get("cx")) - SIZE[0] / 2, SIZE[1] / 2 - float(circle.get("cy"))
    assert (round(right / 17.78), round(up / 17.78)) == place  # 320 units are 18 m


def test_the_scale_is_true():
    for city in (street_corner(), city_of(footway=layer({"VP-1": shapely.LineString([(0, -25), (0, 20)])}))):
        kind = "stop" if "stop" in city.layers else "footway"
        spot = drawn(city, bottleneck(kind, "HA-1" if kind == "stop" else "VP-1"))
        wide = float(re.search(r"plek, (\d+) m breed", spot.chart.text)[1])
        bar = next(one.get("d") for one in elements(spot, "path") if one.get("d").startswith("M12 219"))
        long = float(re.search(r"H([\d.]+)V", bar)[1]) - 12
        said = next(one.text for one in elements(spot, "text") if (one.text or "").endswith(" m"))
        assert long / SIZE[0] * wide == pytest.approx(float(said.removesuffix(" m")), rel=0.03)


def test_what_lies_elsewhere_is_not_drawn():
    spot = drawn(street_corner(), bottleneck("stop", "HA-1"))
    assert "LP-1" not in spot.chart.text
    assert len([one for one in elements(spot, "circle") if one.get("r") == "8"]) == 1
    for path in elements(spot, "path"):
        for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", path.get("d")):
            assert -21 <= float(x) <= SIZE[0] + 21
            assert -21 <= float(y) <= SIZE[1] + 21


def test_the_pavement_is_as_wide_as_it_was_measured():
    line = shapely.LineString([(-10, 0), (10, 0)])
    for name, metres in (("route_width", 2.4), ("route_width_low", 1.2)):
        city = city_of(footway=layer({"VP-1": line}, **{name: [metres]}), stop=layer({"HA-1": shapely.Point(0, 0)}))
        spot = drawn(city, bottleneck("stop", "HA-1"))
        band = next(one.get("d") for one in elements(spot, "path") if one.get("fill") == pictures.GROUND["footway"][0])
        heights = [float(y) for _, y in re.findall(r"([\d.-]+) ([\d.-]+)", band)]
        assert (max(heights) - min(heights)) / SIZE[0] * 18 == pytest.approx(metres, abs=0.03)


def test_an_object_that_fits_is_drawn_whole_and_a_long_one_round_the_bottleneck():
    whole = drawn(city_of(footway=layer({"VP-1": shapely.LineString([(-20, 0), (20, 0)])})), bottleneck("footway", "VP-1"))
    assert "46 m breed" in whole.chart.text
    part = drawn(
        city_of(footway=layer({"VP-1": shapely.LineString([(-200, 0), (200, 0)])})), bottleneck("footway", "VP-1", (90, 0))
    )
    assert "42 m breed" in part.chart.text


def test_a_gap_is_shown_with_what_to_move():
    narrow = layer({"VP-1/v1": shapely.LineString([(0, -1), (0, -0.2)])}, derived=[True], parent_id=["VP-1"], first_id=[""])
    narrow = narrow.assign(second_id="VB-1", movable_id="VB-1", narrowing_width=0.8, width_without=2.0, length_below_120=0.4)
    city = city_of(
        footway=layer({"VP-1": shapely.box(-8, -1, 8, 1)}),
        obstacle=layer({"VB-1": shapely.Point(0, 0)}, obstacle_type=["bin"]),
        narrowing=narrow,
    )
    for kind, object_id in (("narrowing", "VP-1/v1"), ("footway", "VP-1")):
        spot = drawn(city, bottleneck(kind, object_id))
        assert "Daar is 0,80 m vrij, tussen de rand van het voetpad en vuilnisbak VB-1." in spot.chart.text
        assert spot.key == (("1", "vuilnisbak (te verplaatsen)"),)
        assert [one.get("stroke-dasharray") for one in elements(spot, "circle") if one.get("r") == "8"] == ["3 2"]


def test_things_that_are_alike_share_a_line_of_the_key_and_only_the_nearest_are_numbered():
    spots = {f"p{order}": shapely.Point(order * 0.9, 1) for order in range(8)}
    city = city_of(stop=layer({"HA-1": shapely.Point(0, 0)}), obstacle=layer(spots, obstacle_type=["bollard"] * 7 + ["tree"]))
    spot = drawn(city, bottleneck("stop", "HA-1"))
    assert spot.key == (("1, 2, 3, 4, 5, 6", "paaltje"),)
    assert "p7" not in spot.chart.text


def test_a_spot_with_nothing_round_it_is_marked_all_the_same():
    spot = drawn(city_of(stop=layer({"HA-1": shapely.Point(0, 0)})), bottleneck("stop", "HA-1"))
    assert [one.get("r") for one in elements(spot, "circle")] == ["13", "13", "9"]
    assert "In de buurt" not in spot.chart.text
    gone = drawn(street_corner(), bottleneck("stop", "HA-9"))  # an object that is not in the layer any more
    assert "Halte HA-9" in gone.chart.text


def test_a_bottleneck_without_a_place_has_no_picture():
    table = bottleneck("stop", "HA-1")
    assert draw_spots(street_corner(), table.iloc[:0]) == {}
    assert draw_spots(street_corner(), table.set_geometry(gpd.GeoSeries([None], crs=CRS))) == {}
    assert draw_spots(street_corner(), table.set_geometry(gpd.GeoSeries([shapely.Point()], crs=CRS))) == {}


def test_the_same_city_gives_the_same_picture_whatever_else_is_drawn():
    table = bottleneck("stop", "HA-1")
    alone = drawn(street_corner(), table)
    assert drawn(street_corner(), table) == alone


def test_hostile_texts_stay_text(tmp_path):
    texts = hostile.payloads(tmp_path / "ran")
    for text in texts:
        city = city_of(stop=layer({text: shapely.Point(0, 0)}), obstacle=layer({text: shapely.Point(2, 0)}, obstacle_type=[text]))
        spot = drawn(city, bottleneck("stop", text))
        kinds = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(spot.chart.svg).iter()}  # noqa: S314
        assert kinds <= {"svg", "title", "rect", "path", "text", "circle"}
        assert len(spot.key) == 1


@pytest.mark.parametrize("lang", ["en", "fr", "de"])
def test_every_language(lang):
    said = drawn(street_corner(), bottleneck("stop", "HA-1"), lang).chart.text
    assert {"en": "north is up", "fr": "nord en haut", "de": "Norden oben"}[lang] in said
    assert "vuilnisbak" not in said
