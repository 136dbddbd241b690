"""Whether layers lie where the city is: what lies elsewhere reads as "outside all zones", and so as no bottleneck.

A layer with a wrong label or with x and y swapped often lies in the right country still. So it is held against the zones, and
refused where another reading of the same coordinates lies right among them.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk.errors import CrsError

NEAR = 10_000.0
"""Metres from the zones within which a layer is taken to be of this city."""

FAR = 50_000.0
"""Metres from the zones beyond which nothing is of this city."""


def check_layers(raw: Mapping[str, gpd.GeoDataFrame], placed: Mapping[str, np.ndarray], zones: gpd.GeoSeries) -> None:
    """Refuse layers that lie away from all zones, and would lie among them if their coordinates were read in another way.

    Parameters
    ----------
    raw
        Name of a layer to the layer as delivered, in its own coordinate system.
    placed
        The same names to the geometries in the run's coordinate system.
    zones
        Outlines of the zones.

    Raises
    ------
    CrsError
        All such layers with their distance, and the reading that fits; also those of which all lies beyond `FAR`.
    """
    problems = []
    around = shapely.box(*zones.total_bounds)
    for name, shapes in placed.items():
        if not len(shapes):
            continue
        nearest = float(shapely.distance(shapes, around).min())
        if nearest <= NEAR:
            continue
        fitting = _reading(raw[name], around, zones.crs)
        where = f"{name}: all {len(shapes)} features lie {nearest / 1000:.0f} km or more from the zones"
        if fitting:
            problems.append(f"{where}, and among them {fitting}")
        elif nearest > FAR:
            problems.append(f"{where}; is this the file of another place, or are the zones?")
    if problems:
        raise CrsError("layers do not lie where the zones are: correct the coordinates or the labels of the files", problems)


def astray(shapes: np.ndarray, zones: gpd.GeoSeries) -> np.ndarray:
    """Which geometries reach beyond `FAR` from the zones, though most of their layer does not; none if most do."""
    left, bottom, right, top = zones.total_bounds
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    low, high = np.array([left, bottom]) - FAR, np.array([right, top]) + FAR
    away = ((bounds[:, :2] < low) | (bounds[:, 2:] > high)).any(axis=1)
    swapped = _is_near(_swapped(shapes), zones) & ~_is_near(shapes, zones)
    away |= swapped
    return away if away.sum() * 2 < len(away) else np.zeros(len(away), dtype=bool)


def _is_near(shapes: np.ndarray, zones: gpd.GeoSeries) -> np.ndarray:
    near: np.ndarray = shapely.distance(shapes, shapely.box(*zones.total_bounds)) <= NEAR
    return near


def _swapped(shapes: np.ndarray) -> np.ndarray:
    swapped: np.ndarray = shapely.transform(shapes, lambda points: points[:, ::-1])
    return swapped


def _reading(frame: gpd.GeoDataFrame, around: shapely.Geometry, target: CRS) -> str:
    """How the coordinates of a layer have to be read to lie near the zones; empty if no usual way does."""
    known = systems.parse(frame.crs, where="layer")
    bounds = shapely.bounds(frame.geometry.to_numpy())
    x, y = np.nanmedian((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    for swapped in (False, True):
        for code in dict.fromkeys([systems.label(known), *systems.USUAL]):
            if not swapped and code == systems.label(known):
                continue
            point = shapely.Point(y, x) if swapped else shapely.Point(x, y)
            there = _moved(point, known if code == systems.label(known) else code, target)
            if there is not None and shapely.distance(there, around) <= NEAR:
                system = "" if code == systems.label(known) else f" in {code}"
                return f"with x and y swapped{system}" if swapped else f"if read in {code}"
    return ""


def _moved(point: shapely.Point, crs: object, target: CRS) -> shapely.Geometry | None:
    """A point in another coordinate system; nothing if it has no place there."""
    frame = gpd.GeoDataFrame(geometry=[point], crs=crs)
    try:
        return None if systems.strays(frame).any() else systems.transform(frame, target)[0].geometry.iloc[0]
    except CrsError:
        return None
