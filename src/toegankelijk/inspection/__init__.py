"""Inspection: what unknown files hold, and a draft of a city.toml that runs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk.errors import CrsError, InputError
from toegankelijk.inspection import guessing
from toegankelijk.inspection.drafting import draft_city
from toegankelijk.inspection.recognition import recognise
from toegankelijk.io.coordinates import propose_systems
from toegankelijk.io.delimited import read_delimited
from toegankelijk.io.formats import DELIMITED, list_source, read_source
from toegankelijk.io.osm import read_osm

OSM_ENDINGS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
RASTER_ENDINGS = (".tif", ".tiff")

LAYERS = (
    *("file", "layer", "rows", "geometry", "no_geometry", "invalid", "crs", "verdict", "proposal"),
    *("register", "division", "kind", "where", "confidence", "key", "west", "south", "east", "north"),
)
COLUMNS = (
    "file",
    "layer",
    "column",
    "type",
    "fill",
    "distinct",
    "examples",
    "attribute",
    "confidence",
    "unit",
    "unit_confidence",
)

FITS, MISSING, CONTRADICTS = "fits", "missing", "contradicts"
"""Verdict on a coordinate system."""


@dataclass(frozen=True)
class Inspection:
    """What files hold.

    Parameters
    ----------
    layers
        A row per layer, columns `LAYERS`: counts, geometry types, coordinate system with a verdict (`FITS`, `MISSING`,
        `CONTRADICTS`) and the systems that would fit, the register it seems to come from, what it divides the city by, or its
        likely kind with a confidence (0 to 1), the column with its key, and its place in degrees.
    columns
        A row per column, columns `COLUMNS`: share filled, different values, examples, and the likely attribute and unit, each
        with a confidence.
    refused
        Files that cannot be read, with the reason.
    draft
        Text of a city.toml with paths relative to the folder that was given.
    """

    layers: pd.DataFrame
    columns: pd.DataFrame
    refused: pd.DataFrame
    draft: str

    def __repr__(self) -> str:
        return f"Inspection({len(self.layers)} layers, {len(self.columns)} columns, {len(self.refused)} files refused)"

    def _repr_html_(self) -> str:
        """Layers and columns that were found, for a notebook."""
        from toegankelijk.display import card

        tables = {"layers": self.layers, "columns": self.columns}
        return card(repr(self), tables=tables | ({"refused": self.refused} if len(self.refused) else {}), note=self.draft[:100])


@dataclass(frozen=True)
class Found:
    """A layer as inspected, with what a draft needs of it."""

    facts: dict[str, object]
    columns: dict[str, guessing.ColumnGuess]
    values: dict[str, list[str]]


def inspect_files(paths: Sequence[str | Path], *, folder: str | Path | None = None) -> Inspection:
    """Look into files and draft a city.toml that reads them.

    Parameters
    ----------
    paths
        Files with layers, tables with coordinates, archives, raw OSM extracts, or GeoTIFF rasters with heights.
    folder
        Folder in which the city.toml will stand; the working folder if not given.

    Returns
    -------
    Inspection
        A file that cannot be read is listed, and is no reason not to look at the others.

    Examples
    --------
    >>> from toegankelijk import sample_city
    >>> found = inspect_files([sample_city().parent / "district.gpkg"])
    >>> found.layers.set_index("layer").loc[["haltes", "voetpaden"], ["rows", "kind", "crs", "verdict"]].to_numpy().tolist()
    [[7, 'stop', 'EPSG:31370', 'fits'], [11, 'footway', 'EPSG:31370', 'fits']]
    """
    found: list[Found] = []
    refused = []
    for path in map(Path, paths):
        try:
            found += _inspect(path)
        except InputError as error:
            refused.append({"file": str(path), "reason": str(error)})
    base = Path(folder) if folder is not None else Path.cwd()
    return Inspection(
        layers=pd.DataFrame([one.facts for one in found], columns=list(LAYERS)),
        columns=pd.DataFrame([row for one in found for row in _column_rows(one)], columns=list(COLUMNS)),
        refused=pd.DataFrame(refused, columns=["file", "reason"]),
        draft=draft_city([(one.facts, one.columns, one.values) for one in found], folder=base),
    )


def _inspect(path: Path) -> list[Found]:
    name = path.name.lower()
    if name.endswith(OSM_ENDINGS):
        read, _ = read_osm(path)
        return [_osm(path, kind, layer) for kind, layer in sorted(read.items()) if len(layer)]
    if name.endswith(RASTER_ENDINGS):
        from toegankelijk.io.raster import describe_raster

        facts = describe_raster(path)
        verdict = ("; ".join(facts.problems) or FITS) if facts.crs else MISSING
        size = {"rows": facts.columns * facts.rows, "geometry": "raster", "crs": facts.crs}
        known = {"kind": "terrain", "confidence": guessing.LIKELY, **size, "verdict": verdict}
        return [Found({**_blank(path, ""), **known}, {}, {})]
    layers = list_source(path)
    if not layers:
        raise InputError(f"{path}: holds no layer.")
    several = len(layers) > 1
    frames = {layer: _read(path, layer if several else None) for layer in layers}
    register, mapped = recognise({layer: list(map(str, frame)) for layer, frame in frames.items()})
    return [
        found
        for layer, frame in frames.items()
        for found in _layers(path, layer, frame, several=several, register=register, mapped=layer in mapped)
    ]


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    try:
        return read_source(path, layer=layer, where=str(path))
    except CrsError:
        if path.suffix.lower() not in DELIMITED:
            raise
        likely = propose_systems(read_delimited(path))
        if not likely:
            raise
        frame = read_source(path, layer=layer, where=str(path), crs=likely[0])
        return frame.set_crs(None, allow_override=True)  # it is a proposal, not what the file says


def _osm(path: Path, kind: str, layer: gpd.GeoDataFrame) -> Found:
    west, south, east, north = layer.total_bounds
    facts = {
        "rows": len(layer),
        "crs": "EPSG:4326",
        "verdict": FITS,
        "kind": kind,
        "confidence": guessing.SURE,
        "register": "osm",
    }
    place = {"west": west, "south": south, "east": east, "north": north}
    return Found({**_blank(path, kind), **facts, **place, "geometry": _types(layer)}, {}, {})


def _layers(path: Path, layer: str, frame: gpd.GeoDataFrame, *, several: bool, register: str, mapped: bool) -> list[Found]:
    """A layer as it is, or, if its name says nothing and it has tags in columns, as one layer per kind in it.

    Of a register's delivery only what its map reads, and what divides the city, is of use.
    """
    whole = _layer(path, layer, frame, several=several, register=register if mapped else "")
    parts = guessing.split_by_tags(frame)
    if register and not mapped:
        return [replace(whole, facts={**whole.facts, "kind": "", "confidence": 0.0})]
    if whole.facts["kind"] or whole.facts["division"] or mapped or not parts:
        return [whole]
    chosen = [(kind, column, values, frame[frame[column].isin(values)]) for kind, column, values in parts]
    return [
        _layer(path, layer, part, several=several, register="", kind=kind, where={column: values})
        for kind, column, values, part in chosen
    ]


def _layer(
    path: Path,
    layer: str,
    frame: gpd.GeoDataFrame,
    *,
    several: bool,
    register: str,
    kind: str = "",
    where: Mapping[str, list[str]] | None = None,
) -> Found:
    shapes = frame.geometry.to_numpy()
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    dimensions = {int(d) for d in np.unique(shapely.get_dimensions(shapes[~absent]))}
    division = guessing.guess_division(layer) if dimensions == {2} else ""
    confidence = guessing.SURE if kind else 0.0
    if not kind and not division:
        kind, confidence = guessing.guess_kind([layer, path.stem], dimensions)
    key = guessing.guess_key(table)
    facts = {
        **_blank(path, layer if several else ""),
        **{"rows": len(frame), "geometry": _types(frame), "no_geometry": int(absent.sum())},
        **{"invalid": int((~absent & ~shapely.is_valid(shapes)).sum())},
        **_system(frame),
        **{"register": register, "division": division, "kind": kind, "confidence": confidence, "key": key},
        "where": where or {},
    }
    if division:
        roles = {role: guessing.guess_role(table, role) for role in ("name", "level", "zone_id")}
        columns = {column: guessing.ColumnGuess(role, guessing.LIKELY) for role, column in roles.items() if column}
    else:
        columns = guessing.guess_columns(table, kind, key) if kind else {}
    return Found(facts, columns, _examples(table))


def _system(frame: gpd.GeoDataFrame) -> dict[str, object]:
    """Coordinate system of a layer, whether its coordinates agree, what would fit, and where it lies."""
    bounds = tuple(frame.total_bounds)
    placed = len(frame) > 0 and bool(np.isfinite(bounds).all())
    fitting = "|".join(systems.candidates(bounds)) if placed else ""
    if frame.crs is None:
        return {"crs": "", "verdict": MISSING, "proposal": fitting}
    known = systems.registered(frame.crs)
    try:
        systems.check_fit(frame, where="")
    except CrsError:
        return {"crs": systems.label(known), "verdict": CONTRADICTS, "proposal": fitting}
    result: dict[str, object] = {"crs": systems.label(known), "verdict": FITS, "proposal": ""}
    if placed:
        corners = gpd.GeoSeries([shapely.box(*bounds)], crs=frame.crs).to_crs(4326).total_bounds
        result |= dict(zip(("west", "south", "east", "north"), map(float, corners), strict=True))
        result["proposal"] = "|".join(systems.propose(tuple(corners)))
    return result


def _column_rows(found: Found) -> list[dict[str, object]]:
    rows = []
    for column, (kind, fill, distinct, *examples) in found.values.items():
        guess = found.columns.get(column)
        row = {"file": found.facts["file"], "layer": found.facts["layer"], "column": column, "type": kind}
        row |= {"fill": float(fill), "distinct": int(distinct), "examples": " · ".join(examples)}
        if guess is not None:
            row |= {"attribute": guess.attribute, "confidence": guess.confidence}
            row |= {"unit": guess.unit, "unit_confidence": guess.unit_confidence}
        rows.append({"attribute": "", "confidence": 0.0, "unit": "", "unit_confidence": 0.0, **row})
    return rows


def _examples(table: pd.DataFrame) -> dict[str, list[str]]:
    """Per column: its type, share filled, number of different values, and the most frequent values."""
    result = {}
    for column in table:
        values = table[column]
        texts = values.dropna().astype("str").str.strip()
        texts = texts[texts != ""]
        counts = texts.value_counts()
        fill = len(texts) / len(values) if len(values) else 0.0
        kind = {"f": "number", "i": "number", "u": "number", "b": "yes/no", "M": "date"}.get(values.dtype.kind, "text")
        result[str(column)] = [kind, str(fill), str(len(counts)), *(text[:40] for text in counts.index[: guessing.MOST_CODES])]
    return result


def _types(frame: gpd.GeoDataFrame) -> str:
    return ", ".join(sorted(frame.geometry.geom_type.dropna().unique()))


def _blank(path: Path, layer: str) -> dict[str, object]:
    nothing = {"rows": 0, "no_geometry": 0, "invalid": 0, "confidence": 0.0}
    place = dict.fromkeys(("west", "south", "east", "north"), np.nan)
    return {**dict.fromkeys(LAYERS, ""), **nothing, **place, "file": str(path), "layer": layer}
