# ruff: noqa: S608  (SQL of our own making)
"""Human edits: what people, and the programs that they use, do to the folder of an earlier screening."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from .make import District, alter, case

TABLE = "monitoring.gpkg"
FIRST = "WHERE fid = (SELECT min(fid) FROM monitoring)"
NO_KEY = "DROP INDEX IF EXISTS monitoring_bottleneck_id"
NOTE = "ALTER TABLE monitoring ADD COLUMN nota TEXT"


def edited(*statements: str) -> Callable[[District], None]:
    """A spoiler that runs SQL on the monitoring table."""

    def spoil(city: District) -> None:
        city.edit = lambda out: alter(out / TABLE, *statements)

    return spoil


def replaced(content: bytes) -> Callable[[District], None]:
    """A spoiler that puts something else in the place of the monitoring table."""

    def spoil(city: District) -> None:
        city.edit = lambda out: (out / TABLE).write_bytes(content)

    return spoil


case("edit-status")(edited(f"UPDATE monitoring SET status = 'in uitvoering' {FIRST}"))
case("edit-formula")(edited(NOTE, f"UPDATE monitoring SET nota = '=cmd|''/c calc''!A0' {FIRST}"))
case("edit-template")(
    edited(
        "ALTER TABLE monitoring ADD COLUMN '{{ 7*7 }} <b>' TEXT",
        f"UPDATE monitoring SET \"{{{{ 7*7 }}}} <b>\" = '{{% set x = 1 %}}' {FIRST}",
    )
)
case("edit-rows-removed")(edited("DELETE FROM monitoring WHERE fid <= 3 + (SELECT min(fid) FROM monitoring)"))
case("edit-all-rows-removed")(edited("DELETE FROM monitoring"))
case("edit-row-added")(edited("INSERT INTO monitoring (bottleneck_id, description) VALUES ('EIGEN-1', 'losse tegel')"))
case("edit-row-without-id")(edited(NO_KEY, "INSERT INTO monitoring (description) VALUES ('losse tegel')"))
case("edit-row-double")(
    edited(NO_KEY, f"INSERT INTO monitoring (bottleneck_id, status) SELECT bottleneck_id, 'dubbel' FROM monitoring {FIRST}")
)
case("edit-id-changed")(edited(f"UPDATE monitoring SET bottleneck_id = 'X-1', status = 'klaar' {FIRST}"))
case("edit-text-in-number")(edited(f"UPDATE monitoring SET priority = 'hoog' {FIRST}"))
case("edit-long-text")(edited(f"UPDATE monitoring SET status = '{'x' * 500}' {FIRST}"))
case("edit-geometry-removed")(edited(f"UPDATE monitoring SET geom = NULL {FIRST}"))
case("edit-id-column-removed")(edited(NO_KEY, "ALTER TABLE monitoring DROP COLUMN bottleneck_id"))
case("edit-status-column-removed")(edited("ALTER TABLE monitoring DROP COLUMN status"))
case("edit-foreign-table")(
    edited("CREATE TABLE fotos (id INTEGER PRIMARY KEY, foto BLOB)", "INSERT INTO fotos VALUES (1, x'ffd8')")
)
case("edit-layer-renamed")(
    edited(
        "ALTER TABLE monitoring RENAME TO knelpunten",
        "UPDATE gpkg_contents SET table_name = 'knelpunten', identifier = 'knelpunten' WHERE table_name = 'monitoring'",
        "UPDATE gpkg_geometry_columns SET table_name = 'knelpunten' WHERE table_name = 'monitoring'",
    )
)
case("edit-table-is-a-note")(replaced(b"mijn nota's"))


@case("edit-table-cut")
def damaged(city: District) -> None:
    def spoil(out: Path) -> None:
        data = (out / TABLE).read_bytes()
        (out / TABLE).write_bytes(data[: len(data) // 2])

    city.edit = spoil


@case("edit-table-is-a-folder")
def folder(city: District) -> None:
    def spoil(out: Path) -> None:
        (out / TABLE).unlink()
        (out / TABLE).mkdir()

    city.edit = spoil


@case("edit-out-is-a-file")
def out_file(city: District) -> None:
    def spoil(out: Path) -> None:
        for path in out.iterdir():
            path.unlink()
        out.rmdir()
        out.write_text("geen map")

    city.edit = spoil


@case("edit-locked")
def locked(city: District) -> None:
    city.locks = lambda out: _lock(out / TABLE, "BEGIN EXCLUSIVE")


@case("edit-under-way")
def under_way(city: District) -> None:
    city.locks = lambda out: _lock(out / TABLE, "BEGIN IMMEDIATE")


@case("edit-open-write-ahead")
def write_ahead(city: District) -> None:
    statements = ("PRAGMA journal_mode = wal", "CREATE TABLE nota (x)", "INSERT INTO nota VALUES (1)")
    city.locks = lambda out: _lock(out / TABLE, *statements)


def _lock(path: Path, *statements: str) -> closing[sqlite3.Connection]:
    """An open connection, as of a program in which somebody is editing."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    return closing(connection)
