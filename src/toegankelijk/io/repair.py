"""Geometries that can be used: valid, flat and finite, with a remark for every one that was repaired or set aside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.schema import all_remarks, remarks


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
