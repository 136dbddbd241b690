"""The monitoring table in a GeoPackage: read and written in place, in one transaction, beside whatever else the file holds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io.geopackage_files import drafted, is_there, opened, saying, transaction
from toegankelijk.io.geopackage_rows import (
    Known,
    cells,
    columns_of,
    decode_points,
    encode_points,
    insert_rows,
    quoted,
    read_columns,
    typed,
    update_rows,
)
from toegankelijk.io.geopackage_tables import declared, index_points, make_file, make_table, note_change, read_crs
from toegankelijk.io.monitoring_form import add_form, follow_columns
from toegankelijk.labels import check_language, label
from toegankelijk.ledger.fields import BESIDE, FIELDS, KEY, LAYER, differs
from toegankelijk.ledger.state import Changes, State, canonical_state, changes, empty_state, same_points
from toegankelijk.ledger.words import beside_label

_BASE = f"{LAYER}_base"
_KEYS = {_BASE: KEY, f"{LAYER}_conflicts": "conflict_id"}


class GeoPackageStore:
    """A GeoPackage with the monitoring table.

    Parameters
    ----------
    path
        The file, ending in ``.gpkg``. It may not be there yet, or hold other layers of the city: those stay as they are.
    lang
        Language of the headings and choices that QGIS shows, for when the table is made.
    wait
        Seconds to wait for another program that has the file locked.

    Raises
    ------
    ConfigError
        The name does not end in ``.gpkg``, its folder does not exist, or the language has no labels.
    """

    def __init__(self, path: str | Path, *, lang: str = "nl", wait: float = 10.0) -> None:
        self.path = Path(os.path.realpath(path))  # through a link, the file itself is written and the link stays
        self.lang = check_language(lang)
        self.wait = wait
        if self.path.suffix.lower() != ".gpkg":
            raise ConfigError(f"{path}: the name of a GeoPackage ends in .gpkg.")
        if not self.path.parent.is_dir():
            raise ConfigError(f"{path}: the folder {self.path.parent} does not exist; make it first.")

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def exists(self) -> bool:
        """Whether there is a file, and a monitoring table in it."""
        if not is_there(self.path):
            return False
        with opened(self.path, wait=self.wait) as connection, saying(self.name):
            return bool(columns_of(connection, LAYER))

    def read(self, *, history: bool = False) -> State:
        """The table as it stands at one moment; without rows if there is none yet.

        Raises
        ------
        InputError
            The file is no GeoPackage, damaged or locked; its layer of this name is not a monitoring table.
        """
        if not is_there(self.path):
            return empty_state(None)
        with opened(self.path, wait=self.wait) as connection:
            with saying(self.name):
                connection.execute("BEGIN")
            return GeoPackageDesk(connection, self.name, self.lang).read(history=history)

    @contextmanager
    def edit(self) -> Iterator[GeoPackageDesk]:
        """A transaction in which nobody else can write: kept if the block ends well, undone if it does not.

        A file that is not there yet is made beside its place and put there whole.

        Raises
        ------
        InputError
            The file is locked, damaged or may not be written, the disk is full, or a file of this name was made meanwhile. It is
            as it was.
        """
        there = is_there(self.path)
        with (
            opened(self.path, wait=self.wait) if there else drafted(self.path) as connection,
            transaction(connection, self.name),
        ):
            yield GeoPackageDesk(connection, self.name, self.lang)


class GeoPackageDesk:
    """The monitoring table within one transaction; see `toegankelijk.ledger.state.Desk`.

    Nothing else in this process may open the file meanwhile, not even to read it: closing it would give up the lock.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, lang: str) -> None:
        self._connection = connection
        self._name = name
        self._lang = lang

    def read(self, *, history: bool = False) -> State:
        """The table as it stands; without history unless it is asked for."""
        with saying(self._name):
            own = columns_of(self._connection, LAYER)
            if not own:
                self._check_beside()
                return empty_state(None)
            self._check(own)
            known: Known = {}  # what was last written is mostly what stands there
            table = _read_table(self._connection, own, known)
            wanted = [name for name in BESIDE if history or name != f"{LAYER}_history"]
            beside = {name: _read_beside(self._connection, name, known if name == _BASE else None) for name in wanted}
        parts = (beside.get(f"{LAYER}_{part}", pd.DataFrame()) for part in ("base", "history", "conflicts", "runs"))
        return canonical_state(table, *parts)

    def write(self, before: State, after: State) -> None:
        """Write what differs; all of it, or on an error nothing. If nothing differs, nothing is written."""
        found = changes(before, after)
        with saying(self._name):
            fresh = not columns_of(self._connection, LAYER)
            if not found and (fresh or not found.new_fields):
                return
            _make(self._connection, after, self._lang)
            follow_columns(self._connection, extra=after.extra)
            _write_table(self._connection, before, found)
            if fresh:
                index_points(self._connection, LAYER, _places(self._connection))
            if fresh or len(found.updated) or len(found.added):
                note_change(self._connection, LAYER, tuple(after.table.total_bounds.tolist()))
            _write_beside(self._connection, before, found)

    def _check_beside(self) -> None:
        """Refuse a file in which only what is kept beside the table is left: somebody renamed or removed the table itself."""
        if columns_of(self._connection, _BASE):
            listed = self._connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY 1")
            layers = ", ".join(repr(name) for (name,) in listed) or "none"
            raise InputError(
                f"{self._name}: there is no layer {LAYER!r} any more, although it was written here (layers: {layers}). Give it "
                "back its name, or restore the file from a backup."
            )

    def _check(self, own: Mapping[str, str]) -> None:
        """Refuse a layer that only has the name of ours, and columns that cannot be told apart."""
        fields = [_field_of(name, FIELDS) for name in own]
        kind = self._connection.execute("SELECT type FROM sqlite_master WHERE lower(name) = ?", (LAYER,)).fetchone()
        if kind != ("table",) or (KEY not in fields and not columns_of(self._connection, _BASE)):
            raise InputError(
                f"{self._name}: its layer {LAYER!r} is not a monitoring table: a table with a column {KEY!r} (there are "
                f"{', '.join(own)}). Give that column its name back, or rename the layer."
            )
        if "geometry" in [name.casefold() for name in own] and _special(self._connection)[1].casefold() != "geometry":
            raise InputError(f"{self._name}: layer {LAYER!r}: a column cannot be called 'geometry'; rename it.")


def _read_table(connection: sqlite3.Connection, own: Mapping[str, str], known: Known) -> gpd.GeoDataFrame:
    fid, geom = _special(connection)
    kinds = {name: FIELDS[field].type if (field := _field_of(name, FIELDS)) in FIELDS else "" for name in own}
    kinds_read = {fid: "int32", **{name: kinds[name] for name in own if name != fid}}
    found = read_columns(connection, LAYER, kinds_read, fid, alike=known)
    rows = pd.Index(np.asarray(found.pop(fid), dtype="int64"), name="row")
    blobs = found.pop(geom, None)
    shapes = np.full(len(rows), None, dtype=object) if blobs is None else decode_points(blobs)
    columns = {
        _field_of(name, FIELDS): _kept(values if kinds[name] else typed(values, own[name]), rows)
        for name, values in found.items()
    }
    return gpd.GeoDataFrame(columns, index=rows, geometry=shapes, crs=read_crs(connection, LAYER))


def _read_beside(connection: sqlite3.Connection, table: str, known: Known | None) -> pd.DataFrame:
    """A table that is kept beside the monitoring table, in the order in which its rows were written."""
    types = BESIDE[table]
    spelled = {name: _field_of(name, types) for name in columns_of(connection, table)}
    wanted = {name: types[field] for name, field in spelled.items() if field in types}
    if not wanted:
        return pd.DataFrame()
    found = read_columns(connection, table, wanted, "rowid", alike=known)
    rows = pd.RangeIndex(len(next(iter(found.values()))))
    frame = pd.DataFrame({spelled[name]: _kept(values, rows) for name, values in found.items()})
    key = _KEYS.get(table)
    if key is None or key not in frame:
        return frame
    # somebody may have pasted rows here too; the first of an id is ours
    ours = (frame[key] != "") & frame[key].notna() & ~frame[key].duplicated()
    return frame if ours.all() else frame[ours]


def _make(connection: sqlite3.Connection, after: State, lang: str) -> None:
    """Make what is not there yet: the file's own tables, ours, columns, and how QGIS shows them."""
    if not columns_of(connection, "gpkg_contents"):
        make_file(connection)
    own = columns_of(connection, LAYER)
    kinds = {name: FIELDS[name].type if name in FIELDS else _kind_of(after.table[name]) for name in [*FIELDS, *after.extra]}
    if not own:
        about = label("about.monitoring", lang)
        make_table(connection, LAYER, kinds, title=label("bottlenecks", lang), about=about, crs=after.table.crs, points=True)
    else:
        _add_columns(connection, LAYER, kinds)
    lacking = [table for table in BESIDE if not columns_of(connection, table)]
    for table in (table for table in BESIDE if table not in lacking):
        _add_columns(connection, table, BESIDE[table])
    if _BASE in lacking:
        # an older release forbade two rows of one id, which is what splitting a row gives
        connection.execute(f"DROP INDEX IF EXISTS {quoted(f'{LAYER}_{KEY}')}")
    for table in lacking:
        make_table(connection, table, BESIDE[table], title=beside_label(table, lang), about=label(f"about.{table}", lang))
        if key := _KEYS.get(table, KEY if KEY in BESIDE[table] else None):
            connection.execute(f"CREATE INDEX {quoted(f'{table}_{key}')} ON {quoted(table)} ({quoted(key)})")
    if lacking:
        add_form(connection, extra=after.extra, lang=lang, geometry=_special(connection)[1])


def _add_columns(connection: sqlite3.Connection, table: str, kinds: Mapping[str, str]) -> None:
    """Columns that a table lacks; those that it has stay as they are."""
    there = {_field_of(name, kinds) for name in columns_of(connection, table)}
    for name in (name for name in kinds if name not in there):
        connection.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(name)} {declared(kinds[name])}")


def _write_table(connection: sqlite3.Connection, before: State, found: Changes) -> None:
    own = columns_of(connection, LAYER)
    fid, geom = _special(connection)
    spelled = {_field_of(name, FIELDS): name for name in own}
    srs_id = _srs_id(connection)
    for rows in (found.updated, found.added):
        if not len(rows):
            continue
        names = [name for name in rows if name != "geometry"]
        values: dict[str, list[Any]] = {spelled[name]: cells(rows[name], own[spelled[name]]) for name in names}
        if geom and "geometry" in rows:
            values[geom] = encode_points(rows["geometry"].to_numpy(), srs_id)
        if rows is found.added:
            insert_rows(connection, LAYER, values)
            continue
        was = before.table.loc[rows.index]
        nothing = pd.Series("", index=rows.index, dtype="object")
        changed = [differs(rows[name], was.get(name, nothing)) for name in names]
        if geom and "geometry" in rows:
            changed.append(~same_points(rows["geometry"].to_numpy(), was.geometry.to_numpy()))
        update_rows(connection, LAYER, fid, {fid: rows.index.tolist(), **values}, np.column_stack(changed))


def _write_beside(connection: sqlite3.Connection, before: State, found: Changes) -> None:
    """Rows over those of the same id, new rows, and rows that go; the history and the updates only grow."""
    parts = (
        (_BASE, found.base, before.base, found.base_gone),
        (f"{LAYER}_conflicts", found.conflicts, before.conflicts, found.conflicts_gone),
        (f"{LAYER}_history", found.history, None, ()),
        (f"{LAYER}_runs", found.runs, None, ()),
    )
    for table, rows, old, gone in parts:
        if not len(rows) and not gone:
            continue
        own = columns_of(connection, table)
        spelled = {_field_of(name, BESIDE[table]): name for name in own}
        key = spelled.get(_KEYS.get(table, ""), "")
        known = np.zeros(len(rows), dtype=bool) if old is None else rows.index.isin(old.index)
        for there, part in ((True, rows[known]), (False, rows[~known])):
            if part.empty:
                continue
            plain = part if old is None else part.reset_index()
            values = {spelled[name]: cells(plain[name], own[spelled[name]]) for name in plain if name in spelled}
            if there:
                update_rows(connection, table, key, values, np.ones((len(part), len(values) - 1), dtype=bool))
            else:
                insert_rows(connection, table, values)
        connection.executemany(f"DELETE FROM {quoted(table)} WHERE {quoted(key)} = ?", ((one,) for one in gone))  # noqa: S608
        note_change(connection, table)


def _places(connection: sqlite3.Connection) -> Iterator[tuple[int, float, float]]:
    """Row number and place of every row that has one."""
    fid, geom = _special(connection)
    rows = connection.execute(f"SELECT {quoted(fid)}, {quoted(geom)} FROM {quoted(LAYER)}").fetchall()  # noqa: S608  (quoted)
    blobs = np.empty(len(rows), dtype=object)
    blobs[:] = [blob for _, blob in rows]
    shapes = decode_points(blobs)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    for at in np.flatnonzero(np.isfinite(x) & np.isfinite(y)).tolist():
        yield rows[at][0], float(x[at]), float(y[at])


def _special(connection: sqlite3.Connection) -> tuple[str, str]:
    """Columns of the monitoring table with the row number and with the geometry ("" for none)."""
    info = connection.execute(f"PRAGMA table_info({quoted(LAYER)})").fetchall()
    keys = [row[1] for row in info if row[5] and str(row[2]).upper() == "INTEGER"]
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = ?"
    names = {row[1].casefold(): row[1] for row in info}
    given = connection.execute(query, (LAYER,)).fetchone() if columns_of(connection, "gpkg_geometry_columns") else None
    return keys[0] if keys else "rowid", names.get(given[0].casefold(), "") if given else ""


def _srs_id(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = ?", (LAYER,)).fetchone()
    return -1 if row is None else int(row[0])


def _field_of(name: str, fields: Mapping[str, object]) -> str:
    """Name in the ledger of a column; SQLite does not tell capitals apart."""
    return name if name in fields else next((field for field in fields if field.casefold() == name.casefold()), name)


def _kept(values: Any, rows: pd.Index) -> pd.Series:
    """Values as a column; left to itself, pandas would copy all texts into a type of its own."""
    return pd.Series(values, index=rows, dtype="object" if values.dtype == object else None, copy=False)


def _kind_of(column: pd.Series) -> str:
    """Type for a new column, by what is in it."""
    kind = getattr(column.dtype, "kind", "O")
    return {"i": "int64", "u": "int64", "f": "float", "b": "bool", "M": "date"}.get(kind, "str")
