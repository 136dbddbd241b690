"""GeoPackages that this package writes: whole or not at all, the same bytes every time, and version 1.3 for QGIS.

A file is built under another name in the same folder, counted and checked, and then takes the place of the old one in one
step. Whatever goes wrong on the way (no space, a crash, a lock), the old file is still there.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from toegankelijk.errors import ConfigError, InputError

VERSION = "1.3"
"""QGIS before 3.28 and its contemporaries only partly know 1.4, which would be the default."""

_DATE = "2000-01-01T00:00:00.000Z"
"""Date of change in every file: the true one would make two equal outcomes differ. Runs and rows carry their own dates."""

_FORBIDDEN = ("geom", "rowid")


def write_layers(
    path: Path, layers: Mapping[str, gpd.GeoDataFrame], *, finish: Callable[[sqlite3.Connection], None] | None = None
) -> None:
    """Write a GeoPackage 1.3 with these layers and no others; the same layers give the same bytes.

    Parameters
    ----------
    path
        File to make or to replace, ending in ``.gpkg``; its folder must exist.
    layers
        Name to layer. A named index becomes the first column. An empty layer keeps its columns and their types; its geometry
        type is that of ``layer.attrs["geometry_type"]`` ("Point", "LineString", "Polygon" ...) if that is given.
    finish
        Called with a connection to the file once all layers are in it, to add tables of the standard's extensions.

    Raises
    ------
    ConfigError
        The path or a layer cannot be written; all problems at once.
    InputError
        The old file is open in another program, or the new one does not hold what was written (disk full). The old file stays.
    """
    tables = {name: _with_one_type(_with_index(frame)) for name, frame in layers.items()}
    problems = [problem for name, frame in tables.items() for problem in _problems(name, frame) + _mixed_columns(name, frame)]
    if not layers:
        problems.append("there is no layer to write")
    if problems:
        raise ConfigError(f"{path}: cannot be written.", problems)
    with _replacing(Path(path), {name: len(frame) for name, frame in tables.items()}) as draft, _fixed_date():
        for name, frame in tables.items():
            pyogrio.write_dataframe(
                frame,
                draft,
                layer=name,
                driver="GPKG",
                geometry_type=_geometry_type(frame),
                append=draft.exists(),
                use_arrow=True,
                dataset_options={} if draft.exists() else {"VERSION": VERSION},
                layer_options={"GEOMETRY_NAME": "geom", "FID": _fid_name(frame), "SPATIAL_INDEX": "YES"},
            )
        if finish is not None:
            with closing(sqlite3.connect(draft)) as connection:
                finish(connection)
                connection.commit()


@contextmanager
def _replacing(path: Path, rows: Mapping[str, int]) -> Iterator[Path]:
    """Name to write to; the file there replaces `path` if it is sound and has the given number of rows per layer."""
    path = Path(os.path.realpath(path))  # through a link, the file itself is replaced and the link stays
    if path.suffix.lower() != ".gpkg":
        raise ConfigError(f"{path}: the name of a GeoPackage ends in .gpkg.")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it first.")
    check_free(path)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
            draft = Path(folder) / "draft.gpkg"
            yield draft
            _check_draft(draft, rows)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            check_free(path)
            draft.replace(path)
    except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:
        if isinstance(error, (ConfigError, InputError)):
            raise
        raise InputError(
            f"{path}: could not be written and is as it was ({error}). Is the disk full, or the folder closed?"
        ) from error


def check_free(path: Path) -> None:
    """Refuse to replace a file that another program has open: its unsaved edits would be lost, or spoil the new file."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    message = f"{path}: is open in another program. Save and close it there (in QGIS: remove its layers), and run again."
    if not path.is_file():
        raise ConfigError(f"{path}: is not a file.")
    if any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-journal")):
        raise InputError(message)
    with path.open("rb") as file:
        head = file.read(20)
    if not head.startswith(b"SQLite format 3\0"):
        raise ConfigError(f"{path}: is not a GeoPackage, so it is not overwritten; choose another name.")
    if head[18] == 2:
        return  # in write-ahead mode whoever has it open shows by the file beside it
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise InputError(message) from error
            raise InputError(f"{path}: is damaged or may not be written ({error}); move it away, or free it.") from error


def _check_draft(draft: Path, rows: Mapping[str, int]) -> None:
    """Count what was written: a writer that runs out of space does not always say so."""
    if not draft.is_file():
        raise InputError("Nothing was written.")
    with closing(sqlite3.connect(draft)) as connection:
        flaw = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if flaw != "ok":
            raise OSError(f"what was written is damaged: {flaw}")
        for layer, expected in rows.items():
            written = connection.execute(f"SELECT count(*) FROM {_quoted(layer)}").fetchone()[0]  # noqa: S608  (quoted)
            if written != expected:
                raise OSError(f"{written} of {expected} rows of {layer!r} were written")


@contextmanager
def _fixed_date() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _with_index(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names = [name for name in frame.index.names if name is not None]
    return frame.reset_index(names or None, drop=not names)


def _problems(layer: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Why a layer cannot be written."""
    problems = (
        [] if layer and not layer.lower().startswith(("gpkg", "sqlite_", "rtree_")) else [f"layer {layer!r}: choose another name"]
    )
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    folded = [column.casefold() for column in columns]
    problems += [
        f"layer {layer!r}: columns whose names differ only in capitals: {column!r}"
        for column, name in zip(columns, folded, strict=True)
        if folded.count(name) > 1
    ]
    problems += [f"layer {layer!r}: the name of column {name!r} is taken; rename it" for name in folded if name in _FORBIDDEN]
    return problems


def _mixed_columns(layer: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Columns that hold values of several kinds, such as text and numbers."""
    import pyarrow as pa

    problems = []
    for column in (name for name, dtype in frame.dtypes.items() if isinstance(dtype, np.dtype) and dtype.kind == "O"):
        try:
            pa.Array.from_pandas(frame[column])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            problems.append(f"layer {layer!r}: column {column!r} holds values of several kinds ({error})")
    return problems


def _with_one_type(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer in which single geometries are Multi ones if others are, as a layer of one type has to be."""
    if not _geometry_type(frame).startswith("Multi"):
        return frame
    geometry = frame.geometry.to_numpy().copy()
    makers = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}
    for kind, make in makers.items():
        single = (frame.geometry.geom_type == kind).to_numpy()
        geometry[single] = make(geometry[single], indices=np.arange(single.sum()))
    frame = frame.copy()
    frame[frame.geometry.name] = gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)
    return frame


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    """The one type of a layer, its Multi type if both occur, else "Unknown" (any)."""
    present = frame.geometry[~shapely.is_missing(frame.geometry.values)]
    kinds = set(present.geom_type)
    if not kinds:
        return str(frame.attrs.get("geometry_type", "Unknown"))
    single = {kind.removeprefix("Multi") for kind in kinds}
    if len(single) > 1 or single & {"LinearRing", "GeometryCollection"}:
        return "Unknown"
    kind = f"Multi{single.pop()}" if len(kinds) > 1 else kinds.pop()
    return f"{kind} Z" if bool(present.has_z.any()) else kind


def _fid_name(frame: gpd.GeoDataFrame) -> str:
    """Name of the row number; a layer may have a ``fid`` of its own, which is not one."""
    names = {str(column).casefold() for column in frame.columns}
    return next(name for name in ("fid", "row", "row_number_") if name not in names)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
