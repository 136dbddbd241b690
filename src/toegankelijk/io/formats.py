"""Which reader reads what: one door for every source that a city can name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd

from toegankelijk.errors import InputError, ToegankelijkError
from toegankelijk.io import archives, vector

DELIMITED = (".csv", ".tsv", ".txt")
"""Endings of tables in text."""


def list_source(path: Path) -> list[str]:
    """Names of the layers of a file, whatever its format; an `InputError` if it cannot be read."""
    path = Path(path)
    ending = path.suffix.lower()
    if ending == ".zip":
        names: list[str] = _archive(path).list_layers(path)
        return names
    return [path.stem] if ending in DELIMITED else vector.list_layers(path)


def read_source(
    path: Path,
    *,
    layer: str | None = None,
    where: str = "",
    coordinates: Sequence[str] | None = None,
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """One layer of a file, whole, as it was delivered.

    Parameters
    ----------
    path
        An existing plain file: a vector file, a table in text with coordinates, records that a web service answered in JSON, or a
        zip archive with BGT/IMGeo, GTFS, OpenSidewalks or vector files.
    layer
        Name of the layer; needed when the file holds several.
    where
        What the layer is for, for messages; the name of the file if not given.
    coordinates
        Columns with x and y, or the one column with well-known text, of a table in text.
    crs
        Coordinate system of a file that does not say it itself.

    Raises
    ------
    InputError
        The file is missing, something else than it says, damaged, has no such layer, or says another coordinate system.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if coordinates is not None and ending not in DELIMITED:
        raise InputError(
            f"{where or path.name}: `coordinates` names columns of a table in text; this file has geometry of its own."
        )
    with refusing(where or path.name):
        if ending in DELIMITED:
            from toegankelijk.io.delimited import read_points

            return read_points(path, coordinates=coordinates, crs=crs, where=where)
        frame = _records(path, where or path.name) if ending == ".json" else None
        if frame is None:
            reader = _archive(path) if ending == ".zip" else vector
            frame = reader.read_layer(path, layer=layer, where=where)
        return _with_crs(frame, crs, where or path.name)


@contextmanager
def refusing(where: str) -> Iterator[None]:
    """Refuse a file of which a reader makes something that nobody foresaw: damage has no end of forms."""
    try:
        yield
    except (ToegankelijkError, MemoryError):
        raise
    except Exception as error:
        detail = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InputError(
            f"{where}: could not be read, for a reason nobody foresaw ({detail}). Nothing of it is used; please report this."
        ) from error


def read_rows(path: Path, *, layer: str | None = None, where: str = "") -> pd.DataFrame:
    """Rows of a table without their geometry, if it has one."""
    path = Path(path)
    if path.suffix.lower() in DELIMITED:
        from toegankelijk.io.delimited import read_delimited

        return read_delimited(path, where=where)
    frame = read_source(path, layer=layer, where=where)
    return pd.DataFrame(frame.drop(columns=frame.geometry.name))


def _with_crs(frame: gpd.GeoDataFrame, crs: str | None, where: str) -> gpd.GeoDataFrame:
    if crs is None:
        return frame
    from toegankelijk import crs as systems

    said = systems.parse(crs, where=where)
    if frame.crs is not None and systems.parse(frame.crs, where=where) != said:
        raise InputError(
            f"{where}: the file says {systems.label(frame.crs)} and city.toml says {systems.label(said)}; "
            "leave out `crs`, or mend the file."
        )
    return frame.set_crs(said, allow_override=True)


def _records(path: Path, where: str) -> gpd.GeoDataFrame | None:
    """Records of a JSON file that is no GeoJSON; nothing if it is GeoJSON, or no file."""
    from toegankelijk.io import records

    try:
        document = records.load(path, where=where) if path.is_file() else None
    except OSError:
        return None
    if document is None or (isinstance(document, dict) and document.get("type") == "FeatureCollection"):
        return None
    return records.read_records(document, where=where)


def _archive(path: Path):  # type: ignore[no-untyped-def]  # a module is a value here
    """Module that reads this archive, known by the names in it."""
    from toegankelijk.io import bgt, gtfs, opensidewalks, zipped

    names = archives.list_members(path)
    return next((module for module in (bgt, gtfs, opensidewalks) if module.fits(names)), zipped)
