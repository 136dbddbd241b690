"""Records that web services answer in JSON: open-data portals (Opendatasoft), and the stops of De Lijn.

An answer often holds one page of a longer list. That is told (``attrs["partial"]``): what such a layer does not show may still be
there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.errors import InputError

MOST_BYTES = 1 << 28
"""Bytes of an answer; a longer list is given as GeoJSON or GeoPackage."""

DEGREES = "EPSG:4326"
"""Coordinate system of all these answers."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class _Answer:
    """Records of an answer, as fields and as geometries in GeoJSON; ``total`` is how many the service says there are."""

    fields: Sequence[Record]
    geometries: Sequence[object]
    total: int


def fits(document: object) -> bool:
    """Whether a JSON document is an answer with records.

    Examples
    --------
    >>> fits({"total_count": 0, "results": []}), fits({"type": "FeatureCollection", "features": []})
    (True, False)
    """
    return _reader(document) is not None


def load(path: Path, *, where: str = "") -> object:
    """JSON document of an existing file; an `InputError` if it is too large or no JSON."""
    where = where or path.name
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{where}: larger than {MOST_BYTES >> 20} MiB; give a list of this size as GeoPackage.")
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: the file is damaged and nothing of it is used ({error}). Ask for a new copy.") from error


def read_records(document: object, *, where: str) -> gpd.GeoDataFrame:
    """Records of an answer, each at its place.

    Parameters
    ----------
    document
        An answer of the records API of Opendatasoft (versions 1 and 2) or an export of it, or stops as De Lijn's API gives them.
    where
        What it is for, for messages.

    Returns
    -------
    GeoDataFrame
        A column per field, in longitude and latitude; a list is joined by ``|``, and an empty list is missing. A record without a
        place has no geometry. Of a stop, ``halte_id`` is ``entiteitnummer-haltenummer``. ``attrs["partial"]`` holds how many
        records there are and how many the service has, where the answer holds only part of them; those left are also counted as
        ``attrs["not_selected"]``.

    Raises
    ------
    InputError
        The document holds no such records.
    """
    read = _reader(document)
    if read is None:
        raise InputError(
            f"{where}: this is JSON, but neither a GeoJSON FeatureCollection nor a list of records that is known; export the "
            "layer as GeoJSON."
        )
    answer = read(document)
    table = pd.DataFrame(to_columns(answer.fields), index=range(len(answer.fields)))
    if "geometry" in table:
        raise InputError(f"{where}: a field that is not the geometry is called 'geometry'; rename it.")
    texts = np.array([json.dumps(one) if isinstance(one, dict) else None for one in answer.geometries], dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=shapely.from_geojson(texts, on_invalid="ignore"), crs=DEGREES)
    if answer.total > len(frame):
        frame.attrs.update(partial=(len(frame), answer.total), not_selected=answer.total - len(frame))
    return frame


def to_columns(rows: Sequence[Record]) -> dict[str, Any]:
    """Columns of records whose fields may differ: whole numbers and truth values with gaps stay so, other mixtures become text.

    Examples
    --------
    >>> columns = to_columns([{"n": 1, "tags": ["a", "b"]}, {"n": None, "tags": []}])
    >>> columns["n"].tolist(), columns["tags"].tolist()
    ([1, <NA>], ['a|b', nan])
    """
    names = dict.fromkeys(chain.from_iterable(rows))
    return {str(name): to_column([row.get(name) for row in rows]) for name in names}


def to_column(values: Sequence[Any]) -> Any:
    """Values as a column of the one type that they have, else as text; nothing, blank text and empty lists are missing."""
    cells = [_cell(value) for value in values]
    types = {type(cell) for cell in cells if cell is not None}
    if types == {bool}:
        return pd.array(cells, dtype="boolean" if None in cells else "bool")
    large = any(isinstance(cell, int) and abs(cell) >= 1 << 63 for cell in cells)
    if types == {int} and not large:
        return pd.array(cells, dtype="Int64" if None in cells else "int64")
    if float in types and types <= {int, float} and not large:
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    if types <= {str, bool, int, float}:
        return pd.array([cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells], dtype="str")
    return np.array(cells, dtype=object)


def _cell(value: Any) -> Any:
    """A value as a cell; lists joined by ``|``, objects as JSON."""
    if isinstance(value, list | tuple):
        parts = [_cell(part) for part in value]
        value = "|".join(str(part) for part in parts if part is not None)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, str):
        return value.strip() or None
    return value


def _reader(document: object) -> Callable[[Any], _Answer] | None:
    """Function that reads a document of this form, if there is one."""
    if isinstance(document, dict):
        if _are_objects(document.get("haltes")):
            return _stops
        if _are_objects(document.get("results")) or _are_objects(document.get("records")):
            return _portal
        return _stops if "haltenummer" in document and "geoCoordinaat" in document else None
    if isinstance(document, list) and document and _are_objects(document):
        keys = set().union(*document)
        if {"haltenummer", "geoCoordinaat"} <= keys:
            return _stops
        return _portal if keys & {"geo_point_2d", "geo_shape"} or {"recordid", "fields"} <= keys else None
    return None


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _portal(document: Any) -> _Answer:
    """Records of Opendatasoft: ``records`` with their ``fields`` (version 1 and 2.0), or plain ``results`` (2.1, exports)."""
    answer = document if isinstance(document, dict) else {}
    records = document if isinstance(document, list) else answer.get("results") or answer.get("records") or []
    fields, geometries = [], []
    for given in records:
        record = given["record"] if isinstance(given.get("record"), dict) else given
        own = record["fields"] if isinstance(record.get("fields"), dict) else record
        key = {"recordid": record.get("recordid", record.get("id"))} if own is not record else {}
        fields.append({**key, **{name: value for name, value in own.items() if name not in ("geo_shape", "geo_point_2d")}})
        geometries.append(_shape(own.get("geo_shape")) or _shape(record.get("geometry")) or _point(own.get("geo_point_2d")))
    total = answer.get("total_count", answer.get("nhits", len(fields)))
    return _Answer(fields, geometries, total if isinstance(total, int) else len(fields))


def _shape(value: object) -> object:
    """Geometry of a field that holds one, or a whole GeoJSON feature."""
    if isinstance(value, dict) and isinstance(value.get("geometry"), dict):
        return value["geometry"]
    return value if isinstance(value, dict) and "coordinates" in value else None


def _point(value: object) -> object:
    """A point as portals write it: latitude first, or by name."""
    if isinstance(value, dict):
        return _as_point(value.get("lon"), value.get("lat"))
    return _as_point(value[1], value[0]) if isinstance(value, list) and len(value) == 2 else None


def _stops(document: Any) -> _Answer:
    """Stops of De Lijn's API; what service they get and links are left out."""
    answer = document if isinstance(document, dict) else {}
    stops = document if isinstance(document, list) else answer.get("haltes", [document])
    fields, geometries = [], []
    for stop in stops:
        key = "-".join(str(stop[part]) for part in ("entiteitnummer", "haltenummer") if stop.get(part) not in (None, ""))
        classes = stop.get("halteToegankelijkheden")
        held = sorted({str(one) for one in classes}) if isinstance(classes, list) else classes
        others = {name: value for name, value in stop.items() if name not in ("geoCoordinaat", "links")}
        fields.append({"halte_id": key, **others, "halteToegankelijkheden": held})
        place = stop.get("geoCoordinaat")
        geometries.append(_as_point(place.get("longitude"), place.get("latitude")) if isinstance(place, dict) else None)
    total = answer.get("aantalHits", len(fields))
    return _Answer(fields, geometries, total if isinstance(total, int) else len(fields))


def _as_point(longitude: object, latitude: object) -> object:
    """GeoJSON point; nothing if a number is missing, or both are 0 as programs write where there is none."""
    if not (isinstance(longitude, int | float) and isinstance(latitude, int | float)) or (longitude == 0 and latitude == 0):
        return None
    return {"type": "Point", "coordinates": [longitude, latitude]}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
