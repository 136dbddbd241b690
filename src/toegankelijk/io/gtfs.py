"""GTFS: stops, stations, entrances and the ways inside stations, from the zip archive of a public transport operator.

Only ``stops.txt`` and ``pathways.txt`` are unpacked; the timetable of a whole country stays packed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.errors import InputError
from toegankelijk.io import archives
from toegankelijk.io.coordinates import DEGREES, read_numbers
from toegankelijk.io.delimited import read_delimited

LOCATIONS = {"stops": "0", "stations": "1", "entrances": "2"}
"""Layer to its ``location_type``; empty is 0. Nodes (3) and boarding areas (4) only serve as ends of pathways."""

MOST_PARENTS = 3
"""Steps from a location up to its station: boarding area, platform, station, and one to spare."""


def fits(names: Sequence[str]) -> bool:
    """Whether an archive with these members is GTFS: ``stops.txt`` stands in its root, or in one folder.

    Examples
    --------
    >>> fits(["agency.txt", "stops.txt", "stop_times.txt"]), fits(["notes/old/stops.txt"])
    (True, False)
    """
    return _member(names, "stops.txt") is not None


def list_layers(path: Path) -> list[str]:
    """Names of the layers: ``stops``, and ``stations``, ``entrances`` and ``pathways`` where the operator gives them."""
    stops, pathways = _tables(path, path.name)
    found = [name for name, code in LOCATIONS.items() if name == "stops" or (stops["location_type"] == code).any()]
    return [*found, *(["pathways"] if pathways is not None and len(pathways) else [])]


def read_layer(path: Path, *, layer: str | None = None, where: str = "") -> gpd.GeoDataFrame:
    """One layer of a GTFS archive.

    Parameters
    ----------
    path
        The zip archive.
    layer
        ``stops`` (if not said), ``stations``, ``entrances`` or ``pathways``.
    where
        What the layer is for, for messages.

    Returns
    -------
    GeoDataFrame
        In longitude and latitude, with all columns of the file as text. Of locations, ``wheelchair_boarding_own`` is what the
        file says, and ``wheelchair_boarding`` what holds: where it says 0 or nothing, that of the parent station, if there is
        one. ``wheelchair_path`` is the same where a location lies in a station, as only there GTFS means the whole way from the
        street; of a stop at the roadside 1 says that some vehicles can be boarded. Pathways are straight lines between their
        ends, which is not how people walk, and have no geometry where the ends lie at one place (a lift); their ``steps`` are
        ``stair_count`` without the sign that says up or down.

    Raises
    ------
    InputError
        The archive is damaged or too large, lacks a column or the layer, or a table is not as it should be.
    """
    where = where or path.name
    stops, pathways = _tables(path, where)
    layer = layer or "stops"
    if layer == "pathways" and pathways is not None:
        return _lines(pathways, stops)
    if layer not in LOCATIONS:
        there = ", ".join(repr(name) for name in list_layers(path))
        raise InputError(f"{where}: there is no layer {layer!r}. Layers in the archive: {there}.")
    located = _with_inheritance(stops)
    chosen = (located["location_type"] == LOCATIONS[layer]).to_numpy()
    rows = located[chosen].reset_index(drop=True)
    return gpd.GeoDataFrame(rows, geometry=_points(rows), crs=DEGREES)


def _member(names: Sequence[str], wanted: str) -> str | None:
    """Full name of a file of the feed, in the root or in the one folder that holds all."""
    found = [name for name in names if PurePosixPath(name).name == wanted and len(PurePosixPath(name).parts) <= 2]
    return min(found, key=len) if len(found) == 1 or wanted in found else None


def _tables(path: Path, where: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Locations with the columns that are needed, and pathways if there are any."""
    names = archives.list_members(path)
    stops_name, pathways_name = (_member(names, file) for file in ("stops.txt", "pathways.txt"))
    if stops_name is None:
        raise InputError(f"{where}: is no GTFS archive: there is no stops.txt in it.")
    with archives.unpack(path, lambda name: name in (stops_name, pathways_name)) as folder:
        stops = _table(folder / stops_name, f"{where}/stops.txt", ("stop_id", "stop_lat", "stop_lon"))
        wanted = ("pathway_id", "from_stop_id", "to_stop_id", "pathway_mode")
        pathways = _table(folder / pathways_name, f"{where}/pathways.txt", wanted) if pathways_name else None
    for column in ("location_type", "parent_station", "wheelchair_boarding"):
        if column not in stops:
            stops[column] = pd.array([None] * len(stops), dtype="str")
    stops["location_type"] = stops["location_type"].fillna("0")
    return stops, pathways


def _table(path: Path, where: str, needed: Sequence[str]) -> pd.DataFrame:
    table = read_delimited(path, where=where)
    if lacking := [column for column in needed if column not in table]:
        raise InputError(f"{where}: lacks the columns {', '.join(lacking)}.")
    return table


def _with_inheritance(stops: pd.DataFrame) -> pd.DataFrame:
    """Locations with ``wheelchair_boarding`` of their parent where their own says nothing."""
    own = stops["wheelchair_boarding"].where(stops["wheelchair_boarding"] != "0")
    told = pd.Series(own.to_numpy(dtype=object), stops["stop_id"])
    parents = pd.Series(stops["parent_station"].to_numpy(dtype=object), stops["stop_id"])
    unique = ~told.index.duplicated()
    told, parents = told[unique], parents[unique]
    above = pd.Series(stops["parent_station"].to_numpy(dtype=object), stops.index)
    resolved = own.astype("object")
    for _ in range(MOST_PARENTS):
        resolved = resolved.where(resolved.notna(), above.map(told))
        above = above.map(parents)
    resolved = resolved.where(resolved.notna(), "0").astype("str")
    inside = stops["parent_station"].isin(stops["stop_id"])
    return stops.assign(
        wheelchair_boarding_own=stops["wheelchair_boarding"],
        wheelchair_boarding=resolved,
        wheelchair_path=resolved.where(inside),
    )


def _points(stops: pd.DataFrame) -> np.ndarray:
    """Places of locations; 0 and 0 is how programs write that there is none."""
    x, y = (read_numbers(stops[column], degrees=True) for column in ("stop_lon", "stop_lat"))
    there = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    points = np.full(len(stops), None, dtype=object)
    points[there] = shapely.points(x[there], y[there])
    return points


def _lines(pathways: pd.DataFrame, stops: pd.DataFrame) -> gpd.GeoDataFrame:
    """Pathways as straight lines between the locations that they join."""
    places = pd.Series(_points(stops), stops["stop_id"])
    places = places[~places.index.duplicated()]
    ends = [pathways[column].map(places).to_numpy(dtype=object) for column in ("from_stop_id", "to_stop_id")]
    there = ~shapely.is_missing(ends[0]) & ~shapely.is_missing(ends[1])
    there[there] = ~shapely.equals(ends[0][there], ends[1][there])
    lines = np.full(len(pathways), None, dtype=object)
    corners = np.stack([shapely.get_coordinates(end[there]) for end in ends], axis=1)
    lines[there] = shapely.linestrings(corners)
    steps = pathways["stair_count"].str.removeprefix("-") if "stair_count" in pathways else pd.Series(None, pathways.index)
    return gpd.GeoDataFrame(pathways.assign(steps=steps.astype("str")), geometry=lines, crs=DEGREES)
