"""Records that web services answer in JSON: portals, De Lijn; and the maps of registers that come as such answers."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from toegankelijk import schema
from toegankelijk.city import read_city
from toegankelijk.errors import InputError
from toegankelijk.io.formats import list_source, read_rows, read_source
from toegankelijk.io.records import fits, to_column

FIELDS = {"gid": 7, "naam": "Kerk", "tags": ["a", "b"], "leeg": []}
POINT = {"type": "Point", "coordinates": [5.49, 50.96]}


@pytest.fixture
def answer(tmp_path):
    """Write a document and read it as a source."""

    def read(document, name="answer.json", **options):
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
        return read_source(path, **options)

    return read


FORMS = {
    "version 1": {
        "nhits": 1,
        "records": [{"recordid": "r", "fields": {**FIELDS, "geo_point_2d": [50.96, 5.49]}, "geometry": POINT}],
    },
    "version 2.0": {
        "total_count": 1,
        "records": [{"links": [], "record": {"id": "r", "fields": {**FIELDS, "geo_point_2d": {"lon": 5.49, "lat": 50.96}}}}],
    },
    "version 2.1": {
        "total_count": 1,
        "results": [{**FIELDS, "geo_shape": {"type": "Feature", "geometry": POINT, "properties": {}}}],
    },
    "export": [{**FIELDS, "geo_point_2d": {"lon": 5.49, "lat": 50.96}}],
    "export of version 1": [{"datasetid": "d", "recordid": "r", "fields": {**FIELDS, "geo_shape": POINT}}],
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_portal(answer, form):
    frame = answer(FORMS[form])
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.to_wkt().tolist() == ["POINT (5.49 50.96)"]
    assert frame["gid"].tolist() == [7]
    assert frame["naam"].tolist() == ["Kerk"]
    assert frame["tags"].tolist() == ["a|b"]
    assert frame["leeg"].isna().tolist() == [True]
    assert "partial" not in frame.attrs


def test_a_shape_goes_before_a_point(answer):
    square = {"type": "Polygon", "coordinates": [[[5, 50], [5.1, 50], [5.1, 50.1], [5, 50]]]}
    frame = answer([{"id": 1, "geo_point_2d": [50, 5], "geo_shape": square}, {"id": 2, "geo_point_2d": [50, 5]}, {"id": 3}])
    assert [None if shape is None else shape.geom_type for shape in frame.geometry] == ["Polygon", "Point", None]


def test_one_page_of_a_longer_list_says_so(answer):
    frame = answer({**FORMS["version 2.1"], "total_count": 973})
    assert frame.attrs == {"partial": (1, 973), "not_selected": 972}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        [1, 2],
        {"error": "no such data set"},
        {"records": "x"},
        {"type": "Feature"},
        {"results": [1]},
        "[",
        '{"a": NaN}',
        "",
    ],
)
def test_other_json_is_refused(answer, document):
    with pytest.raises(InputError, match=r"(this is JSON, but neither|is damaged)"):
        answer(document)


def test_geojson_is_read_as_before(answer):
    feature = {"type": "Feature", "geometry": POINT, "properties": {"gid": 7}}
    collection = {"type": "FeatureCollection", "features": [feature]}
    assert not fits(collection)
    assert answer(collection)["gid"].tolist() == [7]
    with pytest.raises(InputError):
        answer("x" * 10)


def test_another_coordinate_system_is_refused(answer):
    with pytest.raises(InputError, match="the file says EPSG:4326"):
        answer(FORMS["export"], crs="EPSG:31370")


def test_a_field_called_geometry_is_refused(answer):
    with pytest.raises(InputError, match="rename it"):
        answer([{"geometry": "x", "geo_point_2d": [50, 5]}])


@pytest.mark.parametrize(
    ("values", "dtype", "cells"),
    [
        ([1, 2], "int64", [1, 2]),
        ([1, None], "Int64", [1, None]),
        ([True, False], "bool", [True, False]),
        ([True, None], "boolean", [True, None]),
        ([1, 2.5, None], "float64", [1.0, 2.5, None]),
        ([1, "x"], "str", ["1", "x"]),
        ([1 << 70, None], "str", [str(1 << 70), None]),
        ([" a ", "", None, [], ["b", 1]], "str", ["a", None, None, None, "b|1"]),
        ([{"b": 1, "a": "é"}], "str", ['{"a": "é", "b": 1}']),
        ([None], "str", [None]),
    ],
)
def test_columns_have_one_type(values, dtype, cells):
    column = pd.Series(to_column(values))
    assert column.dtype == dtype
    assert [None if pd.isna(cell) else cell for cell in column] == cells


STOPS = [
    {
        **{"entiteitnummer": "4", "haltenummer": "403022", "omschrijving": "Hulsbergweg", "gemeentenummer": 1588},
        **{
            "geoCoordinaat": {"latitude": 51.004652, "longitude": 5.346613},
            "halteToegankelijkheden": [],
            "links": [{"rel": "x"}],
        },
    },
    {
        **{"entiteitnummer": "4", "haltenummer": "408581", "omschrijving": "Laan"},
        **{"geoCoordinaat": {"latitude": 50.868276, "longitude": 4.68115}},
        **{"halteToegankelijkheden": ["VISUELE_BEPERKING", "MOTORISCHE_BEPERKING"]},
    },
    {
        **{"entiteitnummer": "3", "haltenummer": "310251", "omschrijving": "Plein"},
        **{"geoCoordinaat": {"latitude": 0, "longitude": 0}, "halteToegankelijkheden": None},
    },
]


@pytest.mark.parametrize("document", [{"haltes": STOPS, "links": []}, STOPS], ids=["answer", "list"])
def test_stops_of_de_lijn(answer, document):
    frame = answer(document)
    assert frame["halte_id"].tolist() == ["4-403022", "4-408581", "3-310251"]
    classes = [None if pd.isna(cell) else cell for cell in frame["halteToegankelijkheden"]]
    assert classes == [None, "MOTORISCHE_BEPERKING|VISUELE_BEPERKING", None]
    assert [None if point is None else point.wkt for point in frame.geometry] == [
        "POINT (5.346613 51.004652)",
        "POINT (4.68115 50.868276)",
        None,
    ]
    assert "links" not in frame
    assert answer(STOPS[1])["halte_id"].tolist() == ["4-408581"]


def city(folder, register):
    (folder / "city.toml").write_text(f'[city]\ncrs = "EPSG:31370"\n\n[draft]\nzones = "grid"\n\n[[registers]]\n{register}\n')
    return read_city(folder / "city.toml")


def test_an_empty_list_of_de_lijn_is_unknown(tmp_path):
    (tmp_path / "haltes.json").write_text(json.dumps({"haltes": STOPS}), "utf-8")
    found = city(tmp_path, 'map = "de_lijn"\nsource = "haltes.json"')
    stops = found.layers["stop"]
    assert stops.index.tolist() == ["403022", "408581"]
    assert stops["delijn_class"].isna().tolist() == [True, False]
    assert set(stops["delijn_class"]["408581"].split("|")) >= {"MOTORISCHE_BEPERKING", "VISUELE_BEPERKING"}
    rows = found.remarks[found.remarks["object_id"] != ""]
    assert rows[["object_id", "reason"]].to_numpy().tolist() == [["310251", "no geometry that can be read"]]


PARKING = {
    "antwerpen_parking": ("antwerpen_disabled_parking_sample.geojson", 10, 0),
    "brussel_parking": ("brussel_disabled_parking_sample.json", 8, 2),
    "liege_parking": ("liege_disabled_parking_sample.json", 10, 0),
    "namur_parking": ("namur_disabled_parking_sample.json", 10, 0),
}


@pytest.mark.parametrize("name", PARKING)
def test_reserved_bays_of_belgian_cities(tmp_path, shared_data: Path, name):
    file, singles, groups = PARKING[name]
    shutil.copy(shared_data / "belgium" / file, tmp_path / file)
    found = city(tmp_path, f'map = "{name}"\nsource = "{file}"')
    assert len(found.layers["parking_bay"]) == singles
    assert len(found.layers.get("car_park", [])) == groups
    assert (found.remarks["object_id"] == "").all(), found.remarks.to_dict("records")
    pages = found.remarks.loc[found.remarks["attribute"] == "rows", "raw"]
    assert [page.startswith("10 of ") for page in pages] == [True] * len(pages)
    assert bool(len(pages)) == file.endswith(".json"), "a page of a longer list is told"


def test_what_belgian_cities_tell_of_a_bay(tmp_path, shared_data: Path):
    for name, (file, _, _) in PARKING.items():
        (tmp_path / name).mkdir()
        shutil.copy(shared_data / "belgium" / file, tmp_path / name / file)
    layers = {name: city(tmp_path / name, f'map = "{name}"\nsource = "{file}"').layers for name, (file, _, _) in PARKING.items()}
    antwerp = layers["antwerpen_parking"]["parking_bay"]
    assert antwerp["parallel_bay"].tolist().count(False) == 2
    assert schema.accuracy(antwerp).tolist() == [0.5] * 10
    assert antwerp.loc["GIS_J_4213"].geometry.area == pytest.approx(14.05, abs=0.1)
    assert layers["brussel_parking"]["car_park"]["reserved_count"].tolist() == [2, 2]
    assert layers["brussel_parking"]["parking_bay"]["parallel_bay"].all()
    liege = layers["liege_parking"]["parking_bay"]
    assert liege.loc["1847", "bay_length"] == 6
    assert liege["bay_length"].notna().sum() == 1
    assert liege.loc["1833", "street"] == "quai Saint-Paul de Sinçay"
    namur = layers["namur_parking"]["parking_bay"]
    assert namur.loc["14378", ["bay_width", "bay_length"]].tolist() == [2.31, 5.94]


def test_stations_tell_of_reserved_bays_only_where_there_are_some(tmp_path, shared_data: Path):
    for name in ("stations", "facilities"):
        shutil.copy(shared_data / "belgium" / f"nmbs_{name}.csv", tmp_path / f"{name}.csv")
    found = city(tmp_path, 'map = "nmbs"\nsource = "stations.csv"')
    parks = found.layers["car_park"].set_index("name")
    assert parks.loc["Genk", "reserved_count"] == 3
    assert "Brussel-Zuid/Bruxelles-Midi" not in parks.index, "0 is what the list says of a station of which it knows nothing"
    assert (parks["reserved_count"] > 0).all()


def test_the_walloon_standard(tmp_path):
    text = (
        "id,street_name,coordinates,available_places,length,width\n"
        '92094-1,Avenue Sart Paradis,"50.4712861231,4.8248565701",1,5.51,2.69\n'
        '92094-2,Rue,"50.4712,4.8248",3,16.5,2.69\n'
    )
    (tmp_path / "pmr.csv").write_text(text, "utf-8")
    found = city(tmp_path, 'map = "emplacements_pmr"\nsource = "pmr.csv"')
    bays = found.layers["parking_bay"]
    assert bays[["bay_length", "bay_width", "street"]].to_numpy().tolist() == [[5.51, 2.69, "Avenue Sart Paradis"]]
    assert found.layers["car_park"]["reserved_count"].tolist() == [3]


def test_a_file_that_is_not_there(tmp_path):
    for name in ("weg.json", "x" * 300 + ".json"):
        with pytest.raises(InputError):
            read_source(tmp_path / name)


def test_through_the_one_door(tmp_path):
    path = tmp_path / "haltes.json"
    path.write_text(json.dumps({"haltes": STOPS}), "utf-8")
    assert list_source(path) == ["haltes"]
    assert read_rows(path)["haltenummer"].tolist() == ["403022", "408581", "310251"]
