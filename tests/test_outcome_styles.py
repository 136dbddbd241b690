"""What QGIS is told of the layers of a screening and of a plan."""

import sqlite3
from contextlib import closing
from xml.etree import ElementTree

import geopandas as gpd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import labels
from toegankelijk.io import outcome_styles
from toegankelijk.io.geopackage import write_layers
from toegankelijk.io.outcome_styles import LOOKS, outcome_finish
from toegankelijk.maps.zones import COLOURS

from .screenings import screen_once


@pytest.fixture(scope="module")
def screening():
    return screen_once(tg.sample_city("walking"))


@pytest.fixture(scope="module")
def planned(screening):
    return tg.plan_city(screening, budget={"KT": 50_000, "MLT": 100_000})


def styles(path):
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    return {name: ElementTree.fromstring(qml) for name, qml in rows}  # noqa: S314 - of our own making


def headings(path):
    with closing(sqlite3.connect(path)) as connection:
        return {
            (table, column): title
            for table, column, title in connection.execute("SELECT table_name, column_name, title FROM gpkg_data_columns")
        }


def categories(style):
    return {one.get("value"): one.get("label") for one in style.iter("category")}


def test_files_of_a_screening_and_a_plan_open_with_a_style(screening, planned, tmp_path):
    screening.write(tmp_path / "results")
    planned.write(tmp_path / "plan")
    tg.write_reach(screening.reach, tmp_path / "network")
    assert set(styles(tmp_path / "results" / "screening.gpkg")) >= {"zone_scores", "visits", "stop_verdicts", "area_scores"}
    assert set(styles(tmp_path / "plan" / "plan.gpkg")) == {"jobs", "bottlenecks", "scores"}
    assert set(styles(tmp_path / "network" / "network.gpkg")) == {"ways", "gates"}


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_layer_with_a_look_tells_its_cases_in_words(screening, planned, tmp_path, lang):
    layers = {"zone_scores": screening.scores, "jobs": planned.jobs, "bottlenecks": planned.screening.table}
    path = tmp_path / "a.gpkg"
    write_layers(path, layers, finish=outcome_finish(layers, lang))
    found = styles(path)
    assert set(found) == set(layers)
    assert categories(found["jobs"])["KT"] == labels.word("term", "KT", lang)
    assert set(categories(found["jobs"])) == {"KT", "MLT", "LT", ""}
    assert set(planned.jobs["term"]) <= set(categories(found["jobs"]))
    assert set(planned.screening.table["priority_band"]) <= set(categories(found["bottlenecks"]))
    assert headings(path)["jobs", "cost"] == labels.label("column.cost", lang)
    assert headings(path)["bottlenecks", "street"] == labels.label("street", lang)


def test_symbols_of_a_layer_differ_by_more_than_colour(planned, tmp_path):
    layers = {"bottlenecks": planned.screening.table}
    write_layers(tmp_path / "a.gpkg", layers, finish=outcome_finish(layers, "nl"))
    style = styles(tmp_path / "a.gpkg")["bottlenecks"]
    drawn = [
        tuple(option.get("value") for option in symbol.iter("Option") if option.get("name") in ("size", "name"))
        for symbol in style.iter("symbol")
    ]
    assert len(set(drawn)) == len(drawn) == 4


def test_difference_columns_have_the_heading_of_their_column(planned, tmp_path):
    layers = {"scores": planned.difference.scores}
    write_layers(tmp_path / "a.gpkg", layers, finish=outcome_finish(layers, "nl"))
    assert headings(tmp_path / "a.gpkg")["scores", "score_low_after"] == "Score, laagste (na)"


def test_a_layer_of_several_shapes_has_headings_and_no_style(tmp_path):
    shapes = [shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])]
    layers = {"bottlenecks": gpd.GeoDataFrame({"street": ["a", "b"]}, geometry=shapes, crs="EPSG:31370")}
    write_layers(tmp_path / "a.gpkg", layers, finish=outcome_finish(layers, "nl"))
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchall()
    assert headings(tmp_path / "a.gpkg")["bottlenecks", "street"] == "Straat"


def test_the_same_layers_give_the_same_bytes(screening, tmp_path):
    layers = {"zone_scores": screening.scores}
    for name in ("a.gpkg", "b.gpkg"):
        write_layers(tmp_path / name, layers, finish=outcome_finish(layers, "nl"))
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_ways_are_drawn_for_the_user_that_leads(screening, tmp_path):
    edges = screening.reach.edges(lang="nl")
    layers = {"ways": edges[edges["kind"] != "gate"][["rollator", "geometry"]]}
    write_layers(tmp_path / "a.gpkg", layers, finish=outcome_finish(layers, "nl", user="rollator"))
    renderer = styles(tmp_path / "a.gpkg")["ways"].find("renderer-v2")
    assert renderer.get("attr") == '"rollator"'
    assert set(layers["ways"]["rollator"]) <= set(categories(styles(tmp_path / "a.gpkg")["ways"]))


def test_every_layer_has_a_name():
    for name in LOOKS:
        for lang in labels.LANGUAGES:
            assert labels.word("layer_name", name, lang) != name


def test_zones_have_the_colours_of_the_map():
    fills = [tuple(int(part) for part in colour.split(",")) for colour in outcome_styles._FIFTHS]
    assert fills == [tuple(bytes.fromhex(colour[1:])) for colour in COLOURS]
