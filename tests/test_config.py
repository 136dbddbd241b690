"""The form of a city.toml, and that all its faults are named at once with their place."""

import datetime

import pytest

from toegankelijk.config import MAX_BYTES, load_config
from toegankelijk.errors import ConfigError

WHOLE = """
[city]
name = "Dorp"
crs = "EPSG:31370"
date = 2026-05-01

[zones]
source = "district.gpkg"
layer = "zones"
id = "zone_id"
name = "naam"

[areas]
source = "district.gpkg"
layer = "niveaugebieden"
id = "area_id"
zone = "zone_id"
level = "niveau"
approved = "goedgekeurd_op"

[districts.wijk]
source = "district.gpkg"
layer = "wijken"
id = "wijk_id"
name = "naam"

[[layers]]
kind = "footway"
source = "district.gpkg"
layer = "voetpaden"
id = "id"
where = { functie = ["voetpad", "plein"] }
drawn = "walkway"
accuracy = 0.1
date = 2025-01-01
[layers.columns]
route_width = "breedte"
unevenness = { column = "oneffen", unit = "mm" }
surface = { column = "verharding", codes = { asfalt = "asphalt", klinkers = "paving_stones" } }
smoothness = { column = "staat", codes = "staat" }
manager = { value = "municipality" }
long_slope = { value = false }
street = "straat"
name = "naam"

[[layers]]
kind = "crossing"
source = "crossings.geojson"
[layers.columns]
kerb_height = { column = "boordsteen", unit = "cm" }
maxspeed = { value = 30 }

[[layers]]
kind = "crossing_end"
source = "ends.geojson"
[layers.columns]
parent_id = "oversteek"

[[osm]]
source = "extract.osm.pbf"
kinds = ["rest_place", "anchor"]

[codes.staat]
goed = "good"

[planning]
KT = 2027
"""


@pytest.fixture
def load(tmp_path):
    def call(text):
        file = tmp_path / "city.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return load_config(file)

    return call


@pytest.fixture
def refused(load):
    """Problems of a text that must be refused."""

    def call(text):
        with pytest.raises(ConfigError) as caught:
            load(text)
        assert "city.toml" in caught.value.message
        assert len(caught.value.problems) == 0 or f"{len(caught.value.problems)} faults" in caught.value.message
        return caught.value.problems

    return call


def layer(columns="", kind="footway", more=""):
    return f'[[layers]]\nkind = "{kind}"\nsource = "a.gpkg"\n{more}\n[layers.columns]\n{columns}\n'


def test_a_whole_city(load):
    config = load(WHOLE)
    footway, crossing, end = config.layers
    assert (config.city.name, config.city.crs, config.city.date) == ("Dorp", "EPSG:31370", datetime.date(2026, 5, 1))
    assert (footway.drawn, footway.accuracy, footway.where) == ("walkway", 0.1, {"functie": ["voetpad", "plein"]})
    assert footway.date == datetime.date(2025, 1, 1)
    columns = footway.columns
    assert (columns["route_width"].column, columns["route_width"].unit) == ("breedte", None)
    assert (columns["unevenness"].column, columns["unevenness"].unit) == ("oneffen", "mm")
    assert columns["surface"].codes == {"asfalt": "asphalt", "klinkers": "paving_stones"}
    assert columns["smoothness"].codes == "staat"
    assert config.codes == {"staat": {"goed": "good"}}
    assert (columns["manager"].column, columns["manager"].value) == (None, "municipality")
    assert columns["long_slope"].value is False
    assert crossing.columns["maxspeed"].value == 30
    assert crossing.columns["kerb_height"].unit == "cm", "what holds for both ends of a crossing"
    assert end.columns["parent_id"].column == "oversteek"
    assert config.areas.approved == "goedgekeurd_op"
    assert config.districts["wijk"].id == "wijk_id"
    assert config.osm[0].kinds == ["rest_place", "anchor"]
    assert (config.planning.KT, config.planning.MLT, config.planning.LT) == (2027, 2031, 2037)


def test_little_is_needed(load):
    config = load(layer())
    assert (config.zones, config.draft, config.osm, config.layers[0].drawn) == (None, None, [], "pavement")
    assert config.layers[0].accuracy == 0.0
    assert load('[[osm]]\nsource = "x.osm.pbf"\n').osm[0].accuracy == 0.5


def test_a_byte_order_mark_is_no_fault(load):
    assert load(b"\xef\xbb\xbf" + WHOLE.encode()) == load(WHOLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[city]\nnam = 'Dorp'\n" + layer(), "city.nam: Extra inputs are not permitted (given: 'Dorp')"),
        (layer(more="layr = 'x'"), "layers[1].layr: Extra inputs are not permitted (given: 'x')"),
        (layer(more="drawn = 'axis'"), "layers[1] (footway): drawn = 'axis' says how crossings are drawn"),
        (layer(more="drawn = 'kerb'"), "layers[1].drawn: Input should be 'pavement', 'walkway' or 'axis' (given: 'kerb')"),
        (layer(more="accuracy = -1"), "layers[1].accuracy: Input should be greater than or equal to 0 (given: -1)"),
        (layer(more="date = 'spring'"), "layers[1].date: Input should be a valid date"),
        ("[[layers]]\nkind = 'footway'\n", "layers[1] (footway): give `source`"),
        (layer("route_width = 3"), "layers[1].columns.route_width: Input should be"),
        (layer("route_width = { colum = 'b' }"), "layers[1].columns.route_width.colum: Extra inputs are not permitted"),
        (layer() + layer(more="accuracy = 'good'"), "layers[2].accuracy: Input should be a valid number"),
        ("[draft]\nzones = 'squares'\n" + layer(), "draft.zones: Input should be 'auto', 'circles', 'grid' or 'network'"),
        ("[draft]\ncell = 0\n" + layer(), "draft.cell: Input should be greater than 0"),
        ("[draft]\nlevel = 'D'\n" + layer(), "draft.level: Input should be 'A', 'B' or 'C' (given: 'D')"),
        ("[scores]\ncoverage_floor = 2\n" + layer(), "scores.coverage_floor: Input should be less than or equal to 1"),
        ("[planning.budget]\nKTT = 1\n" + layer(), "planning.budget.KTT"),
        ("[planning.budget]\nKT = -1\n" + layer(), "planning.budget.KT"),
        ("[planning]\nKT = 'soon'\n" + layer(), "planning.KT: Input should be a valid integer"),
        ("layers = 3\n", "layers: Input should be a valid list"),
        ("[norms]\nname = 'x'\n" + layer(), "norms: Extra inputs are not permitted"),
    ],
)
def test_a_fault_of_form_is_named_with_its_place(refused, text, said):
    assert any(problem.startswith(said) for problem in refused(text)), refused(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no [[layers]], no [[registers]] and no [[osm]]: nothing to screen"),
        (layer(kind="pavement"), "layers[1] (pavement): kind must be one of street, footway,"),
        (layer("kerb_height = 'h'"), "layers[1] (footway).columns: 'kerb_height' is no attribute of footway; known are"),
        (layer("route_widht = 'b'"), "layers[1] (footway).columns: 'route_widht' is no attribute of footway"),
        (layer("geometry = 'g'"), "layers[1] (footway).columns: 'geometry' is no attribute"),
        (layer("route_width = { unit = 'cm' }"), "layers[1] (footway).columns.route_width: give `column` or `value`"),
        (layer("route_width = { column = 'b', value = 3 }"), "layers[1] (footway).columns.route_width: give `column` or `value`"),
        (layer("surface = { column = 'v', codes = 'tab' }"), "layers[1] (footway).columns.surface: no [codes.tab] in this file"),
        (layer("crossing_length = 'l'", kind="crossing_end"), "layers[1] (crossing_end).columns: 'crossing_length' is no"),
        ("[areas]\nsource = 'a'\nzone = 'z'\nlevel = 'n'\n" + layer(), "[areas] needs [zones]"),
        ("[zones]\nsource = 'a'\n" + layer(), "zones: give `level`"),
        ("[zones]\nsource = 'a'\nlevel = 'n'\n[draft]\n" + layer(), "[zones] and [draft]: give one of them"),
        ("[planning.minimum.wijk]\nnoord = 0.2\n" + layer(), "planning.minimum: 'wijk' is no division; known are zone"),
        ("[districts.zone]\nsource = 'a'\n" + layer(), "districts.zone: the name is that of the zones"),
        ("[[osm]]\nsource = 'x'\nkinds = ['benches', 'stop']\n", "osm[1]: kind 'benches' is not known"),
        (
            "[zones]\nsource = 'a'\nlevel = 'n'\n[zones.columns]\nroute_width = 'b'\n" + layer(),
            "zones.columns: 'route_width' is no",
        ),
    ],
)
def test_a_fault_of_meaning_is_named_with_its_place(refused, text, said):
    problems = refused(text)
    assert any(problem.startswith(said) for problem in problems), problems
    assert len(problems) == 1


def test_all_faults_are_named_at_once(refused):
    text = "".join(
        [
            "[areas]\nsource = 'a'\nzone = 'z'\nlevel = 'n'\n",
            layer(kind="pavement"),
            layer("route_widht = 'b'\nsurface = { column = 'v', codes = 'tab' }\nsmoothness = { unit = 'cm' }"),
            "[[osm]]\nsource = 'x'\nkinds = ['benches', 'seats']\n",
        ]
    )
    problems = refused(text)
    starts = ["[areas]", "layers[1]", "layers[2]", "layers[2]", "layers[2]", "osm[1]", "osm[1]"]
    assert len(problems) == len(starts)
    assert all(problem.startswith(start) for problem, start in zip(problems, starts, strict=True))


def test_faults_of_form_do_not_hide_those_of_meaning_in_other_layers(refused):
    text = "[city]\nnam = 'x'\n" + layer(more="accuracy = -1") + layer("route_widht = 'b'") + layer(kind="pavement")
    places = [problem.split(":")[0] for problem in refused(text)]
    assert places == ["city.nam", "layers[1].accuracy", "layers[2] (footway).columns", "layers[3] (pavement)"]


@pytest.mark.parametrize("raw", [b"[city", b"a = ", b"\xff\xfe", b"[city]\n[city]\n"])
def test_what_is_no_toml_is_refused(load, raw):
    with pytest.raises(ConfigError, match="not a TOML file"):
        load(raw)


def test_a_file_too_large_is_refused(load):
    with pytest.raises(ConfigError, match="larger than"):
        load(b"#" * (MAX_BYTES + 1))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "city.toml", tmp_path):
        with pytest.raises(ConfigError, match="no such file"):
            load_config(path)
