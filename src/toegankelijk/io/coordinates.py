"""Places of the rows of a table: columns with coordinates or with a geometry in text, found by their names or as they are given.

A number that can be meant in two ways (``228.350``) gives no place, and neither do 0 and 0; such a row is set aside with its key.
The coordinate system is known where the names tell it, and else has to be said: a wrong one moves every object.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk.errors import ConfigError, InputError

DEGREES = "EPSG:4326"
"""System of longitudes and latitudes, of GeoJSON and of what portals call a point."""

PAIRS = (
    ("xlambert72", "ylambert72", "EPSG:31370"),
    ("lambert72x", "lambert72y", "EPSG:31370"),
    ("xl72", "yl72", "EPSG:31370"),
    ("xlb72", "ylb72", "EPSG:31370"),
    ("xlambert2008", "ylambert2008", "EPSG:3812"),
    ("xlambert08", "ylambert08", "EPSG:3812"),
    ("xl2008", "yl2008", "EPSG:3812"),
    ("xl08", "yl08", "EPSG:3812"),
    ("xrd", "yrd", "EPSG:28992"),
    ("rdx", "rdy", "EPSG:28992"),
    ("x", "y", ""),
    ("xcoord", "ycoord", ""),
    ("xcoordinaat", "ycoordinaat", ""),
    ("xcoordinate", "ycoordinate", ""),
    ("coordx", "coordy", ""),
    ("pointx", "pointy", ""),
    ("easting", "northing", ""),
    ("lon", "lat", DEGREES),
    ("long", "lat", DEGREES),
    ("lng", "lat", DEGREES),
    ("lengtegraad", "breedtegraad", DEGREES),
    ("longitude", "latitude", DEGREES),
    ("longitudewgs84", "latitudewgs84", DEGREES),
    ("xwgs84", "ywgs84", DEGREES),
    ("wgs84lon", "wgs84lat", DEGREES),
    ("stoplon", "stoplat", DEGREES),
)
"""Names of columns with x and y, without case and signs, and the system that they tell; those in metres go before degrees."""

SHAPES = ("wkt", "wktgeom", "geom", "thegeom", "geometry", "geometrie", "geoshape", "geojson", "shape")
"""Names of a column with a geometry in text."""

POINTS = ("geopoint2d", "geopoint", "coordinates", "coordonnees", "coordonnes", "coordinaten", "latlon", "latlong", "latlng")
"""Names of a column with latitude and longitude in one text, as portals write them."""

LOW_COUNTRIES = (2.3, 49.4, 7.3, 53.8)
"""West, south, east and north of Belgium, the Netherlands and Luxembourg in degrees."""

_MINUS = "[+-]?"
_GROUP = "[ \u00a0\u202f\u2009'’]"
_PLAIN = f"{_MINUS}[0-9]+"
_POWER = f"{_MINUS}[0-9][.,][0-9]{{6,}}e[+-]?[0-9]{{1,2}}"  # with fewer digits, a spreadsheet threw the others away
_PAIR = re.compile(r"[\[(]?\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[,;]\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[\])]?")
_EWKT = re.compile(r"\s*SRID\s*=\s*([0-9]+)\s*;", re.IGNORECASE)
_HEX = re.compile(r"0[01][0-9A-Fa-f]{40,}")


@dataclass(frozen=True)
class Found:
    """Columns that hold the places of the rows: x and y, or one with a geometry in text; ``crs`` where the names tell it."""

    columns: tuple[str, ...]
    crs: str = ""


def find_coordinates(table: pd.DataFrame, *, crs: CRS | None = None) -> list[Found]:
    """Columns of a table that hold places by their names, the best first.

    A geometry in text goes before a pair of columns, as it may be more than a point; of pairs, those in metres go first.

    Parameters
    ----------
    table
        Rows with named columns.
    crs
        Coordinate system, if it is known: pairs that are named for it go first, and those in degrees or metres are passed over
        where it is not.

    Examples
    --------
    >>> find_coordinates(pd.DataFrame(columns=["id", "X_Lambert72", "Y_Lambert72", "lon", "lat"]))[0]
    Found(columns=('X_Lambert72', 'Y_Lambert72'), crs='EPSG:31370')
    """
    named: dict[str, list[str]] = {}
    for column in map(str, table.columns):
        named.setdefault(_bare(column), []).append(column)
    single = {name: columns[0] for name, columns in named.items() if len(columns) == 1}
    found = [Found((single[name],)) for name in SHAPES if name in single]
    found += [Found((single[x], single[y]), crs) for x, y, crs in PAIRS if x in single and y in single]
    found += [Found((single[name],), DEGREES) for name in POINTS if name in single]
    if crs is None:
        return found
    own = DEGREES if crs.is_geographic else systems.label(crs)
    fitting = [one for one in found if not one.crs or (one.crs == DEGREES) == crs.is_geographic]
    return sorted(fitting, key=lambda one: len(one.columns) > 1 and one.crs != own)


def propose_systems(table: pd.DataFrame) -> list[str]:
    """Coordinate systems in which the places of a table can be, by their names or else by where they would lie, best first.

    Examples
    --------
    >>> propose_systems(pd.DataFrame({"x": ["228350,5"], "y": ["182350"]}, dtype="str"))
    ['EPSG:31370']
    """
    found = find_coordinates(table)
    if not found:
        return []
    geometry, own, _ = _geometry(table, found[0], None, "table")
    extent = _extent(*_middles(geometry))
    return [own] if own else systems.candidates(extent) if extent else []


def place(
    table: pd.DataFrame, *, coordinates: Sequence[str] | None = None, crs: str | None = None, where: str
) -> gpd.GeoDataFrame:
    """Rows of a table at their places.

    Parameters
    ----------
    table
        Rows whose cells are text.
    coordinates
        Columns with x and y, or one column with well-known text (also in hexadecimal), GeoJSON or "latitude, longitude"; found by
        their names if not given.
    crs
        Coordinate system; found if not given, where the names or the geometries tell it.
    where
        What the table is for, for messages.

    Returns
    -------
    GeoDataFrame
        All rows in their order; a row without a place that is certain has no geometry. A column with a geometry in text is left
        out, columns with numbers stay.

    Raises
    ------
    ConfigError
        A given column is not there.
    InputError
        No column holds places, the coordinate system is not certain or contradicts the file, or longitude and latitude are
        swapped.
    """
    given = None if crs is None else systems.parse(crs, where=where)
    found = _chosen(table, coordinates, given, where)
    geometry, own, text = _geometry(table, found, given, where)
    if len(table) and shapely.is_missing(geometry).all():
        example = next((cell for column in found.columns for cell in table[column].dropna()), "nothing")
        raise InputError(
            f"{where}: none of {len(table)} rows has a place that is certain; {_listed(found)} holds, for example, {example!r}."
        )
    # Whoever names both the columns and their system knows better than the names.
    system = _system(geometry, "" if coordinates and given is not None and not text else own, given, found, where)
    if system.is_geographic:
        geometry = _in_order(geometry, found, where)
    rows = table.drop(columns=list(found.columns) if text else [])
    if "geometry" in rows:
        raise InputError(f"{where}: a column that is not the geometry is called 'geometry'; rename it.")
    frame = gpd.GeoDataFrame(rows, geometry=geometry, crs=system)
    frame.attrs.update(table.attrs)
    return frame


def read_numbers(cells: pd.Series, *, degrees: bool = False) -> np.ndarray:
    """Coordinates of a column of text; NaN where nothing is there, or where it is not certain what is meant.

    A point or a comma before three digits is a decimal sign where another cell of the column shows it, or in degrees.

    Examples
    --------
    >>> read_numbers(pd.Series(["228350,5", "228 351", "228.352,25", "228.353", "2,28E+05"], dtype="str")).tolist()
    [228350.5, 228351.0, 228352.25, 228353.0, nan]
    >>> read_numbers(pd.Series(["228.350", "228.351"], dtype="str")).tolist()
    [nan, nan]
    """
    text = cells.astype("str").str.replace("−", "-")
    apart = text.str.fullmatch(f"{_MINUS}[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+(?:[.,][0-9]+)?").fillna(False)
    text = text.where(~apart, text.str.replace(_GROUP, "", regex=True)) if apart.any() else text
    result = text.where(text.str.fullmatch(_PLAIN) | text.str.fullmatch(_POWER, case=False).fillna(False)).str.replace(",", ".")
    for sign, other in ((".", ","), (",", ".")):
        own, foreign = re.escape(sign), re.escape(other)
        decimal = text.str.fullmatch(f"{_MINUS}[0-9]*{own}[0-9]+")
        unclear = text.str.fullmatch(f"{_MINUS}[1-9][0-9]{{0,2}}{own}[0-9]{{3}}")
        groups = text.str.fullmatch(f"{_MINUS}[0-9]{{1,3}}(?:{own}[0-9]{{3}})+{foreign}[0-9]+")
        groups |= text.str.fullmatch(f"{_MINUS}[0-9]{{1,3}}(?:{own}[0-9]{{3}}){{2,}}")
        as_decimal = (decimal & ~unclear).any() or degrees
        as_groups = groups.any() and not as_decimal
        certain = decimal & (~unclear | bool(as_decimal and not groups.any()))
        result = result.where(~certain.fillna(False), text.str.replace(sign, ".", regex=False))
        grouped = (groups | (unclear & bool(as_groups))).fillna(False)
        result = result.where(~grouped, text.str.replace(sign, "", regex=False).str.replace(other, ".", regex=False))
    return np.asarray(pd.to_numeric(result), dtype=float)


def _chosen(table: pd.DataFrame, coordinates: Sequence[str] | None, given: CRS | None, where: str) -> Found:
    """Columns that are given, or the best that are found."""
    listed = ", ".join(map(str, table.columns))
    if coordinates is not None:
        if absent := [column for column in coordinates if column not in table]:
            raise ConfigError(f"{where}: no columns {absent}; the table has {listed}")
        names = tuple(map(_bare, coordinates))
        told = {frozenset(pair[:2]): pair[2] for pair in PAIRS}.get(frozenset(names), "")
        return Found(tuple(coordinates), told)
    found = find_coordinates(table, crs=given)
    if not found:
        raise InputError(
            f"{where}: no columns with coordinates are found. Name them: coordinates = ['x', 'y'], or the one with a geometry in "
            f"text. The table has {listed}."
        )
    return found[0]


def _geometry(table: pd.DataFrame, found: Found, given: CRS | None, where: str) -> tuple[np.ndarray, str, bool]:
    """Geometries of the rows, the system that names or geometries tell, and whether a column of text held them."""
    if len(found.columns) == 1:
        return _shapes(table[found.columns[0]], where)
    degrees = given.is_geographic if given is not None else found.crs == DEGREES
    x, y = (read_numbers(table[column], degrees=degrees) for column in found.columns)
    return _points(x, y), found.crs, False


def _points(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points, missing where a number is; 0 and 0 is how programs write that there is none."""
    there = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    points = np.full(len(x), None, dtype=object)
    points[there] = shapely.points(x[there], y[there])
    return points


def _shapes(cells: pd.Series, where: str) -> tuple[np.ndarray, str, bool]:
    """Geometries of a column of text, the system that they tell, and whether they are more than pairs of numbers."""
    text = cells.astype("object").where(cells.notna(), "").to_numpy(dtype=object)
    shapes = np.full(len(text), None, dtype=object)
    forms = np.array([_form(cell) for cell in text], dtype=object)
    systems_told = {DEGREES} if np.isin(forms, ["json", "pair"]).any() else set()
    pairs = [_PAIR.fullmatch(cell) for cell in text[forms == "pair"]]
    latitude, longitude = (np.array([float(pair[side]) for pair in pairs if pair], dtype=float) for side in (1, 2))
    shapes[forms == "pair"] = _points(longitude, latitude)
    shapes[forms == "json"] = shapely.from_geojson(text[forms == "json"], on_invalid="ignore")
    shapes[forms == "wkb"] = shapely.from_wkb(text[forms == "wkb"], on_invalid="ignore")
    codes = set(shapely.get_srid(shapes[forms == "wkb"]).tolist())
    said = [_EWKT.match(cell) for cell in text[forms == "wkt"]]
    codes |= {int(one[1]) for one in said if one}
    shapes[forms == "wkt"] = shapely.from_wkt(
        np.array([_EWKT.sub("", cell) for cell in text[forms == "wkt"]], dtype=object), on_invalid="ignore"
    )
    systems_told |= {f"EPSG:{code}" for code in codes if code > 0}
    if len(systems_told) > 1:
        raise InputError(f"{where}: the geometries are in several coordinate systems: {', '.join(sorted(systems_told))}.")
    return shapes, next(iter(systems_told), ""), bool(np.isin(forms, ["json", "wkb", "wkt"]).any())


def _form(cell: str) -> str:
    if not cell:
        return ""
    if cell.startswith("{"):
        return "json"
    if _HEX.fullmatch(cell):
        return "wkb"
    return "pair" if _PAIR.fullmatch(cell) else "wkt"


def _system(geometry: np.ndarray, own: str, given: CRS | None, found: Found, where: str) -> CRS:
    """The coordinate system that is given, or that names or geometries tell; an error that proposes one if neither does."""
    x, y = _middles(geometry)
    finite = np.isfinite(x) & np.isfinite(y)
    extent = _extent(x, y)
    told = systems.parse(own, where=where) if own else None
    if given is not None:
        if told is not None and told != given and not (told.is_geographic and given.is_geographic):
            raise InputError(
                f"{where}: {_listed(found)} is in {systems.label(told)} and crs says {systems.label(given)}; leave out `crs`, or "
                "name other columns in `coordinates`."
            )
        return given
    if told is not None and told.is_geographic and (finite & ((np.abs(x) > 180) | (np.abs(y) > 90))).sum() * 2 > finite.sum():
        fitting = systems.candidates(extent) if extent else []
        advice = f'The values fit {" or ".join(fitting)}: set crs = "{fitting[0]}" and ' if fitting else "Set `crs` and "
        columns = ", ".join(repr(column) for column in found.columns)
        raise InputError(
            f"{where}: {_listed(found)}: named as degrees, with values such as {x[finite][0]:g} and {y[finite][0]:g}. "
            f"{advice}coordinates = [{columns}]."
        )
    return told if told is not None else systems.parse(None, where=where, extent=extent)


def _in_order(geometry: np.ndarray, found: Found, where: str) -> np.ndarray:
    """Geometries without those whose longitude and latitude are swapped; refused if most are."""
    x, y = _middles(geometry)
    west, south, east, north = LOW_COUNTRIES
    swapped = (x >= south) & (x <= north) & (y >= west) & (y <= east)
    if swapped.sum() * 2 > np.isfinite(x).sum():
        names = found.columns if len(found.columns) == 2 else ("longitude", "latitude")
        advice = f"coordinates = ['{names[1]}', '{names[0]}']" if len(found.columns) == 2 else "write them as longitude, latitude"
        raise InputError(
            f"{where}: in {_listed(found)} the latitude stands where the longitude belongs (x {x[swapped][0]:g}, y "
            f"{y[swapped][0]:g} lies off Somalia; swapped, in the Low Countries): {advice}."
        )
    kept = geometry.copy()
    kept[swapped] = None
    return kept


def _middles(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bounds = shapely.bounds(geometry).reshape(-1, 4)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _extent(x: np.ndarray, y: np.ndarray) -> systems.Bounds | None:
    finite = np.isfinite(x) & np.isfinite(y)
    return (x[finite].min(), y[finite].min(), x[finite].max(), y[finite].max()) if finite.any() else None


def _listed(found: Found) -> str:
    return " and ".join(repr(column) for column in found.columns)


def _bare(name: str) -> str:
    """A name without case, signs and blanks."""
    return re.sub(r"[\W_]", "", name.casefold())
