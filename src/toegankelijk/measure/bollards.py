"""Gaps between bollards."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.footway_widths import pieces_of
from toegankelijk.measure.geometry import frame, is_complete, says, xy
from toegankelijk.measure.narrowings import Layers, Widths
from toegankelijk.widths.footprints import obstacle_shapes

REACH = 3.0
"""Distance in metres from a passage within which bollards belong to it."""

ROW = 0.5
"""Distance in metres from the line along a row of bollards within which each stands."""


def gap_in_row(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Lower bound in metres of the widest gap at a passage: that between the bollards within 3 m, if these stand in one row.

    They are taken as large as they can be. Beside the row may be more room. Unknown where bollards may be missing.
    """
    passages, nothing = layers["passage"], np.full(len(layers["passage"]), np.nan)
    bollards = _bollards(layers)
    if bollards is None or not is_complete(layers, "obstacle"):
        return frame(passages.index, nothing, nothing)
    passage, bollard = _pairs(passages, bollards)
    spots = xy(shapely.centroid(bollards.geometry.to_numpy()))[bollard]
    table = pd.DataFrame({"passage": passage, "bollard": bollard, "x": spots[:, 0], "y": spots[:, 1]})
    table[["x", "y"]] -= table.groupby("passage")[["x", "y"]].transform("mean")
    parts = table.assign(xx=table["x"] ** 2, yy=table["y"] ** 2, xy=table["x"] * table["y"]).groupby("passage")
    angle = np.arctan2(2 * parts["xy"].transform("sum"), parts["xx"].transform("sum") - parts["yy"].transform("sum")) / 2
    table["along"] = table["x"] * np.cos(angle) + table["y"] * np.sin(angle)
    table["aside"] = (table["y"] * np.cos(angle) - table["x"] * np.sin(angle)).abs()
    table = table.sort_values(["passage", "along", "bollard"], ignore_index=True)
    shapes = obstacle_shapes(bollards, largest=True)[table["bollard"]]
    table["gap"] = np.nan
    table.loc[1:, "gap"] = shapely.distance(shapes[1:], shapes[:-1])
    table.loc[table["passage"].diff() != 0, "gap"] = np.nan  # the first of a row has none before it
    rows = table.groupby("passage").agg({"gap": "max", "aside": "max"})
    rows = rows[(rows["aside"] <= ROW) & (rows["gap"] > 0)]
    low = nothing.copy()
    low[rows.index] = np.maximum(rows["gap"] - schema.accuracy(bollards).max(initial=0.0), 0.0)
    return frame(passages.index, low, nothing)


def gap_on_pavement(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Width in metres of the widest gap at a passage between bollards on a drawn pavement, edges included.

    It is the least clear width of the ways within 3 m of the passage, where bollards stand within as much. Where not all
    obstacles are known it is an upper bound.
    """
    passages, nothing = layers["passage"], np.full(len(layers["passage"]), np.nan)
    bollards, pieces = _bollards(layers), pieces_of(widths)
    low, high = nothing.copy(), nothing.copy()
    if bollards is not None and len(pieces):
        near = np.zeros(len(passages), bool)
        near[_pairs(passages, bollards)[0]] = True
        tree = shapely.STRtree(np.asarray(pieces["geometry"], dtype=object))
        passage, piece = tree.query(passages.geometry.to_numpy(), predicate="dwithin", distance=REACH)
        chosen = near[passage]
        table = pd.DataFrame({"low": pieces["width"] - pieces["under"], "high": pieces["width"] + pieces["over"]})
        table = table.iloc[piece[chosen]].groupby(passage[chosen]).min()
        low[table.index] = np.maximum(table["low"], 0.0) if widths.whole else np.nan
        high[table.index] = table["high"]
    return frame(passages.index, low, high)


def _bollards(layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Obstacles that are bollards; none if there is none."""
    obstacles = layers.get("obstacle")
    if obstacles is None or "obstacle_type" not in obstacles:
        return None
    chosen = schema.texts(obstacles, "obstacle_type").eq("bollard") & ~says(obstacles, "delivered", False)
    return obstacles[chosen] if chosen.any() else None


def _pairs(passages: gpd.GeoDataFrame, bollards: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Passages between bollards, by number, each with the bollards near it."""
    passage, bollard = shapely.STRtree(bollards.geometry.to_numpy()).query(
        passages.geometry.to_numpy(), predicate="dwithin", distance=REACH
    )
    chosen = says(passages, "bollards", True)[passage]
    return passage[chosen], bollard[chosen]
