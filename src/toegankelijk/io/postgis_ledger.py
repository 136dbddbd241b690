"""The five tables of a monitoring table in PostGIS: made, read, and changed where something differs.

Nothing here opens, keeps or undoes a transaction; see `toegankelijk.io.monitoring_postgis`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk.errors import InputError
from toegankelijk.io.postgis_values import home, read_columns, read_rows, shape_column, srid_of
from toegankelijk.labels import label
from toegankelijk.ledger.fields import BESIDE, FIELDS, KEY, LAYER, differs
from toegankelijk.ledger.state import Changes, State, canonical_state, changes, empty_state, same_points
from toegankelijk.ledger.words import field_label

if TYPE_CHECKING:
    from psycopg import Cursor

    from toegankelijk.io.monitoring_postgis import PostgisStore
    from toegankelijk.io.postgis_tables import Table

_KEYS: Mapping[str, str] = {f"{LAYER}_base": KEY, f"{LAYER}_conflicts": "conflict_id"}
"""Tables beside it whose rows are replaced, with their key; rows of the others are only added."""


_STYLES_THERE = "SELECT pg_catalog.to_regclass('public.layer_styles') IS NOT NULL"

_STYLES = """
CREATE TABLE public.layer_styles (
    id serial PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, f_table_name varchar, f_geometry_column varchar,
    stylename text, styleqml xml, stylesld xml, useasdefault boolean, description text, owner varchar(63) DEFAULT CURRENT_USER,
    ui xml, update_time timestamp DEFAULT CURRENT_TIMESTAMP, type varchar
)
"""
"""Table in which QGIS looks for styles, as it makes it."""

_STYLE_THERE = """
SELECT 1 FROM public.layer_styles WHERE f_table_catalog = current_database() AND f_table_schema = %s AND f_table_name = %s
"""

_STYLE = """
INSERT INTO public.layer_styles
    (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, stylename, styleqml, useasdefault, description)
VALUES (current_database(), %s, %s, 'geom', %s, %s, true, %s)
"""


def find_tables(store: PostgisStore, cursor: Cursor) -> dict[str, Table | None]:
    """Those of the tables that are there, by the names that the ledger uses."""
    from toegankelijk.io.postgis_tables import find_table

    return {one: find_table(cursor, store.schema, name) for one, name in store.names.items()}


def read_state(store: PostgisStore, cursor: Cursor, *, history: bool = False) -> State:
    """A state from the tables; one without rows if there are none."""
    found = find_tables(store, cursor)
    own = found[LAYER]
    if own is None:
        return empty_state(None)
    if KEY not in own.columns and found[f"{LAYER}_base"] is None:
        raise InputError(
            f"{store.name}: this is another table, not one of bottlenecks: it has no column {KEY!r}. Give that column its name "
            "back, or choose another name for the table."
        )
    beside = [one for one in BESIDE if history or not one.endswith("_history")]
    frames = {one: read_columns(cursor, found[one], BESIDE[one]) for one in beside}
    rows = read_rows(cursor, own, store.name)
    return canonical_state(rows, *(frames.get(one, pd.DataFrame()) for one in BESIDE))


def write_state(store: PostgisStore, cursor: Cursor, before: State, after: State) -> None:
    """Write what differs; nothing at all where nothing does.

    Raises
    ------
    InputError
        The coordinate system is another one, or a value does not fit its column.
    """
    todo, found = changes(before, after), find_tables(store, cursor)
    if not todo and (not todo.new_fields or found[LAYER] is None):
        return
    try:
        _write(cursor, _ready(store, cursor, found, before, after, todo), before, after, todo, store.name)
    except UnicodeError:
        raise InputError(f"{store.name}: a text holds half a character; correct it. Nothing was changed.") from None


def _ready(
    store: PostgisStore, cursor: Cursor, found: Mapping[str, Table | None], before: State, after: State, todo: Changes
) -> dict[str, Table]:
    """The tables, made where they lack, and with all columns that are to be written."""
    from toegankelijk.io.postgis_tables import add_columns, column_type

    if found[LAYER] is None:
        _make(store, cursor, after.table.crs)
    else:
        _check_system(store, before, after)
    for one in BESIDE:
        table = found[one]
        if table is None:
            _make_beside(store, cursor, one)
        else:
            add_columns(cursor, table, _types_beside(one))
    own = find_tables(store, cursor)[LAYER]
    wanted = {name: FIELDS[name].type if name in FIELDS else column_type(after.table[name]) for name in todo.new_fields}
    if own is not None:
        add_columns(cursor, own, wanted)
    return {one: table for one, table in find_tables(store, cursor).items() if table is not None}


def _write(cursor: Cursor, tables: Mapping[str, Table], before: State, after: State, todo: Changes, where: str) -> None:
    """Everything that differs, and no cell that does not."""
    from toegankelijk.io.postgis_tables import delete_rows, insert_rows, misfits, update_rows

    own = tables[LAYER]
    flags = {name: _differing(todo.updated[name], before.table) for name in todo.updated}
    updated, changed = _fitting(cursor, own, todo.updated, flags, where)
    flags = {name: _is_filled(todo.added[name]) for name in todo.added}
    # A column that no new row fills keeps its default, such as a date of entry.
    added, filled = _fitting(
        cursor, own, todo.added[[name for name in flags if name in FIELDS or flags[name].any()]], flags, where
    )
    ids = after.table[KEY].astype("object")
    problems = misfits(own, updated, changed, ids.loc[updated.index].tolist())
    problems += misfits(own, added, filled, ids.loc[added.index].tolist())
    if problems:
        raise InputError(
            f"{where}: {len(problems)} values do not fit their columns; the table is as it was. Correct them.", problems[:50]
        )
    update_rows(cursor, own, own.key, updated, changed)
    insert_rows(cursor, own, added)
    for one, key in _KEYS.items():
        part = one.removeprefix(f"{LAYER}_")
        rows, gone, old = getattr(todo, part), getattr(todo, f"{part}_gone"), getattr(before, part)
        there = rows.index.isin(old.index)
        delete_rows(cursor, tables[one], key, gone)
        update_rows(cursor, tables[one], key, rows[there])
        insert_rows(cursor, tables[one], rows[~there].rename_axis(key).reset_index())
    insert_rows(cursor, tables[f"{LAYER}_history"], todo.history)
    insert_rows(cursor, tables[f"{LAYER}_runs"], todo.runs)


def _fitting(
    cursor: Cursor, table: Table, rows: pd.DataFrame, flags: Mapping[str, np.ndarray], where: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns that can be written to, under the names of the table, and which of their cells to write."""
    frame = pd.DataFrame(rows.drop(columns="geometry", errors="ignore"))
    frame = frame[[name for name in frame if name in table.columns and not table.columns[name].generated]]
    marks = [flags[name] for name in frame]
    if isinstance(rows, gpd.GeoDataFrame) and "geometry" in rows:
        shape = shape_column(table, where)
        code = srid_of(cursor, table.columns[shape]) or _code(cursor, rows.crs, where)
        points = shapely.set_srid(shapely.force_2d(rows.geometry.to_numpy()), code)
        frame[shape] = pd.Series(shapely.to_wkb(points, hex=True, include_srid=True), index=rows.index, dtype="object")
        marks.append(flags["geometry"])
    return frame, np.column_stack(marks) if marks else np.zeros((len(rows), 0), dtype=bool)


def _differing(now: pd.Series, before: gpd.GeoDataFrame) -> np.ndarray:
    """Which cells of a column are not as they were."""
    if now.name not in before:
        return _is_filled(now)
    was = before.loc[now.index, now.name]
    return differs(now, was) if now.dtype != "geometry" else ~same_points(now.to_numpy(), was.to_numpy())


def _is_filled(column: pd.Series) -> np.ndarray:
    filled: np.ndarray = column.notna().to_numpy(copy=True)
    filled[filled] = column.to_numpy(dtype=object)[filled] != ""
    return filled


def _make(store: PostgisStore, cursor: Cursor, crs: CRS | None) -> None:
    """The table with its types, indexes and comments."""
    from psycopg import sql

    from toegankelijk.io.postgis_tables import make_table

    if not cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [store.schema]).fetchone():
        raise InputError(f"{store.name}: there is no schema {store.schema!r}; ask the database's manager to make it.")
    if not home(cursor):
        raise InputError(f"{store.name}: the database has no PostGIS; ask its manager to run: CREATE EXTENSION postgis.")
    kind = sql.SQL("geom {}(Point, {})").format(
        sql.Identifier(home(cursor), "geometry"), sql.Literal(_code(cursor, crs, store.name))
    )
    name = store.names[LAYER]
    make_table(cursor, store.schema, name, fields={one: field.type for one, field in FIELDS.items()}, extra=[kind])
    for method, column in (("gist", "geom"), ("btree", KEY)):
        statement = sql.SQL("CREATE INDEX ON {} USING {} ({})")
        cursor.execute(statement.format(sql.Identifier(store.schema, name), sql.SQL(method), sql.Identifier(column)))
    _comment(store, cursor, LAYER, FIELDS)
    _add_style(store, cursor)


def _add_style(store: PostgisStore, cursor: Cursor) -> None:
    """Let QGIS open the table ready for work, where it keeps styles in the database, or may."""
    import psycopg

    from toegankelijk.io.monitoring_form import table_style

    place = [store.schema, store.names[LAYER]]
    try:
        with cursor.connection.transaction():  # a style is not worth an update that fails
            if cursor.execute(_STYLES_THERE).fetchone() == (False,):
                cursor.execute(_STYLES)
            if not cursor.execute(_STYLE_THERE, place).fetchone():
                style = [store.names[LAYER], table_style([], store.lang), label("bottlenecks", store.lang)]
                cursor.execute(_STYLE, [*place, *style])
    except psycopg.Error:
        if cursor.connection.broken:
            raise


def _make_beside(store: PostgisStore, cursor: Cursor, one: str) -> None:
    """A table that is kept beside it."""
    from psycopg import sql

    from toegankelijk.io.postgis_tables import make_table

    name, fields = store.names[one], _types_beside(one)
    make_table(cursor, store.schema, name, fields=fields, key=_KEYS.get(one, ""))
    if KEY in fields and _KEYS.get(one) != KEY:
        cursor.execute(sql.SQL("CREATE INDEX ON {} ({})").format(sql.Identifier(store.schema, name), sql.Identifier(KEY)))
    _comment(store, cursor, one, fields)


def _types_beside(one: str) -> Mapping[str, str]:
    """Types of a table beside it. What the table was like is text, so that it holds whatever staff make of a column."""
    fields = BESIDE[one]
    return {name: "str" if name in FIELDS else kind for name, kind in fields.items()} if one == f"{LAYER}_base" else fields


def _comment(store: PostgisStore, cursor: Cursor, one: str, columns: Iterable[str]) -> None:
    from toegankelijk.io.postgis_tables import add_comments

    texts = {name: field_label(name, store.lang) for name in columns}
    add_comments(cursor, store.schema, store.names[one], about=label(f"about.{one}", store.lang), columns=texts)


def _code(cursor: Cursor, crs: CRS | None, where: str) -> int:
    """Number of a coordinate system in this database."""
    from psycopg import sql

    authority = None if crs is None else systems.registered(crs).to_authority()
    query = sql.SQL("SELECT srid FROM {} WHERE upper(auth_name) = %s AND auth_srid::text = %s ORDER BY srid LIMIT 1")
    known = query.format(sql.Identifier(home(cursor), "spatial_ref_sys"))
    found = cursor.execute(known, authority).fetchone() if authority else None
    if found is None:
        told = "none" if crs is None else systems.label(crs)
        raise InputError(
            f"{where}: the coordinate system ({told}) is not one that the database knows by a code; set one that it does, such "
            'as crs = "EPSG:31370" or "EPSG:28992".'
        )
    return int(found[0])


def _check_system(store: PostgisStore, before: State, after: State) -> None:
    """Refuse points in another coordinate system than those in the table."""
    was, now = before.table.crs, after.table.crs
    if was is None and before.table.empty:
        return
    if now is None or was is None or systems.registered(was) != systems.registered(now):
        names = ["none" if crs is None else systems.label(crs) for crs in (was, now)]
        raise InputError(
            f"{store.name}: the points of the table are in another coordinate system ({names[0]}) than those of the update "
            f"({names[1]}); screen in that of the table, or transform the table with ST_Transform."
        )
