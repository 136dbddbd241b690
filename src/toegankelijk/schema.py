"""Kinds of objects, their attributes and units, and the tables that travel through a screening.

A *layer* is a GeoDataFrame of one kind: index ``object_id`` (the source's own key), ``geometry``, ``source``, ``parent_id``,
the text columns ``name`` and ``street``, and a column per known attribute. A number attribute may have two more columns,
``{attribute}_low`` and ``{attribute}_high``: the value then lies somewhere between these bounds.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

LEVELS = ("A", "B", "C")
"""Quality levels, strictest first."""

OUTCOMES = ("fails", "meets", "unknown")
"""What a finding says; ``not_applicable`` is kept as a count."""

THEMES = (
    "doorgangen",
    "oppervlak",
    "drempels",
    "oversteekplaatsen",
    "hellingen_trappen",
    "haltes",
    "parkeerplaatsen",
    "straatmeubilair",
)
"""Theme codes of the method; they never change."""

NESTED = (("length_below_120", "length_below_150", "length_below_180"),)
"""Attributes of one object of which each is at most the next."""

TEXT_COLUMNS = ("name", "street")
"""Free text that a layer may carry besides its attributes."""

REMARK_COLUMNS = ("layer", "object_id", "attribute", "raw", "reason")
"""Columns of a remark. An empty ``attribute`` means that the whole row was set aside."""

OBSERVATION_COLUMNS = ("object_id", "kind", "attribute", "raw", "low", "high", "text", "date", "source", "used", "reason")
"""Columns of an observation: a number or true/false as bounds ``low`` and ``high``, a class as ``text``; ``used`` if it was
picked, else ``reason`` says why not."""


@dataclass(frozen=True)
class Kind:
    """A kind of object: its usual geometry, and whether it is a stretch that weighs by its length."""

    name: str
    geometry: str
    stretch: bool
    name_nl: str
    name_en: str
    name_fr: str
    name_de: str
    description: str


@dataclass(frozen=True)
class Attribute:
    """Something measured or known of an object, in one fixed unit."""

    name: str
    kinds: tuple[str, ...]
    unit: str
    type: str
    classes: tuple[str, ...]
    plausible: tuple[float, float]
    how: tuple[str, ...]
    description: str
    registers: str = ""
    osm_tags: str = ""

    def belongs_to(self, kind: str) -> bool:
        """Whether objects of this kind can have the attribute."""
        return "any" in self.kinds or kind in self.kinds


@dataclass(frozen=True)
class Terrain:
    """Heights of the ground on a grid of square cells, north up.

    Parameters
    ----------
    heights
        Metres, shape (rows, columns), first row north; NaN where nothing is known.
    left, top
        Corner of the first cell, in the coordinates of the run.
    cell
        Side of a cell in metres.
    accuracy
        How far a height may be off, in metres.
    source
        Name of the raster, for evidence.
    notes
        What was changed or left out on reading, for the remarks.
    """

    heights: np.ndarray
    left: float
    top: float
    cell: float
    accuracy: float
    source: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class City:
    """What is known of a city: its layers, zones and level areas, and what was set aside on the way.

    Parameters
    ----------
    name
        Name of the city or district.
    crs
        The one projected metric coordinate system of the run.
    layers
        Kind to layer. A kind that is not here was not delivered; an empty layer was delivered and holds nothing.
    zones
        Woonzorgzones; index ``zone_id``, columns ``name``, ``assumed`` (true if nobody gave them) and ``geometry``.
    areas
        Level areas; index ``area_id``, columns ``zone_id``, ``level``, ``approved`` (text), ``assumed`` and ``geometry``.
    districts
        Other divisions to report by (wijk, stadsdeel): name to GeoDataFrame with index ``district_id``, ``name``,
        and ``office`` where it is known who manages them.
    remarks
        What was set aside, repaired or not understood; columns `REMARK_COLUMNS`.
    sources
        One row per delivered layer: ``layer, kind, path, sha256, crs, operation, accuracy, date, read, not_selected``.
    settings
        The choices of the run, as given in ``city.toml``.
    context
        Context kind to layer: what nobody judges and measures look at, such as carriageways and buildings.
    terrain
        Heights of the ground, where a raster was delivered.
    observations
        What was observed of an attribute at a date, used or not; columns `OBSERVATION_COLUMNS`.
    """

    name: str
    crs: CRS
    layers: Mapping[str, gpd.GeoDataFrame]
    zones: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    districts: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    remarks: pd.DataFrame = field(default_factory=lambda: remarks())  # noqa: PLW0108 - defined below
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    terrain: Terrain | None = None
    observations: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(OBSERVATION_COLUMNS)))

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(layer):,} {kind}" for kind, layer in self.layers.items())
        return f"City({self.name!r}, {self.crs.to_string()}, {len(self.zones)} zones; {counts})"


@cache
def kinds() -> Mapping[str, Kind]:
    """Kinds of objects by name."""
    return MappingProxyType({row["kind"]: _kind(row) for row in _rows("kinds")})


@cache
def context_kinds() -> Mapping[str, Kind]:
    """Kinds of things that nobody judges and that measures look at, by name."""
    return MappingProxyType({row["kind"]: _kind(row) for row in _rows("context")})


@cache
def attributes() -> Mapping[str, Attribute]:
    """Attributes by name."""
    return MappingProxyType({row["attribute"]: parse_attribute(row) for row in _rows("attributes")})


def attributes_of(kind: str) -> dict[str, Attribute]:
    """Attributes that objects of a kind can have, in the order of the table."""
    return {name: attribute for name, attribute in attributes().items() if attribute.belongs_to(kind)}


def parse_attribute(row: Mapping[str, str]) -> Attribute:
    """Attribute from a row of an ``attributes.csv``."""
    low, _, high = row.get("plausible", "").partition("..")
    return Attribute(
        name=row["attribute"],
        kinds=split(row["kind"]),
        unit=row["unit"],
        type=row["type"],
        classes=split(row["classes"]),
        plausible=(float(low) if low else -np.inf, float(high) if high else np.inf),
        how=split(row["how"]),
        description=row["description_en"],
        registers=row.get("flemish_data", ""),
        osm_tags=row.get("osm_tags", ""),
    )


def split(cell: str) -> tuple[str, ...]:
    """Values of a table cell, which are separated by ``|``."""
    return tuple(cell.split("|")) if cell else ()


def bounds(layer: pd.DataFrame, attribute: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value that a number attribute can have, per object.

    A known value is its own bound; nothing known gives minus and plus infinity.

    Examples
    --------
    >>> layer = pd.DataFrame({"kerb_height": [2.0, np.nan, np.nan], "kerb_height_low": [np.nan, 0, np.nan],
    ...                       "kerb_height_high": [np.nan, 3, np.nan]})
    >>> [part.tolist() for part in bounds(layer, "kerb_height")]
    [[2.0, 0.0, -inf], [2.0, 3.0, inf]]
    """
    value = _numbers(layer, attribute)
    low, high = _numbers(layer, f"{attribute}_low"), _numbers(layer, f"{attribute}_high")
    low = np.where(np.isnan(low), value, low)
    high = np.where(np.isnan(high), value, high)
    return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def is_known(layer: pd.DataFrame, attribute: str) -> pd.Series:
    """Objects of which an attribute is known: a value, or a bound."""
    columns = [column for column in (attribute, f"{attribute}_low", f"{attribute}_high") if column in layer]
    return layer[columns].notna().any(axis=1) if columns else pd.Series(False, layer.index)


def is_marked(layer: pd.DataFrame, column: str) -> pd.Series:
    """Objects that a true/false column of the layer marks; unmarked where it is empty or not there."""
    return layer[column].eq(True).fillna(False).astype(bool) if column in layer else pd.Series(False, layer.index)


def texts(table: pd.DataFrame, column: str) -> pd.Series:
    """A text column as plain text; empty where nothing is given, or where there is no such column."""
    if column not in table:
        return pd.Series("", table.index, dtype="object")
    return table[column].astype("object").where(table[column].notna(), "")


def accuracy(layer: pd.DataFrame) -> np.ndarray:
    """Accuracy in metres of the drawn geometry of each object; 0 where none is stated."""
    return np.asarray(np.nan_to_num(_numbers(layer, "accuracy")))


def is_complete(layer: gpd.GeoDataFrame | None) -> bool:
    """Whether a layer was delivered and holds all there is, so that what it lacks is not there.

    Of several sources it is enough that one is complete (column ``complete``). An empty layer carries it in ``attrs``.
    """
    if layer is None:
        return False
    if layer.empty or "complete" not in layer:
        return bool(layer.attrs.get("complete", True))
    return bool(layer["complete"].ne(False).any())


def text_set(values: pd.Series) -> pd.Series:
    """Cells of a class attribute that holds several classes, as frozen sets (missing stays missing)."""
    return values.map(lambda cell: frozenset(str(cell).split("|")), na_action="ignore")


def remarks(
    layer: str = "",
    object_id: Iterable[Any] = (),
    attribute: str = "",
    raw: Iterable[Any] | str | None = None,
    reason: Iterable[str] | str = "",
) -> pd.DataFrame:
    """Table of remarks on some objects of one layer; ``raw`` and ``reason`` are the same for all, or one each."""
    ids = pd.Index(object_id)
    if ids.empty:  # most often there is nothing to say, and a table costs a millisecond
        return _no_remarks().copy()
    ids = ids.astype(str)
    texts = [raw] * len(ids) if isinstance(raw, str) or raw is None else list(raw)
    table = {
        "layer": layer,
        "object_id": ids,
        "attribute": attribute,
        "raw": ["" if text is None else str(text) for text in texts],
        "reason": reason if isinstance(reason, str) else list(reason),
    }
    return pd.DataFrame(table, columns=list(REMARK_COLUMNS), index=range(len(ids))).astype("str")


def all_remarks(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One table of remarks, sorted so that the order of the input does not matter."""
    filled = [table for table in tables if len(table)]
    table = pd.concat(filled, ignore_index=True) if filled else remarks()
    return table.sort_values(list(REMARK_COLUMNS), ignore_index=True)


@cache
def _no_remarks() -> pd.DataFrame:
    return pd.DataFrame(columns=list(REMARK_COLUMNS), index=range(0)).astype("str")


def _numbers(layer: pd.DataFrame, column: str) -> np.ndarray:
    if column not in layer:
        return np.full(len(layer), np.nan)
    return np.asarray(layer[column].to_numpy(dtype=float, na_value=np.nan))


def _kind(row: Mapping[str, str]) -> Kind:
    told = {name: row[name] for name in ("name_nl", "name_en", "name_fr", "name_de", "description")}
    return Kind(row["kind"], row["geometry"], row.get("stretch") == "true", **told)


def _rows(table: str) -> list[dict[str, str]]:
    text = files("toegankelijk").joinpath("data", "schema", f"{table}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
