"""Make the files that a city would deliver out of a case file, with a city.toml that reads them.

A case file holds the features of all sources of a scene; the id of a feature says which layer it is of (``way/12`` is one of
OpenStreetMap). What is made of it follows from the name of the source in ``case.toml``: ``voetpaden.geojson`` holds the features
of the layer ``voetpaden``, ``grb.gpkg`` a layer for each that has no file of its own, ``extract.osm`` those of OpenStreetMap.
"""

from __future__ import annotations

import csv
import json
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

CRS = "EPSG:3812"
TO_PLANE = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
PLACES = ("layers", "registers", "osm", "observations")
LEVELS = ("A", "B", "C")
MARGIN = 0.002
"""Degrees by which the zones reach further than the objects."""

OSM_BODY = '\n[[osm]]\nsource = "extract.osm"\n'
MOST = 1000
"""Numbers that each file of OpenStreetMap has to itself where many are put together."""

ROW, STEP = 12, (1500.0, 700.0)
"""Files in a row, and metres from one to the next and from row to row, where many are put together."""

Feature = Mapping[str, Any]


def deliver(case: Path, name: str, folder: Path) -> Path:
    """Write the sources of one file of a case (``pass``, ``fail``, ...) and a city.toml with a zone of each level round them.

    Returns
    -------
    Path
        The city.toml.
    """
    given, body = _read_case(case)
    features = _features(case, name)
    layers = defaultdict(list)
    for feature in features:
        layers["osm" if feature["id"].startswith(("node/", "way/")) else feature["id"].partition(".")[0]].append(feature)
    sources = sorted({place["source"] for kind in PLACES for place in given.get(kind, ())})
    own = {source.rpartition(".")[0] for source in sources if source.endswith((".geojson", ".csv"))}
    for path in (folder / source for source in sources):
        WRITERS[path.suffix](path, {layer: rows for layer, rows in layers.items() if layer == path.stem or layer not in own})
    if "terrain" in given:
        _write_heights(case / f"{name}.asc", folder / given["terrain"]["source"])
    return _write_city(folder, f"{given['criterion']} {name}", body, features)


def deliver_whole(case: Path, folder: Path) -> Path:
    """Write all files of a case that reads a single layer as one source, far apart; a key gets the name of its file first."""
    given, body = _read_case(case)
    (layer,) = given["layers"]
    moved = []
    for place, path in enumerate(sorted(case.glob("*.geojson"))):
        for feature in _features(case, path.stem):
            properties = {**feature["properties"], layer["id"]: f"{path.stem}:{feature['properties'][layer['id']]}"}
            moved.append({**feature, "properties": properties, "geometry": _moved(feature, place)})
    path = folder / layer["source"]
    WRITERS[path.suffix](path, {path.stem: moved})
    return _write_city(folder, given["criterion"], body, moved)


def deliver_together(files: Iterable[tuple[Path, str]], folder: Path) -> Path:
    """Write many files of cases of OpenStreetMap as one extract, far apart: reading it once is much quicker than each alone.

    The elements of the first file are numbered from 0 on, those of the second from 1000 on, and so forth.
    """
    moved = []
    for place, (case, name) in enumerate(files):
        for feature in _features(case, name):
            kind, number = feature["id"].split("/")
            moved.append({**feature, "id": f"{kind}/{int(number) + MOST * place}", "geometry": _moved(feature, place)})
    _write_osm(folder / "extract.osm", {"osm": moved})
    return _write_city(folder, "OpenStreetMap", OSM_BODY, moved)


def _read_case(case: Path) -> tuple[dict[str, Any], str]:
    """What ``case.toml`` says, and its part in the words of city.toml: what is above the first table says what the case is."""
    text = (case / "case.toml").read_text("utf-8")
    return tomllib.loads(text), text[text.index("\n[") :]


def _features(case: Path, name: str) -> list[Feature]:
    features: list[Feature] = json.loads((case / f"{name}.geojson").read_text("utf-8"))["features"]
    return features


def _moved(feature: Feature, place: int) -> dict[str, Any]:
    """Geometry of a feature at another place of a grid."""
    shift = np.array([place % ROW * STEP[0], place // ROW * STEP[1]])

    def move(degrees: np.ndarray) -> np.ndarray:
        plane = np.column_stack(TO_PLANE.transform(*degrees.T)) + shift
        return np.round(np.column_stack(TO_PLANE.transform(*plane.T, direction="INVERSE")), 8)

    moved: dict[str, Any] = shapely.geometry.mapping(shapely.transform(shapely.geometry.shape(feature["geometry"]), move))
    return moved


def _write_city(folder: Path, title: str, body: str, features: Iterable[Feature]) -> Path:
    """A city.toml with the sources of a case and a zone of each level round what they hold."""
    _write_zones(folder / "zones.geojson", features)
    zones = '[zones]\nsource = "zones.geojson"\nid = "zone"\nlevel = "niveau"\n'
    path = folder / "city.toml"
    path.write_text(f'[city]\nname = "{title}"\ncrs = "{CRS}"\ndate = 2026-05-01\n\n{zones}{body}', "utf-8")
    return path


def _write_zones(path: Path, features: Iterable[Feature]) -> None:
    """The same square thrice: a zone of each level, so that one run gives the verdicts of all three."""
    corners = np.array([pair for feature in features for pair in _coordinates(feature)])
    (left, bottom), (right, top) = corners.min(axis=0) - MARGIN, corners.max(axis=0) + MARGIN
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    zones = [
        {"type": "Feature", "properties": {"zone": f"zone-{level}", "niveau": level}, "geometry": _polygon(ring)}
        for level in LEVELS
    ]
    _write_collection(path, zones)


def _polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def _coordinates(feature: Feature) -> list[list[float]]:
    """Places of a feature in one list; of a polygon those of its outline."""
    geometry = feature["geometry"]
    if geometry is None:
        return []
    places = geometry["coordinates"]
    if geometry["type"] == "Point":
        return [list(places)]
    return [list(place) for place in (places[0] if geometry["type"] == "Polygon" else places)]


def _write_collection(path: Path, features: Iterable[Feature]) -> None:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), "utf-8")


def _write_geojson(path: Path, layers: Mapping[str, list[Feature]]) -> None:
    _write_collection(path, layers[path.stem])


def _write_csv(path: Path, layers: Mapping[str, list[Feature]]) -> None:
    """As a Belgian Excel writes it: semicolons, decimal commas; what is no point as well-known text."""
    rows = []
    for row in layers[path.stem]:
        if row["geometry"]["type"] == "Point":
            numbers = (f"{value:.8f}".replace(".", ",") for value in _coordinates(row)[0])
            place = dict(zip(("lon", "lat"), numbers, strict=True))
        else:
            place = {"wkt": shapely.geometry.shape(row["geometry"]).wkt}
        rows.append({**row["properties"], **place})
    _write_table(path, rows, delimiter=";")


def _write_table(path: Path, rows: list[dict[str, Any]], *, delimiter: str = ",") -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def _write_geopackage(path: Path, layers: Mapping[str, list[Feature]]) -> None:
    for layer, rows in layers.items():
        gpd.GeoDataFrame.from_features(rows, crs="EPSG:4326").to_file(path, layer=layer, driver="GPKG", engine="pyogrio")


def _write_osm(path: Path, layers: Mapping[str, list[Feature]]) -> None:
    """Nodes at the same place are one node, so that ways share it."""
    numbers: dict[tuple[str, str], int] = {}
    tags: dict[int, Mapping[str, str]] = {}
    for row in layers["osm"]:
        if row["id"].startswith("node/"):
            number = int(row["id"].removeprefix("node/"))
            numbers[_spot(_coordinates(row)[0])] = number
            tags[number] = row["properties"]
    ways = []
    for row in layers["osm"]:
        if row["id"].startswith("way/"):
            spots = map(_spot, _coordinates(row))
            refs = [numbers.setdefault(spot, 1_000_000 + len(numbers)) for spot in spots]
            nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
            ways.append(f'<way id="{row["id"].removeprefix("way/")}" version="1">{nodes}{_tags(row["properties"])}</way>')
    nodes = [
        f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">{_tags(tags.get(number, {}))}</node>'
        for (lon, lat), number in sorted(numbers.items(), key=lambda item: item[1])
    ]
    path.write_text("\n".join(['<osm version="0.6">', *nodes, *ways, "</osm>"]), "utf-8")


def _spot(place: list[float]) -> tuple[str, str]:
    return f"{place[0]:.7f}", f"{place[1]:.7f}"


def _tags(properties: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in properties.items())


def _write_zip(path: Path, layers: Mapping[str, list[Feature]]) -> None:
    """GTFS if there are stops, with coordinates in columns; else the GeoJSON files of OpenSidewalks."""
    with zipfile.ZipFile(path, "w") as archive:
        for layer, rows in layers.items():
            member = path.with_name(f"{layer}.txt" if "stops" in layers else f"{path.stem}.{layer}.geojson")
            if "stops" in layers:
                places = [dict(zip(("stop_lon", "stop_lat"), *(_coordinates(row) or [[]]), strict=False)) for row in rows]
                _write_table(member, [{**row["properties"], **place} for row, place in zip(rows, places, strict=True)])
            else:
                _write_collection(member, rows)
            archive.write(member, member.name)


def _write_heights(grid: Path, path: Path) -> None:
    """An ASCII grid as GeoTIFF."""
    import rasterio

    head, body = {}, []
    for line in grid.read_text("utf-8").splitlines():
        words = line.split()
        if words[0][0].isalpha():
            head[words[0].lower()] = float(words[1])
        else:
            body.append(words)
    heights = np.array(body, dtype="float32")
    cell = head["cellsize"]
    corner = rasterio.Affine(cell, 0, head["xllcorner"], 0, -cell, head["yllcorner"] + cell * head["nrows"])
    facts = {"driver": "GTiff", "height": len(heights), "width": heights.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs=CRS, transform=corner, nodata=head["nodata_value"], **facts) as raster:
        raster.write(heights, 1)


WRITERS: Mapping[str, Callable[[Path, Mapping[str, list[Feature]]], None]] = {
    ".geojson": _write_geojson,
    ".csv": _write_csv,
    ".gpkg": _write_geopackage,
    ".osm": _write_osm,
    ".zip": _write_zip,
}
"""How a source is written, by the ending of its name."""
