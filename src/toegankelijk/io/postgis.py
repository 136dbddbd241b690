"""Layers from a PostGIS database: read in one read-only transaction, whole, and named by the database's own catalogue.

The address stands in an environment variable, as PostgreSQL understands it (a link, ``key=value`` words, or ``service=name``).
It is in no file, message or log of a run. A name of a layer is only compared with what the catalogue lists; it never becomes SQL.
"""

from __future__ import annotations

import datetime
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as PyprojError

from toegankelijk.errors import ConfigError, InputError, missing_extra
from toegankelijk.io.records import to_column

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

CONNECT_SECONDS = 10
"""How long to wait for the server."""

QUERY_SECONDS = 600
"""How long a layer may take to come."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFUSED = {"28P01", "28000", "28001"}
_ADVICE = "check that the server runs, that this computer may reach it, and the address, user and password in the variable"


HOME = """
SELECT n.nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'postgis'
"""
"""Schema that PostGIS stands in."""

_CATALOGUE = """
SELECT n.nspname, c.relname, a.attname, a.atttypmod
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE t.typname IN ('geometry', 'geography') AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition
AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'topology', 'tiger', 'tiger_data')
AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2, 3
"""
"""Columns with geometry of tables, views, materialised views and foreign tables."""

_COLUMNS = """
SELECT a.attname, t.typname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE n.nspname = :schema AND c.relname = :table
AND t.typname NOT IN ('geometry', 'geography', 'raster', 'bytea')
ORDER BY a.attnum
"""
"""Columns of one of them that hold values; other geometries and pictures are left out."""

_MOMENTS = ("date", "timestamp", "timestamptz")
"""Types that are read as text first: they may hold ``infinity``, which Python does not know."""


@dataclass(frozen=True)
class _Layer:
    """A column with geometry of a table or view, as the catalogue names it."""

    schema: str
    table: str
    column: str
    modifier: int
    is_only: bool

    @property
    def full_name(self) -> str:
        """Name with the column."""
        return f"{self.schema}.{self.table}.{self.column}"

    @property
    def name(self) -> str:
        """Name to ask for it: without the column where a table has one."""
        return f"{self.schema}.{self.table}" if self.is_only else self.full_name


def list_postgis(variable: str) -> list[str]:
    """Names of the layers in a database that may be read, sorted: ``schema.table``, or ``schema.table.column`` of several.

    Parameters
    ----------
    variable
        Environment variable that holds the address.

    Raises
    ------
    ConfigError
        It names no variable, or one that is not set.
    InputError
        The database cannot be reached or has no PostGIS.
    MissingExtraError
        The packages for PostGIS are not installed.
    """
    with _transaction(variable, f"${variable}") as connection:
        return [layer.name for layer in _layers(connection)]


def read_postgis(variable: str, layer: str | None, *, where: str = "") -> gpd.GeoDataFrame:
    """One table, view or materialised view of a database, whole.

    Parameters
    ----------
    variable
        Environment variable that holds the address.
    layer
        ``schema.table``; ``schema.table.column`` where a table has several columns with geometry.
    where
        What the layer is for, for messages.

    Returns
    -------
    GeoDataFrame
        All columns; whole numbers and true/false with gaps stay so, decimals are numbers, lists are joined by ``|``. ``crs`` is
        missing if the geometries have none (SRID 0). A geometry that cannot be read is missing.

    Raises
    ------
    ConfigError
        It names no variable, or one that is not set.
    InputError
        The database cannot be reached or has no PostGIS; there is no such layer, it may not be read or not all of it, or it holds
        several coordinate systems.
    MissingExtraError
        The packages for PostGIS are not installed.
    """
    where = where or f"${variable}"
    with _transaction(variable, where) as connection:
        chosen = _chosen(_layers(connection), layer, where)
        columns, rows = _rows(connection, chosen)
        shapes = np.array([None if row[0] is None else bytes(row[0]) for row in rows], dtype=object)
        geometry = shapely.from_wkb(shapes, on_invalid="ignore")
        crs = _crs(connection, chosen, geometry, f"{where}: {chosen.name}")
    table = {name: _column([row[place] for row in rows], kind) for place, (name, kind) in enumerate(columns, 1)}
    if "geometry" in table:
        raise InputError(f"{where}: a column that is not the geometry is called 'geometry'; rename it.")
    frame = pd.DataFrame(table, index=range(len(rows)))
    return gpd.GeoDataFrame(frame, geometry=shapely.set_srid(geometry, 0), crs=crs)


@contextmanager
def _transaction(variable: str, where: str) -> Iterator[Connection]:
    """A read-only transaction in which all that is asked is as it was at one moment."""
    try:
        import sqlalchemy
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise missing_extra("sqlalchemy", "postgis", "Reading a PostGIS database") from error

    database = open_database(variable, where)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: database, poolclass=sqlalchemy.NullPool, hide_parameters=True
    ).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with engine.connect() as connection:
            if not _home(connection):
                raise InputError(f"{where}: the database has no PostGIS; ask its manager to run: CREATE EXTENSION postgis.")
            connection.execute(sqlalchemy.text(f"SET LOCAL statement_timeout = '{QUERY_SECONDS}s'"))
            connection.execute(sqlalchemy.text("SET LOCAL datestyle = 'ISO'"))
            # A policy for rows would leave some out without a word; so it is an error.
            connection.execute(sqlalchemy.text("SET LOCAL row_security = off"))
            yield connection
    except SQLAlchemyError as error:
        diagnosis = getattr(getattr(error, "orig", None), "diag", None)
        detail = getattr(diagnosis, "message_primary", None) or "the connection broke"
        raise InputError(f"{where}: the database of ${variable} does not give the layer ({detail}).") from None


def open_database(variable: str, where: str) -> psycopg.Connection:
    """A connection to the database whose address stands in an environment variable; who takes it closes it.

    Raises
    ------
    ConfigError
        It names no variable, or one that is not set.
    InputError
        The database cannot be reached, or refuses the user.
    MissingExtraError
        The package for PostgreSQL is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        raise missing_extra("psycopg", "postgis", "A PostGIS database") from error

    address = _address(variable)
    try:
        return psycopg.connect(address, connect_timeout=CONNECT_SECONDS, application_name="toegankelijk")
    except (psycopg.Error, OSError, UnicodeError) as error:
        refused = getattr(error, "sqlstate", None) in _REFUSED or "password" in str(error)
        what = "refuses the user or the password" if refused else "cannot be reached"
    # Outside of the handler, so that the server's own words, with host and user, do not come along.
    raise InputError(f"{where}: the database of ${variable} {what}; {_ADVICE}.")


def _address(variable: str) -> str:
    """The address of a database, which stays out of every message."""
    if not _VARIABLE.fullmatch(variable):
        raise ConfigError(
            "postgis: give the name of an environment variable that holds the address of the database; the address itself, with "
            "a password, does not belong in a file."
        )
    address = os.environ.get(variable, "").strip()
    if not address:
        raise ConfigError(
            f"postgis: the environment variable {variable} is not set; set it to an address such as "
            "postgresql://user@server/database, or service=name."
        )
    return re.sub(r"^postgres(?:ql)?\+\w+://", "postgresql://", address)


def _layers(connection: Connection) -> list[_Layer]:
    """Columns with geometry that this user may read, sorted by name."""
    import sqlalchemy

    found = connection.execute(sqlalchemy.text(_CATALOGUE)).all()
    columns = Counter((row.nspname, row.relname) for row in found)
    return [_Layer(home, table, column, modifier, is_only=columns[home, table] == 1) for home, table, column, modifier in found]


def _chosen(layers: Sequence[_Layer], wanted: str | None, where: str) -> _Layer:
    fitting = [one for one in layers if wanted in (one.name, one.full_name)]
    if len(fitting) == 1:
        return fitting[0]
    columns = [one.name for one in layers if wanted == f"{one.schema}.{one.table}"]
    if columns:
        raise InputError(f"{where}: {wanted!r} has several columns with geometry; say which: {', '.join(map(repr, columns))}.")
    wish = "say which layer to read, as schema.table" if wanted is None else f"there is no layer {wanted!r} that may be read"
    listed = ", ".join(repr(one.name) for one in layers[:30]) or "none"
    more = f" and {len(layers) - 30} more" if len(layers) > 30 else ""
    raise InputError(f"{where}: {wish}. Layers in the database: {listed}{more}.")


def _rows(connection: Connection, layer: _Layer) -> tuple[list[tuple[str, str]], Sequence[Any]]:
    """Names and types of the other columns, and rows with the geometry first, as bytes that hold their SRID."""
    import sqlalchemy
    from sqlalchemy.sql import quoted_name

    found = connection.execute(sqlalchemy.text(_COLUMNS), {"schema": layer.schema, "table": layer.table}).all()
    columns = [(str(name), str(kind)) for name, kind in found]
    names = [layer.column, *(name for name, _ in columns)]
    table = sqlalchemy.table(
        quoted_name(layer.table, quote=True),
        *(sqlalchemy.column(quoted_name(name, quote=True)) for name in names),
        schema=quoted_name(layer.schema, quote=True),
    )
    # Curves become lines; a geography becomes a geometry first.
    functions, geometry = _postgis(connection)
    shape = functions.ST_AsEWKB(functions.ST_CurveToLine(sqlalchemy.cast(table.c[layer.column], geometry)))
    values = [
        sqlalchemy.cast(table.c[name], sqlalchemy.Text).label(None) if kind in _MOMENTS else table.c[name]
        for name, kind in columns
    ]
    return columns, connection.execute(sqlalchemy.select(shape, *values)).all()


def _postgis(connection: Connection) -> tuple[Any, Any]:
    """Functions of PostGIS, and its type for geometry, by the schema that they stand in."""
    import sqlalchemy
    from sqlalchemy.sql import quoted_name

    home = _home(connection)
    quoted = connection.dialect.identifier_preparer.quote_identifier(home)

    class Geometry(sqlalchemy.types.UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return f"{quoted}.geometry"

    return getattr(sqlalchemy.func, quoted_name(home, quote=True)), Geometry


def _home(connection: Connection) -> str:
    import sqlalchemy

    return str(connection.scalar(sqlalchemy.text(HOME)) or "")


def _crs(connection: Connection, layer: _Layer, geometry: np.ndarray, where: str) -> CRS | None:
    """Coordinate system of all geometries; of an empty layer that of its column."""
    import sqlalchemy
    from sqlalchemy.sql import quoted_name

    codes, counts = np.unique(shapely.get_srid(geometry[~shapely.is_missing(geometry)]), return_counts=True)
    if len(codes) > 1:
        listed = [f"SRID {code}: {count} rows" for code, count in zip(codes, counts, strict=True)]
        raise InputError(f"{where}: the geometries are in several coordinate systems; give a view with one.", listed)
    functions, _ = _postgis(connection)
    code = int(codes[0]) if len(codes) else connection.scalar(sqlalchemy.select(functions.postgis_typmod_srid(layer.modifier)))
    if not code:
        return None
    known = sqlalchemy.table(
        "spatial_ref_sys",
        *map(sqlalchemy.column, ("srid", "auth_name", "auth_srid", "srtext")),
        schema=quoted_name(_home(connection), quote=True),
    )
    row = connection.execute(sqlalchemy.select(known).where(known.c.srid == code)).one_or_none()
    return crs_of_srid(code, [] if row is None else [f"{row.auth_name}:{row.auth_srid}", row.srtext or ""], where)


def crs_of_srid(code: int, texts: Sequence[str], where: str) -> CRS:
    """Coordinate system of a number in ``spatial_ref_sys``, by the first of its descriptions that is one.

    Raises
    ------
    InputError
        None is.
    """
    for text in texts:
        try:
            return CRS.from_user_input(text)
        except PyprojError:
            continue
    raise InputError(f"{where}: SRID {code} is no coordinate system that is known; correct it with ST_SetSRID.")


def _column(values: Sequence[Any], kind: str) -> Any:
    """Values of a column as one type."""
    if kind not in _MOMENTS:
        return to_column([_plain(value) for value in values])
    try:
        if kind == "date":
            return np.array([None if value is None else datetime.date.fromisoformat(value) for value in values], dtype=object)
        return pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601", utc=True if kind == "timestamptz" else None)
    except ValueError:
        return to_column(values)


def _plain(value: Any) -> Any:
    """A value as number, truth value or text; parts of lists and objects too."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if isinstance(value, dict) else str(value)
