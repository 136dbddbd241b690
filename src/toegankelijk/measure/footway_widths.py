"""Widths of a footway that is drawn as a polygon."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from toegankelijk import schema
from toegankelijk.measure.geometry import frame, xy
from toegankelijk.measure.narrowings import Layers, Widths

FREE = ((1.50, 1.00, 0.0), (2.00, -0.50, 1.0), (np.inf, 1.50, 0.0))
"""Free width in metres that a pavement of a full width must keep beside obstacles: up to each width ``a + b × width``. Source:
BVR97 art. 3. It tells which cross-section counts; what is asked there is up to the norm."""

JOINED = 0.5
"""Metres between two pieces of a way up to which they follow each other."""

APART = 1e6
"""Metres between pavements, so that what is nearest is always on the same one."""


def route_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Clear width in metres that holds everywhere on the ways over a footway, but on narrowings of at most 20 m.

    Bounds follow from the accuracy of the drawing and from the smallest and the largest that obstacles can be. Where not all
    obstacles are known it is an upper bound.
    """
    table = widths.clear.pavements
    return _of(layers, table["route_width_low"] if widths.whole else np.nan, table["route_width_high"])


def min_passage_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Clear width in metres of the narrowest place on the ways over a footway, also where a wider one leads round.

    Bounds as those of ``route_width``.
    """
    table = widths.clear.pavements
    return _of(layers, table["least_width_low"] if widths.whole else np.nan, table["least_width_high"])


def footway_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Smallest full width in metres of the ways over a footway, as if nothing stood on it.

    Where only the walkway is drawn the pavement may be wider: it is a lower bound.
    """
    table = widths.gross.pavements
    high = table["passable_width_high"].where(~_only_walkway(layers, table.index))
    return _of(layers, table["passable_width_low"], high)


def clear_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Clear width in metres at the place where obstacles leave the least of what the decree of 1997 asks.

    Along the ways over a footway, the clear width is compared with what a pavement of that full width must keep free. Bounds as
    those of ``route_width``.
    """
    place = _cross_sections(widths)
    low = np.maximum(place["width"] - place["under"], 0.0) if widths.whole else np.nan
    return _of(layers, pd.Series(low, place.index), place["width"] + place["over"])


def gross_width(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Full width in metres at the place where ``clear_width`` is taken; a lower bound where only the walkway is drawn."""
    place = _cross_sections(widths)
    slack = _slack_of(widths.gross)
    low = np.maximum(place["gross"] - slack["under"].reindex(place.index), 0.0)
    high = (place["gross"] + slack["over"].reindex(place.index)).where(~_only_walkway(layers, place.index))
    return _of(layers, low, high)


def pieces_of(widths: Widths) -> pd.DataFrame:
    """Pieces of ways in their order.

    Returns
    -------
    DataFrame
        The profile of the clear widths, with ``length`` of each piece, ``run`` (number of the pieces that follow each other), and
        by how much the width may be less (``under``) and more (``over``); in metres.
    """
    profile = widths.clear.profile.sort_values(["way", "start"], kind="stable", ignore_index=True)
    length = profile.geometry.length.to_numpy()
    after = (profile["start"] + length).groupby(profile["way"]).shift()
    fresh = ~((profile["start"] - after).abs() <= JOINED)  # the first piece of a way has none before it
    slack = _slack_of(widths.clear).reindex(profile["pavement_id"]).fillna(0.0)
    return pd.DataFrame(profile).assign(
        length=length, run=fresh.cumsum(), under=slack["under"].to_numpy(), over=slack["over"].to_numpy()
    )


def _of(layers: Layers, low: pd.Series | float, high: pd.Series) -> pd.DataFrame:
    """Bounds of some pavements on the index of the layer of footways."""
    index = layers["footway"].index
    table = pd.DataFrame({"low": low, "high": high}, index=high.index).reindex(index)
    return frame(index, table["low"].to_numpy(dtype=float), table["high"].to_numpy(dtype=float))


def _only_walkway(layers: Layers, index: pd.Index) -> pd.Series:
    """Pavements of which only the part that must stay free is drawn."""
    return schema.texts(layers["footway"], "drawn").eq("walkway").reindex(index, fill_value=False)


def _slack_of(found: object) -> pd.DataFrame:
    """Metres by which a clear width of each pavement may be less (``under``) and more (``over``), at its widest bounds."""
    pavements: gpd.GeoDataFrame = found.pavements  # type: ignore[attr-defined]
    narrowings: gpd.GeoDataFrame = found.narrowings  # type: ignore[attr-defined]
    parts = [
        pd.DataFrame(
            {
                "pavement_id": ids,
                "under": (table[name] - table[f"{name}_low"]).to_numpy(dtype=float),
                "over": (table[f"{name}_high"] - table[name]).to_numpy(dtype=float),
            }
        )
        for table, name, ids in (
            (pavements, "passable_width", pavements.index),
            (narrowings, "width", narrowings["pavement_id"].to_numpy()),
        )
    ]
    return pd.concat(parts).groupby("pavement_id")[["under", "over"]].max().clip(lower=0.0).fillna(0.0)


def _cross_sections(widths: Widths) -> pd.DataFrame:
    """Of each pavement the place that leaves the least of what is asked: clear and full width, and the slack of the clear one."""
    pieces, full = pieces_of(widths), widths.gross.profile
    gross = pieces["width"].to_numpy(dtype=float)
    if widths.gross is not widths.clear:
        gross = np.fmax(gross, _nearest_width(pieces, full))
    asked = np.full(len(gross), np.nan)
    start = -np.inf
    for upto, limit, share in FREE:
        inside = (gross > start) & (gross <= upto)
        asked[inside] = limit + share * gross[inside]
        start = upto
    table = pieces.assign(gross=gross, share=pieces["width"] / asked)
    worst = table.sort_values(["share", "start"], kind="stable").drop_duplicates("pavement_id")
    return worst.set_index("pavement_id")[["width", "gross", "under", "over"]]


def _nearest_width(pieces: pd.DataFrame, full: gpd.GeoDataFrame) -> np.ndarray:
    """Full width at the nearest piece of the ways over the same pavement as if nothing stood there; NaN where there is none."""
    numbers = pd.Index(full["pavement_id"].unique())
    places = []
    for table in (full, pieces):
        x, y = xy(shapely.line_interpolate_point(np.asarray(table["geometry"], dtype=object), 0.5, normalized=True)).T
        places.append(np.column_stack([x, y, APART * numbers.get_indexer(table["pavement_id"])]))  # each pavement in a plane
    if not len(full):
        return np.full(len(pieces), np.nan)
    away, nearest = cKDTree(places[0]).query(places[1])
    return np.where(away < APART / 2, full["width"].to_numpy(dtype=float)[nearest], np.nan)
