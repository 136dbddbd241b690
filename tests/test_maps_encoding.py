"""What a page gets of a layer is what the layer holds, whatever that is; and a page stays within its budget."""

import base64
import dataclasses
import gzip
import hashlib
import re
import string

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk.errors import ConfigError, CrsError
from toegankelijk.maps import Field, Layer, Style, draw_layers, encoding, page, write_map

from .page_sources import outside_sources

TITLE = {"nl": "Laag", "en": "Layer", "fr": "Couche", "de": "Ebene"}
PLAIN = {"one": Style(TITLE)}


def layer(shapes, *fields, crs="EPSG:4326", key="layer", **options) -> Layer:
    series = gpd.GeoSeries(shapes, crs=crs)
    options = {"styles": PLAIN, "classes": pd.Series("one", index=series.index)} | options
    return Layer(key, TITLE, series, fields=fields, **options)


def field(values, type="text", **options) -> Field:  # noqa: A002 - as the field calls it
    return Field("fact", TITLE, pd.Series(values), type, **options)


def decoded(made: Layer) -> list:
    """Shapes as a page has them, in degrees: a list of paths per object."""
    geometry = encoding.unpack(encoding.pack(encoding.encode_layer(made)[0]))["geometry"]
    points = np.column_stack([np.cumsum(geometry["x"]), np.cumsum(geometry["y"])]) / geometry["scale"]
    sizes = geometry["sizes"] if geometry["sizes"] is not None else [1] * len(points)
    paths = np.split(points, np.cumsum(sizes)[:-1]) if sizes else []
    parts = geometry["parts"] if geometry["parts"] is not None else [1] * len(made.shapes)
    ends = np.cumsum(parts)
    return [[path.tolist() for path in paths[end - count : end]] for end, count in zip(ends, parts, strict=True)]


def facts(made: Layer) -> list:
    content = encoding.unpack(encoding.pack(encoding.encode_layer(made)[0]))["fields"][0]
    if "numbers" in content:
        return content["numbers"]
    codes = content["codes"] if content["codes"] is not None else range(len(content["values"]))
    return [None if code < 0 else content["values"][code] for code in codes]


def rebuilt(paths: list, sort: str):
    if not paths:
        return None
    if sort == "area":  # as the page fills them: inside an odd number of rings
        shape = shapely.Polygon(paths[0])
        for path in paths[1:]:
            shape = shape.symmetric_difference(shapely.Polygon(path))
        return shape
    return (
        shapely.multilinestrings([shapely.linestrings(path) for path in paths]) if sort == "line" else shapely.Point(paths[0][0])
    )


coordinate = st.floats(-179, 179).map(lambda value: round(value, 5))
latitude = st.floats(-85, 85).map(lambda value: round(value, 5))
spot = st.tuples(coordinate, latitude)


@given(st.lists(st.one_of(st.none(), spot), min_size=1, max_size=30))
def test_points_come_through_and_those_without_a_place_stay_in_the_table(spots):
    found = decoded(layer([None if one is None else shapely.Point(one) for one in spots]))
    assert len(found) == len(spots)
    for one, paths in zip(spots, found, strict=True):
        assert (one is None) == (paths == [])
        if one is not None:
            assert paths[0][0] == pytest.approx(one, abs=6e-7)


@given(st.lists(st.lists(st.lists(spot, min_size=2, max_size=6), min_size=0, max_size=3), min_size=1, max_size=8))
def test_lines_of_any_number_of_parts_come_through(objects):
    shapes = [shapely.MultiLineString(parts) if parts else None for parts in objects]
    for parts, paths in zip(objects, decoded(layer(shapes, crs="EPSG:4326")), strict=True):
        assert len(paths) == len(parts)
        for part, path in zip(parts, paths, strict=True):
            assert np.array(path) == pytest.approx(np.array(part), abs=6e-7)


def test_areas_with_holes_and_parts_come_through():
    hole = shapely.box(5.1, 50.1, 5.9, 50.9).difference(shapely.box(5.3, 50.3, 5.5, 50.5))
    both = hole.union(shapely.box(6, 50, 6.5, 50.5))
    shapes = [shapely.box(5, 50, 5.5, 50.5), None, both, shapely.Polygon(), hole]
    made = layer(shapes)
    found = decoded(made)
    assert [len(paths) for paths in found] == [1, 0, 3, 0, 2]
    for shape, paths in zip(shapes, found, strict=True):
        if paths:
            assert shape.symmetric_difference(rebuilt(paths, "area")).area < 1e-9
            assert all(path[0] != path[-1] for path in paths)


def test_places_are_kept_to_a_decimetre_and_those_seen_from_near_to_a_centimetre():
    place = gpd.GeoSeries.from_xy([230_000.123], [181_000.456], crs="EPSG:31370")
    for near, digits, metres in ((0, 6, 0.12), (20, 7, 0.012)):
        made = Layer("layer", TITLE, place, PLAIN, pd.Series(["one"]), near=near)
        ((((lng, lat),),),) = decoded(made)
        assert round(lng, digits) == lng
        back = gpd.GeoSeries.from_xy([lng], [lat], crs="EPSG:4326").to_crs("EPSG:31370")
        assert back.distance(place).iloc[0] < metres


def test_several_points_are_one_object_on_one_of_them():
    points = [(5, 50), (5.5, 50.5)]
    (((spot,),),) = decoded(layer([shapely.MultiPoint(points)]))
    assert tuple(spot) in points


def test_extent_is_that_of_the_objects_that_have_a_place():
    _, extent = encoding.encode_layer(layer([shapely.Point(5, 50), None, shapely.Point(6, 51)]))
    assert extent.tolist() == [5, 50, 6, 51]
    assert np.isnan(encoding.encode_layer(layer([None]))[1]).all()
    assert encoding.around([np.full(4, np.nan), extent, extent + 1]).tolist() == [5, 50, 7, 52]


def test_what_is_switched_off_does_not_widen_the_first_view():
    near, far = layer([shapely.Point(5, 50), shapely.Point(6, 51)]), layer([shapely.Point(50, 10)])
    hidden = dataclasses.replace(far, key="far", shown=False)
    for layers, west in (([near, hidden], 5), ([hidden], 50), ([near, dataclasses.replace(far, key="far")], 5)):
        view = page._first_view(draw_layers(layers, title="x"))
        assert view[0] == west
    assert view[2] == 50, "what is switched on does"


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=20))
def test_any_text_comes_through_without_what_one_cannot_see(texts):
    found = facts(layer([None] * len(texts), field(texts)))
    for text, read in zip(texts, found, strict=True):
        kept = encoding.readable(text or "")
        assert (read or "") == kept
        assert set(text or "") - set(kept) <= set(map(chr, [*range(32), *range(127, 160), *range(0x200E, 0x2070)]))


def test_marks_of_direction_and_control_characters_are_gone_and_all_else_stays():
    text = "voor \u202ena\u202c \u2066x\u2069 \x00\x07\x1b </script> ${1} {{ 1 }} é 中 \U0001f600 tab\tregel\n"
    (read,) = facts(layer([None], field([text])))
    assert read == "voor na x  </script> ${1} {{ 1 }} é 中 \U0001f600 tab\tregel\n"


def test_a_text_of_nothing_but_control_characters_is_nothing():
    assert facts(layer([None] * 4, field(["a", "\x00", "", "b"]))) == ["a", None, None, "b"]


def test_texts_that_are_alike_are_sent_once():
    made = layer([None] * 1000, field(["Kerkstraat", "Markt"] * 500))
    content = encoding.encode_layer(made)[0]["fields"][0]
    assert content["values"] == ["Kerkstraat", "Markt"]
    assert content["codes"] == [0, 1] * 500
    own = encoding.encode_layer(layer([None] * 3, field(["a", "b", "c"])))[0]["fields"][0]
    assert own["codes"] is None


def test_only_words_of_codes_that_occur_are_sent_in_the_order_of_the_layer():
    words = dict.fromkeys(("hoog", "middel", "laag"), TITLE)
    content = encoding.encode_layer(layer([None] * 3, field(["laag", "hoog", "eigen"], "code", words=words)))[0]["fields"][0]
    assert list(content["words"]) == ["hoog", "laag"]


@pytest.mark.parametrize(
    ("values", "digits", "read"),
    [
        ([1.234, 5.0, -2.5], 2, [1.23, 5.0, -2.5]),
        ([1.0, None, 3.0], 0, [1, None, 3]),
        ([float("inf"), float("-inf"), float("nan")], 1, ["∞", "-∞", None]),
        (pd.array([3, None], dtype="Int64"), 0, [3, None]),
        (["4", "weinig"], 0, [4, None]),
    ],
)
def test_numbers_are_rounded_and_what_is_missing_stays_missing(values, digits, read):
    assert facts(layer([None] * len(values), field(values, "number", digits=digits))) == read


def test_facts_and_classes_follow_the_index_of_the_shapes():
    series = gpd.GeoSeries([shapely.Point(5, 50), shapely.Point(6, 51)], index=["b", "a"], crs="EPSG:4326")
    told = Field("fact", TITLE, pd.Series({"a": "A", "b": "B"}))
    styles = {"x": Style(TITLE), "y": Style(TITLE)}
    made = Layer("layer", TITLE, series, styles, pd.Series({"a": "y", "b": "x"}), [told])
    assert facts(made) == ["B", "A"]
    assert encoding.encode_layer(made)[0]["classes"] == [0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"named": ("nothing",)}, "no field 'nothing' to name"),
        ({"identity": "nothing"}, "no field 'nothing' to identify"),
        ({"classes": pd.Series(["other"])}, "no style for class 'other'"),
        ({"fields": [Field("a", TITLE, pd.Series(["x"]))] * 2}, "field 'a' is there twice"),
    ],
)
def test_a_layer_that_contradicts_itself_is_refused_when_it_is_drawn(change, message):
    parts = {"styles": PLAIN, "classes": pd.Series(["one"])} | change
    shapes = gpd.GeoSeries([shapely.Point(5, 50)], crs="EPSG:4326")
    with pytest.raises(ConfigError, match=message):
        draw_layers([Layer("layer", TITLE, shapes, **parts)])


@pytest.mark.parametrize("other", [shapely.LineString([(5, 50), (6, 51)]), shapely.GeometryCollection([shapely.Point(1, 1)])])
def test_objects_of_several_sorts_are_refused(other):
    with pytest.raises(ConfigError, match="make a layer of each sort"):
        draw_layers([layer([shapely.Point(5, 50), other])])


@pytest.mark.parametrize(
    ("crs", "spot", "message"),
    [
        (None, (5, 50), "no coordinate system"),
        ("EPSG:4326", (230_000, 181_000), "EPSG:4326 cannot place on Earth"),
    ],
)
def test_a_layer_that_cannot_be_placed_is_refused_when_it_is_drawn(crs, spot, message):
    with pytest.raises(CrsError, match=message):
        draw_layers([layer([shapely.Point(spot)], crs=crs)])


def test_layers_have_keys_of_their_own():
    with pytest.raises(ConfigError, match="layer is there twice"):
        draw_layers([layer([None]), layer([None])])


def test_blocks_are_letters_that_nothing_reads_as_markup_and_always_the_same():
    content = {"text": "</script><script>alert(1)</script>" * 5}
    block = encoding.pack(content)
    assert set(block) <= set(string.ascii_letters + string.digits + "+/=")
    assert block == encoding.pack(content)
    assert encoding.unpack(block) == content
    assert gzip.decompress(base64.b64decode(block)).isascii()


def test_a_page_within_its_budget_says_nothing_a_heavy_one_warns_and_a_too_heavy_one_is_refused(tmp_path, monkeypatch):
    made, path = draw_layers([layer([shapely.Point(5, 50)])]), tmp_path / "map.html"
    size = write_map(made, path, title="T")
    assert size == path.stat().st_size
    monkeypatch.setattr(page, "HEAVY", size - 1)
    with pytest.warns(UserWarning, match=r"map\.html has .* MB: it may be slow to open"):
        write_map(made, path, title="T")
    path.unlink()
    monkeypatch.setattr(page, "LARGEST", size - 1)
    with pytest.raises(ConfigError, match=r"large=True\n- layer layer: 1 objects"):
        write_map(made, path, title="T")
    assert not path.exists()
    with pytest.warns(UserWarning, match="slow to open"):
        assert write_map(made, path, title="T", large=True) == size


def test_only_scripts_of_the_page_run_and_only_base_maps_that_one_chooses_are_fetched(tmp_path):
    made, path = draw_layers([layer([shapely.Point(5, 50)])], title="T"), tmp_path / "map.html"
    write_map(made, path, title="T")
    text = path.read_text("utf-8")
    rules = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    digests = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    ]
    assert len(digests) == 2
    assert re.search(r"script-src ([^;]*);", rules)[1] == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert re.search(r"img-src ([^;]*);", rules)[1].split() == ["data:", *page.BASE_MAPS]
    assert rules.startswith("default-src 'none';")
    assert outside_sources(text) == []


def test_a_finished_map_refuses_what_it_would_not_show_and_shows_itself_in_a_notebook(tmp_path):
    made = draw_layers([layer([shapely.Point(5, 50)])], title="A <b> & 'c'")
    with pytest.raises(ConfigError, match="Marker cannot be added"):
        folium.Marker([50, 5]).add_to(made)
    shown = made._repr_html_()
    assert shown.startswith('<iframe title="A &lt;b&gt; &amp; &#x27;c&#x27;" srcdoc="&lt;!DOCTYPE html&gt;')
    assert shown.count("<") == 2  # the frame and its end: the page in it is all text
    made.save(tmp_path / "saved.html")
    assert (tmp_path / "saved.html").read_text("utf-8") == made.render() == made.get_root().render()


def test_a_page_opens_on_all_that_is_there_or_on_what_one_chose():
    def view(drawn):
        block = re.search(r'id="data">([^<]*)<', drawn.render())[1]
        return encoding.unpack(block)["extent"]

    near, far = layer([shapely.Point(5, 50)]), layer([shapely.Point(9, 52)], key="far", background=True)
    made = draw_layers([near, far])
    assert view(made) == [5, 50, 5, 50]  # the ground goes on and on
    assert view(draw_layers([far])) == [9, 52, 9, 52]
    assert view(draw_layers([])) == list(page.NOWHERE)
    made.fit_bounds([[50, 4], [51, 6]])
    assert view(made) == [4, 50, 6, 51]


def test_a_map_of_another_making_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="make layers of its tables"):
        write_map(folium.Map(), tmp_path / "map.html", title="T")
