"""Geometry in GML 3, as CityGML and IMGeo use it, to flat shapely geometry; arcs become chords."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.parsers import expat

import numpy as np
import shapely

from toegankelijk.errors import InputError

ARC_TOLERANCE = 0.005
"""Largest distance in metres between an arc and the chords that stand for it."""

_MOST_BEFORE_ELEMENTS = 1 << 16
_CLOSED = 1e-6  # metres between the ends of a ring that count as one place
_MOST_CHORDS = 1000  # of half an arc; a circle of 1 km takes 500


def refuse_doctype(path: Path, where: str) -> None:
    """Refuse an XML file with a DOCTYPE, by which a file can name other files and make itself endlessly long.

    A DOCTYPE can only stand before the first element, so that no more is read, and in small bites: nothing of it is carried out.

    Raises
    ------
    InputError
        It has a DOCTYPE, or does not begin as XML does.
    """
    parser = expat.ParserCreate()
    seen: list[str] = []
    parser.StartDoctypeDeclHandler = lambda *_: seen.append("doctype")
    parser.StartElementHandler = lambda *_: seen.append("element")
    openers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}
    try:
        with openers.get(path.suffix.lower(), open)(path, "rb") as file:
            head = file.read(_MOST_BEFORE_ELEMENTS)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{where}: the file is damaged and nothing of it is used ({error}). Ask for a new copy.") from error
    try:
        for start in range(0, len(head), 16):
            parser.Parse(head[start : start + 16], False)
            if seen:
                break
    except expat.ExpatError as error:
        if not seen:  # what comes after the first element is for the reader to judge
            raise InputError(f"{where}: the file is damaged and nothing of it is used ({error}). Ask for a new copy.") from error
    if not seen:
        raise InputError(f"{where}: no XML element in the first {len(head)} bytes; the file is damaged. Ask for a new copy.")
    if seen[0] == "doctype":
        raise InputError(f"{where}: has a DOCTYPE, by which it can reach other files; it is not read. Ask for a plain export.")


def local(name: str) -> str:
    """Name of an element without its namespace."""
    return name.rpartition("}")[2]


def read_geometry(element: Element) -> shapely.Geometry | None:
    """Flat geometry of a GML element; None where it is not understood, not closed or not a number.

    Examples
    --------
    >>> from xml.etree.ElementTree import fromstring
    >>> read_geometry(fromstring("<Point><pos>3 4 5</pos></Point>"))  # in three dimensions without saying so: not understood
    >>> read_geometry(fromstring('<Point srsDimension="3"><pos>3 4 5</pos></Point>')).wkt
    'POINT (3 4)'
    >>> half = "<Curve><segments><Arc><posList>0 0 1 1 2 0</posList></Arc></segments></Curve>"
    >>> line = read_geometry(fromstring(half))
    >>> round(line.length, 2), 1 - shapely.Point(1, 0).distance(line) < ARC_TOLERANCE
    (3.14, True)
    """
    try:
        return _geometry(element, int(element.get("srsDimension", 2)))
    except (ValueError, KeyError, shapely.errors.GEOSException):
        return None


def _geometry(element: Element, dimension: int) -> shapely.Geometry:
    kind = local(element.tag)
    dimension = int(element.get("srsDimension", dimension))
    if kind in _LINES:
        return shapely.LineString(_LINES[kind](element, dimension))
    if kind in ("Polygon", "PolygonPatch"):
        rings: dict[str, list[np.ndarray]] = {"exterior": [], "interior": []}
        for side in element:
            rings[local(side.tag)] += [_ring(ring, dimension) for ring in side]
        (shell,) = rings["exterior"]
        return shapely.Polygon(shell, rings["interior"])
    if kind == "Point":
        (place,) = _places(element, dimension)
        return shapely.Point(place)
    parts = [_geometry(part, dimension) for part in _members(element)]
    if not parts:
        raise ValueError(kind)
    return parts[0] if len(parts) == 1 else _MANY[kind](shapely.get_parts(parts))


def _members(element: Element) -> Iterator[Element]:
    """Geometries inside an element that holds several, such as a multi-surface; an unknown element is refused."""
    if local(element.tag) not in _MANY:
        raise ValueError(element.tag)
    for member in element:
        yield from member


def _ring(element: Element, dimension: int) -> np.ndarray:
    places = (
        _LINES[local(element.tag)](element, int(element.get("srsDimension", dimension))) if len(element) else np.empty((0, 2))
    )
    if len(places) < 4 or np.abs(places[0] - places[-1]).max() > _CLOSED:
        raise ValueError("a ring that is not closed")
    return places


def _places(element: Element, dimension: int) -> np.ndarray:
    """Places of a line or segment in two dimensions, in whichever of the forms of GML."""
    rows = []
    for part in element:
        if local(part.tag) in ("posList", "pos"):
            size = int(part.get("srsDimension", dimension))
            rows.append(np.array((part.text or "").split(), dtype=float).reshape(-1, size)[:, :2])
        else:
            raise ValueError(part.tag)
    places = np.concatenate(rows) if rows else np.empty((0, 2))
    if not np.isfinite(places).all():
        raise ValueError("a coordinate that is not a number")
    return places


def _curve(element: Element, dimension: int) -> np.ndarray:
    """Places along a curve of segments."""
    (segments,) = element
    return _joined([_SEGMENTS[local(s.tag)](s, int(s.get("srsDimension", dimension))) for s in segments])


def _chain(element: Element, dimension: int) -> np.ndarray:
    """Places along a ring or composite curve, whose members follow one another."""
    lines = [line for member in element for line in member]
    return _joined([_LINES[local(line.tag)](line, int(line.get("srsDimension", dimension))) for line in lines])


def _joined(lines: list[np.ndarray]) -> np.ndarray:
    """Lines that follow one another, as one; the place where two meet is kept once."""
    for before, after in pairwise(lines):
        if np.abs(before[-1] - after[0]).max() > _CLOSED:
            raise ValueError("a curve with a gap")
    return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


def _arcs(element: Element, dimension: int) -> np.ndarray:
    """Chords for arcs that follow one another, each through three places: its start, a place on it and its end."""
    places = _places(element, dimension)
    if len(places) < 3 or len(places) % 2 == 0:
        raise ValueError("an arc without three places")
    return _joined([_arc(places[i : i + 3]) for i in range(0, len(places) - 2, 2)])


def _circle(element: Element, dimension: int) -> np.ndarray:
    """Chords for a whole circle through three places."""
    a, b, c = _places(element, dimension)
    centre = _centre(a, b, c)
    if centre is None:
        raise ValueError("a circle of no size")
    return _joined([_arc(np.array([a, b, c])), _arc(np.array([c, 2 * centre - b, a]))])


def _arc(places: np.ndarray) -> np.ndarray:
    """Chords for one arc, with its three places among their ends.

    They are the same in both directions, so that two areas that share an arc share the chords.
    """
    start, _, end = places.tolist()
    if start > end:
        return _arc(places[::-1])[::-1]
    a, b, c = places
    centre = _centre(a, b, c)
    if centre is None:
        return places
    radius = float(np.hypot(*(a - centre)))
    step = 2 * np.arccos(max(1 - ARC_TOLERANCE / radius, 0.5))
    turns = np.unwrap(np.arctan2(*(places - centre).T[::-1]))
    anticlockwise = _cross(b - a, c - a) > 0
    sweep = [(y - x) % (2 * np.pi) if anticlockwise else -((x - y) % (2 * np.pi)) for x, y in pairwise(turns)]
    result = [a[None]]
    for begin, size, to in zip(turns, sweep, (b, c), strict=False):
        count = min(int(np.ceil(abs(size) / step)), _MOST_CHORDS)
        angle = begin + size * np.arange(1, count) / max(count, 1)
        result += [centre + radius * np.column_stack([np.cos(angle), np.sin(angle)]), to[None]]
    return np.concatenate(result)


def _centre(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray | None:
    """Centre of the circle through three places; None where they lie on a line, as far as the tolerance can tell."""
    u, v = b - a, c - a
    twice = 2 * _cross(u, v)
    chord = np.hypot(*v)
    if chord > 0 and abs(twice) / 2 <= ARC_TOLERANCE / 10 * chord:
        return None
    if twice == 0:
        return None
    return a + np.array([v[1] * (u @ u) - u[1] * (v @ v), u[0] * (v @ v) - v[0] * (u @ u)]) / twice


def _cross(u: np.ndarray, v: np.ndarray) -> float:
    return float(u[0] * v[1] - u[1] * v[0])


_SEGMENTS: dict[str, Callable[[Element, int], np.ndarray]] = {
    "LineStringSegment": _places,
    "Arc": _arcs,
    "ArcString": _arcs,
    "Circle": _circle,
}
_LINES: dict[str, Callable[[Element, int], np.ndarray]] = {
    "LineString": _places,
    "LinearRing": _places,
    "Curve": _curve,
    "Ring": _chain,
    "CompositeCurve": _chain,
}
_MANY: dict[str, Callable[[np.ndarray], shapely.Geometry]] = {
    "Surface": shapely.multipolygons,
    "CompositeSurface": shapely.multipolygons,
    "MultiSurface": shapely.multipolygons,
    "MultiCurve": shapely.multilinestrings,
    "MultiPoint": shapely.multipoints,
}
