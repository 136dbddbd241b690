"""What limits the widths of pavements: what stands on them, or their own edges."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from toegankelijk.measure.narrowings import Widths

TAKEN = 0.01
"""Metres by which things must narrow a pavement to be what limits it."""

LIMITED = {"route_width": "route_width", "min_passage_width": "least_width"}
"""Attributes of a footway that say what limits them, and the column that they are measured in."""


def with_limits(layers: Mapping[str, gpd.GeoDataFrame], widths: Widths | None) -> dict[str, gpd.GeoDataFrame]:
    """Layers whose footways say what limits their measured widths.

    Parameters
    ----------
    layers
        Kind to layer.
    widths
        What `find_widths` found; nothing is added if that is none.

    Returns
    -------
    dict
        The same layers. Text columns ``route_width_limited_by`` and ``min_passage_width_limited_by`` of footways hold the ids of
        what stands at the narrowest place; nothing where the width would be the same without all that stands there, so that
        the edges limit it. Missing where it is not known.
    """
    if widths is None or "footway" not in layers:
        return dict(layers)
    footways = layers["footway"]
    clear, gross = widths.clear.pavements, widths.gross.pavements
    columns = {}
    for attribute, column in LIMITED.items():
        free = gross[column] - clear[column] < TAKEN
        named = clear["limited_by"].where(clear["limited_by"] != "", None)
        columns[f"{attribute}_limited_by"] = named.astype("object").mask(free, "").reindex(footways.index)
    return {**layers, "footway": footways.assign(**{name: pd.Series(texts, dtype="object") for name, texts in columns.items()})}
