"""Whether layers lie where the city is: what lies elsewhere reads as "outside all zones", and so as no bottleneck.

A layer with a wrong label or with x and y swapped often lies in the right country still. So it is held against the zones, and
refused where another reading of the same coordinates lies right among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk.errors import CrsError

NEAR = 10_000.0
"""Metres from the city within which a layer is taken to be of it."""

BESIDE = 1_000.0
"""Metres from the city within which a layer may lie that has nothing in it, such as buildings beside small zones; a proposal."""

FAR = 50_000.0
"""Metres from the city beyond which nothing is of it."""


@dataclass(frozen=True)
class Place:
    """Where the city is: a box in the run's coordinate system, and what lies there, for messages."""

    box: shapely.Geometry
    crs: CRS
    name: str = "the zones"


def find_place(zones: gpd.GeoDataFrame, layers: Mapping[str, np.ndarray]) -> Place:
    """Where the city is: where its zones are, or, if nobody gave these, most of its largest layer."""
    if not zones["assumed"].all():
        return Place(shapely.box(*zones.total_bounds), zones.crs)
    name = max(layers, key=lambda one: (len(layers[one]), one))
    bounds = shapely.bounds(layers[name]).reshape(-1, 4)
    low, high = np.percentile((bounds[:, :2] + bounds[:, 2:]) / 2, [2, 98], axis=0)
    return Place(shapely.box(*low, *high), zones.crs, name)


def check_layers(raw: Mapping[str, gpd.GeoDataFrame], placed: Mapping[str, np.ndarray], place: Place) -> None:
    """Refuse layers that lie away from the city, and would lie in it if their coordinates were read in another way.

    Parameters
    ----------
    raw
        Name of a layer to the layer as delivered, in its own coordinate system.
    placed
        The same names to the geometries in the run's coordinate system.
    place
        Where the city is.

    Raises
    ------
    CrsError
        All such layers with their distance, and the reading that fits; also those of which all lies beyond `FAR`.
    """
    problems = []
    for name, nearest in _nearest(placed, place).items():
        if nearest <= NEAR:
            continue
        fitting = _reading(raw[name], place)
        where = f"{name}: all {len(placed[name])} features lie {nearest / 1000:.0f} km or more from {place.name}"
        if fitting:
            problems.append(f"{where}, and among them {fitting}")
        elif nearest > FAR:
            problems.append(f"{where}; is this the file of another place?")
    if problems:
        raise CrsError("layers do not lie where the city is: correct the coordinates or the labels of the files", problems)


def remote_layers(placed: Mapping[str, np.ndarray], place: Place) -> dict[str, float]:
    """Layers of which nothing lies near the city, with their distance in metres; each may have a wrong coordinate system.

    What lies beside the zones is not remote: buildings or kerb lines may be delivered for the streets around small zones only. So
    a layer is remote if it lies farther from the box of the city than that is long, where at least `BESIDE` and at most `NEAR`
    is taken for its length.

    Parameters
    ----------
    placed
        Name of a layer to its geometries in the run's coordinate system.
    place
        Where the city is.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> from pyproj import CRS
    >>> village = Place(shapely.box(228_000, 182_000, 230_000, 183_000), CRS("EPSG:31370"))
    >>> homes = {name: np.array([shapely.Point(x, 182_500)]) for name, x in {"near": 231_900, "remote": 232_100}.items()}
    >>> remote_layers(homes, village)
    {'remote': 2100.0}
    """
    left, bottom, right, top = place.box.bounds
    most = min(max(BESIDE, right - left, top - bottom), NEAR)
    return {name: nearest for name, nearest in _nearest(placed, place).items() if nearest > most}


def astray(shapes: np.ndarray, place: Place) -> np.ndarray:
    """Which geometries reach beyond `FAR` from the city, though most of their layer does not; none if most do."""
    left, bottom, right, top = place.box.bounds
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    low, high = np.array([left, bottom]) - FAR, np.array([right, top]) + FAR
    away: np.ndarray = ((bounds[:, :2] < low) | (bounds[:, 2:] > high)).any(axis=1)
    away |= _is_near(shapely.transform(shapes, lambda points: points[:, ::-1]), place) & ~_is_near(shapes, place)
    return away if away.sum() * 2 < len(away) else np.zeros(len(away), dtype=bool)


def _nearest(placed: Mapping[str, np.ndarray], place: Place) -> dict[str, float]:
    """Metres from the city to the nearest object of each layer that has any."""
    return {name: float(shapely.distance(shapes, place.box).min()) for name, shapes in placed.items() if len(shapes)}


def _is_near(shapes: np.ndarray, place: Place) -> np.ndarray:
    near: np.ndarray = shapely.distance(shapes, place.box) <= NEAR
    return near


def _reading(frame: gpd.GeoDataFrame, place: Place) -> str:
    """How the coordinates of a layer have to be read to lie in the city; empty if no usual way does."""
    known = systems.parse(frame.crs, where="layer")
    bounds = shapely.bounds(frame.geometry.to_numpy())
    x, y = np.nanmedian((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    for swapped in (False, True):
        for code in dict.fromkeys([systems.label(known), *systems.USUAL]):
            if not swapped and code == systems.label(known):
                continue
            point = shapely.Point(y, x) if swapped else shapely.Point(x, y)
            there = _moved(point, known if code == systems.label(known) else code, place.crs)
            if there is not None and shapely.distance(there, place.box) <= NEAR:
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
