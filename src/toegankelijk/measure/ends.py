"""The two sides of a crossing: kerbs that are lowered, and the pavement behind them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.carriageways import REACH
from toegankelijk.measure.geometry import as_lines, flags, frame, is_complete, only, outward, says, spans, worst_accuracy, xy
from toegankelijk.measure.passages import SNAP

LOWERED = 3.0
"""Height in centimetres up to which a kerb is lowered; source: OpenStreetMap's ``lowered``, see ``norms.md`` section 10."""

RAISED = 6.0
"""Height in centimetres beyond which a kerb is surely not lowered: it bars wheelchairs (the norm's gravest kerb, CRO-01)."""

BEHIND = 20.0
"""Distance in metres behind a kerb up to which the pavement is looked at."""

BEFORE = 10.0
"""Distance in metres before the end of a crossing that is drawn to the axis of the pavement, within which the kerb lies."""


def both_sides_lowered(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Whether the kerb is lowered at both ends of each crossing; a crossing follows its worse end.

    An end is lowered where its lowered kerb has a width, or its kerb is at most 3 cm high. It is not where that width is 0, or
    its kerb is higher than 6 cm and nobody says that it is lowered. What says both, or lies between, is unknown, and so is a
    crossing of which fewer than two ends are there.
    """
    crossings, ends = layers["crossing"], layers.get("crossing_end")
    if ends is None or "parent_id" not in ends:
        nothing = np.zeros(len(crossings), bool)
        return flags(crossings.index, nothing, nothing)
    width, height = schema.bounds(ends, "dropped_kerb_width"), schema.bounds(ends, "kerb_height")
    says_so, says_not = (width[0] > 0) | (height[1] <= LOWERED), (width[1] <= 0) | (height[0] > RAISED)
    contradictory = (height[1] <= LOWERED) & (width[1] <= 0)
    table = pd.DataFrame({"lowered": says_so & ~contradictory, "not": says_not & ~says_so, "count": 1})
    table = table.groupby(ends["parent_id"].to_numpy()).agg({"lowered": "all", "not": "any", "count": "sum"})
    table = table.reindex(crossings.index)
    lowered = table["lowered"].eq(True) & (table["count"] >= 2)
    return flags(crossings.index, lowered.to_numpy(), table["not"].eq(True).to_numpy())


def crossing_width(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Width in metres at each end of an unmarked crossing: that of its lowered kerb, where it has one.

    That of a marked one must be given.
    """
    ends, crossings = layers["crossing_end"], layers.get("crossing")
    unmarked = np.zeros(len(ends), bool)
    if crossings is not None:
        unmarked = schema.texts(ends, "parent_id").isin(crossings.index[says(crossings, "crossing_marked", False)]).to_numpy()
    low, high = schema.bounds(ends, "dropped_kerb_width")
    unmarked = unmarked & (high > 0)
    return frame(ends.index, *(np.where(unmarked & np.isfinite(one), one, np.nan) for one in (low, high)))


def landing_depth(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Bounds of the level space in metres behind the kerb ramp: from 0 to the depth of the pavement there.

    The depth is the length inside the pavement of a line that goes on in the direction of the crossing. How much of it is level
    only a survey can tell, so it is an upper bound. It is known where pavements are drawn as polygons from a complete source
    (column ``drawn`` is ``pavement``); a driveway belongs to the pavement that it crosses.
    """
    ends, crossings, footways = layers["crossing_end"], layers.get("crossing"), layers.get("footway")
    high = np.full(len(ends), np.nan)
    if crossings is not None and len(crossings) and footways is not None and is_complete(layers, "footway"):
        flat = (shapely.get_dimensions(footways.geometry.to_numpy()) == 2) & (schema.texts(footways, "drawn") == "pavement")
        shapes = footways.geometry.to_numpy()[flat]
        if "driveway" in layers and len(shapes):
            driveways = layers["driveway"].geometry.to_numpy()
            shapes = np.concatenate([shapes, driveways[shapely.get_dimensions(driveways) == 2]])
        rays, before = _rays(ends, crossings)
        inside = spans(rays, shapes)
        place = before[inside["line"]]
        here = (inside["start"] <= place + REACH) & (inside["end"] >= place - SNAP)
        inside = inside[here & (inside["end"] < place + BEHIND - SNAP)]
        depth = (inside["end"] - inside["start"]).groupby(inside["line"]).max()
        slack = np.maximum(schema.accuracy(ends), worst_accuracy(layers, "footway", "driveway"))
        high[depth.index] = depth + slack[depth.index]
    return frame(ends.index, np.where(np.isnan(high), np.nan, 0.0), high)


def directions(ends: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame | None) -> np.ndarray:
    """Direction in which the crossing of each end arrives there, as unit vectors; NaN where it is no line."""
    if crossings is None or crossings.empty:
        return np.full((len(ends), 2), np.nan)
    parents = crossings.index.get_indexer(schema.texts(ends, "parent_id"))
    lines = only(as_lines(crossings.geometry.to_numpy())[parents], parents >= 0)
    points = ends.geometry.to_numpy()
    first, last = (shapely.distance(shapely.get_point(lines, number), points) for number in (0, -1))
    start, end = outward(lines)
    return np.where((first <= last)[:, None], start, end)


def _rays(ends: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Lines over the pavement behind each end, in the direction of its crossing, and how far along them the end lies."""
    parents = crossings.index.get_indexer(schema.texts(ends, "parent_id"))
    to_axis = says(crossings, "axis_to_axis", True)[parents]
    half = shapely.length(crossings.geometry.to_numpy())[parents] / 2
    before = np.minimum(np.where(to_axis, BEFORE, REACH), half)
    places, direction = xy(shapely.point_on_surface(ends.geometry.to_numpy())), directions(ends, crossings)
    pairs = np.stack([places - before[:, None] * direction, places + BEHIND * direction], axis=1)
    sound = np.isfinite(pairs).all(axis=(1, 2))
    rays = np.full(len(ends), None, dtype=object)
    rays[sound] = shapely.linestrings(pairs[sound])
    return rays, before
