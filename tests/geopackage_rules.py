"""Rules of the GeoPackage standard that a file has to keep, as a validator asks them; each broken one is told."""

import math
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

TYPES = {
    *(
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "MEDIUMINT",
        "INT",
        "INTEGER",
        "FLOAT",
        "DOUBLE",
        "REAL",
        "TEXT",
        "BLOB",
        "DATE",
        "DATETIME",
    ),
    *("GEOMETRY", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"),
}
TRIGGERS = {"insert", "update1", "update2", "update3", "update4", "delete"}


def broken_rules(path: Path) -> list[str]:
    """What a validator would say of a file; nothing if it is sound."""
    with closing(sqlite3.connect(path)) as connection:
        return [rule for check in (_file, _contents, _geometry, _index, _columns, _extensions) for rule in check(connection)]


def _rows(connection: sqlite3.Connection, query: str, *values: object) -> list[tuple]:
    return connection.execute(query, values).fetchall()


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(_rows(connection, "SELECT 1 FROM sqlite_master WHERE name = ?", table))


def _file(connection: sqlite3.Connection) -> Iterator[str]:
    if _rows(connection, "PRAGMA application_id") != [(0x47504B47,)]:
        yield "application_id"
    if not 10200 <= _rows(connection, "PRAGMA user_version")[0][0] < 10500:
        yield "user_version"
    if _rows(connection, "PRAGMA integrity_check") != [("ok",)]:
        yield "integrity_check"
    if _rows(connection, "PRAGMA foreign_key_check"):
        yield "foreign_key_check"
    needed = {(-1, "NONE", -1), (0, "NONE", 0), (4326, "EPSG", 4326)}
    there = set(_rows(connection, "SELECT srs_id, upper(organization), organization_coordsys_id FROM gpkg_spatial_ref_sys"))
    if not needed <= there:
        yield "the three coordinate systems that every file has"


def _contents(connection: sqlite3.Connection) -> Iterator[str]:
    for table, kind, changed, srs_id in _rows(connection, "SELECT table_name, data_type, last_change, srs_id FROM gpkg_contents"):
        if not _has(connection, table):
            yield f"{table}: in gpkg_contents, but not there"
            continue
        if kind not in ("features", "attributes"):
            yield f"{table}: data_type {kind}"
        if len(changed) != 24 or changed[10] != "T" or not changed.endswith("Z"):
            yield f"{table}: last_change {changed}"
        if srs_id is not None and not _rows(connection, "SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = ?", srs_id):
            yield f"{table}: srs_id {srs_id}"
        info = _rows(connection, f'PRAGMA table_info("{table}")')
        keys = [row for row in info if row[5]]
        if len(keys) != 1 or keys[0][2].upper() != "INTEGER":
            yield f"{table}: no integer primary key"
        if odd := [row[1:3] for row in info if row[2].upper().partition("(")[0] not in TYPES]:
            yield f"{table}: types {odd}"
        if _rows(connection, f'SELECT 1 FROM "{table}" WHERE "{keys[0][1]}" IS NULL'):  # noqa: S608
            yield f"{table}: rows without key"
    known = {row[0] for row in _rows(connection, "SELECT table_name FROM gpkg_contents")}
    system = ("gpkg_", "sqlite_", "rtree_")
    for (table,) in _rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table not in known and not table.startswith(system):
            yield f"{table}: not in gpkg_contents"


def _geometry(connection: sqlite3.Connection) -> Iterator[str]:
    features = {row[0] for row in _rows(connection, "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")}
    columns = _rows(connection, "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns")
    if {row[0] for row in columns} != features:
        yield "gpkg_geometry_columns has other layers than gpkg_contents"
    for table, column, kind, srs_id, z, m in columns:
        contents = _rows(connection, "SELECT srs_id, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?", table)[
            0
        ]
        if contents[0] != srs_id:
            yield f"{table}: two coordinate systems"
        boxes = []
        for (blob,) in _rows(connection, f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):  # noqa: S608
            magic, version, flags, own = struct.unpack_from("<2sBBi", blob)
            size = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[flags >> 1 & 7]
            if (magic, version, own) != (b"GP", 0, srs_id) or flags >> 6:
                yield f"{table}: header of a geometry {blob[:8]!r}"
            order = "<" if blob[8 + size] else ">"
            code = struct.unpack_from(f"{order}I", blob, 9 + size)[0]
            if kind == "POINT" and (code != 1 or z or m):
                yield f"{table}: type {code}"
            if kind == "POINT":
                boxes.append(struct.unpack_from(f"{order}dd", blob, 13 + size))
        if boxes and kind == "POINT":
            (west, south), (east, north) = (tuple(map(bound, *boxes)) if len(boxes) > 1 else boxes[0] for bound in (min, max))
            if not all(math.isclose(one, other) for one, other in zip(contents[1:], (west, south, east, north), strict=True)):
                yield f"{table}: extent"


def _index(connection: sqlite3.Connection) -> Iterator[str]:
    said = _rows(
        connection, "SELECT table_name, column_name, scope FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
    )
    for table, column, scope in said:
        index = f"rtree_{table}_{column}"
        if scope != "write-only" or not _has(connection, index):
            yield f"{table}: spatial index"
            continue
        names = {
            row[0] for row in _rows(connection, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", table)
        }
        if lacking := {name for name in TRIGGERS if f"{index}_{name}" not in names} - {"update1", "update3"}:
            yield f"{table}: triggers {sorted(lacking)}"
        if _rows(connection, f"SELECT rtreecheck('{index}')") != [("ok",)]:
            yield f"{table}: rtreecheck"
        (key,) = (row[1] for row in _rows(connection, f'PRAGMA table_info("{table}")') if row[5])
        placed = {row[0] for row in _rows(connection, f'SELECT "{key}" FROM "{table}" WHERE "{column}" IS NOT NULL')}  # noqa: S608
        if {row[0] for row in _rows(connection, f'SELECT id FROM "{index}"')} != placed:  # noqa: S608
            yield f"{table}: spatial index has other rows"


def _columns(connection: sqlite3.Connection) -> Iterator[str]:
    if not _has(connection, "gpkg_data_columns"):
        return
    lists = {row[0] for row in _rows(connection, "SELECT constraint_name FROM gpkg_data_column_constraints")}
    for table, column, constraint in _rows(connection, "SELECT table_name, column_name, constraint_name FROM gpkg_data_columns"):
        if column not in {row[1] for row in _rows(connection, f'PRAGMA table_info("{table}")')}:
            yield f"gpkg_data_columns: {table}.{column} is not there"
        if constraint is not None and constraint not in lists:
            yield f"gpkg_data_columns: {table}.{column}: no list {constraint}"
    wrong = "constraint_type <> 'enum' OR value IS NULL OR min IS NOT NULL"
    for (name,) in _rows(connection, f"SELECT constraint_name FROM gpkg_data_column_constraints WHERE {wrong}"):  # noqa: S608
        yield f"gpkg_data_column_constraints: {name}"


def _extensions(connection: sqlite3.Connection) -> Iterator[str]:
    for table, column, name, page, scope in _rows(connection, "SELECT * FROM gpkg_extensions"):
        if table is not None and not _has(connection, table):
            yield f"gpkg_extensions: {table} is not there"
        if column is not None and column not in {row[1] for row in _rows(connection, f'PRAGMA table_info("{table}")')}:
            yield f"gpkg_extensions: {table}.{column} is not there"
        if not name.startswith("gpkg_") or not page.startswith("http") or scope not in ("read-write", "write-only"):
            yield f"gpkg_extensions: {name}"
