"""Every store of the monitoring table keeps the same laws: here a GeoPackage; PostGIS has its own file."""

import sqlite3
from contextlib import closing

import pytest

from toegankelijk.io.geopackage_rows import add_functions
from toegankelijk.io.monitoring_geopackage import GeoPackageStore

from .store_laws import LAWS

TYPES = {"text": "TEXT", "integer": "INTEGER", "real": "REAL", "boolean": "BOOLEAN", "date": "DATE"}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Staff:
    """Staff with QGIS on the same file."""

    def __init__(self, path):
        self.path = path

    def run(self, statement, *values):
        with closing(sqlite3.connect(self.path)) as connection:
            add_functions(connection)  # the file's own triggers call them
            rows = connection.execute(statement, values).fetchall()
            connection.commit()
        return rows

    def set(self, row, column, value):
        self.run(f"UPDATE monitoring SET {quoted(column)} = ? WHERE fid = ?", value, int(row))  # noqa: S608  (quoted)

    def copy(self, row, **values):
        names = [name for _, name, *_ in self.run("PRAGMA table_info(monitoring)") if name not in {"fid", *values}]
        listed = ", ".join(map(quoted, [*names, *values]))
        taken = ", ".join([*map(quoted, names), *("?" for _ in values)])
        statement = f"INSERT INTO monitoring ({listed}) SELECT {taken} FROM monitoring WHERE fid = ?"  # noqa: S608  (quoted)
        self.run(statement, *values.values(), int(row))

    def delete(self, row):
        self.run("DELETE FROM monitoring WHERE fid = ?", int(row))

    def add_column(self, name, kind):
        self.run(f"ALTER TABLE monitoring ADD COLUMN {quoted(name)} {TYPES[kind]}")

    def drop_column(self, name):
        self.run(f"ALTER TABLE monitoring DROP COLUMN {quoted(name)}")

    def trace(self):
        return self.path.read_bytes()

    def trace_of(self, row):
        return self.run("SELECT * FROM monitoring WHERE fid = ?", int(row))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "monitoring.gpkg"


@pytest.mark.parametrize("law", LAWS)
def test_a_geopackage_keeps_the_laws_of_every_store(path, law):
    LAWS[law](GeoPackageStore(path), Staff(path))
