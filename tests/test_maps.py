"""The layers of a screening's map: what is on it, what it says of each in all languages, how it looks; and the page of it."""

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

from toegankelijk import labels, maps
from toegankelijk.errors import ConfigError, CrsError
from toegankelijk.maps import encoding
from toegankelijk.maps.bottlenecks import draw_bottlenecks
from toegankelijk.maps.ground import MOST, draw_ground, join_lines
from toegankelijk.maps.words import all_names, day_field, told_field
from toegankelijk.maps.zones import COLOURS
from toegankelijk.schema import City

from . import hostile
from .drawn_layers import facts, layers, names, packed, texts_of
from .frames_for_pages import bottlenecks, gaps, good_examples, scores
from .page_sources import outside_sources


class Outline(HTMLParser):
    """Elements of a page with their attributes, and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def written(tmp_path, *tables, lang="nl", title="Voorbeeldstad", **options) -> str:
    shown = maps.show_map(*(tables or (scores(), bottlenecks(), good_examples())), lang=lang, title=title, **options)
    maps.write_map(shown, tmp_path / "map.html", title=title, lang=lang)
    return (tmp_path / "map.html").read_text("utf-8")


# What is on the map ---------------------------------------------------------------------------------------------------------


def test_layers_are_there_in_order_from_below_to_above():
    found = layers(maps.show_map(scores(), bottlenecks(), good_examples(), gaps=gaps()))
    counts = {key: len(layer.shapes) for key, layer in found.items()}
    assert list(counts.items()) == [
        *(("zones", 3), ("examples", 2), ("example_lines", 1), ("gap_pavement", 1), ("gap_things", 1), ("gaps", 1)),
        ("bottlenecks", 12),
    ]
    assert {key for key, layer in found.items() if layer.background} == {"gap_pavement", "gap_things"}


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_object_is_on_the_map_once(lang):
    found = layers(maps.show_map(scores(), bottlenecks(40), good_examples(), lang=lang))
    assert sorted(facts(found["bottlenecks"])["bottleneck"]) == sorted(bottlenecks(40)["bottleneck_id"])
    shown = pd.concat([facts(found["examples"]), facts(found["example_lines"])])
    assert sorted(shown["object"]) == sorted(good_examples()["object_id"])
    assert sorted(facts(found["zones"])["zone"]) == sorted(scores()["zone_name"].unique())


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_layer_speaks_every_language(lang):
    for layer in maps.show_map(scores(), bottlenecks(), good_examples(), gaps=gaps()).layers:
        said = [layer.title, *(style.title for style in layer.styles.values()), *(field.title for field in layer.fields)]
        said += [words for field in layer.fields for words in field.words.values()]
        said += [style.sign for style in layer.styles.values() if style.sign]
        assert all(set(words) == set(labels.LANGUAGES) and words[lang] for words in said)


def test_names_of_codes_are_in_the_language_of_the_reader():
    layer = layers(maps.show_map(scores(), bottlenecks()))["bottlenecks"]
    assert set(facts(layer, "nl")["planning"]) == {"KT (korte termijn)", "MLT (middellange termijn)", "LT (lange termijn)"}
    assert set(facts(layer, "de")["priority_band"]) == {"hoch", "mittel", "niedrig"}
    assert set(facts(layer, "en")["responsible"]) == {"Roads service"}
    assert set(facts(layer, "en")["first_seen"]) == {"1 May 2026"}
    assert set(facts(layer, "fr")["basis"]) == {"recommandation"}


def test_zones_say_their_interval_and_what_is_not_ranked_or_assumed():
    layer = layers(maps.show_map(scores(), bottlenecks()))["zones"]
    assert names(layer) == [
        "Sledderlo, 62–78",
        "Kolderbos, 10–95 (niet gerangschikt)",
        "Bret-Gelieren, onbekend (niet gerangschikt)",
    ]
    assert facts(layer)["outline"].tolist() == ["", "", "aangenomen"]
    looks = [layer.styles[name] for name in layer.classes]
    assert [look.fill if not look.hatch else "hatch" for look in looks] == [COLOURS[3], "hatch", "hatch"]
    assert [bool(look.dash) for look in looks] == [False, False, True]
    assert facts(layer)["theme_0"].iloc[0] == "62–78 (84\u00a0%)"
    assert facts(layer, "en")["theme_0"].iloc[0] == "62–78 (84%)"
    assert facts(layer)["reached"].tolist() == ["zeker C, mogelijk B", "zeker geen, mogelijk A", "geen"]


@pytest.mark.parametrize(("low", "high", "fifth"), [(0, 0, 0), (0.1, 0.2, 0), (0.2, 0.2, 1), (0.5, 0.6, 2), (1, 1, 4)])
def test_colour_is_the_fifth_in_which_the_middle_lies(low, high, fifth):
    changed = scores().assign(score_low=low, score_high=high, ranked=True, assumed=False)
    layer = layers(maps.show_map(changed, bottlenecks()))["zones"]
    assert {layer.styles[name].fill for name in layer.classes} == {COLOURS[fifth]}
    assert [look.fill for look in layer.styles.values()] == list(COLOURS)  # the legend has the whole scale, and no more


def test_many_zones_have_no_names_on_the_map(monkeypatch):
    assert layers(maps.show_map(scores(), bottlenecks()))["zones"].labelled
    monkeypatch.setattr("toegankelijk.maps.zones.MAX_LABELS", 2)
    assert not layers(maps.show_map(scores(), bottlenecks()))["zones"].labelled


def test_priority_shows_by_letter_and_by_size():
    layer = layers(maps.show_map(scores(), bottlenecks(24)))["bottlenecks"]
    looks = [layer.styles[name] for name in layer.classes]
    found = {(band, look.sign["nl"], look.size) for band, look in zip(facts(layer)["priority_band"], looks, strict=True)}
    assert found == {("hoog", "H", 32), ("middel", "M", 28), ("laag", "L", 24)}
    assert list(layer.styles) == ["laag", "middel", "hoog"]  # the gravest lies above
    assert layer.styles["hoog"].sign["fr"] == "É"


def test_a_band_that_is_no_code_has_a_sign_too():
    layer = layers(maps.show_map(scores(), bottlenecks(3).assign(priority_band=["", None, "dringend"])))["bottlenecks"]
    assert set(layer.classes) == {"other"}
    assert facts(layer)["priority_band"].tolist().count("dringend") == 1


def test_what_is_urgent_comes_first():
    table = facts(layers(maps.show_map(scores(), bottlenecks(24)))["bottlenecks"])
    assert table["points"].astype(int).is_monotonic_decreasing
    assert table["points"].nunique() == 3


def test_a_bottleneck_says_what_why_who_and_on_what_basis():
    table = facts(layers(maps.show_map(scores(), bottlenecks()))["bottlenecks"])
    shown = table[table["bottleneck"] == "K-0009"].iloc[0].to_dict()
    expected = {
        "theme": "Oppervlak",
        "kind": "Voetpadvak",
        "zone": "Sledderlo",
        "value": "1,10 m",
        "required": "1,50 m",
        "basis": "richtlijn",
        "source": "Toegankelijke omgeving, doorgangen (ENT-D)",
        "criterion": "PAS-01 Vrije doorgangsbreedte",
        "criteria": "PAS-01, PAS-06",
        "severity": "4 blokkerend",
        "solution": "Voetpad verbreden",
        "responsible": "Dienst wegen",
        "partner": "Agentschap Wegen en Verkeer",
        "planning": "KT (korte termijn)",
        "phase": "uitvoering",
        "target_year": "2028",
        "status": "open",
        "street": "",
    }
    assert {name: shown[name] for name in expected} == expected
    assert not any(name in table for name in ("cost", "gain", "photo"))  # nobody weighed it, and no staff wrote


def test_a_solution_of_ones_own_is_shown_as_it_is():
    table = bottlenecks(2).assign(solution=["Alles anders", "Voetpad verbreden"])
    shown = facts(layers(maps.show_map(scores(), table))["bottlenecks"], "en").set_index("bottleneck")["solution"]
    assert shown.to_dict() == {"K-0000": "Alles anders", "K-0001": "Widen the footway"}


def test_what_was_weighed_and_what_staff_wrote_is_shown():
    added = {
        "cost_eur": [2500.0, np.nan],
        "cost_reason": "1 × € 1.000 tot 4.000",
        "gain": [60.0, 0.0],
        "gain_reason": "60 inwoners",
        "job": "J-1",
        "job_reason": "Staat op zichzelf",
        "planned_work": "",
        "remark": ["bellen", None],
        "photo": ["https://example.org/1.jpg", "DCIM/1.jpg"],
        "done_on": [pd.Timestamp("2026-03-04"), pd.NaT],
        "reason": ["", "erfgoed"],
    }
    layer = layers(maps.show_map(scores(), bottlenecks(2).assign(**added)))["bottlenecks"]
    rows = facts(layer).set_index("bottleneck").loc[["K-0000", "K-0001"]]
    assert rows["cost"].tolist() == ["2.500", ""]
    assert rows["gain"].tolist() == ["60", "0"]
    assert rows[["remark", "photo", "done_on"]].iloc[0].tolist() == ["bellen", "https://example.org/1.jpg", "4 maart 2026"]
    assert rows["staff_reason"].tolist() == ["", "erfgoed"]
    assert {field.name: field.type for field in layer.fields}["photo"] == "link"


def test_what_one_filters_and_searches_by():
    fields = layers(maps.show_map(scores(), bottlenecks()))["bottlenecks"].fields
    facets = {field.name for field in fields if field.facet}
    assert facets == {
        *("theme", "priority_band", "planning", "status", "responsible", "zone", "level", "severity", "kind", "basis", "solution")
    }
    searched = {field.name for field in fields if field.searched}
    assert {"street", "object", "zone", "description", "criterion", "bottleneck", "responsible"} <= searched


def test_layers_that_have_a_fact_in_common_filter_together():
    shown = maps.show_map(scores(), bottlenecks(), good_examples())
    of = {layer.key: {field.name: field for field in layer.fields} for layer in shown.layers}
    for key in ("zones", "examples", "example_lines", "bottlenecks"):
        assert of[key]["zone"].facet
    zones = set(of["zones"]["zone"].values)
    assert set(of["bottlenecks"]["zone"].values) <= zones


def test_good_examples_are_signs_or_lines_and_name_what_is_right():
    found = layers(maps.show_map(scores(), bottlenecks(), good_examples()))
    signs, lines = found["examples"], found["example_lines"]
    assert sorted(facts(signs)["object"]) == ["G1", "G3"]
    assert facts(lines)["object"].tolist() == ["G2"]
    assert set(signs.shapes.geom_type) == {"Point"}
    assert facts(lines)["criteria"].iloc[0].startswith("Vrije doorgangsbreedte, ")
    assert names(lines) == ["Voetpadvak, Hoogstraat"]


def test_a_gap_is_drawn_as_it_is_over_its_ground_and_only_from_near():
    found = layers(maps.show_map(scores(), bottlenecks(), gaps=gaps()))
    layer = found["gaps"]
    assert layer.shapes.length.iloc[0] == pytest.approx(gaps().length.iloc[0])
    assert names(layer) == ["0,80 m, tussen vuilnisbak VB-12 en de rand van het voetpad"]
    assert {found[key].near for key in ("gaps", "gap_pavement", "gap_things")} == {20}
    assert layer.styles["hoog"].colour == found["bottlenecks"].styles["hoog"].colour


def test_ground_that_only_touches_is_left_out():
    touched = gaps().assign(
        pavement=[
            shapely.GeometryCollection([shapely.box(227_000, 186_000, 227_005, 186_005), shapely.LineString([(0, 0), (1, 1)])])
        ]
    )
    layer = layers(maps.show_map(scores(), bottlenecks(), gaps=touched))["gap_pavement"]
    assert layer.shapes.area.tolist() == [25.0]
    assert encoding.sort_of(layer) == "area"


def test_nothing_missing_is_written():
    shown = maps.show_map(scores(), bottlenecks(), good_examples(), gaps=gaps())
    text = " ".join(map(packed, shown.layers))
    assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", text.replace("null", ""))


def test_empty_results_make_a_map(tmp_path):
    shown = maps.show_map(scores(), bottlenecks().iloc[:0], good_examples().iloc[:0], gaps=gaps().iloc[:0])
    assert list(layers(shown)) == ["zones"]
    bare = maps.show_map(scores().iloc[:0], bottlenecks().iloc[:0])
    assert list(layers(bare)) == []
    assert maps.write_map(bare, tmp_path / "map.html", title="leeg") > 0


def test_an_object_without_geometry_is_in_the_table_only():
    table = bottlenecks()
    table.loc[0, "geometry"] = None
    table.loc[8, "geometry"] = shapely.Point()
    layer = layers(maps.show_map(scores(), table))["bottlenecks"]
    content, _ = encoding.encode_layer(layer)
    assert sum(content["geometry"]["parts"]) == 10
    assert len(facts(layer)) == 12


@pytest.mark.parametrize("spoil", ["none", "far"])
def test_tables_that_cannot_be_placed_are_refused(spoil):
    table = bottlenecks()
    if spoil == "none":
        table = table.set_crs(None, allow_override=True)
    else:
        far = gpd.points_from_xy(table.geometry.x * 1e9, table.geometry.y * 1e9, crs="EPSG:32631")
        table = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=far)
    with pytest.raises(CrsError, match="bottlenecks"):
        maps.show_map(scores(), table).render()


def test_an_unknown_language_is_refused():
    with pytest.raises(ConfigError, match="nl, en, fr, de"):
        maps.show_map(scores(), bottlenecks(), lang="xx")


def test_a_hundred_thousand_bottlenecks_are_drawn_column_by_column():
    """No work per row but what pandas does itself: the words of a code are made once for each code."""
    table = pd.concat([bottlenecks(1000)] * 100, ignore_index=True)
    table = gpd.GeoDataFrame(table.assign(bottleneck_id=[f"K-{i:06d}" for i in range(len(table))]), crs="EPSG:31370")
    layer = draw_bottlenecks(table, all_names(None), {})
    assert len(layer.shapes) == 100_000
    words = {field.name: len(field.words) for field in layer.fields}
    assert max(words.values()) < 20


# The ground -----------------------------------------------------------------------------------------------------------------


def frame(shapes, **columns):
    index = pd.Index([f"o{i}" for i in range(len(shapes))], dtype="object")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs="EPSG:31370")


def city(layers, context=None):
    zones = frame([shapely.box(0, 0, 1, 1)], name=["Z"], assumed=[False])
    return City("", zones.crs, layers, zones, zones, context=context or {})


def test_streets_of_one_name_are_one_line_and_keep_it():
    lines = [shapely.LineString([(0, 0), (5, 0)]), shapely.LineString([(5, 0), (9, 0)]), shapely.LineString([(0, 5), (9, 5)])]
    (layer,) = draw_ground(city({"street": frame(lines, name=["Kerkstraat", "Kerkstraat", "Markt"])}))
    assert (layer.key, layer.background) == ("ground_streets", True)
    assert names(layer) == ["Kerkstraat", "Markt"]
    assert layer.shapes.length.tolist() == [9.0, 9.0]


def test_pavements_are_drawn_as_their_outline_and_buildings_from_near():
    found = {
        layer.key: layer
        for layer in draw_ground(
            city(
                {"footway": frame([shapely.box(0, 0, 10, 2), shapely.LineString([(0, 9), (9, 9)])])},
                {"building": frame([shapely.box(0, 5, 9, 9), shapely.Point(1, 1)])},
            )
        )
    }
    assert found["ground_ways"].shapes.length.sum() == pytest.approx(24 + 9)
    assert len(found["ground_buildings"].shapes) == 1
    assert found["ground_buildings"].near == 16
    assert found["ground_ways"].near == 0  # there are no streets to find one's way by


def test_ways_on_foot_show_from_near_where_streets_are_known():
    line = shapely.LineString([(0, 0), (5, 0)])
    found = {
        layer.key: layer.near for layer in draw_ground(city({"street": frame([line], name=["A"]), "footway": frame([line])}))
    }
    assert found == {"ground_streets": 0, "ground_ways": 16}


def test_buildings_of_a_whole_city_are_left_out(monkeypatch):
    assert MOST > 100_000
    monkeypatch.setattr("toegankelijk.maps.ground.MOST", 9)
    few, many = (city({}, {"building": frame([shapely.box(i, 0, i + 0.5, 1) for i in range(count)])}) for count in (1, 2))
    assert [len(draw_ground(one)) for one in (few, many)] == [1, 0]


def test_a_city_without_any_lines_has_no_ground():
    assert draw_ground(city({"street": frame([], name=[])})) == []
    shapes, (keys,) = join_lines(np.array([], dtype=object), [np.array([], dtype=object)])
    assert len(shapes) == len(keys) == 0


# Words ----------------------------------------------------------------------------------------------------------------------


def test_dates_are_written_by_each_language_and_stay_in_order():
    field = day_field("seen", "first_seen", pd.Series(["2026-11-02", None, "2026-02-11", "2026-11-02"]))
    assert list(field.words) == ["2026-02-11", "2026-11-02"]
    assert field.words["2026-02-11"]["fr"] == "11 février 2026"


def test_a_text_of_each_language_is_kept_apart_by_its_code():
    texts = {lang: [f"{lang}1", "", f"{lang}2", f"{lang}1"] for lang in labels.LANGUAGES}
    field = told_field("x", {}, texts, pd.RangeIndex(4))
    assert [field.words.get(code, {}).get("de", "") for code in field.values] == ["de1", "", "de2", "de1"]


# The page -------------------------------------------------------------------------------------------------------------------


def test_the_same_tables_give_the_same_bytes_in_any_order(tmp_path):
    first = written(tmp_path)
    mixed = bottlenecks().sample(frac=1, random_state=1)
    again = written(tmp_path, scores().sample(frac=1, random_state=2), mixed, good_examples().sample(frac=1, random_state=3))
    assert first == written(tmp_path) == again


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_page_has_language_title_landmarks_and_policy(tmp_path, lang):
    page = written(tmp_path, lang=lang, title="Stad & <Land>")
    outline = Outline(page)
    assert page.startswith("<!DOCTYPE html>")
    assert outline.all("html")[0]["lang"] == lang
    assert [len(outline.all(tag)) for tag in ("main", "h1", "body", "head")] == [1, 1, 1, 1]
    assert page.count("<title>Stad &amp; &lt;Land&gt;</title>") == 1
    assert "user-scalable" not in page
    assert "maximum-scale" not in page
    policy = next(attrs["content"] for attrs in outline.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    running = [attrs for attrs in outline.all("script") if not attrs.get("type")]
    assert policy.count("'sha256-") == len(running)
    assert "script-src 'unsafe-inline'" not in policy


def test_page_loads_nothing(tmp_path):
    page = written(tmp_path)
    outline = Outline(page)
    assert not [attrs for attrs in outline.all("link") if attrs.get("href")]
    assert not [attrs for _, attrs in outline.elements if "src" in attrs or any(name.startswith("on") for name in attrs)]
    assert outside_sources(page) == []


def test_a_map_that_would_load_something_is_refused(tmp_path):
    foreign = folium.Map(location=[51, 5])
    with pytest.raises(ConfigError, match="draw_layers"):
        maps.write_map(foreign, tmp_path / "map.html", title="x")
    assert not (tmp_path / "map.html").exists()
    with pytest.raises(ConfigError, match="draw_layers"):
        folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(maps.show_map(scores(), bottlenecks()))


def test_hostile_text_runs_neither_here_nor_in_the_page(tmp_path):
    marker = tmp_path / "ran"
    texts = hostile.payloads(marker)
    assert len(texts) >= 20
    table = hostile.poison(bottlenecks(len(texts)), texts)
    examples = pd.concat([good_examples()] * 11, ignore_index=True)
    examples = hostile.poison(gpd.GeoDataFrame(examples, crs="EPSG:31370"), texts)
    zones = hostile.poison_scores(scores(), texts)
    said = " ".join(texts)
    page = written(tmp_path, zones, table, examples, title=said, attribution=said, intro=said)
    outline = Outline(page)
    plain = Outline(written(tmp_path))
    assert hostile.never_ran(marker)
    assert not [attrs for _, attrs in outline.elements if any(name.startswith("on") for name in attrs)]
    assert not {"img", "iframe", "textarea"} & {tag for tag, _ in outline.elements}
    assert len(outline.all("h1")) == 1
    more = len(outline.all("script")) - len(plain.all("script"))
    assert more == 0


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


def test_hostile_names_come_through_a_norm_as_data(tmp_path):
    theme = hostile.payloads(tmp_path / "ran")[0]
    layer = layers(maps.show_map(scores(), bottlenecks().assign(theme=theme)))["bottlenecks"]
    assert set(facts(layer)["theme"]) == {theme}
    assert theme not in texts_of(layer)
    assert theme not in maps.show_map(scores(), bottlenecks().assign(theme=theme)).render()


def test_numpy_and_pandas_values_are_written_as_text():
    table = bottlenecks().assign(cost_class=np.int8(3), target_year=pd.array([2028] * 11 + [None], dtype="Int64"))
    shown = facts(layers(maps.show_map(scores(), table))["bottlenecks"])
    assert sorted(shown["target_year"]) == [""] + ["2028"] * 11


def test_the_content_of_a_page_is_what_the_layers_say(tmp_path):
    page = written(tmp_path)
    blocks = re.findall(r'<script[^>]*id="(data[^"]*)"[^>]*>([^<]*)</script>', page)
    head = encoding.unpack(dict(blocks)["data"])
    assert [layer["key"] for layer in head["layers"]] == ["zones", "examples", "example_lines", "bottlenecks"]
    assert "K-0003" in json.dumps([encoding.unpack(text) for _, text in blocks])
