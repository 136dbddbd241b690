import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import struct
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from toegankelijk.errors import InputError
from toegankelijk.io.repair import repair_geometry
from toegankelijk.io.vector import list_layers, read_layer, sha256

URN = "urn:ogc:def:crs:EPSG::31370"


@pytest.fixture
def benches():
    """Twelve points at Genk with every type of column, some with gaps."""
    count = 12
    return gpd.GeoDataFrame(
        {
            "id": [f"B-{row:03}" for row in range(count)],
            "whole": range(count),
            "gaps": pd.array([None, *range(1, count)], dtype="Int64"),
            "armrest": pd.array([True, None, False] * 4, dtype="boolean"),
            "height": [0.45, np.nan, 0.5] * 4,
            "street": ["Straße – €", None, "Dorp"] * 4,
            "seen": [dt.date(2026, 5, 1), None, dt.date(2026, 5, 2)] * 4,
        },
        geometry=gpd.points_from_xy(228350 + np.arange(count), np.full(count, 182350.5)),
        crs=31370,
    )


@pytest.fixture
def package(tmp_path, benches):
    path = tmp_path / "in" / "city.gpkg"
    path.parent.mkdir()
    pyogrio.write_dataframe(benches, path, layer="banken", driver="GPKG", use_arrow=True)
    return path


def alter(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
        connection.commit()


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def feature(x=5.5, y=50.95, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def geojson(path, *features, **members):
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": list(features)}), "utf-8")
    return path


# Reading


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geoparquet", ".fgb", ".geojson", ".json"])
def test_every_format_gives_the_same_layer(tmp_path, benches, suffix):
    path = tmp_path / f"banken{suffix}"
    if "parquet" in suffix:
        benches.to_parquet(path)
    else:
        driver = {".gpkg": "GPKG", ".fgb": "FlatGeobuf"}.get(suffix, "GeoJSON")
        pyogrio.write_dataframe(benches, path, driver=driver, use_arrow=True)
    assert list_layers(path) == ["banken"]
    frame = read_layer(path).sort_values("id", ignore_index=True)  # FlatGeobuf sorts by place
    assert frame.crs == CRS.from_epsg(31370)
    assert frame.geometry.name == "geometry"
    assert frame.geometry.tolist() == benches.geometry.tolist()
    if suffix == ".fgb":  # it knows no dates, only moments
        frame["seen"] = frame["seen"].dt.date
    for column in benches.columns.drop("geometry"):
        expected = [None if pd.isna(value) else value for value in benches[column]]
        assert [None if pd.isna(value) else value for value in frame[column]] == expected, column
    assert frame.dtypes.astype(str).loc[["whole", "armrest", "height", "street"]].str.lower().tolist() in (
        [["int64", "boolean", "float64", "str"], ["int32", "boolean", "float64", "str"]]
    )
    assert pd.api.types.is_integer_dtype(frame["gaps"])
    assert isinstance(frame["seen"][0], dt.date)


def test_a_shapefile_keeps_whole_numbers_with_gaps(tmp_path, benches):
    benches[["id", "whole", "gaps", "street", "geometry"]].to_file(tmp_path / "banken.shp", encoding="UTF-8")
    frame = read_layer(tmp_path / "banken.shp")
    assert frame["gaps"].dtype == "Int64"
    assert frame["gaps"].isna().tolist() == benches["gaps"].isna().tolist()
    assert frame["street"][0] == "Straße – €"
    assert frame.crs == CRS.from_epsg(31370)


@pytest.mark.parametrize("encoding", ["UTF-8", "cp1252", "cp850"])
@pytest.mark.parametrize("keep_cpg", [True, False])
def test_text_of_a_shapefile(tmp_path, benches, encoding, keep_cpg):
    text = "Straße é" if encoding == "cp850" else "Straße – €"
    benches.assign(street=text)[["id", "street", "geometry"]].to_file(tmp_path / "banken.shp", encoding=encoding)
    if not keep_cpg:
        (tmp_path / "banken.cpg").unlink()
    found = read_layer(tmp_path / "banken.shp")["street"].unique().tolist()
    # Without its .cpg nobody can tell cp850 from cp1252: the usual one is taken.
    assert found == [text.encode("cp850").decode("cp1252") if encoding == "cp850" and not keep_cpg else text]


def test_index_is_a_running_number_and_a_named_index_is_kept(tmp_path, benches):
    benches.set_index("id").to_parquet(tmp_path / "banken.parquet")
    frame = read_layer(tmp_path / "banken.parquet")
    assert frame.index.equals(pd.RangeIndex(12))
    assert frame["id"].tolist() == benches["id"].tolist()


def test_fid_is_no_identity(package):
    alter(package, 'DELETE FROM "banken" WHERE fid < 4')
    frame = read_layer(package)
    assert frame.index.tolist() == list(range(9))
    assert "fid" not in frame


def test_which_layer(tmp_path, package, benches):
    assert len(read_layer(package)) == 12
    pyogrio.write_dataframe(benches.iloc[:2], package, layer='o\'b "x"', driver="GPKG", append=True)
    assert list_layers(package) == ["banken", 'o\'b "x"']
    assert len(read_layer(package, layer='o\'b "x"')) == 2
    with pytest.raises(InputError, match=r"rest_place \(city.gpkg\): say which layer.*'banken'"):
        read_layer(package, where="rest_place")
    with pytest.raises(InputError, match=r"no layer 'Banken'.*'banken'"):
        read_layer(package, layer="Banken")
    benches.to_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="'b'"):
        read_layer(tmp_path / "b.parquet", layer="c")


def test_tables_without_geometry_are_no_layers(package):
    alter(
        package,
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles')",
    )
    assert list_layers(package) == ["banken"]


def test_an_undefined_system_is_none(package):
    alter(package, "UPDATE gpkg_geometry_columns SET srs_id = -1", "UPDATE gpkg_contents SET srs_id = -1")
    assert read_layer(package).crs is None


def test_curves_become_lines(package, benches):
    package.unlink()
    pyogrio.write_dataframe(benches, package, layer="banken", driver="GPKG", geometry_type="Unknown", use_arrow=True)
    ring = [(0, 0), (1, 1), (2, 0), (1, -1), (0, 0)]
    curve = struct.pack("<BIIBII", 1, 10, 1, 1, 8, len(ring)) + b"".join(struct.pack("<dd", *point) for point in ring)
    blob = b"GP\x00\x01" + struct.pack("<i", 31370) + curve
    alter(package, ('UPDATE "banken" SET geom = ?', (blob,)))
    alter(package, "UPDATE gpkg_ogr_contents SET feature_count = 3")
    frame = read_layer(package)
    assert len(frame) == 12
    assert frame.geometry.area.tolist() == pytest.approx([np.pi] * 12, rel=0.01)
    assert frame["gaps"].dtype == "Int64"
    assert frame["armrest"].dtype == "boolean"
    assert frame["seen"][0] == dt.date(2026, 5, 1)
    assert frame.crs == CRS.from_epsg(31370)


def test_a_ring_that_is_not_closed_is_a_missing_geometry(package):
    ring = struct.pack("<BIII", 1, 3, 1, 4) + b"".join(struct.pack("<dd", *point) for point in [(0, 0), (1, 0), (1, 1), (0, 1)])
    blob = b"GP\x00\x01" + struct.pack("<i", 31370) + ring
    alter(package, ('UPDATE "banken" SET geom = ? WHERE fid = 3', (blob,)))
    frame = read_layer(package)
    assert frame.geometry.isna().tolist() == [row == 2 for row in range(12)]


# What a file says of itself


@pytest.mark.parametrize("count", [3, 0, 12, 300])
def test_the_count_in_a_geopackage_is_not_believed(package, count):
    alter(package, ("UPDATE gpkg_ogr_contents SET feature_count = ?", (count,)))
    assert read_layer(package)["id"].tolist() == [f"B-{row:03}" for row in range(12)]


def test_a_stale_spatial_index_changes_nothing(package):
    alter(package, 'DELETE FROM "rtree_banken_geom" WHERE id > 5')
    assert len(read_layer(package)) == 12


def test_damaged_pages_refuse_the_whole_layer(tmp_path, benches):
    path = tmp_path / "city.gpkg"
    many = pd.concat([benches] * 200, ignore_index=True)
    pyogrio.write_dataframe(many, path, layer="banken", driver="GPKG", use_arrow=True)
    data = bytearray(path.read_bytes())
    middle = data.find(b"B-006", len(data) // 3) // 4096 * 4096
    data[middle : middle + 64] = os.urandom(64)
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        read_layer(path)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".fgb", ".geojson"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused(tmp_path, benches, suffix, share):
    path = tmp_path / f"banken{suffix}"
    if suffix == ".parquet":
        benches.to_parquet(path)
    else:
        pyogrio.write_dataframe(benches, path, driver={".gpkg": "GPKG", ".fgb": "FlatGeobuf"}.get(suffix, "GeoJSON"))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=path.name):
        read_layer(path)


@pytest.mark.parametrize("part", [".dbf", ".shx", ".shp"])
def test_parts_of_a_shapefile_must_agree(tmp_path, benches, part):
    folder = tmp_path / "in"
    folder.mkdir()
    benches[["id", "geometry"]].to_file(folder / "banken.shp")
    benches[["id", "geometry"]].iloc[:5].to_file(tmp_path / "banken.shp")
    whole = (folder / f"banken{part}").read_bytes()
    for wrong in [(tmp_path / f"banken{part}").read_bytes(), whole[: int(len(whole) * 0.6)], b""]:
        (folder / f"banken{part}").write_bytes(wrong)
        with pytest.raises(InputError, match=r"banken.shp: "):
            read_layer(folder / "banken.shp")
    (folder / f"banken{part}").unlink()
    with pytest.raises(InputError, match=r"missing|does not exist"):
        read_layer(folder / "banken.shp")


def test_deleted_rows_of_a_shapefile_are_not_missing_ones(tmp_path, benches):
    benches[["id", "geometry"]].to_file(tmp_path / "banken.shp")
    data = bytearray((tmp_path / "banken.dbf").read_bytes())
    start, width = struct.unpack("<HH", data[8:12])
    data[start + 3 * width] = ord("*")
    (tmp_path / "banken.dbf").write_bytes(data)
    assert "B-003" not in set(read_layer(tmp_path / "banken.shp")["id"])


# Files that are something else


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".parquet", ".fgb", ".geojson", ".json"])
@pytest.mark.parametrize(
    "content",
    [
        b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:9/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
        b"id,x,y\n1,2,3\n",
        b"",
        b"\x00" * 200,
        b"SQLite format 3\0" + b"\x00" * 200,
    ],
)
def test_a_name_that_lies_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"banken{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="banken"):
        read_layer(path)


def test_a_sqlite_file_without_layers_is_refused(package):
    alter(package, "DELETE FROM gpkg_contents")
    with pytest.raises(InputError, match="none"):
        read_layer(package)
    alter(package, "DROP TABLE gpkg_contents")
    with pytest.raises(InputError, match="gpkg_contents"):
        list_layers(package)


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://127.0.0.1:9/city.gpkg",
        "/vsizip/city.zip/city.gpkg",
        "http://127.0.0.1:9/city.gpkg",
        "https://127.0.0.1:9/city.geojson",
        "zip://city.zip!city.gpkg",
        "PG:dbname=city.gpkg",
        "missing.gpkg",
        "",
        ".",
    ],
)
def test_only_plain_files_are_read(path):
    with pytest.raises(InputError):
        read_layer(path)


def test_other_formats_are_refused_with_the_list(tmp_path):
    (tmp_path / "city.vrt").write_text("<OGRVRTDataSource/>")
    with pytest.raises(InputError, match=r"'.vrt'.*.gpkg"):
        read_layer(tmp_path / "city.vrt")


@pytest.mark.parametrize(
    "name", ["a!b.gpkg", "a;b.gpkg", "a?b.gpkg", "zip!c.zip.gpkg", "a b'c\"#%20.gpkg", "ünï.GPKG", "#x.gpkg"]
)
def test_odd_names_are_names(tmp_path, package, name):
    shutil.copy(package, tmp_path / name)
    assert len(read_layer(tmp_path / name)) == 12


def test_a_virtual_table_is_no_layer(package):
    alter(package, "UPDATE gpkg_contents SET table_name = 'rtree_banken_geom'", "DELETE FROM gpkg_ogr_contents")
    with pytest.raises(InputError):
        read_layer(package)


# GeoJSON


def test_geojson_is_in_degrees_unless_it_says_otherwise(tmp_path):
    assert read_layer(geojson(tmp_path / "a.geojson", feature(id="x"))).crs == CRS.from_epsg(4326)
    named = geojson(tmp_path / "b.json", feature(228350, 182350), crs={"type": "name", "properties": {"name": URN}})
    assert read_layer(named).crs == CRS.from_epsg(31370)


def test_geojson_may_start_with_a_mark_and_be_empty(tmp_path):
    path = geojson(tmp_path / "a.geojson", feature(street="Straße €"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_layer(path)["street"].tolist() == ["Straße €"]
    assert len(read_layer(geojson(tmp_path / "b.geojson"))) == 0


@pytest.mark.parametrize(
    "system",
    [
        {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}},
        {"type": "name", "properties": {"name": "http://127.0.0.1:9/crs"}},
        {"type": "name", "properties": {"name": "/vsicurl/http://127.0.0.1:9/crs"}},
        {"type": "url", "properties": {"url": "http://127.0.0.1:9/crs"}},
        {"type": "name", "properties": None},
        {"type": "name"},
    ],
)
@pytest.mark.parametrize("place", ["file", "geometry", "feature"])
def test_a_linked_coordinate_system_is_refused(tmp_path, system, place):
    row = feature(id="x")
    if place == "geometry":
        row["geometry"]["crs"] = system
    elif place == "feature":
        row["crs"] = system
    path = geojson(tmp_path / "a.geojson", row, **({"crs": system} if place == "file" else {}))
    with pytest.raises(InputError, match=r"a\.geojson.*link"):
        read_layer(path)


def test_a_coordinate_system_given_twice_is_read_as_checked(tmp_path):
    good = f'"crs": {{"type": "name", "properties": {{"name": "{URN}"}}}}'
    bad = '"crs": {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}'
    path = tmp_path / "a.geojson"
    text = '{{"type": "FeatureCollection", {}, {}, "features": [{}]}}'
    path.write_text(text.format(good, bad, json.dumps(feature())))
    with pytest.raises(InputError, match="link"):
        read_layer(path)
    path.write_text(text.format(bad, good, json.dumps(feature())))
    assert read_layer(path).crs == CRS.from_epsg(31370)


@pytest.mark.parametrize(
    "text", ["[]", "1", '{"type": "Topology", "objects": {}}', '{"features": []}', "[" * 100_000, '{"type": "Feature']
)
def test_other_json_is_refused(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        read_layer(tmp_path / "a.json")


# Nothing is written


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_nothing_is_written_beside_a_geopackage(package, mode):
    with closing(sqlite3.connect(package)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    before = contents(package.parent)
    package.chmod(0o444)
    package.parent.chmod(0o555)
    try:
        assert len(read_layer(package)) == 12
        assert list_layers(package) == ["banken"]
        sha256(package)
    finally:
        package.parent.chmod(0o755)
    assert contents(package.parent) == before


@pytest.mark.parametrize("suffix", [".shp", ".geojson", ".fgb", ".parquet"])
def test_nothing_is_written_beside_other_files(tmp_path, benches, suffix):
    path = tmp_path / f"banken{suffix}"
    frame = benches[["id", "geometry"]]
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    before = contents(tmp_path)
    read_layer(path)
    assert contents(tmp_path) == before


def test_edits_that_are_not_yet_merged_are_read(package):
    with closing(sqlite3.connect(package)) as editor:
        editor.execute("PRAGMA journal_mode = wal")
        for (name,) in editor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            editor.execute(f'DROP TRIGGER "{name}"')
        editor.execute("UPDATE banken SET street = 'Markt'")
        editor.commit()
        before = contents(package.parent)
        assert package.with_name("city.gpkg-wal").stat().st_size
        assert read_layer(package)["street"].unique().tolist() == ["Markt"]
        assert contents(package.parent) == before


# Fingerprints


def test_fingerprints(tmp_path, package, benches):
    assert sha256(package) == hashlib.sha256(package.read_bytes()).hexdigest()
    benches[["id", "geometry"]].to_file(tmp_path / "banken.shp")
    first = sha256(tmp_path / "banken.shp")
    (tmp_path / "banken.qix").write_bytes(b"index")
    assert sha256(tmp_path / "banken.shp") == first
    data = bytearray((tmp_path / "banken.dbf").read_bytes())
    data[-2] ^= 1
    (tmp_path / "banken.dbf").write_bytes(data)
    assert sha256(tmp_path / "banken.shp") != first
    with pytest.raises(InputError, match="no such file"):
        sha256(tmp_path / "none.gpkg")


# Geometry


def repaired(*texts):
    frame = gpd.GeoDataFrame(
        {"row": range(len(texts))}, geometry=[None if text is None else shapely.from_wkt(text) for text in texts], crs=31370
    )
    return repair_geometry(frame, layer="bays", ids=[f"P-{row}" for row in range(len(texts))])


@pytest.mark.parametrize(
    ("text", "area", "reason"),
    [
        ("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))", 2.0, "repaired: self-intersection"),
        ("POLYGON ((0 0, 2 0, 2 2, 4 2, 2 2, 0 2, 0 0))", 4.0, "repaired: ring self-intersection"),
        ("MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 0, 3 0, 3 2, 1 2, 1 0)))", 6.0, "repaired: self-intersection"),
        ("GEOMETRYCOLLECTION (POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0)), LINESTRING (0 0, 9 9), POINT (7 7))", 4.0, "repaired: only"),
        (
            "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)))), POINT (7 7))",
            4.0,
            "repaired: only",
        ),
    ],
)
def test_repairs_are_remarked(text, area, reason):
    frame, notes = repaired("POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))", text)
    assert frame["row"].tolist() == [0, 1]
    assert frame.geometry.is_valid.all()
    assert frame.geometry.area.tolist() == pytest.approx([1.0, area])
    assert notes[["layer", "object_id", "attribute"]].to_numpy().tolist() == [["bays", "P-1", "geometry"]]
    assert notes["reason"][0].startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no geometry that can be read"),
        ("POLYGON EMPTY", "no geometry that can be read"),
        ("GEOMETRYCOLLECTION EMPTY", "no geometry that can be read"),
        ("GEOMETRYCOLLECTION (POLYGON EMPTY, POINT EMPTY)", "no geometry that can be read"),
        ("LINESTRING (1 1, 1 1)", "nothing is left"),
        ("POLYGON ((0 0, 1 1, 2 2, 0 0))", "nothing is left"),
        ("POINT (inf 1)", "not finite"),
        ("LINESTRING (0 0, inf 1, 2 2)", "not finite"),
    ],
)
def test_what_cannot_be_used_is_set_aside(text, reason):
    frame, notes = repaired(text, "POINT Z (1 2 3)")
    assert frame["row"].tolist() == [1]
    assert frame.geometry.to_wkt().tolist() == ["POINT (1 2)"]
    assert notes[["object_id", "attribute"]].to_numpy().tolist() == [["P-0", ""]]
    assert reason in notes["reason"][0]


def test_a_hidden_gap_in_a_line_is_found():
    line = shapely.LineString([(0, 0), (1, 1), (2, 2)])
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkb(shapely.to_wkb(line).replace(struct.pack("<d", 1.0), struct.pack("<d", np.nan)))
    kept, notes = repair_geometry(gpd.GeoDataFrame(geometry=[line, broken]), layer="paths", ids=["a", "b"])
    assert kept.geometry.tolist() == [line]
    assert notes[["object_id", "reason"]].to_numpy().tolist() == [["b", "coordinates are not finite"]]


def test_a_sound_layer_has_no_remarks():
    frame, notes = repaired("POINT (1 2)", "LINESTRING (0 0, 1 1)")
    assert len(frame) == 2
    assert notes.empty
    assert frame.crs == CRS.from_epsg(31370)


coordinate = st.integers(-3, 3)
rings = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8).map(shapely.Polygon)


@given(st.lists(st.one_of(st.none(), rings), max_size=6))
def test_every_row_is_usable_or_remarked(polygons):
    frame = gpd.GeoDataFrame({"row": range(len(polygons))}, geometry=polygons, crs=31370)
    kept, notes = repair_geometry(frame, layer="bays", ids=frame.index)
    aside = notes.loc[notes["attribute"] == "", "object_id"].astype(int)
    assert sorted([*kept["row"], *aside]) == list(range(len(polygons)))
    assert kept.geometry.is_valid.all()
    assert (kept.geometry.area > 0).all()
    sound = [row for row, polygon in enumerate(polygons) if polygon is not None and polygon.is_valid]
    assert kept.geometry[sound].tolist() == [polygons[row] for row in sound]


def test_real_layers_lose_no_row(shared_data):
    path = shared_data / "otterlo-bgt" / "otterlo_bgt_current.gpkg"
    for layer in list_layers(path):
        frame = read_layer(path, layer=layer)
        kept, notes = repair_geometry(frame, layer=layer, ids=frame.index)
        assert len(kept) + (notes["attribute"] == "").sum() == len(frame) == pyogrio.read_info(path, layer=layer)["features"]
