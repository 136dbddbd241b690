"""Maps of registers: that they are sound themselves, and that deliveries are read by them."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from toegankelijk import schema
from toegankelijk.city import read_city
from toegankelijk.columns import map_columns
from toegankelijk.config import Column, Register
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.registers import bundled_maps, expand, load_map

MAPS = bundled_maps()
WORDS = {
    "grb",
    "wegenregister",
    "wegenregister_dienst",
    "wegenregister_2026",
    "de_lijn",
    "bgt",
    "opensidewalks",
    "amsterdam_network",
    "gtfs",
    "nmbs",
    "antwerpen_parking",
    "brussel_parking",
    "liege_parking",
    "namur_parking",
    "emplacements_pmr",
}


def register(name="x.gpkg", **more):
    return Register.model_validate({"map": "m", "source": name, **more})


def expanded(name):
    """All layers of a bundled map, as for a delivery that has them all."""
    mapped = load_map(name)
    return expand(register(), mapped, list(dict.fromkeys(layer.layer for layer in mapped.layers)))[0]


def test_all_maps_are_there():
    assert set(MAPS) == WORDS


@pytest.mark.parametrize("name", MAPS)
def test_a_map_tells_where_its_facts_come_from(name):
    mapped = load_map(name)
    assert len(mapped.about) > 100
    assert mapped.attribution
    assert mapped.format
    assert mapped.layers
    kinds = {*schema.kinds(), *schema.context_kinds()}
    assert {layer.kind for layer in mapped.layers} <= kinds


@pytest.mark.parametrize("name", MAPS)
def test_every_code_of_a_map_stands_for_something_that_can_be(name):
    """Each code is given as a value of its column: it must be understood, and mean a class, truth or number of the attribute."""
    for layer in expanded(name):
        for attribute, column in layer.columns.items():
            if not column.codes:
                continue
            columns = list(column.columns)
            values = [code.replace("*", "7") for code in column.codes]
            rows = [[*value.split("|"), "7"][: len(columns)] if len(columns) > 1 else [value] for value in values]
            raw = pd.DataFrame(rows, columns=columns, dtype="object")
            mapped, remarks = map_columns(raw, {attribute: column}, layer="map", codes={})
            assert remarks.empty, (layer.kind, attribute, remarks.to_dict("records"))
            meant = [meaning != "" for meaning in column.codes.values()]
            known = [name for name in (attribute, f"{attribute}_low", f"{attribute}_high") if name in mapped]
            assert mapped[known].notna().any(axis=1).tolist() == meant, (layer.kind, attribute)


@pytest.mark.parametrize("name", MAPS)
def test_no_code_table_of_a_map_is_idle(name):
    mapped = load_map(name)
    used = {column.codes for layer in mapped.layers for column in layer.columns.values() if isinstance(column.codes, str)}
    assert used == set(mapped.codes)


def roads(**columns):
    given = {"WS_OIDN": [1, 2, 3], "STATUS": [4, 4, 4], "MORF": [103, 102, 113], "TGBEP": [1, 1, 1]}
    given |= {"BEHEER": ["71016", "AWV718", "PARTIC"], "LSTRNM": ["Kerkstraat", "Steenweg", None]} | columns
    shapes = [shapely.LineString([(228000, 182000 + 50 * i), (228100, 182000 + 50 * i)]) for i in range(len(given["WS_OIDN"]))]
    return gpd.GeoDataFrame(given, geometry=shapes, crs="EPSG:31370")


def city(tmp_path, frame, text, name="wr.gpkg", layer="Wegsegment"):
    frame.to_file(tmp_path / name, layer=layer)
    path = tmp_path / "city.toml"
    path.write_text(text)
    return read_city(path)


TOML = '[draft]\nzones = "grid"\n\n[[registers]]\nmap = "wegenregister"\nsource = "wr.gpkg"\n'


def test_a_delivery_of_the_road_register(tmp_path):
    found = city(tmp_path, roads(), TOML)
    streets = found.layers["street"]
    assert streets.index.tolist() == ["1", "2", "3"]
    assert streets["manager"].tolist() == ["municipality", "awv", "private"]
    assert streets["street"].tolist() == ["Kerkstraat", "Steenweg", ""]
    assert streets["pedestrians_allowed"].astype("object").tolist() == [True, pd.NA, True]
    assert streets["footway_sides"].fillna("").tolist() == ["", "", "pedestrian"]
    assert found.settings["attribution"] == "Bron: Wegenregister, Digitaal Vlaanderen"
    assert found.remarks.empty


def test_roads_that_are_not_in_use_private_or_for_cars_only_are_counted_and_left_out(tmp_path):
    frame = roads(
        WS_OIDN=[1, 2, 3, 4], STATUS=[4, 5, 4, 4], MORF=[103, 103, 101, 103], TGBEP=[1, 1, 1, 4], BEHEER="AWV1", LSTRNM="x"
    )
    found = city(tmp_path, frame, TOML)
    assert found.layers["street"].index.tolist() == ["1"]
    assert found.sources["not_selected"].tolist() == [3]


def test_a_column_that_a_delivery_lacks_is_left_out_with_a_remark(tmp_path):
    found = city(tmp_path, roads().drop(columns="BEHEER"), TOML)
    assert "manager" not in found.layers["street"]
    assert found.remarks[["attribute", "raw"]].to_numpy().tolist() == [["manager", "BEHEER"]]


def test_a_layer_by_another_name_in_any_case_or_the_only_one():
    for name in ("wegsegment", "Wegenregister:Wegsegment", "ws_2024"):
        mapped = load_map("wegenregister")
        layers, notes = expand(register(), mapped, [name])
        assert [layer.layer for layer in layers] == [name]
        assert not notes
    layers, notes = expand(register(layers={"WGO": "lijnen", "WBN": "vlakken"}), load_map("grb"), ["lijnen", "vlakken", "gbg"])
    assert {(layer.kind, layer.layer) for layer in layers} == {
        ("road_area", "vlakken"),
        ("kerb_line", "lijnen"),
        ("building", "gbg"),
    }
    assert len(notes) == 2
    assert any("'ADP'" in note and "parcel" in note for note in notes)


def test_a_delivery_without_any_layer_of_the_map_is_refused():
    with pytest.raises(InputError, match=r"none of the layers.*'a', 'b'.*layers ="):
        expand(register(), load_map("grb"), ["a", "b"])
    with pytest.raises(InputError, match="none of the layers"):
        expand(register(kinds=["parcel"]), load_map("grb"), ["WBN"])


def test_choices_that_the_map_does_not_have_are_refused_together():
    with pytest.raises(ConfigError) as error:
        expand(register(kinds=["stop"], layers={"WVB": "x"}), load_map("grb"), ["WBN"])
    assert len(error.value.problems) == 2


def test_what_city_toml_says_of_a_delivery_counts_before_the_map():
    given = register(kinds=["road_area"], accuracy=0.1, date="2026-01-02", crs="EPSG:31370", complete=False)
    (layer,), _ = expand(given, load_map("grb"), ["WBN"])
    assert (layer.accuracy, str(layer.date), layer.crs, layer.complete) == (0.1, "2026-01-02", "EPSG:31370", False)
    assert layer.source == Path("x.gpkg")
    assert layer.optional
    (layer,), _ = expand(register(kinds=["road_area"]), load_map("grb"), ["WBN"])
    assert layer.accuracy == 0.3


def test_a_city_s_own_copy_of_a_map(tmp_path):
    text = Path(str(load_map.__globals__["files"]("toegankelijk").joinpath("data/registers/wegenregister.toml"))).read_text(
        "utf-8"
    )
    (tmp_path / "own.toml").write_text(text.replace('"WS_OIDN"', '"nummer"').replace('PARTIC = "private"', 'PARTIC = "other"'))
    frame = roads().rename(columns={"WS_OIDN": "nummer"})
    found = city(tmp_path, frame, TOML.replace('"wegenregister"', '"own.toml"'))
    assert found.layers["street"]["manager"].tolist() == ["municipality", "awv", "other"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = 3", "name"),
        ("name = 'x'\nabout = 'y'\nlayers = []\nextra = 1", "extra"),
        ("name = 'x'\nabout = 'y'\n[[layers]]\nkind = 'roof'", "kind must be one of"),
        ("name = 'x'\nabout = 'y'\n[[layers]]\nkind = 'stop'\nsource = 'a.gpkg'", "names no source"),
        (
            "name = 'x'\nabout = 'y'\n[[layers]]\nkind = 'stop'\n[layers.columns]\nbench = { column = 'b', codes = 'jn' }",
            "no [codes.jn]",
        ),
        ("name = ", "not a TOML file"),
    ],
)
def test_faults_of_a_map_are_told(tmp_path, text, problem):
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_map("map.toml", folder=tmp_path)
    assert problem in str(error.value)


def test_a_map_that_is_not_there_names_those_that_are(tmp_path):
    with pytest.raises(ConfigError, match="grb"):
        load_map("wegenregster", folder=tmp_path)
    (tmp_path / "big.toml").write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load_map("big.toml", folder=tmp_path)


def test_codes_that_end_in_a_star_stand_for_all_that_begin_so():
    codes = {"AWV*": "awv", "AWV9*": "other", "AWV99": "private", "7*": "municipality"}
    raw = pd.DataFrame({"b": ["awv114", "AWV912", "AWV99", 71016, 71016.0, "X1", None]}, dtype="object")
    mapped, remarks = map_columns(raw, {"manager": Column(column="b", codes=codes)}, layer="x", codes={})
    expected = ["awv", "other", "private", "municipality", "municipality", "", ""]
    assert mapped["manager"].fillna("").tolist() == expected
    assert remarks["raw"].tolist() == ["X1"]


@pytest.mark.parametrize(
    ("given", "classes"),
    [
        ("MOTORISCH_MET_ASSIST", "MOTORISCH_MET_ASSIST"),
        ("MOTORISCHE_BEPERKING", "MOTORISCH_MET_ASSIST|MOTORISCHE_BEPERKING"),
        ("VISUELE_BEPERKING;MOTORISCHE_BEPERKING", "MOTORISCH_MET_ASSIST|MOTORISCHE_BEPERKING|VISUELE_BEPERKING"),
        ('["MOTORISCHE_BEPERKING", "VISUELE_BEPERKING"]', "MOTORISCH_MET_ASSIST|MOTORISCHE_BEPERKING|VISUELE_BEPERKING"),
        ("[]", ""),
        (None, ""),
    ],
)
def test_classes_of_de_lijn_and_the_empty_list_that_says_nothing(given, classes):
    (layer,) = expanded("de_lijn")
    raw = pd.DataFrame({"halteToegankelijkheden": [given]}, dtype="object")
    columns = {"delijn_class": layer.columns["delijn_class"]}
    mapped, remarks = map_columns(raw, columns, layer="x", codes={})
    assert mapped["delijn_class"].fillna("").tolist() == [classes]
    assert remarks.empty


@pytest.mark.slow
def test_the_network_of_amsterdam_is_read_by_its_map(shared_data, tmp_path):
    source = shared_data / "amsterdam-osdorp" / "amsterdam_osdorp.gpkg"
    path = tmp_path / "city.toml"
    path.write_text(f'[draft]\nzones = "grid"\n[[registers]]\nmap = "amsterdam_network"\nsource = "{source}"\n')
    found = read_city(path)
    sizes = found.sources.groupby("kind")["read"].sum().to_dict()
    assert sizes == {
        "footway": 7969,
        "kerb": 3064,
        "stop": 30,
        "carriageway": 43,
        "cycle_path": 19,
        "car_park": 26,
    }
    low, high = schema.bounds(found.layers["footway"], "route_width")
    assert set(zip(low, high, strict=True)) >= {(1.5, float("inf")), (float("-inf"), 0.6), (float("-inf"), float("inf"))}
    assert ((low == 1.5) & (high == float("inf"))).sum() > 1000
    assert not (found.remarks["attribute"] == "route_width").any()
    kerbs = found.layers["kerb"]
    assert pd.Series(schema.bounds(kerbs, "level_difference")[0]).value_counts().to_dict() == {
        6.0: 2739,
        4.0: 176,
        float("-inf"): 149,
    }
