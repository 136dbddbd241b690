"""Parking: the size of reserved bays, from their polygon."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema

RECTANGULAR = 0.85
"""Least share of its bounding rectangle that a polygon fills to pass for one bay."""

LARGEST_BAY = 45.0
"""Area in square metres over which a polygon cannot be one bay (5 m by 9 m)."""


def bay_width(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Width in metres of a bay: the shorter side of the smallest rectangle round its polygon."""
    return _side(layers["parking_bay"], 0)


def bay_length(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Length in metres of a bay: the longer side of the smallest rectangle round its polygon."""
    return _side(layers["parking_bay"], 1)


def _side(bays: gpd.GeoDataFrame, longer: int) -> pd.DataFrame:
    """Side of the rectangle; unknown where the polygon is no rectangle or too large for one bay."""
    shapes = bays.geometry.to_numpy()
    box = shapely.oriented_envelope(shapes)
    corners = [
        shapely.get_point(shapely.get_exterior_ring(np.where(shapely.get_dimensions(box) == 2, box, None)), i) for i in range(3)
    ]
    sides = np.stack([shapely.distance(corners[0], corners[1]), shapely.distance(corners[1], corners[2])])
    area = shapely.area(shapes)
    single = (area >= RECTANGULAR * shapely.area(box)) & (area <= LARGEST_BAY) & (shapely.get_dimensions(shapes) == 2)
    side = np.where(single, np.sort(sides, axis=0)[longer], np.nan)
    slack = schema.accuracy(bays)
    return pd.DataFrame({"low": np.maximum(side - slack, 0), "high": side + slack}, index=bays.index)
