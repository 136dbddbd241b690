"""Layers from files: GeoPackage, GeoParquet, GeoJSON, Shapefile and FlatGeobuf.

A file is read by the one driver that its name and its first bytes agree on, is never written to or beside, and cannot send the
reader elsewhere (a virtual layer, a link, a network path). What a file says of itself, such as its number of rows, is counted
again: a layer that came in half would read as a street without bottlenecks.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError
from shapely.errors import ShapelyError

from toegankelijk.crs import registered
from toegankelijk.errors import InputError
from toegankelijk.io import geojson, shapefile

FORMATS: Mapping[str, tuple[str, bytes]] = {
    ".gpkg": ("GeoPackage", b"SQLite format 3\0"),
    ".parquet": ("GeoParquet", b"PAR1"),
    ".geoparquet": ("GeoParquet", b"PAR1"),
    ".geojson": ("GeoJSON", b""),
    ".json": ("GeoJSON", b""),
    ".shp": ("Shapefile", b"\x00\x00\x27\x0a"),
    ".fgb": ("FlatGeobuf", b"fgb\x03fgb"),
}
"""Extension to format and the bytes that such a file starts with (GeoJSON is parsed instead)."""

_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11", b"GP12")
_DAMAGE = (DataSourceError, DataLayerError, FeatureError, FieldError, IndexError, ValueError, OSError, RuntimeError, NameError)
_SECRET = re.compile(r"((?:password|passwd|pwd)\s*=\s*)\S+|(:/+[^/@:\s]*:)[^\s@]+(?=@)", re.IGNORECASE)
_NUMBERS = ("INT", "INTEGER", "MEDIUMINT", "SMALLINT", "TINYINT", "REAL", "DOUBLE", "FLOAT", "BOOLEAN")
"""Declared types of the columns of a GeoPackage in which a text would be read as 0."""


def list_layers(path: Path) -> list[str]:
    """Names of the layers with geometry in a file, in the file's order; an `InputError` if it cannot be read."""
    path, kind = _plain_file(path)
    if kind != "GeoPackage":
        return [path.stem]
    with _readable(path) as file:
        return _feature_tables(file)


def read_layer(path: Path, *, layer: str | None = None, where: str = "") -> gpd.GeoDataFrame:
    """One layer of a file, whole, as it was delivered.

    Parameters
    ----------
    path
        An existing plain file; its extension says the format (see `FORMATS`).
    layer
        Name of the layer; needed when the file holds several.
    where
        What the layer is for, for messages; the path if not given.

    Returns
    -------
    geopandas.GeoDataFrame
        Rows in the file's order with a plain running index. Whole numbers and true/false with gaps stay so (``Int64``,
        ``boolean``), dates are `datetime.date`, text is text; ``crs`` is missing if the file has none.

    Raises
    ------
    InputError
        The file is missing, something else than it says, damaged, or has no such layer.
    """
    path, kind = _plain_file(path)
    where = f"{where} ({path.name})" if where not in ("", path.name) else path.name
    if kind == "GeoPackage":
        frame = _read_geopackage(path, layer, where)
    elif kind == "GeoJSON":
        frame = _read_geojson(path, where, layer)
    else:
        if layer not in (None, path.stem):
            raise InputError(f"{where}: there is no layer {layer!r}; a {kind} file holds one layer, {path.stem!r}.")
        read = {"GeoParquet": _read_parquet, "Shapefile": _read_shapefile, "FlatGeobuf": _read_flat}
        frame = read[kind](path, where)
    return _tidy(frame, where)


def sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal; of a Shapefile, over all its parts; of a GeoPackage in use, with its write-ahead log."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    digest = hashlib.sha256()
    for part in _parts(path):
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _plain_file(path: Path) -> tuple[Path, str]:
    """Resolved path and format of a file whose name and first bytes agree."""
    text = _SECRET.sub(r"\1\2***", str(path))
    if re.match(r"(/vsi|[A-Za-z][\w+.-]+:)", text):
        raise InputError(f"{text}: only plain files on this computer are read; save a copy and give its path.")
    path = Path(path)
    try:
        there = path.is_file()
    except OSError as error:
        raise InputError(f"{text[:100]}...: cannot be read ({error.strerror}).") from None
    if not there:
        what = "is a folder" if path.is_dir() else "is no plain file" if path.exists() else "does not exist"
        raise InputError(f"{text}: {what}; give the path of a file.")
    path = path.resolve()
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{text}: files of type {path.suffix!r} are not read; give one of {', '.join(FORMATS)}.")
    kind, magic = FORMATS[path.suffix.lower()]
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise InputError(f"{text}: cannot be read ({error.strerror}).") from error
    named = kind != "GeoPackage" or head[68:72] in _GEOPACKAGE_IDS
    if not head.startswith(magic) or not named:
        raise InputError(f"{text}: is named as a {kind} file but is something else inside; ask for a new copy.")
    return path, kind


def _parts(path: Path) -> list[Path]:
    """All files that hold a layer: the parts of a Shapefile, a GeoPackage with what is not yet merged into it, else the file."""
    if path.suffix.lower() == ".shp":
        return shapefile.parts(path)
    beside = [path.with_name(path.name + ending) for ending in ("-journal", "-wal")]
    return [path, *(part for part in beside if part.is_file() and part.stat().st_size)]


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """The file, or a private copy where reading the file itself would write beside it or be misread as a link."""
    with path.open("rb") as file:
        head = file.read(20)
    # Byte 18 of a SQLite file is 2 in write-ahead mode (as QGIS sets it): even a reader then makes two files beside it.
    write_ahead = head.startswith(b"SQLite") and head[18] == 2
    parts = _parts(path)
    # The reader takes "archive!member" and ";" in a path apart.
    odd = re.search(r"[!;?]", str(path))
    if not (write_ahead or odd or (head.startswith(b"SQLite") and len(parts) > 1)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="layer-") as folder:
        for part in parts:
            shutil.copyfile(part, Path(folder) / f"layer{part.name[len(path.stem) :]}")
        copy = Path(folder) / f"layer{path.suffix}"
        if head.startswith(b"SQLite"):
            try:
                with closing(sqlite3.connect(copy)) as connection:
                    connection.execute("PRAGMA journal_mode = DELETE")  # merges or takes back what was under way
            except sqlite3.Error as error:
                raise _damaged(path.name, error) from error
        yield copy


def _read_geopackage(path: Path, layer: str | None, where: str) -> gpd.GeoDataFrame:
    with _readable(path) as file:
        name = _choose(_feature_tables(file), layer, where)
        quoted = '"{}"'.format(name.replace('"', '""'))
        rows = _check_table(file, quoted, where)
        try:
            frame = _read_ogr(file, where, layer=name)
        except NotImplementedError:
            # Curves: only the slower way makes them straight. Asked in SQL, it does not believe the file's own count.
            frame = _read_ogr(file, where, layer=name, sql=f"SELECT * FROM {quoted}")  # noqa: S608
    if len(frame) != rows:
        raise _damaged(where, f"the table has {rows} rows, but {len(frame)} could be read")
    return frame


def _check_table(file: Path, quoted: str, where: str) -> int:
    """Number of rows of a table that is whole, and whose columns of numbers hold numbers only."""
    with closing(_connect(file)) as connection:
        try:
            flaw = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            columns = [
                (name, str(kind).upper().partition("(")[0])
                for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({quoted})")
            ]
            numbers = [name for name, kind in columns if kind in _NUMBERS]
            texts = [", sum(typeof({}) IN ('text', 'blob'))".format('"{}"'.format(name.replace('"', '""'))) for name in numbers]
            rows, *wrong = connection.execute(f"SELECT count(*){''.join(texts)} FROM {quoted}").fetchone()  # noqa: S608  (quoted)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _damaged(where, error) from error
    if flaw != "ok":
        raise _damaged(where, flaw)
    if faults := [
        f"column {name!r}: text in {count} of {rows} rows" for name, count in zip(numbers, wrong, strict=True) if count
    ]:
        raise InputError(
            f"{where}: text stands in columns of numbers, and would be read as 0; correct it or make them text", faults
        )
    return int(rows)


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)


def _feature_tables(file: Path) -> list[str]:
    query = (
        "SELECT c.table_name FROM gpkg_contents AS c JOIN sqlite_master AS m ON m.name = c.table_name "
        "WHERE m.type IN ('table', 'view') AND c.data_type = 'features' "
        "AND upper(m.sql) NOT LIKE 'CREATE VIRTUAL%' ORDER BY c.rowid"
    )
    try:
        with closing(_connect(file)) as connection:
            return [name for (name,) in connection.execute(query)]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _damaged(file.name, error) from error


def _choose(names: list[str], layer: str | None, where: str) -> str:
    if layer in names or (layer is None and len(names) == 1):
        return layer or names[0]
    wish = "say which layer to read" if layer is None else f"there is no layer {layer!r}"
    raise InputError(f"{where}: {wish}. Layers in the file: {', '.join(repr(name) for name in names) or 'none'}.")


def _read_ogr(
    source: Path | bytes, where: str, *, layer: str | None = None, sql: str | None = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Read through GDAL; a ring that is not closed and the like comes back as a missing geometry."""
    # Arrow keeps gaps in whole numbers, but knows no SQL here and no alphabet but UTF-8.
    arrow = sql is None and encoding is None
    options = {"use_arrow": True, "arrow_to_pandas_kwargs": {"types_mapper": _nullable}} if arrow else {"encoding": encoding}
    try:
        # What the reader only warns of, such as a coordinate system that it cannot parse, is kept for the remarks. Coordinates
        # that are not numbers are set aside later, with their id.
        with warnings.catch_warnings(record=True) as said, np.errstate(invalid="ignore"):
            warnings.simplefilter("always")
            info = pyogrio.read_info(source, layer=layer, encoding=encoding)
            frame = pyogrio.read_dataframe(source, layer=None if sql else layer, sql=sql, on_invalid="ignore", **options)
    except NotImplementedError:
        raise
    except _DAMAGE as error:
        raise _damaged(where, error) from error
    _check_text(frame, where)
    name = "" if isinstance(source, bytes) else str(source)
    frame.attrs["warnings"] = sorted(
        {str(warning.message).replace(name, where) if name else str(warning.message) for warning in said}
    )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{where}: the layer has no geometry.")
    if twice := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise InputError(f"{where}: columns that stand there twice: {', '.join(map(repr, twice))}; rename one of each.")
    for column, dtype in zip(info["fields"], info["dtypes"], strict=True):
        if dtype.startswith("int") and frame[column].dtype.kind == "f":
            frame[column] = frame[column].astype("Int64")
        elif dtype == "bool" and frame[column].dtype.kind == "f":
            frame[column] = frame[column].astype("boolean")
        elif dtype == "datetime64[D]" and frame[column].dtype.kind == "M":
            frame[column] = frame[column].dt.date.astype(object).where(frame[column].notna(), None)
    return frame


def _check_text(frame: pd.DataFrame, where: str) -> None:
    """Refuse text that is in another alphabet than the file says; a column is decoded only when it is asked for."""
    from pyarrow import ArrowException

    for column in frame.select_dtypes("str"):
        try:
            frame[column].to_numpy(dtype=object)
        except (UnicodeDecodeError, ArrowException) as error:
            advice = "; correct or delete the .cpg, or save the file again in UTF-8"
            raise _damaged(
                where, f"column {column!r} holds text that is not in the alphabet that the file says{advice}"
            ) from error


def _read_flat(path: Path, where: str) -> gpd.GeoDataFrame:
    with _readable(path) as file:
        return _read_ogr(file, where)


def _read_parquet(path: Path, where: str) -> gpd.GeoDataFrame:
    try:
        with path.open("rb") as file:
            frame = gpd.read_parquet(file, to_pandas_kwargs={"types_mapper": _nullable})
    except (*_DAMAGE, TypeError, KeyError, ShapelyError) as error:
        if "geo metadata" in str(error) and "Missing" in str(error):
            raise InputError(f"{where}: is a Parquet file without geometry; a layer is given as GeoParquet.") from error
        raise _damaged(where, error) from error
    _check_text(frame, where)
    names = [name for name in frame.index.names if name is not None]
    return frame.reset_index(names or None, drop=not names)


def _read_geojson(path: Path, where: str, layer: str | None = None) -> gpd.GeoDataFrame:
    try:
        text, count = geojson.load(path, layer=layer, where=where)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(where, error) from error
    frame = _read_ogr(text, where)
    if len(frame) != count:
        raise _damaged(where, f"the file has {count} features, but {len(frame)} could be read")
    return frame


def _read_shapefile(path: Path, where: str) -> gpd.GeoDataFrame:
    found = shapefile.examine(path)
    if found.flaw:
        raise _damaged(where, found.flaw)
    with _readable(path) as file:
        frame = _read_ogr(file, where, encoding=found.encoding)
    if len(frame) != found.rows:
        raise _damaged(where, f"the .dbf has {found.rows} rows, but {len(frame)} could be read")
    if found.deleted:
        frame.attrs["warnings"].append(f"rows marked as deleted are left out: {found.deleted}")
    return frame


def _nullable(dtype: Any) -> Any:
    """Pandas type that keeps gaps in whole numbers and true/false, instead of turning them into fractions and text."""
    import pyarrow as pa

    if pa.types.is_integer(dtype):
        return pd.Int64Dtype()
    return pd.BooleanDtype() if pa.types.is_boolean(dtype) else None


def _tidy(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Layer with the geometry in ``geometry``, a running index, and plain types where nothing is missing."""
    frame = frame.reset_index(drop=True)
    if frame.geometry.name != "geometry":
        if "geometry" in frame:
            raise InputError(f"{where}: a column that is not the geometry is called 'geometry'; rename it.")
        frame = frame.rename_geometry("geometry")
    for column, dtype in frame.dtypes.items():
        if dtype in ("Int64", "boolean") and not frame[column].hasnans:
            frame[column] = frame[column].astype("int64" if dtype == "Int64" else "bool")
        elif dtype.kind == "O" and frame[column].map(lambda value: isinstance(value, bytes)).any():
            frame[column] = frame[column].map(_without_bytes)
    if frame.crs is None:
        return frame
    crs = registered(frame.crs)
    # "Undefined" is how GDAL writes that there is none.
    return frame.set_crs(None if crs.is_engineering else crs, allow_override=True)


def _without_bytes(value: Any) -> Any:
    """A value as it is, but of bytes (a photo) only how many they are and which."""
    return f"bytes ({len(value)}, SHA-256 {hashlib.sha256(value).hexdigest()[:12]})" if isinstance(value, bytes) else value


def _damaged(where: str, detail: object) -> InputError:
    if "database is locked" in str(detail):
        return InputError(f"{where}: is open in another program. Save and close it there, and run again.")
    words = " ".join(str(detail).split())
    return InputError(f"{where}: the file is damaged and nothing of it is used ({words}). Ask for a new copy.")
