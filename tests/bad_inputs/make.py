"""A corpus of bad inputs: each is a small city with one defect, built from the sample district.

``manifest.csv`` says of each what is wrong and what has to happen; ``tests/test_bad_inputs.py`` runs them all. Nothing binary is
kept: the same case gives the same bytes every time. To have them as files, for another program for instance::

    python -m tests.bad_inputs.make FOLDER
"""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import sqlite3
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
MANIFEST = Path(__file__).with_name("manifest.csv")

MODULES = ("crs", "geometry", "identity", "values", "formats", "tables", "archives", "zones", "security", "edits", "over_time")
"""Modules with the cases."""

LAYERS = {
    "footway": "voetpaden",
    "kerb": "drempels",
    "car_park": "parkings",
    "rest_place": "banken",
    "crossing": "oversteken",
    "crossing_end": "oversteekzijden",
    "stop": "haltes",
    "anchor": "zorgvoorzieningen",
    "passage": "doorgangen",
    "ramp": "hellingen",
    "stairs": "trappen",
}
"""Kind to layer of the sample district."""

SMALL = "small"
"""Stands among the kinds of a city without level areas and the zone that they lie in: it is read sooner."""

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".json": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}

NOWHERE = "http://127.0.0.1:9"
"""Address that must never be asked; the tests listen on one of their own."""


@dataclass
class District:
    """A city under construction: a folder with ``district.gpkg`` and ``city.toml``, which a case spoils.

    ``config`` is written as ``city.toml``; ``config_text`` goes before it if a case writes its own. ``source``, ``zones`` and
    ``norm`` are what a screening is called with. ``edit`` spoils the folder that an earlier screening wrote, and ``locks`` holds
    it as another program would.
    """

    folder: Path
    trap: str = NOWHERE
    kinds: tuple[str, ...] = ("footway", "kerb")
    config: dict[str, Any] = field(default_factory=dict)
    config_text: str | bytes | None = None
    source: Path | None = None
    zones: Path | None = None
    norm: str | Path = "vlaanderen"
    edit: Callable[[Path], Any] | None = None
    locks: Callable[[Path], AbstractContextManager[Any]] | None = None

    def __post_init__(self) -> None:
        given = tomllib.loads((SAMPLE / "city.toml").read_text("utf-8"))
        layers = {LAYERS.get(layer["kind"]): layer for layer in reversed(given["layers"]) if layer["layer"] in LAYERS.values()}
        tables = ("city", "zones") if SMALL in self.kinds else ("city", "zones", "areas")
        if SMALL in self.kinds:
            given["zones"]["where"] = {"zone_id": ["WZ-2", "WZ-3"]}
        self.config = {
            **{key: given[key] for key in tables},
            "layers": [layers[LAYERS[kind]] for kind in self.kinds if kind != SMALL],
        }

    @property
    def city(self) -> Path:
        """The city.toml, or whatever else the screening is called with."""
        return self.source or self.folder / "city.toml"

    def settings(self, name: str) -> dict[str, Any]:
        """Table of city.toml that names a layer of the sample district."""
        tables = [self.config.get("zones", {}), self.config.get("areas", {}), *self.config["layers"]]
        return next(table for table in tables if table.get("layer", table.get("was")) == name)

    def shapefile(self, name: str, frame: gpd.GeoDataFrame | None = None, **options: Any) -> Path:
        """Deliver a layer as a Shapefile, whose names have ten characters at most, and let city.toml read these."""
        frame = sample(name) if frame is None else frame
        short = frame.rename(columns={column: column[:10] for column in frame if column != "geometry"})
        columns = self.settings(name)["columns"]
        for attribute, given in columns.items():
            columns[attribute] = given[:10] if isinstance(given, str) else {**given, "column": given["column"][:10]}
        return self.feed(name, short, file=f"{name}.shp", **options)

    def feed(self, name: str, frame: gpd.GeoDataFrame | None = None, *, file: str = "", **options: Any) -> Path:
        """Deliver a layer of the sample district in a file of its own; by default a GeoPackage, and as it was."""
        path = self.folder / (file or f"{name}.gpkg")
        write(sample(name) if frame is None else frame, path, **options)
        self.deliver(name, path.name)
        return path

    def deliver(self, name: str, file: str, layer: str | None = None) -> None:
        """Let city.toml read a layer of the sample district from another file."""
        table = self.settings(name)
        table["source"] = file
        table["was"] = name  # to find it again; it is not written
        table.pop("layer", None)
        if layer is not None:
            table["layer"] = layer

    def change(self, name: str, row: str, column: str, value: Any, *, file: str = "") -> Path:
        """Deliver a layer with one value that is another."""
        return self.feed(name, changed(sample(name), row, column, value), file=file)

    def reshape(self, name: str, row: str, shape: Any, *, file: str = "") -> Path:
        """Deliver a layer with one geometry that is another."""
        return self.feed(name, changed(sample(name), row, "geometry", shape), file=file)

    def write(self) -> None:
        """Write city.toml."""
        if self.source is None:
            text = toml(self.config) if self.config_text is None else self.config_text
            (self.folder / "city.toml").write_bytes(text if isinstance(text, bytes) else text.encode())


OSM = """<?xml version="1.0"?>{doctype}
<osm version="0.6"><node id="1" lat="50.94" lon="5.5"/><node id="2" lat="50.941" lon="5.5"/>
<way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/><tag k="footway" v="sidewalk"/>
<tag k="name" v="{name}"/></way></osm>
"""
"""A street with a pavement, as OpenStreetMap has it."""

Spoil = Callable[[District], Any]
CASES: dict[str, tuple[tuple[str, ...], Spoil]] = {}


def case(name: str, *kinds: str) -> Callable[[Spoil], Spoil]:
    """Enter a function as the case of that name; it is given a sound city of these kinds, and spoils it."""

    def enter(spoil: Spoil) -> Spoil:
        assert name not in CASES, f"{name} is there twice"
        CASES[name] = (kinds or ("footway", "kerb", SMALL), spoil)
        return spoil

    return enter


def build(name: str, folder: Path, *, trap: str = NOWHERE) -> District:
    """Make a case in an empty folder."""
    kinds, spoil = CASES[name]
    district = sound(folder, kinds, trap=trap)
    spoil(district)
    district.write()
    return district


def sound(folder: Path, kinds: tuple[str, ...], *, trap: str = NOWHERE) -> District:
    """A city without any defect."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "district.gpkg").write_bytes((SAMPLE / "district.gpkg").read_bytes())
    return District(folder, trap, kinds)


def sound_osm(folder: Path) -> District:
    """A city of OpenStreetMap without any defect."""
    district = sound(folder, ())
    give_osm(district)
    return district


def give_osm(district: District, *, name: str = "Kapelstraat", doctype: str = "", file: str = "stad.osm") -> Path:
    """Screen an OSM file instead of a city.toml."""
    path, content = district.folder / file, OSM.format(name=name, doctype=doctype).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if file.endswith(".gz") else content)
    district.source = path
    return path


def manifest() -> list[dict[str, str]]:
    """Rows of the manifest."""
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sample(name: str) -> gpd.GeoDataFrame:
    """A layer of the sample district; the layer ``drempels``, for one."""
    return _sample(name).copy()


@cache
def _sample(name: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(SAMPLE / "district.gpkg", layer=name)


def changed(frame: gpd.GeoDataFrame, row: str, column: str, value: Any) -> gpd.GeoDataFrame:
    """Layer with one value that is another; ``row`` is the id."""
    values = frame[column].to_numpy(dtype=object).copy()
    values[(frame.iloc[:, 0] == row).to_numpy()] = value
    frame = frame.copy()
    frame[column] = gpd.GeoSeries(values, crs=frame.crs) if column == "geometry" else values
    return frame


def write(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    """Write a layer in the format of its file name, under the name of the file."""
    if path.suffix in (".parquet", ".geoparquet"):
        frame.to_parquet(path, **options)
        return
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-05-01T00:00:00Z"})
    extra = {"DBF_DATE_LAST_UPDATE": "2026-05-01"} if path.suffix == ".shp" else {}
    extra |= {"dataset_options": {"VERSION": "1.3"}} if path.suffix == ".gpkg" else {}
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is odd is the point
        pyogrio.write_dataframe(frame, path, driver=DRIVERS[path.suffix], **extra, **options)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def alter(path: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Run SQL on a GeoPackage, without the triggers that need functions which only GDAL has."""
    with closing(sqlite3.connect(path)) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))
        connection.commit()


def cut(path: Path, share: float) -> None:
    """Keep only the first part of a file, as a broken download does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def feature(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Features of a layer as GeoJSON, in its own coordinates."""
    features: list[dict[str, Any]] = json.loads(frame.to_json(drop_id=True))["features"]
    return features


def geojson(path: Path, features: Iterable[Any], **members: Any) -> None:
    """Write GeoJSON that says its coordinate system, whatever the features are."""
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::31370"}}
    document = {"type": "FeatureCollection", "crs": system, **members, "features": list(features)}
    path.write_text(json.dumps({key: value for key, value in document.items() if value is not None}), "utf-8")


def toml(config: dict[str, Any]) -> str:
    """A city.toml."""
    lines = []
    for key, value in config.items():
        if not isinstance(value, dict | list):
            lines = [f"{key} = {_value(value)}", *lines]
            continue
        for table in value if isinstance(value, list) else [value]:
            lines.append(f"[[{key}]]" if isinstance(value, list) else f"[{key}]")
            lines += [f"{_key(name)} = {_value(held)}" for name, held in table.items() if name != "was"]
            lines.append("")
    return "\n".join(lines)


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(held)}" for name, held in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)


def main(folder: Path) -> None:
    """Make all cases, each in a folder of its own."""
    for name in CASES:
        build(name, folder / name)


def load() -> None:
    """Enter the cases of all modules."""
    for name in MODULES:
        importlib.import_module(f"{__package__}.{name}")


if __name__ == "__main__":
    from tests.bad_inputs import make  # the module that the cases enter themselves in

    make.load()
    make.main(Path(sys.argv[1]))
