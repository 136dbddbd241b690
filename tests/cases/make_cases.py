"""Make the case files of all criteria from the tables in ``spec``; see README.md for what they are.

Run ``python make_cases.py``: it writes the same files each time. A table gives geometry in metres, in a plane that is laid on a
place in Genk (`ORIGIN`), so that widths and distances can be read off it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pyproj import Transformer

FOLDER = Path(__file__).parent
FILES = ("pass", "fail", "unknown", "not_asked")
LEVELS = ("A", "B", "C")
OUTCOMES = {"M": "meets", "F": "fails", "U": "unknown", "-": "not_applicable"}
OSM = ("node", "way")
HEADER = ("file", "object_id", "level", "outcome", "value")

CRS = "EPSG:3812"
"""Belgian Lambert 2008: longitudes and latitudes follow from it by formula, without a shift that computers may do differently."""

ORIGIN = (728_300.0, 682_400.0)
"""Where the plane of the tables has its 0 0: in Genk."""

TURN = 25.0
"""Degrees by which the plane is turned, as no real street runs along a map grid; grids of heights are not turned."""

APART = 300.0
"""Metres between one scene of a file and the next, so that they have nothing to do with one another."""

_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


@dataclass(frozen=True)
class Row:
    """A line of a table: an object or what lies around it.

    ``id`` is the feature's, ``key`` what the object is called once it is read; ``expected`` holds object, outcomes and value.
    """

    layer: str
    id: str
    key: str
    shape: str
    properties: dict[str, Any]
    expected: tuple[tuple[str, str, str], ...]
    scene: int


def read_spec(folder: Path = FOLDER / "spec") -> dict[str, dict[str, Any]]:
    """Tables of all criteria by code."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        for code, spec in tomllib.loads(path.read_text("utf-8")).items():
            if code in found:
                raise ValueError(f"{path.name}: {code} has a table already")
            found[code] = spec
    return found


def build_case(code: str, spec: Mapping[str, Any]) -> dict[str, str]:
    """Names and texts of the files of one criterion."""
    tables = _evened({name: list(_rows(spec[name], spec)) for name in FILES if name in spec})
    result = {f"{name}.geojson": _collection(f"{code} {name}", rows, spec) for name, rows in tables.items()}
    result |= {f"{name}.asc": _grid(profile) for name, profile in spec.get("heights", {}).items()}
    expected = [
        (name, target, level, OUTCOMES[outcomes[place]], value)
        for name, rows in tables.items()
        for row in rows
        for given, outcomes, value in row.expected
        for place, level in enumerate(LEVELS)
        for target in _targets(given, level)
    ]
    asked = [level for level in LEVELS if any(row[2] == level and row[3] != "not_applicable" for row in expected)]
    result["case.toml"] = _case_text(code, spec, asked)
    result["expected.csv"] = _csv(expected)
    return result


def write_cases(folder: Path = FOLDER) -> int:
    """Write the folders of all criteria, and take away those that have no table; how many there are."""
    spec = read_spec()
    for old in folder.glob("*-*"):
        if old.is_dir():
            shutil.rmtree(old)
    for code, one in spec.items():
        (folder / code).mkdir()
        for name, text in build_case(code, one).items():
            (folder / code / name).write_text(text, "utf-8", newline="\n")
    return len(spec)


def _rows(table: str, spec: Mapping[str, Any]) -> Iterator[Row]:
    """Lines ``layer/key | shape | properties | expected``; one that begins with ``+`` belongs to the scene of the one before."""
    scene = -1
    for line in filter(None, map(str.strip, table.splitlines())):
        scene += not line.startswith("+")
        name, shape, given, *outcomes = (cell.strip() for cell in line.removeprefix("+").split("|", 3))
        layer, _, key = name.partition("/")
        properties = dict(_property(word) for word in shlex.split(given))
        if layer in OSM:
            feature, own = f"{layer}/{key}", f"{layer[0]}{key}"
        else:
            feature, own = f"{layer}.{key}", key
            properties = {spec.get("keys", {}).get(layer, "nr"): key, **properties}
        expected = tuple(_expectation(text, own) for text in "".join(outcomes).split(";") if text.strip())
        yield Row(layer, feature, own, shape or spec["shape"], properties, expected, scene)


def _evened(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows of one layer with the same columns in all files, as tables have; elements of OpenStreetMap only have their tags."""
    columns: dict[str, dict[str, None]] = {}
    for row in (row for rows in tables.values() for row in rows):
        columns.setdefault(row.layer, {}).update(dict.fromkeys(row.properties))

    def even(row: Row) -> Row:
        return row if row.layer in OSM else replace(row, properties=dict.fromkeys(columns[row.layer]) | row.properties)

    return {name: [even(row) for row in rows] for name, rows in tables.items()}


def _property(word: str) -> tuple[str, Any]:
    """``name=text``, or ``name:=`` and a value as in JSON."""
    name, _, value = word.partition("=")
    return (name.removesuffix(":"), json.loads(value)) if name.endswith(":") else (name, value)


def _expectation(text: str, own: str) -> tuple[str, str, str]:
    """``[@object] OUTCOMES [value]``, such as ``FFM 1.3``."""
    words = text.split()
    target = words.pop(0).removeprefix("@") if words[0].startswith("@") else own
    outcomes, *value = words
    if len(outcomes) != len(LEVELS) or set(outcomes) - set(OUTCOMES):
        raise ValueError(f"{text!r}: outcomes are three of {''.join(OUTCOMES)}")
    return target, outcomes, " ".join(value)


def _targets(given: str, level: str) -> list[str]:
    """The object itself; of ``zone`` the zone that has the level."""
    return [f"zone-{level}"] if given == "zone" else [given]


def _collection(title: str, rows: list[Row], spec: Mapping[str, Any]) -> str:
    place = _Plane(spec.get("turn", 0.0 if "heights" in spec else TURN), spec.get("apart", APART))
    features = [
        {"type": "Feature", "id": row.id, "properties": dict(row.properties), "geometry": place.geometry(row.shape, row.scene)}
        for row in rows
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{\n"type": "FeatureCollection",\n"name": {json.dumps(title)},\n"features": [\n{lines}\n]\n}}\n'


@dataclass(frozen=True)
class _Plane:
    """Places in metres to longitude and latitude."""

    turn: float
    apart: float

    def geometry(self, shape: str, scene: int) -> dict[str, Any] | None:
        """GeoJSON of ``POINT x y``, ``LINE x y, x y``, ``AREA x y, x y, x y``, ``BOX left bottom right top`` or ``NONE``."""
        word, _, numbers = shape.partition(" ")
        if word == "NONE":
            return None
        places = [tuple(map(float, pair.split())) for pair in numbers.split(",")]
        if word == "BOX":
            left, bottom, right, top = places[0]
            places = [(left, bottom), (right, bottom), (right, top), (left, top)]
        degrees = [self._degrees(x + scene * self.apart, y) for x, y in places]
        if word == "POINT":
            return {"type": "Point", "coordinates": degrees[0]}
        if word == "LINE":
            return {"type": "LineString", "coordinates": degrees}
        return {"type": "Polygon", "coordinates": [[*degrees, degrees[0]]]}

    def _degrees(self, x: float, y: float) -> list[float]:
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        lon, lat = _TO_DEGREES.transform(ORIGIN[0] + x * cos - y * sin, ORIGIN[1] + x * sin + y * cos)
        return [round(lon, 8), round(lat, 8)]


def _grid(profile: Mapping[str, Any]) -> str:
    """Heights as an Esri ASCII grid in `CRS`: along x by a profile of places and heights, the same for all y."""
    places = [tuple(map(float, pair.split())) for pair in profile["along"].split(",")]
    cell, (left, right), half = profile["cell"], (places[0][0], places[-1][0]), profile["half"]
    columns, rows = round((right - left) / cell), round(2 * half / cell)
    heights = [f"{_between(places, left + (column + 0.5) * cell):.3f}" for column in range(columns)]
    head = [
        f"ncols {columns}",
        f"nrows {rows}",
        f"xllcorner {ORIGIN[0] + left}",
        f"yllcorner {ORIGIN[1] - half}",
        f"cellsize {cell}",
        "NODATA_value -9999",
    ]
    return "\n".join([*head, *[" ".join(heights)] * rows, ""])


def _between(places: list[tuple[float, ...]], x: float) -> float:
    """Height at a place, on the straight line between those of the profile."""
    for (a, low), (b, high) in pairwise(places):
        if x <= b:
            return low + (high - low) * (x - a) / (b - a)
    return places[-1][1]


def _case_text(code: str, spec: Mapping[str, Any], asked: list[str]) -> str:
    facts = {"title": spec["title"], "criterion": code, "levels": asked, "source": spec["source"]}
    if "note" in spec:
        facts["note"] = " ".join(spec["note"].split())
    head = "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items())
    return f"# Made by make_cases.py from spec; see README.md\n{head}\n\n{spec['read'].strip()}\n"


def _csv(rows: list[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([HEADER, *rows])
    return buffer.getvalue()


if __name__ == "__main__":
    print(f"{write_cases()} criteria")  # noqa: T201 - a script tells what it did
