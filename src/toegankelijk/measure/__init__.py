"""Measures: geometry and raw values in, attributes or derived objects out. Nothing here judges.

A value that the city gives always wins over one that is measured. What is measured is marked in a column ``{attribute}_how``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.measure.crossings import crossing_length, with_crossing_ends
from toegankelijk.measure.furniture import outside_walkway
from toegankelijk.measure.implied import line_narrowing, ramp_handrail, speed_50_or_more, stairs_handrail
from toegankelijk.measure.parking import bay_length, bay_width
from toegankelijk.measure.passages import with_stretches
from toegankelijk.measure.streets import with_street_names

Layers = Mapping[str, gpd.GeoDataFrame]
"""Kind to layer; context kinds such as ``carriageway`` and ``building`` stand among them."""


@dataclass(frozen=True)
class Measure:
    """How one attribute of one kind is measured: a function of all layers.

    It gives columns ``low`` and ``high`` on the index of the kind's layer: equal bounds are a value, NaN is unknown, true is 1
    and false is 0. Of a class it gives a column ``value`` instead, missing where it is unknown. It is called only if the layer
    is there and holds objects.
    """

    attribute: str
    kind: str
    function: Callable[[Layers], pd.DataFrame]


@dataclass(frozen=True)
class TerrainMeasure:
    """How one attribute of one kind is measured from heights of the ground; as `Measure`."""

    attribute: str
    kind: str
    function: Callable[[Layers, schema.Terrain], pd.DataFrame]


MEASURES = (
    Measure("crossing_length", "crossing", crossing_length),
    Measure("speed_50_or_more", "crossing", speed_50_or_more),
    Measure("line_narrowing", "narrowing", line_narrowing),
    Measure("handrail_present", "ramp", ramp_handrail),
    Measure("handrail_present", "stairs", stairs_handrail),
    Measure("bay_width", "parking_bay", bay_width),
    Measure("bay_length", "parking_bay", bay_length),
    Measure("outside_walkway", "obstacle", outside_walkway),
)
"""What can be measured from the layers, in this order; every other attribute is known only where the city gives it."""

TERRAIN_MEASURES: tuple[TerrainMeasure, ...] = ()
"""What heights of the ground tell; measured before `MEASURES`."""


def measure_layers(city: schema.City) -> schema.City:
    """Measure what the layers allow: derived stretches and crossing ends, names of streets, then attributes.

    Parameters
    ----------
    city
        Layers as read.

    Returns
    -------
    City
        The same city with more attributes known and derived objects added; derived ones have a ``parent_id``.
    """
    layers = {**city.context, **with_street_names(with_crossing_ends(with_stretches(city.layers)))}
    for step in TERRAIN_MEASURES if city.terrain is not None else ():
        if _holds(layers, step.kind):
            layers[step.kind] = _filled(layers[step.kind], step.attribute, step.function(layers, city.terrain))
    for measure in MEASURES:
        if _holds(layers, measure.kind):
            layers[measure.kind] = _filled(layers[measure.kind], measure.attribute, measure.function(layers))
    return replace(city, layers={kind: layer for kind, layer in layers.items() if kind not in city.context})


def _holds(layers: Layers, kind: str) -> bool:
    return kind in layers and len(layers[kind]) > 0


def _filled(layer: gpd.GeoDataFrame, attribute: str, found: pd.DataFrame) -> gpd.GeoDataFrame:
    if "delivered" in layer:  # of an object that only the inventory knows, the geometry says where it was and no more
        found = found.mask(layer["delivered"].eq(False))
    return fill(layer, attribute, found)


def fill(layer: gpd.GeoDataFrame, attribute: str, found: pd.DataFrame) -> gpd.GeoDataFrame:
    """Layer with measured values where the attribute was unknown."""
    if schema.attributes()[attribute].type == "class":
        given = layer[attribute] if attribute in layer else pd.Series(None, layer.index, dtype="object")
        new = given.isna() & found["value"].notna()
        values = given.astype("object").where(~new, found["value"])
        return layer.assign(**{attribute: values, f"{attribute}_how": np.where(new, "measured", "")})
    low, high = (found[end].to_numpy(dtype=float) for end in ("low", "high"))
    if schema.attributes()[attribute].type == "bool":
        given = layer[attribute].astype("boolean") if attribute in layer else pd.Series(pd.NA, layer.index, dtype="boolean")
        new = (given.isna() & found["low"].notna()).to_numpy()
        values = given.where(~new, pd.Series(low == 1, layer.index, dtype="boolean"))
        return layer.assign(**{attribute: values, f"{attribute}_how": np.where(new, "measured", "")})
    known_low, known_high = schema.bounds(layer, attribute)
    new = np.isneginf(known_low) & np.isposinf(known_high) & ~(np.isnan(low) & np.isnan(high))
    exact = low == high
    columns = {attribute: np.where(new & exact, low, _column(layer, attribute))}
    for end, bound in (("low", low), ("high", high)):
        name = f"{attribute}_{end}"
        if name in layer or (new & ~exact).any():
            columns[name] = np.where(new, np.where(exact, np.nan, bound), _column(layer, name))
    return layer.assign(**columns, **{f"{attribute}_how": np.where(new, "measured", "")})


def _column(layer: pd.DataFrame, name: str) -> np.ndarray:
    return layer[name].to_numpy(dtype=float, na_value=np.nan) if name in layer else np.full(len(layer), np.nan)
