"""Coordinate systems: refused when missing, geographic or contradictory, and changed by one known operation.

Everything is measured in the plane of one projected coordinate system in metres. A wrong label shifts a whole layer out of
every zone, and then reads as "no bottlenecks"; so every refusal here names the coordinate systems that would fit.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj import CRS
from pyproj.enums import TransformDirection
from pyproj.exceptions import ProjError as PyprojError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # public, but missing in its stub
from pyproj.transformer import AreaOfInterest, Transformer, TransformerGroup

from toegankelijk.errors import CrsError

Bounds = tuple[float, float, float, float]  # lowest x and y, highest x and y

USUAL = ("EPSG:31370", "EPSG:3812", "EPSG:28992", "EPSG:4326", "EPSG:3857", "EPSG:2154", "EPSG:25831", "EPSG:25832", "EPSG:25833")
"""Coordinate systems that open data of the region comes in, most usual first."""

# Coarse outline of Belgium (about 5 km), only to choose which proposal comes first.
_BELGIUM = shapely.from_wkt(
    "POLYGON ((2.54 51.09, 3.36 51.37, 3.40 51.25, 3.80 51.22, 4.24 51.35, 4.39 51.45, 4.55 51.48, 4.83 51.42, 4.83 51.50, "
    "5.03 51.48, 5.24 51.27, 5.48 51.30, 5.85 51.15, 5.66 50.87, 5.69 50.75, 6.02 50.75, 6.30 50.50, 6.40 50.33, 6.13 50.13, "
    "5.74 49.85, 5.90 49.66, 5.82 49.55, 5.47 49.50, 4.86 49.80, 4.87 50.15, 4.68 49.99, 4.23 49.96, 4.03 50.35, 3.67 50.32, "
    "3.28 50.54, 3.15 50.79, 2.63 50.82, 2.54 51.09))"
)
_NETHERLANDS = shapely.box(3.2, 50.75, 7.22, 53.7)
_EUROPE = shapely.box(-16.1, 34.5, 40.18, 72.0)
_EARTH = shapely.box(-180, -90, 180, 90)
_DOUBTFUL = {
    31300: "is an old definition 741 m from EPSG:31370, and nearly always a wrong label",
    3447: "is a system of 2005 that few files are in, 1.4 km from EPSG:31370, and often a wrong label",
}
_NEAR = 0.1
"""Degrees (about 10 km) within which a border place gets the proposals of both countries."""

_DISTORTION = 0.01
"""Largest share by which a length on the map may differ from one on the ground."""

_MARGIN = 0.1
"""Degrees that data may lie outside the registered area of use (the origin of Lambert 72, x = y = 0, lies 0.2 outside)."""


@dataclass(frozen=True)
class Operation:
    """How coordinates were changed from one coordinate system to another.

    ``name`` is that of the EPSG registry (``"none"`` if nothing was changed), ``accuracy`` the metres stated there (missing if
    none are), ``source`` and ``target`` the coordinate systems, as ``"EPSG:31370"`` where they have a code.
    """

    name: str
    accuracy: float | None
    source: str
    target: str


def check_metric(crs: object, *, where: str, extent: Bounds | None = None) -> CRS:
    """Coordinate system in which lengths are metres on the ground, or an error that proposes one.

    Parameters
    ----------
    crs
        What names a coordinate system: a code, WKT, a `pyproj.CRS`, or nothing.
    where
        Layer or setting, for the message.
    extent
        Bounds of the data in its own coordinates, so that the proposal fits the place.

    Returns
    -------
    pyproj.CRS
        The two-dimensional system, with its registry code where it is a registered one.

    Raises
    ------
    CrsError
        The system is missing, not understood, geographic, not in metres, stretches lengths by more than 1 % (such as
        EPSG:3857), or has no known relation to the earth (a bare proj string).

    Examples
    --------
    >>> check_metric("EPSG:31370", where="footways").to_epsg()
    31370
    >>> check_metric(4326, where="footways", extent=(5.48, 50.94, 5.52, 50.97))
    Traceback (most recent call last):
    ...
    toegankelijk.errors.CrsError: footways: EPSG:4326 is in degrees, so nothing can be measured in it. ...
    """
    known = parse(crs, where=where, extent=extent)
    if objection := _objection(known, extent):
        raise CrsError(f"{where}: {label(known)} {objection}. {_advice(known, extent)}")
    return known


def parse(crs: object, *, where: str, extent: Bounds | None = None) -> CRS:
    """Coordinate system from whatever names it, projected or not, with its registry code where it is a registered one.

    Raises
    ------
    CrsError
        The system is missing or not understood.
    """
    if crs is None or crs == "":
        raise CrsError(f"{where}: no coordinate system is given. {_advice(None, extent)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "+init=" is an old way to write a code
            return registered(CRS.from_user_input(crs))
    except PyprojError:
        raise CrsError(f"{where}: coordinate system {crs!r} is not understood. {_advice(None, extent)}") from None


def propose(extent_lonlat: Bounds) -> list[str]:
    """Projected coordinate systems in metres to use at a place (west, south, east, north in degrees), the best first.

    Examples
    --------
    >>> propose((5.48, 50.94, 5.52, 50.97))
    ['EPSG:31370', 'EPSG:3812']
    >>> propose((13.40, 52.47, 13.46, 52.50))
    ['EPSG:25833']
    """
    lon, lat = _middle(extent_lonlat)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return []
    place = shapely.Point(lon, lat)
    belgian = _BELGIUM.distance(place) < _NEAR
    dutch = _NETHERLANDS.contains(place) and not _BELGIUM.buffer(-_NEAR).contains(place)
    codes = ["EPSG:31370", "EPSG:3812"] if belgian else []
    if dutch:
        codes = [*codes, "EPSG:28992"] if _BELGIUM.contains(place) else ["EPSG:28992", *codes]
    if codes:
        return codes
    zone = min(int((lon + 180) // 6) + 1, 60)
    if _EUROPE.contains(place) and 28 <= zone <= 37:
        return [f"EPSG:{25800 + zone}"]
    return [f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"]


def candidates(bounds: Bounds) -> list[str]:
    """Usual coordinate systems in which raw coordinates would lie where that system is used, most usual first."""
    corners = np.array([bounds[:2], bounds[2:], _middle(bounds)], dtype=float)
    fitting = {code: _home(CRS.from_user_input(code), corners) for code in USUAL}
    # Metres of a UTM zone also "fit" the neighbouring zones and EPSG:3857: prefer what lies in the Low Countries, then in Europe.
    for country in ({_BELGIUM, _NETHERLANDS}, {_BELGIUM, _NETHERLANDS, _EUROPE}):
        if codes := [code for code, home in fitting.items() if home in country]:
            return codes
    return ["EPSG:4326"] if fitting["EPSG:4326"] is not None else []


def check_fit(frame: gpd.GeoDataFrame, *, where: str, target: CRS | None = None) -> None:
    """Refuse a layer whose coordinates contradict its coordinate system, or that lies where `target`, the run's, is not used.

    A few stray features are no reason to refuse: `strays` finds them, so that the caller can set them aside.

    Raises
    ------
    CrsError
        No coordinate system, one that is nearly always a wrong label, or at least half of the features lie outside its area.
    """
    if frame.crs is None:
        raise CrsError(f"{where}: no coordinate system is given. {_advice(None, tuple(frame.total_bounds))}")
    known, placed = registered(frame.crs), _placed(frame)
    if known.to_epsg() in _DOUBTFUL:
        raise CrsError(f"{where}: {label(known)} {_objection(known, None)}. If so, label the file EPSG:31370.")
    for system in dict.fromkeys([known, target or known]):
        stray = _outside(frame, system)
        if placed.any() and stray.sum() * 2 >= placed.sum():
            break
    else:
        return
    x, y = np.median(_middles(frame)[stray], axis=0)
    fitting = [code for code in candidates((x, y, x, y)) if code != label(known)]
    area = system.area_of_use.name if system.area_of_use else "the earth"
    example = f"x {x:.6g}, y {y:.6g}" if known.is_geographic else f"x {x:.0f}, y {y:.0f}"
    advice = "No usual coordinate system fits; check whether x and y are swapped, or ask who delivered the file."
    if fitting:
        advice = f'The coordinates fit {_listed(fitting)}. Correct the label of the file or set crs = "{fitting[0]}".'
    said = "" if system == known else f", read in {label(known)} as the file says,"
    raise CrsError(
        f"{where}: {stray.sum()} of {placed.sum()} features{said} lie outside the area of {label(system)} ({area}), "
        f"for example at {example}. {advice}"
    )


def strays(frame: gpd.GeoDataFrame, target: CRS | None = None) -> np.ndarray:
    """Which features (a boolean per row) reach outside the area of the layer's system, or of `target`; no geometry does not."""
    known = registered(frame.crs)
    stray: np.ndarray = np.any([_outside(frame, system) for system in dict.fromkeys([known, target or known])], axis=0)
    return stray


def transform(frame: gpd.GeoDataFrame, to: object) -> tuple[gpd.GeoDataFrame, Operation]:
    """Layer in another coordinate system, and the one operation that took it there.

    All features go through the same operation: the most accurate one that this computer has for the place of the data. No grid
    is fetched from a network.

    Raises
    ------
    CrsError
        A system is missing, no operation better than a guess exists, or a coordinate does not come out finite.
    """
    source, target = parse(frame.crs, where="source of a transformation"), parse(to, where="target of a transformation")
    names = label(source), label(target)
    if source == target:
        return frame if frame.crs == target else frame.set_crs(target, allow_override=True), Operation("none", 0.0, *names)
    _check_finite(frame.geometry.values, frame.index, "before a transformation")
    if not (operations := _operations(source, target, _lonlat(source, tuple(frame.total_bounds)))):
        raise CrsError(f"There is no operation from {names[0]} to {names[1]} that is better than a guess (about 100 m).")
    operation = operations[0]
    geometry = shapely.transform(shapely.force_2d(frame.geometry.values), operation.transform, interleaved=False)
    _check_finite(geometry, frame.index, f"after {operation.description}")
    accuracy = operation.accuracy if operation.accuracy is not None and operation.accuracy >= 0 else None
    moved = frame.copy()
    moved[frame.geometry.name] = gpd.GeoSeries(geometry, index=frame.index, crs=target)
    return moved.set_geometry(frame.geometry.name), Operation(operation.description, accuracy, *names)


def label(crs: CRS) -> str:
    """Short name of a coordinate system: its code (``EPSG:31370``), else its own name."""
    return ":".join(authority) if (authority := crs.to_authority()) else repr(crs.name)


def registered(crs: object) -> CRS:
    """The two-dimensional system of the registry that a system equals to the millimetre, else the system itself.

    Files often carry a definition without its code (an ESRI ``.prj``); two of them would not compare equal.
    """
    return _registered(CRS.from_user_input(crs).to_wkt())


@cache
def _registered(wkt: str) -> CRS:
    crs = CRS.from_wkt(wkt).to_2d()
    if crs.is_engineering:
        return crs
    if (code := crs.to_epsg()) is not None:
        return CRS.from_epsg(code)
    if (code := crs.to_epsg(min_confidence=25)) is None:
        return crs
    guess = CRS.from_epsg(code)
    area, operations = guess.area_of_use, _operations(crs, guess)
    if area is None or not operations or crs.is_geographic != guess.is_geographic:
        return crs
    points = np.array([[area.west, area.south], [area.east, area.north]])
    there = np.column_stack(Transformer.from_crs(guess.geodetic_crs, guess, always_xy=True).transform(*points.T))
    back = np.column_stack(operations[0].transform(there[:, 0], there[:, 1], direction=TransformDirection.INVERSE))
    return guess if np.allclose(there, back, rtol=0, atol=1e-8 if crs.is_geographic else 1e-3) else crs


def _operations(source: CRS, target: CRS, lonlat: Bounds | None = None) -> list[Transformer]:
    """Operations that this computer can do, best first; guesses ("ballpark") left out."""
    # PROJ would fetch grids by itself if told so by the environment, and answers "infinity" when it cannot.
    set_network_enabled(active=False)
    return _found_operations(source, target, lonlat)


@lru_cache(maxsize=100)  # it takes milliseconds, and a layer asks several times
def _found_operations(source: CRS, target: CRS, lonlat: Bounds | None) -> list[Transformer]:
    area = AreaOfInterest(*lonlat) if lonlat else None
    with warnings.catch_warnings(), suppress(PyprojError, IndexError):  # of a definition that makes no sense there are none
        warnings.filterwarnings("ignore", "Best transformation is not available", UserWarning)
        return list(TransformerGroup(source, target, always_xy=True, area_of_interest=area, allow_ballpark=False).transformers)
    return []


def _objection(crs: CRS, extent: Bounds | None) -> str:
    """Why lengths in a coordinate system are not metres on the ground; empty if they are."""
    if crs.is_geographic:
        return "is in degrees, so nothing can be measured in it"
    if not crs.is_projected:
        return "is not a projected coordinate system"
    if any(not np.isclose(axis.unit_conversion_factor, 1.0, rtol=1e-9) for axis in crs.axis_info):
        return f"counts in {crs.axis_info[0].unit_name}, not in metres"
    if (code := crs.to_epsg()) in _DOUBTFUL:
        return _DOUBTFUL[code]
    if not _operations(crs, CRS.from_epsg(4326)):
        return "does not say its datum, so it may lie 100 m off"
    stretch = _distortion(crs, extent)
    return f"stretches or shrinks lengths by {stretch:.0%} here" if stretch > _DISTORTION else ""


def _distortion(crs: CRS, extent: Bounds | None) -> float:
    """Largest relative error of a length at the middle of the data, or of the area of use."""
    lonlat = _lonlat(crs, extent) or (crs.area_of_use.bounds if crs.area_of_use else None)
    if lonlat is None:
        return 0.0
    lon, lat = _middle(lonlat)
    # The middle of a world-wide area is the equator, where Mercator looks right.
    factors = pyproj.Proj(crs).get_factors(lon, 50.0 if lonlat[3] - lonlat[1] > 90 else lat)
    return max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))


def _lonlat(crs: CRS, extent: Bounds | None) -> Bounds | None:
    """Bounds in degrees, or nothing if they have no place on earth."""
    if extent is None:
        return None
    corners = _degrees(crs, np.array([extent[:2], extent[2:]], dtype=float))
    if not np.isfinite(corners).all():
        return None
    (west, south), (east, north) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return west, south, east, north


def _degrees(crs: CRS, points: np.ndarray) -> np.ndarray:
    """Longitude and latitude of points (n × 2, in the system's coordinates); infinite where they lie nowhere on earth."""
    operations = [] if crs.is_engineering else _operations(crs, CRS.from_epsg(4326))
    if not operations:
        return np.full(points.shape, np.inf)
    degrees: np.ndarray = np.column_stack(operations[0].transform(points[:, 0], points[:, 1]))
    # PROJ wraps longitudes, so that 228350 "degrees" would come out as a place on earth.
    wrapped = (np.abs(points) > [180.0, 90.0]).any(axis=1) & crs.is_geographic
    degrees[wrapped] = np.inf
    return degrees


def _placed(frame: gpd.GeoDataFrame) -> np.ndarray:
    placed: np.ndarray = ~(shapely.is_missing(frame.geometry.values) | shapely.is_empty(frame.geometry.values))
    return placed


def _outside(frame: gpd.GeoDataFrame, system: CRS) -> np.ndarray:
    """Which features have a corner of their bounds outside the area where a system is used."""
    bounds, stray = shapely.bounds(frame.geometry.values).reshape(-1, 4), _placed(frame)
    finite, known = np.isfinite(bounds).all(axis=1), registered(frame.crs)
    corners = bounds[finite].reshape(-1, 2)
    stray[finite] = ~_inside(known, corners, system).reshape(-1, 2).all(axis=1)
    return stray


def _middles(frame: gpd.GeoDataFrame) -> np.ndarray:
    bounds = shapely.bounds(frame.geometry.values)
    middles: np.ndarray = (bounds[:, :2] + bounds[:, 2:]) / 2
    return middles


def _middle(bounds: Bounds) -> tuple[float, float]:
    return (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2


def _inside(crs: CRS, points: np.ndarray, used: CRS | None = None) -> np.ndarray:
    """Which points (n × 2, in a system's coordinates) lie where it, or another, is used; all if nobody says where that is."""
    area = (used or crs).area_of_use
    if area is None or not len(points):
        return np.ones(len(points), dtype=bool)
    low, high = np.array([area.west, area.south]) - _MARGIN, np.array([area.east, area.north]) + _MARGIN
    degrees = _degrees(crs, points)
    inside: np.ndarray = np.all((degrees >= low) & (degrees <= high), axis=1)
    return inside


def _home(crs: CRS, points: np.ndarray) -> shapely.Geometry | None:
    """Country, else Europe, else the earth, in which points lie if read in a system; nothing if it is not used there."""
    if not np.isfinite(points).all() or not _inside(crs, points).all():
        return None
    places = shapely.points(_degrees(crs, points))
    own = {31370: [_BELGIUM], 3812: [_BELGIUM], 28992: [_NETHERLANDS]}.get(crs.to_epsg() or 0, [_BELGIUM, _NETHERLANDS, _EUROPE])
    earth = [_EARTH] if crs.is_geographic else []
    return next((home for home in [*own, *earth] if (shapely.distance(home, places) < _NEAR).all()), None)


def _advice(crs: CRS | None, extent: Bounds | None) -> str:
    """What to do: the coordinate systems that fit the place, as they are written in a setting."""
    if crs is None:
        codes = candidates(extent) if extent is not None else []
    else:
        lonlat = _lonlat(crs, extent)
        codes = propose(lonlat) if lonlat is not None else []
    if codes == ["EPSG:4326"] and extent is not None:
        return f'The coordinates look like degrees: label the file EPSG:4326, and measure in crs = "{propose(extent)[0]}".'
    if codes:
        return f'Here {_listed(codes)} fits: set crs = "{codes[0]}".'
    return 'Set one in metres, such as crs = "EPSG:31370" or "EPSG:3812" in Belgium, "EPSG:28992" in the Netherlands.'


def _listed(codes: list[str]) -> str:
    return " or ".join(f"{code} ({CRS.from_user_input(code).name})" for code in codes)


def _check_finite(geometry: np.ndarray, ids: object, when: str) -> None:
    coordinates, rows = shapely.get_coordinates(geometry, return_index=True)
    bad = np.unique(rows[~np.isfinite(coordinates).all(axis=1)])
    if len(bad):
        names = ", ".join(str(name) for name in np.asarray(ids)[bad[:5]])
        raise CrsError(f"{len(bad)} features have coordinates that are not finite {when}: {names}. Correct or remove them.")
