"""Tables of a GeoPackage 1.3, made and registered by SQL within a transaction that the caller holds."""

from __future__ import annotations

import datetime
import math
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import pyproj
from pyproj.exceptions import CRSError

from toegankelijk.crs import registered
from toegankelijk.io.geopackage_rows import columns_of, insert_rows, quoted

APPLICATION_ID = 0x47504B47
"""``GPKG``, by which a GeoPackage is known."""

VERSION = 10300

COLUMN_TYPES: Mapping[str, str] = {
    **{"str": "TEXT", "int32": "MEDIUMINT", "int64": "INTEGER", "float": "REAL", "bool": "BOOLEAN"},
    **{"date": "DATE", "datetime": "DATETIME", "binary": "BLOB"},
}
"""Type of a column as SQL declares it, by the type of the ledger."""

_CORE = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL, description TEXT)
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE,
  max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
"""

_INDEX = """
CREATE VIRTUAL TABLE {index} USING rtree(id, minx, maxx, miny, maxy)
CREATE TRIGGER {insert} AFTER INSERT ON {table} WHEN (new.{geom} NOT NULL AND NOT ST_IsEmpty(NEW.{geom}))
  BEGIN INSERT OR REPLACE INTO {index} VALUES (NEW.{fid}, {box}); END
CREATE TRIGGER {update1} AFTER UPDATE OF {geom} ON {table}
  WHEN OLD.{fid} = NEW.{fid} AND (NEW.{geom} NOTNULL AND NOT ST_IsEmpty(NEW.{geom}))
  BEGIN INSERT OR REPLACE INTO {index} VALUES (NEW.{fid}, {box}); END
CREATE TRIGGER {update2} AFTER UPDATE OF {geom} ON {table}
  WHEN OLD.{fid} = NEW.{fid} AND (NEW.{geom} ISNULL OR ST_IsEmpty(NEW.{geom}))
  BEGIN DELETE FROM {index} WHERE id = OLD.{fid}; END
CREATE TRIGGER {update3} AFTER UPDATE ON {table}
  WHEN OLD.{fid} != NEW.{fid} AND (NEW.{geom} NOTNULL AND NOT ST_IsEmpty(NEW.{geom}))
  BEGIN DELETE FROM {index} WHERE id = OLD.{fid}; INSERT OR REPLACE INTO {index} VALUES (NEW.{fid}, {box}); END
CREATE TRIGGER {update4} AFTER UPDATE ON {table}
  WHEN OLD.{fid} != NEW.{fid} AND (NEW.{geom} ISNULL OR ST_IsEmpty(NEW.{geom}))
  BEGIN DELETE FROM {index} WHERE id IN (OLD.{fid}, NEW.{fid}); END
CREATE TRIGGER {delete} AFTER DELETE ON {table} WHEN old.{geom} NOT NULL
  BEGIN DELETE FROM {index} WHERE id = OLD.{fid}; END
"""


def make_file(connection: sqlite3.Connection) -> None:
    """Make an empty database a GeoPackage without layers."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in _statements(_CORE):
        connection.execute(statement)
    wgs84 = pyproj.CRS("EPSG:4326").to_wkt("WKT1_GDAL")
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
            ("WGS 84 geodetic", 4326, "EPSG", 4326, wgs84, "longitude/latitude coordinates in decimal degrees on WGS 84"),
        ],
    )


def make_table(
    connection: sqlite3.Connection,
    table: str,
    columns: Mapping[str, str],
    *,
    title: str,
    about: str = "",
    crs: Any = None,
    points: bool = False,
) -> None:
    """Make an empty table with row numbers in ``fid`` and, for a layer of points, ``geom``; and register it.

    Parameters
    ----------
    columns
        Column to a type of the ledger (`toegankelijk.ledger.fields.Field`), or a type of SQL in capitals.
    title
        Name that people see; the table's own where that one is taken in this file.
    about
        What is in it.
    crs
        Coordinate system of the points.
    """
    defined = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", *(["geom POINT"] if points else [])]
    defined += [f"{quoted(name)} {declared(kind)}" for name, kind in columns.items()]
    connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join(defined)})")
    srs_id = _add_crs(connection, crs) if points else 0
    taken = connection.execute("SELECT count(*) FROM gpkg_contents WHERE identifier = ?", (title,)).fetchone()[0]
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (table, "features" if points else "attributes", table if taken else title, about, now(), srs_id),
    )
    if points:
        connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POINT', ?, 0, 0)", (table, srs_id))


def declared(kind: str) -> str:
    """How SQL declares a type of the ledger."""
    name, _, width = kind.partition(":")
    return kind if name not in COLUMN_TYPES else COLUMN_TYPES[name] + (f"({width})" if width else "")


def index_points(connection: sqlite3.Connection, table: str, boxes: Iterable[tuple[int, float, float]]) -> None:
    """Give a layer of points its spatial index, filled with what stands in the layer: row numbers and places."""
    stem = f"rtree_{table}_geom"
    triggers = ("insert", "update1", "update2", "update3", "update4", "delete")
    names = {name: quoted(f"{stem}_{name}") for name in triggers}
    box = ", ".join(f'ST_{bound}(NEW."geom")' for bound in ("MinX", "MaxX", "MinY", "MaxY"))
    create, *others = _statements(_INDEX)
    filled = {"index": quoted(stem), "table": quoted(table), "geom": '"geom"', "fid": '"fid"', "box": box, **names}
    connection.execute(create.format_map(filled))
    connection.executemany(
        f"INSERT INTO {quoted(stem)} VALUES (?, ?, ?, ?, ?)",  # noqa: S608  (quoted)
        ((fid, x, x, y, y) for fid, x, y in boxes),
    )
    for statement in others:
        connection.execute(statement.format_map(filled))
    add_extension(
        connection, table, "geom", "gpkg_rtree_index", "http://www.geopackage.org/spec120/#extension_rtree", "write-only"
    )


def add_extension(
    connection: sqlite3.Connection, table: str | None, column: str | None, name: str, definition: str, scope: str
) -> None:
    """Say that the file uses an extension of the standard, once."""
    if not columns_of(connection, "gpkg_extensions"):
        connection.execute(next(one for one in _statements(_CORE) if "gpkg_extensions" in one))
    known = connection.execute(
        "SELECT count(*) FROM gpkg_extensions WHERE table_name IS ? AND column_name IS ? AND extension_name = ?",
        (table, column, name),
    ).fetchone()[0]
    if not known:
        connection.execute("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", (table, column, name, definition, scope))


def note_change(connection: sqlite3.Connection, table: str, extent: tuple[float, float, float, float] | None = None) -> None:
    """Write when a table was changed, how far it reaches, and how many rows it has where the file tells."""
    connection.execute("UPDATE gpkg_contents SET last_change = ? WHERE table_name = ?", (now(), table))
    if extent is not None and all(map(math.isfinite, extent)):
        connection.execute(
            "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*extent, table)
        )
    if columns_of(connection, "gpkg_ogr_contents"):
        # GDAL believes this count; triggers keep it, but whoever wrote without them left a wrong one
        connection.execute(
            f"UPDATE gpkg_ogr_contents SET feature_count = (SELECT count(*) FROM {quoted(table)}) WHERE table_name = ?",  # noqa: S608
            (table,),
        )


def read_crs(connection: sqlite3.Connection, table: str) -> pyproj.CRS | None:
    """Coordinate system of a layer; none where the file says none that is known."""
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_geometry_columns JOIN gpkg_spatial_ref_sys "
        "USING (srs_id) WHERE lower(table_name) = lower(?)",
        (table,),
    ).fetchone()
    texts = [] if row is None else [row[2]] if str(row[0]).upper() == "NONE" else [f"{row[0]}:{row[1]}", row[2]]
    for text in texts:
        try:
            return registered(pyproj.CRS(text))
        except CRSError:
            continue
    return None


def now() -> str:
    """The moment as GeoPackage writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _add_crs(connection: sqlite3.Connection, crs: Any) -> int:
    """Number of a coordinate system in the file, with a row for it; -1 for none."""
    if crs is None:
        return -1
    crs = pyproj.CRS.from_user_input(crs)
    wkt = crs.to_wkt("WKT1_GDAL")
    authority = crs.to_authority(min_confidence=100)
    organization, code = authority if authority is not None and authority[1].isdigit() else ("NONE", "")
    if not code:
        known = connection.execute("SELECT srs_id FROM gpkg_spatial_ref_sys WHERE definition = ?", (wkt,)).fetchone()
    else:
        known = connection.execute(
            "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE upper(organization) = ? AND organization_coordsys_id = ?",
            (organization.upper(), int(code)),
        ).fetchone()
    if known:
        return int(known[0])
    free = connection.execute("SELECT max(100000, coalesce(max(srs_id), 0) + 1) FROM gpkg_spatial_ref_sys").fetchone()[0]
    taken = not code or connection.execute("SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (int(code),)).fetchone()
    srs_id = int(free if taken else code)
    row = {"srs_name": crs.name, "srs_id": srs_id, "organization": organization, "definition": wkt, "description": ""}
    row["organization_coordsys_id"] = int(code) if code else srs_id
    if "definition_12_063" in columns_of(connection, "gpkg_spatial_ref_sys"):  # a file with the extension for WKT 2
        row["definition_12_063"] = crs.to_wkt("WKT2_2015")
    insert_rows(connection, "gpkg_spatial_ref_sys", {name: [value] for name, value in row.items()})
    return srs_id


def _statements(script: str) -> list[str]:
    """Statements of a script, each beginning with CREATE on a line of its own."""
    return [f"CREATE{part.rstrip()}" for part in f"\n{script.strip()}".split("\nCREATE")[1:]]
