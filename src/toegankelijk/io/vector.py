"""Layers from files: GeoPackage, GeoParquet, GeoJSON, Shapefile and FlatGeobuf.

A file is read by the one driver that its name and its first bytes agree on, is never written to or beside, and cannot send the
reader elsewhere (a virtual layer, a link, a network path). What a file says of itself, such as its number of rows, is counted
again: a layer that came in half would read as a street without bottlenecks.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from toegankelijk.crs import registered
from toegankelijk.errors import InputError
from toegankelijk.io import shapefile
from toegankelijk.schema import all_remarks, remarks

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
_CRS_NAME = re.compile(r"(urn:ogc:def:crs:[\w.:-]+|EPSG:\d+|http://www\.opengis\.net/def/crs/\w+/[\w.]+/\w+)", re.ASCII)
_DAMAGE = (DataSourceError, DataLayerError, FeatureError, FieldError, IndexError, ValueError, OSError, RuntimeError)


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
    where = f"{where} ({path.name})" if where else path.name
    if kind == "GeoPackage":
        frame = _read_geopackage(path, layer, where)
    else:
        if layer is not None and layer != path.stem and kind != "GeoJSON":
            raise InputError(f"{where}: there is no layer {layer!r}; a {kind} file holds one layer, {path.stem!r}.")
        read = {"GeoParquet": _read_parquet, "GeoJSON": _read_geojson, "Shapefile": _read_shapefile, "FlatGeobuf": _read_flat}
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


def repair_geometry(frame: gpd.GeoDataFrame, *, layer: str, ids: Iterable[Any]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Layer with valid flat geometries only, and a remark for every row that was repaired or set aside.

    Parameters
    ----------
    frame
        Layer in its own coordinates.
    layer
        Name for the remarks.
    ids
        Object id of every row, for the remarks.

    Returns
    -------
    tuple
        The rows that can be used, in their order, and remarks: attribute ``geometry`` for a repaired row, empty for a row set
        aside (nothing there, not finite, or nothing left after repair).

    Examples
    --------
    >>> bow_tie = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
    >>> mended, notes = repair_geometry(gpd.GeoDataFrame(geometry=[bow_tie, None]), layer="bays", ids=["P-1", "P-2"])
    >>> mended.geometry.geom_type.tolist(), mended.area.tolist()
    (['MultiPolygon'], [2.0])
    >>> notes[["object_id", "attribute", "reason"]].to_numpy().tolist()
    [['P-1', 'geometry', 'repaired: self-intersection'], ['P-2', '', 'no geometry that can be read']]
    """
    names = np.asarray(pd.Index(ids).astype(str), dtype=object)
    geometry = shapely.force_2d(np.asarray(frame.geometry.values))
    notes = []

    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    notes.append(remarks(layer, names[absent], reason="no geometry that can be read"))
    coordinates, rows = shapely.get_coordinates(geometry, return_index=True)
    infinite = np.isin(np.arange(len(geometry)), rows[~np.isfinite(coordinates).all(axis=1)]) & ~absent
    notes.append(remarks(layer, names[infinite], reason="coordinates are not finite"))

    usable = ~absent & ~infinite
    broken = np.flatnonzero(usable & ~shapely.is_valid(geometry))
    why = np.array([text.partition("[")[0].strip().lower() for text in shapely.is_valid_reason(geometry[broken])], dtype=object)
    before = shapely.get_dimensions(geometry)
    geometry[broken] = _valid(geometry[broken])
    collections = np.flatnonzero(usable & (shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION))
    geometry[collections] = [_widest_parts(collection) for collection in geometry[collections]]

    lost = usable & (~shapely.is_valid(geometry) | shapely.is_empty(geometry) | (shapely.get_dimensions(geometry) < before))
    gone = lost[broken]
    notes += [
        remarks(layer, names[broken[(why == reason) & ~gone]], "geometry", reason=f"repaired: {reason}")
        for reason in sorted(set(why[~gone]))
    ]
    notes.append(remarks(layer, names[broken[gone]], raw=why[gone], reason="nothing is left of the geometry after repair"))
    mixed = np.setdiff1d(collections, broken)
    notes.append(
        remarks(layer, names[mixed], "geometry", reason="repaired: only the widest parts of a mixed collection are used")
    )

    kept = frame.copy()
    kept[frame.geometry.name] = gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)
    return kept[usable & ~lost], all_remarks(notes)


def _valid(broken: np.ndarray) -> np.ndarray:
    """The same surfaces and lines, valid; from their lines alone where GEOS leaves a flaw in their structure."""
    valid = np.asarray(shapely.make_valid(broken, method="structure", keep_collapsed=False), dtype=object)
    still = ~shapely.is_valid(valid)
    valid[still] = shapely.make_valid(valid[still], method="linework")
    return valid


def _widest_parts(collection: shapely.Geometry) -> shapely.Geometry:
    """Parts of the highest dimension of a collection, as one geometry."""
    parts = shapely.get_parts(collection)
    while (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts = shapely.get_parts(parts)
    parts = shapely.get_parts(parts)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == shapely.get_dimensions(parts).max(initial=-1)])


def _plain_file(path: Path) -> tuple[Path, str]:
    """Resolved path and format of a file whose name and first bytes agree."""
    text = str(path)
    if re.match(r"(/vsi|[A-Za-z][\w+.-]+:/)", text):
        raise InputError(f"{text}: only plain files on this computer are read; save a copy and give its path.")
    path = Path(path)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise InputError(f"{text}: {what}.")
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
        with closing(_connect(file)) as connection:
            try:
                flaw = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                rows = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608  (quoted identifier)
            except sqlite3.Error as error:
                raise _damaged(where, error) from error
        if flaw != "ok":
            raise _damaged(where, flaw)
        try:
            frame = _read_ogr(file, where, layer=name)
        except NotImplementedError:
            # Curves: only the slower way makes them straight. Asked in SQL, it does not believe the file's own count.
            frame = _read_ogr(file, where, layer=name, sql=f"SELECT * FROM {quoted}")  # noqa: S608
    if len(frame) != rows:
        raise _damaged(where, f"the table has {rows} rows, but {len(frame)} could be read")
    return frame


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
    except sqlite3.Error as error:
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
        info = pyogrio.read_info(source, layer=layer, encoding=encoding)
        with np.errstate(invalid="ignore"):  # coordinates that are not numbers are set aside later, with their id
            frame = pyogrio.read_dataframe(source, layer=None if sql else layer, sql=sql, on_invalid="ignore", **options)
        for column in frame.select_dtypes("str"):
            frame[column].to_numpy(dtype=object)  # the text of a column is decoded only here
    except NotImplementedError:
        raise
    except _DAMAGE as error:
        raise _damaged(where, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{where}: the layer has no geometry.")
    for column, dtype in zip(info["fields"], info["dtypes"], strict=True):
        if dtype.startswith("int") and frame[column].dtype.kind == "f":
            frame[column] = frame[column].astype("Int64")
        elif dtype == "bool" and frame[column].dtype.kind == "f":
            frame[column] = frame[column].astype("boolean")
        elif dtype == "datetime64[D]" and frame[column].dtype.kind == "M":
            frame[column] = frame[column].dt.date.astype(object).where(frame[column].notna(), None)
    return frame


def _read_flat(path: Path, where: str) -> gpd.GeoDataFrame:
    with _readable(path) as file:
        return _read_ogr(file, where)


def _read_parquet(path: Path, where: str) -> gpd.GeoDataFrame:
    try:
        with path.open("rb") as file:
            frame = gpd.read_parquet(file, to_pandas_kwargs={"types_mapper": _nullable})
    except (*_DAMAGE, TypeError, KeyError) as error:
        raise _damaged(where, error) from error
    names = [name for name in frame.index.names if name is not None]
    return frame.reset_index(names or None, drop=not names)


def _read_geojson(path: Path, where: str) -> gpd.GeoDataFrame:
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"), object_hook=_without_links)
    except InputError as error:
        raise InputError(f"{where}: {error.message}") from None
    except (ValueError, RecursionError) as error:
        raise _damaged(where, error) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise InputError(f"{where}: this is JSON, but not a GeoJSON FeatureCollection; export the layer as GeoJSON.")
    # What was checked is what is read: a name given twice, for one, may mean something else to another reader.
    frame = _read_ogr(json.dumps(document, ensure_ascii=False).encode("utf-8"), where)
    if len(frame) != len(features):
        raise _damaged(where, f"the file has {len(features)} features, but {len(frame)} could be read")
    return frame


def _without_links(node: dict[str, Any]) -> dict[str, Any]:
    """A JSON object as it is, unless its coordinate system is a link, which the reader would follow."""
    system = node.get("crs")
    if isinstance(system, dict):
        properties = system.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        if system.get("type") != "name" or not isinstance(name, str) or not _CRS_NAME.fullmatch(name):
            raise InputError("its coordinate system is a link or unknown; write a name such as urn:ogc:def:crs:EPSG::31370.")
    return node


def _read_shapefile(path: Path, where: str) -> gpd.GeoDataFrame:
    found = shapefile.examine(path)
    if found.flaw:
        raise _damaged(where, found.flaw)
    with _readable(path) as file:
        frame = _read_ogr(file, where, encoding=found.encoding)
    if len(frame) != found.rows:
        raise _damaged(where, f"the .dbf has {found.rows} rows, but {len(frame)} could be read")
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
    if frame.crs is None:
        return frame
    crs = registered(frame.crs)
    # "Undefined" is how GDAL writes that there is none.
    return frame.set_crs(None if crs.is_engineering else crs, allow_override=True)


def _damaged(where: str, detail: object) -> InputError:
    return InputError(f"{where}: the file is damaged and nothing of it is used ({detail}). Ask for a new copy.")
