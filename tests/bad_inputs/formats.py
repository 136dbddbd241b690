"""Formats: damaged, cut off, renamed, contradicting themselves, in another alphabet."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from .make import District, alter, case, cut, feature, geojson, sample

NAMES = sample("voetpaden").assign(straat="Sint-Jansstraat – €")
"""Pavements in a street whose name needs more than ASCII."""


def text(city: District, content: str | bytes, *, file: str = "voetpaden.geojson") -> Path:
    """Deliver the footways as a file with this content."""
    path = city.folder / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    city.deliver("voetpaden", file)
    return path


def document() -> dict[str, object]:
    """The footways as a GeoJSON document."""
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::31370"}}
    return {"type": "FeatureCollection", "crs": system, "features": feature(sample("voetpaden"))}


# GeoPackage


@case("gpkg-cut-60")
def gpkg_cut(city: District) -> None:
    cut(city.feed("voetpaden"), 0.6)


@case("gpkg-empty-file")
def gpkg_empty(city: District) -> None:
    text(city, "", file="voetpaden.gpkg")


@case("gpkg-bit-rot")
def gpkg_bit_rot(city: District) -> None:
    path = city.feed("voetpaden")
    data = bytearray(path.read_bytes())
    page = data.find(b"Vijverstraat") // 4096
    data[page * 4096 : page * 4096 + 16] = bytes(range(200, 216))
    path.write_bytes(data)


@case("gpkg-count-too-low")
def gpkg_count_low(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE gpkg_ogr_contents SET feature_count = 3")


@case("gpkg-index-stale")
def gpkg_index(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "DELETE FROM rtree_voetpaden_geom WHERE id < 9")


@case("gpkg-write-ahead")
def gpkg_wal(city: District) -> None:
    path = city.feed("voetpaden")
    beside = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
    with closing(sqlite3.connect(path)) as editor:
        editor.execute("PRAGMA journal_mode = wal")
        editor.execute("PRAGMA wal_autocheckpoint = 0")
        for (name,) in editor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            editor.execute(f'DROP TRIGGER "{name}"')
        editor.execute("UPDATE voetpaden SET breedte = '1,20 m' WHERE id = 'VP-09'")
        editor.commit()
        kept = {part: part.read_bytes() for part in (path, *beside)}
    for part, data in kept.items():
        part.write_bytes(data)
    beside[1].unlink()


@case("gpkg-write-ahead-damaged")
def gpkg_wal_damaged(city: District) -> None:
    path = city.feed("voetpaden")
    with closing(sqlite3.connect(path)) as editor:
        editor.execute("PRAGMA journal_mode = wal")
    path.with_name(path.name + "-wal").write_bytes(b"\0" * 5000)


@case("gpkg-journal-left")
def gpkg_journal(city: District) -> None:
    path = city.feed("voetpaden")
    path.with_name(path.name + "-journal").write_bytes(b"\xd9\xd5\x05\xf9 \xa1c\xd7" + b"\0" * 600)


@case("gpkg-no-such-layer")
def gpkg_layer(city: District) -> None:
    city.settings("voetpaden")["layer"] = "voetpad"


@case("gpkg-layer-not-said")
def gpkg_layer_open(city: District) -> None:
    del city.settings("voetpaden")["layer"]


@case("gpkg-no-layers")
def gpkg_no_layers(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "DELETE FROM gpkg_contents", "DELETE FROM gpkg_geometry_columns", "DROP TABLE voetpaden")


@case("gpkg-no-geometry")
def gpkg_no_geometry(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE gpkg_contents SET data_type = 'attributes'", "DELETE FROM gpkg_geometry_columns")


@case("gpkg-view")
def gpkg_view(city: District) -> None:
    path = city.feed("voetpaden")
    alter(
        path,
        "ALTER TABLE voetpaden RENAME TO basis",
        "CREATE VIEW voetpaden AS SELECT * FROM basis",
    )


@case("gpkg-plain-database")
def gpkg_plain(city: District) -> None:
    path = city.folder / "voetpaden.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE voetpaden (id TEXT)")
        connection.commit()
    city.deliver("voetpaden", path.name)


@case("gpkg-broken-text")
def gpkg_text(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE voetpaden SET straat = CAST(x'4b6170c9656c' AS TEXT) WHERE id = 'VP-07'")


@case("gpkg-text-in-numbers")
def gpkg_affinity(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "UPDATE voetpaden SET smalste_cm = 'smal' WHERE id = 'VP-07'")


@case("gpkg-no-rows")
def gpkg_no_rows(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").iloc[:0], geometry_type="LineString")


@case("gpkg-version-2")
def gpkg_version(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "PRAGMA user_version = 20000")


# Shapefile


@case("shp-cut-60")
def shp_cut(city: District) -> None:
    cut(city.shapefile("voetpaden"), 0.6)


@case("shp-no-shx")
def shp_no_shx(city: District) -> None:
    city.shapefile("voetpaden").with_suffix(".shx").unlink()


@case("shp-dbf-cut")
def shp_dbf_cut(city: District) -> None:
    cut(city.shapefile("voetpaden").with_suffix(".dbf"), 0.7)


@case("shp-dbf-fewer-rows")
def shp_dbf_fewer(city: District) -> None:
    path = city.shapefile("voetpaden").with_suffix(".dbf")
    data = bytearray(path.read_bytes())
    data[4:8] = struct.pack("<I", 6)
    path.write_bytes(data)


@case("shp-deleted-row")
def shp_deleted(city: District) -> None:
    path = city.shapefile("voetpaden").with_suffix(".dbf")
    data = bytearray(path.read_bytes())
    start, width = struct.unpack("<HH", data[8:12])
    data[start + 6 * width] = ord("*")
    path.write_bytes(data)


@case("shp-cp1252-unsaid")
def shp_cp1252(city: District) -> None:
    path = city.shapefile("voetpaden", NAMES, encoding="cp1252")
    path.with_suffix(".cpg").unlink()


@case("shp-cp1252-said-utf8")
def shp_wrong_cpg(city: District) -> None:
    path = city.shapefile("voetpaden", NAMES, encoding="cp1252")
    path.with_suffix(".cpg").write_text("UTF-8")


@case("shp-utf8-said-cp1252")
def shp_utf8_as_cp1252(city: District) -> None:
    path = city.shapefile("voetpaden", NAMES, encoding="UTF-8")
    path.with_suffix(".cpg").write_text("1252")


@case("shp-parts-in-capitals")
def shp_capitals(city: District) -> None:
    path = city.shapefile("voetpaden")
    for part in list(city.folder.glob("voetpaden.*")):
        part.rename(part.with_name(part.stem + part.suffix.upper()))
    city.deliver("voetpaden", path.with_suffix(".SHP").name)


@case("shp-points-in-header")
def shp_header_type(city: District) -> None:
    path = city.shapefile("voetpaden")
    data = bytearray(path.read_bytes())
    data[32:36] = struct.pack("<i", 1)
    path.write_bytes(data)


@case("shp-the-dbf-given")
def shp_dbf_given(city: District) -> None:
    city.shapefile("voetpaden")
    city.settings("voetpaden")["source"] = "voetpaden.dbf"


# GeoParquet


@case("parquet-cut")
def parquet_cut(city: District) -> None:
    cut(city.feed("voetpaden", file="voetpaden.parquet"), 0.6)


@case("parquet-no-geo")
def parquet_plain(city: District) -> None:
    sample("voetpaden").drop(columns="geometry").to_parquet(city.folder / "voetpaden.parquet")
    city.deliver("voetpaden", "voetpaden.parquet")


@case("parquet-broken-geometry")
def parquet_wkb(city: District) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = city.feed("voetpaden", file="voetpaden.parquet")
    table = pq.read_table(path)
    shapes = table["geometry"].to_pylist()
    shapes[2] = shapes[2][:-9]
    pq.write_table(table.set_column(table.schema.get_field_index("geometry"), "geometry", pa.array(shapes, pa.binary())), path)


@case("parquet-double-column")
def parquet_double(city: District) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = city.feed("voetpaden", file="voetpaden.parquet")
    table = pq.read_table(path)
    twice = table.append_column("breedte", pa.array(["2,40 m"] * len(table)))
    pq.write_table(twice, path)


# FlatGeobuf


@case("fgb-cut")
def fgb_cut(city: District) -> None:
    cut(city.feed("voetpaden", file="voetpaden.fgb"), 0.6)


@case("fgb-header-only")
def fgb_header(city: District) -> None:
    path = city.feed("voetpaden", file="voetpaden.fgb")
    path.write_bytes(path.read_bytes()[:8])


# GeoJSON


@case("json-cut")
def json_cut(city: District) -> None:
    content = json.dumps(document())
    text(city, content[: len(content) // 2])


@case("json-no-features")
def json_no_features(city: District) -> None:
    text(city, json.dumps({**document(), "features": []}))


@case("json-utf16")
def json_utf16(city: District) -> None:
    text(city, json.dumps(document()).encode("utf-16"))


@case("json-nan")
def json_nan(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[6]["geometry"]["coordinates"][0][0] = float("nan")
    text(city, json.dumps({**document(), "features": features}))


@case("json-name-twice")
def json_twice(city: District) -> None:
    content = json.dumps(document()).replace('"breedte": "1,40 m"', '"breedte": "2,40 m", "breedte": "1,40 m"', 1)
    text(city, content)


@case("json-deep")
def json_deep(city: District) -> None:
    text(city, '{"type": "FeatureCollection", "features": ' + "[" * 100_000)


@case("json-wrong-extent")
def json_bbox(city: District) -> None:
    text(city, json.dumps({**document(), "bbox": [0, 0, 1, 1]}))


@case("json-feature-null")
def json_feature_null(city: District) -> None:
    features: list[object] = feature(sample("voetpaden"))
    text(city, json.dumps({**document(), "features": [*features, None]}))


@case("json-geometry-null")
def json_geometry_null(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[6]["geometry"] = None
    text(city, json.dumps({**document(), "features": features}))


@case("json-coordinates-short")
def json_short(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[6]["geometry"]["coordinates"][0] = [228450.0]
    text(city, json.dumps({**document(), "features": features}))


@case("json-id-beside")
def json_id_beside(city: District) -> None:
    features = feature(sample("voetpaden"))
    for one in features:
        one["id"] = one["properties"].pop("id")
    text(city, json.dumps({**document(), "features": features}))


@case("json-half-character")
def json_surrogate(city: District) -> None:
    content = json.dumps(document()).replace("Vijverstraat", "Vijver\\ud83d", 1)
    text(city, content)


@case("json-unknown-crs")
def json_unknown_crs(city: District) -> None:
    system = {"type": "name", "properties": {"name": "Lambert 72"}}
    text(city, json.dumps({**document(), "crs": system}))


# Names and files


@case("file-missing")
def file_missing(city: District) -> None:
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("file-folder")
def file_folder(city: District) -> None:
    (city.folder / "voetpaden.gpkg").mkdir()
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("file-circular-link")
def file_circular_link(city: District) -> None:
    (city.folder / "voetpaden.gpkg").symlink_to("voetpaden.gpkg")
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("file-link")
def file_link(city: District) -> None:
    city.feed("voetpaden", file="elders.gpkg")
    (city.folder / "voetpaden.gpkg").symlink_to("elders.gpkg")
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("file-device")
def file_device(city: District) -> None:
    (city.folder / "voetpaden.gpkg").symlink_to("/dev/zero")
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("file-gpkg-named-shp")
def named_shp(city: District) -> None:
    city.feed("voetpaden").rename(city.folder / "voetpaden.shp")
    city.deliver("voetpaden", "voetpaden.shp")


@case("file-json-named-gpkg")
def named_gpkg(city: District) -> None:
    text(city, json.dumps(document()), file="voetpaden.gpkg")


@case("file-gpkg-named-json")
def named_json(city: District) -> None:
    city.feed("voetpaden").rename(city.folder / "voetpaden.json")
    city.deliver("voetpaden", "voetpaden.json")


@case("file-type-unknown")
def type_unknown(city: District) -> None:
    text(city, "<kml/>", file="voetpaden.kml")


@case("file-odd-name")
def odd_name(city: District) -> None:
    path = city.feed("voetpaden").rename(city.folder / "voet;paden!#%20 'é'.gpkg")
    city.deliver("voetpaden", path.name, "voetpaden")


@case("file-layer-in-geojson")
def layer_in_geojson(city: District) -> None:
    geojson(city.folder / "paden.geojson", feature(sample("voetpaden")))
    city.deliver("voetpaden", "paden.geojson", "iets anders")


@case("file-layer-in-shapefile")
def layer_in_shapefile(city: District) -> None:
    city.shapefile("voetpaden")
    city.settings("voetpaden")["layer"] = "iets anders"
