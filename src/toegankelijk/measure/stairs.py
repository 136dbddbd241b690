"""Stairs: the stride rule, flights and risers, from what was counted and measured of them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.measure.geometry import flags, frame
from toegankelijk.measure.levels import rise_between_ends
from toegankelijk.schema import Terrain

Layers = Mapping[str, gpd.GeoDataFrame]

PACE = 60.0
"""Usual stride in cm, the middle of 57 to 63; source: TG-TRAP. A deep tread is walked in several paces of about that."""


def stride(layers: Layers) -> pd.DataFrame:
    """Two risers and one going in cm, divided by the number of paces per tread: that which comes nearest to 60 cm a pace.

    Examples
    --------
    >>> stairs = gpd.GeoDataFrame({"riser": [17.0, 15.0], "going": [28.0, 90.0]}, geometry=[None, None])
    >>> stride({"stairs": stairs})["low"].tolist()
    [62.0, 60.0]
    """
    stairs = layers["stairs"]
    (riser_low, riser_high), (going_low, going_high) = (schema.bounds(stairs, name) for name in ("riser", "going"))
    least = 2 * np.maximum(riser_low, 0.0) + np.maximum(going_low, 0.0)
    most = 2 * riser_high + going_high
    known = np.isfinite(most)
    least, most = np.where(known, least, PACE), np.where(known, most, PACE)
    paces, paces_most = (np.maximum(np.ceil(total / PACE - 0.5), 1.0) for total in (least, most))
    # Where one pace more is taken, the stride jumps from its greatest to its least.
    turn = PACE * (paces + 0.5)
    jumps = paces_most > paces
    low = np.where(jumps, np.minimum(least / paces, turn / (paces + 1)), least / paces)
    high = np.where(jumps, np.maximum(most / paces_most, turn / paces), most / paces_most)
    return frame(stairs.index, np.where(known, low, np.nan), np.where(known, high, np.nan))


def landing(layers: Layers) -> pd.DataFrame:
    """Whether stairs have a landing: they have several flights, a landing was measured, or one flight has not all steps."""
    stairs = layers["stairs"]
    few, many = schema.bounds(stairs, "flights")
    total, longest = schema.bounds(stairs, "step_total"), schema.bounds(stairs, "flight_steps")
    true = (few >= 2) | schema.is_known(stairs, "stair_landing").to_numpy() | (total[0] > longest[1])
    false = (many <= 1) | (total[1] <= longest[0])
    return flags(stairs.index, true & ~false, false & ~true)


def flight_steps(layers: Layers) -> pd.DataFrame:
    """Steps in the longest flight, from the steps of all flights together and the number of flights.

    The longest of *n* flights has at least the *n*-th part of all steps, and leaves at least one to each other flight.

    Examples
    --------
    >>> stairs = gpd.GeoDataFrame({"step_total": [46.0, 46.0, 12.0], "flights": [2.0, np.nan, 1.0]}, geometry=[None] * 3)
    >>> flight_steps({"stairs": stairs}).to_numpy().tolist()
    [[23.0, 45.0], [nan, 46.0], [12.0, 12.0]]
    """
    stairs = layers["stairs"]
    total_low, total_high = schema.bounds(stairs, "step_total")
    few, many = _flights(stairs)
    with np.errstate(invalid="ignore"):
        low = np.ceil(total_low / many - 1e-9)
    high = total_high - (few - 1)
    return frame(stairs.index, np.where((low > 0) & np.isfinite(many), low, np.nan), np.where(np.isfinite(high), high, np.nan))


def riser(layers: Layers) -> pd.DataFrame:
    """Highest riser in cm: at least the whole height shared out over all steps, and at most that and what risers differ.

    It needs ``rise`` and the number of steps; an upper bound also ``riser_deviation``.
    """
    stairs = layers["stairs"]
    rise_low, rise_high = schema.bounds(stairs, "rise")
    few, many = schema.bounds(stairs, "step_total")
    single = _flights(stairs)[1] == 1
    longest = schema.bounds(stairs, "flight_steps")
    few, many = np.where(np.isneginf(few) & single, longest[0], few), np.where(np.isposinf(many) & single, longest[1], many)
    uneven = schema.bounds(stairs, "riser_deviation")[1]
    counted = np.where(np.isfinite(many), np.maximum(many, 1.0), np.nan)
    low = np.where(rise_low > 0, 100 * rise_low / counted, np.nan)
    high = np.where(few >= 1, 100 * rise_high / np.maximum(few, 1.0) + uneven, np.nan)
    return frame(stairs.index, low, np.where(np.isfinite(high), high, np.nan))


def stairs_rise(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Lower bound of the height of stairs in metres, from the ground at both ends."""
    return rise_between_ends(layers["stairs"], terrain)


def _flights(stairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Fewest and most flights that stairs can have."""
    few, many = schema.bounds(stairs, "flights")
    without, several = (
        stairs["intermediate_landing"].eq(value).fillna(False).to_numpy(dtype=bool)
        if "intermediate_landing" in stairs
        else np.zeros(len(stairs), bool)
        for value in (False, True)
    )
    return np.maximum(few, np.where(several, 2.0, 1.0)), np.where(without & np.isposinf(many), 1.0, many)
