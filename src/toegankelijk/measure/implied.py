"""What one attribute says of another: true/false attributes that follow from a number or a class."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema

FLAT = 4.0
"""Slope in % up to which a way counts as flat; source: TOEVLA, see ``norms.md`` section 3."""

LINE_NARROWING = 1.20
"""Length in metres beyond which a narrowing is a line and no longer a point; source: ENT-D, see ``norms.md`` section 2."""

TINY = 1e-9
"""Margin in metres, so that 1.20 m is not below 1.20 m."""


def speed_50_or_more(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the crossed road has a speed limit of 50 km/h or more, from ``maxspeed``."""
    crossings = layers["crossing"]
    low, high = schema.bounds(crossings, "maxspeed")
    return _flags(crossings, low >= 50, high < 50)


def line_narrowing(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a narrowing is narrower than 1.50 m over more than 1.20 m, from ``length_below_150``."""
    narrowings = layers["narrowing"]
    low, high = schema.bounds(narrowings, "length_below_150")
    return _flags(narrowings, low > LINE_NARROWING, high <= LINE_NARROWING)


def length_below_120(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length over which a narrowing that somebody measured is narrower than 1.20 m, from its width and ``narrowing_length``.

    None of it, if ``narrowing_width`` is 1.20 m or more; all of it, if it is less; else something between the two.
    """
    return _length_below(layers["narrowing"], 1.20)


def length_below_150(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length over which a narrowing that somebody measured is narrower than 1.50 m, from its width and ``narrowing_length``."""
    return _length_below(layers["narrowing"], 1.50)


def length_below_180(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length over which a narrowing that somebody measured is narrower than 1.80 m, from its width and ``narrowing_length``."""
    return _length_below(layers["narrowing"], 1.80)


def narrowest_of_route(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Upper bound of the narrowest passage in metres: ``route_width``, as narrowings only leave less."""
    footways = layers["footway"]
    high = schema.bounds(footways, "route_width")[1]
    nothing = np.full(len(footways), np.nan)
    return pd.DataFrame({"low": nothing, "high": np.where(np.isfinite(high), high, nothing)}, index=footways.index)


def gentle(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a footway is part of a long slope: not, if its ``running_slope`` is at most 4 %."""
    footways = layers["footway"]
    flat = schema.bounds(footways, "running_slope")[1] <= FLAT
    return _flags(footways, np.zeros(len(footways), bool), flat)


def ramp_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether a ramp has a handrail, from what is known of its handrails."""
    return _handrail(layers["ramp"])


def stairs_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether stairs have a handrail, from what is known of their handrails."""
    return _handrail(layers["stairs"])


def ramp_without_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Sides with a handrail: none, where a ramp is known to have no handrail."""
    return _no_handrail(layers["ramp"])


def stairs_without_handrail(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Sides with a handrail: none, where stairs are known to have no handrail."""
    return _no_handrail(layers["stairs"])


def _length_below(narrowings: gpd.GeoDataFrame, width: float) -> pd.DataFrame:
    least, most = schema.bounds(narrowings, "narrowing_length")
    narrowest, widest = schema.bounds(narrowings, "narrowing_width")
    low = np.where(widest < width - TINY, np.maximum(least, 0.0), 0.0)
    high = np.where(narrowest >= width - TINY, 0.0, most)
    known = (low > 0) | np.isfinite(high)
    table = pd.DataFrame({"low": low, "high": np.where(np.isfinite(high), high, np.nan)}, index=narrowings.index)
    return table.where(pd.Series(known, narrowings.index), np.nan)


def _handrail(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """What has sides, a height, an extension or a second rail, is there."""
    sides = layer["handrail_sides"] if "handrail_sides" in layer else pd.Series(None, layer.index, dtype="object")
    none = (sides == "none").fillna(False).to_numpy(bool)
    sized = [schema.bounds(layer, name)[0] > 0 for name in ("handrail_height", "handrail_extension")]
    there = (sides.notna() & (sides != "none") | schema.is_marked(layer, "handrail_second")).to_numpy()
    return _flags(layer, np.logical_or.reduce([there, *sized]) & ~none, none)


def _no_handrail(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    sides = pd.Series(None, layer.index, dtype="object")
    if "handrail_present" in layer:
        sides[layer["handrail_present"].eq(False).fillna(False).to_numpy(bool)] = "none"
    return pd.DataFrame({"value": sides})


def _flags(layer: pd.DataFrame, true: np.ndarray, false: np.ndarray) -> pd.DataFrame:
    flag = np.select([true, false], [1.0, 0.0], np.nan)
    return pd.DataFrame({"low": flag, "high": flag}, index=layer.index)
