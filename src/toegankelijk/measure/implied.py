"""What one attribute says of another: true/false attributes that follow from a number or a class."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema

LINE_NARROWING = 1.20
"""Length in metres beyond which a narrowing is a line and no longer a point; source: ENT-D, see ``norms.md`` section 2."""


def speed_50_or_more(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the crossed road has a speed limit of 50 km/h or more, from ``maxspeed``."""
    crossings = layers["crossing"]
    low, high = schema.bounds(crossings, "maxspeed")
    return _flags(crossings, low >= 50, high < 50)


def line_narrowing(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a narrowing is longer than 1.20 m, from ``narrowing_length``."""
    narrowings = layers["narrowing"]
    low, high = schema.bounds(narrowings, "narrowing_length")
    return _flags(narrowings, low > LINE_NARROWING, high <= LINE_NARROWING)


def ramp_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a ramp has a handrail, from ``handrail_sides``."""
    return _handrail(layers["ramp"])


def stairs_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether stairs have a handrail, from ``handrail_sides``."""
    return _handrail(layers["stairs"])


def _handrail(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    sides = layer["handrail_sides"] if "handrail_sides" in layer else pd.Series(None, layer.index, dtype="object")
    return _flags(layer, (sides.notna() & (sides != "none")).to_numpy(), (sides == "none").fillna(False).to_numpy(bool))


def _flags(layer: pd.DataFrame, true: np.ndarray, false: np.ndarray) -> pd.DataFrame:
    flag = np.select([true, false], [1.0, 0.0], np.nan)
    return pd.DataFrame({"low": flag, "high": flag}, index=layer.index)
