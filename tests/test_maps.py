"""The map: what it shows, that it needs no network, and that text from data stays text."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk import labels, maps, pages
from toegankelijk.errors import ConfigError, CrsError

from . import hostile
from .frames_for_pages import bottlenecks, good_examples, scores


class Outline(HTMLParser):
    """Elements of a page with their attributes, and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] == "script":
            self.scripts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def written(tmp_path, *tables, lang="nl", title="Voorbeeldstad", **options) -> str:
    shown = maps.show_map(*(tables or (scores(), bottlenecks(), good_examples())), lang=lang, title=title, **options)
    maps.write_map(shown, tmp_path / "map.html", title=title, lang=lang)
    return (tmp_path / "map.html").read_text("utf-8")


def layers(shown: folium.Map) -> dict[str, folium.GeoJson]:
    """GeoJSON layers by the name of their group."""
    groups = [child for child in shown._children.values() if isinstance(child, folium.FeatureGroup)]
    return {group.layer_name: next(iter(group._children.values())) for group in groups}


def test_groups_are_named_and_counted_in_the_order_of_the_method():
    named = list(layers(maps.show_map(scores(), bottlenecks(), good_examples())))
    assert named == [
        *("Woonzorgzones (3)", "Doorgangen (2)", "Oppervlak (2)", "Drempels (2)", "Oversteekplaatsen (2)"),
        *("Hellingen en trappen (1)", "Haltes (1)", "Parkeerplaatsen (1)", "Straatmeubilair (1)", "Goede voorbeelden (3)"),
    ]


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_object_is_on_the_map_once(lang):
    for count, name, layer in [
        (3, labels.label("zones", lang), scores()),
        (3, labels.label("good_examples", lang), good_examples()),
    ]:
        shown = layers(maps.show_map(scores(), bottlenecks(), good_examples(), lang=lang))
        assert len(shown[f"{name} ({count})"].data["features"]) == count, layer
    many = layers(maps.show_map(scores(), bottlenecks(40), lang=lang))
    ids = [f["properties"]["bottleneck_id"] for layer in list(many.values())[1:] for f in layer.data["features"]]
    assert sorted(ids) == sorted(bottlenecks(40)["bottleneck_id"])


def test_places_are_degrees_rounded_to_a_decimetre():
    data = layers(maps.show_map(scores(), bottlenecks()))["Doorgangen (2)"].data
    first = next(f for f in data["features"] if f["properties"]["bottleneck_id"] == "K-0000")
    expected = bottlenecks().to_crs("EPSG:4326").geometry.iloc[0]
    lon, lat = first["geometry"]["coordinates"]
    assert (lon, lat) == (round(lon, 6), round(lat, 6))
    assert (lon, lat) == pytest.approx((expected.x, expected.y), abs=1e-6)
    assert 5.4 < lon < 5.6
    assert 50.9 < lat < 51.1


def test_zones_say_their_interval_and_what_is_not_ranked_or_assumed():
    layer = layers(maps.show_map(scores(), bottlenecks()))["Woonzorgzones (3)"]
    told = [f["properties"]["told"] for f in layer.data["features"]]
    assert told == [
        "Sledderlo, 62–78",
        "Kolderbos, 10–95 (niet gerangschikt)",
        "Bret-Gelieren (aangenomen), onbekend (niet gerangschikt)",
    ]
    styles = [layer.style_function(f) for f in layer.data["features"]]
    assert [style["fillColor"] for style in styles] == [maps.COLOURS[3], "url(#hatch)", "url(#hatch)"]
    assert ["dashArray" in style for style in styles] == [False, False, True]
    assert layer.data["features"][0]["properties"]["theme_0"] == "62–78 (84\u00a0%)"


@pytest.mark.parametrize(("low", "high", "fifth"), [(0, 0, 0), (0.1, 0.2, 0), (0.2, 0.2, 1), (0.5, 0.6, 2), (1, 1, 4)])
def test_colour_is_the_fifth_in_which_the_middle_lies(low, high, fifth):
    changed = scores().assign(score_low=low, score_high=high, ranked=True)
    layer = layers(maps.show_map(changed, bottlenecks()))["Woonzorgzones (3)"]
    assert layer.style_function(layer.data["features"][0])["fillColor"] == maps.COLOURS[fifth]


def test_priority_shows_by_letter_and_by_size():
    shown = layers(maps.show_map(scores(), bottlenecks(24)))
    found = {
        (f["properties"]["band"], style["html"], style["iconSize"][0])
        for layer in list(shown.values())[1:]
        for f in layer.data["features"]
        for style in [layer.style_function(f)]
    }
    assert found == {("hoog", "H", 32), ("middel", "M", 28), ("laag", "L", 24)}


def test_popup_names_theme_service_and_remedy_and_leaves_no_missing_values():
    layer = layers(maps.show_map(scores(), bottlenecks()))["Oppervlak (2)"]
    shown = next(f["properties"] for f in layer.data["features"] if f["properties"]["bottleneck_id"] == "K-0009")
    assert shown["theme"] == "Oppervlak"
    assert shown["kind"] == "Voetpadvak"
    assert shown["responsible"] == "Dienst wegen"
    assert shown["partner"] == "Agentschap Wegen en Verkeer"
    assert shown["severity"] == "4 blokkerend"
    assert shown["street"] == ""
    assert shown["planning"] == "KT: uitvoering (2028)"
    text = json.dumps([layer.data for layer in layers(maps.show_map(scores(), bottlenecks(), good_examples())).values()])
    assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", text)


def test_empty_results_make_a_map():
    shown = maps.show_map(scores(), bottlenecks().iloc[:0], good_examples().iloc[:0])
    assert list(layers(shown)) == ["Woonzorgzones (3)"]
    maps.show_map(scores().iloc[:0], bottlenecks().iloc[:0])


def test_an_object_without_geometry_is_left_out_and_the_rest_stays():
    table = bottlenecks()
    table.loc[0, "geometry"] = None
    table.loc[8, "geometry"] = shapely.Point()
    groups = layers(maps.show_map(scores(), table))
    assert [len(layer.data["features"]) for name, layer in groups.items() if name.startswith("Doorgangen")] == [0]
    assert sum(len(layer.data["features"]) for layer in groups.values()) == 3 + 10


def test_many_bottlenecks_are_clustered(monkeypatch, tmp_path):
    assert "L.markerClusterGroup(" not in written(tmp_path, scores(), bottlenecks(12))
    monkeypatch.setattr(maps, "MAX_SIGNS", 10)
    page = written(tmp_path, scores(), bottlenecks(12))
    assert page.count("= L.markerClusterGroup(") == 8
    assert labels.label("map.cluster_legend") in page


@pytest.mark.parametrize("spoil", ["none", "far"])
def test_tables_that_cannot_be_placed_are_refused(spoil):
    table = bottlenecks()
    if spoil == "none":
        table = table.set_crs(None, allow_override=True)
    else:
        far = gpd.points_from_xy(table.geometry.x * 1e9, table.geometry.y * 1e9, crs="EPSG:32631")
        table = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=far)
    with pytest.raises(CrsError, match="bottlenecks"):
        maps.show_map(scores(), table)


def test_the_same_tables_give_the_same_bytes_in_any_order(tmp_path):
    first = written(tmp_path)
    mixed = bottlenecks().sample(frac=1, random_state=1)
    again = written(tmp_path, scores().sample(frac=1, random_state=2), mixed, good_examples().sample(frac=1, random_state=3))
    assert first == written(tmp_path)
    assert again.count("K-0003") == first.count("K-0003")
    assert re.findall(r"K-\d{4}", again) == re.findall(r"K-\d{4}", first)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_page_has_language_title_landmarks_and_policy(tmp_path, lang):
    page = written(tmp_path, lang=lang, title="Stad & <Land>")
    outline = Outline(page)
    assert page.startswith("<!DOCTYPE html>")
    assert outline.all("html") == [{"lang": lang}]
    assert [len(outline.all(tag)) for tag in ("main", "h1", "body", "head")] == [1, 1, 1, 1]
    assert page.count("<title>Stad &amp; &lt;Land&gt;</title>") == 1
    assert '<h1 class="title">Stad &amp; &lt;Land&gt;</h1>' in page
    assert "user-scalable" not in page
    assert "maximum-scale" not in page
    region = next(attrs for attrs in outline.all("div") if attrs.get("class") == "folium-map")
    assert region["role"] == "region"
    assert region["aria-label"] == labels.label("map.region", lang)
    policy = next(attrs["content"] for attrs in outline.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert policy.count("'sha256-") == len(outline.all("script"))
    assert "script-src 'unsafe-inline'" not in policy


def test_page_loads_nothing(tmp_path):
    outline = Outline(written(tmp_path))
    assert not outline.all("link")
    assert not [attrs for _, attrs in outline.elements if "src" in attrs or any(name.startswith("on") for name in attrs)]
    assert "Leaflet 1.9.3" in "".join(outline.scripts)


@pytest.mark.parametrize("source", ["tiles", "marker", "image", "style"])
def test_a_map_that_would_load_something_is_refused(tmp_path, source):
    shown = maps.show_map(scores(), bottlenecks())
    if source == "tiles":
        folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(shown)
    elif source == "marker":
        shown.default_js = [*shown.default_js, ("icons", "https://cdn.example.org/leaflet.awesome-markers.js")]
    elif source == "image":
        shown.get_root().html.add_child(folium.Element("<img src='https://img.example.org/logo.png' alt=''>"))
    else:
        shown.get_root().header.add_child(folium.Element("<style>b {background: url(https://img.example.org/x)}</style>"))
    with pytest.raises(ConfigError, match=r"example\.org"):
        maps.write_map(shown, tmp_path / "map.html", title="x")
    assert not (tmp_path / "map.html").exists()


def test_an_address_in_the_data_is_no_source(tmp_path):
    table = bottlenecks().assign(street="https://example.org/a.png", source="//example.org")
    assert "https://example.org/a.png" in written(tmp_path, scores(), table)


def test_an_unknown_language_is_refused():
    with pytest.raises(ConfigError, match="nl, en, fr, de"):
        maps.show_map(scores(), bottlenecks(), lang="xx")


def test_hostile_text_runs_neither_here_nor_in_the_page(tmp_path):
    marker = tmp_path / "ran"
    texts = hostile.payloads(marker)
    assert len(texts) >= 20
    table = hostile.poison(bottlenecks(len(texts)), texts)
    examples = pd.concat([good_examples()] * 11, ignore_index=True)
    examples = hostile.poison(gpd.GeoDataFrame(examples, crs="EPSG:31370"), texts)
    zones = hostile.poison_scores(scores(), texts)
    outline = Outline(written(tmp_path, zones, table, examples, title=" ".join(texts), attribution=" ".join(texts)))
    assert hostile.never_ran(marker)
    assert not [attrs for _, attrs in outline.elements if any(name.startswith("on") for name in attrs)]
    assert not {"img", "iframe", "textarea"} & {tag for tag, _ in outline.elements}
    assert len(outline.all("script")) == 4


@pytest.mark.parametrize("which", range(len(hostile.payloads(Path("x")))))
def test_each_hostile_text_alone_runs_nowhere(tmp_path, which):
    marker = tmp_path / "ran"
    text = hostile.payloads(marker)[which]
    table = hostile.poison(bottlenecks(1), [text])
    examples = hostile.poison(good_examples().iloc[:1], [text])
    page = written(tmp_path, hostile.poison_scores(scores(), [text]), table, examples, title=text, attribution=text)
    assert hostile.never_ran(marker)
    assert not {"img", "iframe", "textarea"} & {tag for tag, _ in Outline(page).elements}
    assert len(Outline(page).all("h1")) == 1


@pytest.mark.parametrize("mark", "{}`$\\<>\"'&")
def test_inert_text_has_no_live_mark(mark):
    assert mark not in re.sub(r"&#?\w+;", "", pages.inert(f"a{mark}b"))


def test_hostile_names_of_groups_come_through_a_norm(tmp_path):
    theme = hostile.payloads(tmp_path / "ran")[0]
    table = bottlenecks().assign(theme=theme)
    groups = layers(maps.show_map(scores(), table))
    assert not any(set("{}<>`$") & set(name) for name in groups)


def test_numpy_and_pandas_values_are_written_as_text(tmp_path):
    table = bottlenecks().assign(cost_class=np.int8(3), target_year=pd.array([2028] * 11 + [None], dtype="Int64"))
    assert "KT: uitvoering (2028)" in written(tmp_path, scores(), table)
